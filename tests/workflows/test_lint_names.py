"""A name that nothing in the process brings is found before any case meets it."""

# ruff: noqa: E501  (a trap stands on one line)

from __future__ import annotations

from typing import Any

import pytest

from decisions.feel.types import named
from tests.bundles.playing import BPMN, NAMES
from tests.workflows.test_lint import USER, one
from workflows import bundles, forms, registry
from workflows.lint_names import check_names

OUTPUTS = {"book": ("number", "booked"), "doubt.record": ("count",)}
ROUTING = {"form": ("outcome",)}
BOOK = '<bpmn:serviceTask id="A" camunda:type="external" camunda:topic="book"/>'


def said(body: str, flows: str = "S>A A>E", extra: str = "", routing: Any = None) -> list[str]:
    found = check_names(one(body, flows, extra).encode(), outputs=OUTPUTS, routing=routing or ROUTING)
    return [f"{one.element}: {one}" for one in found]


def way(text: str, step: str = USER.replace('"U"', '"A"'), routing: Any = None) -> list[str]:
    """What is said of a condition behind a step A."""
    flow = (
        '<bpmn:sequenceFlow id="F" sourceRef="G" targetRef="E">'
        f"<bpmn:conditionExpression>{text}</bpmn:conditionExpression></bpmn:sequenceFlow>"
    )
    return said(f'{step}<bpmn:exclusiveGateway id="G" default="G_E"/>', "S>A A>G G>E", flow, routing)


@pytest.mark.parametrize(
    "text",
    [
        'A.outcome = "YES"',
        'case.kind = "NEW" and A.outcome != null',
        "case_due &lt; now()",
        "some x in [1, 2] satisfies x = 1",
        'count(["x", A.outcome][item = "x"]) = 0',
        "for n in 1..3 return n",
    ],
)
def test_what_the_process_brings_may_be_named(text):
    assert way(text) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("B.outcome = 1", "brings “B”"),
        ("A.outcom = 1", "“A” brings no “outcom”. Use one of: A.outcome."),
        ("case.income &gt; 3", "“case” brings no “income”"),
        ("amount &gt; 3", "brings “amount”"),
        ("A.outcome = YES", "brings “YES”"),
    ],
)
def test_what_nothing_brings_is_refused_at_its_flow_with_a_line_and_a_way_out(text, named):
    (sentence,) = way(text)
    assert sentence.startswith("F: ") and "process.bpmn:" in sentence and named in sentence


def test_an_operation_brings_what_it_declares_and_a_field_must_be_let_decide():
    assert way("A.booked = true", BOOK) == []
    (sentence,) = way("A.done = true", BOOK)
    assert "A.booked, A.number" in sentence
    (sentence,) = way("A.x = 1", '<bpmn:userTask id="A" camunda:formKey="bare"/>')
    assert "Decides the way" in sentence


TYPES = {"amount": named("number"), "agreed": named("boolean"), "outcome": named("string"), "other": None}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('A.amount &gt; "5"', "compares a number with a string"),
        ("A.agreed = 1", "compares a boolean with a number"),
        ("A.outcome = 5", "compares a string with a number"),
        ("case_due &gt; 3", "compares a date and time with a number"),
        ("not(A.amount) = true", "'not' cannot take a number"),
        ("summ(A.amount) = 1", "no function 'summ'"),
        ("count(A.amount, 2) = 1", "count"),
    ],
)
def test_what_can_never_be_right_with_the_types_of_the_forms_is_found_while_drawing(text, sentence):
    (found,) = way(text, routing={"form": TYPES})
    assert found.startswith("F: ") and sentence in found


@pytest.mark.parametrize("text", ["A.amount &gt; 5", "A.agreed", 'A.outcome = "5"', "A.other = 5", 'A.other = "5"'])
def test_what_fits_the_types_or_may_fit_is_let_alone(text):
    assert way(text, routing={"form": TYPES}) == []


def test_types_are_checked_in_every_place_of_a_drawing():
    wrong = 'U.amount + "1"'
    timer = f'<bpmn:intermediateCatchEvent id="A"><bpmn:timerEventDefinition><bpmn:timeDuration>={wrong}</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>'
    script = f'<bpmn:scriptTask id="A" scriptFormat="feel"><bpmn:script>total = {wrong}</bpmn:script></bpmn:scriptTask>'
    given_ = f'<bpmn:serviceTask id="A" camunda:type="external" camunda:topic="book"><bpmn:extensionElements><camunda:inputOutput><camunda:inputParameter name="amount">={wrong}</camunda:inputParameter></camunda:inputOutput></bpmn:extensionElements></bpmn:serviceTask>'
    loop = f'<bpmn:manualTask id="A"><bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>{wrong}</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics></bpmn:manualTask>'
    for body in (timer, script, given_, loop):
        (found,) = said(USER + body, "S>U U>A A>E", routing={"form": TYPES})
        assert found.startswith("A: ") and "cannot join a number and a string" in found


def test_timers_loops_scripts_and_inputs_are_read_too():
    timer = '<bpmn:intermediateCatchEvent id="A"><bpmn:timerEventDefinition><bpmn:timeDate>=query.due</bpmn:timeDate></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>'
    assert ["query" in one for one in said(timer)] == [True]
    script = (
        '<bpmn:scriptTask id="A" scriptFormat="feel"><bpmn:script>total = price * 2</bpmn:script></bpmn:scriptTask>'
    )
    assert ["price" in one for one in said(script)] == [True]
    loop = USER.replace('"U"', '"A"').replace(
        "/>",
        '><bpmn:multiInstanceLoopCharacteristics camunda:collection="rows" camunda:elementVariable="row"/></bpmn:userTask>',
    )
    assert ["rows" in one for one in said(loop)] == [True]


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_processes_name_only_what_they_bring_and_a_slip_in_any_condition_is_found(name):
    bundle = bundles.read_folder(BPMN / name)
    drawing = bundle.files[bundles.DRAWING]
    known: dict[str, Any] = {
        "outputs": {key: entry.outputs for key, entry in registry.operations().items()},
        "routing": {
            key: {field.key for field in forms.parse(content, key, path).inputs if field.route}
            for key, path, content in bundle.forms()
        },
    }
    assert check_names(drawing, **known) == []
    pieces = drawing.split(b'tFormalExpression">')
    for place in range(1, len(pieces)):
        slipped = b'tFormalExpression">'.join(
            [*pieces[:place], b"q" + pieces[place].removeprefix(b"="), *pieces[place + 1 :]]
        )
        assert check_names(slipped, **known), pieces[place][:60]
