"""Correlation keys, properties and subscriptions as drawn."""

from __future__ import annotations

from lxml import etree

from workflows.bpmn_xml import children, tag
from workflows.data_flow import text_of
from workflows.keyed import Keyed
from workflows.starts import bare_name


def keyed_of(node: etree._Element, message: str | None) -> Keyed | None:
    """The key by which a message that is thrown or caught at `node` finds its case; None without one.

    The first key all of whose properties can be read from the message counts.
    """
    root, wanted = node.getroottree().getroot(), bare_name(message)
    properties = {str(one.get("id")): one for one in root.iter(tag("correlationProperty"))}
    for key in root.iter(tag("correlationKey")):
        names = [bare_name(one.text) for one in children(key, "correlationPropertyRef")]
        paths = [_path(properties.get(name), wanted) for name in names]
        if names and all(paths):
            return Keyed(str(key.get("id") or key.get("name") or ""), tuple(paths), _own(node, key, names))
    return None


def _path(one: etree._Element | None, message: str) -> str:
    for said in () if one is None else children(one, "correlationPropertyRetrievalExpression"):
        if bare_name(said.get("messageRef")) == message:
            return text_of(said, "messagePath")
    return ""


def _own(node: etree._Element, key: etree._Element, names: list[str]) -> tuple[str, ...]:
    """What the process subscribes to, in the order of the key's properties; () when it does not."""
    process = next((one for one in node.iterancestors() if one.tag == tag("process")), None)
    for subscription in () if process is None else children(process, "correlationSubscription"):
        if bare_name(subscription.get("correlationKeyRef")) == key.get("id"):
            bound = {
                bare_name(one.get("correlationPropertyRef")): text_of(one, "dataPath")
                for one in children(subscription, "correlationPropertyBinding")
            }
            if all(bound.get(name) for name in names):
                return tuple(bound[name] for name in names)
    return ()
