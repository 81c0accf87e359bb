"""A drawing with every element that the editor offers, for tests of the editor; it need not make sense as a process."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

NAMESPACES = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" '
    'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
MARKUP = "<img src=x onerror=alert(1)>"
TASKS = (
    "task", "userTask", "serviceTask", "sendTask", "receiveTask", "manualTask", "businessRuleTask", "scriptTask",
)  # fmt: skip
GATEWAYS = ("exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway")
EVENTS = {
    "startEvent": ("",),
    "endEvent": ("", "message", "signal", "error", "escalation", "terminate"),
    "intermediateThrowEvent": ("", "message", "signal", "escalation", "link"),
    "intermediateCatchEvent": ("message", "signal", "timer", "conditional", "link"),
}
BEGINNINGS = ("message", "signal", "timer", "conditional", "error", "escalation")
LOOPS = {
    "parallel": '<bpmn:multiInstanceLoopCharacteristics camunda:collection="a.b" camunda:elementVariable="one" />',
    "sequential": '<bpmn:multiInstanceLoopCharacteristics isSequential="true"><bpmn:loopCardinality '
    'xsi:type="bpmn:tFormalExpression">3</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>',
    "loop": '<bpmn:standardLoopCharacteristics loopMaximum="3" />',
}
PARAMETERS = (
    "<bpmn:extensionElements><camunda:inputOutput>"
    '<camunda:inputParameter name="of">=a.b</camunda:inputParameter>'
    '<camunda:outputParameter name="kept">=c</camunda:outputParameter>'
    "</camunda:inputOutput></bpmn:extensionElements>"
)


def _event(kind: str, name: str, definition: str, attributes: str = "") -> str:
    inner = f'<bpmn:{definition}EventDefinition id="{name}_d" />' if definition else ""
    return f'<bpmn:{kind} id="{name}" {attributes}>{inner}</bpmn:{kind}>'


def everything() -> bytes:
    """One process with each kind of element once, and one task whose name is markup."""
    body = [f'<bpmn:userTask id="markup" name={quoteattr(MARKUP)} camunda:dueDate="=x" camunda:priority="3" />']
    body += [f'<bpmn:{kind} id="{kind}" name="{kind} x">' + _extra(kind) + f"</bpmn:{kind}>" for kind in TASKS]
    body += [f'<bpmn:{kind} id="{kind}" />' for kind in GATEWAYS]
    body += [f'<bpmn:userTask id="{name}">{inner}</bpmn:userTask>' for name, inner in LOOPS.items()]
    body += [_event(kind, f"{kind}_{one}", one) for kind, those in EVENTS.items() for one in those]
    around = 'attachedToRef="userTask"'
    body += [_event("boundaryEvent", f"boundary_{one}", one, around) for one in BEGINNINGS]
    begun = "".join(_event("startEvent", f"begin_{one}", one, 'isInterrupting="false"') for one in BEGINNINGS)
    body += [f'<bpmn:subProcess id="watch" triggeredByEvent="true">{begun}</bpmn:subProcess>']
    body += ['<bpmn:subProcess id="inside" />']
    body += ['<bpmn:dataObject id="data" />', '<bpmn:dataObjectReference id="paper" dataObjectRef="data" />']
    body += ['<bpmn:dataStoreReference id="shelf" />', '<bpmn:group id="group" />']
    body += ['<bpmn:textAnnotation id="note"><bpmn:text>note</bpmn:text></bpmn:textAnnotation>']
    flows = [("task", "userTask"), ("exclusiveGateway", "serviceTask"), ("exclusiveGateway", "sendTask")]
    body += [f'<bpmn:sequenceFlow id="f{n}" sourceRef="{a}" targetRef="{b}" />' for n, (a, b) in enumerate(flows)]
    return _document("".join(body), flows)


def _extra(kind: str) -> str:
    if kind == "serviceTask":
        return PARAMETERS
    return "<bpmn:script>total = 1</bpmn:script>" if kind == "scriptTask" else ""


def _document(body: str, flows: list[tuple[str, str]]) -> bytes:
    names = ["markup", *TASKS, *GATEWAYS, *LOOPS, *(f"{kind}_{one}" for kind, those in EVENTS.items() for one in those)]
    names += ["paper", "shelf", "note"]
    at = {name: (100 + 150 * (n % 10), 100 + 140 * (n // 10)) for n, name in enumerate(names)}
    sizes = dict.fromkeys((*TASKS, *LOOPS, "markup", "note"), (100, 80))
    shapes = [_shape(name, x, y, *sizes.get(name, (36, 36))) for name, (x, y) in at.items()]
    x, y = at["userTask"]
    shapes += [_shape(f"boundary_{one}", x - 18 + 20 * n, y + 62, 36, 36) for n, one in enumerate(BEGINNINGS)]
    shapes += [
        _shape("watch", 100, 900, 600, 160, ' isExpanded="true"'),
        _shape("inside", 800, 900, 300, 160, ' isExpanded="true"'),
    ]
    shapes += [_shape(f"begin_{one}", 130 + 80 * n, 960, 36, 36) for n, one in enumerate(BEGINNINGS)]
    shapes += [_shape("group", 1200, 900, 300, 160)]
    edges = [_edge(f"f{n}", at[a], at[b]) for n, (a, b) in enumerate(flows)]
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions {NAMESPACES} id="zoo" targetNamespace="t">'
        f'<bpmn:process id="verification" isExecutable="true">{body}</bpmn:process>'
        f'<bpmndi:BPMNDiagram id="g"><bpmndi:BPMNPlane id="pl" bpmnElement="verification">'
        f"{''.join(shapes)}{''.join(edges)}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>"
    ).encode()


def _shape(name: str, x: int, y: int, width: int, height: int, more: str = "") -> str:
    bounds = f'<dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}" />'
    return f'<bpmndi:BPMNShape id="{name}_di" bpmnElement="{name}"{more}>{bounds}</bpmndi:BPMNShape>'


def _edge(name: str, one: tuple[int, int], other: tuple[int, int]) -> str:
    points = "".join(f'<di:waypoint x="{x}" y="{y}" />' for x, y in (one, other))
    return f'<bpmndi:BPMNEdge id="{name}_di" bpmnElement="{name}">{points}</bpmndi:BPMNEdge>'
