"""Item definitions of a model as types (DMN 1.3, 7.3.2): structures, collections, allowed values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from decisions.errors import FeelSyntaxError
from decisions.feel.nodes import Node, Scope
from decisions.feel.parser import parse
from decisions.feel.types import ANY, AllowedType, ContextType, FunctionType, ListType, Type, named
from decisions.feel.values import State, Value
from decisions.source import FEEL, Element, Faults, child, children, text_in

XSD = "http://www.w3.org/2001/XMLSchema"
MAX_HEIGHT = 50  # of a type, and of item definitions built inside one another
MAX_EXTENT = 10_000
XSD_NUMBERS = frozenset(("decimal", "integer", "int", "long", "short", "double", "float"))


class Types:
    """The types of one model by name; those of an imported model are found under its import's name.

    The types of a model that is imported without a name (DMN 1.4) stand beside the model's own.
    """

    def __init__(
        self, root: Element, faults: Faults, imported: Mapping[str, Types], defaults: Sequence[Types] = ()
    ) -> None:
        self._faults = faults
        self._imported = imported
        self._defaults = defaults
        self._namespace = root.get("namespace") or ""
        self._elements = {named_as(item): item for item in children(root, "itemDefinition")}
        self._built: dict[str, Type | None] = {}
        self._open = 0  # item definitions and components being built inside one another
        for name in self._elements:
            self.find(name)

    def find(self, name: str) -> Type | None:
        """The type called `name`, None when there is none."""
        own = self._own(name)
        if own is not None:
            return own
        for prefix, types in self._imported.items():
            if name.startswith(f"{prefix}."):
                found = types.find(name[len(prefix) + 1 :])
                if found is not None:
                    return found
        for types in self._defaults:
            found = types.own(name)
            if found is not None:
                return found
        prefix, _, rest = name.partition(".")
        return named(rest if prefix in ("feel", "xsd") and rest else name)

    def own(self, name: str) -> Type | None:
        """The item definition of this model called `name`, or of one it imports without a name."""
        return self._own(name) or next((found for found in (one.own(name) for one in self._defaults) if found), None)

    def _own(self, name: str) -> Type | None:
        if name in self._built:
            found = self._built[name]
            if found is None:
                self._faults.add(self._elements[name], f"The type '{name}' is defined by itself.", "Break the circle.")
            return found or ANY
        if name not in self._elements:
            return None
        if self._open >= MAX_HEIGHT:
            return self._too_deep(name)
        self._built[name] = None  # being built: met again, it is a circle
        found = self._build(self._elements[name])
        fits = found.height <= MAX_HEIGHT and found.extent <= MAX_EXTENT
        self._built[name] = found if fits else self._too_deep(name)
        return self._built[name]

    def _too_deep(self, name: str) -> Type:
        self._faults.add(self._elements[name], f"The type '{name}' nests too deeply.", "Nest fewer types in it.")
        return ANY

    def of(self, element: Element | None) -> Type:
        """The type an element's typeRef declares; Any without one."""
        return self.referred(element, "" if element is None else element.get("typeRef") or "")

    def referred(self, element: Element | None, reference: str) -> Type:
        """The type a reference in `element` means; Any, with a finding, when nothing is called so."""
        reference = " ".join(reference.split())
        if element is None or not reference:
            return ANY
        found = self.find(reference) or self._qualified(element, reference)
        if found is None:
            self._faults.add(element, f"The type '{reference}' is not defined.", "Define it or choose another.")
        return found or ANY

    def _qualified(self, element: Element, reference: str) -> Type | None:
        """The type of a reference as DMN 1.1 writes it, prefix:name."""
        prefix, colon, name = reference.partition(":")
        if not colon:
            return None
        namespace = element.nsmap.get(prefix)
        if prefix in ("feel", "xsd", "xs") or namespace in (*FEEL, XSD):
            return named("number" if name in XSD_NUMBERS else name)
        if namespace == self._namespace:
            return self._own(name)
        for types in (*self._imported.values(), *self._defaults):
            if types._namespace == namespace:
                return types.own(name)
        return None

    def _build(self, item: Element) -> Type:
        if item.get("typeLanguage") not in (None, *FEEL):
            self._faults.add(item, "The type is not written in FEEL.", "Choose FEEL as its language.")
        self._open += 1
        found = self._base(item)
        self._open -= 1
        allowed = child(item, "allowedValues")
        if allowed is not None:
            found = allowed_type(found, text_in(allowed), allowed, self._faults, each=found.is_list)
        if item.get("isCollection") == "true":
            found = ListType(found)
        constraint = child(item, "typeConstraint")
        return found if constraint is None else allowed_type(found, text_in(constraint), constraint, self._faults)

    def _base(self, item: Element) -> Type:
        components = children(item, "itemComponent")
        if components:
            return ContextType({named_as(part): self._build(part) for part in components})
        function = child(item, "functionItem")
        if function is not None:
            parameters = tuple(self.of(part) for part in children(function, "parameters"))
            return FunctionType(parameters, self.referred(function, function.get("outputTypeRef") or ""))
        reference = child(item, "typeRef")
        return ANY if reference is None else self.referred(reference, reference.text or "")


def named_as(element: Element) -> str:
    """The name of an element as FEEL spells it, with single spaces."""
    return " ".join((element.get("name") or "").split())


def allowed_type(base: Type, text: str, element: Element, faults: Faults, *, each: bool = False) -> Type:
    """`base`, restricted to values that pass the unary tests in `text`; with `each`, to lists whose items do."""
    tests = unary(text, element, faults, ())
    return base if tests is None else AllowedType(base, Passing(tests, each))


@dataclass(frozen=True, slots=True)
class Passing:
    """Whether a value passes `tests`; with `each`, whether every item of it does."""

    tests: Node
    each: bool = False

    def __call__(self, value: Value, state: State) -> bool:
        items = value if self.each and type(value) is list else [value]
        state.tick(self.tests.cost * len(items))
        return all(self.tests.run(state, Scope({"?": item})) is True for item in items)


def unary(text: str, element: Element, faults: Faults, names: tuple[str, ...]) -> Node | None:
    """Unary tests read, None (with a finding) when they cannot be."""
    try:
        return parse(text or "-", names, unary=True)
    except FeelSyntaxError as fault:
        faults.add(element, f"'{shortened(text)}': {fault.findings[0].sentence}", "Correct the unary tests.")
        return None


def shortened(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
