"""Why a decision came out as it did: the rules that matched, and the cell for which another did not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from decisions.feel.values import MAX_RESULT, State, Stop, Value, size_of

CELL = "cell"
NOT_REACHED = "not reached"
OUTRANKED = "outranked"


@dataclass(frozen=True, slots=True)
class MatchedRule:
    """A rule that held: where it stands, what it saw, what it says.

    `number` counts from 1 as people count rows; `inputs` are (label, value, text of the cell). `decision` is the name
    of the decision, knowledge model or function whose table it is. A value that is a function, or too large to be
    told, is None.
    """

    table_id: str
    rule_id: str
    number: int
    inputs: tuple[tuple[str, Value, str], ...]
    outputs: Mapping[str, Value]
    annotations: Mapping[str, str]
    decision: str = ""


@dataclass(frozen=True, slots=True)
class MissedRule:
    """A rule that is not the answer. `why` is one of

    "cell": the cell of the column `label`, written `text`, is the first that did not hold for `value`;
    "not reached": an earlier rule of a table that takes the first was the answer;
    "outranked": it held, but a table that takes the highest output has a higher one.

    `cell_id` and `column` (counted from 1) place the cell; without a cell they are empty and None.
    """

    table_id: str
    decision: str
    rule_id: str
    number: int
    label: str = ""
    value: Value = None
    text: str = ""
    why: str = CELL
    cell_id: str = ""
    column: int | None = None


class Explained(State):
    """A state that keeps which rules matched, and which missed when it is asked to explain.

    `room` is how much of the values on the way may still be told.
    """

    __slots__ = ("explaining", "matched", "missed", "room")

    def __init__(self, now: datetime, budget: int, *, explaining: bool = False) -> None:
        super().__init__(now, budget)
        self.explaining = explaining
        self.matched: list[MatchedRule] = []
        self.missed: list[MissedRule] = []
        self.room = MAX_RESULT

    def tell(self, value: Value) -> Value:
        """`value` for the explanation; null when it is a function or there is no more room."""
        if type(value) is not list and type(value) is not dict and type(value) is not str:
            self.room -= 1
        else:
            try:
                self.room -= size_of(value, max(self.room, 0))
            except Stop:
                return None
        return value if self.room >= 0 else None
