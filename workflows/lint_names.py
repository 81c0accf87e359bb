"""Names in expressions: each must be brought by something in the process, so that a slip is found while drawing.

What a step brings lies under its id (docs/decisions/0002): the answers of a form that decide the way, the outputs of
an operation, the result of a decision. A name that nothing brings would stop the case at that condition.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from types import MappingProxyType

from lxml import etree

from decisions import Finding as Judged
from decisions import Model, check_expression
from decisions.errors import FeelSyntaxError
from decisions.feel import Expression
from decisions.feel.types import Type
from domain.errors import Finding
from domain.text import Text
from domain.text import gettext as _
from workflows import expression_types
from workflows.bpmn_xml import camunda, flows_of, local, nodes_of, read_tree, scopes_of, tag
from workflows.calls import read_call
from workflows.data_flow import HELD, variable_of
from workflows.decision_words import said
from workflows.lint_decisions import asks_values, brought_by, check_asked_values
from workflows.lint_elements import finding
from workflows.spiff_events import is_cycle, is_duration, is_instant
from workflows.spiff_feel import ExpressionFailed, bare, compiled, is_expression, script_lines
from workflows.steps import StepSpec, multi_of, parameters_of, properties_of, read_steps

# what a case brings when it begins (tasks.moves.start_case and those who call it) and what every expression is lent
CASE = frozenset({"ref", "kind", "programme", "campaign", "subject_state", "month_end"})
LENT = frozenset({"case_due"})
COUNTED = frozenset({"loopCounter", "nrOfInstances", "nrOfCompletedInstances"})
WHOLE = ("conditionExpression", "condition", "loopCondition", "completionCondition", "loopCardinality")

Members = Collection[str] | None  # None: whatever lies under the name cannot be told
# found by the names that the drawing brings, which knows more of them
SAID_HERE = frozenset({"unknown-name", "unknown-member"})
NO_MODELS: Mapping[str, Model | None] = MappingProxyType({})


def check_names(
    xml: bytes,
    *,
    outputs: Mapping[str, Collection[str]],
    routing: Mapping[str, Members],
    models: Mapping[str, Model | None] = NO_MODELS,
) -> list[Finding]:
    """Every name an expression of this drawing uses, or a table asks for, that nothing in it brings.

    outputs: operation or recorder -> names it gives back; routing: form key -> fields that decide the way, with their
    types where they are told (None: not known); models: tables by name (None: refused). Only for a drawing that
    `lint.check_diagram` found no error in.
    """
    root = read_tree(xml)
    brought = _brought(root, outputs, routing, models)
    types = expression_types.of_names(brought)
    found = [one for element, text in _expressions(root) for one in _wrong(element, text, brought, types)]
    return [*found, *check_asked_values(root, models, brought)]


def _brought(
    root: etree._Element,
    outputs: Mapping[str, Collection[str]],
    routing: Mapping[str, Members],
    models: Mapping[str, Model | None],
) -> dict[str, Members]:
    found: dict[str, Members] = {"case": CASE, **dict.fromkeys(LENT | COUNTED)}
    for step in read_steps(root).values():
        found[step.id] = None if step.multi_instance else _members(step, outputs, routing)
        found |= dict.fromkeys([*filter(None, (step.result, step.element_variable)), *step.outputs])
    found |= dict.fromkeys(filter(None, (variable_of(one) for one in root.iter(*(tag(name) for name in HELD)))))
    for node in root.iter(tag("callActivity")):
        call = read_call(node)
        found |= dict.fromkeys(one.target for one in (*call.given, *call.taken) if one.target)
    for scope in scopes_of(root):
        many = multi_of(scope)
        if many is not None:
            found |= dict.fromkeys(filter(None, (camunda(many, "elementVariable"),)))
        for node in nodes_of(scope):
            found |= dict.fromkeys(_assigned(node))
            if asks_values(node) and multi_of(node) is None:
                found.pop(str(node.get("id")), None)
                found[camunda(node, "resultVariable") or str(node.get("id"))] = brought_by(node, models)
    return found


def _members(step: StepSpec, outputs: Mapping[str, Collection[str]], routing: Mapping[str, Members]) -> Members:
    if step.kind == "user":
        return routing.get(step.form, ())
    if step.kind == "service":
        return outputs.get(step.topic)
    if step.kind == "decision":
        return outputs.get(step.properties.get("record", ""))
    return None


def _assigned(node: etree._Element) -> list[str]:
    if local(node) != "scriptTask":
        return []
    try:
        return [name for name, _text in script_lines(node.findtext(tag("script")) or "")]
    except ExpressionFailed:
        return []  # said by the check of the script itself


def _expressions(root: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """Every FEEL text of the drawing that is evaluated over the case's variables, with its element."""
    for name in WHOLE:
        for element in root.iter(tag(name)):
            yield element, element.text or ""
    for kind, fits in (("timeDate", is_instant), ("timeDuration", is_duration), ("timeCycle", is_cycle)):
        for element in root.iter(tag(kind)):
            if not fits((element.text or "").strip()):
                yield element, element.text or ""
    for scope in scopes_of(root):
        for node in [*nodes_of(scope), *flows_of(scope)]:
            yield from _of_node(node)


def _of_node(node: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    many = multi_of(node)
    if many is not None and camunda(many, "collection"):
        yield many, camunda(many, "collection")
    yield from ((node, text) for text in parameters_of(node, "inputParameter").values() if is_expression(text))
    if "correlation" in properties_of(node):
        yield node, properties_of(node)["correlation"]
    if local(node) == "callActivity":
        yield from ((node, one.expression or one.source) for one in read_call(node).given if not one.everything)
    if local(node) == "scriptTask":
        try:
            yield from ((node, text) for _name, text in script_lines(node.findtext(tag("script")) or ""))
        except ExpressionFailed:
            return


def _wrong(
    element: etree._Element, text: str, brought: Mapping[str, Members], types: Mapping[str, Type | None]
) -> Iterator[Finding]:
    """Names that nothing brings, and what can never be right with the types that are known."""
    if not bare(text):
        return
    try:
        expression = compiled(text)
    except FeelSyntaxError:
        return  # said by the check of expressions
    judged = check_expression(bare(text), types)
    functions = {name for name in expression.names if any(f"'{name}'" in one.sentence for one in _functions(judged))}
    yield from _unknown(element, expression, brought, functions)
    for one in judged:
        if one.code not in SAID_HERE:
            yield finding(element, said(one.sentence), said(one.remedy), one.severity, code=one.code)


def _functions(judged: Collection[Judged]) -> Iterator[Judged]:
    return (one for one in judged if one.code == "unknown-function")


def _unknown(
    element: etree._Element, expression: Expression, brought: Mapping[str, Members], functions: Collection[str]
) -> Iterator[Finding]:
    for name in sorted(expression.names - brought.keys() - set(functions)):
        sentence = _("Nothing in this process brings “%(name)s”.", name=name)
        yield finding(element, sentence, _instead(name, brought.keys()), code="unknown-name")
    for name, member in sorted(expression.members):
        known = brought.get(name)
        if known is not None and member not in known:
            sentence = _("“%(name)s” brings no “%(member)s”.", name=name, member=member)
            yield finding(element, sentence, _instead(member, known, f"{name}."), code="unknown-member")


def _instead(name: str, known: Collection[str], front: str = "") -> Text:
    near = get_close_matches(name, known, 3, 0.6) or (sorted(known) if 0 < len(known) <= 12 else [])
    if near:
        return _("Use one of: %(names)s.", names=", ".join(front + one for one in near))
    if front:
        return _("Tick “Decides the way” at a field of its form, or name another step.")
    return _("Name a step and what it brings: step.field.")
