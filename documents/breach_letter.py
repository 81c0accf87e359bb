"""泄密事件报告 (DOC-22, CK-31): what leaked, how far, with what result, to the office that has to be told at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from documents.canonical import canonical_bytes, digest, from_canonical
from documents.codes import BARE, Stamp
from documents.fonts import check_glyphs
from documents.typesetting import typeset

__all__ = ["BreachData", "BreachPerson", "canonical_bytes", "check_breach", "digest", "from_canonical", "render_breach"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachPerson:
    """Somebody of the staff whom the leak speaks of; `part`: 涉嫌 or 知情."""

    name: str
    office: str
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachData:
    """Everything the letter says. `persons`: how many people are concerned, as printed; `traces`: rows linked."""

    KIND: ClassVar[str] = "breach/1"

    number: str
    office: str
    to: str
    found_on: date
    happened_on: date | None
    grade: str
    persons: str
    what: str
    reach: str
    result: str
    people: tuple[BreachPerson, ...]
    traces: int
    reporter: str
    signed_on: date
    seal: str


def check_breach(data: BreachData) -> None:
    """What forbids sending it. Raises MissingGlyph."""
    check_glyphs(data)


def render_breach(data: BreachData, *, watermark: str | None = None, stamp: Stamp = BARE) -> bytes:
    """泄密事件报告 as PDF, the same bytes on every repeat. Raises MissingGlyph, OperationFailed."""
    return typeset("breach", data, dated=data.signed_on, watermark=watermark, stamp=stamp)
