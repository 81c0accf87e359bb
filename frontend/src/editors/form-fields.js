// The fields of our forms in the form editor: what the palette offers, what a new one is, how fields are dragged.
// The list is that of workflows/forms.py; what else a file holds is drawn, so that it can be removed.
import { everyField } from './form-file.js';

const option = (number) => ({ label: `选项${number}`, value: `OPTION_${number}`, 'label.en': `Option ${number}` });
const choices = () => ({ values: [option(1), option(2)] });

// type -> [name in the palette, Chinese label of a new one, stem of its key, what it has from the start]
export const KINDS = {
  textfield: ['Text field', '文字', 'text', () => ({})],
  textarea: ['Text area', '说明', 'note', () => ({ validate: { maxLength: 500 } })],
  number: ['Number', '数值', 'number', () => ({})],
  datetime: ['Date', '日期', 'date', () => ({ subtype: 'date', dateLabel: '日期' })],
  filepicker: ['File', '文件', 'file', () => ({})],
  checkbox: ['Tick box', '确认', 'tick', () => ({})],
  checklist: ['Tick boxes', '多项选择', 'ticks', choices],
  radio: ['Radio buttons', '单项选择', 'choice', choices],
  select: ['Drop-down list', '下拉选择', 'select', choices],
  expression: ['Calculated value', '合计', 'total', () => ({ expression: '=', computeOn: 'change' })],
  text: ['Explanation', '', '', () => ({ text: '说明文字' })],
  group: ['Section', '分组', '', () => ({ components: [] })],
  dynamiclist: ['List of rows', '逐项填写', 'rows', () => ({ components: [] })],
};

export const CHOICES = ['radio', 'select', 'checklist'];
export const HOLDERS = ['default', 'group', 'dynamiclist'];
const KEYLESS = ['text', 'group'];

// The module of the form editor. `say` translates the names that the palette shows; who only reads drags nothing.
export function houseFields(say, readonly) {
  function fields(formFields, fieldFactory, formEditor, pathRegistry) {
    const all = formFields._formFields;
    for (const [type, component] of Object.entries(all)) {
      const known = Object.hasOwn(KINDS, type);
      component.config = {
        ...component.config,
        ...(known ? { name: say(KINDS[type][0]), label: undefined } : {}),
        // what is read from a file gets nothing added
        create: (attributes, isNew) => (isNew && known ? fresh(type, attributes) : { ...attributes }),
      };
      // the palette lists what can be enumerated; what it does not offer is still drawn
      if (!known) Object.defineProperty(all, type, { value: component, enumerable: false, configurable: true });
    }
    // two fields with one key are a finding of the check, not a reason to open nothing
    pathRegistry.canClaimPath = () => true;
    fieldFactory._getUniqueKeyPath = (field) => freeKey(formEditor._getState().schema, KINDS[field.type]?.[2] || 'field');
  }
  fields.$inject = ['formFields', 'fieldFactory', 'formEditor', 'pathRegistry'];

  // The page draws one field below the other, so rows of the editor's grid are not places to drop a field.
  function dragging(service) {
    const create = service.createDragulaInstance.bind(service);
    const places = (all) => (readonly ? [] : all.filter((name) => name !== 'fjs-drop-container-horizontal'));
    service.createDragulaInstance = (how) => create({ ...how, container: places(how.container) });
  }
  dragging.$inject = ['dragging'];

  return {
    __init__: ['houseFields', 'houseDragging'],
    houseFields: ['factory', fields],
    houseDragging: ['factory', dragging],
    propertiesPanel: ['value', { attachTo() {}, registerProvider() {} }], // ours is form-panel.js
  };
}

function fresh(type, attributes) {
  const [, label, , more] = KINDS[type];
  const name = type === 'dynamiclist' ? { path: undefined } : label && type !== 'group' ? { key: undefined } : {};
  return { type, ...name, ...(label ? { label } : {}), ...more(), ...attributes };
}

export function freeKey(schema, stem) {
  const taken = new Set([...everyField(schema)].flatMap(({ key, path }) => [key, path]));
  let number = 1;
  while (taken.has(`${stem}_${number}`)) number += 1;
  return `${stem}_${number}`;
}

// The name by which programmes and findings know a field.
export const nameOf = (field) => field.key ?? field.path ?? field.id ?? '';

export const hasKey = (field) => !KEYLESS.includes(field.type) && Object.hasOwn(KINDS, field.type);
