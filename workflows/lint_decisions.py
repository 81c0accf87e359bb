"""Business rule steps: which table they ask, about what, and what the case keeps of the answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from lxml import etree

from decisions import DecisionInfo, Model
from domain.errors import Finding, NotFound
from domain.text import gettext as _
from workflows.bpmn_xml import camunda, local, nodes_of, scopes_of
from workflows.decision_results import COLLECT_ENTRIES, MAPPINGS, SINGLE_ENTRY, SINGLE_RESULT, decision_of
from workflows.lint_elements import finding, one_of
from workflows.steps import parameters_of, properties_of

_NAME = re.compile(r"[^\W\d]\w*")
# COLLECT is not among them: it may give one figure over all rules
MANY = frozenset({"RULE ORDER", "OUTPUT ORDER"})


def check_decision_step(
    node: etree._Element,
    decisions: Collection[str],
    facts: Collection[str] | None,
    records: Collection[str] | None,
) -> Iterator[Finding]:
    """What is wrong with one business rule step. decisions: names of tables; facts, records: operations, None: not
    known. Without both it asks the table about the case's own values."""
    name = camunda(node, "decisionRef")
    if not name:
        yield finding(node, _("The step names no decision."), one_of(decisions), code="no-decision")
    elif name not in decisions:
        yield finding(
            node,
            _("The decision %(name)s is not in the bundle.", name=name),
            one_of(decisions),
            code="unknown-decision",
        )
    result = camunda(node, "resultVariable")
    if result and not _NAME.fullmatch(result):
        sentence = _("%(name)s cannot be the name of a variable.", name=result)
        yield finding(node, sentence, _("Use letters, digits and _."), code="variable-name")
    given = properties_of(node)
    asked = [one for one in ("facts", "record") if given.get(one)]
    yield from _mapping(node, bool(asked))
    if asked:
        yield from _asked(node, given, {"facts": facts, "record": records})


def _mapping(node: etree._Element, asked: bool) -> Iterator[Finding]:
    mapping = camunda(node, "mapDecisionResult")
    if mapping and mapping not in MAPPINGS:
        sentence = _("A decision's result cannot be kept as %(name)s.", name=mapping[:40])
        yield finding(node, sentence, one_of(MAPPINGS), code="unknown-result-mapping")
    elif mapping and asked:
        sentence = _("What is kept of the result has no effect here: an operation records it.")
        yield finding(
            node,
            sentence,
            _("Remove one of the two in the step's panel, under Decision."),
            code="result-without-effect",
        )


def _asked(
    node: etree._Element, given: Mapping[str, str], known: Mapping[str, Collection[str] | None]
) -> Iterator[Finding]:
    """Where a decision's facts come from and who records its answers: both, or neither."""
    for name, names in known.items():
        if names is not None and given.get(name, "") not in names:
            value = given.get(name) or "-"
            sentence = _("The decision step's %(property)s names no operation: %(name)s.", property=name, name=value)
            yield finding(node, sentence, one_of(names), code="unknown-decision-operation")


# --- with the tables in hand --------------------------------------------------------------------------------------


def asks_values(node: etree._Element) -> bool:
    """Whether a step asks its table about the case's own values."""
    given = properties_of(node)
    return local(node) == "businessRuleTask" and not (given.get("facts") or given.get("record"))


def info_of(node: etree._Element, models: Mapping[str, Model | None]) -> DecisionInfo | None:
    """The decision a step asks; None when its table is refused or has no such decision (said elsewhere)."""
    model = models.get(camunda(node, "decisionRef"))
    if model is None:
        return None
    try:
        return decision_of(model, properties_of(node).get("decision", ""))
    except NotFound:
        return None


def brought_by(node: etree._Element, models: Mapping[str, Model | None]) -> Collection[str] | None:
    """The members of what a step that asks about values keeps; None when that cannot be told."""
    info = info_of(node, models)
    if info is None or camunda(node, "mapDecisionResult") != SINGLE_RESULT:
        return None
    return [name or info.name for name in info.outputs]


def check_asked_values(
    root: etree._Element, models: Mapping[str, Model | None], brought: Collection[str]
) -> Iterator[Finding]:
    """Names that a table asks for and nothing gives it, and results that the step cannot keep.

    models: by name, None when the table is refused; brought: every name an expression of the drawing may use.
    """
    for scope in scopes_of(root):
        for node in nodes_of(scope):
            info = info_of(node, models) if asks_values(node) else None
            if info is not None:
                yield from _missing(node, info, brought)
                yield from _too_much(node, info)


def _missing(node: etree._Element, info: DecisionInfo, brought: Collection[str]) -> Iterator[Finding]:
    known = {*brought, *parameters_of(node, "inputParameter")}
    for name, _type in info.inputs:
        if name not in known:
            sentence = _("The table asks for “%(name)s”, which nothing in this process brings.", name=name)
            yield finding(
                node, sentence, _("Give it to the step as an input, under Decision."), code="table-asks-unknown"
            )


def _too_much(node: etree._Element, info: DecisionInfo) -> Iterator[Finding]:
    mapping = camunda(node, "mapDecisionResult")
    if mapping in (SINGLE_ENTRY, COLLECT_ENTRIES) and len(info.outputs) > 1:
        sentence = _("The table has several outputs, but the step keeps one entry.")
        yield finding(node, sentence, _("Keep the single result or the list of results."), code="result-too-wide")
    elif mapping in (SINGLE_ENTRY, SINGLE_RESULT) and info.hit_policy in MANY:
        sentence = _("Several rules of the table may count, but the step keeps one result.")
        yield finding(
            node, sentence, _("Keep a list, or choose another hit policy."), "warning", code="result-too-many"
        )
