"""A commission of purpose survival or identity needs no authorisation, and then asks nothing else (BX-16)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from domain.errors import Conflict
from domain.verification import authorisations, comparison
from domain.verification.authorisations import Authorisation
from domain.verification.commissions import Commission, CommissionCategory, CommissionSubject
from domain.verification.queries import Query, QuerySubject
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import Story, new_case

JIANG = "B2027003"


def _consent_taken_back(office: Office) -> Story:
    """A family that signed, and took it all back before the commission."""
    story = new_case(office, "town", JIANG)
    steps.take_in(story)
    steps.authorise(story)
    with story.work() as work:
        for paper in story.rows(work, Authorisation):
            authorisations.withdraw(work, paper, on=work.today, reason="本人反悔")
    return story


@pytest.mark.clause("BX-16")
def test_survival_is_checked_without_authorisation_and_nothing_else_is(office: Office) -> None:
    story = _consent_taken_back(office)
    steps.commission(story, ["DEATH"], purpose="SURVIVAL")
    steps.sign_commission(story)
    steps.accept(story)
    with story.work() as work:
        (letter,) = story.rows(work, Commission)
        named = work.session.scalars(
            select(CommissionSubject).where(CommissionSubject.commission_id == letter.id)
        ).all()
        assert len(named) == 4 and all(one.authorisation_id is None for one in named)
        issued = next(entry for entry in story.journal(work) if entry.event == "commission.issued")
        assert issued.body["no_auth_basis"] == "BX-16"
    steps.plan_queries(story, ["DEATH"])
    assert story.open_steps() == ["draft_report"]
    with story.work() as work:
        (query,) = story.rows(work, Query)
        assert (query.category, query.state) == ("DEATH", "ANSWERED")
        asked = work.session.scalars(select(QuerySubject).where(QuerySubject.query_id == query.id)).all()
        assert {one.state for one in asked} == {"NOT_FOUND"} and len(asked) == 4
        assert {line.category for line in comparison.lines(work, story.case(work))} == {"DEATH"}
    steps.report(story)
    assert story.open_steps() == ["decide"]


@pytest.mark.parametrize("purpose", ["SURVIVAL", "IDENTITY"])
def test_a_commission_free_of_authorisation_may_not_ask_about_income(office: Office, purpose: str) -> None:
    story = _consent_taken_back(office)
    steps.commission(story, ["DEATH", "PENRCV"], purpose=purpose)
    with pytest.raises(Conflict) as refused:
        steps.sign_commission(story)
    assert refused.value.ids["clause"] == "BX-16"
    with story.work() as work:
        assert story.rows(work, Commission) == [] and work.session.scalar(select(CommissionCategory.id)) is None


def test_to_verify_what_they_own_a_family_that_took_its_consent_back_signs_anew(office: Office) -> None:
    story = _consent_taken_back(office)
    steps.commission(story)
    with pytest.raises(Conflict) as refused:
        steps.sign_commission(story)
    assert refused.value.ids["clause"] == "BX-11"
    assert all(member.name in str(refused.value) for member in steps.family(story))
