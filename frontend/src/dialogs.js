// <button data-opens="id">: opens <dialog id="id">. <button data-closes>: closes the dialog it stands in.
// <details class="… filterbar">: a sheet over the page; Escape closes it and goes back to what opened it.
// <dialog data-shown>: stands open when the page arrives (a refused answer comes back into its dialog).

export function dialogs(page) {
  page.addEventListener('click', (event) => {
    const opener = event.target.closest?.('[data-opens]');
    if (opener) page.getElementById(opener.dataset.opens)?.showModal();
    event.target.closest?.('[data-closes]')?.closest('dialog')?.close();
  });
  page.addEventListener('keydown', (event) => {
    const sheet = event.key === 'Escape' && !event.isComposing && event.target.closest?.('details.filterbar[open]');
    if (!sheet) return;
    sheet.open = false;
    sheet.querySelector('summary').focus();
  });
  for (const dialog of page.querySelectorAll('dialog[data-shown]')) dialog.showModal();
}
