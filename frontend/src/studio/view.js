// What is seen of a drawing.
const LEFT = 78; // pixels of the palette
const PADDING = 24;
const PAD = 110;
const READABLE = 0.7;
const SMALLEST = 0.2;

// All of it where that can be read; else its upper left part, at a size that can.
export function fit(canvas, { palette }) {
  const left = palette ? LEFT : PADDING;
  const { inner, outer } = canvas.viewbox();
  if (!outer.width || !inner.width) return;
  const whole = Math.min((outer.width - left - PADDING) / inner.width, (outer.height - 2 * PADDING) / inner.height);
  const scale = Math.min(1, Math.max(whole, READABLE));
  const [width, height] = [outer.width / scale, outer.height / scale];
  const y = whole < READABLE ? inner.y - PADDING / scale : inner.y - (height - inner.height) / 2;
  canvas.viewbox({ x: inner.x - left / scale, y, width, height });
}

export function center(canvas, element) {
  if (!element.parent) return;
  const { inner, outer, scale } = canvas.viewbox();
  const box = element.waypoints ? around(element.waypoints) : element;
  // a lane that is larger than the screen is shown as a whole, with its pad beside it
  const whole = Math.min((outer.width - LEFT - PAD) / box.width, (outer.height - 2 * PADDING) / box.height);
  const zoom = Math.max(SMALLEST, Math.min(Math.max(scale, READABLE), whole));
  const [width, height] = [outer.width / zoom, outer.height / zoom];
  const x = box.x + box.width / 2 - width / 2 + (zoom === whole ? (PAD - LEFT) / 2 / zoom : 0);
  const y = box.y + box.height / 2 - height / 2;
  // no further than the drawing reaches
  const left = within(x, inner.x - LEFT / zoom, inner.x + inner.width + PAD / zoom - width);
  const top = within(y, inner.y - PADDING / zoom, inner.y + inner.height + PADDING / zoom - height);
  canvas.viewbox({ x: left, y: top, width, height });
}

function within(value, low, high) {
  return Math.max(low, Math.min(value, high));
}

function around(points) {
  const [xs, ys] = [points.map((one) => one.x), points.map((one) => one.y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}
