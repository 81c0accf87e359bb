"""Statements that are written out once do what those of SQLAlchemy do, and are heard of like them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import bindparam, event, insert, select, update
from sqlalchemy.exc import IntegrityError

from domain.agenda import AgendaItem
from domain.journal import JournalStream
from domain.prepared import Prepared, as_read, columns
from domain.work import OPERATOR, Work, unit_of_work

ALL = ("kind", "subject", "seq", "head")
WRITE = Prepared(insert(JournalStream), ALL)
MOVE = Prepared(update(JournalStream).where(JournalStream.subject == bindparam("of")).values(seq=bindparam("to")))
READ = Prepared(select(*columns(JournalStream)).where(JournalStream.subject == bindparam("of")))


def row(subject: str) -> dict[str, object]:
    return {"kind": "case", "subject": subject, "seq": 1, "head": b"\x00\xff"}


def read(work: Work, subject: str = "one") -> Sequence[Any]:
    """The row with this subject."""
    found = READ.first(work.connection, {"of": subject})
    assert found is not None
    return found


def test_it_says_how_many_rows_it_wrote(both):
    with unit_of_work(both.home, OPERATOR) as work:
        WRITE.send_all(work.connection, [])
        WRITE.send_all(work.connection, [row("one"), row("two")])
        assert WRITE.send(work.connection, row("three")) == 1
        assert MOVE.send(work.connection, {"of": "two", "to": 7}) == 1
        assert MOVE.send(work.connection, {"of": "nobody", "to": 7}) == 0
    with unit_of_work(both.home, OPERATOR, write=False) as work:
        assert read(work, "two")[1:] == ["case", "two", 7, b"\x00\xff"]
        assert READ.first(work.connection, {"of": "nobody"}) is None


def test_a_refusal_of_the_database_is_an_error_of_sqlalchemy_and_listeners_hear_of_each_statement(both):
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    with unit_of_work(both.home, OPERATOR) as work:
        WRITE.send(work.connection, row("one"))
        event.listen(both.home.engine, "before_cursor_execute", note)
        try:
            with pytest.raises(IntegrityError), work.session.begin_nested():
                WRITE.send(work.connection, row("one"))
            assert MOVE.send(work.connection, {"of": "one", "to": 2}) == 1
        finally:
            event.remove(both.home.engine, "before_cursor_execute", note)
    # the savepoint stands before what is taken back, though nobody asked the session in between
    assert [one.split()[0] for one in seen] == ["SAVEPOINT", "INSERT", "ROLLBACK", "UPDATE"]


def test_an_object_read_past_the_session_is_known_to_it_and_written_when_it_changes(both):
    with unit_of_work(both.home, OPERATOR) as work:
        WRITE.send(work.connection, row("one"))
        made = as_read(work.session, JournalStream, iter(read(work)))
        assert not work.session.dirty
        MOVE.send(work.connection, {"of": "one", "to": 5})
        again = as_read(work.session, JournalStream, iter(read(work)))
        assert again is made and made.seq == 5 and not work.session.dirty
        assert work.session.get(JournalStream, made.id) is made
        work.session.expire(made)
        as_read(work.session, JournalStream, iter(read(work)))
        made.seq = 6
    with unit_of_work(both.home, OPERATOR, write=False) as work:
        assert work.session.scalar(select(JournalStream.seq).where(JournalStream.subject == "one")) == 6


def test_a_column_with_a_default_of_pythons_cannot_be_forgotten(both):
    short = Prepared(insert(AgendaItem), ("kind", "key", "due_at"))
    with unit_of_work(both.home, OPERATOR, write=False) as work, pytest.raises(ValueError, match="default"):
        short.send(work.connection, {"kind": "a", "key": "b", "due_at": work.now})
