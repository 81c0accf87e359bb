"""Files that arrive in pieces: what came is kept when the line breaks, and the sender goes on from there.

Each piece is a sealed blob of its own, durable before its row. A piece counts once, by where it starts. What nobody
ends within a day is forgotten; times are machine time.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, BinaryIO, cast

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Ref, Sealed, new_ref
from domain.blobs import Blobs, StoredBlob
from domain.clock import machine_now
from domain.errors import Conflict, NotFound
from domain.files import StoredFile
from domain.text import gettext as _
from domain.work import Work

PIECE = 512 << 10  # bytes a piece should have: short enough for a bad line
KEPT_FOR = timedelta(hours=24)
MOST_OPEN = 20
TIMES_LIMIT = 4  # bytes an account may have under way, as a multiple of the largest file


class Upload(Base):
    """A file on its way. place: what it is for (ref of a task); name is S3. file_id: what it became."""

    __tablename__ = "upload"
    __table_args__ = (
        Index("ix_upload_account_id", "account_id", "id"),
        Index("ix_upload_began_at", "began_at"),
        CheckConstraint("received <= size", name="received"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    place: Mapped[str] = mapped_column(String(26))
    field: Mapped[str] = mapped_column(String(64))
    name: Mapped[Sealed]
    size: Mapped[int] = mapped_column(BigKey)
    received: Mapped[int] = mapped_column(BigKey, default=0)
    began_at: Mapped[datetime]
    file_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("stored_file.id"))


class UploadChunk(Base):
    """One piece: where it starts in the file, and the blob that holds it."""

    __tablename__ = "upload_chunk"
    __table_args__ = (UniqueConstraint("upload_id", "start"),)

    id: Mapped[Key]
    upload_id: Mapped[int] = mapped_column(BigKey, ForeignKey("upload.id"))
    start: Mapped[int] = mapped_column(BigKey)
    size: Mapped[int] = mapped_column(BigKey)
    digest: Mapped[str] = mapped_column(String(64))
    blob_name: Mapped[str] = mapped_column(String(64), unique=True)
    blob_key: Mapped[bytes] = mapped_column(LargeBinary)

    @property
    def blob(self) -> StoredBlob:
        """Where the bytes are."""
        return StoredBlob(self.blob_name, self.digest, self.size, self.blob_key)


def begin(work: Work, place: str, field: str, name: str, size: int) -> Upload:
    """A file announces itself. One that broke off with the same place, field, name and size goes on where it was.

    Raises Conflict for too many at once, or too large.
    """
    limit = work.home.settings.upload_limit
    if not 0 < size <= limit:
        raise Conflict(
            _("A file may have at most %(limit)s MB.", limit=limit // 1_000_000) if size else _("The file is empty.")
        )
    own = select(Upload).where(
        Upload.account_id == work.actor.person(), Upload.file_id.is_(None),
        Upload.began_at > machine_now() - KEPT_FOR,
    )  # fmt: skip
    waiting = list(work.session.scalars(own.order_by(Upload.id).with_for_update()))
    for row in waiting:
        same = (row.place, row.field, row.size) == (place, field[:64], size)
        if same and name_of(work, row) == name[:200]:
            return row
    if len(waiting) >= MOST_OPEN or sum(row.size for row in waiting) + size > TIMES_LIMIT * limit:
        raise Conflict(_("Too many files are on their way at once. End or stop some of them first."))
    ref = new_ref()
    row = Upload(
        ref=ref, account_id=work.actor.person(), place=place, field=field[:64],
        name=work.home.vault.seal("upload.name", ref, name[:200]), size=size, received=0, began_at=machine_now(),
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    return row


def get(work: Work, ref: str, *, lock: bool = False) -> Upload:
    """A file that the actor is sending. Raises NotFound, also for what others send."""
    wanted = select(Upload).where(
        Upload.ref == ref, Upload.account_id == work.actor.person(), Upload.began_at > machine_now() - KEPT_FOR
    )
    row = work.session.scalars(wanted.with_for_update() if lock else wanted).first()
    if row is None:
        raise NotFound(_("This file is not on its way any more; choose it again."))
    return row


def append(work: Work, ref: str, start: int, blob: StoredBlob) -> Upload:
    """Take a piece whose bytes are stored. A piece that came before changes nothing.

    Raises NotFound; Conflict when it does not follow what came so far, or reaches beyond the end.
    """
    row = get(work, ref, lock=True)
    if start != row.received or row.received + blob.size > row.size or not blob.size or row.file_id is not None:
        raise Conflict(_("This piece does not follow what arrived so far."), received=row.received)
    piece = UploadChunk(
        upload_id=row.id, start=start, size=blob.size, digest=blob.digest, blob_name=blob.name,
        blob_key=blob.wrapped_key,
    )  # fmt: skip
    work.session.add(piece)
    row.received += blob.size
    work.session.flush()
    return row


def pieces(work: Work, row: Upload) -> list[StoredBlob]:
    """The pieces of a file in their order."""
    wanted = select(UploadChunk).where(UploadChunk.upload_id == row.id).order_by(UploadChunk.start)
    return [one.blob for one in work.session.scalars(wanted)]


def joined(blobs: Blobs, parts: list[StoredBlob]) -> StoredBlob:
    """One stored file made of its pieces; slow, so in no transaction. Raises BlobDamaged."""
    stream = _Joined(frame for part in parts for frame in blobs.frames(part))
    return blobs.put(cast(BinaryIO, io.BufferedReader(stream)))


def ended(work: Work, row: Upload, file: StoredFile | None) -> None:
    """A file arrived, or is given up (None): its pieces are nobody's any more, and the sweeper removes them."""
    work.session.execute(delete(UploadChunk).where(UploadChunk.upload_id == row.id))
    if file is None:
        work.session.delete(row)
    else:
        row.file_id = file.id
    work.session.flush()


def name_of(work: Work, row: Upload) -> str:
    """The name the person gave the file."""
    return work.home.vault.open("upload.name", row.ref, row.name)


def drop_old(work: Work) -> int:
    """Forget files that nobody ended within a day. Returns how many. Uses ix_upload_began_at."""
    old = select(Upload.id).where(Upload.began_at < machine_now() - KEPT_FOR)
    count = work.session.scalar(select(func.count()).select_from(old.subquery())) or 0
    if count:
        work.session.execute(delete(UploadChunk).where(UploadChunk.upload_id.in_(old)))
        work.session.execute(delete(Upload).where(Upload.began_at < machine_now() - KEPT_FOR))
    return count


class _Joined(io.RawIOBase):
    """Frames one after another as a stream to read."""

    def __init__(self, frames: Iterator[bytes]) -> None:
        self._frames = frames
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            following = next(self._frames, None)
            if following is None:
                return 0
            self._left = following
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count
