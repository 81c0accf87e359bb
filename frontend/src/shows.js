// Fields that do not apply now are put out of sight, and what the form's checks say stands beside the field. The server
// decides both when the form is sent; this shows it while somebody fills in. What was typed in a hidden field stays.
//   <div data-show-field="name" data-show-values="A|B">: in sight while the field of that name (in the same form) has
//     one of the values; told here. A button's value cannot be known beforehand: what waits for one stays in sight.
//   <div data-place="name" data-asked>: whether it is hidden only the server can tell; data-away: it is, at first.
//   <div data-place="name" data-checked> with <p data-check hidden> in it: its check is told once the field was left.
//   <form data-rules-url="…">: asked with the fields (never the files) a moment after the last key; nothing is kept
//     there. Answers JSON {"hidden": [place], "needed": [place], "values": {place: text}, "faults": {place: sentence},
//     "rules": {rule: sentence}}. [data-rules-status] (role=status) in the form says a refusal once, when it is new.
//   <output data-value="name">: what the form calculates; [data-needed]: the star of what is needed under a condition.
//   [data-rule="rule"]: where a rule of the form as a whole stands at a field; [data-warning="rule"] in [data-confirm]:
//     where a warning is confirmed.
//   <section data-section>: goes with the last thing in it.

const PAUSE = 300; // milliseconds after the last key
const TOUCHED = ':touched';

export function shows(page) {
  for (const form of page.querySelectorAll('form')) {
    if (form.querySelector('[data-show-field], [data-place]')) follow(page, form);
  }
}

function follow(page, form) {
  const url = form.dataset.rulesUrl;
  const touched = new Set(placesOf(form, '.bad[data-checked]'));
  let away = new Set(placesOf(form, '[data-away]'));
  let timer = 0;
  let asking = null;

  const later = (pause = PAUSE) => {
    if (!url) return;
    clearTimeout(timer);
    timer = setTimeout(ask, pause);
  };

  async function ask() {
    asking?.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(url, {
        method: 'POST',
        body: fields(form, touched),
        headers: { Accept: 'application/json' },
        redirect: 'manual',
        signal: asking.signal,
      });
      if (!answer.ok) return; // signed out, or another has the task: the server decides when the form is sent
      const { hidden, needed, values, faults, rules } = await answer.json();
      away = new Set(hidden);
      settle(page, form, away);
      show(form, new Set(needed), values);
      judge(form, faults, rules);
    } catch (reason) {
      if (!['AbortError', 'TypeError'].includes(reason.name)) throw reason; // a newer question, or no network
    }
  }

  form.addEventListener('input', () => later());
  form.addEventListener('change', (event) => {
    const { name } = event.target;
    if (name) for (const place of [name, name.split('-')[0]]) touched.add(place); // a cell, and its list
    settle(page, form, away);
    later(0);
  });
  form.addEventListener('focusout', () => setTimeout(() => settle(page, form, away), 0));
  form.addEventListener('submit', () => {
    clearTimeout(timer);
    asking?.abort();
  });
  addEventListener('pageshow', (event) => {
    settle(page, form, away);
    if (event.persisted) later(0);
  });
  settle(page, form, away);
}

const placesOf = (form, selector) => [...form.querySelectorAll(selector)].map((one) => one.dataset.place);

// From everything in sight, until nothing changes any more: a hidden field has no value for others.
function settle(page, form, away) {
  const parts = [...form.querySelectorAll('[data-show-field], [data-asked]')];
  let gone = new Set();
  for (let round = 0; round <= parts.length; round += 1) {
    const next = new Set(parts.filter((one) => waits(form, one, gone)
      || ('asked' in one.dataset && away.has(one.dataset.place))));
    const settled = next.size === gone.size && [...next].every((one) => gone.has(one));
    gone = next;
    if (settled) break;
  }
  for (const part of parts) {
    // what was refused stays, so that its sentence can be read; so does what somebody stands in
    const stays = part.querySelector(':scope .error:not([data-check])') || part.contains(page.activeElement);
    part.hidden = gone.has(part) && !stays;
  }
  for (const section of form.querySelectorAll('[data-section]')) {
    const inside = [...section.querySelectorAll(':scope > .fields > *')];
    section.hidden = inside.length > 0 && inside.every((one) => one.hidden);
  }
}

function waits(form, part, gone) {
  if (!part.dataset.showField) return false;
  const values = given(form, part.dataset.showField, gone);
  if (values === null) return false;
  const wanted = part.dataset.showValues.split('|');
  return !values.some((one) => wanted.includes(one));
}

function given(form, name, gone) {
  const named = [...form.elements].filter((one) => one.name === name && one.type !== 'submit');
  if (named.length === 0) return null;
  const seen = named.filter((one) => ![...gone].some((part) => part.contains(one)));
  return seen.flatMap((one) => {
    if (one.type === 'checkbox' && one.value === 'y') return [one.checked ? 'True' : 'False'];
    return !['radio', 'checkbox'].includes(one.type) || one.checked ? [one.value] : [];
  });
}

function fields(form, touched) {
  const values = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === 'string') values.append(name, value);
  for (const place of touched) values.append(TOUCHED, place);
  return values;
}

// what is calculated, and what must be filled in now
function show(form, needed, values) {
  for (const place of form.querySelectorAll('[data-value]')) {
    const text = values[place.dataset.value];
    if (text !== undefined && place.textContent !== text) place.textContent = text;
  }
  for (const star of form.querySelectorAll('[data-needed]')) {
    const part = star.closest('[data-place]');
    star.hidden = !needed.has(part?.dataset.place);
    for (const control of part?.querySelectorAll('input:not([type=hidden]), select, textarea') ?? []) {
      if (star.hidden) control.removeAttribute('aria-required');
      else control.setAttribute('aria-required', 'true');
    }
  }
}

function judge(form, faults, rules) {
  const fresh = [];
  const told = (said, sentence) => {
    if (said.textContent === sentence) return;
    if (sentence) fresh.push(sentence);
    said.textContent = sentence;
    said.hidden = !sentence;
  };
  for (const part of form.querySelectorAll('[data-warning]')) {
    if (!(part.dataset.warning in rules) || !part.hidden) continue; // one that was answered stays for reading
    part.hidden = false;
    part.closest('[data-confirm]').hidden = false;
    fresh.push(rules[part.dataset.warning]);
  }
  for (const part of form.querySelectorAll('[data-checked]')) {
    const said = part.querySelector('[data-check]');
    if (said) told(said, faults[part.dataset.place] ?? '');
    for (const rule of part.querySelectorAll('[data-rule]')) told(rule, rules[rule.dataset.rule] ?? '');
    const bad = [...part.querySelectorAll('.error')].some((one) => !one.hidden);
    part.classList.toggle('bad', bad);
    for (const control of part.querySelectorAll('input:not([type=hidden]), select, textarea')) {
      if (bad) control.setAttribute('aria-invalid', 'true');
      else control.removeAttribute('aria-invalid');
    }
  }
  const status = form.querySelector('[data-rules-status]');
  if (status) status.textContent = [...new Set(fresh)].join(' ');
}
