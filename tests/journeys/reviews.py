"""The people of other units, and the cases of a review campaign as stories."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from domain import identity
from domain.cases import BATCH_LETTER, DYNAMIC, Case
from domain.oversight.campaigns import Campaign
from domain.parties import organisations, staff
from domain.parties.organisations import Organisation
from domain.work import OPERATOR, unit_of_work
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import Story

JUNE = "2027-06"


def hire(office: Office, unit: str) -> None:
    """A head for a unit's department, and one person a town post: head-<unit>, <code of the town's office>."""
    with unit_of_work(office.home, OPERATOR) as work:
        department = organisations.by_code(work, unit)
        towns = work.session.scalars(
            select(Organisation).where(Organisation.parent_id == department.id, Organisation.kind == "town_post")
        ).all()
        wanted = [(f"head-{unit}", department, "department_head")]
        wanted += [(town.code, town, "town_post") for town in towns]
        for place, (login, org, role) in enumerate(wanted):
            number = identity.make_demonstration(date(1980, 1, 1 + place), 100 + org.id % 800)
            account = staff.create(work, org, login=login, name="某工作人员", idno=number)
            staff.file(work, account, number=f"T-{org.id}", on=work.today)
            staff.grant(work, account, role)


def letter(office: Office, unit: str, programme: str, period: str = JUNE) -> Story:
    """The case that carries a campaign's commission letter."""
    return _stories(office, unit, period, Case.kind == BATCH_LETTER, Case.programme == programme)[0]


def households(office: Office, unit: str, period: str = JUNE, programme: str = "") -> list[Story]:
    """The household cases of a unit, oldest first."""
    more = (Case.programme == programme,) if programme else ()
    return _stories(office, unit, period, Case.kind == DYNAMIC, *more)


def _stories(office: Office, unit: str, period: str, *where: Any) -> list[Story]:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        refs = work.session.scalars(
            select(Case.ref)
            .join(Campaign, Campaign.id == Case.campaign_id)
            .join(Organisation, Organisation.id == Campaign.unit_id)
            .where(Organisation.code == unit, Campaign.period == period, *where)
            .order_by(Case.id)
        ).all()
    return [Story(office, ref) for ref in refs]


def town_of(story: Story) -> str:
    """Login of the town post a household case belongs to."""
    with story.work() as work:
        return work.session.get_one(Organisation, story.case(work).town_id).code


def sign(story: Story, login: str) -> None:
    """The head of the department signs the campaign's letter."""
    paper = story.upload(login, "sign", "batch.pdf")
    story.do(login, "sign", {"signed_on": steps.today(story), "letter": [paper]})


def accept(story: Story) -> None:
    """The city agency accepts it."""
    story.do("citychecker", "accept", steps.checked("ACCEPT"))
