"""What editors send: two people on one draft, saving, checking, presence; sizes and kinds of bodies."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from domain.clock import machine_now
from domain.parties.accounts import UserSession
from domain.work import OPERATOR, unit_of_work
from tests.homes import Office
from tests.webapp.desk_world import app_of
from tests.webapp.owner_world import SHIPPED, begun, check_file, counted, owner_of, post, send_file, shipped, token_of
from webapp import checking
from webapp.views import studio_files
from workflows import lint_child
from workflows.bundles import Bundle, read_folder
from workflows.definition_rows import DefinitionDraftRevision

DRAWING = shipped("review_commission")
FORM = "forms/sign_batch.form"


@pytest.fixture
def app(office: Office) -> Flask:
    return app_of(office)


def renamed(name: str) -> bytes:
    """The drawing with another name at its start."""
    return DRAWING.replace("批次开始".encode(), name.encode())


def kept(office: Office) -> list[tuple[int, bool, int | None]]:
    with office.home.sessions() as session:
        rows = session.scalars(select(DefinitionDraftRevision).order_by(DefinitionDraftRevision.number))
        return [(one.number, one.aside, one.parent) for one in rows]


# --- two people ------------------------------------------------------------------------------------------------


def test_two_people_on_one_file_are_told_and_nothing_is_lost(office, app):
    one, other = owner_of(app, office), owner_of(app, office, "owner2")
    draft = begun(one)
    saved = send_file(one, draft, "process.bpmn", renamed("甲"))
    assert (saved.status_code, saved.json["revision"], saved.json["merged"]) == (200, 2, False)
    late = send_file(other, draft, "process.bpmn", renamed("乙"))
    assert late.status_code == 409
    assert late.json["by"] == "方冬至" and late.json["at"] == "09:00" and late.json["revision"] == 2
    assert "方冬至" in late.json["message"]
    assert one.get(f"{draft}/files/process.bpmn").data == renamed("甲")
    beside = send_file(other, draft, "process.bpmn", renamed("乙"), query="?aside=1")
    assert beside.json["revision"] == 3
    assert kept(office) == [(1, False, None), (2, False, 1), (3, True, 1)]
    assert one.get(f"{draft}/files/process.bpmn?revision=3").data == renamed("乙")
    page = one.get(f"{draft}?lang=en").text
    assert "saved beside" in page and "方小寒" in page
    assert post(one, f"{draft}/newest", number=3, revision=2).status_code == 302
    assert one.get(f"{draft}/files/process.bpmn").data == renamed("乙")


def test_two_people_on_different_files_have_both_kept(office, app):
    one, other = owner_of(app, office), owner_of(app, office, "owner2")
    draft = begun(one)
    form = shipped("review_commission", FORM).replace("签发日期".encode(), "签发日".encode())
    assert send_file(one, draft, "process.bpmn", renamed("甲")).status_code == 200
    both = send_file(other, draft, FORM, form)
    assert (both.status_code, both.json["revision"], both.json["merged"]) == (200, 3, True)
    assert one.get(f"{draft}/files/process.bpmn").data == renamed("甲")
    assert one.get(f"{draft}/files/{FORM}").data == form


def test_the_same_bytes_again_write_nothing(office, app):
    owner = owner_of(app, office)
    draft = begun(owner)
    answer = send_file(owner, draft, "process.bpmn", DRAWING)
    assert answer.json == {"revision": 1, "merged": False, "unchanged": True, "saved": "09:00"}
    assert kept(office) == [(1, False, None)]


def test_people_see_who_else_is_at_work(office, app):
    one, other = owner_of(app, office), owner_of(app, office, "owner2")
    draft = begun(one)
    headers = {"X-CSRFToken": token_of(one)}
    assert one.post(f"{draft}/presence", json={"part": FORM}, headers=headers).json == {"revision": 1, "others": []}
    answer = post(other, f"{draft}/presence", part="process.bpmn")
    assert answer.json == {"revision": 1, "others": [{"name": "方冬至", "part": FORM}]}
    assert "方冬至 is at work on Sign campaign letter now." in other.get(f"{draft}?lang=en").text
    for odd in ([1], "x", None, {"part": 5}, {"part": ["x"]}):
        assert one.post(f"{draft}/presence", json=odd, headers=headers).status_code == 200


def test_an_editor_left_open_keeps_nobodys_session_alive(office, app):
    owner = owner_of(app, office)
    draft, token, old = begun(owner), token_of(owner), machine_now() - timedelta(minutes=5)
    with unit_of_work(office.home, OPERATOR) as work:
        work.session.execute(update(UserSession).values(seen_at=old))
    headers = {"X-CSRFToken": token}
    assert owner.post(f"{draft}/presence", json={"part": FORM}, headers=headers).status_code == 200
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        assert work.session.scalars(select(UserSession.seen_at).where(UserSession.ended_at.is_(None))).one() == old


def test_a_closed_draft_keeps_nothing_more_and_asks_for_no_choice(office, app):
    one, other = owner_of(app, office), owner_of(app, office, "owner2")
    draft = begun(one)
    assert post(other, f"{draft}/close").status_code == 302
    for query in ("", "?aside=1"):
        answer = send_file(one, draft, "process.bpmn", renamed("甲"), query=query)
        assert answer.status_code == 410 and answer.json["message"] and "by" not in answer.json
    assert kept(office) == [(1, False, None)]


# --- checking --------------------------------------------------------------------------------------------------


def test_what_is_not_saved_yet_is_checked_in_the_whole_bundle_and_not_kept(office, app):
    owner = owner_of(app, office)
    draft = begun(owner)
    before = counted(office.home)
    assert check_file(owner, draft, "process.bpmn", b"").json == {"passes": True, "findings": []}
    wrong = check_file(owner, draft, "process.bpmn", DRAWING.replace(b'"department_head"', b'"wizard"')).json
    assert not wrong["passes"]
    found = wrong["findings"][0]
    assert (found["file"], found["element"], found["severity"]) == ("process.bpmn", "sign", "error")
    assert "wizard" in found["sentence"] and found["line"] and found["remedy"]
    form = check_file(owner, draft, FORM, b'{"type": "default", "components": [{"type": "html"}]}').json
    assert {one["file"] for one in form["findings"]} >= {FORM}
    torn = check_file(owner, draft, "process.bpmn", b"<!DOCTYPE x><x/>")
    assert torn.status_code == 200 and not torn.json["passes"] and torn.json["findings"][0]["line"] == 1
    assert counted(office.home) == before


class SlowFiles(dict[str, bytes]):
    """Files that take their time when the check adds up their sizes; counts who does so at once."""

    running = most = 0

    def values(self):
        SlowFiles.running += 1
        SlowFiles.most = max(SlowFiles.most, SlowFiles.running)
        time.sleep(0.05)
        SlowFiles.running -= 1
        return super().values()


def test_one_person_checks_one_thing_at_a_time():
    done: list[object] = []

    def ask(number: int) -> None:
        try:
            done.append(checking.findings(Bundle("q", SlowFiles({"process.toml": str(number).encode()})), 7))
        except checking.TooMany as refusal:
            done.append(refusal)

    people = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    refused = [one for one in done if isinstance(one, checking.TooMany)]
    assert len(done) == 12 and 0 < len(refused) <= 12 - checking.QUEUE
    assert SlowFiles.most == 1
    assert not checking._running and not checking._asked


def test_a_check_that_a_busy_machine_did_not_end_is_done_again(monkeypatch):
    bundle = read_folder(SHIPPED / "review_commission")
    with monkeypatch.context() as busy:
        busy.setitem(lint_child.check_untrusted.__kwdefaults__, "seconds", 0)
        busy.setattr(checking, "_found", OrderedDict())
        assert [one.sentence for one in checking.findings(bundle, 8)] == [lint_child.NO_END]
        busy.undo()
    assert checking.findings(bundle, 8) == ()


# --- bodies ----------------------------------------------------------------------------------------------------


def test_a_body_too_large_is_refused_with_a_sentence_before_it_is_read(office, app):
    owner = owner_of(app, office)
    draft = begun(owner)
    before = counted(office.home)
    for size in (studio_files.LIMIT + 1, 10_000_000):
        for answer in (
            send_file(owner, draft, "process.bpmn", b"x" * size),
            check_file(owner, draft, "process.bpmn", b"x" * size),
        ):
            assert answer.status_code == 413
            found = answer.json["findings"][0]
            assert found["file"] == "process.bpmn" and "2 MB" in answer.json["message"] and found["remedy"]
    assert counted(office.home) == before
    assert send_file(owner, draft, "process.bpmn", renamed("甲")).status_code == 200


def test_a_body_that_no_editor_sends_is_refused(office, app):
    owner = owner_of(app, office)
    draft = begun(owner)
    headers = {"X-CSRFToken": token_of(owner), "X-Revision": "1"}
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/html", "image/svg+xml"):
        answer = owner.post(f"{draft}/files/process.bpmn", data=b"a=b", headers=headers, content_type=kind)
        assert answer.status_code == 415 and (answer.json or {})["message"], kind
    assert kept(office) == [(1, False, None)]


def test_a_save_without_token_or_revision_keeps_nothing(office, app):
    owner = owner_of(app, office)
    draft = begun(owner)
    bare = owner.post(f"{draft}/files/process.bpmn", data=renamed("甲"), content_type="text/plain")
    assert bare.status_code == 400
    for revision in ("", "x", "99", "-1"):
        answer = send_file(owner, draft, "process.bpmn", renamed("甲"), on=revision)
        assert answer.status_code == 404 and answer.json["message"], revision
    assert kept(office) == [(1, False, None)]


def test_a_file_with_no_place_in_a_process_is_not_kept(office, app):
    owner = owner_of(app, office)
    draft = begun(owner)
    for path in ("evil.html", "forms/x.js", "forms/a/b.form", "..%2fprocess.bpmn", "process.bpmn%00.form",
                 "forms/<script>.form", "%E5%90%8D.dmn"):  # fmt: skip
        answer = send_file(owner, draft, path, b"{}")
        assert answer.status_code in (404, 422), path
    assert kept(office) == [(1, False, None)]
