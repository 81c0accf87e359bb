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
from domain.policy_keys.thresholds import DOUBTS
from domain.verification.doubt_facts import NAMES
from domain.verification.measures import MEASURES
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
    "contribution_look_back": 6,
    "contribution_base": Decimal(4000),
    "area_per_head": Decimal(30),
    "fund_withdrawal": Decimal(10000),
    "large_movement": Decimal(20000),
    "split_look_back": 12,
    "separation_term": 6,
    "fiscal_look_back": 12,
    "school_fee": Decimal(10000),
    "adult_age": Decimal(18),
    "labour_age": Decimal(60),
    "security_value": Decimal(10000),
    "insurance_premium": Decimal(3000),
    "insurance_surrender": Decimal(10000),
    "vessel_tons": Decimal(0),
    "exclusive_benefits": ["ORPHAN+TEKUN", "DISABLED2+TEKUN"],
    "supporter_income": Decimal(3000),
    "supporter_deposits": Decimal(50000),
    "expenditure_ratio": Decimal(2),
    "switched_off": [],
}
MODEL = decisions.load(bundle("verification").files["doubts.dmn"])
TABLE = bundle("verification").files["doubts.dmn"].decode()
RULES = re.findall(r'<rule id="rule_(\w+)">', TABLE)


def line(category: str, verdict: str = "UNDER", **values: Any) -> dict[str, Any]:
    return {"fact": "LINE", "category": category, "verdict": verdict, "stale": False, "conflict": False, **values}


def row(category: str, **values: Any) -> dict[str, Any]:
    return {"fact": "ROW", "category": category, "active": True, "name_differs": False, "status": "", **values}


def support(category: str, **values: Any) -> dict[str, Any]:
    return {"fact": "SUPPORTER", "category": category, "verdict": "UNDECLARED", **values}


def months(*kinds: str, apart: bool = False) -> list[dict[str, Any]]:
    """Payments of one month, or each in a month of its own."""
    if apart:
        return [{"month": f"2027-0{number}", "kinds": [kind]} for number, kind in enumerate(kinds, 1)]
    return [{"month": "2027-05", "kinds": list(kinds)}]


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
    ("death", "D-DEATH", row("FUNERAL", months_since=1), {"category": "PRISON_"}, ""),
    ("deposit_undeclared", "D-UNDECL", line("TRANSFER", "UNDECLARED", difference=101), {"difference": 100},
     "amount_tolerance"),
    ("pension_contribution", "D-PENPAY",
     row("PENPAY", kind="企业职工基本养老保险", employer="某厂", months_since=6), {"months_since": 7},
     "contribution_look_back"),
    ("pension_contribution", "D-PENPAY", row("PENPAY", kind="城镇职工", employer="某厂", months_since=0),
     {"declared_wage": 900}, "contribution_look_back"),
    ("pension_contribution", "D-PENPAY", row("PENPAY", kind="城镇职工", employer="某厂", months_since=0),
     {"kind": "城乡居民养老保险"}, ""),
    ("pension_contribution", "D-PENPAY", row("PENPAY", kind="职工", employer="某厂", months_since=0), {"employer": ""},
     ""),
    ("pension_contribution_base", "D-PENPAY", row("PENPAY", kind="灵活就业", amount=4001, employer=""),
     {"amount": 4000}, "contribution_base"),
    ("employed", "D-EMP", row("EMP", declared_work="UNEMPLOYED", employer="某厂"), {"declared_work": "EMPLOYED"}, ""),
    ("employed", "D-EMP", row("EMP", declared_work="UNEMPLOYED", valid_until=date(2027, 6, 1)),
     {"valid_until": date(2027, 5, 31)}, ""),
    ("no_income", "D-EMP", line("EMP", "EQUAL", labour=True, age=18, declared_income=0), {"age": 60}, "labour_age"),
    ("no_income", "D-EMP", line("EMP", "EQUAL", labour=True, age=59, declared_income=0), {"age": 17}, "adult_age"),
    ("no_income", "D-EMP", line("EMP", "EQUAL", labour=True, age=40, declared_income=0), {"labour": False}, ""),
    ("no_income", "D-EMP", line("EMP", "EQUAL", labour=True, age=40, declared_income=0), {"declared_income": None}, ""),
    ("dwelling_area", "D-HOUSE", line("HOUSE", "EQUAL", household_area=91, household_size=3), {"household_area": 90},
     "area_per_head"),
    ("fund_deposited", "D-HPF", row("HPF", amount=1, months_since=6), {"months_since": 7}, "contribution_look_back"),
    ("fund_withdrawn", "D-HPF", row("HPF", amount=1, other_amount=10001), {"other_amount": 10000}, "fund_withdrawal"),
    ("commercial_vehicle", "D-TAXI", row("TAXI", kind="个体"), {"active": False}, ""),
    ("commercial_vehicle", "D-TAXI", row("OPVEH", kind="普通货运"), {"category": "VEHICLE_"}, ""),
    ("organisation", "D-NPO", row("NPO", kind="民办非企业单位"), {"active": False, "status": "注销"}, ""),
    ("certificate_missing", "D-DISREC", line("DISAB", "OVER", difference=-1), {"verdict": "EQUAL"}, ""),
    ("deaths_differ", "D-DEATH-CONF", line("DEATH", "EQUAL", deaths_differ=True), {"deaths_differ": False}, ""),
    ("register_differs", "D-HUKOU", line("HUKOU", "EQUAL", register_differs=True), {"register_differs": False}, ""),
    ("register_ended", "D-HUKOU", row("HUKOU", active=False, status="迁出"), {"active": True}, ""),
    ("register_outside", "D-HUKOU", row("HUKOU", outside=True), {"outside": False}, ""),
    ("household_split", "D-SPLITHH", row("HUKOU", months_since=12), {"months_since": 13}, "split_look_back"),
    ("address_shared", "D-SPLITHH", row("HUKOU", address_shared=True), {"address_shared": False}, "split_look_back"),
    ("spouse_missing", "D-MAR", row("MARRIAGE", kind="结婚登记", newest=True, spouse_listed=False),
     {"spouse_listed": True}, ""),
    ("spouse_missing", "D-MAR", row("MARRIAGE", kind="补发结婚证", newest=True, spouse_listed=False),
     {"newest": False}, ""),
    ("not_enrolled", "D-SCHOOL", line("SCHOOL", "EQUAL", declared_work="STUDENT", age=18, found=0), {"found": 1},
     "adult_age"),
    ("not_enrolled", "D-SCHOOL", line("SCHOOL", "EQUAL", declared_work="STUDENT", age=18, found=0), {"age": 17}, ""),
    ("not_enrolled", "D-SCHOOL", line("SCHOOL", "EQUAL", declared_work="STUDENT", age=18, found=0), {"found": None},
     ""),
    ("private_school", "D-SCHOOL", row("SCHOOL", kind="民办", amount=10001), {"amount": 10000}, "school_fee"),
    ("public_pay", "D-FISC", row("FISCALPAY", amount=1, months_since=12), {"months_since": 13}, "fiscal_look_back"),
    ("turnover_tax", "D-TAX", row("TAX", kind="增值税"), {"declared_business": 500}, ""),
    ("deposit_moved", "D-DEPOSIT", row("DEPOSIT", other_amount=20001), {"other_amount": 20000}, "large_movement"),
    ("securities", "D-SEC", line("SECURITY", "EQUAL", household_total=10001), {"household_total": 10000},
     "security_value"),
    ("insurance_premium", "D-INSUR", row("INSUR", other_amount=3001), {"other_amount": 3000}, "insurance_premium"),
    ("insurance_value", "D-INSUR", row("INSUR", amount=10001), {"amount": 10000}, "insurance_surrender"),
    ("vessel", "D-VESSEL", row("VESSEL", amount=1), {"amount": 0}, "vessel_tons"),
    ("vessel_unmeasured", "D-VESSEL", row("VESSEL", amount=None), {"amount": 0}, "vessel_tons"),
    ("driver", "D-DRIVERQ", row("DRIVERQ", declared_work="UNEMPLOYED", valid_until=date(2027, 6, 1)),
     {"valid_until": date(2027, 5, 31)}, ""),
    ("driver", "D-DRIVERQ", row("DRIVERQ", declared_work="UNEMPLOYED"), {"declared_work": "EMPLOYED"}, ""),
    ("employee_insurance", "D-MEDINS", row("MEDINS", kind="职工医保", declared_work="UNEMPLOYED", months_since=6),
     {"months_since": 7}, "contribution_look_back"),
    ("employee_insurance", "D-MEDINS", row("MEDINS", kind="职工医保", declared_work="UNEMPLOYED", months_since=6),
     {"kind": "城乡居民医保"}, ""),
    ("orphan_overlap", "D-ORPHAN", line("ORPHAN", "EQUAL", found=900, benefits=["ORPHAN", "TEKUN"]),
     {"benefits": ["ORPHAN", "DIBAO"]}, "exclusive_benefits"),
    ("disabled_overlap", "D-DIS2", line("DISABLED2", "EQUAL", found=90, benefits=["TEKUN"]), {"found": 0},
     "exclusive_benefits"),
    ("urban_rural", "D-DUP-URBRUR", line("ASSIST", "EQUAL", months_paid=months("DIBAO-RURAL", "DIBAO-URBAN")),
     {"months_paid": months("DIBAO-RURAL", "DIBAO-URBAN", apart=True)}, ""),
    ("tekun_twice", "D-DUP-TK", line("ASSIST", "EQUAL", months_paid=months("TEKUN-RURAL", "TEKUN-URBAN")),
     {"months_paid": months("TEKUN-RURAL", "TEMP")}, ""),
    ("dibao_tekun", "D-DUP-DBTK", line("ASSIST", "EQUAL", months_paid=months("DIBAO-RURAL", "TEKUN")),
     {"months_paid": months("DIBAO-RURAL", "TEKUN", apart=True)}, ""),
    ("price_twice", "D-DUP-PRICE", line("ASSIST", "EQUAL", months_paid=months("PRICE-RURAL", "PRICE-URBAN")),
     {"months_paid": months("PRICE-RURAL", "DIBAO-RURAL")}, ""),
    ("paid_unregistered", "D-LEDGER", line("ASSIST", "EQUAL", paid_unregistered=True), {"paid_unregistered": False},
     ""),
    ("registered_unpaid", "D-LEDGER", line("ASSIST", "EQUAL", registered_unpaid=True), {"registered_unpaid": False},
     ""),
    ("separated", "D-SEP", row("HUKOU", separated_months=7), {"separated_months": 6}, "separation_term"),
    ("supporter_income", "D-SUP", support("WAGE", income=3001), {"income": 3000}, "supporter_income"),
    ("supporter_deposits", "D-SUP", support("DEPOSIT", found=50001), {"fact": "LINE", "verdict": "EQUAL"},
     "supporter_deposits"),
    ("rigid_spending", "D-EXPEND", line("EXP_MED", "EQUAL", expenditure=201, household_income=100),
     {"expenditure": 200}, "expenditure_ratio"),
    ("spending", "D-EXPEND", line("EXP_BIG", "EQUAL", expenditure=201, household_income=100),
     {"household_income": None}, "expenditure_ratio"),
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


@pytest.mark.parametrize(("rule", "code", "fact", "_beside", "_limit"), CASES, ids=IDS)
def test_an_office_switches_a_code_off_by_its_policies(
    rule: str, code: str, fact: dict[str, Any], _beside: object, _limit: str
) -> None:
    assert matched(fact, {**LIMITS, "switched_off": [code]}) == {}
    assert matched(fact, {**LIMITS, "switched_off": ["D-NOTHING"]}) == {rule: code}
    assert matched(fact, {**LIMITS, "switched_off": None}) == {rule: code}  # rules kept before there was the list


def test_every_code_of_the_model_has_a_rule() -> None:
    """Model 2.6; D-UNDECL is D-DEPOSIT's neighbour, so the list is written out."""
    listed = (
        "PENPAY PENRCV UIRCV EMP VEH HOUSE HOUSE-TRF BIZ HPF TAXI NPO DISREC DEATH DEATH-CONF HUKOU SPLITHH MAR SCHOOL"
        " FISC WAGE TAX DEPOSIT SEC INSUR VESSEL DRIVERQ MEDINS PRISON ORPHAN DIS2 DUP-URBRUR DUP-TK DUP-DBTK DUP-PRICE"
        " LEDGER SEP SUP IDENT UNDECL OVERDECL STALE EXPEND"
    )
    assert set(re.findall(r'<outputEntry id="\w+"><text>"(D-[A-Z0-9-]+)"', TABLE)) == {
        f"D-{one}" for one in listed.split()
    }


def test_without_a_list_of_exempt_kinds_no_vehicle_is_exempt() -> None:
    exempt: list[str] | None
    for exempt in (None, []):
        assert matched(row("VEHICLE", kind="残疾人专用车"), {**LIMITS, "vehicle_exempt_kinds": exempt}) != {}


def test_nothing_found_and_nothing_obtained_are_no_doubt() -> None:
    for category in MEASURES:
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
    known = {key.name.removeprefix("doubt.") for key in DOUBTS} | {
        "household_deposits",
        "supporter_income",
        "supporter_deposits",
    }
    assert set(re.findall(r"limits\.(\w+)", TABLE)) <= known
