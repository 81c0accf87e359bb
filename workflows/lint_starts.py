"""Rules on where a process or subprocess begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from domain.errors import Finding
from domain.text import gettext as _
from workflows.bpmn_xml import local
from workflows.lint_elements import finding
from workflows.starts import begins, definitions_of

STARTING = frozenset(
    ("messageEventDefinition", "signalEventDefinition", "timerEventDefinition", "conditionalEventDefinition")
)


def check_begin(scope: etree._Element, into: Mapping[str, list[etree._Element]], ends: bool) -> Iterator[Finding]:
    """The starts of a scope, taken together. into: incoming flows by node; ends: whether it has an end event."""
    starts = [node for node in begins(scope) if local(node) == "startEvent"]
    creating = [node for node in scope.iterchildren(etree.Element) if node.get("instantiate") == "true"]
    is_process = local(scope) == "process"
    plain = [node for node in starts if not definitions_of(node)]
    if local(scope) == "adHocSubProcess":
        return
    if (scope.get("triggeredByEvent") == "true" and len(starts) != 1) or (len(starts) > 1 and not is_process):
        sentence = _("There are %(count)s start events; exactly one is needed.", count=len(starts))
        yield finding(scope, sentence, _("Draw one start event."), code="one-start")
    elif is_process and len(plain) > 1:
        sentence = _(
            "There are %(count)s start events without an event; nobody could say which is meant.", count=len(plain)
        )
        yield finding(plain[1], sentence, _("Keep one, or say what the others wait for."), code="several-plain-starts")
    elif not starts and not creating and ends:
        sentence = _("There is an end event and no start event.")
        yield finding(scope, sentence, _("Draw one start event."), code="one-start")
    for node in creating:
        yield from _creating(node, is_process, bool(into.get(str(node.get("id")))))


def _creating(node: etree._Element, is_process: bool, led_to: bool) -> Iterator[Finding]:
    if not is_process:
        sentence = _("A subprocess is started by its parent, not by a message.")
        yield finding(node, sentence, _("Set instantiate to false."), code="starts-inside-subprocess")
    elif led_to:
        sentence = _("A flow leads into a step that starts the process.")
        yield finding(node, sentence, _("Remove the flow, or set instantiate to false."), code="flow-into-start")


def check_start_event(scope: etree._Element, node: etree._Element) -> Iterator[Finding]:
    """What a start event outside an event subprocess waits for."""
    kinds = [local(one) for one in definitions_of(node)]
    wrong = [kind for kind in kinds if local(scope) != "process" or kind not in STARTING]
    if wrong:
        sentence = _("A %(kind)s has no effect on this start event.", kind=wrong[0])
        remedy = _(
            "Use a plain start event, or one for a message, a signal, a time or a condition in the process itself."
        )
        yield finding(node, sentence, remedy, code="start-event-kind")
