"""The page that signs a commission refuses what the law refuses, names member and clause, and keeps what was typed."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from domain.verification import authorisations
from domain.verification.commissions import Commission
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import Story, new_case
from tests.webapp.desk_world import app_of, browser_of, press, send, task_address


def prepared(office: Office) -> Story:
    """A case whose commission waits for its signature."""
    story = new_case(office, "town", "B2027003")
    steps.take_in(story)
    steps.authorise(story)
    steps.commission(story)
    return story


def issued(story: Story) -> list[str | None]:
    """Numbers of the commissions that were issued."""
    with story.work() as work:
        return list(work.session.scalars(select(Commission.number).where(Commission.state != "DRAFT")))


@pytest.mark.clause("BX-11")
def test_a_member_without_authorisation_is_named_on_the_page_with_the_clause(office: Office) -> None:
    story = prepared(office)
    member = steps.family(story)[1]
    with story.work("clerk") as work:
        person = next(one for one in story.members(work) if one.ref == member.ref)
        held = authorisations.in_force(work, person, work.today)
        assert held is not None
        authorisations.withdraw(work, held, on=work.today, reason="本人撤回")
    letter = story.upload("head", "sign_commission", "letter.pdf")
    head, address = browser_of(app_of(office), office, "head"), task_address(story, "sign_commission")

    day = steps.today(story)
    answer = send(head, address, {"signed_on": day, "letter": letter, "confirm": "y", "outcome": "SIGN"})

    assert answer.status_code == 409
    assert "BX-11" in answer.text and member.name in answer.text
    assert f'value="{day}"' in answer.text
    assert issued(story) == []


@pytest.mark.clause("BX-12")
def test_without_its_letter_a_commission_is_refused_at_the_letters_field(office: Office) -> None:
    story = prepared(office)
    head, address = browser_of(app_of(office), office, "head"), task_address(story, "sign_commission")
    press(head, "/desk", f"{address}/claim")

    answer = send(head, address, {"signed_on": steps.today(story), "confirm": "y", "outcome": "SIGN"})

    assert answer.status_code == 422
    assert "letter" in answer.text and "BX-12" in answer.text
    assert 'href="#letter' in answer.text or 'href="#at-letter' in answer.text
    assert issued(story) == []
