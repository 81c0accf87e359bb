// Two drawings side by side: what came, what went, what is otherwise, what only moved.
// <figure data-difference data-marks='{"added": [ids], "removed": [ids], "changed": [ids], "moved": [ids]}' hidden>
// holds <div class="drawing" data-side="old|new" data-url="…bpmn" data-text-failed="…">; one of the two may be missing.
// Both always show the same part at the same size. <button data-shows="id"> in a row of the page's table brings an
// element of the drawing to the middle of both; a click on a marked element leads back to its row.
// In the figure: data-difference-fit, data-difference-zoom="in|out", data-difference-step="1|-1".
// Keys, once a drawing has the focus: arrows move, + and - change the size, 0 shows all.
// Everything is said in the table: without this script nothing but the picture is missing.
import Viewer from 'bpmn-js/lib/NavigatedViewer';
import { speakEnglish } from './english.js';
import './compare.css';

const PADDING = 24; // pixels around the drawing
const CLOSE = 0.8; // scale at which an element is shown
const STRIDE = 80; // pixels an arrow key moves
const STEP = 1.25; // factor of one zoom step
const COLOURS = { defaultFillColor: 'var(--surface)', defaultStrokeColor: 'var(--ink)', defaultLabelColor: 'var(--ink)' };
const SIGNS = { added: '+', removed: '−', changed: '≠', moved: '↔' };
const SIDES = { added: ['new'], removed: ['old'], changed: ['old', 'new'], moved: ['old', 'new'] };

for (const figure of document.querySelectorAll('[data-difference]')) begin(figure);

async function begin(figure) {
  figure.hidden = false;
  const marks = JSON.parse(figure.dataset.marks || '{}');
  const views = (await Promise.all([...figure.querySelectorAll('[data-side]')].map(draw))).filter(Boolean);
  for (const view of views) mark(view, marks);
  if (views.length) listen(figure, views);
  figure.dataset.ready = views.length ? 'yes' : 'failed';
}

async function draw(root) {
  try {
    const answer = await fetch(root.dataset.url, { headers: { Accept: '*/*' } });
    if (!answer.ok) throw new Error(`${root.dataset.url}: ${answer.status}`);
    const xml = await answer.text();
    // the wheel scrolls the page until somebody steps into the drawing
    const viewer = new Viewer({ container: root, zoomScroll: { enabled: false }, bpmnRenderer: COLOURS });
    if (document.documentElement.lang.startsWith('en')) speakEnglish(viewer);
    await viewer.importXML(xml);
    const svg = root.querySelector('svg'); // read as rows of the table; the keyboard has one stop, the group around it
    svg?.setAttribute('aria-hidden', 'true');
    svg?.setAttribute('tabindex', '-1');
    const [canvas, registry] = [viewer.get('canvas'), viewer.get('elementRegistry')];
    return { root, viewer, canvas, registry, side: root.dataset.side };
  } catch (reason) {
    console.warn(reason); // an unreadable draft is no fault of the page
    root.textContent = root.dataset.textFailed ?? '';
    return null;
  }
}

// --- marks ---------------------------------------------------------------------------------------------------------

function mark(view, marks) {
  const meant = new Set(['added', 'removed', 'changed'].flatMap((kind) => marks[kind] ?? []));
  for (const [kind, sides] of Object.entries(SIDES)) {
    if (!sides.includes(view.side)) continue;
    for (const id of marks[kind] ?? []) {
      const element = view.registry.get(id);
      if (!element || (kind === 'moved' && meant.has(id))) continue;
      view.canvas.addMarker(element, `cmp-${kind}`);
      if (kind !== 'moved' || !element.waypoints) badge(view, element, kind);
    }
  }
}

function badge(view, element, kind) {
  const sign = document.createElement('span');
  sign.className = `mark on ${kind}`;
  sign.textContent = SIGNS[kind];
  view.viewer.get('overlays').add(element, { position: place(element), html: sign });
}

// The upper left corner of a shape, the middle of a line: relative to the element's box.
function place(element) {
  if (!element.waypoints) return { top: -9, left: -9 };
  const box = boxOf([element]);
  const at = Math.floor((element.waypoints.length - 1) / 2);
  const [a, b] = [element.waypoints[at], element.waypoints[at + 1]];
  return { top: (a.y + b.y) / 2 - box.y - 9, left: (a.x + b.x) / 2 - box.x - 9 };
}

// --- what a person does with it ------------------------------------------------------------------------------------

function listen(figure, views) {
  const stops = [...new Set([...document.querySelectorAll('[data-shows]')].map((one) => one.dataset.shows))];
  let at = -1;
  const go = (id, button) => {
    at = stops.indexOf(id);
    look(figure, views, id, button);
  };
  for (const button of document.querySelectorAll('[data-shows]')) {
    button.hidden = false;
    button.addEventListener('click', () => {
      go(button.dataset.shows, button);
      figure.scrollIntoView({ block: 'nearest' });
    });
  }
  press(figure, 'fit', () => fit(views));
  press(figure, 'zoom', (button) => zoom(views[0], button.dataset.differenceZoom === 'in' ? STEP : 1 / STEP));
  press(figure, 'step', (button) => {
    const next = at < 0 && button.dataset.differenceStep === '-1' ? stops.length - 1 : at + Number(button.dataset.differenceStep);
    if (stops.length) go(stops[(next + stops.length) % stops.length]);
  });
  for (const button of figure.querySelectorAll('[data-difference-step]')) button.hidden = stops.length < 2;
  together(views);
  for (const view of views) {
    const wheel = view.viewer.get('zoomScroll');
    view.root.addEventListener('focusin', () => wheel.toggle(true));
    view.root.addEventListener('focusout', () => wheel.toggle(false));
    view.root.addEventListener('keydown', (event) => key(event, view, views));
    view.viewer.on('element.click', ({ element }) => back(element.labelTarget?.id ?? element.id));
  }
  addEventListener('resize', () => views.forEach((view) => view.canvas.resized()));
  fit(views);
  if (stops.length) show(views, stops[0]);
}

function press(figure, name, act) {
  for (const button of figure.querySelectorAll(`[data-difference-${name}]`)) {
    button.addEventListener('click', () => act(button));
  }
}

// What one drawing shows, the other shows too.
function together(views) {
  let busy = false;
  for (const view of views) {
    view.viewer.on('canvas.viewbox.changed', ({ viewbox }) => {
      if (busy) return;
      busy = true;
      const { x, y, width, height } = viewbox;
      for (const other of views) if (other !== view) other.canvas.viewbox({ x, y, width, height });
      busy = false;
    });
  }
}

function key(event, view, views) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const moves = { ArrowLeft: [STRIDE, 0], ArrowRight: [-STRIDE, 0], ArrowUp: [0, STRIDE], ArrowDown: [0, -STRIDE] };
  const move = moves[event.key];
  if (move) view.canvas.scroll({ dx: move[0], dy: move[1] });
  else if (event.key === '+' || event.key === '=') zoom(view, STEP);
  else if (event.key === '-') zoom(view, 1 / STEP);
  else if (event.key === '0') fit(views);
  else return;
  event.preventDefault();
  event.stopPropagation(); // the page has keys of its own
}

// The element in the middle of both, marked; said for those who do not see it.
function look(figure, views, id, button) {
  for (const view of views) {
    for (const old of view.registry.filter((one) => view.canvas.hasMarker(one, 'cmp-here'))) {
      view.canvas.removeMarker(old, 'cmp-here');
    }
    const element = view.registry.get(id);
    if (element) view.canvas.addMarker(element, 'cmp-here');
    const note = figure.querySelector(`[data-absent="${view.side}"]`);
    if (note) note.textContent = element ? '' : figure.dataset.textAbsent;
  }
  show(views, id);
  rows(id);
  const first = button ?? document.querySelector(`[data-shows="${CSS.escape(id)}"]`);
  const name = first?.closest('tr')?.querySelector('td')?.textContent ?? id;
  const status = figure.querySelector('[data-difference-status]');
  if (status) status.textContent = figure.dataset.textShown.replace('{name}', () => name);
  figure.dataset.shown = id;
}

function rows(id) {
  for (const row of document.querySelectorAll('[data-row]')) row.classList.toggle('here', row.dataset.row === id);
}

function back(id) {
  const row = document.querySelector(`[data-row="${CSS.escape(id)}"]`);
  if (!row) return;
  rows(id);
  row.scrollIntoView({ block: 'nearest' });
}

// --- what is seen --------------------------------------------------------------------------------------------------

function fit(views) {
  const boxes = views.map(({ canvas }) => canvas.viewbox().inner);
  const { outer } = views[0].canvas.viewbox();
  const inner = around(boxes);
  const scale = Math.min(1, outer.width / (inner.width + 2 * PADDING), outer.height / (inner.height + 2 * PADDING));
  if (!(scale > 0)) return;
  center(views[0].canvas, inner, scale);
}

function show(views, id) {
  const found = views.map((view) => view.registry.get(id)).filter(Boolean);
  if (!found.length) return;
  const { outer, scale } = views[0].canvas.viewbox();
  const box = boxOf(found);
  const room = Math.min(outer.width / (box.width + 2 * PADDING), outer.height / (box.height + 2 * PADDING));
  center(views[0].canvas, box, Math.min(Math.max(scale, CLOSE), room, 1.5));
}

function center(canvas, box, scale) {
  const { outer } = canvas.viewbox();
  const [width, height] = [outer.width / scale, outer.height / scale];
  canvas.viewbox({ x: box.x + box.width / 2 - width / 2, y: box.y + box.height / 2 - height / 2, width, height });
}

function zoom(view, factor) {
  view.canvas.zoom(Math.min(4, Math.max(0.1, view.canvas.zoom() * factor)));
}

function boxOf(elements) {
  return around(elements.flatMap((one) => one.waypoints?.map(({ x, y }) => ({ x, y, width: 0, height: 0 })) ?? [one]));
}

function around(boxes) {
  const [x, y] = [Math.min(...boxes.map((one) => one.x)), Math.min(...boxes.map((one) => one.y))];
  const right = Math.max(...boxes.map((one) => one.x + one.width));
  const bottom = Math.max(...boxes.map((one) => one.y + one.height));
  return { x, y, width: right - x, height: bottom - y };
}
