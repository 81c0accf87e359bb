"""`./run do process play` and `process test` as somebody at a shell, or another program, meets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import ROOT
from workflows import bundle_zip, bundles

DRAWING = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="all" targetNamespace="urn:hedui:test">
<process id="p" isExecutable="true"><startEvent id="a"/><userTask id="b"/><endEvent id="c"/>
<sequenceFlow id="ab" sourceRef="a" targetRef="b"/><sequenceFlow id="bc" sourceRef="b" targetRef="c"/></process>
</definitions>"""


def run(*words: str, language: str = "en", **given: Any) -> subprocess.CompletedProcess[str]:
    """One command in a process of its own."""
    env = {**os.environ, "HEDUI_LANG": language, "PYTHONPATH": str(ROOT), "HEDUI_HOME": "/nonexistent/home"}
    return subprocess.run(
        [sys.executable, "-m", "cli", "process", *words], env=env, capture_output=True, text=True, timeout=120, **given
    )


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    """A drawing with one step for a person."""
    file = tmp_path / "p.bpmn"
    file.write_text(DRAWING)
    return file


def steps(folder: Path, rows: object) -> str:
    """A file with these steps."""
    file = folder / "steps.json"
    file.write_text(rows if isinstance(rows, str) else json.dumps(rows))
    return str(file)


def test_every_step_prints_one_line_and_nothing_else(drawing: Path, tmp_path: Path) -> None:
    rows = [{"start": "p", "variables": {"x": 1}}, {"complete": "b", "answers": {"ok": True}}, {"advance": 5}]
    done = run("play", str(drawing), "--steps", steps(tmp_path, rows))
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.splitlines() == [
        '{"step": 1, "open": ["b"], "completed": {"a": 1}, "waiting": [], "state": "waiting", "error": null}',
        (
            '{"step": 2, "open": [], "completed": {"a": 1, "b": 1, "c": 1}, "waiting": [], "state": "ended",'
            ' "error": null}'
        ),
        (
            '{"step": 3, "open": [], "completed": {"a": 1, "b": 1, "c": 1}, "waiting": [], "state": "ended",'
            ' "error": null}'
        ),
    ]


def test_steps_come_from_standard_input_too(drawing: Path) -> None:
    done = run("play", str(drawing), "--steps", "-", input='[{"start": "p"}]')
    assert done.returncode == 0 and json.loads(done.stdout)["open"] == ["b"]


def test_what_is_not_open_is_an_error_of_its_line_alone(drawing: Path, tmp_path: Path) -> None:
    done = run("play", str(drawing), "--steps", steps(tmp_path, [{"start": "p"}, {"complete": "c"}, {"complete": "b"}]))
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [line["state"] for line in lines] == ["waiting", "error", "ended"]
    assert "c" in lines[1]["error"]


def test_a_refused_drawing_prints_one_line_with_its_findings_and_code_3(drawing: Path, tmp_path: Path) -> None:
    drawing.write_text(DRAWING.replace('targetRef="c"', 'targetRef="nowhere"'))
    done = run("play", str(drawing), "--steps", steps(tmp_path, [{"start": "p"}]))
    line = json.loads(done.stdout)
    assert done.returncode == 3 and done.stdout.count("\n") == 1
    assert line["state"] == "refused" and line["findings"]
    for one in line["findings"]:
        assert {"element", "line", "rule", "message", "remedy"} <= set(one)
        assert one["rule"] and one["message"] and one["remedy"]


@pytest.mark.parametrize("content", ["", "nonsense", "<definitions/>", "<!DOCTYPE x><x/>", "\0\0"])
def test_a_file_that_is_no_drawing_is_refused_the_same_way(drawing: Path, tmp_path: Path, content: str) -> None:
    drawing.write_text(content)
    done = run("play", str(drawing), "--steps", steps(tmp_path, [{"start": "p"}]))
    assert done.returncode == 3 and json.loads(done.stdout)["state"] == "refused"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("rows", "words"),
    [("[", "line 1"), ({}, "list"), ([{"begin": "p"}], "Step 1"), ([{"start": "p"}, {"advance": "1"}], "Step 2")],
)
def test_bad_steps_are_a_sentence_with_the_place_and_code_2(
    drawing: Path, tmp_path: Path, rows: object, words: str
) -> None:
    done = run("play", str(drawing), "--steps", steps(tmp_path, rows))
    assert done.returncode == 2 and done.stdout == ""
    assert words in done.stderr and "Traceback" not in done.stderr


def test_files_that_are_not_there_are_said_to_be_missing(drawing: Path, tmp_path: Path) -> None:
    for words in (("nothing.bpmn", "--steps", steps(tmp_path, [])), (str(drawing), "--steps", "nothing.json"), ()):
        done = run("play", *words)
        assert done.returncode == 2 and "Traceback" not in done.stderr


def test_playing_loads_neither_the_web_nor_the_database(drawing: Path, tmp_path: Path) -> None:
    probe = (
        "import sys; sys.argv=['cli','process','play',{!r},'--steps',{!r}]; from cli.__main__ import run; code=run();"
        "heavy=[m for m in ('flask','werkzeug','babel','alembic','waitress','granian') if m in sys.modules];"
        "print(code, heavy, file=sys.stderr)"
    ).format(str(drawing), steps(tmp_path, [{"start": "p"}]))
    env = {**os.environ, "HEDUI_LANG": "en", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", probe], env=env, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stderr.split("\n")[-2] == "0 []"


def test_a_bundle_is_tested_from_a_folder_or_a_zip_with_its_coverage(tmp_path: Path) -> None:
    folder = ROOT / "bpmn" / "review_commission"
    archive = tmp_path / "review_commission.zip"
    archive.write_bytes(bundle_zip.pack(bundles.read_folder(folder)))
    for place in (folder, archive):
        done = run("test", str(place))
        assert done.returncode == 0, done.stderr
        assert "scenarios/signed_late.toml" in done.stdout and "4 scenarios, 0 failed." in done.stdout
        assert "10 of 10 flows taken." in done.stdout
    chinese = run("test", str(folder), language="zh_Hans_CN")
    assert "月末未签发" in chinese.stdout


def test_a_scenario_that_fails_is_explained_at_its_line_and_the_flows_left_are_listed(tmp_path: Path) -> None:
    folder = tmp_path / "review_commission"
    for path, content in bundles.read_folder(ROOT / "bpmn" / "review_commission").files.items():
        if not path.startswith("scenarios/") or path.endswith("overdue.toml"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    scenario = folder / "scenarios" / "overdue.toml"
    scenario.write_text(scenario.read_text("utf-8").replace('open = ["sign"]', 'open = ["accept"]'), "utf-8")
    line = scenario.read_text("utf-8").split("open = ")[0].count("\n") + 1
    done = run("test", str(folder))
    assert done.returncode == 1
    assert f"scenarios/overdue.toml:{line} expect.open" in done.stdout
    assert "not taken: release_to_end" in done.stdout
    assert "1 scenarios, 1 failed." in done.stdout or "1 failed" in done.stdout


FORK = DRAWING.replace(
    '<endEvent id="c"/>',
    '<exclusiveGateway id="g" default="no"/><endEvent id="c"/><endEvent id="d"/>'
    '<sequenceFlow id="yes" sourceRef="g" targetRef="d"><conditionExpression>v > 3</conditionExpression></sequenceFlow>'
    '<sequenceFlow id="no" sourceRef="g" targetRef="c"/>',
).replace('targetRef="c"/></process>', 'targetRef="g"/></process>')


@pytest.mark.parametrize("condition", ["v &gt; 3", "b.v &gt; 3"])
def test_answers_are_found_under_the_step_and_as_variables_newer_than_those_of_the_start(
    tmp_path: Path, condition: str
) -> None:
    file = tmp_path / "p.bpmn"
    file.write_text(FORK.replace("v > 3", condition))
    given = steps(tmp_path, [{"start": "p", "variables": {"v": 1}}, {"complete": "b", "answers": {"v": 4}}])

    done = run("play", str(file), "--steps", given)

    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["state"], last["completed"].get("d")) == ("ended", 1)
