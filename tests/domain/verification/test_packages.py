"""Request packages (mode B): who was asked for is answered for, whole, and nobody else (CK-11)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, func, select

from domain import files
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.parties import households
from domain.parties.households import Person
from domain.text import Text
from domain.verification import authorisations, comparison, deliveries, packages, queries, surveys
from domain.verification import results as answers_of_case
from domain.verification.deliveries import FAILED, READY, Delivery, Resource
from domain.verification.package_rows import CSV_GB18030, CSV_UTF8, XLSX, PackagePerson, RequestPackage
from domain.verification.queries import Query, ResultRow
from domain.work import SCHEDULER, Actor, Work, unit_of_work
from sources.answers import Asked, judge
from sources.reading import read_all
from tests.domain.office import NOW, Desk, people
from tests.domain.verification.sourced import accepted_case, planned, sitting, sources
from workflows.operations import packages as operations


@dataclass
class World:
    """Two households whose bank was asked, and the package that asks it."""

    desk: Desk
    resource: int
    package: str
    cases: list[str]

    @contextmanager
    def supplier(self, now: datetime = NOW) -> Iterator[Work]:
        with self.desk.home.sessions() as session:
            org = session.get_one(Resource, self.resource).supplier_id
        actor = Actor(
            kind="person", user_id=self.desk.actor("stranger").user_id, ref="s", org_id=org, org_kind="supplier",
            roles=frozenset({"data_supplier"}),
        )  # fmt: skip
        with unit_of_work(self.desk.home, actor, now=now) as work:
            yield work

    def table(self) -> list[dict[str, str]]:
        """The file as the department has it, row by row."""
        operations.write_out(self.desk.home, self.package)
        with self.supplier() as work:
            package = packages.by_ref(work, self.package)
            content = files.content(work, files_of(work, package)).read().decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(content)))

    def hand_in(self, rows: Sequence[dict[str, str]], now: datetime = NOW, package: str = "") -> Delivery:
        """Send these rows back and read them; the delivery as it stands afterwards."""
        page = io.StringIO()
        pen = csv.DictWriter(page, list(rows[0]))
        pen.writeheader()
        pen.writerows(rows)
        blob = self.desk.home.blobs.put_bytes(page.getvalue().encode("utf-8-sig"))
        with self.supplier(now) as work:
            file = files.keep(work, blob, name="a.csv", media_type="text/csv", purpose="delivery")
            made = packages.receive(work, packages.by_ref(work, package or self.package), file)
            ref = made.ref
        operations.read_answer(self.desk.home, ref, now)
        with self.desk.home.sessions() as session:
            return session.scalars(select(Delivery).where(Delivery.ref == ref)).one()


def files_of(work: Work, package: RequestPackage) -> files.StoredFile:
    return work.session.get_one(files.StoredFile, package.file_id)


def make(desk: Desk, layout: str = CSV_UTF8, households_asked: int = 2) -> World:
    with sitting(desk, "clerk") as work:
        bank = sources(work)["DEPOSIT"]
        made = [accepted_case(work, "甲某", "乙某")[0] for _one in range(households_asked)]
        for case in made:
            planned(work, case)
        resource, refs = bank.id, [case.ref for case in made]
    with sitting(desk, "handler") as work:
        package = operations.prepare(work, work.session.get_one(Resource, resource), layout).ref
    return World(desk, resource, package, refs)


def found(row: dict[str, str], balance: str = "100.00") -> dict[str, str]:
    return {**row, "查询结果": "有", "开户银行": "农行", "账号": "6228", "账户余额": balance, "查询时点": "2027-03-01"}


def nothing(row: dict[str, str]) -> dict[str, str]:
    return {**row, "查询结果": "无"}


def states(desk: Desk) -> list[str]:
    with desk.home.sessions() as session:
        return list(session.scalars(select(PackagePerson.state).order_by(PackagePerson.position)))


def results(desk: Desk) -> int:
    with desk.home.sessions() as session:
        return session.scalar(select(func.count()).select_from(ResultRow)) or 0


def deposits(desk: Desk) -> list[Query]:
    with desk.home.sessions() as session:
        return list(session.scalars(select(Query).where(Query.category == "DEPOSIT").order_by(Query.id)))


def said(delivery: Delivery) -> str:
    assert delivery.state == FAILED and isinstance(delivery.refusal, Text)
    return str(delivery.refusal)


@pytest.mark.clause("CK-11")
def test_the_answer_to_a_package_becomes_results_of_the_queries(both: Desk) -> None:
    world = make(both)
    rows = world.table()
    assert len(rows) == 4
    delivery = world.hand_in([found(rows[0]), nothing(rows[1]), nothing(rows[2]), found(rows[3], "7.5万元")])
    assert (delivery.state, delivery.package_id is not None) == (READY, True)
    assert states(both) == ["FOUND", "NOT_FOUND", "NOT_FOUND", "FOUND"]
    assert [query.state for query in deposits(both)] == ["ANSWERED", "ANSWERED"]
    with both.acting("handler") as work:
        package = packages.by_ref(work, world.package)
        assert package.state == "ANSWERED"
        case = work.session.scalars(select(Case).where(Case.ref == world.cases[1])).one()
        (row,) = [row for row in answers_of_case.rows_of(work, case) if row.category == "DEPOSIT"]
        assert (row.delivery, row.source_level, row.match_kind) == (delivery.ref, "city", "ID+NAME")
        assert row.value["values"]["balance"] == "75000.00"
        assert row.data_date.isoformat() == "2027-03-01"
        # matching of whole files never takes the answer for one
        assert deliveries.ready(work, work.session.get_one(Resource, world.resource), None) == []


@pytest.mark.clause("CK-11")
@pytest.mark.parametrize("how", ["token of nobody", "number of somebody else", "no token, number of nobody"])
def test_an_answer_about_a_person_not_asked_for_is_refused_whole_with_its_row(both: Desk, how: str) -> None:
    world = make(both)
    rows = world.table()
    with sitting(both, "clerk") as work:
        stranger = households.number_of(work, people(work, accepted_case(work, "路人")[1])[0])
    wrong = {
        "token of nobody": {**found(rows[1]), "行识别码": "R00000000000"},
        "number of somebody else": {**found(rows[1]), "身份证号": stranger},
        "no token, number of nobody": {**found(rows[1]), "行识别码": "", "身份证号": stranger},
    }[how]
    delivery = world.hand_in([found(rows[0]), wrong])
    assert "Row 3" in said(delivery) and stranger not in said(delivery)
    assert results(both) == 0 and delivery.store_name is None
    assert states(both) == ["ASKED"] * 4
    assert [query.state for query in deposits(both)] == ["SENT", "SENT"]


@pytest.mark.clause("CK-11")
def test_who_is_left_out_stays_asked_for_and_is_not_obtained_when_time_is_over(both: Desk) -> None:
    world = make(both, households_asked=1)
    rows = world.table()
    blank = {**rows[1], "查询结果": ""}
    assert world.hand_in([found(rows[0]), blank]).state == READY
    assert states(both) == ["FOUND", "ASKED"]
    with both.acting("handler") as work:
        package = packages.by_ref(work, world.package)
        assert (package.state, packages.unanswered(work, package)) == ("OUT", 1)
        due = package.due_at
    (query,) = deposits(both)
    assert query.state == "SENT"
    with unit_of_work(both.home, SCHEDULER, now=due) as work:
        packages.expire(work, world.package)
        query = queries.by_ref(work, query.ref)
        queries.give_up(work, query, queries.TIMEOUT)
        case = work.session.get_one(Case, query.case_id)
        assert [one.state for one in queries.subjects_of(work, query)] == ["FOUND", "NOT_OBTAINED"]
        lines = [line for line in comparison.build(work, case) if line.category == "DEPOSIT"]
        assert {(line.verdict, line.reason) for line in lines if line.verdict == "NOT_OBTAINED"} == {
            ("NOT_OBTAINED", "TIMEOUT")
        }
        assert len(lines) == 2
        assert query.ref in [one.ref for one in surveys.plan_surveys(work, case)[0]]
    assert states(both) == ["FOUND", "UNANSWERED"]


def test_an_error_of_the_department_leaves_the_person_to_be_chased(desk: Desk) -> None:
    world = make(desk, households_asked=1)
    rows = world.table()
    assert world.hand_in([{**rows[0], "查询结果": "错误", "查询说明": "系统故障"}]).state == READY
    assert states(desk) == ["ERROR", "ASKED"] and results(desk) == 0
    assert world.hand_in([nothing(row) for row in rows]).state == READY
    assert states(desk) == ["NOT_FOUND", "NOT_FOUND"]


def test_a_second_answer_about_somebody_is_refused_and_changes_nothing(desk: Desk) -> None:
    world = make(desk)
    rows = world.table()
    assert world.hand_in([found(rows[0])]).state == READY
    again = world.hand_in([found(rows[0], "1.00"), found(rows[1])])
    assert "answered for already" in said(again)
    assert results(desk) == 1 and states(desk) == ["FOUND", "ASKED", "ASKED", "ASKED"]
    with pytest.raises(Conflict) as refused:
        world.hand_in([found(rows[0])])
    assert refused.value.clause == "LF-10"
    assert world.hand_in([found(rows[1])]).state == READY


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"请求包号": "别的〔2027〕0001"}, "another request package"),
        ({"查询结果": "也许"}, "neither"),
        ({"查询结果": "无", "账户余额": "5"}, "fills in"),
        ({"查询结果": "有", "账户余额": ""}, "leaves 账户余额 empty"),
        ({"账户余额": "一大笔"}, "leaves 账户余额 empty"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused_with_its_row(desk: Desk, change, sentence: str) -> None:
    world = make(desk)
    rows = world.table()
    delivery = world.hand_in([nothing(rows[1]), {**found(rows[0]), **change}])
    assert "Row 3" in said(delivery) and sentence in said(delivery)
    assert results(desk) == 0 and set(states(desk)) == {"ASKED"}


def test_two_rows_that_disagree_about_one_person_are_refused(desk: Desk) -> None:
    world = make(desk)
    rows = world.table()
    assert "contradicts" in said(world.hand_in([found(rows[0]), nothing(rows[0])]))
    assert world.hand_in([found(rows[0]), found(rows[0], "5.00")]).state == READY
    assert results(desk) == 2


@pytest.mark.clause("LN-26")
def test_a_late_answer_and_one_to_a_cancelled_package_are_refused(both: Desk) -> None:
    world = make(both)
    rows = world.table()
    with sitting(both, "handler") as work:
        package = packages.by_ref(work, world.package)
        due = package.due_at
    with pytest.raises(Conflict) as late:
        world.hand_in([found(rows[0])], now=due)
    assert late.value.clause == "LN-26"
    with sitting(both, "handler") as work:
        package = packages.by_ref(work, world.package)
        with pytest.raises(InvalidAnswers):
            packages.cancel(work, package, " ")
        packages.cancel(work, package, "名单有误")
        assert packages.reason_of(work, package) == "名单有误"
    with pytest.raises(Conflict):
        world.hand_in([found(rows[0])])
    assert set(states(both)) == {"UNANSWERED"} and results(both) == 0
    # those still open may be asked about anew
    with sitting(both, "handler") as work:
        assert operations.prepare(work, work.session.get_one(Resource, world.resource)).persons == 4


def test_a_package_closed_while_its_answer_is_read_refuses_it(desk: Desk) -> None:
    world = make(desk)
    rows = world.table()
    page = io.StringIO()
    pen = csv.DictWriter(page, list(rows[0]))
    pen.writeheader()
    pen.writerow(found(rows[0]))
    blob = desk.home.blobs.put_bytes(page.getvalue().encode())
    with world.supplier() as work:
        file = files.keep(work, blob, name="a.csv", media_type="text/csv", purpose="delivery")
        ref = packages.receive(work, packages.by_ref(work, world.package), file).ref
    with sitting(desk, "handler") as work:
        packages.cancel(work, packages.by_ref(work, world.package), "名单有误")
    operations.read_answer(desk.home, ref, NOW)
    with desk.acting() as work:
        assert "called package" in said(deliveries.by_ref(work, ref))
    assert results(desk) == 0


@pytest.mark.clause("BX-11")
def test_only_who_still_agrees_stands_in_a_package(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        bank = sources(work)["DEPOSIT"]
        case, _family, (first, second) = accepted_case(work, "甲某", "乙某")
        planned(work, case)
        _withdraw(work, first)
        resource, kept = bank.id, second.ref
    with sitting(both, "handler") as work:
        made = operations.prepare(work, work.session.get_one(Resource, resource))
        assert [line.person for line in packages.lines(work, made)] == [kept]


def _withdraw(work: Work, person: Person) -> None:
    signed = authorisations.of_person(work, person)[0]
    signed.withdrawn_on = work.today


def test_nobody_is_asked_about_twice_at_once_and_others_prepare_nothing(both: Desk) -> None:
    world = make(both)
    with sitting(both, "handler") as work:
        resource = work.session.get_one(Resource, world.resource)
        assert [one.category for one, _count in packages.resources_waiting(work)] == ["PENRCV", "DEATH", "VEHICLE"]
        with pytest.raises(Conflict):
            operations.prepare(work, resource)
        with pytest.raises(InvalidAnswers):
            packages.prepare(work, resource, "PAPER")
    with sitting(both, "clerk") as work, pytest.raises(NotPermitted):
        packages.prepare(work, work.session.get_one(Resource, world.resource))
    with world.supplier() as work:
        assert [package.ref for package, _resource in packages.of_office(work)] == [world.package]
        packages.downloaded(work, packages.by_ref(work, world.package))
        stranger = work.acting(replace(work.actor, org_id=0))
        with pytest.raises(NotPermitted):
            packages.downloaded(stranger, packages.by_ref(work, world.package))


@pytest.mark.parametrize("layout", [XLSX, CSV_UTF8, CSV_GB18030])
def test_the_file_that_goes_out_is_read_by_our_own_reading_as_unanswered(desk: Desk, layout: str) -> None:
    world = make(desk, layout)
    operations.write_out(desk.home, world.package)
    operations.write_out(desk.home, world.package)
    with world.supplier() as work:
        file = files_of(work, packages.by_ref(work, world.package))
        content = files.content(work, file).read()
        asked = packages.lines(work, packages.by_ref(work, world.package))
    assert content[:3] == b"\xef\xbb\xbf" if layout == CSV_UTF8 else content[:3] != b"\xef\xbb\xbf"
    rows, report = read_all(io.BytesIO(content), "DEPOSIT.ANSWER", demonstration=True)
    assert (report.accepted, report.rejected) == (4, 0)
    assert [row.subjects[0].number for row in rows] == [line.number for line in asked]
    people_asked = [Asked(line.token, line.number, line.name) for line in asked]
    assert judge(rows, "DEPOSIT", rows[0].values["package_number"], people_asked).outcomes == {}


def test_the_number_of_statements_does_not_grow_with_the_persons(desk: Desk) -> None:
    def counted(count: int) -> int:
        with sitting(desk, "clerk") as work:
            bank = resources.setdefault("bank", None) or sources(work)["DEPOSIT"].id
            resources["bank"] = bank
            for _one in range(count):
                planned(work, accepted_case(work, "甲某", "乙某")[0])
        seen: list[str] = []
        engine = desk.home.engine
        event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
        with sitting(desk, "handler", NOW + timedelta(minutes=1)) as work:
            packages.prepare(work, work.session.get_one(Resource, bank))
        return len(seen)

    resources: dict[str, int | None] = {}
    few = counted(1)
    assert counted(6) - few <= few + 4
