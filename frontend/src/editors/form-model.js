// Reading and writing what a field says of itself. Everything goes through the editor's commands, so that undo works.
import { nameOf } from './form-fields.js';

const KEY = /^[A-Za-z][A-Za-z0-9_]{0,47}$/;

export function fieldModel(editor, say) {
  const modeling = editor.get('modeling');
  const registry = editor.get('formFieldRegistry');

  const edit = (field, changes) => modeling.editFormField(field, changes);

  // one entry of an object within the component: properties, validate
  function editInner(field, part, name, value) {
    const inner = { ...field[part] };
    if (value === '' || value === undefined) delete inner[name];
    else inner[name] = value;
    edit(field, { [part]: inner });
  }

  // Fields whose answers are given together with this one's: those of the form, or of the same row of a list.
  function siblings(field) {
    let holder = registry.get(field._parent);
    while (holder?.type === 'group') holder = registry.get(holder._parent);
    const found = [];
    const gather = (components) => {
      for (const one of components ?? []) {
        if (one.type === 'group') gather(one.components);
        else found.push(one);
      }
    };
    gather((holder ?? editor._getState().schema).components);
    return found;
  }

  // Fields that an expression of this one may speak of: those of its row, then those of the form.
  function known(field) {
    const own = siblings(field);
    const gather = (components) => (components ?? []).flatMap((one) => (one.type === 'group' ? gather(one.components) : [one]));
    return [...new Set([...own, ...gather(editor._getState().schema.components)])];
  }

  return {
    edit,
    editInner,
    siblings,
    known,
    // pairs { get(field), set(field, value) -> the sentence of a refusal, or nothing }
    attribute: (name) => ({
      get: (field) => field[name] ?? '',
      set: (field, value) => edit(field, { [name]: value === '' ? undefined : value }),
    }),
    property: (name) => ({
      get: (field) => field.properties?.[name] ?? '',
      set: (field, value) => editInner(field, 'properties', name, value),
    }),
    flag: (name) => ({
      get: (field) => String(field.properties?.[name] ?? '').toLowerCase() === 'true',
      set: (field, value) => editInner(field, 'properties', name, value ? 'true' : undefined),
    }),
    bound: (name) => ({
      get: (field) => field.validate?.[name] ?? '',
      set: (field, value) => editInner(field, 'validate', name, figure(value)),
    }),
    label: {
      get: (field) => field.label ?? '',
      set: (field, value) => edit(field, { label: value, ...(field.type === 'datetime' ? { dateLabel: value } : {}) }),
    },
    key: {
      get: nameOf,
      set: (field, value) => {
        if (!KEY.test(value)) return say('Use letters, digits and _, beginning with a letter.');
        const twin = siblings(field).find((one) => one !== field && nameOf(one) === value);
        if (twin) return say('Another field has this key.');
        if (nameOf(field) !== value) edit(field, { [field.type === 'dynamiclist' && !field.key ? 'path' : 'key']: value });
        return '';
      },
    },
  };
}

// `field=A|B` of the property show -> [field, [A, B]]
export function shown(field) {
  const text = String(field.properties?.show ?? '');
  const at = text.indexOf('=');
  if (at < 0) return ['', []];
  const values = text.slice(at + 1);
  return [text.slice(0, at).trim(), values ? values.split('|').map((one) => one.trim()) : []];
}

// The number that a text is, undefined for none.
export function figure(text) {
  const value = String(text).trim();
  return value === '' || !Number.isFinite(Number(value)) ? undefined : Number(value);
}
