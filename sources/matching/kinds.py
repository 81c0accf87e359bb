"""Which kind of file a table is, told by its headings alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.text import gettext as _
from sources import headings
from sources.categories import Category
from sources.faults import Refusal
from sources.headings import Headings
from sources.values import Cell

_UNKNOWN_WEIGHS = 0.3  # of a known heading: of two kinds that both fit, the one that leaves less over is meant


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose kind is known."""

    category: Category
    headings: Headings


def detect(rows: Sequence[Sequence[Cell]], kinds: Iterable[Category]) -> Table | None:
    """The kind whose headings fit the first rows best; None when no kind's do.

    Raises:
        Refusal: the nearest kind lacks a column or has one twice, or two kinds fit equally well.
    """
    found: list[tuple[float, Table]] = []
    refused: list[tuple[int, Refusal]] = []
    for category in kinds:
        try:
            map_ = headings.find(rows, category)
        except Refusal as refusal:
            refused.append((_labels_met(rows, category), refusal))
            continue
        if map_ is not None:
            found.append((map_.complete_score - _UNKNOWN_WEIGHS * len(map_.ignored), Table(category, map_)))
    if found:
        return _best(found)
    if refused:
        raise max(refused, key=lambda one: one[0])[1]
    return None


def _best(found: list[tuple[float, Table]]) -> Table:
    most = max(score for score, _table in found)
    best = [table for score, table in found if score == most]
    if len(best) > 1:
        raise Refusal(
            _(
                "The headings in row %(row)s fit two kinds of file equally well: %(kinds)s. Name the columns as"
                " files of the right kind do.",
                row=best[0].headings.last + 1,
                kinds="、".join(table.category.chinese for table in best),
            )
        )
    return best[0]


def _labels_met(rows: Sequence[Sequence[Cell]], category: Category) -> int:
    labels = {headings.fold_label(label) for field in category.fields for label in field.labels}
    return len({headings.fold_label(cell) for cells in rows for cell in cells} & labels)
