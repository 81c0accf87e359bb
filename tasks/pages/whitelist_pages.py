"""What the pages of the whitelist show: a proposal from a doubt, an entry with the cases it was used in (NM-13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select

from domain import files
from domain.cases import Case
from domain.errors import NotFound
from domain.files import StoredFile
from domain.parties import households, permissions
from domain.parties.households import Person
from domain.text import gettext as _
from domain.verification import doubts, recipient_doubts, whitelist, whitelist_recipients, whitelist_views
from domain.verification.deliveries import Delivery, Resource
from domain.verification.doubts import Doubt, DoubtView
from domain.verification.recipient_doubts import Row
from domain.verification.recipient_rows import RecipientCheck, RecipientPass
from domain.verification.whitelist import WhitelistEntry, WhitelistPass
from domain.verification.whitelist_views import EntryView
from domain.work import Work

MOST = 50


@dataclass(frozen=True, slots=True)
class Proposal:
    """The doubt from which a record is proposed; last: the latest day an entry may have."""

    doubt: DoubtView
    name: str = field(repr=False)
    case: str
    number: str
    today: date
    last: date


@dataclass(frozen=True, slots=True)
class RecipientProposal:
    """A recipient's doubt from which its record is proposed. last: as `Proposal`; one_record: it rests on one alone;
    paper: name of the verification's evidence, "" without."""

    row: Row
    one_record: bool
    paper: str = field(repr=False)
    today: date
    last: date


@dataclass(frozen=True, slots=True)
class Compared:
    """A delivery of which the entry let a record pass. delivery: ref; source: code; row_no: of the first record."""

    delivery: str
    source: str
    data_date: date | None
    row_no: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Use:
    """A case in which the entry let a record pass."""

    case: str
    number: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EntryPage:
    """An entry, whose record it is, its evidence, and what the reader may do with it."""

    entry: EntryView
    name: str = field(repr=False)
    evidence: str = field(repr=False)
    uses: Sequence[Use]
    compared: Sequence[Compared]
    decides: bool
    ends: bool


def doubt_of(work: Work, ref: str) -> tuple[Doubt, Case]:
    """A doubt of a case of the reader's own department. Raises NotFound: a foreign one looks like none."""
    doubt = doubts.by_ref(work, ref)
    case = work.session.get_one(Case, doubt.case_id)
    if not permissions.may(work.actor, "whitelist.propose", permissions.relation_to_case(work.actor, case)):
        raise NotFound(_("There is no such doubt."))
    return doubt, case


def proposal(work: Work, ref: str) -> Proposal:
    """What the form shows. Raises NotFound."""
    doubt, case = doubt_of(work, ref)
    view = next(one for one in doubts.views(work, case, doubt.round) if one.ref == ref)
    person = work.session.get_one(Person, doubt.person_id)
    last = whitelist.longest(work, case.department_id)
    return Proposal(view, households.name_of(work, person), case.ref, case.number, work.today, last)


def of_recipient(work: Work, ref: str) -> RecipientProposal:
    """What the form shows of a recipient's doubt. Raises NotFound."""
    doubt = whitelist_recipients.doubt_of(work, ref)
    paper = work.session.get(StoredFile, doubt.file_id) if doubt.file_id is not None else None
    return RecipientProposal(
        recipient_doubts.shown(work, ref).row,
        whitelist_recipients.one_record(doubt),
        files.name_of(work, paper) if paper is not None else "",
        work.today,
        whitelist.longest(work, doubt.unit_id),
    )


def link(work: Work, ref: str) -> tuple[str, bool]:
    """Of a recipient's doubt of the reader's scope: ref of the entry that stands for its record ("" without one, or
    where the reader has no whitelist), and whether the reader may propose it now. Raises NotFound."""
    doubt = recipient_doubts.visible(work, ref)
    found = whitelist_recipients.standing(work, doubt)
    readable = found is not None and permissions.may(work.actor, "whitelist.read", whitelist.relation_of(work, found))
    return found.ref if found is not None and readable else "", whitelist_recipients.may_be_proposed(work, doubt)


def entry(work: Work, ref: str) -> EntryPage:
    """An entry of the reader's own department. Raises NotFound.

    Uses ix_whitelist_pass_entry_id and ix_recipient_pass_entry_id.
    """
    found = whitelist.by_ref(work, ref)
    (view,) = whitelist_views.views(work, [found.id])
    person = work.session.get_one(Person, found.person_id)
    used = (
        select(Case.ref, Case.number, WhitelistPass.code, WhitelistPass.passed_at)
        .join(Case, Case.id == WhitelistPass.case_id)
        .where(WhitelistPass.entry_id == found.id)
        .order_by(WhitelistPass.id.desc())
        .limit(MOST)
    )
    may = permissions.may(work.actor, "whitelist.decide", whitelist.relation_of(work, found))
    return EntryPage(
        view,
        households.name_of(work, person),
        files.name_of(work, view.evidence),
        [Use(case, number, code, at) for case, number, code, at in work.session.execute(used)],
        _compared(work, found),
        may and found.state == whitelist.PROPOSED and not view.mine,
        may and found.state == whitelist.APPROVED,
    )


def evidence(work: Work, ref: str) -> StoredFile:
    """The paper of an entry of the reader's own department. Raises NotFound."""
    return work.session.get_one(StoredFile, whitelist.by_ref(work, ref).evidence_id)


def _compared(work: Work, entry: WhitelistEntry) -> list[Compared]:
    used = (
        select(
            Delivery.ref, Resource.code, Delivery.data_date, RecipientPass.row_no, RecipientPass.code,
            RecipientPass.passed_at,
        )
        .join(RecipientCheck, RecipientCheck.id == RecipientPass.check_id)
        .join(Delivery, Delivery.id == RecipientCheck.delivery_id)
        .join(Resource, Resource.id == Delivery.resource_id)
        .where(RecipientPass.entry_id == entry.id)
        .order_by(RecipientPass.id.desc())
        .limit(MOST)
    )  # fmt: skip
    return [Compared(*row) for row in work.session.execute(used)]
