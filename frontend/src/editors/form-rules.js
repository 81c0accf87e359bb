// What the panel says in expressions: when a field is hidden, and what must hold of its answer. The server decides
// both, and its check says what is wrong with them; here they are only written.
//   formRules({ model, entries, say, readonly }) -> { hidden, checked, computed, needed }, each (field) -> [entry]
import { make } from '../studio/dom.js';
import { hasKey, nameOf } from './form-fields.js';

// expression, what it says of the answers
const EXAMPLES = [
  ['outcome = "RETURN"', 'one of the options was chosen, by its value'],
  ['outcome in ("AGREE", "RETURN")', 'one of several options'],
  ['amount = null or amount <= 5000', 'nothing filled in, or at most 5000'],
  ['ended >= started', 'one date is not before the other'],
  ['list contains(reasons, "OTHER")', 'this box of several is ticked'],
  ['count(rows) > 2', 'there are more than two rows'],
  ['some one in rows satisfies one.amount > 0', 'one row at least has such an answer'],
];

const SUMS = [
  ['amount * count', 'one answer times another'],
  ['sum(rows[amount != null].amount)', 'the sum of a column, of the rows where it is filled in'],
  ['sum(for r in rows return r.amount * r.count)', 'the sum of what each row comes to'],
  ['if amount = null then 0 else amount', 'nothing filled in counts as 0'],
];

export function formRules({ model, entries, say, readonly }) {
  const { area, line } = entries;

  const hide = {
    get: (field) => bare(field.conditional?.hide),
    set: (field, text) => model.edit(field, { conditional: text.trim() ? { ...field.conditional, hide: `=${text}` } : undefined }),
  };
  const check = {
    get: (field) => bare(field.properties?.check),
    set: (field, text) => model.editInner(field, 'properties', 'check', text.trim() ? `=${text}` : ''),
  };

  const hidden = (field) => [
    area('hide', 'Hidden when (expression)', hide, {
      hint: 'While it is true nothing here is shown, needed or kept.', translate: 'no', spellcheck: 'false',
    }),
    names(field, 'hide'),
    examples('hide'),
  ];

  const checked = (field) => [
    area('check', 'Must hold (expression)', check, {
      hint: 'An answer is refused unless this is true. What is not filled in is null.', translate: 'no', spellcheck: 'false',
    }),
    names(field, 'check'),
    ...(field.properties?.check || field.properties?.['check.message'] || field.properties?.['check.message.en'] ? [
      line('check.message', 'Message when it does not hold (Chinese)', model.property('check.message')),
      line('check.message.en', 'Message when it does not hold (English)', model.property('check.message.en'), { lang: 'en' }),
    ] : []),
    examples('check'),
  ];

  const compute = {
    get: (field) => bare(field.expression),
    set: (field, text) => model.edit(field, { expression: `=${text}` }),
  };
  const when = {
    get: (field) => bare(field.properties?.['required.when']),
    set: (field, text) => model.editInner(field, 'properties', 'required.when', text.trim() ? `=${text}` : ''),
  };

  const computed = (field) => [
    area('expression', 'Calculated as (expression)', compute, {
      hint: 'Worked out on the server, whatever is sent. What is not filled in is null.', translate: 'no', spellcheck: 'false',
    }),
    names(field, 'expression'),
    examples('expression', SUMS),
  ];

  const needed = (field) => [
    area('required.when', 'Must be filled in when (expression)', when, {
      hint: 'While it is true the field is needed.', translate: 'no', spellcheck: 'false',
    }),
    names(field, 'required.when'),
  ];

  // The fields that an expression may speak of; the chosen one is written where the cursor stood.
  function names(field, into) {
    const build = (one) => {
      const known = model.known(one).filter((other) => hasKey(other) && (into === 'check' || other !== one));
      const select = make('select', {
        'data-entry': `${into}.name`, 'aria-label': say('Insert the key of a field'), disabled: readonly || !known.length,
        onchange: () => {
          const place = document.querySelector(`[data-entry="${into}"]`);
          place.setRangeText(select.value, place.selectionStart, place.selectionEnd, 'end');
          select.value = '';
          place.focus();
          place.dispatchEvent(new Event('input', { bubbles: true }));
        },
      }, make('option', { value: '' }, say('Insert the key of a field')),
      ...known.map((other) => make('option', { value: nameOf(other), translate: 'no' }, `${nameOf(other)} · ${other.label ?? ''}`)));
      return make('div', { class: 'field' }, select);
    };
    return { id: `${into}.name`, build };
  }

  function examples(into, list = EXAMPLES) {
    const build = () => make('details', { class: 'examples' },
      make('summary', { 'data-entry': `${into}.examples` }, say('Examples of expressions')),
      make('dl', {}, ...list.flatMap(([text, meaning]) => [
        make('dt', {}, make('code', { translate: 'no' }, text)), make('dd', {}, say(meaning)),
      ])));
    return { id: `${into}.examples`, build };
  }

  return { hidden, checked, computed, needed };
}

const bare = (text) => String(text ?? '').replace(/^\s*=/, '');
