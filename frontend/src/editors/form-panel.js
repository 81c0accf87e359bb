// What can be said of a field, beside the form: only what the task page obeys (workflows/forms.py).
//
//   const panel = formPanel({ place, editor, words, say, readonly })
//     place    the element to stand in;  editor  the FormEditor;  words  the draft's vocabulary
//   panel.focus()  to the first entry;  panel.mark(sentences)  Map of field id -> [sentence]
//
// Every entry writes as it is typed, by the editor's commands, so that undo works on it.
import { CHOICES, KINDS, hasKey, nameOf } from './form-fields.js';

const KEY = /^[A-Za-z][A-Za-z0-9_]{0,47}$/;
const CONDITIONS = ['radio', 'select', 'checklist', 'checkbox'];
const ROUTABLE = ['number', 'checkbox', 'radio', 'select'];
const TEXTS = ['textfield', 'textarea'];

export function formPanel({ place, editor, words, say, readonly }) {
  const page = place.ownerDocument;
  const modeling = editor.get('modeling');
  const registry = editor.get('formFieldRegistry');
  const selection = editor.get('selection');
  const folded = new Set(); // groups that somebody closed
  let drawn = null;
  let refreshers = [];
  let sentences = new Map();

  const schema = () => editor._getState().schema;
  const chosen = () => {
    const field = selection.get();
    return field && field.type !== 'default' && registry.get(field.id) ? field : null;
  };

  // --- writing -----------------------------------------------------------------------------------------------------

  const edit = (field, changes) => modeling.editFormField(field, changes);

  // one entry of an object within the component: properties, validate
  function editInner(field, part, name, value) {
    const inner = { ...field[part] };
    if (value === '' || value === undefined) delete inner[name];
    else inner[name] = value;
    edit(field, { [part]: inner });
  }

  const property = (name) => ({
    get: (field) => field.properties?.[name] ?? '',
    set: (field, value) => editInner(field, 'properties', name, value),
  });
  const flag = (name) => ({
    get: (field) => String(field.properties?.[name] ?? '').toLowerCase() === 'true',
    set: (field, value) => editInner(field, 'properties', name, value ? 'true' : undefined),
  });
  const attribute = (name) => ({
    get: (field) => field[name] ?? '',
    set: (field, value) => edit(field, { [name]: value === '' ? undefined : value }),
  });
  const bound = (name) => ({
    get: (field) => field.validate?.[name] ?? '',
    set: (field, value) => editInner(field, 'validate', name, figure(value)),
  });

  // --- what a field has ----------------------------------------------------------------------------------------------

  function groups(field) {
    const kind = field.type;
    if (kind === 'text') {
      return [['Text', [
        area('text', 'Text (Chinese)', attribute('text')),
        area('text.en', 'Text (English)', property('text.en'), { lang: 'en' }),
      ]]];
    }
    const general = [
      line('label', 'Label (Chinese)', { get: (one) => one.label ?? '', set: setLabel }),
      line('label.en', 'Label (English)', property('label.en'), { lang: 'en' }),
    ];
    if (kind === 'group') return [['General', general]];
    general.push(line('key', 'Key', { get: nameOf, set: setKey }, {
      hint: 'Letters, digits and _; the process and the reports know the field by it.',
    }));
    const hints = [
      area('description', 'Hint (Chinese)', attribute('description')),
      area('description.en', 'Hint (English)', property('description.en'), { lang: 'en' }),
    ];
    return [
      ['General', general],
      ['Options', CHOICES.includes(kind) ? [optionsFrom(), ...(field.properties?.options ? [] : [options()])] : []],
      ['Rows', kind === 'dynamiclist' ? [source('rows', 'Rows', 'The clerk adds rows')] : []],
      ['Check', checks(kind)],
      ['In the process', steering(kind)],
      ['Hint', hints],
      ['Beginning value', beginning(field)],
      ['Shown only when', conditions(field)],
    ].filter(([, entries]) => entries.length);
  }

  function checks(kind) {
    const entries = [tick('required', 'Must be filled in', {
      get: (field) => field.validate?.required === true,
      set: (field, value) => editInner(field, 'validate', 'required', value || undefined),
    })];
    if (TEXTS.includes(kind)) entries.push(number('maxLength', 'Most characters', bound('maxLength')));
    if (kind === 'number') {
      entries.push(
        number('min', 'Not less than', bound('min')),
        number('max', 'Not more than', bound('max')),
        number('decimalDigits', 'Places after the point', {
          get: (field) => field.decimalDigits ?? '',
          set: (field, value) => edit(field, { decimalDigits: figure(value) }),
        }),
        line('suffix', 'Unit (Chinese)', property('suffix')),
        line('suffix.en', 'Unit (English)', property('suffix.en'), { lang: 'en' }),
      );
    }
    return entries;
  }

  function steering(kind) {
    const entries = [];
    if (ROUTABLE.includes(kind)) {
      entries.push(tick('route', 'Decides the way', flag('route'), {
        hint: 'Conditions of the drawing may use the answer.',
      }));
    }
    if (kind === 'radio') {
      entries.push(tick('actions', 'Options are the buttons of the task', flag('actions'), {
        hint: 'One button an option at the foot of the task, instead of a question.',
      }));
    }
    return entries;
  }

  function beginning(field) {
    const value = attribute('defaultValue');
    if (['radio', 'select'].includes(field.type) && field.values?.length) {
      const choices = field.values.map((one) => [one.value, one.label]);
      return [pick('defaultValue', 'Beginning value', value, [['', say('None')], ...choices])];
    }
    if ([...TEXTS, 'number'].includes(field.type)) return [line('defaultValue', 'Beginning value', value)];
    if (field.type !== 'checkbox') return [];
    const set = (one, ticked) => edit(one, { defaultValue: ticked || undefined });
    return [tick('defaultValue', 'Ticked at the beginning', { get: (one) => one.defaultValue === true, set })];
  }

  function setLabel(field, value) {
    edit(field, { label: value, ...(field.type === 'datetime' ? { dateLabel: value } : {}) });
  }

  // Returns the sentence of a refusal.
  function setKey(field, value) {
    const name = field.type === 'dynamiclist' && !field.key ? 'path' : 'key';
    if (!KEY.test(value)) return say('Use letters, digits and _, beginning with a letter.');
    const twin = siblings(field).find((one) => one !== field && (one.key === value || one.path === value));
    if (twin) return say('Another field has this key.');
    if (nameOf(field) !== value) edit(field, { [name]: value });
    return '';
  }

  // --- where options and rows come from ------------------------------------------------------------------------------

  function source(name, title, none) {
    const known = (words.sources?.[name] ?? []).map((one) =>
      typeof one === 'string' ? [one, one] : [one.name ?? one.id ?? one.key, one.title ?? one.label ?? one.name]);
    const { get, set } = property(name);
    const current = get(chosen());
    if (current && !known.some(([value]) => value === current)) known.push([current, current]);
    return pick(name, title, { get, set }, [['', say(none)], ...known]);
  }

  const optionsFrom = () => source('options', 'Options', 'Written here');

  function options() {
    return { id: 'values', build: (field) => optionTable(field) };
  }

  function optionTable(field) {
    const list = make('ol', { class: 'options' });
    const write = (values) => edit(field, { values });
    (field.values ?? []).forEach((value, at) => {
      const cell = (name, title, how) => {
        const input = make('input', {
          class: 'input', 'aria-label': say('{name} of option {number}', { name: say(title), number: at + 1 }),
          placeholder: say(title), 'data-entry': `values.${at}.${name}`, autocomplete: 'off', ...how,
        });
        input.value = value[name] ?? '';
        input.disabled = readonly;
        input.addEventListener('input', () => {
          const values = field.values.map((one, place) => (place === at ? { ...one, [name]: input.value } : one));
          if (name !== 'value' && !input.value) delete values[at][name];
          write(values);
        });
        refreshers.push(() => refresh(input, field.values?.[at]?.[name] ?? ''));
        return input;
      };
      const act = (title, sign, run, id) => button(say('{name}: option {number}', { name: say(title), number: at + 1 }), sign, run, id);
      list.append(make('li', {}, [
        cell('label', 'Chinese'), cell('label.en', 'English', { lang: 'en' }), cell('value', 'Value'),
        at > 0 ? act('Move up', '↑', () => write(swapped(field.values, at - 1)), `values.${at}.up`) : make('span'),
        act('Remove', '×', () => write(field.values.filter((_, place) => place !== at)), `values.${at}.remove`),
      ]));
    });
    const add = make('button', { type: 'button', class: 'btn', 'data-entry': 'values.add' }, [say('Add an option')]);
    add.disabled = readonly;
    add.addEventListener('click', () => {
      const values = field.values ?? [];
      const taken = new Set(values.map((one) => one.value));
      let next = values.length + 1;
      while (taken.has(`OPTION_${next}`)) next += 1;
      write([...values, { label: `选项${next}`, value: `OPTION_${next}` }]);
      place.querySelector(`[data-entry="values.${values.length}.label"]`)?.select();
    });
    return make('div', { class: 'field' }, [list, add]);
  }

  // --- shown only when -----------------------------------------------------------------------------------------------

  function siblings(field) {
    let holder = registry.get(field._parent);
    while (holder && holder.type === 'group') holder = registry.get(holder._parent);
    const found = [];
    const gather = (components) => {
      for (const one of components ?? []) {
        if (one.type === 'group') gather(one.components);
        else found.push(one);
      }
    };
    gather((holder ?? schema()).components);
    return found;
  }

  function conditions(field) {
    const others = siblings(field).filter((one) => one !== field && CONDITIONS.includes(one.type));
    const [name, values] = shown(field);
    if (!others.length && !name) return [];
    const known = others.map((one) => [nameOf(one), one.label || nameOf(one)]);
    if (name && !known.some(([value]) => value === name)) known.push([name, name]);
    const entries = [pick('show', 'The field', {
      get: (one) => shown(one)[0],
      set: (one, other) => editInner(one, 'properties', 'show', other && `${other}=${first(others, other)}`),
    }, [['', say('Always shown')], ...known])];
    const other = others.find((one) => nameOf(one) === name);
    if (other?.values?.length) entries.push(valueTicks(other, values));
    else if (name && other?.type !== 'checkbox') {
      entries.push(line('show.values', 'has one of the values', {
        get: (one) => shown(one)[1].join('|'),
        set: (one, text) => editInner(one, 'properties', 'show', `${name}=${text}`),
      }, { hint: 'Several values with | between them.' }));
    } else if (name) entries.push({ id: 'show.ticked', build: () => make('p', { class: 'hint' }, [say('is ticked')]) });
    return entries;
  }

  function valueTicks(other, wanted) {
    const build = (field) => {
      const rows = other.values.map((one) => {
        const box = make('input', { type: 'checkbox', 'data-entry': `show.${one.value}` });
        box.checked = wanted.includes(one.value);
        box.disabled = readonly;
        box.addEventListener('change', () => {
          const ticked = other.values.map((value) => value.value)
            .filter((value) => (value === one.value ? box.checked : shown(field)[1].includes(value)));
          if (!ticked.length) box.checked = true; // shown for no value would be shown never
          else editInner(field, 'properties', 'show', `${nameOf(other)}=${ticked.join('|')}`);
        });
        return make('label', {}, [box, make('span', { translate: 'no' }, [one.label || one.value])]);
      });
      return make('fieldset', { class: 'field' }, [make('legend', {}, [say('has one of the values')]),
        make('div', { class: 'choices' }, rows)]);
    };
    return { id: 'show.values', build };
  }

  // --- entries -------------------------------------------------------------------------------------------------------

  const line = (id, title, { get, set }, how = {}) => entry(id, title, 'input', { get, set }, how);
  const area = (id, title, { get, set }, how = {}) => entry(id, title, 'textarea', { get, set }, { rows: 2, ...how });
  const number = (id, title, { get, set }) => entry(id, title, 'input', { get, set }, { inputmode: 'numeric', numeric: true });

  function entry(id, title, tag, { get, set }, { hint, numeric, ...how }) {
    const build = (field) => {
      const control = make(tag, { class: 'input', id: `panel-${id}`, 'data-entry': id, autocomplete: 'off', ...how });
      const said = make('p', { class: 'error', id: `panel-${id}-error` });
      const aimed = [hint ? `panel-${id}-hint` : '', `panel-${id}-error`].filter(Boolean).join(' ');
      control.setAttribute('aria-describedby', aimed);
      control.value = get(field);
      control.disabled = readonly;
      said.hidden = true;
      const refuse = (sentence) => {
        said.textContent = sentence;
        said.hidden = !sentence;
        control.toggleAttribute('aria-invalid', Boolean(sentence));
        if (sentence) control.setAttribute('aria-invalid', 'true');
      };
      control.addEventListener('input', () => {
        const text = control.value;
        if (numeric && text.trim() && figure(text) === undefined) return refuse(say('Write a plain number.'));
        return refuse(set(field, text) ?? '');
      });
      control.addEventListener('change', () => {
        if (said.hidden) return;
        control.value = get(field); // what cannot be is not kept
        refuse('');
      });
      refreshers.push(() => refresh(control, get(field)));
      return make('div', { class: 'field' }, [
        make('label', { for: control.id }, [say(title)]),
        ...(hint ? [make('p', { class: 'hint', id: `panel-${id}-hint` }, [say(hint)])] : []), control, said,
      ]);
    };
    return { id, build };
  }

  function tick(id, title, { get, set }, { hint } = {}) {
    const build = (field) => {
      const box = make('input', { type: 'checkbox', 'data-entry': id });
      box.checked = get(field);
      box.disabled = readonly;
      if (hint) box.setAttribute('aria-describedby', `panel-${id}-hint`);
      box.addEventListener('change', () => set(field, box.checked));
      refreshers.push(() => {
        box.checked = get(field);
      });
      return make('div', { class: 'field' }, [
        make('label', { class: 'tick' }, [box, say(title)]),
        ...(hint ? [make('p', { class: 'hint', id: `panel-${id}-hint` }, [say(hint)])] : []),
      ]);
    };
    return { id, build };
  }

  function pick(id, title, { get, set }, choices) {
    const build = (field) => {
      const control = make('select', { id: `panel-${id}`, 'data-entry': id }, choices.map(([value, text]) =>
        make('option', { value, translate: 'no' }, [text])));
      control.value = get(field);
      control.disabled = readonly;
      control.addEventListener('change', () => set(field, control.value));
      refreshers.push(() => refresh(control, get(field)));
      return make('div', { class: 'field' }, [make('label', { for: control.id }, [say(title)]), control]);
    };
    return { id, build };
  }

  function refresh(control, value) {
    if (control !== page.activeElement && control.value !== String(value)) control.value = value;
  }

  // --- drawing -------------------------------------------------------------------------------------------------------

  function button(title, sign, run, id) {
    const made = make('button', { type: 'button', class: 'btn square', title, 'aria-label': title, 'data-entry': id }, [sign]);
    made.disabled = readonly;
    made.addEventListener('click', run);
    return made;
  }

  function head(field) {
    const holder = registry.get(field._parent);
    const at = holder.components.indexOf(field);
    const move = (to) => {
      modeling.moveFormField(field, holder, holder, at, to, null, null);
      selection.set(field);
    };
    const up = button(say('Move up'), '↑', () => move(at - 1), 'up');
    const down = button(say('Move down'), '↓', () => move(at + 2), 'down');
    up.disabled ||= at === 0;
    down.disabled ||= at === holder.components.length - 1;
    const remove = button(say('Remove the field'), '×', () => modeling.removeFormField(field, holder, at), 'remove');
    const kind = KINDS[field.type] ? say(KINDS[field.type][0]) : field.type;
    return make('header', {}, [make('h2', {}, [kind]), make('div', { class: 'actions' }, [up, down, remove])]);
  }

  function draw(field) {
    refreshers = [];
    if (!field) {
      return [make('p', { class: 'hint nothing' }, [
        say('Choose a field in the form to change it, or add one from the list on the left.'),
      ])];
    }
    const said = make('ul', { class: 'said' });
    refreshers.push(() => {
      const found = sentences.get(field.id) ?? [];
      said.replaceChildren(...found.map((sentence) => make('li', { class: 'error' }, [sentence])));
      said.hidden = !found.length;
    });
    if (!KINDS[field.type]) {
      return [head(field), said, make('p', { class: 'hint nothing' }, [say('A task cannot show this. Remove it.')])];
    }
    return [head(field), said, ...groups(field).map(([title, entries]) => {
      const group = make('details', { 'data-group': title }, [make('summary', {}, [say(title)]),
        ...entries.map((one) => one.build(field))]);
      group.open = !folded.has(title);
      group.firstChild.addEventListener('click', () => folded[group.open ? 'add' : 'delete'](title));
      return group;
    })];
  }

  // What makes other entries, not other values.
  function outline(field) {
    if (!field) return '';
    const holder = registry.get(field._parent);
    const others = hasKey(field) ? siblings(field).filter((one) => CONDITIONS.includes(one.type))
      .map((one) => [nameOf(one) === nameOf(field) || [nameOf(one), one.label, one.values]]) : [];
    const values = (field.values ?? []).map((one) => (field.defaultValue === undefined ? 0 : one.value));
    return JSON.stringify([field.id, field.type, holder?.components.indexOf(field), holder?.components.length, values,
      field.values === undefined, shown(field), field.properties?.options, others]);
  }

  function settle() {
    const field = chosen();
    const now = outline(field);
    if (now !== drawn) {
      drawn = now;
      const held = place.contains(page.activeElement) ? page.activeElement.dataset.entry : null;
      const [from, to] = held ? [page.activeElement.selectionStart, page.activeElement.selectionEnd] : [];
      place.replaceChildren(...draw(field));
      const again = held && [...place.querySelectorAll('[data-entry]')].find((one) => one.dataset.entry === held);
      if (again && !again.disabled) {
        again.focus();
        if (typeof from === 'number' && again.matches('input:not([type=checkbox]), textarea')) again.setSelectionRange(from, to);
      } else if (held) place.querySelector('button:not(:disabled)')?.focus();
    }
    for (const one of refreshers) one();
  }

  function make(tag, attributes = {}, children = []) {
    const made = page.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
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

function first(others, name) {
  const other = others.find((one) => nameOf(one) === name);
  return other?.type === 'checkbox' ? 'True' : other?.values?.[0]?.value ?? '';
}

// `field=A|B` of the property show -> [field, [A, B]]
function shown(field) {
  const text = String(field.properties?.show ?? '');
  const at = text.indexOf('=');
  if (at < 0) return ['', []];
  const values = text.slice(at + 1);
  return [text.slice(0, at).trim(), values ? values.split('|').map((one) => one.trim()) : []];
}

function figure(text) {
  const value = String(text).trim();
  return value === '' || !Number.isFinite(Number(value)) ? undefined : Number(value);
}

function swapped(values, at) {
  const made = [...values];
  [made[at], made[at + 1]] = [made[at + 1], made[at]];
  return made;
}
