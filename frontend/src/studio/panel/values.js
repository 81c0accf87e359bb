// Values with names: what a step keeps of its result, what a message takes along.
const NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u;

// The fields of all camunda:inputParameter or camunda:outputParameter of an element, and the button for one more.
export function namedValues({ element, model, say }, kind, { id, add }) {
  const bo = element.businessObject;
  const given = model.parameters(bo, kind);
  const taken = (name, held) => given.some((one) => one.name === name && one.held !== held);
  const wrong = (name, held) => {
    if (!NAME.test(name)) return say('Use letters, digits and _ and begin with a letter.');
    return taken(name, held) ? say('Another value has this name.') : '';
  };
  const fresh = () => {
    let at = 1;
    while (taken(`value${at}`)) at += 1;
    model.setParameter(element, bo, kind, `value${at}`, '=');
  };
  return [
    ...given.flatMap(({ name, value, held }, at) => [
      { kind: 'text', key: `${id}-name-${at}`, code: true, late: true, label: say('Name {number}', { number: at + 1 }), value: name, wrong: (text) => wrong(text, held), set: (text) => model.renameParameter(element, held, text) },
      { kind: 'text', key: `${id}-value-${at}`, code: true, label: say('Expression {number}', { number: at + 1 }), value, set: (text) => model.write(element, [[held, { value: text }]]) },
      { kind: 'buttons', key: `${id}-remove-${at}`, items: [{ label: say('Remove {name}', { name }), act: () => model.removeParameter(element, bo, kind, held) }] },
    ]),
    { kind: 'buttons', key: `${id}-add`, items: [{ label: add, act: fresh }] },
  ];
}
