"""Rules on correlation keys: their expressions can be read, and a key that no message uses has no effect."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from domain.errors import Finding
from domain.text import gettext as _
from workflows.bpmn_xml import tag
from workflows.correlations import keyed_of
from workflows.data_flow import text_of
from workflows.keyed import Keyed
from workflows.lint_data import readable
from workflows.lint_elements import finding


def check_correlation(root: etree._Element) -> Iterator[Finding]:
    """Everything about correlation in a file."""
    for place, name in (("correlationPropertyRetrievalExpression", "messagePath"),
                        ("correlationPropertyBinding", "dataPath")):  # fmt: skip
        for one in root.iter(tag(place)):
            yield from readable(one, text_of(one, name))
    keys = (_key(node) for node in root.iter(etree.Element) if node.get("messageRef"))
    used = {found.key for found in keys if found is not None}
    for key in root.iter(tag("correlationKey")):
        if str(key.get("id") or key.get("name") or "") not in used:
            sentence = _("No message that is sent or received here holds this key; it has no effect.")
            remedy = _("Give each of its properties an expression for the message, or remove the key.")
            yield finding(key, sentence, remedy, "warning", code="correlation-key-unused")


def _key(node: etree._Element) -> Keyed | None:
    return keyed_of(node, node.get("messageRef")) if node.tag != tag("correlationPropertyRetrievalExpression") else None
