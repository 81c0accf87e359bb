"""Boxed expressions checked along their elements, so that every finding has its place."""

from __future__ import annotations

from collections.abc import Callable

from decisions.boxed import EXPRESSIONS
from decisions.checks.access import items, names_inside
from decisions.checks.calls import RESULTS
from decisions.checks.fitting import fits
from decisions.checks.kinds import BOOLEAN, UNKNOWN, ExactContext, Fact, NamedFunction, bare, item_of, joined, kind_of
from decisions.checks.names import Names, did_you_mean, nearest
from decisions.checks.places import spot_of, type_declared
from decisions.checks.report import Desk
from decisions.checks.tables import TableCheck
from decisions.checks.texts import Texts
from decisions.feel.built_ins import BUILT_INS, forms_of
from decisions.feel.nodes import Name
from decisions.feel.types import ANY, ListType, Type
from decisions.items import Types, named_as
from decisions.source import Element, child, children, local, text_in


class Boxed:
    """Checks the logic of one part of a model; `label` is how the part is called."""

    def __init__(self, texts: Texts, types: Types, label: str) -> None:
        self.texts = texts
        self.types = types
        self.label = label

    def declared(self, element: Element | None) -> Type:
        return type_declared(self.types, element)

    def logic_of(self, owner: Element, names: Names, label: str, wanted: Type = ANY) -> Fact:
        """What the one expression below `owner` yields, checked against the type it is declared to have."""
        found = children(owner, *EXPRESSIONS)
        return self.build(found[0], names, label, wanted) if len(found) == 1 else UNKNOWN

    def build(self, element: Element, names: Names, label: str, wanted: Type = ANY) -> Fact:
        """As `logic_of` for the expression itself. As deep as the file is."""
        kind = local(element)
        own = ANY if kind == "functionDefinition" else self.declared(element)
        if kind == "decisionTable":
            return TableCheck(self.texts, self.types, element, names, label, wanted).run()
        if kind == "literalExpression":
            return self._literal(element, names, label, [own, wanted])
        builders: dict[str, Callable[[Element, Names, str], Fact]] = {
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
        fact = builders[kind](element, names, label) if kind in builders else UNKNOWN
        for type_ in (own, wanted):
            fits(self.texts, spot_of(element), fact, type_, label)
        return fact

    def _literal(self, element: Element, names: Names, label: str, wanted: list[Type]) -> Fact:
        text = text_in(element)
        if not text:
            return UNKNOWN
        meant = next((type_ for type_ in wanted if kind_of(type_)), ANY)
        fact, desk = self.texts.check(text, spot_of(element), names, meant=meant if kind_of(meant) else None)
        for type_ in wanted:
            if desk is not None:
                fits(self.texts, desk.spot, fact, type_, label, desk)
        return fact

    def _context(self, element: Element, names: Names, label: str) -> Fact:
        inner = Names({}, names)
        result: Fact | None = None
        for entry in children(element, "contextEntry"):
            variable = child(entry, "variable")
            name = "" if variable is None else named_as(variable)
            if not name:
                result = self.logic_of(entry, inner, label)
                continue
            if child(entry, "functionDefinition") is not None:
                inner.entries[name] = ANY  # a function finds itself when it is invoked
            declared = self.declared(variable)
            found = self.logic_of(entry, inner, name, declared).type
            inner.entries[name] = declared if kind_of(declared) else found
        return Fact(ExactContext(inner.entries)) if result is None else result

    def _invocation(self, element: Element, names: Names, label: str) -> Fact:
        called = child(element, "literalExpression")
        if called is None or not text_in(called):
            return UNKNOWN
        function, desk = self.texts.check(text_in(called), spot_of(called), names)
        type_ = bare(function.type)
        wanted = dict(zip(type_.names, type_.parameters, strict=True)) if isinstance(type_, NamedFunction) else {}
        given: list[str] = []
        for binding in children(element, "binding"):
            parameter = child(binding, "parameter")
            name = "" if parameter is None else named_as(parameter)
            declared = self.declared(parameter)
            fact = self.logic_of(binding, names, name, wanted.get(name, declared))
            fits(self.texts, spot_of(binding), fact, declared if name in wanted else ANY, name)
            given.append(name)
        if desk is None:
            return UNKNOWN
        if isinstance(type_, NamedFunction):
            self._bound(desk, type_, given)
            return Fact(type_.result)
        tree = desk.written.tree
        if isinstance(tree, Name) and tree.name in BUILT_INS and not names.declares(tree.name):
            known = {parameter.name for form in forms_of(tree.name) for parameter in form.parameters}
            self._foreign(desk, tree.name, given, sorted(known))
            return Fact(RESULTS.get(tree.name, ANY))
        return UNKNOWN

    def _bound(self, desk: Desk, function: NamedFunction, given: list[str]) -> None:
        """The bindings of an invocation against the parameters of what it invokes."""
        called = desk.quote(desk.written.tree)
        if self._foreign(desk, called, given, list(function.names)):
            return
        for name in function.names:
            if name not in given:
                sentence = f"The function '{called}' is not given its parameter '{name}'."
                self.texts.report.add(desk.spot, sentence, "Add it to the invocation.", "wrong-arity")

    def _foreign(self, desk: Desk, called: str, given: list[str], known: list[str]) -> bool:
        """Whether a binding names a parameter that is none; it is reported."""
        for name in given:
            if name not in known:
                near = nearest(name, known)
                remedy = did_you_mean(near) if near else f"It has: {', '.join(known)}." if known else "Remove it."
                sentence = f"The function '{called}' has no parameter '{name}'."
                self.texts.report.add(desk.spot, sentence, remedy, "wrong-arity")
                return True
        return False

    def _list(self, element: Element, names: Names, label: str) -> Fact:
        found = [self.build(item, names, label) for item in children(element, *EXPRESSIONS)]
        return Fact(ListType(joined(fact.type for fact in found)))

    def _relation(self, element: Element, names: Names, label: str) -> Fact:
        columns = children(element, "column")
        cells: list[list[Type]] = [[] for _ in columns]
        for row in children(element, "row"):
            for at, (column, cell) in enumerate(zip(columns, children(row, *EXPRESSIONS), strict=False)):
                declared = self.declared(column)
                found = self.build(cell, names, named_as(column) or label, declared).type
                cells[at].append(declared if kind_of(declared) else found)
        entries = {named_as(column): joined(types) for column, types in zip(columns, cells, strict=True)}
        return Fact(ListType(ExactContext(entries)))

    def function(self, element: Element, names: Names, label: str) -> Fact:
        """A function definition, or the logic of a knowledge model."""
        if element.get("kind", "FEEL") != "FEEL":
            return UNKNOWN
        formal = children(element, "formalParameter")
        parameters = tuple(named_as(parameter) for parameter in formal)
        types = tuple(self.declared(parameter) for parameter in formal)
        inner = Names(dict(zip(parameters, types, strict=True)), names)
        declared = self.declared(element)
        found = self.logic_of(element, inner, label, declared).type
        return Fact(NamedFunction(types, declared if kind_of(declared) else found, parameters))

    # --- conditions and loops

    def _branch(self, element: Element, name: str, names: Names, label: str) -> Fact:
        found = child(element, name)
        return UNKNOWN if found is None else self.logic_of(found, names, label)

    def _condition(self, element: Element, name: str, names: Names, label: str) -> None:
        fact = self._branch(element, name, names, label)
        found = child(element, name)
        if found is not None and kind_of(fact.type) not in ("", "boolean"):
            sentence = f"'{name}' is a {kind_of(fact.type)} where true or false is needed."
            spot = next((spot_of(inside) for inside in children(found, *EXPRESSIONS)), spot_of(found))
            self.texts.report.add(spot, sentence, "Write a condition, such as a comparison.", "type-conflict")

    def _conditional(self, element: Element, names: Names, label: str) -> Fact:
        self._condition(element, "if", names, label)
        return Fact(joined(self._branch(element, part, names, label).type for part in ("then", "else")))

    def _filter(self, element: Element, names: Names, label: str) -> Fact:
        item = items(self._branch(element, "in", names, label).type)
        found = self._branch(element, "match", names_inside(item, names), label).type
        return Fact(item if kind_of(found) == "number" else ListType(item) if kind_of(found) else ANY)

    def _iterator(self, element: Element, names: Names, label: str) -> Fact:
        listed = self._branch(element, "in", names, label).type
        inner = Names({" ".join((element.get("iteratorVariable") or "").split()): item_of(listed)}, names)
        if local(element) == "for":
            body = self._branch(element, "return", Names({"partial": ListType(ANY)}, inner), label)
            return Fact(ListType(body.type))
        self._condition(element, "satisfies", inner, label)
        return Fact(BOOLEAN)
