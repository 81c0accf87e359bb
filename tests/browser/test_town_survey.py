"""A town officer in a household's doorway: a survey with photographs on a telephone, over a line that breaks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from domain.clock import machine_now
from domain.files import StoredFile
from domain.parties import organisations
from domain.parties.accounts import UserSession
from domain.parties.sessions import IDLE
from domain.verification import catalogue, surveys
from domain.verification.queries import Query
from domain.work import OPERATOR, unit_of_work
from tasks.rows.models import RESERVED, HumanTask
from tests.browser.serving import PHONE, Desk, Served
from tests.journeys import steps
from tests.journeys.playing import Story, new_case
from tests.sources import papers_made as made
from tests.webapp.desk_world import task_address

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SILENT = "WAGE"
PHOTO = made.jpeg(place=True, noise=bytes(range(256)) * 5_000)  # three pieces


def _to_survey(web: Served) -> Story:
    """A source kept silent until its time was over."""
    with unit_of_work(web.office.home, web.office.actor("catalogue")) as work:
        catalogue.add_resource(work, organisations.by_code(work, "labour"), SILENT, level="city")
    story = new_case(web.office)
    steps.to_queries(story, (*steps.ASSETS, SILENT))
    with story.work() as work:
        due = next(query.due_at for query in story.rows(work, Query) if query.category == SILENT)
    assert due is not None
    web.office.advance(due.isoformat())
    assert "survey" in story.open_steps()
    return story


def _photo(name: str) -> dict[str, Any]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": PHOTO}


def _breaks(page: Any, times: int) -> list[str]:
    """The line breaks in the middle of a file, so many times."""
    broken: list[str] = []

    def carry(route: Any) -> None:
        asked = route.request
        if asked.method == "PATCH" and asked.headers.get("upload-offset") != "0" and len(broken) < times:
            broken.append(asked.url)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/uploads/*", carry)
    return broken


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_town_officer_surveys_with_photographs_on_a_telephone(web: Served, language: str) -> None:
    story = _to_survey(web)
    town = web.desk("town", has_touch=True)
    page = town.page
    page.set_viewport_size(PHONE)
    town.go(f"/desk?lang={language}")
    town.open_task(story, "survey")
    broken = _breaks(page, 2)

    page.locator("input[data-upload-field=photos]").set_input_files(_photo("门牌.jpg"))
    page.locator("[data-uploaded=photos] [role=status]", has_text="%").wait_for()
    town.fill(
        {"method": "VISIT", "made_at": steps.today(story), "place": "工人街道某小区", "surveyors": "谷雨、谷清明"}
    )
    page.locator("[data-uploaded=photos] .thumb img").wait_for(timeout=30_000)
    assert len(broken) == 2
    shown = page.locator("[data-uploaded=photos] .thumb img")
    assert shown.evaluate("one => one.decode().then(() => one.naturalWidth)") == 1

    page.reload()  # a telephone forgets its pages
    assert page.locator("[name=place]").input_value() == "工人街道某小区"
    page.locator("[data-uploaded=photos] .thumb img").wait_for()
    for place, _member in enumerate(steps.family(story)):
        town.fill({f"obtained-{place}-obtained": "NO"})
    town.fill({"statement": "走访邻居，未见营运车辆"})
    page.evaluate("scrollTo(0, 0)")
    town._looked.clear()
    town.look("survey filled in")
    town.press()

    assert not page.locator(".summary-error").count()
    assert "survey" not in story.open_steps()
    with story.work() as work:
        assert len(surveys.of_case(work, story.case(work))) == 1
        row = work.session.scalars(select(StoredFile).where(StoredFile.case_id == story.case(work).id)
                                   .order_by(StoredFile.id.desc())).first()  # fmt: skip
        assert row is not None
        content = work.home.blobs.read(row.blob)
    assert made.NORTH not in content
    assert len(content) == len(PHOTO)
    assert hashlib.sha256(content).hexdigest() == row.digest
    town.errors[:] = [one for one in town.errors if "ERR_CONNECTION_RESET" not in one]
    web.check_consoles()


def test_a_sign_in_that_ends_within_an_upload_costs_nothing(web: Served) -> None:
    """The upload waits and says why; after the sign-in in another window it goes on by itself, and so does the form."""
    story = _to_survey(web)
    town = web.desk("town", has_touch=True)
    page = town.page
    page.set_viewport_size(PHONE)
    town.go("/desk?lang=en")
    town.open_task(story, "survey")
    ended: list[str] = []

    def carry(route: Any) -> None:
        if route.request.method == "PATCH" and route.request.headers.get("upload-offset") != "0" and not ended:
            ended.append(route.request.url)
            with unit_of_work(web.office.home, OPERATOR) as work:
                work.session.execute(update(UserSession).values(ended_at=machine_now(), end_reason=IDLE))
        route.continue_()

    page.route("**/uploads/*", carry)
    page.locator("input[data-upload-field=photos]").set_input_files(_photo("门牌.jpg"))
    page.locator("[data-uploaded=photos] [role=status]", has_text="You are signed out").wait_for()
    town.fill({"statement": "走访邻居，未见营运车辆"})

    other = Desk(web, "town", page.context.new_page())
    other.sign_in()
    other.page.close()
    page.locator("[data-uploaded=photos] .thumb img").wait_for(timeout=60_000)
    page.reload()
    assert page.locator("[data-uploaded=photos] .thumb img").count() == 1
    assert page.locator("[name=statement]").input_value() == "走访邻居，未见营运车辆"


def test_without_a_script_a_person_signs_in_claims_fills_in_and_completes(
    web: Served, new_context: Callable[..., Any]
) -> None:
    story = new_case(web.office)
    town = Desk(web, "town", new_context(java_script_enabled=False).new_page())
    town.page.set_viewport_size(PHONE)
    town.sign_in()
    page = town.page
    address = task_address(story, "intake")
    town.go(address)
    page.locator(".actionbar button[formaction*='/claim']").click()
    page.wait_for_url(f"**{address}*")
    page.locator("[name=note]").fill("没有脚本也行")
    page.locator(".actionbar button[formaction*='/draft']").click()
    page.wait_for_url(f"**{address}*")
    assert page.locator("[name=note]").input_value() == "没有脚本也行"
    with story.work() as work:
        task = work.session.scalars(select(HumanTask).where(HumanTask.ref == address.rpartition("/")[2])).one()
        assert task.draft is not None and task.state != RESERVED
    page.locator("[name=comment]").fill("请看 @clerk")
    page.locator("#remarks form.remark button").last.click()
    page.wait_for_url("**#remarks")
    assert "@clerk" in page.locator("#remarks").inner_text()
    page.locator("[name=applied_on]").fill(steps.today(story))
    page.locator("[name=truthful]").check()
    for place, _member in enumerate(steps.family(story)):
        for name in ("WAGE", "PENRCV", "DEPOSIT", "VEHICLE", "HOUSE"):
            page.locator(f"[name=members-{place}-{name}]").fill("0")
    page.locator(".actionbar button:not([formaction])").first.click()
    page.wait_for_url(lambda url: address not in url)
    assert story.open_steps() == ["authorise"]
