// What the packages of the drawing leave out for people who work with keys or a screen reader, set from outside.
//
// Their palette and pads are made for a pointer: what they begin must be put down with one. So they are no stops of the
// Tab key; everything they do is in the panel, as fields and buttons (panel/steering.js).
const NAMED = '.djs-palette .entry, .djs-context-pad .entry';

export function usable(place, { readonly, say }) {
  const svg = place.querySelector('.djs-container > svg');
  svg?.setAttribute('role', 'application');
  svg?.setAttribute('aria-label', say(readonly ? 'Drawing of the process' : 'Drawing of the process. Every element is also in the list beside it.'));
  const dress = () => {
    for (const entry of place.querySelectorAll(NAMED)) {
      if (!entry.hasAttribute('role')) entry.setAttribute('role', 'button');
      if (!entry.hasAttribute('aria-label') && entry.title) entry.setAttribute('aria-label', entry.title);
      if (!entry.title && entry.hasAttribute('aria-label')) entry.title = entry.getAttribute('aria-label');
    }
    for (const button of place.querySelectorAll('button[title]:not([aria-label])')) {
      if (!button.textContent.trim()) button.setAttribute('aria-label', button.title);
    }
    for (const title of place.querySelectorAll('h3.djs-popup-title')) title.setAttribute('aria-level', '2');
    for (const hidden of place.querySelectorAll('.djs-palette-toggle')) hidden.setAttribute('aria-hidden', 'true');
  };
  dress();
  new MutationObserver(dress).observe(place, { childList: true, subtree: true });
}
