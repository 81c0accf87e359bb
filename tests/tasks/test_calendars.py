"""The calendar file: RFC 5545 as another reader reads it, no names in it, behind an address that can be taken back."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from tasks.desk import desk
from tasks.terms import calendars
from tasks.terms.calendars import Entry, Feed
from tests.homes import Office
from tests.journeys.played import ACCEPTED, story_of
from tests.journeys.playing import Story
from tests.webapp.desk_world import app_of, browser_of, press

HARD = "环节，一；二\\三\n四，" * 12


def read(raw: bytes) -> list[dict[str, str]]:
    """The events of a calendar, by a reader of the test's own: unfolds, splits, takes the escapes back."""
    assert raw.endswith(b"\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    for octets in raw.split(b"\r\n"):
        assert len(octets) <= 75
        octets.decode()  # no letter is cut
    lines = raw.decode().replace("\r\n ", "").split("\r\n")
    assert (lines[0], lines[-2]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    events: list[dict[str, str]] = []
    inside: list[str] = []
    for line in lines[:-1]:
        name, _colon, value = line.partition(":")
        if name == "BEGIN":
            inside.append(value)
            if value == "VEVENT":
                events.append({})
        elif name == "END":
            assert inside.pop() == value
        elif "VEVENT" in inside:
            key = f"{inside[-1]}.{name}" if inside[-1] != "VEVENT" else name
            assert key not in events[-1]
            said = re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), value)
            events[-1][key] = said
    assert not inside
    return events


def test_hard_names_survive_folding_and_escaping() -> None:
    entry = Entry("r1", HARD, "en", "平核〔2027〕0001", date(2027, 6, 9), datetime(2027, 5, 18, tzinfo=UTC), True)
    [event] = read(calendars.written(Feed("h1", False, [entry], "d")))
    assert event["SUMMARY"] == f"{HARD} 平核〔2027〕0001"
    assert event["UID"] == "r1@h1.hedui.invalid"
    assert event["DTSTART;VALUE=DATE"] == "20270609"
    assert event["DTEND;VALUE=DATE"] == "20270610"
    assert event["DTSTAMP"] == "20270518T000000Z"
    assert event["VALARM.TRIGGER"] == "-P2D"


def held(office: Office) -> Story:
    story = story_of(office)
    with story.work("handler") as work:
        desk.claim(work, story.task(work, "query_plan").ref)
    return story


def test_the_feed_needs_no_sign_in_tells_no_name_and_ends_when_it_is_taken_back(office_in) -> None:
    office = office_in(ACCEPTED)
    story = held(office)
    app = app_of(office)
    browser, stranger = browser_of(app, office, "handler"), app.test_client()
    page = press(browser, "/account/notices", "/account/calendar").text
    address = re.search(r'value="http://localhost(/calendar/[^"]+\.ics)"', page)
    assert address, page
    answer = stranger.get(address[1])
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    [event] = read(answer.data)
    with story.work() as work:
        task = story.task(work, "query_plan")
        assert task.name in event["SUMMARY"]
        assert story.case(work).number in event["SUMMARY"]
        names = [work.home.vault.open("person.name", one.ref, one.name) for one in story.members(work)]
    assert not any(name in answer.data.decode() for name in names)
    again = stranger.get(address[1], headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    press(browser, "/account/notices", "/account/calendar")
    assert stranger.get(address[1]).status_code == 404
    assert stranger.get("/calendar/guess.ics").status_code == 404


def test_guessing_is_slowed_down(office: Office) -> None:
    stranger = app_of(office).test_client()
    answers = {stranger.get(f"/calendar/guess{number}.ics").status_code for number in range(61)}
    assert answers == {404, 429}


def test_what_may_be_claimed_is_in_it_only_when_asked_for(office_in) -> None:
    office = office_in(ACCEPTED)
    for wide, count in ((False, 0), (True, 1)):
        with story_of(office).work("handler") as work:
            token = calendars.make(work, wide=wide)
            made = calendars.feed(work, token)
            assert made is not None
            assert len(made.entries) == count
            assert all(one.day > work.today - timedelta(days=1) for one in made.entries)
