// A .form file as text and as what the form editor works on. What the editor adds for itself (ids, rows of its grid)
// does not go into the file, so that a changed file differs from the old one only where somebody changed something.

const OWN = new Set(['_parent', '_path', 'id', 'layout']);

// text -> { schema, write(schema): text }. Raises SyntaxError when the text is not JSON.
export function read(text) {
  const source = JSON.parse(text);
  const known = new Map();
  for (const component of everyField(source)) if (component.id) known.set(component.id, component);
  return {
    schema: source,
    write: (schema) => `${JSON.stringify(whole(schema, source, known), null, 2)}\n`,
  };
}

// Every component below `schema`, outermost first.
export function* everyField(schema) {
  for (const component of Array.isArray(schema?.components) ? schema.components : []) {
    yield component;
    yield* everyField(component);
  }
}

// Every component with a row of the editor's grid: without one the editor makes new rows after every change and draws
// all fields anew, and whoever types in the panel would stand in the form after one letter. No row goes into the file.
export function withRows(schema) {
  let number = 0;
  for (const component of everyField(schema)) {
    number += 1;
    component.layout = { columns: null, ...component.layout, row: component.layout?.row ?? `Row_kept_${number}` };
  }
  return schema;
}

// The form's own id and version stay what they were.
function whole(schema, source, known) {
  const made = { ...source };
  if (schema.rules?.length) made.rules = schema.rules;
  else delete made.rules;
  made.components = schema.components.map((one) => plain(one, known));
  return made;
}

function plain(component, known) {
  const before = known.get(component.id);
  const made = {};
  for (const [name, value] of Object.entries(component)) {
    if (name === 'components') made.components = value.map((one) => plain(one, known));
    else if (OWN.has(name)) {
      if (before && name in before) made[name] = before[name];
    } else if (!isEmpty(name, value)) made[name] = value;
  }
  return made;
}

function isEmpty(name, value) {
  if (value === undefined) return true;
  return ['properties', 'validate', 'conditional'].includes(name) && Object.keys(value ?? {}).length === 0;
}
