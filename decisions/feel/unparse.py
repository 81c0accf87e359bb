"""The tree of a FEEL expression as text that is read as an equal tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from decisions.feel.access import Call, Filter, Path
from decisions.feel.flow import (
    ContextLiteral,
    ExternalFunction,
    For,
    FunctionLiteral,
    If,
    Iteration,
    Quantified,
    Steps,
    UnaryTests,
    WrittenType,
)
from decisions.feel.nodes import (
    Arithmetic,
    Between,
    Comparison,
    Const,
    In,
    InstanceOf,
    ListLiteral,
    Logic,
    Name,
    Negation,
    Node,
    OperatorTest,
    RangeLiteral,
    TypeName,
)
from decisions.feel.printing import quoted, scalar_text
from decisions.feel.reading import is_words

# How strongly a construct holds together; one that stands where a stronger is needed goes into brackets.
LOOSE, OR, AND, COMPARED, ADDED, MULTIPLIED, POWER, SIGNED, REACHED, WHOLE = range(10)
_ARITHMETIC = {"+": ADDED, "-": ADDED, "*": MULTIPLIED, "/": MULTIPLIED, "**": POWER}


def unparse(node: Node) -> str:
    """FEEL text of a tree that `parse` made; names in it that are more than words must be told to `parse` again.

    Raises:
        TypeError: the tree holds something that is not written in FEEL, such as a decision table.
    """
    return _Writer(node).at(node, LOOSE)


def special_names(node: Node) -> Iterator[str]:
    """The names in a tree that are more than words, in use or bound."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        waiting.extend(one.parts)
        names: Sequence[str] = ()
        if isinstance(one, (Name, Path)):
            names = (one.name,)
        elif isinstance(one, Iteration):
            names = one.variables
        elif isinstance(one, (FunctionLiteral, ExternalFunction)):
            names = one.parameters
        yield from (name for name in names if name not in ("?", "not") and not is_words(name))


class _Writer:
    def __init__(self, tree: Node) -> None:
        self.special = frozenset(special_names(tree))
        self.writers: dict[type[Node], Callable[[Any], tuple[int, str]]] = {
            Const: self.const,
            Name: self.name,
            ListLiteral: lambda node: (WHOLE, f"[{self.each(node.parts)}]"),
            RangeLiteral: self.range,
            Arithmetic: self.arithmetic,
            Negation: lambda node: (SIGNED, "-" + self.at(node.parts[0], SIGNED)),
            Logic: self.logic,
            Comparison: self.comparison,
            Between: self.between,
            In: lambda node: (COMPARED, f"{self.at(node.parts[0], ADDED)} in ({self.each(node.parts[1:])})"),
            OperatorTest: lambda node: (WHOLE, f"({node.operator} {self.at(node.parts[0], ADDED)})"),
            InstanceOf: lambda node: (LOOSE, f"{self.at(node.parts[0], REACHED)} instance of {type_text(node.type)}"),
            If: self.conditional,
            Steps: lambda node: (LOOSE, f"{self.at(node.parts[0], OR)}..{self.at(node.parts[1], OR)}"),
            For: lambda node: self.iteration(node, "for", "return"),
            Quantified: lambda node: self.iteration(node, "some" if node.deciding else "every", "satisfies"),
            ContextLiteral: self.context,
            FunctionLiteral: lambda node: self.function(node, ""),
            ExternalFunction: lambda node: self.function(node, "external "),
            UnaryTests: self.unary_tests,
            Path: lambda node: (REACHED, f"{self.at(node.parts[0], REACHED)}.{node.name}"),
            Filter: lambda node: (REACHED, f"{self.at(node.parts[0], REACHED)}[{self.at(node.parts[1], LOOSE)}]"),
            Call: self.call,
        }

    def at(self, node: Node, least: int) -> str:
        """`node` as text, in brackets when it holds together less than is needed where it stands."""
        writer = self.writers.get(type(node))
        if writer is None:
            raise TypeError(f"{type(node).__name__} is not written in FEEL.")
        strength, text = writer(node)
        return text if strength >= least else f"({text})"

    def each(self, nodes: Sequence[Node]) -> str:
        return ", ".join(self.at(node, LOOSE) for node in nodes)

    def const(self, node: Const) -> tuple[int, str]:
        value = node.value
        if type(value) is str:
            return WHOLE, quoted(value)
        if type(value) is Decimal:
            text = format(value, "f") if abs(value.adjusted()) < 40 else str(value)
            return (SIGNED if value < 0 else POWER), text
        text = scalar_text(value)
        return WHOLE, text if value is None or type(value) is bool else f'@"{text}"'

    def name(self, node: Name) -> tuple[int, str]:
        # Beside a name with signs in it, words and signs that stand side by side might be read as that name.
        alone = self.special and node.name not in ("?", "not") and node.name not in self.special
        return (LOOSE if alone else WHOLE), node.name

    def range(self, node: RangeLiteral) -> tuple[int, str]:
        low, high = self.at(node.parts[0], OR), self.at(node.parts[1], OR)
        return WHOLE, f"{'[' if node.low_closed else '('}{low}..{high}{']' if node.high_closed else ')'}"

    def arithmetic(self, node: Arithmetic) -> tuple[int, str]:
        own = _ARITHMETIC[node.operators[0]]
        text = self.at(node.parts[0], own + 1)
        for operator, part in zip(node.operators, node.parts[1:], strict=True):
            text += f" {operator} {self.at(part, own + 1)}"
        return own, text

    def logic(self, node: Logic) -> tuple[int, str]:
        own, word = (OR, " or ") if node.deciding else (AND, " and ")
        return own, word.join(self.at(part, own + 1) for part in node.parts)

    def comparison(self, node: Comparison) -> tuple[int, str]:
        left, right = (self.at(part, ADDED) for part in node.parts)
        return COMPARED, f"{left} {node.operator} {right}"

    def between(self, node: Between) -> tuple[int, str]:
        value, low, high = (self.at(part, ADDED) for part in node.parts)
        return COMPARED, f"{value} between {low} and {high}"

    def conditional(self, node: If) -> tuple[int, str]:
        condition, then, otherwise = (self.at(part, LOOSE) for part in node.parts)
        return LOOSE, f"if {condition} then {then} else {otherwise}"

    def iteration(self, node: Iteration, word: str, last: str) -> tuple[int, str]:
        lists = ", ".join(
            f"{variable} in {self.at(items, LOOSE)}"
            for variable, items in zip(node.variables, node.parts, strict=False)
        )
        return LOOSE, f"{word} {lists} {last} {self.at(node.body, LOOSE)}"

    def context(self, node: ContextLiteral) -> tuple[int, str]:
        entries = zip(node.names, node.parts, strict=True)
        return WHOLE, "{" + ", ".join(f"{self.key(name)}: {self.at(part, LOOSE)}" for name, part in entries) + "}"

    def key(self, name: str) -> str:
        """Written bare, a name with signs in it would be known from there on: only when it is in use."""
        return name if name in self.special or (is_words(name) and name) else quoted(name)

    def function(self, node: FunctionLiteral | ExternalFunction, word: str) -> tuple[int, str]:
        parameters = ", ".join(
            name if type_ is None else f"{name}: {type_text(type_)}"
            for name, type_ in zip(node.parameters, node.types, strict=True)
        )
        return LOOSE, f"function({parameters}) {word}{self.at(node.parts[0], LOOSE)}"

    def unary_tests(self, node: UnaryTests) -> tuple[int, str]:
        text = self.each(node.parts) or "-"
        if node.negated:
            return LOOSE, f"not({text})"
        return LOOSE, f"({text})" if text.startswith("not(") and len(node.parts) == 1 else text

    def call(self, node: Call) -> tuple[int, str]:
        arguments = [self.at(part, LOOSE) for part in node.parts[1:]]
        if node.names:
            arguments = [f"{name}: {argument}" for name, argument in zip(node.names, arguments, strict=True)]
        return REACHED, f"{self.at(node.parts[0], REACHED)}({', '.join(arguments)})"


def type_text(type_: TypeName) -> str:
    """A type as the grammar writes it.

    Raises:
        TypeError: it is none that was written.
    """
    if not isinstance(type_, WrittenType):
        raise TypeError(f"{type(type_).__name__} is not written in FEEL.")
    if type_.entries:
        return f"context<{', '.join(f'{name}: {type_text(entry)}' for name, entry in type_.entries)}>"
    arguments = ", ".join(type_text(argument) for argument in type_.arguments)
    if type_.result is not None:
        return f"function<{arguments}>->{type_text(type_.result)}"
    return f"{type_.name}<{arguments}>" if arguments else type_.name
