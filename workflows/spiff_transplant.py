"""The tokens of a running case set onto another drawing, each keeping its id and what it carries.

`carry` changes the case in hand; a refusal leaves one that must be thrown away. What cannot be done right is refused:
a token is never dropped except a wait that the new drawing no longer has, and none stands where it could not go on.
"""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.text import gettext as _
from workflows import marking, sides
from workflows import spiff_specs as kinds
from workflows.spiff_case import COMPLETED, FUTURE, LIVE, STARTED, WAITING, Case, Token
from workflows.spiff_events import (
    Condition,
    Message,
    Timer,
    Trigger,
)
from workflows.spiff_going import CANNOT, CHILD, GUARD, MAPPING, Going, Named, Refused, base_of
from workflows.spiff_parse import Scope
from workflows.spiff_planned import literal
from workflows.spiff_repeat import Repeated
from workflows.spiff_triggers import Multiple
from workflows.spiff_undo import Undoing


@dataclass
class Carried:
    """What happened besides. begun, ended, again: ids of waits that begin, end, go on under other words.

    kept: token -> what a timer waited for before; its day is still the planned one. own: all this hung on values of
    this very case, so another case at the same places may fare otherwise.
    """

    begun: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    kept: dict[str, Timer] = field(default_factory=dict)
    own: bool = False


def carry(
    case: Case, spec: Scope, scopes: Mapping[str, Scope], ids: Mapping[str, str], old: Named, new: Named
) -> Carried:
    """Set every token of `case` onto `spec`. ids: old id of a node -> id in the new drawing, where they differ.

    old, new: what an id is called in the old and in the new drawing. Raises Refused.
    """
    return _Carrying(case, spec, scopes, ids, old, new).run()


class _Carrying(Going):
    def __init__(
        self, case: Case, spec: Scope, scopes: Mapping[str, Scope], ids: Mapping[str, str], old: Named, new: Named
    ) -> None:
        super().__init__(scopes, ids, old, new)
        self.case, self.spec = case, spec
        self.found = Carried()
        self.before: dict[int, Any] = {}
        self.specs: dict[int, Any] = {}  # by scope: the spec it had
        self.around: dict[Any, Any] = {}  # by token: the guard or race it stood at

    def run(self) -> Carried:
        case = self.case
        self.before = {id(scope): marking.outlook(scope) for scope in case.scopes()}
        case.subprocess_specs = dict(self.scopes)
        for scope in case.scopes():  # a scope stands after the one around it
            self._scope(scope)
        case._settles = any(one.settles for one in (self.spec, *self.scopes.values()))
        case._conditional = any(one.conditional for one in (self.spec, *self.scopes.values()))
        case.undoes = any(one.undoes for one in (self.spec, *self.scopes.values()))
        self._rename()
        for scope in case.scopes():
            self._begin_waits(scope)
        for scope in case.scopes():
            self._must_end(scope)
        return self.found

    def _rename(self) -> None:
        """What was done under an id that is another now counts, and its values are found, under the new one too."""
        known = {base_of(name) for one in (self.spec, *self.scopes.values()) for name in one.task_specs}
        before = {base_of(name) for one in self.specs.values() for name in one.task_specs}
        for old, new in self.ids.items():
            if old in known or new in before:
                continue  # both are steps of one drawing: the token goes to another step, nothing was renamed
            if old in self.case.done:
                self.case.done[new] = self.case.done.pop(old) + self.case.done.get(new, 0)
            for values in (self.case.data, *(scope.data for scope in self.case.subprocesses.values() if scope.owns)):
                if old in values and new not in values:
                    values[new] = values[old]

    # --- scope by scope

    def _scope(self, scope: Any) -> None:
        new = self.spec if scope is self.case else self._inner(scope)
        self.specs[id(scope)] = scope.spec
        self.must_offer(scope.spec, new)
        scope.undone = self.records(scope.undone, new)
        pairs = [(token, self._place(scope, token, new)) for token in list(scope.tasks.values())]
        for token, spec in pairs:
            if token.id not in scope.tasks:
                continue  # went with the wait it belonged to
            if spec is None:
                self._end_wait(token)
            else:
                self._stand(token, spec, new)
        scope.spec = new

    def _inner(self, scope: Any) -> Scope:
        parent = scope.parent_workflow.tasks[scope.parent_task_id]
        name: str = getattr(parent.task_spec, "spec", None) or ""
        if name not in self.scopes:
            step = base_of(parent.task_spec.name)
            raise Refused(CANNOT, step, _("“%(step)s” has no inside any more.", step=self.new(step)))
        return self.scopes[name]

    def _place(self, scope: Any, token: Token, new: Scope) -> Any:
        """The new spec of a token; None for a wait that the new drawing does not have. Raises Refused."""
        spec = token.task_spec
        if token is scope.task_tree:
            return new.start
        found = new.task_specs.get(self.to(spec.name))
        if isinstance(spec, Undoing) and found is None:
            raise Refused(CANNOT, "", _("Such a case is undoing what it did. Wait until that is over."))
        if isinstance(spec, kinds.Guarded | kinds.RaceGateway):
            self.around[token.id] = spec
        if isinstance(spec, kinds.Guarded):
            return found or spec  # unwrapped once its activity is placed
        if found is not None and self._same_wait(spec, found) and self._still_beside(token, found, new):
            return found
        if self._only_waits(token):
            return None
        if found is None:
            raise self._nowhere(spec, new)
        raise self._unlike(token, found)

    def _still_beside(self, token: Token, found: Any, new: Scope) -> bool:
        """A boundary event waits at the same activity as before, an event of a race at the same gateway."""
        around = token.parent.task_spec if token.parent is not None else None
        waits_there = isinstance(token.task_spec, kinds.BoundaryEvent) or isinstance(around, kinds.RaceGateway)
        if around is None or not waits_there or token._state != WAITING:
            return True
        place = new.task_specs.get(self.to(around.name))
        return place is not None and found.name in place._outputs

    def _same_wait(self, spec: Any, found: Any) -> bool:
        if type(spec) is not type(found):
            return False
        one, other = getattr(spec, "trigger", None), getattr(found, "trigger", None)
        return type(one) is type(other)

    def _only_waits(self, token: Token) -> bool:
        """A boundary event, a waiting event subprocess, or one of several events of a race."""
        spec, parent = token.task_spec, token.parent
        if token._state != WAITING:
            return False
        if isinstance(spec, kinds.BoundaryEvent | kinds.EventSubProcess):
            return True
        if parent is None or not isinstance(parent.task_spec, kinds.RaceGateway):
            return False
        new = self._race(parent)
        return new is not None and any(
            self.to(other.task_spec.name) in new._outputs for other in parent.children if other is not token
        )

    def _race(self, token: Token) -> Any:
        where = self.spec if token.workflow is self.case else self.scopes.get(token.workflow.spec.name)
        found = where.task_specs.get(self.to(token.task_spec.name)) if where is not None else None
        return found if isinstance(found, kinds.RaceGateway) else None

    def _nowhere(self, spec: Any, new: Scope) -> Refused:
        step = base_of(spec.name)
        target = self.to(step)
        elsewhere = any(target in one.task_specs for one in (self.spec, *self.scopes.values()) if one is not new)
        if f"{target}{CHILD}" in new.task_specs or target in new.task_specs:
            return self._repeats(step)
        if elsewhere:
            sentence = _("“%(step)s” lies in another subprocess now. Say at which step such a case goes on.",
                         step=self.old(step))  # fmt: skip
        else:
            sentence = _("The step “%(step)s” is not there any more. Say at which step such a case goes on.",
                         step=self.old(step))  # fmt: skip
        return Refused(MAPPING, step, sentence)

    def _repeats(self, step: str) -> Refused:
        return Refused(
            MAPPING, step,
            _("“%(step)s” is repeated in another way now. Say at which step such a case goes on, or wait until it is"
              " done.", step=self.old(step)),
        )  # fmt: skip

    def _unlike(self, token: Token, found: Any) -> Refused:
        step = base_of(token.task_spec.name)
        if isinstance(found, Repeated) or isinstance(token.task_spec, Repeated):
            return self._repeats(step)
        if isinstance(token.task_spec, kinds.Joining):
            sentence = _("“%(step)s” waits for other ways here; the gateway of the new version does not.",
                         step=self.old(step))  # fmt: skip
            return Refused(CANNOT, step, sentence)
        sentence = _("“%(step)s” is a step of another kind now. Say at which step such a case goes on.",
                     step=self.old(step))  # fmt: skip
        return Refused(MAPPING, step, sentence)

    def _stand(self, token: Token, spec: Any, new: Scope) -> None:
        was = token.task_spec
        if isinstance(spec, Repeated):
            self.must_go_on(was, spec, token)
        if isinstance(was, kinds.ServiceStep) and token._state == STARTED:
            self.same_job(was, spec)
        token.task_spec = spec
        if isinstance(spec, Undoing):
            token.internal_data["left"] = self.records(token.internal_data["left"], new)
        if isinstance(spec, kinds.Joining) and token._state == WAITING:
            self.found.own = True
            token.internal_data["via"] = self.via(token.internal_data["via"], was, spec, new)
        trigger = getattr(spec, "trigger", None)
        if token._state == WAITING and isinstance(trigger, Trigger) and trigger != was.trigger:
            self._wait_on(token, was.trigger, trigger)

    def _wait_on(self, token: Token, was: Trigger, trigger: Trigger) -> None:
        """The wait goes on: a day that is planned stays, what is compared with is looked up again."""
        if isinstance(trigger, Multiple):
            step = base_of(token.task_spec.name)
            sentence = _("“%(step)s” waits for several events in one, which are others in the new version. Wait until"
                         " it is over.", step=self.old(step))  # fmt: skip
            raise Refused(CANNOT, step, sentence)
        if isinstance(trigger, Timer):
            if isinstance(was, Timer) and (was.kind, was.text) == (trigger.kind, trigger.text):
                return  # only what becomes of missed rounds is another matter now
            if isinstance(was, Timer) and was.kind != trigger.kind and "cycle" in (was.kind, trigger.kind):
                self._arm(token)
            elif isinstance(was, Timer):
                self.found.kept[token.id.hex] = was
                self.found.own = True  # each has its own day
        elif isinstance(trigger, Message) and trigger.correlation != getattr(was, "correlation", ""):
            self._arm(token)
        elif isinstance(trigger, Condition):
            token.internal_data.pop("held", None)
        self.found.again.append(token.task_spec.bpmn_id)

    # --- waits that end, waits that begin

    def _end_wait(self, token: Token) -> None:
        self.found.ended.append(token.task_spec.bpmn_id)
        token.discard()

    def _begin_waits(self, scope: Any) -> None:
        was: Any = self.specs[id(scope)]
        for token in list(scope.tasks.values()):
            spec = token.task_spec
            if token.id not in scope.tasks or _belongs(token):
                continue
            guard = scope.spec.task_specs.get(f"{spec.name}{GUARD}")
            around = token.parent
            if around is not None and isinstance(around.task_spec, kinds.Guarded):
                self._beside(token, around, guard, was)
            elif guard is not None and token._state in LIVE:
                self._beside(token, _wrapped(token, guard), guard, was)
            if isinstance(spec, kinds.RaceGateway):
                self._race_anew(token, was)
        self._watch(scope, was)

    def _beside(self, token: Token, around: Token, guard: Any, was: Any) -> None:
        """The boundary events of an activity that goes on: those that are new begin to wait, from now."""
        if guard is None:
            _unwrap(token, around)
            return
        old = self.around.get(around.id)
        around.task_spec = guard
        known = {} if old is None else {self.to(name): was.task_specs[name] for name in old._outputs}
        for name in guard._outputs:
            event = guard._wf_spec.task_specs[name]
            if isinstance(event, kinds.BoundaryEvent) and not self._goes_on(known.get(name), event):
                self._begin(around, event)

    def _goes_on(self, was: Any, event: Any) -> bool:
        return was is not None and self._same_wait(was, event)

    def _race_anew(self, token: Token, was: Any) -> None:
        old = self.around.get(token.id)
        known = {} if old is None else {self.to(name): was.task_specs[name] for name in old._outputs}
        for name in token.task_spec._outputs:
            event = token.task_spec._wf_spec.task_specs[name]
            if not self._goes_on(known.get(name), event):
                self._begin(token, event)

    def _watch(self, scope: Any, was: Any) -> None:
        if scope.completed or scope.task_tree._state != COMPLETED:
            return
        known = {self.to(one.name): one for one in was.watchers}
        for spec in scope.spec.watchers:
            if not self._goes_on(known.get(spec.name), spec):
                self._begin(scope.task_tree, spec)

    def _begin(self, parent: Token, event: Any) -> None:
        token = parent._add_child(event, FUTURE)
        self._guarded(token, lambda: event._update(token))
        if not literal(event.trigger):
            self.found.own = True
        self.found.begun.append(event.bpmn_id)

    def _arm(self, token: Token) -> None:
        self.found.own = True
        self._guarded(token, lambda: token.task_spec.trigger.arm(token))

    def _guarded(self, token: Token, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as problem:  # whatever an expression of the drawing raises over this case's values
            self.found.own = True
            step = token.task_spec.bpmn_id
            sentence = _("“%(step)s” would begin to wait, and what it waits for cannot be told from the values of such"
                         " a case.", step=self.new(step))  # fmt: skip
            raise Refused(CANNOT, step, sentence) from problem

    # --- whether it can end

    def _must_end(self, scope: Any) -> None:
        was = self.specs[id(scope)]
        twice = sides.twice(scope, {self.to(name): name for name in was.task_specs}, was, self.to)
        if twice:
            sentence = _("Two ways of such a case run side by side that the new version leads one after the other;"
                         " “%(step)s” would come twice.", step=self.new(base_of(twice)))  # fmt: skip
            raise Refused(CANNOT, base_of(twice), sentence)
        before = self.before.get(id(scope), marking.Outlook())
        lost = sorted(marking.lost(marking.outlook(scope), before))
        if lost:
            sentence = _("Such a case would wait at “%(join)s” for a way that it never began.", join=self.new(lost[0]))
            raise Refused(CANNOT, lost[0], sentence)


# --- small tools ------------------------------------------------------------------------------------------------------


def _belongs(token: Token) -> bool:
    """An instance of a repeated step, a boundary event or a guard: its step's own token answers for it."""
    spec, parent = token.task_spec, token.parent
    if isinstance(spec, kinds.BoundaryEvent | kinds.Guarded):
        return True
    return parent is not None and isinstance(parent.task_spec, Repeated) and spec.name.endswith(CHILD)


def _wrapped(token: Token, guard: Any) -> Token:
    """A guard around an activity that had none; gives the guard's token."""
    parent = token.parent
    if parent is None:  # only a scope's root has none, and that is no activity
        raise ValueError(token.task_spec.name)
    around = parent._add_child(guard, COMPLETED)
    parent._children.remove(token.id)
    token.parent = around
    around._children.append(token.id)
    return around


def _unwrap(token: Token, around: Token) -> None:
    """An activity without boundary events any more stands where its guard stood."""
    parent = around.parent
    for child in list(around.children):
        around._children.remove(child.id)
        child.parent = parent
        parent._children.append(child.id)
    around.remove()


__all__ = ["CANNOT", "MAPPING", "Carried", "Refused", "base_of", "carry"]
