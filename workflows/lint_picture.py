"""Rules on the picture: lanes, and that everything has its place in the drawing."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from domain.errors import Finding
from domain.text import gettext as _
from workflows.bpmn_xml import BPMNDI, flows_of, local, nodes_of, scopes_of, tag
from workflows.lint_elements import finding


def check_lanes(root: etree._Element) -> Iterator[Finding]:
    nodes = {str(node.get("id")): node for scope in scopes_of(root) for node in nodes_of(scope)}
    top = {str(node.get("id")) for process in root.iter(tag("process")) for node in nodes_of(process)}
    placed: dict[str, int] = {}
    for lane in root.iter(tag("lane")):
        if lane.find(tag("childLaneSet")) is not None:
            continue
        for reference in lane.findall(tag("flowNodeRef")):
            name = (reference.text or "").strip()
            placed[name] = placed.get(name, 0) + 1
            if name not in nodes:
                yield finding(
                    reference,
                    _("The lane lists %(id)s, which does not exist.", id=name),
                    _("Draw again."),
                    code="lane-lists-nothing",
                )
    for name in sorted(top) if placed else ():
        if placed.get(name, 0) != 1 and local(nodes[name]) in ("userTask", "manualTask"):
            sentence = _("The task lies in %(count)s lanes; exactly one is needed.", count=placed.get(name, 0))
            yield finding(
                nodes[name], sentence, _("Move it into the lane of the office that does it."), code="one-lane"
            )


def check_picture(root: etree._Element) -> Iterator[Finding]:
    drawn = {str(e.get("bpmnElement")) for e in root.iter(f"{{{BPMNDI}}}BPMNShape", f"{{{BPMNDI}}}BPMNEdge")}
    remedy = _("Open the file in the editor and draw it.")
    for scope in scopes_of(root):
        for element in (*nodes_of(scope), *flows_of(scope)):
            if str(element.get("id")) not in drawn:
                yield finding(element, _("The element has no place in the picture."), remedy, code="not-in-picture")
