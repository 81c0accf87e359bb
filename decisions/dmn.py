"""A loaded decision model: what it decides, and the deciding (walls 19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from decisions.boxed_nodes import BoxedFunction, Typed
from decisions.errors import DecisionError
from decisions.explain import Explained, MatchedRule, MissedRule
from decisions.feel import BUDGET, guarded
from decisions.feel.access import bind
from decisions.feel.nodes import MISSING, Node, Scope, deeper
from decisions.feel.types import ANY, FunctionType, Type, coerce
from decisions.feel.values import Function, State, Value, measured, take_in
from decisions.graph import MAX_IMPORTS, Module, Part, Reader, Resolve, inputs_of, ordered
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


NO_PARTS: frozenset[Part] = frozenset()
SERVICE_FRAMES = 6  # of the host, between a service's invocation and the trees of its decisions


class Run(Explained):
    """The state of one evaluation of a model."""

    def __init__(
        self, now: datetime, budget: int, given: Mapping[str, object], model: Model, *, explaining: bool
    ) -> None:
        super().__init__(now, budget, explaining=explaining)
        self.given = given
        self._model = model

    def orders(self, part: Part, stop: frozenset[Part]) -> Sequence[Part]:
        """What must be decided for `part`, in order."""
        return self._model.order_of(part, stop)

    def find_given(self, part: Part) -> object:
        """What the caller gave for an input; for one of an imported model by its import's name, or by its own."""
        for path in self._model.homes.get(part.module, ()):
            found: object = self.given
            if ".".join((*path, part.name)) in self.given:
                return self.given[".".join((*path, part.name))]
            for step in (*path, part.name):
                found = found.get(step, MISSING) if isinstance(found, Mapping) else MISSING
            if found is not MISSING:
                return found
        return self.given.get(part.name, MISSING)


class Model:
    """A decision model that was read whole. Immutable; evaluations are independent of one another."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.homes = _homes(module)
        self._targets = self._named()
        self._orders: dict[tuple[Part, frozenset[Part]], tuple[Part, ...]] = {}
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
        run = Run(now, budget, inputs, self, explaining=explain)
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

    def is_service(self, name: str) -> bool:
        """Whether `name` is a decision service's, its own or, with its import's name, an imported one's."""
        return name in self._targets and self._targets[name].kind == "service"

    def order_of(self, part: Part, stop: frozenset[Part]) -> tuple[Part, ...]:
        """`part` after everything it requires; nothing above the parts in `stop`, which have their values."""
        found = self._orders.get((part, stop))
        if found is None:
            found = self._orders[part, stop] = tuple(ordered(part, stop))
        return found

    def _find(self, wanted: str) -> Part:
        found = self._targets.get(wanted)
        if found is None:
            names = ", ".join(part.name for part in self.module.parts.values() if part.kind != "input")
            raise DecisionError(f"The model has no decision '{wanted}'. Choose one of: {names}.")
        return found

    def _named(self) -> dict[str, Part]:
        """What can be decided, by id and name; what is imported by the names of its imports and its own."""
        found: dict[str, Part] = {}
        ways: list[tuple[Module, list[tuple[str, ...]]]] = [(self.module, [()]), *self.homes.items()]
        for module, paths in ways:
            for rank in ("decision", "service", "knowledge"):
                for part in [part for part in module.parts.values() if part.kind == rank]:
                    if module is self.module:
                        found.setdefault(part.id, part)
                    for path in paths:
                        found.setdefault(".".join((*path, part.name)), part)
        return found


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
    """The model with the faults found in it; what is faulty is null, with the fault as the reason.

    For checking drafts and for callers outside the house (`decisions.evaluate`); the house decides with `load` alone.

    Raises:
        DecisionError: the source is no model at all.
    """
    reader = Reader(resolve)
    module = reader.read(source)
    return Model(module), reader.faults


# --- evaluation


def _target_value(part: Part, run: Run, values: dict[Part, Value]) -> Value:
    if part.kind == "decision":
        return _decide(part, run, values, NO_PARTS)
    function = _service(part, closed=False) if part.kind == "service" else _decide(part, run, values, NO_PARTS)
    if type(function) is not Function:
        return None
    values_given = (
        [run.find_given(one) for one in part.given]
        if part.kind == "service"
        else [run.given.get(name, MISSING) for name in function.parameters]
    )
    for name, value in zip(function.parameters, values_given, strict=True):
        if value is MISSING:
            run.note(f"The input '{name}' was not given.")
    taken = [None if value is MISSING else take_in(value, run) for value in values_given]
    return function.call(run, taken, {})


def _decide(part: Part, run: Run, values: dict[Part, Value], stop: frozenset[Part]) -> Value:
    """The value of `part`, everything it requires decided before it, each once."""
    for needed in run.orders(part, stop):
        if needed not in values:
            values[needed] = _part_value(needed, run, values)
    return values[part]


def _part_value(part: Part, run: Run, values: dict[Part, Value]) -> Value:
    if part.kind == "input":
        run.tick()
        return _input(part, run)
    if part.kind == "service":
        run.tick()
        return _service(part)
    run.tick(1 + part.node.cost)
    around, run.types = run.types, part.module.types.find
    names = _scope(part, values)
    try:
        value = part.node.run(run, Scope(names))
    finally:
        run.types = around
    if any(needed is part for _, needed in part.requires):
        names[part.name] = value  # a function that invokes itself
    return value


def _scope(part: Part, values: dict[Part, Value]) -> dict[str, Value]:
    names: dict[str, Value] = {}
    for prefix, needed in part.requires:
        home = names.setdefault(prefix, {}) if prefix else names
        home[needed.name] = values.get(needed)
    return names


def _input(part: Part, run: Run) -> Value:
    given = run.find_given(part)
    if given is MISSING:
        run.note(f"The input '{part.name}' was not given.")
        return None
    value = take_in(given, run)
    fit, value = (True, value) if part.type is ANY else coerce(value, part.type, run)
    if not fit:
        run.note(f"The input '{part.name}' is not of the declared type or not an allowed value.")
    return value


def _service(part: Part, *, closed: bool = True) -> Function:
    """A decision service as a function of its input data, then its input decisions.

    One that is closed sees nothing else of what the caller of the model gave. A parameter that is imported is named
    with its import's name (10.4), or by its own where no other is called so.
    """
    types = [given.type for given in part.given]
    names = [_qualified(given, part.module) for given in part.given]
    own = [given.name for given in part.given]
    short = {name: full for name, full in zip(own, names, strict=True) if own.count(name) == 1 and name not in names}
    result = part.type.result if isinstance(part.type, FunctionType) else part.type
    inner = frozenset(part.given)

    def call(state: State, positional: list[Value], named: dict[str, Value]) -> Value:
        bound = bind(made, types, positional, {short.get(name, name): value for name, value in named.items()}, state)
        if bound is None or not isinstance(state, Run) or not part.outputs:
            return None
        values: dict[Part, Value] = {given: bound[name] for given, name in zip(part.given, names, strict=True)}
        around, state.given = state.given, {} if closed else state.given
        orders = [state.orders(output, inner) for output in part.outputs]
        with deeper(state, SERVICE_FRAMES + max((one.node.height for order in orders for one in order), default=0)):
            outputs = {output.name: _decide(output, state, values, inner) for output in part.outputs}
        state.given = around
        fit, value = coerce(next(iter(outputs.values())) if len(outputs) == 1 else outputs, result, state)
        if not fit:
            state.note(f"The result of '{part.name}' has another type than declared.")
        return value

    made = Function(part.name, names, call, FunctionType(tuple(types), result))
    return made


def _qualified(part: Part, seen_from: Module) -> str:
    """The name of a part in a module: with the name of the import it comes by."""
    prefix = next((name for name, module in seen_from.imported if module is part.module), "")
    return f"{prefix}.{part.name}" if prefix else part.name


# --- description


def _homes(module: Module) -> dict[Module, list[tuple[str, ...]]]:
    """Every module that is imported, near or far -> the names of the imports on the ways to it."""
    homes: dict[Module, list[tuple[str, ...]]] = {}
    waiting: list[tuple[Module, tuple[str, ...]]] = [(module, ())]
    while waiting:
        here, path = waiting.pop()
        for name, other in here.imported:
            way = (*path, name) if name else path
            known = homes.setdefault(other, [])
            if way not in known and len(known) < MAX_IMPORTS:
                known.append(way)
                waiting.append((other, way))
    return homes


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
