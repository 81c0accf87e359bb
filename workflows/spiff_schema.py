"""The BPMN 2.0 schema as SpiffWorkflow ships it: what of a drawing breaks it, and where."""

# SpiffWorkflow ships no type information, so its names are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from functools import lru_cache
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import XSD_PATH


@lru_cache(maxsize=1)
def _schema() -> etree.XMLSchema:
    # The schema ships with SpiffWorkflow; a copy of our own would be third-party text in this repository.
    return etree.XMLSchema(etree.parse(XSD_PATH))


def schema_errors(root: etree._Element) -> list[tuple[int, str, str]]:
    """Line, message and nearest id of everything that breaks the BPMN 2.0 schema."""
    schema = _schema()
    if schema.validate(root.getroottree()):
        return []
    errors: list[Any] = [*schema.error_log][:50]
    prefixes = {p: uri for element in root.iter(etree.Element) for p, uri in element.nsmap.items() if p}
    return [(error.line, error.message, _id_near(root, str(error.path), prefixes)) for error in errors]


def _id_near(root: etree._Element, path: str, prefixes: dict[str, str]) -> str:
    """The id of what stands at a path, or of the nearest around it that has one; "" for none."""
    try:
        found: Any = root.getroottree().xpath(path, namespaces=prefixes)
    except etree.XPathError:  # a prefix that the path cannot be read with
        return str(root.get("id") or "")
    around = [one for place in found[:1] for one in (place, *place.iterancestors())]
    return next((str(one.get("id")) for one in around if one.get("id")), "")
