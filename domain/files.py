"""Files people hand in or the house makes: a row each, the bytes in `blobs`."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO

from sqlalchemy import ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Ref, Sealed, new_ref
from domain.blobs import StoredBlob
from domain.errors import NotFound
from domain.text import gettext as _
from domain.work import Work


class StoredFile(Base):
    """One file. The name is personal (it often holds a person's name), so it is sealed."""

    __tablename__ = "stored_file"

    id: Mapped[Key]
    ref: Mapped[Ref]
    purpose: Mapped[str] = mapped_column(String(32))
    name: Mapped[Sealed]
    media_type: Mapped[str] = mapped_column(String(96))
    size: Mapped[int] = mapped_column(BigKey)
    digest: Mapped[str] = mapped_column(String(64))
    blob_name: Mapped[str] = mapped_column(String(64), unique=True)
    blob_key: Mapped[bytes] = mapped_column(LargeBinary)
    case_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("cases.id"), index=True)
    org_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("organisation.id"))
    uploaded_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    uploaded_at: Mapped[datetime]

    @property
    def blob(self) -> StoredBlob:
        """Where the bytes are."""
        return StoredBlob(self.blob_name, self.digest, self.size, self.blob_key)


def keep(
    work: Work, blob: StoredBlob, *, name: str, media_type: str, purpose: str, case_id: int | None = None
) -> StoredFile:
    """Write the row of a file whose bytes are durable already (`home.blobs.put` outside the transaction)."""
    ref = new_ref()
    row = StoredFile(
        ref=ref,
        purpose=purpose,
        name=work.home.vault.seal("stored_file.name", ref, name),
        media_type=media_type,
        size=blob.size,
        digest=blob.digest,
        blob_name=blob.name,
        blob_key=blob.wrapped_key,
        case_id=case_id,
        org_id=work.actor.org_id,
        uploaded_by=work.actor.user_id,
        uploaded_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    return row


def by_ref(work: Work, ref: str) -> StoredFile:
    """The file with this reference; the caller checks who may see it. Raises NotFound."""
    found = work.session.scalars(select(StoredFile).where(StoredFile.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such file."))
    return found


def name_of(work: Work, row: StoredFile) -> str:
    """The name the person gave it."""
    return work.home.vault.open("stored_file.name", row.ref, row.name)


def content(work: Work, row: StoredFile) -> BinaryIO:
    """The plain bytes. Raises BlobDamaged."""
    return work.home.blobs.open(row.blob)
