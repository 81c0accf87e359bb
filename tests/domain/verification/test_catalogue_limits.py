"""Acceptance windows and quotas: what waits, what is refused, and that nobody spends more than was granted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from domain.agenda import AgendaItem
from domain.clock import office_day
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.verification import catalogue_quotas, catalogue_windows, queries
from domain.verification.catalogue_rows import MONTH, QUARTER, QUEUE, REFUSE, YEAR, QuotaUse, Resource
from domain.verification.catalogue_windows import Window
from domain.verification.queries import NOT_OBTAINED, PLANNED, QUOTA, SENT
from domain.work import Work
from domain.workdays import Term
from tests.crowd import at_once
from tests.domain.office import NOW, TODAY, Desk
from tests.domain.verification.catalogued import agency, item, keeper, published
from tests.domain.verification.sourced import accepted_case, as_role, sitting

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
WINDOWS = st.builds(
    lambda first, length, months: Window(first, min(31, first + length), tuple(sorted(months))),
    st.integers(1, 31), st.integers(0, 30), st.frozensets(st.integers(1, 12)),
)  # fmt: skip


@pytest.mark.clause("LN-13")
@given(st.lists(WINDOWS, max_size=3), DAYS)
def test_the_next_opening_is_the_first_day_that_is_open(windows: list[Window], day: date) -> None:
    opens = catalogue_windows.opening(windows, day)
    assert opens >= day and catalogue_windows.is_open(windows, opens)
    assert not any(catalogue_windows.is_open(windows, day + timedelta(days=n)) for n in range((opens - day).days))


@given(st.lists(WINDOWS, max_size=3, unique_by=lambda one: (one.first_day, one.months)))
def test_windows_are_read_back_as_they_were_written(windows: list[Window]) -> None:
    assert list(catalogue_windows.parse(catalogue_windows.written(windows))) == windows


def test_the_31st_of_a_short_month_is_its_last_day_and_nonsense_is_refused() -> None:
    end = Window(31, 31)
    assert end.holds(date(2027, 2, 28)) and not end.holds(date(2027, 2, 27)) and end.holds(date(2028, 2, 29))
    assert catalogue_windows.parse("1-5；1-7/1，4,7,10") == (Window(1, 5), Window(1, 7, (1, 4, 7, 10)))
    for wrong in ("0-5", "5-1", "1-32", "x", "1-5/13", "1-5;1-7"):
        with pytest.raises(InvalidAnswers):
            catalogue_windows.parse(wrong)


@pytest.mark.clause("LN-13")
def test_outside_its_window_a_query_waits_and_its_clock_starts_at_the_window(both: Desk) -> None:
    opens = date(2027, 4, 1)
    with sitting(both, "clerk") as work:
        published(work, both, windows=(Window(1, 5),), limit=Term(3, "natural"))
        case, _family, _people = accepted_case(work, categories=("DEPOSIT",))
        case.due_at = None
        (query,) = queries.plan_batch(work, case)
        assert not queries.send(work, query) and query.state == PLANNED and queries.waits(work, query)
        assert query.due is not None and query.due["day_zero"] == opens.isoformat()
        assert query.due_at is not None and office_day(query.due_at) > opens
        (waiting,) = work.session.scalars(select(AgendaItem).where(AgendaItem.kind == "query.open"))
        assert waiting.subject == query.ref and office_day(waiting.due_at) == opens
        ref = query.ref
    with sitting(both, "clerk", datetime(2027, 4, 1, 2, tzinfo=UTC)) as work:
        query = queries.by_ref(work, ref)
        assert queries.send(work, query) and query.state == SENT
        assert query.due_at is not None and query.due_at > work.now


def _granted(work: Work, desk: Desk, resource: Resource, most: int, over: str = REFUSE, period: str = MONTH) -> None:
    catalogue_quotas.grant(
        keeper(work, desk), resource, agency(work), period=period, most=most, over=over, valid_from=TODAY
    )


def _today(day: date) -> date:
    return day


@pytest.mark.clause("LN-35")
def test_one_more_than_the_quota_is_refused_and_the_next_period_is_open_again(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        resource = item(work, both)
        published(work, both, resource)
        _granted(work, both, resource, 4)
        first, _family, _people = accepted_case(work, "甲某", "乙某", categories=("DEPOSIT",))
        second, _family, _people = accepted_case(work, "丙某", "丁某", categories=("DEPOSIT",))
        third, _family, _people = accepted_case(work, "戊某", categories=("DEPOSIT",))
        handler = as_role(work, both, "handler")
        assert queries.plan(handler, first, [resource.ref]) and queries.plan(handler, second, [resource.ref])
        with pytest.raises(Conflict, match="2027-04-01") as refused:
            queries.plan(handler, third, [resource.ref])
        assert refused.value.clause == "LN-35"
        assert queries.plan(handler, first, [resource.ref])  # planned before: nothing is taken again
        (line,) = queries.plan_batch(work, third)  # nobody to tell: the department investigates
        assert (line.state, line.reason) == (NOT_OBTAINED, QUOTA)
        assert [one.used for one in work.session.scalars(select(QuotaUse))] == [4]
        fourth, _family, _people = accepted_case(work, "己某", categories=("DEPOSIT",))
        key, ref = fourth.id, resource.ref
    with sitting(both, "clerk", datetime(2027, 4, 1, 2, tzinfo=UTC)) as work:
        case = work.session.get_one(type(fourth), key)
        (query,) = queries.plan(as_role(work, both, "handler"), case, [ref])
        assert query.state == PLANNED and not queries.waits(work, query)


@pytest.mark.clause("LN-35")
def test_what_is_more_waits_for_the_next_period_where_the_quota_says_so(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        resource = item(work, both)
        published(work, both, resource)
        _granted(work, both, resource, 2, QUEUE)
        quota = catalogue_quotas.of_resource(work, resource)[0][0]
        spend = lambda count: catalogue_quotas.spend(work, resource, agency(work).id, count, _today)  # noqa: E731
        assert [spend(1), spend(1), spend(1), spend(2), spend(1)] == [
            TODAY, TODAY, date(2027, 4, 1), date(2027, 5, 1), date(2027, 4, 1),
        ]  # fmt: skip
        with pytest.raises(Conflict):
            spend(3)  # never fits
        _quota, _agency, used = catalogue_quotas.of_resource(work, resource)[0]
        assert (used, quota.most) == (2, 2)


@pytest.mark.clause("LN-35")
def test_a_quota_holds_from_its_day_and_whoever_does_not_keep_the_item_grants_none(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        resource = item(work, desk)
        _granted(work, desk, resource, 5)
        with pytest.raises(Conflict):
            _granted(work, desk, resource, 6)
        catalogue_quotas.grant(
            keeper(work, desk), resource, agency(work), period=YEAR, most=0, over=REFUSE, valid_from=date(2027, 4, 1)
        )
        for day, most in ((TODAY, 5), (date(2027, 3, 31), 5), (date(2027, 4, 1), 0)):
            quota = catalogue_quotas.in_force(work, resource.id, agency(work).id, day)
            assert quota is not None and quota.most == most
        with pytest.raises(NotPermitted):
            catalogue_quotas.grant(work, resource, agency(work), period=MONTH, most=1, over=REFUSE, valid_from=TODAY)
        with pytest.raises(InvalidAnswers) as refused:
            catalogue_quotas.grant(
                keeper(work, desk), resource, agency(work), period="DAY", most=-1, over=REFUSE,
                valid_from=date(2027, 3, 1),
            )  # fmt: skip
        assert set(refused.value.fields) == {"period", "most", "valid_from"}


@given(DAYS, st.sampled_from([MONTH, QUARTER, YEAR]))
def test_every_day_lies_in_its_period(day: date, period: str) -> None:
    start, after = catalogue_quotas.period_start(period, day), catalogue_quotas.next_period(period, day)
    assert start <= day < after and catalogue_quotas.period_start(period, after - timedelta(days=1)) == start


@pytest.mark.clause("LN-35")
def test_works_that_spend_at_once_never_spend_more_than_was_granted(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        resource = item(work, both)
        _granted(work, both, resource, 5)
        key = resource.id
    done: list[int] = []

    def spend() -> None:
        for _turn in range(3):
            with both.acting("handler") as work:
                try:
                    mine = work.session.get_one(Resource, key)
                    catalogue_quotas.spend(work, mine, agency(work).id, 1, _today)
                    done.append(1)
                except Conflict:
                    pass

    at_once(*[spend] * 4)
    with both.acting("handler", NOW) as work:
        assert [one.used for one in work.session.scalars(select(QuotaUse))] == [5]
    assert len(done) == 5
