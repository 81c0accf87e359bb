"""What the pages of recipients' authorisations show: a town's figures, who lacks one, a household's papers (NM-07)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, Select, column, false, func, select, table

from domain import rules
from domain.cases import OPEN, PARKED, Case
from domain.clock import office_day
from domain.errors import NotFound
from domain.parties import households, permissions
from domain.parties.households import Household, Person
from domain.parties.organisations import Organisation
from domain.parties.permissions import DEPARTMENT, TOWN
from domain.policy_keys.commissions import AUTH_REQUIRED_SCOPE
from domain.text import Text
from domain.text import gettext as _
from domain.verification import authorisations, renewals
from domain.verification.authorisations import Authorisation
from domain.verification.renewal_rows import DONE, AuthorisationCount, AuthorisationRenewal, AuthorisationScan
from domain.work import Work

_Asked = Select[AuthorisationRenewal, str, str, str, str, str, str]
_ROLL = table("recipient", column("household_id"), column("programme"), column("state"))


@dataclass(frozen=True, slots=True)
class TownRow:
    """A town on the day it was looked through: counts as `AuthorisationCount`, over its programmes."""

    ref: str
    name: str
    name_en: str
    looked_on: date
    households: int
    members: int
    lacking: int
    ending: int


@dataclass(frozen=True, slots=True)
class AskedRow:
    """A household asked anew. why: of `renewal_rows.REASONS`; case: ref of the case with the task, "" before it."""

    household: str
    number: str
    town: str
    town_en: str
    programme: str
    why: str
    ends_on: date | None
    made_on: date
    case: str
    state: str


@dataclass(frozen=True, slots=True)
class LackRow:
    """A household that lacks authorisations: lacking of its members today, ending within the reminder."""

    ref: str
    number: str
    lacking: int
    ending: int


@dataclass(frozen=True, slots=True)
class Paper:
    """One signed authorisation. holds: today; why: the reason it does not, or None."""

    ref: str
    number: str
    signed_on: date
    signer: str
    scope: str
    until_rule: str
    valid_until: date | None
    withdrawn_on: date | None
    holds: bool


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member with every paper, the newest first. name: in clear (S3); why: none holds, or None when one does."""

    name: str = field(repr=False)
    holds: bool
    why: Text | None
    papers: Sequence[Paper]


@dataclass(frozen=True, slots=True)
class HouseholdPage:
    """The papers of one household; asked: when it was asked anew, the newest first."""

    ref: str
    number: str
    town: str
    town_en: str
    town_ref: str
    members: Sequence[MemberRow]
    asked: Sequence[AskedRow]


def towns(work: Work) -> list[TownRow]:
    """The towns of the actor's scope as the last finished look counted them, most lacking first.

    Uses uq_authorisation_scan_unit_id_programme_looked_on and uq_authorisation_count_scan_id_town_id.
    """
    newest = (
        select(func.max(AuthorisationScan.id).label("id"))
        .where(AuthorisationScan.state == DONE, AuthorisationScan.unit_id == _unit(work))
        .group_by(AuthorisationScan.unit_id, AuthorisationScan.programme)
        .subquery()
    )
    sums = [func.sum(getattr(AuthorisationCount, name)) for name in ("households", "members", "lacking", "ending")]
    rows = work.session.execute(
        select(Organisation.ref, Organisation.name, Organisation.name_en, func.max(AuthorisationScan.looked_on), *sums)
        .join(AuthorisationCount, AuthorisationCount.town_id == Organisation.id)
        .join(AuthorisationScan, AuthorisationScan.id == AuthorisationCount.scan_id)
        .join(newest, newest.c.id == AuthorisationScan.id)
        .where(*([Organisation.id == work.actor.org_id] if work.actor.org_kind == "town_post" else []))
        .group_by(Organisation.id)
        .order_by(sums[2].desc(), sums[3].desc(), Organisation.id)
    )
    return [TownRow(*row) for row in rows]


def asked(work: Work, most: int, after: str = "") -> list[AskedRow]:
    """Households asked anew whose task is not finished, the earliest first."""
    wanted = _asked().where(_scope(work), Case.id.is_(None) | Case.state.in_((OPEN, PARKED)))
    if after:
        wanted = wanted.where(AuthorisationRenewal.ref > after)
    return _rows(work, wanted.order_by(AuthorisationRenewal.ref).limit(most))


def town(work: Work, ref: str) -> Organisation:
    """A town of the actor's scope. Raises NotFound."""
    here = (
        Organisation.id == work.actor.org_id
        if work.actor.org_kind == "town_post"
        else Organisation.id.in_(select(Household.town_id).where(Household.department_id == work.actor.org_id))
    )
    found = work.session.scalars(select(Organisation).where(Organisation.ref == ref, here)).first()
    if found is None:
        raise NotFound(_("There is no such office."))
    return found


def lacking(work: Work, place: Organisation, *, most: int, after: str = "") -> list[LackRow]:
    """Recipient households of a town with a member for whom no authorisation holds, now or soon, by number.

    Three SELECTs however many. Uses ix_household_town_id, ix_person_household_id, ix_authorisation_person_id.
    """
    unit = _unit_of(work, place)
    scope = rules.value(work, unit, AUTH_REQUIRED_SCOPE.name)
    receives = select(_ROLL.c.household_id).where(_ROLL.c.household_id == Household.id, _ROLL.c.state == "ACTIVE")
    roll = select(Household.id).where(Household.town_id == place.id, _scope(work), receives.exists())
    now = authorisations.missing(work, roll, work.today, scope=scope)
    then = authorisations.missing(work, roll, work.today + renewals.ahead(work, unit), scope=scope)
    wanted = select(Household.id, Household.ref, Household.number).where(Household.id.in_(now.keys() | then.keys()))
    rows = work.session.execute(wanted.where(Household.number > after).order_by(Household.number).limit(most))
    return [
        LackRow(ref, number, now.get(key, 0), max(0, then.get(key, 0) - now.get(key, 0))) for key, ref, number in rows
    ]


def household(work: Work, ref: str) -> HouseholdPage:
    """The papers of one household of the actor's scope. Raises NotFound."""
    found = work.session.scalars(select(Household).where(Household.ref == ref, _scope(work))).first()
    if found is None:
        raise NotFound(_("There is no such household."))
    scope = rules.value(work, found.department_id, AUTH_REQUIRED_SCOPE.name)
    lines = authorisations.inventory(work, found, work.today, scope=scope)
    place = work.session.get_one(Organisation, found.town_id)
    return HouseholdPage(
        found.ref, found.number, place.name, place.name_en, place.ref,
        [
            MemberRow(
                households.name_of(work, line.person), line.authorisation is not None, line.sentence,
                [_paper(one, line.authorisation) for one in authorisations.of_person(work, line.person)],
            )
            for line in lines
        ],
        _rows(work, _asked().where(Household.id == found.id).order_by(AuthorisationRenewal.ref.desc())),
    )  # fmt: skip


def withdraw(work: Work, ref: str, *, on: date, reason: str) -> Household:
    """The consent of one person is taken back, where the household is kept; returns the household.

    Raises NotFound, NotPermitted; InvalidAnswers (on, reason); Conflict when it was taken back before.
    """
    found = authorisations.by_ref(work, ref)
    person = work.session.get_one(Person, found.person_id)
    home = work.session.scalars(select(Household).where(Household.id == person.household_id, _scope(work))).first()
    if home is None:
        raise NotFound(_("There is no such authorisation."))
    relation = TOWN if work.actor.org_id == home.town_id else DEPARTMENT
    permissions.must(work.actor, "authorisation.withdraw", relation)
    authorisations.withdraw(work, found, on=on, reason=reason)
    return home


def _paper(one: Authorisation, held: Authorisation | None) -> Paper:
    return Paper(
        one.ref, one.number, one.signed_on, one.signer, one.scope, one.until_rule, one.valid_until, one.withdrawn_on,
        held is not None and held.id == one.id,
    )  # fmt: skip


def _asked() -> _Asked:
    return (
        select(
            AuthorisationRenewal,
            Household.ref,
            Household.number,
            Organisation.name,
            Organisation.name_en,
            Case.ref,
            Case.state,
        )
        .join(Household, Household.id == AuthorisationRenewal.household_id)
        .join(Organisation, Organisation.id == Household.town_id)
        .outerjoin(Case, Case.id == AuthorisationRenewal.case_id)
    )


def _rows(work: Work, wanted: _Asked) -> list[AskedRow]:
    return [
        AskedRow(
            home,
            number,
            place,
            place_en,
            one.programme,
            one.why,
            one.ends_on,
            office_day(one.made_at),
            case or "",
            state or "",
        )
        for one, home, number, place, place_en, case, state in work.session.execute(wanted)
    ]


def _scope(work: Work) -> ColumnElement[bool]:
    """Households of the actor's department or town; nobody else sees any."""
    relation = {"department": DEPARTMENT, "town_post": TOWN}.get(work.actor.org_kind)
    if relation is None or work.actor.org_id is None or not permissions.may(work.actor, "authorisation.read", relation):
        return false()
    return (Household.department_id if relation == DEPARTMENT else Household.town_id) == work.actor.org_id


def _unit(work: Work) -> int:
    """The unit on whose roll the actor's households stand."""
    if work.actor.org_kind == "department":
        return work.actor.org_id or 0
    found = work.session.get(Organisation, work.actor.org_id or 0)
    return _unit_of(work, found) if found is not None else 0


def _unit_of(work: Work, place: Organisation) -> int:
    return (
        work.session.scalar(select(Household.department_id).where(Household.town_id == place.id).limit(1))
        or place.parent_id
        or 0
    )
