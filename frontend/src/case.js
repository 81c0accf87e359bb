// The drawing of a case: what is done, where it stands, what may come next.
// <div data-diagram-url="…bpmn" data-state-url="…json" data-text-failed="…">; the state is
// {"done": [ids], "active": [ids], "next": [ids]} of the drawing's elements; ids it does not have are passed over.
// The page says the same in words beside it: this is the picture, not the message. It opens where the case stands, at
// a size one can read; <button data-diagram-fit> shows all, <button data-diagram-now> goes back to where it stands.
import Viewer from 'bpmn-js/lib/NavigatedViewer';
import './case.css';

const PADDING = 24; // pixels around the drawing
const READABLE = 0.62; // below this scale the words of a drawing cannot be read
const CLOSE = 0.72;
const MARKS = { done: 'wf-done', active: 'wf-active', next: 'wf-next' };

for (const root of document.querySelectorAll('[data-diagram-url]')) draw(root);

async function draw(root) {
  try {
    const [xml, state] = await Promise.all([
      load(root.dataset.diagramUrl, (answer) => answer.text()),
      root.dataset.stateUrl ? load(root.dataset.stateUrl, (answer) => answer.json()) : {},
    ]);
    // the wheel scrolls the page until somebody steps into the drawing
    const viewer = new Viewer({ container: root, zoomScroll: { enabled: false } });
    if (document.documentElement.lang.startsWith('en')) speakEnglish(viewer);
    await viewer.importXML(xml);
    mark(viewer, state);
    const active = (state.active ?? []).map((id) => viewer.get('elementRegistry').get(id)).filter(Boolean);
    if (fit(viewer) < READABLE && active.length) show(viewer, active);
    const zoom = viewer.get('zoomScroll');
    root.addEventListener('focusin', () => zoom.toggle(true));
    root.addEventListener('focusout', () => zoom.toggle(false));
    for (const button of document.querySelectorAll('[data-diagram-fit]')) {
      button.addEventListener('click', () => fit(viewer));
    }
    for (const button of document.querySelectorAll('[data-diagram-now]')) {
      button.hidden = active.length === 0;
      button.addEventListener('click', () => show(viewer, active));
    }
    root.dataset.ready = 'yes';
  } catch (reason) {
    console.error(reason);
    root.dataset.ready = 'failed';
    root.textContent = root.dataset.textFailed ?? '';
  }
}

async function load(url, read) {
  const answer = await fetch(url, { headers: { Accept: '*/*' } });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return read(answer);
}

function mark(viewer, state) {
  const canvas = viewer.get('canvas');
  const registry = viewer.get('elementRegistry');
  for (const [kind, name] of Object.entries(MARKS)) {
    for (const id of state[kind] ?? []) if (registry.get(id)) canvas.addMarker(id, name);
  }
}

function fit(viewer) {
  const canvas = viewer.get('canvas');
  const { inner, outer } = canvas.viewbox();
  const scale = Math.min(1, outer.width / (inner.width + 2 * PADDING), outer.height / (inner.height + 2 * PADDING));
  if (!(scale > 0)) return 1;
  const [width, height] = [outer.width / scale, outer.height / scale];
  const [x, y] = [inner.x - (width - inner.width) / 2, inner.y - (height - inner.height) / 2];
  canvas.viewbox({ x, y, width, height });
  return scale;
}

// Where the case stands, in the middle, with what lies around it.
function show(viewer, elements) {
  const canvas = viewer.get('canvas');
  const { outer } = canvas.viewbox();
  const middle = (low, high) => (Math.min(...elements.map(low)) + Math.max(...elements.map(high))) / 2;
  const [width, height] = [outer.width / CLOSE, outer.height / CLOSE];
  const x = middle((one) => one.x, (one) => one.x + one.width) - width / 2;
  const y = middle((one) => one.y, (one) => one.y + one.height) - height / 2;
  canvas.viewbox({ x, y, width, height });
}

// Labels are Chinese in the drawing; <camunda:property name="name.en" value="…"/> beside them is the English.
function speakEnglish(viewer) {
  viewer.get('eventBus').on('import.parse.complete', ({ elementsById }) => {
    for (const element of Object.values(elementsById ?? {})) {
      const english = property(element, 'name.en');
      if (english) element.name = english;
    }
  });
}

function property(element, name) {
  const groups = (element.extensionElements?.values ?? []).filter((one) => one.$type === 'camunda:properties');
  return groups.flatMap((one) => one.$children ?? []).find((one) => one.name === name)?.value;
}
