"""What a person does at her desk: claim, release, hand in files; drafts stand in `tasks.desk.drafts`, remarks in
`tasks.desk.comments`.

What hands work to others stands in `tasks.desk.handing`, what puts it off or ends it in `tasks.desk.pausing`.
"""

from __future__ import annotations

from domain import files, journal
from domain.blobs import StoredBlob
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers
from domain.files import StoredFile
from domain.text import gettext as _
from domain.work import Work
from tasks import bonds, held, life, line, moves, rules
from tasks.bonds import Bond
from tasks.cases import file_checks
from tasks.desk import drafts
from tasks.rows.models import HELD, HumanTask, TaskAttachment

keep_draft, draft_of = drafts.keep, drafts.of
MOST_FILES = 40
# what pages can show, and what can be looked through before anybody is shown it (decision on papers)
TYPES = {"application/pdf": b"%PDF-", "image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
_APPLE = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1", b"ftyphevc")


def claim(work: Work, ref: str) -> HumanTask:
    """Take a task for oneself, or for whom one stands in. One winner: the row is locked and its version looked at; the
    loser is told who (Stale).

    Raises NotFound, NotPermitted, Stale, Conflict.
    """
    task, case, _state = rules.held_task(work, ref)
    if task.state in HELD and task.assignee_id == work.actor.user_id:
        return task
    bond = bonds.of(work, task, case)
    line.change(work, task, state=may_claim(work, task, case, bond), **rules.holding(work, bond))
    _journal(work, task, "task.claimed", **_for_whom(bond))
    return task


def may_claim(work: Work, task: HumanTask, case: Case, bond: Bond) -> str:
    """The state after the actor's claim. Raises NotPermitted, Stale, Conflict."""
    moves.must_be_free_of_others(work, task, bond)
    held.must_go_on(case)
    if task.state in HELD:  # by somebody whom the actor stands in for: it is taken over as it is
        rules.must_not_be_kept_from(work, task, case, bond)
        return task.state
    if not life.rows(life.CLAIM, task.state):
        life.must(life.CLAIM, task.state, bond.relations)
    rules.must_claim(work, task, case, bond)
    return life.target(life.must(life.CLAIM, task.state, bond.relations), task.state, "")


def release(work: Work, ref: str) -> HumanTask:
    """Give a task back to the queue; its draft stays for whoever takes it. The head of the office may do it for others.

    Raises NotFound, NotPermitted, Conflict for a delegated task, which is handed back.
    """
    task, case, _state = rules.held_task(work, ref)
    line.change(work, task, state=may_release(work, task, bonds.of(work, task, case)), **line.FREE)
    _journal(work, task, "task.released")
    return task


def may_release(work: Work, task: HumanTask, bond: Bond) -> str:
    """The state after the actor gave it back. Raises NotPermitted, Conflict."""
    relations = bond.relations
    if task.assignee_id == work.actor.user_id and task.state in HELD:
        # also one whose right to it has ended may let it go
        relations |= {life.HOLDER}
    row = life.must(life.RELEASE, task.state, relations)
    if task.owner_id is not None and life.SUPERVISOR not in relations:
        raise Conflict(_("This task was delegated to you; hand it back instead."), task=task.ref)
    return life.target(row, task.state, "")


def media_type(head: bytes) -> str:
    """The type of a file by its first bytes. Raises InvalidAnswers for what a case file does not take."""
    for name, beginning in TYPES.items():
        if head.startswith(beginning):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:12] in _APPLE:
        raise InvalidAnswers(
            {"file": _("This photograph is HEIC. Set the camera to “most compatible” (JPEG), or share it as JPEG.")}
        )
    raise InvalidAnswers({"file": _("Hand in a PDF, or a picture as JPEG, PNG or WebP.")})


def attach(work: Work, ref: str, blob: StoredBlob, *, name: str, media: str, field: str) -> StoredFile:
    """Hand in a file whose bytes are stored already. Raises NotFound, NotPermitted, Conflict."""
    task, case, _state = rules.held_task(work, ref)
    rules.must_hold(work, task, case, life.DRAFT)
    return hand_in(work, task, blob, name=name, media=media, field=field)


def hand_in(work: Work, task: HumanTask, blob: StoredBlob, *, name: str, media: str, field: str) -> StoredFile:
    """Put a file with a task, once it is settled that the actor may. Raises Conflict for too many."""
    if len(rules.attachments(work, task)) >= MOST_FILES:
        raise Conflict(_("A task takes at most %(most)s files.", most=MOST_FILES))
    row = files.keep(work, blob, name=name[:200], media_type=media, purpose="attachment", case_id=task.case_id)
    work.session.add(TaskAttachment(task_id=task.id, file_id=row.id, field=field[:64]))
    work.session.flush()
    file_checks.await_check(work, row)
    _journal(work, task, "task.attached", file=row.ref)
    return row


def _for_whom(bond: Bond) -> dict[str, str]:
    return {} if bond.stand_in is None else {"for": bond.stand_in.ref}


def _journal(work: Work, task: HumanTask, event: str, **body: str) -> None:
    case = work.session.get_one(Case, task.case_id)  # came with the task
    journal.of_case(work, case.ref, event, task.ref, {"step": task.step_id, **body})
