// What can be said of the chosen field, beside the form.
//
//   const panel = formPanel({ place, editor, words, say, readonly })
//     place    the element to stand in;  editor  the FormEditor;  words  the draft's vocabulary
//   panel.focus()  to the first entry;  panel.mark(sentences)  Map of field id -> [sentence]
//
// It is drawn anew when a field has other entries than before, and else only filled anew, so that nobody loses the place.
import { make } from '../studio/dom.js';
import { KINDS, hasKey, nameOf } from './form-fields.js';
import { panelEntries } from './form-entries.js';
import { CONDITIONS, fieldGroups } from './form-groups.js';
import { formWide } from './form-wide.js';
import { fieldModel, shown } from './form-model.js';

export function formPanel({ place, editor, words, say, readonly }) {
  const modeling = editor.get('modeling');
  const registry = editor.get('formFieldRegistry');
  const selection = editor.get('selection');
  const folded = new Set(); // groups that somebody closed
  const refreshers = new Set();
  const model = fieldModel(editor, say);
  const entries = panelEntries({ say, readonly, refreshers });
  const groups = fieldGroups({ model, entries, words, say, readonly, refreshers });
  const wide = formWide({ editor, entries, say, readonly });
  let drawn = null;
  place.tabIndex = -1;
  let sentences = new Map();

  const chosen = () => {
    const field = selection.get();
    return field && field.type !== 'default' && registry.get(field.id) ? field : null;
  };

  function head(field) {
    const holder = registry.get(field._parent);
    const at = holder.components.indexOf(field);
    const move = (to) => {
      modeling.moveFormField(field, holder, holder, at, to, null, null);
      selection.set(field);
    };
    const up = entries.square('up', say('Move up'), '↑', () => move(at - 1));
    const down = entries.square('down', say('Move down'), '↓', () => move(at + 2)); // before the one after the next
    up.disabled ||= at === 0;
    down.disabled ||= at === holder.components.length - 1;
    const remove = entries.square('remove', say('Remove the field'), '×', () => modeling.removeFormField(field, holder, at));
    const kind = KINDS[field.type] ? say(KINDS[field.type][0]) : field.type;
    return make('header', {}, make('h2', {}, kind), make('div', { class: 'actions' }, up, down, remove));
  }

  function draw(field) {
    refreshers.clear();
    if (!field) {
      const text = say('Choose a field in the form to change it, or add one from the list on the left.');
      return [make('p', { class: 'hint nothing' }, text), ...wide.build()];
    }
    const said = make('ul', { class: 'said' });
    refreshers.add(() => {
      const found = sentences.get(field.id) ?? [];
      said.replaceChildren(...found.map((sentence) => make('li', { class: 'error' }, sentence)));
      said.hidden = !found.length;
    });
    if (!KINDS[field.type]) {
      return [head(field), said, make('p', { class: 'hint nothing' }, say('A task cannot show this. Remove it.'))];
    }
    return [head(field), said, ...groups(field).map(([title, found]) => {
      const summary = make('summary', { onclick: () => folded[group.open ? 'add' : 'delete'](title) }, say(title));
      const group = make('details', { 'data-group': title, open: !folded.has(title) }, summary,
        ...found.map((one) => one.build(field)));
      return group;
    })];
  }

  // What makes other entries, not other values.
  function outline(field) {
    if (!field) return wide.outline();
    const holder = registry.get(field._parent);
    const others = hasKey(field) ? model.siblings(field).filter((one) => one !== field && CONDITIONS.includes(one.type))
      .map((one) => [nameOf(one), one.label, one.values]) : [];
    const values = (field.values ?? []).map((one) => (field.defaultValue === undefined ? 0 : one.value));
    return JSON.stringify([field.id, field.type, holder?.components.indexOf(field), holder?.components.length, values,
      shown(field), field.properties?.options, others, ruled(field), model.known(field).map((one) => [nameOf(one), one.label])]);
  }

  function settle() {
    const field = chosen();
    const now = outline(field);
    if (now !== drawn) {
      drawn = now;
      keepPlace(place, () => place.replaceChildren(...draw(field)));
    }
    for (const one of refreshers) one();
  }

  editor.on('changed', 1, settle);
  editor.on('selection.changed', 1, settle);
  settle();

  return {
    focus: () => {
      const first = place.querySelector('input, textarea');
      first?.focus();
      first?.select?.();
    },
    mark: (found) => {
      sentences = found;
      settle();
    },
  };
}

// Whether there is a check, whose messages then have entries.
const ruled = (field) => ['check', 'check.message', 'check.message.en'].some((name) => field.properties?.[name]);

// Whoever stood in an entry stands in the one of the same name afterwards, at the same letter.
function keepPlace(place, redraw) {
  const held = place.contains(document.activeElement) ? document.activeElement : null;
  const [name, from, to] = held ? [held.dataset.entry, held.selectionStart, held.selectionEnd] : [];
  redraw();
  if (!name) return;
  const again = [...place.querySelectorAll('[data-entry]')].find((one) => one.dataset.entry === name && !one.disabled);
  (again ?? place.querySelector('button:not(:disabled)') ?? place).focus(); // what is gone leaves the panel itself
  if (again?.matches('input:not([type=checkbox]), textarea')) again.setSelectionRange(from, to);
}
