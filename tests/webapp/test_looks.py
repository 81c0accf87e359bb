"""What a careful look at the pages of the desk found, so that it stays mended."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from sqlalchemy import select

from domain.parties import substitutes
from domain.parties.substitutes import Wanted
from domain.work import OPERATOR, unit_of_work
from tasks.desk import desk, handing
from tasks.pages import notice_pages, pages
from tasks.rows.models import HumanTask
from tasks.rows.notice_rows import Notification
from tests.homes import Office
from tests.infrastructure.databases import Template
from tests.journeys.copies import copies
from tests.journeys.played import AUTHORISED, story_of
from tests.journeys.playing import new_case
from tests.journeys.test_many_tasks import hire
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of, task_address


def _told(office: Office, login: str) -> list[tuple[str, bool]]:
    """Kinds of what somebody was told, and whether each leads to one task."""
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        wanted = select(Notification.kind, Notification.task_id).where(
            Notification.account_id == office.actor(login).user_id, Notification.kind.like("task.%")
        )
        return [(kind, task is not None) for kind, task in work.session.execute(wanted.order_by(Notification.id))]


def test_a_town_officer_who_holds_her_own_task_does_it_for_nobody_else(office: Office) -> None:
    story = new_case(office)
    with story.work("town") as work:
        desk.claim(work, story.task(work, "intake").ref)
    town = browser_of(app_of(office), office, "town")

    page = town.get(task_address(story, "intake") + "?lang=en").text

    assert "who is away" not in page
    assert "has held this task" not in page
    with story.work("town") as work:
        assert story.task(work, "intake").held_for is None


def test_what_waits_for_a_choice_names_the_choices_as_the_script_reads_them(
    office_in: Callable[[Template], Office],
) -> None:
    office = office_in(AUTHORISED)
    story = story_of(office)
    with story.work("clerk") as work:
        desk.claim(work, story.task(work, "commission").ref)
    head = browser_of(app_of(office), office, "head")
    clerk = browser_of(app_of(office), office, "clerk")
    for page in (
        head.get(task_address(story, "commission") + "/acts").text,
        clerk.get(task_address(story, "commission") + "/acts").text,
    ):
        offered = set(re.findall(r'name="operation" value="([a-z_]+)"', page))
        shown = [one.split("|") for one in re.findall(r'data-show-values="([^"]*)"', page)]
        assert shown and all(set(one) <= offered for one in shown)
    assert re.search(r'name="reason_code:suspend"', page)


def test_a_task_is_put_off_for_a_standard_reason(office_in: Callable[[Template], Office]) -> None:
    office = office_in(AUTHORISED)
    story = story_of(office)
    with story.work("clerk") as work:
        ref = desk.claim(work, story.task(work, "commission").ref).ref
    clerk = browser_of(app_of(office), office, "clerk")
    page = clerk.get(f"/tasks/{ref}/acts").text
    block = page[page.index('name="reason_code:suspend"') :]
    code, words = re.findall(r'<option value="([A-Z_]+)">([^<]+)</option>', block)[0]
    sent = {"csrf_token": token_in(page), "operation": "suspend", "until": "2027-05-21"}

    refused = clerk.post(f"/tasks/{ref}/acts", data=sent)
    done = clerk.post(f"/tasks/{ref}/acts", data={**sent, "reason_code:suspend": code})

    assert refused.status_code == 422
    assert 'href="#reason_code:suspend"' in refused.text
    assert done.status_code == 302
    assert unescape(words) in unescape(clerk.get(f"/tasks/{ref}").text)


def test_who_is_given_work_is_told_and_of_a_batch_once(office_in: Callable[[Template], Office]) -> None:
    office = office_in(AUTHORISED)
    story = story_of(office)
    hire(office, "clerk2", "pingshan", "department_clerk", 1)
    other = office.actor("clerk2").ref
    refs = copies(office, story.case_ref, 4)
    with story.work("clerk") as work:
        desk.claim(work, refs[0])
        handing.delegate(work, refs[0], other)
    with story.work("clerk2") as work:
        handing.hand_back(work, refs[0])
    with story.work("head") as work:
        handing.assign(work, refs[0], other)
    with story.work("head") as work:
        for ref in refs[1:]:
            handing.assign(work, ref, other, batch="one")

    assert _told(office, "clerk2") == [("task.delegated", True), ("task.assigned", True), ("task.assigned_many", False)]
    assert _told(office, "clerk") == [("task.handed_back", True), ("task.taken", True)]
    with unit_of_work(office.home, office.actor("clerk2"), write=False) as work:
        newest = notice_pages.listed(work).rows[0]
    assert (newest.leads, newest.target) == ("inbox", "mine")


def test_what_a_list_did_at_once_leads_to_where_it_is_taken_back(office_in: Callable[[Template], Office]) -> None:
    office = office_in(AUTHORISED)
    story = story_of(office)
    refs = copies(office, story.case_ref, 3)
    clerk = browser_of(app_of(office), office, "clerk")
    page = clerk.get("/desk").text
    assert "/batches/" not in page

    done = clerk.post("/desk/many", data={"csrf_token": token_in(page), "kind": "task.claim", "ref": refs})
    after = clerk.get(done.headers["Location"]).text
    (batch,) = re.findall(r'class="btn"[^>]* href="(/batches/[0-9a-z]+)"', after)
    undone = clerk.post(f"{batch}/undo", data={"csrf_token": token_in(after)})

    assert undone.status_code == 302
    with story.work() as work:
        rows = work.session.scalars(select(HumanTask.state).where(HumanTask.ref.in_(refs)))
        assert set(rows) == {"READY"}
    assert "/batches/" not in clerk.get(done.headers["Location"]).text


def test_the_head_assigns_from_the_list_of_the_office_and_goes_to_the_work_of_each(
    office_in: Callable[[Template], Office],
) -> None:
    office = office_in(AUTHORISED)
    story = story_of(office)
    with story.work("clerk") as work:
        desk.claim(work, story.task(work, "commission").ref)
    head = browser_of(app_of(office), office, "head")
    page = head.get("/desk/office").text
    assert 'href="/supervision"' in page

    form = head.post("/desk/many?list=office", data={"csrf_token": token_in(page), "all": "1"}).text
    assert re.findall(r'name="kind" value="([a-z._]+)" checked', form) == ["task.assign"]
    assert 'name="reason_code:task.assign"' in form

    above = head.get("/supervision").text
    assert f'href="/desk/office?holder={office.actor("clerk").ref}"' in above
    assert 'href="/desk/office?step=commission"' in above


def test_a_substitute_reads_for_whom_a_task_is_done_and_its_owner_that_it_is_for_them(
    office_in: Callable[[Template], Office],
) -> None:
    office = office_in(AUTHORISED)
    story = story_of(office)
    hire(office, "clerk2", "pingshan", "department_clerk", 1)
    (free,) = copies(office, story.case_ref, 1)
    with story.work("clerk2") as work:
        held = desk.claim(work, story.task(work, "commission").ref).ref
    with story.work("clerk") as work:
        days = Wanted(office.actor("clerk2").ref, office.actor("clerk").ref, work.today, work.today, "年休假")
    with story.work("head") as work:
        substitutes.make(work, days)
    with unit_of_work(office.home, office.actor("clerk")) as work:
        desk.claim(work, free)

    clerk = browser_of(app_of(office), office, "clerk")
    assert "You do this for 夏clerk2, who is away" in clerk.get(f"/tasks/{held}?lang=en").text
    assert "is away" not in clerk.get(f"/tasks/{free}?lang=en").text
    with unit_of_work(office.home, office.actor("clerk2"), write=False) as work:
        assert not pages.task_page(work, held).standing.lent

    with unit_of_work(office.home, OPERATOR) as work:
        task = work.session.scalars(select(HumanTask).where(HumanTask.ref == free)).one()
        task.held_for = office.actor("clerk2").user_id
    assert "It is done for 夏clerk2, who is away." in clerk.get(f"/tasks/{free}?lang=en").text
    with unit_of_work(office.home, office.actor("clerk2"), write=False) as work:
        assert pages.task_page(work, free).standing.for_me
