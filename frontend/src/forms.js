// <select data-autosubmit>: a filter or the language, sent as soon as it changes.
// <input type="file" data-files="id" data-max-bytes="…" data-text-too-large="…">: name, size and type of the chosen
// files are listed in the element with that id; a file above the limit is refused before it is sent.
// <form data-once>: a second press of the button while the first is on its way does nothing.

export function forms(page) {
  page.addEventListener('change', (event) => {
    if (event.target.matches('[data-autosubmit]')) event.target.form?.requestSubmit();
    if (event.target.matches('input[type=file][data-files]')) listFiles(page, event.target);
  });
  page.addEventListener('submit', (event) => {
    if (!event.target.matches('form[data-once]')) return;
    if (event.target.dataset.sent) event.preventDefault();
    else event.target.dataset.sent = 'yes';
  });
  // back from the next page, the form may be sent again
  addEventListener('pageshow', () => {
    for (const form of page.querySelectorAll('form[data-sent]')) delete form.dataset.sent;
  });
}

function listFiles(page, input) {
  const limit = Number(input.dataset.maxBytes || Infinity);
  const files = [...input.files];
  input.setCustomValidity(files.some((file) => file.size > limit) ? input.dataset.textTooLarge || ' ' : '');
  input.reportValidity();
  const lines = files.map((file) => {
    const line = page.createElement('li');
    const size = page.createElement('span');
    size.className = 'size';
    size.textContent = readable(file.size, page.documentElement.lang);
    line.append(file.name, ' ', size, ' ', file.type || extension(file.name));
    return line;
  });
  page.getElementById(input.dataset.files)?.replaceChildren(...lines);
}

function extension(name) {
  return name.includes('.') ? name.slice(name.lastIndexOf('.') + 1).toUpperCase() : '';
}

export function readable(bytes, language) {
  const [amount, unit] = bytes < 1e6 ? [Math.max(1, bytes / 1e3), 'kilobyte'] : [bytes / 1e6, 'megabyte'];
  const digits = unit === 'megabyte' ? 1 : 0;
  const style = { style: 'unit', unit, minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(language || undefined, style).format(amount);
}
