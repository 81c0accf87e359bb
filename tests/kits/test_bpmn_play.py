"""The BPMN behaviour cases through `./run do process play`: each line by line as a stranger would drive it."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from lxml import etree

from cli.play import REFUSED, process_play
from tests.kits.test_bpmn_behaviour import EXEMPT, KIT, PASSED_AT_LEAST, condition
from workflows.bpmn_xml import tag

pytestmark = pytest.mark.skipif(not KIT.is_dir(), reason="HEDUI_KITS names no folder with bpmn-behaviour")

SCRIPTS = {
    "INCREMENT_INTEGER_VARIABLE_AND_LOG": "integerVariable = integerVariable + 1",
    "INCREMENT_INTEGER_VARIABLE": "integerVariable = integerVariable + 1",
    "SET_STRING_DATA": 'data = "text"',
}
THROWS, WAITS = "THROW_ERROR", "WAIT_TEN_SECONDS"


def translated(xml: bytes) -> tuple[bytes, dict[str, str]]:
    """The kit's words as FEEL scripts; those that fail or take their time as service steps, by id."""
    root, outside = etree.fromstring(xml), {}
    for script in list(root.iter(tag("script"))):
        node, word = script.getparent(), (script.text or "").strip()
        assert node is not None
        if word in (THROWS, WAITS):
            outside[str(node.get("id"))] = word
            node.remove(script)
            node.tag = tag("serviceTask")
            node.attrib.pop("scriptFormat", "")
        else:
            known = next((text for name, text in SCRIPTS.items() if word.startswith(name)), "")
            script.text = known or f"{re.sub('[^A-Za-z0-9]', '_', word) or 'nothing'} = 1"
    for name in ("conditionExpression", "condition", "loopCondition", "completionCondition"):
        for element in root.iter(tag(name)):
            element.text = condition(element.text or "")
            element.attrib.pop("language", "")
    return etree.tostring(root), outside


class Driver:
    """Plays one file; each question plays it from the beginning, for the lines say the same each time."""

    def __init__(self, file: Path, folder: Path) -> None:
        self.file, self.place = file, folder / "steps.json"
        self.steps: list[dict[str, Any]] = []
        self.clock = 0
        self.due: dict[int, int] = {}

    def lines(self) -> tuple[int, list[dict[str, Any]]]:
        self.place.write_text(json.dumps(self.steps))
        done = CliRunner().invoke(process_play, [str(self.file), "--steps", str(self.place)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()]


def last_line(driver: Driver, outside: dict[str, str], seconds: int) -> dict[str, Any]:
    """Drive until the end of the virtual time: failing steps fail, slow ones are done ten seconds later."""
    code, lines = driver.lines()
    assert code in (0, REFUSED)
    if code == REFUSED:
        return lines[-1]
    while True:
        still = [name for name in lines[-1]["open"] if name in outside]
        throws = [name for name in still if outside[name] == THROWS]
        if throws:
            driver.steps.append({"complete": throws[0], "error": "error"})
        elif driver.clock >= seconds:
            return lines[-1]
        else:
            waits = Counter(name for name in still if outside[name] == WAITS)
            begun = {place: at for place, at in driver.due.items() if place < sum(waits.values())}
            for place in range(sum(waits.values())):
                begun.setdefault(place, driver.clock + 10)
            driver.due = begun
            ripe = [place for place, at in begun.items() if at <= driver.clock]
            if ripe:
                driver.steps.append({"complete": next(iter(waits))})
                driver.due = dict(enumerate(at for place, at in begun.items() if place != ripe[0]))
            else:
                driver.steps.append({"advance": 1})
                driver.clock += 1
        before = lines
        code, lines = driver.lines()
        assert code == 0 and lines[: len(before)] == before, "the same steps say the same"


def outcome(case: dict[str, Any], folder: Path) -> str:
    """passed, refused or wrong: …"""
    xml, outside = translated((KIT / case["file"]).read_bytes())
    file = folder / "case.bpmn"
    file.write_bytes(xml)
    driver = Driver(file, folder)
    driver.steps = [{"start": case["process"], "variables": case["variables"]}]
    if case["start_also"]:
        driver.steps.insert(0, {"start": case["start_also"], "variables": case["variables"]})
    line, expected = last_line(driver, outside, int(case["virtual_seconds"])), case["expect"]
    if line["state"] == "refused":
        assert line["findings"] and all(one["message"] and one["remedy"] for one in line["findings"])
        return "refused"
    if expected["state"] == "refused-or-error":
        return "passed" if line["state"] == "error" else "wrong: neither refused nor in error"
    counted = {name: line["completed"].get(name, 0) for name in case["tokens"]}
    wanted = {name: expected["completed"].get(name, 0) for name in case["tokens"]}
    if (counted == wanted or not expected["trace_checked"]) and expected["state"] in (None, line["state"]):
        return "passed"
    return f"wrong: {counted} {line['state']} ({line['error']}), expected {wanted} {expected['state']}"


def test_every_behaviour_case_is_played_with_the_right_count_or_refused(tmp_path: Path) -> None:
    cases = json.loads((KIT / "cases.json").read_text("utf-8"))["cases"]
    results = {case["id"]: outcome(case, tmp_path) for case in cases if case["id"] not in EXEMPT}
    counted = Counter(result.split(":")[0] for result in results.values())
    wrong = {name: result for name, result in results.items() if result.startswith("wrong")}
    print(
        f"\nbpmn-behaviour, played: {counted['passed']} passed, {counted['refused']} refused, {counted['wrong']} wrong"
    )
    assert not wrong
    assert counted["passed"] >= PASSED_AT_LEAST
