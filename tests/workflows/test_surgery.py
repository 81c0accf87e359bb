"""Repairs on running cases of the diagrams: tokens moved, steps skipped and begun again, items more and less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import orjson
import pytest

from domain.errors import Conflict
from domain.text import Name, Text, bound, gettext
from tests.workflows.playing import NOW, Act, Desk, diagram, perform, view
from workflows import engine, surgery, surgery_places
from workflows.surgery_places import places

ITEMS = {"items": ["a", "b", "c"]}


def begun(file: str, acts: Sequence[Act] = (), data: Mapping[str, Any] | None = None) -> engine.Run:
    run = engine.start(diagram(file), data or {}, now=NOW, services=Desk())
    run.advance()
    for act in acts:
        perform(run, act)
        run.advance()
    return run


def token_at(run: engine.Run, step_id: str, number: int | None = None) -> str:
    found = [p for p in places(run) if p.step_id == step_id and (number is None or p.number == number)]
    return found[0].token


def restored(run: engine.Run) -> engine.Run:
    return engine.restore(run.diagram, run.snapshot(), now=run.now, services=Desk())


def finish(run: engine.Run) -> engine.Run:
    """Complete whatever waits until the case is over."""
    for _round in range(50):
        run = restored(run)
        run.advance()
        for human in run.human_steps()[:1]:
            run.complete(human.token, {"x": 1, "ok": True, "n": 1, "bad": False})
        for job in run.jobs()[:1] if not run.human_steps() else ():
            run.finish_job(job.token, {})
        run.advance()
        if run.completed:
            return run
    raise AssertionError(f"the case does not end: {run.active()}")


def test_a_token_moved_behind_a_join_would_leave_the_join_half_reached_and_is_refused() -> None:
    run = begun("parallel", [("complete", "A", {"x": 1})])

    with pytest.raises(Conflict, match="“Join” would then wait for a way on which nobody comes"):
        surgery.move(run, token_at(run, "B"), "After")
    with pytest.raises(RuntimeError):
        run.snapshot()  # what was begun before the refusal cannot be saved


def test_a_token_moved_behind_a_join_may_end_what_else_stands_there_and_says_so() -> None:
    run = begun("parallel", [("complete", "A", {"x": 1}), ("complete", "B", {"x": 2})])

    said = surgery.move(run, token_at(run, "Long"), "After", end_others=True)

    assert [str(one) for one in said] == ["“Join” ends where it stands."]
    assert run.active() == ["After"]
    assert not run.jobs()
    run.advance()
    assert run.completed
    assert run.data["both"] == 3


def test_a_token_moved_before_a_fork_would_double_the_other_branch_and_is_refused() -> None:
    run = begun("parallel")

    with pytest.raises(Conflict):
        surgery.move(run, token_at(run, "A"), "Split")


def test_a_reset_ends_what_came_after_and_leaves_the_other_branch_alone() -> None:
    run = begun("parallel", [("complete", "A", {"x": 1})])
    other = token_at(run, "B")

    surgery.reset(run, "A")

    assert run.active() == ["A", "B", "Long"]
    assert token_at(run, "B") == other
    assert finish(run).data["both"] == 2


def test_a_reset_to_a_step_before_the_fork_ends_every_branch() -> None:
    run = begun("parallel_in_loop", [("complete", "A")])

    surgery.reset(run, "Begin")
    run.advance()

    assert run.active() == ["A", "B"]
    assert finish(run).data["n"] == 3


def test_a_step_never_reached_cannot_be_reset_to() -> None:
    run = begun("lanes")

    with pytest.raises(Conflict, match="never reached"):
        surgery.reset(run, "Check")


def test_a_moved_activity_leaves_its_deadlines_and_gets_them_anew_where_it_begins_again() -> None:
    run = begun("boundary_timer")
    assert {t.step_id for t in run.timers()} >= {"Remind"}

    surgery.move(run, token_at(run, "Work"), "End")
    run.advance()

    assert run.completed
    assert not run.timers()

    again = begun("boundary_timer")
    before = {t.token for t in again.timers()}
    surgery.reset(again, "Work")
    again.advance()
    assert len(again.timers()) == len(before)
    assert not before & {t.token for t in again.timers()}


def test_a_skipped_activity_drops_its_boundary_events_and_keeps_the_result_given() -> None:
    run = begun("job_with_deadline")

    surgery.skip(run, token_at(run, "Query"), {"rows": 7})
    run.advance()

    assert run.completed
    assert run.data["Query"] == {"rows": 7}


def test_a_race_moves_as_a_whole_and_one_of_its_events_may_be_taken_as_having_happened() -> None:
    run = begun("race")
    surgery.move(run, token_at(run, "Reply"), "Read")
    run.advance()
    assert run.active() == ["Read"]
    assert not run.timers() and not run.messages()

    run = begun("race")
    surgery.skip(run, token_at(run, "Late"))
    run.advance()
    assert run.completed
    assert not run.messages()


def test_a_token_inside_a_subprocess_moves_out_and_one_outside_moves_in() -> None:
    run = begun("error_from_inside")
    surgery.move(run, token_at(run, "Look"), "Repair")
    run.advance()
    assert [h.step_id for h in run.human_steps()] == ["Repair"]
    assert [p.step_id for p in places(run)] == ["Repair"]

    surgery.move(run, token_at(run, "Repair"), "Look")
    run.advance()
    assert [(p.step_id, p.inside) for p in places(run)] == [("Inner", ()), ("Look", ("Inner",))]
    assert finish(run).completed


def test_a_subprocess_is_skipped_with_what_runs_inside_it() -> None:
    run = begun("error_from_inside")

    surgery.skip(run, token_at(run, "Inner"))
    run.advance()

    assert run.completed
    assert run.done()["Inner"] == 1


def test_an_item_more_opens_one_more_step_and_its_answer_is_collected() -> None:
    run = begun("many_people", data=ITEMS)

    surgery.add_item(run, "Each", "d")
    run.advance()
    assert [h.item for h in run.human_steps()] == ["a", "b", "c", "d"]
    with pytest.raises(Conflict, match="there already"):
        surgery.add_item(run, "Each", "d")
    for number in range(4):
        perform(run, ("complete", "Each", {"n": number}, number))
    run.advance()

    assert run.completed
    assert run.data["Each"] == [{"n": n} for n in range(4)]


def test_an_item_of_another_kind_than_the_others_is_refused() -> None:
    run = begun("many_people", data=ITEMS)

    with pytest.raises(Conflict, match="same parts"):
        surgery.add_item(run, "Each", {"ref": "d"})


def test_a_dropped_item_leaves_no_hole_among_the_results() -> None:
    run = begun("many_people", [("complete", "Each", {"n": 2}, 2)], ITEMS)

    surgery.drop_item(run, token_at(run, "Each", 0))
    assert run.counts() == {"Each": (1, 2)}
    run = restored(run)
    perform(run, ("complete", "Each", {"n": 1}, 0))
    run.advance()

    assert run.completed
    assert run.data["Each"] == [{"n": 1}, {"n": 2}]


def test_the_last_item_dropped_ends_the_step() -> None:
    run = begun("many_people", data={"items": ["a"]})

    surgery.drop_item(run, token_at(run, "Each", 0))
    run.advance()

    assert run.completed
    assert run.data["Each"] == []


def test_an_item_in_turn_that_is_dropped_makes_room_for_the_next() -> None:
    run = begun("many_in_turn", data=ITEMS)

    surgery.drop_item(run, token_at(run, "Each", 0))
    run.advance()

    assert [h.item for h in run.human_steps()] == ["b"]


def test_an_item_that_runs_as_a_subprocess_is_dropped_with_its_waits() -> None:
    run = begun("many_subprocesses", [("job", "Ask", {"rows": 1}, "b")], ITEMS)
    waits = len(run.timers())

    surgery.drop_item(run, next(p.token for p in places(run) if p.step_id == "Ask"))
    run.advance()

    assert len(run.timers()) == waits - 1
    assert run.counts() == {"Each": (1, 2)}


def test_values_are_put_right_and_those_that_name_the_case_are_not() -> None:
    run = begun("exclusive_loop", [("complete", "Try", {"ok": False})])

    surgery.put_values(run, {"hint": 3})
    surgery.put_values(run, {}, ["hint"])
    assert "hint" not in run.data
    for values, gone in (({"case": {}}, []), ({"no name": 1}, []), ({}, ["absent"]), ({"x": {1, 2}}, [])):
        with pytest.raises(Conflict):
            surgery.put_values(run, values, gone)
    with pytest.raises(engine.DataTooLarge):
        surgery.put_values(run, {"x": "x" * 70_000})


def test_a_step_in_error_is_skipped_with_the_values_it_should_have_set() -> None:
    run = engine.start(diagram("script"), {"items": "none"}, now=NOW, services=Desk())
    with pytest.raises(engine.StepFailed):
        run.advance()

    surgery.skip(run, run.failed()[0][0], {"total": 1, "big": False, "day": "2027-06-01"})
    run.advance()

    assert run.completed
    assert run.data["total"] == 1


def test_no_token_is_put_where_the_drawing_could_not_have_brought_one() -> None:
    cases = [("parallel", "A", "Join"), ("race", "Reply", "Late"), ("boundary_timer", "Work", "Remind"),
             ("lanes", "Prepare", "Nowhere"), ("event_subprocess", "Work", "Told")]  # fmt: skip
    for file, at, to in cases:
        run = begun(file)
        with pytest.raises(Conflict):
            surgery.move(run, token_at(run, at), to)
        assert to not in surgery_places.targets(run, token_at(run, at))


def test_one_of_several_is_not_moved_alone_but_the_whole_step_is() -> None:
    run = begun("many_people", data=ITEMS)
    with pytest.raises(Conflict, match="one of several"):
        surgery.move(run, token_at(run, "Each", 1), "End")

    many = next(p for p in places(run) if p.kind == "many")
    surgery.move(run, many.token, "End")
    run.advance()

    assert run.completed


def test_what_may_be_done_with_each_place_is_said() -> None:
    run = begun("many_people", data=ITEMS)

    told = {(p.kind, p.number): p.may for p in places(run)}

    assert told["many", None] == {"move", "skip", "add"}
    assert told["person", 0] == {"skip", "drop"}
    assert view(run) == view(restored(run))


def test_a_repair_after_an_hour_gives_a_deadline_from_then() -> None:
    run = begun("job_with_deadline")
    run = engine.restore(run.diagram, run.snapshot(), now=NOW + timedelta(minutes=30), services=Desk())

    surgery.reset(run, "Query")
    run.advance()

    assert [t.due_at for t in run.timers()] == [NOW + timedelta(minutes=90)]


def test_a_name_in_a_sentence_is_read_in_the_language_of_the_reader_also_when_it_was_kept() -> None:
    sentence = gettext("“%(step)s” ends where it stands.", step=Name("拟委托书", "Draft commission"))
    kept = Text.unpacked(orjson.loads(orjson.dumps(sentence.packed())))

    for one in (sentence, kept):
        assert str(one) == "“Draft commission” ends where it stands."
        with bound(lambda source: "zh" if source == "en" else source):
            assert str(one) == "“拟委托书” ends where it stands."
    assert str(Name("会签", "")) == "会签"


def test_a_case_left_waiting_for_nothing_and_nobody_is_refused_where_the_repair_was_carried_on() -> None:
    run = begun("complex_gateway", [("complete", "C"), ("complete", "A"), ("complete", "B")])
    surgery.move(run, token_at(run, "After"), "A")
    run.advance()
    surgery_places.must_wait(run)  # it waits for somebody at A
    surgery.skip(run, token_at(run, "A"))
    run.advance()

    assert run.active() == ["Enough"]  # of three two were enough, and they have gone on already
    with pytest.raises(Conflict, match="stand still for ever"):
        surgery_places.must_wait(run)
