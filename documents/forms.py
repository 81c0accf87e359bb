"""Papers that people fill in and sign by hand, printed from a case on A4 (DOC-01, 03, 08, 09, 10, 11, 16, 18).

One shape serves them all: parts of facts, rows and sentences, then the places for signature, fingerprint and seal.
What the house knows is printed; what it does not know is left to the pen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from documents.codes import BARE, Stamp
from documents.fonts import check_glyphs
from documents.typesetting import typeset


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A label and its value; "" leaves room to write. wide: takes the whole line; high: room for several lines."""

    label: str
    value: str = ""
    wide: bool = False
    high: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The cells of a line, "" to be filled in by hand."""

    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part under a heading: sentences, facts, then a table. widths: shares of the line; spare: empty lines."""

    title: str = ""
    texts: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    head: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()
    rows: tuple[Row, ...] = ()
    spare: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Somebody who signs. fingerprint: beside the signature; note: 监护人代签."""

    role: str
    name: str = ""
    fingerprint: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormData:
    """A paper to be signed by hand. office: prints it and, where `sealed`, sets its seal; doc: e.g. DOC-01."""

    KIND: ClassVar[str] = "form/1"

    doc: str
    number: str
    issued_on: date
    title: str
    office: str
    addressee: str | None = None
    subtitle: str | None = None
    parts: tuple[Part, ...]
    signers: tuple[Signer, ...] = ()
    sealed: str | None = None
    closing: str | None = None
    # of the house's own papers: signed in the system, never of these
    signed_on: date | None = None


def render_form(data: FormData, *, watermark: str | None = None, stamp: Stamp = BARE) -> bytes:
    """The paper as PDF, the same bytes on every repeat. Raises MissingGlyph, OperationFailed."""
    check_glyphs(data)
    return typeset("form", data, dated=data.issued_on, watermark=watermark, stamp=stamp)
