"""Drawings made by program, as large and as deep as a test wants them; each stands on a plain grid."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

from workflows.bundles import Bundle

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
    ' xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="http://bpmn.io/schema/bpmn"'
)
WIDE = 100  # nodes in a row of the picture
ROLE = "agency_handler"


@dataclass(frozen=True)
class Node:
    """One node; `inner` is what stands inside its element, `scope` the nodes and flows of a subprocess."""

    kind: str
    id: str
    attributes: str = ""
    inner: str = ""
    scope: Scope | None = None

    @property
    def named(self) -> str:
        """Its name in both languages; events and gateways go without."""
        return f' name="{self.id}"' if self.kind.lower().endswith(("task", "process")) else ""

    def xml(self) -> str:
        """Its element."""
        inside = self.inner + (self.scope.xml() if self.scope is not None else "")
        return f'<bpmn:{self.kind} id="{self.id}"{self.named} {self.attributes}>{inside}</bpmn:{self.kind}>'


@dataclass(frozen=True)
class Scope:
    """Nodes and the flows between them, "a b" or "a b condition"."""

    nodes: Sequence[Node]
    flows: Sequence[str]

    def xml(self) -> str:
        """Nodes, then flows."""
        return "".join(node.xml() for node in self.nodes) + "".join(_flow(one) for one in self.flows)

    def everything(self) -> list[tuple[Node, Sequence[str]]]:
        """Every node, the inner ones included, and every flow with the last node of its scope."""
        found: list[tuple[Node, Sequence[str]]] = []
        for at, node in enumerate(self.nodes):
            found.append((node, self.flows if at == 0 else ()))
            found += node.scope.everything() if node.scope is not None else []
        return found


def _flow(text: str) -> str:
    source, target, condition = [*text.split(" ", 2), ""][:3]
    inner = ""
    if condition:
        inner = (
            '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">'
            f"{escape(condition)}</bpmn:conditionExpression>"
        )
    ends = f'sourceRef="{source}" targetRef="{target}"'
    return f'<bpmn:sequenceFlow id="{source}_{target}" {ends}>{inner}</bpmn:sequenceFlow>'


@dataclass(frozen=True)
class Drawing:
    """A whole file: one process and what stands beside it (`extra`: messages, signals)."""

    key: str
    scope: Scope
    extra: str = ""
    fields: Sequence[tuple[str, str]] = field(default=(("note", "textfield"), ("again", "checkbox")))
    columns: frozenset[str] = frozenset()  # fields that the inbox shows

    def xml(self) -> bytes:
        """The file."""
        return (
            f'{HEAD} id="{self.key}_definitions">{self.extra}'
            f'<bpmn:process id="{self.key}" name="{self.key}" isExecutable="true">{self.scope.xml()}</bpmn:process>'
            f'<bpmndi:BPMNDiagram id="{self.key}_di"><bpmndi:BPMNPlane id="{self.key}_plane" bpmnElement="{self.key}">'
            f"{self._picture()}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>"
        ).encode()

    def _picture(self) -> str:
        shapes, edges = [], []
        for at, (node, flows) in enumerate(self.scope.everything()):
            x, y = at % WIDE * 160, at // WIDE * 120
            expanded = ' isExpanded="true"' if node.scope is not None else ""
            shapes.append(
                f'<bpmndi:BPMNShape id="{node.id}_di" bpmnElement="{node.id}"{expanded}>'
                f'<dc:Bounds x="{x}" y="{y}" width="100" height="80" /></bpmndi:BPMNShape>'
            )
            for flow in flows:
                source, target = flow.split(" ")[:2]
                edges.append(
                    f'<bpmndi:BPMNEdge id="{source}_{target}_di" bpmnElement="{source}_{target}">'
                    f'<di:waypoint x="{x}" y="{y}" /><di:waypoint x="{x + 60}" y="{y}" /></bpmndi:BPMNEdge>'
                )
        return "".join(shapes + edges)

    def bundle(self) -> Bundle:
        """The drawing with a sheet and the one form that its people answer."""
        names = " ".join(key for key, _kind in self.fields)
        sheet = (
            f'title = "{self.key}"\ntitle_en = "{self.key}"\nowners = ["process_owner"]\n\n[start]\nroles = []\n'
            'kinds = ["NEW"]\nprogrammes = ["DIBAO"]\n'
        )
        components = [
            {
                "type": kind,
                "key": key,
                "label": key,
                "properties": {
                    "label.en": key,
                    **({"route": "true"} if kind == "checkbox" else {}),
                    **({"inbox": "true"} if key in self.columns else {}),
                },
            }
            for key, kind in self.fields
        ]
        form = {"type": "default", "id": f"{self.key}_{names.replace(' ', '_')}", "components": components}
        return Bundle(
            self.key,
            {
                "process.bpmn": self.xml(),
                "process.toml": sheet.encode(),
                "forms/form.form": json.dumps(form).encode(),
            },
        )


# --- nodes -------------------------------------------------------------------------------------------------------


def start(name: str = "start") -> Node:
    """A none start."""
    return Node("startEvent", name)


def end(name: str = "end") -> Node:
    """A none end."""
    return Node("endEvent", name)


def human(name: str, inner: str = "", role: str = ROLE) -> Node:
    """A step of a person."""
    return Node("userTask", name, f'camunda:formKey="form" camunda:candidateGroups="{role}"', inner)


def script(name: str, lines: str) -> Node:
    """A step of the program: `name = expression` lines."""
    return Node("scriptTask", name, 'scriptFormat="feel"', f"<bpmn:script>{escape(lines)}</bpmn:script>")


def each(collection: str, element: str = "it") -> str:
    """The marker of a parallel multi-instance."""
    named = f'camunda:collection="{collection}" camunda:elementVariable="{element}"'
    return f"<bpmn:multiInstanceLoopCharacteristics {named} />"


def timer(name: str, duration: str, kind: str = "intermediateCatchEvent", attributes: str = "") -> Node:
    """A timer."""
    inner = (
        '<bpmn:timerEventDefinition><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">'
        f"{duration}</bpmn:timeDuration></bpmn:timerEventDefinition>"
    )
    return Node(kind, name, attributes, inner)


def message(name: str, kind: str = "intermediateCatchEvent", attributes: str = "", ref: str = "told") -> Node:
    """A message event."""
    return Node(kind, name, attributes, f'<bpmn:messageEventDefinition messageRef="{ref}" />')


TOLD = '<bpmn:message id="told" name="told" />'


def chain(*nodes: Node) -> Scope:
    """The nodes one after the other."""
    return Scope(nodes, [f"{a.id} {b.id}" for a, b in pairwise(nodes)])


# --- the drawings of the tests and benchmarks -----------------------------------------------------------------------


def relay(rounds: bool = True) -> Drawing:
    """A step that may be sent back for ever: a person, a gateway, round again or to the end."""
    if not rounds:
        return Drawing("relay", chain(start(), human("work"), human("check"), end()))
    gateway = Node("exclusiveGateway", "way", 'default="way_end"')
    scope = Scope(
        [start(), human("work"), gateway, end()],
        ["start work", "work way", "way work work.again = true", "way end"],
    )
    return Drawing("rounds", scope)


def crowd() -> Drawing:
    """One step, as many people as the list `case.items` has elements."""
    return Drawing("crowd", chain(start(), human("each", each("case.items")), end()))


def parts() -> Drawing:
    """One subprocess an element of `case.items`."""
    inner = Node("subProcess", "part", "", each("case.items"), chain(start("in"), human("look"), end("out")))
    return Drawing("parts", chain(start(), inner, end()))


def nested(depth: int) -> Drawing:
    """Subprocesses inside one another, a person in the innermost."""
    scope = chain(start(f"s{depth}"), human("deep"), end(f"e{depth}"))
    for at in range(depth - 1, -1, -1):
        scope = chain(start(f"s{at}"), Node("subProcess", f"box{at}", scope=scope), end(f"e{at}"))
    return Drawing("nested", scope)


def calls(depth: int) -> list[Drawing]:
    """Processes that call one another, each in a file of its own; a person in the last."""
    last = Drawing(f"level{depth}", chain(start(), human("deep"), end()))
    callers = [
        Drawing(
            f"level{at}", chain(start(), Node("callActivity", f"call{at}", f'calledElement="level{at + 1}"'), end())
        )
        for at in range(depth)
    ]
    return [*callers, last]


def calls_within(depth: int) -> Drawing:
    """The same in one file, as it is deployed: each process calls the next one, a person in the last."""
    scopes = [
        chain(start(f"s{at}"), Node("callActivity", f"call{at}", f'calledElement="level{at + 1}"'), end(f"e{at}"))
        for at in range(depth)
    ]
    scopes.append(chain(start(f"s{depth}"), human("deep"), end(f"e{depth}")))
    called = "".join(
        f'<bpmn:process id="level{at}" name="level{at}">{scope.xml()}</bpmn:process>'
        for at, scope in enumerate(scopes)
        if at
    )
    return Drawing("level0", scopes[0], called)


def long(nodes: int) -> Drawing:
    """A straight way of this many nodes in all: scripts, with a person first and last."""
    steps = [script(f"n{at}", f"n = {at}") for at in range(nodes - 4)]
    return Drawing("long", chain(start(), human("first"), *steps, human("last"), end()))


def diamonds(count: int) -> Drawing:
    """Parallel blocks of two people each, one after the other: four nodes a block."""
    nodes: list[Node] = [start()]
    flows: list[str] = []
    before = "start"
    for at in range(count):
        nodes += [
            Node("parallelGateway", f"f{at}"),
            human(f"a{at}"),
            human(f"b{at}"),
            Node("parallelGateway", f"j{at}"),
        ]
        flows += [f"{before} f{at}", f"f{at} a{at}", f"f{at} b{at}", f"a{at} j{at}", f"b{at} j{at}"]
        before = f"j{at}"
    return Drawing("diamonds", Scope([*nodes, end()], [*flows, f"{before} end"]))


SLOW = "torture.ask"


def busy() -> Drawing:
    """All that can happen to a case side by side: two people, one with a limit; a job; a message against time."""
    nodes = [
        start(),
        Node("parallelGateway", "fork"),
        human("work"),
        timer("late", "PT2H", "boundaryEvent", 'attachedToRef="work" cancelActivity="true"'),
        human("late_work"),
        human("other"),
        Node("serviceTask", "ask", f'camunda:type="external" camunda:topic="{SLOW}"'),
        human("asked"),
        Node("eventBasedGateway", "race"),
        message("told_first"),
        timer("time_first", "PT2H"),
        human("heard"),
        human("silence"),
        *(end(f"end_{name}") for name in ("work", "late", "other", "ask", "heard", "silence")),
    ]
    flows = [
        "start fork", "fork work", "fork other", "fork ask", "fork race", "work end_work", "late late_work",
        "late_work end_late", "other end_other", "ask asked", "asked end_ask", "race told_first", "race time_first",
        "told_first heard", "time_first silence", "heard end_heard", "silence end_silence",
    ]  # fmt: skip
    return Drawing("busy", Scope(nodes, flows), TOLD)


BREAKS = "torture.breaks"


def troubled(second: bool = False) -> Drawing:
    """What repairs are made on: the busy drawing with a step that fails and one for each of several; and its next
    version, with a step more."""
    scope = busy().scope
    nodes = [
        *scope.nodes,
        human("each", each("case.items")),
        Node("serviceTask", "breaks", f'camunda:type="external" camunda:topic="{BREAKS}"'),
        Node("boundaryEvent", "broken", 'attachedToRef="breaks"', '<bpmn:errorEventDefinition errorRef="away" />'),
        human("mended"),
        human("instead"),
        *(end(f"end_{name}") for name in ("each", "mended", "instead")),
    ]
    flows = [
        *scope.flows, "fork each", "fork breaks", "breaks mended", "broken instead", "each end_each",
        "mended end_mended", "instead end_instead",
    ]  # fmt: skip
    if second:
        nodes.append(human("again"))
        flows = [one for one in flows if one != "work end_work"] + ["work again", "again end_work"]
    return Drawing("troubled", Scope(nodes, flows), TOLD + '<bpmn:error id="away" name="away" errorCode="away" />')


def asked_for() -> Drawing:
    """A process that begins with a message."""
    begins = Node("startEvent", "asked", "", '<bpmn:messageEventDefinition messageRef="please" />')
    return Drawing("asked_for", chain(begins, human("look"), end()), '<bpmn:message id="please" name="please" />')


def desk(steps: int = 5) -> Drawing:
    """What a desk does all day: people one after the other."""
    return Drawing("desk", chain(start(), *(human(f"step{at}") for at in range(steps)), end()))


def shared() -> Drawing:
    """Work that ten people share: a step that may be skipped or given up, its check by somebody else, a step whose
    people are named first, and a pair of which nobody does both."""

    def said(**properties: str) -> str:
        pairs = "".join(f'<camunda:property name="{k.replace("_", "-")}" value="{v}" />' for k, v in properties.items())
        properties_xml = f"<camunda:properties>{pairs}</camunda:properties>"
        return f"<bpmn:extensionElements>{properties_xml}</bpmn:extensionElements>"

    nodes = [
        start(),
        human("enter", said(skippable="yes")),
        Node("boundaryEvent", "gone", 'attachedToRef="enter"', '<bpmn:errorEventDefinition errorRef="away" />'),
        human("instead"),
        human("check", said(separate_from="enter")),
        human("named", said(nominate="yes")),
        human("sign", said(separation_group="pair")),
        human("file", said(separation_group="pair", skippable="yes")),
        end(),
    ]
    flows = [
        "start enter", "enter check", "gone instead", "instead check", "check named", "named sign", "sign file",
        "file end",
    ]  # fmt: skip
    return Drawing("shared", Scope(nodes, flows), '<bpmn:error id="away" name="away" errorCode="away" />')


def review() -> Drawing:
    """The beginning of a case of a review: a person with a limit."""
    nodes = [
        start(),
        human("look"),
        timer("limit", "P20D", "boundaryEvent", 'attachedToRef="look" cancelActivity="false"'),
        human("remind"),
        end(),
        end("reminded"),
    ]
    return Drawing("review", Scope(nodes, ["start look", "look end", "limit remind", "remind reminded"]))
