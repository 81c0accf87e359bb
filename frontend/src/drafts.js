// <form data-draft-url="…">: what is typed is kept on the server a moment after the last key, and when the page is left.
// POSTs the form's fields (never its files), its token of the session among them. Whoever signed in again in another
// window goes on with the token of the new session (data-person on the form); another person does not.
// The fields draft_revision, draft_page and draft_turn say on which draft the page stands and which save this is, so that
// an older save never overwrites a later one and no window overwrites another.
// An answer of JSON {"saved": "09:14", "revision": 3} is shown; answers 401/403 or a redirect mean that the sign-in
// ended, 409 that the task changed, or with {"beside": true, "who", "at"} that another window typed meanwhile: both are
// kept, and <a data-draft-decide> leads to where that is decided. Nothing is kept in the browser: the fields are other people's lives, and desks are shared.
// Status line: <span data-draft-status data-text-saved="… {time} …" data-text-failed data-text-signed-out
// data-text-changed data-text-beside role="status">, inside the form.

const PAUSE = 1500; // milliseconds after the last key
const RETRY = 15000;

export function drafts(page) {
  for (const form of page.querySelectorAll('form[data-draft-url]')) keep(page, form);
}

function keep(page, form) {
  const status = form.querySelector('[data-draft-status]');
  let timer = 0;
  let unsaved = false;
  let sending = false;
  let submitted = false;

  const say = (text, values = {}) => {
    if (status && text) status.textContent = text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
  };

  const later = (pause) => {
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  };

  async function save({ leaving = false } = {}) {
    clearTimeout(timer);
    if (!unsaved || submitted) return;
    // a file that is just becoming whole comes into the form with the answer: a save before it would leave the file out
    if ((sending || form.dataset.ending) && !leaving) return later(PAUSE);
    sending = true;
    unsaved = false;
    count(form);
    const texts = status?.dataset ?? {};
    try {
      let answer = await send(form, leaving);
      if (answer.status === 400 && !leaving && (await renew(page, form))) answer = await send(form, leaving);
      const told = await said(answer);
      if (answer.ok) {
        stand(form, told.revision);
        say(texts.textSaved, { time: told.saved ?? now(page) });
      } else if (told.beside) {
        say(texts.textBeside, told); // what was typed is on the server, beside the other
        for (const link of form.querySelectorAll('[data-draft-decide]')) link.hidden = false;
      } else {
        unsaved = true;
        const signedOut = answer.type === 'opaqueredirect' || answer.status === 401 || answer.status === 403;
        say(signedOut ? texts.textSignedOut : answer.status === 409 ? texts.textChanged : texts.textFailed);
        if (answer.status >= 500) later(RETRY);
      }
    } catch {
      unsaved = true; // no network: try again by and by
      say(texts.textFailed);
      later(RETRY);
    } finally {
      sending = false;
    }
  }

  form.addEventListener('input', () => {
    unsaved = true;
    later(PAUSE);
  });
  form.addEventListener('submit', (event) => {
    if (event.defaultPrevented) return;
    submitted = true;
    count(form); // what is sent now is later than any save on its way
    clearTimeout(timer);
  });
  page.addEventListener('visibilitychange', () => {
    save({ leaving: page.visibilityState === 'hidden' }); // and whoever comes back, perhaps signed in again
  });
  addEventListener('pageshow', () => {
    submitted = false;
  });
  addEventListener('beforeunload', (event) => {
    if ((unsaved || chosen(form)) && !submitted) event.preventDefault();
  });
}

// A file goes along with every button of the form and with no draft of the script: leaving by another way would lose it.
function chosen(form) {
  return form.dataset.sending || [...form.querySelectorAll('input[type=file]')].some((one) => one.files.length);
}

export function fields(form) {
  const values = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === 'string') values.append(name, value);
  return values;
}

function send(form, leaving) {
  return fetch(form.dataset.draftUrl, {
    method: 'POST',
    body: fields(form),
    headers: { Accept: 'application/json' },
    redirect: 'manual',
    keepalive: leaving,
  });
}

export async function renew(page, form) {
  const answer = await fetch(location.href, { redirect: 'manual' });
  if (!answer.ok) return false;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const same = [...fresh.forms].find((one) => one.dataset.draftUrl === form.dataset.draftUrl);
  const token = same?.querySelector('[name=csrf_token]')?.value;
  if (!token || same.dataset.person !== form.dataset.person) return false;
  for (const field of page.querySelectorAll('input[name=csrf_token]')) field.value = token;
  return true;
}

async function said(answer) {
  const type = answer.headers.get('Content-Type') ?? '';
  return type.includes('json') ? answer.json() : {};
}

function now(page) {
  const clock = { hour: '2-digit', minute: '2-digit', hour12: false };
  return new Intl.DateTimeFormat(page.documentElement.lang || undefined, clock).format();
}

export function count(form) {
  const turn = form.querySelector('[name=draft_turn]');
  if (turn) turn.value = String(Number(turn.value) + 1);
}

export function stand(form, revision) {
  const field = form.querySelector('[name=draft_revision]');
  if (field && revision) field.value = String(Math.max(revision, Number(field.value)));
}
