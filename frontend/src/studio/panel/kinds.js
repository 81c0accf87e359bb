// What an element of the drawing is called, and its sign in the editor's own font of signs.
import { getBusinessObject } from 'bpmn-js/lib/util/ModelUtil';
import { isEventSubProcess } from 'bpmn-js/lib/util/DiUtil';

const PLAIN = {
  Process: ['Process', 'participant'],
  Collaboration: ['Process', 'participant'],
  Participant: ['Pool', 'participant'],
  Lane: ['Lane', 'lane'],
  UserTask: ['Task of a person', 'user-task'],
  ServiceTask: ['Task of the system', 'service-task'],
  BusinessRuleTask: ['Decision by table', 'business-rule-task'],
  ScriptTask: ['Computation', 'script-task'],
  SendTask: ['Sending task', 'send-task'],
  ReceiveTask: ['Receiving task', 'receive-task'],
  ManualTask: ['Task outside the system', 'manual-task'],
  Task: ['Task', 'task'],
  SubProcess: ['Subprocess', 'subprocess-expanded'],
  CallActivity: ['Call of another process', 'call-activity'],
  Transaction: ['Transaction', 'transaction'],
  AdHocSubProcess: ['Ad-hoc subprocess', 'subprocess-expanded'],
  ExclusiveGateway: ['Choice of one way', 'gateway-xor'],
  InclusiveGateway: ['Choice of several ways', 'gateway-or'],
  ParallelGateway: ['All ways side by side', 'gateway-parallel'],
  EventBasedGateway: ['Whatever happens first', 'gateway-eventbased'],
  ComplexGateway: ['Complex gateway', 'gateway-complex'],
  SequenceFlow: ['Flow', 'connection'],
  MessageFlow: ['Message flow', 'connection'],
  TextAnnotation: ['Annotation', 'text-annotation'],
  Association: ['Line to an annotation', 'connection'],
  Group: ['Group', 'group'],
  DataObjectReference: ['Data object', 'data-object'],
  DataStoreReference: ['Data store', 'data-store'],
};
const EVENTS = {
  StartEvent: ['Start', 'start-event-none'],
  EndEvent: ['End', 'end-event-none'],
  IntermediateThrowEvent: ['Intermediate event', 'intermediate-event-none'],
  IntermediateCatchEvent: ['Waiting event', 'intermediate-event-none'],
  BoundaryEvent: ['Event at a step', 'intermediate-event-none'],
};
const DEFINITIONS = {
  MessageEventDefinition: 'Message',
  TimerEventDefinition: 'Time',
  ErrorEventDefinition: 'Error',
  EscalationEventDefinition: 'Escalation',
  SignalEventDefinition: 'Signal',
  ConditionalEventDefinition: 'Condition',
  LinkEventDefinition: 'Link',
  TerminateEventDefinition: 'Ends everything',
  CompensateEventDefinition: 'Compensation',
  CancelEventDefinition: 'Cancellation',
};

// { title, sign }; `say` translates.
export function kindOf(element, say) {
  const bo = getBusinessObject(element);
  const type = bo.$type.replace('bpmn:', '');
  if (type in EVENTS) {
    const [definition] = bo.get('eventDefinitions') ?? [];
    const of = definition && DEFINITIONS[definition.$type.replace('bpmn:', '')];
    const [title, sign] = EVENTS[type];
    return { title: of ? `${say(title)}: ${say(of)}` : say(title), sign };
  }
  if (type === 'SubProcess' && isEventSubProcess(element)) return { title: say('Event subprocess'), sign: 'event-subprocess-expanded' };
  const [title, sign] = PLAIN[type] ?? [type, 'task'];
  return { title: say(title), sign };
}

// The name that is drawn, or the id.
export function nameOf(element) {
  const bo = getBusinessObject(element);
  const drawn = bo.$type === 'bpmn:Group' ? bo.get('categoryValueRef')?.get('value') : bo.get('name') || bo.get('text');
  return drawn || (bo.$type === 'bpmn:SequenceFlow' && wayOf(element)) || bo.id;
}

// From where to where a flow leads; '' for everything else.
export function wayOf(element) {
  const { source, target, businessObject: bo } = element;
  if (!source || !target) return '';
  return `${nameOf(source)} → ${nameOf(target)}${bo.get('name') ? ` (${bo.get('name')})` : ''}`;
}
