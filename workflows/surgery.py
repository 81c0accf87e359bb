"""Repairs on a running case: a token moved, a step skipped or begun again, values put right, an item more or less.

Every function works on an `engine.Run` in the hand of one move and refuses with `Conflict` and a sentence. It returns
what follows besides, as sentences for the person who asked. The caller advances the run afterwards, saves it and
brings people's tasks into line (`tasks.repair.repairs`). A refusal after the first change leaves a run that cannot be
saved.
"""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from domain.errors import Conflict
from domain.text import Name, Text
from domain.text import gettext as _
from workflows import marking
from workflows import spiff_specs as kinds
from workflows.engine import Run
from workflows.marking import Outlook
from workflows.spiff_case import COMPLETED, ERROR, FUTURE, READY, STARTED, WAITING
from workflows.spiff_repeat import MAX_INSTANCES, MultiStep, Repeated
from workflows.step_failures import why_of
from workflows.surgery_places import (
    around,
    comes_after,
    id_of,
    instance,
    local_of,
    name_of,
    only_scope,
    only_watches,
    route,
    target,
    unit_of,
    units_of,
)

KEPT = ("case",)  # values that say which case this is; the offices' tables are built on them
Said = list[Text]


def move(run: Run, token: str, to_step: str, *, end_others: bool = False) -> Said:
    """Take the token with what waits beside it (boundary events, a race) and put it at the beginning of `to_step`.

    The step may lie in the same scope, in one around it when nothing else runs inside, or in a plain subprocess.
    end_others: whatever else stands in the scope ends. Without it a move is refused after which a join would wait
    for ever.
    """
    found = run._open(token)
    if isinstance(around(found), Repeated):
        raise Conflict(_("This is one of several of its kind. Move the whole step, or drop this one."), token=token)
    if only_watches(found):
        raise Conflict(_("This event stands beside a step. Move the step."), token=token)
    unit, way = route(run, unit_of(found), to_step)
    scope = unit.workflow
    before = marking.outlook(scope)
    others = [other for other in units_of(scope) if end_others and other is not unit]
    entered: list[Any] = []

    def act() -> None:
        entered.append(_enter(run, scope, way))
        for ended in (unit, *others):
            ended.discard()

    _changing(run, to_step, act)
    _judge(run, scope, before)
    if entered[0] is not scope:
        _judge(run, entered[0], Outlook())
    return _ended(run, others)


def reset(run: Run, to_step: str) -> Said:
    """Begin a step again that was reached before: what came after it ends, what runs beside it stays.

    Where the two cannot be told apart (a loop), everything in its scope ends. Values that were set stay.
    """
    scope = only_scope(run, to_step)
    spec = target(run, scope.spec, to_step)
    if not run._case.done.get(to_step) and to_step not in run.active():
        raise Conflict(_("“%(step)s” was never reached. Move the token there instead.", step=name_of(run, to_step)))
    before = marking.outlook(scope)
    units = units_of(scope)
    later = [unit for unit in units if comes_after(scope, spec, unit)]
    for ended in (later, units):
        if not marking.lost(marking.outlook_after(scope, ended, spec.name), before):
            break
    else:
        raise Conflict(_("The case could not come to its end from “%(step)s”.", step=name_of(run, to_step)))

    def act() -> None:
        _enter(run, scope, [to_step])
        for unit in ended:
            unit.discard()

    _changing(run, to_step, act)
    return [_("“%(step)s” ends where it stands.", step=name_of(run, step)) for step in dict.fromkeys(map(id_of, ended))]


def skip(run: Run, token: str, result: Mapping[str, Any] | None = None) -> Said:
    """Let a step end as if it had been done: with `result` kept as the step's own would be, or with nothing.

    A repeated step ends with the results so far, a subprocess with what runs inside, a join goes on without the ways
    that are missing. Of an event, what follows it happens.
    """
    found = run._open(token)
    spec, scope = found.task_spec, found.workflow
    given = None if result is None else _plain(result)
    end = next((end for kind, state, end in _ENDINGS if isinstance(spec, kind) and found._state in state), None)
    if end is None or isinstance(spec, kinds.BoundaryEvent):
        raise Conflict(
            _("“%(step)s” is nothing that could be skipped. Move the token instead.", step=name_of(run, id_of(found))),
            token=token,
        )
    before = marking.outlook(scope)
    _changing(run, id_of(found), lambda: end(run, found, given))
    run._check_size()
    if not scope.completed:
        _judge(run, scope, before)
    return []


def put_values(run: Run, values: Mapping[str, Any], remove: Sequence[str] = (), *, token: str = "") -> Said:
    """Set and remove routing values of the case, or of the scope a token stands in. At most 64 kB in all.

    Conditions that wait are asked again when the case moves on.
    """
    given = _plain(values)
    for name in (*given, *remove):
        if name in KEPT or not name.isidentifier():
            raise Conflict(_("“%(name)s” is no value that may be changed by hand.", name=name[:60]))
    target = _variables(run._open(token)) if token else run._case.data
    missing = next((name for name in remove if name not in target), None)
    if missing is not None:
        raise Conflict(_("The case has no value “%(name)s”.", name=missing[:60]))
    target.update(given)
    for name in remove:
        del target[name]
    run._check_size()
    return []


def add_item(run: Run, step_id: str, item: Any) -> Said:
    """One more instance of a running multi-instance step; its collection elsewhere stays as it is."""
    found = _running(run, step_id)
    spec, kept = found.task_spec, found.internal_data
    if len(kept["items"]) >= MAX_INSTANCES:
        raise Conflict(_("There are 1,000 of these already; more are not possible."))
    one = _plain({"item": item})["item"]
    if spec.cardinality:
        one = len(kept["items"])
    elif kept["items"] and _shape(one) != _shape(kept["items"][0]):
        raise Conflict(_("The new item must have the same parts as the others: %(parts)s.", parts=_parts(kept)))
    elif one in kept["items"]:
        raise Conflict(_("This item is there already."))

    def act() -> None:
        kept["items"].append(one)
        kept["results"].append(None)
        if not spec.sequential:
            spec._next(found)

    _changing(run, step_id, act)
    run._check_size()
    return []


def drop_item(run: Run, token: str) -> Said:
    """Take one instance out of a multi-instance step, as if its item had never been in the collection."""
    child = instance(run._open(token))
    if child is None:
        raise Conflict(_("This step is not one of several; there is nothing to drop."), token=token)
    many, spec = child.parent, child.parent.task_spec
    kept = many.internal_data
    index = local_of(run, child)["loopCounter"]

    def act() -> None:
        del kept["items"][index], kept["results"][index]
        kept["next"] -= 1
        for other in many.children:
            local = local_of(run, other)
            if other is not child and local["loopCounter"] > index:
                local["loopCounter"] -= 1
        child.discard()
        if kept["done"] >= len(kept["items"]) or spec._enough(many):
            spec._finish(many)
        elif spec.sequential:
            spec._next(many)

    _changing(run, id_of(many), act)
    return []


# --- changing ------------------------------------------------------------------------------------------------------


def _enter(run: Run, scope: Any, way: Sequence[str]) -> Any:
    """Put a new token at each step of `way`, one inside the other. Returns the scope of the last."""
    for place, step_id in enumerate(way):
        spec = target(run, scope.spec, step_id)
        token = scope.task_tree._add_child(spec, FUTURE)
        spec._update(token)
        if place == len(way) - 1:
            break
        if isinstance(spec, kinds.Guarded):
            token.run()
            token = next(t for t in scope.live() if t.task_spec.name == step_id and t.parent is token)
        scope = run._case.subprocesses[token.id]
        scope.task_tree._state = COMPLETED
        scope.watch()
    return scope


def _changing(run: Run, step_id: str, act: Callable[[], None]) -> None:
    """Carry out a change; whatever an expression of the drawing says against it becomes a refusal."""
    try:
        act()
    except Conflict:
        run._broken = True
        raise
    except Exception as cause:  # what the drawing raises over this case's values refuses the change
        run._broken = True
        why = why_of(cause) or type(cause).__name__
        raise Conflict(_("“%(step)s” cannot be done: %(why)s", step=name_of(run, step_id), why=why)) from cause


def _judge(run: Run, scope: Any, before: Outlook) -> None:
    """Refuse what leaves a join half reached, or the case unable to end, where it was not so before."""
    lost = marking.lost(marking.outlook(scope), before)
    if not lost:
        return
    run._broken = True
    joins = [name_of(run, one) for one in sorted(lost)]
    names = Name("、".join(one.chinese for one in joins), ", ".join(one.english for one in joins))
    raise Conflict(_("“%(joins)s” would then wait for a way on which nobody comes any more.", joins=names))


def _ended(run: Run, units: Sequence[Any]) -> Said:
    names = dict.fromkeys(id_of(unit) for unit in units)
    return [_("“%(step)s” ends where it stands.", step=name_of(run, one)) for one in names]


# --- how each kind of step ends without being done ----------------------------------------------------------------


def _end_person(run: Run, found: Any, result: Mapping[str, Any] | None) -> None:
    if result is not None:
        run._case.script_engine.keep_answers(found, result)
    found.run()


def _end_service(run: Run, found: Any, result: Mapping[str, Any] | None) -> None:
    if result is not None:
        run._case.script_engine.keep(found, result)
    found.complete()


def _end_script(_run: Run, found: Any, result: Mapping[str, Any] | None) -> None:
    found.put(result or {})
    found.complete()


def _end_decision(_run: Run, found: Any, result: Mapping[str, Any] | None) -> None:
    if result is not None:
        details = found.task_spec.details
        found.put({details.result or details.id: result})
    found.complete()


def _end_repeated(_run: Run, found: Any, _result: Mapping[str, Any] | None) -> None:
    found.task_spec._finish(found)


def _end_subprocess(run: Run, found: Any, result: Mapping[str, Any] | None) -> None:
    inner = run._case.subprocesses[found.id]
    inner.clear()
    inner.data.update(result or {})
    run._case.close_if_empty(inner)


def _end_event(_run: Run, found: Any, result: Mapping[str, Any] | None) -> None:
    found.task_spec.fire(found, result)


def _end_join(_run: Run, found: Any, _result: Mapping[str, Any] | None) -> None:
    spec = found.task_spec
    spec.merge(list(spec.arrivals(found.workflow).values()), found)
    found._ready()


_ENDINGS: tuple[tuple[Any, tuple[int, ...], Callable[[Run, Any, Mapping[str, Any] | None], None]], ...] = (
    (kinds.HumanStep, (READY,), _end_person),
    (kinds.ServiceStep, (STARTED, ERROR), _end_service),
    (kinds.ScriptStep, (ERROR,), _end_script),
    (kinds.DecisionStep, (ERROR,), _end_decision),
    (Repeated, (STARTED,), _end_repeated),
    (kinds.SubProcess, (STARTED,), _end_subprocess),
    (kinds.CatchEvent, (WAITING,), _end_event),
    (kinds.Joining, (WAITING,), _end_join),
)


# --- small questions -----------------------------------------------------------------------------------------------


def _variables(token: Any) -> dict[str, Any]:
    local = token.internal_data.get("local")
    return token.workflow.data if local is None else local


def _running(run: Run, step_id: str) -> Any:
    at = [t for t in run._case.tokens() if isinstance(t.task_spec, MultiStep) and t.task_spec.bpmn_id == step_id]
    running = [token for token in at if token._state == STARTED]
    if len(running) != 1:
        raise Conflict(_("“%(step)s” is not running for several items just now.", step=name_of(run, step_id)))
    return running[0]


def _shape(item: Any) -> Any:
    return frozenset(item) if isinstance(item, dict) else type(item)


def _parts(kept: Mapping[str, Any]) -> str:
    first = kept["items"][0]
    return ", ".join(sorted(first)) if isinstance(first, dict) else type(first).__name__


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return dict(orjson.loads(orjson.dumps(dict(values))))
    except (TypeError, orjson.JSONEncodeError) as broken:
        raise Conflict(_("These values cannot be kept; use texts, numbers, lists and yes or no.")) from broken
