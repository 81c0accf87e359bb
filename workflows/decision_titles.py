"""What the owner of a table called its outputs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from workflows.bpmn_xml import XmlRefused, read_tree


@lru_cache(maxsize=128)
def outputs(source: bytes) -> Mapping[tuple[str, str], str]:
    """(id of the table, name of the output) -> its label; an output without one is left out."""
    try:
        root = read_tree(source)
    except XmlRefused:
        return MappingProxyType({})
    return MappingProxyType(
        {
            (str(table.get("id")), str(output.get("name") or "")): str(output.get("label"))
            for table in root.iter("{*}decisionTable")
            for output in table.iterfind("{*}output")
            if output.get("label")
        }
    )
