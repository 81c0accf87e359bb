"""The pages of repair and of batches, as the people who use them see them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from domain.parties import staff
from tasks.batches import batches
from tasks.batches.batch_filter import CaseFilter
from tasks.cases import replay
from tasks.desk import desk
from tasks.repair import repairs
from tests.homes import DEMO, Office, open_office
from tests.infrastructure.databases import SQLITE
from tests.journeys import steps
from tests.journeys.playing import Story, new_case
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of, task_address

WHY = "来函更正"
Opened = Callable[[str], FlaskClient]


@pytest.fixture
def desk_home(fresh_place: Callable[..., Any]) -> Iterator[Office]:
    made = open_office(fresh_place(SQLITE, DEMO))
    yield made
    made.home.engine.dispose()


@pytest.fixture
def story(desk_home: Office) -> Story:
    """A case whose commission waits for the head's signature."""
    story = new_case(desk_home)
    steps.take_in(story)
    steps.authorise(story)
    steps.commission(story)
    return story


@pytest.fixture
def signed_in(desk_home: Office) -> Opened:
    app = app_of(desk_home)
    return lambda login: browser_of(app, desk_home, login)


def found_in(pattern: str, page: str) -> str:
    found = re.search(pattern, page)
    assert found is not None
    return found[1]


def send(browser: FlaskClient, page: str, address: str, **form: Any) -> Any:
    """Send a form of a page as a browser does."""
    return browser.post(address, data={"csrf_token": token_in(browser.get(page).text), **form})


def test_the_head_sees_what_would_happen_and_then_does_it(story: Story, signed_in: Opened) -> None:
    browser, page = signed_in("head"), f"/cases/{story.case_ref}/repair"
    shown = browser.get(page).text
    token = found_in(r'name="token" value="(\w+)"', shown)
    version = found_in(r'name="version" value="(\d+)"', shown)
    form = {"version": version, "token": token, "verb": "move", "to": "commission"}

    dry = send(browser, page, page, **form)
    assert dry.status_code == 200
    assert 'id="outcome"' in dry.text
    assert story.open_steps() == ["sign_commission"]
    missing = send(browser, page, page, **form, act="do")
    assert missing.status_code == 422
    done = send(browser, page, page, **form, act="do", reason=WHY)

    assert done.status_code == 302
    assert story.open_steps() == ["commission"]
    assert "/take-back" in browser.get(page).text
    stale = send(browser, page, page, **form, act="do", reason=WHY)
    assert stale.status_code == 409


def test_a_case_is_put_on_hold_on_its_page_and_every_list_says_so(story: Story, signed_in: Opened) -> None:
    head, clerk, page = signed_in("head"), signed_in("clerk"), f"/cases/{story.case_ref}/repair"
    assert send(head, page, f"/cases/{story.case_ref}/hold", reason="").status_code == 422
    assert send(head, page, f"/cases/{story.case_ref}/hold", reason=WHY, until="soon").status_code == 422
    assert send(head, page, f"/cases/{story.case_ref}/hold", reason=WHY).status_code == 302

    assert "暂停中" in head.get("/cases").text
    assert "任务不能认领或办理" in clerk.get(f"/cases/{story.case_ref}").text
    assert send(head, page, f"/cases/{story.case_ref}/go-on").status_code == 302
    assert "任务不能认领或办理" not in clerk.get(f"/cases/{story.case_ref}").text


def test_a_case_is_ended_on_its_page_by_the_department_alone_and_only_with_a_reason(
    story: Story, signed_in: Opened
) -> None:
    head, clerk = signed_in("head"), signed_in("clerk")
    page, address = f"/cases/{story.case_ref}/repair", f"/cases/{story.case_ref}/end"
    assert address in head.get(page).text

    refused = send(head, page, address, reason=" ")
    assert refused.status_code == 422 and 'href="#end-reason"' in refused.text
    assert send(clerk, f"/cases/{story.case_ref}", address, reason=WHY).status_code == 403
    assert story.open_steps() == ["sign_commission"]

    assert send(head, page, address, reason=WHY).location == f"/cases/{story.case_ref}"
    assert story.open_steps() == []
    with story.work() as work:
        assert story.case(work).state == "CANCELLED"
        assert story.journal(work)[-1].event == "case.cancelled"
    assert send(head, "/batches/new", address, reason=WHY).status_code == 409


def test_the_page_of_repair_is_nobodys_who_may_not_repair(story: Story, signed_in: Opened) -> None:
    for login, status in (("clerk", 403), ("town", 403), ("reviewer", 403)):
        assert signed_in(login).get(f"/cases/{story.case_ref}/repair").status_code == status, login


def test_a_batch_is_begun_judged_run_and_taken_back(story: Story, signed_in: Opened) -> None:
    browser = signed_in("head")
    assert browser.get("/batches").status_code == 200
    assert send(browser, "/batches/new", "/batches/new", kind="suspend", state="OPEN", reason="").status_code == 422
    none = send(browser, "/batches/new", "/batches/new", kind="suspend", state="DONE", reason=WHY)
    assert none.status_code == 409
    asked = send(browser, "/batches/new", "/batches/new", kind="suspend", state="OPEN", step="sign_commission",
                 reason=WHY)  # fmt: skip
    page = asked.location
    assert browser.get(page).status_code == 200
    story.office.sweep()
    assert "/run" in browser.get(page).text

    assert send(browser, page, f"{page}/run").status_code == 302
    story.office.sweep()
    with story.work() as work:
        assert story.case(work).suspended_at is not None
    assert send(browser, page, f"{page}/undo").status_code == 302
    story.office.sweep()

    with story.work() as work:
        assert story.case(work).suspended_at is None
    assert story.case_ref in browser.get(page).text
    assert page.rpartition("/")[2] in browser.get("/batches").text
    assert send(browser, page, f"{page}/run").status_code == 409


def test_above_the_threshold_a_second_person_approves_doing_it_and_taking_it_back(
    story: Story, signed_in: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "SECOND_FROM", 0)
    head, clerk = signed_in("head"), signed_in("clerk")
    with story.work("head") as work:
        page = f"/batches/{batches.draft(work, 'suspend', {}, CaseFilter(step='sign_commission'), WHY)}"
    story.office.sweep()
    assert send(clerk, page, f"{page}/approve").status_code == 302
    assert send(head, page, f"{page}/run").status_code == 302
    story.office.sweep()

    assert f"{page}/undo" not in clerk.get(page).text
    assert send(clerk, page, f"{page}/undo").status_code == 403
    assert send(clerk, page, f"{page}/undo/approve").status_code == 409
    assert send(head, page, f"{page}/undo").status_code == 302
    assert "您已申请撤回" in head.get(page).text and f"{page}/undo/approve" not in head.get(page).text
    assert send(head, page, f"{page}/undo").status_code == 409
    assert send(head, page, f"{page}/undo/approve").status_code == 403
    story.office.sweep()
    with story.work() as work:
        assert story.case(work).suspended_at is not None
    assert send(clerk, page, f"{page}/undo/approve").status_code == 302
    story.office.sweep()
    with story.work() as work:
        assert story.case(work).suspended_at is None


def test_a_batch_of_another_office_is_none(story: Story, signed_in: Opened) -> None:
    with story.work("head") as work:
        ref = batches.draft(work, "suspend", {}, CaseFilter(), WHY)
    assert signed_in("reviewer").get(f"/batches/{ref}").status_code == 404
    assert signed_in("clerk").get(f"/batches/{ref}").status_code == 200


LETTER = {"purpose": "VERIFY", "categories": list(steps.ASSETS), "basis": "本民发〔2017〕107号"}


@pytest.fixture
def unwritten(desk_home: Office) -> Story:
    """A case whose letter is still to be written."""
    story = new_case(desk_home)
    steps.take_in(story)
    steps.authorise(story)
    return story


def on_behalf_of(story: Story, step: str = "commission") -> str:
    return task_address(story, step) + "/on-behalf"


def test_a_head_completes_a_step_for_a_colleague_and_both_names_stay(unwritten: Story, signed_in: Opened) -> None:
    head, clerk = signed_in("head"), unwritten.office.actor("clerk")
    page = on_behalf_of(unwritten)
    assert page in head.get(f"/cases/{unwritten.case_ref}/repair").text
    shown = head.get(page).text
    assert clerk.display in shown
    version = found_in(r'name="version" value="(\d+)"', shown)
    asked = {"version": version, "behalf:account": clerk.ref, **LETTER}

    nobody = send(head, page, page, **{**asked, "behalf:account": "nobody", "behalf:reason": WHY})
    silent = send(head, page, page, **asked)
    empty = send(head, page, page, **{**asked, "behalf:reason": WHY, "categories": []})
    again = send(head, page, page, **asked, **{"behalf:act": "row"})
    assert [one.status_code for one in (nobody, silent, empty, again)] == [422, 422, 422, 200]
    assert "107号" in silent.text
    assert 'href="#behalf-reason"' in silent.text
    assert 'href="#behalf-account"' in nobody.text
    assert unwritten.open_steps() == ["commission"]
    done = send(head, page, page, **asked, **{"behalf:reason": WHY})

    assert done.status_code == 302
    unwritten.office.sweep()
    assert unwritten.open_steps() == ["sign_commission"]
    both = f"{unwritten.office.actor('head').display}（代{clerk.display}）"
    case = head.get(f"/cases/{unwritten.case_ref}").text
    assert f"代{clerk.display}办结了" in case
    with unwritten.work("head") as work:
        told = replay.listing(work, unwritten.case_ref, english=False)
        assert any(clerk.display in one.who for one in told)
    assert both in signed_in("clerk").get(page.removesuffix("/on-behalf")).text
    assert head.get(page).status_code == 403


def test_who_did_the_other_half_of_a_pair_of_eyes_is_named_with_the_reason(unwritten: Story, signed_in: Opened) -> None:
    with unwritten.work() as work:
        both = staff.by_login(work, "clerk")
        other = staff.by_login(work, "head")
        staff.grant(work, both, "department_head")
        other_ref = other.ref
    steps.commission(unwritten)
    # the head of the office signs at his own desk: there is nobody but the clerk, who wrote the letter
    page = on_behalf_of(unwritten, "sign_commission")

    head = signed_in("head")
    shown = head.get(page)

    assert shown.status_code == 200
    assert "disabled" in shown.text
    assert re.search(
        r'disabled aria-describedby="why-1"><span>夏至 <span class="muted small" id="why-1">[^<]+“', shown.text
    )
    assert 'class="actionbar"' not in shown.text
    form = {"version": "1", "behalf:account": other_ref, "behalf:reason": WHY}
    assert send(head, page, page, **form).status_code == 409
    assert unwritten.open_steps() == ["sign_commission"]


def test_a_step_is_done_for_whoever_holds_it_and_its_draft_is_shown(unwritten: Story, signed_in: Opened) -> None:
    with unwritten.work("clerk") as work:
        ref = desk.claim(work, unwritten.task(work, "commission").ref).ref
        desk.keep_draft(work, ref, {"basis": "draft of the clerk"})
    page = f"/tasks/{ref}/on-behalf"

    head = signed_in("head")
    shown = head.get(page).text

    assert "draft of the clerk" in shown
    assert "data-draft-url" not in shown
    assert send(head, page, f"{page}/rules").status_code == 200
    with unwritten.work("clerk") as work:
        assert desk.draft_of(work, unwritten.task(work, "commission")) == {"basis": "draft of the clerk"}


def test_the_page_for_a_colleague_is_nobodys_who_is_not_the_head(unwritten: Story, signed_in: Opened) -> None:
    page = on_behalf_of(unwritten)
    answers = {login: signed_in(login).get(page).status_code for login in ("clerk", "town", "reviewer")}
    assert answers == {"clerk": 403, "town": 403, "reviewer": 403}
    assert "/on-behalf" not in signed_in("clerk").get(page.removesuffix("/on-behalf")).text
    head = signed_in("head")
    assert head.get("/tasks/01ARZ3NDEKTSV4RRFFQ69G5FAV/on-behalf").status_code == 404
    with unwritten.work("head") as work:
        repairs.suspend(work, unwritten.case_ref, WHY)
    assert "暂停" in head.get(page).text
    assert send(head, page, page, version="1").status_code == 409


def test_a_batch_holds_until_a_day_and_names_steps_and_process_as_people_do(story: Story, signed_in: Opened) -> None:
    browser, new = signed_in("head"), "/batches/new"
    shown = browser.get(f"{new}?lang=en").text
    assert '<optgroup label="Verification' in shown or 'label="' in shown
    assert ">sign_commission<" not in shown
    form = {"kind": "suspend", "state": "OPEN", "step": "sign_commission", "process": "verification", "reason": WHY}
    late = send(browser, new, new, **form, until="2020-01-01")
    odd = send(browser, new, new, **form, until="soon")
    assert (late.status_code, odd.status_code) == (422, 422)
    asked = send(browser, new, new, **form, until="2027-12-31")
    story.office.sweep()
    page = browser.get(asked.location).text

    assert "2027-12-31" in page
    assert "sign_commission" not in page
    assert ">verification<" not in page
    assert send(browser, asked.location, f"{asked.location}/run").status_code == 302
    story.office.sweep()
    with story.work() as work:
        until = story.case(work).suspended_until
        assert until is not None and until.isoformat().startswith("2027-12-31T00:00")


def test_a_batch_of_somebody_whose_account_is_closed_is_stopped_with_the_reason(
    story: Story, signed_in: Opened
) -> None:
    with story.work("head") as work:
        ref = batches.draft(work, "suspend", {}, CaseFilter(), WHY)
    with story.work() as work:
        staff.disable(work, staff.by_login(work, "head"))
    story.office.sweep()

    page = signed_in("clerk").get(f"/batches/{ref}").text

    assert "账号已停用" in page
    with story.work("clerk") as work:
        assert batches.load(work, ref).state == "CANCELLED"
