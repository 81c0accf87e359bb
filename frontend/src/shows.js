// Fields that wait for another field's value. The server decides what is needed; this only hides what does not apply now.
// <div data-show-field="name" data-show-values="A|B">: shown while the field of that name (in the same form) has one of
// the values. A button's value cannot be known beforehand, so what waits for one stays in sight.

export function shows(page) {
  for (const form of page.querySelectorAll('form')) {
    if (!form.querySelector('[data-show-field]')) continue;
    form.addEventListener('change', () => settle(form));
    settle(form);
  }
  addEventListener('pageshow', () => page.querySelectorAll('form').forEach(settle));
}

function settle(form) {
  for (const part of form.querySelectorAll('[data-show-field]')) {
    const values = given(form, part.dataset.showField);
    if (values === null) continue;
    const wanted = part.dataset.showValues.split('|');
    // what was refused stays in sight, so that its sentence can be read
    part.hidden = !part.matches('.bad') && !values.some((one) => wanted.includes(one));
  }
}

function given(form, name) {
  const fields = [...form.elements].filter((one) => one.name === name && one.type !== 'submit');
  if (fields.length === 0) return null;
  return fields
    .filter((one) => !['radio', 'checkbox'].includes(one.type) || one.checked)
    .map((one) => (one.type === 'checkbox' && one.value === 'y' ? 'True' : one.value));
}
