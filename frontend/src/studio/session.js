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
//     settle(): optional; takes over what is typed in a field that nobody has left yet
//   -> { load(), words(), save(), check(), ready(), touch(), readonly }
//
// A file that nobody touched is never written. What cannot be kept stays in the editor, and the status line says why.
// root.dataset: ready 'yes', saved <revision>, checked 'yes'|'no', conflict 'yes' while another's version is in the way.

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

  const unsaved = () => edits !== kept;

  const say = (text, values = {}) => {
    if (status) status.textContent = filled(status.dataset[`text${text}`], values);
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
    settle();
    clearTimeout(timers.save);
    if (saving) await saving;
    if (!unsaved()) return asked ? say('Unchanged') : undefined;
    saving = send(false).finally(() => {
      saving = null;
    });
    await saving;
  }

  async function send(aside) {
    const at = edits;
    say('Saving');
    try {
      const text = await content();
      const answer = await post(aside ? `${root.dataset.fileUrl}?aside=1` : root.dataset.fileUrl, text);
      if (answer.ok) return accept(await answer.json(), at, aside);
      if (answer.status === 409) return conflict(await answer.json());
      if (REFUSED.includes(answer.status)) return refuse(await answer.json());
      if (answer.type === 'opaqueredirect' || answer.status === 401 || answer.status === 403) return say('SignedOut');
      if (answer.status < 500 && answer.status !== 429) return stop(await answer.json());
      say('Failed');
      saveLater(RETRY_AFTER);
    } catch (reason) {
      if (!(reason instanceof TypeError)) console.error(reason); // a TypeError is fetch without a network
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
    say(told.unchanged ? 'Unchanged' : told.merged ? 'Merged' : 'Saved', { ...told, time: told.saved });
    if (unsaved()) saveLater(SAVE_AFTER);
  }

  function refuse(told) {
    held = true;
    say('Refused');
    render({ passes: false, findings: told.findings });
  }

  // The draft is closed, or gone: nothing more can be kept, and the server says why.
  function stop({ message }) {
    held = true;
    root.dataset.status = 'Refused';
    if (status) status.textContent = message;
  }

  const post = (url, body, type = 'text/plain; charset=utf-8') =>
    fetch(url, {
      method: 'POST',
      body,
      redirect: 'manual',
      headers: {
        Accept: 'application/json',
        'Content-Type': type,
        'X-CSRFToken': page.querySelector('meta[name=csrf-token]')?.content ?? root.dataset.token ?? '',
        'X-Revision': root.dataset.revision,
      },
    });

  function saveLater(pause) {
    clearTimeout(timers.save);
    timers.save = setTimeout(save, pause);
  }

  // --- another's version in the way ----------------------------------------------------------------------------------

  function conflict(told) {
    held = true;
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
      kept = edits; // dropped on purpose: no further question
      location.reload();
    });
    dialog.querySelector('[data-studio-back]').addEventListener('click', () => dialog.close());
  }

  // --- checking ----------------------------------------------------------------------------------------------------

  // One check at a time: what changes meanwhile is checked after it.
  async function check({ asked = false } = {}) {
    clearTimeout(timers.check);
    if (readonly) return;
    if (checking) await checking;
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
      const text = unsaved() ? await content() : '';
      const answer = await post(`${root.dataset.checkUrl}?path=${encodeURIComponent(part)}`, text);
      if (answer.ok) return await answer.json();
      if (answer.status !== 429 && answer.status !== 503) return null;
      checkLater(CHECK_AFTER * 5); // too much at once
    } catch (reason) {
      if (!(reason instanceof TypeError)) console.error(reason);
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
    const list = find('findings')?.querySelector('ol');
    const template = find('finding');
    list?.replaceChildren(...ordered.map((one) => line(template, one)));
    show(ordered.filter((one) => !one.file || one.file === part));
    root.dataset.checked = told.passes ? 'yes' : 'no';
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
    put('remedy', finding.remedy);
    put('line', here ? finding.line : 0);
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
      if (!(reason instanceof TypeError)) console.error(reason); // without a network nobody is met
    }
  }

  function greet({ revision, others }) {
    const place = find('others');
    if (!place) return;
    const texts = place.dataset;
    const said = others.map((other) => filled(other.part === part ? texts.textHere : texts.textElsewhere, other));
    if (revision > Number(root.dataset.revision)) said.push(filled(texts.textNewer, { revision }));
    const text = said.join(texts.textJoin ?? ' ');
    if (place.textContent !== text) place.textContent = text;
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
      if (unsaved()) event.preventDefault();
    });
    page.addEventListener('visibilitychange', () => {
      if (page.hidden && unsaved() && !held) save();
    });
  }

  // Something is ready to be kept that nobody changed yet: it waits for somebody to save or change something.
  function touch() {
    if (readonly) return;
    edits += 1;
    say('Unsaved');
  }

  return { load, words, save, check, ready, touch, readonly };
}

function leaveField() {
  const field = document.activeElement;
  if (!field?.matches('input, textarea, [contenteditable]')) return;
  field.blur();
  field.focus({ preventScroll: true });
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
