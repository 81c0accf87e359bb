"""Running cases put right by the people who answer for them: on hold, moved, skipped, done on somebody's behalf."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from domain.agenda import AgendaItem
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted, Stale
from domain.parties import staff
from domain.parties.organisations import Organisation
from domain.verification import catalogue
from tasks import moves, on_behalf
from tasks.desk import desk
from tasks.repair import repairs
from tasks.repair.repairs import ADD, DROP, MOVE, RESET, SKIP, VALUES, Repair
from tasks.rows.models import COMPLETED, EXITED, OPEN, HumanTask
from tasks.rows.repair_models import CaseHeld
from tasks.services import MoveServices
from tests.bundles.edits import EDITS, Editing
from tests.homes import Office
from tests.infrastructure.databases import Template
from tests.journeys import steps
from tests.journeys.played import AUTHORISED, story_of
from tests.journeys.playing import Story, new_case
from tests.journeys.test_versions import put_in_force
from workflows import engine, instances, surgery_places
from workflows.surgery_places import Place

WHY = "街道办来函更正"


@pytest.fixture
def story(office_in: Callable[[Template], Office]) -> Story:
    """A case whose commission waits to be prepared by the department's clerk."""
    story = story_of(office_in(AUTHORISED))
    assert story.open_steps() == ["commission"]
    return story


def places(story: Story) -> list[Place]:
    with story.work() as work:
        case = story.case(work)
        instance = instances.load(work, case, MoveServices(work, case))
        return surgery_places.places(instance.run)


def token_at(story: Story, step: str) -> str:
    return next(p.token for p in places(story) if p.step_id == step)


def asking(office: Office) -> Story:
    """A case whose queries have been planned and not sent yet: nothing due since has been done."""
    story = new_case(office)
    steps.take_in(story)
    steps.authorise(story)
    steps.commission(story)
    steps.sign_commission(story)
    steps.accept(story)
    plan(story)
    return story


def plan(story: Story) -> None:
    with story.work() as work:
        agency = work.session.get_one(Organisation, story.case(work).agency_id)
        wanted = [resource.ref for resource in catalogue.active_resources(work, agency, steps.ASSETS)]
    with story.work("handler") as work:
        task = desk.claim(work, story.task(work, "query_plan").ref)
        moves.complete_task(work, task.ref, version=task.version, answers={"resources": wanted})


def repair(story: Story, wanted: Repair, login: str = "head", **more: Any) -> repairs.Outcome:
    with story.work(login) as work:
        return repairs.repair(work, story.case_ref, wanted, WHY, **more)


def events(story: Story) -> list[str]:
    with story.work() as work:
        return [entry.event for entry in story.journal(work)]


def test_a_case_on_hold_lets_nobody_claim_or_complete_and_goes_on_where_it_was(story: Story) -> None:
    with story.work("clerk") as work:
        held = desk.claim(work, story.task(work, "commission").ref)
        ref, version = held.ref, held.version
    with story.work("head") as work:
        repairs.suspend(work, story.case_ref, WHY)

    with pytest.raises(Conflict, match="on hold"), story.work("clerk") as work:
        moves.complete_task(work, ref, version=version, answers={})
    with story.work("clerk") as work:
        desk.keep_draft(work, ref, {"basis": "x"})  # what is typed is never lost
        desk.release(work, ref)
    with pytest.raises(Conflict, match="on hold"), story.work("clerk") as work:
        desk.claim(work, ref)
    with pytest.raises(Conflict, match="already"), story.work("head") as work:
        repairs.suspend(work, story.case_ref, WHY)

    with story.work("head") as work:
        assert repairs.resume(work, story.case_ref) == 0
    steps.commission(story)
    assert story.open_steps() == ["sign_commission"]
    assert {"case.suspended", "case.resumed"} <= set(events(story))


def test_only_the_department_puts_a_case_on_hold_and_only_with_a_reason(story: Story) -> None:
    for login, kind in (("clerk", NotPermitted), ("agencyhead", NotFound), ("owner1", NotFound)):
        with pytest.raises(kind), story.work(login) as work:
            repairs.suspend(work, story.case_ref, WHY)
    with pytest.raises(InvalidAnswers), story.work("head") as work:
        repairs.suspend(work, story.case_ref, "  ")


def test_timers_and_messages_that_come_due_on_hold_are_kept_and_delivered_in_order(office: Office) -> None:
    story = asking(office)
    with story.work() as work:
        due = min(t.due_at for t in instances.waits(work, story.case(work).id) if t.due_at is not None)
        waiting = {w.token for w in instances.waits(work, story.case(work).id)}
    with story.work("head") as work:
        repairs.suspend(work, story.case_ref, WHY)

    office.advance(due.isoformat())
    with story.work() as work:
        assert {w.token for w in instances.waits(work, story.case(work).id)} == waiting
        kept = list(work.session.scalars(select(CaseHeld).order_by(CaseHeld.id)))
        kinds = [row.kind for row in kept]
        assert kinds[0] == "job.run"  # asked before the limit ran out, so answered before it, too
        assert kinds[-1] == "case.wake"
    with story.work("head") as work:
        assert repairs.resume(work, story.case_ref, WHY) == len(kept)
    office.sweep()

    told = events(story)
    assert "job.finished" in told[told.index("case.resumed") :]
    with story.work() as work:
        assert not work.session.scalars(select(CaseHeld)).all()
        assert not {w.token for w in instances.waits(work, story.case(work).id) if w.due_at == due}


def test_a_case_on_hold_until_a_day_goes_on_by_itself(story: Story) -> None:
    with story.work("head") as work:
        repairs.suspend(work, story.case_ref, WHY, work.now.replace(day=20))

    story.office.advance("2027-05-21T09:00:00+08:00")

    with story.work() as work:
        assert story.case(work).suspended_at is None
        assert not work.session.scalars(
            select(AgendaItem).where(AgendaItem.kind == "case.resume", AgendaItem.done_at.is_(None))
        ).all()


def test_a_token_is_moved_back_its_task_ends_and_another_opens_and_the_journal_says_where(story: Story) -> None:
    steps.commission(story)
    token = token_at(story, "sign_commission")

    with story.work("head") as work:
        told = repairs.dry_run(work, story.case_ref, Repair(MOVE, token, "commission"))
    assert story.open_steps() == ["sign_commission"]
    assert (told.before, told.after) == (("sign_commission",), ("commission",))
    outcome = repair(story, Repair(MOVE, token, "commission"))

    assert (outcome.opened, outcome.ended) == (("commission",), ("sign_commission",))
    assert (outcome.before, outcome.after) == (told.before, told.after)
    assert story.open_steps() == ["commission"]
    with story.work() as work:
        entry = next(e for e in story.journal(work) if e.event == "case.repaired")
        assert entry.body["before"] == ["sign_commission"]
        assert entry.body["after"] == ["commission"]
        assert entry.actor == story.office.actor("head").ref
        (gone,) = story.rows(work, HumanTask, HumanTask.step_id == "sign_commission")
        assert gone.state == EXITED
    steps.commission(story)
    steps.sign_commission(story)
    assert story.open_steps() == ["acceptance"]


def test_a_move_is_taken_back_while_nothing_happened_since(story: Story) -> None:
    steps.commission(story)
    repair(story, Repair(MOVE, token_at(story, "sign_commission"), "commission"))

    with story.work("head") as work:
        repairs.undo_move(work, story.case_ref, WHY)
    assert story.open_steps() == ["sign_commission"]
    with pytest.raises(Conflict), story.work("head") as work:
        repairs.undo_move(work, story.case_ref, WHY)  # what was taken back is not taken back again

    repair(story, Repair(MOVE, token_at(story, "sign_commission"), "commission"))
    steps.commission(story)
    with pytest.raises(Conflict), story.work("head") as work:
        repairs.undo_move(work, story.case_ref, WHY)


def test_a_step_begun_again_keeps_the_draft_and_the_holder(story: Story) -> None:
    with story.work("clerk") as work:
        ref = desk.claim(work, story.task(work, "commission").ref).ref
        desk.keep_draft(work, ref, {"basis": "typed so far"})

    repair(story, Repair(RESET, step="commission"))

    with story.work("clerk") as work:
        task = story.task(work, "commission")
        assert task.ref != ref
        assert desk.draft_of(work, task) == {"basis": "typed so far"}
        assert task.assignee_id == work.actor.user_id


def test_nobody_repairs_a_case_they_hold_a_task_of_or_the_other_half_of_four_eyes(story: Story) -> None:
    steps.commission(story)
    with story.work("head") as work:
        ref = desk.claim(work, story.task(work, "sign_commission").ref).ref
    token = token_at(story, "sign_commission")
    with pytest.raises(NotPermitted, match="You hold"):
        repair(story, Repair(MOVE, token, "commission"))
    with story.work("head") as work:
        desk.release(work, ref)
    steps.sign_commission(story)
    # she signed: moving back to what her signature is to be separate from is for somebody else
    with pytest.raises(NotPermitted):
        repair(story, Repair(RESET, step="commission"))


def test_values_that_end_a_step_of_another_office_are_put_right_by_nobody_alone(office: Office) -> None:
    def withdrawn(editing: Editing) -> None:
        next(one.make for one in EDITS if one.name == "a withdrawal at any time, by a value")(editing)
        editing.node("withdrawn_condition")[0].text = "withdrawn = true"

    put_in_force(office, withdrawn)
    story = new_case(office)
    steps.take_in(story)
    steps.authorise(story)
    steps.commission(story)
    withdrawal = Repair(VALUES, values={"withdrawn": True})
    with story.work("head") as work:
        assert repairs.dry_run(work, story.case_ref, withdrawal).after  # what it ends is her own people's
    steps.sign_commission(story)
    assert story.open_steps() == ["acceptance"]

    # the values would end what the agency is at, though it does not stand among them
    with pytest.raises(NotPermitted, match="another office"):
        repair(story, withdrawal)
    assert story.open_steps() == ["acceptance"]
    repair(story, Repair(VALUES, values={"hint": 1}))


def test_the_agency_repairs_its_own_steps_and_the_department_none_of_them(story: Story) -> None:
    steps.commission(story)
    steps.sign_commission(story)
    steps.accept(story)
    assert story.open_steps() == ["query_plan"]

    with pytest.raises(NotPermitted, match="another office"):
        repair(story, Repair(SKIP, token_at(story, "query_plan")))
    with pytest.raises(NotPermitted):
        repair(story, Repair(VALUES, values={"x": 1}), "agencyhead")
    outcome = repair(story, Repair(RESET, step="acceptance"), "agencyhead")
    assert outcome.after == ("acceptance",)
    with pytest.raises(NotFound):
        repair(story, Repair(RESET, step="acceptance"), "cityhandler")


def test_a_repair_that_lets_a_later_step_fail_is_refused_and_changes_nothing(story: Story) -> None:
    before = places(story)

    with pytest.raises(Conflict):
        repair(story, Repair(MOVE, token_at(story, "commission"), "issue_commission"))

    assert places(story) == before
    assert story.open_steps() == ["commission"]


def test_whoever_looked_at_an_older_state_of_the_case_is_told(story: Story) -> None:
    with story.work("head") as work:
        version = repairs.version_of(work, story.case(work))
    steps.commission(story)

    with pytest.raises(Stale):
        repair(story, Repair(RESET, step="commission"), version=version)


def test_values_are_put_right_with_a_reason_and_only_their_names_are_journalled(story: Story) -> None:
    repair(story, Repair(VALUES, values={"hint": "secret"}))

    with story.work() as work:
        entry = next(e for e in story.journal(work) if e.event == "case.repaired")
        assert entry.body["names"] == ["hint"]
        assert "secret" not in str(entry.body)
        case = story.case(work)
        assert instances.load(work, case, MoveServices(work, case)).run.data["hint"] == "secret"


def test_a_step_is_done_on_behalf_of_a_colleague_and_counts_for_both(story: Story) -> None:
    with story.work("clerk") as work:
        task = desk.claim(work, story.task(work, "commission").ref)
        ref, version = task.ref, task.version
    answers = {"purpose": "VERIFY", "categories": list(steps.ASSETS), "basis": "本民发〔2017〕107号"}
    clerk = story.office.actor("clerk")

    with pytest.raises(InvalidAnswers), story.work("head") as work:
        on_behalf.complete_for(work, ref, version=version, account=clerk.ref, answers={}, reason=WHY)
    with pytest.raises(InvalidAnswers), story.work("head") as work:
        on_behalf.complete_for(work, ref, version=version, account="nobody", answers=answers, reason=WHY)
    with pytest.raises(NotFound), story.work("agencyhead") as work:
        on_behalf.complete_for(work, ref, version=version, account=clerk.ref, answers=answers, reason=WHY)
    with story.work("head") as work:
        on_behalf.complete_for(work, ref, version=version, account=clerk.ref, answers=answers, reason=WHY)
    story.office.sweep()

    assert story.open_steps() == ["sign_commission"]
    with story.work("head") as work:
        (row,) = story.rows(work, HumanTask, HumanTask.step_id == "commission", HumanTask.state == COMPLETED)
        assert (row.completed_by, row.done_for) == (work.actor.user_id, clerk.user_id)
        entry = next(e for e in story.journal(work) if e.event == "task.completed_for")
        assert (entry.actor, entry.body["for"]) == (work.actor.ref, clerk.ref)
        # four eyes: she did the letter, so she does not sign it
        with pytest.raises(NotPermitted):
            desk.claim(work, story.task(work, "sign_commission").ref)


def test_items_are_added_and_dropped_where_a_step_runs_for_several(office: Office) -> None:
    story = asking(office)
    many = next(p for p in places(story) if p.kind == "many")
    each = [p for p in places(story) if p.inside[-1:] == (many.step_id,) and p.number is not None]
    assert len(each) >= 2

    outcome = repair(story, Repair(DROP, each[0].token), "agencyhead")
    assert not outcome.completed
    left = [p for p in places(story) if p.inside[-1:] == (many.step_id,) and p.number is not None]
    assert len(left) == len(each) - 1
    with pytest.raises(Conflict, match="there already"):
        repair(story, Repair(ADD, step=many.step_id, item=left[0].item), "agencyhead")


def test_everything_that_waits_is_in_line_after_a_repair(story: Story) -> None:
    steps.commission(story)
    steps.sign_commission(story)
    steps.accept(story)
    plan(story)
    many = next(p for p in places(story) if p.kind == "many")

    repair(story, Repair(RESET, step="query_plan"), "agencyhead")

    assert story.open_steps() == ["query_plan"]
    assert many.token not in {p.token for p in places(story)}
    with story.work() as work:
        case = story.case(work)
        assert instances.waits(work, case.id) == []
        wakes = work.session.scalars(
            select(AgendaItem).where(
                AgendaItem.subject == case.ref, AgendaItem.kind == "case.wake", AgendaItem.done_at.is_(None)
            )
        ).all()
        assert wakes == []
        run = instances.load(work, case, MoveServices(work, case)).run
        tokens = {one.token for one in run.human_steps()}
        rows = {t.token for t in story.rows(work, HumanTask, HumanTask.state.in_(OPEN))}
        assert rows == tokens
    assert isinstance(run, engine.Run)


def test_a_closed_account_cannot_be_named(story: Story) -> None:
    with story.work() as work:
        staff.disable(work, staff.by_login(work, "clerk"))
        ref = story.task(work, "commission").ref
    with story.work("head") as work:
        assert list(on_behalf.colleagues(work, on_behalf.task_of_office(work, ref)[0])) == []


def test_who_lets_a_step_pass_is_not_the_second_pair_of_eyes(story: Story) -> None:
    repair(story, Repair(SKIP, token_at(story, "commission")))
    assert story.open_steps() == ["sign_commission"]
    with pytest.raises(NotPermitted, match="second person"), story.work("head") as work:
        desk.claim(work, story.task(work, "sign_commission").ref)


def test_who_moved_a_case_back_signs_when_a_colleague_has_done_the_step_since(story: Story) -> None:
    repair(story, Repair(MOVE, token_at(story, "commission"), "authorise"))
    steps.authorise(story)
    steps.commission(story)
    with story.work("head") as work:
        desk.claim(work, story.task(work, "sign_commission").ref)
