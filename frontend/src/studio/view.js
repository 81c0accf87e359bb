// What is seen of a drawing.
const LEFT = 78; // pixels of the palette
const PADDING = 24;
const READABLE = 0.7;

// All of it where that can be read; else its upper left part, at a size that can.
export function fit(canvas) {
  const { inner, outer } = canvas.viewbox();
  if (!outer.width || !inner.width) return;
  const whole = Math.min((outer.width - LEFT - PADDING) / inner.width, (outer.height - 2 * PADDING) / inner.height);
  const scale = Math.min(1, Math.max(whole, READABLE));
  const [width, height] = [outer.width / scale, outer.height / scale];
  const y = whole < READABLE ? inner.y - PADDING / scale : inner.y - (height - inner.height) / 2;
  canvas.viewbox({ x: inner.x - LEFT / scale, y, width, height });
}

export function center(canvas, element) {
  if (!element.parent) return;
  const { outer, scale } = canvas.viewbox();
  const zoom = Math.max(scale, READABLE);
  const box = element.waypoints ? around(element.waypoints) : element;
  const [width, height] = [outer.width / zoom, outer.height / zoom];
  // what is larger than the screen is shown from its beginning
  const x = box.width > width ? box.x - LEFT / zoom : box.x + box.width / 2 - width / 2;
  const y = box.height > height ? box.y - PADDING / zoom : box.y + box.height / 2 - height / 2;
  canvas.viewbox({ x, y, width, height });
}

function around(points) {
  const [xs, ys] = [points.map((one) => one.x), points.map((one) => one.y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}
