// The groups of the panel for each kind of element: what the engine obeys, and nothing else.
import { is, isAny } from 'bpmn-js/lib/util/ModelUtil';
import { isEventSubProcess } from 'bpmn-js/lib/util/DiUtil';
import { eventGroups } from './events.js';
import { insertable } from './names.js';
import { repetition } from './repetition.js';
import { namedValues } from './values.js';

const REPEATABLE = ['bpmn:UserTask', 'bpmn:ManualTask', 'bpmn:ScriptTask', 'bpmn:ServiceTask', 'bpmn:BusinessRuleTask', 'bpmn:SubProcess'];
const MAPPED = ['bpmn:UserTask', 'bpmn:ServiceTask', 'bpmn:BusinessRuleTask'];
const CHOOSING = ['bpmn:ExclusiveGateway', 'bpmn:InclusiveGateway', 'bpmn:Activity'];
const NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u;

// context: { element, model, words, say, draft }
export function groupsOf(context) {
  const { element } = context;
  const bo = element.businessObject;
  if (bo.$type === 'bpmn:Collaboration') return [processGroup(context)];
  const groups = [general(context)];
  if (isAny(bo, ['bpmn:Process', 'bpmn:Participant'])) groups.push(processGroup(context));
  if (is(bo, 'bpmn:SequenceFlow')) groups.push(condition(context));
  if (is(bo, 'bpmn:Gateway')) groups.push(defaultFlow(context));
  if (is(bo, 'bpmn:UserTask')) groups.push(who(context), form(context));
  if (is(bo, 'bpmn:ServiceTask')) groups.push(operation(context));
  if (is(bo, 'bpmn:BusinessRuleTask')) groups.push(decision(context));
  if (is(bo, 'bpmn:ScriptTask')) groups.push(script(context));
  groups.push(...eventGroups(context));
  if (is(bo, 'bpmn:Activity')) groups.push(term(context));
  if (isAny(bo, MAPPED)) groups.push(results(context));
  if (isAny(bo, REPEATABLE) && !isEventSubProcess(element)) groups.push(repetition(context));
  if (bo.$type !== 'bpmn:Process') groups.push(details(context));
  return groups;
}

// --- general -------------------------------------------------------------------------------------------------------

function general({ element, model, say }) {
  const bo = element.businessObject;
  const fields = [];
  if (is(bo, 'bpmn:TextAnnotation')) {
    fields.push({ kind: 'area', key: 'text', label: say('Text'), value: bo.get('text') ?? '', set: (text) => model.set(element, { text }) });
  } else if (is(bo, 'bpmn:Group')) {
    fields.push(groupName(element, model, say));
  } else if (bo.$type !== 'bpmn:Process') {
    fields.push(
      { kind: 'text', key: 'name', label: say('Name'), value: bo.get('name') ?? '', set: (name) => model.set(element, { name: name || undefined }) },
      { kind: 'text', key: 'name-en', label: say('English name'), value: model.property(bo, 'name.en'), set: (value) => model.setProperty(element, bo, 'name.en', value) },
    );
  }
  return { id: 'general', title: say('General'), fields };
}

function details({ element, model, say }) {
  const bo = element.businessObject;
  return { id: 'details', title: say('Id and note'), fields: [identifier(element, model, say), documentation(element, bo, model, say, 'documentation')] };
}

function documentation(element, bo, model, say, key) {
  return { kind: 'area', key, rows: 2, label: say('Note'), value: model.documentation(bo), set: (text) => model.setDocumentation(element, bo, text) };
}

function identifier(element, model, say) {
  const bo = element.businessObject;
  return {
    kind: 'text',
    key: 'id',
    late: true, // a half-typed id would be written into the file
    code: true,
    label: say('Id'),
    hint: is(bo, 'bpmn:FlowNode') ? say('Conditions name the step by it. Change it before it is used, or change both.') : '',
    value: bo.id,
    wrong: (id) => {
      if (!NAME.test(id)) return say('Use letters, digits and _ and begin with a letter.');
      return model.idTaken(id, bo) ? say('Another element has this id.') : '';
    },
    set: (id) => model.set(element, { id }),
  };
}

function groupName(element, model, say) {
  const bo = element.businessObject;
  const value = bo.get('categoryValueRef');
  return {
    kind: 'text',
    key: 'name',
    label: say('Name'),
    value: value?.get('value') ?? '',
    set: (text) => (value ? model.write(element, [[value, { value: text }]]) : model.modeling.updateLabel(element, text)),
  };
}

function processGroup({ element, model, say }) {
  const process = model.process(element);
  if (!process) return { id: 'process', title: say('Process'), fields: [{ kind: 'note', key: 'black-box', text: say('This pool holds no process of ours; it is picture only.') }] };
  const fields = [
    { kind: 'text', key: 'process-name', label: say('Name of the process'), value: process.get('name') ?? '', set: (name) => model.write(element, [[process, { name: name || undefined }]]) },
    { kind: 'text', key: 'process-id', code: true, readonly: true, label: say('Id of the process'), value: process.id ?? '', set: () => {} },
    documentation(element, process, model, say, 'process-documentation'),
  ];
  if (!process.get('isExecutable')) {
    fields.push({ kind: 'check', key: 'executable', label: say('Executable'), value: false, set: (isExecutable) => model.write(element, [[process, { isExecutable }]]) });
  }
  return { id: 'process', title: say('Process'), fields };
}

// --- people --------------------------------------------------------------------------------------------------------

const listed = (text) => (text ?? '').split(/[,\s]+/).filter(Boolean);

function who({ element, model, words, say }) {
  const bo = element.businessObject;
  const others = model.elements().map((one) => one.businessObject).filter((one) => one !== bo && isAny(one, ['bpmn:UserTask', 'bpmn:ManualTask']));
  const text = (name, label, hint) => ({ kind: 'text', key: name, code: true, label, hint, value: model.property(bo, name) ?? '', set: (value) => model.setProperty(element, bo, name, value.trim()) });
  const check = (name, label) => ({ kind: 'check', key: name, label, value: model.property(bo, name) === 'yes', set: (value) => model.setProperty(element, bo, name, value ? 'yes' : '') });
  return {
    id: 'who',
    title: say('Who'),
    fields: [
      {
        kind: 'picks',
        key: 'roles',
        label: say('Roles'),
        hint: say('Everybody of these roles at the office in charge may take the task.'),
        add: say('Add a role…'),
        values: listed(bo.get('camunda:candidateGroups')),
        options: (words.roles ?? []).map(({ id, title }) => ({ value: id, label: title })),
        set: (values) => model.set(element, { 'camunda:candidateGroups': values.join(',') || undefined }),
      },
      {
        kind: 'picks',
        key: 'separate',
        label: say('Not who did'),
        hint: say('Whoever completed one of these steps may not do this one.'),
        add: say('Add a step…'),
        values: listed(model.property(bo, 'separate-from')),
        options: others.map((one) => ({ value: one.id, label: one.get('name') || one.id })),
        set: (values) => model.setProperty(element, bo, 'separate-from', values.join(',')),
      },
      text('separation-group', say('Separation group'), say('Of the steps with the same word here nobody does two in one case.')),
      text('skill', say('Training needed'), say('Only people who were given this word as a skill may take the task.')),
      {
        kind: 'select',
        key: 'assign',
        label: say('Goes to'),
        hint: say('Nobody gets a task that separation of duties keeps from them; it can then be claimed by the others.'),
        empty: say('Nobody: those of the role claim it'),
        value: model.property(bo, 'assign') ?? '',
        options: [
          { value: 'least-loaded', label: say('Whoever of them holds the fewest tasks') },
          ...[bo, ...others].map((one) => ({ value: `same-as:${one.id}`, label: say('Whoever did “{step}”', { step: one.get('name') || one.id }) })),
        ],
        set: (value) => model.setProperty(element, bo, 'assign', value),
      },
      check('nominate', say('A head names who may do it')),
      check('skippable', say('People may skip it, with a reason')),
      {
        kind: 'select',
        key: 'priority',
        label: say('Priority'),
        empty: say('Usual'),
        value: model.property(bo, 'priority') ?? '',
        options: [['0', say('First of all')], ['2', say('Urgent')], ['8', say('Can wait')]].map(([value, label]) => ({ value, label })),
        set: (value) => model.setProperty(element, bo, 'priority', value),
      },
    ],
  };
}

function form({ element, model, words, say, draft }) {
  const bo = element.businessObject;
  const key = bo.get('camunda:formKey') ?? '';
  const known = (words.forms ?? []).some((one) => one.key === key);
  const fields = [
    {
      kind: 'select',
      key: 'form',
      label: say('Form'),
      empty: say('No form'),
      value: key,
      options: (words.forms ?? []).map((one) => ({ value: one.key, label: one.title === one.key ? one.key : `${one.title} (${one.key})` })),
      set: (value) => model.set(element, { 'camunda:formKey': value || undefined }),
    },
  ];
  if (known) fields.push({ kind: 'link', key: 'form-link', text: say('Edit this form'), href: `${draft}/forms/${encodeURIComponent(key)}` });
  fields.push({
    kind: 'check',
    key: 'prefill',
    label: say('Show the earlier answers when the step comes again'),
    value: model.property(bo, 'prefill') !== 'no',
    set: (value) => model.setProperty(element, bo, 'prefill', value ? '' : 'no'),
  });
  return { id: 'form', title: say('Form'), fields };
}

// --- what the system does --------------------------------------------------------------------------------------------

function operation({ element, model, words, say }) {
  const bo = element.businessObject;
  const topic = bo.get('camunda:topic') ?? '';
  const found = (words.operations ?? []).find((one) => one.name === topic);
  const given = model.parameters(bo, 'input');
  const inputs = [...new Set([...(found?.inputs ?? []), ...given.map(({ name }) => name)])];
  return {
    id: 'operation',
    title: say('Operation'),
    fields: [
      {
        kind: 'select',
        key: 'topic',
        label: say('What the system does'),
        empty: say('Choose an operation…'),
        value: topic,
        options: (words.operations ?? []).map(({ name, title }) => ({ value: name, label: title && title !== name ? `${title} (${name})` : name })),
        set: (value) => model.set(element, { 'camunda:type': value ? 'external' : undefined, 'camunda:topic': value || undefined }),
      },
      ...(found?.outputs?.length ? [{ kind: 'note', key: 'outputs', text: say('It gives back: {names}', { names: found.outputs.map((name) => `${bo.id}.${name}`).join(', ') }) }] : []),
      ...inputs.map((name) => ({
        kind: 'text',
        key: `input-${name}`,
        code: true,
        label: say('Input {name}', { name }),
        hint: found && !found.inputs.includes(name) ? say('The operation takes no such input; empty the field to remove it.') : say('A text, or an expression that begins with ='),
        value: given.find((one) => one.name === name)?.value ?? '',
        set: (value) => setInput(model, element, bo, name, value),
      })),
    ],
  };
}

function setInput(model, element, bo, name, value) {
  const held = model.parameters(bo, 'input').find((one) => one.name === name)?.held;
  if (value) model.setParameter(element, bo, 'input', name, value);
  else if (held) model.removeParameter(element, bo, 'input', held);
}

function decision({ element, model, words, say, draft }) {
  const bo = element.businessObject;
  const name = bo.get('camunda:decisionRef') ?? '';
  const table = (words.tables ?? []).find((one) => one.name === name);
  const choice = (key, label, list, empty) => ({
    kind: 'select',
    key,
    label,
    empty,
    value: model.property(bo, key),
    options: list.map((one) => ({ value: one.name ?? one.id, label: one.title ?? one.name ?? one.id })),
    set: (value) => model.setProperty(element, bo, key, value),
  });
  const fields = [
    {
      kind: 'select',
      key: 'table',
      label: say('Table'),
      empty: say('Choose a table…'),
      value: name,
      options: (words.tables ?? []).map((one) => ({ value: one.name, label: one.title === one.name ? one.name : `${one.title} (${one.name})` })),
      set: (value) => model.set(element, { 'camunda:decisionRef': value || undefined }),
    },
  ];
  if (table) fields.push({ kind: 'link', key: 'table-link', text: say('Edit this table'), href: `${draft}/tables/${encodeURIComponent(name)}` });
  const direct = !model.property(bo, 'facts') && !model.property(bo, 'record');
  const asked = (table?.decisions ?? []).find(({ id }) => id === model.property(bo, 'decision')) ?? table?.decisions?.at(-1);
  fields.push(
    choice('decision', say('Decision in the table'), (table?.decisions ?? []).map(({ id, title }) => ({ name: id, title })), say('The last one')),
    choice('facts', say('What it is asked about'), words.facts ?? [], say('The values below')),
    choice('record', say('What is done with the result'), words.records ?? [], say('The case keeps it')),
    ...(direct ? kept(element, model, bo, say) : []),
    ...(direct ? asks(element, model, bo, asked?.inputs ?? [], say) : []),
    { kind: 'text', key: 'result', code: true, label: say('Name of the result'), hint: say('Only if later expressions speak of it'), value: bo.get('camunda:resultVariable') ?? '', wrong: (text) => (text && !NAME.test(text) ? say('Use letters, digits and _ and begin with a letter.') : ''), set: (value) => model.set(element, { 'camunda:resultVariable': value || undefined }) },
  );
  return { id: 'decision', title: say('Decision'), fields };
}

// What the case keeps of a decision, as camunda:mapDecisionResult names it.
function kept(element, model, bo, say) {
  const value = bo.get('camunda:mapDecisionResult') ?? '';
  const options = [
    ['singleEntry', say('One value')],
    ['singleResult', say('The outputs of one row')],
    ['collectEntries', say('A list of values')],
    ['resultList', say('A list of rows')],
  ];
  return [{
    kind: 'select',
    key: 'mapping',
    label: say('What is kept'),
    empty: say('A list of rows'),
    value,
    options: options.filter(([name]) => name !== 'resultList' || value === name).map(([name, label]) => ({ value: name, label })),
    set: (chosen) => model.set(element, { 'camunda:mapDecisionResult': chosen || undefined }),
  }];
}

// What the table asks for and the step gives it; a name that it is not given is looked for in the case itself.
function asks(element, model, bo, wanted, say) {
  const given = model.parameters(bo, 'input');
  return [...new Set([...wanted, ...given.map(({ name }) => name)])].map((name) => ({
    kind: 'text',
    key: `input-${name}`,
    code: true,
    label: say('Input {name}', { name }),
    hint: wanted.includes(name) ? say('An expression that begins with =; empty: the value of that name in the case') : say('The table asks for no such input; empty the field to remove it.'),
    value: given.find((one) => one.name === name)?.value ?? '',
    set: (value) => setInput(model, element, bo, name, value),
  }));
}

function script(context) {
  const { element, model, words, say } = context;
  const bo = element.businessObject;
  return {
    id: 'script',
    title: say('Computation'),
    fields: [{
      kind: 'area',
      key: 'script',
      code: true,
      rows: 5,
      label: say('Lines of the form name = expression'),
      hint: 'total = count(members) + 1',
      value: bo.get('script') ?? '',
      insert: insertable(model, words, say),
      set: (text) => model.set(element, { script: text || undefined, ...(text && !bo.get('scriptFormat') ? { scriptFormat: 'feel' } : {}) }),
    }],
  };
}

function results(context) {
  const { say } = context;
  return { id: 'results', title: say('Kept values'), fields: namedValues(context, 'output', { id: 'output', add: say('Keep a value') }) };
}

// --- terms ---------------------------------------------------------------------------------------------------------

function term({ element, model, words, say }) {
  const bo = element.businessObject;
  const terms = (words.terms ?? []).map(({ id, title }) => ({ value: id, label: title }));
  const property = (name) => ({ value: model.property(bo, name), set: (value) => model.setProperty(element, bo, name, value) });
  const fields = [
    { kind: 'select', key: 'stage', label: say('Stage'), empty: say('No stage'), options: (words.stages ?? []).map(({ code, label }) => ({ value: code, label })), ...property('stage') },
  ];
  if (is(bo, 'bpmn:UserTask')) {
    fields.push(
      { kind: 'select', key: 'term', label: say('Term by law'), empty: say('None'), options: terms, ...property('term') },
      { kind: 'select', key: 'term-internal', label: say('Term of the house, where the law has none'), empty: say('None'), options: terms, ...property('term-internal') },
      { kind: 'check', key: 'case-limit', label: say('The day by which the whole case must be done'), value: model.property(bo, 'case-limit') === 'true', set: (value) => model.setProperty(element, bo, 'case-limit', value ? 'true' : '') },
      ...ignored(element, model, say),
    );
  }
  return { id: 'term', title: is(bo, 'bpmn:UserTask') ? say('Stage and term') : say('Stage'), fields };
}

// Other programs write these. Here a term comes from the policies; they are shown so that somebody can remove them.
function ignored(element, model, say) {
  const bo = element.businessObject;
  return [['dueDate', say('Due date')], ['priority', say('Priority')]].filter(([name]) => bo.get(`camunda:${name}`)).map(([name, label]) => ({
    kind: 'text',
    key: name,
    code: true,
    label,
    hint: say('Written by another program; a term has its day from the policies. Empty the field to remove it.'),
    value: bo.get(`camunda:${name}`),
    set: (value) => model.set(element, { [`camunda:${name}`]: value || undefined }),
  }));
}

// --- ways ----------------------------------------------------------------------------------------------------------

function condition(context) {
  const { element, model, words, say } = context;
  const bo = element.businessObject;
  const source = bo.get('sourceRef');
  const chooses = isAny(source, CHOOSING) && source.get('outgoing').length > 1;
  if (!chooses && !bo.get('conditionExpression')) return { id: 'condition', title: say('Condition'), fields: [{ kind: 'note', key: 'no-choice', text: say('The case always goes this way.') }] };
  const isDefault = source.get('default') === bo;
  const fields = [];
  if (chooses) {
    fields.push({
      kind: 'check',
      key: 'default',
      label: say('The way when no condition holds'),
      value: isDefault,
      set: (value) => model.set(element.source, { default: value ? bo : undefined }),
    });
  }
  if (!isDefault || bo.get('conditionExpression')) {
    fields.push({
      kind: 'area',
      key: 'condition',
      code: true,
      label: say('Condition'),
      hint: 'sign.outcome = "RETURN" and check.missing > 0',
      value: model.expression(bo, 'conditionExpression'),
      insert: insertable(model, words, say),
      set: (text) => model.setExpression(element, bo, 'conditionExpression', text),
    });
  }
  return { id: 'condition', title: say('Condition'), fields };
}

function defaultFlow({ element, model, say }) {
  const bo = element.businessObject;
  const flows = bo.get('outgoing') ?? [];
  if (!isAny(bo, ['bpmn:ExclusiveGateway', 'bpmn:InclusiveGateway']) || flows.length < 2) return { id: 'ways', title: '', fields: [] };
  const label = (flow) => `${flow.get('name') || flow.id} → ${flow.get('targetRef')?.get('name') || flow.get('targetRef')?.id || ''}`;
  return {
    id: 'ways',
    title: say('Ways'),
    fields: [{
      kind: 'select',
      key: 'default-flow',
      label: say('When no condition holds'),
      empty: say('None'),
      value: bo.get('default')?.id ?? '',
      options: flows.map((flow) => ({ value: flow.id, label: label(flow) })),
      set: (id) => model.set(element, { default: flows.find((flow) => flow.id === id) }),
    }],
  };
}
