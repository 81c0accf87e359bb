"""Objections at the department alone; re-checks counted per person and category, limited by policy."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.parties import organisations
from domain.parties.households import Person
from domain.verification import disputes, queries, rechecks, reports
from domain.verification.deliveries import Resource
from domain.verification.disputes import CROSS_REGION, LOCAL, Dispute, Disputed, Recheck
from domain.verification.queries import Query, QuerySubject
from domain.verification.rechecks import Answer
from domain.work import SCHEDULER, Work
from tests.domain.office import NOW, Desk, case_of, household, people
from tests.domain.verification.papered import being, delivered, drafted, signed, verified
from tests.domain.verification.sourced import supplier


def _object(
    work: Work, case: Case, *items: tuple[Person, str], outcome: str = "FORWARDED", reasons: str = "申请人提供了存折"
) -> Dispute:
    return disputes.record(
        being(work, "clerk"),
        case,
        statement="存款不是我的",
        items=[Disputed(person, category) for person, category in items],
        reasons=reasons,
        outcome=outcome,
    )


def _upheld(work: Work, case: Case) -> None:
    """The agency answers that everything stands, and its supplement is delivered."""
    answers = {item.ref: Answer("UPHELD") for item in rechecks.current(work, case)}
    rechecks.answer(being(work, "handler"), case, answers)
    delivered(work, case)


@pytest.mark.clause("LF-21")
def test_an_objection_enters_at_the_department_with_its_reasons_and_nowhere_else(both: Desk) -> None:
    with both.acting() as work:
        case, _family, members = verified(work)
        delivered(work, case)
        for login in ("handler", "reviewer", "checker", "town"):
            with pytest.raises(NotPermitted):
                disputes.record(
                    being(work, login, "department_clerk"),
                    case,
                    statement="不对",
                    items=[Disputed(members[0], "DEPOSIT")],
                    reasons="有",
                    outcome="FORWARDED",
                )
        with pytest.raises(NotPermitted):
            disputes.record(
                being(work, "stranger"),
                case,
                statement="不对",
                items=[Disputed(members[0], "DEPOSIT")],
                reasons="有",
                outcome="FORWARDED",
            )
        with pytest.raises(Conflict) as unopened:
            rechecks.plan(being(work, "handler"), case)
        assert unopened.value.clause == "LF-21"
        with pytest.raises(InvalidAnswers) as refused:
            _object(work, case, (members[0], "DEPOSIT"), reasons=" ")
        assert set(refused.value.fields) == {"reasons"}
        assert not work.session.scalars(select(Dispute)).all()

        made = _object(work, case, (members[0], "DEPOSIT"))
        assert made.org_kind == "department" and disputes.reasons_of(work, made) == "申请人提供了存折"
        assert disputes.statement_of(work, made)["items"] == [{"person": members[0].ref, "category": "DEPOSIT"}]
        opened = work.session.scalars(select(Recheck)).one()
        assert (opened.ordinal, opened.round, opened.origin, opened.result) == (1, 1, LOCAL, None)


def test_only_what_the_report_says_can_be_objected_to(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, members = verified(work)
        stranger = people(work, household(work, "外人"))[0]
        delivered(work, case)
        for item in ((members[0], "HOUSE"), (stranger, "DEPOSIT")):
            with pytest.raises(InvalidAnswers) as refused:
                _object(work, case, item)
            assert set(refused.value.fields) == {"disputed"}
        with pytest.raises(InvalidAnswers):
            _object(work, case)


def test_before_the_report_is_delivered_there_is_nothing_to_object_to(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, members = verified(work)
        signed(work, case)
        with pytest.raises(Conflict):
            _object(work, case, (members[0], "DEPOSIT"))


@pytest.mark.parametrize("outcome", ["SETTLED", "NOT_ACCEPTED"])
def test_what_the_department_settles_or_refuses_opens_no_re_check(desk: Desk, outcome: str) -> None:
    with desk.acting() as work:
        case, _family, members = verified(work)
        delivered(work, case)
        assert _object(work, case, (members[0], "DEPOSIT"), outcome=outcome).outcome == outcome
        assert not work.session.scalars(select(Recheck)).all()
        with pytest.raises(Conflict):
            rechecks.plan(work.acting(SCHEDULER), case)


def test_a_re_check_asks_the_same_source_about_the_disputed_person_alone(both: Desk) -> None:
    with both.acting() as work:
        case, _family, members = verified(work)
        delivered(work, case)
        _object(work, case, (members[0], "DEPOSIT"), (members[1], "VEHICLE"))
        planned = rechecks.plan(work.acting(SCHEDULER), case)
        asked = {
            (query.category, query.round): [one.person_id for one in queries.subjects_of(work, query)]
            for query in planned
        }
        assert asked == {("DEPOSIT", 1): [members[0].id], ("VEHICLE", 1): [members[1].id]}
        assert all(query.due_at is not None and query.due_at > NOW for query in planned)
        assert [item.query_id for item in rechecks.current(work, case)] == [query.id for query in planned]


def test_every_item_is_answered_and_a_change_is_explained(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, members = verified(work)
        delivered(work, case)
        _object(work, case, (members[0], "DEPOSIT"), (members[0], "VEHICLE"))
        first, second = rechecks.current(work, case)
        handler = being(work, "handler")
        for answers in (
            {first.ref: Answer("UPHELD")},
            {first.ref: Answer("UPHELD"), second.ref: Answer("MAYBE")},
            {first.ref: Answer("UPHELD"), second.ref: Answer("CHANGED", " ")},
        ):
            with pytest.raises(InvalidAnswers):
                rechecks.answer(handler, case, answers)
        with pytest.raises(NotPermitted):
            rechecks.answer(being(work, "clerk"), case, {})
        rechecks.answer(handler, case, {first.ref: Answer("UPHELD"), second.ref: Answer("CHANGED", "车辆已过户")})
        assert [item.result for item in rechecks.current(work, case)] == ["UPHELD", "CHANGED"]
        assert rechecks.note_of(work, second) == "车辆已过户"
        with pytest.raises(Conflict):
            rechecks.answer(handler, case, {})
        assert drafted(work, case).version == 2


def test_a_second_objection_waits_for_the_answer_to_the_first(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, members = verified(work)
        delivered(work, case)
        _object(work, case, (members[0], "DEPOSIT"))
        with pytest.raises(Conflict):
            _object(work, case, (members[0], "DEPOSIT"))


def test_benxi_sets_no_limit_to_re_checks_of_its_own_results(both: Desk) -> None:
    with both.acting() as work:
        case, _family, members = verified(work)
        delivered(work, case)
        for turn in (1, 2, 3):
            _object(work, case, (members[0], "DEPOSIT"))
            assert [query.round for query in rechecks.plan(work.acting(SCHEDULER), case)] == [turn]
            _upheld(work, case)
        kept = work.session.scalars(select(Recheck).order_by(Recheck.id)).all()
        assert [(item.ordinal, item.round, item.origin) for item in kept] == [(n, n, LOCAL) for n in (1, 2, 3)]
        assert reports.latest(work, case).version == 4  # type: ignore[union-attr]


def _answered_elsewhere(work: Work, case: Case, person: Person, *categories: str) -> None:
    """Chaoyang, another city of the province, gave the newest answer in these categories."""
    office = supplier(work, "chaoyang-office", jurisdiction="chaoyang")
    office.parent_id = None
    commission = reports.latest(work, case).commission_id  # type: ignore[union-attr]
    for category in categories:
        source = Resource(
            code=f"chaoyang.{category}", category=category, supplier_id=office.id, level="city",
            limit_key=f"query_limit.{category}",
        )  # fmt: skip
        work.session.add(source)
        work.session.flush()
        query = Query(case_id=case.id, commission_id=commission, category=category, resource_id=source.id)
        work.session.add(query)
        work.session.flush()
        work.session.add(QuerySubject(query_id=query.id, commission_id=commission, person_id=person.id))
    work.session.flush()


@pytest.mark.clause("LN-19")
def test_a_cross_region_result_is_re_checked_once_and_another_category_is_still_accepted(both: Desk) -> None:
    with both.acting() as work:
        case, _family, members = verified(work)
        delivered(work, case)
        _answered_elsewhere(work, case, members[0], "DEPOSIT", "VEHICLE")
        _object(work, case, (members[0], "DEPOSIT"))
        assert rechecks.current(work, case)[0].origin == CROSS_REGION
        _upheld(work, case)

        with pytest.raises(Conflict) as refused:
            _object(work, case, (members[0], "DEPOSIT"))
        assert refused.value.clause == "LN-19" and "银行存款" in refused.value.message
        with pytest.raises(Conflict):
            _object(work, case, (members[0], "VEHICLE"), (members[0], "DEPOSIT"))

        assert _object(work, case, (members[0], "DEPOSIT"), outcome="NOT_ACCEPTED").outcome == "NOT_ACCEPTED"
        _object(work, case, (members[0], "VEHICLE"))
        assert [(item.category, item.ordinal) for item in rechecks.current(work, case)] == [("VEHICLE", 1)]


def test_the_limit_counts_each_person_apart(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, members = verified(work)
        delivered(work, case)
        _answered_elsewhere(work, case, members[0], "DEPOSIT")
        _object(work, case, (members[0], "DEPOSIT"))
        _upheld(work, case)
        _object(work, case, (members[1], "DEPOSIT"))
        assert rechecks.current(work, case)[0].origin == LOCAL


@pytest.mark.parametrize(
    ("jurisdiction", "above", "origin"),
    [
        ("benxi", "benxi-bureau", LOCAL),
        ("pingshan", "benxi-bureau", LOCAL),
        ("liaoning", None, LOCAL),
        ("national", None, LOCAL),
        ("chaoyang", None, CROSS_REGION),
        ("linfen", None, CROSS_REGION),
    ],
)
def test_an_answer_of_an_office_above_or_below_the_agency_is_local(
    desk: Desk, jurisdiction: str, above: str | None, origin: str
) -> None:
    with desk.acting() as work:
        case, _family, members = verified(work)
        # the bureau's own chain ends at the city: the province and the nation stand above it
        province = supplier(work, "province", "province", "liaoning")
        nation = supplier(work, "nation", "nation", "national")
        province.parent_id, nation.parent_id = nation.id, None
        organisations.by_code(work, "benxi-bureau").parent_id = province.id
        delivered(work, case)
        _answered_elsewhere(work, case, members[0], "DEPOSIT")
        office = organisations.by_code(work, "chaoyang-office")
        office.jurisdiction = jurisdiction
        office.parent_id = organisations.by_code(work, above).id if above else None
        work.session.flush()
        assert disputes.origin_of(work, case, Disputed(members[0], "DEPOSIT")) == origin


def test_without_a_query_the_result_is_local(desk: Desk) -> None:
    with desk.acting() as work:
        family = household(work)
        case = case_of(work, family)
        assert disputes.origin_of(work, case, Disputed(people(work, family)[0], "DEPOSIT")) == LOCAL


def test_an_objection_late_in_the_year_is_taken_too_since_benxi_sets_no_term(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, members = verified(work)
        delivered(work, case)
        case_ref, person_id = case.ref, members[0].id
    with desk.acting(now=NOW + timedelta(days=200)) as work:
        case = work.session.scalars(select(Case).where(Case.ref == case_ref)).one()
        _object(work, case, (work.session.get_one(Person, person_id), "DEPOSIT"), outcome="SETTLED")
