"""Papers that arrive in pieces over a bad line, and become files of a task once they are whole."""

from __future__ import annotations

from domain import uploads
from domain.blobs import StoredBlob
from domain.errors import Conflict, NotFound
from domain.files import StoredFile
from domain.text import gettext as _
from domain.uploads import Upload
from domain.work import Work
from tasks import life, rules
from tasks.desk import desk


def begin(work: Work, ref: str, *, field: str, name: str, size: int) -> Upload:
    """A file for a field of a task announces itself, or goes on. Raises NotFound, NotPermitted, Conflict."""
    task, case, _state = rules.held_task(work, ref)
    rules.must_hold(work, task, case, life.DRAFT)
    return uploads.begin(work, task.ref, field, name, size)


def whole(work: Work, ref: str) -> tuple[Upload, list[StoredBlob]]:
    """A file that arrived, and its pieces; none of them when it was handed in before. Raises NotFound, Conflict."""
    row = uploads.get(work, ref)
    if row.received < row.size:
        raise Conflict(_("The file is not whole yet."), received=row.received)
    return row, uploads.pieces(work, row) if row.file_id is None else []


def finish(work: Work, ref: str, blob: StoredBlob, media: str) -> tuple[StoredFile, bool]:
    """Hand in a file that arrived whole. Asked again, it gives the same file; True when it is new.

    Raises NotFound, NotPermitted, Conflict.
    """
    upload = uploads.get(work, ref)
    task, case, _state = rules.held_task(work, upload.place)
    rules.must_hold(work, task, case, life.DRAFT)
    row = uploads.get(work, ref, lock=True)
    if row.file_id is not None:
        return done(work, row), False
    name = uploads.name_of(work, row)
    stored = desk.hand_in(work, task, blob, name=name, media=media, field=row.field)
    uploads.ended(work, row, stored)
    return stored, True


def done(work: Work, row: Upload) -> StoredFile:
    """The file that an upload became. Raises NotFound."""
    found = work.session.get(StoredFile, row.file_id) if row.file_id is not None else None
    if found is None:
        raise NotFound(_("There is no such file for you."))
    return found
