"""Definitions: numbered, immutable, content-addressed versions of a bundle. The database alone is the truth.

A version is proposed by one process owner and put in force by another (separation of duties). New cases
take the newest version; running cases keep theirs. Reading versions stands in `versions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from domain import journal
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted, Stale
from domain.parties import permissions
from domain.text import gettext as _
from domain.work import Work
from workflows.bundles import Bundle, Checked
from workflows.definition_rows import (
    NOTE,
    DefinitionDraft,
    keep_parts,
    lock_process,
)
from workflows.definition_rows import DefinitionProposal as DefinitionProposal
from workflows.definition_rows import DefinitionRow as DefinitionRow
from workflows.versions import Definition as Definition
from workflows.versions import bundle_of as bundle_of
from workflows.versions import by_id as by_id
from workflows.versions import in_force as in_force
from workflows.versions import newest as newest
from workflows.versions import recall as recall
from workflows.versions import recall_newest as recall_newest
from workflows.versions import ref_in_force as ref_in_force
from workflows.versions import running as running
from workflows.versions import version as version
from workflows.versions import versions as versions

OUTRUN = _("Another version came into force meanwhile. Read the differences again: they are against that one now.")


@dataclass(frozen=True)
class Deployed:
    """What came of a deployment: the version in force; `outcome` is "deployed" or "unchanged"."""

    process: str
    number: int
    outcome: str


def ship(work: Work, checked: Checked) -> Deployed:
    """Deploy a bundle the product ships into a home that has no version of it yet (walls 5).

    A home that has one keeps it: an upgrade never deploys over an owner's version.
    """
    bundle = checked.bundle
    current = newest(work, bundle.key)
    if current is not None:
        return Deployed(bundle.key, current.number, "unchanged")
    row = _deploy(work, bundle, note="", proposed_by=None, approved_by=None)
    return Deployed(bundle.key, row.number, "deployed")


# --- proposals ---------------------------------------------------------------------------------------------------


def propose(
    work: Work, checked: Checked, *, note: str, draft: DefinitionDraft | None = None, revision: int | None = None
) -> DefinitionProposal:
    """Lay a checked bundle before a second owner; with the draft and revision it was made from, if any.

    Raises NotPermitted; Conflict when it is in force or waits already.
    """
    permissions.must(work.actor, "process.propose")
    bundle = checked.bundle
    lock_process(work, bundle.key)
    current = newest(work, bundle.key)
    if current is not None and current.digest == bundle.digest:
        raise Conflict(_("Version %(number)s in force is the same already.", number=current.number))
    _not_waiting(work, bundle, draft)
    keep_parts(work, bundle.files.values())
    base = draft.base_number if draft is not None else (current.number if current is not None else None)
    row = DefinitionProposal(
        process=bundle.key,
        digest=bundle.digest,
        manifest=bundle.manifest,
        note=note.strip()[:NOTE],
        proposed_by=work.actor.person(),
        proposed_at=work.now,
        draft_id=draft.id if draft is not None else None,
        revision=revision,
        base_number=base,
    )
    work.session.add(row)
    work.session.flush()
    body = {"digest": row.digest, "base": base, "draft": draft.ref if draft else None, "revision": revision}
    journal.record(work, "definition.proposed", row.ref, body, stream=("definition", row.process))
    return row


def propose_old(work: Work, process: str, number: int, checked: Checked, *, note: str) -> DefinitionProposal:
    """Roll back: lay an earlier version before a second owner again; it comes into force under a new number.

    checked: that version's bundle, checked today, outside the transaction. Raises NotFound, NotPermitted,
    Conflict when `checked` is another bundle or the version is what is in force.
    """
    row = version(work, process, number)
    if checked.bundle.key != process or checked.bundle.digest != row.digest:
        raise Conflict(_("What was checked is not version %(number)s. Check it again.", number=number))
    return propose(work, checked, note=note)


def proposal(work: Work, ref: str) -> DefinitionProposal:
    """The proposal with this ref, in whatever state. Raises NotFound, NotPermitted."""
    permissions.must(work.actor, "process.read")
    row = work.session.scalars(select(DefinitionProposal).where(DefinitionProposal.ref == ref)).first()
    if row is None:
        raise NotFound(_("There is no such proposal."))
    return row


def approve(work: Work, proposal_ref: str, checked: Checked, *, against: int | None = None) -> Deployed:
    """Put a proposal in force and close its draft, unless that went on meanwhile.

    checked: the proposal's bundle as it passes today's check, made outside the transaction. against: number of the
    version that the approver compared it with, 0 for none; None when nobody read a difference.
    Raises NotPermitted for the proposer, Conflict when it is no longer open or `checked` is another bundle, Stale
    when another version than `against` is in force by now.
    """
    permissions.must(work.actor, "process.approve")
    row = _waiting(work, proposal_ref)
    current = newest(work, row.process)
    if against is not None and against != (current.number if current is not None else 0):
        raise Stale(OUTRUN)
    if row.proposed_by == work.actor.user_id:
        raise NotPermitted(_("Who proposed a version cannot approve it. Ask another process owner."))
    if checked.bundle.key != row.process or checked.bundle.digest != row.digest:
        raise Conflict(_("What was checked is not what was proposed. Open the proposal again."))
    draft = _draft_of(work, row)
    made = _deploy(work, checked.bundle, note=row.note, proposed_by=row.proposed_by, approved_by=work.actor.person())
    _decide(work, row, "APPROVED")
    if draft is not None and draft.head == row.revision:
        draft.state = "CLOSED"
    elif draft is not None:  # it went on meanwhile: it stays open and stands on the new version
        draft.base_number = made.number
    work.session.flush()
    return Deployed(row.process, made.number, "deployed")


def send_back(work: Work, proposal_ref: str, reason: str) -> DefinitionProposal:
    """Give a proposal back to its author with a reason; its draft stays open.

    Raises NotPermitted for the proposer, InvalidAnswers without a reason, Conflict when it is no longer open.
    """
    permissions.must(work.actor, "process.approve")
    row = _waiting(work, proposal_ref)
    if row.proposed_by == work.actor.user_id:
        raise NotPermitted(_("This proposal is your own; withdraw it instead."))
    if not reason.strip():
        raise InvalidAnswers({"reason": _("Say what should be different.")})
    _decide(work, row, "RETURNED", reason)
    journal.record(work, "definition.returned", row.ref, {}, stream=("definition", row.process))
    return row


def withdraw(work: Work, proposal_ref: str) -> DefinitionProposal:
    """Take one's own proposal back. Raises NotPermitted for anybody else, Conflict when it is no longer open."""
    permissions.must(work.actor, "process.propose")
    row = _waiting(work, proposal_ref)
    if row.proposed_by != work.actor.person():
        raise NotPermitted(_("Only who proposed a version can withdraw it; you can send it back with a reason."))
    _decide(work, row, "WITHDRAWN")
    journal.record(work, "definition.withdrawn", row.ref, {}, stream=("definition", row.process))
    return row


def open_proposals(work: Work) -> Sequence[DefinitionProposal]:
    """Proposals that wait for a second owner, oldest first."""
    permissions.must(work.actor, "process.read")
    return work.session.scalars(
        select(DefinitionProposal).where(DefinitionProposal.state == "OPEN").order_by(DefinitionProposal.id)
    ).all()


def overtaken(work: Work, row: DefinitionProposal) -> bool:
    """True when another version came into force since the proposal's author started."""
    current = newest(work, row.process)
    return current is not None and current.number != row.base_number


def _waiting(work: Work, ref: str) -> DefinitionProposal:
    """An open proposal, its process and its row locked."""
    found = _process_of(work, ref)
    lock_process(work, found)
    row = work.session.scalars(
        select(DefinitionProposal)
        .where(DefinitionProposal.ref == ref)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if row.state != "OPEN":
        raise Conflict(_("This proposal was dealt with already."))
    return row


def _process_of(work: Work, ref: str) -> str:
    """The process a proposal is for. Raises NotFound."""
    found = work.session.scalar(select(DefinitionProposal.process).where(DefinitionProposal.ref == ref))
    if found is None:
        raise NotFound(_("There is no such proposal."))
    return found


def _not_waiting(work: Work, bundle: Bundle, draft: DefinitionDraft | None) -> None:
    waiting = select(DefinitionProposal).where(
        DefinitionProposal.process == bundle.key, DefinitionProposal.state == "OPEN"
    )
    for row in work.session.scalars(waiting):
        if row.digest == bundle.digest:
            raise Conflict(_("The same waits for a second owner already."))
        if draft is not None and row.draft_id == draft.id:
            sentence = _(
                "Revision %(number)s of this draft waits for a second owner already. Withdraw it or have it sent back"
                " first.",
                number=row.revision,
            )
            raise Conflict(sentence)


def _decide(work: Work, row: DefinitionProposal, state: str, note: str = "") -> None:
    row.state = state
    row.decided_by = work.actor.person()
    row.decided_at = work.now
    row.decision_note = note.strip()[:NOTE]
    work.session.flush()


def _draft_of(work: Work, row: DefinitionProposal) -> DefinitionDraft | None:
    """The draft a proposal was made from, locked; before the journal, as everybody takes them."""
    return work.session.scalars(
        select(DefinitionDraft)
        .where(DefinitionDraft.id == row.draft_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def _deploy(
    work: Work, bundle: Bundle, *, note: str, proposed_by: int | None, approved_by: int | None
) -> DefinitionRow:
    lock_process(work, bundle.key)
    keep_parts(work, bundle.files.values())
    current = newest(work, bundle.key)
    row = DefinitionRow(
        process=bundle.key,
        number=current.number + 1 if current else 1,
        digest=bundle.digest,
        manifest=bundle.manifest,
        title=str(bundle.sheet["title"]),
        title_en=str(bundle.sheet["title_en"]),
        note=note,
        shipped=proposed_by is None,
        proposed_by=proposed_by,
        approved_by=approved_by,
        deployed_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    recall_newest(work, row.process, row.ref)
    body = {"number": row.number, "digest": row.digest}
    journal.record(work, "definition.deployed", row.ref, body, stream=("definition", row.process))
    return row
