"""Rows found by name alone: they count for nothing until a person says whose they are (CK-09)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from domain.errors import InvalidAnswers, NotPermitted
from domain.verification import comparison, doubt_facts, name_hints
from domain.verification.name_hints import OTHER, SAME, UNKNOWN, NameHint, Verdict
from domain.verification.queries import ResultRow
from tests.domain.office import Desk
from tests.domain.verification.sourced import (
    accepted_case,
    answered,
    as_role,
    match,
    planned,
    ready,
    sitting,
    sources,
)


def _by_name(work, *balances: str):
    """A case whose first person has an account by number and others by name alone."""
    offered = sources(work)
    case, _family, (first, _second) = accepted_case(work, "甲", "乙")
    made = planned(work, case)
    bank = ready(work, offered["DEPOSIT"])
    rows = [match(first, bank, kind="NAME_ONLY", account=str(n), balance=one) for n, one in enumerate(balances)]
    answered(work, made["DEPOSIT"], bank, match(first, bank, account="own", balance="100.00"), *rows)
    return case, first


def _line(work, case, person):
    return next(one for one in comparison.build(work, case) if (one.person, one.category) == (person.ref, "DEPOSIT"))


@pytest.mark.clause("CK-09")
def test_only_what_a_person_confirmed_is_compared_and_becomes_a_fact(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        case, first = _by_name(work, "90000.00", "70000.00", "50000.00")
        hints = name_hints.waiting(work, case)
        assert [(one.person, one.category, one.source) for one in hints] == [(first.ref, "DEPOSIT", "单位bank")] * 3
        said = {
            hints[0].ref: Verdict(SAME, "银行核对了开户资料"),
            hints[1].ref: Verdict(OTHER, "出生日期不同"),
            hints[2].ref: Verdict(UNKNOWN),
        }
        name_hints.decide(as_role(work, both, "handler"), case, said)
        assert name_hints.waiting(work, case) == []

        line = _line(work, case, first)
        assert (line.verdict, line.found, line.count) == ("UNDECLARED", Decimal("90100"), 2)
        facts = [one for one in doubt_facts.facts(work, case) if one.context["fact"] == "ROW"]
        assert sorted(one.context["match_kind"] for one in facts) == ["ID+NAME", "NAME_ONLY"]
        kept = list(work.session.scalars(select(NameHint).order_by(NameHint.id)))
        assert [name_hints.note_of(work, row) for row in kept] == ["银行核对了开户资料", "出生日期不同", ""]
        assert "银行".encode() not in kept[0].note


@pytest.mark.clause("CK-09")
def test_nothing_is_counted_while_nobody_has_said_whose_a_row_is(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        case, first = _by_name(work, "90000.00")
        assert _line(work, case, first).found == Decimal("100")
        assert name_hints.confirmed(work, list(work.session.scalars(select(ResultRow.id)))) == frozenset()


def test_a_verdict_is_complete_or_nothing_is_kept(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        case, _first = _by_name(work, "90000.00", "70000.00")
        one, two = name_hints.waiting(work, case)
        handler = as_role(work, desk, "handler")
        for said in (
            {one.ref: Verdict(SAME, "问过银行")},
            {one.ref: Verdict(SAME, "问过银行"), two.ref: Verdict("MAYBE", "x")},
            {one.ref: Verdict(SAME, " "), two.ref: Verdict(UNKNOWN)},
        ):
            with pytest.raises(InvalidAnswers) as refused:
                name_hints.decide(handler, case, said)
            assert "name_hints" in refused.value.fields
        with pytest.raises(NotPermitted):
            name_hints.decide(work, case, {one.ref: Verdict(UNKNOWN), two.ref: Verdict(UNKNOWN)})
        assert len(name_hints.waiting(work, case)) == 2
