// <button data-opens="id">: opens <dialog id="id">. <button data-closes>: closes the dialog it stands in.
// <dialog data-shown>: stands open when the page arrives (a refused answer comes back into its dialog).

export function dialogs(page) {
  page.addEventListener('click', (event) => {
    const opener = event.target.closest?.('[data-opens]');
    if (opener) page.getElementById(opener.dataset.opens)?.showModal();
    event.target.closest?.('[data-closes]')?.closest('dialog')?.close();
  });
  for (const dialog of page.querySelectorAll('dialog[data-shown]')) dialog.showModal();
}
