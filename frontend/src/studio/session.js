// One editor of one file of a draft: loading, saving, checking, who else is here.
//
//   const session = open({ root, content, changed, show, choose, name })
//     root      <div id="studio" data-file-url data-check-url data-presence-url data-words-url data-draft-url
//               data-part="process.bpmn" data-revision="7" [data-readonly]>, the frame of studio/frame.html inside it
//     content() -> Promise<string>: the text to keep
//     changed(fn): registers fn, to be called at every change a person makes
//     show(findings): marks them in the editor; called with every answer of the check, also an empty one
//     choose(finding): optional; somebody wants to see the place of a finding of this file
//     name(finding): optional; what the place is called
//     settle(asked): optional; takes over what is typed in a field that nobody has left yet; asked is false when nobody
//                   asked for it, but the time has come: then who is in the middle of a word is left alone
//   -> { load(), words(), save(), check(), ready(), touch(), readonly }
//
// A file that nobody touched is never written. What cannot be kept stays in the editor, and the status line says why.
// root.dataset: ready 'yes', saved <revision>, checked 'yes'|'no', conflict 'yes' while another's version is in the way.

import { Offline, isJson, poster } from './posting.js';

const SAVE_AFTER = 3000; // milliseconds after the last change
const CHECK_AFTER = 800;
const RETRY_AFTER = 15000;
const PRESENCE_EVERY = 20000;
const REFUSED = [413, 415, 422]; // answers with findings

export function open({ root, content, changed, show, choose = () => {}, name = () => '', settle = leaveField }) {
  const page = root.ownerDocument;
  const part = root.dataset.part;
  const readonly = 'readonly' in root.dataset;
  const find = (what) => root.querySelector(`[data-studio-${what}]`);
  const status = find('status');
  const timers = { save: 0, check: 0 };
  let edits = 0; // counts changes
  let kept = 0; // how many of them the server has
  let held = false; // another's version is in the way, or the server refused: a person decides, not the timer
  let saving = null;
  let checking = null;
  let vocabulary = null;
  let waiting = false; // what is to be kept came from the editor itself, see touch()
  let leaving = false; // somebody chose to drop what is here
  let listed = ''; // the findings as they are shown
  const post = poster(root);

  const unsaved = () => edits !== kept;

  const say = (text, values = {}) => {
    tell(status, filled(status?.dataset[`text${text}`], values));
    root.dataset.status = text;
  };

  // --- reading -----------------------------------------------------------------------------------------------------

  async function load() {
    const answer = await fetch(`${root.dataset.fileUrl}?revision=${root.dataset.revision}`);
    if (!answer.ok) throw new Error(`${part}: ${answer.status}`);
    return answer.text();
  }

  function words() {
    vocabulary ??= fetch(root.dataset.wordsUrl).then((answer) => {
      if (!answer.ok) throw new Error(`words: ${answer.status}`);
      return answer.json();
    });
    return vocabulary;
  }

  // --- saving ------------------------------------------------------------------------------------------------------

  // One save at a time: who asks while one is under way gets another one after it.
  async function save({ asked = false } = {}) {
    clearTimeout(timers.save);
    if (readonly) return;
    settle(asked);
    clearTimeout(timers.save);
    while (saving) await saving;
    if (!unsaved()) return asked ? say('Unchanged') : undefined;
    saving = send(false).finally(() => {
      saving = null;
    });
    await saving;
  }

  async function send(aside) {
    const at = edits;
    waiting = false;
    say('Saving');
    try {
      const text = await content();
      const answer = await post(aside ? `${root.dataset.fileUrl}?aside=1` : root.dataset.fileUrl, text);
      if (answer.ok) return accept(await answer.json(), at, aside);
      if (answer.status === 409) return conflict(await answer.json());
      if (REFUSED.includes(answer.status)) return refuse(await answer.json());
      if (answer.type === 'opaqueredirect' || [401, 403].includes(answer.status)) return say('SignedOut');
      if (answer.status === 400 && !isJson(answer)) return say('SignedOut');
      if (answer.status < 500 && answer.status !== 429) return stop(await answer.json());
      say('Failed');
      saveLater(RETRY_AFTER);
    } catch (reason) {
      if (!(reason instanceof Offline)) console.error(reason);
      say('Failed');
      saveLater(RETRY_AFTER);
    }
  }

  function accept(told, at, aside) {
    if (aside) {
      say('Aside', told);
      kept = at;
      held = true; // what follows is again a matter between the two versions
      root.dataset.aside = told.revision;
      return;
    }
    kept = Math.max(kept, at);
    held = false;
    delete root.dataset.conflict;
    root.dataset.revision = told.revision;
    root.dataset.saved = told.revision;
    for (const place of root.querySelectorAll('[data-studio-revision]')) {
      place.textContent = filled(place.dataset.text, told);
    }
    const said = told.unchanged ? 'Unchanged' : told.merged ? 'Merged' : 'Saved';
    say(unsaved() ? 'Unsaved' : said, { ...told, time: told.saved });
    if (unsaved()) saveLater(SAVE_AFTER); // what came meanwhile
  }

  function hold() {
    held = true;
    clearTimeout(timers.save);
  }

  function refuse(told) {
    hold();
    say('Refused');
    render({ passes: false, findings: told.findings });
  }

  // The draft is closed, or gone: nothing more can be kept, and the server says why.
  function stop({ message }) {
    hold();
    root.dataset.status = 'Refused';
    tell(status, message);
  }

  function saveLater(pause) {
    clearTimeout(timers.save);
    timers.save = setTimeout(save, pause);
  }

  // --- another's version in the way ----------------------------------------------------------------------------------

  function conflict(told) {
    hold();
    root.dataset.conflict = 'yes';
    say('Conflict', told);
    const dialog = find('conflict');
    for (const place of dialog.querySelectorAll('[data-text]')) place.textContent = filled(place.dataset.text, told);
    const difference = dialog.querySelector('[data-studio-difference]');
    difference.hidden = !told.compare;
    if (told.compare) difference.href = told.compare;
    if (!dialog.open) dialog.showModal();
  }

  function watchDialog() {
    const dialog = find('conflict');
    if (!dialog) return;
    dialog.querySelector('[data-studio-aside]').addEventListener('click', async () => {
      dialog.close();
      saving = send(true).finally(() => {
        saving = null;
      });
      await saving;
    });
    dialog.querySelector('[data-studio-theirs]').addEventListener('click', () => {
      leaving = true;
      location.reload();
    });
    dialog.querySelector('[data-studio-back]').addEventListener('click', () => dialog.close());
  }

  // --- checking ----------------------------------------------------------------------------------------------------

  // One check at a time: what changes meanwhile is checked after it.
  async function check({ asked = false } = {}) {
    clearTimeout(timers.check);
    if (readonly) return;
    while (checking) await checking;
    checking = ask().finally(() => {
      checking = null;
    });
    const told = await checking;
    if (told === null) return count(null);
    render(told);
    if (asked && told.findings.length) find('findings')?.focus();
    return undefined;
  }

  async function ask() {
    const at = edits;
    try {
      const text = unsaved() || held ? await content() : ''; // what lies beside the newest revision is not what is stored
      const answer = await post(`${root.dataset.checkUrl}?path=${encodeURIComponent(part)}`, text);
      if (answer.ok) return await answer.json();
      if (answer.status !== 429 && answer.status !== 503) return null;
      checkLater(CHECK_AFTER * 5); // too much at once
    } catch (reason) {
      if (!(reason instanceof Offline)) console.error(reason);
    }
    if (at !== edits) checkLater();
    return null;
  }

  function checkLater(pause = CHECK_AFTER) {
    clearTimeout(timers.check);
    timers.check = setTimeout(check, pause);
  }

  function render(told) {
    const ordered = [...told.findings].sort((one, other) => weight(one) - weight(other));
    count(ordered);
    list(ordered);
    show(ordered.filter((one) => !one.file || one.file === part));
    root.dataset.checked = told.passes ? 'yes' : 'no';
  }

  // Only when it is another list: whoever stands in it keeps the place.
  function list(findings) {
    const section = find('findings');
    const now = JSON.stringify(findings.map((one) => [one, name(one)]));
    if (!section || now === listed) return;
    const inside = section.contains(page.activeElement);
    const template = find('finding');
    section.querySelector('ol').replaceChildren(...findings.map((one) => line(template, one)));
    listed = now;
    if (inside) section.focus();
  }

  function count(findings) {
    const place = find('count');
    if (!place) return;
    const errors = findings?.filter((one) => one.severity === 'error').length;
    const kind = findings === null ? 'Unknown' : errors ? 'Errors' : findings.length ? 'Warnings' : 'None';
    place.textContent = filled(place.dataset[`text${kind}`], {
      errors,
      warnings: (findings?.length ?? 0) - errors,
    });
    place.dataset.kind = kind.toLowerCase();
  }

  function line(template, finding) {
    const item = template.content.cloneNode(true).querySelector('li');
    const here = !finding.file || finding.file === part;
    item.dataset.severity = finding.severity;
    for (const kind of item.querySelectorAll('[data-severity]')) kind.hidden = kind.dataset.severity !== finding.severity;
    const put = (where, text) => {
      const place = item.querySelector(`[data-${where}]`);
      place.textContent = text ? filled(place.dataset.text ?? '{text}', { text }) : '';
      place.hidden = !text;
    };
    put('place', here ? name(finding) : finding.file);
    put('sentence', finding.sentence);
    put('example', finding.example);
    put('remedy', finding.remedy);
    put('code', finding.code);
    put('line', here && part.endsWith('.bpmn') ? finding.line : 0); // elsewhere the place says more
    const [button, link] = [item.querySelector('button'), item.querySelector('a')];
    button.hidden = !here;
    link.hidden = here;
    if (here) button.addEventListener('click', () => choose(finding));
    else link.href = placeOf(root.dataset.draftUrl, finding);
    (here ? button : link).append(item.querySelector('[data-says]'));
    return item;
  }

  // --- who else is here --------------------------------------------------------------------------------------------

  async function meet() {
    if (page.hidden) return;
    try {
      const answer = await post(root.dataset.presenceUrl, JSON.stringify({ part }), 'application/json');
      if (answer.ok) greet(await answer.json());
    } catch (reason) {
      if (!(reason instanceof Offline)) console.error(reason); // without a network nobody is met
    }
  }

  function greet({ revision, others }) {
    const place = find('others');
    if (!place) return;
    const texts = place.dataset;
    const said = others.map((other) => filled(other.part === part ? texts.textHere : texts.textElsewhere, other));
    if (revision > Number(root.dataset.revision)) said.push(filled(texts.textNewer, { revision }));
    tell(place, said.join(texts.textJoin ?? ' '));
  }

  // --- start -------------------------------------------------------------------------------------------------------

  function ready() {
    root.dataset.ready = 'yes';
    if (readonly) return;
    checkLater();
    if (!root.dataset.presenceUrl) return;
    meet();
    setInterval(meet, PRESENCE_EVERY);
  }

  if (!readonly) {
    changed(() => {
      edits += 1;
      waiting = false;
      if (root.dataset.status === 'Refused') held = false; // mended, perhaps
      if (!held) saveLater(SAVE_AFTER);
      say(held ? 'Held' : 'Unsaved');
      checkLater();
    });
    watchDialog();
    find('save')?.addEventListener('click', () => save({ asked: true }));
    find('check')?.addEventListener('click', () => check({ asked: true }));
    find('count')?.addEventListener('click', () => find('findings')?.focus());
    addEventListener('keydown', (event) => {
      if (event.key.toLowerCase() !== 's' || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      event.preventDefault();
      save({ asked: true });
    }, true);
    addEventListener('beforeunload', (event) => {
      if (leaving) return;
      settle(true); // what is typed in a field is a change too
      if (unsaved() && !waiting) event.preventDefault();
    });
    page.addEventListener('visibilitychange', () => {
      if (!waiting && !held) save(); // whoever comes back has perhaps signed in again
    });
  }

  // Something is ready to be kept that nobody changed yet: it waits for somebody to save or change something.
  function touch() {
    if (readonly) return;
    edits += 1;
    waiting = true;
    say('Unsaved');
  }

  return { load, words, save, check, ready, touch, readonly };
}

function leaveField(asked) {
  if (!asked) return; // leaving would end a word that is being composed
  const field = document.activeElement;
  if (!field?.matches('input, textarea, [contenteditable]')) return;
  field.blur();
  field.focus({ preventScroll: true });
}

// A live region that says the same again would be read out again.
function tell(place, text) {
  if (place && place.textContent !== text) place.textContent = text;
}

function filled(text, values) {
  return (text ?? '').replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

function weight(finding) {
  return finding.severity === 'error' ? 0 : 1;
}

// The editor of the file that a finding speaks of.
function placeOf(draft, { file, element }) {
  const place = element ? `#element=${encodeURIComponent(element)}` : '';
  if (file === 'process.bpmn') return `${draft}/drawing${place}`;
  const [, form] = /^forms\/(.+)\.form$/.exec(file) ?? [];
  if (form) return `${draft}/forms/${encodeURIComponent(form)}${place}`;
  const [, table] = /^([^/]+)\.dmn$/.exec(file) ?? [];
  return table ? `${draft}/tables/${encodeURIComponent(table)}${place}` : draft;
}
