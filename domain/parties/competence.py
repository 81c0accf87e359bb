"""What people were trained for and which towns they look after: said by the head of their office, or by whoever gives
rights. It narrows which tasks come to them and gives no right that their role does not give."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select

from domain import journal
from domain.errors import InvalidAnswers, NotFound
from domain.parties import permissions, rights
from domain.parties.accounts import Account, look_again
from domain.parties.organisations import Organisation
from domain.parties.rights import AccountSkill, AccountTown
from domain.text import gettext as _
from domain.work import Work

SKILL = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
MOST_SKILLS = 30


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of an office. towns: (Chinese, English) names; none: all of the office's."""

    ref: str
    name: str
    roles: Sequence[str]
    skills: Sequence[str]
    towns: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Chosen:
    """One person's page. offered: towns of the office (ref, Chinese, English); towns: refs of those looked after."""

    ref: str
    name: str
    skills: Sequence[str]
    towns: frozenset[str]
    offered: Sequence[tuple[str, str, str]]


def listing(work: Work) -> Sequence[Person]:
    """Everybody of the actor's own office whose account is in use. Raises NotPermitted. Three SELECTs."""
    permissions.must(work.actor, "competence.set", permissions.OFFICE)
    people = rights.of_office(work, work.actor.org_id or 0).values()
    keys = {key for _person, held in people for key in held.towns}
    rows = select(Organisation.id, Organisation.name, Organisation.name_en).where(Organisation.id.in_(sorted(keys)))
    named = {key: (name, name_en) for key, name, name_en in work.session.execute(rows)} if keys else {}
    return [
        Person(one.ref, one.name, sorted(held.roles), sorted(held.skills), [named[key] for key in sorted(held.towns)])
        for one, held in people
    ]


def of_person(work: Work, ref: str) -> Chosen:
    """What is said of one person. Raises NotFound for somebody of another office, NotPermitted."""
    person = _person(work, ref)
    held = rights.of_account(work, person.id)
    offered = _towns(work, person)
    chosen = frozenset(one.ref for one in offered if one.id in held.towns)
    return Chosen(
        person.ref, person.name, sorted(held.skills), chosen, [(one.ref, one.name, one.name_en) for one in offered]
    )


def change(work: Work, ref: str, *, skills: str, towns: Collection[str]) -> None:
    """Say anew what somebody was trained for (words with blanks or commas) and which towns they look after.

    Their open tasks are looked at again at once. Raises NotFound, NotPermitted, InvalidAnswers.
    """
    person = _person(work, ref)
    said = list(dict.fromkeys(word for word in re.split(r"[\s,，、]+", skills.strip().lower()) if word))
    bad = [word for word in said if not SKILL.fullmatch(word)]
    if bad or len(said) > MOST_SKILLS:
        sentence = _("Use small letters, digits and hyphens, at most %(most)s words.", most=MOST_SKILLS)
        raise InvalidAnswers({"skills": sentence})
    offered = {one.ref: one.id for one in _towns(work, person)}
    if not offered.keys() >= set(towns):
        raise InvalidAnswers({"towns": _("Choose among the towns of the office.")})
    before, after = rights.of_account(work, person.id), {offered[one] for one in towns}
    if (before.skills, before.towns) == (frozenset(said), frozenset(after)):
        return
    work.session.execute(delete(AccountSkill).where(AccountSkill.account_id == person.id))
    work.session.execute(delete(AccountTown).where(AccountTown.account_id == person.id))
    work.session.add_all(AccountSkill(account_id=person.id, skill=word) for word in said)
    work.session.add_all(AccountTown(account_id=person.id, town_id=key) for key in sorted(after))
    work.session.flush()
    look_again(work, person)
    body = {"skills": sorted(said), "towns": sorted(towns)}
    journal.record(work, "account.competence_set", person.ref, body, stream=("account", person.ref))


def _person(work: Work, ref: str) -> Account:
    """Somebody of whom the actor may say it: of their own office, or anybody but oneself for whoever gives rights."""
    wanted = select(Account).where(Account.ref == ref, Account.state == "ACTIVE")
    person = work.session.scalars(wanted).first()
    everybody = permissions.may(work.actor, "competence.set", permissions.SECOND)
    if person is None or (not everybody and person.org_id != work.actor.org_id):
        raise NotFound(_("There is no such colleague in your office."))
    relation = permissions.relation_to_account(work.actor, person.id) if everybody else permissions.OFFICE
    permissions.must(work.actor, "competence.set", relation)
    return person


def _towns(work: Work, person: Account) -> Sequence[Organisation]:
    """Town posts below the office's own region: those of the departments that an agency verifies for."""
    office = work.session.get_one(Organisation, person.org_id)
    above = [office.id]
    if office.kind == "agency":
        above = list(work.session.scalars(select(Organisation.id).where(Organisation.agency_id == office.id)))
    wanted = select(Organisation).where(Organisation.kind == "town_post", Organisation.parent_id.in_(above))
    return work.session.scalars(wanted.order_by(Organisation.position, Organisation.id)).all()
