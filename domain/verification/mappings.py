"""Columns mapped by hand, kept for a source by the signature of its headings, and used again for the next file (CK-08).

The signature is the SHA-256 of the folded headings in their order, as the reading child computes it; a file whose
headings changed is looked at anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import journal
from domain.base import Base, BigKey, Key, Ref, new_ref
from domain.errors import InvalidAnswers
from domain.parties import permissions
from domain.text import gettext as _
from domain.verification.deliveries import Resource
from domain.verification.supply import relation_to
from domain.work import Work

_SIGNATURE = re.compile(r"[0-9a-f]{64}")
MOST_COLUMNS = 200


class SourceMapping(Base):
    """What the columns of one source mean: columns is {"<0-based index>": field code}; others mean nothing to us."""

    __tablename__ = "source_mapping"
    __table_args__ = (
        UniqueConstraint("resource_id", "signature"),
        CheckConstraint("length(signature) = 64", name="signature"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    resource_id: Mapped[int] = mapped_column(BigKey, ForeignKey("resource.id"))
    signature: Mapped[str] = mapped_column(String(64))
    columns: Mapped[dict[str, Any]]
    confirmed_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    confirmed_at: Mapped[datetime]


def save(work: Work, resource: Resource, signature: str, columns: Mapping[int, str]) -> SourceMapping:
    """Keep what the columns mean; a second time replaces it. The caller knows which field codes there are.

    columns: 0-based index to field code. Raises NotPermitted: another office's source. InvalidAnswers: no column, a
    field named twice, or no signature.
    """
    permissions.must(work.actor, "delivery.upload", relation_to(work, resource))
    if not _SIGNATURE.fullmatch(signature) or not 0 < len(columns) <= MOST_COLUMNS:
        raise InvalidAnswers({"columns": _("Say what at least one column means.")})
    if len(set(columns.values())) != len(columns):
        raise InvalidAnswers({"columns": _("Two columns cannot mean the same.")})
    row = work.session.scalars(
        select(SourceMapping).where(SourceMapping.resource_id == resource.id, SourceMapping.signature == signature)
    ).first()
    if row is None:
        row = SourceMapping(ref=new_ref(), resource_id=resource.id, signature=signature)
        work.session.add(row)
    row.columns = {str(index): code for index, code in sorted(columns.items())}
    row.confirmed_by, row.confirmed_at = work.actor.person(), work.now
    work.session.flush()
    journal.record(work, "source.mapped", row.ref, {"resource": resource.ref, "columns": len(columns)})
    return row


def of_resource(work: Work, resource_id: int) -> dict[str, dict[int, str]]:
    """Every mapping of a source: signature to index to field code. Uses uq_source_mapping_resource_id."""
    rows = work.session.scalars(select(SourceMapping).where(SourceMapping.resource_id == resource_id))
    return {row.signature: {int(index): str(code) for index, code in row.columns.items()} for row in rows}
