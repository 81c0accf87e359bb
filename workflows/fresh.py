"""What an owner begins with: a small process that passes every check, an empty form, a table of one rule."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from workflows import sheets

NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")  # of a process, form or table: it becomes an id in the drawing
FIRST_STEP = "first_step"
_STAGE = "work"

# Shapes stand in a row, 40 pixels apart: start, step, end.
_DRAWING = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
  xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  id="{key}_definitions" targetNamespace="http://bpmn.io/schema/bpmn">
  <bpmn:process id="{key}" name={title} isExecutable="true">
    <bpmn:extensionElements>
      <camunda:properties>
        <camunda:property name="name.en" value={title_en} />
      </camunda:properties>
    </bpmn:extensionElements>
    <bpmn:startEvent id="start" name="开始">
      <bpmn:extensionElements>
        <camunda:properties>
          <camunda:property name="name.en" value="Start" />
        </camunda:properties>
      </bpmn:extensionElements>
      <bpmn:outgoing>start_to_first_step</bpmn:outgoing>
    </bpmn:startEvent>
    <bpmn:userTask id="first_step" name="办理" camunda:formKey="first_step" camunda:candidateGroups="{role}">
      <bpmn:extensionElements>
        <camunda:properties>
          <camunda:property name="name.en" value="Handle" />
          <camunda:property name="stage" value="work" />
        </camunda:properties>
      </bpmn:extensionElements>
      <bpmn:incoming>start_to_first_step</bpmn:incoming>
      <bpmn:outgoing>first_step_to_end</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:endEvent id="end" name="结束">
      <bpmn:extensionElements>
        <camunda:properties>
          <camunda:property name="name.en" value="End" />
        </camunda:properties>
      </bpmn:extensionElements>
      <bpmn:incoming>first_step_to_end</bpmn:incoming>
    </bpmn:endEvent>
    <bpmn:sequenceFlow id="start_to_first_step" sourceRef="start" targetRef="first_step" />
    <bpmn:sequenceFlow id="first_step_to_end" sourceRef="first_step" targetRef="end" />
  </bpmn:process>
  <bpmndi:BPMNDiagram id="{key}_diagram">
    <bpmndi:BPMNPlane id="{key}_plane" bpmnElement="{key}">
      <bpmndi:BPMNShape id="start_di" bpmnElement="start">
        <dc:Bounds x="160" y="120" width="40" height="40" />
        <bpmndi:BPMNLabel><dc:Bounds x="168" y="164" width="24" height="14" /></bpmndi:BPMNLabel>
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="first_step_di" bpmnElement="first_step">
        <dc:Bounds x="240" y="110" width="120" height="60" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="end_di" bpmnElement="end">
        <dc:Bounds x="400" y="120" width="40" height="40" />
        <bpmndi:BPMNLabel><dc:Bounds x="408" y="164" width="24" height="14" /></bpmndi:BPMNLabel>
      </bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="start_to_first_step_di" bpmnElement="start_to_first_step">
        <di:waypoint x="200" y="140" />
        <di:waypoint x="240" y="140" />
      </bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="first_step_to_end_di" bpmnElement="first_step_to_end">
        <di:waypoint x="360" y="140" />
        <di:waypoint x="400" y="140" />
      </bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""

_TABLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="{name}_model" name={title}
  namespace="urn:hedui:{name}">
  <inputData id="{name}_data" name="value">
    <variable id="{name}_data_variable" name="value" typeRef="string" />
  </inputData>
  <decision id="{name}" name={title}>
    <variable id="{name}_variable" name={title} />
    <informationRequirement id="{name}_asks">
      <requiredInput href="#{name}_data" />
    </informationRequirement>
    <decisionTable id="{name}_table" hitPolicy="UNIQUE">
      <input id="{name}_input" label="value">
        <inputExpression id="{name}_input_expression" typeRef="string"><text>value</text></inputExpression>
      </input>
      <output id="{name}_output" label="result" name="result" typeRef="string" />
      <rule id="{name}_rule">
        <inputEntry id="{name}_rule_input"><text>-</text></inputEntry>
        <outputEntry id="{name}_rule_output"><text>"YES"</text></outputEntry>
      </rule>
    </decisionTable>
  </decision>
</definitions>
"""


def process(key: str, title: str, title_en: str, role: str) -> dict[str, bytes]:
    """The files of a new process: start, one task of `role` with a form of one field, end.

    key: matches NAME. Nobody starts it by hand until its details say who.
    """
    drawing = _DRAWING.format(key=key, title=_attribute(title), title_en=_attribute(title_en), role=escape(role))
    stage = [{"code": _STAGE, "label": "办理", "label_en": "Handling"}]
    return {
        "process.bpmn": drawing.encode("utf-8"),
        "process.toml": sheet(title, title_en, stage),
        f"forms/{FIRST_STEP}.form": form(key, FIRST_STEP, "办理", "Handling"),
    }


def sheet(title: str, title_en: str, stages: Sequence[Mapping[str, str]] = ()) -> bytes:
    """The details of a process that has none yet."""
    start: dict[str, Any] = {"roles": [], "kinds": [], "programmes": []}
    made = {"title": title, "title_en": title_en, "owners": ["process_owner"], "start": start}
    return sheets.written({**made, "stages": list(stages)} if stages else made)


def form(process_key: str, key: str, title: str, title_en: str) -> bytes:
    """A form-js form: a line that says what it is, and one field for a remark."""
    made = {
        "type": "default",
        "id": f"{process_key}_{key}",
        "schemaVersion": 18,
        "components": [
            {"type": "text", "text": title, "properties": {"text.en": title_en}},
            {
                "type": "textarea",
                "key": "note",
                "label": "备注",
                "properties": {"label.en": "Remark"},
                "validate": {"maxLength": 500},
            },
        ],
    }
    return (json.dumps(made, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def table(name: str, title: str) -> bytes:
    """A decision table of one input, one output and one rule."""
    return _TABLE.format(name=name, title=_attribute(title.strip() or name)).encode("utf-8")


def _attribute(text: str) -> str:
    return quoteattr(text)


def scenario(title: str, title_en: str) -> bytes:
    """A scenario that begins a case and lets it wait at its first step; its owner tells the rest."""
    texts = [json.dumps(text, ensure_ascii=False) for text in (title, title_en)]
    return _SCENARIO.format(*texts).encode("utf-8")


_SCENARIO = """title = {0}
title_en = {1}

[values.case]
kind = "NEW"

# [operations]
# "operation.name" = {{ result = "VALUE" }}

# [[steps]]
# complete = "step"
# answers = {{ field = "VALUE" }}

[expect]
state = "waiting"
"""
