// The entries of the panel. Each is { id, build(field) -> element } and writes as it is typed.
//   refreshers.add(fn): fn is called after every change of the form, whoever made it.
import { make } from '../studio/dom.js';
import { figure } from './form-model.js';

export function panelEntries({ say, readonly, refreshers }) {
  const hintOf = (id, hint) => hint && make('p', { class: 'hint', id: `panel-${id}-hint` }, say(hint));

  function entry(id, title, tag, { get, set }, { hint, numeric, ...how } = {}) {
    const build = (field) => {
      const said = make('p', { class: 'error', id: `panel-${id}-error`, hidden: true });
      const about = [hint && `panel-${id}-hint`, said.id].filter(Boolean).join(' ');
      const control = make(tag, {
        class: 'input', id: `panel-${id}`, 'data-entry': id, autocomplete: 'off', 'aria-describedby': about,
        disabled: readonly, ...how,
      });
      control.value = get(field);
      const refuse = (sentence) => {
        said.textContent = sentence;
        said.hidden = !sentence;
        if (sentence) control.setAttribute('aria-invalid', 'true');
        else control.removeAttribute('aria-invalid');
      };
      control.addEventListener('input', () => {
        const text = control.value;
        if (numeric && text.trim() && figure(text) === undefined) refuse(say('Write a plain number.'));
        else refuse(set(field, text) ?? '');
      });
      control.addEventListener('change', () => {
        if (said.hidden) return;
        control.value = get(field); // what cannot be is not kept
        refuse('');
      });
      refreshers.add(() => refresh(control, get(field)));
      return make('div', { class: 'field' }, make('label', { for: control.id }, say(title)), hintOf(id, hint), control, said);
    };
    return { id, build };
  }

  function tick(id, title, { get, set }, { hint } = {}) {
    const build = (field) => {
      const box = make('input', {
        type: 'checkbox', 'data-entry': id, disabled: readonly, 'aria-describedby': hint && `panel-${id}-hint`,
        onchange: () => set(field, box.checked),
      });
      refreshers.add(() => {
        box.checked = get(field);
      });
      return make('div', { class: 'field' }, make('label', { class: 'tick' }, box, say(title)), hintOf(id, hint));
    };
    return { id, build };
  }

  // choices: [[value, what it is called]]
  function pick(id, title, { get, set }, choices) {
    const build = (field) => {
      const options = choices.map(([value, text]) => make('option', { value, translate: 'no' }, text));
      const control = make('select', {
        id: `panel-${id}`, 'data-entry': id, disabled: readonly, onchange: () => set(field, control.value),
      }, ...options);
      control.value = get(field);
      refreshers.add(() => refresh(control, get(field)));
      return make('div', { class: 'field' }, make('label', { for: control.id }, say(title)), control);
    };
    return { id, build };
  }

  const square = (id, title, sign, run) => make('button', {
    type: 'button', class: 'btn square', title, 'aria-label': title, 'data-entry': id, disabled: readonly, onclick: run,
  }, sign);

  return {
    line: (id, title, pair, how) => entry(id, title, 'input', pair, how),
    area: (id, title, pair, how) => entry(id, title, 'textarea', pair, { rows: 2, ...how }),
    number: (id, title, pair) => entry(id, title, 'input', pair, { inputmode: 'numeric', numeric: true }),
    tick,
    pick,
    square,
  };
}

// A control that somebody is writing in is left alone.
export function refresh(control, value) {
  if (control !== document.activeElement && control.value !== String(value)) control.value = value;
}
