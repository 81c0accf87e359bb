// What stands in place of dmn-js' code editor (build.mjs): plain text, as cells have it, that takes the focus when asked.
import ContentEditable from 'dmn-js-shared/lib/components/ContentEditable';

export default class Expression extends ContentEditable {
  componentDidMount() {
    if (this.props.autoFocus) this.node?.focus();
  }

  getClassName() {
    return `literal-expression ${this.props.className ?? ''}`;
  }
}
