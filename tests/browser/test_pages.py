"""The pages of the trade in a browser: worked by keyboard, read in both languages, on a desk and on a phone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug.serving import make_server

from domain.parties.roles import portal_of
from tests.homes import DEMO, Office, open_office
from tests.infrastructure.browser import assert_accessible, watch_console
from tests.infrastructure.databases import SQLITE
from tests.journeys import steps
from tests.journeys.playing import Story, new_case
from tests.webapp.desk_world import app_of, task_address

pytestmark = pytest.mark.slow

SIZES = {"desk": {"width": 1366, "height": 768}, "phone": {"width": 390, "height": 844}}


@dataclass
class Served:
    """A demonstration office behind an address."""

    office: Office
    address: str

    def sign_in(self, page: Any, login: str) -> None:
        """Sign a person in, with the keyboard alone."""
        page.goto(f"{self.address}/sign-in?lang=zh&portal={portal_of(self.office.actor(login).org_kind)}")
        page.locator("[name=login]").fill(login)
        page.locator("[name=password]").fill(self.office.passwords[login])
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "sign-in" not in url)


@pytest.fixture
def served(fresh_place) -> Iterator[Served]:
    """The office, served on this machine."""
    office = open_office(fresh_place(SQLITE, DEMO))
    server = make_server("127.0.0.1", 0, app_of(office), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Served(office, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    office.home.engine.dispose()


def _fits(page: Any) -> None:
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, f"{page.url} is {over} pixels too wide"


def test_a_task_is_claimed_filled_in_and_completed_by_keyboard_alone(page, served: Served) -> None:
    story = new_case(served.office)
    errors = watch_console(page)
    served.sign_in(page, "town")
    page.goto(f"{served.address}/desk")

    page.keyboard.press("j")
    page.keyboard.press("c")
    page.locator("tr.cursor:has(a[id^=act-]) [data-open]:focus").wait_for()  # claimed, and the list stays
    page.keyboard.press("Enter")
    page.locator(".actionbar .primary").wait_for()
    assert story.open_steps() == ["intake"]

    page.locator("#applied_on").focus()
    page.locator("#applied_on").fill(steps.today(story))
    page.keyboard.press("Tab")
    for place, _member in enumerate(steps.family(story)):
        for name in ("WAGE", "PENRCV", "BIZINC", "DEPOSIT", "VEHICLE", "HOUSE"):
            page.locator(f"#members-{place}-{name}").focus()
            page.keyboard.type("0")
    page.locator("#note").focus()
    page.keyboard.type("长子在外地")
    page.locator("[data-draft-status]", has_text=":").wait_for(timeout=10_000)
    page.locator("#truthful").focus()
    page.keyboard.press("Space")
    page.locator(".actionbar .primary").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{task_address(story, 'intake') if story.open_steps() == ['intake'] else '/tasks/*'}*")

    page.locator("#at-members").wait_for()
    assert story.open_steps() == ["authorise"]
    assert errors == []


def test_enter_in_a_field_keeps_the_draft_and_completes_nothing(page, served: Served) -> None:
    story = new_case(served.office)
    served.sign_in(page, "town")
    page.goto(f"{served.address}{task_address(story, 'intake')}")
    page.locator(".actionbar .primary").click()
    page.locator("#members-0-WAGE").fill("1200")
    page.keyboard.press("Enter")
    page.locator("p.note[role=status]").wait_for()
    assert page.locator("#members-0-WAGE").input_value() == "1200"
    assert story.open_steps() == ["intake"]


def test_what_does_not_apply_is_out_of_sight_until_it_does(page, served: Served) -> None:
    story = new_case(served.office)
    steps.take_in(story)
    served.sign_in(page, "town")
    page.goto(f"{served.address}{task_address(story, 'authorise')}")
    page.locator(".actionbar .primary").click()
    signed_on = page.locator("#members-0-signed_on")
    assert not signed_on.is_visible()
    page.locator("input[name='members-0-signed'][value=YES]").check()
    assert signed_on.is_visible()
    assert not page.locator("#members-1-signed_on").is_visible()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_can_be_used_by_everybody(new_context, served: Served, size: str, language: str) -> None:
    story: Story = new_case(served.office)
    steps.to_queries(story, DEPOSIT="3000")
    steps.report(story)
    served.office.advance("2027-06-01T09:00:00+08:00")
    seen = {
        "town": ["/desk", "/desk/queue", "/desk/done", "/cases", "/cases/new", f"/cases/{story.case_ref}"],
        "handler": ["/cases", f"/cases/{story.case_ref}", "/search", "/reports"],
        "clerk": ["/reports", "/campaigns", "/cases?state=all"],
        "bank": ["/deliveries"],
    }
    for login, addresses in seen.items():
        page = new_context().new_page()
        page.set_viewport_size(SIZES[size])
        errors = watch_console(page)
        served.sign_in(page, login)
        for address in addresses:
            page.goto(f"{served.address}{address}{'&' if '?' in address else '?'}lang={language}")
            page.locator("h1").wait_for()
            assert_accessible(page)
            _fits(page)
            if page.locator("a[data-open]").count():
                page.goto(served.address + page.locator("a[data-open]").first.get_attribute("href"))
                assert_accessible(page)
                _fits(page)
        assert errors == []


def test_the_inbox_shows_seventeen_rows_on_a_small_office_screen(page, served: Served) -> None:
    new_case(served.office)
    served.sign_in(page, "town")
    page.goto(f"{served.address}/desk")
    top, height = page.evaluate(
        "(() => { const row = document.querySelector('.inbox tbody tr').getBoundingClientRect();"
        " return [row.top, row.height] })()"
    )
    assert top + 17 * height <= SIZES["desk"]["height"], "seventeen rows do not fit"
