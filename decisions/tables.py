"""Decision tables (DMN 1.3, 8): all hit policies, and which rules matched and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, DecimalException

from decisions.feel.nodes import Node, Scope
from decisions.feel.operators import within
from decisions.feel.types import Type, coerce
from decisions.feel.values import NUMBERS, State, Stop, Value, compare, equal, kind, size_of

SINGLE = ("UNIQUE", "ANY", "PRIORITY", "FIRST")
MULTIPLE = ("RULE ORDER", "OUTPUT ORDER", "COLLECT")


@dataclass(frozen=True, slots=True)
class MatchedRule:
    """A rule that held: where it stands, what it saw, what it says.

    `number` counts from 1 as people count rows; `inputs` are (label, value, text of the cell).
    """

    table_id: str
    rule_id: str
    number: int
    inputs: tuple[tuple[str, Value, str], ...]
    outputs: Mapping[str, Value]
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the file, and how it is written there; `id` may be empty."""

    id: str = ""
    line: int | None = None
    text: str = ""


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class InputClause:
    """`place` is that of the column, with the text of its expression; `allowed_place` that of its input values."""

    label: str
    expression: Node
    type: Type
    allowed: Node | None
    place: Place = NOWHERE
    allowed_place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class OutputClause:
    """`order` yields the output values as a list; `default` may be None.

    `label` is what people read above the column. The places are those of the column, its output values and default.
    """

    name: str
    type: Type
    allowed: Node | None
    order: Node | None
    default: Node | None
    label: str = ""
    place: Place = NOWHERE
    allowed_place: Place = NOWHERE
    default_place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Rule:
    """`tests` and `texts` of the input cells, `outputs` of the output cells; `cells` are the places of all."""

    id: str
    number: int
    tests: tuple[Node, ...]
    texts: tuple[str, ...]
    outputs: tuple[Node, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)
    line: int | None = None
    cells: tuple[Place, ...] = ()
    output_cells: tuple[Place, ...] = ()


class Explained(State):
    """A state that keeps the rules that matched, and what it may still tell of the values on the way."""

    __slots__ = ("matched", "room")

    matched: list[MatchedRule]
    room: int

    def tell(self, value: Value) -> Value:
        """`value` for the explanation; null when it is a function or there is no more room."""
        try:
            self.room -= size_of(value, max(self.room, 0))
        except Stop:
            return None
        return value if self.room >= 0 else None


@dataclass(frozen=True, slots=True)
class Hit:
    rule: Rule
    outputs: dict[str, Value]


class Table(Node):
    """A decision table; as a node it can stand wherever an expression can.

    `decision` names the decision, knowledge model or function it belongs to, `label` the box it stands in.
    """

    __slots__ = ("aggregation", "decision", "id", "inputs", "label", "line", "outputs", "policy", "rules")

    def __init__(
        self,
        table_id: str,
        label: str,
        policy: str,
        aggregation: str | None,
        inputs: Sequence[InputClause],
        outputs: Sequence[OutputClause],
        rules: Sequence[Rule],
        *,
        decision: str = "",
        line: int | None = None,
    ) -> None:
        cells = [cell for rule in rules for cell in (*rule.tests, *rule.outputs)]
        extra = [node for clause in outputs for node in (clause.default, clause.order) if node is not None]
        super().__init__(*(clause.expression for clause in inputs), *cells, *extra)
        self.id = table_id
        self.label = label
        self.decision = decision or label
        self.line = line
        self.policy = policy
        self.aggregation = aggregation
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self.rules = tuple(rules)

    def _free(self) -> frozenset[str]:
        return super()._free() - {"?"}

    def evaluate(self, state: State, scope: Scope) -> Value:
        values = self._input_values(state, scope)
        if values is None:
            return None
        hits = self._hits(values, state, scope)
        if not hits:
            return self._default(state, scope)
        chosen = self._chosen(hits, state, scope)
        self._explain(chosen or hits, values, state)
        return None if chosen is None else self._result(chosen, state)

    def _input_values(self, state: State, scope: Scope) -> list[Value] | None:
        values: list[Value] = []
        for clause in self.inputs:
            fit, value = coerce(clause.expression.evaluate(state, scope), clause.type, state)
            if not fit:
                state.note(f"The input '{clause.label}' of the table '{self.label}' has another type than declared.")
                return None
            if value is not None and clause.allowed is not None:
                if clause.allowed.evaluate(state, Scope({"?": value}, scope)) is not True:
                    state.note(f"The input '{clause.label}' of the table '{self.label}' is not an allowed value.")
                    return None
            values.append(value)
        return values

    def _hits(self, values: list[Value], state: State, scope: Scope) -> list[Hit]:
        inner = [Scope({"?": value}, scope) for value in values]
        hits: list[Hit] = []
        for rule in self.rules:
            state.tick()
            if all(test.evaluate(state, own) is True for test, own in zip(rule.tests, inner, strict=True)):
                hits.append(Hit(rule, self._outputs_of(rule.outputs, state, scope)))
                if self.policy == "FIRST":
                    break
        return hits

    def _outputs_of(self, nodes: Sequence[Node], state: State, scope: Scope) -> dict[str, Value]:
        outputs: dict[str, Value] = {}
        for clause, node in zip(self.outputs, nodes, strict=True):
            fit, value = coerce(node.evaluate(state, scope), clause.type, state)
            if fit and value is not None and clause.allowed is not None:
                fit = clause.allowed.evaluate(state, Scope({"?": value}, scope)) is True
            if not fit:
                state.note(f"An output '{clause.name}' of the table '{self.label}' is not an allowed value.")
            outputs[clause.name] = value if fit else None
        return outputs

    def _default(self, state: State, scope: Scope) -> Value:
        if all(clause.default is None for clause in self.outputs):
            state.note(f"No rule of the table '{self.label}' matches and it has no default.")
            return None
        outputs = {
            clause.name: None if clause.default is None else clause.default.evaluate(state, scope)
            for clause in self.outputs
        }
        value = _single(outputs)
        return [value] if self.policy in MULTIPLE and self.aggregation is None and type(value) is not list else value

    def _chosen(self, hits: list[Hit], state: State, scope: Scope) -> list[Hit] | None:
        """The hits that count, in the order of the policy; None when the policy forbids what was found."""
        numbers = ", ".join(str(hit.rule.number) for hit in hits)
        if self.policy == "UNIQUE" and len(hits) > 1:
            state.note(f"The rules {numbers} of the table '{self.label}' match together, but only one may.")
            return None
        if self.policy == "ANY" and any(equal(hits[0].outputs, hit.outputs, state) is not True for hit in hits):
            state.note(f"The rules {numbers} of the table '{self.label}' match with different outputs.")
            return None
        if self.policy in ("PRIORITY", "OUTPUT ORDER"):
            orders = [None if clause.order is None else clause.order.evaluate(state, scope) for clause in self.outputs]
            hits = sorted(hits, key=lambda hit: self._rank(hit, orders, state))
        return hits[:1] if self.policy in SINGLE else hits

    def _rank(self, hit: Hit, orders: list[Value], state: State) -> list[int]:
        ranks: list[int] = []
        for clause, order in zip(self.outputs, orders, strict=True):
            listed = order if type(order) is list else []
            places = (at for at, one in enumerate(listed) if within(hit.outputs[clause.name], one, state) is True)
            ranks.append(next(places, len(listed)))
        return ranks

    def _explain(self, hits: list[Hit], values: list[Value], state: State) -> None:
        if not isinstance(state, Explained):
            return
        labels = [clause.label for clause in self.inputs]
        for hit in hits:
            seen = tuple(zip(labels, map(state.tell, values), hit.rule.texts, strict=True))
            outputs = {name: state.tell(value) for name, value in hit.outputs.items()}
            state.matched.append(
                MatchedRule(self.id, hit.rule.id, hit.rule.number, seen, outputs, hit.rule.annotations)
            )

    def _result(self, hits: list[Hit], state: State) -> Value:
        values = [_single(hit.outputs) for hit in hits]
        if self.policy in SINGLE:
            return values[0]
        return values if self.aggregation is None else self._aggregate(values, state)

    def _aggregate(self, values: list[Value], state: State) -> Value:
        if self.aggregation == "COUNT":
            return Decimal(len(values))
        if self.aggregation == "SUM":
            return self._sum(values, state)
        best = values[0]
        for value in values:
            order = compare(value, best)
            if order is None:
                state.note(f"The outputs of the table '{self.label}' cannot be compared.")
                return None
            best = value if order == (1 if self.aggregation == "MAX" else -1) else best
        return best

    def _sum(self, values: list[Value], state: State) -> Value:
        total = Decimal(0)
        for value in values:
            if type(value) is not Decimal:
                state.note(f"The table '{self.label}' cannot add up a {kind(value)}.")
                return None
            try:
                total = NUMBERS.add(total, value)
            except DecimalException:
                state.note(f"The sum of the table '{self.label}' is too large.")
                return None
        return total


def _single(outputs: dict[str, Value]) -> Value:
    return next(iter(outputs.values())) if len(outputs) == 1 else dict(outputs)
