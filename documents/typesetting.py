"""A document and a template to PDF: the same bytes for the same document, on any machine, with no network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import typst

from documents.canonical import Document, canonical_bytes, digest
from documents.codes import BARE, Stamp, picture
from documents.fonts import beyond_serif, check_glyphs, faces
from domain.errors import OperationFailed
from domain.text import gettext as _

TEMPLATES = Path(__file__).parent / "templates"
# archival, with the structured data inside the file (LF-20), readable aloud
_STANDARDS: list[typst.PDFStandard] = ["a-3a", "ua-1"]


@dataclass(frozen=True, slots=True)
class Watermark:
    """What a downloaded copy shows across every page: why it left, with whom, when (LN-29), in local time."""

    purpose: str
    person: str
    office: str
    at: str

    def __str__(self) -> str:
        return f"用途：{self.purpose}\n下载：{self.office} {self.person}\n{self.at}"


def typeset(
    template: str, document: Document, *, dated: date | None, watermark: str | None = None, stamp: Stamp = BARE
) -> bytes:
    """The PDF of `document` by `templates/<template>.typ`.

    Data reach the template as JSON and are never read as markup. `dated` is the day the file carries as its own;
    the epoch stands for an unsigned draft. Neither a watermark nor the stamp (code, 培训演示) changes the data or the
    digest on the page.

    Raises:
        MissingGlyph: a character cannot be printed.
        OperationFailed: the template does not fit the data.
    """
    check_glyphs(document)
    check_glyphs(watermark or "", "watermark")
    canonical = canonical_bytes(document).decode()
    inputs = {
        "data": canonical,
        "digest": digest(document),
        "rare": beyond_serif(canonical),
        "watermark": watermark or "",
        "code": stamp.code,
        "picture": picture(stamp),
        "training": "1" if stamp.training else "",
    }
    moment = datetime(dated.year, dated.month, dated.day, tzinfo=UTC) if dated else datetime(1970, 1, 1, tzinfo=UTC)
    try:
        printed, warnings = typst.compile_with_warnings(
            str(TEMPLATES / f"{template}.typ"),
            root=str(TEMPLATES),
            font_paths=faces(),
            ignore_system_fonts=True,
            sys_inputs=inputs,
            pdf_standards=_STANDARDS,
            timestamp=int(moment.timestamp()),
        )
    except typst.TypstError:
        # the compiler's words may quote a name: they stay out of message, cause and log
        raise _not_typeset(template) from None
    if warnings:
        raise _not_typeset(template)
    return printed


def _not_typeset(template: str) -> OperationFailed:
    return OperationFailed(
        _("The document could not be typeset. Ask the administrator to look at its template."), template=template
    )
