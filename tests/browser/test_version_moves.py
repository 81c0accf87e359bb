"""An owner reads what a version means for running cases, chooses where a step goes on, and prepares the move."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from domain.work import unit_of_work
from tasks.rows.repair_models import CaseBatch
from tests.browser.serving import PHONE, Served
from tests.journeys.playing import new_case
from tests.journeys.steps import take_in
from tests.journeys.test_versions import put_in_force

pytestmark = pytest.mark.slow


def test_an_owner_prepares_the_move_by_the_keyboard_and_reads_it_on_a_telephone(web: Served) -> None:
    take_in(new_case(web.office))
    put_in_force(web.office, "authorising has another id")
    owner = web.desk("owner1")
    owner.go("/processes/verification")
    with owner.page.expect_navigation():
        owner.page.locator("a[href$='/versions/2/moves']").press("Enter")
    owner.look("moves")
    owner.says("要指定步骤", "收取授权书")

    owner.page.locator("#map-authorise").select_option("authorise_anew")
    with owner.page.expect_navigation():
        owner.page.locator("[name=again]").press("Enter")
    owner.says("马上有变化")
    owner.page.set_viewport_size(PHONE)
    owner.go("/processes/verification/versions/2/moves?lang=en")
    owner.look("moves on a telephone")
    owner.page.locator("#map-authorise").select_option("authorise_anew")
    owner.page.locator("#reason").fill("新版")
    with owner.page.expect_navigation():
        owner.page.locator("form.sheet button.primary").press("Enter")
    with unit_of_work(web.office.home, web.office.actor("owner1"), write=False) as work:
        assert work.session.scalars(select(CaseBatch)).one().params["mapping"] == {"authorise": "authorise_anew"}
    web.check_consoles()
