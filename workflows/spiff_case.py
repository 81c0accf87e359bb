"""A running case on SpiffWorkflow: tokens, variable scopes and the loop that moves them.

Three things differ from SpiffWorkflow as it comes. Variables belong to a scope, not to a token: parallel
branches see one another's results and no join overwrites a new value by an old copy. A token that is done
leaves the tree. The loop runs a queue instead of walking the tree, with a budget of steps and seconds.
"""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from workflows.spiff_calls import CallStep
from workflows.spiff_data import GIVEN, keep, set_aside
from workflows.spiff_events import Condition
from workflows.spiff_heard import Hearing
from workflows.spiff_repeat import Repeated
from workflows.spiff_specs import BoundaryEvent, EventSubProcess, Guarded, RaceGateway, ThrowEvent
from workflows.spiff_triggers import Compensate
from workflows.spiff_undo import LENT, call_off, forget, forget_lent, lent_to, remember, undo

WAITING, READY, STARTED = TaskState.WAITING, TaskState.READY, TaskState.STARTED
COMPLETED, ERROR, CANCELLED, FUTURE = TaskState.COMPLETED, TaskState.ERROR, TaskState.CANCELLED, TaskState.FUTURE
LIVE = frozenset((WAITING, READY, STARTED, ERROR))


class Token(Task):
    """A task of SpiffWorkflow that keeps no variables of its own and announces itself when it is ready."""

    _state: int

    @property
    def data(self) -> dict[str, Any]:
        """What an expression at this step sees."""
        own = self.internal_data
        lent = own.get(LENT, {})  # what the step that is undone here had written
        return {**self.workflow.variables(), **lent, **own.get("local", {}), **own.get(GIVEN, {})}

    @data.setter
    def data(self, value: object) -> None:
        return None

    def put(self, values: Mapping[str, Any]) -> None:
        """Set variables: of this instance if it is one of several, else of the scope; what an arrow takes waits."""
        self.put_through(set_aside(self, values))

    def put_through(self, values: Mapping[str, Any]) -> None:
        """Set variables, whatever the arrows at the step say."""
        local = self.internal_data.get("local")
        (self.workflow.data if local is None else local).update(values)
        if self.workflow.top_workflow.undoes:
            forget_lent(self, values)

    def _inherit_data(self) -> None:
        return None

    def _add_child(self, task_spec: Any, state: int = TaskState.MAYBE) -> Token:
        return Token(self.workflow, task_spec, self, state=state)

    def _set_state(self, value: int) -> None:
        if self._state == CANCELLED:
            return  # what it did itself ended it, in the middle of its step
        # The stock method builds log extras, variables included, at every change of state.
        self._state = value
        if value == READY and not self.task_spec.manual:
            self.workflow.top_workflow.agenda.append(self)

    def run(self) -> bool | None:
        self.task_spec._predict_hook(self)
        return super().run()

    def complete(self) -> None:
        if self._state == CANCELLED:
            return
        io = getattr(self.task_spec, "io", None)
        if io is not None and io.writes:
            keep(self, io)
        super().complete()
        self.workflow.top_workflow.left(self)

    def discard(self) -> None:
        """Take the token out of the case, with everything that runs inside it."""
        for child in list(self.children):
            child.discard()
        inner = self.workflow.top_workflow.subprocesses.pop(self.id, None)
        if inner is not None:
            inner.clear()
        self._state = CANCELLED
        self.remove()

    def remove(self) -> None:
        """Leave the tree; a parent kept only for the sake of its children goes with the last of them."""
        parent, workflow = self.parent, self.workflow
        if workflow.tasks.pop(self.id, None) is None:
            return
        if parent is not None:
            parent._children.remove(self.id)
            if not parent._children and parent._state == COMPLETED and parent is not workflow.task_tree:
                parent.remove()


class _Scope:
    """What the case and its subprocesses have in common."""

    tasks: dict[UUID, Token]
    data: dict[str, Any]
    completed: bool
    outer: _Scope | None = None
    undone: list[Any]

    def _plant(self) -> None:
        self.task_tree = Token(self, self.spec.start, state=FUTURE)  # type: ignore[attr-defined]
        self.task_tree._ready()

    def variables(self) -> dict[str, Any]:
        found = {**self.outer.variables(), **self.data} if self.outer is not None else self.data
        return {**found, **lent_to(self)} if self.top_workflow.undoes else found  # type: ignore[attr-defined]

    def live(self) -> Iterator[Token]:
        return (token for token in list(self.tasks.values()) if token._state in LIVE)

    def watch(self) -> None:
        """The scope has begun: its event subprocesses wait from now on."""
        for spec in self.spec.watchers:  # type: ignore[attr-defined]
            token = self.task_tree._add_child(spec, FUTURE)
            spec._update(token)

    def unfinished(self) -> bool:
        """Whether anything is left to do; an event subprocess that nobody called does not count."""
        return any(not (t._state == WAITING and isinstance(t.task_spec, EventSubProcess)) for t in self.live())

    def clear(self) -> None:
        for token in list(self.live()):
            if token.id in self.tasks:
                token.discard()

    def terminate(self) -> None:
        self.clear()
        forget(self)

    def _task_completed_notify(self, task: Any) -> None:
        return None


class SubScope(_Scope, BpmnSubWorkflow):
    """A running subprocess. `owns`: an instance of several, with variables of its own; `plant`: begin it now."""

    def __init__(self, spec: Any, parent: Token, top: Case, *, owns: bool, plant: bool = True) -> None:
        self._parent_scope = parent.workflow
        super().__init__(spec, parent.id, top, deserializing=True)
        self.owns = owns
        self.undone = []
        self.called = isinstance(parent.task_spec, CallStep) or getattr(parent.task_spec, "calls", False)
        self.outer = None if self.called else parent.workflow if owns else parent.workflow.outer
        if self.called:
            self.data = parent.task_spec.given(parent) if plant else {}
        elif not owns:
            self.data = parent.workflow.data
        elif plant:
            # The variables move into the scope and back when it closes, so that they are kept once.
            self.data, parent.internal_data["local"] = parent.internal_data["local"], {}
        if plant:
            self._plant()

    @property
    def parent_workflow(self) -> Any:
        return self._parent_scope

    def _calculate_depth(self) -> int:
        return int(self._parent_scope.depth) + 1


class Case(Hearing, _Scope, BpmnWorkflow):
    """The top scope. `runner` evaluates FEEL and calls the services; it stands where SpiffWorkflow would
    otherwise construct its Python script engine."""

    def __init__(self, spec: Any, scopes: Mapping[str, Any], runner: Any, now: datetime) -> None:
        self.now = now
        self.agenda: deque[Token] = deque()
        self.done: dict[str, int] = {}
        self.taken: dict[tuple[str, str], None] = {}
        self.thrown: list[dict[str, Any]] = []
        self.woken: list[tuple[str, datetime, int, str, bool]] = []
        self.failed_with: str | None = None
        self.undone: list[Any] = []
        self.undoes = any(one.undoes for one in (spec, *scopes.values()))
        super().__init__(spec, dict(scopes), script_engine=runner, deserializing=True)
        self._settles = any(one.settles for one in (spec, *scopes.values()))
        self._conditional = any(one.conditional for one in (spec, *scopes.values()))

    def begin(self, data: Mapping[str, Any], at: str = "", payload: Any = None) -> None:
        self.data = dict(data)
        self._plant()
        if at:
            self.task_tree.internal_data["at"] = at
        if payload is not None:
            self.task_tree.internal_data["payload"] = payload

    # --- asked by the step kinds

    def value(self, token: Token, text: str, more: Mapping[str, Any] | None = None) -> Any:
        return self.script_engine.value(token, text, more)

    def holds(self, token: Token, text: str, more: Mapping[str, Any] | None = None) -> bool:
        return bool(self.script_engine.holds(token, text, more))

    def run_script(self, token: Token, script: str) -> None:
        self.script_engine.run_script(token, script)

    def run_service(self, token: Token) -> bool | None:
        return self.script_engine.run_service(token)

    def run_decision(self, token: Token) -> bool | None:
        return self.script_engine.run_decision(token)

    def open_scope(self, token: Token, name: str) -> None:
        owns = "local" in token.internal_data or isinstance(token.task_spec, CallStep)
        self.subprocesses[token.id] = SubScope(self.subprocess_specs[name], token, self, owns=owns)

    # --- the loop

    def scopes(self) -> list[Any]:
        return [self, *self.subprocesses.values()]

    def tokens(self) -> Iterator[Token]:
        """Every live token, outermost scope first."""
        return (token for scope in self.scopes() for token in scope.live())

    def kept(self) -> Iterator[Mapping[str, Any]]:
        """Every dictionary of variables that the case carries."""
        yield self.data
        for scope in self.subprocesses.values():
            if scope.owns:
                yield scope.data

    def token(self, name: str) -> Token | None:
        try:
            wanted = UUID(hex=name)
        except ValueError:
            return None
        return next((scope.tasks[wanted] for scope in self.scopes() if wanted in scope.tasks), None)

    def next_ready(self) -> Token | None:
        """The next token that nobody and nothing has to be waited for; settles what waits for quiet."""
        while True:
            self._check_conditions()
            while self.agenda:
                token = self.agenda.popleft()
                if token._state == READY and token.workflow.tasks.get(token.id) is token:
                    return token
            if not self._settles or not self._settle():
                return None

    def _settle(self) -> bool:
        moved = False
        for scope in self.scopes():
            waiting = [token for token in scope.live() if token._state == WAITING]
            groups = {t.task_spec.name: t.task_spec for t in waiting if getattr(t.task_spec, "settles", False)}
            for spec in groups.values():
                moved = spec.settle(scope) or moved
        return moved

    def _check_conditions(self) -> None:
        """After each step, so that a condition is noticed as soon as it becomes true."""
        for token in self.waiting_for(Condition) if self._conditional else ():
            if token._state != WAITING:
                continue
            holds = self.script_engine.has_come(token, token.task_spec.trigger.text)
            held = token.internal_data.get("held", False)
            token.internal_data["held"] = holds
            if holds and not held:
                token.task_spec.fire(token)

    def left(self, token: Token) -> None:
        """A token is done with its step: note it, end what depended on it, take it out of the tree."""
        spec, scope, parent = token.task_spec, token.workflow, token.parent
        inner = self.subprocesses.pop(token.id, None)
        if self.undoes:
            remember(token, inner)
        if getattr(spec, "bpmn_id", None):
            once = 0 if isinstance(spec, Repeated) else 1  # its instances were counted one by one
            self.done[spec.bpmn_id] = self.done.get(spec.bpmn_id, 0) + once
            self._note_way(token, spec)
        if parent is not None and isinstance(parent.task_spec, Repeated) and parent._state == STARTED:
            token.remove()
            parent.task_spec.merged(parent, token)
            return
        if parent is not None and isinstance(parent.task_spec, Guarded) and not isinstance(spec, BoundaryEvent):
            parent.task_spec.leave(token)
        following = token.children if scope.spec.adhoc is not None else []
        self._take_out(token)
        if isinstance(spec, ThrowEvent):
            spec.after(token)
        if scope.spec.adhoc is not None:
            scope.spec.adhoc.left(token, following)
        self.close_if_empty(scope)

    def _take_out(self, token: Token) -> None:
        """A token that is done leaves the tree; the scope takes its children."""
        scope = token.workflow
        if token is scope.task_tree:
            scope.watch()
        elif not getattr(token.task_spec, "keeps_children", False):
            for child in token.children:
                child.parent = scope.task_tree
                scope.task_tree._children.append(child.id)
            token._children = []
            token.remove()

    def _note_way(self, token: Token, spec: Any) -> None:
        """The ways a finished token came or went, as (source, target); a name with a dot is its step's."""
        if token.parent is not None and isinstance(token.parent.task_spec, RaceGateway):
            # only the event that happened was chosen; the others merely waited beside it
            self.taken[token.parent.task_spec.bpmn_id, spec.bpmn_id] = None
        if isinstance(spec, RaceGateway):
            return
        source = spec.bpmn_id.partition(".")[0]
        for child in token.children:
            name = getattr(child.task_spec, "bpmn_id", None) or child.task_spec.name
            target, _dot, added = name.partition(".")
            if added not in ("choice", "fork", "none"):  # gateways that make a fork of a step explicit
                self.taken[source, target] = None

    def close_if_empty(self, scope: Any) -> None:
        """A scope is complete when no token is left in it."""
        if scope.completed or scope.unfinished():
            return
        if scope.spec.adhoc is not None and scope.spec.adhoc.offer(scope):
            return
        scope.clear()
        scope.completed = True
        if scope is self:
            return
        parent = scope.parent_workflow.tasks.get(scope.parent_task_id)
        if parent is not None and self.subprocesses.get(parent.id) is scope:
            if scope.owns and not scope.called:
                parent.internal_data["local"] = scope.data
            parent._set_state(READY)

    # --- undoing

    def compensate(self, token: Token, trigger: Compensate) -> bool:
        return undo(token, trigger)

    def cancel_transaction(self, scope: Any) -> None:
        call_off(scope)

    def reopen(self, token: Token, name: str, inner: list[Any]) -> SubScope:
        """A completed scope once more, with nothing running in it, so that what it did can be undone."""
        owns = "local" in token.internal_data
        scope = SubScope(self.subprocess_specs[name], token, self, owns=owns, plant=False)
        if owns:
            scope.data, token.internal_data["local"] = token.internal_data["local"], {}
        scope.undone = inner
        scope.task_tree = Token(scope, scope.spec.start, state=COMPLETED)
        self.subprocesses[token.id] = scope
        return scope
