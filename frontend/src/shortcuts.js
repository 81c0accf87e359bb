// Single keys for lists: j next row, k the one before, Enter open, c claim, x choose, / search, ? help.
// In <table data-rows> each row has <a data-open>, and may have <button data-claim> and <input data-select>;
// the search field is [data-search], the help <dialog data-shortcut-help>.
// They are off while typing, under a dialog, with a modifier, and for whoever switched them off (WCAG 2.1.4):
// <html data-shortcuts="off"> from the person's settings, or <input type="checkbox" data-shortcut-switch> on this desk.

const STORED = 'hedui.shortcuts';
const TYPING = 'input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit]), textarea, select';

export function shortcuts(page) {
  for (const box of page.querySelectorAll('[data-shortcut-switch]')) {
    box.checked = switchedOn(page);
    box.addEventListener('change', () => localStorage.setItem(STORED, box.checked ? 'on' : 'off'));
  }
  page.addEventListener('keydown', (event) => {
    const act = KEYS[event.key];
    if (!act || !meant(page, event)) return;
    if (act(page, event)) event.preventDefault();
  });
  page.addEventListener('focusin', (event) => {
    const row = event.target.closest?.('[data-rows] tbody tr');
    if (row) point(page, row);
  });
}

function switchedOn(page) {
  return page.documentElement.dataset.shortcuts !== 'off' && localStorage.getItem(STORED) !== 'off';
}

function meant(page, event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return false;
  if (event.target.closest?.(TYPING) || event.target.isContentEditable) return false;
  return switchedOn(page) && !page.querySelector('dialog[open]');
}

const KEYS = {
  j: (page) => move(page, 1),
  k: (page) => move(page, -1),
  c: (page) => press(current(page)?.querySelector('[data-claim]')),
  x: (page) => press(current(page)?.querySelector('[data-select]')),
  Enter: (page, event) =>
    !event.target.closest?.('a, button, summary, input') && press(current(page)?.querySelector('[data-open]')),
  '/': (page) => focus(page.querySelector('[data-search]')),
  '?': (page) => {
    const help = page.querySelector('dialog[data-shortcut-help]');
    help?.showModal();
    return Boolean(help);
  },
};

function current(page) {
  return page.querySelector('[data-rows] tbody tr.cursor');
}

function point(page, row) {
  for (const other of page.querySelectorAll('[data-rows] tbody tr.cursor')) other.classList.remove('cursor');
  row.classList.add('cursor');
}

function move(page, step) {
  const all = [...page.querySelectorAll('[data-rows] tbody tr')].filter((row) => row.querySelector('[data-open]'));
  if (all.length === 0) return false;
  const here = all.indexOf(current(page));
  const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + step));
  // the focus goes along: a screen reader reads the row, Tab goes on from it
  all[next].querySelector('[data-open]').focus();
  return true;
}

function press(element) {
  if (!element || element.disabled) return false;
  element.click();
  return true;
}

function focus(element) {
  element?.focus();
  return Boolean(element);
}
