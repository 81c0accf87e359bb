"""No address and no line of the log holds an identity number, whatever page it is typed for."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask

import webapp
from tests.homes import Office
from tests.webapp.desk_world import app_of, browser_of
from tests.webapp.owner_world import owner_of
from webapp.addresses import like_a_number

NUMBER = "21050419570101123X"
# free text that a page sends by GET, and why it may: the door takes identity numbers away from each
FREE_TEXT = {
    ("administration/accounts.html", "q"): "a login or the name of a colleague, none of whom is a person of a case",
    ("cases/listing.html", "q"): "the number of a case; people are found by POST, at the head of the page",
    ("assist/new.html", "case"): "the number of a case; whom it is about is chosen from its letter and sent by POST",
    ("policies/place.html", "on"): "the day as of which rules are read; of a field for days, and the rules name nobody",
}
CHOSEN = ("hidden", "range", "checkbox", "radio", "submit")


@pytest.fixture
def app(office: Office) -> Flask:
    return app_of(office)


def _free_text() -> set[tuple[str, str]]:
    """The fields of all forms that are sent by GET into which somebody may write anything."""
    found = set()
    folder = Path(webapp.__file__).parent / "templates"
    for place in folder.rglob("*.html"):
        page = place.read_text(encoding="utf-8")
        for form in re.finditer(r"<form\b([^>]*)>(.*?)</form>", page, re.DOTALL):
            if re.search(r'method="post"', form[1], re.IGNORECASE):
                continue
            for kind, words in re.findall(r"<(input|textarea)\b([^>]*)", form[2]):
                sort = re.search(r'type="(\w+)"', words)
                name = re.search(r'name="([^"]+)"', words)
                if name and not (kind == "input" and sort and sort[1] in CHOSEN):
                    found.add((place.relative_to(folder).as_posix(), name[1]))
    return found


def test_every_field_that_is_sent_in_an_address_is_known_with_its_reason() -> None:
    assert _free_text() == set(FREE_TEXT)


@pytest.mark.parametrize(
    "text",
    [
        NUMBER, NUMBER.lower(), "210504570101123", "２１０５０４１９５７０１０１１２３Ｘ", "210504 19570101 123X",
        "2105-0419-5701-0112-3X", "'21050419570101123X", f"王某 {NUMBER}", f"{NUMBER}，王某", f"/cases?q={NUMBER}",
        f"{NUMBER}42", f"{NUMBER}42B1", "2105041957010112",
    ],
)  # fmt: skip
def test_a_number_is_seen_however_it_is_written(text: str) -> None:
    assert like_a_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "平核〔2027〕0001", "13912345678", "2027-05-18", "2027-05-18T09:00:00.123456", "王某", "12345678901234",
        "0" * 64, "01j9z3k4m5n6p7q8r9s0t1v2w3", "9223372036854775808", "a" * 14 + "1" * 16, "1,234,567.89",
    ],
)  # fmt: skip
def test_what_pages_put_into_addresses_is_no_number(text: str) -> None:
    assert not like_a_number(text)


PAGES = (
    ("clerk", "/cases?state=all&q="), ("clerk", "/desk?q="), ("clerk", "/desk?v.x="), ("clerk", "/recipients?code="),
    ("clerk", "/whitelist?after="), ("clerk", "/find?q="), ("clerk", "/notices?group="), ("clerk", "/nowhere?q="),
    ("clerk", "/cases?"), ("auditor", "/breaches?state="), ("system", "/administration/accounts?q="), ("", "/cases?q="),
)  # fmt: skip


def test_no_page_keeps_a_number_in_its_address_or_in_the_log(
    office: Office, app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for login, address in PAGES:
        browser = app.test_client()
        if login:
            browser = (browser_of if login == "clerk" else owner_of)(app, office, login)
        for written in (NUMBER, f"王某 {NUMBER}", "２１０５０４ 19570101 123x"):
            answer = browser.get(address + quote(written))
            assert answer.status_code == 303 and "?" not in answer.location, (login, address)
            assert NUMBER not in answer.text
    assert NUMBER not in caplog.text and "19570101" not in caplog.text and "%2019570101" not in caplog.text


def test_the_page_without_its_words_says_why(office: Office, app: Flask) -> None:
    clerk = browser_of(app, office, "clerk")
    shown = clerk.get(f"/cases?state=all&q={NUMBER}", follow_redirects=True)
    assert shown.status_code == 200 and shown.request.query_string == b""
    assert "身份证号" in shown.text and NUMBER not in shown.text
    assert "身份证号" not in clerk.get("/cases").text  # said once
    assert clerk.get("/cases?q=0001").status_code == 200


def test_nothing_is_done_that_is_sent_to_such_an_address(office: Office, app: Flask) -> None:
    auditor = owner_of(app, office, "auditor")
    answer = auditor.post(f"/breaches?x={NUMBER}", data={})
    assert answer.status_code == 303 and NUMBER not in answer.location
    stranger = app.test_client().get(f"/cases?q={NUMBER}", headers={"Host": "elsewhere.example"})
    assert stranger.status_code == 400 and NUMBER not in stranger.text
