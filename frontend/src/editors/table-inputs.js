// The names that the columns of a table ask for, declared as its inputs: the table editor has no drawing of the
// requirements, and a name that is not declared is unknown to the decision.

const PATH = /^\s*([\p{L}_][\p{L}\p{N}_]*)((?:\.[\p{L}_][\p{L}\p{N}_]*)*)\s*$/u;
const NO_NAMES = ['true', 'false', 'null'];
const SIMPLE = ['string', 'number', 'boolean', 'date', 'time', 'date and time'];

// Adds what is missing to the model; an expression that is more than a name and its parts is left to the owner.
export function declareInputs(modeler) {
  const definitions = modeler.getDefinitions();
  if (!definitions) return;
  const create = (type, values, parent) => Object.assign(modeler._moddle.create(type, values), { $parent: parent });
  for (const decision of (definitions.drgElement ?? []).filter((one) => one.$type === 'dmn:Decision')) {
    for (const input of decision.decisionLogic?.input ?? []) {
      const found = PATH.exec(input.inputExpression?.text ?? '');
      if (!found || NO_NAMES.includes(found[1])) continue;
      require(definitions, decision, found[1], found[2] ? '' : input.inputExpression.typeRef, create);
    }
  }
}

function require(definitions, decision, name, typeRef, create) {
  const elements = definitions.drgElement;
  const required = (decision.informationRequirement ?? []).map((one) => (one.requiredInput ?? one.requiredDecision)?.href);
  const known = elements.filter((one) => one !== decision && one.name === name);
  if (known.some((one) => required.includes(`#${one.id}`))) return;
  if (name === decision.name || known.some((one) => !['dmn:InputData', 'dmn:Decision'].includes(one.$type))) return;
  const source = known[0] ?? inputData(definitions, name, typeRef, create);
  const reference = create('dmn:DMNElementReference', { href: `#${source.id}` });
  const kind = source.$type === 'dmn:InputData' ? 'requiredInput' : 'requiredDecision';
  const asks = create('dmn:InformationRequirement', { id: free(definitions, `${decision.id}_asks_${source.id}`), [kind]: reference }, decision);
  reference.$parent = asks;
  decision.informationRequirement = [...(decision.informationRequirement ?? []), asks];
}

function inputData(definitions, name, typeRef, create) {
  const id = free(definitions, `data_${name.replace(/[^\w]/g, '') || 'input'}`);
  const made = create('dmn:InputData', { id, name }, definitions);
  const type = SIMPLE.includes(typeRef) ? { typeRef } : {};
  made.variable = create('dmn:InformationItem', { id: `${id}_variable`, name, ...type }, made);
  definitions.drgElement.push(made);
  return made;
}

function free(definitions, wanted) {
  const taken = new Set(definitions.drgElement.flatMap((one) => [one.id, ...(one.informationRequirement ?? []).map(({ id }) => id)]));
  let id = wanted;
  for (let number = 2; taken.has(id); number += 1) id = `${wanted}_${number}`;
  return id;
}
