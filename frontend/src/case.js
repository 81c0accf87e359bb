// The drawing of a case: what is done, the ways it took, where it stands, what may come next.
// <div class="drawing" data-diagram-url="…bpmn" data-marks="{…}" data-text-failed="…"> inside <div data-diagram-frame>;
// the marks are {"done": [ids], "flows": [ids], "active": [ids], "next": [ids], "ended": [ids], "troubled": [ids],
// "counts": {id: [done, total]}} of the drawing's elements; ids it does not have are passed over. Where the time of many
// cases went: "heat": {id: 1 to 4, the darker the more}, "times": {id: text}.
// data-rules='{id: {"href": "#…", "text": "row 3"}}': a way from a step to what its table decided, further down the page.
// The page says the same in words beside it: this is the picture, not the message. It opens where the case stands, at
// a size one can read. In the frame: <button data-diagram-fit> shows all, data-diagram-now goes back to where it
// stands, data-diagram-zoom="in|out", and data-diagram-whole opens it in <dialog data-diagram-dialog>.
// <details data-diagram-fold>: closed on telephones; a closed one draws when it is opened.
// Keys, once it has the focus: arrows move, + and - change the size, 0 shows all.
import Viewer from 'bpmn-js/lib/NavigatedViewer';
import { speakEnglish } from './english.js';
import { lookBack } from './replay.js';
import './case.css';

const PADDING = 24; // pixels around the drawing
const READABLE = 0.62; // below this scale the words of a drawing cannot be read
const CLOSE = 0.72;
const SMALL = { height: 250, close: 0.58 }; // in a small frame what lies around counts for more
const STRIDE = 80; // pixels an arrow key moves
const STEP = 1.25; // factor of one zoom step
const TELEPHONE = '(max-width: 900px)';
const MARKS = {
  done: 'wf-done',
  flows: 'wf-taken',
  active: 'wf-active',
  next: 'wf-next',
  ended: 'wf-ended',
  troubled: 'wf-troubled',
};
const COLOURS = { defaultFillColor: 'var(--surface)', defaultStrokeColor: 'var(--ink)', defaultLabelColor: 'var(--ink)' };

for (const root of document.querySelectorAll('[data-diagram-url]')) begin(root);

function begin(root) {
  const fold = root.closest('details[data-diagram-fold]');
  if (fold && matchMedia(TELEPHONE).matches) fold.open = false;
  if (!fold || fold.open) return draw(root);
  const open = () => {
    if (!fold.open) return; // the browser also tells of how it stood when the page came
    fold.removeEventListener('toggle', open);
    draw(root);
  };
  fold.addEventListener('toggle', open);
}

async function draw(root) {
  try {
    const answer = await fetch(root.dataset.diagramUrl, { headers: { Accept: '*/*' } });
    if (!answer.ok) throw new Error(`${root.dataset.diagramUrl}: ${answer.status}`);
    const xml = await answer.text();
    // the wheel scrolls the page until somebody steps into the drawing
    const viewer = new Viewer({ container: root, zoomScroll: { enabled: false }, bpmnRenderer: COLOURS });
    if (document.documentElement.lang.startsWith('en')) speakEnglish(viewer);
    await viewer.importXML(xml);
    const marks = JSON.parse(root.dataset.marks || '{}');
    root.classList.toggle('wf-marked', 'flows' in marks);
    const middle = mark(viewer, marks);
    lead(viewer, root, JSON.parse(root.dataset.rules || '{}'));
    // read as words beside it: a screen reader is spared the labels, the keyboard one stop
    const svg = root.querySelector('svg');
    svg?.setAttribute('aria-hidden', 'true');
    svg?.setAttribute('tabindex', '-1');
    if (fit(viewer) < READABLE && middle.length) show(viewer, middle);
    listen(root, viewer, middle);
    lookBack(root, (url, then) => showAgain(root, viewer, url, then));
    root.dataset.ready = 'yes';
  } catch (reason) {
    console.error(reason);
    root.dataset.ready = 'failed';
    root.textContent = root.dataset.textFailed ?? '';
  }
}

// The drawing of another moment: its own picture when that is another version, its own marks.
async function showAgain(root, viewer, url, marks) {
  if (root.dataset.diagramShown !== url && url) {
    const answer = await fetch(url, { headers: { Accept: '*/*' } });
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    await viewer.importXML(await answer.text());
    root.dataset.diagramShown = url;
  }
  unmark(viewer);
  const middle = mark(viewer, marks);
  if (middle.length && !seen(viewer, middle)) show(viewer, middle);
}

// Whether all of them lie in the part that is shown.
function seen(viewer, elements) {
  const { x, y, width, height } = viewer.get('canvas').viewbox();
  return elements.every((one) => one.x >= x && one.y >= y && one.x + one.width <= x + width && one.y + one.height <= y + height);
}

// --- marks ---------------------------------------------------------------------------------------------------------

// Marks the elements; returns those the drawing opens at.
function mark(viewer, marks) {
  const canvas = viewer.get('canvas');
  const registry = viewer.get('elementRegistry');
  const known = (ids) => (ids ?? []).map((id) => registry.get(id)).filter(Boolean);
  for (const [kind, name] of Object.entries(MARKS)) {
    for (const element of known(marks[kind])) canvas.addMarker(element, name);
  }
  for (const element of known(marks.active)) badge(viewer, element, 'wf-token', count(marks, element.id));
  for (const element of known(marks.ended)) badge(viewer, element, 'wf-token', '');
  for (const element of known(marks.troubled)) badge(viewer, element, 'wf-trouble', '!');
  for (const element of known(Object.keys(marks.heat ?? {}))) {
    canvas.addMarker(element, `wf-heat-${marks.heat[element.id]}`);
    badge(viewer, element, 'wf-time', marks.times?.[element.id] ?? '');
  }
  const middle = known(marks.active);
  const hottest = known(Object.keys(marks.heat ?? {}).filter((id) => marks.heat[id] === Math.max(...Object.values(marks.heat))));
  return middle.length ? middle : [...known(marks.ended), ...hottest];
}

function unmark(viewer) {
  const canvas = viewer.get('canvas');
  for (const element of viewer.get('elementRegistry').getAll()) {
    for (const name of Object.values(MARKS)) canvas.removeMarker(element, name);
  }
  viewer.get('overlays').clear();
}

// From a business rule step to the row that counted; over the whole page the drawing steps aside first.
function lead(viewer, root, rules) {
  for (const [id, { href, text }] of Object.entries(rules)) {
    if (!viewer.get('elementRegistry').get(id)) continue;
    const link = document.createElement('a');
    link.className = 'wf-rules';
    link.href = href;
    link.textContent = text;
    link.addEventListener('click', () => root.closest('dialog')?.close());
    viewer.get('overlays').add(id, { position: { bottom: 12, left: 4 }, html: link });
  }
}

function count(marks, id) {
  const numbers = marks.counts?.[id];
  return numbers ? `${numbers[0]}/${numbers[1]}` : '';
}

function badge(viewer, element, kind, text) {
  const sign = document.createElement('span');
  sign.className = kind;
  sign.textContent = text;
  const position = kind === 'wf-trouble' ? { top: -12, right: 12 } : { top: -12, left: -12 };
  viewer.get('overlays').add(element, { position, html: sign });
}

// --- what a person does with it ------------------------------------------------------------------------------------

function listen(root, viewer, middle) {
  const frame = root.closest('[data-diagram-frame], figure') ?? document;
  const zoom = viewer.get('zoomScroll');
  root.addEventListener('focusin', () => zoom.toggle(true));
  root.addEventListener('focusout', () => zoom.toggle(false));
  root.addEventListener('keydown', (event) => key(event, viewer));
  const press = (name, act) => {
    for (const button of frame.querySelectorAll(`[data-diagram-${name}]`)) button.addEventListener('click', () => act(button));
  };
  press('fit', () => fit(viewer));
  press('now', () => show(viewer, middle));
  for (const button of frame.querySelectorAll('[data-diagram-now]')) button.hidden = middle.length === 0;
  press('zoom', (button) => scale(viewer, button.dataset.diagramZoom === 'in' ? STEP : 1 / STEP));
  press('whole', (button) => whole(frame, root, viewer, middle, button));
  addEventListener('beforeprint', () => fit(viewer));
}

function key(event, viewer) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const moves = { ArrowLeft: [STRIDE, 0], ArrowRight: [-STRIDE, 0], ArrowUp: [0, STRIDE], ArrowDown: [0, -STRIDE] };
  const move = moves[event.key];
  if (move) viewer.get('canvas').scroll({ dx: move[0], dy: move[1] });
  else if (event.key === '+' || event.key === '=') scale(viewer, STEP);
  else if (event.key === '-') scale(viewer, 1 / STEP);
  else if (event.key === '0') fit(viewer);
  else return;
  event.preventDefault();
  event.stopPropagation(); // the page has keys of its own
}

// The same drawing over the whole page, and back to its place when it is closed.
function whole(frame, root, viewer, middle, button) {
  const dialog = document.querySelector('[data-diagram-dialog]');
  if (!dialog || dialog.open) return dialog?.close();
  const place = document.createComment('drawing');
  const name = button.textContent;
  const settle = () => {
    viewer.get('canvas').resized();
    if (fit(viewer) < READABLE && middle.length) show(viewer, middle);
  };
  frame.replaceWith(place);
  dialog.append(frame);
  dialog.showModal();
  button.textContent = button.dataset.textClose;
  root.focus();
  settle();
  dialog.addEventListener(
    'close',
    () => {
      place.replaceWith(frame);
      button.textContent = name;
      button.focus();
      settle();
    },
    { once: true },
  );
}

// --- what is seen --------------------------------------------------------------------------------------------------

function fit(viewer) {
  const canvas = viewer.get('canvas');
  const { inner, outer } = canvas.viewbox();
  const ratio = Math.min(1, outer.width / (inner.width + 2 * PADDING), outer.height / (inner.height + 2 * PADDING));
  if (!(ratio > 0)) return 1;
  const [width, height] = [outer.width / ratio, outer.height / ratio];
  const [x, y] = [inner.x - (width - inner.width) / 2, inner.y - (height - inner.height) / 2];
  canvas.viewbox({ x, y, width, height });
  return ratio;
}

// Where the case stands, in the middle, with what lies around it.
function show(viewer, elements) {
  const canvas = viewer.get('canvas');
  const { outer } = canvas.viewbox();
  const middle = (low, high) => (Math.min(...elements.map(low)) + Math.max(...elements.map(high))) / 2;
  const close = outer.height < SMALL.height ? SMALL.close : CLOSE;
  const [width, height] = [outer.width / close, outer.height / close];
  const x = middle((one) => one.x, (one) => one.x + one.width) - width / 2;
  const y = middle((one) => one.y, (one) => one.y + one.height) - height / 2;
  canvas.viewbox({ x, y, width, height });
}

function scale(viewer, factor) {
  const canvas = viewer.get('canvas');
  canvas.zoom(Math.min(4, Math.max(0.1, canvas.zoom() * factor)));
}
