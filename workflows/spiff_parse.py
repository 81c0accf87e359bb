"""From a normalised tree to SpiffWorkflow specs: SpiffBpmnParser with our own step kinds at every node."""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from typing import Any, ClassVar

from SpiffWorkflow.bpmn.parser.BpmnParser import full_tag
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser

from workflows import catching_up, spiff_adhoc, spiff_calls, spiff_gates, spiff_repeat
from workflows import spiff_specs as kinds
from workflows.bpmn_xml import GATEWAYS, local, tag
from workflows.calls import read_call
from workflows.correlations import keyed_of
from workflows.data_flow import read_data
from workflows.repeating import announced, read_many
from workflows.spiff_events import (
    Condition,
    Escalation,
    Failure,
    Message,
    Nothing,
    Signal,
    Terminate,
    Timer,
    Trigger,
)
from workflows.spiff_starts import Begin
from workflows.spiff_triggers import Cancel, Compensate, Multiple, events_in
from workflows.starts import StartSpec, bare_name, begins, read_starts
from workflows.steps import StepSpec, properties_of
from workflows.undoing import handlers_in, start_quantity, undoes

_PLAIN: dict[str, type[Trigger]] = {"terminateEventDefinition": Terminate, "cancelEventDefinition": Cancel}
_TIMERS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}


class Scope(BpmnProcessSpec):
    """A process or subprocess. It is complete when no token is left, so SpiffWorkflow's end join is not used."""

    def __init__(self, name: str, description: str, filename: str | None) -> None:
        super().__init__(name=name, description=description, filename=filename)
        # SpiffWorkflow calls its own first and last nodes Start and End; a drawn node of that name would be lost.
        self.task_specs.clear()
        self.start = Begin(self)
        self.watchers: list[Any] = []
        self.settles = self.conditional = self.undoes = False
        self.handlers: dict[str, str] = {}  # activity -> the one that undoes it
        self.undo_names: dict[str, tuple[str, ...]] = {}  # activity that can be undone -> what it writes
        self.undo_watcher: Any = None  # the event subprocess that undoes the scope
        self.adhoc: spiff_adhoc.AdHoc | None = None
        self._reach: dict[tuple[str, str], frozenset[str]] = {}

    def reach_of(self, start: str, gateway: str) -> frozenset[str]:
        """The incoming flows of `gateway`, as names of their sources, that a token at `start` can still reach."""
        key = (start, gateway)
        if key not in self._reach:
            seen, todo = {start}, [start]
            while todo:
                for name in self.task_specs[todo.pop()]._outputs:
                    if name != gateway and name not in seen:
                        seen.add(name)
                        todo.append(name)
            self._reach[key] = frozenset(seen & set(self.task_specs[gateway]._inputs))
        return self._reach[key]


class _Process(ProcessParser):
    def create_spec(self) -> Scope:
        return Scope(self.parser.scope_name(self.bpmn_id), self.get_name(), self.filename)

    def _parse(self) -> None:
        # Data objects and stores are read elsewhere (`data_flow`); SpiffWorkflow's own reading of them is not used.
        self.spec = self.create_spec()
        names = {str(node.get("id")): self.parse_node(node).name for node in begins(self.node)}
        for start in read_starts(self.node):
            self.spec.start.add(start, [names[start.id]] if start.id in names else self._beside(start, names))
        for node in self.xpath("./bpmn:subProcess[@triggeredByEvent='true']"):
            self.parse_node(node)
        for activity, handler in handlers_in(self.node).items():
            self.spec.handlers[activity] = self.parse_node(handler).name
        if self.node.tag == tag("adHocSubProcess"):
            self._offer(list(names.values()))

    def _offer(self, entries: list[str]) -> None:
        """The order in which an ad-hoc subprocess offers its steps."""
        one_by_one = self.node.get("ordering") == "Sequential"
        self.spec.adhoc = spiff_adhoc.AdHoc(
            tuple(entries),
            one_by_one,
            _text(self.node, "completionCondition"),
            self.node.get("cancelRemainingInstances", "true") == "true",
        )
        if one_by_one:
            self.spec.start.plain = entries[:1]

    def _beside(self, start: StartSpec, names: dict[str, str]) -> list[str]:
        """The steps that begin with a start that is no node with which the scope begins."""
        if not start.id:
            return list(names.values())
        if not start.gateway:
            return [start.id]
        return list(self.spec.task_specs[start.gateway]._outputs)

    def get_boundary_events(self, attached_to_ref: str) -> list[Any]:
        found = [event for event in super().get_boundary_events(attached_to_ref) if not undoes(event)]
        return _Attached(found, start_quantity(self.get_node_by_id(attached_to_ref)))

    def get_position(self, node_id: str) -> dict[str, float]:
        # SpiffWorkflow tries conditions from the top of the picture down; the order of the file is what counts.
        return {"x": 0.0, "y": 0.0}


class _Attached(list[Any]):
    """The boundary events of an activity. True also where several tokens must come, so that it gets its guard."""

    def __init__(self, events: list[Any], needs: int) -> None:
        super().__init__(events)
        self.needs = needs

    def __bool__(self) -> bool:
        return len(self) > 0 or self.needs > 1


class Node(TaskParser):
    """Keeps everything the drawing says about a step, and puts repetition and boundary events our way."""

    @property
    def bpmn_attributes(self) -> dict[str, Any]:
        # Data associations are documentation; SpiffWorkflow hangs on some of them.
        steps: dict[str, StepSpec] = self.process_parser.parser.steps
        return {"bpmn_name": self.node.get("name"), "details": steps.get(self.bpmn_id)}

    def parse_extensions(self, node: Any = None) -> dict[str, Any]:
        # Called by SpiffWorkflow for the step itself, before it is put inside a repetition.
        if isinstance(self.task, kinds.Step):
            self.task.io = read_data(self.node)
        if isinstance(self.task, kinds.StartStep):
            named = self.node.find(tag("messageEventDefinition"))
            self.task.keyed = None if named is None else keyed_of(self.node, named.get("messageRef"))
        return {}

    def parse_io_spec(self) -> None:
        return None

    def _child(self) -> Any:
        original = self.spec.task_specs.pop(self.task.name)
        original.name = f"{original.name} [child]"
        self.spec.task_specs[original.name] = original
        return original

    def _add_loop_task(self, loop_characteristics: Any) -> None:
        condition = loop_characteristics.find(tag("loopCondition"))
        maximum = loop_characteristics.get("loopMaximum")
        original = self._child()
        self.task = spiff_repeat.LoopStep(
            self.spec,
            self.bpmn_id,
            child=original.name,
            condition="" if condition is None else (condition.text or "").strip(),
            test_before=loop_characteristics.get("testBefore") == "true",
            maximum=int(maximum) if maximum else None,
            **self.bpmn_attributes,
        )

    def _add_multiinstance_task(self, loop_characteristics: Any) -> None:
        original = self._child()
        many = read_many(self.node, loop_characteristics, self._announces(loop_characteristics))
        self.task = spiff_repeat.MultiStep(
            self.spec, self.bpmn_id, child=original.name, many=many, **self.bpmn_attributes
        )

    def _announces(self, loop: Any) -> tuple[tuple[str, Trigger], ...]:
        """What is thrown when an instance is done, by `behavior` (BPMN 2.0.2, table 10.29)."""
        parser = self.process_parser.parser
        events = [(when, _trigger_of(event, parser)) for when, event in announced(loop)]
        return tuple((when, one) for when, trigger in events for one in events_in(trigger))

    def _add_boundary_event(self, children: list[Any]) -> Any:
        needs = start_quantity(self.node)
        guard = kinds.Guarded(self.spec, f"{self.bpmn_id}.BoundaryEventSplit", needs=needs)
        guard.connect(self.task)
        for event in children:
            guard.connect(self.process_parser.parse_node(event))
        return guard

    def handles_multiple_outgoing(self) -> bool:
        return local(self.node) in GATEWAYS

    def connect_outgoing(self, outgoing_task: Any, sequence_flow_node: Any, is_default: bool) -> None:
        self.task.quantity = int(self.node.get("completionQuantity") or 1)
        condition = self.parse_condition(sequence_flow_node)
        if isinstance(self.task, kinds.Choosing) and not is_default and condition is not None:
            self.task.connect_outgoing_if(condition.strip(), outgoing_task)
        else:
            self.task.connect(outgoing_task)


class ScriptNode(Node):
    def create_task(self) -> Any:
        return self.spec_class(self.spec, self.bpmn_id, script=_text(self.node, "script"), **self.bpmn_attributes)


class ScopeNode(Node):
    def create_task(self) -> Any:
        self.process_parser.parser.create_parser(self.node, filename=self.filename)
        inner = self.process_parser.parser.process_parsers[self.bpmn_id]
        inner.parent = self.process_parser
        if self.node.get("triggeredByEvent") == "true":
            return self._watcher()
        name = self.process_parser.parser.scope_name(self.bpmn_id)
        return self.spec_class(self.spec, self.bpmn_id, scope=name, **self.bpmn_attributes)

    def _watcher(self) -> Any:
        start = self.node.find(tag("startEvent"))
        watcher = kinds.EventSubProcess(
            self.spec,
            self.bpmn_id,
            scope=self.process_parser.parser.scope_name(self.bpmn_id),
            trigger=_trigger_of(start, self.process_parser.parser),
            interrupting=start.get("isInterrupting", "true") == "true",
            event_id=start.get("id"),
            **self.bpmn_attributes,
        )
        if isinstance(watcher.trigger, Compensate):
            self.spec.undo_watcher = watcher  # it never waits, it is called when the scope is undone
        else:
            self.spec.watchers.append(watcher)
        return watcher


class CallNode(Node):
    def create_task(self) -> Any:
        return self.spec_class(self.spec, self.bpmn_id, call=read_call(self.node), **self.bpmn_attributes)


class ComplexNode(Node):
    def create_task(self) -> Any:
        condition = _text(self.node, "activationCondition")
        return self.spec_class(self.spec, self.bpmn_id, activation=condition, **self.bpmn_attributes)


class CatchNode(Node):
    def create_task(self) -> Any:
        trigger = self.trigger()
        return self.spec_class(self.spec, self.bpmn_id, trigger=trigger, **self.bpmn_attributes)

    def trigger(self) -> Trigger:
        if self.node.get("messageRef"):
            return _trigger(self.node, self.node, self.process_parser.parser)
        return _trigger_of(self.node, self.process_parser.parser)


class BoundaryNode(CatchNode):
    def create_task(self) -> Any:
        interrupting = self.node.get("cancelActivity", "true") == "true"
        return self.spec_class(
            self.spec, self.bpmn_id, trigger=self.trigger(), interrupting=interrupting, **self.bpmn_attributes
        )


class ThrowNode(CatchNode):
    pass


def _text(node: Any, name: str) -> str:
    found = node.find(tag(name))
    return "" if found is None else (found.text or "").strip()


def _trigger_of(node: Any, parser: Any) -> Trigger:
    """What an event waits for or throws, all its definitions in the order of the drawing."""
    found = tuple(_trigger(child, node, parser) for child in node if local(child).endswith("EventDefinition"))
    if len(found) > 1:
        return Multiple(found, node.get("parallelMultiple") == "true")
    return found[0] if found else Nothing()


def _trigger(definition: Any, node: Any, parser: Any) -> Trigger:
    name = local(definition)
    if name == "timerEventDefinition":
        kind = next(child for child in definition if local(child) in _TIMERS)
        return Timer(_TIMERS[local(kind)], (kind.text or "").strip(), catching_up.of(properties_of(node)))
    if definition.get("messageRef"):
        reference = definition.get("messageRef")
        own = properties_of(node).get("correlation", "")
        return Message(parser.messages[reference], own, keyed_of(node, reference))
    if name == "conditionalEventDefinition":
        return Condition(_text(definition, "condition"))
    if name == "compensateEventDefinition":
        return Compensate(bare_name(definition.get("activityRef")), definition.get("waitForCompletion") != "false")
    if name in _PLAIN:
        return _PLAIN[name]()
    return _agreed(name, definition, node, parser)


def _agreed(name: str, definition: Any, node: Any, parser: Any) -> Trigger:
    """An event that sender and receiver know by a name or a code."""
    if name == "signalEventDefinition":
        return Signal(parser.signals[definition.get("signalRef")])
    if name == "errorEventDefinition":
        return Failure(parser.errors.get(definition.get("errorRef"), {}).get("error_code"))
    if name == "escalationEventDefinition":
        return Escalation(parser.escalations.get(definition.get("escalationRef"), {}).get("escalation_code"))
    raise ValidationException(f"{name} is not supported", node=node)


class Parser(SpiffBpmnParser):
    """SpiffBpmnParser that knows no other step kinds than ours: an unknown element is refused, never guessed."""

    PROCESS_PARSER_CLASS = _Process
    PARSER_CLASSES: ClassVar[dict[str, tuple[Any, Any]]] = {}
    OVERRIDE_PARSER_CLASSES: ClassVar[dict[str, tuple[Any, Any]]] = {
        full_tag(name): (parser, spec)
        for name, parser, spec in (
            ("startEvent", Node, kinds.StartStep),
            ("endEvent", ThrowNode, kinds.ThrowEvent),
            ("intermediateThrowEvent", ThrowNode, kinds.ThrowEvent),
            ("intermediateCatchEvent", CatchNode, kinds.CatchEvent),
            ("boundaryEvent", BoundaryNode, kinds.BoundaryEvent),
            ("receiveTask", CatchNode, kinds.CatchEvent),
            ("sendTask", ThrowNode, kinds.ThrowEvent),
            ("task", Node, kinds.Pass),
            ("userTask", Node, kinds.HumanStep),
            ("manualTask", Node, kinds.HumanStep),
            ("scriptTask", ScriptNode, kinds.ScriptStep),
            ("serviceTask", Node, kinds.ServiceStep),
            ("businessRuleTask", Node, kinds.DecisionStep),
            ("subProcess", ScopeNode, kinds.SubProcess),
            ("transaction", ScopeNode, kinds.Transaction),
            ("adHocSubProcess", ScopeNode, kinds.SubProcess),
            ("callActivity", CallNode, spiff_calls.CallStep),
            ("exclusiveGateway", Node, kinds.ExclusiveGateway),
            ("inclusiveGateway", Node, kinds.InclusiveGateway),
            ("parallelGateway", Node, kinds.ParallelGateway),
            ("eventBasedGateway", Node, kinds.RaceGateway),
            ("complexGateway", ComplexNode, spiff_gates.ComplexGateway),
        )
    }

    def __init__(self, steps: Any, taken: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self.steps = steps
        self.taken = taken  # names of scopes in the other files
        self.drawn: dict[str, str] = {}  # name of a scope -> its id in the file, where the two differ

    def scope_name(self, bpmn_id: str) -> str:
        """The name of a scope among those of all files."""
        if bpmn_id not in self.taken:
            return bpmn_id
        name = f"{next(iter(self.process_parsers))}.{bpmn_id}"
        self.drawn[name] = bpmn_id
        return name

    def _find_dependencies(self, process: Any) -> None:
        # SpiffWorkflow would look for tables of its own decision engine.
        return None

    def _add_data_stores(self, bpmn: Any) -> None:
        return None

    def _add_correlations(self, bpmn: Any) -> None:
        return None
