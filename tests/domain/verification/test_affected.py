"""What rests on a delivery: doubts one way, reports the other, and each report looked at again once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.exc import DBAPIError

from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted
from domain.parties import households
from domain.parties.households import Person
from domain.verification import affected, comparison, disputes, doubts, withdrawals
from domain.verification.affected import CHANGED, FORWARDED, OPEN, STANDS, ReportReview
from domain.verification.deliveries import READY, WITHDRAWN, Delivery, Resource
from domain.verification.disputes import Disputed
from domain.work import OPERATOR, SCHEDULER, Work
from tasks.rows.notice_rows import Notification
from tasks.supply import reviews
from tests.domain.office import Desk
from tests.domain.verification.papered import being, delivered, doubted, verified


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    asked: list[str] = []

    def keep(*args: object) -> None:
        asked.append(str(args[2]))

    event.listen(engine, "before_cursor_execute", keep)
    yield asked
    event.remove(engine, "before_cursor_execute", keep)


def _deposit(work: Work) -> Delivery:
    return work.session.scalars(
        select(Delivery).join(Resource, Resource.id == Delivery.resource_id).where(Resource.category == "DEPOSIT")
    ).one()


def _reported(work: Work) -> tuple[Case, Delivery]:
    case, _family, members = verified(work)
    doubted(work, case, members[0])
    delivered(work, case)
    return case, _deposit(work)


def _withdrawn(work: Work, delivery: Delivery) -> None:
    source = work.session.get_one(Resource, delivery.resource_id)
    office = replace(OPERATOR, org_id=source.supplier_id)
    withdrawals.withdraw(work.acting(office), delivery, "the wrong branch")


def test_from_a_delivery_to_its_doubts_and_back_in_few_statements(both: Desk) -> None:
    with both.acting() as work:
        case, delivery = _reported(work)
        agency = being(work, "handler")
        work.session.flush()
        with statements(both.home.engine) as asked:
            affected.must_concern(agency, delivery)
            found = affected.resting(agency, delivery)
        assert len(asked) <= 10
        assert [(one.case_ref, one.category, one.code, one.row_no != "") for one in found] == [
            (case.ref, "DEPOSIT", "DEP-01", True)
        ]
        view = next(one for one in doubts.views(agency, case) if one.ref == found[0].doubt)
        assert (view.delivery, view.row_no) == (delivery.ref, found[0].row_no)


def test_a_doubt_about_a_sum_rests_on_every_delivery_of_the_sum(both: Desk) -> None:
    with both.acting() as work:
        case, _family, members = verified(work)
        made = doubted(work, case, members[0])
        made.result_id = None
        work.session.flush()
        assert made.comparison_id in {line.id for line in comparison.lines(work, case)}
        assert [one.doubt for one in affected.resting(being(work, "handler"), _deposit(work))] == [made.ref]


def test_an_office_with_no_case_on_it_learns_nothing_of_a_delivery(both: Desk) -> None:
    with both.acting() as work:
        _case, delivery = _reported(work)
        elsewhere = being(work, "stranger")
        with pytest.raises(NotFound):
            affected.must_concern(elsewhere, delivery)
        assert affected.resting(elsewhere, delivery) == []
        assert affected.of_office(elsewhere) == []


@pytest.mark.clause("LF-21")
def test_a_withdrawn_delivery_opens_the_review_of_each_report_once_and_tells_both_offices_once(both: Desk) -> None:
    with both.acting() as work:
        _case, delivery = _reported(work)
        assert affected.how_many(work, delivery) == 1
        with pytest.raises(Conflict):
            affected.open_reviews(work, delivery)
        _withdrawn(work, delivery)
        assert delivery.state == WITHDRAWN
        system = work.acting(SCHEDULER)
        assert [reviews.open_all(system, delivery.ref) for _turn in range(3)] == [1, 0, 0]
        assert [row.state for row in work.session.scalars(select(ReportReview))] == [OPEN]
        told = work.session.scalars(select(Notification).where(Notification.kind == "report.review")).all()
        assert len(told) == len({row.account_id for row in told})
        row = affected.of_office(being(work, "clerk"))[0]
        assert (row.state, row.delivery) == (OPEN, delivery.ref)
        with pytest.raises(DBAPIError, match="LF-21"):
            work.session.execute(text("DELETE FROM report_review"))
        work.session.rollback()


def test_a_delivery_nothing_rests_on_opens_nothing(both: Desk) -> None:
    with both.acting() as work:
        verified(work)
        delivery = _deposit(work)
        assert delivery.state == READY and affected.how_many(work, delivery) == 0
        _withdrawn(work, delivery)
        assert reviews.open_all(work.acting(SCHEDULER), delivery.ref) == 0


@pytest.mark.clause("LF-21")
def test_the_department_closes_a_review_with_its_words_and_a_re_check_only_by_forwarding(both: Desk) -> None:
    with both.acting() as work:
        case, delivery = _reported(work)
        _withdrawn(work, delivery)
        reviews.open_all(work.acting(SCHEDULER), delivery.ref)
        ref = affected.of_office(being(work, "clerk"))[0].ref
        clerk = being(work, "clerk")
        with pytest.raises(NotPermitted):
            affected.close(being(work, "handler"), ref, STANDS, "seen")
        with pytest.raises(NotFound):
            affected.close(being(work, "stranger"), ref, STANDS, "seen")
        with pytest.raises(InvalidAnswers):
            affected.close(clerk, ref, STANDS, " ")
        with pytest.raises(Conflict) as refused:
            affected.close(clerk, ref, FORWARDED, "forwarded")
        assert refused.value.clause == "LF-21"
        person = next(iter(_people(work, case)))
        disputes.record(
            clerk, case, statement="the file was wrong", items=[Disputed(person, "DEPOSIT")], reasons="withdrawn",
            outcome=disputes.FORWARDED,
        )  # fmt: skip
        affected.close(clerk, ref, FORWARDED, "asked again")
        with pytest.raises(Conflict):
            affected.close(clerk, ref, CHANGED, "again")
        row = affected.of_office(clerk)[0]
        assert (row.state, row.note) == (FORWARDED, "asked again")


def _people(work: Work, case: Case) -> Iterable[Person]:
    return households.members(work, households.by_id(work, case.household_id))
