"""The doubt table rule by rule: a fact that raises it, one just beside that does not, the threshold switched off."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

import decisions
from documents.wording import lint_conclusion_words
from domain.policy_keys import DOUBTS
from domain.verification.doubts import NAMES
from tests.bundles.playing import bundle

NOW = datetime(2027, 6, 1, 2, tzinfo=UTC)
LIMITS: dict[str, Any] = {
    **{key.name.removeprefix("doubt."): None for key in DOUBTS},
    "amount_tolerance": Decimal(100),
    "pension_tolerance": Decimal(50),
    "dwellings": Decimal(1),
    "fund_balance": Decimal(10000),
    "transfer_look_back": 12,
    "divorce_look_back": 12,
    "vehicle_exempt_kinds": ["残疾人专用车"],
    "household_deposits": Decimal(50400),
}
MODEL = decisions.load(bundle("verification").files["doubts.dmn"])
TABLE = bundle("verification").files["doubts.dmn"].decode()
RULES = re.findall(r'<rule id="rule_(\w+)">', TABLE)


def line(category: str, verdict: str = "UNDER", **values: Any) -> dict[str, Any]:
    return {"fact": "LINE", "category": category, "verdict": verdict, "stale": False, "conflict": False, **values}


def row(category: str, **values: Any) -> dict[str, Any]:
    return {"fact": "ROW", "category": category, "active": True, "name_differs": False, "status": "", **values}


# rule, code, a fact that raises it, what makes it not so, the threshold it rests on
CASES: list[tuple[str, str, dict[str, Any], dict[str, Any], str]] = [
    ("pension", "D-PENRCV", line("PENRCV", "UNDECLARED", difference=51, found=51), {"difference": 50},
     "pension_tolerance"),
    ("unemployment", "D-UIRCV", line("UIRCV", difference=1), {"verdict": "EQUAL", "difference": 0}, ""),
    ("wage", "D-WAGE", line("WAGE", difference=101), {"difference": 100}, "amount_tolerance"),
    ("tax", "D-TAX", line("TAX", "UNDECLARED", difference=101), {"category": "WAGE_"}, "amount_tolerance"),
    ("vehicle", "D-VEH", row("VEHICLE", kind="小型轿车"), {"kind": "残疾人专用车"}, ""),
    ("vehicle", "D-VEH", row("VEHICLE", kind="小型轿车"), {"active": False, "status": "报废"}, ""),
    ("dwellings", "D-HOUSE", line("HOUSE", "EQUAL", household_count=2), {"household_count": 1}, "dwellings"),
    ("dwelling_undeclared", "D-HOUSE", line("HOUSE", "UNDECLARED"), {"verdict": "OVER"}, ""),
    ("dwelling_use", "D-HOUSE", row("HOUSE", kind="商业服务"), {"kind": "住宅"}, ""),
    ("dwelling_use", "D-HOUSE", row("HOUSE", kind="仓储"), {"active": False}, ""),
    ("dwelling_transferred", "D-HOUSE-TRF", row("HOUSE", active=False, months_since=12), {"months_since": 13},
     "transfer_look_back"),
    ("business", "D-BIZ", line("BIZ", "UNDECLARED"), {"verdict": "NOT_OBTAINED"}, ""),
    ("deposits", "D-DEPOSIT", line("DEPOSIT", "EQUAL", household_total=50401), {"household_total": 50400},
     "household_deposits"),
    ("deposit_undeclared", "D-UNDECL", line("DEPOSIT", difference=101), {"difference": 100}, "amount_tolerance"),
    ("fund", "D-HPF", row("HPF", amount=10001), {"amount": 10000}, "fund_balance"),
    ("death", "D-DEATH", row("DEATH", months_since=3), {"active": False}, ""),
    ("death_conflict", "D-DEATH-CONF", line("DEATH", conflict=True), {"conflict": False}, ""),
    ("custody", "D-PRISON", row("PRISON", months_since=3), {"active": False, "status": "释放"}, ""),
    ("divorce", "D-MAR", row("MARRIAGE", kind="离婚登记", months_since=12), {"months_since": 13}, "divorce_look_back"),
    ("divorce", "D-MAR", row("MARRIAGE", kind="离婚登记", months_since=1), {"kind": "结婚登记"}, ""),
    ("certificate_expired", "D-DISREC", row("DISAB", valid_until=date(2027, 5, 31)), {"valid_until": date(2027, 6, 1)},
     ""),
    ("certificate_ended", "D-DISREC", row("DISAB", active=False, status="注销"), {"active": True}, ""),
    ("name", "D-IDENT", row("DEPOSIT", name_differs=True), {"name_differs": False}, ""),
    ("stale", "D-STALE", line("WAGE", "EQUAL", stale=True), {"stale": False}, ""),
    ("over", "D-OVERDECL", line("WAGE", "OVER", difference=-101), {"difference": -100}, "amount_tolerance"),
]  # fmt: skip
IDS = [f"{case[0]}-{number}" for number, case in enumerate(CASES)]


def matched(fact: Mapping[str, Any], limits: Mapping[str, Any] = LIMITS) -> dict[str, str]:
    """Rule and code of everything the table says of a fact."""
    result = MODEL.evaluate("doubts", {**dict.fromkeys(NAMES), **fact, "limits": limits}, now=NOW)
    assert result.value is not None and result.reasons == ()  # no doubt is an answer too
    return {found.rule_id.removeprefix("rule_"): str(found.outputs["code"]) for found in result.matched}


def test_every_rule_of_the_table_has_a_case() -> None:
    assert set(RULES) == {case[0] for case in CASES}
    assert len(RULES) == len(set(RULES))


@pytest.mark.parametrize(("rule", "code", "fact", "_beside", "_limit"), CASES, ids=IDS)
def test_a_rule_raises_its_doubt(rule: str, code: str, fact: dict[str, Any], _beside: object, _limit: str) -> None:
    assert matched(fact) == {rule: code}


@pytest.mark.parametrize(("rule", "_code", "fact", "beside", "_limit"), CASES, ids=IDS)
def test_just_beside_the_rule_there_is_no_doubt(
    rule: str, _code: str, fact: dict[str, Any], beside: dict[str, Any], _limit: str
) -> None:
    assert rule not in matched({**fact, **beside})


@pytest.mark.parametrize(("rule", "_code", "fact", "_beside", "limit"), [c for c in CASES if c[4]])
def test_a_threshold_that_is_switched_off_raises_nothing(
    rule: str, _code: str, fact: dict[str, Any], _beside: object, limit: str
) -> None:
    assert rule not in matched(fact, {**LIMITS, limit: None})


def test_without_a_list_of_exempt_kinds_no_vehicle_is_exempt() -> None:
    exempt: list[str] | None
    for exempt in (None, []):
        assert matched(row("VEHICLE", kind="残疾人专用车"), {**LIMITS, "vehicle_exempt_kinds": exempt}) != {}


def test_nothing_found_and_nothing_obtained_are_no_doubt() -> None:
    for category in ("DEPOSIT", "VEHICLE", "HOUSE", "PENRCV", "BIZ", "DEATH"):
        for verdict in ("EQUAL", "NOT_OBTAINED"):
            assert matched(line(category, verdict)) == {}


def test_no_threshold_stands_in_the_table() -> None:
    """A number in a cell would be a rule of nobody: the figures are the office's, in its policies."""
    cells = re.findall(r"<inputEntry id=\"\w+\"><text>(.*?)</text>", TABLE)
    figures = [cell for cell in cells if re.search(r"[1-9]", re.sub(r'"[^"]*"', "", cell))]
    assert cells and figures == []


def test_the_sentences_name_what_is_known_and_conclude_nothing() -> None:
    sentences = re.findall(r"<annotationEntry><text>(.*?)</text>", TABLE)
    assert len(sentences) == len(RULES)
    for sentence in sentences:
        assert set(re.findall(r"{(\w+)}", sentence)) <= set(NAMES)
        assert not lint_conclusion_words(sentence)


def test_the_limits_a_rule_rests_on_are_policies() -> None:
    known = {key.name.removeprefix("doubt.") for key in DOUBTS} | {"household_deposits"}
    assert set(re.findall(r"limits\.(\w+)", TABLE)) <= known
