"""A form fix reaches running cases: their tasks open with the newest revision that fits, without moving any case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from domain.work import OPERATOR, unit_of_work
from tasks.pages import pages
from tasks.repair import impact, version_moves
from tasks.repair.version_moves import Wanted
from tasks.rows.models import COMPLETED, HumanTask
from tests.bundles.edits import Editing, field_of
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import Story, new_case
from tests.journeys.test_versions import put_in_force
from workflows import definitions, forms
from workflows.form_revisions import path_of

Edit = Callable[[Editing], object]
COMMISSION, REPORT = "commission", "draft_report"


def part(parts: list[dict[str, Any]], key: str) -> dict[str, Any]:
    """A component by its key, whatever it stands in."""
    found = [one for one in parts if one.get("key", one.get("path")) == key]
    inner = [one for around in parts for one in around.get("components", ())]
    return found[0] if found else part(inner, key)


def changed(form: str, field: str, **values: Any) -> Edit:
    """An edit of one field of a form."""
    return lambda e: e.form(form, lambda parts: part(parts, field).update(values))


def pinned(story: Story, step: str) -> str:
    with story.work() as work:
        return story.task(work, step).form_digest


def digest_of(office: Office, number: int, form: str) -> str:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        manifest = definitions.version(work, "verification", number).manifest
        return str(manifest[path_of(form)])


LABEL = changed(REPORT, "remarks", label="说明（新）")
FIXES: dict[str, Edit] = {
    "a label": LABEL,
    "a hint": changed(REPORT, "remarks", description="写清来源。"),
    "a longer text": changed(REPORT, "remarks", validate={"maxLength": 5_000}),
    "now needed": changed(REPORT, "remarks", validate={"required": True}),
    "another order": lambda e: e.form(REPORT, lambda parts: parts.reverse()),
    "a text": lambda e: e.form(
        REPORT, lambda parts: parts.insert(0, {"type": "text", "text": "注意", "properties": {"text.en": "Mind"}})
    ),
}  # fmt: skip
OTHERS: dict[str, Edit] = {
    "a field more": lambda e: e.form(REPORT, lambda parts: parts.append(field_of("seen_by", "见证人"))),
    "a field less": lambda e: e.form(REPORT, lambda parts: parts.remove(part(parts, "remarks"))),
    "another key": changed(REPORT, "remarks", key="notes"),
    "another type": changed(REPORT, "remarks", type="textfield"),
}


@pytest.mark.parametrize("name", FIXES)
def test_a_fix_of_a_form_fits(name: str) -> None:
    assert fits(FIXES[name], REPORT)


@pytest.mark.parametrize("name", OTHERS)
def test_what_asks_for_other_things_does_not_fit(name: str) -> None:
    assert not fits(OTHERS[name], REPORT)


def test_what_steers_the_case_stays_that_of_its_drawing() -> None:
    def more(parts: list[dict[str, Any]]) -> None:
        part(parts, "outcome")["values"].append({"label": "再议", "value": "LATER", "label.en": "Later"})

    assert not fits(lambda e: e.form("decide", more), "decide")
    assert fits(changed("decide", "outcome", label="结论（新）"), "decide")


def fits(edit: Edit, form: str) -> bool:
    editing, before = Editing(), Editing()
    edit(editing)
    old, new = (forms.parse(one.done().files[path_of(form)], form, "") for one in (before, editing))
    assert old.digest != new.digest
    return old.fits(new)


def test_a_task_that_opens_in_an_old_case_takes_the_fix_and_is_answered_on_it(office: Office) -> None:
    story = new_case(office)
    steps.take_in(story)
    steps.authorise(story)
    first = pinned(story, "commission")
    number = put_in_force(office, changed("sign_commission", "signed_on", label="签发日（新）"))
    again = put_in_force(office, changed("sign_commission", "signed_on", label="签发日（再新）"))
    steps.commission(story)

    assert pinned(story, "sign_commission") == digest_of(office, again, "sign_commission")
    with story.work("head") as work:
        ref = story.task(work, "sign_commission").ref
        shown = pages.task_page(work, ref)
        assert [one.label for one in shown.form.inputs if one.key == "signed_on"] == ["签发日（再新）"]
    steps.sign_commission(story)
    with story.work() as work:
        task = work.session.scalars(select(HumanTask).where(HumanTask.ref == ref)).one()
        assert task.state == COMPLETED and task.form_digest == digest_of(office, again, "sign_commission")
        done = [one.body for one in story.journal(work) if one.event == "task.completed"][-1]
        assert done["form"] == task.form_digest
        assert story.case(work).process_version == 1
    assert number + 1 == again and first == digest_of(office, 1, "commission")


def test_a_form_that_asks_for_other_things_is_never_taken_but_an_older_fix_is(office: Office) -> None:
    story = new_case(office)
    steps.take_in(story)
    fix = put_in_force(office, changed("commission", "basis", label="依据（新）"))
    put_in_force(office, lambda e: e.form("commission", lambda parts: parts.append(field_of("seen_by", "见证人"))))
    steps.authorise(story)
    assert pinned(story, "commission") == digest_of(office, fix, "commission")


def test_a_case_moved_between_versions_takes_the_newest_fitting_form_of_its_new_one(office: Office) -> None:
    story = new_case(office)
    steps.take_in(story)
    steps.authorise(story)
    more = put_in_force(office, lambda e: e.form("commission", lambda p: p.append(field_of("seen_by", "见证人"))))

    def more_and_fixed(e: Editing) -> None:
        e.form("commission", lambda parts: parts.append(field_of("seen_by", "见证人（新）")))

    fixed = put_in_force(office, more_and_fixed)
    assert pinned(story, "commission") == digest_of(office, 1, "commission")
    with story.work("owner1") as work:
        kept = version_moves.move(work, story.case_ref, Wanted("verification", more))
    assert pinned(story, "commission") == digest_of(office, fixed, "commission")
    with story.work("owner1") as work:
        version_moves.undo(work, story.case_ref, kept)
    assert pinned(story, "commission") == digest_of(office, 1, "commission")


def test_of_a_version_that_only_words_a_form_anew_it_is_said_that_no_case_need_move(office: Office) -> None:
    new_case(office)
    number = put_in_force(office, changed("commission", "basis", label="依据（新）"))
    with unit_of_work(office.home, office.actor("owner1"), write=False) as work:
        found = impact.preview(work, version_moves.target(work, Wanted("verification", number)))
    (line,) = found.lines
    assert line.code == "unaffected" and "without a move" in line.sentence.source
