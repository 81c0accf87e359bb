"""What a table answers when rules hold: hit policies and aggregators (DMN 1.3, 8.2.8 to 8.2.11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, DecimalException

from decisions.feel.nodes import Node, Scope
from decisions.feel.operators import within
from decisions.feel.values import NUMBERS, State, Value, compare, equal, kind

SINGLE = ("UNIQUE", "ANY", "PRIORITY", "FIRST")
MULTIPLE = ("RULE ORDER", "OUTPUT ORDER", "COLLECT")


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that held: its place from 0, its number from 1, its outputs."""

    place: int
    number: int
    outputs: dict[str, Value]


def single(outputs: dict[str, Value]) -> Value:
    """The one output, or a context of several."""
    return next(iter(outputs.values())) if len(outputs) == 1 else dict(outputs)


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy of the table `label`; `orders` are the output values of every output, None where not listed."""

    label: str
    name: str
    aggregation: str | None
    orders: Sequence[Node | None]

    def chosen(self, hits: list[Hit], state: State, scope: Scope) -> list[Hit] | None:
        """The hits that count, in the order of the policy; None when the policy forbids what was found."""
        if len(hits) == 1:
            return hits
        numbers = ", ".join(str(hit.number) for hit in hits[:20]) + (", ..." if len(hits) > 20 else "")
        if self.name == "UNIQUE":
            state.note(f"The rules {numbers} of the table '{self.label}' match together, but only one may.")
            return None
        if self.name == "ANY" and any(equal(hits[0].outputs, hit.outputs, state) is not True for hit in hits):
            state.note(f"The rules {numbers} of the table '{self.label}' match with different outputs.")
            return None
        if self.name in ("PRIORITY", "OUTPUT ORDER"):
            state.tick(sum(order.cost for order in self.orders if order is not None))
            orders = [None if order is None else order.run(state, scope) for order in self.orders]
            hits = sorted(hits, key=lambda hit: self._rank(hit, orders, state))
        return hits[:1] if self.name in SINGLE else hits

    def _rank(self, hit: Hit, orders: list[Value], state: State) -> list[int]:
        """The place of each output among its output values, the first output counting most."""
        ranks: list[int] = []
        for value, order in zip(hit.outputs.values(), orders, strict=True):
            listed = order if type(order) is list else []
            state.tick()
            places = (at for at, one in enumerate(listed) if within(value, one, state) is True)
            ranks.append(next(places, len(listed)))
        return ranks

    def result(self, hits: list[Hit], state: State) -> Value:
        values = [single(hit.outputs) for hit in hits]
        if self.name in SINGLE:
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
