"""What findings about a family say together, fact by fact: the names on which the doubt table rests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from domain.verification import family, measures
from domain.verification.family import Family, Held, Member
from domain.verification.measures import Row

TODAY = date(2027, 6, 15)
_keys = count(1)


def member(key: int, name: str = "江白露", *, supporter: bool = False, born: date = date(1980, 1, 1), work: str = "",
           **declared: int) -> Member:  # fmt: skip
    figures = {category: Decimal(figure) for category, figure in declared.items()}
    return Member(key, supporter, born, name, True, work, figures)


def row(on: date = TODAY, role: str = "", **values: Any) -> Row:
    key = next(_keys)
    return Row(key, f"r{key}", 0, on, role, values)


def held(person: Member, category: str, *rows: Row) -> Held:
    found = measures.total(category, rows)
    return Held(person, category, found.value, found.count, rows)


def home(*found: Held, roll: Sequence[str] = (), division: str = "210502", months: int | None = 12) -> Family:
    return Family(found, TODAY, division, roll, months)


def line(of: Family, person: Member, category: str) -> Mapping[str, Any]:
    return family.of_lines(of)[person.id, category]


ONE, TWO, SON = member(1), member(2, "梁夏至"), member(9, "江惊蛰", supporter=True)


def test_the_same_pay_seen_by_three_offices_counts_once() -> None:
    found = home(
        held(ONE, "WAGE", row(gross="3000.00")), held(ONE, "TAX", row(income="3200.00")),
        held(ONE, "PENRCV", row(amount="500.00", scheme="a")),
    )  # fmt: skip
    assert family.income_of(found, ONE.id) == Decimal(3700)
    assert family.income_of(found, TWO.id) is None


def test_a_supporters_income_stands_on_one_line_and_in_no_sum_of_the_household() -> None:
    found = home(
        held(SON, "WAGE", row(gross="9000.00")), held(SON, "PENRCV", row(amount="10.00")),
        held(ONE, "DEPOSIT", row(balance="5.00")), held(SON, "DEPOSIT", row(balance="70.00")),
    )  # fmt: skip
    assert line(found, SON, "WAGE")["income"] == Decimal(9010)
    assert "income" not in line(found, SON, "PENRCV")
    assert line(found, ONE, "DEPOSIT")["household_total"] == Decimal(5)
    assert "household_total" not in line(found, SON, "DEPOSIT")


def test_a_dwelling_of_two_members_counts_once_with_its_area() -> None:
    flat: dict[str, Any] = {"certificate": "C1", "area": "90", "use": "住宅"}
    found = home(
        held(ONE, "HOUSE", row(**flat), row(certificate="C2", area="10")), held(TWO, "HOUSE", row(**flat))
    )  # fmt: skip
    names = line(found, ONE, "HOUSE")
    assert (names["household_count"], names["household_area"]) == (2, Decimal(100))


@pytest.mark.parametrize(
    ("programme", "area", "kind"),
    [
        ("城市低保", "", "DIBAO-URBAN"), ("最低生活保障", "农村", "DIBAO-RURAL"), ("城乡低保", "", "DIBAO"),
        ("特困供养", "城市", "TEKUN-URBAN"), ("农村五保", "", "TEKUN-RURAL"), ("价格临时补贴", "农村", "PRICE-RURAL"),
        ("低收入家庭", "城镇", "LOWINC-URBAN"), ("某项补助", "", "某项补助"),
    ],
)  # fmt: skip
def test_a_payment_is_known_by_the_words_of_the_file(programme: str, area: str, kind: str) -> None:
    assert family.paid_kind(row(programme=programme, area=area)) == kind


def test_payments_stand_by_month_and_against_the_roll() -> None:
    urban = row(date(2027, 5, 1), programme="城市低保", month="2027-05", amount="500.00")
    rural = row(date(2027, 5, 1), programme="农村低保", month="2027-05", amount="300.00")
    ended = row(date(2027, 5, 1), programme="特困", month="2027-05", amount="300.00", status="停发")
    found = held(ONE, "ASSIST", urban, rural, ended)

    names = line(home(found, roll=["DIBAO"]), ONE, "ASSIST")
    assert names["months_paid"] == [{"month": "2027-05", "kinds": ["DIBAO-RURAL", "DIBAO-URBAN"]}]
    assert (names["paid_unregistered"], names["registered_unpaid"]) == (False, False)
    names = line(home(found, roll=["TEKUN"]), ONE, "ASSIST")
    assert (names["paid_unregistered"], names["registered_unpaid"]) == (True, True)
    assert line(home(held(ONE, "ASSIST"), roll=["DIBAO"]), ONE, "ASSIST")["registered_unpaid"] is True


def test_benefits_are_those_found_and_those_of_the_roll() -> None:
    found = home(held(ONE, "ORPHAN", row(amount="900.00", kind="散居")), held(ONE, "DISABLED2"), roll=["TEKUN"])
    assert line(found, ONE, "ORPHAN")["benefits"] == ["ORPHAN", "TEKUN"]


def test_the_register_differs_by_number_of_people_or_by_several_registers() -> None:
    def differs(*rows: Row) -> object:
        people = [held(person, "HUKOU", one) for person, one in zip((ONE, TWO), rows, strict=True)]
        return line(home(*people), ONE, "HUKOU")["register_differs"]

    assert differs(row(household_no="H1", members="2"), row(household_no="H1", members="2")) is False
    assert differs(row(household_no="H1", members="3"), row(household_no="H1", members="3")) is True
    assert differs(row(household_no="H1"), row(household_no="H2")) is True


def registered(**values: Any) -> Mapping[str, Any]:
    mine, theirs = row(address="本溪市 平山区 1号", **values), row(address="本溪市平山区1号")
    found = home(held(ONE, "HUKOU", mine), held(SON, "HUKOU", theirs))
    return family.of_row(found, found.held[0], mine)


def test_registered_elsewhere_and_living_apart() -> None:
    here = registered(division="210502001")
    assert (here["outside"], here["separated_months"], here["address_shared"]) == (False, None, True)
    away = registered(division="210104", resident_since="2026-06-15")
    assert (away["outside"], away["separated_months"]) == (True, 12)
    marked = registered(division="210104", resident_since="2026-06-15", separated="是")
    assert marked["separated_months"] is None
    assert registered(division="")["outside"] is False


def test_a_death_and_a_funeral_that_do_not_fit() -> None:
    def differ(deaths: Sequence[Row], funerals: Sequence[Row]) -> object:
        return line(home(held(ONE, "DEATH", *deaths), held(ONE, "FUNERAL", *funerals)), ONE, "DEATH")["deaths_differ"]

    died, burnt = row(died="2027-01-02"), row(cremated="2027-01-04", died="2027-01-02")
    assert differ([died], [burnt]) is False
    assert differ([died], []) is True
    assert differ([died], [row(cremated="2027-01-01")]) is True
    assert differ([died], [row(cremated="2027-01-04", died="2027-01-03")]) is True
    assert differ([], []) is False
    assert "deaths_differ" not in line(home(held(ONE, "DEATH", died)), ONE, "DEATH")


@pytest.mark.parametrize(
    ("wife", "listed"),
    [("梁夏至", True), ("梁 夏至", True), ("梁夏?", True), ("王夏至", False), ("梁白露", False), ("", None)],
)
def test_a_spouse_is_listed_also_with_a_lost_character(wife: str, listed: bool | None) -> None:
    wed = row(role="husband", husband="江白露", wife=wife, event="结婚登记", date="2020-01-01")
    found = home(held(ONE, "MARRIAGE", wed), held(TWO, "MARRIAGE"))
    assert family.of_row(found, found.held[0], wed)["spouse_listed"] is listed


def test_only_the_newest_event_is_called_newest() -> None:
    old, new = row(event="结婚登记", date="2010-01-01"), row(event="离婚登记", date="2020-01-01")
    found = home(held(ONE, "MARRIAGE", old, new))
    assert [family.of_row(found, found.held[0], one)["newest"] for one in (old, new)] == [False, True]


def test_spending_is_averaged_over_the_months_that_count() -> None:
    near, far = row(date(2027, 1, 1), own="2400.00"), row(date(2025, 1, 1), own="99999.00")
    found = home(held(ONE, "EXP_MED", near, far), held(ONE, "WAGE", row(gross="100.00")))
    names = line(found, ONE, "EXP_MED")
    assert (names["expenditure"], names["household_income"]) == (Decimal(200), Decimal(100))
    assert "expenditure" not in line(home(*found.held, months=None), ONE, "EXP_MED")


def test_what_is_declared_of_a_person() -> None:
    person = member(5, born=date(2009, 6, 16), work="学生", WAGE=0, BIZINC=20)
    names = line(home(held(person, "EMP")), person, "EMP")
    assert (names["age"], names["declared_work"], names["labour"]) == (17, family.STUDENT, False)
    assert (names["declared_income"], names["declared_wage"], names["declared_business"]) == (20, 0, 20)
    assert line(home(held(ONE, "EMP")), ONE, "EMP")["declared_income"] is None
    assert [family.work_of(text) for text in ("无业", "失业人员", "在校学生", "退休", "务农", "")] == [
        "UNEMPLOYED", "UNEMPLOYED", "STUDENT", "RETIRED", "EMPLOYED", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("mode", "yearly"), [("年缴", 1000), ("月缴", 12000), ("季缴", 4000), ("半年缴", 2000), ("趸缴", None)]
)
def test_a_premium_is_counted_by_the_year(mode: str, yearly: int | None) -> None:
    assert measures.yearly(row(premium="1000.00", mode=mode)) == yearly


def test_a_vessel_without_tonnage_has_no_figure() -> None:
    assert measures.figure_of("VESSEL", row(vessel="辽本渔1")) is None
    assert measures.figure_of("VESSEL", row(tonnage="0")) == 0
