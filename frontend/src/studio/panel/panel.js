// The panel beside the drawing: what the chosen element says, and the list of all elements for those who do not draw.
import { make } from '../dom.js';
import { Fields } from './fields.js';
import { groupsOf } from './groups.js';
import { kindOf, nameOf } from './kinds.js';
import { Outline } from './outline.js';
import { steering } from './steering.js';

export class Panel {
  // context: { modeler, model, words, say, draft, place, readonly, choose(element) }
  constructor(context) {
    this.context = context;
    this.findings = new Map();
    this.locked = context.readonly;
    const { say, place, modeler } = context;
    this.tabs = [tab('properties', say('Properties')), tab('elements', say('All elements'))];
    this.head = make('div', { class: 'panel-head' });
    this.told = make('ul', { class: 'panel-findings' });
    this.body = make('fieldset', { class: 'panel-body', 'aria-label': say('Properties') });
    const properties = make('div', { id: 'panel-properties', role: 'tabpanel', 'aria-labelledby': 'panel-tab-properties' }, this.head, this.told, this.body);
    const elements = make('div', { id: 'panel-elements', role: 'tabpanel', 'aria-labelledby': 'panel-tab-elements', hidden: true });
    this.pages = [properties, elements];
    this.fields = new Fields(this.body, say);
    this.outline = new Outline(elements, context, (element) => this.goTo(element));
    place.append(make('div', { class: 'panel-tabs', role: 'tablist', 'aria-label': say('Panel') }, ...this.tabs), properties, elements);
    this.tabs.forEach((one, at) => one.addEventListener('click', () => this.open(at)));
    place.querySelector('[role=tablist]').addEventListener('keydown', (event) => this.turn(event));
    const bus = modeler.get('eventBus');
    bus.on(['selection.changed', 'elements.changed', 'import.done', 'root.set'], () => this.renderSoon());
  }

  // After the change that is under way: what is still being typed may only be taken over then.
  renderSoon() {
    if (this.waiting) return;
    this.waiting = true;
    queueMicrotask(() => {
      this.waiting = false;
      this.render();
    });
  }

  // The one chosen element; the whole drawing when none or several are chosen.
  subject() {
    const { modeler } = this.context;
    const chosen = modeler.get('selection').get();
    const element = chosen.length === 1 ? chosen[0] : modeler.get('canvas').getRootElement();
    return element.labelTarget ?? element;
  }

  render() {
    const element = this.subject();
    if (!element?.businessObject) return;
    const { say } = this.context;
    const { title, sign } = kindOf(element, say);
    this.head.replaceChildren(
      make('span', { class: `bpmn-icon-${sign}`, 'aria-hidden': 'true' }),
      make('h2', {}, title),
      make('p', { translate: 'no' }, element.parent ? nameOf(element) : this.context.model.process(element)?.get('name') ?? ''),
    );
    this.tell(element);
    this.body.disabled = this.locked;
    const context = { ...this.context, element };
    this.fields.show(element.id + element.businessObject.$type, [...groupsOf(context), ...steering(context)]);
    if (!this.pages[1].hidden) this.outline.render();
  }

  // Findings of the check at elements: Map of element -> findings.
  mark(findings) {
    this.findings = findings;
    this.tell(this.subject());
    this.outline.mark(findings);
  }

  tell(element) {
    const said = this.findings.get(element) ?? [];
    this.told.hidden = !said.length;
    this.told.replaceChildren(...said.map((one) => make('li', { 'data-severity': one.severity },
      make('b', {}, this.context.say(one.severity === 'error' ? 'Error' : 'Warning')), ' ', one.sentence, ' ', make('span', { class: 'muted' }, one.remedy),
      ...(one.code ? [' ', make('code', { class: 'muted xs', translate: 'no' }, one.code)] : []))));
  }

  // Nothing can be changed while a token runs.
  lock(locked) {
    this.fields.flush();
    this.locked = locked || this.context.readonly;
    this.body.disabled = this.locked;
    if (this.locked) this.pages[0].tabIndex = 0; // with nothing to stand on inside, the page itself is scrolled
    else this.pages[0].removeAttribute('tabindex');
  }

  open(at) {
    this.tabs.forEach((one, index) => {
      one.setAttribute('aria-selected', String(index === at));
      one.tabIndex = index === at ? 0 : -1;
      this.pages[index].hidden = index !== at;
    });
    if (at === 1) this.outline.render();
    else this.render();
  }

  turn(event) {
    if (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft') return;
    const at = this.tabs[0].getAttribute('aria-selected') === 'true' ? 1 : 0;
    this.open(at);
    this.tabs[at].focus();
  }

  find() {
    this.open(1);
    this.outline.input.focus();
  }

  // From the list or from a finding: choose it, show it, and stand in its first field.
  goTo(element) {
    this.context.choose(element);
    this.open(0);
    (this.body.querySelector('input:not([readonly]), textarea, select') ?? this.tabs[0]).focus();
  }
}

function tab(id, title) {
  const chosen = id === 'properties';
  return make('button', {
    type: 'button',
    role: 'tab',
    id: `panel-tab-${id}`,
    'aria-controls': `panel-${id}`,
    'aria-selected': String(chosen),
    tabindex: chosen ? '0' : '-1',
  }, title);
}
