"""A standing letter on its way through the office: drafted, signed and accepted by three people."""

from __future__ import annotations

from collections.abc import Collection

from domain.work import unit_of_work
from tasks import recipients
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import Story

ASSETS = ("DEPOSIT", "VEHICLE", "HOUSE", "PENRCV", "BIZ", "DEATH")


def begun(office: Office, programme: str = "DIBAO") -> Story:
    """The clerk wants a letter."""
    with unit_of_work(office.home, office.actor("clerk")) as work:
        return Story(office, recipients.start_letter(work, programme).ref)


def drafted(
    office: Office, categories: Collection[str] = ASSETS, *, until: str = "2028-05-17", programme: str = "DIBAO"
) -> Story:
    story = begun(office, programme)
    answers = {
        "categories": list(categories), "valid_from": steps.today(story), "valid_until": until,
        "basis": "《社会救助暂行办法》第十三条",
    }  # fmt: skip
    story.do("clerk", "draft", answers)
    return story


def signed(office: Office, categories: Collection[str] = ASSETS, **more: str) -> Story:
    story = drafted(office, categories, **more)
    letter = story.upload("head", "sign", "standing.pdf")
    story.do("head", "sign", {"signed_on": steps.today(story), "letter": [letter]})
    return story


def in_force(office: Office, categories: Collection[str] = ASSETS, **more: str) -> Story:
    """Accepted by the city's agency; what was delivered before is compared at once."""
    story = signed(office, categories, **more)
    story.do("citychecker", "acceptance", steps.checked("ACCEPT"))
    return story
