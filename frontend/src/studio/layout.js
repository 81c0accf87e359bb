// A picture for a file that has none: columns in the order of the flows. The owner moves things to where they belong.
const SIZE = { task: [100, 80], gateway: [50, 50], event: [36, 36] };
const GAP_X = 60;
const GAP_Y = 40;
const EDGE = 40; // around what lies in a subprocess

// Adds BPMNDiagram to definitions that have no shape at all. Returns whether it did.
export function layOut(definitions, moddle) {
  const drawn = (definitions.get('diagrams') ?? []).some((one) => one.get('plane')?.get('planeElement')?.length);
  const process = definitions.get('rootElements').find((one) => one.$type === 'bpmn:Process');
  if (drawn || !process) return false;
  const parts = [];
  place(process, 100, 100, parts, moddle);
  const plane = moddle.create('bpmndi:BPMNPlane', { id: freeId(moddle, 'Plane'), bpmnElement: process, planeElement: parts });
  const diagram = moddle.create('bpmndi:BPMNDiagram', { id: freeId(moddle, 'Diagram'), plane });
  plane.$parent = diagram;
  for (const part of parts) part.$parent = plane;
  diagram.$parent = definitions;
  definitions.set('diagrams', [diagram]);
  return true;
}

// Everything of one process or subprocess, from this corner on; returns the size it takes.
function place(scope, left, top, parts, moddle) {
  const elements = scope.get('flowElements') ?? [];
  const nodes = elements.filter((one) => one.$instanceOf('bpmn:FlowNode') && !one.$instanceOf('bpmn:BoundaryEvent'));
  const flows = elements.filter((one) => one.$type === 'bpmn:SequenceFlow' && one.get('sourceRef') && one.get('targetRef'));
  const boxes = new Map();
  let x = left;
  let right = left;
  let bottom = top;
  for (const column of columns(nodes, flows)) {
    let y = top;
    let width = 0;
    for (const node of column) {
      const inner = [];
      const [w, h] = sizeOf(node, x, y, inner, moddle);
      const box = { x, y, width: w, height: h };
      boxes.set(node, box);
      parts.push(shape(node, box, moddle), ...inner);
      y += h + GAP_Y;
      width = Math.max(width, w);
    }
    x += width + GAP_X;
    right = Math.max(right, x - GAP_X);
    bottom = Math.max(bottom, y - GAP_Y);
  }
  bottom = attach(elements, boxes, parts, moddle, bottom);
  for (const data of elements.filter((one) => one.$type.startsWith('bpmn:Data') && one.$type.endsWith('Reference'))) {
    parts.push(shape(data, { x: left, y: bottom + GAP_Y, width: 50, height: 50 }, moddle));
    bottom += GAP_Y + 50;
  }
  for (const flow of flows) {
    const [from, to] = [boxes.get(flow.get('sourceRef')), boxes.get(flow.get('targetRef'))];
    if (from && to) parts.push(edge(flow, from, to, moddle));
  }
  return [right - left, bottom - top];
}

// The farthest a node lies from a beginning, counted in flows; what goes back does not count.
function columns(nodes, flows) {
  const after = new Map(nodes.map((one) => [one, []]));
  for (const flow of flows) {
    const source = flow.get('sourceRef');
    after.get(source.get('attachedToRef') ?? source)?.push(flow.get('targetRef'));
  }
  const reached = new Set(flows.map((flow) => flow.get('targetRef')));
  const order = sorted(nodes, after, reached);
  const level = new Map(nodes.map((one) => [one, 0]));
  order.forEach((node, at) => {
    for (const next of after.get(node)) {
      if (order.indexOf(next) > at) level.set(next, Math.max(level.get(next) ?? 0, level.get(node) + 1));
    }
  });
  const found = [];
  for (const node of order) (found[level.get(node)] ??= []).push(node);
  return found.filter(Boolean);
}

// Nodes before what follows them, as far as there is no way back. Without recursion: a drawing may be a long chain.
function sorted(nodes, after, reached) {
  const done = new Set();
  const seen = new Set();
  const order = [];
  const beginnings = nodes.filter((one) => !reached.has(one));
  for (const start of [...beginnings, ...nodes]) {
    const stack = [start];
    while (stack.length) {
      const node = stack.at(-1);
      seen.add(node);
      const next = (after.get(node) ?? []).find((one) => after.has(one) && !seen.has(one));
      if (next) stack.push(next);
      else {
        stack.pop();
        if (!done.has(node)) order.unshift(node);
        done.add(node);
      }
    }
  }
  return order;
}

function sizeOf(node, x, y, inner, moddle) {
  if (node.$instanceOf('bpmn:SubProcess')) {
    const [width, height] = place(node, x + EDGE, y + EDGE, inner, moddle);
    return [Math.max(width, 100) + 2 * EDGE, Math.max(height, 60) + 2 * EDGE];
  }
  if (node.$instanceOf('bpmn:Gateway')) return SIZE.gateway;
  return node.$instanceOf('bpmn:Event') ? SIZE.event : SIZE.task;
}

// Events at the lower edge of their step.
function attach(elements, boxes, parts, moddle, bottom) {
  const taken = new Map();
  let lowest = bottom;
  for (const event of elements.filter((one) => one.$instanceOf('bpmn:BoundaryEvent'))) {
    const host = boxes.get(event.get('attachedToRef'));
    if (!host) continue;
    const at = taken.get(host) ?? 0;
    taken.set(host, at + 1);
    const box = { x: host.x + host.width - 50 - 46 * at, y: host.y + host.height - 18, width: 36, height: 36 };
    boxes.set(event, box);
    parts.push(shape(event, box, moddle));
    lowest = Math.max(lowest, box.y + 36);
  }
  return lowest;
}

function shape(element, box, moddle) {
  const bounds = moddle.create('dc:Bounds', box);
  const more = element.$instanceOf('bpmn:SubProcess') ? { isExpanded: true } : {};
  const made = moddle.create('bpmndi:BPMNShape', { id: freeId(moddle, element.id), bpmnElement: element, bounds, ...more });
  bounds.$parent = made;
  return made;
}

function edge(flow, from, to, moddle) {
  const [fy, ty] = [from.y + from.height / 2, to.y + to.height / 2];
  const [fx, tx] = [from.x + from.width, to.x];
  const middle = (fx + tx) / 2;
  const points = Math.abs(fy - ty) < 1 && tx > fx ? [[fx, fy], [tx, ty]] : [[fx, fy], [middle, fy], [middle, ty], [tx, ty]];
  const waypoint = points.map(([x, y]) => moddle.create('dc:Point', { x, y }));
  const made = moddle.create('bpmndi:BPMNEdge', { id: freeId(moddle, flow.id), bpmnElement: flow, waypoint });
  for (const point of waypoint) point.$parent = made;
  return made;
}

function freeId(moddle, name) {
  return moddle.ids.nextPrefixed(`${name}_di_`);
}
