"""The elements of a model and what requires what (decision requirements graph, DMN 1.3, 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field

from decisions.boxed import NOTHING, Builder, in_feel
from decisions.errors import DecisionError
from decisions.feel.built_ins import BUILT_INS
from decisions.feel.nodes import Node, TooDeep
from decisions.feel.types import ANY, Type
from decisions.items import Types, named_as
from decisions.source import Element, Faults, child, children, local, read_xml

Resolve = Callable[[str], bytes]
MAX_IMPORTS = 20
KINDS = {
    "inputData": "input",
    "decision": "decision",
    "businessKnowledgeModel": "knowledge",
    "decisionService": "service",
}
SILENT = frozenset(
    "description extensionElements import itemDefinition textAnnotation association knowledgeSource group "
    "elementCollection performanceIndicator organizationUnit businessContextElement artifact DMNDI".split()
)


@dataclass(eq=False)
class Part:
    """One element of the graph. `requires` are the parts its logic uses; `path` is how the logic names them."""

    id: str
    name: str
    kind: str
    element: Element
    module: Module
    type: Type = ANY
    node: Node = NOTHING
    requires: list[tuple[str, Part]] = field(default_factory=list)
    outputs: list[Part] = field(default_factory=list)
    given: list[Part] = field(default_factory=list)


@dataclass(eq=False)
class Module:
    """One DMN file: its namespace, its parts by id and the modules it imports by the name it gives them.

    `defaults` are those it imports without a name: their elements are named as its own.
    """

    namespace: str
    root: Element
    imports: dict[str, Module]
    types: Types
    parts: dict[str, Part] = field(default_factory=dict)
    defaults: tuple[Module, ...] = ()

    @property
    def imported(self) -> Iterator[tuple[str, Module]]:
        """Every import with its name, which is empty for those without one."""
        yield from self.imports.items()
        yield from (("", module) for module in self.defaults)


class Reader:
    """Reads a file and what it imports; every fault is kept in `faults`."""

    def __init__(self, resolve: Resolve | None) -> None:
        self.faults = Faults()
        self._resolve = resolve
        self._modules: dict[str, Module | None] = {}  # by namespace; None while one is being read
        self._lacking: set[str] = set()  # namespaces that were asked for in vain

    def read(self, source: bytes) -> Module:
        return self._read(read_xml(source))

    def _read(self, root: Element) -> Module:
        namespace = root.get("namespace") or ""
        self._modules[namespace] = None
        imports, defaults = self._imports(root)
        types = Types(
            root,
            self.faults,
            {name: module.types for name, module in imports.items()},
            [module.types for module in defaults],
        )
        module = Module(namespace, root, imports, types, defaults=tuple(defaults))
        self._modules[namespace] = module
        self._check_language(root)
        self._collect(module)
        for part in module.parts.values():
            self._require(part)
        self._refuse_circles(module)
        builder = Builder(types, self.faults)
        for part in module.parts.values():
            self._build(part, builder)
        return module

    def _check_language(self, root: Element) -> None:
        if not in_feel(root):
            self.faults.add(root, "The model is not written in FEEL.", "Choose FEEL as its expression language.")

    def _imports(self, root: Element) -> tuple[dict[str, Module], list[Module]]:
        """The imported modules by name, and those without a name."""
        found: dict[str, Module] = {}
        defaults: list[Module] = []
        for element in children(root, "import"):
            module, name = self._imported(element), named_as(element)
            if name in found:
                self.faults.add(element, f"The name '{name}' is used twice.", "Rename one of the two.")
            elif module is not None and name:
                found[name] = module
            elif module is not None:
                defaults.append(module)
        return found, defaults

    def _imported(self, element: Element) -> Module | None:
        namespace = element.get("namespace") or ""
        if "/spec/DMN" not in element.get("importType", ""):
            self.faults.add(element, "Only DMN models can be imported.", "Remove the import.")
        elif namespace in self._modules:
            if self._modules[namespace] is None:
                self.faults.add(element, "The models import one another in a circle.", "Break the circle.")
            return self._modules[namespace]
        elif self._resolve is None or namespace in self._lacking or self._full:
            self.faults.add(element, "The imported model is not at hand.", "Add it to the bundle.")
        else:
            return self._found(element, namespace, self._resolve)
        return None

    def _found(self, element: Element, namespace: str, resolve: Resolve) -> Module | None:
        try:
            root = read_xml(resolve(namespace))
            if (root.get("namespace") or "") != namespace:
                raise LookupError(namespace)
        except (LookupError, DecisionError) as refusal:
            self._lacking.add(namespace)
            self.faults.add(element, "The imported model is not at hand.", "Add it to the bundle.")
            self.faults.findings += refusal.findings if isinstance(refusal, DecisionError) else ()
            return None
        return self._read(root)

    @property
    def _full(self) -> bool:
        """Whether as many models were asked for as are read together."""
        return len(self._modules) + len(self._lacking) >= MAX_IMPORTS

    def _collect(self, module: Module) -> None:
        names: set[str] = set()
        for element in children(module.root):
            kind = KINDS.get(local(element))
            if kind is None:
                if local(element) not in SILENT:
                    self.faults.add(element, f"The element '{local(element)}' is not evaluated.", "Remove it.")
                continue
            variable = child(element, "variable")
            name = named_as(element) or ("" if variable is None else named_as(variable))
            identity = element.get("id") or name
            if not name or identity in module.parts:
                self.faults.add(element, "The element has no name, or an id used twice.", "Name it, renew its id.")
                continue
            if name in names:
                self.faults.add(element, f"The name '{name}' is used twice.", "Rename one of the two.")
            names.add(name)
            wanted = ANY if kind == "knowledge" else module.types.of(variable)
            module.parts[identity] = Part(identity, name, kind, element, module, wanted)

    def _require(self, part: Part) -> None:
        for requirement in children(part.element, "informationRequirement", "knowledgeRequirement"):
            for target in children(requirement, "requiredDecision", "requiredInput", "requiredKnowledge"):
                part.requires += self._targets(part.module, target)
        if part.kind == "service":
            for target in children(part.element, "outputDecision"):
                part.outputs += [found for _, found in self._targets(part.module, target)[:1]]
            for target in (*children(part.element, "inputData"), *children(part.element, "inputDecision")):
                part.given += [found for _, found in self._targets(part.module, target)[:1]]
            if not part.outputs:
                self.faults.add(part.element, f"'{part.name}' has no output decision.", "Choose one.")

    def _targets(self, module: Module, reference: Element) -> list[tuple[str, Part]]:
        """What a requirement points to, once for every name its model is imported by."""
        namespace, _, identity = (reference.get("href") or "").strip().rpartition("#")
        owners = [("", module)]
        if namespace and namespace != module.namespace:
            owners = [(name, other) for name, other in module.imported if other.namespace == namespace]
            if not owners:
                self.faults.add(reference, "The requirement points into a model not imported.", "Import that model.")
        found = [(name, owner.parts[identity]) for name, owner in owners if identity in owner.parts]
        if owners and not found:
            self.faults.add(reference, f"There is no element '{identity}'.", "Draw the requirement again.")
        return found

    def _refuse_circles(self, module: Module) -> None:
        done: set[Part] = set()
        for part in module.parts.values():
            try:
                done.update(ordered(part, frozenset(), done))
            except Circle:
                self.faults.add(part.element, f"'{part.name}' requires itself in a circle.", "Break the circle.")
                part.requires = []

    def _build(self, part: Part, builder: Builder) -> None:
        if part.kind in ("input", "service"):
            return
        builder.owner = part.name
        names = tuple(spelled for prefix, needed in part.requires for spelled in _spellings(prefix, needed))
        try:
            part.node = _logic(part, builder, names)
        except TooDeep:
            sentence = f"'{part.name}' nests too deeply."
            part.node = builder.refuse(part.element, sentence, "Split it into several decisions.")
        known = {prefix or needed.name for prefix, needed in part.requires} | BUILT_INS.keys()
        known |= part.module.imports.keys()
        for name in sorted(part.node.free() - known - {"?"}):
            self.faults.add(
                part.element, f"'{part.name}' uses the unknown name '{name}'.", "Correct it, or draw the requirement."
            )


def _logic(part: Part, builder: Builder, names: tuple[str, ...]) -> Node:
    if part.kind != "knowledge":
        return builder.typed(builder.logic_of(part.element, names, part.name), part.type, part.name)
    logic = child(part.element, "encapsulatedLogic")
    if logic is None:
        return builder.refuse(part.element, f"'{part.name}' has no logic.", "Give it a function.")
    return builder.function(logic, names, part.name, part.module.types.of(child(part.element, "variable")))


def _spellings(prefix: str, part: Part) -> tuple[str, ...]:
    return (prefix, part.name) if prefix else (part.name,)


class Circle(DecisionError):
    """A part requires itself."""


def ordered(part: Part, stop: frozenset[Part] = frozenset(), done: Set[Part] = frozenset()) -> Iterator[Part]:
    """Everything `part` requires, and itself, each after what it requires (a function may require itself).

    Args:
        stop: parts whose value is given, so that nothing above them is needed.
        done: parts already seen to, which are left out with all they require.

    Raises:
        Circle: a part requires itself.
    """
    if part in done:
        return
    seen: set[Part] = set()
    open_: set[Part] = {part}
    stack = [(part, _below(part, stop))]
    while stack:
        here, below = stack[-1]
        following = next(below, None)
        if following is None:
            stack.pop()
            open_.discard(here)
            seen.add(here)
            yield here
        elif following in open_:
            raise Circle("A decision requires itself.")
        elif following not in seen and following not in done:
            open_.add(following)
            stack.append((following, _below(following, stop)))


def _below(part: Part, stop: frozenset[Part]) -> Iterator[Part]:
    if part in stop:
        return iter(())
    return iter([needed for _, needed in part.requires if needed is not part or part.kind != "knowledge"])


def inputs_of(module: Module) -> dict[Part, dict[Part, None]]:
    """Every part of the module -> the input data it rests on, near or far, in a stable order."""
    resting: dict[Part, dict[Part, None]] = {}
    for part in module.parts.values():
        for one in ordered(part, frozenset(), resting.keys()):
            near: dict[Part, None] = {one: None} if one.kind == "input" else {}
            for needed in _below(one, frozenset()):
                near |= resting[needed]
            resting[one] = near
    return resting
