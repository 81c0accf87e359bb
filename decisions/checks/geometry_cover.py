"""Boxes in a space of classes: what a set of boxes leaves uncovered, within a bounded amount of work.

A box has one bit mask a column; it holds the points whose class of every column is in the mask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

Box = tuple[int, ...]
MANY = 64  # boxes that meet one: rather halve it than take one out
MOST_LOOKED_AT = 12  # boxes that are weighed for the next cut


class TooWide(Exception):
    """The work allowed is done and the question still open."""


class Work:
    """How much may still be done, in steps of about a third of a microsecond."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise TooWide


def bits(mask: int) -> Iterator[int]:
    """The places of the bits that are set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class Cover:
    """Boxes by number. `sizes` are the numbers of classes of the columns."""

    def __init__(self, sizes: Sequence[int], boxes: Sequence[Box], work: Work) -> None:
        self.sizes = tuple(sizes)
        self.boxes: list[Box] = []
        self._work = work
        self._here: list[list[int]] = [[0] * size for size in sizes]  # column, class -> the boxes that hold it
        self._everywhere = [0] * len(sizes)  # column -> the boxes that hold all its classes
        self._meets: list[dict[int, int]] = [{} for _ in sizes]
        self._holds: list[dict[int, int]] = [{} for _ in sizes]
        for box in boxes:
            self.add(box)

    def add(self, box: Box) -> None:
        number = 1 << len(self.boxes)
        self.boxes.append(box)
        for column, mask in enumerate(box):
            if mask == (1 << self.sizes[column]) - 1:
                self._everywhere[column] |= number
                continue
            self._work.spend(mask.bit_count())
            for class_ in bits(mask):
                self._here[column][class_] |= number
        for known in (*self._meets, *self._holds):
            known.clear()

    def meeting(self, box: Box, among: int = -1, besides: int = -1) -> int:
        """The boxes `among` these that share a point with `box`, the column `besides` apart."""
        for column, mask in enumerate(box):
            if column != besides and among:
                known = self._meets[column]
                if mask not in known:
                    known[mask] = self._of(column, mask, lambda a, b: a | b, 0)
                among &= known[mask]
        return among

    def holding(self, box: Box, among: int) -> int:
        """The boxes `among` these that hold all of `box`."""
        for column, mask in enumerate(box):
            if among:
                known = self._holds[column]
                if mask not in known:
                    known[mask] = self._of(column, mask, lambda a, b: a & b, -1)
                among &= known[mask]
        return among

    def _of(self, column: int, mask: int, join: Callable[[int, int], int], start: int) -> int:
        self._work.spend(mask.bit_count())
        for class_ in bits(mask):
            start = join(start, self._here[column][class_])
        return start | (self._everywhere[column] if mask else 0)

    def uncovered(self, box: Box, among: int = -1) -> Box | None:
        """A box within `box` that none of the boxes `among` these meets; None when they cover all of it.

        Raises:
            TooWide: it took more work than allowed.
        """
        stack = [box] if all(box) else []
        every = (1 << len(self.boxes)) - 1
        while stack:
            here = stack.pop()
            self._work.spend(2 * len(here))
            live = self.meeting(here, among & every)
            if not live:
                return here
            if not self.holding(here, live):
                stack.extend(self._halves(here) if live.bit_count() > MANY else self._cut(here, live))
        return None

    def _halves(self, box: Box) -> list[Box]:
        """`box` in two, across the column with most classes: where many boxes meet it, few meet both halves."""
        column = max(range(len(box)), key=lambda at: box[at].bit_count())
        classes = list(bits(box[column]))
        low = sum(1 << class_ for class_ in classes[: len(classes) // 2])
        return [(*box[:column], part, *box[column + 1 :]) for part in (low, box[column] & ~low) if part]

    def _cut(self, box: Box, live: int) -> list[Box]:
        """`box` without the one of the `live` boxes that leaves the fewest pieces, in pieces."""
        best: list[int] | None = None
        for seen, number in enumerate(bits(live)):
            if seen == MOST_LOOKED_AT or (best is not None and len(best) == 1):
                break
            self._work.spend(len(box))
            other = self.boxes[number]
            cut = [column for column, mask in enumerate(box) if mask & ~other[column]]
            if best is None or len(cut) < len(best):
                best, chosen = cut, other
        pieces, rest = [], list(box)
        for column in best or ():
            pieces.append((*rest[:column], rest[column] & ~chosen[column], *rest[column + 1 :]))
            rest[column] &= chosen[column]
        return pieces

    def grown(self, box: Box, full: Box, first: int) -> Box:
        """The uncovered `box` made as large as it can be within `full`, the columns in turn from `first` on."""
        grown = list(box)
        for step in range(len(box)):
            column = (first + step) % len(box)
            against = self.meeting(tuple(grown), (1 << len(self.boxes)) - 1, column)
            if against & self._everywhere[column]:
                raise ValueError("the box is not uncovered")
            here = self._here[column]
            self._work.spend(self.sizes[column] + len(box) // 4)
            grown[column] = sum(1 << class_ for class_ in bits(full[column]) if not here[class_] & against)
        return tuple(grown)
