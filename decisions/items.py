"""Item definitions of a model as types (DMN 1.3, 7.3.2): structures, collections, allowed values."""

from __future__ import annotations

from dataclasses import dataclass

from decisions.errors import FeelSyntaxError
from decisions.feel.nodes import Node, Scope
from decisions.feel.parser import parse
from decisions.feel.types import ANY, AllowedType, ContextType, FunctionType, ListType, Type, named
from decisions.feel.values import State, Value
from decisions.source import FEEL, Element, Faults, child, children, text_in


class Types:
    """The types of one model by name; those of an imported model are found under its import's name."""

    def __init__(self, root: Element, faults: Faults, imported: dict[str, Types]) -> None:
        self._faults = faults
        self._imported = imported
        self._elements = {item.get("name") or "": item for item in children(root, "itemDefinition")}
        self._built: dict[str, Type | None] = {}
        for name in self._elements:
            self.find(name)

    def find(self, name: str) -> Type | None:
        """The type called `name`, None when there is none."""
        if name in self._built:
            found = self._built[name]
            if found is None:
                self._faults.add(self._elements[name], f"The type '{name}' is defined by itself.", "Break the circle.")
            return found or ANY
        if name in self._elements:
            self._built[name] = None  # being built: met again, it is a circle
            self._built[name] = self._build(self._elements[name])
            return self._built[name]
        prefix, _, rest = name.partition(".")
        if rest and prefix in self._imported:
            return self._imported[prefix].find(rest)
        if prefix in ("feel", "xsd") and rest:
            return named(rest)
        return named(name.removeprefix("feel:"))

    def of(self, element: Element | None) -> Type:
        """The type an element's typeRef declares; Any without one."""
        reference = (element.get("typeRef") or "").strip() if element is not None else ""
        if element is None or not reference:
            return ANY
        found = self.find(reference)
        if found is None:
            self._faults.add(element, f"The type '{reference}' is not defined.", "Define it or choose another.")
        return found or ANY

    def _build(self, item: Element) -> Type:
        if item.get("typeLanguage") not in (None, *FEEL):
            self._faults.add(item, "The type is not written in FEEL.", "Choose FEEL as its language.")
        found = self._base(item)
        allowed = child(item, "allowedValues")
        if allowed is not None:
            found = allowed_type(found, text_in(allowed), allowed, self._faults)
        if item.get("isCollection") == "true":
            found = ListType(found)
        constraint = child(item, "typeConstraint")
        return found if constraint is None else allowed_type(found, text_in(constraint), constraint, self._faults)

    def _base(self, item: Element) -> Type:
        components = children(item, "itemComponent")
        if components:
            return ContextType({part.get("name") or "": self._build(part) for part in components})
        function = child(item, "functionItem")
        if function is not None:
            parameters = tuple(self.of(part) for part in children(function, "parameters"))
            result = function.get("outputTypeRef")
            return FunctionType(parameters, (self.find(result) if result else None) or ANY)
        reference = child(item, "typeRef")
        name = (reference.text or "").strip() if reference is not None else ""
        if not name:
            return ANY
        found = self.find(name)
        if found is None:
            self._faults.add(item, f"The type '{name}' is not defined.", "Define it or choose another.")
        return found or ANY


def allowed_type(base: Type, text: str, element: Element, faults: Faults) -> Type:
    """`base`, restricted to values that pass the unary tests in `text`."""
    tests = unary(text, element, faults, ())
    return base if tests is None else AllowedType(base, Passing(tests))


@dataclass(frozen=True, slots=True)
class Passing:
    """Whether a value passes `tests`."""

    tests: Node

    def __call__(self, value: Value, state: State) -> bool:
        return self.tests.evaluate(state, Scope({"?": value})) is True


def unary(text: str, element: Element, faults: Faults, names: tuple[str, ...]) -> Node | None:
    """Unary tests read, None (with a finding) when they cannot be."""
    try:
        return parse(text or "-", names, unary=True)
    except FeelSyntaxError as fault:
        faults.add(element, f"'{_shortened(text)}': {fault.findings[0].sentence}", "Correct the unary tests.")
        return None


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
