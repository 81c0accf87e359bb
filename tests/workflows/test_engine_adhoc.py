"""Ad-hoc subprocesses: what is offered, in which order, and when it is over (decision 0018)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.workflows.drawn import drawing, rules, wrong
from tests.workflows.playing import Scenario, play


def ad_hoc(inside: str, condition: str = "", order: str = "Parallel", rest: str = "true") -> str:
    """A process whose middle is an ad-hoc subprocess Q; its completion condition, order, and whether the rest ends."""
    text = condition.replace("<", "&lt;").replace(">", "&gt;")
    over = f'<completionCondition xsi:type="tFormalExpression">{text}</completionCondition>' if condition else ""
    return drawing(
        f"(start S)<adHocSubProcess id='Q' ordering='{order}' cancelRemainingInstances='{rest}'>{inside}{over}"
        "</adHocSubProcess>(note Next)(end E)[[S>Q>Next>E]]",
        '<message id="Mail" name="mail"/>',
    )


def case(xml: str, *acts: Any, **rest: Any) -> Scenario:
    return Scenario(xml, acts, **rest)


MAIL = '<messageEventDefinition messageRef="Mail"/>'
NEWS = (
    f"<subProcess id='V' triggeredByEvent='true'><startEvent id='VS' isInterrupting='false'>{MAIL}</startEvent>"
    "(note X)(end VE)[[VS>X>VE]]</subProcess>"
)
EACH = "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
CASES = {
    "all are open at once, in any order": case(
        ad_hoc("(user A)(user B)(user C)"), ("complete", "B"), ("complete", "C"), ("complete", "A"),
        done={"A": 1, "B": 1, "C": 1, "Q": 1, "Next": 1},
    ),
    "one at a time": case(
        ad_hoc("(user A)(user B)", order="Sequential"), ("complete", "A"), ("complete", "B"),
        done={"A": 1, "B": 1, "Next": 1},
    ),
    "one at a time, the second is not open yet": case(
        ad_hoc("(user A)(user B)", order="Sequential"), completed=False, done={"A": 0},
    ),
    "over by its condition, the rest ends": case(
        ad_hoc("(user A)(user B)(user C)", "nrOfCompletedInstances = 2"), ("complete", "C"), ("complete", "A"),
        done={"A": 1, "B": 0, "C": 1, "Next": 1},
    ),
    "over by its condition, the rest is done": case(
        ad_hoc("(user A)(user B)(user C)", "A.ok = true", rest="false"), ("complete", "A", {"ok": True}),
        ("complete", "B"), ("complete", "C"), done={"A": 1, "B": 1, "C": 1, "Next": 1},
    ),
    "over by its condition, nothing more begins": case(
        ad_hoc("(user A)(user B)(user C)[[A>C]]", "A.ok = true", rest="false"), ("complete", "A", {"ok": True}),
        ("complete", "B"), done={"A": 1, "B": 1, "C": 0, "Next": 1},
    ),
    "one at a time until its condition": case(
        ad_hoc("(user A)(user B)(user C)", "B.enough = true", order="Sequential"), ("complete", "A"),
        ("complete", "B", {"enough": True}), done={"A": 1, "B": 1, "C": 0, "Next": 1},
    ),
    "the condition is over when nothing is open": case(
        ad_hoc("(user A)(user B)", "nrOfActiveInstances = 0", order="Sequential"), ("complete", "A"), ("complete", "B"),
        done={"A": 1, "B": 1, "Next": 1},
    ),
    "the condition never holds, all is done": case(
        ad_hoc("(user A)(user B)", "A.ok = true"), ("complete", "A"), ("complete", "B"), done={"Next": 1},
    ),
    "flows inside": case(
        ad_hoc("(user A)(user B)(user C)[[A>C]]"), ("complete", "A"), ("complete", "B"), ("complete", "C"),
        done={"A": 1, "B": 1, "C": 1, "Next": 1},
    ),
    "flows inside, one at a time": case(
        ad_hoc("(user A)(user B)(user C)[[A>C]]", order="Sequential"), ("complete", "A"), ("complete", "C"),
        ("complete", "B"), done={"A": 1, "B": 1, "C": 1, "Next": 1},
    ),
    "what the system does is done at once": case(
        ad_hoc("(note A)(note B)(user C)"), ("complete", "C"), done={"A": 1, "B": 1, "C": 1, "Next": 1},
    ),
    "what the system does may be enough": case(
        ad_hoc("(note A)(user C)", "nrOfCompletedInstances = 1"), done={"A": 1, "C": 0, "Next": 1},
    ),
    "a subprocess and a repeated step count once": case(
        ad_hoc(
            "<subProcess id='P1'>(start PS)(user In)(end PE)[[PS>In>PE]]</subProcess>"
            f"<userTask id='W' camunda:candidateGroups='clerk' camunda:formKey='form'>{EACH}</userTask>(user C)",
            "nrOfCompletedInstances = 2",
        ),
        ("complete", "W"), ("complete", "In"), ("complete", "W"), done={"W": 2, "P1": 1, "C": 0, "Next": 1},
    ),
    "an event beside it": case(
        ad_hoc(f"(user A)(user B){NEWS}"), ("deliver", "mail"), ("complete", "A"), ("deliver", "mail"),
        ("complete", "B"), done={"X": 2, "V": 2, "Next": 1},
    ),
    "a boundary event on it": case(
        drawing(
            "(start S)<adHocSubProcess id='Q'>(user A)(user B)</adHocSubProcess>(end E)(end F)"
            f"<boundaryEvent id='Bo' attachedToRef='Q'>{MAIL}</boundaryEvent>[[S>Q>E Bo>F]]",
            '<message id="Mail" name="mail"/>',
        ),
        ("complete", "A"), ("deliver", "mail"), done={"A": 1, "B": 0, "Bo": 1},
    ),
    "several of them": case(
        drawing(
            f"(start S)<adHocSubProcess id='Q' ordering='Sequential'>{EACH}(user A)(user B)</adHocSubProcess>(end E)"
            "[[S>Q>E]]"
        ),
        ("complete", "A"), ("complete", "A"), ("complete", "B"), ("complete", "B"), done={"A": 2, "B": 2, "Q": 2},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_steps_are_offered_and_it_is_over_as_decided(name: str) -> None:
    scenario = CASES[name]

    assert wrong(scenario.file) == []
    played = play(scenario, restoring=False)
    assert {key: played.run.done().get(key, 0) for key in scenario.done} == scenario.done
    assert played.run.completed == scenario.completed


@pytest.mark.parametrize("name", CASES)
def test_saving_after_every_step_changes_nothing_of_it(name: str) -> None:
    live, restored = play(CASES[name], restoring=False), play(CASES[name], restoring=True)

    assert restored.states == live.states
    assert restored.desk.calls == live.desk.calls


@pytest.mark.parametrize(
    ("rule", "xml"),
    [
        ("ad-hoc-without-end", ad_hoc("(note A)(note B)")),
        ("ad-hoc-fork", ad_hoc("(user A)(user B)(user C)[[A>B A>C]]", order="Sequential")),
        ("ad-hoc-free", ad_hoc("(user A)<exclusiveGateway id='G'/>(user B)(user C)[[G>B G>C]]")),
        ("EXT061", ad_hoc("(user A)(end Z)")),
        ("EXT060", ad_hoc("", "x = 1")),
    ],
)
def test_an_ad_hoc_subprocess_without_one_meaning_is_refused(rule: str, xml: str) -> None:
    assert rule in rules(xml)
