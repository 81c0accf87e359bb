// Findings of the check on the drawing: a badge at each element that one speaks of.
import { make } from './dom.js';

export class Marks {
  constructor(modeler, say) {
    this.registry = modeler.get('elementRegistry');
    this.overlays = modeler.get('overlays');
    this.canvas = modeler.get('canvas');
    this.say = say;
  }

  // Map of element -> findings; those whose place is not drawn are left out, the list below the drawing has them.
  show(findings) {
    const placed = new Map();
    for (const one of findings) {
      const element = this.placeOf(one.element);
      if (element) placed.set(element, [...(placed.get(element) ?? []), one]);
    }
    this.overlays.remove({ type: 'finding' });
    for (const [element, found] of placed) {
      if (element.parent) this.overlays.add(element, 'finding', { position: cornerOf(element), html: this.badge(found) });
    }
    return placed;
  }

  badge(found) {
    const errors = found.filter((one) => one.severity === 'error').length;
    const warnings = found.length - errors;
    const text = this.say(errors ? '{errors} errors, {warnings} warnings' : '{warnings} warnings', { errors, warnings });
    const kind = errors ? 'error' : 'warning';
    return make('div', { class: `finding-mark ${kind}`, role: 'img', 'aria-label': text, title: found.map((one) => one.sentence).join('\n'), translate: 'no' },
      `${errors ? '✕' : '!'} ${found.length}`);
  }

  // The check names the nearest element of the file with an id; not all of those are drawn by themselves.
  placeOf(id) {
    if (!id) return undefined;
    const drawn = this.registry.get(id);
    if (drawn) return drawn;
    const pools = this.registry.filter((one) => one.businessObject?.get?.('processRef')?.id === id);
    return pools[0] ?? this.registry.find((one) => !one.labelTarget && one.businessObject && holds(one.businessObject, id));
  }
}

// At the upper left of a shape, in the middle of a flow.
function cornerOf({ waypoints }) {
  if (!waypoints) return { top: -10, left: -10 };
  const [xs, ys] = [waypoints.map((one) => one.x), waypoints.map((one) => one.y)];
  const at = Math.floor((waypoints.length - 1) / 2);
  const [one, next] = [waypoints[at], waypoints[at + 1]];
  return { left: (one.x + next.x) / 2 - Math.min(...xs) - 12, top: (one.y + next.y) / 2 - Math.min(...ys) - 10 };
}

// An event definition, a condition, a repetition: what an element of the drawing consists of.
function holds(bo, id) {
  const parts = [bo.get('loopCharacteristics'), bo.get('conditionExpression'), ...(bo.get('eventDefinitions') ?? []), ...(bo.get('laneSets') ?? [])];
  for (const name of ['messageRef', 'signalRef', 'errorRef', 'escalationRef', 'dataObjectRef']) parts.push(bo.get(name));
  for (const definition of bo.get('eventDefinitions') ?? []) {
    for (const name of ['messageRef', 'signalRef', 'errorRef', 'escalationRef']) parts.push(definition.get(name));
  }
  return parts.some((part) => part?.id === id);
}
