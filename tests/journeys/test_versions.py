"""Running cases on a new version of their process: tasks, drafts, claims and days go with them, or nothing does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from domain.cases import Case
from domain.errors import Conflict
from domain.parties import staff
from domain.parties.households import Household
from domain.work import unit_of_work
from tasks.batches import batch_undo, batches
from tasks.batches.batch_filter import CaseFilter
from tasks.desk import desk
from tasks.repair import impact, repairs, version_moves
from tasks.repair.repairs import VALUES, Repair
from tasks.repair.version_moves import Wanted
from tasks.rows.models import HumanTask
from tasks.rows.repair_models import CaseBatch, CaseBatchRow
from tests.bundles.edits import EDITS, Editing
from tests.homes import Office
from tests.journeys.playing import Story, first_applicant, new_case
from tests.journeys.steps import authorise, take_in
from workflows import definitions
from workflows.bundles import Checked
from workflows.instances import CaseState, CaseWait

Rows = dict[str, Any]


def put_in_force(office: Office, edit: str | Callable[[Editing], object]) -> int:
    """A next version of the verification, proposed by one owner and approved by another; gives its number."""
    editing = Editing()
    make = next(one.make for one in EDITS if one.name == edit) if isinstance(edit, str) else edit
    make(editing)
    checked = Checked(editing.done(), ())
    with unit_of_work(office.home, office.actor("owner1")) as work:
        ref = definitions.propose(work, checked, note="").ref
    with unit_of_work(office.home, office.actor("owner2")) as work:
        return definitions.approve(work, ref, checked).number


def columns(row: Any) -> Rows:
    return {one.key: getattr(row, one.key) for one in row.__table__.columns}


def everything(story: Story) -> list[Rows]:
    """Every row that says where a case stands."""
    with story.work() as work:
        tables: tuple[type[Any], ...] = (HumanTask, CaseWait)
        rows = [row for table in tables for row in story.rows(work, table)]
        state = work.session.scalars(select(CaseState).where(CaseState.case_id == story.case(work).id)).one()
        return [columns(row) for row in [story.case(work), state, *rows]]


def moved(story: Story, to: int, mapping: Mapping[str, str] | None = None, *, dates: bool = False) -> Rows:
    with story.work("owner1") as work:
        return version_moves.move(work, story.case_ref, Wanted("verification", to, mapping or {}, dates))


def at_authorise(office: Office) -> Story:
    story = new_case(office)
    take_in(story)
    return story


def claimed_with_draft(story: Story, login: str, step: str) -> Rows:
    with story.work(login) as work:
        task = desk.claim(work, story.task(work, step).ref)
        desk.keep_draft(work, task.ref, {"note": "半截"})
    with story.work() as work:
        return columns(story.task(work, step))


def test_a_draft_a_claim_and_a_day_stay_with_their_task(office: Office) -> None:
    story = at_authorise(office)
    before = claimed_with_draft(story, "town", "authorise")
    number = put_in_force(office, "a step after authorising")
    moved(story, number)
    with story.work() as work:
        after = columns(story.task(work, "authorise"))
        case, state = story.case(work), work.session.get_one(CaseState, story.case(work).id)
        assert after == before
        assert case.process_version == number
        assert definitions.by_id(work, state.definition_id).number == number
        entry = story.journal(work)[-1]
        assert entry.event == "case.migrated"
    authorise(story)
    assert story.open_steps() == ["bind"]


def test_a_task_of_another_role_goes_back_to_the_queue_with_its_draft(office: Office) -> None:
    story = at_authorise(office)
    before = claimed_with_draft(story, "town", "authorise")
    number = put_in_force(office, lambda e: e.node("authorise").set(_ROLE, "department_clerk"))
    kept = moved(story, number)
    with story.work() as work:
        task = story.task(work, "authorise")
        assert (task.role, task.state, task.assignee_id) == ("department_clerk", "READY", None)
        assert task.org_id == story.case(work).department_id
        assert (task.ref, task.draft, task.due_at) == (before["ref"], before["draft"], before["due_at"])
    with story.work("owner1") as work:
        version_moves.undo(work, story.case_ref, kept)
    with story.work() as work:
        task = story.task(work, "authorise")
        assert (task.role, task.org_id, task.draft) == ("town_post", before["org_id"], before["draft"])
        assert story.case(work).process_version == 1
    with story.work("town") as work:
        desk.claim(work, before["ref"])


_ROLE = "{http://camunda.org/schema/1.0/bpmn}candidateGroups"


def test_a_day_moves_only_when_somebody_chooses_so(office: Office) -> None:
    story = at_authorise(office)
    with story.work() as work:
        before = story.task(work, "authorise").due_at
    number = put_in_force(office, lambda e: e.property("authorise", "term", "report_draft_term"))
    with unit_of_work(office.home, office.actor("owner1"), write=False) as work:
        found = impact.preview(work, version_moves.target(work, Wanted("verification", number)))
        assert [(one.cases, one.was is None, one.then is None) for one in found.shifts] == [(1, before is None, False)]
    kept = moved(story, number)
    with story.work() as work:
        assert story.task(work, "authorise").due_at == before
    with story.work("owner1") as work:
        version_moves.undo(work, story.case_ref, kept)
    moved(story, number, dates=True)
    with story.work() as work:
        task = story.task(work, "authorise")
        assert task.due_at is not None and task.due_at != before
        assert task.due is not None and task.due["key"] == "report_draft_term"


def test_a_new_limit_begins_today_and_wakes_the_case(office: Office) -> None:
    story = at_authorise(office)
    number = put_in_force(office, "a limit on authorising")
    moved(story, number)
    with story.work() as work:
        (wait,) = [one for one in story.rows(work, CaseWait) if one.step_id == "authorise_limit"]
        assert wait.due_at == work.now + timedelta(days=30)
        at = (wait.due_at + timedelta(minutes=1)).isoformat()
    office.advance(at)
    assert story.open_steps() == ["commission"]


def test_a_case_that_cannot_be_moved_is_left_to_the_byte(office: Office) -> None:
    story = at_authorise(office)
    claimed_with_draft(story, "town", "authorise")
    number = put_in_force(office, "authorising twice")
    before = everything(story)
    with pytest.raises(Conflict) as refused:
        moved(story, number)
    assert "授权" in str(refused.value.message)
    assert everything(story) == before
    with story.work("owner1") as work:
        assert version_moves.judge(work, story.case_ref, Wanted("verification", number)).code == "mapping"
        wrong = Wanted("verification", number, {"authorise": "acceptance_check"})
        with pytest.raises(Conflict):
            version_moves.judge(work, story.case_ref, wrong)


def test_a_renamed_step_keeps_its_task_under_the_new_name(office: Office) -> None:
    story = at_authorise(office)
    before = claimed_with_draft(story, "town", "authorise")
    number = put_in_force(office, lambda e: e.rename("authorise", "authorise_anew"))
    moved(story, number, {"authorise": "authorise_anew"})
    with story.work() as work:
        after = columns(story.task(work, "authorise_anew"))
        assert {**after, "step_id": "", "version": 0} == {**before, "step_id": "", "version": 0}


def test_what_went_on_since_is_not_undone(office: Office) -> None:
    story = at_authorise(office)
    kept = moved(story, put_in_force(office, "a step before filing"))
    authorise(story)
    with pytest.raises(Conflict), story.work("owner1") as work:
        version_moves.undo(work, story.case_ref, kept)


def test_the_foretelling_of_all_agrees_with_that_of_each_and_asks_as_little_for_many(office: Office) -> None:
    stories = [at_authorise(office), new_case(office, number=_other(office))]
    number = put_in_force(office, "authorising twice")
    wanted = Wanted("verification", number)

    def asked() -> tuple[impact.Impact, int]:
        count = 0

        def note(*_args: object) -> None:
            nonlocal count
            count += 1

        with unit_of_work(office.home, office.actor("owner1"), write=False) as work:
            new = version_moves.target(work, wanted)
            work.session.execute(select(Case.id)).all()
            engine = work.session.get_bind()
            event.listen(engine, "before_cursor_execute", note)
            try:
                return impact.preview(work, new), count
            finally:
                event.remove(engine, "before_cursor_execute", note)

    asked()  # what is kept for good is read once
    found, count = asked()
    assert count <= 12
    with unit_of_work(office.home, office.actor("owner1"), write=False) as work:
        each = [version_moves.judge(work, story.case_ref, wanted) for story in stories]
    assert sorted(one.code for one in each) == sorted(Counter(found.counts).elements())
    assert found.total == 2 and {str(line.sentence) for line in found.lines} == {str(one.sentence) for one in each}
    # whoever may not read cases is told numbers, never which
    assert all(not line.samples for line in found.lines)


def _other(office: Office) -> str:
    with unit_of_work(office.home, office.actor("town")) as work:
        first = first_applicant(work)
        rows = select(Household.number).where(
            Household.town_id == work.actor.org_id, Household.incomplete.is_(False), Household.number > first
        )
        return str(work.session.scalars(rows.order_by(Household.number)).first())


def drafted(office: Office, number: int) -> str:
    """A batch that moves every case of the first version to this one, judged; its ref."""
    with unit_of_work(office.home, office.actor("owner1")) as work:
        params = Wanted("verification", number).params()
        ref = batches.draft(work, version_moves.KIND, params, CaseFilter(process="verification", version=1), "新版")
    office.sweep()
    return ref


def must_be_back(story: Story) -> None:
    """The one case of the batch is on the first version again."""
    with story.work() as work:
        assert work.session.scalars(select(CaseBatchRow.result)).one() == "UNDONE"
        assert story.case(work).process_version == 1


def test_many_are_moved_by_a_batch_and_come_back(office: Office) -> None:
    story = at_authorise(office)
    number = put_in_force(office, "a step after authorising")
    ref = drafted(office, number)
    with unit_of_work(office.home, office.actor("owner1")) as work:
        row = work.session.scalars(select(CaseBatchRow)).one()
        assert (row.verdict, row.result) == ("ok", "")
        batches.run(work, ref)
    office.sweep()
    with story.work() as work:
        assert work.session.scalars(select(CaseBatch.state)).one() == "DONE"
        assert story.case(work).process_version == number
    with unit_of_work(office.home, office.actor("owner1")) as work:
        batch_undo.undo(work, ref)
    office.sweep()
    must_be_back(story)


def test_what_somebody_did_who_has_left_is_taken_back_by_another_owner(office: Office) -> None:
    story = at_authorise(office)
    number = put_in_force(office, "a step after authorising")
    ref = drafted(office, number)
    with unit_of_work(office.home, office.actor("owner1")) as work:
        batches.run(work, ref)
    office.sweep()
    with story.work() as work:
        staff.disable(work, staff.by_login(work, "owner1"))
    with unit_of_work(office.home, office.actor("owner2")) as work:
        assert batch_undo.undo(work, ref)
    office.sweep()
    must_be_back(story)


def test_a_case_on_hold_takes_the_new_version_and_goes_on_only_when_it_is_let_go(office: Office) -> None:
    story = at_authorise(office)
    with story.work("head") as work:
        repairs.repair(work, story.case_ref, Repair(VALUES, values={"withdrawn": True}), "来函")
        repairs.suspend(work, story.case_ref, "来函")

    def withdrawal(editing: Editing) -> None:
        next(one.make for one in EDITS if one.name == "a withdrawal at any time, by a value")(editing)
        editing.node("withdrawn_condition")[0].text = "withdrawn = true"

    number = put_in_force(office, withdrawal)
    moved(story, number)
    office.sweep()
    with story.work() as work:
        assert story.case(work).process_version == number
        assert story.task(work, "authorise").state == "READY"
    with story.work("head") as work:
        repairs.resume(work, story.case_ref)
    office.sweep()
    assert story.open_steps() == ["record_withdrawal"]
