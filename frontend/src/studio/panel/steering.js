// What the mouse does beside an element, as buttons and lists: go on from here, become something else, remove.
import { is, isAny } from 'bpmn-js/lib/util/ModelUtil';
import { isEventSubProcess } from 'bpmn-js/lib/util/DiUtil';
import { nameOf } from './kinds.js';

const NEXT = [
  ['Task of a person', { type: 'bpmn:UserTask' }],
  ['Task of the system', { type: 'bpmn:ServiceTask' }],
  ['Choice of one way', { type: 'bpmn:ExclusiveGateway' }],
  ['End', { type: 'bpmn:EndEvent' }],
  ['Annotation', { type: 'bpmn:TextAnnotation' }],
];
const WAITING = ['bpmn:UserTask', 'bpmn:ServiceTask', 'bpmn:ReceiveTask', 'bpmn:ManualTask', 'bpmn:SubProcess'];
const NO_WAY_ON = ['bpmn:EndEvent', 'bpmn:EventBasedGateway'];

export function steering({ element, model, modeler, say, readonly }) {
  const bo = element.businessObject;
  if (readonly || !element.parent) return [];
  const fields = [];
  const throwsLink = is(bo, 'bpmn:IntermediateThrowEvent') && model.eventDefinition(bo)?.$type === 'bpmn:LinkEventDefinition';
  if (is(bo, 'bpmn:FlowNode') && !isAny(bo, NO_WAY_ON) && !throwsLink && !isEventSubProcess(element)) {
    fields.push(
      { kind: 'heading', key: 'next-title', text: say('Add after it') },
      { kind: 'buttons', key: 'next', items: NEXT.map(([label, attributes]) => ({ label: say(label), act: () => append(modeler, element, attributes) })) },
      connect(element, model, say),
    );
  }
  if (isAny(bo, WAITING) && !isEventSubProcess(element)) {
    fields.push({ kind: 'buttons', key: 'attach', items: [{ label: say('Time limit at this step'), act: () => attach(modeler, element) }] });
  }
  const kinds = replacements(modeler, element);
  if (kinds.length) {
    fields.push({
      kind: 'select',
      key: 'replace',
      label: say('Make it'),
      empty: say('Choose…'),
      value: '',
      options: kinds.map(({ id, label }) => ({ value: id, label })),
      set: (id) => kinds.find((one) => one.id === id)?.action(),
    });
  }
  fields.push({ kind: 'buttons', key: 'remove', items: [{ label: say('Remove from the drawing'), danger: true, act: () => model.modeling.removeElements([element]) }] });
  return [{ id: 'steering', title: say('Drawing'), fields }];
}

function append(modeler, element, attributes) {
  const shape = modeler.get('elementFactory').createShape(attributes);
  const made = modeler.get('autoPlace').append(element, shape);
  modeler.get('selection').select(made ?? shape);
}

// An event of time at the lower edge; what it waits for is said in its own panel.
function attach(modeler, element) {
  const shape = modeler.get('elementFactory').createShape({ type: 'bpmn:BoundaryEvent', eventDefinitionType: 'bpmn:TimerEventDefinition' });
  const taken = element.attachers.length;
  const at = { x: element.x + element.width - 20 - 44 * taken, y: element.y + element.height };
  modeler.get('selection').select(modeler.get('modeling').createShape(shape, at, element, { attach: true }));
}

function connect(element, model, say) {
  const targets = model.elements().filter((one) => one !== element && is(one, 'bpmn:FlowNode') && !isAny(one, ['bpmn:StartEvent', 'bpmn:BoundaryEvent']) && one.businessObject.$parent === element.businessObject.$parent);
  return {
    kind: 'select',
    key: 'connect',
    label: say('Draw a flow to'),
    empty: say('Choose…'),
    value: '',
    options: targets.map((one) => ({ value: one.id, label: nameOf(one) })),
    set: (id) => id && model.modeling.connect(element, targets.find((one) => one.id === id)),
  };
}

// What the menu of the drawing offers too, already without what the check refuses.
function replacements(modeler, element) {
  const menu = modeler.get('popupMenu');
  if (menu.isEmpty(element, 'bpmn-replace')) return [];
  const { entries } = menu._getContext?.(element, 'bpmn-replace') ?? { entries: {} };
  return Object.entries(entries).map(([id, { label, action }]) => ({ id, label, action }));
}
