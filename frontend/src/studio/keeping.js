// Shapes that the package does not draw stay in the file.
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

export default { bpmnDiOrdering: ['type', Ordering] };
