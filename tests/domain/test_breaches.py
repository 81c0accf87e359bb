"""Leaks: written down at once, with accounts and rows of the journal, reported, closed by somebody unsuspected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import event, select

from domain import journal, rules
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted
from domain.journal import JournalEntry, JournalStream
from domain.oversight import breach_traces, breaches
from domain.oversight.breaches import CLOSED, OPEN, REPORTED, SERIOUS, SUSPECT, WITNESS, Breach, Said
from domain.work import Work
from tasks.pages import breach_pages
from tests.domain.office import DAY_BEFORE, TODAY, Desk, case_of, household
from workflows import breach_letters

SAID = Said(TODAY, DAY_BEFORE, SERIOUS, 3, "核对报告被拍照外传\r\n经办离开时未锁屏", "一户三人的存款", "当事人投诉")


def _being(work: Work, desk: Desk, role: str = "auditor", login: str = "clerk") -> Work:
    return work.acting(replace(desk.actor(login), roles=frozenset({role}), display=login))


def _shown(work: Work) -> Case:
    """A case whose report somebody took a copy of."""
    case = case_of(work, household(work))
    journal.of_case(work, case.ref, "report.drafted", "r")
    journal.of_case(work, case.ref, "report.copied", "r")
    return case


def _of_case(work: Work, case: Case) -> list[str]:
    wanted = (
        select(JournalEntry.event)
        .join(JournalStream, JournalStream.id == JournalEntry.stream_id)
        .where(JournalStream.subject == case.ref)
        .order_by(JournalEntry.id.desc())
    )
    return list(work.session.scalars(wanted))


def _reported(work: Work, case: Case) -> Breach:
    row = breach_letters.record(work, SAID)
    [first, *_others] = breach_traces.traces(work, case.number)
    breach_traces.link(work, row, case.number, [first.key])
    breach_letters.report(work, row, "本溪市民政局")
    return row


@pytest.mark.clause("CK-31")
def test_a_leak_is_written_down_sealed_and_is_to_be_reported_on_the_day_it_was_found(both: Desk) -> None:
    with both.acting() as work:
        auditor = _being(work, both)
        row = breach_letters.record(auditor, replace(SAID, found_on=DAY_BEFORE))
        assert (row.state, row.report_by, row.persons, row.number) == (OPEN, DAY_BEFORE, 3, "平泄〔2027〕0001")
        told = breaches.story(auditor, row)
        assert told.what == "核对报告被拍照外传\n经办离开时未锁屏"
        assert (told.reach, told.result, told.handling) == ("一户三人的存款", "当事人投诉", "")
        assert "存款".encode() not in row.reach and "拍照".encode() not in row.what
        assert breaches.listed(auditor, most=9) == [row] and breaches.listed(auditor, CLOSED, most=9) == []


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"found_on": None}, "found_on"),
        ({"found_on": TODAY + timedelta(days=1)}, "found_on"),
        ({"happened_on": TODAY + timedelta(days=1)}, "happened_on"),
        ({"grade": "AWFUL"}, "grade"),
        ({"persons": -1}, "persons"),
        ({"what": " \r\n"}, "what"),
        ({"reach": "x" * 4001}, "reach"),
        ({"result": "a\u200bb"}, "result"),
    ],
)
def test_a_leak_that_says_too_little_or_what_no_letter_can_print_is_refused_at_its_field(
    desk: Desk, changes: dict[str, object], place: str
) -> None:
    with desk.acting() as work:
        with pytest.raises(InvalidAnswers) as refused:
            breach_letters.record(_being(work, desk), replace(SAID, **changes))  # type: ignore[arg-type]
        assert list(refused.value.fields) == [place]
        assert breaches.listed(_being(work, desk), most=1) == []


@pytest.mark.clause("CK-31")
def test_rows_of_the_journal_are_found_under_a_cases_number_and_linked_once(both: Desk) -> None:
    with both.acting() as work:
        auditor, case, other = _being(work, both), _shown(work), _shown(work)
        row = breach_letters.record(auditor, SAID)
        found = breach_traces.traces(auditor, f" {case.number} ")
        assert [one.event for one in found] == _of_case(work, case)
        taken = next(one for one in found if one.event == "report.copied")
        assert (taken.by, taken.login, taken.stream) == ("clerk", "clerk", ("case", case.ref))
        older = breach_traces.traces(auditor, case.number, before=taken.key)
        assert [one.event for one in older] == [one.event for one in found[1:]]
        assert breach_traces.link(auditor, row, case.number, [taken.key]) == 1
        assert breach_traces.link(auditor, row, case.number, [one.key for one in found]) == len(found) - 1
        assert breach_traces.link(auditor, row, case.number, [taken.key]) == 0
        assert breach_traces.linked(auditor, row) == found and breaches.count_linked(auditor, row) == len(found)
        # a row of another case is none of this one's, and nothing at all is no choice
        strange = breach_traces.traces(auditor, other.number)[0].key
        for keys in ([strange], [taken.key, strange], [], ["0"]):
            with pytest.raises(InvalidAnswers) as refused:
                breach_traces.link(auditor, row, case.number, keys)
            assert list(refused.value.fields) == ["rows"]
        assert breaches.count_linked(auditor, row) == len(found)


def test_rows_are_found_by_login_and_by_reference_and_an_unknown_word_is_said_so(both: Desk) -> None:
    with both.acting() as work:
        auditor, head = _being(work, both), both.actor("head")
        journal.record(work, "signin.opened", head.ref, stream=("account", head.ref))
        journal.record(work, "search.idno", head.ref, {"found": 1})
        journal.record(work, "package.downloaded", "p" * 26)
        assert [one.event for one in breach_traces.traces(auditor, "HEAD")] == ["search.idno", "signin.opened"]
        assert [one.event for one in breach_traces.traces(auditor, "p" * 26)] == ["package.downloaded"]
        with pytest.raises(InvalidAnswers) as refused:
            breach_traces.traces(auditor, "C-nobody")
        assert list(refused.value.fields) == ["about"]
        with pytest.raises(NotPermitted):
            breach_traces.traces(_being(work, both, "system_admin"), "head")


def test_an_account_is_named_once_with_its_part(both: Desk) -> None:
    with both.acting() as work:
        auditor = _being(work, both)
        row = breach_letters.record(auditor, SAID)
        breaches.name(auditor, row, " Head ", WITNESS)
        named = breaches.accounts(auditor, row)
        assert [(one.login, office.code, part) for one, office, part in named] == [("head", "pingshan", WITNESS)]
        for login, part, place in (("head", SUSPECT, "login"), ("nobody", SUSPECT, "login"), ("town", "X", "part")):
            with pytest.raises(InvalidAnswers) as refused:
                breaches.name(auditor, row, login, part)
            assert list(refused.value.fields) == [place]


@pytest.mark.clause("CK-31")
def test_a_leak_is_reported_once_and_closed_only_with_the_rows_that_show_the_access(both: Desk) -> None:
    with both.acting() as work:
        auditor, case = _being(work, both), _shown(work)
        row = breach_letters.record(auditor, SAID)
        with pytest.raises(Conflict):
            breaches.close(auditor, row, "已处理")  # nobody was told yet
        with pytest.raises(InvalidAnswers):
            breach_letters.report(auditor, row, " ")
        breach_letters.report(auditor, row, "本溪市民政局")
        assert (row.state, row.reported_to, len(row.digest or "")) == (REPORTED, "本溪市民政局", 64)
        with pytest.raises(Conflict):
            breach_letters.report(auditor, row, "另一个局")
        with pytest.raises(Conflict) as unlinked:
            breaches.close(auditor, row, "已处理")
        assert unlinked.value.clause == "CK-31" and row.state == REPORTED
        breach_traces.link(auditor, row, case.number, [breach_traces.traces(auditor, case.number)[0].key])
        with pytest.raises(InvalidAnswers):
            breaches.close(auditor, row, "\n")
        breaches.close(auditor, row, "调离岗位，告知当事人")
        assert row.state == CLOSED and breaches.story(auditor, row).handling == "调离岗位，告知当事人"
        for act in (
            lambda: breaches.name(auditor, row, "head", SUSPECT),
            lambda: breach_traces.link(auditor, row, case.number, ["0"]),
            lambda: breaches.close(auditor, row, "再次处理"),
        ):
            with pytest.raises(Conflict):
                act()
    with both.acting() as work:
        events = work.session.scalars(select(JournalEntry.event).where(JournalEntry.subject == row.ref)).all()
        assert sorted(events) == ["breach.closed", "breach.recorded", "breach.reported", "breach.rows_linked"]


@pytest.mark.clause("CK-31")
def test_whoever_is_suspected_does_not_close_the_record(both: Desk) -> None:
    with both.acting() as work:
        auditor, second = _being(work, both), _being(work, both, login="head")
        row = _reported(auditor, _shown(work))
        breaches.name(second, row, "clerk", SUSPECT)
        with pytest.raises(Conflict):
            breaches.close(auditor, row, "没有问题")
        breaches.close(second, row, "已处分")
        assert row.state == CLOSED


def test_offices_see_their_own_records_the_systems_office_all_and_others_what_they_wrote(desk: Desk) -> None:
    with desk.acting() as work:
        ours = breach_letters.record(_being(work, desk), SAID)
        theirs = breach_letters.record(_being(work, desk, login="stranger"), SAID)
        written = breach_letters.record(_being(work, desk, "system_admin", "head"), SAID)
        assert breaches.listed(_being(work, desk), most=9) == [written, ours]
        with pytest.raises(NotFound):
            breaches.by_ref(_being(work, desk), theirs.ref)
        whole = work.acting(replace(_being(work, desk).actor, org_kind="system"))
        assert breaches.listed(whole, most=2) == [written, theirs]
        assert breaches.listed(whole, after=theirs.ref, most=2) == [ours]
        assert breaches.by_ref(whole, theirs.ref, hold=True) is theirs
        runs = _being(work, desk, "system_admin", "head")
        assert breaches.listed(runs, most=9) == [written]
        with pytest.raises(NotFound):
            breaches.by_ref(runs, ours.ref)


ACTS: list[Callable[[Work, Breach], object]] = [
    lambda work, row: breach_letters.report(work, row, "局"),
    lambda work, row: breaches.letter(work, row),
    lambda work, row: breaches.close(work, row, "x"),
    lambda work, row: breach_traces.link(work, row, "x", ["0"]),
]


@pytest.mark.clause("CK-31")
def test_the_auditor_alone_follows_a_leak_up(desk: Desk) -> None:
    with desk.acting() as work:
        row = breach_letters.record(_being(work, desk), SAID)
        for role in ("system_admin", "security_admin", "oversight", "department_head", "agency_head"):
            for act in ACTS:
                with pytest.raises(NotPermitted):
                    act(_being(work, desk, role), row)
        for role in ("security_admin", "oversight", "department_head"):
            with pytest.raises(NotPermitted):
                breaches.listed(_being(work, desk, role), most=1)
            with pytest.raises(NotPermitted):
                breach_letters.record(_being(work, desk, role), SAID)


@contextmanager
def _asked(work: Work) -> Iterator[list[tuple[str, object]]]:
    """The statements that are sent meanwhile, with their values."""
    asked: list[tuple[str, object]] = []
    engine = work.session.get_bind()
    listen = ("before_cursor_execute", lambda _c, _k, sql, values, *_more: asked.append((sql, values)))
    event.listen(engine, *listen)
    try:
        yield asked
    finally:
        event.remove(engine, *listen)


def test_the_page_of_a_record_asks_as_often_whatever_it_holds(desk: Desk) -> None:
    counts = []
    with desk.acting() as work:
        auditor, case = _being(work, desk), _shown(work)
        row, number = breach_letters.record(auditor, SAID), case.number
        for login in ("", "head", "town"):
            if login:
                breaches.name(auditor, row, login, WITNESS)
                rows = breach_traces.traces(auditor, number)
                breach_traces.link(auditor, row, number, [one.key for one in rows])
            work.session.expire_all()
            with _asked(work) as asked:
                page = breach_pages.page(auditor, row.ref)
            counts.append(len(asked))
    assert [len(page.people), page.count, page.rows[-1].about] == [2, 2, number]
    assert max(counts) <= 9 and counts[1] == counts[2]


def test_looking_for_rows_asks_the_indexes(desk: Desk) -> None:
    with desk.acting() as work:
        auditor, case = _being(work, desk), _shown(work)
        journal.record(work, "search.idno", desk.actor("head").ref)
        journal.record(work, "package.downloaded", "p")
        with _asked(work) as asked:
            for words in (case.number, "head", "p"):
                breach_traces.traces(auditor, words)
        plans = [
            str(step[3])
            for sql, values in asked
            for step in work.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)  # type: ignore[arg-type]
        ]
        # what is scanned are the few keys that the indexes gave
        assert plans and not [step for step in plans if step.startswith("SCAN") and "anon" not in step]


def test_what_an_account_did_is_found_by_its_index_newest_first(both: Desk, database_kind: str) -> None:
    with both.acting() as work:
        auditor, clerk = _being(work, both), both.actor("clerk")
        mine = work.acting(clerk)
        for ref in "pqr":
            journal.record(mine, "package.downloaded", ref)
        found = breach_traces.traces(auditor, "clerk")
        assert [(one.event, one.login) for one in found[:3]] == [("package.downloaded", "clerk")] * 3
        older = breach_traces.traces(auditor, "clerk", before=found[0].key)
        assert older[0].key == found[1].key and found[0].key not in {one.key for one in older}
        row = breach_letters.record(auditor, SAID)
        assert breach_traces.link(auditor, row, "clerk", [found[0].key]) == 1
        with _asked(work) as asked:
            breach_traces.traces(auditor, "clerk")
        sql, values = asked[-1]
        if database_kind == "postgresql":  # the tables of a test are small
            work.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN " if database_kind == "sqlite" else "EXPLAIN "
        plan = "\n".join(str(step) for step in work.connection.exec_driver_sql(explain + sql, values))  # type: ignore[arg-type]
        assert "ix_journal_entry_actor" in plan and "SCAN journal_entry" not in plan, plan


def test_a_term_of_the_policy_says_by_when_a_leak_is_reported(desk: Desk) -> None:
    with desk.acting() as work:
        auditor = _being(work, desk)
        term = rules.value(work, auditor.actor.org_id or 0, "breach_report_term")
        assert (term.length, term.unit) == (0, "natural")
        row = breach_letters.record(auditor, replace(SAID, found_on=date(2027, 3, 6), happened_on=None))
        assert row.report_by == date(2027, 3, 6)  # a Saturday: at once waits for no working day
