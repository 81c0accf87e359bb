"""A test of a cell against what its column holds: one that can never hold is a slip."""

from __future__ import annotations

from decisions.checks.access import lost_quotes
from decisions.checks.kinds import ORDERED, Fact, comparable, item_of, kind_of
from decisions.checks.names import Names
from decisions.checks.operations import among_allowed, rewritten
from decisions.checks.walk import Walk
from decisions.feel.nodes import Const, Node, OperatorTest, RangeLiteral
from decisions.feel.types import Type
from decisions.feel.values import Range, compare


def check_test(walk: Walk, test: Node, tested: Type, names: Names, code: str = "never-true") -> None:
    """Reports a positive unary test that no value of the type `tested` can pass."""
    if isinstance(test, OperatorTest):
        _check_operator(walk, test, tested, names, code)
        return
    if lost_quotes(walk, test, names, tested):
        return
    fact = walk.fact(test, names)
    if isinstance(test, RangeLiteral) and _is_empty(walk, test, fact):
        return
    found = kind_of(fact.type)
    if found == "boolean" and not isinstance(test, Const) and kind_of(tested) not in ("boolean", "list"):
        return  # a condition of its own
    if found == "boolean" and "?" in test.free():
        return
    if found in ("list", "range") and kind_of(tested) != found:
        _check_members(walk, test, fact, tested, code)
    elif not comparable(fact.type, tested):
        _never(walk, test, test, fact, tested, code)
    else:
        among_allowed(walk, test, fact, tested)


def _check_operator(walk: Walk, test: OperatorTest, tested: Type, names: Names, code: str) -> None:
    bound = test.parts[0]
    fact = walk.fact(bound, names)
    if isinstance(bound, OperatorTest):
        return  # two signs, said by them
    if not comparable(fact.type, tested):
        _never(walk, test, bound, fact, tested, code)
    elif test.operator in ("=", "!="):
        among_allowed(walk, bound, fact, tested)
    else:
        unordered = {kind_of(fact.type), kind_of(tested)} - ORDERED - {""}
        if unordered:
            sentence = f"'{walk.desk.quote(test)}' can never hold: a {unordered.pop()} is neither more nor less."
            walk.desk.add(test, sentence, "Write the value alone.", code)


def _check_members(walk: Walk, test: Node, fact: Fact, tested: Type, code: str) -> None:
    item = item_of(fact.type)
    if kind_of(item) == "range":
        item = item_of(item)
    if kind_of(tested) == "list" or comparable(item, tested):
        for value in fact.value if fact.constant and type(fact.value) is list else ():
            if not among_allowed(walk, test, Fact(item, type(value) is not Range, value), tested):
                return
        return
    _never(walk, test, test, Fact(item), tested, code)


def _is_empty(walk: Walk, test: RangeLiteral, fact: Fact) -> bool:
    if not fact.constant:
        return False
    order = compare(fact.value.low, fact.value.high)
    if order == 1:
        remedy = "Write the smaller end first."
    elif order == 0 and not (test.low_closed and test.high_closed):
        remedy = "Write the value alone, or a wider range."
    else:
        return False
    walk.desk.add(test, f"'{walk.desk.quote(test)}' can never hold: the range is empty.", remedy, "never-true")
    return True


def _never(walk: Walk, test: Node, written: Node, fact: Fact, tested: Type, code: str) -> None:
    wanted, found = kind_of(tested), kind_of(fact.type)
    sentence = f"'{walk.desk.quote(test)}' can never hold: a {wanted} is tested against a {found}."
    right = rewritten(walk, written, fact, wanted)
    walk.desk.add(written, sentence, f"Write: {right}" if right else f"Write a {wanted} here.", code)
