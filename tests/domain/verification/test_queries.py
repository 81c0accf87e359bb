"""Queries: within the letter, for those who agreed, answered once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from domain import cases
from domain.errors import Conflict, NotPermitted
from domain.verification import authorisations, catalogue, commissions, queries, results
from domain.verification.queries import (
    ANSWERED,
    FOUND,
    NOT_FOUND,
    NOT_OBTAINED,
    SENT,
    Query,
    QuerySubject,
    ResultRow,
)
from domain.work import SCHEDULER, Work, unit_of_work
from tests.domain.office import NOW, TODAY, Desk, case_of, household, people
from tests.domain.verification.sourced import (
    accepted_case,
    answered,
    as_role,
    match,
    planned,
    ready,
    sitting,
    sources,
    supplier,
)
from tests.domain.verification.world import issued


def _states(work: Work, query: Query) -> list[str]:
    return [subject.state for subject in queries.subjects_of(work, query)]


@pytest.mark.clause("LF-16")
@pytest.mark.clause("BX-17")
def test_no_query_is_planned_before_the_commission_is_accepted(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        offered = sources(work)
        waiting, _family, _commission = issued(work)
        without = case_of(work, household(work))
        for case in (waiting, without):
            with pytest.raises(Conflict) as refused:
                queries.plan(as_role(work, both, "handler"), case, [offered["DEPOSIT"].ref], "因故")
            assert refused.value.clause == "LF-16"
        assert not work.session.scalars(select(Query)).all()


@pytest.mark.clause("LF-04")
def test_leaving_out_a_source_without_a_reason_is_refused_with_the_gaps(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        offered = sources(work)
        case, _family, _people = accepted_case(work)
        handler = as_role(work, both, "handler")
        with pytest.raises(Conflict) as refused:
            queries.plan(handler, case, [offered["DEPOSIT"].ref, offered["PENRCV"].ref])
        assert refused.value.clause == "LF-04"
        assert refused.value.ids["gaps"] == ["police.DEATH", "traffic.VEHICLE"]
        own = [one.ref for category, one in offered.items() if category != "PENRCV"]
        with pytest.raises(Conflict) as refused:
            queries.plan(handler, case, own)
        assert (refused.value.clause, refused.value.ids["gaps"]) == ("LF-12", ["insurance.PENRCV"])
        made = queries.plan(handler, case, own, "省级接口停用，另行函询")
        assert [query.category for query in made] == ["DEATH", "DEPOSIT", "VEHICLE"]
        assert all(query.due_at is not None and query.due is not None for query in made)
        assert queries.plan(handler, case, own, "省级接口停用，另行函询") == made


def test_in_a_review_a_higher_level_is_no_mandatory_line(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        offered = sources(work)
        case, _family, _people = accepted_case(work, kind=cases.DYNAMIC)
        own = [one.ref for category, one in offered.items() if category != "PENRCV"]
        assert len(queries.plan(as_role(work, desk, "handler"), case, own)) == 3


@pytest.mark.clause("BX-08")
@pytest.mark.clause("LN-28")
def test_nothing_outside_the_letter_is_asked(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        offered = sources(work)
        case, _family, _people = accepted_case(work, categories=("DEPOSIT", "DEATH"))
        handler = as_role(work, both, "handler")
        with pytest.raises(Conflict, match="车辆") as refused:
            queries.plan(handler, case, [one.ref for one in offered.values()])
        assert refused.value.clause == "LN-28"
        assert {query.category for query in queries.plan_batch(work, case)} == {"DEPOSIT", "DEATH"}


@pytest.mark.clause("LF-26")
def test_only_the_agencys_own_people_plan_and_read_results(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        offered = sources(work)
        case, _family, _people = accepted_case(work)
        refs = [one.ref for one in offered.values()]
        for login in ("clerk", "head", "town", "checker"):
            with pytest.raises(NotPermitted):
                queries.plan(as_role(work, desk, login), case, refs)
        for login in ("clerk", "head", "town"):
            with pytest.raises(NotPermitted):
                results.results(as_role(work, desk, login), case)
        assert queries.plan(as_role(work, desk, "handler"), case, refs)
        assert results.results(as_role(work, desk, "handler"), case) == []


@pytest.mark.clause("BX-11")
def test_who_withdrew_is_not_asked_about_though_the_letter_names_him(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        bank = sources(work)["DEPOSIT"]
        case, _family, (first, second) = accepted_case(work)
        made = {query.category: query for query in queries.plan_batch(work, case)}
        signed = authorisations.of_person(work, second)[0]
        authorisations.withdraw(work, signed, on=TODAY, reason="不同意了")
        deposit = made["DEPOSIT"]
        assert queries.send(work, deposit) and deposit.state == SENT
        assert _states(work, deposit) == ["OPEN", NOT_OBTAINED]
        assert [person.ref for person in queries.persons_to_ask(work, deposit)] == [first.ref]
        delivery = ready(work, bank)
        answered(work, deposit, delivery, match(first, delivery, balance="1"), match(second, delivery, balance="2"))
        assert [row.person_id for row in work.session.scalars(select(ResultRow))] == [first.id]


def test_with_nobody_left_in_agreement_the_query_is_not_sent(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        sources(work)
        case, _family, members = accepted_case(work, "独居")
        deposit = next(query for query in queries.plan_batch(work, case) if query.category == "DEPOSIT")
        authorisations.withdraw(work, authorisations.of_person(work, members[0])[0], on=TODAY, reason="不同意了")
        assert not queries.send(work, deposit)
        assert (deposit.state, deposit.reason) == (NOT_OBTAINED, queries.NO_AUTHORISATION)
        assert queries.plan_batch(work, case) == []


def test_an_answer_is_written_once_and_found_people_are_told_from_others(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        bank = sources(work)["DEPOSIT"]
        case, _family, (first, second) = accepted_case(work)
        deposit = planned(work, case)["DEPOSIT"]
        delivery = ready(work, bank)
        rows = [
            match(first, delivery, bank="农行", account="1", balance="20.50"),
            match(second, delivery, kind="NAME_ONLY"),
        ]
        assert answered(work, deposit, delivery, *rows, rows[0]) == 2
        assert (deposit.state, _states(work, deposit)) == (ANSWERED, [FOUND, NOT_FOUND])
        assert answered(work, deposit, delivery, *rows) == 0
        view = results.results(as_role(work, both, "handler"), case)[0]
        assert (view.delivery, view.row_no, view.data_date) == (delivery.ref, rows[0].row_no, TODAY)
        assert view.value["values"]["balance"] == "20.50"
        row = work.session.scalars(select(ResultRow).where(ResultRow.person_id == first.id)).one()
        assert b"20.50" not in row.value and row.fingerprint != rows[0].fingerprint


@pytest.mark.clause("CK-11")
def test_an_answer_about_somebody_not_asked_is_refused_whole(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        bank = sources(work)["DEPOSIT"]
        case, _family, (first, _second) = accepted_case(work)
        stranger = people(work, household(work, "路人"))[0]
        deposit = planned(work, case)["DEPOSIT"]
        delivery = ready(work, bank)
        with pytest.raises(Conflict) as refused:
            answered(
                work, deposit, delivery, match(first, delivery, balance="1"), match(stranger, delivery, balance="1")
            )
        assert refused.value.clause == "CK-11"
        assert not work.session.scalars(select(ResultRow)).all() and deposit.state == SENT


def test_a_query_given_up_stays_given_up_and_an_answered_one_answered(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        offered = sources(work)
        case, _family, (first, _second) = accepted_case(work)
        made = planned(work, case)
        system = work.acting(SCHEDULER)
        queries.give_up(system, made["DEATH"], queries.TIMEOUT)
        queries.give_up(system, made["DEATH"], queries.NO_MEANS)
        assert (made["DEATH"].state, made["DEATH"].reason) == (NOT_OBTAINED, "TIMEOUT")
        assert _states(work, made["DEATH"]) == [NOT_OBTAINED, NOT_OBTAINED]
        delivery = ready(work, offered["DEATH"])
        with pytest.raises(Conflict):
            answered(work, made["DEATH"], delivery, match(first, delivery, died="2027-01-01"))
        bank = ready(work, offered["DEPOSIT"])
        answered(work, made["DEPOSIT"], bank)
        queries.give_up(system, made["DEPOSIT"], queries.TIMEOUT)
        assert made["DEPOSIT"].state == ANSWERED
        with pytest.raises(NotPermitted):
            queries.give_up(as_role(work, desk, "head"), made["VEHICLE"], queries.TIMEOUT)


def test_a_source_not_shared_at_present_becomes_work_for_the_department(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        offered = sources(work)
        offered["VEHICLE"].active = False
        case, _family, _people = accepted_case(work)
        chosen = [one.ref for one in offered.values() if one.active]
        made = {query.category: query for query in queries.plan(as_role(work, desk, "handler"), case, chosen)}
        assert (made["VEHICLE"].state, made["VEHICLE"].reason) == (NOT_OBTAINED, queries.NOT_SHARED)


@pytest.mark.clause("LF-09")
def test_no_query_waits_longer_than_the_case(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        sources(work)
        case, _family, _people = accepted_case(work)
        case.due_at, case.due = NOW + timedelta(days=1), {"key": "case_limit"}
        assert {query.due_at for query in queries.plan_batch(work, case)} == {case.due_at}


def test_cases_waiting_for_a_source_are_those_with_a_query_out_and_in_time(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        offered = sources(work)
        out, _family, _people = accepted_case(work, "甲")
        done, _family2, _people2 = accepted_case(work, "乙")
        late, _family3, _people3 = accepted_case(work, "丙")
        planned(work, out)
        queries.give_up(work.acting(SCHEDULER), planned(work, done)["DEPOSIT"], queries.TIMEOUT)
        planned(work, late)["DEPOSIT"].due_at = NOW - timedelta(hours=1)
        work.session.flush()
        assert queries.waiting_case_refs(work, offered["DEPOSIT"]) == [out.ref]


def test_a_recheck_asks_again_about_the_disputed_person_alone(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        sources(work)
        case, _family, (_first, second) = accepted_case(work)
        planned(work, case)
        again = queries.plan_again(work, case, "DEPOSIT", [second], 1)
        assert [(query.round, query.category) for query in again] == [(1, "DEPOSIT")]
        assert [subject.person_id for subject in queries.subjects_of(work, again[0])] == [second.id]
        assert queries.newest_round(work, case) == 1


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["send", "send", "answer", "answer", "withdraw", "plan", "give_up", "supply"]),
        st.integers(min_value=0, max_value=3),
    ),
    max_size=14,
)


@pytest.mark.clause("BX-11")
@pytest.mark.clause("LF-16")
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
def test_every_result_rests_on_an_accepted_commission_and_an_authorisation_that_held(
    desk: Desk, steps: list[tuple[str, int]]
) -> None:
    """Whatever the order of acts, no row is about somebody without consent at the moment of the answer."""
    withdrawn_before: dict[int, set[int]] = {}
    with unit_of_work(desk.home, desk.actor("clerk"), now=NOW) as work:
        offered = sources(work)
        case, _family, members = accepted_case(work, "甲", "乙")
        queries.plan_batch(work, case)
        gone: set[int] = set()
        for step, at in steps:
            _act(work, case, offered, members, step, at, gone, withdrawn_before)
        for row in work.session.scalars(select(ResultRow)):
            query = work.session.get_one(Query, row.query_id)
            commission = work.session.get_one(commissions.Commission, query.commission_id)
            assert commission.state == commissions.ACCEPTED
            assert row.person_id not in withdrawn_before[query.id]
            assert row.category in commissions.categories_of(work, commission)
        asked = set(work.session.scalars(select(QuerySubject.person_id)))
        assert asked <= {person.id for person in members}
        work.session.rollback()  # the next example begins anew


def _act(work, case, offered, members, step, at, gone, withdrawn_before):
    standing = queries.of_case(work, case)
    query = standing[at % len(standing)] if standing else None
    if step == "plan":
        queries.plan_batch(work, case)
    elif step == "withdraw" and members[at % 2].id not in gone:
        person = members[at % 2]
        authorisations.withdraw(work, authorisations.of_person(work, person)[0], on=TODAY, reason="不同意了")
        gone.add(person.id)
    elif step == "supply":
        ready(work, list(offered.values())[at])
    elif query is not None and step == "send":
        queries.send(work, query)
    elif query is not None and step == "give_up":
        queries.give_up(work.acting(SCHEDULER), query, queries.TIMEOUT)
    elif query is not None and step == "answer" and query.state in (SENT, ANSWERED):
        delivery = ready(work, offered[query.category])
        asked = {subject.person_id for subject in queries.subjects_of(work, query)}
        rows = [match(person, delivery, balance=str(at)) for person in members if person.id in asked]
        before = set(gone)
        if answered(work, query, delivery, *rows):
            withdrawn_before[query.id] = before


def test_a_supplier_of_another_place_is_no_source_of_this_agency(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        sources(work)
        far = catalogue.add_resource(work, supplier(work, "far", jurisdiction="liaoning"), "DEPOSIT")
        case, _family, _people = accepted_case(work)
        assert far.id not in {query.resource_id for query in queries.plan_batch(work, case)}
