"""The BPMN behaviour cases, read from $HEDUI_KITS/bpmn-behaviour: each is run with the right trace or refused."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from domain.errors import Finding
from workflows import engine, lint, world_starts
from workflows.bpmn_xml import CAMUNDA, tag
from workflows.world import World

KIT = Path(os.environ.get("HEDUI_KITS", "")) / "bpmn-behaviour"
pytestmark = pytest.mark.skipif(not KIT.is_dir(), reason="HEDUI_KITS names no folder with bpmn-behaviour")

NOW = datetime(2027, 6, 1, 0, 10, tzinfo=UTC)
# The kit exempts true parallelism: it reads overlapping clock times, and an engine has one thread a case.
EXEMPT = {"betsy/gateways/ParallelGateway_TrueParallelism#1"}
# What the engine runs today; a change that refuses one of these again is a step back.
PASSED_AT_LEAST = 106


def condition(text: str) -> str:
    """The kit's neutral conditions in FEEL."""
    text = re.sub(r"^\$\{(.*)\}$", r"\1", text.strip().removesuffix(">"))
    text = re.sub(r'(\w+)\.contains\(("[^"]*"|\'[^\']*\')\)', r"contains(\1, \2)", text)
    text = re.sub(r"!\s*(contains\([^)]*\))", r"not(\1)", text)
    return text.replace("'", '"').replace("==", "=").replace("&&", " and ").replace("||", " or ")


def translated(xml: bytes) -> bytes:
    """The kit's words as operations and FEEL; nothing of this is in the product."""
    root = etree.fromstring(xml)
    for script in list(root.iter(tag("script"))):
        node, word = script.getparent(), (script.text or "").strip()
        assert node is not None
        if node.tag == tag("globalScriptTask"):
            script.text = "logged = true"
            continue
        node.remove(script)
        node.tag = tag("serviceTask")
        node.attrib.pop("scriptFormat", "")
        node.set(f"{{{CAMUNDA}}}type", "external")
        node.set(f"{{{CAMUNDA}}}topic", word)
        if word.startswith(("INCREMENT", "SET_STRING")):
            block = etree.Element(tag("extensionElements"))
            node.insert(0, block)
            mapping = etree.SubElement(block, f"{{{CAMUNDA}}}inputOutput")
            name = "integerVariable" if word.startswith("INCREMENT") else "data"
            value = "=integerVariable + 1" if word.startswith("INCREMENT") else '="text"'
            etree.SubElement(mapping, f"{{{CAMUNDA}}}outputParameter", name=name).text = value
    for name in ("conditionExpression", "condition", "loopCondition", "completionCondition", "loopCardinality"):
        for element in root.iter(tag(name)):
            element.text = condition(element.text or "")
            element.attrib.pop("language", "")
    return etree.tostring(root)


class Kit:
    """The kit's scripts as operations; what they log is the trace, what waits is done ten seconds later."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.now = NOW
        self.due: dict[str, datetime] = {}

    def call(self, step: engine.StepSpec, inputs: dict[str, Any], token: str) -> Mapping[str, Any] | engine.Pending:
        word = step.topic
        if word == "WAIT_TEN_SECONDS":
            self.due[token] = self.now + timedelta(seconds=10)
            return engine.PENDING
        if word == "THROW_ERROR":
            raise engine.BusinessError("error")
        if word == "CREATE_MARKER_FILE":
            self.log.append("marker")
        elif word == "INCREMENT_INTEGER_VARIABLE_AND_LOG":
            self.log.append("increment")
        elif word == "LOG_DATA":
            self.log.append("data")
        elif word.startswith("SCRIPT_"):
            self.log.append(word.removeprefix("SCRIPT_"))
        return {}

    def decide(self, step: engine.StepSpec, data: dict[str, Any]) -> Mapping[str, Any]:
        return {}

    def names(self, step: engine.StepSpec) -> Mapping[str, Any]:
        return {}


def findings(xml: bytes) -> list[Finding]:
    """What the check says against running a file of the kit."""
    return [one for one in lint.check_files({"kit.bpmn": xml}) if one.severity == "error"]


def played(case: dict[str, Any], xml: bytes) -> tuple[list[str], str]:
    """The words of the kit that were logged, and the state of all cases together at the end."""
    kit = Kit()
    world = World(world_starts.read([xml]), now=NOW, services=kit)
    end = NOW + timedelta(seconds=case["virtual_seconds"])
    for name in (case["start_also"], case["process"]):
        if name:
            world.start(name, case["variables"])
    while True:
        jobs = [(kit.due[one.token], one.step_id) for one in world.open()]
        at = min([*(due for due, _step in jobs), *(due for due in [world._next_due()] if due)], default=end)
        world.advance_to(min(at, end))
        kit.now = world.now
        for due, step in jobs:
            if due <= world.now:
                world.complete(step, {})
        if at >= end:
            break
    return [*kit.log, *_said(case, xml, world)], world.state


def _said(case: dict[str, Any], xml: bytes, world: World) -> list[str]:
    """Global script tasks keep their script, which can log nothing: they are told by what was done."""
    shared = {str(e.get("id")) for e in etree.fromstring(xml).iter(tag("globalScriptTask"))}
    words = ((case["tokens"].get(name), times) for name, times in world.completed().items() if name in shared)
    return [word for word, times in words if word for _time in range(times)]


def outcome(case: dict[str, Any]) -> str:
    """passed, refused or wrong: …"""
    xml = translated((KIT / case["file"]).read_bytes())
    expected = case["expect"]
    if findings(xml):
        return "refused"
    if expected["state"] == "refused-or-error":
        return "wrong: neither refused nor in error"
    log, state = played(case, xml)
    right = Counter(log) == Counter(expected["trace"]) or not expected["trace_checked"]
    if right and expected["state"] in (None, state):
        return "passed"
    return f"wrong: {sorted(log)} {state}, expected {expected['trace']} {expected['state']}"


def test_every_behaviour_case_is_run_with_the_right_trace_or_refused() -> None:
    cases = json.loads((KIT / "cases.json").read_text("utf-8"))["cases"]
    results = {case["id"]: outcome(case) for case in cases if case["id"] not in EXEMPT}
    counted = Counter(result.split(":")[0] for result in results.values())
    wrong = {name: result for name, result in results.items() if result.startswith("wrong")}
    print(f"\nbpmn-behaviour: {counted['passed']} passed, {counted['refused']} refused, {counted['wrong']} wrong")
    assert not wrong
    assert counted["passed"] >= PASSED_AT_LEAST
