"""Finding in the pages: filters with chips, saved and shared ones, and people by POST, whose names no address holds."""

from __future__ import annotations

import logging
import re
from html import unescape

from sqlalchemy import select

from domain.parties import households
from tasks.finding import saved_filters
from tasks.finding.filters import Filter
from tasks.rows.finding_models import SavedFilter
from tests.homes import Office
from tests.journeys.playing import new_case
from tests.webapp.desk_world import app_of, browser_of, press


def chips(page: str) -> list[str]:
    return [
        " ".join(unescape(re.sub(r"<[^>]+>", " ", one)).split()) for one in re.findall(r'class="chip".*?</a>', page)
    ]


def test_a_form_with_empty_fields_becomes_an_address_that_says_only_what_narrows(office: Office) -> None:
    new_case(office)
    browser = browser_of(app_of(office), office, "town")
    sent = browser.get("/desk?step=intake&town=&programme=&due=none&due_from=&older=&priority=&v.x.from=")
    assert sent.headers["Location"] == "/desk?step=intake&due=none"
    page = browser.get(sent.headers["Location"]).text
    assert "江白露" in page
    assert len(chips(page)) == 2
    assert 'href="/desk?step=intake"' in page and 'href="/desk?due=none"' in page
    assert "江白露" not in browser.get("/desk?due=overdue").text
    assert "江白露" not in browser.get("/desk?priority=urgent").text


def test_a_town_that_is_gone_is_said_and_ignored(office: Office) -> None:
    new_case(office)
    page = browser_of(app_of(office), office, "town").get("/desk?town=nowhere&process=none&v.gone=1").text
    assert "江白露" in page
    assert page.count('<div class="note">') >= 3
    assert chips(page) == []


def test_a_person_is_found_by_post_and_no_address_or_log_names_them(office: Office, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    story = new_case(office)
    with story.work() as work:
        member = story.members(work)[0]
        name, number = households.name_of(work, member), households.number_of(work, member)
    browser = browser_of(app_of(office), office, "town")
    for text in (name, name[:1], name[1:3], number, number.lower()):
        answer = press(browser, "/desk", "/find", q=text)
        address = answer.headers["Location"]
        assert re.fullmatch(r"/find/[0-9a-z]{26}", address)
        page = browser.get(address).text
        assert f"/cases/{story.case_ref}" in page and name in re.sub(r"</?mark>", "", page)
        assert number not in page
        listed = press(browser, "/desk", "/desk/person?due=none", q=text).headers["Location"]
        assert listed.startswith("/desk?due=none&person=")
        assert name in browser.get(listed).text
        assert len(chips(browser.get(listed).text)) == 2
    assert press(browser, "/desk", "/find", q="").headers["Location"] == "/cases"
    assert press(browser, "/desk", "/find", q="无此人").status_code == 302
    assert name not in caplog.text and number not in caplog.text
    other = browser_of(app_of(office), office, "clerk")
    assert other.get(address).status_code == 404


def test_a_case_number_leads_to_its_case(office: Office) -> None:
    story = new_case(office)
    with story.work() as work:
        number = story.case(work).number
    browser = browser_of(app_of(office), office, "town")
    assert press(browser, "/desk", "/find", q=number).headers["Location"] == f"/cases/{story.case_ref}"
    assert browser.get("/find").status_code == 200


def test_a_filter_is_saved_counted_renamed_moved_and_deleted(office: Office) -> None:
    new_case(office)
    browser = browser_of(app_of(office), office, "town")
    for name in ("没有期限的", "受理"):
        words = "due=none" if name != "受理" else "step=intake&tab=all&page=1"
        saved = press(browser, "/desk?due=none", f"/desk/filters?{words}", name=name)
        assert saved.headers["Location"] == f"/desk?{words.split('&')[0]}"
    page = browser.get("/desk").text
    assert "没有期限的" in page and "hx-get" in page
    counted = browser.get("/desk/filters/counts").text
    assert re.findall(r"<strong>(.*?)</strong>", counted) == ["1", "1"]

    refs = re.findall(r'id="f-([0-9a-z]+)"', browser.get("/desk/filters").text)
    assert browser.get(f"/desk/filters/{refs[0]}").headers["Location"] == "/desk?due=none"
    press(browser, "/desk/filters", f"/desk/filters/{refs[0]}/move", by="down")
    assert re.findall(r'id="f-([0-9a-z]+)"', browser.get("/desk/filters").text) == refs[::-1]
    press(browser, "/desk/filters", f"/desk/filters/{refs[0]}", name="新名字")
    assert "新名字" in browser.get("/desk/filters").text
    assert press(browser, "/desk/filters", f"/desk/filters/{refs[0]}", name=" ").status_code == 422
    press(browser, "/desk/filters", f"/desk/filters/{refs[0]}/delete")
    assert "新名字" not in browser.get("/desk/filters").text
    assert press(browser, "/desk", "/desk/filters", name="nothing").headers["Location"] == "/desk"
    assert press(browser, "/desk?due=none", "/desk/filters?due=none", name="x", audience="TEAM").status_code == 403


def test_a_shared_filter_is_opened_with_ones_own_rights_and_changed_by_its_owner_alone(office: Office) -> None:
    new_case(office)
    app = app_of(office)
    head, clerk, town = (browser_of(app, office, login) for login in ("head", "clerk", "town"))
    address = "/desk/filters?due=overdue&person=abc"
    press(head, "/desk?due=overdue", address, name="逾期的", audience="ROLE", role="department_clerk")
    assert "逾期的" in clerk.get("/desk").text
    assert "逾期的" not in town.get("/desk").text
    with app.app_context():
        from webapp.auth import house

        with house().home.sessions() as session:
            row = session.scalars(select(SavedFilter)).one()
            assert row.words == {"due": "overdue"}, "a person is not saved"
            ref = row.ref
    assert clerk.get(f"/desk/filters/{ref}").headers["Location"] == "/desk?due=overdue"
    assert town.get(f"/desk/filters/{ref}").status_code == 404
    assert press(clerk, "/desk/filters", f"/desk/filters/{ref}", name="mine now").status_code == 403
    assert press(town, "/desk?due=none", f"/desk/filters/{ref}/delete").status_code == 404


def test_words_that_mean_nothing_any_more_are_left_out(office: Office) -> None:
    story = new_case(office)
    with story.work("town") as work:
        saved_filters.save(work, Filter(owner="open", process="gone", due="none"), "旧的")
        (one,) = saved_filters.listing(work)
        assert one.words == {"process": "gone", "due": "none"}
    page = browser_of(app_of(office), office, "town").get(f"/desk/filters/{one.ref}", follow_redirects=True).text
    assert "江白露" in page and '<div class="note">' in page
