"""Edits of the verification bundle, as an owner might make them: each gives the files of the next version."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from tests.bundles.playing import bundle
from workflows.bpmn_xml import BPMN, CAMUNDA, tag
from workflows.bundles import DRAWING, Bundle
from workflows.definitions import Definition

Q = f"{{{CAMUNDA}}}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


class Editing:
    """The bundle being edited: the drawing as a tree, the other files as bytes."""

    def __init__(self, name: str = "verification") -> None:
        self.base = bundle(name)
        self.files = dict(self.base.files)
        self.root = etree.fromstring(self.files[DRAWING])

    def done(self) -> Bundle:
        return Bundle(self.base.key, {**self.files, DRAWING: etree.tostring(self.root)})

    # --- finding

    def node(self, name: str) -> Any:
        return next(one for one in self.root.iter() if one.get("id") == name and str(one.tag).startswith(f"{{{BPMN}}}"))

    def around(self, name: str) -> Any:
        return self.node(name).getparent()

    def out(self, name: str) -> list[Any]:
        return [one for one in self.root.iter(tag("sequenceFlow")) if one.get("sourceRef") == name]

    def into(self, name: str) -> list[Any]:
        return [one for one in self.root.iter(tag("sequenceFlow")) if one.get("targetRef") == name]

    # --- making

    def make(self, scope: Any, kind: str, name: str, **attributes: str) -> Any:
        made = etree.SubElement(scope, tag(kind), id=name, name=f"新{name}")
        for key, value in attributes.items():
            made.set(f"{Q}{key}" if key in ("formKey", "candidateGroups", "topic", "type") else key, value)
        return made

    def user(self, scope: Any, name: str, form: str = "archive", role: str = "archivist") -> Any:
        return self.make(scope, "userTask", name, formKey=form, candidateGroups=role)

    def flow(self, scope: Any, source: str, target: str, condition: str = "", name: str = "") -> Any:
        made = etree.SubElement(scope, tag("sequenceFlow"), id=name or f"{source}_{target}_new", sourceRef=source,
                                targetRef=target)  # fmt: skip
        if condition:
            text = etree.SubElement(made, tag("conditionExpression"))
            text.set(f"{XSI}type", "bpmn:tFormalExpression")
            text.text = condition
        return made

    def timer(self, at: str, name: str, kind: str, text: str, to: str, *, interrupting: bool = True) -> Editing:
        scope = self.around(at)
        event = self.make(scope, "boundaryEvent", name, attachedToRef=at)
        if not interrupting:
            event.set("cancelActivity", "false")
        waits = etree.SubElement(event, tag("timerEventDefinition"), id=f"{name}_timer")
        etree.SubElement(waits, tag(kind)).text = text
        self.flow(scope, name, to)
        return self

    def property(self, step: str, name: str, value: str | None) -> None:
        node = self.node(step)
        rows = node.find(f"{tag('extensionElements')}/{Q}properties")
        for row in list(rows):
            if row.get("name") == name:
                rows.remove(row)
        if value is not None:
            etree.SubElement(rows, f"{Q}property", name=name, value=value)

    def after(self, step: str, made: Any) -> None:
        """Put a new node into the flow that leaves a step."""
        (flow,) = self.out(step)
        self.flow(self.around(step), made.get("id"), flow.get("targetRef"))
        flow.set("targetRef", made.get("id"))

    def before(self, step: str, made: Any) -> None:
        """Put a new node before a step, into every flow that leads there."""
        for flow in self.into(step):
            flow.set("targetRef", made.get("id"))
        self.flow(self.around(step), made.get("id"), step)

    def remove(self, name: str) -> Editing:
        """Take a step out; what led to it leads on."""
        (out,) = self.out(name)
        for flow in self.into(name):
            flow.set("targetRef", out.get("targetRef"))
        out.getparent().remove(out)
        self.drop(name)
        return self

    def drop(self, name: str) -> Editing:
        """Take a node away with its flows and its boundary events."""
        for event in [one for one in self.root.iter(tag("boundaryEvent")) if one.get("attachedToRef") == name]:
            self.drop(str(event.get("id")))
        for flow in [*self.out(name), *self.into(name)]:
            flow.getparent().remove(flow)
        self.node(name).getparent().remove(self.node(name))
        return self

    def rename(self, old: str, new: str) -> None:
        for one in self.root.iter():
            for key, value in list(one.attrib.items()):
                if value == old and key in ("id", "sourceRef", "targetRef", "attachedToRef", "default"):
                    one.set(key, new)
            if one.text == old:
                one.text = new

    def form(self, key: str, change: Callable[[list[Any]], None]) -> None:
        path = f"forms/{key}.form"
        content = json.loads(self.files[path])
        change(content["components"])
        self.files[path] = json.dumps(content, ensure_ascii=False).encode()


@dataclass(frozen=True)
class Edit:
    """name: what an owner did; make: how; mapping: what she then says of steps that are gone.

    sound: a new case could come to an end on it.
    """

    name: str
    make: Callable[[Editing], object] = field(repr=False)
    mapping: Mapping[str, str] = field(default_factory=dict)
    sound: bool = True

    def definition(self) -> Definition:
        editing = Editing()
        self.make(editing)
        made = editing.done()
        return replace(first(), number=2, bundle=made)


def first() -> Definition:
    """The bundle as it is shipped, as version 1."""
    base = bundle("verification")
    return Definition(1, base.key, 1, str(base.sheet["title"]), str(base.sheet["title_en"]), base)


def field_of(key: str, label: str) -> dict[str, Any]:
    return {"type": "textfield", "key": key, "label": label, "properties": {"label.en": key}}


# --- the edits --------------------------------------------------------------------------------------------------------


def _insert_after(step: str) -> Callable[[Editing], None]:
    return lambda e: e.after(step, e.user(e.around(step), "bind"))


def _insert_before(step: str) -> Callable[[Editing], None]:
    return lambda e: e.before(step, e.user(e.around(step), "bind"))


def _side_by_side(step: str) -> Callable[[Editing], None]:
    """The step and a new one beside it, between a fork and a join."""

    def make(e: Editing) -> None:
        scope = e.around(step)
        e.before(step, e.make(scope, "parallelGateway", "fork"))
        e.before("fork", e.make(scope, "exclusiveGateway", "either"))
        e.after(step, e.make(scope, "parallelGateway", "join"))
        e.user(scope, "beside")
        e.flow(scope, "fork", "beside")
        e.flow(scope, "beside", "join")

    return make


def _wrap(step: str) -> Callable[[Editing], None]:
    """The step moves into a new subprocess."""

    def make(e: Editing) -> None:
        scope, node = e.around(step), e.node(step)
        inner = e.make(scope, "subProcess", "wrapping")
        for flow in e.into(step):
            flow.set("targetRef", "wrapping")
        for flow in e.out(step):
            flow.set("sourceRef", "wrapping")
        for event in [one for one in e.root.iter(tag("boundaryEvent")) if one.get("attachedToRef") == step]:
            event.set("attachedToRef", "wrapping")
        e.make(inner, "startEvent", "wrapping_start")
        inner.append(node)
        e.make(inner, "endEvent", "wrapping_end")
        e.flow(inner, "wrapping_start", step)
        e.flow(inner, step, "wrapping_end")

    return make


def _several(step: str) -> Callable[[Editing], None]:
    def make(e: Editing) -> None:
        loop = etree.SubElement(e.node(step), tag("multiInstanceLoopCharacteristics"))
        etree.SubElement(loop, tag("loopCardinality")).text = "2"

    return make


def _set(step: str, name: str, value: str) -> Callable[[Editing], None]:
    return lambda e: e.node(step).set(f"{Q}{name}", value)


def _kind(step: str, kind: str) -> Callable[[Editing], None]:
    def make(e: Editing) -> None:
        e.node(step).tag = tag(kind)

    return make


def _timer_text(event: str, kind: str, text: str) -> Callable[[Editing], None]:
    def make(e: Editing) -> None:
        waits = e.node(event).find(tag("timerEventDefinition"))
        for child in list(waits):
            waits.remove(child)
        etree.SubElement(waits, tag(kind)).text = text

    return make


def _event_subprocess(kind: str) -> Callable[[Editing], None]:
    def make(e: Editing) -> None:
        scope = e.around("authorise")
        inner = e.make(scope, "subProcess", "withdrawal", triggeredByEvent="true")
        start = e.make(inner, "startEvent", "withdrawn", isInterrupting="true")
        if kind == "timer":
            waits = etree.SubElement(start, tag("timerEventDefinition"), id="withdrawn_timer")
            etree.SubElement(waits, tag("timeDuration")).text = "P400D"
        else:
            waits = etree.SubElement(start, tag("conditionalEventDefinition"), id="withdrawn_condition")
            etree.SubElement(waits, tag("condition")).text = "case.withdrawn = true"
        e.user(inner, "record_withdrawal", "archive", "archivist")
        e.make(inner, "endEvent", "withdrawn_end")
        e.flow(inner, "withdrawn", "record_withdrawal")
        e.flow(inner, "record_withdrawal", "withdrawn_end")

    return make


def _condition(flow: str, text: str) -> Callable[[Editing], None]:
    def make(e: Editing) -> None:
        e.node(flow).find(tag("conditionExpression")).text = text

    return make


def _loop(step: str, name: str, value: str) -> Callable[[Editing], None]:
    def make(e: Editing) -> None:
        loop = e.node(step).find(tag("multiInstanceLoopCharacteristics"))
        loop.set(name if name == "isSequential" else f"{Q}{name}", value)

    return make


def _unrepeat(step: str) -> Callable[[Editing], None]:
    def make(e: Editing) -> None:
        e.node(step).remove(e.node(step).find(tag("multiInstanceLoopCharacteristics")))

    return make


def _table(e: Editing) -> None:
    e.files["doubts.dmn"] = e.files["doubts.dmn"].replace(b"<rule ", b"<!-- another wording --><rule ", 1)


def _add_field(key: str) -> Callable[[Editing], None]:
    return lambda e: e.form(key, lambda parts: parts.append(field_of("seen_by", "见证人")))


def _reword(key: str) -> Callable[[Editing], None]:
    said = {"type": "text", "text": "请核对", "properties": {"text.en": "Check"}}
    return lambda e: e.form(key, lambda parts: parts.insert(0, said))


def _both(*changes: Callable[[Editing], object]) -> Callable[[Editing], None]:
    def make(e: Editing) -> None:
        for change in changes:
            change(e)

    return make


EDITS: tuple[Edit, ...] = (
    Edit("nothing but the picture", lambda e: e.node("authorise").set("name", "收授权书")),
    Edit("a step after authorising", _insert_after("authorise")),
    Edit("a step before authorising", _insert_before("authorise")),
    Edit("a step after the draft of the report", _insert_after("draft_report")),
    Edit("a step before the draft of the report", _insert_before("draft_report")),
    Edit("a step inside the survey", _insert_after("survey")),
    Edit("a step before filing", _insert_before("archive")),
    Edit("a step before the first", _insert_before("intake")),
    Edit("the review of the report is gone", lambda e: (e.into("reviewed"), e.remove("review_report"))),
    Edit("the review of the report is gone, mapped to the draft", lambda e: e.remove("review_report"),
         {"review_report": "draft_report"}),
    Edit("the commission is gone", lambda e: e.remove("commission")),
    Edit("the commission is gone, mapped to its signature", lambda e: e.remove("commission"),
         {"commission": "sign_commission"}),
    Edit("authorising has another id", lambda e: e.rename("authorise", "authorise_anew")),
    Edit("authorising has another id, mapped", lambda e: e.rename("authorise", "authorise_anew"),
         {"authorise": "authorise_anew"}),
    Edit("the objection has another id, mapped", lambda e: e.rename("objection", "objection_anew"),
         {"objection": "objection_anew"}),
    Edit("the survey has another id, mapped", lambda e: e.rename("surveying", "survey_each"),
         {"surveying": "survey_each"}),
    Edit("the survey has another id", lambda e: e.rename("surveying", "survey_each")),
    Edit("a limit on authorising",
         lambda e: e.timer("authorise", "authorise_limit", "timeDuration", "P30D", "commission")),
    Edit("a reminder while authorising",
         lambda e: (e.user(e.around("authorise"), "remind"), e.make(e.around("authorise"), "endEvent", "reminded"),
                    e.flow(e.around("authorise"), "remind", "reminded"),
                    e.timer("authorise", "reminder", "timeDuration", "P3D", "remind", interrupting=False))),
    Edit("a limit on authorising that most cases cannot tell",
         lambda e: e.timer("authorise", "authorise_limit", "timeDate", "=open_objection.until", "commission"),
         sound=False),
    Edit("a second limit on the objection",
         lambda e: e.timer("objection", "objection_end", "timeDuration", "P60D", "archive")),
    Edit("no limit on the objection", lambda e: e.drop("objection_limit")),
    Edit("no limit on the survey", lambda e: e.drop("survey_limit")),
    Edit("another day for the objection", _timer_text("objection_limit", "timeDuration", "P45D")),
    Edit("another limit on the survey", _timer_text("survey_limit", "timeDuration", "P20D")),
    Edit("the draft of the report twice", _several("draft_report")),
    Edit("authorising twice", _several("authorise")),
    Edit("the survey once", _unrepeat("surveying")),
    Edit("the survey one after the other", _loop("surveying", "isSequential", "true")),
    Edit("the survey under another name", _loop("surveying", "elementVariable", "hole")),
    Edit("authorising inside a subprocess", _wrap("authorise")),
    Edit("the decision inside a subprocess", _wrap("decide")),
    Edit("the survey is gone", lambda e: (e.flow(e.around("compare"), "anything_missing", "compare", name="skipped"),
                                          e.drop("surveying"))),
    Edit("a step beside the draft of the report", _side_by_side("draft_report")),
    Edit("a step beside authorising", _side_by_side("authorise")),
    Edit("another condition after authorising", _condition("all_authorised_to_commission",
                                                           "record_authorisations.missing <= 0")),
    Edit("the report is drafted by another role", _set("draft_report", "candidateGroups", "agency_reviewer")),
    Edit("the signature of the letter moves to the clerk",
         _set("sign_commission", "candidateGroups", "department_clerk")),
    Edit("authorising asks for more", _add_field("authorise")),
    Edit("the objection reads otherwise", _reword("objection")),
    Edit("filing shows another form", _set("archive", "formKey", "deliver_notice")),
    Edit("another term for the draft of the report",
         lambda e: e.property("draft_report", "term", "report_review_term")),
    Edit("no term for the notice", lambda e: e.property("deliver_notice", "term", None)),
    Edit("another table of doubts", _table),
    Edit("another operation prints the report", _set("render_report", "topic", "notice.render")),
    Edit("the queries become a step of people", lambda e: (_kind("render_notice", "userTask")(e),
         e.node("render_notice").set(f"{Q}formKey", "archive"),
         e.node("render_notice").set(f"{Q}candidateGroups", "archivist"))),
    Edit("a withdrawal at any time, by a day", _event_subprocess("timer")),
    Edit("a withdrawal at any time, by a value", _event_subprocess("condition")),
    Edit("another gateway after the review", _kind("reviewed", "inclusiveGateway")),
    Edit("two things at once",
         _both(_insert_after("authorise"), _set("draft_report", "candidateGroups", "agency_reviewer"))),
)  # fmt: skip
