"""The certificate that delivered data were deleted (BX-28): the purge's own row, as a paper that can be filed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from documents.codes import BARE, Stamp
from documents.typesetting import typeset


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeData:
    """数据销毁证明. `size`: bytes; `content`: SHA-256 (hex) over the rows; `keys`: master keys they were sealed under.

    `results_kept`: rows of results that came from the data and stay; `reason`: as the certificate has it.
    """

    KIND: ClassVar[str] = "purge_certificate/1"

    number: str
    keeper: str
    supplier: str
    source: str
    category: str
    delivery: str
    data_date: date
    delivered_on: date
    rows: int
    files: int
    size: int
    content: str
    keys: tuple[str, ...]
    results_kept: int
    reason: str
    deleted_by: str
    signed_on: date | None = None
    seal: str | None = None


def render_purge_certificate(data: PurgeData, *, watermark: str | None = None, stamp: Stamp = BARE) -> bytes:
    """数据销毁证明 as PDF. Raises MissingGlyph, OperationFailed."""
    return typeset("purge_certificate", data, dated=data.signed_on, watermark=watermark, stamp=stamp)
