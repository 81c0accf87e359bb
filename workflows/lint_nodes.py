"""Rules on what a node says: its expressions, timers, repetition, and the names it uses of what is outside."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from decisions.errors import FeelSyntaxError
from domain.errors import Finding
from domain.text import gettext as _
from workflows.bpmn_xml import camunda, flows_of, local, nodes_of, scopes_of, tag
from workflows.calls import GLOBAL_TASKS
from workflows.decision_words import said
from workflows.lint_decisions import check_decision_step
from workflows.lint_elements import finding, one_of
from workflows.lint_timers import check_catch_up
from workflows.spiff_events import is_cycle, is_duration, is_instant
from workflows.spiff_feel import ExpressionFailed, bare, compiled, is_expression, script_lines
from workflows.steps import multi_of, parameters_of, properties_of, words

_PYTHON = re.compile(
    r"__\w+__|\b(?:import|lambda|def|exec|eval|print|len|str|int|None|True|False|elif|self|dict|range)\b|==|!==|&&|\|\||\*\*=|\[.*\bfor\b.*\]"
)
_NAME = re.compile(r"[^\W\d]\w*")
_BRACES = ("${", "#{")  # what other engines put around their expressions; FEEL in ${} is read here too
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True)
class OperationSpec:
    """An operation that service steps may name as topic: its input parameters and what it gives back."""

    name: str
    inputs: Collection[str] = ()
    outputs: Collection[str] = ()


@dataclass(frozen=True)
class Known:
    """The names a drawing may use; `operations` by topic."""

    operations: Mapping[str, OperationSpec] = field(default_factory=dict)
    roles: Collection[str] = ()
    forms: Collection[str] = ()
    decisions: Collection[str] = ()
    facts: Collection[str] | None = None
    records: Collection[str] | None = None


def check_nodes(root: etree._Element, known: Known) -> Iterator[Finding]:
    steps = {str(node.get("id")) for scope in scopes_of(root) for node in nodes_of(scope)}
    for node in root.iterchildren(*(tag(name) for name in GLOBAL_TASKS)):
        for rule in _NODE_RULES.get(GLOBAL_TASKS[local(node)], ()):
            yield from rule(node, known)
    for scope in scopes_of(root):
        for flow in flows_of(scope):
            yield from _expression_in(flow, "conditionExpression", tests=True)
        for node in nodes_of(scope):
            for rule in _NODE_RULES.get(local(node), ()):
                yield from rule(node, known)
            yield from _named(node)
            yield from _repetition(node)
            yield from _timers(node)
            yield from _mappings(node)
            yield from _separation(node, steps)
            yield from _expression_in(node, "activationCondition", tests=True)
            yield from _expression_in(node, "completionCondition", tests=True)


# --- expressions -------------------------------------------------------------------------------------------------


def _feel(element: etree._Element, text: str) -> Iterator[Finding]:
    try:
        compiled(text)
    except FeelSyntaxError as fault:
        if _PYTHON.search(text) or text.strip().startswith(_BRACES):
            yield _python(element, text)
        else:
            sentence = _("The expression cannot be read: %(why)s", why=said(str(fault)))
            yield finding(element, sentence, _("Correct the FEEL expression."), code="feel-unreadable")
    else:
        # a == "b" reads as: a equals the range of all that equals "b"; it would never hold
        foreign = compiled(text).names & {"import", "lambda", "exec", "eval", "True", "False", "None"}
        # ${list[1]} is the second of the list in other engines, the first in FEEL
        counts = text.strip().startswith(_BRACES) and "[" in _STRING.sub("", text)
        if foreign or "__" in text or counts or "==" in _STRING.sub("", text):
            yield _python(element, text)


def _python(element: etree._Element, text: str) -> Finding:
    if text.strip().startswith(_BRACES):
        sentence = _("This is an expression of another engine: %(text)s.", text=text.strip()[:60])
        remedy = _("Write it in FEEL, without the braces: = compares, and/or/not join.")
        return finding(element, sentence, remedy, code="foreign-expression")
    sentence = _("This looks like Python: %(text)s. Diagrams hold no programs.", text=bare(text)[:60])
    remedy = _("Write it in FEEL: = compares, and/or/not join, true/false/null are values, count(x) counts.")
    return finding(element, sentence, remedy, code="python-in-expression")


def _expression_in(element: etree._Element, name: str, *, tests: bool = False) -> Iterator[Finding]:
    inside = element.find(tag(name))
    if inside is None:
        return
    text = (inside.text or "").strip()
    if not bare(text):
        yield finding(
            inside, _("The expression is empty."), _("Write the expression or remove it."), code="empty-expression"
        )
        return
    if tests and bare(text).startswith('"') and bare(text).endswith('"') and text.count('"') == 2:
        yield finding(
            inside,
            _("The condition is a text, neither true nor false."),
            _("Write a comparison."),
            code="condition-is-text",
        )
    yield from _feel(inside, text)


def _script(node: etree._Element, _known: Known) -> Iterator[Finding]:
    inside = node.find(tag("script"))
    text = "" if inside is None else inside.text or ""
    try:
        lines = script_lines(text)
    except ExpressionFailed:
        sentence = _("A script may only hold lines of the form name = expression.")
        remedy = _("Write each line as name = FEEL expression; call operations from service steps.")
        found = (
            _python(node, text.strip())
            if _PYTHON.search(text)
            else finding(node, sentence, remedy, code="script-lines")
        )
        yield found
        return
    if not lines:
        yield finding(
            node,
            _("The script is empty."),
            _("Write name = expression, or use another kind of step."),
            code="empty-script",
        )
    for _name, expression in lines:
        yield from _feel(node, expression)


def _timers(node: etree._Element) -> Iterator[Finding]:
    for definition in node.findall(tag("timerEventDefinition")):
        kinds = [child for child in definition if local(child) in ("timeDate", "timeDuration", "timeCycle")]
        if len(kinds) != 1:
            sentence = _("The timer has %(count)s times; exactly one is needed.", count=len(kinds))
            yield finding(
                definition, sentence, _("Give a date, a duration or a cycle."), code="EXT131" if kinds else "EXT132"
            )
            continue
        yield from _timer(node, kinds[0])
        yield from check_catch_up(node, local(kinds[0]))
    for definition in node.findall(tag("conditionalEventDefinition")):
        if definition.find(tag("condition")) is None:
            yield finding(definition, _("The event has no condition."), _("Write its condition."), code="EXT123")
        yield from _expression_in(definition, "condition", tests=True)


def _timer(node: etree._Element, kind: etree._Element) -> Iterator[Finding]:
    name, text = local(kind), (kind.text or "").strip()
    fits = {"timeDate": is_instant, "timeDuration": is_duration, "timeCycle": is_cycle}[name]
    if not bare(text):
        yield finding(
            kind,
            _("The timer is empty."),
            _("Write PT15M, P3D, an instant with offset, or =expression."),
            code="empty-timer",
        )
        return
    if name == "timeCycle" and not _may_recur(node):
        remedy = _("Use a duration, or make it a non-interrupting boundary event.")
        yield finding(
            kind, _("A cycle has no meaning here; it could happen once only."), remedy, code="cycle-happens-once"
        )
    if fits(text) or is_expression(text):
        yield from () if fits(text) else _feel(kind, text)
    elif re.fullmatch(r"[PR\d\"'].*", text):
        sentence = _("%(text)s is not a time of this kind.", text=text[:40])
        yield finding(
            kind, sentence, _("Write PT15M, P3D, R3/P1D, an instant with offset, or =expression."), code="not-a-time"
        )
    else:
        yield from _feel(kind, text)


def _may_recur(node: etree._Element) -> bool:
    around = node.getparent()
    if local(node) == "startEvent" and around is not None and local(around) == "process":
        return True  # each time begins a case of its own
    attribute = {"boundaryEvent": "cancelActivity", "startEvent": "isInterrupting"}.get(local(node), "")
    return bool(attribute) and node.get(attribute, "true") == "false"


def _mappings(node: etree._Element) -> Iterator[Finding]:
    for which in ("inputParameter", "outputParameter"):
        for name, text in parameters_of(node, which).items():
            if which == "outputParameter" and not _NAME.fullmatch(name):
                sentence = _("%(name)s cannot be the name of a variable.", name=name)
                yield finding(node, sentence, _("Use letters, digits and _."), code="variable-name")
            if is_expression(text):
                yield from _feel(node, text)
            elif which == "outputParameter":
                sentence = _("The output %(name)s is a fixed text, not an expression.", name=name)
                yield finding(
                    node,
                    sentence,
                    _("Begin it with = to name a value of the result."),
                    "warning",
                    code="output-is-text",
                )
            elif _PYTHON.search(text) and "__" in text:
                yield _python(node, text)
    correlation = properties_of(node).get("correlation")
    if correlation is not None:
        yield from _feel(node, correlation)


def _repetition(node: etree._Element) -> Iterator[Finding]:
    for loop in node.findall(tag("standardLoopCharacteristics")):
        yield from _expression_in(loop, "loopCondition", tests=True)
    many = multi_of(node)
    if many is None:
        return
    collection, element = camunda(many, "collection"), camunda(many, "elementVariable")
    listed = bool(collection) or many.find(tag("loopDataInputRef")) is not None
    if listed == (many.find(tag("loopCardinality")) is not None):
        sentence = _("The step must be repeated over a collection or a number of times, one of the two.")
        yield finding(
            many,
            sentence,
            _("Say in the step's panel, under Repetition, for each of what or how many times."),
            code="EXT067",
        )
    if collection:
        yield from _elements(many, collection, element)
    for name in ("loopCardinality", "completionCondition"):
        yield from _expression_in(many, name)
    for one in many.findall(tag("complexBehaviorDefinition")):
        yield from _expression_in(one, "condition", tests=True)


def _elements(many: etree._Element, collection: str, element: str) -> Iterator[Finding]:
    """A repetition for each element of a collection."""
    yield from _feel(many, collection)
    if not _NAME.fullmatch(element):
        remedy = _("Name the variable of one element.")
        yield finding(many, _("The collection has no element variable."), remedy, code="no-element-variable")
    elif element in _ids(many.getroottree().getroot()):
        sentence = _("The element variable %(name)s is called like a step, whose result replaces it.", name=element)
        yield finding(many, sentence, _("Give the element another name."), code="element-variable-like-step")


def _ids(root: etree._Element) -> set[str]:
    return {str(node.get("id")) for scope in scopes_of(root) for node in nodes_of(scope)}


# --- names -------------------------------------------------------------------------------------------------------


def _named(node: etree._Element) -> Iterator[Finding]:
    name = str(node.get("id") or "")
    if not name:
        yield finding(node, _("The node has no id."), _("Draw it again in the editor."), code="no-id")
    elif not _NAME.fullmatch(name):
        sentence = _("The id %(id)s cannot be used in an expression.", id=name)
        yield finding(node, sentence, _("Use letters, digits and _ only."), "warning", code="id-not-in-expressions")


def _user(node: etree._Element, known: Known) -> Iterator[Finding]:
    roles = words(camunda(node, "candidateGroups"))
    if not roles:
        yield finding(
            node,
            _("The task names no role."),
            _("Choose at least one role in the step's panel, under Who."),
            code="no-role",
        )
    for role in roles:
        if role not in known.roles:
            yield finding(node, _("The role %(role)s is unknown.", role=role), one_of(known.roles), code="unknown-role")
    form = camunda(node, "formKey")
    if form and form not in known.forms:
        yield finding(
            node, _("The form %(form)s is not in the bundle.", form=form), one_of(known.forms), code="unknown-form"
        )
    if not form:
        yield finding(node, _("The task has no form."), _("Choose a form of the bundle."), "warning", code="no-form")


def _service(node: etree._Element, known: Known) -> Iterator[Finding]:
    topic = camunda(node, "topic")
    if camunda(node, "type") != "external" or not topic:
        yield finding(
            node,
            _("The service step names no operation."),
            _("Choose what the system does in the step's panel, under Operation."),
            code="no-operation",
        )
    elif topic not in known.operations:
        yield finding(
            node,
            _("The operation %(name)s is unknown.", name=topic),
            one_of(known.operations),
            code="unknown-operation",
        )
    else:
        yield from _parameters(node, known.operations[topic])


def _parameters(node: etree._Element, operation: OperationSpec) -> Iterator[Finding]:
    given = parameters_of(node, "inputParameter")
    for name in given.keys() - set(operation.inputs):
        sentence = _("The operation %(op)s takes no %(name)s.", op=operation.name, name=name)
        yield finding(node, sentence, one_of(operation.inputs), code="unknown-input")
    for name in set(operation.inputs) - given.keys():
        sentence = _("The operation %(op)s needs %(name)s.", op=operation.name, name=name)
        yield finding(node, sentence, _("Fill it in in the step's panel, under Operation."), code="missing-input")


def _decision(node: etree._Element, known: Known) -> Iterator[Finding]:
    return check_decision_step(node, known.decisions, known.facts, known.records)


def _separation(node: etree._Element, steps: Collection[str]) -> Iterator[Finding]:
    for other in words(properties_of(node).get("separate-from", "")):
        if other not in steps:
            sentence = _("The step is kept apart from %(other)s, which does not exist.", other=other)
            yield finding(node, sentence, _("Name an existing step by its id."), code="separate-from-nobody")
        elif other == node.get("id"):
            yield finding(
                node, _("The step is kept apart from itself."), _("Name the other step."), code="separate-from-itself"
            )


_NODE_RULES: dict[str, tuple[Callable[[etree._Element, Known], Iterator[Finding]], ...]] = {
    "userTask": (_user,),
    "serviceTask": (_service,),
    "businessRuleTask": (_decision,),
    "scriptTask": (_script,),
}
