"""Drafts: what the owners of a process are working on, as revisions that are never changed (walls 5).

A process has at most one open draft. Every save is a new revision with its author; who saves on top of a revision
that is not the newest has the files nobody else touched merged, and is told about the others: the same file saved
by two people is never overwritten. Everything handed in stays in a row, or its author was told that it did not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from sqlalchemy import func, select

from domain import journal
from domain.errors import Conflict, DefinitionRefused, Finding, InvalidAnswers, NotFound
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.text import gettext as _
from domain.vault import fingerprint
from domain.work import Work
from workflows import bundles, definitions
from workflows.bundles import Bundle, Checked
from workflows.definition_rows import (
    HIGHEST,
    NOTE,
    DefinitionProposal,
    keep_parts,
    lock_process,
    parts_of,
    sizes_of,
)
from workflows.definition_rows import DefinitionDraft as DefinitionDraft
from workflows.definition_rows import DefinitionDraftRevision as DefinitionDraftRevision
from workflows.digests import manifest_digest
from workflows.draft_saves import Overtaken as Overtaken
from workflows.draft_saves import Saved as Saved

OPEN, CLOSED = "OPEN", "CLOSED"

Manifest = Mapping[str, str]
Changes = Mapping[str, bytes | None]


# --- beginning and reading ---------------------------------------------------------------------------------------


def begin(work: Work, process: str) -> DefinitionDraft:
    """The open draft of a process, or a new one with the files of the version in force.

    Raises NotPermitted, NotFound for a process that has neither.
    """
    permissions.must(work.actor, "process.edit")
    lock_process(work, process)
    found = open_of(work, process)
    if found is not None:
        return found
    current = definitions.newest(work, process)
    if current is None:
        raise NotFound(_("The process %(process)s is not deployed here.", process=process))
    return _new(work, process, current.number, current.manifest, "")


def begin_new(work: Work, process: str, files: Mapping[str, bytes], *, note: str = "") -> DefinitionDraft:
    """The draft of a process that is not there yet. Raises as `begin_with`, and Conflict when the name is taken."""
    permissions.must(work.actor, "process.edit")
    lock_process(work, process)
    if open_of(work, process) is not None or definitions.newest(work, process) is not None:
        sentence = _("There is a process %(key)s already. Choose another key, or import into it.", key=process)
        raise Conflict(sentence)
    return begin_with(work, process, files, note=note)


def begin_with(
    work: Work, process: str, files: Mapping[str, bytes], *, note: str = "", whole: bool = True
) -> DefinitionDraft:
    """A draft that holds these files: a new process's, or a new newest revision of the open or a new draft.

    whole: they are all there is, but for a process.toml that is not among them; else every other file stays as the
    open draft, or the version in force, has it. Raises NotPermitted, InvalidAnswers for a name no process may have,
    DefinitionRefused when a file may not be kept, NotFound when there is nothing that could stay.
    """
    permissions.must(work.actor, "process.edit")
    if not bundles.PROCESS_KEY.fullmatch(process):
        sentence = _("A process is called by small letters, digits and _, beginning with a letter.")
        raise InvalidAnswers({"process": sentence})
    _must_be_readable(files)
    lock_process(work, process)
    found, current = open_of(work, process), definitions.newest(work, process)
    draft = locked(work, found.ref) if found is not None else None
    if draft is None and current is None and not whole:
        raise NotFound(_("The process %(process)s is not deployed here.", process=process))
    before = _manifest(work, draft, draft.head) if draft is not None else current.manifest if current else {}
    stays = before if not whole else {bundles.SHEET: before[bundles.SHEET]} if bundles.SHEET in before else {}
    manifest = _with(stays, _digests(files))
    keep_parts(work, files.values())
    _must_fit(work, manifest)
    if draft is None:
        if current is None:
            return _new(work, process, None, manifest, note)
        draft = _new(work, process, current.number, current.manifest, "")
    if _manifest(work, draft, draft.head) != manifest:
        add_revision(work, draft, manifest, author=work.actor.person(), parent=draft.head, note=note)
    return draft


def get(work: Work, ref: str) -> DefinitionDraft:
    """The draft with this ref, open or closed. Raises NotFound, NotPermitted."""
    permissions.must(work.actor, "process.read")
    if (found := work.session.scalars(select(DefinitionDraft).where(DefinitionDraft.ref == ref)).first()) is None:
        raise NotFound(_("There is no such draft."))
    return found


def open_drafts(work: Work) -> Sequence[DefinitionDraft]:
    """Every open draft, by process."""
    permissions.must(work.actor, "process.read")
    wanted = select(DefinitionDraft).where(DefinitionDraft.state == OPEN).order_by(DefinitionDraft.process)
    return work.session.scalars(wanted).all()


def revisions(work: Work, draft: DefinitionDraft) -> Sequence[DefinitionDraftRevision]:
    """Every revision of a draft, newest first."""
    permissions.must(work.actor, "process.read")
    wanted = select(DefinitionDraftRevision).where(DefinitionDraftRevision.draft_id == draft.id)
    return work.session.scalars(wanted.order_by(DefinitionDraftRevision.number.desc())).all()


def bundle_at(work: Work, draft: DefinitionDraft, number: int | None = None) -> Bundle:
    """The files of one revision, the newest without a number. Raises NotFound, NotPermitted."""
    permissions.must(work.actor, "process.read")
    manifest = _manifest(work, draft, draft.head if number is None else number)
    return Bundle(draft.process, parts_of(work, manifest))


# --- saving ------------------------------------------------------------------------------------------------------


def save(work: Work, ref: str, changes: Changes, *, based_on: int, note: str = "") -> Saved:
    """Save files (None deletes one) that were edited on top of revision `based_on`.

    The revision in the answer holds exactly the files handed in. Files nobody else changed since are merged onto
    the newest revision. Raises Overtaken when one of them was changed by another, NotPermitted, NotFound,
    Conflict for a closed draft, DefinitionRefused when a file may not be kept or there would be too much.
    """
    permissions.must(work.actor, "process.edit")
    _must_be_readable(changes)
    draft = locked(work, ref)
    base, head = _manifest(work, draft, based_on), _manifest(work, draft, draft.head)
    wanted = _digests(changes)
    mine = {path for path, digest in wanted.items() if base.get(path) != digest}
    if not mine:
        return Saved(based_on, unchanged=True)
    for path, digest in sorted(wanted.items()):
        if head.get(path) not in (base.get(path), digest):
            raise _overtaken(work, draft, path, written=digest is not None)
    merged = draft.head != based_on
    result = _with(head, {path: wanted[path] for path in mine})
    if result == head:
        return Saved(draft.head, merged=merged, unchanged=True)
    _keep(work, changes)
    _must_fit(work, result)
    number = add_revision(work, draft, result, author=work.actor.person(), parent=based_on, note=note)
    return Saved(number, merged=merged)


def save_aside(work: Work, ref: str, changes: Changes, *, based_on: int, note: str = "") -> int:
    """Keep files beside the newest revision, on top of `based_on`; gives the number of the revision.

    The same again from the same person is the same revision. Raises as `save`, never Overtaken.
    """
    permissions.must(work.actor, "process.edit")
    _must_be_readable(changes)
    draft, me = locked(work, ref), work.actor.person()
    result = _with(_manifest(work, draft, based_on), _digests(changes))
    same = select(DefinitionDraftRevision.number).where(
        DefinitionDraftRevision.draft_id == draft.id,
        DefinitionDraftRevision.aside,
        DefinitionDraftRevision.author_id == me,
        DefinitionDraftRevision.digest == manifest_digest(result),
    )
    known = work.session.scalars(same.order_by(DefinitionDraftRevision.number)).first()
    if known is not None:
        return known
    _keep(work, changes)
    _must_fit(work, result)
    return add_revision(work, draft, result, author=me, parent=based_on, note=note, aside=True)


def make_newest(work: Work, ref: str, number: int, *, based_on: int) -> Saved:
    """Make an older revision, or one kept aside, the newest again, as a new revision.

    Raises Overtaken when somebody saved since `based_on`, NotPermitted, NotFound, Conflict for a closed draft.
    """
    permissions.must(work.actor, "process.edit")
    draft = locked(work, ref)
    manifest = _manifest(work, draft, number)
    if draft.head != based_on:
        raise _overtaken(work, draft, "", written=False)
    if manifest == _manifest(work, draft, draft.head):
        return Saved(draft.head, unchanged=True)
    said = str(_("Revision %(number)s again", number=number))
    return Saved(add_revision(work, draft, manifest, author=work.actor.person(), parent=number, note=said))


def close(work: Work, ref: str) -> None:
    """Drop a draft: it is kept, with all its revisions, but nobody works on it any more.

    Raises NotPermitted, NotFound, Conflict when it is closed or waits for a second owner.
    """
    permissions.must(work.actor, "process.edit")
    draft = locked(work, ref)
    waiting = select(DefinitionProposal.id).where(
        DefinitionProposal.draft_id == draft.id, DefinitionProposal.state == "OPEN"
    )
    if work.session.scalar(waiting.limit(1)) is not None:
        raise Conflict(_("This draft waits for a second owner. Withdraw it or have it sent back first."))
    draft.state = CLOSED
    work.session.flush()
    _record(work, draft, "definition.draft_closed", {"head": draft.head})


def propose(work: Work, ref: str, checked: Checked, *, number: int, note: str) -> DefinitionProposal:
    """Lay revision `number`, as it was checked outside the transaction, before a second owner.

    Raises NotPermitted, NotFound, Conflict when `checked` is not that revision, when the same waits or is in force.
    """
    permissions.must(work.actor, "process.propose")
    lock_process(work, get(work, ref).process)
    draft = locked(work, ref)
    if checked.bundle.key != draft.process or checked.bundle.manifest != _manifest(work, draft, number):
        raise Conflict(_("What was checked is not revision %(number)s. Check it again.", number=number))
    return definitions.propose(work, checked, note=note, draft=draft, revision=number)


# --- inside ------------------------------------------------------------------------------------------------------


def _must_be_readable(changes: Changes) -> None:
    handed_in = [(path, content) for path, content in changes.items() if content is not None]
    findings = [found for path, content in handed_in for found in bundles.readable(path, content)]
    if findings:
        raise DefinitionRefused(findings)


def _must_fit(work: Work, manifest: Manifest) -> None:
    """No more files and bytes than a version may have, since every page of the draft reads them all."""
    sizes = sizes_of(work, manifest)
    sentence = None
    if len(manifest) > bundles.MOST_FILES:
        sentence = _("The bundle has more than %(most)s files.", most=bundles.MOST_FILES)
    elif sum(sizes[digest] for digest in manifest.values()) > bundles.SIZE_LIMIT:
        sentence = _("The bundle is larger than 4 MB.")
    if sentence is not None:
        raise DefinitionRefused(
            [Finding("", "", None, sentence, _("Remove what does not belong to it."), code="bundle-too-large")]
        )


def _digests(changes: Changes) -> dict[str, str | None]:
    return {path: None if content is None else fingerprint(content) for path, content in changes.items()}


def _with(manifest: Manifest, changes: Mapping[str, str | None]) -> dict[str, str]:
    both = {**manifest, **changes}
    return {path: digest for path, digest in sorted(both.items()) if digest is not None}


def _keep(work: Work, changes: Changes) -> None:
    keep_parts(work, [content for content in changes.values() if content is not None])


def open_of(work: Work, process: str) -> DefinitionDraft | None:
    """The open draft of a process, if there is one."""
    wanted = select(DefinitionDraft).where(DefinitionDraft.process == process, DefinitionDraft.state == OPEN)
    return work.session.scalars(wanted.execution_options(populate_existing=True)).first()


def locked(work: Work, ref: str) -> DefinitionDraft:
    """An open draft, its row locked until the end of the transaction. Raises NotFound, Conflict for a closed one."""
    draft = work.session.scalars(
        select(DefinitionDraft)
        .where(DefinitionDraft.ref == ref)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if draft is None:
        raise NotFound(_("There is no such draft."))
    if draft.state != OPEN:
        raise Conflict(_("This draft is closed: it was put in force or dropped. Begin a new one."), draft=draft.ref)
    return draft


def _revision(work: Work, draft: DefinitionDraft, number: int) -> DefinitionDraftRevision:
    row = (
        None
        if abs(number) > HIGHEST
        else work.session.scalars(
            select(DefinitionDraftRevision).where(
                DefinitionDraftRevision.draft_id == draft.id, DefinitionDraftRevision.number == number
            )
        ).first()
    )
    if row is None:
        raise NotFound(_("This draft has no revision %(number)s.", number=number))
    return row


def _manifest(work: Work, draft: DefinitionDraft, number: int) -> dict[str, str]:
    return dict(_revision(work, draft, number).manifest)


def _new(work: Work, process: str, base: int | None, manifest: Manifest, note: str) -> DefinitionDraft:
    me = work.actor.person()
    draft = new_draft(work, process, base, author=me)
    add_revision(work, draft, manifest, author=me, parent=None, note=note)
    return draft


def new_draft(work: Work, process: str, base: int | None, *, author: int | None) -> DefinitionDraft:
    """An open draft without a revision yet; the caller holds the lock of the process and adds one."""
    draft = DefinitionDraft(process=process, base_number=base, head=0, created_by=author, created_at=work.now)
    work.session.add(draft)
    work.session.flush()
    _record(work, draft, "definition.draft_begun", {"base": base})
    return draft


def add_revision(
    work: Work,
    draft: DefinitionDraft,
    manifest: Manifest,
    *,
    author: int | None,
    parent: int | None,
    note: str,
    aside: bool = False,
    shipped: bool = False,
) -> int:
    """Write the next revision of a draft whose row the caller holds; gives its number."""
    last = work.session.scalar(
        select(func.max(DefinitionDraftRevision.number)).where(DefinitionDraftRevision.draft_id == draft.id)
    )
    row = DefinitionDraftRevision(
        draft_id=draft.id,
        number=(last or 0) + 1,
        parent=parent,
        aside=aside,
        manifest=dict(manifest),
        digest=manifest_digest(manifest),
        note=note.strip()[:NOTE],
        author_id=author,
        saved_at=work.now,
        shipped=shipped,
    )
    work.session.add(row)
    if not aside:
        draft.head = row.number
    work.session.flush()
    event = "definition.kept_aside" if aside else "definition.saved"
    _record(work, draft, event, {"revision": row.number, "parent": parent, "digest": row.digest})
    return row.number


def _record(work: Work, draft: DefinitionDraft, event: str, body: Mapping[str, object]) -> None:
    journal.record(work, event, draft.ref, body, stream=("definition", draft.process))


def _overtaken(work: Work, draft: DefinitionDraft, path: str, *, written: bool) -> Overtaken:
    """Who changed a file last on the way to the newest revision; without a path, who saved that."""
    line = [row for row in revisions(work, draft) if not row.aside]
    culprit = line[0]
    for newer, older in pairwise(line):
        if path and newer.manifest.get(path) != older.manifest.get(path):
            culprit = newer
            break
    name = work.session.scalar(select(Account.name).where(Account.id == culprit.author_id))
    by = name or str(_("An upgrade of the program"))
    return Overtaken(by=by, at=culprit.saved_at, revision=draft.head, path=path, written=written)
