"""Finding the heading row of a table and mapping its columns to fields.

Real files put title lines above the headings, merge two rows of headings, and spell them in many ways.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from domain.text import Text
from domain.text import gettext as _
from sources.categories import AMOUNT, Category, Field
from sources.faults import Refusal
from sources.values import Cell, to_text

SEARCHED_ROWS = 40
_LONGEST = 24  # characters of a heading where none is recognised
_BRACKETS = re.compile(r"[(\[【〔][^)\]】〕]*[)\]】〕]")
_UNIT = re.compile(r"[(\[【〔:](?:单位)?:?(万元|亿元)[)\]】〕]?|^.*(?<=[^(])万元$")


@dataclass(frozen=True, slots=True)
class Column:
    """One mapped column: 0-based index, heading as written, field, unit factor of the heading (yuan)."""

    index: int
    heading: str
    field: Field
    factor: int = 1


@dataclass(frozen=True, slots=True)
class Headings:
    """The found headings: 0-based rows first..last, mapped columns, headings that mean nothing to us, table width."""

    first: int
    last: int
    columns: tuple[Column, ...]
    ignored: tuple[str, ...]
    labels: tuple[str, ...]
    width: int

    @property
    def complete_score(self) -> int:
        """Number of distinct fields found."""
        return len({column.field.code for column in self.columns})

    @property
    def signature(self) -> str:
        """SHA-256 (hexadecimal) of the headings in their order: two files with the same one have the same columns."""
        return hashlib.sha256("\x1f".join(self.labels[: self.width]).encode()).hexdigest()


class HeadingsRefused(Refusal):
    """Headings are there, but a column is missing or two mean the same; `headings` says what was understood."""

    def __init__(self, text: Text, headings: Headings) -> None:
        super().__init__(text)
        self.headings = headings


def fold_label(text: Cell) -> str:
    """A heading for comparison: NFKC, no blanks or invisible characters, no trailing marks."""
    return _folded(text if isinstance(text, str) else to_text(text))


@lru_cache(1 << 14)
def _folded(text: str) -> str:
    # the first rows of a file are held against every kind of file, one by one and in pairs
    folded = unicodedata.normalize("NFKC", to_text(text))
    bare = "".join(c for c in folded if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc"))
    return bare.strip("*:;,.、。").upper()


Saved = Mapping[str, Mapping[int, str]]


def find(rows: Sequence[Sequence[Cell]], category: Category, saved: Saved | None = None) -> Headings | None:
    """The best heading row (or two merged rows) among the first rows; None when nothing resembles one.

    saved: what somebody said of columns before: signature of the headings to 0-based index to field code. It goes
    before what is recognised.

    Raises:
        HeadingsRefused: two columns mean the same field, or a required column is missing.
    """
    best: Headings | None = None
    searched = range(min(len(rows), SEARCHED_ROWS))
    # Single rows first: a pair must be strictly better, or a title line would count as the upper of two.
    for first, last in [(n, n) for n in searched] + [(n, n + 1) for n in searched[:-1]]:
        found = _map(rows, first, last, category)
        if saved and (columns := saved.get(found.signature)) is not None:
            best = _as_said(found, columns, category)
            break
        if best is None or found.complete_score > best.complete_score:
            best = found
    if best is None or best.complete_score < 2:
        return None
    _must_be_unambiguous(best)
    _must_be_complete(best, category)
    return best


def likeliest(rows: Sequence[Sequence[Cell]], category: Category) -> Headings | None:
    """The row that looks most like headings where none was recognised: the first with most short texts, no figures."""
    best: tuple[int, int] | None = None
    for number, cells in enumerate(rows[:SEARCHED_ROWS]):
        texts = [label for cell in cells if (label := fold_label(cell))]
        if len(texts) > 1 and not any(any(c.isdigit() for c in label) or len(label) > _LONGEST for label in texts):
            best = max(best or (0, 0), (len(texts), -number))
    return _map(rows, -best[1], -best[1], category) if best is not None else None


def _as_said(found: Headings, columns: Mapping[int, str], category: Category) -> Headings:
    fields = {field.code: field for field in category.fields}
    said: list[Column] = []
    for index, code in columns.items():
        if code in fields and index < len(found.labels):
            label = found.labels[index]
            factor = _factor(label) if fields[code].kind == AMOUNT else 1
            said.append(Column(index, label, fields[code], factor))
    left = {column.index for column in said}
    ignored = tuple(label for index, label in enumerate(found.labels) if label and index not in left)
    return Headings(found.first, found.last, tuple(said), ignored, found.labels, found.width)


def _map(rows: Sequence[Sequence[Cell]], first: int, last: int, category: Category) -> Headings:
    names = _names(category.fields)
    columns: list[Column] = []
    ignored: list[str] = []
    labels = _labels(rows, first, last)
    for index, candidates in enumerate(labels):
        field = next((found for label in candidates if (found := _field(label, names))), None)
        written = candidates[-1] if candidates else ""
        if field is not None:
            factor = _factor(written) if field.kind == AMOUNT else 1
            columns.append(Column(index, candidates[0], field, factor))
        elif written:
            ignored.append(candidates[0])
    shown = tuple(candidates[0] if candidates else "" for candidates in labels)
    width = max((index + 1 for index, label in enumerate(shown) if label), default=0)
    return Headings(first, last, tuple(columns), tuple(ignored), shown, width)


@lru_cache(256)
def _names(fields: tuple[Field, ...]) -> dict[str, Field]:
    return {fold_label(label): field for field in fields for label in field.labels}


def _labels(rows: Sequence[Sequence[Cell]], first: int, last: int) -> list[tuple[str, ...]]:
    """For each column the labels to try: its own, then the merged group's label with its own behind."""
    upper = [fold_label(cell) for cell in rows[first]]
    if first == last:
        return [(label,) if label else () for label in upper]
    lower = [fold_label(cell) for cell in rows[last]]
    width = max(len(upper), len(lower))
    upper += [""] * (width - len(upper))
    lower += [""] * (width - len(lower))
    labels: list[tuple[str, ...]] = []
    group = ""
    for above, below in zip(upper, lower, strict=True):
        group = above or group
        if below:
            labels.append((below, group + below) if group else (below,))
        else:
            labels.append((above,) if above else ())
    return labels


def _field(label: str, names: dict[str, Field]) -> Field | None:
    return names.get(label) or names.get(_BRACKETS.sub("", label)) or names.get(re.sub(r"(万元|元)$", "", label))


def _factor(label: str) -> int:
    found = _UNIT.search(label)
    if not found:
        return 1
    return 100_000_000 if found[1] == "亿元" else 10_000


def _must_be_unambiguous(found: Headings) -> None:
    seen: dict[str, Column] = {}
    for column in found.columns:
        twin = seen.setdefault(column.field.code, column)
        if twin is not column:
            raise HeadingsRefused(
                _(
                    "Columns %(first)s (%(first_heading)s) and %(second)s (%(second_heading)s) in row %(row)s both mean"
                    " %(field)s. Remove or rename one of them and send the file again.",
                    first=letter(twin.index),
                    first_heading=twin.heading,
                    second=letter(column.index),
                    second_heading=column.heading,
                    row=found.last + 1,
                    field=column.field.labels[0],
                ),
                found,
            )


def _must_be_complete(found: Headings, category: Category) -> None:
    have = {column.field.code for column in found.columns}
    missing = [field.labels[0] for field in category.fields if field.column and field.code not in have]
    if missing:
        raise HeadingsRefused(
            _(
                "The heading row %(row)s has no column for %(missing)s, which a %(category)s file needs."
                " Add it, or choose the right kind of file.",
                row=found.last + 1,
                missing="、".join(missing),
                category=category.chinese,
            ),
            found,
        )


def letter(index: int) -> str:
    """Spreadsheet letter of a 0-based column: 0 is A, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name
