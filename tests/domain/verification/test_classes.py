"""The classes of income and property a notice names, and what of the findings is counted in which."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.verification import classes, measures
from domain.verification.classes import (
    BUSINESS,
    CLASSES,
    DEBT,
    MONETARY,
    PHYSICAL,
    PROPERTY_INCOME,
    TRANSFER,
    WAGE,
    Finding,
    Part,
)
from domain.verification.measures import Row
from tests.domain.office import TODAY

KNOWN = {one.code: one for one in CLASSES}


def _row(place: int, **values: str) -> Row:
    return Row(place, str(place), 0, TODAY, "", values)


def _found(category: str, *rows: Row, person: int = 1, declared: int | None = None) -> Finding:
    said = None if declared is None else Decimal(declared)
    return Finding(person, category, said, measures.total(category, rows).value, rows)


def _figures(*findings: Finding) -> dict[tuple[str, str], Decimal | None]:
    made = classes.by_class(findings)
    return {(code, part.category): part.found for code, parts in made.items() for part in parts}


@pytest.mark.clause("CK-03")
def test_wages_are_pay_from_whomever_and_what_employment_insurance_and_income_tax_say_of_it() -> None:
    assert {"EMP", "WAGE", "FISCALPAY", "PENPAY", "MEDINS", "UIPAY", "TAX"} == set(KNOWN[WAGE].asked)
    wage = _row(1, employer="某厂", gross="2100", allowance="100")
    tax = _row(2, item="工资、薪金所得", since="2027-02-01", withholder="某厂", income="2600")
    # two offices speak of the same pay: the larger counts, never the sum
    found = _figures(_found("WAGE", wage), _found("TAX", tax))
    assert found[WAGE, "WAGE"] == found[BUSINESS, "TAX"] == 0 and found[WAGE, "TAX"] == 2600
    assert classes.class_of_tax(_row(3, withholder="某厂")) == WAGE
    other = _found("WAGE", _row(4, employer="某店", gross="900"), person=2)
    assert _figures(_found("WAGE", wage), other)[WAGE, "WAGE"] == 3000  # two people have two wages


@pytest.mark.clause("CK-04")
def test_business_income_is_the_registered_business_its_working_and_its_tax() -> None:
    assert {"BIZ", "BIZINC", "TAX"} == set(KNOWN[BUSINESS].asked)
    shop = _row(1, uscc="91", business="某店", profit="1500")
    tax = _row(2, item="经营所得", since="2027-02-01", income="1200")
    found = _figures(_found("BIZINC", shop), _found("TAX", tax))
    assert found[BUSINESS, "BIZINC"] == 1500 and found[BUSINESS, "TAX"] == found[WAGE, "TAX"] == 0
    assert classes.class_of_tax(_row(3)) == BUSINESS  # nobody withheld it


@pytest.mark.clause("CK-05")
@pytest.mark.parametrize("kind", ["利息", "股息与红利", "保险收益", "出租房屋收益"])
def test_interest_dividends_insurance_yield_and_rent_are_income_from_property(kind: str) -> None:
    income = _found("PROPINC", _row(1, kind=kind, payer="某行", period="2027-01", amount="320"), declared=100)
    assert classes.by_class([income])[PROPERTY_INCOME] == (Part("PROPINC", "yuan", Decimal(100), Decimal(320)),)
    assert classes.class_of_tax(_row(2, item="财产租赁所得")) == PROPERTY_INCOME
    assert classes.class_of_tax(_row(3, item="利息、股息、红利所得")) == PROPERTY_INCOME


@pytest.mark.clause("CK-06")
def test_pensions_benefits_assistance_the_fund_gifts_and_compensation_are_transfers() -> None:
    found = _figures(
        _found("PENRCV", _row(1, scheme="城乡居民", amount="200")),
        _found("UIRCV", _row(2, office="某局", start="2027-01", amount="900")),
        _found("ASSIST", _row(3, programme="低保", area="城市", amount="500")),
        _found("HPF", _row(4, account="1", balance="8000", withdrawn="3000")),
        _found("TRANSFER", _row(5, kind="赠与", payer="甲", date="2027-01-02", amount="1000"),
               _row(6, kind="赔偿", payer="乙", date="2027-01-03", amount="400")),
    )  # fmt: skip
    assert {place: value for place, value in found.items() if place[0] == TRANSFER} == {
        (TRANSFER, "PENRCV"): 200, (TRANSFER, "UIRCV"): 900, (TRANSFER, "ASSIST"): 500, (TRANSFER, "HPF"): 3000,
        (TRANSFER, "TRANSFER"): 1400,
    }  # fmt: skip
    assert found[MONETARY, "HPF"] == 8000  # what is left in the fund is property, only what was drawn is income


@pytest.mark.clause("CK-07")
def test_a_debt_stands_beside_property_and_lessens_nothing() -> None:
    found = _figures(
        _found("HOUSE", _row(1, certificate="C1", price="300000")),
        _found("VEHICLE", _row(2, plate="辽E1")),
        _found("DEPOSIT", _row(3, bank="农行", account="1", balance="12000")),
        _found("SECURITY", _row(4, account="2", code="600000", value="5000")),
        _found("DEBT", _row(5, creditor="某行", proof="9", amount="20000")),
    )
    assert {place for place in found if place[0] == PHYSICAL} == {(PHYSICAL, "HOUSE"), (PHYSICAL, "VEHICLE")}
    assert {place: value for place, value in found.items() if place[0] in (MONETARY, DEBT)} == {
        (MONETARY, "DEPOSIT"): 12000, (MONETARY, "SECURITY"): 5000, (DEBT, "DEBT"): 20000,
    }  # fmt: skip
    without = _figures(_found("DEPOSIT", _row(3, bank="农行", account="1", balance="12000")))
    assert without[MONETARY, "DEPOSIT"] == found[MONETARY, "DEPOSIT"]


def test_every_category_of_income_and_property_has_its_class_and_nothing_is_made_up() -> None:
    for code, measure in measures.MEASURES.items():
        one = Finding(1, code, None, None)
        told = classes.parts_of(one)
        assert all(part.found is None and part.unit == measure.unit for _code, part in told)
    assert classes.by_class([]) == {one.code: () for one in CLASSES}
    undeclared = classes.by_class([Finding(1, "DEPOSIT", Decimal(5), None)])[MONETARY]
    assert undeclared == (Part("DEPOSIT", "yuan", Decimal(5), None),)
