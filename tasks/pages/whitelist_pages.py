"""What the pages of the whitelist show: a proposal from a doubt, an entry with the cases it was used in (NM-13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select

from domain import files
from domain.cases import Case
from domain.errors import NotFound
from domain.parties import households, permissions
from domain.parties.households import Person
from domain.text import gettext as _
from domain.verification import doubts, whitelist, whitelist_views
from domain.verification.doubts import Doubt, DoubtView
from domain.verification.whitelist import WhitelistPass
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
    last = whitelist.longest(work, case)
    return Proposal(view, households.name_of(work, person), case.ref, case.number, work.today, last)


def entry(work: Work, ref: str) -> EntryPage:
    """An entry of the reader's own department. Raises NotFound. Uses ix_whitelist_pass_entry_id."""
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
        may and found.state == whitelist.PROPOSED and not view.mine,
        may and found.state == whitelist.APPROVED,
    )
