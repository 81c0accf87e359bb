"""Finding people and notes: by each letter and pair of letters, within one's own office, and nowhere in the open."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, event, select, text

from domain import terms
from domain.cases import Case
from domain.errors import InvalidAnswers, NotFound
from domain.finding import CaseTerm, HouseholdTerm
from domain.parties import households, permissions
from domain.parties.households import Person
from domain.parties.throttle import Throttled
from domain.work import OPERATOR, Work, unit_of_work
from tasks.desk import comments, desk
from tasks.finding import old_terms, searching
from tasks.rows.finding_models import Search
from tests.homes import Office
from tests.journeys.played import JUNE
from tests.journeys.playing import new_case

NOTE = "今天去了申请人家里，邻居说他在外地打工，Wang先生也来过。"
HAN = st.text(alphabet="王李张欧阳娜小明雨春谷江白露", min_size=1, max_size=5)


def found(work: Work, query: str) -> searching.Found:
    return searching.results(work, searching.asked_or_gone(work, searching.ask(work, query)), size=400)


def names_in_scope(work: Work) -> dict[str, set[str]]:
    """Names of everybody whose case the actor may read -> refs of these cases."""
    rows = work.session.execute(
        select(Person, Case.ref)
        .join(Case, Case.household_id == Person.household_id)
        .where(permissions.case_scope(work.actor))
    )
    known: dict[str, set[str]] = {}
    for person, ref in rows:
        known.setdefault(households.name_of(work, person), set()).add(ref)
    return known


@given(HAN)
def test_whatever_is_written_is_found_by_each_letter_and_pair_of_letters(name: str) -> None:
    own = terms.of_text(name)
    for length in (1, 2, 3):
        for place in range(len(name) - length + 1):
            part = name[place : place + length]
            assert set(terms.of_query(part)) <= own
            assert terms.fits(name, part)


@given(HAN, HAN)
def test_a_query_fits_exactly_what_holds_it(name: str, query: str) -> None:
    assert terms.fits(name, query) == (query in name)
    assert "".join(part for part, _hit in terms.parts(name, query)) == name


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("买买提·艾力", "提艾"),
        ("李 四", "李四"),
        ("Ｗang Xiaoming", "xiao"),
        ("阿依古丽", "依古"),
        ("𠮷野", "𠮷"),
        ("a1号", "A1"),
    ],
)
def test_names_are_found_however_they_are_written(name: str, query: str) -> None:
    assert set(terms.of_query(query)) <= terms.of_text(name)
    assert terms.fits(name, query)


def test_every_name_in_scope_is_found_by_its_parts_and_none_out_of_it(office_in) -> None:
    office = office_in(JUNE)
    with unit_of_work(office.home, office.actor("head")) as work:
        known = names_in_scope(work)
        assert len(known) > 6
        parts = {name[at : at + size] for name in sorted(known) for size in (1, 2) for at in range(len(name))}
        for part in sorted(parts):
            wanted = {ref for name, refs in known.items() if part in name for ref in refs}
            hits = searching.results(work, searching.Asked(f"of {part}", searching.BY_TEXT, part), size=400)
            assert {hit.ref for hit in hits.page.rows if hit.name} == wanted or hits.more, part
    with unit_of_work(office.home, office.actor("bank"), write=False) as work:
        everybody = searching.Asked("of all", searching.BY_TEXT, sorted(known)[0][:1])
        assert searching.results(work, everybody).page.rows == []


def test_a_note_is_found_by_the_office_it_was_written_in(office: Office) -> None:
    story = new_case(office)
    with story.work("town") as work:
        task = desk.claim(work, story.task(work, "intake").ref)
        ref = comments.write(work, task.ref, NOTE).ref
    for query in ("邻居", "打工", "邻", "外地打工", "wang", "Wang先生"):
        with story.work("town") as work:
            (hit,) = found(work, query).page.rows
            assert hit.ref == story.case_ref
            assert "".join(part for part, _hit in hit.note) in "…" + NOTE + "…" or "…" in hit.note[0][0]
            assert any(is_hit for _part, is_hit in hit.note)
            assert [ref for ref, _zh, _en in hit.tasks] == [task.ref]
        with story.work("clerk") as work:
            assert found(work, query).page.rows == [], "a note of the town is none of the department's"
    with story.work("town") as work:
        assert found(work, "邻工").page.rows == []
        comments.withdraw(work, ref)
    with story.work("town") as work:
        assert found(work, "邻居").page.rows == [], "what was withdrawn is found no more"


def test_an_identity_number_is_found_and_kept_as_a_blind_index_alone(office: Office, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    story = new_case(office)
    with story.work("town") as work:
        member = story.members(work)[0]
        number, name = households.number_of(work, member), households.name_of(work, member)
        ref = searching.ask(work, f" {number[:6]} {number[6:14]} {number[14:]} ")
        kept = searching.asked_or_gone(work, ref)
        assert kept.kind == searching.BY_NUMBER and kept.text == ""
        assert [hit.ref for hit in searching.results(work, kept).page.rows] == [story.case_ref]
        by_name = searching.ask(work, name)
        opened = [
            work.home.vault.open("search.words", row.ref, row.words) for row in work.session.scalars(select(Search))
        ]
        assert not any(number in said for said in opened)
    with story.work() as work:
        raw = [
            str(row)
            for name in ("search", "household_term", "journal_entry", "throttle")
            for row in work.session.execute(text(f"SELECT * FROM {name}"))
        ]
    assert len(raw) > 50
    assert not [row for row in raw if number in row or name in row]
    assert number not in caplog.text and name not in caplog.text
    assert by_name not in number


def test_a_search_is_of_use_to_its_account_alone_and_ends(office: Office, monkeypatch) -> None:
    story = new_case(office)
    with story.work("town") as work:
        ref = searching.ask(work, "白")
    with story.work("clerk") as work, pytest.raises(NotFound):
        searching.asked_or_gone(work, ref)
    with story.work("town") as work:
        row = work.session.scalars(select(Search).where(Search.ref == ref)).one()
        row.expires_at -= searching.LASTS
    with story.work("town") as work:
        assert searching.asked(work, ref) is None
        searching.ask(work, "露")
        assert work.session.scalars(select(Search.ref).where(Search.ref == ref)).all() == []


def test_nothing_and_too_much_are_refused(office: Office) -> None:
    story = new_case(office)
    with story.work("town") as work:
        for empty in ("", "  ", "，。！", "%_"):
            with pytest.raises(InvalidAnswers):
                searching.ask(work, empty)
        number = households.number_of(work, story.members(work)[0])
        for _turn in range(searching.numbers_an_hour(work)):
            searching.ask(work, number)
        with pytest.raises(Throttled):
            searching.ask(work, number)


def test_names_and_notes_older_than_the_terms_become_findable_in_pieces(office: Office, monkeypatch) -> None:
    story = new_case(office)
    with story.work("town") as work:
        comments.write(work, story.task(work, "intake").ref, NOTE)
        name = households.name_of(work, story.members(work)[0])
    monkeypatch.setattr(old_terms, "CHUNK", 60)
    with story.work() as work:
        before = {(row.household_id, row.term) for row in work.session.scalars(select(HouseholdTerm))}
        work.session.execute(delete(HouseholdTerm))
        work.session.execute(delete(CaseTerm))
    with story.work("town") as work:
        assert found(work, name[:2]).page.rows == []
    with unit_of_work(office.home, OPERATOR) as work:
        old_terms.fill_some(work, {"of": "person", "after": 0})
    office.sweep()
    with story.work() as work:
        assert {(row.household_id, row.term) for row in work.session.scalars(select(HouseholdTerm))} == before
    with story.work("town") as work:
        assert [hit.ref for hit in found(work, name[:2]).page.rows] == [story.case_ref]
        assert [hit.ref for hit in found(work, "邻居").page.rows] == [story.case_ref]


def test_a_search_by_terms_reads_their_index(office: Office, database_kind: str) -> None:
    story = new_case(office)
    seen: list[tuple[str, Any]] = []

    def note(_connection, _cursor, statement, given, *_more):
        if "household_term" in statement:
            seen.append((statement, given))

    with story.work("clerk") as work:
        search = searching.asked_or_gone(work, searching.ask(work, "江白露"))
        event.listen(office.home.engine, "before_cursor_execute", note)
        searching.results(work, search)
        event.remove(office.home.engine, "before_cursor_execute", note)
        ((statement, given),) = seen
        connection = work.session.connection()
        if database_kind == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN " if database_kind == "sqlite" else "EXPLAIN "
        plan = "\n".join(str(row) for row in connection.exec_driver_sql(explain + statement, given))
    assert "uq_household_term" in plan or "sqlite_autoindex_household_term" in plan, plan
    assert "SCAN household_term" not in plan and "SCAN cases" not in plan, plan
