"""Call activities as drawn: what is called, what goes in and what comes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from workflows.bpmn_xml import CAMUNDA, tag
from workflows.starts import bare_name

_Q = f"{{{CAMUNDA}}}"

GLOBAL_TASKS: Mapping[str, str] = {
    "globalTask": "task",
    "globalUserTask": "userTask",
    "globalManualTask": "manualTask",
    "globalScriptTask": "scriptTask",
    "globalBusinessRuleTask": "businessRuleTask",
}


@dataclass(frozen=True)
class Handover:
    """One value handed from one set of variables to another: a variable or a FEEL expression, under a name.

    `everything`: all variables under their own names.
    """

    target: str = ""
    source: str = ""
    expression: str = ""
    everything: bool = False


@dataclass(frozen=True)
class Call:
    """called: id of a process or global task. given, taken: in order; what is not named stays with its own side."""

    called: str
    given: tuple[Handover, ...] = ()
    taken: tuple[Handover, ...] = ()


def called_by(node: etree._Element) -> str:
    """Id of what a call activity calls, "" when it names nothing."""
    return bare_name(node.get("calledElement"))


def read_call(node: etree._Element) -> Call:
    """What a call activity says."""
    return Call(called_by(node), tuple(_handovers(node, "in")), tuple(_handovers(node, "out")))


def _handovers(node: etree._Element, which: str) -> Iterator[Handover]:
    for found in node.findall(f"{tag('extensionElements')}/{_Q}{which}"):
        if found.get("variables") == "all":
            yield Handover(everything=True)
        elif found.get("target"):
            source, expression = str(found.get("source") or ""), str(found.get("sourceExpression") or "")
            yield Handover(str(found.get("target")), source, expression)


def spread_globals(root: etree._Element) -> list[etree._Element]:
    """Make each global task, in place, a process of its one step, both called as it was; returns those processes."""
    made = []
    for node in list(root):
        kind = GLOBAL_TASKS.get(etree.QName(node).localname) if str(node.tag).startswith(tag("")[:-1]) else None
        if kind is None:
            continue
        process = etree.Element(tag("process"), id=str(node.get("id") or ""), name=str(node.get("name") or ""))
        process.set("isExecutable", "true")
        root.replace(node, process)
        node.tag = tag(kind)
        if node.get("scriptLanguage"):
            node.set("scriptFormat", str(node.attrib.pop("scriptLanguage")))
        process.append(node)
        made.append(process)
    return made


def calls_in(process: etree._Element) -> list[etree._Element]:
    """The call activities of a process, those inside its subprocesses included."""
    return list(process.iter(tag("callActivity")))


def circle(calls: Mapping[str, set[str]]) -> list[str]:
    """A chain of processes that calls itself, by id, its first repeated at the end; empty when there is none."""
    done: set[str] = set()
    for start in calls:
        path = _walk(start, calls, done, [])
        if path:
            return path
    return []


def _walk(name: str, calls: Mapping[str, set[str]], done: set[str], path: list[str]) -> list[str]:
    if name in path:
        return [*path[path.index(name) :], name]
    if name in done:
        return []
    for other in sorted(calls.get(name, ())):
        found = _walk(other, calls, done, [*path, name])
        if found:
            return found
    done.add(name)
    return []
