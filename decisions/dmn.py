"""A loaded decision model: what it decides, and the deciding (walls 19)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from decisions.boxed import BoxedFunction, Typed
from decisions.errors import DecisionError
from decisions.explain import Explained, MatchedRule, MissedRule
from decisions.feel import BUDGET, guarded
from decisions.feel.access import bind
from decisions.feel.nodes import Node, Scope, deeper
from decisions.feel.types import FunctionType, Type, coerce
from decisions.feel.values import MAX_NESTING, Function, State, Value, measured, take_in
from decisions.graph import Module, Part, Reader, Resolve, inputs_of, ordered
from decisions.source import Faults, child
from decisions.tables import Table


@dataclass(frozen=True, slots=True)
class DecisionInfo:
    """A decision of a model. `inputs` are (name, declared type) of all input data it rests on, near or far.

    `kind` is "table", "expression", "knowledge" or "service"; `hit_policy` is None but for tables.
    """

    id: str
    name: str
    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[str, ...]
    hit_policy: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class Decided:
    """One required decision on the way to the result, in the order of deciding."""

    id: str
    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Result:
    """What was decided. `value` is None when it could not be, then `reasons` say why, without values.

    `matched` are the rules that are the answers of all tables on the way, `missed` every other rule of those tables
    (only when asked to explain), both in the order of deciding. `steps` were used; `limit` is what stopped it
    ("steps", "size" or "depth"), "" when nothing did.
    """

    value: Value
    reasons: tuple[str, ...]
    matched: tuple[MatchedRule, ...]
    missed: tuple[MissedRule, ...]
    trace: tuple[Decided, ...]
    steps: int
    limit: str = ""


class Run(Explained):
    """The state of one evaluation of a model."""

    __slots__ = ("given",)

    def __init__(self, now: datetime, budget: int, given: Mapping[str, object], *, explaining: bool) -> None:
        super().__init__(now, budget, explaining=explaining)
        self.given = given


class Model:
    """A decision model that was read whole. Immutable; evaluations are independent of one another."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._resting = inputs_of(module)
        self.decisions = tuple(
            _info(part, list(self._resting[part])) for part in module.parts.values() if part.kind != "input"
        )

    def evaluate(
        self,
        decision: str,
        inputs: Mapping[str, object],
        *,
        now: datetime,
        budget: int = BUDGET,
        explain: bool = False,
    ) -> Result:
        """Decide `decision` (id or name; a decision service or knowledge model by its parameters' names).

        Args:
            inputs: name of input data -> value; what the model does not ask for is ignored.
            now: aware instant for now() and today().
            budget: steps for the whole graph.
            explain: tell of every rule that is not an answer why it is not.

        Raises:
            DecisionError: the model has no such decision.
        """
        if now.tzinfo is None:
            raise ValueError("now must be an aware datetime")
        part = self._find(decision)
        run = Run(now, budget, inputs, explaining=explain)
        values: dict[Part, Value] = {}
        value = guarded(lambda: measured(_target_value(part, run, values)), run)
        trace = tuple(
            Decided(done.id, done.name, run.tell(found)) for done, found in values.items() if done.kind == "decision"
        )
        return Result(
            value,
            tuple(run.problems),
            tuple(run.matched),
            tuple(run.missed),
            trace,
            budget - max(run.left, 0),
            run.limit,
        )

    def input_types(self, decision: str) -> dict[str, Type]:
        """Name of everything `decision` asks for (input data, near or far; parameters) -> its declared type.

        Raises:
            DecisionError: the model has no such decision.
        """
        part = self._find(decision)
        if part.kind == "knowledge":
            function = part.node
            return (
                dict(zip(function.parameters, function.types, strict=True))
                if isinstance(function, BoxedFunction)
                else {}
            )
        return {one.name: one.type for one in (part.given if part.kind == "service" else self._resting[part])}

    def _find(self, wanted: str) -> Part:
        parts = [part for part in self.module.parts.values() if part.kind != "input"]
        for rank in ("decision", "service", "knowledge"):
            for part in parts:
                if part.kind == rank and wanted in (part.id, part.name):
                    return part
        raise DecisionError(f"The model has no decision '{wanted}'. Choose one of: {', '.join(p.name for p in parts)}.")


def load(source: bytes, resolve: Resolve | None = None) -> Model:
    """Read a DMN 1.2 to 1.5 model; whatever could not be evaluated as written is refused here.

    Args:
        source: the XML, at most 2 MB, without DOCTYPE.
        resolve: namespace -> source of an imported model.

    Raises:
        DecisionError: with one finding (element, line, sentence, remedy) for every fault.
    """
    model, faults = read(source, resolve)
    faults.refuse()
    return model


def read(source: bytes, resolve: Resolve | None = None) -> tuple[Model, Faults]:
    """The model with the faults found in it; what is faulty is null. For checking drafts, never for deciding."""
    reader = Reader(resolve)
    module = reader.read(source)
    return Model(module), reader.faults


# --- evaluation


def _target_value(part: Part, run: Run, values: dict[Part, Value]) -> Value:
    if part.kind == "decision":
        return _decide(part, run, values, frozenset())
    function = _part_value(part, run, values) if part.kind == "service" else _decide(part, run, values, frozenset())
    named = {name: take_in(run.given[name], run) for name in function.parameters if name in run.given}
    return function.call(run, [], named) if function.parameters else function.call(run, [], {})


def _decide(part: Part, run: Run, values: dict[Part, Value], stop: frozenset[Part]) -> Value:
    """The value of `part`, everything it requires decided before it, each once."""
    for needed in ordered(part, stop):
        if needed not in values:
            values[needed] = _part_value(needed, run, values)
    return values[part]


def _part_value(part: Part, run: Run, values: dict[Part, Value]) -> Value:
    run.tick()
    if part.kind == "input":
        return _input(part, run)
    if part.kind == "service":
        return _service(part)
    run.types = part.module.types.find
    run.tick(part.node.cost)
    return part.node.run(run, Scope(_scope(part, values)))


def _scope(part: Part, values: dict[Part, Value]) -> dict[str, Value]:
    names: dict[str, Value] = {}
    for prefix, needed in part.requires:
        home = names.setdefault(prefix, {}) if prefix else names
        home[needed.name] = values.get(needed)
    return names


def _input(part: Part, run: Run) -> Value:
    if part.name not in run.given:
        run.note(f"The input '{part.name}' was not given.")
        return None
    fit, value = coerce(take_in(run.given[part.name], run), part.type, run)
    if not fit:
        run.note(f"The input '{part.name}' is not of the declared type or not an allowed value.")
    return value


def _service(part: Part) -> Function:
    """A decision service as a function of its input data and input decisions."""
    types = [given.type for given in part.given]
    result = part.type.result if isinstance(part.type, FunctionType) else part.type

    def call(state: State, positional: list[Value], named: dict[str, Value]) -> Value:
        bound = bind(made, types, positional, named, state)
        if bound is None or not isinstance(state, Run):
            return None
        values: dict[Part, Value] = {given: bound[given.name] for given in part.given}
        inner = frozenset(part.given)
        with deeper(state, MAX_NESTING // 3):
            outputs = {output.name: _decide(output, state, values, inner) for output in part.outputs}
        fit, value = coerce(next(iter(outputs.values())) if len(outputs) == 1 else outputs, result, state)
        if not fit:
            state.note(f"The result of '{part.name}' has another type than declared.")
        return value

    made = Function(part.name, [given.name for given in part.given], call)
    return made


# --- description


def _info(part: Part, resting: list[Part]) -> DecisionInfo:
    table = _table(part.node)
    inputs: dict[str, str] = {}
    for one in part.given if part.kind == "service" else resting:
        variable = child(one.element, "variable")
        inputs[one.name] = (variable.get("typeRef") if variable is not None else None) or "Any"
    kinds = {"decision": "expression" if table is None else "table"}
    outputs = (part.name,) if table is None else tuple(clause.name for clause in table.outputs)
    policy = None if table is None else table.policy
    return DecisionInfo(part.id, part.name, tuple(inputs.items()), outputs, policy, kinds.get(part.kind, part.kind))


def _table(node: Node) -> Table | None:
    """The table a decision is, below its declared type."""
    while not isinstance(node, Table):
        if not isinstance(node, Typed):
            return None
        node = node.parts[0]
    return node
