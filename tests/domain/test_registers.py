"""The registers: who opens an entry for whom, what finishing needs, what is overdue, and who sees it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from domain import files, rules
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted
from domain.oversight import appointing, register_views, registers
from domain.oversight.register_kinds import REGISTERS
from domain.oversight.register_rows import DONE, DROPPED, OPEN, RegisterEntry
from domain.oversight.register_views import LATE
from domain.parties import organisations, staff
from domain.verification.register_guards import WITH_EVIDENCE
from domain.work import OPERATOR, Work, unit_of_work
from tests.homes import Office
from tests.support import policy_files

CITY, COUNTY = "oversight", "agencyhead"  # of the city's bureau, of the county's agency


@contextmanager
def by(office: Office, login: str) -> Iterator[Work]:
    with unit_of_work(office.home, office.actor(login)) as work:
        yield work


def opened(
    work: Work, code: str, about: str = "pingshan-agency", due: date | None = None, **said: str
) -> RegisterEntry:
    return registers.open_entry(work, REGISTERS[code], organisations.by_code(work, about), said, due)


def proof(work: Work):
    blob = work.home.blobs.put_bytes(b"%PDF-1.4 proof")
    return files.keep(work, blob, name="proof.pdf", media_type="application/pdf", purpose="register")


def ask_for_training(office: Office, topics: tuple[str, ...]) -> None:
    """From here on the city's policy asks for these before a role of verification."""
    path, held = "benxi/2017-12-06.toml", policy_files()
    more = f'\n[values.training_before_role]\nvalue = {list(topics)!r}\nsource = "BX-04"\n'
    with unit_of_work(office.home, OPERATOR) as work:
        rules.deploy(work, {**held, path: held[path] + more.encode()})


@pytest.mark.clause("BX-03")
def test_a_milestone_is_reached_with_its_paper_and_is_overdue_for_the_city_until_then(office: Office) -> None:
    with by(office, CITY) as work:
        late = work.today - timedelta(days=1)
        ref = opened(work, "READINESS", due=late, milestone="CONNECT").ref
        assert register_views.tallies(work)["READINESS"] == register_views.Tally(1, 1)
        [row] = register_views.listed(work, REGISTERS["READINESS"], LATE, most=9)
        assert (row.ref, row.office, row.late) == (ref, "平山区核对中心", True)
    with by(office, COUNTY) as work:
        entry, _view = register_views.of_ref(work, ref)
        with pytest.raises(InvalidAnswers) as refused:
            registers.finish(work, entry, "已与市级联通")
        assert "paper" in refused.value.fields and entry.state == OPEN
        registers.finish(work, entry, "已与市级联通", proof(work))
    with by(office, CITY) as work:
        assert register_views.tallies(work)["READINESS"] == register_views.Tally()
        entry, view = register_views.of_ref(work, ref)
        assert (view.state, [line.kind for line in register_views.lines(work, entry)]) == (DONE, [DONE])
        registers.reopen(work, entry, "复查未通过", work.today + timedelta(days=30))
        assert register_views.tallies(work)["READINESS"] == register_views.Tally(1, 0)


@pytest.mark.clause("BX-05")
def test_a_cost_of_a_year_stands_once_and_is_in_the_budget_with_its_paper(office: Office) -> None:
    with by(office, COUNTY) as work:
        entry = opened(work, "BUDGET", year="2027", item="PLATFORM", amount="120000")
        with pytest.raises(Conflict):
            opened(work, "BUDGET", year="2027", item="PLATFORM", amount="90000")
        opened(work, "BUDGET", year="2027", item="VERIFICATION", amount="80000.50")
        with pytest.raises(InvalidAnswers) as refused:
            opened(work, "BUDGET", year="zwei", item="FEAST", amount="-1")
        assert set(refused.value.fields) == {"year", "item", "amount"}
        registers.finish(work, entry, "平财预〔2027〕3号", proof(work))
        done = register_views.listed(work, REGISTERS["BUDGET"], DONE, most=9)
        assert [(one.said["amount"], one.state) for one in done] == [("120000", DONE)]
        assert b"120000" not in entry.said


@pytest.mark.clause("BX-29")
@pytest.mark.clause("LF-31")
def test_what_the_member_units_decided_is_due_and_carried_out(office: Office) -> None:
    said: Any = {"held_on": "2027-05-10", "members": "民政、公安", "issue": "车辆信息共享", "decision": "六月前开通"}
    with by(office, CITY) as work:
        with pytest.raises(InvalidAnswers) as refused:
            opened(work, "MEETING", "benxi-bureau", **said)
        assert set(refused.value.fields) == {"due_on"}
        entry = opened(work, "MEETING", "benxi-bureau", date(2027, 6, 30), **said)
        registers.finish(work, entry, "已开通")
        assert entry.state == DONE


@pytest.mark.clause("BX-32")
def test_the_city_sees_how_far_its_offices_are_and_they_see_only_their_own(office: Office) -> None:
    with by(office, CITY) as work:
        soon = work.today + timedelta(days=10)
        opened(work, "GOAL", "pingshan-agency", soon, goal="六月底前完成定期复核")
        ref = opened(work, "GOAL", "mingshan-agency", soon, goal="六月底前完成定期复核").ref
        assert [one.office for one in register_views.listed(work, REGISTERS["GOAL"], most=9)] == [
            "平山区核对中心", "明山区核对中心",
        ]  # fmt: skip
    with by(office, COUNTY) as work:
        assert [one.office for one in register_views.listed(work, REGISTERS["GOAL"], most=9)] == ["平山区核对中心"]
        with pytest.raises(NotFound):
            register_views.of_ref(work, ref)
        with pytest.raises(NotPermitted):
            opened(work, "GOAL", "mingshan-agency", soon, goal="x")


@pytest.mark.clause("NM-23")
def test_a_slow_office_is_told_in_writing_and_answers_itself(office: Office) -> None:
    with by(office, CITY) as work:
        with pytest.raises(InvalidAnswers):
            opened(work, "SUPERVISION", "benxi-bureau", work.today, letter="x")  # nobody supervises their own office
        ref = opened(work, "SUPERVISION", due=work.today, letter="进展缓慢，请说明原因").ref
        entry, _view = register_views.of_ref(work, ref)
        with pytest.raises(NotPermitted):
            registers.finish(work, entry, "替下级答复")
    with by(office, COUNTY) as work:
        entry, _view = register_views.of_ref(work, ref)
        registers.finish(work, entry, "已整改，附进度表")
        assert entry.state == DONE
        with pytest.raises(Conflict):
            registers.add(work, entry, "又及")


@pytest.mark.clause("BX-47")
def test_a_document_goes_to_every_office_and_each_says_that_it_was_read(office: Office) -> None:
    with by(office, CITY) as work:
        for about in ("pingshan-agency", "mingshan-agency"):
            opened(work, "RECEIPT", about, document="关于进一步加强核对工作的通知", number="本民发〔2017〕47号")
        with pytest.raises(Conflict):
            opened(work, "RECEIPT", document="关于进一步加强核对工作的通知")
    with by(office, COUNTY) as work:
        [row] = register_views.listed(work, REGISTERS["RECEIPT"], most=9)
        registers.finish(work, register_views.of_ref(work, row.ref)[0], "已阅")
    with by(office, CITY) as work:
        states = {one.office: one.state for one in register_views.listed(work, REGISTERS["RECEIPT"], "", most=9)}
        assert states == {"平山区核对中心": DONE, "明山区核对中心": OPEN}


@pytest.mark.clause("NM-27")
def test_a_problem_goes_to_the_office_above_which_answers(office: Office) -> None:
    with by(office, "handler") as work:
        with pytest.raises(NotPermitted):
            opened(work, "GOAL", "pingshan-agency", work.today, goal="x")
        ref = opened(work, "TICKET", "benxi-agency", problem="银行文件第三列读不出").ref
        with pytest.raises(InvalidAnswers):
            opened(work, "READINESS", "benxi-agency", work.today, milestone="BUILD")
    with by(office, "catalogue") as work:
        entry, _view = register_views.of_ref(work, ref)
        registers.finish(work, entry, "已调整表头")
    with by(office, "handler") as work:
        entry, view = register_views.of_ref(work, ref)
        assert view.state == DONE
        assert [line.text for line in register_views.lines(work, entry)] == ["已调整表头"]


def test_what_was_a_mistake_is_taken_back_stays_on_record_and_may_be_entered_anew(office: Office) -> None:
    with by(office, COUNTY) as work:
        entry = opened(work, "BUDGET", year="2027", item="PLATFORM", amount="1")
        with pytest.raises(InvalidAnswers):
            registers.drop(work, entry, " ")
        registers.drop(work, entry, "金额填错")
        opened(work, "BUDGET", year="2027", item="PLATFORM", amount="120000")
        shown = register_views.listed(work, REGISTERS["BUDGET"], "", most=9)
        assert sorted(one.state for one in shown) == [DROPPED, OPEN]


def test_a_person_of_another_office_is_not_named(office: Office) -> None:
    with by(office, COUNTY) as work:
        stranger = staff.by_login(work, "catalogue").ref
        with pytest.raises(InvalidAnswers) as refused:
            opened(work, "RESPONSIBILITY", layer="HEAD", person=stranger)
        assert set(refused.value.fields) == {"person"}
        mine = staff.by_login(work, COUNTY).ref
        assert opened(work, "RESPONSIBILITY", layer="HEAD", person=mine).due_on is None


def test_lists_and_counts_take_two_statements_each_whatever_they_hold(office: Office) -> None:
    with by(office, CITY) as work:
        for year in range(2020, 2028):
            opened(work, "GOAL", "pingshan-agency", work.today, goal=f"目标{year}")
        said: list[str] = []

        def note(*args: object) -> None:
            said.append(str(args[2]))

        event.listen(office.home.engine, "before_cursor_execute", note)
        first = register_views.listed(work, REGISTERS["GOAL"], most=5)
        register_views.tallies(work)
        event.remove(office.home.engine, "before_cursor_execute", note)
        assert len(said) == 4  # each time the own office, and the rows
        rest = register_views.listed(work, REGISTERS["GOAL"], after=first[-1].ref, most=5)
        assert len({one.ref for one in [*first, *rest]}) == 8


def test_the_database_asks_for_a_paper_where_the_register_does() -> None:
    assert {code for code, one in REGISTERS.items() if one.evidence} == set(WITH_EVIDENCE)


@pytest.mark.clause("BX-04")
@pytest.mark.clause("NM-24")
def test_a_role_of_verification_is_refused_until_the_trainings_are_completed(office: Office) -> None:
    topics = ("BUSINESS", "SECURITY", "CONFIDENTIALITY")
    with by(office, "security") as work:
        person = staff.by_login(work, COUNTY)
        appointing.appoint(work, person, "agency_checker")  # nothing is asked for as long as no place asks for it
        staff.revoke(work, person, "agency_checker")
    ask_for_training(office, topics)
    with by(office, COUNTY) as work:
        mine = staff.by_login(work, COUNTY).ref
        due = work.today + timedelta(days=9)
        entries = [opened(work, "TRAINING", due=due, person=mine, topic=one).ref for one in topics]
        for ref in entries[:2]:
            registers.finish(work, register_views.of_ref(work, ref)[0], "培训合格", proof(work))
    with by(office, "security") as work:
        with pytest.raises(Conflict, match="Confidentiality") as refused:
            appointing.appoint(work, staff.by_login(work, COUNTY), "agency_checker")
        assert refused.value.clause == "BX-04"
    with by(office, COUNTY) as work:
        registers.finish(work, register_views.of_ref(work, entries[2])[0], "培训合格", proof(work))
    with by(office, "security") as work:
        appointing.appoint(work, staff.by_login(work, COUNTY), "agency_checker")
