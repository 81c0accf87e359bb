"""What passes between a child and its parent arrives as it was sent, and records are cut alike at once or with care."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sources import values, wire
from sources.faults import Refusal
from sources.tables import delimited
from sources.tables.sheet import Sheet
from sources.values import Cell, to_text

TEXTS = st.text(st.characters(), max_size=12)  # half characters too
CELLS: st.SearchStrategy[Cell] = st.one_of(
    TEXTS, st.none(), st.booleans(), st.floats(), st.integers(), st.dates(), st.datetimes(), st.times(), st.timedeltas()
)  # fmt: skip


@given(st.lists(st.lists(CELLS, max_size=5), max_size=5))
def test_rows_arrive_as_the_slow_writer_sends_them(rows: list[list[Cell]]) -> None:
    line = wire.packed_rows(rows)
    plain: dict[str, Any] = json.loads(json.dumps({"rows": rows}, default=to_text))

    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert repr(wire.unpacked(line)) == repr(plain)  # as texts, since a number that is none is not itself
    assert repr(wire.unpacked(wire.slowly_packed({"rows": rows}))) == repr(plain)


def test_days_and_times_are_written_as_texts() -> None:
    row: list[Cell] = [date(2025, 6, 30), datetime(2025, 6, 30, 12), time(1, 2), timedelta(hours=1)]

    assert wire.unpacked(wire.packed_rows([row])) == {"rows": [[to_text(cell) for cell in row]]}


def records(pieces: list[list[str]]) -> tuple[list[list[Cell]], str, bool]:
    """The records, why they were refused in the end, and whether the last line ended."""
    sheet = Sheet(1, "", iter(()))
    found: list[list[Cell]] = []
    try:
        for record in delimited._records(iter(pieces), ",", sheet):
            found.append(record)
    except Refusal as refusal:
        return found, str(refusal.text), False
    return found, "", sheet.unfinished


def carefully(pieces: list[list[str]]) -> tuple[list[list[Cell]], str, bool]:
    """The same, one record after the other."""
    lines = delimited._Lines(iter(pieces))
    careful = delimited._Careful(lines, ",")
    found: list[list[Cell]] = []
    unfinished = False
    try:
        while (record := careful.following()) is not None:
            unfinished = not lines.taken[-1].endswith("\n")
            found.append(record)
    except Refusal as refusal:
        return found, str(refusal.text), False
    return found, "", unfinished


LINES = st.lists(st.text("a1,\"' .\t", max_size=8) | st.just("a" * 140_000) | st.just("x," * 2100), max_size=14)


@given(LINES, st.integers(1, 6), st.booleans())
def test_records_are_cut_alike_at_once_and_one_by_one(lines: list[str], size: int, ended: bool) -> None:
    whole = [line + "\n" for line in lines]
    if whole and not ended and len(whole[-1]) > 1:
        whole[-1] = whole[-1][:-1]
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]

    assert records(pieces) == carefully(pieces) == records([whole, []])


@given(st.integers(0, 10**14), st.sampled_from(["{:.2f}", "0{:.2f}", "{:.1f}", " {:.2f}", "{:.2f}元"]))
def test_an_amount_in_its_own_form_is_read_like_any_other(cents: int, form: str) -> None:
    written = form.format(Decimal(cents) / 100)

    assert values.to_amount(written) == values.to_amount(f"￥{written}")
