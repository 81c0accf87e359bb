"""Files made to hurt: refused with sentence, place and remedy; nothing is kept, and the service goes on."""

from __future__ import annotations

import io
import json
import stat
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask import Flask

from tests.homes import Office
from tests.webapp.desk_world import app_of
from tests.webapp.owner_world import begun, bring_in, check_file, counted, owner_of, post, read, send_file, shipped

DRAWING = shipped("review_commission")
TABLE = shipped("verification", "doubts.dmn")
SCRIPT = "<script>alert(1)</script>"
OPENING = b'<?xml version="1.0" encoding="UTF-8"?>\n'
FORM = "forms/sign_batch.form"


@dataclass(frozen=True)
class Hostile:
    """One upload: what it is called, its bytes, and a word of the sentence that refuses it (English)."""

    name: str
    content: bytes
    says: str
    path: str = "process.bpmn"


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], level: int = 6) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        warnings.simplefilter("ignore", UserWarning)  # of two entries with one name
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def declared(encoding: str) -> bytes:
    return DRAWING.replace(b'encoding="UTF-8"', b'encoding="%s"' % encoding.encode())


def laughs() -> bytes:
    entities = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    return OPENING + b'<!DOCTYPE x [<!ENTITY l0 "ha">' + entities + b"]><x>&l9;</x>"


def files() -> Iterator[Hostile]:
    """Hostile texts, as a drawing, a form or a table."""
    yield Hostile(
        "doctype", OPENING + b'<!DOCTYPE definitions SYSTEM "http://evil.example/x.dtd"><x/>', "document type"
    )
    yield Hostile("billion laughs", laughs(), "document type")
    entity = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
    yield Hostile("external entity", OPENING + entity, "document type")
    include = b'<x xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd" parse="text"/></x>'
    yield Hostile("xinclude", OPENING + include, "includes other files")
    style = b'<?xml-stylesheet href="http://evil.example/x.xsl" type="text/xsl"?>'
    yield Hostile("processing instruction", DRAWING.replace(OPENING, OPENING + style), "processing instruction")
    yield Hostile("utf-16", declared("UTF-16").decode().encode("utf-16"), "UTF-8")
    yield Hostile("gbk bytes", declared("UTF-8").decode().encode("gbk"), "UTF-8")
    yield Hostile("gbk declared", declared("GBK").decode().encode("gbk"), "UTF-8")
    yield Hostile("latin-1 declared", declared("ISO-8859-1"), "UTF-8")
    yield Hostile("truncated", DRAWING[: len(DRAWING) // 2], "well-formed")
    yield Hostile("ten megabytes", OPENING + b"<x>" + b"a" * 10_000_000 + b"</x>", "MB")
    yield Hostile("depth 5,000", OPENING + b"<a>" * 5_000 + b"</a>" * 5_000, "100 levels")
    yield Hostile("100,000 elements", OPENING + b"<a>" + b"<b/>" * 100_000 + b"</a>", "20,000")
    yield Hostile("nul bytes", DRAWING.replace("批次".encode(), b"a\x00b", 1), "UTF-8")
    yield Hostile("no xml", b"\x7fELF" + bytes(range(256)) * 4, "UTF-8")
    yield Hostile("page", b"<!doctype html><html><body onload=alert(1)></body></html>", "document type")
    deep = b'{"type": "default", "components": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    yield Hostile("form 10,000 deep", deep, "", FORM)
    yield Hostile("form that is no json", b"{" * 50, "", FORM)
    yield Hostile("table with doctype", OPENING + b"<!DOCTYPE x>" + TABLE.removeprefix(OPENING), "", "rates.dmn")


def zips() -> Iterator[Hostile]:
    """Hostile zips."""
    bomb = (bytes(60_000_000), 9)
    yield Hostile("zip bomb", zipped(("process.bpmn", bomb[0]), level=bomb[1]), "4 MB")
    inner = zipped(("process.bpmn", bytes(10_000_000)))
    yield Hostile("nested zip", zipped(("process.bpmn", DRAWING), ("inner.zip", inner)), "no place")
    yield Hostile("path traversal", zipped(("process.bpmn", DRAWING), ("../../webapp/app.py", b"x")), "")
    yield Hostile("absolute path", zipped(("process.bpmn", DRAWING), ("/etc/cron.d/x", b"x")), "")
    yield Hostile("symlink", zipped(("process.bpmn", DRAWING), (link("process.toml"), b"/etc/passwd")), "")
    yield Hostile("twice the same name", zipped(("process.bpmn", DRAWING), ("process.bpmn", b"<x/>")), "")
    yield Hostile("script in a name", zipped(("process.bpmn", DRAWING), (f"forms/{SCRIPT}.form", b"{}")), "no place")
    many = [(f"forms/f{number}.form", b"{}") for number in range(5_000)]
    yield Hostile("5,000 entries", zipped(("process.bpmn", DRAWING), *many), "")
    yield Hostile("executable", zipped(("process.bpmn", DRAWING), ("run.sh", b"#!/bin/sh\nid\n")), "no place")
    yield Hostile("no drawing", zipped(("process.toml", shipped("verification", "process.toml"))), "process.bpmn")
    yield Hostile("torn zip", zipped(("process.bpmn", DRAWING))[:-30], "zip")
    for one in files():
        if one.path != "process.bpmn":
            yield Hostile(f"{one.name} in a zip", zipped(("process.bpmn", DRAWING), (one.path, one.content)), one.says)


@pytest.fixture
def app(office: Office) -> Flask:
    return app_of(office)


def test_there_are_more_than_twenty():
    assert len([*files()]) + len([*zips()]) > 20


def test_an_import_made_to_hurt_is_refused_with_place_and_remedy_and_the_next_one_works(office, app):
    owner = owner_of(app, office)
    owner.get("/account/?lang=en")
    before = counted(office.home)
    problems = []
    for one in (*(one for one in files() if one.path == "process.bpmn"), *zips()):
        answer = bring_in(owner, one.content, f"{SCRIPT}.bpmn", key="hurt", title="甲", title_en="A")
        said = read(answer.text)
        if answer.status_code not in (413, 422) or one.says not in said or SCRIPT in answer.text:
            problems.append(f"{one.name}: {answer.status_code} {said[said.find('Import a process') :][:300]}")
        if answer.status_code == 422 and 'class="summary-error"' not in answer.text and "file-error" not in answer.text:
            problems.append(f"{one.name}: no place is named")
        assert owner.get("/healthz").status_code == 200, one.name
    assert not problems, "\n".join(problems)
    assert counted(office.home) == before
    assert bring_in(owner, DRAWING, key="good", title="甲", title_en="A").status_code == 302


def test_a_save_made_to_hurt_is_refused_with_place_and_remedy_and_the_next_one_works(office, app):
    owner = owner_of(app, office)
    owner.get("/account/?lang=en")
    draft = begun(owner)
    before = counted(office.home)
    problems = []
    for one in files():
        for send in (send_file, check_file):
            answer = send(owner, draft, one.path, one.content)
            found = (answer.json or {}).get("findings") or []
            expected = (413, 422) if send is send_file else (200, 413, 422)
            if answer.status_code not in expected or not found:
                problems.append(f"{one.name} ({send.__name__}): {answer.status_code} {answer.text[:200]}")
                continue
            first = found[0]
            if not (
                first["file"] == one.path and first["sentence"] and first["remedy"] and one.says in first["sentence"]
            ):
                problems.append(f"{one.name} ({send.__name__}): {first}")
    assert not problems, "\n".join(problems)
    assert counted(office.home) == before
    assert send_file(owner, draft, "process.bpmn", DRAWING + b"\n").status_code == 200


# --- what is only text -----------------------------------------------------------------------------------------


def shows_escaped(page: str) -> bool:
    return SCRIPT not in page and "&lt;script&gt;alert(1)" in page


def test_names_that_look_like_scripts_are_text_and_shown_as_such(office, app):
    owner = owner_of(app, office)
    draft = begun(owner)
    quoted = SCRIPT.replace("<", "&lt;").replace(">", "&gt;").encode()
    drawing = DRAWING.replace('name="签发批次委托"'.encode(), b'name="' + quoted + b'"')
    assert send_file(owner, draft, "process.bpmn", drawing).status_code == 200
    assert check_file(owner, draft, "process.bpmn", b"").json["passes"]
    assert shows_escaped(owner.get(f"{draft}?lang=zh").text)
    assert shows_escaped(owner.get(f"{draft}/forms/sign_batch?lang=zh").text)
    words = owner.get(f"{draft}/words.json?lang=zh")
    assert words.mimetype == "application/json" and words.headers["X-Content-Type-Options"] == "nosniff"
    assert post(owner, f"{draft}/propose", revision=2, note=SCRIPT).status_code == 302
    assert shows_escaped(owner.get("/processes/review_commission").text)


def test_titles_and_notes_that_look_like_scripts_are_shown_as_text(office, app):
    owner = owner_of(app, office)
    owner.get("/account/?lang=en")
    answer = post(owner, "/processes/new", key="odd", title=SCRIPT, title_en=SCRIPT, role="town_post")
    draft = answer.location
    for address in ("/processes", draft, f"{draft}/details", f"{draft}/drawing", "/processes/odd"):
        assert shows_escaped(owner.get(address).text), address
    into = bring_in(owner, DRAWING, "x.bpmn", into="odd", note=SCRIPT)
    assert shows_escaped(owner.get(into.location).text.partition("<main")[2])


def test_a_form_with_scripts_may_be_kept_but_never_deployed(office, app):
    owner = owner_of(app, office)
    owner.get("/account/?lang=en")
    draft = begun(owner)
    hostile: list[tuple[str, Callable[[dict[str, object]], None]]] = [
        ("iframe", lambda one: one.update(type="iframe", url="javascript:alert(1)")),
        ("html", lambda one: one.update(type="html", content=SCRIPT)),
        ("expression", lambda one: one.update(type="expression", expression="=alert(1)", key="x")),
        ("conditional", lambda one: one.update(conditional={"hide": "=alert(1)"})),
    ]
    for number, (name, change) in enumerate(hostile, 1):
        form = json.loads(shipped("review_commission", FORM))
        change(form["components"][-1])
        form["components"][-1]["label"] = SCRIPT
        content = json.dumps(form).encode()
        assert send_file(owner, draft, FORM, content, on=number).json["revision"] == number + 1
        page = owner.get(draft).text
        assert SCRIPT not in page and f'href="{draft}/forms/sign_batch#element=' in page, name
        assert post(owner, f"{draft}/propose", revision=number + 1, note="x").status_code == 422, name
    assert counted(office.home)["definition_proposal"] == 0


def test_a_drawing_that_would_run_something_is_never_proposed(office, app):
    owner = owner_of(app, office)
    draft = begun(owner)
    changes = (
        (b'camunda:topic="commission.issue_batch"', b'camunda:topic="os.system"'),
        (b'camunda:type="external" camunda:topic="campaign.release"', b'camunda:class="java.lang.Runtime"'),
        (b"record_acceptance.outcome = ", b"__import__('os').system('id') or "),
    )
    for number, (old, new) in enumerate(changes, 1):
        assert old in DRAWING
        assert send_file(owner, draft, "process.bpmn", DRAWING.replace(old, new), on=number).status_code == 200
        answer = post(owner, f"{draft}/propose", revision=number + 1, note="x")
        assert answer.status_code == 422 and f'href="{draft}/drawing#element=' in answer.text, new
    assert counted(office.home)["definition_proposal"] == 0


# --- values nobody expects ---------------------------------------------------------------------------------------

DETAILS = b"""title = "a"
title_en = "b"
owners = ["process_owner"]
[start]
roles = []
kinds = []
programmes = []
"""
STAGES = b"".join(b'[[stages]]\ncode = "s%d"\nlabel = "x"\nlabel_en = "y"\n' % number for number in range(70))
ODD_DETAILS = {
    "title is a number": DETAILS.replace(b'"a"', b"5"),
    "title is a list": DETAILS.replace(b'"a"', b"[1]"),
    "start is a number": b'start = 5\ntitle = "a"\n',
    "roles are a number": DETAILS.replace(b"roles = []", b"roles = 5"),
    "roles are tables": DETAILS.replace(b"roles = []", b"roles = [{a = 1}]"),
    "kinds are a number": DETAILS.replace(b"kinds = []", b"kinds = 5"),
    "a stage of odd kinds": DETAILS + b"[[stages]]\ncode = [1]\nlabel = 7\nlabel_en = {a = 1}\n",
    "stages are a number": b"stages = 5\n" + DETAILS,
    "stages are numbers": b"stages = [1, 2]\n" + DETAILS,
    "70 stages": DETAILS + STAGES,
}


def test_details_of_odd_kinds_are_shown_and_can_be_mended_on_the_page(office, app):
    owner = owner_of(app, office)
    draft = begun(owner)
    revision, problems = 1, []
    for name, content in ODD_DETAILS.items():
        saved = send_file(owner, draft, "process.toml", content, on=revision)
        assert saved.status_code == 200, name
        for address in (draft, f"{draft}/details", f"{draft}/compare", f"{draft}/words.json", "/processes"):
            status = owner.get(address).status_code
            problems += [(name, address, status)] * (status != 200)
        stage = {"stages-0-code": "abc", "stages-0-label": "甲", "stages-0-label_en": "A"}
        mended = post(owner, f"{draft}/details", revision=saved.json["revision"], title="甲", title_en="A", **stage)
        problems += [(name, "mended", mended.status_code)] * (mended.status_code != 302)
        revision = int(owner.get(f"{draft}/files/process.toml").headers["X-Revision"])
    assert not problems
    assert b'code = "s69"' in owner.get(f"{draft}/files/process.toml").data  # what the page does not show stays


def test_numbers_that_no_column_holds_are_not_found(office, app):
    owner = owner_of(app, office)
    draft, big, versions = begun(owner), "9" * 25, "/processes/review_commission"
    asked = (
        f"{versions}/versions/{big}", f"{versions}/versions/{big}.zip", f"{versions}/compare?to={big}",
        f"{draft}/compare?revision=-{big}", f"{draft}/drawing?revision={big}",
        f"{draft}/files/process.bpmn?revision={big}",
    )  # fmt: skip
    assert {address: owner.get(address).status_code for address in asked} == dict.fromkeys(asked, 404)
    assert post(owner, f"{draft}/newest", number=big, revision=big).status_code == 404
    assert post(owner, f"{draft}/propose", revision=big, note="x").status_code == 404
    assert post(owner, f"{versions}/versions/{big}/rollback", note="x").status_code == 404
    assert send_file(owner, draft, "process.bpmn", DRAWING, on=big).status_code == 404


def test_a_nul_in_an_address_is_no_fault_of_ours(office, app):
    owner = owner_of(app, office)
    assert owner.get("/drafts/%00").status_code in (400, 404)
    assert post(owner, "/processes/%00/draft").status_code in (400, 404)


def test_a_draft_takes_no_more_bytes_than_a_version_may_have(office, app):
    owner = owner_of(app, office)
    owner.get("/account/?lang=en")
    draft = begun(owner)
    for number in range(3):
        content = json.dumps({"note": str(number), "ballast": "x" * 1_900_000}).encode()
        answer = send_file(owner, draft, f"forms/big{number}.form", content, on=number + 1)
        assert answer.status_code == (422 if number == 2 else 200)
    assert "larger than 4 MB" in answer.json["findings"][0]["sentence"]
    assert send_file(owner, draft, "forms/big2.form", content, on=3, query="?aside=1").status_code == 422
