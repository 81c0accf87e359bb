"""Boxed expressions of DMN (7.3, 8.3, 10.2) to the tree that FEEL evaluates."""

from __future__ import annotations

from collections.abc import Callable

from decisions.boxed_nodes import BoxedFunction, Refused, ResultContext, Row, Typed
from decisions.errors import FeelSyntaxError
from decisions.feel.access import Call, Filter
from decisions.feel.flow import ContextLiteral, For, If, Quantified, UnaryTests
from decisions.feel.nodes import Const, ListLiteral, Node, TooDeep
from decisions.feel.parser import parse
from decisions.feel.types import ANY, AllowedType, FunctionType, SimpleType, Type
from decisions.items import Passing, Types, named_as, shortened, unary
from decisions.source import FEEL, Element, Faults, child, children, line_of, local, text_in
from decisions.tables import MULTIPLE, NOWHERE, SINGLE, InputClause, OutputClause, Place, Rule, Table

__all__ = ["EXPRESSIONS", "NOTHING", "BoxedFunction", "Builder", "Refused", "ResultContext", "Row", "Typed", "in_feel"]

EXPRESSIONS = (
    "literalExpression",
    "decisionTable",
    "context",
    "invocation",
    "list",
    "relation",
    "functionDefinition",
    "conditional",
    "filter",
    "for",
    "some",
    "every",
)
FEEL_NAMES = frozenset(name.lower() for name in FEEL)
AGGREGATIONS = (None, "SUM", "COUNT", "MIN", "MAX")
NOTHING = Const(None)
Names = tuple[str, ...]


class Builder:
    """Reads the expressions of one model; what it cannot read becomes a finding and null in the tree."""

    def __init__(self, types: Types, faults: Faults) -> None:
        self.types = types
        self.faults = faults
        self.owner = ""  # the name of the part being built
        self._read: dict[tuple[str, Names, bool], Node] = {}  # what was read; cells often say the same

    def refuse(self, element: Element, sentence: str, remedy: str) -> Node:
        """Keep a finding; what stands in for the element is null, and says why."""
        self.faults.add(element, sentence, remedy)
        return Refused(sentence)

    def logic_of(self, owner: Element, names: Names, label: str) -> Node:
        """The one expression below `owner`; `names` are those it may use."""
        found = children(owner, *EXPRESSIONS)
        if len(found) != 1:
            return self.refuse(owner, f"'{label}' has no logic.", "Give it a decision table or an expression.")
        return self.build(found[0], names, label)

    def typed(self, node: Node, wanted: Type, label: str) -> Node:
        return node if wanted is ANY else Typed(node, wanted, label)

    def build(self, element: Element, names: Names, label: str) -> Node:
        builders: dict[str, Callable[[Element, Names, str], Node]] = {
            "literalExpression": self._literal,
            "decisionTable": self._table,
            "context": self._context,
            "invocation": self._invocation,
            "list": self._list,
            "relation": self._relation,
            "functionDefinition": self.function,
            "conditional": self._conditional,
            "filter": self._filter,
            "for": self._iterator,
            "some": self._iterator,
            "every": self._iterator,
        }
        try:
            node = builders[local(element)](element, names, label)
            return node if local(element) == "functionDefinition" else self.typed(node, self.types.of(element), label)
        except TooDeep:
            return self.refuse(element, f"'{label}' nests too deeply.", "Split it into several decisions.")

    def text(self, text: str, element: Element, names: Names) -> Node:
        """A FEEL text read; what cannot be is a finding."""
        if not in_feel(element):
            return self.refuse(element, "The expression is not written in FEEL.", "Write it in FEEL.")
        if not text:
            return self.refuse(element, "The expression is empty.", "Write an expression, or null.")
        try:
            return self._parsed(text, names)
        except FeelSyntaxError as fault:
            return self.refuse(element, f"'{shortened(text)}': {fault.findings[0].sentence}", fault.findings[0].remedy)

    def _parsed(self, text: str, names: Names, *, unary: bool = False) -> Node:
        key = (text, names, unary)
        if key not in self._read:
            self._read[key] = parse(text, names, unary=unary)
        return self._read[key]

    def _literal(self, element: Element, names: Names, label: str) -> Node:
        if child(element, "importedValues") is not None:
            return self.refuse(element, "Imported values are not read.", "Write the expression here.")
        return self.text(text_in(element), element, names)

    def _context(self, element: Element, names: Names, label: str) -> Node:
        entries: list[str] = []
        values: list[Node] = []
        result: Node | None = None
        for entry in children(element, "contextEntry"):
            variable = child(entry, "variable")
            name = "" if variable is None else named_as(variable)
            value = self.logic_of(entry, names, name or label)
            if not name:
                result = value
                continue
            values.append(self.typed(value, self.types.of(variable), name))
            entries.append(name)
            names = (*names, name)
        if len(set(entries)) != len(entries):
            return self.refuse(element, f"'{label}' has an entry twice.", "Rename one of them.")
        return ContextLiteral(entries, values) if result is None else ResultContext(entries, values, result)

    def _invocation(self, element: Element, names: Names, label: str) -> Node:
        called = children(element, *EXPRESSIONS)
        bindings = children(element, "binding")
        if len(called) != 1:
            return self.refuse(element, "The invocation names no function.", "Name the knowledge model to invoke.")
        parameters = [child(binding, "parameter") for binding in bindings]
        arguments = [self.logic_of(binding, names, label) for binding in bindings]
        keys = ["" if parameter is None else named_as(parameter) for parameter in parameters]
        return Call(self.build(called[0], names, label), arguments, keys)

    def _list(self, element: Element, names: Names, label: str) -> Node:
        return ListLiteral(*(self.build(item, names, label) for item in children(element, *EXPRESSIONS)))

    def _relation(self, element: Element, names: Names, label: str) -> Node:
        columns = children(element, "column")
        spelled = [named_as(column) for column in columns]
        types = [self.types.of(column) for column in columns]
        rows: list[Node] = []
        for row in children(element, "row"):
            cells = [self.build(cell, names, label) for cell in children(row, *EXPRESSIONS)]
            if len(cells) != len(columns) or len(set(spelled)) != len(columns):
                return self.refuse(row, "The row does not fit the columns.", "Give every row one cell a column.")
            rows.append(Row(spelled, list(map(self.typed, cells, types, spelled))))
        return ListLiteral(*rows)

    def function(self, element: Element, names: Names, label: str, wanted: Type = ANY) -> Node:
        """A function definition; its result must have the type that `wanted`, or its own typeRef, tells of."""
        formal = children(element, "formalParameter")
        parameters = [named_as(parameter) for parameter in formal]
        if element.get("kind", "FEEL") != "FEEL":
            body = self.refuse(element, f"'{label}' is a function outside FEEL.", "Write it in FEEL.")
        else:
            body = self.logic_of(element, (*names, *parameters), label)
        for type_ in (self.types.of(element), wanted):
            body = self.typed(body, _result_of(type_), label)
        return BoxedFunction(label, parameters, [self.types.of(parameter) for parameter in formal], body)

    def _branch(self, element: Element, name: str, names: Names, label: str) -> Node:
        found = child(element, name)
        if found is None:
            return self.refuse(element, f"'{label}' lacks its part '{name}'.", "Complete the expression.")
        return self.logic_of(found, names, label)

    def _conditional(self, element: Element, names: Names, label: str) -> Node:
        return If(*(self._branch(element, part, names, label) for part in ("if", "then", "else")), strict=True)

    def _filter(self, element: Element, names: Names, label: str) -> Node:
        listed, match = (self._branch(element, part, names, label) for part in ("in", "match"))
        return Filter(listed, match, strict=True)

    def _iterator(self, element: Element, names: Names, label: str) -> Node:
        variable = " ".join((element.get("iteratorVariable") or "").split())
        items = self._branch(element, "in", names, label)
        word = local(element)
        body = self._branch(element, "return" if word == "for" else "satisfies", (*names, variable), label)
        if word == "for":
            return For([variable], [items], body)
        return Quantified(word == "some", [variable], [items], body, strict=True)

    # --- decision tables

    def _table(self, element: Element, names: Names, label: str) -> Node:
        policy = element.get("hitPolicy", "UNIQUE")
        aggregation = element.get("aggregation")
        outputs = self._outputs(element, names, label)
        inputs = self._inputs(element, names)
        self._check_policy(element, policy, aggregation, outputs)
        columns = [
            column.get("name") or f"annotation {at}" for at, column in enumerate(children(element, "annotation"), 1)
        ]
        rules = [
            self._rule(rule, number, inputs, outputs, columns, names)
            for number, rule in enumerate(children(element, "rule"), 1)
        ]
        kept = [rule for rule in rules if rule is not None]
        identity, line = element.get("id") or label, line_of(element)
        return Table(
            identity, label, policy, aggregation, inputs, outputs, kept, decision=self.owner or label, line=line
        )

    def _check_policy(
        self, element: Element, policy: str, aggregation: str | None, outputs: list[OutputClause]
    ) -> None:
        if policy not in (*SINGLE, *MULTIPLE):
            self.faults.add(element, f"The hit policy '{policy}' does not exist.", "Choose one of U, A, P, F, R, O, C.")
        if aggregation not in AGGREGATIONS or (aggregation and (policy != "COLLECT" or len(outputs) != 1)):
            self.faults.add(
                element, "The aggregation does not fit the table.", "Aggregate one output of a table that collects."
            )
        if policy in ("PRIORITY", "OUTPUT ORDER") and all(clause.order is None for clause in outputs):
            self.faults.add(element, "The output values are not ordered.", "List the output values, highest first.")
        if not outputs:
            self.faults.add(element, "The table has no output.", "Add one.")

    def _inputs(self, element: Element, names: Names) -> list[InputClause]:
        clauses: list[InputClause] = []
        for clause in children(element, "input"):
            expression = child(clause, "inputExpression")
            node = self.text(text_in(expression), clause if expression is None else expression, names)
            values = child(clause, "inputValues")
            allowed = None if values is None else unary(text_in(values), values, self.faults, names)
            label = clause.get("label") or " ".join(text_in(expression).split()) or f"input {len(clauses) + 1}"
            place = Place(clause.get("id") or "", line_of(clause), text_in(expression))
            clauses.append(InputClause(label, node, self.types.of(expression), allowed, place, _place(values)))
        return clauses

    def _outputs(self, element: Element, names: Names, label: str) -> list[OutputClause]:
        clauses: list[OutputClause] = []
        elements = children(element, "output")
        for clause in elements:
            name = named_as(clause)
            if not name and len(elements) > 1:
                self.faults.add(clause, "An output has no name.", "Name every output of a table that has several.")
            values, default = child(clause, "outputValues"), child(clause, "defaultOutputEntry")
            text, type_ = text_in(values), self.types.of(clause)
            clauses.append(
                OutputClause(
                    name or label,
                    type_,
                    None if values is None or not text else unary(text, values, self.faults, names),
                    _listed(type_) if values is None or not text else self.text(f"[{text}]", values, names),
                    None if default is None or not text_in(default) else self.text(text_in(default), default, names),
                    clause.get("label") or name or label,
                    _place(clause),
                    _place(values),
                    _place(default),
                )
            )
        return clauses

    def _test(self, text: str, cell: Element, names: Names) -> Node:
        if not in_feel(cell):
            return self.refuse(cell, "The cell is not written in FEEL.", "Write it in FEEL.")
        try:
            return self._parsed(text, names, unary=True)
        except FeelSyntaxError as fault:
            return self.refuse(cell, f"'{shortened(text)}': {fault.findings[0].sentence}", "Correct the unary tests.")

    def _rule(
        self,
        element: Element,
        number: int,
        inputs: list[InputClause],
        outputs: list[OutputClause],
        columns: list[str],
        names: Names,
    ) -> Rule | None:
        cells, results = children(element, "inputEntry"), children(element, "outputEntry")
        if len(cells) != len(inputs) or len(results) != len(outputs):
            self.faults.add(element, f"Rule {number} does not fit the columns.", "Give every rule one cell a column.")
            return None
        places, result_places = tuple(map(_place, cells)), tuple(map(_place, results))
        texts = tuple(place.text or "-" for place in places)
        tests = [self._test(text, cell, names) for text, cell in zip(texts, cells, strict=True)]
        notes = [text_in(note) for note in children(element, "annotationEntry")]
        columns = columns + [f"annotation {at}" for at in range(len(columns) + 1, len(notes) + 1)]
        description = child(element, "description")
        annotations = dict(zip(columns, notes, strict=False))
        if description is not None and (description.text or "").strip():
            annotations.setdefault("description", (description.text or "").strip())
        return Rule(
            element.get("id") or f"rule {number}",
            number,
            tuple(tests),
            texts,
            tuple(self.text(place.text, result, names) for place, result in zip(result_places, results, strict=True)),
            annotations,
            line_of(element),
            places,
            result_places,
        )


def in_feel(element: Element) -> bool:
    return element.get("expressionLanguage", "feel").lower() in FEEL_NAMES


def _result_of(type_: Type) -> Type:
    """The type of a function's result, as the type of the function or (as most editors have it) of the result tells."""
    if isinstance(type_, SimpleType) and type_.name == "function":
        return ANY
    return type_.result if isinstance(type_, FunctionType) else type_


def _listed(type_: Type) -> Node | None:
    """The allowed values of a type in their order, None when it does not list them."""
    if not isinstance(type_, AllowedType) or not isinstance(type_.allowed, Passing):
        return None
    tests = type_.allowed.tests
    return ListLiteral(*tests.parts) if isinstance(tests, UnaryTests) and not tests.negated and tests.parts else None


def _place(element: Element | None) -> Place:
    if element is None:
        return NOWHERE
    return Place(element.get("id") or "", line_of(element), text_in(element))
