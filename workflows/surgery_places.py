"""Where the tokens of a running case stand, as people who repair it see them, and where one may be put."""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.errors import Conflict
from domain.text import Name
from domain.text import gettext as _
from workflows import spiff_specs as kinds
from workflows.engine import Run
from workflows.marking import forward
from workflows.spiff_case import ERROR, READY, STARTED, WAITING
from workflows.spiff_repeat import LoopStep, MultiStep, Repeated

SKIP, MOVE, ADD, DROP = "skip", "move", "add", "drop"


@dataclass(frozen=True)
class Place:
    """One thing that stands in a running case.

    kind: person, job, event, join, many, loop, subprocess or step. state: waiting, open, working or failed.
    item, number: element and place of one of several. inside: ids of the steps it runs inside, outermost first.
    may: what can be done with it, of skip, move, add and drop.
    """

    token: str
    step_id: str
    kind: str
    state: str
    item: Any = None
    number: int | None = None
    inside: tuple[str, ...] = ()
    may: frozenset[str] = frozenset()


_STATES = {WAITING: "waiting", READY: "open", STARTED: "working", ERROR: "failed"}
_KINDS: tuple[tuple[Any, str], ...] = (
    (kinds.HumanStep, "person"),
    (kinds.ServiceStep, "job"),
    (MultiStep, "many"),
    (LoopStep, "loop"),
    (kinds.SubProcess, "subprocess"),
    (kinds.CatchEvent, "event"),
    (kinds.Joining, "join"),
)


def places(run: Run) -> list[Place]:
    """Everything that stands in the case, a step before what runs inside it. What merely watches is left out."""
    return list(_within(run, run._case, ()))


def _within(run: Run, scope: Any, inside: tuple[str, ...]) -> Iterator[Place]:
    for token in scope.live():
        if only_watches(token) or isinstance(around(token), Repeated):
            continue
        yield from _place(run, token, inside)


def _place(run: Run, token: Any, inside: tuple[str, ...]) -> Iterator[Place]:
    spec = token.task_spec
    kind = next((kind for wanted, kind in _KINDS if isinstance(spec, wanted)), "step")
    one = instance(token) if isinstance(around(token), MultiStep) else None
    local = local_of(run, one) if one is not None else {}
    item = local.get(around(token).element) if one is not None else None
    yield Place(
        token.id.hex, id_of(token), kind, _STATES[token._state], item, local.get("loopCounter"), inside,
        frozenset(_may(token, kind)),
    )  # fmt: skip
    deeper = (*inside, id_of(token))
    if isinstance(spec, Repeated):
        for child in token.children:
            yield from _place(run, child, deeper)
    inner = run._case.subprocesses.get(token.id)
    if inner is not None:
        yield from _within(run, inner, deeper)


def _may(token: Any, kind: str) -> Iterator[str]:
    repeated = isinstance(around(token), Repeated)
    if not repeated:
        yield MOVE
    if kind != "step" or (token._state == ERROR and isinstance(token.task_spec, kinds.ScriptStep | kinds.DecisionStep)):
        yield SKIP
    if kind == "many":
        yield ADD
    if isinstance(around(token), MultiStep):
        yield DROP


def targets(run: Run, token: str) -> list[str]:
    """Ids of the steps a token may be put at as far as the drawing alone says, in its order."""
    unit = unit_of(run._open(token))
    found = []
    for step_id in run.diagram.steps:
        try:
            route(run, unit, step_id)
            target(run, _scopes(run)[chain_of(run, step_id)[0]], step_id)
        except Conflict:
            continue
        found.append(step_id)
    return found


def unit_of(token: Any) -> Any:
    """What moves together with a token: an activity's guard with its boundary events, a race with all its events."""
    parent = token.parent
    watches = isinstance(token.task_spec, kinds.BoundaryEvent)
    if parent is not None and isinstance(parent.task_spec, kinds.Guarded | kinds.RaceGateway) and not watches:
        return parent
    return token


def name_of(run: Run, step_id: str) -> Name:
    """A step's name for sentences, in the language of whoever reads them."""
    step = run.diagram.steps.get(step_id)
    return Name(step.name or step.id, step.name_en) if step is not None else Name(step_id, step_id)


def variables_of(run: Run, token: str) -> Mapping[str, Any]:
    """The values a token sees, its own before those of the scopes around."""
    return dict(run._open(token).data)


def idle(run: Run) -> bool:
    """True for a case that is not over and waits for nothing and nobody: it would stand still for ever."""
    waits = run.human_steps() or run.jobs() or run.timers() or run.messages() or run.failed() or run._case.agenda
    return not run.completed and not waits and not any(_may_wait(t) for t in run._case.tokens())


def must_wait(run: Run) -> None:
    """Raises Conflict for a case that stands still for ever; asked where a repair has been carried on."""
    if idle(run):
        raise Conflict(_("The case would then stand still for ever, waiting for nothing and nobody."))


def _may_wait(token: Any) -> bool:
    trigger = getattr(token.task_spec, "trigger", None)
    return token._state == WAITING and trigger is not None and not isinstance(token.task_spec, kinds.EventSubProcess)


def units_of(scope: Any) -> list[Any]:
    """Everything that stands in a scope; event subprocesses that nobody called are no part of it."""
    found: dict[Any, Any] = {}
    for token in scope.live():
        if only_watches(token) or isinstance(around(token), Repeated):
            continue
        unit = unit_of(token)
        found[unit.id] = unit
    return list(found.values())


def only_watches(token: Any) -> bool:
    """Whether it stands beside something and waits for what may never come."""
    return token._state == WAITING and isinstance(token.task_spec, kinds.BoundaryEvent | kinds.EventSubProcess)


def comes_after(scope: Any, spec: Any, unit: Any) -> bool:
    """Whether a unit stands at a step or behind it; one that waits at a join stands where it came from."""
    at = (
        unit.internal_data.get("via") if unit._state == WAITING and "via" in unit.internal_data else unit.task_spec.name
    )
    return at in forward(scope.spec, spec.name)


def route(run: Run, unit: Any, to_step: str) -> tuple[Any, list[str]]:
    """The unit to take away, and the steps to enter one inside the other, the last being the target."""
    chain = chain_of(run, to_step)
    while unit.workflow.spec.name not in chain:
        scope = unit.workflow
        if scope is run._case:
            raise Conflict(_("“%(step)s” does not belong to what runs here.", step=name_of(run, to_step)))
        if len(units_of(scope)) > 1:
            name = name_of(run, scope.spec.name)
            raise Conflict(_("More is going on inside “%(step)s”. Move that step as a whole.", step=name))
        holder = scope.parent_workflow.tasks[scope.parent_task_id]
        unit = unit_of(holder)
        if isinstance(around(holder), Repeated):
            raise Conflict(_("This is one of several of its kind. Move the whole step, or drop this one."))
    inner = chain[: chain.index(unit.workflow.spec.name)]
    return unit, [*reversed([_holder_name(run, name) for name in inner]), to_step]


def chain_of(run: Run, step_id: str) -> list[str]:
    """Names of the scopes around a step, innermost first."""
    scopes = _scopes(run)
    name = next((name for name, spec in scopes.items() if step_id in spec.task_specs), None)
    if name is None:
        raise Conflict(_("The drawing has no step “%(step)s” to go to.", step=step_id[:64]))
    chain = [name]
    while name != run._case.spec.name:
        holders = [at for at, spec in scopes.items() for one in spec.task_specs.values() if _opens(one, name)]
        if len(holders) != 1 or holders[0] in chain:
            raise Conflict(_("“%(step)s” lies in a part that is called from several places.", step=step_id[:64]))
        name = holders[0]
        chain.append(name)
    return chain


def _scopes(run: Run) -> dict[str, Any]:
    return {run._case.spec.name: run._case.spec, **run._case.subprocess_specs}


def _opens(spec: Any, scope: str) -> bool:
    return isinstance(spec, kinds.SubProcess) and spec.spec == scope


def _holder_name(run: Run, scope: str) -> str:
    """The step that opens a scope, when it does so once and on its own."""
    outer = _scopes(run).values()
    spec = next(one for around_it in outer for one in around_it.task_specs.values() if _opens(one, scope))
    if isinstance(spec, kinds.EventSubProcess) or spec.name != spec.bpmn_id:
        raise Conflict(_("“%(step)s” is begun by an event or several times.", step=name_of(run, spec.bpmn_id)))
    return str(spec.bpmn_id)


def only_scope(run: Run, step_id: str) -> Any:
    running = [scope for scope in run._case.scopes() if step_id in scope.spec.task_specs]
    if len(running) == 1:
        return running[0]
    chain_of(run, step_id)
    if running:
        raise Conflict(_("“%(step)s” runs several times at once. Move one of its tokens.", step=name_of(run, step_id)))
    raise Conflict(_("The part around “%(step)s” is over. Move a token there.", step=name_of(run, step_id)))


def target(run: Run, spec_of_scope: Any, step_id: str) -> Any:
    """The spec where a token enters a step. Raises Conflict where none can be put."""
    specs = spec_of_scope.task_specs
    spec = specs.get(step_id)
    name = name_of(run, step_id)
    if spec is None or isinstance(spec, kinds.BoundaryEvent | kinds.EventSubProcess | kinds.Guarded):
        raise Conflict(_("“%(step)s” is begun by an event; no token can be put there.", step=name))
    if isinstance(spec, kinds.Joining) and len(spec._inputs) > 1:
        raise Conflict(_("“%(step)s” joins several ways. Choose the step before or behind it.", step=name))
    if any(isinstance(specs[one], kinds.RaceGateway) for one in spec._inputs if one in specs):
        raise Conflict(_("“%(step)s” waits beside others. Choose the gateway before them.", step=name))
    return specs.get(f"{step_id}.BoundaryEventSplit", spec)


def around(token: Any) -> Any:
    return None if token.parent is None else token.parent.task_spec


def id_of(token: Any) -> str:
    spec = token.task_spec
    return str(getattr(spec, "bpmn_id", None) or spec.name.partition(".")[0])


def instance(token: Any) -> Any | None:
    """The multi-instance instance a token stands in, innermost first."""
    at = token
    while at is not None:
        if isinstance(around(at), MultiStep) and at.parent._state == STARTED:
            return at
        scope = at.workflow
        at = None if scope.parent_workflow is None else scope.parent_workflow.tasks.get(scope.parent_task_id)
    return None


def local_of(run: Run, child: Any) -> dict[str, Any]:
    """The own values of an instance, which move into its scope while one is open."""
    inner = run._case.subprocesses.get(child.id)
    return child.internal_data["local"] if inner is None else inner.data
