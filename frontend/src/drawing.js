// Entry: the editor of a drawing (templates/studio/drawing.html).
import Modeler from 'bpmn-js/lib/Modeler';
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import camunda from 'camunda-bpmn-moddle/resources/camunda.json';
import TokenSimulation from 'bpmn-js-token-simulation';
import allowed from './studio/allowed.js';
import { usable } from './studio/access.js';
import keeping, { keepReferences } from './studio/keeping.js';
import { layOut } from './studio/layout.js';
import { Marks } from './studio/marks.js';
import { kindOf, nameOf } from './studio/panel/kinds.js';
import { Model } from './studio/panel/model.js';
import { Panel } from './studio/panel/panel.js';
import { open } from './studio/session.js';
import { simulation } from './studio/simulation.js';
import { interpret } from './studio/translate.js';
import { center, fit } from './studio/view.js';
import { keep, patterns, words } from './studio/words/drawing.js';
import './drawing.css';

// what an owner wrote: the drawing itself, a name being typed in it, what a search finds, the steps of a simulation
const OWNED = '.bjs-breadcrumbs, .djs-container > svg, .djs-direct-editing-parent, .djs-search-result-primary, .djs-search-result-secondary, .bts-notification .bts-text, .bts-log .bts-text';

const root = document.getElementById('studio');
if (root) start(root).catch((reason) => {
  console.error(reason);
  root.dataset.ready = 'failed';
  const place = root.querySelector('[data-studio-canvas]');
  place.replaceChildren(Object.assign(document.createElement('p'), { className: 'note overdue', textContent: place.dataset.textFailed }));
});

async function start(root) {
  const interpreter = interpret(root, words, { patterns, keep });
  const { say } = interpreter;
  const place = root.querySelector('[data-studio-canvas]');
  const readonly = 'readonly' in root.dataset || !matchMedia('(min-width: 901px)').matches;
  if (readonly) root.dataset.readonly = '';
  const modeler = readonly ? viewer(place, say) : editor(place, say);
  const stack = modeler.get('commandStack', false);
  let parts = null;
  let written = null; // the text of a state of the drawing: who undoes everything has the file as it was, byte for byte
  const session = open({
    root,
    content: async () => {
      parts?.panel.fields.flush({ late: false });
      const state = stateOf(stack);
      if (state !== written.state) written = { state, xml: (await modeler.saveXML({ format: true })).xml };
      return written.xml;
    },
    changed: (tell) => stack && modeler.on('commandStack.changed', ({ trigger }) => trigger !== 'clear' && tell()),
    show: (findings) => parts?.panel.mark(parts.marks.show(findings)),
    choose: (finding) => parts && goTo(parts, finding),
    name: (finding) => {
      const element = parts?.marks.placeOf(finding.element);
      return element ? `${kindOf(element, say).title} ${nameOf(element)}` : finding.element;
    },
    settle: (asked) => parts?.panel.fields.flush({ late: asked }),
  });
  const [xml, vocabulary] = await Promise.all([session.load(), readonly ? {} : session.words()]);
  if (!readonly) parts = around(modeler, { root, say, known: interpreter.known, vocabulary });
  let made = false;
  modeler.on('import.parse.complete', ({ definitions, warnings }) => {
    keepReferences({ warnings }, modeler.get('moddle'));
    made = Boolean(definitions) && layOut(definitions, modeler.get('moddle'));
  });
  await modeler.importXML(xml);
  fit(modeler.get('canvas'), { palette: !readonly });
  new ResizeObserver(() => modeler.get('canvas').resized()).observe(place); // the findings below take and give room
  usable(place, { readonly, say });
  interpreter.watch(place, { skip: OWNED, codes: '.bts-scope' });
  if (parts) {
    parts.panel.render();
    fromAddress(parts);
    addEventListener('hashchange', () => fromAddress(parts));
  }
  written = { state: made ? null : stateOf(stack), xml };
  session.ready();
  if (made) session.touch();
}

// The last change that is in force: with the same one the drawing is the same. Undefined before the first.
function stateOf(stack) {
  return stack?._stack[stack._stackIdx];
}

function viewer(container, say) {
  return new NavigatedViewer({ container, moddleExtensions: { camunda }, additionalModules: [{ translate: ['value', say] }] });
}

function editor(container, say) {
  return new Modeler({
    container,
    moddleExtensions: { camunda },
    additionalModules: [TokenSimulation, allowed, keeping, { translate: ['value', say] }],
  });
}

function around(modeler, { root, say, known, vocabulary }) {
  const model = new Model(modeler);
  const marks = new Marks(modeler, say);
  const choose = (element) => {
    modeler.get('selection').select(element.parent ? element : []);
    center(modeler.get('canvas'), element);
  };
  const panel = new Panel({
    modeler,
    model,
    words: vocabulary,
    say,
    draft: root.dataset.draftUrl,
    place: root.querySelector('[data-studio-panel]'),
    readonly: false,
    choose,
  });
  // one search for all, with and without a mouse
  const actions = modeler.get('editorActions');
  actions.unregister('find');
  actions.register('find', () => panel.find());
  const button = root.querySelector('[data-studio-simulate]');
  if (button) simulation({ modeler, button, panel, root, known });
  return { modeler, panel, marks, choose };
}

function goTo({ panel, marks }, finding) {
  const element = marks.placeOf(finding.element);
  if (element) panel.goTo(element);
}

// …/drawing#element=ID opens at that element.
function fromAddress({ marks, choose }) {
  const id = new URLSearchParams(location.hash.slice(1)).get('element');
  const element = id && marks.placeOf(id);
  if (element) choose(element);
}
