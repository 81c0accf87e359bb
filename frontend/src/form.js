// The editor of a form: the fields in the middle, what can be added on the left, what can be said of one on the right.
//   <div id="studio" …> (studio/session.js) with [data-form-canvas], [data-form-palette], [data-form-panel],
//   [data-form-undo], [data-form-redo], [data-form-broken] inside it.
import { FormEditor } from '@bpmn-io/form-js-editor';
import flatpickr from 'flatpickr';
import { Mandarin } from 'flatpickr/dist/esm/l10n/zh.js';
import { read, withRows } from './editors/form-file.js';
import { HOLDERS, KINDS, houseFields, nameOf } from './editors/form-fields.js';
import { formPanel } from './editors/form-panel.js';
import { PATTERNS, WORDS } from './editors/words-form.js';
import { open } from './studio/session.js';
import { interpret } from './studio/translate.js';
import './form.css';

// what an owner wrote, and so is never translated
const OWNERS = '.fjs-form-field-label:not(.fjs-filepicker-container *), .fjs-form-field-description, '
  + '.fjs-inline-label, .fjs-form-field-text, .fjs-form-field-html';

const root = document.getElementById('studio');
if (root) start(root);

async function start(root) {
  const { say, watch, chinese } = interpret(root, WORDS, { patterns: PATTERNS });
  if (chinese) flatpickr.localize(Mandarin);
  const canvas = root.querySelector('[data-form-canvas]');
  const readonly = 'readonly' in root.dataset;
  // who only reads has no palette: the package draws it all the same, out of sight
  const palette = root.querySelector('[data-form-palette]') ?? document.createElement('div');
  const editor = new FormEditor({
    container: canvas,
    palette: { parent: palette },
    propertiesPanel: { parent: palette }, // never attached: the panel is ours
    keyboard: { bind: !readonly },
    additionalModules: [houseFields(say, readonly)],
  });
  const steps = editor.get('commandStack');
  let file = null;
  let original = '';
  let panel = null;
  let marks = new Map();
  const listeners = [];
  const fields = () => editor.get('formFieldRegistry').getAll();

  const session = open({
    root,
    // who undoes everything has the file as it was, byte for byte
    content: async () => (steps._stackIdx < 0 ? original : file.write(editor.getSchema())),
    changed: (fn) => listeners.push(fn),
    show,
    choose,
    name: (finding) => {
      const field = find(finding);
      return field ? field.label || field.text || nameOf(field) : finding.element ?? '';
    },
  });

  // --- findings ------------------------------------------------------------------------------------------------------

  function all({ element }) {
    if (!element || element === 'default') return [];
    return fields().filter((one) => [one.key, one.path, one.id, one.type].includes(element));
  }

  // a finding of something without a key names its kind
  const find = (finding) => all(finding).find((one) => one.type !== finding.element) ?? all(finding)[0];

  function show(findings) {
    marks = new Map();
    for (const finding of findings) {
      for (const field of all(finding)) marks.set(field.id, [...(marks.get(field.id) ?? []), finding]);
    }
    decorate();
    const said = (one) => [one.sentence, one.remedy].filter(Boolean).join(' ');
    panel?.mark(new Map([...marks].map(([id, found]) => [id, found.map(said)])));
  }

  function choose(finding) {
    const field = find(finding);
    if (!field) return;
    editor.get('selection').set(field);
    soon(() => panel?.focus());
  }

  // Each field has a name for those who do not see it, and the mark of its findings.
  function decorate() {
    for (const place of canvas.querySelectorAll('.fjs-element[data-id]')) {
      const field = editor.get('formFieldRegistry').get(place.dataset.id);
      if (!field || field.type === 'default') continue;
      const found = marks.get(field.id);
      const kind = KINDS[field.type] ? say(KINDS[field.type][0]) : field.type;
      put(place, 'role', 'group');
      put(place, 'aria-label', `${kind} ${field.label || field.text || nameOf(field)}`);
      put(place, 'data-finding', found && (found.some((one) => one.severity === 'error') ? 'error' : 'warning'));
      put(place, 'data-finding-text', found?.map((one) => one.sentence).join(' '));
    }
  }

  function put(place, name, value) {
    if (!value) place.removeAttribute(name);
    else if (place.getAttribute(name) !== value) place.setAttribute(name, value);
  }

  // --- adding --------------------------------------------------------------------------------------------------------

  // A press is enough to add a field (the package wants it dragged, or Enter): after the chosen one, or into it.
  function add(type) {
    const chosen = editor.get('selection').get();
    const schema = editor._getState().schema;
    const registry = editor.get('formFieldRegistry');
    const inside = chosen && HOLDERS.includes(chosen.type) && (chosen.type !== 'dynamiclist' || type !== 'dynamiclist');
    const holder = inside ? chosen : (chosen && registry.get(chosen._parent)) || schema;
    const at = inside || !chosen ? holder.components.length : holder.components.indexOf(chosen) + 1;
    const layout = { row: editor.get('formLayouter').nextRowId(), columns: null };
    editor.get('modeling').addFormField({ type, _parent: holder.id, layout }, holder, at);
    soon(() => panel?.focus());
  }

  palette.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && event.target.closest('[data-field-type]')) event.stopPropagation();
  }, true);
  palette.addEventListener('click', (event) => {
    const entry = event.target.closest('[data-field-type]');
    if (entry && !readonly) add(entry.dataset.fieldType);
  });
  canvas.addEventListener('keyup', (event) => {
    if (event.key === 'Enter' && event.target.matches('.fjs-editor-selected')) panel?.focus();
  });

  // --- start ---------------------------------------------------------------------------------------------------------

  for (const [name, can] of [['undo', 'canUndo'], ['redo', 'canRedo']]) {
    const button = root.querySelector(`[data-form-${name}]`);
    if (!button) continue;
    button.addEventListener('click', () => steps[name]());
    editor.on('commandStack.changed', () => {
      button.disabled = !steps[can]();
    });
  }

  try {
    const [text, words] = await Promise.all([session.load(), session.words()]);
    file = read(text);
    original = text;
    await editor.importSchema(withRows(structuredClone(file.schema)));
    panel = formPanel({ place: root.querySelector('[data-form-panel]'), editor, words, say, readonly });
    editor.on('commandStack.changed', () => listeners.forEach((fn) => fn()));
  } catch (reason) {
    console.warn(reason);
    root.querySelector('[data-form-broken]').hidden = false;
    root.querySelector('[data-form-editor]').hidden = true;
    file = null;
  }
  new MutationObserver(decorate).observe(canvas, { subtree: true, childList: true });
  watch(canvas, { skip: OWNERS });
  watch(palette);
  decorate();
  session.ready();
  const element = new URLSearchParams(location.hash.slice(1)).get('element'); // from the findings of another editor
  if (element && file) choose({ element });
}

// after the editor has drawn what was just done
function soon(run) {
  requestAnimationFrame(() => setTimeout(run, 0));
}
