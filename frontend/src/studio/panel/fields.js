// Fields of the panel. A group describes them as plain objects, and only what changed is written into the page, so that
// the caret stays where it is. Common to all: { kind, key, label, hint, set }; further:
//   text, area  value, code (it is an expression), readonly, wrong(value) -> a sentence, or '' when it may be kept
//   insert      [{ label, items: [{ text, label }] }] beside an area: what a click puts where the caret stands
//   select      value, options [{ value, label }], empty: what stands for no value; an unknown value stays, and is said
//   picks       values, options, add: the words of the picker
//   check       value
//   note, link, buttons, heading: text; text, href; items [{ label, act, danger }]; text
import { make } from '../dom.js';

const PAUSE = 500; // milliseconds after the last key

export class Fields {
  constructor(place, say) {
    this.place = place;
    this.say = say;
    this.pending = new Map();
    this.shown = new Map();
    this.shape = '';
  }

  // groups: [{ id, title, fields, open }]. `subject` is what they speak of: with another one everything is made anew.
  show(subject, groups) {
    const shape = JSON.stringify([subject, groups.map(({ id, fields }) => [id, fields.map((one) => [one.key, one.kind])])]);
    if (shape === this.shape) {
      for (const { fields } of groups) for (const field of fields) this.update(field);
      return;
    }
    this.flush();
    const focused = this.place.contains(document.activeElement) ? document.activeElement.id : '';
    this.shape = shape;
    this.shown.clear();
    this.place.replaceChildren(...groups.filter(({ fields }) => fields.length).map((group) => this.group(group)));
    if (focused) document.getElementById(focused)?.focus();
  }

  // Whatever is typed and not yet taken over; without `late` what is only taken over whole stays.
  flush({ late = true } = {}) {
    for (const [key, take] of [...this.pending]) if (late || !this.shown.get(key)?.field.late) take();
  }

  // What the field with this key does now, after everything that was typed before.
  run(key, action) {
    this.flush();
    action(this.shown.get(key).field);
  }

  group({ id, title, fields }) {
    const heading = `panel-${id}-title`;
    const made = fields.map((field) => {
      const kind = KINDS[field.kind];
      const shown = { field, ...kind.make(field, this) };
      this.shown.set(field.key, shown);
      kind.update?.(shown, field, this);
      return shown.node;
    });
    return make('section', { class: 'panel-group', 'aria-labelledby': heading }, make('h3', { id: heading }, title), ...made);
  }

  update(field) {
    const shown = this.shown.get(field.key);
    shown.field = field;
    KINDS[field.kind].update?.(shown, field, this);
  }

  // A field that is typed into: taken over when it is left, and a moment after the last key.
  typed(key, input) {
    let timer = 0;
    const take = () => {
      clearTimeout(timer);
      this.pending.delete(key);
      const { field, error } = this.shown.get(key) ?? {};
      if (!field || !input.isConnected || field.readonly || input.value === field.value) return;
      const wrong = field.wrong?.(input.value) ?? '';
      if (error) said(error, input, wrong);
      if (!wrong) field.set(input.value);
    };
    input.addEventListener('input', () => {
      clearTimeout(timer);
      this.pending.set(key, take);
      if (!this.shown.get(key)?.field.late) timer = setTimeout(take, PAUSE);
    });
    input.addEventListener('change', take);
  }
}

function said(place, input, sentence) {
  place.textContent = sentence;
  place.hidden = !sentence;
  if (sentence) input.setAttribute('aria-invalid', 'true');
  else input.removeAttribute('aria-invalid');
}

// A label over a control, with its hint and its error, all tied together.
function framed(field, control, { extra = [] } = {}) {
  const id = idOf(field.key);
  const error = make('p', { class: 'error', id: `${id}-error`, hidden: true });
  const hint = make('p', { class: 'hint', id: `${id}-hint` });
  control.id = id;
  control.setAttribute('aria-describedby', `${id}-hint ${id}-error`);
  const label = make('label', { for: id }, field.label);
  const node = make('div', { class: 'field' }, label, hint, error, control, ...extra);
  return { node, control, error, hint, label };
}

function frameTexts({ hint, label }, field) {
  if (label.textContent !== field.label) label.textContent = field.label;
  hint.textContent = field.hint ?? '';
  hint.hidden = !field.hint;
}

const idOf = (key) => `panel-${key.replace(/[^\w-]/g, '_')}`;

function setValue(control, value) {
  if (document.activeElement !== control && control.value !== value) control.value = value;
}

function typedField(control, field, fields) {
  if (field.code) {
    control.classList.add('code');
    control.spellcheck = false;
    control.setAttribute('autocapitalize', 'off');
  }
  fields.typed(field.key, control);
}

function fillOptions(select, options, empty) {
  const wanted = JSON.stringify([options, empty]);
  if (select.dataset.filled === wanted) return;
  select.dataset.filled = wanted;
  const rows = empty === undefined ? options : [{ value: '', label: empty }, ...options];
  select.replaceChildren(...rows.map(({ value, label }) => make('option', { value, translate: 'no' }, label)));
}

const KINDS = {
  text: {
    make(field, fields) {
      const made = framed(field, make('input', { class: 'input', type: 'text', autocomplete: 'off' }));
      typedField(made.control, field, fields);
      return made;
    },
    update(shown, field) {
      frameTexts(shown, field);
      shown.control.readOnly = Boolean(field.readonly);
      setValue(shown.control, field.value);
    },
  },
  area: {
    make(field, fields) {
      const insert = make('div', { class: 'panel-insert' });
      const made = framed(field, make('textarea', { rows: field.rows ?? 3 }), { extra: [insert] });
      typedField(made.control, field, fields);
      return { ...made, insert };
    },
    update(shown, field, fields) {
      frameTexts(shown, field);
      setValue(shown.control, field.value);
      fillInsert(shown, field.insert ?? [], fields);
    },
  },
  select: {
    make(field, fields) {
      const control = make('select', { onchange: () => fields.run(field.key, (current) => current.set(control.value)) });
      return framed(field, control);
    },
    update(shown, field, fields) {
      frameTexts(shown, field);
      const known = !field.value || field.options.some((one) => one.value === field.value);
      const unknown = { value: field.value, label: `${field.value} (${fields.say('unknown')})` };
      fillOptions(shown.control, known ? field.options : [...field.options, unknown], field.empty);
      shown.control.value = field.value;
    },
  },
  picks: {
    make(field, fields) {
      const chosen = make('ul', { class: 'panel-picks' });
      const control = make('select', {
        onchange: () => {
          if (control.value) fields.run(field.key, ({ values, set }) => set([...values, control.value]));
        },
      });
      const made = framed(field, control, { extra: [] });
      made.node.insertBefore(chosen, control);
      return { ...made, chosen };
    },
    update(shown, field, fields) {
      frameTexts(shown, field);
      const title = (value) => field.options.find((one) => one.value === value)?.label ?? `${value} (${fields.say('unknown')})`;
      const wanted = JSON.stringify(field.values.map(title));
      if (shown.chosen.dataset.filled !== wanted) {
        const inside = shown.chosen.contains(document.activeElement);
        shown.chosen.dataset.filled = wanted;
        shown.chosen.replaceChildren(...field.values.map((value) => pick(value, title(value), shown, fields)));
        if (inside) shown.control.focus();
      }
      fillOptions(shown.control, field.options.filter((one) => !field.values.includes(one.value)), field.add);
      shown.control.value = '';
    },
  },
  check: {
    make(field, fields) {
      const id = idOf(field.key);
      const control = make('input', { type: 'checkbox', id, 'aria-describedby': `${id}-hint` });
      control.addEventListener('change', () => fields.run(field.key, (current) => current.set(control.checked)));
      const hint = make('p', { class: 'hint', id: `${id}-hint` });
      const label = make('label', { for: id }, field.label);
      const node = make('div', { class: 'field panel-check' }, make('span', { class: 'tick' }, control, label), hint);
      return { node, control, hint, label };
    },
    update(shown, field) {
      frameTexts(shown, field);
      shown.control.checked = field.value;
    },
  },
  heading: {
    make: (field) => ({ node: make('h4', {}, field.text) }),
  },
  note: {
    make: () => ({ node: make('p', { class: 'hint' }) }),
    update: (shown, field) => {
      shown.node.textContent = field.text;
    },
  },
  link: {
    make: () => ({ node: make('a', { class: 'panel-link' }) }),
    update: (shown, field) => {
      shown.node.textContent = field.text;
      shown.node.href = field.href;
    },
  },
  buttons: {
    make: () => ({ node: make('div', { class: 'panel-buttons' }) }),
    update: (shown, field, fields) => {
      const wanted = JSON.stringify(field.items.map(({ label }) => label));
      if (shown.wanted !== wanted) {
        shown.wanted = wanted;
        shown.node.replaceChildren(...field.items.map(({ label, danger }, at) => make('button', {
          type: 'button',
          class: danger ? 'btn danger' : 'btn',
          onclick: () => fields.run(field.key, (current) => current.items[at].act()),
        }, label)));
      }
    },
  },
};

function pick(value, title, shown, fields) {
  const remove = () => fields.run(shown.field.key, ({ values, set }) => set(values.filter((one) => one !== value)));
  return make('li', { class: 'tag' }, make('span', { translate: 'no' }, title), make('button', {
    type: 'button',
    class: 'link',
    onclick: remove,
    'aria-label': fields.say('Remove {name}', { name: title }),
  }, '✕'));
}

function fillInsert(shown, insert, fields) {
  const wanted = JSON.stringify(insert);
  if (shown.insert.dataset.filled === wanted) return;
  shown.insert.dataset.filled = wanted;
  shown.insert.replaceChildren();
  if (!insert.length) return;
  const put = (text) => {
    const { control } = shown;
    control.setRangeText(spaced(control, text), control.selectionStart, control.selectionEnd, 'end');
    control.focus();
    control.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const groups = insert.map(({ label, items }) => make('div', {},
    make('h4', { translate: 'no' }, label),
    ...items.map((item) => make('button', { type: 'button', class: 'chip', translate: 'no', title: item.label, onclick: () => put(item.text) }, item.text)),
  ));
  shown.insert.append(make('details', {}, make('summary', {}, fields.say('Insert what the process knows')), ...groups));
}

// With a blank towards the word before, where there is one.
function spaced(control, text) {
  const before = control.value.slice(0, control.selectionStart);
  return before && !/[\s(]$/.test(before) ? ` ${text}` : text;
}
