"""Offline investigation is the department's, with two people and one of the named methods."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted
from domain.verification import queries, surveys
from domain.verification.surveys import Finding, Report, Survey
from domain.work import SCHEDULER
from tests.domain.office import NOW, Desk, household, people
from tests.domain.verification.sourced import accepted_case, answered, as_role, planned, ready, sitting, sources

VISIT = Report("VISIT", NOW, ["张三", "李四"], [], statement="家中无人")


@pytest.mark.clause("LF-08")
def test_what_no_source_answered_is_the_departments_to_find_out(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        offered = sources(work)
        case, _family, (first, second) = accepted_case(work)
        made = planned(work, case)
        answered(work, made["DEATH"], ready(work, offered["DEATH"]))
        queries.give_up(work.acting(SCHEDULER), made["DEPOSIT"], queries.TIMEOUT)
        missing, due = surveys.plan_surveys(work, case)
        assert [query.ref for query in missing] == [made["DEPOSIT"].ref]
        assert due.at is not None and due.at > NOW
        filled = replace(
            VISIT, findings=[Finding(first.ref, True, Decimal("3200.50")), Finding(second.ref, False)], place="站前街道"
        )
        for login in ("handler", "checker"):
            with pytest.raises(NotPermitted):
                surveys.record(as_role(work, both, login), case, made["DEPOSIT"], filled)
        with pytest.raises(InvalidAnswers) as refused:
            surveys.record(as_role(work, both, "town"), case, made["DEPOSIT"], replace(filled, method="HEARSAY"))
        assert "method" in refused.value.fields
        assert surveys.METHODS[:3] == ("VISIT", "NEIGHBOURS", "LETTER")  # 实地查看、邻里访问、信函索证
        kept = surveys.record(as_role(work, both, "town"), case, made["DEPOSIT"], filled)
        row = work.session.scalars(select(Survey)).one()
        assert (row.org_kind, row.method, row.query_id) == ("town_post", "VISIT", made["DEPOSIT"].id)
        assert [(one["obtained"], one["amount"]) for one in surveys.findings_of(work, kept)] == [
            (True, "3200.50"),
            (False, None),
        ]
        assert b"3200" not in row.findings and "张三".encode() not in row.surveyors


def test_every_method_of_the_notice_is_kept_and_others_are_refused(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        sources(work)
        case, _family, _people = accepted_case(work)
        deposit = planned(work, case)["DEPOSIT"]
        queries.give_up(work.acting(SCHEDULER), deposit, queries.NOT_SHARED)
        for method in surveys.METHODS:
            surveys.record(as_role(work, desk, "clerk"), case, deposit, replace(VISIT, method=method))
        assert [row.method for row in surveys.of_case(work, case)] == ["VISIT", "NEIGHBOURS", "LETTER", "OTHER"]
        with pytest.raises(InvalidAnswers) as refused:
            surveys.record(
                as_role(work, desk, "town"),
                case,
                deposit,
                Report("PHONE", NOW + timedelta(hours=1), ["张三", "张三 "], []),
            )
        assert set(refused.value.fields) == {"method", "made_at", "surveyors"}


def test_only_what_is_missing_and_only_who_was_asked_about_is_investigated(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        sources(work)
        case, _family, _people = accepted_case(work)
        other = people(work, household(work, "路人"))[0]
        made = planned(work, case)
        with pytest.raises(Conflict):
            surveys.record(as_role(work, desk, "town"), case, made["DEPOSIT"], VISIT)
        queries.give_up(work.acting(SCHEDULER), made["DEPOSIT"], queries.TIMEOUT)
        stranger = replace(VISIT, findings=[Finding(other.ref, True, Decimal(1))])
        with pytest.raises(NotFound):
            surveys.record(as_role(work, desk, "town"), case, made["DEPOSIT"], stranger)
        assert surveys.of_case(work, case) == []


def test_an_investigation_is_due_no_later_than_its_case(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        sources(work)
        case, _family, _people = accepted_case(work)
        case.due_at = NOW + timedelta(days=1)
        assert surveys.plan_surveys(work, case)[1].at == case.due_at
