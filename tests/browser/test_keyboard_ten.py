"""Ten tasks one after the other with nothing but keys: claimed, filled in, completed, and the next one opens."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from domain.parties.organisations import Organisation
from domain.work import OPERATOR, unit_of_work
from tasks import moves
from tasks.rows.models import COMPLETED, HumanTask
from tests.browser.keys import tab_to
from tests.browser.serving import Desk, Served
from tests.support import a_case
from tests.torture.drawn import Drawing, chain, end, human, start
from workflows import definitions
from workflows.bundles import Checked

pytestmark = pytest.mark.slow

TEN = 10
TASKS = Drawing("ten", chain(start(), human("look", role="department_clerk"), end()))


def ten_cases(web: Served) -> None:
    """Ten tasks that any clerk of the department may claim."""
    with unit_of_work(web.office.home, OPERATOR) as work:
        definitions.ship(work, Checked(TASKS.bundle(), ()))
        definition = definitions.in_force(work, "ten")
        offices = {one.code: one for one in work.session.scalars(select(Organisation))}
        department = next(one for one in offices.values() if one.id == web.office.actor("clerk").org_id)
        town = next(one for one in offices.values() if one.kind == "town_post" and one.parent_id == department.id)
        agency = next(one for one in offices.values() if one.kind == "agency" and one.id == department.agency_id)
        for number in range(TEN):
            case = a_case(work, department, agency, town)
            case.process, case.process_version, case.number = "ten", definition.number, f"T{number:03d}"
            moves.start_case(work, case, definition, {})


def done_by(web: Served, login: str) -> int:
    with unit_of_work(web.office.home, OPERATOR, write=False) as work:
        wanted = select(func.count()).where(
            HumanTask.state == COMPLETED, HumanTask.completed_by == web.office.actor(login).user_id
        )
        return work.session.scalar(wanted) or 0


def enter(page: Any, selector: str) -> None:
    """Go to something that leads elsewhere and press Enter."""
    tab_to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.locator("h1").first.wait_for()


def clear(clerk: Desk, number: int, because: str) -> None:
    """The task that is open now: claimed where nobody holds it, filled in, completed."""
    page = clerk.page
    clerk.says(because)
    claim = ".actionbar button[formaction*='/claim']"
    if page.locator(claim).count():
        enter(page, claim)
    page.locator("form[data-draft-url]").wait_for()
    clerk.look("task")
    tab_to(page, "#note")
    page.keyboard.type(f"已核实 {number} jkcx/?")  # letters of a text, not keys of a list
    enter(page, ".actionbar .primary")
    assert not page.locator(".summary-error").count()


@pytest.mark.parametrize(("language", "because"), [("zh", "先办此件，因为"), ("en", "This one because")])
def test_a_clerk_clears_ten_tasks_with_the_keyboard_alone(web: Served, language: str, because: str) -> None:
    ten_cases(web)
    clerk = web.desk("clerk")
    clerk.go(f"/desk?step=look&lang={language}")
    clerk.look("inbox")
    enter(clerk.page, "form[action*='/desk/next'] button")
    for number in range(1, TEN + 1):
        assert "/tasks/" in clerk.page.url, f"after {number - 1} tasks the next one opens"
        clear(clerk, number, because)
    assert done_by(web, "clerk") == TEN
    clerk.look("nothing left")
    web.check_consoles()
