"""The pages of process owners: list, process, version, draft, details, new process, import."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from domain.work import unit_of_work
from tests.homes import Office
from tests.journeys.playing import new_case
from tests.webapp.desk_world import app_of, browser_of
from tests.webapp.owner_world import (
    SHIPPED,
    begun,
    bring_in,
    counted,
    owner_of,
    post,
    read,
    send_file,
    shipped,
)
from webapp import checking, words
from workflows import bundles, definitions, forms
from workflows.definition_rows import DefinitionDraft, DefinitionDraftRevision, DefinitionProposal


@pytest.fixture
def app(office: Office) -> Flask:
    return app_of(office)


def revisions(office: Office) -> list[DefinitionDraftRevision]:
    with office.home.sessions() as session:
        return list(session.scalars(select(DefinitionDraftRevision).order_by(DefinitionDraftRevision.id)))


# --- list and process ------------------------------------------------------------------------------------------


def test_the_list_says_version_cases_draft_and_state_of_every_process(office, app):
    new_case(office)
    browser = owner_of(app, office)
    begun(browser, "verification")
    page = browser.get("/processes?lang=en").text
    assert "6 processes, 1 with a draft" in page
    row = read(next(part for part in page.split("<tr>") if ">verification<" in part))
    assert "Version 1" in row and " 1 — Revision 1" in row and "方冬至" in row and "being edited" in row
    other = read(next(part for part in page.split("<tr>") if ">dynamic_review<" in part))
    assert "in force" in other and "Edit" in other


def test_the_process_says_who_runs_where_on_which_version(office, app):
    new_case(office)
    page = read(owner_of(app, office).get("/processes/verification?lang=en").text)
    assert "Version 1 in force since" in page and "shipped with the product" in page
    assert re.search(r"Intake \S.* 1 1 A case may stand", page), page


def test_the_entry_stays_active_and_offices_without_tasks_have_no_desk(office, app):
    owner = owner_of(app, office)
    draft = begun(owner)
    for address in ("/processes", "/processes/new", "/processes/import", draft, f"{draft}/details"):
        page = owner.get(f"{address}?lang=en").text
        assert re.search(r'href="/processes" aria-current="page"', page), address
        assert 'href="/desk"' not in page and 'href="/cases"' not in page
    supplier = browser_of(app, office, "bank").get("/deliveries").text
    assert 'href="/desk"' not in supplier and 'href="/deliveries"' in supplier
    assert 'href="/desk"' in browser_of(app, office, "handler").get("/desk").text


def test_who_may_only_read_sees_everything_and_changes_nothing(office, app):
    draft = begun(owner_of(app, office))
    reader = owner_of(app, office, "oversight")
    for address in ("/processes", "/processes/review_commission", "/processes/review_commission/versions/1", draft,
                    f"{draft}/details", f"{draft}/drawing"):  # fmt: skip
        page = reader.get(f"{address}?lang=en")
        assert page.status_code == 200, address
        main = page.text.partition("<main")[2]
        assert 'method="post"' not in main and "New process" not in main, address
    before = counted(office.home)
    for address in ("/processes/verification/draft", f"{draft}/propose", f"{draft}/close", f"{draft}/newest",
                    f"{draft}/parts", f"{draft}/parts/delete", f"{draft}/details", f"{draft}/check",
                    f"{draft}/presence", f"{draft}/files/process.bpmn", "/processes/new", "/processes/import",
                    "/processes/review_commission/versions/1/rollback"):  # fmt: skip
        assert post(reader, address).status_code == 403, address
    assert counted(office.home) == before


def test_a_stranger_meets_a_closed_door_and_an_unknown_thing_is_not_there(office, app):
    draft = begun(owner_of(app, office))
    town = browser_of(app, office, "town")
    for address in ("/processes", "/processes/verification", "/processes/verification/versions/1.zip", draft,
                    f"{draft}/files/process.bpmn", f"{draft}/words.json", "/processes/import"):  # fmt: skip
        assert town.get(address).status_code == 403, address
    owner = owner_of(app, office, "owner2")
    for address in ("/processes/nothing", "/processes/verification/versions/9", "/drafts/nothing",
                    "/drafts/nothing/drawing", "/drafts/nothing/files/process.bpmn", "/drafts/nothing/words.json",
                    f"{draft}/files/nothing.dmn", f"{draft}/files/../../etc/passwd", f"{draft}/forms/nothing",
                    f"{draft}/tables/nothing", f"{draft}/drawing?revision=99", f"{draft}/files/process.bpmn?revision=9",
                    "/processes/verification/versions/1/files/nothing",
                    "/processes/verification/versions/9.zip"):  # fmt: skip
        assert owner.get(address).status_code == 404, address
    assert post(owner, "/processes/nothing/draft").status_code == 404


def test_files_are_handed_out_as_text_to_be_saved_and_never_drawn(office, app):
    owner = owner_of(app, office)
    draft = begun(owner)
    for address in (f"{draft}/files/process.bpmn", "/processes/review_commission/versions/1/files/process.bpmn",
                    f"{draft}/files/forms/sign_batch.form"):  # fmt: skip
        answer = owner.get(address)
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Revision"] == "1"
    assert owner.get(f"{draft}/files/process.bpmn").data == shipped("review_commission")


# --- draft -----------------------------------------------------------------------------------------------------


def test_a_draft_is_begun_once_and_lists_its_files_with_their_editors(office, app):
    one, other = owner_of(app, office), owner_of(app, office, "owner2")
    draft = begun(one)
    assert begun(other) == draft
    page = one.get(f"{draft}?lang=en").text
    for address in ("drawing", "details", "forms/sign_batch", "forms/acceptance"):
        assert f'href="{draft}/{address}"' in page
    assert "Sign campaign letter" in page and "no findings" in page
    with office.home.sessions() as session:
        assert [row.base_number for row in session.scalars(select(DefinitionDraft))] == [1]


def test_findings_stand_by_their_file_and_lead_to_the_element(office, app):
    owner = owner_of(app, office)
    draft = begun(owner)
    wrong = shipped("review_commission").replace(b'topic="commission.issue_batch"', b'topic="os.system"')
    assert send_file(owner, draft, "process.bpmn", wrong).status_code == 200
    page = owner.get(f"{draft}?lang=en").text
    assert f'href="{draft}/drawing#element=issue_batch"' in page
    assert "1 error" in page and "os.system" in page


def test_a_proposal_that_does_not_pass_is_refused_with_its_findings_and_keeps_the_note(office, app):
    owner = owner_of(app, office)
    draft = begun(owner)
    wrong = shipped("review_commission").replace(b'formKey="sign_batch"', b'formKey="nowhere"')
    send_file(owner, draft, "process.bpmn", wrong)
    answer = post(owner, f"{draft}/propose?lang=en", revision=2, note="为了<b>更快</b>")
    assert answer.status_code == 422
    assert "nowhere" in answer.text and f'href="{draft}/drawing#element=sign"' in answer.text
    assert "为了&lt;b&gt;更快&lt;/b&gt;</textarea>" in answer.text
    assert counted(office.home)["definition_proposal"] == 0


def test_a_proposal_needs_a_note_and_what_changed(office, app):
    owner = owner_of(app, office)
    draft = begun(owner)
    assert post(owner, f"{draft}/propose", revision=1, note=" ").status_code == 422
    same = post(owner, f"{draft}/propose?lang=en", revision=1, note="nothing changed")
    assert same.status_code == 409 and "the same already" in same.text and "nothing changed</textarea>" in same.text
    assert counted(office.home)["definition_proposal"] == 0


def test_a_note_is_kept_when_too_many_checks_wait_and_nothing_is_said_to_pass(office, app, monkeypatch):
    owner = owner_of(app, office)
    draft = begun(owner)
    send_file(owner, draft, "process.bpmn", shipped("review_commission") + b"<!-- waits -->")
    monkeypatch.setitem(checking._asked, office.actor("owner1").person(), checking.QUEUE + 1)
    answer = post(owner, f"{draft}/propose?lang=en", revision=2, note="typed")
    assert answer.status_code == 429 and ">typed</textarea>" in answer.text and "still running" in answer.text
    assert "Not checked" in answer.text and "no findings" not in answer.text and ">passes<" not in answer.text


def test_a_draft_that_passes_is_laid_before_a_second_owner_and_cannot_be_dropped_meanwhile(office, app):
    owner = owner_of(app, office)
    draft = begun(owner)
    changed = shipped("review_commission").replace("批次开始".encode(), "本批开始".encode())
    send_file(owner, draft, "process.bpmn", changed)
    assert post(owner, f"{draft}/propose", revision=2, note="改一个名称").status_code == 302
    with office.home.sessions() as session:
        row = session.scalars(select(DefinitionProposal)).one()
        assert (row.process, row.revision, row.base_number, row.note) == ("review_commission", 2, 1, "改一个名称")
    assert "1 waits for your approval" in owner_of(app, office, "owner2").get("/processes?lang=en").text
    assert post(owner, f"{draft}/close").status_code == 409


def test_an_older_revision_becomes_the_newest_again_unless_somebody_was_faster(office, app):
    owner = owner_of(app, office)
    draft = begun(owner)
    send_file(owner, draft, "process.bpmn", shipped("review_commission") + b"\n")
    assert post(owner, f"{draft}/newest", number=1, revision=1).status_code == 409
    assert post(owner, f"{draft}/newest", number=1, revision=2).status_code == 302
    assert owner.get(f"{draft}/files/process.bpmn").data == shipped("review_commission")
    assert [(one.number, one.aside) for one in revisions(office)] == [(1, False), (2, False), (3, False)]


def test_a_dropped_draft_stays_on_record_and_a_new_one_begins_with_the_version(office, app):
    owner = owner_of(app, office)
    draft = begun(owner)
    assert post(owner, f"{draft}/close").location == "/processes/review_commission"
    page = owner.get(f"{draft}?lang=en").text
    assert "closed" in page and "Drop this draft" not in page
    assert send_file(owner, draft, "process.bpmn", b"<x/>").status_code == 410
    assert begun(owner) != draft


# --- forms, tables, details ------------------------------------------------------------------------------------


def test_a_form_and_a_table_are_added_pass_the_check_and_are_taken_out_again(office, app):
    owner = owner_of(app, office)
    draft = begun(owner)
    form = post(owner, f"{draft}/parts", revision=1, kind="form", key="visit", title="走访", title_en="Visit")
    assert form.location == f"{draft}/forms/visit"
    table = post(owner, f"{draft}/parts", revision=2, kind="table", key="grade", title="分级", title_en="Grade")
    assert table.location == f"{draft}/tables/grade"
    page = owner.get(f"{draft}?lang=en").text
    assert "10 files" in page and "0 errors" in page.replace("no findings", "0 errors")
    twice = post(owner, f"{draft}/parts", revision=3, kind="form", key="visit", title="走访", title_en="Visit")
    assert twice.status_code == 422 and "forms/visit.form" in twice.text and 'value="走访"' in twice.text
    assert post(owner, f"{draft}/parts/delete", revision=3, path="forms/visit.form").status_code == 302
    assert "forms/visit.form" not in revisions(office)[-1].manifest and "grade.dmn" in revisions(office)[-1].manifest
    for path in ("process.bpmn", "process.toml", "forms/visit.form", "../x"):
        assert post(owner, f"{draft}/parts/delete", revision=4, path=path).status_code == 404


def test_a_key_that_is_no_plain_name_is_refused_at_its_field(office, app):
    owner = owner_of(app, office)
    draft = begun(owner)
    for key in ("", "x", "9a", "A", "../up", "a b", "名", "a" * 50, "new", "<script>"):
        answer = post(owner, f"{draft}/parts", revision=1, kind="form", key=key, title="甲", title_en="A")
        assert answer.status_code == 422 and 'id="key-error"' in answer.text, key
    assert len(revisions(office)) == 1


def details_of(browser, draft: str) -> dict[str, object]:
    """What the form of the details would send as it stands."""
    page = browser.get(f"{draft}/details").text
    found: dict[str, object] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        about = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if about.get("type") == "checkbox":
            if " checked" in tag:
                found.setdefault(about["name"], []).append(about["value"])  # type: ignore[attr-defined]
        elif about.get("name") and about["name"] not in ("csrf_token", "q"):
            found[about["name"]] = about.get("value", "")
    return found


def test_untouched_details_keep_their_bytes_and_write_no_revision(office, app):
    owner = owner_of(app, office)
    draft = begun(owner, "verification")
    assert post(owner, f"{draft}/details", **details_of(owner, draft)).location == draft
    assert len(revisions(office)) == 1
    assert owner.get(f"{draft}/files/process.toml").data == shipped("verification", "process.toml")


def test_details_are_written_so_that_they_read_back(office, app):
    owner = owner_of(app, office)
    draft = begun(owner, "verification")
    sent = details_of(owner, draft)
    title = 'A "quoted" title \\ with <b>marks</b>'
    sent |= {"title_en": title, "roles": ["department_clerk"], "stages-9-code": "visit", "stages-9-place": "1",
             "stages-9-label": "走访", "stages-9-label_en": "Visit", "stages-3-code": "", "stages-3-label": "",
             "stages-3-label_en": ""}  # fmt: skip
    assert post(owner, f"{draft}/details", **sent).location == draft
    with office.home.sessions() as session:
        assert session.scalars(select(DefinitionDraftRevision.number)).all() == [1, 2]
    sheet = bundles.Bundle("v", {"process.toml": owner.get(f"{draft}/files/process.toml").data}).sheet
    assert sheet["title_en"] == title and sheet["start"]["roles"] == ["department_clerk"]
    codes = [row["code"] for row in sheet["stages"]]
    assert codes[:2] == ["authorise", "visit"] and "survey" not in codes and len(codes) == 9
    page = owner.get(f"{draft}?lang=en").text
    assert "&lt;b&gt;marks" in page and "<b>marks" not in page
    assert "#element=survey" in page, "a step that names the stage taken away is a finding"


def test_details_that_cannot_be_are_refused_with_everything_kept(office, app):
    owner = owner_of(app, office)
    draft = begun(owner, "verification")
    wrong = {"title": "", "stages-9-code": "authorise", "stages-9-label": "重复", "stages-9-label_en": "Twice"}
    answer = post(owner, f"{draft}/details?lang=en", **(details_of(owner, draft) | wrong))
    assert answer.status_code == 422 and "Write the Chinese title." in answer.text
    assert "Two stages have the code authorise." in answer.text and 'value="重复"' in answer.text
    assert len(revisions(office)) == 1


def test_details_saved_by_two_people_are_not_overwritten(office, app):
    one, other = owner_of(app, office), owner_of(app, office, "owner2")
    draft = begun(one, "verification")
    sent = details_of(one, draft)
    assert post(other, f"{draft}/details", **(sent | {"title": "另一个"})).status_code == 302
    answer = post(one, f"{draft}/details?lang=en", **(sent | {"title": "我的"}))
    assert answer.status_code == 409 and "方小寒" in answer.text and 'value="我的"' in answer.text
    assert f'href="{draft}/compare?revision=2&amp;with=r1"' in answer.text and 'name="aside"' in answer.text
    assert post(one, f"{draft}/details", **(sent | {"title": "我的", "aside": "1"})).status_code == 302
    assert [(row.aside, row.parent) for row in revisions(office)] == [(False, None), (False, 1), (True, 1)]
    assert "我的".encode() in one.get(f"{draft}/files/process.toml?revision=3").data


# --- new, out and in, back -------------------------------------------------------------------------------------


def test_a_new_process_begins_as_a_draft_that_passes_and_can_come_into_force(office, app):
    owner = owner_of(app, office)
    values = {"key": "temporary_aid", "title": "临时救助", "title_en": "Temporary aid", "role": "town_post"}
    answer = post(owner, "/processes/new", **values)
    assert answer.status_code == 302, answer.text
    page = owner.get(f"{answer.location}?lang=en").text
    assert "Draft of Temporary aid" in page and "no findings" in page and "a new process" in page
    assert "7 processes" in owner.get("/processes?lang=en").text
    assert post(owner, f"{answer.location}/propose", revision=1, note="新").status_code == 302
    again = post(owner, "/processes/new", **values)
    assert again.status_code == 422 and 'value="临时救助"' in again.text and 'id="key-error"' in again.text


def test_a_version_goes_out_as_a_zip_and_comes_in_byte_for_byte(office, app):
    owner = owner_of(app, office)
    out = owner.get("/processes/verification/versions/1.zip")
    assert out.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(out.data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert files == bundles.read_folder(SHIPPED / "verification").files
    answer = bring_in(owner, out.data, key="verification_two", note="out and in")
    assert answer.status_code == 302, read(answer.text)
    assert owner.get(f"{answer.location}.zip").data == out.data
    newest = revisions(office)[-1]
    assert newest.note == "out and in" and newest.manifest.keys() == files.keys()


def test_a_drawing_alone_becomes_a_draft_with_its_titles_or_a_revision_of_a_process(office, app):
    owner = owner_of(app, office)
    drawing = shipped("review_commission")
    answer = bring_in(owner, drawing, "x.bpmn", key="letters", title="甲", title_en="A")
    page = owner.get(f"{answer.location}?lang=en").text
    assert "Draft of A" in page and "sign_batch" in page
    into = bring_in(owner, drawing + b"<!-- 2 -->", "x.bpmn", into="review_commission")
    assert into.status_code == 302
    assert owner.get(f"{into.location}/files/process.bpmn").data == drawing + b"<!-- 2 -->"
    assert owner.get(f"{into.location}/files/process.toml").data == shipped("review_commission", "process.toml")


def test_an_import_needs_a_free_key(office, app):
    owner = owner_of(app, office)
    owner.get("/account/?lang=en")
    before = counted(office.home)
    for key, said in (("", "small letters"), ("verification", "already"), ("import", "taken by a page")):
        answer = bring_in(owner, shipped("review_commission"), key=key)
        assert answer.status_code == 422 and said in answer.text, key
    assert counted(office.home) == before


def test_an_import_without_a_file_says_so(office, app):
    owner = owner_of(app, office)
    owner.get("/account/?lang=en")
    answer = bring_in(owner, b"", "", key="letters")
    assert answer.status_code == 422 and "Choose a file." in answer.text


def test_a_version_comes_back_through_a_second_owner_with_a_reason(office, app):
    owner, second = owner_of(app, office), owner_of(app, office, "owner2")
    draft = begun(owner)
    send_file(owner, draft, "process.bpmn", shipped("review_commission").replace("批次开始".encode(), "甲".encode()))
    post(owner, f"{draft}/propose", revision=2, note="改")
    with office.home.sessions() as session:
        ref = session.scalars(select(DefinitionProposal.ref)).one()
    with unit_of_work(office.home, office.actor("owner2")) as work:
        proposed = definitions.bundle_of(work, definitions.proposal(work, ref))
        definitions.approve(work, ref, bundles.must_pass(proposed))
    page = owner.get("/processes/review_commission?lang=en").text
    assert "Come back to version 1" in page and "Come back to version 2" not in page
    bare = post(second, "/processes/review_commission/versions/1/rollback?lang=en", note="")
    assert bare.status_code == 422 and "Say why" in bare.text
    assert post(second, "/processes/review_commission/versions/1/rollback", note="退回").status_code == 302
    again = post(second, "/processes/review_commission/versions/1/rollback?lang=en", note="再退")
    assert (
        again.status_code == 409
        and "waits for a second owner already" in again.text
        and ">再退</textarea>" in again.text
    )
    with office.home.sessions() as session:
        row = session.scalars(select(DefinitionProposal).where(DefinitionProposal.state == "OPEN")).one()
        assert row.note == "退回"
        assert row.manifest == bundles.read_folder(SHIPPED / "review_commission").manifest


# --- words -----------------------------------------------------------------------------------------------------


def test_the_pickers_offer_everything_a_drawing_may_name_in_the_readers_language(office, app):
    owner = owner_of(app, office)
    draft = begun(owner, "verification")
    for language in ("zh", "en"):
        assert_words(json.loads(owner.get(f"{draft}/words.json?lang={language}").data), language)


def assert_words(said: dict[str, Any], language: str) -> None:
    by = {name: {one.get("id") or one.get("name") or one.get("key") or one.get("code"): one for one in rows}
          for name, rows in said.items() if isinstance(rows, list)}  # fmt: skip
    assert by["roles"]["department_head"]["title"] == ("Department head" if language == "en" else "救助部门负责人")
    assert by["operations"]["commission.issue"]["outputs"] == ["ref", "attempt"]
    assert set(by["facts"]) == {"doubt.facts"} and set(by["records"]) == {"doubt.record"}
    assert by["tables"]["doubts"]["title"] == "疑点规则"
    assert {"notice_term", "objection_term", "recheck_term_internal"} <= set(by["terms"])
    assert by["stages"]["authorise"]["label"] == ("Authorisation" if language == "en" else "授权")
    assert by["steps"]["intake"]["kind"] == "user"
    outcome = next(one for one in by["forms"]["acceptance"]["fields"] if one["key"] == "outcome")
    assert outcome["route"] and [one["value"] for one in outcome["options"]] == ["ACCEPT", "REFUSE"]


def test_the_pickers_name_every_source_that_the_program_fills_in():
    assert words.ROWS.keys() == set(forms.ROW_SOURCES) and words.OPTIONS.keys() == set(forms.OPTION_SOURCES)
