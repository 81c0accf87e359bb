// What the expressions of a drawing may speak of: read from its steps, forms and operations, like the server's check does.
import { is } from 'bpmn-js/lib/util/ModelUtil';

// What a case brings when it begins.
const CASE = ['ref', 'kind', 'programme', 'campaign', 'subject_state', 'month_end'];

// [{ label, items: [{ text, label }] }], one entry a step that brings something; first what the case itself brings.
export function insertable(model, words, say) {
  const steps = model.elements().map((one) => brought(one.businessObject, model, words)).filter(({ items }) => items.length);
  return [...steps, { label: say('The case'), items: CASE.map((name) => ({ text: `case.${name}`, label: '' })) }];
}

function brought(bo, model, words) {
  const found = { label: bo.get('name') || bo.id, items: [] };
  const add = (name, label = '') => found.items.push({ text: `${bo.id}.${name}`, label });
  if (is(bo, 'bpmn:UserTask')) {
    const form = (words.forms ?? []).find((one) => one.key === bo.get('camunda:formKey'));
    for (const field of form?.fields ?? []) if (field.route) offer(found, `${bo.id}.${field.key}`, field);
  } else if (is(bo, 'bpmn:ServiceTask')) {
    const operation = (words.operations ?? []).find((one) => one.name === bo.get('camunda:topic'));
    for (const name of operation?.outputs ?? []) add(name);
  } else if (is(bo, 'bpmn:BusinessRuleTask')) {
    const record = (words.records ?? []).find((one) => one.name === model.property(bo, 'record'));
    for (const name of record?.outputs ?? []) add(name);
    if (!record) keeps(bo, model, words, found);
    if (bo.get('camunda:resultVariable')) found.items.push({ text: bo.get('camunda:resultVariable'), label: '' });
  }
  return found;
}

// What the case keeps of a table that is asked about its own values: a value, or the outputs of one row.
function keeps(bo, model, words, found) {
  const table = (words.tables ?? []).find((one) => one.name === bo.get('camunda:decisionRef'));
  if (!table || bo.get('camunda:resultVariable')) return;
  const asked = table.decisions.find(({ id }) => id === model.property(bo, 'decision')) ?? table.decisions.at(-1);
  if (bo.get('camunda:mapDecisionResult') !== 'singleResult') found.items.push({ text: bo.id, label: '' });
  else for (const name of asked?.outputs ?? []) found.items.push({ text: `${bo.id}.${name}`, label: '' });
}

// A field with choices is offered as the comparison with each of them.
function offer(found, path, field) {
  found.items.push({ text: path, label: field.label });
  for (const { value, label } of field.options ?? []) {
    found.items.push({ text: `${path} = ${JSON.stringify(value)}`, label: `${field.label}: ${label}` });
  }
}
