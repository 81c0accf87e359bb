"""A decision file as its owner wrote it: what the outputs are called, and whole tables to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from lxml import etree

from workflows.bpmn_xml import XmlRefused, local, read_tree


@dataclass(frozen=True, slots=True)
class Grid:
    """A decision table as it is drawn: headings of inputs, outputs and annotations, and the cells of each row."""

    title: str
    policy: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    notes: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@lru_cache(maxsize=128)
def grids(source: bytes) -> tuple[Grid, ...]:
    """Every table of a file, in its order."""
    try:
        root = read_tree(source)
    except XmlRefused:
        return ()
    return tuple(_grid(table) for table in root.iter("{*}decisionTable"))


def _grid(table: etree._Element) -> Grid:
    named = next((one for one in table.iterancestors() if one.get("name")), table)
    inputs = [str(one.get("label") or one.findtext("{*}inputExpression/{*}text") or "") for one in _all(table, "input")]
    outputs_ = [str(one.get("label") or one.get("name") or "") for one in _all(table, "output")]
    notes = [str(one.get("name") or "") for one in _all(table, "annotation")]
    rows = [
        tuple((cell.findtext("{*}text") or "").strip() for cell in rule if local(cell) in CELLS)
        for rule in _all(table, "rule")
    ]
    policy = str(table.get("hitPolicy") or "UNIQUE")
    return Grid(str(named.get("name") or ""), policy, tuple(inputs), tuple(outputs_), tuple(notes), tuple(rows))


def _all(table: etree._Element, name: str) -> list[etree._Element]:
    return table.findall(f"{{*}}{name}")


CELLS = ("inputEntry", "outputEntry", "annotationEntry")


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
