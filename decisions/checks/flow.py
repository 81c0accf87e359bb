"""Conditions, loops, contexts, functions and tests, told before there are values."""

from __future__ import annotations

from decisions.checks.cells import check_test
from decisions.checks.kinds import BOOLEAN, ExactContext, Fact, NamedFunction, item_of, joined, kind_of
from decisions.checks.names import Names
from decisions.checks.operations import needs_condition
from decisions.checks.walk import Handler, Walk
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
)
from decisions.feel.nodes import In, Node
from decisions.feel.types import ANY, FunctionType, ListType, SimpleType, Type

LOOPED = ("number", "boolean", "string")


def condition(walk: Walk, node: Node, names: Names) -> Fact:
    decided, then, otherwise = node.parts
    needs_condition(walk, decided, walk.fact(decided, names))
    return Fact(joined((walk.type(then, names), walk.type(otherwise, names))))


def steps(walk: Walk, node: Node, names: Names) -> Fact:
    kinds = {part: kind_of(walk.type(part, names)) for part in node.parts}
    for part, found in kinds.items():
        if found not in ("", "number", "date"):
            sentence = f"'{walk.desk.quote(part)}' is a {found}, which cannot be counted."
            walk.desk.add(part, sentence, "Count from one number or date to another.")
    counted = set(kinds.values()) & {"number", "date"}
    return Fact(ListType(SimpleType(counted.pop()) if len(counted) == 1 else ANY))


def rounds(walk: Walk, node: Iteration, names: Names) -> Names:
    """The names in force in the body of an iteration."""
    inner = names
    for variable, listed in zip(node.variables, node.parts, strict=False):
        found = walk.type(listed, inner)
        if kind_of(found) in LOOPED and not isinstance(listed, Steps):
            sentence = f"'{walk.desk.quote(listed)}' is a {kind_of(found)}, not a list to go through."
            walk.desk.add(listed, sentence, "Name a list, or count: 1..5.", severity="warning")
        inner = Names({variable: item_of(found)}, inner)
    return inner


def loop(walk: Walk, node: For, names: Names) -> Fact:
    inner = rounds(walk, node, names)
    body = walk.type(node.body, Names({"partial": ListType(ANY)}, inner))
    return Fact(ListType(body))


def quantified(walk: Walk, node: Quantified, names: Names) -> Fact:
    needs_condition(walk, node.body, walk.fact(node.body, rounds(walk, node, names)))
    return Fact(BOOLEAN)


def context(walk: Walk, node: ContextLiteral, names: Names) -> Fact:
    inner = Names({}, names)
    for name, part in zip(node.names, node.parts, strict=True):
        if isinstance(part, FunctionLiteral):
            inner.entries[name] = ANY  # a function finds itself when it is invoked
        inner.entries[name] = walk.type(part, inner)
    return Fact(ExactContext(inner.entries))


def function(walk: Walk, node: FunctionLiteral, names: Names) -> Fact:
    state = walk.model.state()
    types: list[Type] = [ANY if written is None else written.resolve(state) or ANY for written in node.types]
    result = walk.type(node.parts[0], Names(dict(zip(node.parameters, types, strict=True)), names))
    return Fact(NamedFunction(tuple(types), result, node.parameters))


def among(walk: Walk, node: Node, names: Names) -> Fact:
    """`value in tests`."""
    tested = walk.fact(node.parts[0], names)
    for test in node.parts[1:]:
        check_test(walk, test, tested.type, Names({"?": tested.type}, names), code="type-conflict")
    return Fact(BOOLEAN)


def unary_tests(walk: Walk, node: Node, names: Names) -> Fact:
    tested = names.find("?") or ANY
    for test in node.parts:
        check_test(walk, test, tested, names)
    return Fact(BOOLEAN)


def external(walk: Walk, node: ExternalFunction, names: Names) -> Fact:
    return Fact(FunctionType(tuple(ANY for _ in node.parameters), ANY))


HANDLERS: dict[type[Node], Handler] = {
    ContextLiteral: context,
    ExternalFunction: external,
    For: loop,
    FunctionLiteral: function,
    If: condition,
    In: among,
    Quantified: quantified,
    Steps: steps,
    UnaryTests: unary_tests,
}
