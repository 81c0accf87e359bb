"""The desk: what is to be done, who takes it, a form filled in, kept, refused, sent, and the next one opened."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event, select

from domain.parties.households import Household
from domain.work import unit_of_work
from tasks.desk import desk
from tasks.rows.models import COMPLETED, READY, RESERVED, HumanTask, TaskAttachment
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import PDF, Story, new_case
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of, press, send, task_address
from webapp import forms
from webapp.database import db

# what every page asks beside its own: who is there, the clock, the banner, the rules
SHELL = ("FROM home", "FROM user_session", "role_grant", "FROM policy_file")


@contextmanager
def _counted(engine: Engine) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_more):
        if statement.lstrip().upper().startswith("SELECT"):
            asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def _row(story: Story, step: str) -> HumanTask:
    with story.work() as work:
        wanted = select(HumanTask).where(HumanTask.step_id == step, HumanTask.case_id == story.case(work).id)
        return work.session.scalars(wanted.order_by(HumanTask.id.desc()).limit(1)).one()


def _declared(story: Story) -> dict[str, object]:
    values: dict[str, object] = {"applied_on": steps.today(story), "truthful": "y"}
    for place, _member in enumerate(steps.family(story)):
        values |= {f"members-{place}-{name}": "0" for name in ("WAGE", "PENRCV", "DEPOSIT", "VEHICLE", "HOUSE")}
    return values


def test_a_person_claims_fills_in_completes_and_the_next_task_opens(office: Office) -> None:
    story = new_case(office)
    browser = browser_of(app_of(office), office, "town")
    assert "受理" in browser.get("/desk").text

    opened = press(browser, "/desk", "/desk/next")
    assert opened.headers["Location"].startswith(task_address(story, "intake"))
    answer = send(browser, task_address(story, "intake"), _declared(story))

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(task_address(story, "authorise"))
    assert _row(story, "intake").state == COMPLETED
    assert story.open_steps() == ["authorise"]


def test_a_form_without_what_is_needed_names_the_place_and_keeps_what_was_typed(office: Office) -> None:
    story = new_case(office)
    browser = browser_of(app_of(office), office, "town")
    address = task_address(story, "intake")
    press(browser, "/desk", f"{address}/claim")

    answer = send(browser, address, {"members-0-WAGE": "viel", "note": "长子在外地", "debts": "欠款三千"})

    assert answer.status_code == 422
    assert 'href="#members-0-WAGE"' in answer.text
    assert 'href="#applied_on"' in answer.text
    assert "长子在外地" in answer.text
    assert 'value="viel"' in answer.text
    assert _row(story, "intake").state == RESERVED


def test_what_a_person_enters_passes_through_wtforms_first(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A category nobody offers is refused by the form alone: the form's file does not know the categories."""
    story = new_case(office)
    steps.take_in(story)
    steps.authorise(story)
    browser = browser_of(app_of(office), office, "clerk")
    address = task_address(story, "commission")
    press(browser, "/desk", f"{address}/claim")
    values = {"purpose": "VERIFY", "categories": ["DEPOSIT", "MADE_UP"], "basis": "本民发〔2017〕107号"}

    refused = send(browser, address, values)
    assert refused.status_code == 422
    assert 'href="#at-categories"' in refused.text

    monkeypatch.setattr(forms.TaskForm, "validate", lambda *_a, **_k: False)
    assert send(browser, address, {**values, "categories": ["DEPOSIT"]}).status_code == 422
    assert story.open_steps() == ["commission"]
    monkeypatch.undo()
    assert send(browser, address, {**values, "categories": ["DEPOSIT"]}).status_code == 302


def test_a_rule_of_the_law_is_shown_on_the_form_with_its_clause_and_nothing_is_lost(office: Office) -> None:
    story = new_case(office)
    steps.take_in(story)
    steps.authorise(story)
    steps.commission(story)
    steps.sign_commission(story)
    browser = browser_of(app_of(office), office, "checker")
    address = task_address(story, "acceptance")
    press(browser, "/desk", f"{address}/claim")
    checks = dict.fromkeys(steps.CHECKS, "PASS") | {"letter": "FAIL"}

    answer = send(browser, address, {**checks, "outcome": "ACCEPT", "reason": "印章不清"})

    assert answer.status_code in (409, 422)
    assert "印章不清" in answer.text
    assert 'role="alert"' in answer.text
    assert story.open_steps() == ["acceptance"]


def test_a_returned_task_says_who_sent_it_back_and_why(office: Office) -> None:
    story = new_case(office)
    steps.take_in(story)
    steps.authorise(story)
    steps.commission(story)
    steps.sign_commission(story)
    story.do("checker", "acceptance", steps.checked("REFUSE", "LETTER", "印章不清", ["letter"]))
    browser = browser_of(app_of(office), office, "clerk")

    page = browser.get(task_address(story, "commission")).text

    assert "宋谷雨" in page
    assert "印章不清" in page


def test_the_loser_of_a_race_reads_who_was_faster_and_keeps_her_words(office: Office) -> None:
    story = new_case(office)
    browser = browser_of(app_of(office), office, "town")
    address = task_address(story, "intake")
    press(browser, "/desk", f"{address}/claim")
    page = browser.get(address).text
    with story.work("town") as work:
        desk.release(work, address.rpartition("/")[2])
        desk.claim(work, address.rpartition("/")[2])
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]

    answer = browser.post(address, data={"csrf_token": token, "version": "2", **_declared(story), "note": "门牌已换"})

    assert answer.status_code == 409
    assert "门牌已换" in answer.text


def test_a_draft_is_kept_while_typing_and_stays_with_the_task_when_it_is_given_back(office: Office) -> None:
    story = new_case(office)
    browser = browser_of(app_of(office), office, "town")
    address = task_address(story, "intake")
    press(browser, "/desk", f"{address}/claim")
    kept = send(browser, address, {"note": "长子在外地"}, to="/draft")
    assert kept.status_code == 302
    assert "长子在外地" in browser.get(address).text

    assert send(browser, address, {"note": "长子已回"}, to="/release").status_code == 302

    assert _row(story, "intake").state == READY
    assert "长子已回" in browser.get(address).text


def test_a_paper_is_handed_in_downloaded_and_taken_out_again(office: Office) -> None:
    story = new_case(office)
    browser = browser_of(app_of(office), office, "town")
    address = task_address(story, "intake")
    press(browser, "/desk", f"{address}/claim")

    wrong = send(browser, address, {"upload:scan": (io.BytesIO(b"MZ program"), "a.pdf")}, to="/files?field=scan")
    assert wrong.status_code == 422
    sent = send(
        browser,
        address,
        {"note": "附申报表", "upload:scan": (io.BytesIO(PDF), "申报表.pdf")},
        to="/files?field=scan",
    )
    assert sent.status_code == 302
    page = browser.get(address).text
    assert "申报表.pdf" in page
    assert "附申报表" in page
    file = re.findall(r'name="scan" value="(\w+)"', page)[0]

    paper = browser.get(f"/files/{file}")
    assert paper.data == PDF
    assert paper.headers["Content-Disposition"].startswith("attachment")
    assert paper.headers["X-Content-Type-Options"] == "nosniff"
    assert send(browser, address, {}, to=f"/files/{file}/remove?field=scan").status_code == 302
    assert f'name="scan" value="{file}"' not in browser.get(address).text
    with story.work() as work:
        assert work.session.scalars(select(TaskAttachment)).one() is not None


def test_papers_of_another_office_look_like_none(office: Office) -> None:
    story = new_case(office)
    file = story.upload("town", "intake")
    app = app_of(office)

    assert browser_of(app, office, "town2").get(f"/files/{file}").status_code == 404
    assert browser_of(app, office, "town2").get(f"/cases/{story.case_ref}").status_code == 404
    assert browser_of(app, office, "citychecker").get(task_address(story, "intake")).status_code == 404
    assert browser_of(app, office, "bank").get(f"/cases/{story.case_ref}").status_code == 403


def test_claiming_together_takes_what_is_free_and_tells_the_rest(office: Office) -> None:
    with unit_of_work(office.home, office.actor("town"), write=False) as work:
        numbers = work.session.scalars(
            select(Household.number).where(Household.town_id == work.actor.org_id).order_by(Household.id).limit(2)
        ).all()
    stories = [new_case(office, number=number) for number in numbers]
    refs = [task_address(story, "intake").rpartition("/")[2] for story in stories]
    browser = browser_of(app_of(office), office, "town")

    answer = press(browser, "/desk", "/desk/many", ref=refs[0], kind="task.claim")
    assert answer.headers["Location"].startswith("/desk?")
    assert press(browser, "/desk", "/desk/many", ref="no-such-task", kind="task.claim").status_code == 409
    again = press(browser, "/desk", "/desk/many", ref=refs[0], kind="task.claim")
    assert "您已认领" in browser.get(again.headers["Location"]).text
    assert _row(stories[0], "intake").state == RESERVED
    assert _row(stories[1], "intake").state == READY


def test_the_filter_stands_in_the_address_and_survives_completing(office: Office) -> None:
    story = new_case(office)
    browser = browser_of(app_of(office), office, "town")
    address = task_address(story, "intake")
    press(browser, "/desk", f"{address}/claim")

    answer = send(browser, address + "?step=intake", _declared(story))

    assert answer.headers["Location"] == "/desk?step=intake"
    assert browser.get("/desk?step=intake&tab=nonsense&sort=x&page=900").status_code in (200, 302)


@pytest.mark.parametrize("address", ["/desk", "/desk/done", "/cases", "task", "case"])
def test_a_page_of_the_desk_asks_at_most_ten_questions(office: Office, address: str) -> None:
    story = new_case(office)
    steps.take_in(story)
    app = app_of(office)
    browser = browser_of(app, office, "town")
    where = {"task": task_address(story, "authorise"), "case": f"/cases/{story.case_ref}"}.get(address, address)
    browser.get(where)
    with app.app_context():
        engine = db.engine
    with _counted(engine) as asked:
        assert browser.get(where).status_code == 200

    own = [one for one in asked if not any(name in one for name in SHELL)]
    assert len(own) <= 10, "\n".join(own)


def test_an_act_of_the_desk_asks_for_what_it_judges_and_not_for_its_page(office: Office) -> None:
    story = new_case(office)
    app = app_of(office)
    browser = browser_of(app, office, "town")
    address = task_address(story, "intake")
    token = token_in(browser.get(address).text)
    with app.app_context():
        engine = db.engine
    acts = {"/claim": (6, {}), "/draft": (7, _declared(story)), "": (16, _declared(story))}
    for act, (most, values) in acts.items():
        version = _row(story, "intake").version
        with _counted(engine) as asked:
            answer = browser.post(address + act, data={"csrf_token": token, "version": version, **values})
        assert answer.status_code == 302, act
        own = [one for one in asked if not any(name in one for name in SHELL)]
        assert not any("task_comment" in one or "stored_file" in one for one in own), act
        assert len(own) <= most, act + "\n".join(own)


def test_every_post_without_a_token_is_refused(office: Office) -> None:
    story = new_case(office)
    browser = browser_of(app_of(office), office, "town")
    address = task_address(story, "intake")
    for target in ("/desk/next", "/desk/many", f"{address}/claim", f"{address}/draft", address, "/cases/new"):
        assert browser.post(target, data={}).status_code == 400


def test_a_list_that_nothing_narrows_says_that_there_is_nothing_to_do_and_no_filter_to_clear(office: Office) -> None:
    browser = browser_of(app_of(office), office, "head")
    for address in ("/desk", "/desk/queue"):
        page = browser.get(f"{address}?lang=en").text
        assert "Nothing to do" in page and "Clear the filter" not in page, address
    for address in ("/desk?owner=all", "/desk?tab=overdue", "/desk/queue?step=intake"):
        page = browser.get(f"{address}&lang=en").text
        assert "Nothing to do" not in page and "Clear the filter" in page, address
