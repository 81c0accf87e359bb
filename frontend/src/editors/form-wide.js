// The rules of the form as a whole, in the panel while no field is chosen: what must be true of several fields together.
//   formWide({ editor, entries, say, readonly }) -> { build(): [element], outline(): string }
import { make } from '../studio/dom.js';

export function formWide({ editor, entries, say, readonly }) {
  const { area, line, pick, square } = entries;
  const modeling = editor.get('modeling');
  const schema = () => editor._getState().schema;
  const all = () => schema().rules ?? [];
  const write = (rules) => modeling.editFormField(schema(), { rules: rules.length ? rules : undefined });
  const edit = (at, changes) => write(all().map((one, place) => (place === at ? { ...one, ...changes } : one)));

  const entry = (at, name, text = (value) => value, value = (given) => given) => ({
    get: () => text(all()[at]?.[name] ?? ''),
    set: (_, given) => edit(at, { [name]: value(given) }),
  });

  function one(at) {
    const id = (name) => `rule-${at}-${name}`;
    const found = [
      area(id('condition'), 'Must be true (expression)', entry(at, 'condition', (text) => text.replace(/^\s*=/, ''), (text) => `=${text}`),
        { translate: 'no', spellcheck: 'false', hint: 'What is not filled in is null; say what is then.' }),
      line(id('fields'), 'Keys of the fields at which it is said', entry(at, 'fields', (keys) => (keys || []).join(' '),
        (text) => text.split(/[\s,，、]+/).filter(Boolean)), { translate: 'no' }),
      line(id('message'), 'Sentence (Chinese)', entry(at, 'message')),
      line(id('message.en'), 'Sentence (English)', entry(at, 'message.en'), { lang: 'en' }),
      pick(id('severity'), 'When it does not hold', entry(at, 'severity', (value) => value || 'error'),
        [['error', say('It is refused')], ['warning', say('It must be confirmed with a reason')]]),
      line(id('source'), 'Clause that asks for it', entry(at, 'source')),
    ];
    const remove = square(id('remove'), say('Remove the rule'), '×', () => write(all().filter((_, place) => place !== at)));
    return make('details', { 'data-group': `rule ${at}`, open: true },
      make('summary', {}, make('span', { translate: 'no' }, all()[at].id)), ...found.map((part) => part.build(null)), remove);
  }

  function add() {
    const taken = new Set(all().map(({ id }) => id));
    let number = 1;
    while (taken.has(`rule_${number}`)) number += 1;
    write([...all(), { id: `rule_${number}`, condition: '=', fields: [], message: '', 'message.en': '', severity: 'error' }]);
  }

  return {
    build: () => [
      make('h2', {}, say('Rules of the form')),
      ...all().map((_, at) => one(at)),
      make('button', { type: 'button', class: 'btn', 'data-entry': 'rule-add', disabled: readonly, onclick: add }, say('Add a rule')),
    ],
    outline: () => JSON.stringify(all().map(({ id }) => id)),
  };
}
