// The panel's group for steps that are done several times.
import { insertable } from './names.js';

const MANY = 'bpmn:MultiInstanceLoopCharacteristics';
const LOOP = 'bpmn:StandardLoopCharacteristics';
const NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u;

export function repetition(context) {
  const { element, model, say } = context;
  const loop = element.businessObject.get('loopCharacteristics');
  const kind = !loop ? '' : loop.$type === LOOP ? 'loop' : loop.get('isSequential') ? 'sequential' : 'parallel';
  const fields = [{
    kind: 'select',
    key: 'repetition',
    label: say('How often'),
    empty: say('Once'),
    value: kind,
    options: [
      { value: 'parallel', label: say('For each, side by side') },
      { value: 'sequential', label: say('For each, one after the other') },
      { value: 'loop', label: say('As long as a condition holds') },
    ],
    set: (value) => choose(element, model, value),
  }];
  if (kind === 'loop') fields.push(...whileFields(context, loop));
  else if (loop) fields.push(...manyFields(context, loop));
  return { id: 'repetition', title: say('Repetition'), fields };
}

function choose(element, model, value) {
  const held = element.businessObject.get('loopCharacteristics');
  const type = value === 'loop' ? LOOP : MANY;
  if (!value) model.set(element, { loopCharacteristics: undefined });
  else if (held?.$type === type) model.write(element, [[held, { isSequential: value === 'sequential' }]]);
  else {
    const made = model.factory.create(type, value === 'loop' ? {} : { isSequential: value === 'sequential' });
    made.$parent = element.businessObject;
    model.set(element, { loopCharacteristics: made });
  }
}

function manyFields({ element, model, words, say }, loop) {
  const insert = insertable(model, words, say);
  return [
    { kind: 'area', key: 'collection', code: true, rows: 2, label: say('For each of'), hint: 'plan_queries.queries', value: loop.get('camunda:collection') ?? '', insert, set: (value) => model.write(element, [[loop, { 'camunda:collection': value || undefined }]]) },
    { kind: 'text', key: 'element-variable', code: true, label: say('Called'), hint: say('The name of one of them inside the step'), value: loop.get('camunda:elementVariable') ?? '', wrong: (text) => (text && !NAME.test(text) ? say('Use letters, digits and _ and begin with a letter.') : ''), set: (value) => model.write(element, [[loop, { 'camunda:elementVariable': value || undefined }]]) },
    { kind: 'text', key: 'cardinality', code: true, label: say('Or so many times'), value: model.expression(loop, 'loopCardinality'), set: (value) => model.setExpression(element, loop, 'loopCardinality', value) },
    { kind: 'area', key: 'completion', code: true, rows: 2, label: say('Over as soon as'), hint: 'nrOfCompletedInstances >= 3', value: model.expression(loop, 'completionCondition'), insert, set: (value) => model.setExpression(element, loop, 'completionCondition', value) },
  ];
}

function whileFields({ element, model, words, say }, loop) {
  const insert = insertable(model, words, say);
  return [
    { kind: 'area', key: 'loop-condition', code: true, rows: 2, label: say('As long as'), value: model.expression(loop, 'loopCondition'), insert, set: (value) => model.setExpression(element, loop, 'loopCondition', value) },
    { kind: 'text', key: 'loop-maximum', label: say('At most so many times'), value: String(loop.get('loopMaximum') ?? ''), wrong: (text) => (/^\d*$/.test(text) ? '' : say('Write a number.')), set: (value) => model.write(element, [[loop, { loopMaximum: value ? Number(value) : undefined }]]) },
    { kind: 'check', key: 'test-before', label: say('Ask before the first time'), value: loop.get('testBefore') === true, set: (testBefore) => model.write(element, [[loop, { testBefore }]]) },
  ];
}
