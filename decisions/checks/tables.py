"""Decision tables checked cell by cell against what their columns are declared to hold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from decisions.checks.fitting import fits
from decisions.checks.kinds import NUMBER, ORDERED, ExactContext, Fact, conflict, item_of, joined, kind_of
from decisions.checks.names import Names
from decisions.checks.places import spot_of, type_declared
from decisions.checks.report import Desk, Spot
from decisions.checks.texts import Texts
from decisions.feel.built_ins import BUILT_INS
from decisions.feel.types import ANY, AllowedType, ListType, Type
from decisions.items import Passing, Types
from decisions.source import Element, child, children, text_in
from decisions.tables import MULTIPLE, SINGLE

ANYTHING = frozenset(("", "-"))


@dataclass
class Column:
    """`type` is what its cells are tested against or must yield; `seen` are texts already found good."""

    label: str
    type: Type
    names: Names
    seen: set[str] = field(default_factory=set)
    found: list[Type] = field(default_factory=list)


class TableCheck:
    """One table; `wanted` is what its element is declared to yield."""

    def __init__(self, texts: Texts, types: Types, element: Element, names: Names, label: str, wanted: Type) -> None:
        self.texts = texts
        self.types = types
        self.element = element
        self.names = names
        self.label = label
        self.wanted = wanted
        self.policy = element.get("hitPolicy", "UNIQUE")
        self.aggregation = element.get("aggregation")

    def run(self) -> Fact:
        inputs = [self._input(clause) for clause in children(self.element, "input")]
        clauses = children(self.element, "output")
        outputs = [self._output(clause, len(clauses) == 1) for clause in clauses]
        for number, rule in enumerate(children(self.element, "rule"), 1):
            for column, cell in zip(inputs, children(rule, "inputEntry"), strict=False):
                self._test(column, cell, number)
            for column, cell in zip(outputs, children(rule, "outputEntry"), strict=False):
                self._result(column, cell, number)
        fact = Fact(self._yields(outputs))
        for typed in (type_declared(self.types, self.element), self.wanted):
            fits(self.texts, self._spot(self.element), fact, typed, self.label)
        return fact

    def _spot(self, element: Element, rule: int | None = None, column: str = "") -> Spot:
        return replace(spot_of(element), table=self.texts.owner, rule=rule, column=column)

    # --- columns

    def _input(self, clause: Element) -> Column:
        expression = child(clause, "inputExpression")
        label = clause.get("label") or text_in(expression)
        typed = type_declared(self.types, expression)
        found: Type = ANY
        if expression is not None and text_in(expression):
            spot = self._spot(expression, column=label)
            fact, desk = self.texts.check(text_in(expression), spot, self.names)
            if desk is not None and fits(self.texts, spot, fact, typed, label, desk):
                found = fact.type
        same = kind_of(found) and kind_of(found) == kind_of(typed)
        type_ = found if same or not kind_of(typed) else typed
        return Column(label, self._restricted(clause, "inputValues", type_, label), Names({"?": ANY}, self.names))

    def _output(self, clause: Element, alone: bool) -> Column:
        name = clause.get("label") or clause.get("name") or self.label
        type_ = type_declared(self.types, clause)
        if alone and not kind_of(type_) and self.policy in SINGLE:
            type_ = self.wanted
        column = Column(name, self._restricted(clause, "outputValues", type_, name), self.names)
        default = child(clause, "defaultOutputEntry")
        if default is not None and text_in(default):
            self._result(column, default, None)
        return column

    def _restricted(self, clause: Element, which: str, type_: Type, label: str) -> Type:
        """`type_`, restricted to what the clause lists as its values."""
        values = child(clause, which)
        text = text_in(values)
        if values is None or text in ANYTHING:
            return type_
        spot = self._spot(values, column=label)
        _fact, desk = self.texts.check(text, spot, Names({"?": item_of(type_)}, self.names), unary=True, meant=type_)
        if desk is None or desk.written.tree.free() - BUILT_INS.keys() - {"?"}:
            return type_
        return AllowedType(type_, Passing(desk.written.tree, kind_of(type_) == "list"))

    # --- cells

    def _test(self, column: Column, cell: Element, number: int) -> None:
        text = text_in(cell)
        if text in ANYTHING or text in column.seen:
            return
        before = len(self.texts.report.findings)
        names = Names({"?": column.type}, self.names)
        spot = self._spot(cell, number, column.label)
        self.texts.check(text, spot, names, unary=True, meant=column.type)
        if len(self.texts.report.findings) == before:
            column.seen.add(text)

    def _result(self, column: Column, cell: Element, number: int | None) -> None:
        text = text_in(cell)
        if not text or text in column.seen:
            return
        before = len(self.texts.report.findings)
        spot = self._spot(cell, number, column.label)
        fact, desk = self.texts.check(text, spot, self.names, meant=column.type)
        if desk is not None:
            fits(self.texts, spot, fact, column.type, column.label, desk)
            self._aggregated(desk, kind_of(fact.type) or kind_of(column.type))
        column.found.append(fact.type)
        if len(self.texts.report.findings) == before:
            column.seen.add(text)

    def _aggregated(self, desk: Desk, kind: str) -> None:
        """Reports an output that cannot be added up, or compared, as the table does with its outputs."""
        written = desk.written.tree
        if self.aggregation == "SUM" and kind not in ("", "number"):
            sentence = f"'{desk.quote(written)}' is a {kind}, which cannot be added up."
        elif self.aggregation in ("MIN", "MAX") and kind not in ("", *ORDERED):
            sentence = f"'{desk.quote(written)}' is a {kind}, which is neither more nor less."
        else:
            return
        desk.add(written, sentence, "Write a number here.")

    # --- the table as a whole

    def _yields(self, outputs: list[Column]) -> Type:
        if self.aggregation in ("COUNT", "SUM"):
            return NUMBER
        types = {
            clause.get("name") or "": column.type if kind_of(column.type) else self._joined(column)
            for clause, column in zip(children(self.element, "output"), outputs, strict=True)
        }
        one: Type = next(iter(types.values()), ANY) if len(types) == 1 else ExactContext(types)
        many = self.policy in MULTIPLE and self.aggregation is None
        # The cells of a single output were each held against what is wanted; saying it twice helps nobody.
        return ListType(one) if many else ANY if len(types) == 1 and conflict(one, self.wanted) else one

    def _joined(self, column: Column) -> Type:
        return joined(column.found) if column.found else ANY
