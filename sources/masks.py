"""A row for the preview: its shape can be checked, what stands in it cannot be read (S3).

Days and months of the data stand as they are, for the period is judged by them; of names the first character stays,
of numbers the ends; every other digit becomes a dot and every other word its first character.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain import identity
from domain.identity import InvalidIdentityNumber
from sources.categories import CERTIFICATE, DATE, IDENTITY, MONTH, NAME
from sources.headings import Headings
from sources.values import Cell, is_blank, to_text

LONGEST = 40
_SEPARATORS = re.compile(r"([,，、;；/／|\n])")
_DIGIT = re.compile(r"\d")


def row(cells: Sequence[Cell], found: Headings) -> list[str]:
    """The cells of one row, masked by what their columns mean; a column that means nothing is masked like a word."""
    kinds = {column.index: column.field for column in found.columns}
    return [cell(value, *_kind(kinds.get(index))) for index, value in enumerate(cells)]


def _kind(field: object) -> tuple[str, bool]:
    return (getattr(field, "kind", ""), getattr(field, "code", "") in ("data_date", "month"))


def cell(value: Cell, kind: str, of_the_period: bool = False) -> str:
    """One cell, masked. kind: of `sources.categories`, "" for a column that means nothing to us."""
    text = "" if is_blank(value) else to_text(value)
    if kind in (IDENTITY, CERTIFICATE):
        return "".join(part if _SEPARATORS.fullmatch(part) else _number(part) for part in _SEPARATORS.split(text))
    if kind in (DATE, MONTH) and of_the_period:
        return text[:LONGEST]
    if _looks_like_a_number(text):
        return _number(text)
    return _word(text, name=kind == NAME)[:LONGEST]


def _looks_like_a_number(text: str) -> bool:
    digits = identity.normalise(text)
    return len(digits) in (15, 18) and digits[:15].isdigit()


def _number(text: str) -> str:
    try:
        return identity.mask(identity.check(text, demonstration=True).number)
    except InvalidIdentityNumber:
        bare = identity.normalise(text)
        return identity.mask(bare) if len(bare) in (15, 18) and bare[:15].isdigit() else "*" * min(len(bare), LONGEST)


def _word(text: str, *, name: bool) -> str:
    if name or not _DIGIT.search(text):
        return text[:1] + "*" * (len(text) - 1)
    return _DIGIT.sub("•", re.sub(r"[^\W\d_]", "*", text))
