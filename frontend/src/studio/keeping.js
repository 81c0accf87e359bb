// What the package does not understand stays in the file: shapes it does not draw, and names of things that are elsewhere.
//
// Before saving, the package writes the picture anew in the order of what it has drawn, and so forgets what it has not:
// a process that only a call shows, for one. Here those come after the others.
class Ordering {
  constructor(eventBus, canvas) {
    const known = new Map();
    eventBus.on('import.done', () => {
      for (const root of canvas.getRootElements()) {
        const plane = planeOf(root);
        if (plane) known.set(plane, strangers(plane, drawnUnder(root)));
      }
    });
    eventBus.on('saveXML.start', () => {
      for (const root of canvas.getRootElements()) {
        const plane = planeOf(root);
        if (!plane) continue;
        const drawn = drawnUnder(root);
        const others = (known.get(plane) ?? []).filter((one) => !drawn.has(one));
        plane.set('planeElement', [...drawn, ...others]);
      }
    });
  }
}

Ordering.$inject = ['eventBus', 'canvas'];

function planeOf(root) {
  return root.di?.$type === 'bpmndi:BPMNPlane' ? root.di : null;
}

// The shapes and edges of everything on a plane, from the back to the front.
function drawnUnder(root) {
  const found = new Set();
  const visit = (element) => {
    for (const child of element.children ?? []) {
      if (child.di && !child.labelTarget) found.add(child.di);
      visit(child);
    }
  };
  visit(root);
  return found;
}

function strangers(plane, drawn) {
  return plane.get('planeElement').filter((one) => !drawn.has(one));
}

// How a drawing hangs together; the check names such a place, and a stand-in there would be drawn.
const JOINED = ['sourceRef', 'targetRef', 'incoming', 'outgoing', 'flowNodeRef', 'attachedToRef', 'default', 'bpmnElement', 'processRef'];

// A reference to something the file does not hold (variables of another engine, a message of another file) would be
// dropped on reading. A stand-in with that id, which is in no list of the file, is written as the same reference.
export function keepReferences({ warnings = [] }, moddle) {
  for (const { element, property, value } of warnings) {
    if (!element?.$descriptor || !property || typeof value !== 'string') continue;
    const name = property.split(':').pop();
    const described = element.$descriptor.propertiesByName[property];
    if (!described?.isReference || JOINED.includes(name)) continue;
    const standIn = moddle.create(described.type, { id: value });
    if (described.isMany) element.get(property).push(standIn);
    else element.set(property, standIn);
  }
}

export default { bpmnDiOrdering: ['type', Ordering] };
