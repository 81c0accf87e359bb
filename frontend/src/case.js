import Viewer from 'bpmn-js/lib/NavigatedViewer';
import './case.css';
window.V = Viewer;
