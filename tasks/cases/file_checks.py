"""A file handed in is stored at once and shown to nobody until it was looked through.

Whoever hands it in waits the moment that takes; when the process dies meanwhile, or the scanner does not answer, the
agenda does it. What is held back can be replaced by another file, or released by somebody who answers for it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from domain import agenda, file_checks, journal
from domain.blobs import StoredBlob
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.file_checks import CLEAN, HELD, RELEASED, WAITING, FileCheck
from domain.files import StoredFile
from domain.home import Home
from domain.parties import permissions
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from sources import looking

DUTY = "file.check"
SOON = timedelta(minutes=1)  # longer than whoever handed it in waits
REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Found:
    """What came of looking: why it is held back, or None; the file without its position where that was taken out."""

    refusal: Text | None
    instead: StoredBlob | None


def await_check(work: Work, row: StoredFile) -> None:
    """A file was stored: nobody is shown it yet, and the agenda looks through it if nobody else does."""
    file_checks.await_check(work, row)
    agenda.put(work, DUTY, f"{DUTY}:{row.ref}", work.now + SOON, subject=row.ref)


def gather(work: Work, ref: str) -> tuple[StoredBlob, str] | None:
    """The bytes and type of a file that waits to be looked through; None when that was done."""
    row = work.session.execute(_waiting(ref)).first()
    return None if row is None else (row[0].blob, row[0].media_type)


def perform(home: Home, wanted: tuple[StoredBlob, str] | None) -> Found | None:
    """Look through it; slow, so in no transaction. Raises OperationFailed while the scanner does not answer."""
    if wanted is None:
        return None
    blob, media = wanted
    content = home.blobs.read(blob)
    looked = looking.look(content, media)
    refusal = looked.refusal
    if refusal is None and home.settings.scanner:
        refusal = looking.scan(home.settings.scanner, [content])
    if refusal is not None or not looked.position or home.settings.photo_position != REMOVE:
        return Found(refusal, None)
    return Found(None, home.blobs.put(io.BytesIO(looking.without_position(content, looked))))


def record(work: Work, ref: str, found: Found | None) -> None:
    """Note what came of it; the first who does counts."""
    row = work.session.execute(_waiting(ref).with_for_update(of=FileCheck)).first()
    if row is None or found is None:
        return
    file, check = row
    check.state, check.checked_at = (CLEAN if found.refusal is None else HELD), work.now
    check.said = found.refusal.packed() if found.refusal is not None else []
    body = {"file": ref, "state": check.state, "position": "as it came"}
    if found.instead is not None:
        one = found.instead
        body |= {"position": "removed", "came": file.digest}  # what was handed in can still be told from another file
        file.blob_name, file.blob_key, file.digest, file.size = one.name, one.wrapped_key, one.digest, one.size
    agenda.drop(work, f"{DUTY}:{ref}")
    _journal(work, file, "file.checked", body)


def release(work: Work, ref: str, reason: str) -> None:
    """Show a file that is held back, answering for it. Never one's own file.

    Raises NotFound for a file of another office, NotPermitted, Conflict when it is not held back, InvalidAnswers.
    """
    row = work.session.execute(
        select(StoredFile, FileCheck, Case)
        .join(FileCheck, FileCheck.file_id == StoredFile.id)
        .join(Case, Case.id == StoredFile.case_id)
        .where(StoredFile.ref == ref, permissions.case_scope(work.actor))
        .with_for_update(of=FileCheck)
    ).first()
    if row is None:
        raise NotFound(_("There is no such file for you."))
    file, check, case = row
    permissions.must(work.actor, "file.release", permissions.relation_to_case(work.actor, case))
    if check.state != HELD:
        raise Conflict(_("This file is not held back."))
    if file.uploaded_by == work.actor.user_id:
        raise Conflict(_("You handed this file in yourself; another person releases it."))
    if not reason.strip():
        raise InvalidAnswers({"reason": _("Say why the file may be shown all the same.")})
    check.state, check.released_by, check.released_at = RELEASED, work.actor.person(), work.now
    check.reason = work.home.vault.seal("file_check.reason", check.ref, reason.strip()[:1000])
    _journal(work, file, "file.released", {"file": ref})


def withheld(work: Work, row: StoredFile) -> Text | None:
    """Why a file is not shown; None when it is."""
    check = file_checks.of_files(work, [row.id]).get(row.id)
    return None if file_checks.shown(check) else not_shown(check)


def not_shown(check: FileCheck | None) -> Text:
    """Why a file is not shown."""
    if check is None or check.state == WAITING:
        return _("This file is still being looked through; try again in a minute.")
    return check.sentence or _("This file is held back.")


def _waiting(ref: str) -> Any:
    return (
        select(StoredFile, FileCheck)
        .join(FileCheck, FileCheck.file_id == StoredFile.id)
        .where(StoredFile.ref == ref, FileCheck.state == WAITING)
    )


def _journal(work: Work, file: StoredFile, event: str, body: dict[str, str]) -> None:
    if file.case_id is not None:
        case = work.session.get_one(Case, file.case_id)
        journal.of_case(work, case.ref, event, file.ref, body)
