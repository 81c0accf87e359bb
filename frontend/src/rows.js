// Rows that can be chosen together. <table data-rows> … <tr> with <input type="checkbox" data-select>; one
// <input type="checkbox" data-select-all> in the head; [data-bulkbar] (hidden at first) shows while something is chosen,
// and every [data-count-text="认领所选 {n} 件"] in it says how many: never more than what is seen.
// A list that htmx draws anew in its place keeps the focus: where what had it is gone, its heading takes it.

export function rows(page) {
  page.addEventListener('change', (event) => {
    if (event.target.matches('[data-select-all]')) {
      for (const box of boxes(page)) box.checked = event.target.checked;
    }
    if (event.target.matches('[data-select], [data-select-all]')) show(page);
  });
  addEventListener('pageshow', () => show(page));
  page.addEventListener('htmx:after:swap', (event) => {
    if (page.activeElement === page.body) event.target.querySelector?.('h1[tabindex]')?.focus();
  });
}

function boxes(page) {
  return [...page.querySelectorAll('[data-rows] [data-select]:not(:disabled)')];
}

function show(page) {
  const all = boxes(page);
  const chosen = all.filter((box) => box.checked);
  for (const box of all) box.closest('tr')?.classList.toggle('chosen', box.checked);
  for (const head of page.querySelectorAll('[data-select-all]')) {
    head.checked = all.length > 0 && chosen.length === all.length;
    head.indeterminate = chosen.length > 0 && chosen.length < all.length;
  }
  for (const bar of page.querySelectorAll('[data-bulkbar]')) {
    bar.hidden = chosen.length === 0;
    for (const text of bar.querySelectorAll('[data-count-text]')) {
      text.textContent = text.dataset.countText.replace('{n}', String(chosen.length));
    }
  }
}
