"""What can be asked of one decision table: which rules meet, what no rule takes, which rule never applies.

Whatever is answered with an example was tried: the table itself was evaluated for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from decisions.checks.geometry_cells import Unknown, constant, test_masks
from decisions.checks.geometry_columns import Column, Types, columns_of
from decisions.checks.geometry_cover import Box, Cover, Work, bits
from decisions.checks.geometry_line import NOW, STEPS, fresh, written
from decisions.explain import Explained
from decisions.feel import guarded
from decisions.feel.nodes import Name, Scope
from decisions.feel.operators import within
from decisions.feel.types import coerce
from decisions.feel.values import Value, equal
from decisions.tables import Rule, Table

MOST_GAPS = 5
GAPS_WEIGHED = 12
STARTS = 8  # columns from which a gap is made as large as it gets
NO_OUTPUTS: Mapping[str, Value] = {}


@dataclass(frozen=True, slots=True)
class Point:
    """An input of the table: a value for every clause, and how it is written, by label."""

    values: tuple[Value, ...]
    written: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Gap:
    """Inputs no rule takes: (label, unary tests) of the columns that matter, and one of them."""

    tests: tuple[tuple[str, str], ...]
    point: Point


@dataclass(frozen=True, slots=True)
class Idle:
    """A rule that never applies; `by` is the one that takes all its inputs, when it is one.

    `missing`: it does apply where an input is null.
    """

    rule: Rule
    by: Rule | None
    missing: bool
    point: Point


@dataclass(frozen=True, slots=True)
class Dead:
    """A cell, or one `alternative` in it, that holds for no value of its column.

    `why` is "never" (for none at all), "outside" (the allowed values) or "null" (for null alone).
    """

    rule: Rule
    clause: int
    why: str
    alternative: str = ""


class Survey:
    """One table under survey. `disagreed` counts answers that evaluating the table did not confirm: none, ever.

    Raises:
        TooWide: (here and from the questions) it takes more than `work` allows.
    """

    def __init__(self, table: Table, types: Types, work: Work) -> None:
        self.table = table
        self.disagreed = 0
        self._bound = types
        self._work = work
        self.columns = columns_of(table, types, work)
        self._labels = _unlike([column.label for column in self.columns])
        self._full: Box = tuple(column.full for column in self.columns)
        sizes = [len(column.classes) for column in self.columns]
        rules = range(len(table.rules))
        self._may = Cover(sizes, [tuple(column.may[at] for column in self.columns) for at in rules], work)
        self._must = Cover(sizes, [tuple(column.must[at] for column in self.columns) for at in rules], work)
        self._trial = _trial(table)

    # --- what the table does

    def matched(self, point: Point) -> list[int] | None:
        """The numbers of the rules that are its answer, or that conflict; None when it could not be evaluated."""
        state = Explained(NOW, 50 * STEPS, explaining=False)
        names = {f"input {at}": value for at, value in enumerate(point.values)}
        guarded(lambda: self._trial.evaluate(state, Scope(names)), state)
        return None if state.left < 0 else [rule.number for rule in state.matched]

    def _confirmed(self, holds: bool) -> bool:
        self.disagreed += not holds
        return holds

    def _point(self, box: Box) -> Point:
        values: dict[int, Value] = {}
        shown: dict[str, str] = {}
        for column, label, mask in zip(self.columns, self._labels, box, strict=True):
            value = column.sample(mask)
            values |= dict.fromkeys(column.clauses, value)
            if column.line is not None:
                shown[label] = written(value)
        return Point(tuple(values[at] for at in range(len(values))), shown)

    def _within(self, box: Box, other: Box) -> Box:
        self._work.spend(len(box))
        return tuple(a & b for a, b in zip(box, other, strict=True))

    # --- rules that meet

    def overlaps(self) -> Iterator[tuple[Rule, Rule, Point]]:
        """Pairs of rules that match together, under ANY only those that answer differently."""
        outputs = [self._outputs(rule) for rule in self.table.rules] if self.table.policy == "ANY" else []
        for at, rule in enumerate(self.table.rules):
            own = self._within(self._must.boxes[at], self._full)
            if not all(own):
                continue
            for other in bits(self._must.meeting(own, (1 << at) - 1)):
                self._work.spend(1)
                if outputs and not _differ(outputs[other], outputs[at]):
                    continue
                first = self.table.rules[other]
                point = self._point(self._within(own, self._must.boxes[other]))
                matched = self.matched(point) or []
                if self._confirmed(first.number in matched and rule.number in matched):
                    yield first, rule, point

    def _outputs(self, rule: Rule) -> Mapping[str, Value]:
        """The outputs of a rule when they are constants, else nothing."""
        found: dict[str, Value] = {}
        state = fresh()
        for clause, node in zip(self.table.outputs, rule.outputs, strict=True):
            try:
                fit, value = coerce(constant(node, self._bound), clause.type, state)
            except Unknown:
                return NO_OUTPUTS
            if fit and value is not None and clause.allowed is not None:
                fit = clause.allowed.evaluate(state, Scope({"?": value})) is True
            found[clause.name] = value if fit else None
        return NO_OUTPUTS if state.problems else found

    # --- inputs no rule takes

    def gaps(self) -> tuple[list[Gap], bool]:
        """The largest gaps first, none told in part by another, and whether there are more."""
        seen = self._copy()
        boxes: list[Box] = []
        while len(boxes) < GAPS_WEIGHED and (found := seen.uncovered(self._full)) is not None:
            boxes.append(self._largest(self._may, found))
            seen.add(boxes[-1])
        told, apart = self._copy(), list[Box]()
        for box in sorted(boxes, key=self._weight, reverse=True):
            while len(apart) < GAPS_WEIGHED and (rest := told.uncovered(box)) is not None:
                apart.append(self._largest(told, rest))
                told.add(apart[-1])
        apart.sort(key=self._weight, reverse=True)
        gaps = [gap for gap in map(self._gap, apart[:MOST_GAPS]) if self._confirmed(self.matched(gap.point) == [])]
        return gaps, len(apart) > MOST_GAPS or len(boxes) == GAPS_WEIGHED

    def _copy(self) -> Cover:
        return Cover(self._may.sizes, self._may.boxes, self._work)

    def _largest(self, cover: Cover, box: Box) -> Box:
        """What `cover` leaves around `box`, as large as it gets."""
        starts = range(min(len(box), STARTS)) or (0,)
        return max((cover.grown(box, self._full, start) for start in starts), key=self._weight)

    def _weight(self, box: Box) -> float:
        """The share of all inputs, a single number or day weighing little."""
        share = 1.0
        for column, mask in zip(self.columns, box, strict=True):
            share *= column.weight(mask) / max(column.weight(column.full), 1)
        return share

    def _gap(self, box: Box) -> Gap:
        told = [
            (label, column.text(mask))
            for label, column, mask in zip(self._labels, self.columns, box, strict=True)
            if mask != column.full
        ]
        return Gap(tuple(told), self._point(box))

    # --- rules that never apply

    def idle(self) -> Iterator[Idle]:
        """Rules whose inputs others take all, under FIRST and PRIORITY; and under any policy rules for null alone."""
        before = self._taking_before()
        for at, rule in enumerate(self.table.rules):
            own = self._within(self._may.boxes[at], self._full)
            if not before[at] or not all(own) or self._must.uncovered(own, before[at]) is not None:
                continue
            everywhere = self._within(self._may.boxes[at], tuple(column.every for column in self.columns))
            missing = self._must.uncovered(everywhere, before[at]) is not None
            point = self._point(own)
            if self._confirmed(self.matched(point) not in ([], [rule.number], None)):
                single = self._must.holding(own, before[at])
                by = self.table.rules[next(bits(single))] if single else None
                yield Idle(rule, by, missing, point)

    def _taking_before(self) -> list[int]:
        """For each rule those that take an input from it, as bits."""
        count = len(self.table.rules)
        if self.table.policy == "FIRST":
            return [(1 << at) - 1 for at in range(count)]
        if self.table.policy != "PRIORITY":
            return [0] * count
        ranks = self._ranks()
        order = sorted((rank, at) for at, rank in enumerate(ranks) if rank is not None)
        found, higher = [0] * count, 0
        for _, at in order:
            found[at] = higher
            higher |= 1 << at
        return found

    def _ranks(self) -> list[list[int] | None]:
        """How the outputs of each rule stand in the order of the output values; None when that is not constant."""
        try:
            orders = [
                [] if clause.order is None else constant(clause.order, self._bound) for clause in self.table.outputs
            ]
        except Unknown:
            return [None] * len(self.table.rules)
        return [self._rank(self._outputs(rule), orders) for rule in self.table.rules]

    def _rank(self, outputs: Mapping[str, Value], orders: Sequence[Sequence[Value]]) -> list[int] | None:
        if not outputs:
            return None
        ranks = []
        for clause, order in zip(self.table.outputs, orders, strict=True):
            self._work.spend(len(order))
            places = (at for at, one in enumerate(order) if within(outputs[clause.name], one, fresh()) is True)
            ranks.append(next(places, len(order)))
        return ranks

    def same(self) -> Iterator[tuple[Rule, Rule]]:
        """Rules written alike, each with the first that is; not those that overlap or are idle for it anyway."""
        first: dict[tuple[str, ...], int] = {}
        for at, rule in enumerate(self.table.rules):
            texts = tuple(" ".join(text.split()) for text in (*rule.texts, *(cell.text for cell in rule.output_cells)))
            if texts in first and not self._told(at):
                yield self.table.rules[first[texts]], rule
            if rule.output_cells:
                first.setdefault(texts, at)

    def _told(self, at: int) -> bool:
        """Whether a copy of the rule is told as an overlap, or as idle."""
        certain = all(self._within(self._must.boxes[at], self._full))
        if self.table.policy == "PRIORITY":
            return certain and self._ranks()[at] is not None
        return certain and self.table.policy in ("UNIQUE", "FIRST")

    # --- cells that never hold

    def dead(self) -> Iterator[Dead]:
        for column in self.columns:
            for at, rule in enumerate(self.table.rules):
                for clause, cell in zip(column.clauses, column.cells[at], strict=True):
                    if column.line is not None and cell.known and cell.asked:
                        self._work.spend(2 * len(cell.asked))
                        yield from self._dead(column, rule, clause, at)

    def _dead(self, column: Column, rule: Rule, clause: int, at: int) -> Iterator[Dead]:
        line = column.line
        cell = column.cells[at][column.clauses.index(clause)]
        if line is None or any(asked.kinds - {line.kind} for asked in cell.asked):
            return  # constants of another kind are told by the check of types
        why = column.why_dead(column.masks[cell])
        if why:
            yield Dead(rule, clause, why)
        elif not cell.negated and len(cell.asked) > 1 and column.limited:
            for asked in cell.asked:
                if len(asked.points) == 1 and column.why_dead(test_masks(asked, line)[0]) == "outside":
                    yield Dead(rule, clause, "outside", written(asked.points[0]))


def _differ(a: Mapping[str, Value], b: Mapping[str, Value]) -> bool:
    return bool(a and b) and equal(dict(a), dict(b), fresh()) is not True


def _unlike(labels: Sequence[str]) -> list[str]:
    """The labels, a number after one that came before."""
    found: dict[str, None] = {}
    seen: Counter[str] = Counter()
    for label in labels:
        own = label
        while own in found:
            seen[label] += 1
            own = f"{label} ({seen[label] + 1})"
        found[own] = None
    return list(found)


def _trial(table: Table) -> Table:
    """The table with inputs that are given, clause by clause."""
    inputs = [replace(clause, expression=Name(f"input {at}")) for at, clause in enumerate(table.inputs)]
    kept = (table.policy, table.aggregation, inputs, table.outputs, table.rules)
    return Table(table.id, table.label, *kept, decision=table.decision, line=table.line)
