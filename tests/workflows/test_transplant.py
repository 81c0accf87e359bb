"""Tokens set onto another drawing: races, joins, repetitions, timers, messages, what could be undone; or refused."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import Conflict
from tests.workflows.playing import NOW, Act, Desk, perform
from workflows import engine, transplant
from workflows.bundles import DRAWING, Bundle
from workflows.definitions import Definition
from workflows.transplant import CANNOT, CHANGES, MAPPING, PATH, UNAFFECTED, Moved, Plan, Verdict

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="urn:t"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn"><bpmn:message id="M" name="letter" />'
    '<bpmn:process id="P" isExecutable="true">'
)
TAIL = "</bpmn:process></bpmn:definitions>"


def people(*names: str) -> str:
    return "".join(f'<bpmn:userTask id="{name}" name="{name}" />' for name in names)


def flows(text: str) -> str:
    """ "A>B B>C" as sequence flows."""
    ways = [way.split(">") for way in text.split()]
    return "".join(f'<bpmn:sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}" />' for a, b in ways)


def drawing(nodes: str, ways: str) -> bytes:
    ends = '<bpmn:startEvent id="S" /><bpmn:endEvent id="E" />'
    return f"{HEAD}{ends}{nodes}{flows(ways)}{TAIL}".encode()


def timer(name: str, kind: str, text: str, at: str = "", *, interrupting: bool = True) -> str:
    body = f'<bpmn:timerEventDefinition id="{name}_t"><bpmn:{kind}>{text}</bpmn:{kind}></bpmn:timerEventDefinition>'
    if not at:
        return f'<bpmn:intermediateCatchEvent id="{name}">{body}</bpmn:intermediateCatchEvent>'
    kept = "true" if interrupting else "false"
    return f'<bpmn:boundaryEvent id="{name}" attachedToRef="{at}" cancelActivity="{kept}">{body}</bpmn:boundaryEvent>'


def message(name: str, key: str = "") -> str:
    said = (
        f"<bpmn:extensionElements><camunda:properties><camunda:property name='correlation' value='{key}' />"
        "</camunda:properties></bpmn:extensionElements>"
    )
    waits = f'<bpmn:messageEventDefinition id="{name}_m" messageRef="M" />'
    return f'<bpmn:intermediateCatchEvent id="{name}">{said if key else ""}{waits}</bpmn:intermediateCatchEvent>'


def gateway(kind: str, name: str) -> str:
    return f'<bpmn:{kind}Gateway id="{name}" />'


def many(name: str, more: str = "", *, sequential: bool = False) -> str:
    return (
        f'<bpmn:userTask id="{name}"><bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}"'
        f' camunda:collection="items" camunda:elementVariable="item">{more}</bpmn:multiInstanceLoopCharacteristics>'
        "</bpmn:userTask>"
    )


def definition(source: bytes, number: int = 1) -> Definition:
    return Definition(number, "p", number, "", "", Bundle("p", {DRAWING: source}))


@dataclass
class Pair:
    """A case on the old drawing and what the new one would make of it."""

    plan: Plan
    state: bytes

    def run(self) -> engine.Run:
        return engine.restore(self.plan.old.diagram, self.state, now=NOW, services=Desk())

    def judge(self) -> Verdict:
        return transplant.judge(self.plan, self.run())

    def move(self, *, dates: bool = False) -> Moved:
        return transplant.move(self.plan, self.run(), dates=dates)

    def refused(self, code: str, said: str) -> None:
        verdict = self.judge()
        assert verdict.code == code and said in str(verdict.sentence), verdict.sentence
        with pytest.raises(Conflict, match=said.replace("“", ".").replace("”", ".")):
            self.move()


def pair(
    old: bytes, new: bytes, acts: Sequence[Act] = (), data: Mapping[str, Any] | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Pair:  # fmt: skip
    plan = Plan(definition(old), definition(new, 2), mapping or {})
    run = engine.start(plan.old.diagram, data or {}, now=NOW, services=Desk())
    run.advance()
    for act in acts:
        perform(run, act)
        run.advance()
    return Pair(plan, run.snapshot())


def finish(run: engine.Run, choose: random.Random | None = None) -> engine.Run:
    """Complete whatever waits until the case is over; saved and restored after each act."""
    clock = run.now
    for _round in range(60):
        run = engine.restore(run.diagram, run.snapshot(), now=clock, services=Desk())
        run.advance()
        if run.completed:
            return run
        if run.human_steps():
            waiting = run.human_steps()
            run.complete((choose.choice(waiting) if choose else waiting[0]).token, {})
        elif run.jobs():
            run.finish_job(run.jobs()[0].token, {})
        elif run.timers():
            clock = max(clock, run.timers()[0].due_at)
            run = engine.restore(run.diagram, run.snapshot(), now=clock, services=Desk())
            run.wake()
        else:
            run.deliver("letter", {}, run.messages()[0].correlation)
    raise AssertionError(f"the case does not end: {run.active()}")


LINE = drawing(people("A", "B"), "S>A A>B B>E")
SPLIT = gateway("parallel", "F") + gateway("parallel", "J")
SIDES = drawing(people("A", "B") + SPLIT, "S>F F>A F>B A>J B>J J>E")


def test_the_same_drawing_moves_without_a_word() -> None:
    case = pair(SIDES, SIDES, [("complete", "A")])
    assert case.judge().code == UNAFFECTED
    assert case.move().run.snapshot() == case.state


def test_a_way_that_waits_at_a_join_goes_on_waiting() -> None:
    case = pair(SIDES, drawing(people("A", "B", "N") + SPLIT, "S>F F>A F>B A>J B>J J>N N>E"), [("complete", "A")])
    assert case.judge().code == PATH
    done = finish(case.move().run).done()
    assert (done["A"], done["B"], done["N"], done["J"]) == (1, 1, 1, 1)


def test_a_step_put_between_a_passed_step_and_the_join_is_behind_the_case() -> None:
    case = pair(SIDES, drawing(people("A", "B", "N") + SPLIT, "S>F F>A F>B A>N N>J B>J J>E"), [("complete", "A")])
    verdict = case.judge()
    assert verdict.code == UNAFFECTED and verdict.passed == ("N",)
    assert "N" not in finish(case.move().run).done()


def test_a_branch_that_a_case_never_began_would_be_waited_for_and_is_refused() -> None:
    wide = drawing(people("A", "B", "C") + SPLIT, "S>F F>A F>B F>C A>J B>J C>J J>E")
    pair(SIDES, wide).refused(CANNOT, "would wait at “J”")
    pair(drawing(people("Z", "A", "B") + SPLIT, "S>Z Z>F F>A F>B A>J B>J J>E"),
         drawing(people("Z", "A", "B", "C") + SPLIT, "S>Z Z>F F>A F>B F>C A>J B>J C>J J>E")).move()  # fmt: skip


def test_what_ran_side_by_side_is_not_done_twice() -> None:
    pair(SIDES, LINE).refused(CANNOT, "would come twice")
    assert pair(LINE, SIDES, mapping={}).judge().code == CANNOT  # B was never begun


def test_a_waiting_join_that_is_none_any_more_is_refused() -> None:
    other = drawing(people("A", "B") + gateway("parallel", "F") + gateway("exclusive", "J"), "S>F F>A F>B A>J B>J J>E")
    pair(SIDES, other, [("complete", "A")]).refused(CANNOT, "waits for other ways")


RACE = gateway("eventBased", "G")
OLD_RACE = drawing(RACE + message("L") + timer("T", "timeDuration", "P5D") + people("A", "B"),
                   "S>G G>L G>T L>A T>B A>E B>E")  # fmt: skip


def test_an_event_joins_a_race_and_another_leaves_it() -> None:
    new = drawing(RACE + message("L") + timer("U", "timeDuration", "P9D") + people("A", "C"),
                  "S>G G>L G>U L>A U>C A>E C>E")  # fmt: skip
    case = pair(OLD_RACE, new)
    assert case.judge().code == CHANGES
    run = case.move().run
    assert [(one.step_id, one.due_at) for one in run.timers()] == [("U", NOW + timedelta(days=9))]
    kept = case.run().messages()[0].token
    assert [one.token for one in run.messages()] == [kept]
    assert run.deliver("letter") == 1
    run.advance()
    assert [one.step_id for one in run.human_steps()] == ["A"] and not run.timers()


def test_a_race_that_is_gone_needs_a_step_of_its_kind() -> None:
    assert pair(OLD_RACE, drawing(people("A"), "S>A A>E")).judge().code == MAPPING


ITEMS = {"items": ["a", "b", "c"]}


@pytest.mark.parametrize("sequential", [False, True])
def test_a_repetition_goes_on_where_it_is(sequential: bool) -> None:
    old = drawing(many("A", sequential=sequential), "S>A A>E")
    until = "<bpmn:completionCondition>nrOfCompletedInstances = 2</bpmn:completionCondition>"
    new = drawing(many("A", until, sequential=sequential) + timer("T", "timeDuration", "P3D", "A") + people("N"),
                  "S>A A>N N>E T>E")  # fmt: skip
    case = pair(old, new, [("complete", "A", {"x": 1})], ITEMS)
    assert case.judge().code == CHANGES
    run = case.move().run
    assert [(one.token, one.index) for one in run.human_steps()] == [
        (one.token, one.index) for one in case.run().human_steps()
    ]
    assert run.counts() == {"A": (1, 3)}
    run.complete(run.human_steps()[0].token, {"x": 2})
    run.advance()
    assert [one.step_id for one in run.human_steps()] == ["N"] and not run.timers()


def test_a_repetition_under_other_rules_waits_until_it_is_done() -> None:
    old = drawing(many("A"), "S>A A>E")
    pair(old, drawing(many("A", sequential=True), "S>A A>E"), data=ITEMS).refused(CANNOT, "one after the other")
    renamed = drawing(many("A").replace('"item"', '"thing"'), "S>A A>E")
    pair(old, renamed, data=ITEMS).refused(CANNOT, "is called item")
    assert pair(old, drawing(people("A"), "S>A A>E"), data=ITEMS).judge().code == MAPPING


def limited(kind: str, text: str) -> bytes:
    return drawing(people("A", "B") + timer("T", kind, text, "A"), "S>A A>B T>B B>E")


@pytest.mark.parametrize(
    ("old", "new", "then"),
    [
        (("timeDuration", "P5D"), ("timeDuration", "P9D"), timedelta(days=9)),
        (("timeDuration", "P5D"), ("timeDate", "2027-07-01T00:10:00Z"), timedelta(days=30)),
        (("timeDate", "2027-06-04T00:10:00Z"), ("timeDuration", "P2D"), timedelta(days=2)),
        (("timeCycle", "R3/P5D"), ("timeCycle", "R3/P2D"), timedelta(days=2)),
        (("timeDuration", "P5D"), ("timeDuration", "=terms.reply_in"), timedelta(days=4)),
    ],
)
def test_a_planned_day_stays_unless_it_is_chosen_otherwise(
    old: tuple[str, str], new: tuple[str, str], then: timedelta
) -> None:
    case = pair(limited(*old), limited(*new), data={"terms": {"reply_in": "P4D"}})
    planned = case.run().timers()[0].due_at
    assert case.judge().dates == (("T", planned, NOW + then),)
    assert [one.due_at for one in case.move().run.timers()] == [planned]
    moved = case.move(dates=True)
    assert [one.due_at for one in moved.run.timers()] == [NOW + then]
    assert moved.dates == (("T", planned, NOW + then),)
    assert moved.run.timers()[0].token == case.run().timers()[0].token
    finish(moved.run)


def test_a_new_limit_counts_from_the_move_and_an_old_one_goes() -> None:
    case = pair(LINE, limited("timeDuration", "P5D"))
    assert case.judge().code == CHANGES
    run = case.move().run
    assert [one.due_at for one in run.timers()] == [NOW + timedelta(days=5)]
    assert [one.token for one in run.human_steps()] == [one.token for one in case.run().human_steps()]
    back = transplant.move(Plan(case.plan.new, case.plan.old), run).run
    assert back.snapshot() == case.state  # as if nothing had been


def test_a_message_is_waited_for_under_its_new_key() -> None:
    old, new = (drawing(message("L", key), "S>L L>E") for key in ("one", "two"))
    case = pair(old, new, data={"one": "K1", "two": "K2"})
    assert case.run().deliver("letter", {}, "K1") == 1
    run = case.move().run
    assert run.deliver("letter", {}, "K1") == 0 and run.deliver("letter", {}, "K2") == 1
    assert finish(run).completed
    pair(old, drawing(message("L", "three.four"), "S>L L>E"), data={"one": "K1"}).refused(CANNOT, "cannot be told")


def test_a_step_that_is_gone_goes_on_where_somebody_says() -> None:
    short = drawing(people("A", "C"), "S>A A>C C>E")
    pair(LINE, short, [("complete", "A")]).refused(MAPPING, "is not there any more")
    case = pair(LINE, short, [("complete", "A")], mapping={"B": "C"})
    assert case.judge().code == CHANGES
    run = case.move().run
    assert [(one.step_id, one.token) for one in run.human_steps()] == [("C", case.run().human_steps()[0].token)]
    assert finish(run).completed
    with pytest.raises(Conflict, match="different kinds"):
        transplant.must_map(Plan(case.plan.old, case.plan.new, {"B": "E"}))


def test_a_step_that_was_passed_under_another_id_is_known_by_the_new_one() -> None:
    renamed = drawing(people("A2", "B"), "S>A2 A2>B B>E")
    case = pair(LINE, renamed, [("complete", "A", {"x": 1})], mapping={"A": "A2"})
    assert case.judge().code == UNAFFECTED
    run = case.move().run
    assert run.data["A2"] == {"x": 1} == run.data["A"] and run.done()["A2"] == 1


def undoable(handler: str) -> bytes:
    """A is done, then B; what A did could be undone by U."""
    undo = (
        '<bpmn:boundaryEvent id="K" attachedToRef="A"><bpmn:compensateEventDefinition id="K_c" /></bpmn:boundaryEvent>'
        '<bpmn:userTask id="U" name="U" isForCompensation="true" />'
        '<bpmn:association id="KU" sourceRef="K" targetRef="U" associationDirection="One" />'
    )
    throw = (
        '<bpmn:intermediateThrowEvent id="X"><bpmn:compensateEventDefinition id="X_c" /></bpmn:intermediateThrowEvent>'
    )
    return drawing(people("A", "B") + (undo if handler else "") + throw, "S>A A>B B>X X>E")


def test_what_could_be_undone_still_can_or_the_case_stays() -> None:
    pair(undoable("U"), undoable(""), [("complete", "A", {"x": 1})]).refused(CANNOT, "could be undone")
    case = pair(undoable("U"), undoable("U"), [("complete", "A", {"x": 1})])
    run = finish(case.move().run)
    assert run.done()["U"] == 1


NAMES = "ABCDHIK"


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_edited_a_case_ends_or_is_refused_as_foretold(seed: int) -> None:
    """Steps in blocks one after the other or side by side, edited at random, cases anywhere in them."""
    luck = random.Random(seed)
    old = blocks(luck.sample(NAMES, luck.randint(2, 5)), luck)
    new = blocks(luck.sample(NAMES, luck.randint(2, 6)), luck)
    plan = Plan(definition(old), definition(new, 2))
    run = engine.start(plan.old.diagram, {}, now=NOW, services=Desk())
    run.advance()
    while not run.completed:
        state = run.snapshot()
        case = Pair(plan, state)
        verdict = case.judge()
        if verdict.movable:
            moved = case.move().run
            assert {one.token for one in moved.human_steps()} == {one.token for one in run.human_steps()}
            before, after = moved.done(), dict(finish(moved, luck).done())
            # a step that lies ahead again is done again, none twice
            assert all(times <= before.get(step, 0) + 1 for step, times in after.items())
        else:
            with pytest.raises(Conflict) as refused:
                case.move()
            assert refused.value.message == verdict.sentence
        run = engine.restore(plan.old.diagram, state, now=NOW, services=Desk())
        run.complete(luck.choice(run.human_steps()).token, {})
        run.advance()


def blocks(names: Sequence[str], luck: random.Random) -> bytes:
    """A drawing of the steps in this order, now and then two of them between a fork and a join."""
    nodes, ways, last, left, number = people(*names), [], "S", list(names), 0
    while left:
        one = left.pop(0)
        if left and luck.random() < 0.5:
            other, number = left.pop(0), number + 1
            nodes += gateway("parallel", f"F{number}") + gateway("parallel", f"J{number}")
            ways += [f"{last}>F{number}", f"F{number}>{one}", f"F{number}>{other}", f"{one}>J{number}",
                     f"{other}>J{number}"]  # fmt: skip
            last = f"J{number}"
        else:
            ways.append(f"{last}>{one}")
            last = one
    return drawing(nodes, " ".join([*ways, f"{last}>E"]))
