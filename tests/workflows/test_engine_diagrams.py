"""Every supported element runs as drawn, and restoring after each single step changes nothing."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from tests.workflows.playing import DIAGRAMS, NOW, Scenario, play
from workflows import lint

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ITEMS = {"items": ["a", "b", "c"]}

SCENARIOS = [
    Scenario(
        "human_and_service", [("complete", "Ask", {"amount": 4})],
        done={"Start": 1, "Ask": 1, "Book": 1, "End": 1}, kept={"Ask": {"amount": 4}, "amount": 4, "receipt": 10},
    ),
    Scenario("manual_and_empty", [("complete", "Sign")], done={"Start": 1, "Nothing": 1, "Sign": 1, "End": 1}),
    Scenario(
        "script", data={"items": [4, 8.5]}, done={"Start": 1, "Sum": 1, "End": 1},
        kept={"total": 12.5, "big": True, "day": "2027-06-01"},
    ),
    Scenario(
        "decision", [("complete", "Check")], {"score": 8}, done={"Judge": 1, "Way": 1, "Check": 1, "End": 1},
        kept={"verdict": {"doubt": True}},
    ),
    Scenario("decision", [], {"score": 7}, done={"Judge": 1, "Way": 1, "End": 1}),
    Scenario(
        "exclusive_loop", [("complete", "Try", {"ok": False})] * 3 + [("complete", "Try", {"ok": True})],
        done={"Try": 4, "Again": 4, "End": 1},
    ),
    Scenario(
        "parallel", [("complete", "B", {"x": 2}), ("job", "Long"), ("complete", "A", {"x": 1})],
        done={"Split": 1, "A": 1, "B": 1, "Long": 1, "Join": 1, "After": 1, "End": 1}, kept={"both": 3},
    ),
    Scenario(
        "parallel_in_loop", [("complete", "A"), ("complete", "B"), ("complete", "B"), ("complete", "A"),
                             ("complete", "B"), ("complete", "A")],
        done={"Begin": 1, "Top": 3, "Split": 3, "A": 3, "B": 3, "Join": 3, "Count": 3, "Again": 3, "End": 1},
    ),
    Scenario("parallel_in_loop", [("complete", "A"), ("complete", "B"), ("complete", "B")], kept={"n": 1},
             completed=False),
    Scenario(
        "inclusive", [("complete", "B"), ("complete", "A")], {"x": 3},
        done={"Split": 1, "A": 1, "B": 1, "Join": 1, "End": 1},
    ),
    Scenario("inclusive", [("complete", "A")], {"x": 2}, done={"A": 1, "Join": 1, "End": 1}),
    Scenario("inclusive", [("complete", "C")], {"x": 0}, done={"C": 1, "Join": 1, "End": 1}),
    Scenario(
        "implicit_fork", [("complete", "Ask"), ("complete", "A")],
        done={"Ask": 1, "Tell": 1, "A": 1, "EndTell": 1, "End": 1},
    ),
    Scenario("conditional_flows", [("complete", "Ask", {"x": 1}), ("complete", "A")], done={"A": 1, "EndA": 1}),
    Scenario("conditional_flows", [("complete", "Ask", {"x": 2}), ("complete", "B")], done={"B": 1, "End": 1}),
    Scenario("links", [("complete", "A"), ("complete", "B")], done={"A": 1, "Jump": 1, "Land": 1, "B": 1, "End": 1}),
    Scenario(
        "timers", [("wait", HOUR), ("wait", DAY), ("wait", DAY)], {"query": {"due": (NOW + DAY).isoformat()}},
        done={"Pause": 1, "Until": 1, "Term": 1, "End": 1},
    ),
    Scenario(
        "boundary_timer", [("wait", DAY), ("wait", DAY), ("wait", DAY)],
        done={"Remind": 2, "Mail": 2, "EndMail": 2, "Late": 1, "Close": 1, "EndLate": 1},
    ),
    Scenario("boundary_timer", [("wait", DAY), ("complete", "Work")], done={"Remind": 1, "Work": 1, "End": 1}),
    Scenario("job_with_deadline", [("job", "Query", {"rows": 2})], done={"Query": 1, "End": 1},
             kept={"Query": {"rows": 2}}),
    Scenario("job_with_deadline", [("wait", HOUR), ("complete", "Offline")], done={"Late": 1, "Offline": 1, "End": 1}),
    Scenario(
        "job_with_deadline", [("fail", "Query", "refused"), ("complete", "Repair")],
        done={"Refused": 1, "Repair": 1, "End": 1}, kept={"Refused": {"code": "refused"}},
    ),
    Scenario(
        "error_from_inside", [("complete", "Look", {"bad": True}), ("complete", "Repair")],
        done={"Look": 1, "Bad": 1, "Fail": 1, "Caught": 1, "Repair": 1, "End": 1},
    ),
    Scenario("error_from_inside", [("complete", "Look", {"bad": False})], done={"InEnd": 1, "Inner": 1, "End": 1}),
    Scenario(
        "escalation", [("complete", "Look"), ("complete", "Chief")],
        done={"Shout": 1, "Heard": 1, "Look": 1, "Inner": 1, "End": 1, "Chief": 1, "EndChief": 1},
    ),
    Scenario("error_end", [("complete", "A")], done={"A": 1, "Fail": 1}, error="refused"),
    Scenario("terminate", [("complete", "A")], done={"A": 1, "Stop": 1}),
    Scenario("terminate", [("complete", "B"), ("complete", "A")], done={"B": 1, "End": 1, "A": 1, "Stop": 1}),
    Scenario(
        "messages", [("deliver", "answer", {"text": "no"}, 8), ("deliver", "answer", {"text": "yes"}, "7")],
        {"number": 7}, done={"Send": 1, "Wait": 1, "Thank": 1, "End": 1}, kept={"Wait": {"text": "yes"}},
        thrown=[("answer", 7, {"number": 7}), ("objection", None, {"text": "thanks"}), ("objection", None, {})],
    ),
    Scenario(
        "message_boundary", [("deliver", "answer"), ("deliver", "answer"), ("complete", "Work")],
        done={"News": 2, "Note": 2, "EndNote": 2, "Work": 1, "End": 1},
    ),
    Scenario(
        "signals", [("complete", "Work")], done={"Hear": 1, "Ring": 1, "End": 1, "EndHear": 1},
        thrown=[("alarm", None, {})],
    ),
    Scenario("signals", [("deliver", "alarm", {"x": 1}), ("complete", "Work")], done={"Hear": 1, "EndHear": 1},
             kept={"Hear": {"x": 1}}, thrown=[("alarm", None, {})]),
    Scenario("race", [("deliver", "answer"), ("complete", "Read")], done={"Race": 1, "Reply": 1, "Read": 1, "End": 1}),
    Scenario("race", [("wait", DAY), ("deliver", "answer")], done={"Late": 1, "EndLate": 1}),
    Scenario("conditional_event", [("complete", "Work", {"income": 11})], {"Work": {"income": 0}},
             done={"Work": 1, "Rich": 1, "End": 1, "EndRich": 1}),
    Scenario("conditional_event", [("complete", "Work", {"income": 9})], {"Work": {"income": 0}},
             done={"Work": 1, "End": 1}, completed=False),
    Scenario("subprocess", [("complete", "Look")], done={"Look": 1, "More": 1, "Inner": 1, "End": 1}, kept={"n": 2}),
    Scenario(
        "many_people", [("complete", "Each", {"n": 2}, 2), ("complete", "Each", {"n": 0}, 0),
                        ("complete", "Each", {"n": 1}, 1)],
        ITEMS, done={"Each": 3, "End": 1}, kept={"Each": [{"n": 0}, {"n": 1}, {"n": 2}]},
    ),
    Scenario("many_people", [], {"items": []}, done={"Each": 0, "End": 1}, kept={"Each": []}),
    Scenario(
        "many_in_turn", [("complete", "Each", {"n": 0}), ("complete", "Each", {"n": 1})], ITEMS,
        done={"Each": 2, "End": 1}, kept={"Each": [{"n": 0}, {"n": 1}, None]},
    ),
    Scenario(
        "many_services", [("job", "Each", {"n": 1}, "b"), ("job", "Each", {"n": 0}, "a"),
                          ("job", "Each", {"n": 2}, "c")],
        ITEMS, done={"Each": 3, "End": 1}, kept={"Each": [{"n": 0}, {"n": 1}, {"n": 2}]},
    ),
    Scenario("many_services", [("job", "Each", {}, "b"), ("wait", HOUR)], ITEMS, done={"Late": 1, "EndLate": 1}),
    Scenario(
        "many_subprocesses", [("job", "Ask", {"rows": 1}, "b"), ("wait", HOUR)], ITEMS,
        done={"Ask": 1, "Good": 1, "Late": 2, "Bad": 2, "InEnd": 3, "Each": 3, "End": 1},
        kept={"Each": [{"answer": "offline"}, {"Ask": {"rows": 1}, "answer": "came"}, {"answer": "offline"}]},
    ),
    Scenario("many_by_number", [("complete", "Each", {"n": n}) for n in range(3)], ITEMS, done={"Each": 3, "End": 1}),
    Scenario("standard_loop", [("complete", "Look")], done={"Count": 4, "Look": 1, "End": 1}, kept={"n": 4}),
    Scenario("lanes", [("complete", "Prepare"), ("complete", "Check")], done={"Prepare": 1, "Check": 1, "End": 1}),
    Scenario(
        "event_subprocess",
        [("deliver", "answer", {"n": 1}), ("deliver", "answer", {"n": 2}), ("wait", DAY), ("complete", "Note"),
         ("complete", "Work"), ("complete", "Note")],
        done={"Told": 2, "Note": 2, "News": 2, "Mail": 1, "Remind": 1, "Work": 1, "End": 1},
        kept={"Told": {"n": 2}},
    ),
    Scenario(
        "event_subprocess", [("deliver", "answer"), ("deliver", "alarm"), ("complete", "File")],
        done={"Told": 1, "Gone": 1, "File": 1, "EndFile": 1, "Withdraw": 1},
    ),
    Scenario("event_subprocess", [("complete", "Work")], done={"Start": 1, "Work": 1, "End": 1}),
    Scenario(
        "error_event_subprocess", [("fail", "Query", "refused"), ("complete", "Repair")],
        done={"Broken": 1, "Repair": 1, "Mend": 1, "Inner": 1, "End": 1}, kept={"Broken": {"code": "refused"}},
    ),
    Scenario(
        "compensation", [("complete", "Doubt"), ("complete", "unPay", {"sum": 3})],
        done={"Trip": 1, "Undo": 1, "unPay": 1, "unBook": 1, "End": 1}, kept={"unPay": {"sum": 3}},
    ),
    Scenario("transaction", [("complete", "Ask", {"off": False})], done={"Trip": 1, "Done": 1, "unPay": 0, "End": 1}),
    Scenario(
        "transaction", [("complete", "Ask", {"off": True}), ("complete", "unPay")],
        done={"Trip": 0, "unPay": 1, "unBook": 1, "CalledOff": 1, "Tell": 1, "Out": 1},
    ),
    Scenario(
        "ad_hoc", [("complete", "Read"), ("complete", "Visit"), ("complete", "One"), ("complete", "Two")],
        done={"Visit": 1, "Call": 0, "Read": 1, "One": 1, "Two": 1, "Look": 1, "Turns": 1},
    ),
    Scenario(
        "several_events",
        [("deliver", "answer", {"n": 1}), ("wait", HOUR), ("complete", "Work"), ("deliver", "alarm", {"x": 1})],
        done={"Both": 1, "Note": 1, "Work": 1, "Any": 1, "End": 1}, kept={"Both": {"n": 1}, "Any": {"x": 1}},
    ),
    Scenario(
        "complex_gateway", [("complete", "C"), ("complete", "A"), ("complete", "B"), ("complete", "After")],
        done={"A": 1, "B": 1, "C": 1, "Enough": 1, "After": 1, "End": 1},
    ),
    Scenario("error_event_subprocess", [("job", "Query")], done={"Query": 1, "InEnd": 1, "Inner": 1, "End": 1}),
]  # fmt: skip
NAMES = [f"{scenario.file}-{number}" for number, scenario in enumerate(SCENARIOS)]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=NAMES)
def test_a_diagram_runs_as_drawn(scenario: Scenario) -> None:
    played = play(scenario, restoring=False)
    run = played.run

    assert (run.completed, run.error) == (scenario.completed, scenario.error)
    assert {name: run.done().get(name, 0) for name in scenario.done} == scenario.done
    assert {name: run.data.get(name) for name in scenario.kept} == scenario.kept
    assert [(t.name, t.correlation, t.payload) for t in played.thrown] == list(scenario.thrown)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=NAMES)
def test_saving_and_restoring_after_every_single_step_gives_the_same_end(scenario: Scenario) -> None:
    live, restored = play(scenario, restoring=False), play(scenario, restoring=True)

    assert restored.states == live.states
    assert restored.thrown == live.thrown
    assert restored.desk.calls == live.desk.calls


def test_the_comparison_can_see_a_broken_restore() -> None:
    """The canary: state that forgets what the steps remember must not pass unnoticed."""

    def forgetful(snapshot: bytes) -> bytes:
        document = orjson.loads(snapshot)
        for scope in document[1]:
            for row in scope[0]:
                row[5] = 0
        return orjson.dumps(document)

    noticed = 0
    for scenario in SCENARIOS:
        live = play(scenario, restoring=False)
        try:
            noticed += play(scenario, restoring=True, spoil=forgetful).states != live.states
        except Exception:
            noticed += 1
    assert noticed > 10


def test_every_diagram_is_played_and_passes_the_check() -> None:
    files = {path.stem for path in DIAGRAMS.glob("*.bpmn")}

    assert files == {scenario.file for scenario in SCENARIOS}
    for name in sorted(files):
        assert lint_of((DIAGRAMS / f"{name}.bpmn").read_bytes()) == []


def lint_of(xml: bytes) -> list[str]:
    operations = {
        "note": lint.OperationSpec("note"),
        "long": lint.OperationSpec("long", inputs=("who",) if b'name="who"' in xml else ()),
        "book": lint.OperationSpec("book", inputs=("amount", "kind")),
    }
    findings = lint.check_diagram(xml, operations=operations, roles={"clerk"}, forms={"form"}, decisions={"doubts"})
    return [str(found) for found in findings]
