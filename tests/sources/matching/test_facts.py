"""The rules, one story each: what raises a doubt, and what looks like it and does not."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from bench.population import RULES
from domain.errors import Conflict
from sources.matching import parameters
from sources.matching.facts import Household, Member, Row, facts_of, reference_day
from sources.matching.rules import Rules

ON = date(2025, 6, 30)
GIVEN = parameters.read(json.dumps(RULES).encode())
THE_RULES = Rules(GIVEN, ON)


def member(
    *rows: Row, income: int = 0, relation: str = "本人", number: str = "1", marital: str = "未婚", disability: str = "",
    households: int = 1,
) -> Member:  # fmt: skip
    """A member with the rows found."""
    return Member(number, "何素丽", relation, marital, disability, Decimal(income), households, list(rows))


def row(category: str, **values: str) -> Row:
    """A row of a department."""
    return Row(category, values)


def raised(*members: Member) -> list[str]:
    """The codes for a household."""
    household = Household("H1", "城市低保", list(members))
    return THE_RULES.doubts(facts_of(household, GIVEN.standards, ON))


DEAD = row("DEATH", died="2025-06-30")
WAGE = row("WAGE", month="2025-06", gross="650", employer="甲")
DAYS = ("2025-05-31", "2025-06-30")
CARD = row("DISAB", valid_until="2025-06-29")


@pytest.mark.parametrize(
    ("codes", "people"),
    [
        (["R01"], [member(DEAD)]),
        ([], [member(row("DEATH", died="2025-07-01"))]),
        (["R02"], [member(row("DEPOSIT", balance="20000.01"))]),
        ([], [member(row("DEPOSIT", balance="20000"))]),
        ([], [member(row("DEPOSIT", balance="30000")), member(number="2", relation="配偶")]),
        ([], [member(*(row("DEPOSIT", account="12345678", data_date=d, balance="15000") for d in DAYS))]),
        (["R02"], [member(*(row("DEPOSIT", account=a, balance="15000") for a in ("12345678", "12345679")))]),
        (["R03"], [member(row("VEHICLE", type="小型轿车", status="逾期未检验"))]),
        ([], [member(row("VEHICLE", type="小型轿车", status="注销"), row("VEHICLE", type="农用三轮车"))]),
        (["R04"], [member(row("HOUSE", certificate="甲")), member(row("HOUSE", certificate="乙"), number="2")]),
        ([], [member(row("HOUSE", certificate="甲")), member(row("HOUSE", certificate="甲"), number="2")]),
        (["R05"], [member(row("BIZ", status="存续"))]),
        ([], [member(row("BIZ", status="吊销,未注销"))]),
        (["R06"], [member(row("PENRCV", status="正常", month="2025-06", amount="120"))]),
        ([], [member(row("PENRCV", status="暂停", month="2025-06", amount="120"))]),
        ([], [member(row("PENRCV", status="正常", month="2025-06", amount="120"), income=100)]),
        (["R01"], [member(row("PENRCV", status="正常", month="2025-06", amount="120"), DEAD)]),
        (["R07"], [member(WAGE, income=500)]),
        ([], [member(WAGE, income=520)]),
        ([], [member(WAGE, row("TAX", until="2025-06-30", income="640", item="工资薪金所得"), income=600)]),
        (["R07"], [member(WAGE, row("WAGE", month="2025-05", gross="600"), income=100)]),
        (["R08", "R11"], [member(row("UIRCV", start="2025-01", end="2025-06", amount="1400"), income=1390)]),
        ([], [member(row("UIRCV", start="2025-01", end="2025-05", amount="1400"))]),
        (["R09"], [member(row("PRISON", until="2025-06-30", status="服刑"))]),
        ([], [member(row("PRISON", until="2025-06-29", status="服刑"))]),
        (["R11"], [member(row("WAGE", month="2025-06", gross="700.01"), income=700)]),
        ([], [member(income=700)]),
        (["R12"], [member(CARD, disability="有")]),
        ([], [member(CARD)]),
        (["R15"], [member(households=2)]),
    ],
)  # fmt: skip
def test_a_rule_is_met_or_not(codes: list[str], people: list[Member]) -> None:
    assert raised(*people) == codes


def test_a_spouse_who_is_no_member_is_a_doubt_and_a_member_is_not() -> None:
    wedding = Row("MARRIAGE", {"event": "结婚登记", "date": "2001-05-06"}, "2", "韩生洋")

    assert raised(member(wedding)) == ["R10"]
    assert raised(member(wedding), member(number="2", relation="配偶")) == []
    assert raised(member(wedding, relation="子女")) == []
    mangled = Row("MARRIAGE", wedding.values, "", "何素麗")
    assert raised(member(mangled), member(number="2", relation="配偶")) == []


def test_a_divorce_counts_when_marriage_is_declared_and_nothing_followed() -> None:
    divorce = Row("MARRIAGE", {"event": "离婚登记", "date": "2020-01-01"}, "2", "韩生洋")
    again = Row("MARRIAGE", {"event": "结婚登记", "date": "2021-01-01"}, "2", "韩生洋")
    wife = member(number="2", relation="配偶")

    assert raised(member(divorce, marital="已婚"), wife) == ["R10"]
    assert raised(member(divorce, marital="离异")) == []
    assert raised(member(divorce, again, marital="已婚"), wife) == []


def test_the_day_is_that_of_most_bank_rows_else_the_end_of_the_newest_month() -> None:
    banks = {"DEPOSIT": Counter({"2025-06-30": 5, "2025-07-31": 4})}
    assert reference_day(banks) == ON
    assert reference_day({"WAGE": Counter({"2024-02": 1}), "TAX": Counter({"2024-01-31": 9})}) == date(2024, 2, 29)
    assert reference_day({"PENRCV": Counter({"2024-12": 1})}) == date(2024, 12, 31)
    with pytest.raises(Conflict):
        reference_day({})
