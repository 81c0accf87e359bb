// The annotation columns of a table (DMN 1.3, 8.3.4: <annotation>, <annotationEntry>). The package knows one column, the
// rule's description; our rules' sentences stand in entries. A table without annotation columns keeps the package's one.
import { Component, createComponentVNode, createVNode } from 'inferno';
import EditableComponent from 'dmn-js-shared/lib/components/EditableComponent';
import PackageCell from 'dmn-js-decision-table/lib/features/annotations/editor/components/AnnotationCell';
import ReadCell from 'dmn-js-decision-table/lib/features/annotations/components/AnnotationCell';
import PackageHeader from 'dmn-js-decision-table/lib/features/annotations/components/AnnotationHeader';
import { Cell } from 'table-js/lib/components';

const MOST = 8;
const COMPONENT = 2; // inferno's VNodeFlags.ComponentClass is 4; 2 lets it look
const ELEMENT = 1;

export function houseAnnotations(components, sheet, readonly) {
  const columns = () => sheet.getRoot()?.businessObject.annotation ?? [];
  const [header, cell] = [PackageHeader, readonly ? ReadCell : PackageCell];
  components.onGetComponent('cell', ({ cellType }) => {
    if (columns().length) return undefined;
    return { 'after-label-cells': header, 'after-rule-cells': cell }[cellType];
  });
  for (let at = 0; at < MOST; at += 1) {
    const [Head, Entry] = [headerOf(at), entryOf(at, readonly)];
    components.onGetComponent('cell', ({ cellType }) => {
      if (at >= columns().length) return undefined;
      return { 'after-label-cells': Head, 'after-rule-cells': Entry }[cellType];
    });
  }
}
houseAnnotations.$inject = ['components', 'sheet', 'config.readonly'];

function headerOf(at) {
  return class AnnotationHead extends Component {
    render() {
      const { injector } = this.context;
      const column = injector.get('sheet').getRoot().businessObject.annotation[at];
      const title = injector.get('translate')('Annotations');
      return createVNode(ELEMENT, 'th', 'annotation header', [
        createVNode(ELEMENT, 'span', null, title, 0),
        createVNode(ELEMENT, 'span', 'annotation-name', column.name ?? '', 0, { translate: 'no' }),
      ], 0);
    }
  };
}

function entryOf(at, readonly) {
  return class AnnotationEntry extends Component {
    constructor(props, context) {
      super(props, context);
      this.change = (text) => write(context.injector, this.props.row.businessObject, at, text);
      this.changed = () => this.forceUpdate();
    }

    componentWillMount() {
      this.context.changeSupport.onElementsChanged(this.props.row.id, this.changed);
    }

    componentWillUnmount() {
      this.context.changeSupport.offElementsChanged(this.props.row.id, this.changed);
    }

    render() {
      const { row, rowIndex } = this.props;
      const value = row.businessObject.annotationEntry?.[at]?.text ?? '';
      return createComponentVNode(COMPONENT, Cell, {
        className: 'annotation',
        coords: `${rowIndex}:annotation${at}`,
        elementId: at ? `${row.id}__annotation${at}` : row.id,
        'data-row-id': row.id,
        children: readonly ? value : createComponentVNode(COMPONENT, Editor, {
          label: this.context.injector.get('translate')('Annotation'),
          className: 'annotation-editor',
          ctrlForNewline: true,
          onChange: this.change,
          value,
        }),
      });
    }
  };
}

class Editor extends EditableComponent {
  render() {
    return createVNode(ELEMENT, 'div', this.getClassName(), this.getEditor(), 0);
  }
}

// One command, so that it can be undone: the rule's entries as a new list.
function write(injector, rule, at, text) {
  const entries = [...(rule.annotationEntry ?? [])];
  const make = (content) => {
    const made = injector.get('moddle').create('dmn:RuleAnnotation', { text: content });
    made.$parent = rule;
    return made;
  };
  while (entries.length < at) entries.push(make(''));
  entries[at] = make(text);
  injector.get('modeling').updateProperties(rule, { annotationEntry: entries });
}
