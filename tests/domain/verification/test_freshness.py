"""Of which day the data of a comparison are, and that data too old are not compared without a word (CK-10)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event

from domain import rules
from domain.cases import Case
from domain.home import Home
from domain.parties.accounts import Account
from domain.verification import comparison, freshness, queries, withdrawals
from domain.verification.comparison import LineView
from domain.verification.deliveries import Delivery, Resource
from domain.work import OPERATOR, SCHEDULER, Work
from domain.workdays import add_months
from tests.domain.office import NOW, TODAY, Desk
from tests.domain.verification.sourced import accepted_case, answered, match, planned, ready, sitting, sources
from tests.domain.verification.supplied import as_supplier, named
from tests.support import policy_files

OLDEST = add_months(TODAY, -6)  # the national policy's doubt.max_data_age
DAY = timedelta(days=1)


def _lines(work: Work, case: Case, category: str = "DEPOSIT") -> list[LineView]:
    return [line for line in comparison.build(work, case) if line.category == category]


def _withdrawn(work: Work, resource: Resource, people: dict[str, Account], delivery: Delivery) -> None:
    leader = as_supplier(work, people["supplier_leader"], "supplier_leader")
    withdrawals.withdraw(leader, delivery, "wrong branch")


@contextmanager
def _statements(home: Home) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(home.engine, "before_cursor_execute", note)
    yield seen
    event.remove(home.engine, "before_cursor_execute", note)


@pytest.mark.clause("CK-10")
def test_where_nothing_was_found_the_line_says_of_which_day_the_data_were_that_were_looked_through(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        bank = sources(work)["DEPOSIT"]
        people = named(work, bank)
        case, _family, (first, second) = accepted_case(work, "甲", "乙", categories=("DEPOSIT",))
        query = planned(work, case)["DEPOSIT"]
        older, newer, wrong = (ready(work, bank, TODAY - days * DAY) for days in (60, 30, 10))
        _withdrawn(work, bank, people, wrong)  # nobody was looked for in it
        ref = case.ref
    with sitting(both, "clerk", now=NOW + timedelta(hours=1)) as work:
        query = queries.by_ref(work, query.ref)
        answered(work, query, older, match(first, older, account="1", balance="5.00"))
    with sitting(both, "clerk", now=NOW + timedelta(hours=2)) as work:
        late = ready(work, work.session.get_one(Resource, bank.id), TODAY)  # it came after the answer
        case = work.session.get_one(Case, case.id)
        lines = {line.person: line for line in _lines(work, case)}
        assert (case.ref, late.state) == (ref, "READY")
        found, none = lines[first.ref], lines[second.ref]
        assert (found.found, found.data_date) == (Decimal(5), older.data_date)
        assert (none.found, none.verdict, none.data_date) == (Decimal(0), "EQUAL", newer.data_date)
        assert not any(line.stale or line.too_old for line in lines.values())
        _withdrawn(work, bank, people, work.session.get_one(Delivery, newer.id))  # later: it was looked through
        assert freshness.searched(work, [queries.by_ref(work, query.ref)]) == {query.id: newer.data_date}


@pytest.mark.clause("CK-10")
@pytest.mark.parametrize(("newest", "told"), [(OLDEST - DAY, True), (OLDEST, False)])
def test_a_source_that_has_nothing_but_old_data_is_not_compared_and_the_line_says_why(
    desk: Desk, newest: date, told: bool
) -> None:
    with sitting(desk, "clerk") as work:
        offered = sources(work)
        case, _family, _people = accepted_case(work, categories=("DEPOSIT", "VEHICLE"))
        made = planned(work, case)
        ready(work, offered["DEPOSIT"], newest - 90 * DAY)
        ready(work, offered["DEPOSIT"], newest)
        for query in made.values():
            queries.give_up(work.acting(SCHEDULER), query, queries.TIMEOUT)
        for line in _lines(work, case):
            assert (line.verdict, line.reason, line.data_date) == ("NOT_OBTAINED", "TIMEOUT", None)
            assert (line.too_old, line.stale) == (newest if told else None, False)
        assert {line.too_old for line in _lines(work, case, "VEHICLE")} == {None}  # it delivered nothing at all


@pytest.mark.clause("CK-10")
def test_a_row_of_a_day_too_long_ago_is_compared_with_the_flag_and_stays_flagged(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        bank = sources(work)["DEPOSIT"]
        case, _family, (first, second) = accepted_case(work, "甲", "乙", categories=("DEPOSIT",))
        made, delivered = planned(work, case), ready(work, bank)
        answered(
            work, made["DEPOSIT"], delivered,
            match(first, delivered, account="1", balance="1.00", data_date=OLDEST - DAY),
            match(second, delivered, account="2", balance="1.00", data_date=OLDEST),
        )  # fmt: skip
        lines = {line.person: (line.data_date, line.stale) for line in _lines(work, case)}
        assert lines == {first.ref: (OLDEST - DAY, True), second.ref: (OLDEST, False)}
    with sitting(desk, "clerk", now=NOW + timedelta(days=400)) as work:  # the flag is of the day of the comparison
        case = work.session.get_one(Case, case.id)
        assert {line.person: (line.data_date, line.stale) for line in comparison.lines(work, case)} == lines


@pytest.mark.clause("CK-10")
@pytest.mark.parametrize(
    ("said", "oldest"),
    [
        ('value = { length = 90, unit = "natural", roll = "none" }', TODAY - 90 * DAY),
        ('value = { length = 2, unit = "month", roll = "none" }', add_months(TODAY, -2)),
        ("none = true", None),
    ],
)
def test_the_longest_age_is_the_offices_in_days_or_months_or_none(desk: Desk, said: str, oldest: date | None) -> None:
    shipped = '[values."doubt.max_data_age"]\nvalue = { length = 6, unit = "month", roll = "none" }'
    with sitting(desk, "clerk") as work:
        files = policy_files()
        (path,) = [one for one in files if one.startswith("national/")]
        head = shipped.partition("\n")[0]
        assert shipped.encode() in files[path]
        changed = files[path].replace(shipped.encode(), f"{head}\n{said}".encode())
        rules.deploy(work.acting(OPERATOR), {**files, path: changed})
        sources(work)
        case, _family, _people = accepted_case(work)
        assert freshness.oldest(work, case) == oldest


def test_how_old_the_data_are_is_asked_in_two_statements_however_many_queries_there_are(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        offered = sources(work)
        case, _family, people = accepted_case(work, "甲", "乙", "丙")
        made = planned(work, case)
        for category in ("DEPOSIT", "DEATH"):
            answered(work, made[category], ready(work, offered[category]))
        asked = [(query, state) for query in made.values() for state in ("NOT_FOUND", "OPEN") for _one in people]
        freshness.oldest(work, case)
        with _statements(work.home) as seen:
            known = freshness.ages(work, case, asked)
        assert len([one for one in seen if "FROM policy_snapshot" not in one]) == 2
        assert known.searched == {made[category].id: TODAY for category in ("DEPOSIT", "DEATH")}
        assert known.newest == {offered[category].id: TODAY for category in ("DEPOSIT", "DEATH")}
