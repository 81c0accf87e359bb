"""Who did one step of a pair of eyes may not do the other, also when the step is called otherwise in a next version."""

from __future__ import annotations

import pytest

from domain.errors import Conflict, NotPermitted
from domain.work import unit_of_work
from tasks.desk import desk
from tasks.repair import impact, repairs, version_moves
from tasks.repair.repairs import RESET, SKIP, Repair
from tasks.repair.version_moves import Wanted
from tests.bundles.edits import Editing
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import Story, new_case
from tests.journeys.test_versions import moved, put_in_force
from workflows.transplant import CHANGES, MAPPING

_ROLE = "{http://camunda.org/schema/1.0/bpmn}candidateGroups"
TO = {"commission": "commission_anew"}


def renamed(editing: Editing) -> None:
    """The letter's preparation under another id; clerks may sign, so that only the pair keeps the two apart."""
    editing.rename("commission", "commission_anew")
    editing.property("sign_commission", "separate-from", "commission_anew")
    editing.property("acceptance", "separate-from", "commission_anew,sign_commission")
    editing.node("sign_commission").set(_ROLE, "department_clerk")


def let_go(editing: Editing) -> None:
    """The same, and nobody is kept apart from who prepared the letter."""
    renamed(editing)
    editing.property("sign_commission", "separate-from", None)
    editing.property("acceptance", "separate-from", "sign_commission")


def at_signing(office: Office) -> Story:
    story = new_case(office)
    steps.take_in(story)
    steps.authorise(story)
    steps.commission(story)
    assert "sign_commission" in story.open_steps()
    return story


def foreseen(story: Story, wanted: Wanted) -> impact.Impact:
    with unit_of_work(story.office.home, story.office.actor("owner1"), write=False) as work:
        return impact.preview(work, version_moves.target(work, wanted), wanted.mapping, english=True)


def test_who_did_a_step_that_is_mapped_is_bound_by_it_under_its_new_id(office: Office) -> None:
    story = at_signing(office)
    number = put_in_force(office, renamed)
    kept = moved(story, number, TO)
    with pytest.raises(NotPermitted, match="second person"), story.work("clerk") as work:
        desk.claim(work, story.task(work, "sign_commission").ref)
    # and still after the way back and forth
    with story.work("owner1") as work:
        version_moves.undo(work, story.case_ref, kept)
    moved(story, number, TO)
    with pytest.raises(NotPermitted, match="second person"), story.work("clerk") as work:
        desk.claim(work, story.task(work, "sign_commission").ref)


def test_a_pair_whose_step_has_another_id_asks_which_it_is_now(office: Office) -> None:
    story = at_signing(office)
    number = put_in_force(office, renamed)
    with story.work("owner1") as work:
        verdict = version_moves.judge(work, story.case_ref, Wanted("verification", number))
    assert (verdict.code, verdict.step) == (MAPPING, "commission")
    assert "Say which step it is now" in str(verdict.sentence)
    with pytest.raises(Conflict, match="Say which step it is now"):
        moved(story, number)

    (asked,) = foreseen(story, Wanted("verification", number)).to_map
    assert (asked.step, asked.cases, asked.stands, asked.chosen) == ("commission", 1, False, "")
    assert next(iter(asked.choices)) == "commission_anew"
    found = foreseen(story, Wanted("verification", number, TO))
    assert found.movable == 1
    # what was chosen stays on the page
    assert [(one.step, one.chosen) for one in found.to_map] == [("commission", "commission_anew")]


def test_a_case_that_has_not_done_the_step_yet_needs_no_answer_for_the_pair(office: Office) -> None:
    story = new_case(office)
    steps.take_in(story)
    number = put_in_force(office, renamed)
    assert foreseen(story, Wanted("verification", number)).to_map == []
    moved(story, number)


def test_a_pair_that_the_new_version_gives_up_is_named(office: Office) -> None:
    story = at_signing(office)
    number = put_in_force(office, let_go)
    with story.work("owner1") as work:
        verdict = version_moves.judge(work, story.case_ref, Wanted("verification", number, TO))
    assert verdict.code == CHANGES
    assert any("until now somebody else had to" in str(note) for note in verdict.notes)


def test_who_let_a_step_pass_is_bound_by_it_under_its_new_id(office: Office) -> None:
    story = new_case(office)
    steps.take_in(story)
    steps.authorise(story)
    with story.work("head") as work:
        token = story.task(work, "commission").token
        repairs.repair(work, story.case_ref, Repair(SKIP, token), "the letter came on paper")
    number = put_in_force(office, renamed)
    moved(story, number, TO)
    with pytest.raises(NotPermitted, match="second person"), story.work("head") as work:
        repairs.repair(work, story.case_ref, Repair(RESET, step="sign_commission"), "once more")
