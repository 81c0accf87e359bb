"""Recipients' authorisations are looked through every day: how many hold, which end, whom to ask anew (NM-07, P-12).

Asked anew are households that agreed once and for whom an authorisation holds no longer, or will not on a day within
the reminder's: a member came or left (DOC-01), a term runs out, a consent was taken back. Who never agreed is asked
under a standing letter or in a review, which both leave them out (BX-11).

Part by part, each in one transaction that also moves the place, so that it can be killed anywhere.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import delete, func, select

from domain import agenda, journal, rules
from domain.base import insert_once, new_ref, new_refs
from domain.bulk import write_alike
from domain.errors import NotFound
from domain.parties.households import MEMBER, Household, Person, still_there
from domain.policy_keys.commissions import AUTH_RENEWAL_REMINDER, AUTH_REQUIRED_SCOPE
from domain.text import gettext as _
from domain.verification import authorisations
from domain.verification.authorisations import Authorisation
from domain.verification.renewal_rows import (
    DONE,
    ENDING,
    RUNNING,
    AuthorisationCount,
    AuthorisationRenewal,
    AuthorisationScan,
)
from domain.verification.standing import ROLL
from domain.work import Work

PART = "authorisation.part"
CHUNK = 400  # households a part
KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Unit:
    """A roll to look through: the unit's key, its programme."""

    unit_id: int
    programme: str


@dataclass(frozen=True, slots=True)
class Ending:
    """A household asked anew whose authorisation still holds. household, home: its number and reference.

    left: days to the last day; stage: the reminder reached, in days.
    """

    renewal: AuthorisationRenewal
    household: str
    home: str
    town_id: int
    left: int
    stage: int


class _Part(NamedTuple):
    """The next households of a look, each with its town."""

    scan: AuthorisationScan
    towns: dict[int, int]


def rolls(work: Work) -> list[Unit]:
    """Every roll somebody receives on. Uses ix_recipient_checked."""
    found = work.session.execute(select(ROLL.c.unit_id, ROLL.c.programme).where(ROLL.c.state == "ACTIVE").distinct())
    return [Unit(unit, programme) for unit, programme in sorted(map(tuple, found))]


def forget_old(work: Work) -> None:
    """Looks older than a week go. Uses ix_authorisation_scan_looked_on."""
    old = select(AuthorisationScan.id).where(AuthorisationScan.looked_on < work.today - KEPT)
    work.session.execute(delete(AuthorisationCount).where(AuthorisationCount.scan_id.in_(old)))
    work.session.execute(delete(AuthorisationScan).where(AuthorisationScan.looked_on < work.today - KEPT))


def begin(work: Work, of: Mapping[Unit, int]) -> Sequence[AuthorisationScan]:
    """Begin today's look at these rolls, each named with its agency's key, once a day. Those that were begun now.

    The same few statements, however many rolls. Uses ix_authorisation_scan_looked_on.
    """
    known = select(AuthorisationScan.unit_id, AuthorisationScan.programme).where(
        AuthorisationScan.looked_on == work.today
    )
    begun = {Unit(unit, programme) for unit, programme in work.session.execute(known)}
    fresh = [roll for roll in of if roll not in begun]
    write_alike(
        work.session, AuthorisationScan,
        {"looked_on": work.today, "state": RUNNING, "place": 0, "asked": 0, "begun_at": work.now, "ended_at": None},
        {"ref": (refs := new_refs(len(fresh))), "unit_id": [roll.unit_id for roll in fresh],
         "agency_id": [of[roll] for roll in fresh], "programme": [roll.programme for roll in fresh]},
    )  # fmt: skip
    wanted = select(AuthorisationScan).where(AuthorisationScan.ref.in_(refs)).order_by(AuthorisationScan.id)
    return work.session.scalars(wanted).all() if refs else []


def by_ref(work: Work, ref: str) -> AuthorisationScan:
    """The look with this reference. Raises NotFound."""
    found = work.session.scalars(select(AuthorisationScan).where(AuthorisationScan.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such look at authorisations."))
    return found


def advance(work: Work, scans: Sequence[AuthorisationScan]) -> None:
    """Look at the next households of these looks, short ones together, about `CHUNK` in all; each ends behind its last.

    The same few statements however many looks, and one a household asked. Uses ix_recipient_checked,
    ix_person_household_id and ix_authorisation_person_id.
    """
    parts, whole = _next(work, [scan for scan in scans if scan.state != DONE])
    alike: dict[tuple[str, timedelta], list[_Part]] = defaultdict(list)
    rulings: dict[int, tuple[str, timedelta]] = {}
    for part in parts:
        unit = part.scan.unit_id
        if unit not in rulings:
            rulings[unit] = rules.value(work, unit, AUTH_REQUIRED_SCOPE.name), ahead(work, unit)
        alike[rulings[unit]].append(part)
    for (scope, until), some in alike.items():
        _look_at(work, some, scope, until)
    for scan in whole:
        scan.state, scan.ended_at = DONE, work.now
    work.session.flush()
    if whole:
        asked = {scan.ref: scan.asked for scan in whole if scan.asked}
        journal.record(work, "authorisations.looked_through", whole[0].ref, {"looks": len(whole), "asked": asked})


def _look_at(work: Work, parts: Sequence[_Part], scope: str, until: timedelta) -> None:
    homes = sorted({household for part in parts for household in part.towns})
    if not homes:
        return
    people = _members(work, homes)
    now = authorisations.who_hold(work, homes, work.today, scope=scope)
    then = now & authorisations.who_hold(work, homes, work.today + until, scope=scope)
    lacking: dict[int, list[int]] = defaultdict(list)
    for person, household in people:
        if person not in then:
            lacking[household].append(person)
    papers = _newest_papers(work, lacking)
    known = _known(work, lacking)
    _count(work, parts, people, now, then)
    for scan, towns in parts:
        for household in sorted(towns.keys() & lacking.keys() & papers.keys()):
            grounds = hashlib.sha256(f"{sorted(lacking[household])}:{papers[household]}".encode()).hexdigest()
            if (household, grounds) not in known:
                scan.asked += _note(work, scan, household, lacking[household], now, grounds)
        scan.place = max(towns)
    work.session.flush()


def waiting(work: Work, most: int) -> Sequence[AuthorisationRenewal]:
    """Households whose town is still to be asked, oldest first. Uses ix_authorisation_renewal_open."""
    wanted = select(AuthorisationRenewal).where(AuthorisationRenewal.case_id.is_(None))
    return work.session.scalars(
        wanted.order_by(AuthorisationRenewal.id).limit(most).with_for_update(skip_locked=True)
    ).all()


def endings(work: Work) -> list[Ending]:
    """Households asked anew whose authorisation still holds, each with the reminder its day has come down to.

    Left out where somebody signed since. Uses ix_authorisation_renewal_ends_on.
    """
    since = select(Authorisation.id).join(Person, Person.id == Authorisation.person_id)
    rows = work.session.execute(
        select(AuthorisationRenewal, Household.number, Household.ref, Household.town_id)
        .join(Household, Household.id == AuthorisationRenewal.household_id)
        .where(AuthorisationRenewal.ends_on >= work.today, AuthorisationRenewal.ends_on <= work.today + _FURTHEST)
        .where(
            ~since.where(
                Person.household_id == AuthorisationRenewal.household_id,
                Authorisation.collected_at > AuthorisationRenewal.made_at,
            ).exists()
        )
        .order_by(AuthorisationRenewal.id)
    )
    steps: dict[int, Sequence[int]] = {}
    found = []
    for renewal, number, home, town in rows:
        if renewal.ends_on is None:
            continue
        if renewal.unit_id not in steps:
            steps[renewal.unit_id] = rules.value(work, renewal.unit_id, AUTH_RENEWAL_REMINDER.name)
        left = (renewal.ends_on - work.today).days
        stage = min((days for days in steps[renewal.unit_id] if left <= days), default=None)
        if stage is not None:
            found.append(Ending(renewal, number, home, town, left, stage))
    return found


def ahead(work: Work, unit_id: int) -> timedelta:
    """To the first day on which an authorisation that is to be asked for anew now does not hold any more."""
    return timedelta(days=max(rules.value(work, unit_id, AUTH_RENEWAL_REMINDER.name), default=0) + 1)


_FURTHEST = timedelta(days=366)


def _next(work: Work, scans: Sequence[AuthorisationScan]) -> tuple[list[_Part], list[AuthorisationScan]]:
    """The next households of these looks in their order, `CHUNK` in all, and the looks that have none behind them."""
    scan = AuthorisationScan
    rows = work.session.execute(
        select(scan.id, ROLL.c.household_id, Household.town_id)
        .join(ROLL, (ROLL.c.unit_id == scan.unit_id) & (ROLL.c.programme == scan.programme))
        .join(Household, Household.id == ROLL.c.household_id)
        .where(scan.id.in_([one.id for one in scans]), ROLL.c.state == "ACTIVE", ROLL.c.household_id > scan.place)
        .order_by(scan.id, ROLL.c.household_id)
        .limit(CHUNK)
    ).all()
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for key, household, town in rows:
        found[key][household] = town
    # where no more fitted in, the look of the last household goes on, and those behind it have not begun
    reached = rows[-1][0] if len(rows) == CHUNK else None
    whole = [one for one in scans if reached is None or one.id < reached]
    return [_Part(one, found[one.id]) for one in scans if one.id in found], whole


def _members(work: Work, of: Iterable[int]) -> list[tuple[int, int]]:
    wanted = select(Person.id, Person.household_id).where(
        Person.household_id.in_(of), Person.kind == MEMBER, still_there(work.today)
    )
    return [(person, household) for person, household in work.session.execute(wanted.order_by(Person.id))]


def _newest_papers(work: Work, of: Collection[int]) -> dict[int, int]:
    """By household that ever signed, the key of its newest authorisation."""
    rows = work.session.execute(
        select(Person.household_id, func.max(Authorisation.id))
        .join(Authorisation, Authorisation.person_id == Person.id)
        .where(Person.household_id.in_(of))
        .group_by(Person.household_id)
    )
    return {household: newest for household, newest in rows}  # noqa: C416  dict() takes a Result for a mapping


def _known(work: Work, of: Collection[int]) -> set[tuple[int, str]]:
    """Households that were noted, each with the people and the paper. Uses the unique key of the two."""
    row = AuthorisationRenewal
    rows = work.session.execute(select(row.household_id, row.grounds).where(row.household_id.in_(of)))
    return {(household, grounds) for household, grounds in rows}


def _count(
    work: Work, parts: Sequence[_Part], people: list[tuple[int, int]], now: set[int], then: set[int]
) -> None:  # fmt: skip
    """Add these households to their looks' figures by town; those of looks that begin are written in one statement."""
    fresh: list[dict[str, int]] = []
    for scan, towns in parts:
        own = [(person, towns[household]) for person, household in people if household in towns]
        households, members = Counter(towns.values()), Counter(town for _person, town in own)
        lacking = Counter(town for person, town in own if person not in now)
        ending = Counter(town for person, town in own if person in now and person not in then)
        for town in sorted(households):
            figures = {
                "households": households[town], "members": members[town], "lacking": lacking[town],
                "ending": ending[town],
            }  # fmt: skip
            if scan.place == 0:
                fresh.append({"scan_id": scan.id, "town_id": town, **figures})
            else:
                _add(work, scan, town, figures)
    columns = list(fresh[0]) if fresh else ["scan_id"]
    write_alike(work.session, AuthorisationCount, {}, {name: [row[name] for row in fresh] for name in columns})


def _add(work: Work, scan: AuthorisationScan, town: int, figures: Mapping[str, int]) -> None:
    if insert_once(work.session, AuthorisationCount, ["scan_id", "town_id"], scan_id=scan.id, town_id=town, **figures):
        return
    row = work.session.scalars(
        select(AuthorisationCount).where(AuthorisationCount.scan_id == scan.id, AuthorisationCount.town_id == town)
    ).one()
    for name, value in figures.items():
        setattr(row, name, getattr(row, name) + value)


def _note(work: Work, scan: AuthorisationScan, household: int, people: list[int], now: set[int], grounds: str) -> bool:
    """Note that a household is to be asked anew, on these grounds once."""
    gone = [one for one in people if one not in now]
    if gone:
        why, ends_on = authorisations.held(work, work.session.get_one(Person, gone[0]), work.today).why, None
    else:
        why, ends_on = ENDING, _first_end(work, people)
    return insert_once(
        work.session, AuthorisationRenewal, ["household_id", "grounds"],
        ref=new_ref(), household_id=household, unit_id=scan.unit_id, agency_id=scan.agency_id,
        programme=scan.programme, why=why, ends_on=ends_on, grounds=grounds, made_at=work.now,
    )  # fmt: skip


def _first_end(work: Work, people: Collection[int]) -> date:
    """The first day on which one of them has no authorisation any more, for those whose newest one has a last day."""
    newest = (
        select(func.max(Authorisation.valid_until))
        .where(Authorisation.person_id.in_(people), Authorisation.withdrawn_on.is_(None))
        .group_by(Authorisation.person_id)
    )
    days = [day for day in work.session.scalars(newest) if day is not None and day >= work.today]
    return min(days, default=work.today)


def plan_part(work: Work, scan: AuthorisationScan) -> None:
    """Plan the next part of a look."""
    agenda.put(work, PART, f"{PART}:{scan.ref}:{scan.place}", work.now, subject=scan.ref)
