// What may be drawn: palette, menus and connections offer what the check lets through (workflows/lint_elements.py,
// lint_flow.py). A file that holds more still opens, and the check names it.
import RuleProvider from 'diagram-js/lib/features/rules/RuleProvider';
import { is, isAny } from 'bpmn-js/lib/util/ModelUtil';
import { isEventSubProcess } from 'bpmn-js/lib/util/DiUtil';

const LATE = 500; // providers of lower priority see what the others offer
const EARLY = 3000;

const REFUSED = /complex-gateway|call-activity|ad-hoc|transaction|cancel-|compensation|collapsed-subprocess|pool/;
const BEGINS_OTHERWISE = /^replace-with-(message|timer|conditional|signal)-start$/;
const THROWN = /^replace-with-(non-interrupting-)?(error|escalation)-boundary$/;
const THROWING = ['bpmn:ServiceTask', 'bpmn:SubProcess'];
const REPEATABLE = ['bpmn:UserTask', 'bpmn:ManualTask', 'bpmn:ScriptTask', 'bpmn:ServiceTask', 'bpmn:BusinessRuleTask', 'bpmn:SubProcess'];
const DATA = ['bpmn:DataObjectReference', 'bpmn:DataStoreReference'];

class Limits {
  constructor(palette, popupMenu, contextPad, elementFactory, create, autoPlace, canvas, eventBus, translate) {
    Object.assign(this, { palette, elementFactory, create, autoPlace, canvas, translate });
    palette.registerProvider(LATE, this);
    contextPad.registerProvider(LATE, this);
    popupMenu.registerProvider('bpmn-replace', LATE, this);
    palette._needsCollapse = () => false; // the page scrolls it where it is too long
    eventBus.on(['import.done', 'root.set'], () => palette._update());
  }

  getPaletteEntries() {
    return (offered) => {
      const entries = {};
      for (const [name, entry] of Object.entries(offered)) {
        if (name === 'create.task') {
          entries['create.user-task'] = this.creating('bpmn:UserTask', 'bpmn-icon-user-task', 'Create task of a person');
          entries['create.service-task'] = this.creating('bpmn:ServiceTask', 'bpmn-icon-service-task', 'Create task of the system');
        } else if (name !== 'create.participant-expanded' || this.mayHavePool()) entries[name] = entry;
      }
      return entries;
    };
  }

  // One process, one pool.
  mayHavePool() {
    return this.canvas.getRootElement().businessObject?.$type === 'bpmn:Process';
  }

  creating(type, className, title) {
    const start = (event) => this.create.start(event, this.elementFactory.createShape({ type }));
    return { group: 'activity', className, title: this.translate(title), action: { dragstart: start, click: start } };
  }

  getContextPadEntries(element) {
    return (offered) => {
      const entries = {};
      for (const [name, entry] of Object.entries(offered)) {
        if (name === 'append.append-task') {
          entries['append.user-task'] = this.appending('bpmn:UserTask', 'bpmn-icon-user-task', 'Append task of a person');
          entries['append.service-task'] = this.appending('bpmn:ServiceTask', 'bpmn-icon-service-task', 'Append task of the system');
        } else if (name !== 'append.compensation-activity' && !(name === 'connect' && isAny(element, DATA))) entries[name] = entry;
      }
      return entries;
    };
  }

  appending(type, className, title) {
    const shape = () => this.elementFactory.createShape({ type });
    return {
      group: 'model',
      className,
      title: this.translate(title),
      action: {
        click: (_event, element) => this.autoPlace.append(element, shape()),
        dragstart: (event, element) => this.create.start(event, shape(), { source: element }),
      },
    };
  }

  getPopupMenuEntries(element) {
    return (offered) => Object.fromEntries(Object.entries(offered).filter(([name]) => this.fits(element, name)));
  }

  fits(element, name) {
    if (REFUSED.test(name)) return false;
    if (BEGINS_OTHERWISE.test(name) && !isEventSubProcess(element.parent)) return false;
    if (THROWN.test(name) && !isAny(element.host ?? element, THROWING)) return false;
    return true;
  }

  getPopupMenuHeaderEntries(element) {
    return (offered) => Object.fromEntries(Object.entries(offered).filter(([name]) => {
      if (name === 'toggle-participant-multiplicity') return false;
      return !/^toggle-(parallel-mi|sequential-mi|loop)$/.test(name) || isAny(element, REPEATABLE);
    }));
  }
}

Limits.$inject = ['palette', 'popupMenu', 'contextPad', 'elementFactory', 'create', 'autoPlace', 'canvas', 'eventBus', 'translate'];

// No arrows to data, and none between pools: they would say something that nobody carries out.
class Connections extends RuleProvider {
  init() {
    const refused = ({ source, target }) => {
      if (!source || !target) return undefined;
      if (isAny(source, DATA) || isAny(target, DATA)) return is(source, 'bpmn:TextAnnotation') || is(target, 'bpmn:TextAnnotation') ? undefined : false;
      return poolOf(source) === poolOf(target) ? undefined : false;
    };
    this.addRule(['connection.create', 'connection.reconnect'], EARLY, refused);
  }
}

Connections.$inject = ['eventBus'];

function poolOf(element) {
  let one = element;
  while (one && !is(one, 'bpmn:Participant')) one = one.parent;
  return one;
}

export default {
  __init__: ['studioLimits', 'studioConnections'],
  studioLimits: ['type', Limits],
  studioConnections: ['type', Connections],
};
