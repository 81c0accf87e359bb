"""Properties of steps that name something outside the drawing: a term of the rules, a stage, a decision of a table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from lxml import etree

from decisions import Model
from domain.errors import Finding, NotFound
from domain.policy_keys import policy_key, policy_keys
from domain.text import gettext as _
from workflows.bpmn_xml import camunda, local, nodes_of, read_tree, scopes_of
from workflows.lint_elements import finding
from workflows.steps import properties_of

TERMS = ("term", "term-internal")


def check_properties(
    xml: bytes, *, stages: Collection[str] | None, models: Mapping[str, Model | None]
) -> Iterator[Finding]:
    """Every property that names what does not exist. Only for a drawing that `lint.check_diagram` found no error in.

    stages: codes of process.toml, None when they cannot be read; models: by name, None when the table is refused.
    """
    for scope in scopes_of(read_tree(xml)):
        for node in nodes_of(scope):
            given = properties_of(node)
            yield from _terms(node, given)
            stage = given.get("stage", "")
            if stage and stages is not None and stage not in stages:
                remedy = _("Use one of: %(names)s.", names=", ".join(sorted(stages)) or "-")
                yield finding(
                    node,
                    _("There is no stage %(stage)s in the process's details.", stage=stage),
                    remedy,
                    code="unknown-stage",
                )
            if local(node) == "businessRuleTask" and given.get("decision"):
                yield from _decision(node, given["decision"], models.get(camunda(node, "decisionRef")))


def _terms(node: etree._Element, given: Mapping[str, str]) -> Iterator[Finding]:
    if given.get("term-internal") and not given.get("term"):
        sentence = _("The internal term counts only where policy may set none; the step names no term of the rules.")
        yield finding(node, sentence, _("Choose the term too, or this one as the term."), "warning", code="term-alone")
    if given.get("term") and local(node) not in ("userTask", "manualTask"):
        sentence = _("The term has no effect: no person does this step.")
        yield finding(node, sentence, _("Put it on a person's step, or draw a timer."), "warning", code="term-unobeyed")
    for name in TERMS:
        key = given.get(name, "")
        if key and not _is_term(key):
            terms = ", ".join(one.name for one in policy_keys() if one.kind.name.startswith("term"))
            yield finding(
                node,
                _("The rules know no term %(key)s.", key=key),
                _("Use one of: %(names)s.", names=terms),
                code="unknown-term",
            )


def _is_term(key: str) -> bool:
    try:
        return policy_key(key).kind.name.startswith("term")
    except NotFound:
        return False


def _decision(node: etree._Element, name: str, model: Model | None) -> Iterator[Finding]:
    if model is None:
        return
    known = {label for one in model.decisions for label in (one.id, one.name) if label}
    if name not in known:
        remedy = _("Use one of: %(names)s.", names=", ".join(sorted(known)))
        yield finding(
            node, _("The table has no decision %(name)s.", name=name), remedy, code="unknown-decision-in-table"
        )
