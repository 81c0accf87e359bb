"""From a department's file to an answer and a doubt, through the steps a diagram calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import decisions
from domain import agenda, files
from domain.agenda import AgendaItem
from domain.cases import Case
from domain.errors import OperationFailed
from domain.files import StoredFile
from domain.parties import households
from domain.verification import catalogue, comparison, deliveries, doubt_facts, doubts, queries, results, surveys
from domain.verification.deliveries import FAILED, READING, READY, Delivery
from domain.verification.queries import ANSWERED, NOT_OBTAINED, Query, ResultRow
from domain.work import OPERATOR, Work
from tests.domain.office import NOW, TODAY, Desk, account
from tests.domain.verification.sourced import (
    accepted_case,
    answered,
    as_role,
    declared,
    match,
    planned,
    ready,
    sitting,
    sources,
    yuan,
)
from tests.domain.verification.supplied import accepted
from workflows import registry
from workflows.operations import deliveries as reading
from workflows.registry import Call, Decided, TaskAnswers

HEADING = "序号,户名,证件类型,证件号码,开户银行,账号,账户种类,币种,账户余额(元),查询时点\r\n"
LATER = NOW + timedelta(hours=1)
BUNDLES = Path(__file__).parents[3] / "bpmn"

TABLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="doubts" namespace="urn:d">
  <inputData id="i1" name="category"><variable name="category" typeRef="string"/></inputData>
  <inputData id="i2" name="verdict"><variable name="verdict" typeRef="string"/></inputData>
  <inputData id="i3" name="difference"><variable name="difference" typeRef="number"/></inputData>
  <inputData id="i4" name="limits"><variable name="limits"/></inputData>
  <inputData id="i5" name="name_differs"><variable name="name_differs" typeRef="boolean"/></inputData>
  <decision id="doubts" name="doubts">
    <variable name="doubts"/>
    <informationRequirement><requiredInput href="#i1"/></informationRequirement>
    <informationRequirement><requiredInput href="#i2"/></informationRequirement>
    <informationRequirement><requiredInput href="#i3"/></informationRequirement>
    <informationRequirement><requiredInput href="#i4"/></informationRequirement>
    <informationRequirement><requiredInput href="#i5"/></informationRequirement>
    <decisionTable id="table" hitPolicy="COLLECT">
      <input id="c1" label="类别"><inputExpression><text>category</text></inputExpression></input>
      <input id="c2" label="比对"><inputExpression><text>verdict</text></inputExpression></input>
      <input id="c3" label="差额"><inputExpression><text>difference</text></inputExpression></input>
      <input id="c4" label="姓名不符"><inputExpression><text>name_differs</text></inputExpression></input>
      <output id="o1" name="code" typeRef="string"><defaultOutputEntry><text>[]</text></defaultOutputEntry></output>
      <annotation name="sentence"/>
      <rule id="r1"><inputEntry><text>"DEPOSIT"</text></inputEntry>
        <inputEntry><text>"UNDER","UNDECLARED"</text></inputEntry>
        <inputEntry><text>> limits.amount_tolerance</text></inputEntry><inputEntry><text>-</text></inputEntry>
        <outputEntry><text>"D-UNDECL"</text></outputEntry>
        <annotationEntry><text>存款 {found} 元，申报 {declared} 元</text></annotationEntry></rule>
      <rule id="r2"><inputEntry><text>-</text></inputEntry><inputEntry><text>-</text></inputEntry>
        <inputEntry><text>-</text></inputEntry><inputEntry><text>true</text></inputEntry>
        <outputEntry><text>"D-IDENT"</text></outputEntry>
        <annotationEntry><text>姓名与来源不符</text></annotationEntry></rule>
    </decisionTable>
  </decision>
</definitions>
"""


def _call(work: Work, case: Case, item: Any = None, answers: Mapping[str, Mapping[str, Any]] | None = None) -> Call:
    def of(step_id: str) -> TaskAnswers:
        if answers is None or step_id not in answers:
            raise OperationFailed("nobody answered")
        return TaskAnswers(answers[step_id], work.actor.user_id or 0, NOW, "task")

    return Call(work, case, "step", item, {}, {}, of)


def _csv(*rows: str, encoding: str = "gb18030") -> bytes:
    return (HEADING + "".join(row + "\r\n" for row in rows)).encode(encoding)


def _line(work: Work, person: households.Person, balance: str, account_no: str, name: str = "") -> str:
    written = name or households.name_of(work, person)
    number = households.number_of(work, person)
    return f"1,{written},身份证,{number},农业银行,{account_no},活期,人民币,{balance},2027-03-01"


def _delivered(work: Work, resource: deliveries.Resource, content: bytes) -> Delivery:
    blob = work.home.blobs.put(BytesIO(content))
    file = files.keep(work, blob, name="bank.csv", media_type="text/csv", purpose="DELIVERY")
    return accepted(work.acting(OPERATOR), resource, file, TODAY)


def _run(desk: Desk, case_ref: str, query_ref: str) -> Mapping[str, Any] | None:
    """What the scheduler does with a slow step."""
    step = registry.get("query.run").run
    with desk.acting("scheduler", now=LATER) as work:
        plan = step.gather(_call(work, _case(work, case_ref), {"ref": query_ref}))
    if plan is None:
        return None
    found = step.perform(desk.home, plan)
    with desk.acting("scheduler", now=LATER) as work:
        outcome: Mapping[str, Any] = step.record(_call(work, _case(work, case_ref), {"ref": query_ref}), found)
        return outcome


def _case(work: Work, ref: str) -> Case:
    return work.session.scalars(select(Case).where(Case.ref == ref)).one()


@pytest.mark.clause("CK-10")
def test_a_file_in_the_banks_encoding_becomes_an_answer_traceable_to_its_row(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        offered = sources(work)
        case, family, (first, second) = accepted_case(work, "岳立春", "温谷雨")
        declared(work, family, {(first, "DEPOSIT"): yuan("100")})
        query = planned(work, case)["DEPOSIT"]
        refs = case.ref, query.ref
        content = _csv(
            _line(work, first, "40000.50", "1001"),
            "2,路人甲,身份证,******************,农业银行,1002,活期,人民币,9.00,2027-03-01",
            _line(work, second, "abc", "1003"),
            _line(work, second, "3000.00", "1004", name="别人"),
            "合计,,,,,,,,43000.50,",
        )
    assert _run(both, *refs) is None  # the source has delivered nothing yet
    with sitting(both, "clerk") as work:
        delivery = _delivered(work, catalogue.by_ref(work, offered["DEPOSIT"].ref), content)
        ref = delivery.ref
    assert _run(both, *refs) is None  # uploaded is not yet readable
    reading.read_delivery(both.home, ref, LATER)
    reading.read_delivery(both.home, ref, LATER)
    with sitting(both, "handler", now=LATER) as work:
        delivery = deliveries.by_ref(work, ref)
        assert (delivery.state, delivery.accepted, delivery.rejected, delivery.skipped) == (READY, 3, 1, 1)
        written = str(delivery.faults)
        assert delivery.faults and "abc" not in written and "路人甲" not in written
        again = work.session.scalars(select(AgendaItem).where(AgendaItem.kind == reading.RETRY)).all()
        assert [(item.subject, item.payload) for item in again] == [(refs[0], {"delivery": ref})]
    assert _run(both, *refs) == {"state": ANSWERED, "rows": 2}
    assert _run(both, *refs) == {"state": ANSWERED, "rows": 0}
    with sitting(both, "handler", now=LATER) as work:
        rows = {row.row_no: row for row in results.results(work, _case(work, refs[0]))}
        assert {no: (row.delivery, row.match_kind, row.name_differs) for no, row in rows.items()} == {
            "2": (ref, "ID+NAME", False),
            "5": (ref, "ID", True),
        }
        stored = work.session.scalars(select(ResultRow)).all()
        assert not any(b"40000" in row.value for row in stored)


def test_a_file_that_cannot_be_read_fails_with_a_sentence_and_wakes_nobody(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        offered = sources(work)
        case, _family, _people = accepted_case(work)
        planned(work, case)
        delivery = _delivered(work, offered["DEPOSIT"], b"no heading here\r\n1,2,3\r\n")
        ref = delivery.ref
    reading.read_delivery(desk.home, ref, LATER)
    with sitting(desk, "clerk") as work:
        delivery = deliveries.by_ref(work, ref)
        assert delivery.state == FAILED and delivery.failure.endswith(".") and delivery.store_name is None
        assert not work.session.scalars(select(AgendaItem).where(AgendaItem.kind == reading.RETRY)).all()


def test_reading_is_planned_as_a_duty_when_a_file_arrives(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        delivery = _delivered(work, sources(work)["DEPOSIT"], _csv())
        item = work.session.scalars(select(AgendaItem).where(AgendaItem.kind == deliveries.READ_DUTY)).one()
        assert (item.subject, item.due_at, delivery.state) == (delivery.ref, NOW, READING)
        assert not agenda.put(work, item.kind, item.key, NOW)


@pytest.mark.clause("CK-10")
def test_data_too_old_are_not_matched(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        offered = sources(work)
        case, _family, (first, _second) = accepted_case(work)
        query = planned(work, case)["DEPOSIT"]
        refs = case.ref, query.ref
        delivery = _delivered(work, offered["DEPOSIT"], _csv(_line(work, first, "1.00", "1")))
        delivery.data_date = TODAY - timedelta(days=200)
        ref = delivery.ref
    reading.read_delivery(desk.home, ref, LATER)
    assert _run(desk, *refs) is None


def test_planning_sends_what_the_handler_chose_with_a_deadline_each(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        offered = sources(work)
        case, _family, _people = accepted_case(work)
        handler = as_role(work, desk, "handler")
        chosen = {"resources": [one.ref for one in offered.values() if one.category != "PENRCV"], "deviation": "停用"}
        said = registry.get("query.plan").run(_call(handler, case, answers={"query_plan": chosen}))
        kept = {query.ref: query for query in queries.of_case(work, case)}
        assert [entry["ref"] for entry in said["queries"]] == list(kept)
        assert all(datetime.fromisoformat(entry["due"]) == kept[entry["ref"]].due_at for entry in said["queries"])
        assert {query.planned_by for query in kept.values()} == {account(work, "handler")}
        assert all(query.state == "SENT" for query in kept.values())


def test_a_review_plans_by_itself_and_without_consent_plans_nothing(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        sources(work)
        case, _family, _people = accepted_case(work, kind="DYNAMIC")
        said = registry.get("query.plan_batch").run(_call(as_role(work, desk, "town"), case))
        assert len(said["queries"]) == 4
        assert registry.get("query.plan_batch").run(_call(work, case)) == said


@pytest.mark.clause("LF-08")
def test_a_source_that_is_silent_is_given_up_and_investigated_by_the_town(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        sources(work)
        case, _family, (first, second) = accepted_case(work)
        made = planned(work, case)
        for query in made.values():
            registry.get("query.give_up").run(_call(work, case, {"ref": query.ref}))
        said = registry.get("survey.plan").run(_call(work, case))
        assert {entry["ref"] for entry in said["surveys"]} == {query.ref for query in made.values()}
        assert datetime.fromisoformat(said["due"]) > NOW
        answers = {
            "method": "VISIT",
            "made_at": "2027-03-09",
            "place": "站前街道",
            "surveyors": "张三、李四",
            "obtained": [
                {"person": first.ref, "obtained": "YES", "amount": "3200.50"},
                {"person": second.ref, "obtained": "NO"},
            ],
            "statement": "查看存折",
            "photos": ["f1"],
        }
        town = as_role(work, both, "town")
        item = {"ref": made["DEPOSIT"].ref}
        assert registry.get("survey.record").run(_call(town, case, item, {"survey": answers})) == {"obtained": 1}
        kept = surveys.of_case(work, case)[0]
        assert (kept.made_at, kept.files, kept.org_kind) == (datetime(2027, 3, 8, 16, tzinfo=UTC), ["f1"], "town_post")
        assert {query.state for query in queries.of_case(work, case)} == {NOT_OBTAINED}
        said = registry.get("comparison.build").run(_call(work, case))
        assert said == {"lines": 8, "missing": 7}


@pytest.mark.clause("CK-09")
def test_a_table_raises_doubts_once_each_and_a_name_that_differs_is_one(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        offered = sources(work)
        case, family, (first, second) = accepted_case(work, "岳立春", "温谷雨")
        declared(work, family, {(first, "DEPOSIT"): yuan("100")})
        query = planned(work, case)["DEPOSIT"]
        refs = case.ref, query.ref
        content = _csv(
            _line(work, first, "40000.50", "1001"),
            _line(work, second, "20.00", "1004", name="别人"),
            f"3,{households.name_of(work, second)},身份证,,农业银行,1005,活期,人民币,80000.00,2027-03-01",
        )
        ref = _delivered(work, offered["DEPOSIT"], content).ref
    reading.read_delivery(both.home, ref, LATER)
    assert _run(both, *refs) == {"state": ANSWERED, "rows": 3}
    model = decisions.load(TABLE.encode())
    with sitting(both, "handler", now=LATER) as work:
        case = _case(work, refs[0])
        comparison.build(work, case)
        call = _call(work, case)

        def asked() -> Mapping[str, Any]:
            facts = registry.get("doubt.facts").run(call)
            decided = [
                Decided(f.about, model.evaluate("doubts", f.context, now=LATER, budget=100_000), "doubts", 3)
                for f in facts
            ]
            assert not [d.result.reasons for d in decided if d.result.value is None and d.result.reasons]
            said: Mapping[str, Any] = registry.get("doubt.record").run(call, decided)
            return said

        said = asked()
        assert said["count"] == 2 and asked() == said
        kept = {view.code: view for view in doubts.views(work, case)}
        assert set(kept) == {"D-UNDECL", "D-IDENT"} and len(doubts.views(work, case)) == 2
        assert kept["D-UNDECL"].sentence == "存款 40,000.5 元，申报 100 元"
        assert (kept["D-UNDECL"].delivery, kept["D-UNDECL"].row_no, kept["D-IDENT"].row_no) == (ref, "2", "3")
        assert kept["D-UNDECL"].rule == {
            "decision": "doubts",
            "table": "table",
            "rule": "r1",
            "number": 1,
            "version": 3,
            "inputs": ["类别", "比对", "差额", "姓名不符"],
        }
        town = as_role(work, both, "town")
        answer = {"verify_doubt": {"finding": "TRUE", "note": "已核实"}}
        doubt_ref = kept["D-UNDECL"].ref
        assert registry.get("doubt.settle").run(_call(town, case, {"ref": doubt_ref}, answer)) == {"finding": "TRUE"}


@pytest.mark.parametrize("bundle", ["verification", "dynamic_review"])
def test_the_shipped_table_answers_every_fact_also_those_without_a_doubt(desk: Desk, bundle: str) -> None:
    model = decisions.load((BUNDLES / bundle / "doubts.dmn").read_bytes())
    with sitting(desk, "clerk") as work:
        offered = sources(work)
        case, _family, (first, second) = accepted_case(work)
        made = planned(work, case)
        bank, cars = ready(work, offered["DEPOSIT"]), ready(work, offered["VEHICLE"])
        answered(work, made["DEPOSIT"], bank, match(first, bank, account="1", balance="10.00"))
        answered(work, made["VEHICLE"], cars, match(second, cars, plate="辽E1", type="小型轿车", status="正常"))
        comparison.build(work, case)
        facts = doubt_facts.facts(work, case)
        said = [model.evaluate("doubts", about.context, now=LATER, budget=100_000) for about in facts]
        assert all(result.value is not None for result in said)
        raised = [
            (about.person_id, rule.outputs["code"])
            for about, one in zip(facts, said, strict=True)
            for rule in one.matched
        ]
        assert (second.id, "D-VEH") in raised and not [code for person, code in raised if person == first.id]


def test_a_withdrawn_consent_between_asking_and_answering_keeps_the_row_out(desk: Desk) -> None:
    from domain.verification import authorisations

    with sitting(desk, "clerk") as work:
        offered = sources(work)
        case, _family, (first, second) = accepted_case(work)
        query = planned(work, case)["DEPOSIT"]
        refs = case.ref, query.ref
        content = _csv(_line(work, first, "1.00", "1"), _line(work, second, "2.00", "2"))
        ref = _delivered(work, offered["DEPOSIT"], content).ref
    reading.read_delivery(desk.home, ref, LATER)
    step = registry.get("query.run").run
    with desk.acting("scheduler", now=LATER) as work:
        plan = step.gather(_call(work, _case(work, refs[0]), {"ref": refs[1]}))
    found = step.perform(desk.home, plan)
    assert len(found.rows) == 2
    with desk.acting("scheduler", now=LATER) as work:
        person = households.person_by_ref(work, second.ref)
        authorisations.withdraw(work, authorisations.of_person(work, person)[0], on=TODAY, reason="不同意了")
        step.record(_call(work, _case(work, refs[0]), {"ref": refs[1]}), found)
        assert [row.person_id for row in work.session.scalars(select(ResultRow))] == [first.id]
        assert work.session.scalars(select(Query).where(Query.ref == refs[1])).one().state == ANSWERED


def test_a_delivery_keeps_no_word_of_the_file_in_plain(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        offered = sources(work)
        _case_made, _family, (first, _second) = accepted_case(work)
        delivery = _delivered(work, offered["DEPOSIT"], _csv(_line(work, first, "77123.45", "1")))
        ref = delivery.ref
    reading.read_delivery(desk.home, ref, LATER)
    with sitting(desk, "clerk") as work:
        delivery = deliveries.by_ref(work, ref)
        assert delivery.store is not None
        file = work.session.get_one(StoredFile, delivery.file_id)
        kept = replace(delivery.store).digest
        assert kept != file.digest
        for blob in (desk.home.settings.home / "files").rglob("*"):
            if blob.is_file():
                assert b"77123" not in blob.read_bytes()
