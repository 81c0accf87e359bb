"""FEEL, the expression language of DMN 1.3: compiled once, evaluated under a budget, without a clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from decisions.errors import FeelSyntaxError
from decisions.feel.access import members_in
from decisions.feel.built_ins import BUILT_INS
from decisions.feel.nodes import Node
from decisions.feel.parser import parse
from decisions.feel.reading import is_name, is_words, possible_names
from decisions.feel.scope import BUILT_INS as IN_FORCE
from decisions.feel.scope import Evaluation
from decisions.feel.values import Function, Range, State, Stop, Value, YearsMonths, measured, take_in

__all__ = ["Expression", "FeelSyntaxError", "Function", "Outcome", "Range", "YearsMonths", "compile"]

BUDGET = 10_000
IN_FORCE.update(BUILT_INS)
_FLAT = frozenset((type(None), bool, Decimal, str))
_PLAIN: set[str] = set()  # names of callers known to be made of words, at most _MOST_PLAIN
_MOST_PLAIN = 20_000
_MOST_POSSIBLE = 8


class Outcome:
    """What an evaluation gave.

    `problems` say why a null is null, in sentences without values. `steps` is how many it took, `limit` what ran out
    when it was given up: "steps", "size" or "depth", else "".
    """

    __slots__ = ("limit", "problems", "steps", "value")

    def __init__(self, value: Value, problems: tuple[str, ...] = (), steps: int = 0, limit: str = "") -> None:
        self.value = value
        self.problems = problems
        self.steps = steps
        self.limit = limit

    def __repr__(self) -> str:
        return f"Outcome({self.value!r}, {self.problems!r}, {self.steps}, {self.limit!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Outcome):
            return NotImplemented
        return (self.value, self.problems, self.limit) == (other.value, other.problems, other.limit)

    __hash__ = None  # type: ignore[assignment]


class Expression:
    """A FEEL text that has been read. Immutable; evaluations are independent and may run in parallel."""

    __slots__ = ("names", "possible", "text", "tree", "unary")

    def __init__(self, text: str, unary: bool, tree: Node) -> None:
        self.text = text
        self.unary = unary
        self.tree = tree
        self.names: frozenset[str] = frozenset(tree.free() - BUILT_INS.keys() - {"?"})
        self.possible = possible_names(text, _MOST_POSSIBLE)

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
        return self._run(Evaluation(now, budget, context), context, budget)

    def test(self, value: object, context: Mapping[str, object], *, now: datetime, budget: int = BUDGET) -> Outcome:
        """Whether `value` passes these unary tests: true, false, or null when it cannot be told."""
        if "?" in context:
            context = {name: context[name] for name in context if name != "?"}
        state = Evaluation(now, budget, context)
        state.names["?"] = take_in(value, state)
        return self._run(state, context, budget)

    def _run(self, state: Evaluation, context: Mapping[str, object], budget: int) -> Outcome:
        try:
            possible = self.possible
            if possible is None:
                plain = _PLAIN.issuperset(context)
            else:
                plain = not possible or context.keys().isdisjoint(possible)
            tree = self.tree if plain else self.in_scope(context)
            state.left -= tree.cost
            if state.left < 0:
                state.tick()
            value = tree.run(state, state)
            if type(value) not in _FLAT:
                measured(value)
        except (Stop, FeelSyntaxError) as refusal:
            value = None
            give_up(refusal, state)
        left = state.left
        return Outcome(value, state.problems, budget - left if left > 0 else budget, state.limit)

    def in_scope(self, names: Iterable[str]) -> Node:
        """The tree, read again when `names` hold one that is more than words and stands in the text."""
        special = [name for name in names if not _is_plain(name) and is_name(name) and _may_hold(self.text, name)]
        if not special:
            return self.tree
        return _parsed(self.text, self.unary, frozenset(special))


def guarded(work: Callable[[], Value], state: State) -> Value:
    """The result of `work`, or null with the reason for which it was given up."""
    try:
        return work()
    except (Stop, FeelSyntaxError) as refusal:
        give_up(refusal, state)
        return None


def give_up(refusal: Stop | FeelSyntaxError, state: State) -> None:
    state.note(str(refusal))
    state.limit = refusal.limit


def _is_plain(name: str) -> bool:
    if name in _PLAIN:
        return True
    if not is_words(name):
        return False
    if len(_PLAIN) >= _MOST_PLAIN:
        _PLAIN.clear()
    _PLAIN.add(name)
    return True


def _may_hold(text: str, name: str) -> bool:
    first = name.split()
    return bool(first) and first[0][:1] in text


@lru_cache(2048)
def _parsed(text: str, unary: bool, names: frozenset[str]) -> Node:
    return parse(text, names, unary=unary, external=True)


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
