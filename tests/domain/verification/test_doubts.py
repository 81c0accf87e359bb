"""Doubts: each leads back to its rule and row, none rests on a name alone, a person settles them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.journal import JournalEntry
from domain.verification import comparison, doubt_facts, doubts
from domain.verification.doubt_facts import About
from domain.verification.doubts import Doubt, Raised
from domain.workdays import add_months
from tests.bundles.test_doubts import LIMITS, matched
from tests.domain.office import TODAY, Desk
from tests.domain.verification.sourced import (
    accepted_case,
    answered,
    as_role,
    declared,
    match,
    planned,
    ready,
    sitting,
    sources,
    yuan,
)

RULE = {"decision": "doubts", "table": "t", "rule": "r7", "number": 7, "version": 1, "inputs": ["category", "found"]}
DOCUMENT = Path(__file__).parents[3] / "docs" / "decision-variables.md"


def _played(work, desk):
    """Two accounts and a car of the first person, a namesake's account of the second; something declared."""
    offered = sources(work)
    case, family, (first, second) = accepted_case(work, "甲", "乙")
    declared(work, family, {(first, "DEPOSIT"): yuan("100")})
    made = planned(work, case)
    bank, cars, police = (ready(work, offered[name]) for name in ("DEPOSIT", "VEHICLE", "DEATH"))
    rows = {
        "big": match(first, bank, bank="农行", account="1", balance="40000.00", kind="ID"),
        "small": match(first, bank, bank="工行", account="2", balance="3000.00"),
        "hint": match(second, bank, kind="NAME_ONLY", account="3", balance="50000.00"),
        "car": match(first, cars, plate="辽E1", type="小型轿车", status="正常", first_registration="2025-03-11"),
        "gone": match(first, cars, plate="辽E2", status="注销", name_differs=True),
    }
    answered(work, made["DEPOSIT"], bank, rows["big"], rows["small"], rows["hint"])
    answered(work, made["VEHICLE"], cars, rows["car"], rows["gone"])
    answered(work, made["DEATH"], police)
    comparison.build(work, case)
    return case, first, second, rows


def _line(facts: list[About], person, category: str) -> Mapping[str, Any]:
    found = [a for a in facts if (a.person_id, a.category, a.context["fact"]) == (person.id, category, "LINE")]
    assert len(found) == 1
    return found[0].context


def _rows(facts: list[About], category: str) -> list[Mapping[str, Any]]:
    return [a.context for a in facts if a.category == category and a.context["fact"] == "ROW"]


def test_the_document_lists_exactly_the_names_a_table_is_given(desk: Desk) -> None:
    listed = set(re.findall(r"^\| `(\w+)` \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE))
    assert listed == set(doubt_facts.NAMES)
    with sitting(desk, "clerk") as work:
        case, *_rest = _played(work, desk)
        made = doubt_facts.facts(work, case)
        assert made and all(set(about.context) == set(doubt_facts.NAMES) for about in made)
        thresholds = set(made[0].context["limits"])
        written = DOCUMENT.read_text(encoding="utf-8")
        assert all(f"`{name}`" in written for name in thresholds)


def test_facts_say_what_was_declared_and_found(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        case, first, second, _rows_made = _played(work, both)
        made = doubt_facts.facts(work, case)
        line = _line(made, first, "DEPOSIT")
        assert (line["verdict"], line["declared"], line["found"], line["difference"], line["count"]) == (
            "UNDER",
            Decimal(100),
            Decimal(43000),
            Decimal(42900),
            2,
        )
        assert (line["household_total"], line["household_size"]) == (Decimal(43000), 2)
        assert _line(made, second, "DEPOSIT")["household_total"] is None
        limits = line["limits"]
        assert limits["household_deposits"] == limits["deposit_months"] * limits["standard_month"] * 2
        assert (limits["max_data_age"], limits["area_per_head"]) == (6, None)
        assert _line(made, first, "VEHICLE")["household_count"] == 1
        assert _line(made, first, "PENRCV")["verdict"] == "NOT_OBTAINED"
        car, gone = sorted(_rows(made, "VEHICLE"), key=lambda row: not row["active"])
        assert (car["kind"], car["status"], car["active"], car["months_since"]) == ("小型轿车", "正常", True, 23)
        assert (gone["active"], gone["name_differs"]) == (False, True)


@pytest.mark.clause("CK-09")
def test_a_name_alone_is_never_a_fact_and_so_never_a_doubt(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        case, _first, second, _rows_made = _played(work, both)
        made = doubt_facts.facts(work, case)
        assert not [a for a in made if a.person_id == second.id and a.context["fact"] == "ROW"]
        assert {a.context["match_kind"] for a in made if a.context["fact"] == "ROW"} == {"ID", "ID+NAME"}
        assert _line(made, second, "DEPOSIT")["found"] == 0


def test_a_doubt_leads_back_to_its_rule_its_file_and_its_row(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        case, first, _second, rows = _played(work, both)
        about = next(
            a for a in doubt_facts.facts(work, case) if a.category == "VEHICLE" and a.context["active"] and a.result_id
        )
        raised = Raised("D-VEH", "名下有{kind}（{status}），申报 {declared}", RULE)
        doubt, new = doubts.raise_doubt(work, case, about, raised)
        assert new and doubts.raise_doubt(work, case, about, raised) == (doubt, False)
        assert len(work.session.scalars(select(Doubt)).all()) == 1
        view = doubts.views(work, case)[0]
        assert (view.code, view.person, view.delivery, view.row_no) == (
            "D-VEH",
            first.ref,
            rows["car"].delivery,
            rows["car"].row_no,
        )
        assert view.sentence == "名下有小型轿车（正常），申报 —"
        assert view.rule == RULE and "小型轿车".encode() not in doubt.sentence


def test_a_doubt_of_a_sum_rests_on_its_weightiest_row(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        case, first, _second, rows = _played(work, desk)
        about = next(
            a
            for a in doubt_facts.facts(work, case)
            if (a.category, a.person_id, a.context["fact"]) == ("DEPOSIT", first.id, "LINE")
        )
        doubts.raise_doubt(work, case, about, Raised("D-DEPOSIT", "存款合计 {household_total} 元", RULE))
        view = doubts.views(work, case)[0]
        assert (view.row_no, view.sentence) == (rows["big"].row_no, "存款合计 43,000 元")


@pytest.mark.clause("CK-10")
def test_old_data_are_called_stale(desk: Desk) -> None:
    oldest = add_months(TODAY, -6)  # the national policy's doubt.max_data_age
    with sitting(desk, "clerk") as work:
        offered = sources(work)
        case, _family, (first, second) = accepted_case(work, "甲", "乙")
        made = planned(work, case)
        bank = ready(work, offered["DEPOSIT"])
        answered(
            work,
            made["DEPOSIT"],
            bank,
            match(first, bank, account="1", balance="1.00", data_date=oldest - timedelta(days=1)),
            match(second, bank, account="2", balance="1.00", data_date=oldest),
        )
        comparison.build(work, case)
        facts = doubt_facts.facts(work, case)
        assert [_line(facts, person, "DEPOSIT")["stale"] for person in (first, second)] == [True, False]
        # and whoever compares is warned by the table that ships, of nothing but the age
        told = [
            matched(_line(facts, person, "DEPOSIT"), LIMITS | {"amount_tolerance": None}) for person in (first, second)
        ]
        assert [codes.get("stale") for codes in told] == ["D-STALE", None]


def test_a_doubt_is_settled_once_by_the_county_and_never_by_the_agency(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        case, _first, _second, _rows_made = _played(work, both)
        about = doubt_facts.facts(work, case)[0]
        doubt, _new = doubts.raise_doubt(work, case, about, Raised("D-X", "x", RULE))
        for login in ("handler", "checker"):
            with pytest.raises(NotPermitted):
                doubts.settle(as_role(work, both, login), doubt, "TRUE", "上门核实")
        town = as_role(work, both, "town")
        with pytest.raises(InvalidAnswers) as refused:
            doubts.settle(town, doubt, "MAYBE", " ")
        assert set(refused.value.fields) == {"finding", "note"}
        doubts.settle(town, doubt, "EXPLAINED", "代邻居保管")
        assert (doubt.finding, doubt.settled_by, doubts.views(work, case)[0].note) == (
            "EXPLAINED",
            town.actor.user_id,
            "代邻居保管",
        )
        with pytest.raises(Conflict):
            doubts.settle(town, doubt, "TRUE", "再看")
        bodies = [str(entry.body) for entry in work.session.scalars(select(JournalEntry))]
        assert not any("代邻居" in body or "43000" in body for body in bodies)


def test_what_is_null_or_unknown_in_a_sentence_shows_as_a_dash() -> None:
    context = {"found": Decimal("12.50"), "count": 2, "declared": None}
    assert doubts.fill("{found} {count} {declared} {nothing}", context) == "12.5 2 — —"
