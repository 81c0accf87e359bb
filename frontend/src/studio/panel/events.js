// The panel's groups for events and for the tasks that send and receive: message, signal, error, time, condition, link.
import { is, isAny } from 'bpmn-js/lib/util/ModelUtil';
import { isEventSubProcess } from 'bpmn-js/lib/util/DiUtil';
import { insertable } from './names.js';
import { namedValues } from './values.js';

const REFERENCES = {
  'bpmn:MessageEventDefinition': ['messageRef', 'bpmn:Message', 'name', 'Message'],
  'bpmn:SignalEventDefinition': ['signalRef', 'bpmn:Signal', 'name', 'Signal'],
  'bpmn:ErrorEventDefinition': ['errorRef', 'bpmn:Error', 'errorCode', 'Error code'],
  'bpmn:EscalationEventDefinition': ['escalationRef', 'bpmn:Escalation', 'escalationCode', 'Escalation code'],
};
const TIMES = ['timeDate', 'timeDuration', 'timeCycle'];

export function eventGroups(context) {
  const { element, model, say } = context;
  const bo = element.businessObject;
  if (isAny(bo, ['bpmn:SendTask', 'bpmn:ReceiveTask'])) {
    return [{ id: 'event', title: say('Message'), fields: message(context, bo, ['messageRef', 'bpmn:Message', 'name', 'Message']) }];
  }
  if (!is(bo, 'bpmn:Event')) return [];
  const definition = model.eventDefinition(bo);
  const fields = [...interrupting(context)];
  if (definition) fields.push(...ofDefinition(context, definition));
  return [{ id: 'event', title: say('Event'), fields }];
}

function ofDefinition(context, definition) {
  const reference = REFERENCES[definition.$type];
  if (reference) return message(context, definition, reference);
  if (definition.$type === 'bpmn:TimerEventDefinition') return timer(context, definition);
  if (definition.$type === 'bpmn:ConditionalEventDefinition') return [conditional(context, definition)];
  if (definition.$type === 'bpmn:LinkEventDefinition') return [link(context, definition)];
  return [];
}

// What sender and receiver agree on; a name that is new makes the message.
function message({ element, model, say }, holder, [reference, type, key, title]) {
  const bo = element.businessObject;
  const value = holder.get(reference)?.get(key) ?? '';
  const known = model.roots(type).map((one) => one.get(key)).filter(Boolean);
  const fields = [{
    kind: 'text',
    key: 'reference',
    late: true,
    label: say(title),
    hint: known.length ? say('In this file: {names}', { names: known.join(', ') }) : say('What sender and receiver agree on'),
    value,
    set: (text) => model.refer(element, holder, reference, type, key, text),
  }];
  if (type !== 'bpmn:Message') return fields;
  if (isAny(bo, ['bpmn:CatchEvent', 'bpmn:ReceiveTask'])) fields.push(correlation(element, model, say));
  else fields.push(...namedValues({ element, model, say }, 'input', { id: 'sent', add: say('Send a value along') }), correlation(element, model, say));
  return fields;
}

function correlation(element, model, say) {
  const bo = element.businessObject;
  return {
    kind: 'text',
    key: 'correlation',
    code: true,
    label: say('Meant for'),
    hint: say('An expression whose value sender and receiver have in common; empty: for everybody'),
    value: model.property(bo, 'correlation'),
    set: (value) => model.setProperty(element, bo, 'correlation', value),
  };
}

function interrupting({ element, model, say }) {
  const bo = element.businessObject;
  const [definition] = bo.get('eventDefinitions') ?? [];
  if (is(bo, 'bpmn:BoundaryEvent') && definition?.$type !== 'bpmn:ErrorEventDefinition') {
    return [{ kind: 'check', key: 'interrupting', label: say('It ends the step it is attached to'), value: bo.get('cancelActivity') !== false, set: (cancelActivity) => model.set(element, { cancelActivity }) }];
  }
  if (is(bo, 'bpmn:StartEvent') && element.parent && isEventSubProcess(element.parent) && definition?.$type !== 'bpmn:ErrorEventDefinition') {
    return [{ kind: 'check', key: 'interrupting', label: say('It ends everything around it'), value: bo.get('isInterrupting') !== false, set: (isInterrupting) => model.set(element, { isInterrupting }) }];
  }
  return [];
}

function timer(context, definition) {
  const { element, model, words, say } = context;
  const kind = TIMES.find((name) => definition.get(name)) ?? '';
  const examples = {
    timeDate: '2027-06-30T17:00:00+08:00, =case.month_end',
    timeDuration: 'P3D, PT15M',
    timeCycle: 'R3/P1D',
  };
  const clear = (except) => Object.fromEntries(TIMES.filter((name) => name !== except).map((name) => [name, undefined]));
  const body = kind ? model.expression(definition, kind) : '';
  const choose = (name) => {
    if (!name) return model.write(element, [[definition, clear('')]]);
    const made = model.factory.create('bpmn:FormalExpression', { body });
    made.$parent = definition;
    return model.write(element, [[definition, { ...clear(name), [name]: made }]]);
  };
  const fields = [{
    kind: 'select',
    key: 'timer-kind',
    label: say('When'),
    empty: say('Choose…'),
    value: kind,
    options: [
      { value: 'timeDate', label: say('At a moment') },
      { value: 'timeDuration', label: say('After a while') },
      { value: 'timeCycle', label: say('Again and again') },
    ],
    set: choose,
  }];
  if (kind) {
    fields.push({
      kind: 'area',
      key: 'timer-value',
      code: true,
      rows: 2,
      label: say('Time'),
      hint: say('Examples: {examples}', { examples: examples[kind] }),
      value: body,
      insert: insertable(model, words, say),
      set: (text) => (text ? model.setExpression(element, definition, kind, text) : model.write(element, [[definition.get(kind), { body: '' }]])),
    });
  }
  return fields;
}

function conditional({ element, model, words, say }, definition) {
  return {
    kind: 'area',
    key: 'event-condition',
    code: true,
    label: say('Condition'),
    value: model.expression(definition, 'condition'),
    insert: insertable(model, words, say),
    set: (text) => model.setExpression(element, definition, 'condition', text),
  };
}

function link({ element, model, say }, definition) {
  return {
    kind: 'text',
    key: 'link-name',
    label: say('Link'),
    hint: say('The same at the leaving and at the arriving event'),
    value: definition.get('name') ?? '',
    set: (name) => model.write(element, [[definition, { name: name || undefined }]]),
  };
}
