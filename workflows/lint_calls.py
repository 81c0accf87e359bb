"""Rules on call activities: something is called, and what is handed over is clear."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from decisions.errors import FeelSyntaxError
from domain.errors import Finding
from domain.text import gettext as _
from workflows.bpmn_xml import CAMUNDA, tag
from workflows.calls import called_by
from workflows.decision_words import said
from workflows.lint_elements import finding
from workflows.spiff_feel import compiled

_NAME = re.compile(r"[^\W\d]\w*")
_ATTRIBUTES = frozenset(("source", "sourceExpression", "target", "variables"))


def check_calls(root: etree._Element) -> Iterator[Finding]:
    """What a file says about its call activities; whether what is called can be is seen when all files are built."""
    for node in root.iter(tag("callActivity")):
        if not called_by(node):
            sentence = _("The call names nothing that it calls.")
            yield finding(node, sentence, _("Name a process or a global task by its id."), code="calls-nothing")
        yield from _handed(node)


def _handed(node: etree._Element) -> Iterator[Finding]:
    block = node.find(tag("extensionElements"))
    for one in () if block is None else block:
        if one.tag in (f"{{{CAMUNDA}}}in", f"{{{CAMUNDA}}}out"):
            yield from _handover(one)


def _handover(one: etree._Element) -> Iterator[Finding]:
    given = {str(key) for key in one.attrib}
    for key in sorted(given - _ATTRIBUTES):
        sentence = _("The attribute %(key)s has no effect here and would be ignored.", key=key)
        yield finding(one, sentence, _("Remove the attribute."), code="handover")
    if "variables" in given:
        if one.get("variables") != "all" or given - {"variables"}:
            sentence = _("What is handed over is not clear.")
            yield finding(one, sentence, _("Write variables=all alone, or a source and a target."), code="handover")
        return
    if len(given & {"source", "sourceExpression"}) != 1 or not one.get("target"):
        sentence = _("What is handed over is not clear.")
        yield finding(one, sentence, _("Write variables=all alone, or a source and a target."), code="handover")
        return
    for key in ("source", "target"):
        if one.get(key) is not None and not _NAME.fullmatch(str(one.get(key))):
            sentence = _("%(name)s cannot be the name of a variable.", name=str(one.get(key))[:60])
            yield finding(one, sentence, _("Use letters, digits and _."), code="variable-name")
    try:
        compiled(str(one.get("sourceExpression") or "null"))
    except FeelSyntaxError as fault:
        sentence = _("The expression cannot be read: %(why)s", why=said(str(fault)))
        yield finding(one, sentence, _("Correct the FEEL expression."), code="feel-unreadable")
