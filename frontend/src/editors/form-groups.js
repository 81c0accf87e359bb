// What each kind of field has: only what the task page obeys (workflows/forms.py).
//   fieldGroups({ model, entries, words, say, readonly, refreshers }) -> (field) -> [[title, [entry]]]
import { make } from '../studio/dom.js';
import { CHOICES, nameOf } from './form-fields.js';
import { refresh } from './form-entries.js';
import { figure, shown } from './form-model.js';
import { formRules } from './form-rules.js';

export const CONDITIONS = ['radio', 'select', 'checklist', 'checkbox']; // whose answer another field may wait for
const ROUTABLE = ['number', 'checkbox', 'radio', 'select', 'expression'];
// what may be a column of the list of tasks; the check says of each whether it may
const INBOX = ['number', 'checkbox', 'radio', 'select', 'datetime', 'textfield'];
const TEXTS = ['textfield', 'textarea'];

export function fieldGroups({ model, entries, words, say, readonly, refreshers }) {
  const { line, area, number, tick, pick, square } = entries;
  const rules = formRules({ model, entries, say, readonly });

  function groups(field) {
    const kind = field.type;
    if (kind === 'text') {
      return [['Text', [
        area('text', 'Text (Chinese)', model.attribute('text')),
        area('text.en', 'Text (English)', model.property('text.en'), { lang: 'en' }),
      ]], ['Hidden when', rules.hidden(field)]];
    }
    const general = [
      line('label', 'Label (Chinese)', model.label),
      line('label.en', 'Label (English)', model.property('label.en'), { lang: 'en' }),
    ];
    if (kind === 'group') return [['General', general], ['Hidden when', rules.hidden(field)]];
    general.push(line('key', 'Key', model.key, {
      hint: 'Letters, digits and _; the process and the reports know the field by it.',
    }));
    const hints = [
      area('description', 'Hint (Chinese)', model.attribute('description')),
      area('description.en', 'Hint (English)', model.property('description.en'), { lang: 'en' }),
    ];
    const more = [...hints,
      area('help', 'Help to unfold (Chinese)', model.property('help')),
      area('help.en', 'Help to unfold (English)', model.property('help.en'), { lang: 'en' }),
      line('example', 'Example (Chinese)', model.property('example')),
      line('example.en', 'Example (English)', model.property('example.en'), { lang: 'en' }),
      line('source', 'Clause that asks for it', model.property('source'), { hint: 'As the policies name clauses: BX-22, law:…, internal.' }),
    ];
    if (kind === 'expression') {
      return [['General', general], ['Calculation', [...rules.computed(field), ...figures()]], ['In the process', steering(field)],
        ['Hint', more], ['Hidden when', rules.hidden(field)]].filter(([, found]) => found.length);
    }
    return [
      ['General', general],
      ['Options', CHOICES.includes(kind) ? choices(field) : []],
      ['Rows', kind === 'dynamiclist' ? [source(field, 'rows', 'Rows', 'The clerk adds rows'), ...limits()] : []],
      ['Files', kind === 'filepicker' ? files() : []],
      ['Check', [...checks(kind), ...rules.needed(field)]],
      ['Rule for the answer', rules.checked(field)],
      ['In the process', steering(field)],
      ['Hint', more],
      ['Beginning value', beginning(field)],
      ['Shown only when', conditions(field)],
      ['Hidden when', rules.hidden(field)],
    ].filter(([, found]) => found.length);
  }

  function checks(kind) {
    const found = [tick('required', 'Must be filled in', {
      get: (field) => field.validate?.required === true,
      set: (field, value) => model.editInner(field, 'validate', 'required', value || undefined),
    })];
    if (TEXTS.includes(kind)) found.push(number('maxLength', 'Most characters', model.bound('maxLength')));
    if (kind !== 'number') return found;
    return [...found,
      number('min', 'Not less than', model.bound('min')),
      number('max', 'Not more than', model.bound('max')),
      ...figures(),
    ];
  }

  function figures() {
    return [
      number('decimalDigits', 'Places after the point', {
        get: (field) => field.decimalDigits ?? '',
        set: (field, value) => model.edit(field, { decimalDigits: figure(value) }),
      }),
      line('suffix', 'Unit (Chinese)', model.property('suffix')),
      line('suffix.en', 'Unit (English)', model.property('suffix.en'), { lang: 'en' }),
    ];
  }

  function limits() {
    return [
      number('rows.min', 'Least number of rows', model.property('rows.min')),
      number('rows.max', 'Most rows', model.property('rows.max')),
      line('row.title', 'Title of a row (Chinese)', model.property('row.title'), { hint: '{n} is the number of the row.' }),
      line('row.title.en', 'Title of a row (English)', model.property('row.title.en'), { lang: 'en' }),
    ];
  }

  function files() {
    return [
      line('accept', 'Types taken', model.attribute('accept'), { hint: 'Endings with commas: .pdf, .jpg. Empty: all that the office takes.' }),
      number('files.most', 'Most files', model.property('files.most')),
      number('files.size', 'Most megabytes a file', model.property('files.size')),
    ];
  }

  function steering(field) {
    const found = [];
    if (ROUTABLE.includes(field.type) || model.flag('route').get(field)) { // also where it must be taken away
      found.push(tick('route', 'Decides the way', model.flag('route'), {
        hint: 'Conditions of the drawing may use the answer.',
      }));
    }
    if (INBOX.includes(field.type) || model.flag('inbox').get(field)) { // also where it must be taken away
      found.push(tick('inbox', 'Column of the inbox', model.flag('inbox'), {
        hint: 'Shown in the list of tasks and found there. Codes, days and numbers stand unsealed; never an amount.',
      }));
    }
    if (field.type === 'radio') {
      found.push(tick('actions', 'Options are the buttons of the task', model.flag('actions'), {
        hint: 'One button an option at the foot of the task, instead of a question.',
      }));
    }
    return found;
  }

  function beginning(field) {
    const value = model.attribute('defaultValue');
    if (['radio', 'select'].includes(field.type) && field.values?.length) {
      const values = field.values.map((one) => [one.value, one.label]);
      return [pick('defaultValue', 'Beginning value', value, [['', say('None')], ...values])];
    }
    if ([...TEXTS, 'number'].includes(field.type)) return [line('defaultValue', 'Beginning value', value)];
    if (field.type !== 'checkbox') return [];
    return [tick('defaultValue', 'Ticked at the beginning', {
      get: (one) => one.defaultValue === true,
      set: (one, ticked) => model.edit(one, { defaultValue: ticked || undefined }),
    })];
  }

  // --- options -------------------------------------------------------------------------------------------------------

  // A list that the programme fills (`rows`, `options`), by name; without one it is written here.
  function source(field, name, title, none) {
    const known = (words.sources?.[name] ?? []).map((one) =>
      typeof one === 'string' ? [one, one] : [one.name ?? one.id, one.title ?? one.name ?? one.id]);
    const pair = model.property(name);
    const current = pair.get(field);
    if (current && !known.some(([value]) => value === current)) known.push([current, current]);
    return pick(name, title, pair, [['', say(none)], ...known]);
  }

  function choices(field) {
    const from = source(field, 'options', 'Options', 'Written here');
    return field.properties?.options ? [from] : [from, { id: 'values', build: optionTable }];
  }

  function optionTable(field) {
    const write = (values) => model.edit(field, { values });
    const list = make('ol', { class: 'options' }, ...(field.values ?? []).map((_, at) => optionLine(field, at, write)));
    const add = make('button', {
      type: 'button', class: 'btn', 'data-entry': 'values.add', disabled: readonly,
      onclick: () => {
        const values = field.values ?? [];
        const taken = new Set(values.map((one) => one.value));
        let next = values.length + 1;
        while (taken.has(`OPTION_${next}`)) next += 1;
        write([...values, { label: `选项${next}`, value: `OPTION_${next}` }]);
        document.querySelector(`[data-entry="values.${values.length}.label"]`)?.select();
      },
    }, say('Add an option'));
    return make('div', { class: 'field' }, list, add);
  }

  function optionLine(field, at, write) {
    const cell = (name, title, how) => {
      const input = make('input', {
        class: 'input', 'aria-label': say('{name} of option {number}', { name: say(title), number: at + 1 }),
        placeholder: say(title), 'data-entry': `values.${at}.${name}`, autocomplete: 'off', disabled: readonly, ...how,
        oninput: () => {
          const made = { ...field.values[at], [name]: input.value };
          if (name === 'label.en' && !input.value) delete made[name];
          write(field.values.map((one, place) => (place === at ? made : one)));
        },
      });
      input.value = field.values[at][name] ?? '';
      refreshers.add(() => refresh(input, field.values?.[at]?.[name] ?? ''));
      return input;
    };
    const act = (id, title, sign, run) =>
      square(`values.${at}.${id}`, say('{name}: option {number}', { name: say(title), number: at + 1 }), sign, run);
    const up = () => {
      const values = [...field.values];
      write([...values.slice(0, at - 1), values[at], values[at - 1], ...values.slice(at + 1)]);
    };
    return make('li', {},
      cell('label', 'Chinese'), cell('label.en', 'English', { lang: 'en' }), cell('value', 'Value'),
      at > 0 ? act('up', 'Move up', '↑', up) : make('span'),
      act('remove', 'Remove', '×', () => write(field.values.filter((_, place) => place !== at))));
  }

  // --- shown only when -----------------------------------------------------------------------------------------------

  const wait = (field, text) => model.editInner(field, 'properties', 'show', text);

  function conditions(field) {
    const others = model.siblings(field).filter((one) => one !== field && CONDITIONS.includes(one.type));
    const [name] = shown(field);
    if (!others.length && !name) return [];
    const known = others.map((one) => [nameOf(one), one.label || nameOf(one)]);
    if (name && !known.some(([value]) => value === name)) known.push([name, name]);
    const found = [pick('show', 'The field', {
      get: (one) => shown(one)[0],
      set: (one, other) => wait(one, other && `${other}=${firstValue(others, other)}`),
    }, [['', say('Always shown')], ...known])];
    const other = others.find((one) => nameOf(one) === name);
    if (other?.values?.length) found.push({ id: 'show.values', build: (one) => valueTicks(one, other) });
    else if (other?.type === 'checkbox') {
      found.push({ id: 'show.ticked', build: () => make('p', { class: 'hint' }, say('is ticked')) });
    } else if (name) {
      found.push(line('show.values', 'has one of the values', {
        get: (one) => shown(one)[1].join('|'),
        set: (one, text) => wait(one, `${name}=${text}`),
      }, { hint: 'Several values with | between them.' }));
    }
    return found;
  }

  function valueTicks(field, other) {
    const rows = other.values.map(({ value, label }) => {
      const box = make('input', {
        type: 'checkbox', 'data-entry': `show.${value}`, disabled: readonly,
        onchange: () => {
          const ticked = other.values.map((one) => one.value)
            .filter((one) => (one === value ? box.checked : shown(field)[1].includes(one)));
          if (ticked.length) wait(field, `${nameOf(other)}=${ticked.join('|')}`);
          else box.checked = true; // shown for no value would be shown never
        },
      });
      box.checked = shown(field)[1].includes(value);
      return make('label', {}, box, make('span', { translate: 'no' }, label || value));
    });
    return make('fieldset', { class: 'field' }, make('legend', {}, say('has one of the values')),
      make('div', { class: 'choices' }, ...rows));
  }

  return groups;
}

function firstValue(others, name) {
  const other = others.find((one) => nameOf(one) === name);
  return other?.type === 'checkbox' ? 'True' : other?.values?.[0]?.value ?? '';
}
