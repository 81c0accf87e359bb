"""Small drawings as text: `(user A)`, `(note B)`, `(long C)` are steps, `[[A>B>C]]` flows, the rest is BPMN."""

from __future__ import annotations

import itertools
import re

from lxml import etree

from workflows import lint
from workflows.bpmn_xml import tag

_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'id="Drawing" targetNamespace="http://example.org">'
)
_STEP = re.compile(r"\((user|note|long|start|end) (\w+)((?: [^()]*)?)\)")
_SHAPES = {
    "user": '<userTask id="{0}" camunda:candidateGroups="clerk" camunda:formKey="form"{1}/>',
    "note": '<serviceTask id="{0}" camunda:type="external" camunda:topic="note"{1}/>',
    "long": '<serviceTask id="{0}" camunda:type="external" camunda:topic="long"{1}/>',
    "start": '<startEvent id="{0}"{1}/>',
    "end": '<endEvent id="{0}"{1}/>',
}
OPERATIONS = {
    "note": lint.OperationSpec("note"),
    "long": lint.OperationSpec("long"),
    "book": lint.OperationSpec("book", inputs=("amount",)),
}


def drawing(body: str, head: str = "") -> str:
    """The BPMN of one process `P`; `head`: elements beside the process."""
    body = _STEP.sub(lambda found: _SHAPES[found[1]].format(found[2], found[3]), body)
    body = re.sub(r"\[\[(.*?)\]\]", lambda found: _flows(found[1]), body)
    root = etree.fromstring(f'{_HEAD}{head}<process id="P" isExecutable="true">{body}</process></definitions>')
    for association in list(root.iter(tag("association"))):  # the schema wants them behind everything else
        parent = association.getparent()
        assert parent is not None
        parent.append(association)
    return etree.tostring(root, encoding="unicode")


def _flows(chains: str) -> str:
    found = []
    for chain in chains.split():
        names = chain.split(">")
        for source, target in itertools.pairwise(names):
            found.append(f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}"/>')
    return "".join(found)


def undo(step: str, handler: str, kind: str = "note") -> str:
    """The mark that a step can be undone, and the step that undoes it."""
    return (
        f'<boundaryEvent id="can_{step}" attachedToRef="{step}"><compensateEventDefinition/></boundaryEvent>'
        f'({kind} {handler} isForCompensation="true")'
        f'<association id="as_{step}" sourceRef="can_{step}" targetRef="{handler}" associationDirection="One"/>'
    )


def wrong(xml: str) -> list[str]:
    """The rules a drawing breaks that keep it from being deployed, by element."""
    findings = lint.check_diagram(
        xml.encode(), operations=OPERATIONS, roles={"clerk"}, forms={"form"}, decisions=(), drawing=False
    )
    return [f"{one.element}: {one.code} {one.sentence}" for one in findings if one.severity == "error"]


def rules(xml: str) -> set[str]:
    """The codes of what `wrong` finds."""
    return {line.split()[1] for line in wrong(xml)}
