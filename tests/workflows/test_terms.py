"""Terms that a drawing names: known to the rules, and where somebody obeys them."""

from __future__ import annotations

from tests.workflows.test_lint import one
from workflows.lint_properties import check_properties

KEYED = "<bpmn:extensionElements><camunda:properties>{}</camunda:properties></bpmn:extensionElements>"


def found(kind: str, **properties: str) -> dict[str, str]:
    rows = "".join(f'<camunda:property name="{n.replace("_", "-")}" value="{v}"/>' for n, v in properties.items())
    xml = one(f'<bpmn:{kind} id="A">{KEYED.format(rows)}</bpmn:{kind}>').encode()
    return {one_.code: one_.severity for one_ in check_properties(xml, stages=(), models={})}


def test_a_term_that_the_rules_do_not_know_is_refused() -> None:
    assert found("userTask", term="someday") == {"unknown-term": "error"}
    assert found("userTask", term="notice_term", term_internal="someday") == {"unknown-term": "error"}


def test_a_term_of_the_rules_on_a_persons_step_is_in_order() -> None:
    assert found("userTask", term="objection_term", term_internal="archive_term") == {}


def test_a_term_that_nobody_obeys_is_told() -> None:
    assert found("serviceTask", term="notice_term") == {"term-unobeyed": "warning"}
    assert found("userTask", term_internal="archive_term") == {"term-alone": "warning"}
