"""Rules on data: arrows that carry something can be followed; what only shows is said to."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from decisions.errors import FeelSyntaxError
from domain.errors import Finding
from domain.text import gettext as _
from workflows.bpmn_xml import children, local, nodes_of, scopes_of, tag
from workflows.data_flow import HELD, NAME, by_id, read_data, text_of, variable_of
from workflows.decision_words import said
from workflows.lint_documents import PERFORMERS
from workflows.lint_elements import finding
from workflows.spiff_feel import bare, compiled

_ARROWS = ("dataInputAssociation", "dataOutputAssociation")
_SHOWN = _("Remove it, or leave it for the reader; a variable is read and written under its name.")


def check_data(root: etree._Element) -> Iterator[Finding]:
    """Everything about data objects, inputs and outputs and the arrows between them."""
    for scope in scopes_of(root):
        yield from _performers(scope)
        for node in nodes_of(scope):
            yield from _performers(node)
            for kind in _ARROWS:
                for arrow in children(node, kind):
                    yield from _arrow(node, arrow, kind == "dataInputAssociation")
            yield from _sets(node)
            yield from _without_arrow(node)
    yield from _same_names(root)


def _performers(node: etree._Element) -> Iterator[Finding]:
    for one in node:
        if local(one) in PERFORMERS:
            sentence = _("Who does the step is not read from here.")
            remedy = _("Choose roles in the step's panel, under Who.")
            yield finding(one, sentence, remedy, "warning", code="performer-shown")


def _arrow(node: etree._Element, arrow: etree._Element, inward: bool) -> Iterator[Finding]:
    source, target = by_id(node, text_of(arrow, "sourceRef")), by_id(node, text_of(arrow, "targetRef"))
    assigned = children(arrow, "assignment")
    stores = [e for e in (source, target) if e is not None and local(e) in ("dataStoreReference", "dataStore")]
    if stores:
        sentence = _("The arrow to a data store only shows where something is kept; nothing is read or written.")
        yield finding(arrow, sentence, _SHOWN, "warning", code="data-arrow-shows")
    elif not assigned and not (variable_of(target) and (variable_of(source) or text_of(arrow, "transformation"))):
        strange = [e for e in (source, target) if e is not None and local(e) not in HELD]
        sentence = _("The arrow only shows that the step uses the data; it carries no value.")
        severity = "error" if strange else "warning"
        yield finding(arrow, sentence, _SHOWN, severity, code="data-arrow-shows")
    if not inward and target is not None and local(target) == "dataInput":
        sentence = _("The arrow leads to an input, which nothing writes.")
        yield finding(arrow, sentence, _("Lead it to a data object or an output."), code="EXT080")
    if arrow.find(tag("transformation")) is not None:
        yield from readable(arrow, text_of(arrow, "transformation"))
    for one in assigned:
        yield from readable(one, text_of(one, "from"))
        to = text_of(one, "to")
        if not variable_of(by_id(node, to)) and not NAME.fullmatch(to):
            sentence = _("%(name)s cannot be the name of a variable.", name=to[:60] or "-")
            yield finding(one, sentence, _("Use letters, digits and _."), code="variable-name")


def readable(element: etree._Element, text: str) -> Iterator[Finding]:
    """Why an expression cannot be read."""
    if not bare(text):
        sentence = _("The expression is empty.")
        yield finding(element, sentence, _("Write the expression or remove it."), code="empty-expression")
        return
    try:
        compiled(text)
    except FeelSyntaxError as fault:
        sentence = _("The expression cannot be read: %(why)s", why=said(str(fault)))
        yield finding(element, sentence, _("Correct the FEEL expression."), code="feel-unreadable")


def _sets(node: etree._Element) -> Iterator[Finding]:
    holder = node.find(tag("ioSpecification"))
    held = node if holder is None else holder
    for kind in ("inputSet", "outputSet"):
        sets = children(held, kind)
        if len(sets) > 1:
            sentence = _("The step has several sets to choose from; it is run with one.")
            yield finding(sets[1], sentence, _("Keep one set."), code="several-sets")
    for one in held.iter(tag("whileExecutingInputRefs"), tag("whileExecutingOutputRefs")):
        sentence = _("Data is given before a step begins and taken after it ends, not while it runs.")
        yield finding(one, sentence, _("List it as plain input or output."), code="data-while-executing")


def _without_arrow(node: etree._Element) -> Iterator[Finding]:
    io = read_data(node)
    reached = {copy.target for copy in io.reads} | {copy.source for copy in io.writes} if io is not None else set()
    loop = node.find(tag("multiInstanceLoopCharacteristics"))
    looped = () if loop is None else (text_of(loop, "loopDataInputRef"), text_of(loop, "loopDataOutputRef"))
    for one in node.iter(tag("dataInput"), tag("dataOutput"), tag("property")):
        around = next((e for e in one.iterancestors() if e.get("id") and local(e) != "ioSpecification"), None)
        if around is not node or variable_of(one) in reached or one.get("id") in looped or not variable_of(one):
            continue
        sentence = _("No arrow leads to or from this data; it holds nothing.")
        yield finding(one, sentence, _("Draw the arrow or remove it."), "warning", code="data-without-arrow")


def _same_names(root: etree._Element) -> Iterator[Finding]:
    carried = {name for scope in scopes_of(root) for node in nodes_of(scope) for name in _carried(node)}
    for process in root.iter(tag("process")):
        seen: dict[str, str] = {}
        for one in [*process.iter(tag("dataObject")), *children(process, "property")]:
            name = variable_of(one)
            if name in carried and seen.setdefault(name, str(one.get("id"))) != one.get("id"):
                sentence = _("Two data objects are called %(name)s; they would be one.", name=name)
                yield finding(one, sentence, _("Give one of them another name."), code="data-name-twice")


def _carried(node: etree._Element) -> Iterator[str]:
    io = read_data(node)
    for copy in () if io is None else (*io.reads, *io.writes):
        yield from (copy.source, copy.target)
