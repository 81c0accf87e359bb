// A DMN file as its decisions: tables and single expressions. The drawing of the requirements is left as it is.
import EditingManager from 'dmn-js-shared/lib/base/EditingManager';
import { is } from 'dmn-js-shared/lib/util/ModelUtil';
import TableEditor from 'dmn-js-decision-table/lib/Editor';
import TableViewer from 'dmn-js-decision-table/lib/Viewer';
import ExpressionEditor from 'dmn-js-literal-expression/lib/Editor';
import ExpressionViewer from 'dmn-js-literal-expression/lib/Viewer';

const holds = (type) => (element) => is(element, 'dmn:Decision') && is(element.decisionLogic, type);

export class TableModeler extends EditingManager {
  _getViewProviders() {
    const { readonly } = this._options;
    return [
      { id: 'decisionTable', constructor: readonly ? TableViewer : TableEditor, opens: holds('dmn:DecisionTable') },
      {
        id: 'literalExpression',
        constructor: readonly ? ExpressionViewer : ExpressionEditor,
        opens: holds('dmn:LiteralExpression'),
      },
    ];
  }
}
