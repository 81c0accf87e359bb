"""A newer form of a task one holds: what changed is said, what was typed stays, what is gone stays in sight."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.work import unit_of_work
from tasks import moves
from tasks.batches import batch_undo, batches
from tasks.batches.batch_filter import CaseFilter
from tasks.desk import desk, form_switching
from tasks.repair import form_moves
from tasks.rows.models import HumanTask
from tasks.rows.repair_models import CaseBatchRow
from tests.bundles.edits import Editing
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import Story, new_case
from tests.journeys.test_form_revisions import changed, digest_of, part, pinned
from tests.journeys.test_versions import columns, put_in_force
from tests.webapp.desk_world import app_of, browser_of, fields_of, task_address
from tests.webapp.owner_world import owner_of, post

SAID: dict[str, Any] = {"purpose": "VERIFY", "categories": ["DEPOSIT"], "basis": "依据" * 20}


def _held(office: Office) -> tuple[Story, str]:
    """The commission in the hands of the clerk, half filled in."""
    story = new_case(office)
    steps.take_in(story)
    steps.authorise(story)
    with story.work("clerk") as work:
        ref = desk.claim(work, story.task(work, "commission").ref).ref
        desk.keep_draft(work, ref, SAID)
    return story, ref


def _fixed(editing: Editing) -> None:
    """Another label, a shorter text, and a purpose less."""
    changed("commission", "basis", label="依据（新）", validate={"maxLength": 10})(editing)
    editing.form("commission", lambda parts: _without(parts, "SURVIVAL"))


def _without(parts: list[Any], value: str) -> None:
    field = part(parts, "purpose")
    field["values"] = [one for one in field["values"] if one["value"] != value]


def _row(story: Story) -> dict[str, Any]:
    with story.work() as work:
        return columns(story.task(work, "commission"))


def test_the_newer_form_is_taken_with_the_draft_as_it_is_to_the_byte(office: Office) -> None:
    story, ref = _held(office)
    before = _row(story)
    number = put_in_force(office, _fixed)
    assert _row(story) == before

    with story.work("clerk") as work:
        form_switching.switch(work, ref)

    after = _row(story)
    assert after["form_digest"] == digest_of(office, number, "commission") != before["form_digest"]
    assert {**after, "form_digest": "", "version": 0} == {**before, "form_digest": "", "version": 0}
    with story.work() as work:
        entry = story.journal(work)[-1]
        assert (entry.event, entry.body["from"], entry.body["to"]) == (
            "task.form_switched", before["form_digest"], after["form_digest"],
        )  # fmt: skip
    with story.work("clerk") as work, pytest.raises(Conflict):
        form_switching.switch(work, ref)
    with story.work("clerk") as work, pytest.raises(InvalidAnswers) as refused:
        moves.complete_task(work, ref, version=after["version"], answers=SAID)
    assert set(refused.value.fields) == {"basis"}


def test_only_whoever_holds_it_takes_it(office: Office) -> None:
    story, ref = _held(office)
    put_in_force(office, _fixed)
    with story.work("head") as work, pytest.raises(NotPermitted):
        form_switching.switch(work, ref)
    assert pinned(story, "commission") == digest_of(office, 1, "commission")


def test_the_page_says_what_changed_and_what_is_to_be_changed_by_hand(office: Office) -> None:
    story, ref = _held(office)
    with story.work("clerk") as work:
        desk.keep_draft(work, ref, {**SAID, "purpose": "SURVIVAL"})
    browser, address = browser_of(app_of(office), office, "clerk"), task_address(story, "commission")
    assert "newer-form" not in browser.get(address).text
    put_in_force(office, _fixed)

    page = browser.get(address).text
    notice: str = page[page.index('id="newer-form"') : page.index('<form id="task"')]
    assert "依据（新）" in notice and SAID["basis"] in notice and "生存认证" in notice
    done = browser.post(f"{address}/form", data=fields_of(page), content_type="multipart/form-data")
    assert done.status_code == 302

    page = browser.get(address).text
    assert "newer-form" not in page and "依据（新）" in page
    fields = fields_of(page)
    assert fields["purpose"] == "SURVIVAL" and fields["basis"] == SAID["basis"]
    assert "生存认证（" in page
    # it stays in sight however often it is saved, and is refused until it is another
    browser.post(f"{address}/draft", data=fields, content_type="multipart/form-data")
    fields = fields_of(browser.get(address).text)
    assert fields["purpose"] == "SURVIVAL"
    fields["basis"] = "依据"
    assert browser.post(address, data=fields, content_type="multipart/form-data").status_code == 422
    fields["purpose"] = "VERIFY"
    assert browser.post(address, data=fields, content_type="multipart/form-data").status_code == 302


def test_an_option_of_a_revision_in_between_keeps_its_words(office: Office) -> None:
    def more(parts: list[Any]) -> None:
        part(parts, "purpose")["values"].append(
            {"label": "入户前核查", "value": "BEFORE", "label.en": "Before a visit"}
        )

    story, ref = _held(office)
    put_in_force(office, lambda editing: editing.form("commission", more))
    with story.work("clerk") as work:
        form_switching.switch(work, ref)
        desk.keep_draft(work, ref, {**SAID, "purpose": "BEFORE"})
    put_in_force(office, _fixed)
    with story.work("clerk") as work:
        form_switching.switch(work, ref)
    browser, address = browser_of(app_of(office), office, "clerk"), task_address(story, "commission")
    for language, said in (("zh", "入户前核查（"), ("en", "Before a visit (")):
        page = browser.get(f"{address}?lang={language}").text
        assert said in page and "BEFORE (" not in page and "BEFORE（" not in page
        assert fields_of(page)["purpose"] == "BEFORE"


def test_an_owner_gives_all_open_tasks_the_newer_form_and_takes_it_back(office: Office) -> None:
    story, ref = _held(office)
    before = _row(story)
    number = put_in_force(office, _fixed)
    with unit_of_work(office.home, office.actor("owner1")) as work:
        rows = form_moves.behind(work, "verification")
        assert [(one.step_id, one.tasks) for one in rows] == [("commission", 1)]
        refs = form_moves.cases_behind(work, "verification", rows)
        assert refs == [story.case_ref]
        chosen = CaseFilter(process="verification", state="", cases=tuple(refs))
        batch = batches.draft(work, form_moves.KIND, {"steps": ["commission"]}, chosen, "新表")
    office.sweep()
    with unit_of_work(office.home, office.actor("owner1")) as work:
        batches.run(work, batch)
    office.sweep()
    after = _row(story)
    assert after["form_digest"] == digest_of(office, number, "commission")
    assert (after["draft"], after["assignee_id"], after["state"]) == (
        before["draft"], before["assignee_id"], before["state"],
    )  # fmt: skip
    with unit_of_work(office.home, office.actor("owner1")) as work:
        assert not form_moves.behind(work, "verification")
        batch_undo.undo(work, batch)
    office.sweep()
    assert pinned(story, "commission") == before["form_digest"]
    with story.work() as work:
        assert work.session.scalars(select(CaseBatchRow.result)).one() == "UNDONE"
        assert work.session.scalars(select(HumanTask).where(HumanTask.ref == ref)).one().draft == before["draft"]


def test_an_owner_reads_which_tasks_are_behind_and_prepares_the_batch(office: Office) -> None:
    _held(office)
    put_in_force(office, _fixed)
    app, address = app_of(office), "/processes/verification/forms"
    owner = owner_of(app, office, "owner1")
    page = owner.get(address).text
    assert "依据（新）" in page and 'value="commission"' in page
    assert post(owner, address, step="commission", reason="").status_code == 422
    sent = post(owner, address, step="commission", reason="新表")
    assert sent.status_code == 302 and "/batches/" in sent.headers["Location"]
    assert browser_of(app, office, "clerk").get(address).status_code == 403
