"""The declared people a cell is held against, and which one of them a damaged number points to."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable
from functools import lru_cache
from operator import ne
from typing import Protocol

from domain.identity import MASKS, Reason
from sources import names
from sources.names import Likeness

ROUNDED = "000"  # the end of a number that a spreadsheet may have rounded
FIRST = 15  # a spreadsheet number keeps so many digits
VISIBLE = 8  # characters of a masked number that must be seen
SLIPS = 2  # changes of one character that may lie between a slip of the pen and the number meant


class Known(Protocol):
    """Declared people, by what a department's cell may say of them."""

    def names(self, number: str) -> Collection[str]:
        """The names a number was declared under; empty when nobody declared it."""

    def sharing(self, first15: str) -> Collection[str]:
        """Declared numbers that begin with these fifteen digits."""

    def called(self, name: str) -> Collection[str]:
        """Declared numbers of people of this name, however its characters are written (`names.key`)."""


class KnownPeople:
    """`Known` in memory: (number, name) pairs; a number may come under several names."""

    def __init__(self, people: Iterable[tuple[str, str]]) -> None:
        self._names: dict[str, tuple[str, ...]] = {}
        self._called: dict[str, list[str]] = {}
        alone: dict[str, tuple[str, ...]] = {}  # few names are borne by many: one tuple a name, not one a person
        for number, name in people:
            before = self._names.get(number, ())
            if name in before:
                continue
            self._names[number] = (*before, name) if before else alone.setdefault(name, (name,))
            numbers = self._called.setdefault(names.key(name), [])
            if number not in numbers[-1:]:
                numbers.append(number)
        self._sorted = sorted(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def names(self, number: str) -> Collection[str]:
        """The names a number was declared under; empty when nobody declared it."""
        return self._names.get(number, ())

    def sharing(self, first15: str) -> Collection[str]:
        """Declared numbers that begin with these fifteen digits."""
        at = bisect_left(self._sorted, first15)
        end = bisect_left(self._sorted, first15 + "~", at)
        return self._sorted[at:end]

    def called(self, name: str) -> Collection[str]:
        """Declared numbers of people of this name, however its characters are written."""
        return self._called.get(names.key(name), ())


def likeness(name: str, number: str, known: Known) -> Likeness | None:
    """The best likeness of a written name with those `number` was declared under; None when no name is written."""
    if not name:
        return None
    best = Likeness.DIFFERENT
    for declared in known.names(number):
        found = Likeness.SAME if name == declared else names.compare(name, declared)
        if found is Likeness.SAME:
            return found
        if found is Likeness.POSSIBLE:
            best = found
    return best


def candidate(text: str, name: str, reason: Reason, known: Known) -> str:
    """The one declared person whom a damaged number (normalised) and a like name point to, or "".

    An empty number points to nobody: a name alone never names a person.
    """
    if reason is Reason.EMPTY or not name:
        return ""
    possible = dict.fromkeys(known.called(name))
    if len(text) >= FIRST:
        near = known.sharing(text[:FIRST])
        possible |= dict.fromkeys(n for n in near if likeness(name, n, known) is not Likeness.DIFFERENT)
    fitting = [number for number in possible if _fits(text, number, reason)]
    return fitting[0] if len(fitting) == 1 else ""


def rounded_from(number: str, name: str, known: Known) -> tuple[str, ...]:
    """Declared numbers that a spreadsheet may have rounded to this one (its end is 000), with a name not unlike."""
    if not number.endswith(ROUNDED):
        return ()
    near = known.sharing(number[:FIRST])
    return tuple(n for n in near if likeness(name, n, known) is not Likeness.DIFFERENT)


def _fits(text: str, number: str, reason: Reason) -> bool:
    if reason is Reason.MASKED:
        return _under_mask(text, number)
    if reason is Reason.EXCEL_ROUNDED:
        return text[:FIRST] == number[:FIRST]
    return _slipped(text, number)


def _under_mask(text: str, number: str) -> bool:
    """True when every visible character fits and enough of them are visible to mean something."""
    pattern = _visible(text)
    return pattern is not None and pattern.fullmatch(number) is not None


@lru_cache(64)
def _visible(text: str) -> re.Pattern[str] | None:
    hidden = [c in MASKS or (c == "X" and (at < len(text) - 1 or text[-2:] == "XX")) for at, c in enumerate(text)]
    if len(text) - sum(hidden) < VISIBLE:
        return None
    return re.compile("".join("." if gone else re.escape(c) for c, gone in zip(text, hidden, strict=True)))


def _slipped(text: str, number: str) -> bool:
    """`within` two slips; most numbers are told apart at a glance, and slips at both ends at once are not sought."""
    if len(text) == len(number):
        return sum(map(ne, text, number)) <= 2 * SLIPS and within(text, number, SLIPS)
    return (text[:4] == number[:4] or text[-4:] == number[-4:]) and within(text, number, SLIPS)


def within(left: str, right: str, most: int) -> bool:
    """True when at most `most` changes lie between two texts (optimal string alignment: change, add, drop, swap)."""
    if abs(len(left) - len(right)) > most:
        return False
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        older, before = before, row
        row = [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most and min(before) > most:
            return False
    return row[-1] <= most
