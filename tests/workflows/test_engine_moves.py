"""What the engine promises its callers: guards, budgets, failures, clocks, sizes, and no Python."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from decisions.feel import Function
from domain.errors import Conflict, DefinitionRefused
from tests.workflows.playing import DIAGRAMS, NOW, Desk, diagram
from workflows import engine

ROOT = Path(__file__).parent.parent.parent


def begun(name: str, data: dict[str, Any] | None = None, desk: Desk | None = None) -> engine.Run:
    run = engine.start(diagram(name), data or {}, now=NOW, services=desk or Desk())
    run.advance()
    return run


def test_a_step_can_be_completed_once_only() -> None:
    run = begun("human_and_service")
    token = run.human_steps()[0].token
    run.complete(token, {"amount": 1})

    with pytest.raises(Conflict):
        run.complete(token, {"amount": 2})
    assert run.data["Ask"] == {"amount": 1}


def test_a_token_that_nobody_issued_is_refused_in_a_sentence() -> None:
    run = begun("human_and_service")

    for token in ("", "x", "0" * 32):
        with pytest.raises(Conflict, match="not open any more"):
            run.complete(token, {})


def test_answers_never_overwrite_a_routing_variable_of_the_same_name() -> None:
    run = begun("boundary_timer", {"amount": 1})
    run.complete(run.human_steps()[0].token, {"amount": 9})

    assert run.data["amount"] == 1
    assert run.data["Work"] == {"amount": 9}


def test_parallel_branches_see_each_others_results_and_the_join_keeps_the_newest() -> None:
    run = begun("parallel", {"shared": 1})
    a, b = (next(h.token for h in run.human_steps() if h.step_id == name) for name in "AB")
    run.complete(a, {"x": 1})
    run.complete(b, {"x": 2})
    run.finish_job(run.jobs()[0].token, {"rows": 3})
    run.advance()

    assert (run.data["A"], run.data["B"], run.data["Long"]) == ({"x": 1}, {"x": 2}, {"rows": 3})
    assert run.completed


def test_two_thousand_rounds_of_a_loop_stay_small_and_complete() -> None:
    drawing, desk = diagram("exclusive_loop"), Desk()
    run = engine.start(drawing, {}, now=NOW, services=desk)
    run.advance()
    sizes = set()
    for number in range(2_000):
        run = engine.restore(drawing, run.snapshot(), now=NOW, services=desk)
        run.complete(run.human_steps()[0].token, {"ok": number == 1_999})
        run.advance()
        sizes.add(len(run.snapshot()))

    assert run.completed
    assert run.done()["Try"] == 2_000
    assert max(sizes) < 1_000


def test_an_endless_loop_is_stopped_and_cannot_be_saved() -> None:
    xml = (DIAGRAMS / "exclusive_loop.bpmn").read_bytes()
    xml = xml.replace(b"bpmn:userTask", b"bpmn:task").replace(b"=Try.ok", b"false")
    run = engine.start(engine.read_diagram(xml), {}, now=NOW, services=Desk())

    with pytest.raises(engine.BudgetExceeded):
        run.advance(max_steps=500)
    with pytest.raises(RuntimeError):
        run.snapshot()


def test_twelve_parallel_blocks_in_a_row_keep_two_tokens_and_not_thousands() -> None:
    body, flows, before = "", "", "Start"
    for n in range(12):
        body += f'<parallelGateway id="S{n}"/><userTask id="A{n}"/><userTask id="B{n}"/><parallelGateway id="J{n}"/>'
        for source, target in ((before, f"S{n}"), (f"S{n}", f"A{n}"), (f"S{n}", f"B{n}"), (f"A{n}", f"J{n}"),
                               (f"B{n}", f"J{n}")):  # fmt: skip
            flows += f'<sequenceFlow sourceRef="{source}" targetRef="{target}"/>'
        before = f"J{n}"
    flows += f'<sequenceFlow sourceRef="{before}" targetRef="End"/>'
    xml = (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="P"><startEvent id="Start"/>'
        f'{body}<endEvent id="End"/>{flows}</process></definitions>'
    )
    run = engine.start(engine.read_diagram(xml.encode()), {}, now=NOW, services=Desk())
    run.advance()

    assert len(run.human_steps()) == 2
    assert len(run.snapshot()) < 800


def test_a_thousand_instances_are_admitted_and_one_more_is_refused() -> None:
    run = begun("many_people", {"items": list(range(1_000))})
    assert len(run.human_steps()) == 1_000

    with pytest.raises(engine.StepFailed):
        begun("many_people", {"items": list(range(1_001))})


class Failing(Desk):
    def __init__(self, *problems: Exception) -> None:
        super().__init__()
        self.problems = list(problems)

    def call(self, step: engine.StepSpec, inputs: dict[str, Any], token: str) -> Any:
        if self.problems:
            raise self.problems.pop(0)
        return super().call(step, inputs, token)


def test_a_failing_operation_names_its_step_and_cause_and_can_be_retried_after_a_restore() -> None:
    drawing, desk = diagram("human_and_service"), Failing(OSError("the register is closed"))
    run = engine.start(drawing, {}, now=NOW, services=desk)
    run.advance()
    run.complete(run.human_steps()[0].token, {"amount": 2})

    with pytest.raises(engine.StepFailed) as failed:
        run.advance()
    assert failed.value.step_id == "Book"
    assert str(failed.value.cause) == "the register is closed"
    assert failed.value.retryable

    run = engine.restore(drawing, run.snapshot(), now=NOW, services=desk)
    assert run.failed() == [(failed.value.token, "Book")]
    run.retry(failed.value.token)
    run.advance()
    assert run.completed


def test_a_business_error_is_caught_by_the_boundary_event_of_its_code_and_by_no_other() -> None:
    caught = begun("job_with_deadline", desk=Failing(engine.BusinessError("refused")))
    assert [h.step_id for h in caught.human_steps()] == ["Repair"]

    with pytest.raises(engine.StepFailed):
        begun("job_with_deadline", desk=Failing(engine.BusinessError("other")))


def test_a_condition_without_a_value_stops_the_case_instead_of_taking_the_other_way() -> None:
    run = begun("exclusive_loop")
    run.complete(run.human_steps()[0].token, {"of": "another form"})

    with pytest.raises(engine.StepFailed) as failed:
        run.advance()
    assert failed.value.step_id == "Again"


def test_a_timer_fires_at_its_very_instant_and_not_a_second_before() -> None:
    drawing = diagram("race")
    run = begun("race")
    due = run.next_wake()
    assert due == NOW + timedelta(days=1)

    early = engine.restore(drawing, run.snapshot(), now=due - timedelta(seconds=1), services=Desk())
    assert early.wake() == 0
    there = engine.restore(drawing, run.snapshot(), now=due, services=Desk())
    assert there.wake() == 1


def test_a_deadline_stays_as_it_was_computed_however_often_the_case_is_restored() -> None:
    drawing = diagram("boundary_timer")
    run = begun("boundary_timer")
    before = run.timers()
    for hours in range(1, 5):
        run = engine.restore(drawing, run.snapshot(), now=NOW + timedelta(hours=hours), services=Desk())
        run.advance()

    assert run.timers() == before


def test_a_timer_without_offset_is_refused_when_it_is_computed() -> None:
    run = engine.start(diagram("timers"), {"query": {"due": "2027-06-02T10:00:00"}}, now=NOW, services=Desk())
    run.advance()
    later = engine.restore(diagram("timers"), run.snapshot(), now=NOW + timedelta(hours=1), services=Desk())
    later.wake()

    with pytest.raises(engine.StepFailed):
        later.advance()


def test_a_naive_now_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        engine.start(diagram("script"), {}, now=datetime(2027, 6, 1), services=Desk())


def test_values_of_more_than_64_kilobytes_are_refused() -> None:
    run = begun("human_and_service")
    with pytest.raises(engine.DataTooLarge):
        run.complete(run.human_steps()[0].token, {"amount": 1, "text": "x" * 70_000})
    with pytest.raises(engine.DataTooLarge):
        engine.start(diagram("script"), {"text": "x" * 70_000}, now=NOW, services=Desk())


def test_a_snapshot_of_another_codec_or_another_drawing_is_refused() -> None:
    snapshot = begun("human_and_service").snapshot()

    with pytest.raises(ValueError, match="codec"):
        engine.restore(diagram("human_and_service"), b"[99]", now=NOW, services=Desk())
    with pytest.raises(ValueError, match="no step"):
        engine.restore(diagram("script"), snapshot, now=NOW, services=Desk())


def test_a_snapshot_holds_the_state_and_never_the_definition() -> None:
    snapshot = begun("many_subprocesses", {"items": ["a"]}).snapshot()

    for word in (b"offline", b"PT1H", b"camunda", b"elementVariable"):
        assert word not in snapshot


def test_a_cancelled_case_waits_for_nothing() -> None:
    run = begun("many_subprocesses", {"items": ["a", "b"]})
    run.cancel()

    assert run.completed
    assert (run.jobs(), run.timers(), run.human_steps(), run.active()) == ([], [], [], [])


def test_what_a_step_says_about_itself_survives_reading() -> None:
    steps = diagram("human_and_service").steps
    ask, book = steps["Ask"], steps["Book"]

    assert (ask.kind, ask.roles, ask.form, ask.name_en) == ("user", ("clerk",), "form", "Ask")
    assert (book.topic, dict(book.inputs)) == ("book", {"amount": "=amount + 1", "kind": "plain"})
    check = diagram("lanes").steps["Check"]
    assert (check.lane, check.separate_from) == ("Department", ("Prepare",))


def test_a_person_inside_a_subprocess_of_many_knows_the_element() -> None:
    run = begun("many_people", {"items": ["a", "b"]})
    assert [(h.item, h.index) for h in run.human_steps()] == [("a", 0), ("b", 1)]
    jobs = begun("many_subprocesses", {"items": ["a", "b"]})
    assert [jobs.item(job.token) for job in jobs.jobs()] == ["a", "b"]


def test_one_drawing_serves_many_threads() -> None:
    drawing, wrong = diagram("many_people"), []

    def work(number: int) -> None:
        for _round in range(20):
            run = engine.start(drawing, {"items": [number, number + 1]}, now=NOW, services=Desk())
            run.advance()
            for step in run.human_steps():
                run.complete(step.token, {"was": step.item})
            run.advance()
            if run.data["Each"] != [{"was": number}, {"was": number + 1}]:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_drawing_that_cannot_be_built_is_refused_with_findings() -> None:
    called = (DIAGRAMS / "script.bpmn").read_bytes().replace(b"scriptTask", b"callActivity")
    for xml in (b"", b"<x/>", b"not xml", called):
        with pytest.raises(DefinitionRefused):
            engine.read_diagram(xml)


def test_no_python_is_compiled_run_or_imported_while_a_case_moves() -> None:
    program = """
        import sys
        from tests.workflows.playing import Scenario, play, diagram, Desk, NOW
        from tests.workflows.test_engine_diagrams import SCENARIOS
        from SpiffWorkflow.bpmn.script_engine import python_engine, python_environment

        def never(*args, **kwargs):
            raise SystemExit("the Python script engine was constructed")

        python_engine.PythonScriptEngine.__init__ = never
        python_environment.TaskDataEnvironment.__init__ = never
        drawings = {s.file: diagram(s.file) for s in SCENARIOS}
        import tests.workflows.playing as playing
        playing.diagram = drawings.__getitem__
        for scenario in SCENARIOS:
            play(scenario, restoring=True)      # once to warm up what loads lazily
        armed = True
        sys.addaudithook(lambda event, args: event in ("compile", "exec", "import", "os.system", "subprocess.Popen")
                         and armed and sys.exit(f"{event} while stepping: {args[:1]}"))
        for scenario in SCENARIOS:
            play(scenario, restoring=True)
        armed = False
        print("clean")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip().endswith("clean"), done.stderr[-2000:] + done.stdout[-500:]


class Lending(Desk):
    def names(self, step: engine.StepSpec) -> dict[str, Any]:
        due = {"reply": NOW + timedelta(days=5)}
        return {"term": Function("term", ["key"], lambda _state, given, named: due[[*given, *named.values()][0]])}


def test_the_services_may_lend_functions_and_instants_to_every_expression() -> None:
    xml = (DIAGRAMS / "timers.bpmn").read_bytes().replace(b"=terms.reply", b'=term("reply")').replace(b"PT15M", b"PT0S")
    drawing, data = engine.read_diagram(xml), {"query": {"due": NOW.isoformat()}}
    run = engine.start(drawing, data, now=NOW, services=Lending())
    run.advance()
    for _timer in range(2):
        run.wake()
        run.advance()

    assert [(wait.step_id, wait.due_at) for wait in run.timers()] == [("Term", NOW + timedelta(days=5))]
