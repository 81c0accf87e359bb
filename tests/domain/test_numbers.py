"""Legal numbers: one after the other, without gaps, whoever asks at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain import numbers
from domain.parties import organisations
from domain.work import SCHEDULER, unit_of_work
from tests.crowd import at_once


def take(desk, office: str = "pingshan", kind: str = "commission", now: datetime | None = None) -> int:
    with unit_of_work(desk.home, SCHEDULER, now=now) as work:
        return numbers.take(work, organisations.by_code(work, office).id, kind)


def test_each_office_kind_and_legal_year_counts_for_itself(both):
    evening = datetime(2027, 12, 31, 16, 1, tzinfo=UTC)  # the office is in 2028 already
    noon = datetime(2027, 12, 31, 4, 0, tzinfo=UTC)
    assert [take(both, now=noon), take(both, now=noon)] == [1, 2]
    assert take(both, "mingshan", now=noon) == 1
    assert take(both, kind="report", now=noon) == 1
    assert take(both, now=evening) == 1
    assert take(both, now=noon) == 3


def test_a_document_that_comes_to_nothing_gives_its_number_back(both):
    def fail() -> None:
        with unit_of_work(both.home, SCHEDULER) as work:
            assert numbers.take(work, organisations.by_code(work, "pingshan").id, "commission") == 2
            raise ZeroDivisionError

    assert take(both) == 1
    with pytest.raises(ZeroDivisionError):
        fail()
    assert take(both) == 2


def test_many_at_once_get_a_number_each_without_a_gap_even_the_first_of_the_year(both):
    taken: list[int] = []
    at_once(*[lambda: taken.extend(take(both) for _number in range(8))] * 4)
    assert sorted(taken) == list(range(1, 33))


def test_the_written_form():
    assert numbers.document_number("平核", 2027, 391) == "平核〔2027〕0391"
    assert numbers.document_number("平核", 2027, 12345) == "平核〔2027〕12345"
