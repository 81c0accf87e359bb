"""What a case says begins another process for the same household; what it calls is done by people; nothing is lost."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from domain import agenda
from domain.agenda import AgendaItem
from domain.cases import DONE, OPEN, Case
from domain.errors import Conflict
from domain.work import OPERATOR, unit_of_work
from tasks import campaigns, incidents, messages, waking
from tests.homes import Office
from tests.journeys.playing import Story, new_case
from tests.workflows.talking import drawn, process
from workflows import bundles, decision_words, definitions, lint_child
from workflows.bundles import DRAWING, SHEET, Bundle, Checked
from workflows.instances import CaseState, Incident

SHEET_TEXT = """title = "回访"
title_en = "Follow-up"
owners = ["process_owner"]

[start]
roles = []
kinds = ["NEW"]
programmes = ["DIBAO"]

[[stages]]
code = "visit"
label = "回访"
label_en = "Visit"
"""
FORM = json.dumps(
    {
        "type": "default", "id": "seen", "schemaVersion": 18,
        "components": [{"type": "textfield", "key": "note", "label": "备注", "properties": {"label.en": "Note"}}],
    }
).encode()  # fmt: skip
MESSAGES = '<message id="Asked" name="visit_asked"/><message id="Nobody" name="visit_done"/><signal id="S" name="all"/>'
MAIN = """<startEvent id="asked"><messageEventDefinition messageRef="Asked"/></startEvent>
<callActivity id="Part" calledElement="Visit"><extensionElements><camunda:in source="asked" target="wish"/>
<camunda:out sourceExpression="wish.who" target="who"/></extensionElements></callActivity>
<endEvent id="said"><extensionElements><camunda:inputOutput>
<camunda:inputParameter name="who">=who</camunda:inputParameter></camunda:inputOutput></extensionElements>
<messageEventDefinition messageRef="Nobody"/></endEvent>
asked > Part > said"""
VISIT = """<startEvent id="begin"/>
<userTask id="visit" name="入户" camunda:candidateGroups="town_post" camunda:formKey="seen"/><endEvent id="end"/>
begin > visit > end"""
BOTH = MESSAGES + process("Main", MAIN) + process("Visit", VISIT)


def deployed(office: Office, text: str, key: str = "follow_up") -> Bundle:
    bundle = Bundle(key, {DRAWING: drawn(text), SHEET: SHEET_TEXT.encode(), "forms/seen.form": FORM})
    with unit_of_work(office.home, OPERATOR) as work:
        definitions.ship(work, Checked(bundle, ()))
    return bundle


def said(office: Office, sender: str, name: str, kind: str = "message", *, for_all: bool = False) -> list[str]:
    """A case says something; refs of the cases that begin with it."""
    body = {"kind": kind, "name": name, "correlation": "", "payload": {"who": "wang"}, "for_all": for_all}
    with unit_of_work(office.home, OPERATOR) as work:
        before = set(work.session.scalars(select(Case.ref)))
        messages.route(work, sender, body)
        return [ref for ref in work.session.scalars(select(Case.ref).order_by(Case.id)) if ref not in before]


def test_a_message_begins_a_case_of_the_same_household_and_a_called_step_is_a_task(office: Office) -> None:
    story = new_case(office)
    bundle = deployed(office, BOTH)
    assert [str(one) for one in bundles.check(bundle) if one.severity == "error" and one.code != "not-in-picture"] == []

    (ref,) = said(office, story.case_ref, "visit_asked")

    begun = Story(office, ref)
    with begun.work() as work:
        case, sender = begun.case(work), story.case(work)
        assert (case.household_id, case.department_id, case.agency_id, case.town_id, case.programme) == (
            sender.household_id, sender.department_id, sender.agency_id, sender.town_id, sender.programme)  # fmt: skip
        assert (case.process, case.state) == ("follow_up", OPEN)
        assert story.journal(work)[-1].event == "message.began"
    assert begun.open_steps() == ["visit"]
    begun.do("town", "visit", {"note": ""})
    with begun.work() as work:
        assert begun.case(work).state == DONE
        last = begun.journal(work)[-1]
        assert (last.event, last.body) == ("message.unclaimed", {"message": "visit_done"})


def test_a_signal_begins_every_process_that_begins_with_it_and_a_message_only_when_nobody_waits(office: Office) -> None:
    story = new_case(office)
    start = '<startEvent id="asked"><signalEventDefinition signalRef="S"/></startEvent>'
    deployed(office, (MESSAGES + process("Main", start + VISIT.replace("begin", "asked").split("\n", 1)[1])))
    deployed(office, (MESSAGES + process("Main", start + VISIT.replace("begin", "asked").split("\n", 1)[1])), "other")
    waits = """<startEvent id="begin"><signalEventDefinition signalRef="S"/></startEvent><receiveTask id="wait"
    messageRef="Asked"/><endEvent id="end"/>\nbegin > wait > end"""
    deployed(office, MESSAGES + process("Main", waits), "waiting")
    deployed(office, BOTH, "fourth")

    assert len(said(office, story.case_ref, "all", "signal")) == 3
    assert said(office, story.case_ref, "visit_asked") == []  # one waits for it
    assert len(said(office, story.case_ref, "visit_asked")) == 1


def test_processes_that_begin_one_another_do_not_go_round_for_ever(office: Office) -> None:
    story = new_case(office)
    again = """<startEvent id="asked"><messageEventDefinition messageRef="Asked"/></startEvent>
    <endEvent id="said"><messageEventDefinition messageRef="Asked"/></endEvent>\nasked > said"""
    deployed(office, MESSAGES + process("Main", again))

    said(office, story.case_ref, "visit_asked")
    for _round in range(messages.MOST_A_DAY + 5):
        office.sweep()

    with story.work() as work:
        begun = list(work.session.scalars(select(Case).where(Case.process == "follow_up")))
        assert len(begun) == messages.MOST_A_DAY
        assert Story(office, begun[-1].ref).journal(work)[-1].event == "message.unclaimed"


def test_a_bundle_says_which_process_runs_and_whom_it_is_about() -> None:
    timer = "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>"
    start = VISIT.replace("/>", f">{timer}</startEvent>", 1)
    assert codes(process("Main", start)) == ["start-names-nobody"]
    assert codes(BOTH + process("Third", '<startEvent id="b2"/><endEvent id="e2"/>\nb2 > e2')) == ["one-process"]
    assert codes(BOTH) == []
    assert codes(BOTH + process("Third", '<task id="x"/>', executable="false")) == ["process-shown"]
    key = '<collaboration id="C"><participant id="P" processRef="Main"/><correlationKey id="K"/></collaboration>'
    assert "key-without-subscription" in codes(BOTH + key)


def codes(text: str) -> list[str]:
    found = lint_child.check_untrusted(
        drawn(text), operations={}, roles={"town_post"}, forms=("seen",), decisions=(), facts=(), records=()
    )
    quiet = ("not-in-picture", "no-form", "not-executable", "id-twice")
    return [one.code for one in found if one.code not in quiet]


def test_a_message_without_a_key_is_for_one_and_reaches_none_of_several_until_one_is_left(office: Office) -> None:
    story = new_case(office)
    waits = """<startEvent id="begin"><signalEventDefinition signalRef="S"/></startEvent><receiveTask id="wait"
    messageRef="Asked"/><endEvent id="end"/>\nbegin > wait > end"""
    deployed(office, MESSAGES + process("Main", waits), "waiting")
    refs = [*said(office, story.case_ref, "all", "signal"), *said(office, story.case_ref, "all", "signal")]
    assert len(refs) == 2
    with pytest.raises(Conflict, match="visit_asked: 2"):
        said(office, story.case_ref, "visit_asked")

    with unit_of_work(office.home, OPERATOR) as work:
        payload = {"kind": "message", "name": "visit_asked", "correlation": "", "payload": {}}
        agenda.put(work, "message.deliver", "told", work.now, subject=story.case_ref, payload=payload)
    office.sweep()
    assert states(office, refs) == [OPEN, OPEN]
    with story.work() as work:
        (incident,) = work.session.scalars(select(Incident).where(Incident.closed_at.is_(None)))
        assert incident.case_id == story.case(work).id and "visit_asked: 2" in incident.sentence
        assert decision_words.is_known(incident.sentence)  # each reader gets it in their own language
        waking.deliver_message(work, refs[0], "visit_asked", "", {})
        incidents.retry(work.acting(OPERATOR), incident.ref)
    office.sweep()
    assert states(office, refs) == [DONE, DONE]
    with story.work() as work:
        assert not work.session.scalars(select(Incident).where(Incident.closed_at.is_(None))).all()


def test_one_case_that_cannot_take_a_message_holds_up_nobody_and_is_told_alone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaigns, "CHUNK", 3)
    story = new_case(office)
    waits = """<startEvent id="begin"><signalEventDefinition signalRef="S"/></startEvent><receiveTask id="wait"
    messageRef="Asked"/><endEvent id="end"/>\nbegin > wait > end"""
    for number in range(5):
        deployed(office, MESSAGES + process("Main", waits), f"waiting{number}")
    refs = said(office, story.case_ref, "all", "signal")
    assert len(refs) == 5
    with unit_of_work(office.home, OPERATOR) as work:
        broken = work.session.scalars(select(CaseState).join(Case, Case.id == CaseState.case_id)
                                      .where(Case.ref == min(refs))).one()  # fmt: skip
        kept, broken.data = bytes(broken.data), b"no state at all"

    said(office, story.case_ref, "visit_asked", for_all=True)
    office.sweep()
    assert states(office, refs) == [OPEN, *[DONE] * 4]
    with unit_of_work(office.home, OPERATOR) as work:
        case = work.session.scalars(select(Case).where(Case.ref == min(refs))).one()
        work.session.get_one(CaseState, case.id).data = kept
        item = work.session.scalars(select(AgendaItem).where(AgendaItem.subject == case.ref,
                                                             AgendaItem.attempts > 0)).one()  # fmt: skip
        item.not_before = None
    office.sweep()
    assert states(office, refs) == [DONE] * 5


def states(office: Office, refs: list[str]) -> list[str]:
    """Of these cases, in the order of their refs."""
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        return list(work.session.scalars(select(Case.state).where(Case.ref.in_(refs)).order_by(Case.ref)))
