// <form data-uploads-url="…"> with <input type="file" data-upload-field="…">: a chosen file is sent at once and in pieces;
// when the line breaks it goes on where it was, also after the page was opened again. The file then stands in
// <ul data-uploaded="field"> with a hidden field of that name, as the server would have drawn it. With the end of a file
// the form goes along: the file stands in the task's draft as soon as it is there, whatever becomes of the page.
// Without this script the form sends files whole. Texts: data-text-sending "{name} {percent}", data-text-broken,
// data-text-signed-out, data-text-drop on the input; nothing is kept in the browser.
import { count, fields, renew, stand } from './drafts.js';

const WAITS = [1000, 2000, 4000, 8000, 15000]; // milliseconds between tries while the line is broken
const MORE = 15000;

export function uploads(page) {
  for (const form of page.querySelectorAll('form[data-uploads-url]')) {
    // what is chosen goes by itself: a button that hands it in would find nothing left to send
    for (const button of form.querySelectorAll('input[data-upload-field] ~ button[formaction]')) button.hidden = true;
    form.addEventListener('change', (event) => {
      if (event.target.matches('input[data-upload-field]') && event.target.checkValidity()) take(form, event.target);
    });
    // whoever completes while a file is on its way waits for it, and need not press again
    form.addEventListener('submit', (event) => {
      if (!form.dataset.sending) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      form.addEventListener('uploaded', () => form.requestSubmit(event.submitter ?? undefined), { once: true });
    }, true);
  }
}

async function take(form, input) {
  const files = [...input.files];
  input.value = '';
  form.dataset.sending = String(Number(form.dataset.sending ?? 0) + 1);
  for (const file of files) await send(form, input, file);
  const left = Number(form.dataset.sending) - 1;
  if (left) form.dataset.sending = String(left);
  else {
    delete form.dataset.sending;
    form.dispatchEvent(new CustomEvent('uploaded'));
  }
}

async function send(form, input, file) {
  const line = document.createElement('li');
  const bar = document.createElement('progress');
  const text = document.createElement('span');
  bar.max = file.size;
  bar.setAttribute('aria-label', file.name);
  text.setAttribute('role', 'status');
  line.append(bar, text);
  list(form, input).append(line);
  const say = (kind, offset) => {
    bar.value = offset;
    const percent = String(Math.floor((offset / Math.max(file.size, 1)) * 100));
    text.textContent = (input.dataset[kind] ?? '{name}').replace('{name}', file.name).replace('{percent}', percent);
  };
  try {
    const done = await carry(form, input, file, say);
    if (done) line.replaceWith(...shown(input, done, form));
    else line.remove();
    delete form.dataset.ending;
  } catch (refusal) {
    delete form.dataset.ending;
    const said = Object.assign(document.createElement('p'), {
      className: 'error',
      textContent: `${file.name} · ${refusal.message}`,
    });
    said.setAttribute('role', 'alert');
    line.replaceChildren(said);
  }
}

async function carry(form, input, file, say) {
  const about = new URLSearchParams({ field: input.dataset.uploadField, name: file.name, size: String(file.size) });
  say('textSending', 0);
  const begun = await persist(() => ask(form, form.dataset.uploadsUrl, 'POST', about), (kind) => say(kind, 0));
  return pieces(form, file, await begun.json(), say);
}

async function pieces(form, file, { at, piece, offset }, say) {
  while (offset < file.size) {
    const from = offset;
    const answer = await persist(
      () => ask(form, at, 'PATCH', file.slice(from, from + piece), { 'Upload-Offset': String(from) }, [409]),
      (kind) => say(kind, from),
    );
    offset = Number(answer.headers.get('Upload-Offset') ?? from);
    say('textSending', offset);
  }
  form.dataset.ending = 'yes';
  count(form);
  const ended = await persist(() => ask(form, `${at}/end`, 'POST', typed(form)), (kind) => say(kind, offset));
  const done = await ended.json();
  stand(form, done.revision);
  return done;
}

function typed(form) {
  const values = fields(form);
  values.delete('csrf_token'); // it goes in the header, where it can be renewed
  return values;
}

// Again and again while there is no answer, or the server cannot give one, or nobody is signed in; what it refuses is
// said.
async function persist(run, broken) {
  for (let tries = 0; ; tries += 1) {
    let kind = 'textBroken';
    try {
      const answer = await run();
      if (answer.ok || answer.status === 409) return answer;
      if (answer.status < 500) kind = 'textSignedOut'; // led to the sign-in, or the token of a session that is over
    } catch (problem) {
      if (problem.refused) throw problem;
    }
    broken(kind);
    await pause(WAITS[tries] ?? MORE);
  }
}

// Until the time is over, the line is there again, or somebody comes back to the page (perhaps signed in again).
function pause(time) {
  const back = new AbortController();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, time);
    const atOnce = () => { clearTimeout(timer); resolve(); };
    addEventListener('online', atOnce, back);
    addEventListener('focus', atOnce, back);
  }).finally(() => back.abort());
}

async function ask(form, address, method, body, headers = {}, fine = []) {
  const send = () => fetch(address, {
    method,
    body,
    redirect: 'manual',
    headers: { 'X-CSRFToken': form.querySelector('[name=csrf_token]').value, Accept: 'application/json', ...headers },
  });
  let answer = await send();
  // signed in again in another window: on with the token of the new session
  if (answer.status === 400 && (await renew(document, form))) answer = await send();
  if (answer.ok || answer.status >= 500 || answer.type === 'opaqueredirect' || answer.status === 400) return answer;
  if (fine.includes(answer.status)) return answer;
  const said = await answer.json().catch(() => ({}));
  throw Object.assign(new Error(said.error ?? String(answer.status)), { refused: true });
}

function list(form, input) {
  return form.querySelector(`[data-uploaded="${CSS.escape(input.dataset.uploadField)}"]`);
}

function shown(input, done, form) {
  const line = document.createElement('li');
  const name = document.createElement(done.withheld ? 'span' : 'a');
  if (!done.withheld) Object.assign(name, { href: done.view, target: '_blank', rel: 'noopener' });
  if (done.picture && !done.withheld) {
    const frame = Object.assign(document.createElement('a'), {
      className: 'thumb', href: done.view, target: '_blank', rel: 'noopener',
    });
    frame.append(Object.assign(document.createElement('img'), { src: done.view, alt: done.name, width: 72, height: 54 }));
    line.append(frame);
  }
  name.textContent = done.name;
  const size = Object.assign(document.createElement('span'), { className: 'size', textContent: done.size });
  const field = Object.assign(document.createElement('input'), {
    type: 'hidden', name: input.dataset.uploadField, value: done.file,
  });
  const drop = Object.assign(document.createElement('button'), {
    type: 'button', className: 'link act', textContent: input.dataset.textDrop,
  });
  drop.setAttribute('aria-label', `${input.dataset.textDrop} ${done.name}`);
  drop.addEventListener('click', () => {
    line.remove();
    changed(form);
  });
  line.append(name, size, field, drop);
  if (done.withheld) {
    line.append(Object.assign(document.createElement('p'), { className: 'small held-why', textContent: done.withheld }));
  }
  queueMicrotask(() => changed(form));
  return [line];
}

function changed(form) {
  form.dispatchEvent(new Event('input', { bubbles: true }));
}
