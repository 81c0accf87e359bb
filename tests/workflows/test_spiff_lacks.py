"""What SpiffWorkflow lacks and we do ourselves: a test here fails when a new version has it, and our part may go."""

from __future__ import annotations

import importlib.metadata
import inspect
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser import event_parsers
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, full_tag
from SpiffWorkflow.bpmn.parser.ProcessParser import AdHocParser, ProcessParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.specs import event_definitions

from tests.workflows.drawn import drawing, undo


def test_the_version_is_the_one_these_were_looked_at_in() -> None:
    assert importlib.metadata.version("SpiffWorkflow") == "3.2.0"


def test_it_knows_no_compensation() -> None:
    """`workflows.spiff_undo`"""
    names = [*dir(event_parsers), *dir(event_definitions)]

    assert not [name for name in names if "ompensat" in name]


def test_it_takes_a_step_for_compensation_for_a_start_nobody_comes_to() -> None:
    """`workflows.spiff_undo`: the handler is not even read."""
    all_ = '<intermediateThrowEvent id="Undo"><compensateEventDefinition/></intermediateThrowEvent>'
    xml = drawing(f"(start S)<manualTask id='A'/>{undo('A', 'unA')}{all_}(end E)[[S>A>Undo>E]]")
    xml = xml[: xml.index("<boundaryEvent")] + xml[xml.index("</boundaryEvent>") + len("</boundaryEvent>") :]
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(xml))

    assert "unA" not in parser.get_spec("P").task_specs


def test_it_has_no_complex_gateway() -> None:
    """`workflows.spiff_gates`"""
    known: dict[str, Any] = {**BpmnParser.PARSER_CLASSES, **BpmnParser.OVERRIDE_PARSER_CLASSES}

    assert full_tag("complexGateway") not in known


def test_it_offers_the_steps_of_an_ad_hoc_subprocess_in_no_order() -> None:
    """`workflows.spiff_adhoc`: it asks for a namespaced attribute that no drawing has, in another spelling."""
    read = inspect.getsource(AdHocParser.create_spec)

    assert "== 'sequential'" in read
    assert "not supported" in read


def test_it_knows_no_token_quantities_and_no_behaviour() -> None:
    """`Guarded.needs`, `Step.quantity` and `Many.announces` of our specs"""
    read = inspect.getsource(TaskParser) + inspect.getsource(ProcessParser)

    assert not [word for word in ("Quantity", "behavior", "Behavior") if word in read]


def test_it_does_not_follow_references_to_event_definitions() -> None:
    """`workflows.bpmn_xml.spread_definitions`"""
    assert "eventDefinitionRef" not in inspect.getsource(event_parsers)
