"""A session that runs out while somebody types costs nothing; two tabs and the back button have one effect."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import func, select, update
from werkzeug.datastructures import MultiDict

from domain.clock import machine_now
from domain.journal import JournalEntry
from domain.parties.accounts import UserSession
from domain.parties.kept_forms import KeptForm
from domain.parties.sessions import IDLE
from domain.work import OPERATOR, unit_of_work
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import Story, new_case
from tests.sources import papers_made as made
from tests.webapp.conftest import sign_in, token_in
from tests.webapp.desk_world import app_of, at_authorise, browser_of, fields_of, press, task_address

WORDS = "打到一半的话"


@pytest.fixture
def typing(office: Office) -> tuple[Story, Any, str, Any]:
    """A clerk of the town with a filled-in form on the screen, whose session runs out."""
    story = new_case(office)
    browser = browser_of(app_of(office), office, "town")
    address = task_address(story, "intake")
    press(browser, "/desk", f"{address}/claim")
    data = fields_of(browser.get(address).text)
    data["note"] = WORDS
    return story, browser, address, data


def _over(office: Office) -> None:
    with unit_of_work(office.home, OPERATOR) as work:
        work.session.execute(update(UserSession).values(ended_at=machine_now(), end_reason=IDLE))


def _kept(office: Office) -> int:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        return work.session.scalar(select(func.count()).select_from(KeptForm)) or 0


def _signed_in(browser: Any, office: Office, login: str, target: str) -> Any:
    portal = "town_post" if login == "town" else "department"
    return sign_in(browser, login, office.passwords[login], portal, next=target)


def test_what_was_sent_after_the_session_ran_out_is_sent_on_after_signing_in(
    office: Office, typing: tuple[Story, Any, str, Any]
) -> None:
    _story, browser, address, data = typing
    _over(office)

    sent = browser.post(f"{address}/draft", data=data)
    assert sent.status_code == 302
    target = re.search(r"next=(/kept/\w+)", sent.headers["Location"].replace("%2F", "/"))
    assert target
    for path in office.place.home.rglob("hedui.db*"):
        assert WORDS.encode() not in path.read_bytes()

    assert _signed_in(browser, office, "town", target[1]).headers["Location"] == target[1]
    page = browser.get(target[1]).text
    assert WORDS in unescape(page)
    action = re.search(r'action="(/kept/\w+/send)"', page)
    assert action
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.partition("/send")[2]))
    on = browser.post(action[1], data={name: unescape(value) for name, value in hidden.items()})
    assert (on.status_code, on.headers["Location"]) == (307, f"{address}/draft")
    browser.post(on.headers["Location"], data={name: unescape(value) for name, value in hidden.items()})
    assert WORDS in browser.get(address).text
    assert _kept(office) == 0


def _in_pieces(browser: Any, address: str, content: bytes, name: str) -> tuple[str, int]:
    """A file announced, or found where it broke off: its address, and how far it came."""
    script = {"X-CSRFToken": token_in(browser.get(address).text), "Accept": "application/json"}
    form = {"field": "members-0-scan", "name": name, "size": str(len(content))}
    begun = browser.post(f"{address}/uploads", data=form, headers=script).json
    return begun["at"], begun["offset"]


def _piece(browser: Any, address: str, at: str, content: bytes, start: int, end: int) -> dict[str, str]:
    script = {"X-CSRFToken": token_in(browser.get(address).text), "Accept": "application/json"}
    sent = browser.patch(at, data=content[start:end], headers=script | {"Upload-Offset": str(start)})
    assert sent.status_code == 204
    return script


def test_files_sent_in_pieces_survive_the_sign_in_and_chosen_ones_are_named_at_their_fields(office: Office) -> None:
    story, browser, address = at_authorise(office)
    at, _offset = _in_pieces(browser, address, made.PDF, "arrived.pdf")
    script = _piece(browser, address, at, made.PDF, 0, len(made.PDF))
    arrived = browser.post(f"{at}/end", headers=script).json["file"]
    half = made.jpeg(noise=bytes(3_000))
    broken, _offset = _in_pieces(browser, address, half, "half.jpg")
    _piece(browser, address, broken, half, 0, 1_000)
    data = fields_of(browser.get(address).text)
    data.add("members-0-scan", arrived)
    data["members-0-signed_on"] = steps.today(story)
    _over(office)

    chosen = {
        "upload:members-0-scan": (io.BytesIO(made.PDF), "金丝雀的委托书.pdf"),
        "upload:members-1-scan": [(io.BytesIO(made.PDF), "b.pdf"), (io.BytesIO(made.PDF), "a.pdf")],
    }
    sent = browser.post(address, data={**data.to_dict(flat=False), **chosen}, content_type="multipart/form-data")
    target = sent.headers["Location"].replace("%2F", "/").partition("next=")[2]
    for path in office.place.home.rglob("*"):
        assert not path.is_file() or "keys" in path.parts or "金丝雀".encode() not in path.read_bytes(), path

    _signed_in(browser, office, "town", target)
    page = unescape(browser.get(f"{target}?lang=en").text)
    assert "3 files were not kept" in page
    assert all(f"<li>{name}</li>" in page for name in ("金丝雀的委托书.pdf", "a.pdf", "b.pdf"))
    hidden: MultiDict[str, str] = MultiDict(
        re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.partition("/send")[2])
    )
    on = browser.post(f"{target}/send", data=hidden)
    assert (on.status_code, on.headers["Location"]) == (307, f"{address}/draft"), "a form that lacks files waits"
    again = browser.post(on.headers["Location"], data=hidden)

    assert again.status_code == 422
    said = unescape(again.text)
    assert "Choose once more: 金丝雀的委托书.pdf." in said.partition('id="at-members-0-scan"')[2][:3000]
    assert "Choose once more: a.pdf, b.pdf." in said.partition('id="at-members-1-scan"')[2][:3000]
    assert story.open_steps() == ["authorise"], "nothing was completed without them"
    form = fields_of(browser.get(address).text)
    assert form.getlist("members-0-scan") == [arrived]
    assert form["members-0-signed_on"] == steps.today(story)
    assert _in_pieces(browser, address, half, "half.jpg") == (broken, 1_000), "it goes on where it was"


def test_another_person_who_signs_in_at_this_desk_does_not_see_it(
    office: Office, typing: tuple[Story, Any, str, Any]
) -> None:
    _story, browser, address, data = typing
    _over(office)
    target = browser.post(f"{address}/draft", data=data).headers["Location"].replace("%2F", "/").partition("next=")[2]
    _signed_in(browser, office, "clerk", target)

    answer = browser.get(target)
    assert answer.status_code == 302
    assert WORDS not in answer.text
    # the page of the first person, still open in a tab, is sent under the second's session
    refused = browser.post(f"{address}/draft", data=data)
    assert refused.status_code == 400
    assert _kept(office) == 1


def test_a_page_of_an_earlier_session_of_the_same_person_goes_on(
    office: Office, typing: tuple[Story, Any, str, Any]
) -> None:
    _story, browser, address, data = typing
    _over(office)
    _signed_in(browser, office, "town", "/desk")

    answer = browser.post(f"{address}/draft", data=data)
    assert answer.status_code == 303
    assert "/kept/" in answer.headers["Location"]
    assert WORDS in unescape(browser.get(answer.headers["Location"]).text)
    press(browser, answer.headers["Location"], f"{answer.headers['Location']}/away")
    assert _kept(office) == 0


def test_nothing_is_kept_without_a_token_of_ours(office: Office, typing: tuple[Story, Any, str, Any]) -> None:
    _story, browser, address, data = typing
    _over(office)
    forged = data.copy()
    forged["csrf_token"] = "x"
    browser.post(f"{address}/draft", data=forged)
    assert _kept(office) == 0


def test_completing_twice_has_one_effect_and_leads_to_the_next(
    office: Office, typing: tuple[Story, Any, str, Any]
) -> None:
    story, browser, address, data = typing
    steps_today = steps.today(story)
    data["applied_on"], data["truthful"] = steps_today, "y"
    for place, _member in enumerate(steps.family(story)):
        for name in ("WAGE", "PENRCV", "DEPOSIT", "VEHICLE", "HOUSE"):
            data[f"members-{place}-{name}"] = "0"

    assert browser.post(address, data=data).status_code == 302
    again = browser.post(address, data=data)  # the back button, or the other tab
    assert again.status_code == 200
    assert task_address(story, "authorise") in again.text
    with story.work() as work:
        done = select(func.count()).select_from(JournalEntry).where(JournalEntry.event == "task.completed")
        assert work.session.scalar(done) == 1
    assert story.open_steps() == ["authorise"]


def test_every_answer_says_how_long_the_server_took(office: Office) -> None:
    browser = browser_of(app_of(office), office, "town")
    answer = browser.get("/desk")
    assert re.fullmatch(r"app;dur=\d+\.\d", answer.headers["Server-Timing"])
    assert answer.headers["Cache-Control"] == "no-store"
