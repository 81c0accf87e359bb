// What the panel reads from a drawing and writes into it. Every write is one step of undo.
// Only what the engine obeys has a function here; what other programs wrote beside it stays as it is.

export class Model {
  constructor(modeler) {
    this.modeling = modeler.get('modeling');
    this.factory = modeler.get('bpmnFactory');
    this.moddle = modeler.get('moddle');
    this.registry = modeler.get('elementRegistry');
    this.canvas = modeler.get('canvas');
    this.stack = modeler.get('commandStack');
    this.stack.registerHandler('studio.write', Writing);
  }

  // --- plain attributes ----------------------------------------------------------------------------------------------

  get(element, name) {
    return element.businessObject.get(name);
  }

  set(element, properties) {
    this.modeling.updateProperties(element, properties);
  }

  // Several objects of the model, as one step: writes = [[object, {name: value}], …].
  write(element, writes) {
    this.stack.execute('studio.write', { element, writes });
  }

  // --- extensions --------------------------------------------------------------------------------------------------

  // The value of <camunda:property name="…"> of an object of the model, or ''.
  property(bo, name) {
    return propertyOf(bo, name)?.value ?? '';
  }

  // An empty value removes the property, and the last one removes what stood around it.
  setProperty(element, bo, name, value) {
    const held = propertyOf(bo, name);
    if (held && value) return this.write(element, [[held, { value }]]);
    if (held) return this.without(element, bo, 'camunda:Properties', 'values', held);
    if (!value) return undefined;
    return this.withChild(element, bo, 'camunda:Properties', 'values', 'camunda:Property', { name, value });
  }

  // {name: value} of camunda:inputParameter or camunda:outputParameter; kind is 'input' or 'output'.
  parameters(bo, kind) {
    return (extension(bo, 'camunda:InputOutput')?.get(`${kind}Parameters`) ?? []).map((one) => ({
      name: one.name ?? '',
      value: one.value ?? '',
      held: one,
    }));
  }

  setParameter(element, bo, kind, name, value) {
    const held = this.parameters(bo, kind).find((one) => one.name === name)?.held;
    if (held) return this.write(element, [[held, { value }]]);
    const type = kind === 'input' ? 'camunda:InputParameter' : 'camunda:OutputParameter';
    return this.withChild(element, bo, 'camunda:InputOutput', `${kind}Parameters`, type, { name, value });
  }

  renameParameter(element, held, name) {
    this.write(element, [[held, { name }]]);
  }

  removeParameter(element, bo, kind, held) {
    this.without(element, bo, 'camunda:InputOutput', `${kind}Parameters`, held);
  }

  withChild(element, bo, block, list, type, attributes) {
    const made = this.factory.create(type, attributes);
    const around = extension(bo, block);
    if (around) {
      made.$parent = around;
      return this.write(element, [[around, { [list]: [...around.get(list), made] }]]);
    }
    const fresh = this.factory.create(block, { [list]: [made] });
    made.$parent = fresh;
    const extensions = bo.get('extensionElements');
    if (extensions) {
      fresh.$parent = extensions;
      return this.write(element, [[extensions, { values: [...extensions.get('values'), fresh] }]]);
    }
    const wrapper = this.factory.create('bpmn:ExtensionElements', { values: [fresh] });
    fresh.$parent = wrapper;
    wrapper.$parent = bo;
    return this.write(element, [[bo, { extensionElements: wrapper }]]);
  }

  without(element, bo, block, list, held) {
    const around = extension(bo, block);
    const rest = around.get(list).filter((one) => one !== held);
    const others = ['values', 'inputParameters', 'outputParameters'].filter((one) => one !== list);
    const bare = !rest.length && others.every((one) => !around.get(one)?.length) && !around.$children?.length;
    if (!bare) return this.write(element, [[around, { [list]: rest }]]);
    const extensions = bo.get('extensionElements');
    const left = extensions.get('values').filter((one) => one !== around);
    return left.length
      ? this.write(element, [[extensions, { values: left }]])
      : this.write(element, [[bo, { extensionElements: undefined }]]);
  }

  // --- parts of the standard -----------------------------------------------------------------------------------------

  documentation(bo) {
    return bo.get('documentation')?.[0]?.text ?? '';
  }

  setDocumentation(element, bo, text) {
    const [first, ...rest] = bo.get('documentation') ?? [];
    if (first && text) return this.write(element, [[first, { text }]]);
    if (!text) return this.write(element, [[bo, { documentation: rest }]]);
    const made = this.factory.create('bpmn:Documentation', { text });
    made.$parent = bo;
    return this.write(element, [[bo, { documentation: [made] }]]);
  }

  // A part that holds an expression: conditionExpression, timeDate, loopCardinality, condition, completionCondition.
  expression(bo, name) {
    return bo.get(name)?.get('body') ?? '';
  }

  setExpression(element, bo, name, body, clear = {}) {
    const held = bo.get(name);
    if (held && body) return this.write(element, [[held, { body }], [bo, clear]]);
    if (!body) return this.write(element, [[bo, { ...clear, [name]: undefined }]]);
    const made = this.factory.create('bpmn:FormalExpression', { body });
    made.$parent = bo;
    return this.write(element, [[bo, { ...clear, [name]: made }]]);
  }

  eventDefinition(bo) {
    return bo.get('eventDefinitions')?.[0];
  }

  definitions() {
    let object = this.canvas.getRootElement().businessObject;
    while (object && object.$type !== 'bpmn:Definitions') object = object.$parent;
    return object;
  }

  roots(type) {
    return (this.definitions()?.get('rootElements') ?? []).filter((one) => one.$type === type);
  }

  // Point at the message, signal, error or escalation with this name or code; make it when there is none yet.
  refer(element, holder, reference, type, key, text) {
    if (!text) return this.write(element, [[holder, { [reference]: undefined }]]);
    const found = this.roots(type).find((one) => one.get(key) === text);
    if (found) return this.write(element, [[holder, { [reference]: found }]]);
    const home = this.definitions();
    const made = this.factory.create(type, { [key]: text, ...(key === 'name' ? {} : { name: text }) });
    made.$parent = home;
    return this.write(element, [[home, { rootElements: [...home.get('rootElements'), made] }], [holder, { [reference]: made }]]);
  }

  // The process that is drawn: of the canvas itself, or of a pool.
  process(element) {
    const bo = element.businessObject;
    if (bo.$type === 'bpmn:Process') return bo;
    if (bo.$type === 'bpmn:Participant') return bo.get('processRef');
    const pools = bo.$type === 'bpmn:Collaboration' ? bo.get('participants') : [];
    return pools.map((pool) => pool.get('processRef')).find(Boolean);
  }

  // Everything drawn that a person can speak of, in the order of the picture.
  elements() {
    return this.registry.filter((one) => !one.labelTarget && one.parent && one.businessObject?.$type);
  }

  idTaken(id, bo) {
    const held = this.moddle.ids.assigned(id);
    return Boolean(held && held !== bo);
  }
}

function propertyOf(bo, name) {
  return extension(bo, 'camunda:Properties')?.get('values')?.find((one) => one.name === name);
}

function extension(bo, type) {
  return bo?.get('extensionElements')?.get('values')?.find((one) => one.$type === type);
}

// {element, writes: [[object, properties], …]}
function Writing() {}

Writing.prototype.execute = function execute(context) {
  context.before = context.writes.map(([object, properties]) => {
    const old = Object.fromEntries(Object.keys(properties).map((name) => [name, object.get(name)]));
    put(object, properties);
    return [object, old];
  });
  return [context.element];
};

Writing.prototype.revert = function revert(context) {
  for (const [object, old] of [...context.before].reverse()) put(object, old);
  return [context.element];
};

function put(object, properties) {
  for (const [name, value] of Object.entries(properties)) object.set(name, value);
}
