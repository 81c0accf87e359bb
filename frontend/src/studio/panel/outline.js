// All elements of the drawing as a list that can be searched: the way to each of them without a mouse.
import { is } from 'bpmn-js/lib/util/ModelUtil';
import { make } from '../dom.js';
import { kindOf, nameOf, wayOf } from './kinds.js';

export class Outline {
  constructor(place, context, goTo) {
    this.context = context;
    this.goTo = goTo;
    this.findings = new Map();
    const { say } = context;
    this.input = make('input', { class: 'input', type: 'search', id: 'outline-search', autocomplete: 'off', oninput: () => this.render() });
    this.list = make('ul', { class: 'outline' });
    this.none = make('p', { class: 'hint', role: 'status' });
    place.append(make('div', { class: 'field' }, make('label', { for: 'outline-search' }, say('Find an element by name or id')), this.input), this.none, this.list);
  }

  mark(findings) {
    this.findings = findings;
    this.render();
  }

  render() {
    const { model, say } = this.context;
    const wanted = this.input.value.trim().toLowerCase();
    const text = (one) => `${nameOf(one)} ${one.id} ${kindOf(one, say).title} ${wayOf(one)}`.toLowerCase();
    const found = model.elements().filter((one) => text(one).includes(wanted)).sort(byKind);
    this.none.textContent = found.length ? '' : say('Nothing is called like this.');
    const rows = found.map((one) => this.row(one));
    this.list.replaceChildren(...rows);
  }

  row(element) {
    const { say } = this.context;
    const { title, sign } = kindOf(element, say);
    const errors = (this.findings.get(element) ?? []).length;
    return make('li', {}, make('button', { type: 'button', 'data-element': element.id, onclick: () => this.goTo(element) },
      make('span', { class: `bpmn-icon-${sign}`, 'aria-hidden': 'true' }),
      make('span', { translate: 'no' }, is(element, 'bpmn:SequenceFlow') ? wayOf(element) : nameOf(element)),
      make('span', { class: 'muted' }, title),
      errors > 0 && make('span', { class: 'tag overdue' }, say('{count} findings', { count: errors })),
    ));
  }
}

// Steps first, in the order of the picture; then flows; then what is picture only.
function byKind(one, other) {
  const rank = (element) => (is(element, 'bpmn:FlowNode') ? 0 : is(element, 'bpmn:SequenceFlow') ? 1 : 2);
  return rank(one) - rank(other);
}
