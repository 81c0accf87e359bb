"""BPMN files as trees: hardened reading, and the rewriting that makes legal shorthand explicit.

Reading refuses what an XML parser should never be asked to do for a stranger (document types, entities,
processing instructions, XInclude, odd encodings, giants) before libxml2 sees a byte of it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
XINCLUDE = "http://www.w3.org/2001/XInclude"

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 100
MAX_ELEMENTS = 20_000
MAX_NODES = 400

ACTIVITIES = frozenset(
    "task userTask manualTask scriptTask serviceTask businessRuleTask sendTask receiveTask subProcess callActivity "
    "transaction adHocSubProcess".split()
)
GATEWAYS = frozenset("exclusiveGateway inclusiveGateway parallelGateway eventBasedGateway complexGateway".split())
EVENTS = frozenset("startEvent endEvent intermediateCatchEvent intermediateThrowEvent boundaryEvent".split())
FLOW_NODES = ACTIVITIES | GATEWAYS | EVENTS
SCOPES = frozenset(("process", "subProcess", "transaction", "adHocSubProcess"))

# encodings whose bytes below 128 are ASCII, so that what is looked for below is seen whatever the file declares
_PLAIN = re.compile(r"utf-?8|us-ascii|ascii|iso-8859-\d{1,2}|windows-125\d|cp125\d")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


@dataclass(frozen=True)
class XmlRefused(Exception):  # noqa: N818 - it is a refusal, raised and turned into a finding
    """The bytes may not be read as a diagram. `rule` is a stable key, `line` 1-based or None."""

    rule: str
    line: int | None = None
    detail: str = ""


def tag(name: str) -> str:
    """The qualified name of a BPMN element."""
    return f"{{{BPMN}}}{name}"


def local(element: etree._Element) -> str:
    """Local name of an element."""
    return etree.QName(element).localname


def is_bpmn(element: etree._Element) -> bool:
    return element.tag.startswith(f"{{{BPMN}}}")


def line_of(element: etree._Element) -> int | None:
    line: Any = element.sourceline  # the stubs of lxml leave its type open
    return line if isinstance(line, int) else None


def camunda(element: etree._Element, name: str) -> str:
    """Value of a `camunda:` attribute, "" when absent."""
    return str(element.get(f"{{{CAMUNDA}}}{name}") or "").strip()


def children(element: etree._Element, name: str) -> list[etree._Element]:
    return [child for child in element if child.tag == tag(name)]


def nodes_of(scope: etree._Element) -> list[etree._Element]:
    """Flow nodes that lie directly in a process or subprocess, in document order."""
    return [child for child in scope if is_bpmn(child) and local(child) in FLOW_NODES]


def flows_of(scope: etree._Element) -> list[etree._Element]:
    return children(scope, "sequenceFlow")


def scopes_of(root: etree._Element) -> Iterator[etree._Element]:
    """Processes and everything inside them that has its own flow, outermost first."""
    for element in root.iter():
        if is_bpmn(element) and local(element) in SCOPES:
            yield element


def read_tree(xml: bytes) -> etree._Element:
    """The root element of a diagram.

    Raises:
        XmlRefused: too large, too deep, a document type or entity, a processing instruction, XInclude,
            an encoding other than UTF-8, or not well-formed.
    """
    refuse_early(xml)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as broken:
        # libxml2 stops by itself at 256 levels, before a tree is built.
        rule = "too-deep" if "depth" in str(broken.msg) else "not-well-formed"
        raise XmlRefused(rule, broken.lineno, str(broken.msg or "")[:200]) from broken
    _refuse_tree(root)
    _leave_out_prefixes(root)
    return root


# references that the schema writes as qualified names
_QUALIFIED = ("messageRef", "signalRef", "errorRef", "escalationRef", "operationRef", "calledElement", "processRef",
              "correlationKeyRef", "correlationPropertyRef", "dataStoreRef")  # fmt: skip


def _leave_out_prefixes(root: etree._Element) -> None:
    # tns:order and order mean the same element: ids are looked for in the file, and among the files of a play
    for element in root.iter(etree.Element):
        for name in _QUALIFIED:
            value = element.get(name)
            if value is not None and ":" in value:
                element.set(name, value.strip().rpartition(":")[2])
    _name_messages(root)


def _name_messages(root: etree._Element) -> None:
    # what names an operation only is about the message the operation takes
    taken = {one.get("id"): one.findtext(tag("inMessageRef")) for one in root.iter(tag("operation"))}
    for node in root.iter(tag("sendTask"), tag("receiveTask"), tag("messageEventDefinition")):
        operation = node.get("operationRef") or (node.findtext(tag("operationRef")) or "").strip().rpartition(":")[2]
        message = taken.get(operation)
        if message and not node.get("messageRef"):
            node.set("messageRef", message.strip().rpartition(":")[2])


def refuse_early(xml: bytes) -> None:
    """What can be told from the bytes alone. Raises XmlRefused."""
    if len(xml) > MAX_BYTES:
        raise XmlRefused("too-large")
    if xml.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\x00" in xml:
        raise XmlRefused("encoding", 1)
    declared = _DECLARED.match(xml.removeprefix(codecs.BOM_UTF8))
    if declared and not _PLAIN.fullmatch(declared[1].decode("ascii").lower()):
        raise XmlRefused("encoding", 1, declared[1].decode("ascii"))
    for pattern, rule in ((b"<!DOCTYPE", "doctype"), (b"<!ENTITY", "doctype")):
        at = xml.upper().find(pattern)
        if at >= 0:
            raise XmlRefused(rule, xml.count(b"\n", 0, at) + 1)


def _refuse_tree(root: etree._Element) -> None:
    before = root.getprevious()
    if before is not None:
        raise XmlRefused("processing-instruction", line_of(before))
    depths = {root: 1}
    for count, element in enumerate(root.iter(), start=1):
        depth = depths.setdefault(element, depths.get(element.getparent(), 0) + 1)  # type: ignore[arg-type]
        if depth > MAX_DEPTH:
            raise XmlRefused("too-deep", line_of(element))
        if count > MAX_ELEMENTS:
            raise XmlRefused("too-many-elements", line_of(element))
        name: Any = element.tag  # a function for anything that is no element
        if not isinstance(name, str):
            raise XmlRefused("processing-instruction", line_of(element))
        if name.startswith(f"{{{XINCLUDE}}}"):
            raise XmlRefused("xinclude", line_of(element))


# --- shorthand made explicit -------------------------------------------------------------------------------------


def normalise(root: etree._Element) -> None:
    """Rewrite, in place, what BPMN allows and the engine would lose.

    Sequence flows without an id get one; several flows out of a task or event become a gateway; a link
    pair becomes a sequence flow; a step that sends no message of the file is done from outside, and a subprocess
    with nothing in it is done at once. Elements added here carry a dot in their id, which no drawing can.
    """
    spread_definitions(root)
    for node in [one for one in root.iter(tag("sendTask")) if not one.get("messageRef")]:
        node.tag = tag("serviceTask")
    for scope in list(scopes_of(root)):
        _fill_empty(scope)
        _name_flows(scope)
        _join_links(scope)
        _make_forks_explicit(scope)


def spread_definitions(root: etree._Element) -> None:
    """Put event definitions that stand at the head of the file into the events that refer to them, in place."""
    for definition in root.iter(etree.Element):
        for name in ("messageRef", "signalRef", "errorRef", "escalationRef", "activityRef"):
            if ":" in definition.get(name, "") and is_bpmn(definition):  # tns:order is order in this file
                definition.set(name, definition.get(name, "").rpartition(":")[2])
    known = {str(e.get("id")): e for e in root if is_bpmn(e) and local(e).endswith("EventDefinition")}
    for reference in list(root.iter(tag("eventDefinitionRef"))):
        found, event = known.get((reference.text or "").strip().rpartition(":")[2]), reference.getparent()
        if found is not None and event is not None:
            definition = deepcopy(found)
            if definition.get("id"):
                del definition.attrib["id"]  # it stays with the one at the head
            definition.tail = None
            event.replace(reference, definition)


def _fill_empty(scope: etree._Element) -> None:
    if local(scope) in ("subProcess", "transaction") and not nodes_of(scope):
        etree.SubElement(scope, tag("startEvent"), id=f"{scope.get('id')}.nothing")


def _name_flows(scope: etree._Element) -> None:
    for number, flow in enumerate(flows_of(scope), start=1):
        if not flow.get("id"):
            flow.set("id", f"{scope.get('id')}.flow.{number}")


def _join_links(scope: etree._Element) -> None:
    catches: dict[str, str] = {}
    throws: list[tuple[etree._Element, str]] = []
    for node in nodes_of(scope):
        for link in children(node, "linkEventDefinition"):
            name = str(link.get("name") or "")
            if local(node) == "intermediateCatchEvent":
                catches[name] = str(node.get("id"))
                node.tag = tag("intermediateThrowEvent")  # an empty event that passes the token on
            else:
                throws.append((node, name))
            node.remove(link)
    for node, name in throws:
        if name in catches:
            _add_flow(scope, str(node.get("id")), catches[name], f"{node.get('id')}.link")


def _make_forks_explicit(scope: etree._Element) -> None:
    out: dict[str, list[etree._Element]] = {}
    for flow in flows_of(scope):
        out.setdefault(str(flow.get("sourceRef")), []).append(flow)
    for node in nodes_of(scope):
        flows = out.get(str(node.get("id")), [])
        if local(node) in GATEWAYS or not (len(flows) > 1 or any(_condition(flow) is not None for flow in flows)):
            continue
        _fork(scope, node, flows)


def _fork(scope: etree._Element, node: etree._Element, flows: list[etree._Element]) -> None:
    default = node.get("default")
    chosen = [flow for flow in flows if _condition(flow) is not None or flow.get("id") == default]
    always = [flow for flow in flows if flow not in chosen]
    source = str(node.get("id"))
    if chosen:
        gateway = _add_gateway(scope, "inclusiveGateway", f"{source}.choice")
        if always and not default:  # no condition holds: the flows without one are taken all the same
            etree.SubElement(scope, tag("endEvent"), id=f"{source}.none")
            _add_flow(scope, f"{source}.choice", f"{source}.none", f"{source}.none.out")
            gateway.set("default", f"{source}.none.out")
        if default:
            gateway.set("default", default)
            del node.attrib["default"]
        for flow in chosen:
            flow.set("sourceRef", f"{source}.choice")
    if not always:
        _add_flow(scope, source, f"{source}.choice", f"{source}.out")
        return
    _add_gateway(scope, "parallelGateway", f"{source}.fork")
    for flow in always:
        flow.set("sourceRef", f"{source}.fork")
    if chosen:
        _add_flow(scope, f"{source}.fork", f"{source}.choice", f"{source}.fork.out")
    _add_flow(scope, source, f"{source}.fork", f"{source}.out")


def _condition(flow: etree._Element) -> etree._Element | None:
    return flow.find(tag("conditionExpression"))


def _add_gateway(scope: etree._Element, kind: str, name: str) -> etree._Element:
    return etree.SubElement(scope, tag(kind), id=name)


def _add_flow(scope: etree._Element, source: str, target: str, name: str) -> etree._Element:
    return etree.SubElement(scope, tag("sequenceFlow"), id=name, sourceRef=source, targetRef=target)
