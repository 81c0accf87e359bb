"""The parts of a model checked one after another, each after what it requires."""

from __future__ import annotations

from decisions.checks.boxed import Boxed
from decisions.checks.kinds import ExactContext, NamedFunction, item_of, kind_of
from decisions.checks.names import Names
from decisions.checks.places import spot_of
from decisions.checks.report import Enough, Report
from decisions.checks.texts import Texts
from decisions.checks.walk import Model
from decisions.errors import DecisionError
from decisions.feel.types import ANY, ListType, Type
from decisions.graph import Module, Part, ordered
from decisions.source import Element, child, children, local, text_in


class ModelCheck:
    """Names and types of one module; what it imports is read for its types only."""

    def __init__(self, module: Module, report: Report) -> None:
        self.module = module
        self.report = report
        self.types: dict[Part, Type] = {}
        self._shared: dict[str, Model] = {}

    def run(self) -> None:
        """Raises nothing for a bad model; stops when there are more findings than anybody reads."""
        try:
            for item in children(self.module.root, "itemDefinition"):
                self._item(item, item.get("name") or "")
            for part in self.module.parts.values():
                for one in self._in_order(part):
                    self.types[one] = self._checked(one)
        except Enough:
            return

    def _item(self, item: Element, name: str) -> None:
        """The values a type allows. As deep as the file is."""
        for component in children(item, "itemComponent"):
            self._item(component, component.get("name") or name)
        reference = child(item, "typeRef")
        written = "" if reference is None else (reference.text or "").strip()
        base = (self.module.types.find(written) if written else None) or ANY
        for allowed in children(item, "allowedValues", "typeConstraint"):
            whole = local(allowed) == "typeConstraint" and item.get("isCollection") == "true"
            tested = ListType(base) if whole else item_of(base)
            if text_in(allowed):
                texts = Texts(self.report, self._model(self.module), name)
                texts.check(text_in(allowed), spot_of(allowed), Names({"?": tested}), unary=True, meant=tested)

    def _in_order(self, part: Part) -> list[Part]:
        try:
            return list(ordered(part, frozenset(), self.types.keys()))
        except DecisionError:  # a circle, said by the reader
            return []

    def _checked(self, part: Part) -> Type:
        if part.kind == "input":
            return part.type
        if part.kind == "service":
            return self._service(part)
        if part.module is self.module:
            return self._logic(part, self.report)
        try:
            return self._logic(part, Report())
        except Enough:
            return part.type

    def _logic(self, part: Part, report: Report) -> Type:
        boxed = Boxed(Texts(report, self._model(part.module), part.name), part.module.types, part.name)
        names = self._names(part)
        if part.kind == "knowledge":
            logic = child(part.element, "encapsulatedLogic")
            return ANY if logic is None else boxed.function(logic, names, part.name).type
        found = boxed.logic_of(part.element, names, part.name, part.type).type
        return part.type if kind_of(part.type) else found

    def _model(self, module: Module) -> Model:
        if module.namespace not in self._shared:
            homes = frozenset(part.name for part in module.parts.values())
            self._shared[module.namespace] = Model(module.types.find, homes)
        return self._shared[module.namespace]

    def _names(self, part: Part) -> Names:
        """What the logic of `part` may name; open when a requirement leads nowhere."""
        near: dict[str, Type] = {}
        far: dict[str, dict[str, Type]] = {prefix: {} for prefix in part.module.imports if prefix}
        for prefix, needed in part.requires:
            home = far.setdefault(prefix, {}) if prefix else near
            home[needed.name] = self.types.get(needed, ANY)
        near |= {prefix: ExactContext(entries) for prefix, entries in far.items()}
        drawn = children(part.element, "informationRequirement", "knowledgeRequirement")
        return Names(near, open=len(drawn) > len(part.requires))

    def _service(self, part: Part) -> Type:
        outputs = {output.name: self.types.get(output) or output.type for output in part.outputs}
        result: Type = next(iter(outputs.values())) if len(outputs) == 1 else ExactContext(outputs)
        return NamedFunction(
            tuple(self.types.get(given) or given.type for given in part.given),
            result,
            tuple(given.name for given in part.given),
        )
