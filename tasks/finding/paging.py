"""One page of a list that is longer than a screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """A page of rows: `total` rows in all, this is page `number` of `pages`. more: there are more than `total`, which
    nobody counted. deepest: the last page that is shown of a list nobody leafs through to its end; 0 for any. sort: the
    order it has, which need not be the one asked for."""

    rows: Sequence[Row]
    total: int
    number: int
    size: int
    more: bool = False
    deepest: int = 0
    sort: str = "due"

    @property
    def said(self) -> str:
        """The total as a page says it: 412, or 1,000+."""
        return f"{self.total:,}+" if self.more else str(self.total)

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        pages = max(1, -(-self.total // self.size))
        return min(pages, self.deepest) if self.deepest else pages

    @property
    def cut(self) -> bool:
        """True on the last page of a list that goes on behind it."""
        return self.number == self.pages and (self.more or self.last < self.total)

    @property
    def first(self) -> int:
        """Number of the first row shown, 0 when there is none."""
        return (self.number - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """Number of the last row shown."""
        return (self.number - 1) * self.size + len(self.rows)
