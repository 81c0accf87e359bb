"""Papers at a task: looked through, shown, held back, released; uploads that break off and go on."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain import clock, file_checks, files, uploads
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.file_checks import CLEAN, HELD, RELEASED, WAITING, FileCheck
from domain.files import StoredFile
from domain.journal import JournalEntry
from domain.uploads import Upload, UploadChunk
from domain.work import OPERATOR, unit_of_work
from scheduler import orphans
from tasks.cases import file_checks as checks
from tasks.cases import followed
from tasks.desk import desk
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import Story
from tests.sources import papers_made as made
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, at_authorise, browser_of, fields_of, press

ACTING = made.pdf(b"2 0 obj<</S/JavaScript/JS(x)>>endobj\n")


def _handed_in(browser: Any, address: str, content: bytes, name: str) -> Any:
    data = fields_of(browser.get(address).text)
    sent: dict[str, Any] = {**data.to_dict(flat=False), "upload:members-0-scan": (io.BytesIO(content), name)}
    return browser.post(f"{address}/files?field=members-0-scan", data=sent, content_type="multipart/form-data")


def _newest(story: Story) -> tuple[StoredFile, FileCheck]:
    with story.work() as work:
        row = work.session.scalars(select(StoredFile).order_by(StoredFile.id.desc())).first()
        assert row is not None
        return row, file_checks.of_files(work, [row.id])[row.id]


@pytest.mark.parametrize(
    ("photo", "name", "media"),
    [(made.jpeg(place=True), "门牌.jpg", "image/jpeg"), (made.png(place=True), "门牌.png", "image/png")],
)
def test_a_picture_is_shown_under_the_strictest_policy_and_without_its_place(
    office: Office, photo: bytes, name: str, media: str
) -> None:
    story, browser, address = at_authorise(office)

    assert _handed_in(browser, address, photo, name).status_code == 302
    row, check = _newest(story)

    assert check.state == CLEAN
    shown = browser.get(f"/files/{row.ref}/view")
    assert shown.mimetype == media
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert shown.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert made.NORTH not in shown.data
    assert b"GPS" not in shown.data
    with story.work() as work:
        told = select(JournalEntry).where(JournalEntry.event == "file.checked").order_by(JournalEntry.id.desc())
        line = work.session.scalars(told).first()
        assert line is not None
        assert hashlib.sha256(photo).hexdigest() in str(line.body), "what was handed in can be told from another file"
    assert hashlib.sha256(shown.data).hexdigest() == row.digest
    assert f"/files/{row.ref}/view" in browser.get(address).text
    assert browser.get(f"/files/{row.ref}").headers["Content-Disposition"].startswith("attachment")


def test_a_pdf_that_acts_is_held_back_cannot_be_completed_with_and_is_released_by_another(office: Office) -> None:
    story, browser, address = at_authorise(office)
    _handed_in(browser, address, ACTING, "委托书.pdf")
    row, check = _newest(story)

    assert check.state == HELD
    assert browser.get(f"/files/{row.ref}/view").status_code == 409
    assert browser.get(f"/files/{row.ref}").status_code == 409
    page = browser.get(f"{address}?lang=en").text
    assert "held back" in page
    assert "acts by itself" in page
    sent = browser.post(address, data=fields_of(page))
    assert sent.status_code == 422
    assert press(browser, address, f"/files/{row.ref}/release", reason="x").status_code == 403
    with pytest.raises(InvalidAnswers), story.work("head") as work:
        checks.release(work, row.ref, " ")
    with pytest.raises(NotFound), story.work("handler") as work:
        checks.release(work, row.ref, "looked at it")

    head = browser_of(app_of(office), office, "head")
    press(head, "/desk", f"/files/{row.ref}/release", reason="打印件与原件一致")
    assert _newest(story)[1].state == RELEASED
    assert browser.get(f"/files/{row.ref}").status_code == 200
    with pytest.raises(Conflict), story.work("head") as work:
        checks.release(work, row.ref, "again")


def test_a_file_nobody_looked_through_is_shown_to_nobody_until_the_agenda_did(office: Office) -> None:
    """The process died between storing and looking: the agenda looks."""
    story, browser, _address = at_authorise(office)
    blob = office.home.blobs.put_bytes(made.PDF)
    with story.work("town") as work:
        ref = desk.attach(
            work, story.task(work, "authorise").ref, blob, name="x.pdf", media="application/pdf", field=""
        ).ref
    assert _newest(story)[1].state == WAITING
    assert browser.get(f"/files/{ref}").status_code == 409
    with pytest.raises(Conflict), story.work("town") as work:
        followed.readable_file(work, ref)

    office.advance((_now(story) + timedelta(minutes=2)).isoformat())
    assert _newest(story)[1].state == CLEAN


def _now(story: Story) -> Any:
    with story.work() as work:
        return work.now


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [(b"\0\0\0\x18ftypheic" + bytes(40), "IMG_1.HEIC", "JPEG"), (b"MZ" + bytes(99), "x.pdf", "PDF")],
)
def test_what_is_not_taken_is_said_with_a_way_out(office: Office, content: bytes, name: str, says: str) -> None:
    _story, browser, address = at_authorise(office)
    answer = _handed_in(browser, address, content, name)
    assert answer.status_code == 422
    assert says in answer.text


# --- uploads in pieces -----------------------------------------------------------------------------------------


def _script(browser: Any, address: str) -> dict[str, str]:
    return {"X-CSRFToken": token_in(browser.get(address).text), "Accept": "application/json"}


def _begin(browser: Any, address: str, content: bytes, name: str = "photo.jpg") -> Any:
    form = {"field": "members-0-scan", "name": name, "size": str(len(content))}
    return browser.post(f"{address}/uploads", data=form, headers=_script(browser, address))


def _piece(browser: Any, address: str, at: str, content: bytes, start: int, size: int = 400_000) -> Any:
    headers = _script(browser, address) | {"Upload-Offset": str(start)}
    return browser.patch(at, data=content[start : start + size], headers=headers)


def test_an_upload_that_broke_off_goes_on_and_is_byte_for_byte_the_file(office: Office) -> None:
    story, browser, address = at_authorise(office)
    photo = made.jpeg(noise=bytes(range(256)) * 4_000)
    at = _begin(browser, address, photo).json["at"]
    assert _piece(browser, address, at, photo, 0).headers["Upload-Offset"] == "400000"

    # the line broke: another process of the web answers now, and the page was opened again
    again = browser_of(app_of(office), office, "town")
    begun = _begin(again, address, photo)
    assert (begun.json["at"], begun.json["offset"]) == (at, 400_000)
    assert again.head(at).headers["Upload-Offset"] == "400000"
    twice = _piece(again, address, at, photo, 0)
    assert (twice.status_code, twice.headers["Upload-Offset"]) == (409, "400000")
    early = again.post(f"{at}/end", headers=_script(again, address))
    assert early.status_code == 409
    for start in range(400_000, len(photo), 400_000):
        assert _piece(again, address, at, photo, start).status_code == 204
    ended: Any = again.post(f"{at}/end", headers=_script(again, address)).json
    assert ended["digest"] == hashlib.sha256(photo).hexdigest()
    assert again.post(f"{at}/end", headers=_script(again, address)).json == ended

    with story.work() as work:
        row = files.by_ref(work, ended["file"])
        assert files.content(work, row).read() == photo
        assert work.session.scalars(select(UploadChunk)).all() == []
    data = fields_of(again.get(address).text)
    data.add("members-0-scan", ended["file"])
    again.post(f"{address}/draft", data=data)
    assert ended["file"] in again.get(address).text


def test_a_file_that_arrived_stands_in_the_draft_whatever_becomes_of_the_page(office: Office) -> None:
    """The telephone forgets its page in the moment in which the last piece is there."""
    story, browser, address = at_authorise(office)
    data = fields_of(browser.get(address).text)
    data["members-1-signed_on"] = steps.today(story)
    at = _begin(browser, address, made.PDF, "x.pdf").json["at"]
    _piece(browser, address, at, made.PDF, 0)

    ended: Any = browser.post(f"{at}/end", data=data, headers=_script(browser, address)).json
    assert ended["revision"] == 1
    page = fields_of(browser.get(address).text)
    assert page.getlist("members-0-scan") == [ended["file"]]
    assert page["members-1-signed_on"] == steps.today(story)
    assert page["draft_revision"] == "1"
    assert browser.post(f"{at}/end", data=data, headers=_script(browser, address)).json["file"] == ended["file"]
    assert fields_of(browser.get(address).text).getlist("members-0-scan") == [ended["file"]]


def test_an_upload_belongs_to_its_sender_and_has_limits(office: Office) -> None:
    story, browser, address = at_authorise(office)
    at = _begin(browser, address, made.PDF, "x.pdf").json["at"]
    clerk = browser_of(app_of(office), office, "clerk")
    assert clerk.head(at).status_code == 404
    assert _begin(clerk, "/desk", made.PDF).status_code in (403, 404)
    empty = _begin(browser, address, b"")
    assert (empty.status_code, bool(empty.json["error"])) == (409, True)
    with story.work("town") as work, pytest.raises(Conflict):
        uploads.begin(work, "x", "f", "huge", work.home.settings.upload_limit + 1)
    with story.work("town") as work:
        for place in range(uploads.MOST_OPEN - 1):
            uploads.begin(work, "x", "f", f"file {place}", 10)
        with pytest.raises(Conflict):
            uploads.begin(work, "x", "f", "one too many", 10)
    assert browser.patch(at, data=b"x", headers={"Upload-Offset": "0"}).status_code == 400, "no token"
    assert browser.delete(at, headers=_script(browser, address)).status_code == 204
    assert browser.head(at).status_code == 404


def test_what_is_no_paper_is_refused_at_the_end_and_told(office: Office) -> None:
    _story, browser, address = at_authorise(office)
    content = b"MZ" + bytes(500)
    at = _begin(browser, address, content, "x.exe").json["at"]
    _piece(browser, address, at, content, 0)
    answer = browser.post(f"{at}/end", headers=_script(browser, address))
    assert answer.status_code == 422
    assert "PDF" in answer.json["error"]


def test_after_a_day_an_upload_and_its_pieces_are_gone(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    _story, browser, address = at_authorise(office)
    at = _begin(browser, address, made.PDF, "x.pdf").json["at"]
    _piece(browser, address, at, made.PDF, 0)
    assert orphans.remove(office.home) == 0
    later = clock.machine_now() + timedelta(hours=26)
    for module in (uploads, orphans):
        monkeypatch.setattr(module, "machine_now", lambda: later)
    assert orphans.remove(office.home) >= 1
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        assert work.session.scalars(select(Upload)).all() == []
        assert work.session.scalars(select(UploadChunk)).all() == []


def test_nothing_personal_of_an_upload_lies_open(office: Office) -> None:
    _story, browser, address = at_authorise(office)
    content = made.PDF.replace(b"%%EOF", "%金丝雀\n%%EOF".encode())
    at = _begin(browser, address, content, "王金丝雀的委托书.pdf").json["at"]
    _piece(browser, address, at, content, 0)
    for path in office.place.home.rglob("*"):
        if path.is_file() and "keys" not in path.parts:
            assert "金丝雀".encode() not in path.read_bytes(), path
