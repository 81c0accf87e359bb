"""Scenarios of a bundle: they hold for what is shipped, say where a process does otherwise, and guard publishing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from domain.errors import DefinitionRefused, Finding
from workflows import bundles, gate, scenarios
from workflows.bundles import Bundle
from workflows.scenario_reading import Names, read

BPMN = Path(__file__).parents[2] / "bpmn"
SHIPPED = ("verification", "dynamic_review", "review_commission")
LETTER = "scenarios/signed_and_accepted.toml"


def bundle(name: str = "review_commission", /, **changed: bytes) -> Bundle:
    """A shipped bundle, some of its files otherwise."""
    files = {**bundles.read_folder(BPMN / name).files}
    return Bundle(name, {**files, **{path.replace("__", "/"): content for path, content in changed.items()}})


def with_scenario(text: str, name: str = "review_commission") -> Bundle:
    """A bundle whose only scenario is this one."""
    files = {path: content for path, content in bundle(name).files.items() if not path.startswith("scenarios/")}
    return Bundle(name, {**files, "scenarios/one.toml": text.encode()})


def only(text: str) -> Finding:
    """The one thing that differs."""
    found = scenarios.test(with_scenario(text).files).failed
    assert len(found) == 1, list(map(str, found))
    return found[0]


BEGINS = """title = "签发"
[values.case]
campaign = "K1"
month_end = 2027-06-30T08:10:00+08:00
[operations]
"acceptance.decide" = { outcome = "ACCEPT" }
"""


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_process_does_what_its_scenarios_say_and_every_flow_is_tried(name: str) -> None:
    found = scenarios.test(bundle(name).files)
    assert list(map(str, found.failed)) == []
    assert found.untaken == [] and found.share == 100
    assert len(found.outcomes) == len(scenarios.paths(bundle(name).files)) >= 4
    assert sum(one.seconds for one in found.outcomes) < 10


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_bundles_pass_the_gate(name: str) -> None:
    assert [one for one in gate.must_pass(bundle(name)).warnings if one.code in ("no-scenarios", "untried-flows")] == []


@pytest.mark.parametrize(
    ("rest", "line", "words"),
    [
        ('[[steps]]\ncomplete = "accept"\n[expect]\nstate = "waiting"', 8, ("accept", "sign")),
        ('[[steps]]\ncomplete = "sign"\n[[steps]]\ncomplete = "accept"\n[expect]\nstate = "waiting"', 12, ("ended",)),
        ('[expect]\nstate = "waiting"\nopen = ["accept"]', 9, ("sign", "accept")),
        ('[expect]\nstate = "waiting"\npath = ["start", "issue_batch"]', 9, ("issue_batch", "start")),
        ('[expect]\nstate = "waiting"\ndone = { start = 2 }', 9, ("start", "2")),
        ('[expect]\nstate = "waiting"\nnever = ["start"]', 9, ("start",)),
        ('[expect]\nstate = "waiting"\nvalues = { case.campaign = "K2" }', 9, ("K1", "K2")),
        ('[[steps]]\nmessage = "nobody"\n[expect]\nstate = "waiting"', 8, ("nobody",)),
        ('[[steps]]\nuntil = 2026-01-01T00:00:00Z\n[expect]\nstate = "waiting"', 8, ("instant",)),
        ('[[steps]]\nwait = "P1D"\nopen = ["accept"]\n[expect]\nstate = "waiting"', 9, ("accept",)),
    ],
)
def test_the_first_difference_is_told_with_its_line(rest: str, line: int, words: tuple[str, ...]) -> None:
    found = only(BEGINS + rest)
    assert (found.file, found.line, found.severity) == ("scenarios/one.toml", line, "error")
    assert any(word in str(found.sentence) for word in words) and str(found.remedy)


def test_a_result_that_is_not_stated_is_told_at_the_step_that_misses_it() -> None:
    text = BEGINS.replace('"acceptance.decide" = { outcome = "ACCEPT" }', "")
    steps = '[[steps]]\ncomplete = "sign"\n[[steps]]\ncomplete = "accept"\n[expect]\nstate = "ended"'
    found = only(text + steps)
    assert found.element == "steps[2].complete" and "acceptance.decide" in str(found.sentence)


def test_a_drawing_that_goes_another_way_is_found_and_may_not_come_into_force() -> None:
    drawing = bundle().files["process.bpmn"].replace(b'outcome = "REFUSE"', b'outcome = "ACCEPT"')
    spoilt = bundle(**{"process.bpmn": drawing})
    with pytest.raises(DefinitionRefused) as refused:
        gate.must_pass(spoilt)
    files = {one.file for one in refused.value.findings if one.severity == "error"}
    assert LETTER in files and all(path.startswith("scenarios/") for path in files)
    bundles.must_pass(spoilt)  # the check alone sees nothing wrong


def test_a_table_that_says_otherwise_is_found() -> None:
    table = bundle("dynamic_review").files["doubts.dmn"]
    lenient = table.replace(b"limits.pension_tolerance", b"limits.pension_tolerance + 1000")
    assert lenient != table
    found = scenarios.test(bundle("dynamic_review", **{"doubts.dmn": lenient}).files).failed
    assert [one.element for one in found] == ["expect.rules"] and "rule_vehicle" in str(found[0].sentence)


def test_a_bundle_without_scenarios_is_advised_and_may_come_into_force() -> None:
    files = {path: content for path, content in bundle().files.items() if not path.startswith("scenarios/")}
    checked = gate.must_pass(Bundle("review_commission", files))
    assert [one.severity for one in checked.warnings if one.code == "no-scenarios"] == ["warning"]


def test_flows_that_no_scenario_takes_are_named() -> None:
    one = with_scenario(BEGINS + '[expect]\nstate = "waiting"')
    checked = gate.must_pass(one)
    advice = next(found for found in checked.warnings if found.code == "untried-flows")
    assert "sign_to_issue_batch" in str(advice.sentence)
    assert scenarios.test(one.files).share < 20


@pytest.mark.parametrize(
    ("text", "element", "line"),
    [
        ("title = 1 1", "", 1),
        ('title = "x"', "expect", None),
        ('title = "x"\n[expect]', "expect.state", 2),
        ('title = "x"\n[expect]\nstate = "done"', "expect.state", 3),
        ('title = "x"\nnonsense = 1\n[expect]\nstate = "ended"', "nonsense", 2),
        ('title = "x"\n[[steps]]\n[expect]\nstate = "ended"', "steps[1]", 2),
        ('title = "x"\n[[steps]]\ncomplete = "nobody"\n[expect]\nstate = "ended"', "steps[1].complete", 3),
        ('title = "x"\n[[steps]]\nwait = "5 days"\n[expect]\nstate = "ended"', "steps[1].wait", 3),
        ('title = "x"\n[[steps]]\ncomplete = "sign"\nwait = "P1D"\n[expect]\nstate = "ended"', "steps[1]", 2),
        ('title = "x"\n[[steps]]\ncomplete = "accept"\nanswers = { nothing = 1 }\n[expect]\nstate = "ended"',
         "steps[1].answers", 4),
        ('title = "x"\n[operations]\n"no.such" = {}\n[expect]\nstate = "ended"', "operations.no.such", 3),
        ('title = "x"\n[operations]\n"acceptance.decide" = { outcom = "A" }\n[expect]\nstate = "ended"',
         "operations.acceptance.decide", 3),
        ('title = "x"\n[operations]\n"acceptance.decide" = 3\n[expect]\nstate = "ended"',
         "operations.acceptance.decide", 3),
        ('title = "x"\n[expect]\nstate = "ended"\npath = ["nobody"]', "expect.path", 4),
        ('title = "x"\n[expect]\nstate = "ended"\ndone = { start = "once" }', "expect.done", 4),
    ],
)  # fmt: skip
def test_a_scenario_that_cannot_be_run_is_refused_at_its_place(text: str, element: str, line: int | None) -> None:
    found = scenarios.check(with_scenario(text).files)
    assert [(one.element, one.line) for one in found] == [(element, line)], list(map(str, found))
    assert found[0].file == "scenarios/one.toml" and found[0].severity == "error" and str(found[0].remedy)
    with pytest.raises(DefinitionRefused):
        bundles.must_pass(with_scenario(text))


@pytest.mark.parametrize("spoilt", [b"\xff", b"a = 1\n" * 20_000, b"[" * 5_000, b'title = """', b"\x00"])
def test_files_made_to_hurt_are_findings(spoilt: bytes) -> None:
    scenario, found = read("scenarios/x.toml", spoilt, Names({}, {}, {}))
    assert scenario is None and found


def test_scenarios_that_take_their_time_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenarios, "ALL_SECONDS", 0.0)
    began = time.monotonic()
    found = scenarios.test(bundle("verification").files)
    assert len(found.failed) == len(found.outcomes) and time.monotonic() - began < 10
    assert "time" in str(found.failed[0].sentence)


def test_the_example_of_the_manual_holds() -> None:
    page = (BPMN.parent / "docs" / "process-owners.md").read_text("utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    found = scenarios.test(with_scenario(example).files)
    assert list(map(str, found.failed)) == [] and len(found.outcomes) == 1
