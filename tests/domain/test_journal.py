"""The journal finds what somebody with the database in hands did to it."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import create_engine, event, func, select, text
from sqlalchemy.orm import ORMExecuteState

from domain import journal, sealing
from domain.journal import JournalEntry, JournalSeal, JournalStream
from domain.work import OPERATOR, SCHEDULER, unit_of_work
from scheduler import worker
from tests.crowd import at_once


def write(desk, stream: str, count: int = 1) -> None:
    for number in range(count):
        with unit_of_work(desk.home, OPERATOR) as work:
            journal.of_case(work, stream, "task.completed", stream, {"step": f"step {number}"})


def seal(desk) -> None:
    worker.seal(desk.home)


def breaks(desk) -> list[str]:
    with unit_of_work(desk.home, OPERATOR, write=False) as work:
        return [f"{one.stream} {one.seq}" for one in sealing.verify(work.session, desk.home.vault)]


@pytest.fixture
def kept(both):
    """Two chains of five and three acts, sealed after the third and the last."""
    write(both, "a", 3)
    seal(both)
    write(both, "b", 3)
    write(both, "a", 2)
    seal(both)
    assert breaks(both) == []
    return both


def attack(desk, *statements: str) -> None:
    """What somebody does who holds the database and minds no rule of ours: triggers and keys are off."""
    engine = create_engine(desk.home.settings.url)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE journal_entry DROP CONSTRAINT fk_journal_entry_stream_id"))
            for table in ("journal_entry", "journal_stream", "journal_seal"):
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        else:
            names = connection.scalars(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'journal%'")
            )
            for name in names.all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


CHAIN = "(SELECT id FROM journal_stream WHERE subject = 'a')"
THIS = f"stream_id = {CHAIN} AND seq = "
HEAD = f"UPDATE journal_stream SET seq = 3, head = (SELECT mac FROM journal_entry WHERE {THIS} 3) WHERE subject = 'a'"
CUT = f"DELETE FROM journal_entry WHERE stream_id = {CHAIN} AND seq > 3"


@pytest.mark.parametrize("column", ["actor", "event", "subject", "request_id"])
def test_an_edited_entry_is_found_where_it_stands(kept, column):
    attack(kept, f"UPDATE journal_entry SET {column} = 'other' WHERE {THIS} 2")
    assert breaks(kept) == ["case:a 2"]


@pytest.mark.parametrize(
    ("column", "value"),
    [("body", '\'{"step":"other"}\''), ("legal_at", "'2020-01-01 00:00:00'"), ("machine_at", "'2020-01-01 00:00:00'")],
)
def test_an_edited_body_or_time_is_found(kept, column, value):
    attack(kept, f"UPDATE journal_entry SET {column} = {value} WHERE {THIS} 4")
    assert breaks(kept) == ["case:a 4"]


def test_a_deleted_entry_leaves_a_gap_that_is_named(kept):
    attack(kept, f"DELETE FROM journal_entry WHERE {THIS} 2")
    assert breaks(kept) == ["case:a 2", "seal 1"]


def test_a_gap_that_was_closed_up_is_found(kept):
    attack(
        kept,
        f"DELETE FROM journal_entry WHERE {THIS} 2",
        f"UPDATE journal_entry SET seq = 2 WHERE {THIS} 3",
        f"UPDATE journal_entry SET seq = 3 WHERE {THIS} 4",
        f"UPDATE journal_entry SET seq = 4 WHERE {THIS} 5",
        "UPDATE journal_stream SET seq = 4 WHERE subject = 'a'",
    )
    assert "case:a 2" in breaks(kept)


def test_two_entries_exchanged_are_found(kept):
    attack(
        kept,
        f"UPDATE journal_entry SET seq = 900 WHERE {THIS} 2",
        f"UPDATE journal_entry SET seq = 2 WHERE {THIS} 3",
        f"UPDATE journal_entry SET seq = 3 WHERE {THIS} 900",
    )
    assert {"case:a 2", "case:a 3"} <= set(breaks(kept))


def test_an_entry_moved_to_another_chain_is_found(kept):
    attack(
        kept,
        "UPDATE journal_entry SET stream_id = (SELECT id FROM journal_stream WHERE subject = 'b'), seq = 4"
        f" WHERE {THIS} 5",
    )
    assert {"case:b 4", "case:a 5"} <= set(breaks(kept))


def test_a_cut_off_tail_is_found_by_its_head(kept):
    attack(kept, CUT)
    assert "case:a 5" in breaks(kept)


def test_a_tail_cut_off_together_with_its_head_is_found_by_the_seal(kept):
    attack(kept, CUT, HEAD)
    assert breaks(kept) == ["seal 2"]


def test_a_tail_cut_off_and_grown_again_is_found_by_the_seal(kept):
    # on SQLite the numbers of the entries that went are given out again
    attack(kept, CUT, HEAD)
    write(kept, "a", 2)
    assert breaks(kept) == ["seal 2"]
    seal(kept)
    assert breaks(kept) == ["seal 2"], "a later seal heals nothing"


def test_a_chain_that_went_with_its_head_is_found_by_the_seal(kept):
    attack(
        kept, f"DELETE FROM journal_entry WHERE stream_id = {CHAIN}", "DELETE FROM journal_stream WHERE subject = 'a'"
    )
    assert breaks(kept) == ["seal 1", "seal 2"]


def test_a_head_that_is_gone_is_named_and_stops_nothing(kept):
    attack(kept, "DELETE FROM journal_stream WHERE subject = 'a'")
    (found,) = breaks(kept)
    assert found.startswith("stream ")


def test_a_seal_that_was_edited_is_found(kept):
    attack(kept, "UPDATE journal_seal SET entries = entries - 1 WHERE id = 2")
    assert "seal 2" in breaks(kept)


def test_the_first_seal_taken_away_is_found(kept):
    attack(kept, "DELETE FROM journal_seal WHERE id = 1")
    assert "seal 2" in breaks(kept)


def test_an_entry_made_up_without_the_key_is_found(kept):
    attack(
        kept,
        "INSERT INTO journal_entry (id, stream_id, seq, machine_at, legal_at, actor, event, subject, body, request_id,"
        " prev, mac) SELECT 9000, e.stream_id, 6, e.machine_at, e.legal_at, 'somebody', 'case.cancelled', e.subject,"
        " e.body, '', s.head, e.mac FROM journal_entry e JOIN journal_stream s ON s.id = e.stream_id"
        " WHERE s.subject = 'a' AND e.seq = 5",
        "UPDATE journal_stream SET seq = 6, head = (SELECT mac FROM journal_entry WHERE id = 9000) WHERE subject = 'a'",
    )
    assert breaks(kept) == ["case:a 6"]


def test_other_keys_believe_nothing(kept):
    from domain.vault import Keys, Vault

    with unit_of_work(kept.home, OPERATOR, write=False) as work:
        stranger = Vault(Keys(1, {1: bytes(32)}))
        assert len(list(sealing.verify(work.session, stranger))) >= 8


def test_nothing_new_needs_no_seal(kept):
    def seals() -> int:
        with unit_of_work(kept.home, OPERATOR, write=False) as work:
            return work.session.scalar(select(func.count(JournalSeal.id))) or 0

    before = seals()
    seal(kept)
    assert seals() == before
    write(kept, "b")
    seal(kept)
    assert seals() == before + 1
    assert breaks(kept) == []


def test_many_who_write_to_one_chain_never_fork_it_even_at_its_birth(both):
    def act(own: str) -> None:
        for number in range(8):
            with unit_of_work(both.home, SCHEDULER) as work:
                journal.of_case(work, f"shared {number}", "timer.fired", "x")
                journal.of_case(work, own, "timer.fired", own)

    def sealing() -> None:
        for _number in range(8):
            seal(both)

    at_once(sealing, *[partial(act, f"own {number}") for number in range(4)])
    seal(both)
    assert breaks(both) == []
    with unit_of_work(both.home, OPERATOR, write=False) as work:
        chains = dict(work.session.execute(select(JournalStream.subject, JournalStream.seq)).all())
        assert [chains[f"shared {number}"] for number in range(8)] == [4] * 8
        assert work.session.scalar(select(func.count(JournalEntry.id)).where(JournalEntry.event == "timer.fired")) == 64


def test_one_session_that_works_twice_goes_on_where_somebody_else_left_off(both):
    with both.home.sessions() as session:
        with unit_of_work(both.home, OPERATOR, session=session) as work:
            journal.of_case(work, "a", "task.claimed", "a")
            held = work.session.scalars(select(JournalStream).where(JournalStream.subject == "a")).one()
        write(both, "a")
        with unit_of_work(both.home, OPERATOR, session=session) as work:
            journal.of_case(work, "a", "task.released", "a")
        session.refresh(held)
        assert held.seq == 3
    assert breaks(both) == []


@pytest.mark.parametrize("check", [sealing.verify, partial(sealing.verify_tail, newest=100)], ids=["all", "end"])
def test_what_is_written_while_the_journal_is_checked_is_no_break(kept, check):
    """Seen as of one instant: else a head that grew between two questions looks like an end that was cut off."""
    with unit_of_work(kept.home, OPERATOR, write=False, one_instant=True) as work:

        @event.listens_for(work.session, "do_orm_execute", once=True)
        def then_somebody_writes(asked: ORMExecuteState) -> None:
            asked.invoke_statement()
            write(kept, "a")
            seal(kept)

        assert list(check(work.session, kept.home.vault)) == []
    assert breaks(kept) == []


def test_an_act_that_fails_leaves_no_entry(both):
    def fail() -> None:
        with unit_of_work(both.home, OPERATOR) as work:
            journal.of_case(work, "a", "task.claimed", "a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with unit_of_work(both.home, OPERATOR, write=False) as work:
        assert work.session.scalar(select(JournalStream.id).where(JournalStream.subject == "a")) is None
