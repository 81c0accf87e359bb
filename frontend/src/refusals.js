// A page that comes back with a refusal says so first: the focus goes to its summary (.summary-error with a tabindex),
// or into the dialog that stands open because of it. Without the script the summary stands above the form all the same.

export function refusals(page) {
  if (page.querySelector('dialog[open]')) return;
  page.querySelector('.summary-error[tabindex]')?.focus();
}
