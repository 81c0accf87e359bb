"""FEEL, the expression language of DMN 1.3: compiled once, evaluated under a budget, without a clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from decisions.errors import FeelSyntaxError
from decisions.feel.access import members_in
from decisions.feel.built_ins import BUILT_INS
from decisions.feel.nodes import Name, Node, Scope
from decisions.feel.parser import parse
from decisions.feel.reading import is_words
from decisions.feel.values import Function, Range, State, Stop, Value, YearsMonths, measured

__all__ = ["Expression", "FeelSyntaxError", "Function", "Outcome", "Range", "YearsMonths", "compile"]

BUDGET = 10_000
Name.built_ins = BUILT_INS


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an evaluation gave. `problems` say why a null is null, in sentences without values."""

    value: Value
    problems: tuple[str, ...] = ()


class Expression:
    """A FEEL text that has been read. Immutable; evaluations are independent and may run in parallel."""

    __slots__ = ("names", "text", "tree", "unary")

    def __init__(self, text: str, unary: bool, tree: Node) -> None:
        self.text = text
        self.unary = unary
        self.tree = tree
        self.names: frozenset[str] = frozenset(tree.free() - BUILT_INS.keys() - {"?"})

    @property
    def members(self) -> frozenset[tuple[str, str]]:
        """(name, member) of every `name.member` whose name comes from the caller."""
        return frozenset(found for found in members_in(self.tree) if found[0] in self.names)

    def evaluate(self, context: Mapping[str, object], *, now: datetime, budget: int = BUDGET) -> Outcome:
        """The value in `context` at `now` (aware). What cannot be computed is null with a problem; nothing is raised.

        Args:
            context: name -> value; plain Python values are taken as FEEL's (int, float -> number, dict -> context).
            now: aware instant that now() and today() answer.
            budget: steps, about one a node evaluated; more for large values.
        """
        return self._run(context, {}, now, budget)

    def test(self, value: object, context: Mapping[str, object], *, now: datetime, budget: int = BUDGET) -> Outcome:
        """Whether `value` passes these unary tests: true, false, or null when it cannot be told."""
        return self._run({**context, "?": value}, {}, now, budget)

    def _run(self, context: Mapping[str, object], names: dict[str, Value], now: datetime, budget: int) -> Outcome:
        if now.tzinfo is None:
            raise ValueError("now must be an aware datetime")
        state = State(now, budget)
        value = guarded(lambda: measured(self.in_scope(context).evaluate(state, Scope(names, None, context))), state)
        return Outcome(value, tuple(state.problems))

    def in_scope(self, names: Iterable[str]) -> Node:
        """The tree, read again when `names` hold one that is more than words and stands in the text."""
        special = [name for name in names if not is_words(name) and _may_hold(self.text, name)]
        if not special:
            return self.tree
        return _parsed(self.text, self.unary, frozenset(special))


def guarded(work: Callable[[], Value], state: State) -> Value:
    """The result of `work`, or null with the reason for which it was given up."""
    try:
        return work()
    except Stop as stop:
        state.note(str(stop))
    except FeelSyntaxError as fault:
        state.note(str(fault))
    except RecursionError:
        state.note("The evaluation nests too deeply.")
    return None


def _may_hold(text: str, name: str) -> bool:
    first = name.split()
    return bool(first) and first[0][:1] in text


@lru_cache(2048)
def _parsed(text: str, unary: bool, names: frozenset[str]) -> Node:
    return parse(text, names, unary=unary)


@lru_cache(4096)
def _compiled(text: str, unary: bool, names: frozenset[str]) -> Expression:
    return Expression(text, unary, _parsed(text, unary, names))


def compile(text: str, *, unary: bool = False, names: Iterable[str] = ()) -> Expression:  # noqa: A001
    """Read a FEEL expression, or the unary tests of an input entry.

    Args:
        text: at most 20,000 characters, nested at most 100 deep.
        unary: read as unary tests (`-`, `< 5, > 10`, `not(...)`), to be used with `Expression.test`.
        names: names the text may use that hold operators or keywords; names made of words need no telling.

    Raises:
        FeelSyntaxError: with line, column, sentence and remedy.
    """
    return _compiled(text, unary, frozenset(name for name in names if not is_words(name)))
