// Rows of a list that people add to. <button data-row-act="list" formaction="…"> inside the task's form works by itself:
// the server keeps the draft, changes the rows and draws the page again. Here only that list is drawn anew, so that the
// place on the page and the files chosen at other fields stay.

export function rowList(page) {
  page.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-row-act]');
    if (!button?.form || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    change(page, button);
  });
}

async function change(page, button) {
  const { form } = button;
  const list = page.getElementById(`at-${button.dataset.rowAct}`);
  if (list.hasAttribute('aria-busy')) return;
  list.setAttribute('aria-busy', 'true');
  try {
    const answer = await fetch(button.formAction, { method: 'POST', body: fields(form, list) });
    const drawn = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = drawn.getElementById(list.id);
    if (!answer.ok || !fresh) throw new TypeError('another page');
    list.replaceWith(page.adoptNode(fresh));
    // the page stands on the draft that the server has just kept
    for (const name of ['draft_revision', 'draft_page', 'draft_turn']) {
      const [mine, theirs] = [form, drawn].map((one) => one.querySelector(`[name=${name}]`));
      if (mine && theirs) mine.value = theirs.value;
    }
    focus(page, fresh, new URL(answer.url).hash.slice(1) || rowOf(button));
    say(form, drawn.querySelector('.flash')?.textContent.trim());
    form.dispatchEvent(new Event('input', { bubbles: true })); // sums and conditions are asked for again
  } catch (reason) {
    if (reason.name !== 'TypeError') throw reason;
    list.removeAttribute('aria-busy');
    form.requestSubmit(button); // no network, or signed out: the plain way says so
  }
}

// the form, but of files only those chosen in this list: others stay chosen on the page
function fields(form, list) {
  const sent = new FormData(form);
  for (const input of form.querySelectorAll('input[type=file]')) if (!list.contains(input)) sent.delete(input.name);
  return sent;
}

// fetch keeps no fragment of a redirect: the row is the one that the button meant
function rowOf(button) {
  const address = new URL(button.formAction);
  const act = address.pathname.split('/').pop();
  const at = Number(address.searchParams.get('row'));
  return `row-${button.dataset.rowAct}-${{ copy: at + 1, up: at - 1, down: at + 1 }[act] ?? at}`;
}

function focus(page, list, id) {
  const rows = list.querySelectorAll('.row');
  const row = page.getElementById(id) ?? rows[rows.length - 1];
  const control = row?.querySelector('input:not([type=hidden]), select, textarea') ?? list.querySelector('button');
  control?.focus();
  row?.scrollIntoView({ block: 'nearest' });
}

function say(form, text) {
  const status = form.querySelector('[data-rules-status]');
  if (status && text) status.textContent = text;
}
