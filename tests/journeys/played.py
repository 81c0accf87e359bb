"""Offices whose people have been at work already: played once a run, each on top of another, copied for each test."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from domain.cases import Case
from domain.work import OPERATOR, unit_of_work
from tests.homes import DEMO, Office, open_office
from tests.infrastructure.databases import Place, Template
from tests.journeys import steps
from tests.journeys.playing import Story, new_case


def _played(name: str, act: Callable[[Office], object], base: Template = DEMO) -> Template:
    def make(place: Place) -> None:
        office = open_office(place)
        act(office)
        office.home.engine.dispose()

    return Template(name, make, base)


def story_of(office: Office) -> Story:
    """The one case of an office in which `new_case` was played."""
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        return Story(office, work.session.scalars(select(Case.ref)).one())


def _authorised(office: Office) -> None:
    story = new_case(office)
    steps.take_in(story)
    steps.authorise(story)


def _accepted(office: Office) -> None:
    story = story_of(office)
    steps.commission(story)
    steps.sign_commission(story)
    steps.accept(story)


# the department is to draw up the commission
AUTHORISED = _played("authorised", _authorised)
# the handler is to plan the queries
ACCEPTED = _played("accepted", _accepted, AUTHORISED)
# the sources have answered, with a deposit that was not declared as it is; the report is to be drafted
SEARCHED = _played("searched", lambda office: steps.to_queries(new_case(office), DEPOSIT="3000"))
# the report is delivered; the department is to decide
REPORTED = _played("reported", lambda office: steps.report(story_of(office)), SEARCHED)
# the campaigns of the June review are open
JUNE = _played("june", lambda office: office.advance("2027-06-01T09:00:00+08:00"))
