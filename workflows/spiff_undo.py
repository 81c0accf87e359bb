"""Compensation: what was completed is remembered where a handler can undo it, and undone last completed first.

SpiffWorkflow 3.2.0 knows no compensation. A record is [activity, lent, inner, own]: the id of the activity; what it
had written, lent to its handler; of a subprocess the records of its inside; of an instance of several its own
variables. The rules are in decision 0018.
"""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from SpiffWorkflow.util.task import TaskState

from workflows.spiff_feel import script_lines
from workflows.spiff_repeat import Repeated
from workflows.spiff_specs import BoundaryEvent, EventSubProcess, ScriptStep, Step, SubProcess, ThrowEvent, Transaction
from workflows.spiff_triggers import Cancel, Compensate, events_in
from workflows.steps import StepSpec

LENT = "lent"
UNDOING = ".undo"
Record = list[Any]


class Undoing(Repeated):
    """Runs the handlers of some records one after the other, the last completed first; one such step a scope."""

    def __init__(self, wf_spec: Any) -> None:
        super().__init__(wf_spec, UNDOING, child="")
        self.bpmn_id: Any = None  # it is not drawn

    def begin(self, scope: Any, records: list[Record], **then: str) -> None:
        """then: `resumes`, the token that waits for it; `leaves`, the event by which the scope is left."""
        token = scope.task_tree._add_child(self, TaskState.FUTURE)
        token.internal_data.update(left=records, **then)
        token._set_state(TaskState.STARTED)
        self._go_on(token)

    def _go_on(self, my_task: Any) -> None:
        if my_task.internal_data["left"]:
            self._undo(my_task, my_task.internal_data["left"].pop())
        else:
            self._finish(my_task)

    def _undo(self, my_task: Any, record: Record) -> None:
        activity, lent, inner, own = record
        handler = self._wf_spec.handlers.get(activity) or f"{activity}{UNDOING}"
        child = my_task._add_child(self._wf_spec.task_specs[handler], TaskState.FUTURE)
        child.triggered = True
        if lent:
            child.internal_data[LENT] = lent
        if own:
            child.internal_data["local"] = own
        if inner:
            child.internal_data["inner"] = inner
        child.task_spec._update(child)

    def merged(self, my_task: Any, child: Any) -> None:
        self._go_on(my_task)

    def _run_hook(self, my_task: Any) -> bool:
        case, kept = my_task.workflow.top_workflow, my_task.internal_data
        waiting = case.token(kept["resumes"]) if "resumes" in kept else None
        if waiting is not None and waiting._state == TaskState.STARTED:
            waiting._set_state(TaskState.READY)
        if "leaves" in kept:
            _leave(my_task.workflow)
        return True


class UndoScope(Step):
    """A completed subprocess opened once more: its compensation event subprocess runs, or what it did is undone."""

    def __init__(self, wf_spec: Any, undone: SubProcess) -> None:
        super().__init__(wf_spec, f"{undone.bpmn_id}{UNDOING}")
        self.bpmn_id: Any = None
        self.spec = undone.spec
        self.calls = hasattr(undone, "call")

    def _update_hook(self, my_task: Any) -> bool:
        case, records = my_task.workflow.top_workflow, my_task.internal_data.pop("inner", [])
        my_task._set_state(TaskState.STARTED)
        watcher = case.subprocess_specs[self.spec].undo_watcher
        scope = case.reopen(my_task, self.spec, records if watcher is not None else [])
        if watcher is not None:
            token = scope.task_tree._add_child(watcher, TaskState.FUTURE)
            token._set_state(TaskState.STARTED)
            case.open_scope(token, watcher.spec)
        else:
            scope.spec.task_specs[UNDOING].begin(scope, records)
        return False


# --- what is remembered ------------------------------------------------------------------------------------------


def remember(token: Any, inner: Any) -> None:
    """A token is done with an activity: note it where its scope keeps what could be undone.

    inner: the scope of a subprocess or call, else None.
    """
    spec, scope = token.task_spec, token.workflow
    activity = getattr(spec, "bpmn_id", None)
    if activity not in scope.spec.undo_names or isinstance(spec, Repeated | BoundaryEvent):
        return
    if "stopped" in token.internal_data:
        return  # it was terminated, not completed
    seen, local = token.data, token.internal_data.get("local")
    lent = {name: seen[name] for name in scope.spec.undo_names[activity] if name in seen}
    if activity in scope.spec.handlers:
        scope.undone.append([activity, {**lent, **(local or {})}, 0, 0])
    elif inner is not None and (inner.undone or inner.spec.undo_watcher is not None):
        own = dict(inner.data) if inner.called else None if local is None else dict(local)
        scope.undone.append([activity, lent if own is None else {}, inner.undone, own or 0])


def forget(scope: Any) -> None:
    """A scope was terminated: nothing in it was completed in a way that could be undone."""
    scope.undone = []
    if scope.parent_workflow is not None:
        token = scope.parent_workflow.tasks.get(scope.parent_task_id)
        if token is not None and scope.top_workflow.undoes:
            token.internal_data["stopped"] = True


def lent_to(scope: Any) -> dict[str, Any]:
    """What the steps inside a scope see besides the variables: what the activity that is undone had written."""
    if scope.parent_workflow is None or scope.called:
        return {}
    token = scope.parent_workflow.tasks.get(scope.parent_task_id)
    if token is None:
        return {}
    around = {} if scope.owns else lent_to(scope.parent_workflow)
    return {**around, **token.internal_data.get(LENT, {})}


def forget_lent(token: Any, names: Iterable[str]) -> None:
    """A variable was set while something is undone: from now on it is seen as it is."""
    at = token
    while at is not None:
        for name in names if LENT in at.internal_data else ():
            at.internal_data[LENT].pop(name, None)
        scope = at.workflow
        if scope.parent_workflow is None or getattr(scope, "owns", False):
            return
        at = scope.parent_workflow.tasks.get(scope.parent_task_id)


# --- throwing ----------------------------------------------------------------------------------------------------


def undo(token: Any, trigger: Compensate) -> bool:
    """Carry out a compensation event; False while the token has to wait, it asks again when it goes on."""
    scopes = list(_reached(token.workflow))
    kept = token.internal_data
    for level in range(kept.get("level", 0), len(scopes)):
        kept["level"] = level + 1
        records = _taken(scopes[level], trigger.activity)
        if not records:
            continue
        step = scopes[level].spec.task_specs[UNDOING]
        if trigger.wait:
            step.begin(scopes[level], records, resumes=token.id.hex)
            return False
        step.begin(scopes[level], records)
    kept.pop("level", None)
    return True


def _reached(scope: Any) -> Iterator[Any]:
    """The scope of a throwing event; from an event subprocess also the scope it belongs to."""
    yield scope
    while scope.parent_workflow is not None:
        around = scope.parent_workflow.tasks.get(scope.parent_task_id)
        if around is None or not isinstance(around.task_spec, EventSubProcess):
            return
        scope = scope.parent_workflow
        yield scope


def _taken(scope: Any, activity: str) -> list[Record]:
    """The records to be undone; each is undone once."""
    chosen = [record for record in scope.undone if not activity or record[0] == activity]
    scope.undone = [record for record in scope.undone if activity and record[0] != activity]
    return chosen


def call_off(scope: Any) -> None:
    """A cancel end event: everything in the transaction around it ends, what was completed there is undone, then
    the transaction is left by its cancel event (BPMN 2.0.2, 10.3.5 and 13.5.2)."""
    while not isinstance(_around(scope).task_spec, Transaction):
        scope = scope.parent_workflow
    halted = [t for t in scope.live() if isinstance(t.task_spec, Undoing)]
    records = [*scope.undone, *(record for token in halted for record in token.internal_data["left"])]
    scope.undone = []
    scope.clear()
    for sibling in list(_around(scope).parent.children):
        if isinstance(sibling.task_spec, BoundaryEvent) and not _still_heard(sibling.task_spec):
            sibling.discard()
    if records:
        scope.spec.task_specs[UNDOING].begin(scope, records, leaves="cancel")
    else:
        _leave(scope)


def _still_heard(spec: Any) -> bool:
    # A failure while it is undone is still a hazard; messages and times come too late.
    return any(isinstance(event, Cancel) or hasattr(event, "code") for event in events_in(spec.trigger))


def _around(scope: Any) -> Any:
    return scope.parent_workflow.tasks[scope.parent_task_id]


def _leave(scope: Any) -> None:
    for sibling in list(_around(scope).parent.children):
        if isinstance(sibling.task_spec, BoundaryEvent) and isinstance(sibling.task_spec.trigger, Cancel):
            sibling.task_spec.fire(sibling)
            return


# --- what a drawing says about it --------------------------------------------------------------------------------


def prepare(top: Any, scopes: Mapping[str, Any]) -> None:
    """Note in the specs of a process what can be undone, by whom, and what it writes. May be repeated."""
    everything = (top, *scopes.values())
    for scope in everything:
        steps = list(scope.task_specs.values())
        scope.undoes = any(
            isinstance(event, Compensate | Cancel)
            for spec in steps
            if isinstance(spec, ThrowEvent)
            for event in events_in(spec.trigger)
        )
    for scope in everything:
        for spec in [*scope.task_specs.values()]:
            if not isinstance(spec, Repeated) and spec.bpmn_id not in {None, *scope.undo_names}:
                _prepare(spec, scope, scopes)
        if scope.undo_names and UNDOING not in scope.task_specs:
            Undoing(scope)


def _prepare(spec: Any, scope: Any, scopes: Mapping[str, Any]) -> None:
    if spec.bpmn_id in scope.handlers:
        handler = _written(scope.task_specs[scope.handlers[spec.bpmn_id]], scopes)
        scope.undo_names[spec.bpmn_id] = tuple(sorted(_written(spec, scopes) - handler))
    elif spec.bpmn_id in scope.handlers.values() or spec is scope.undo_watcher:
        return  # what undoes is not undone
    elif _undoable(spec, scopes):
        names = _written(spec, scopes) - _written_by_handlers(scopes[spec.spec], scopes)
        scope.undo_names[spec.bpmn_id] = tuple(sorted(names))
        UndoScope(scope, spec)


def _undoable(spec: Any, scopes: Mapping[str, Any]) -> bool:
    """Whether something inside a subprocess can be undone."""
    if not isinstance(spec, SubProcess):
        return False
    inside = scopes[spec.spec]
    if inside.undo_watcher is not None or inside.handlers:
        return True
    return any(_undoable(one, scopes) for one in inside.task_specs.values())


def _written(spec: Any, scopes: Mapping[str, Any]) -> frozenset[str]:
    """The names of variables that a step and everything inside it may set."""
    if isinstance(spec, Repeated) and spec.task_spec:
        spec = spec._wf_spec.task_specs[spec.task_spec]
    names = {str(spec.bpmn_id)} if spec.bpmn_id else set()
    details = getattr(spec, "details", None)
    if isinstance(details, StepSpec):
        names |= {*details.outputs, details.result} - {""}
    if isinstance(spec, ScriptStep):
        names |= {name for name, _text in script_lines(spec.script)}
    if hasattr(spec, "call"):
        return frozenset(names | {one.target for one in spec.call.taken if one.target})
    if isinstance(spec, EventSubProcess):
        names.add(spec.event_id)
    if isinstance(spec, SubProcess):
        for one in scopes[spec.spec].task_specs.values():
            names |= _written(one, scopes)
    return frozenset(names)


def _written_by_handlers(scope: Any, scopes: Mapping[str, Any]) -> frozenset[str]:
    found: set[str] = set()
    for name in scope.handlers.values():
        found |= _written(scope.task_specs[name], scopes)
    if scope.undo_watcher is not None:
        found |= _written(scope.undo_watcher, scopes)
    for spec in scope.task_specs.values():
        if isinstance(spec, SubProcess):
            found |= _written_by_handlers(scopes[spec.spec], scopes)
    return frozenset(found)


__all__ = ["LENT", "Undoing", "call_off", "forget", "forget_lent", "lent_to", "prepare", "remember", "undo"]
