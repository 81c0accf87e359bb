"""Drafts: saved while somebody types, never overwritten by another window, going along with the task."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from domain.errors import Conflict, NotFound
from domain.journal import JournalEntry
from tasks.desk import desk, drafts
from tasks.desk.drafts import Stand
from tasks.rows.models import HumanTask, TaskDraft
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import Story, new_case
from tests.webapp.desk_world import app_of, browser_of, fields_of, press, task_address
from workflows.instances import CaseState

A, B = "aaaaaaaaaaaa", "bbbbbbbbbbbb"


def _claimed(story: Story) -> str:
    with story.work("town") as work:
        return desk.claim(work, story.task(work, "intake").ref).ref


def _typed(story: Story, ref: str) -> tuple[dict[str, Any], list[TaskDraft]]:
    with story.work() as work:
        task = work.session.scalars(select(HumanTask).where(HumanTask.ref == ref)).one()
        beside = list(work.session.scalars(select(TaskDraft).where(TaskDraft.task_id == task.id)))
        return drafts.of(work, task), beside


def _keep(story: Story, ref: str, note: str, stand: Stand | None) -> drafts.Kept:
    with story.work("town") as work:
        return drafts.keep(work, ref, {"note": note}, stand)


def test_a_window_that_stands_on_an_older_draft_overwrites_nothing(office: Office) -> None:
    story = new_case(office)
    ref = _claimed(story)

    first = _keep(story, ref, "first window", Stand(0, A, 1))
    second = _keep(story, ref, "second window", Stand(0, B, 1))

    assert (first.beside, second.beside) == (False, True)
    assert second.who == first.who != ""
    kept, beside = _typed(story, ref)
    assert kept == {"note": "first window"}
    assert len(beside) == 1

    _keep(story, ref, "second window goes on", Stand(0, B, 2))
    assert len(_typed(story, ref)[1]) == 1
    with story.work("town") as work:
        drafts.decide(work, ref, beside[0].ref, take=True)
    assert _typed(story, ref) == ({"note": "second window goes on"}, [])
    with pytest.raises(NotFound), story.work("town") as work:
        drafts.decide(work, ref, beside[0].ref, take=False)


def test_of_two_saves_of_one_window_the_later_one_is_in_whichever_arrives_first(office: Office) -> None:
    story = new_case(office)
    ref = _claimed(story)

    _keep(story, ref, "typed last", Stand(0, A, 2))
    late = _keep(story, ref, "typed before", Stand(0, A, 1))

    assert not late.beside
    assert _typed(story, ref) == ({"note": "typed last"}, [])


def test_the_same_words_saved_again_by_a_page_that_is_left_overtake_no_page(office: Office) -> None:
    """A telephone opens the page anew while the old one still saves: nobody has to decide between equal drafts."""
    story = new_case(office)
    ref = _claimed(story)
    known = _keep(story, ref, "typed", Stand(0, A, 1)).revision

    assert _keep(story, ref, "typed", Stand(known, A, 3)).revision == known
    assert _keep(story, ref, "typed before", Stand(known, A, 2)).revision == known, "overtaken by the third save"
    assert not _keep(story, ref, "typed, and more", Stand(known, B, 1)).beside
    assert _typed(story, ref) == ({"note": "typed, and more"}, [])


def test_a_draft_touches_nothing_of_the_case(office: Office) -> None:
    story = new_case(office)
    ref = _claimed(story)

    def data() -> tuple[object, ...]:
        with story.work() as work:
            state = work.session.scalars(select(CaseState).where(CaseState.case_id == story.case(work).id)).one()
            columns = {name: value for name, value in vars(state).items() if not name.startswith("_")}
            return columns, work.session.scalars(select(JournalEntry.id).order_by(JournalEntry.id.desc())).first()

    before = data()
    _keep(story, ref, "typed", Stand(0, A, 1))
    assert data() == before


def test_a_draft_goes_along_with_the_task_and_says_who_typed_it(office: Office) -> None:
    story = new_case(office)
    ref = _claimed(story)
    _keep(story, ref, "typed by the first", Stand(0, A, 1))
    with story.work("town") as work:
        desk.release(work, ref)
    with story.work() as work:
        typist = work.session.scalars(select(HumanTask).where(HumanTask.ref == ref)).one().draft_by
    assert typist == office.actor("town").user_id
    with pytest.raises(Conflict), story.work("town") as work:
        drafts.keep(work, ref, {}, None)
    page = browser_of(app_of(office), office, "town").get(f"/tasks/{ref}?lang=en").text
    assert "typed by the first" in page, "the draft stays with the task"
    assert re.search(r"Typed by .+ until", page)


def test_completing_forgets_what_other_windows_typed(office: Office) -> None:
    story = new_case(office)
    ref = _claimed(story)
    _keep(story, ref, "one", Stand(0, A, 1))
    _keep(story, ref, "two", Stand(0, B, 1))
    steps.take_in(story)
    assert _typed(story, ref) == ({}, [])


@pytest.fixture
def at_desk(office: Office) -> tuple[Story, Any, str]:
    """A claimed intake in the browser of the town."""
    story = new_case(office)
    browser = browser_of(app_of(office), office, "town")
    address = task_address(story, "intake")
    press(browser, "/desk", f"{address}/claim")
    return story, browser, address


def test_two_tabs_are_shown_both_drafts_and_one_is_chosen(at_desk: tuple[Story, Any, str]) -> None:
    story, browser, address = at_desk
    one, two = fields_of(browser.get(address).text), fields_of(browser.get(address).text)
    assert one["draft_page"] != two["draft_page"]
    as_script = {"Accept": "application/json"}

    one["note"] = "in the first tab"
    saved = browser.post(f"{address}/draft", data=one, headers=as_script)
    assert (saved.status_code, saved.json["revision"]) == (200, 1)
    two["note"] = "in the second tab"
    told = browser.post(f"{address}/draft", data=two, headers=as_script)
    assert (told.status_code, told.json["beside"]) == (409, True)
    assert told.json["who"]

    # completing from the second tab decides nothing either
    sent = browser.post(address, data=two)
    assert sent.headers["Location"].endswith("#windows")
    page = browser.get(f"{address}?lang=en").text
    assert "in the first tab" in page
    assert "in the second tab" in page
    action = re.search(r'action="([^"]*/drafts/[^"]+)"', page)
    assert action
    press(browser, address, action[1], decision="take")
    assert fields_of(browser.get(address).text)["note"] == "in the second tab"
    assert story.open_steps() == ["intake"]


def test_the_button_without_script_keeps_both_too(at_desk: tuple[Story, Any, str]) -> None:
    _story, browser, address = at_desk
    one, two = fields_of(browser.get(address).text), fields_of(browser.get(address).text)
    one["note"], two["note"] = "alpha", "beta"
    browser.post(f"{address}/draft", data=one)
    answer = browser.post(f"{address}/draft", data=two)

    assert answer.headers["Location"].endswith("#windows")
    page = browser.get(address).text
    assert "alpha" in page
    assert "beta" in page


def test_a_draft_of_another_window_is_for_the_holder_alone(at_desk: tuple[Story, Any, str], office: Office) -> None:
    story, browser, address = at_desk
    ref = address.rpartition("/")[2]
    _keep(story, ref, "one", Stand(0, A, 1))
    _keep(story, ref, "two", Stand(0, B, 1))
    other = _typed(story, ref)[1][0].ref
    clerk = browser_of(app_of(office), office, "clerk")
    assert press(clerk, "/desk", f"{address}/drafts/{other}", decision="take").status_code in (403, 404)
    assert press(browser, address, f"{address}/drafts/{'0' * 26}", decision="take").status_code == 404


def test_a_save_that_left_before_a_file_was_whole_does_not_put_it_out_of_the_draft(office: Office) -> None:
    story = new_case(office)
    steps.take_in(story)
    with story.work("town") as work:
        ref = desk.claim(work, story.task(work, "authorise").ref).ref
    scan, other = ({"members": [{"person": "p", "scan": ["file"]}]}, {"members": [{"person": "p", "scan": []}]})

    def keep(values: dict[str, Any], stand: Stand) -> int:
        with story.work("town") as work:
            return drafts.keep(work, ref, values, stand).revision

    whole = keep(scan, Stand(0, A, 1))
    after = keep(other, Stand(0, A, 2))
    assert _typed(story, ref)[0] == scan, "the page had not heard of the file"
    assert whole == after
    keep(other, Stand(after, A, 3))
    assert _typed(story, ref)[0] == other, "whoever saw it has taken it out"


def test_a_file_of_a_row_that_was_taken_out_meanwhile_goes_to_nobody_elses_row(office: Office) -> None:
    story = new_case(office)
    steps.take_in(story)
    with story.work("town") as work:
        ref = desk.claim(work, story.task(work, "authorise").ref).ref
    first, second = {"person": "first", "scan": ["file"]}, {"person": "second", "scan": []}
    for values, turn in (({"members": [first, second]}, 1), ({"members": [second]}, 2)):
        with story.work("town") as work:
            drafts.keep(work, ref, values, Stand(0, A, turn))
    assert _typed(story, ref)[0] == {"members": [second]}
