"""On the tenth of January: which file is of the period that ended, and which of another (CK-20 to CK-22)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from domain import rules
from domain.errors import Conflict, InvalidAnswers
from domain.verification import catalogue, supply
from domain.verification.deliveries import FAILED, READY, WAITING
from domain.verification.supply import DONE, HALF, MONTH, QUARTER, YEAR
from domain.work import OPERATOR
from tests.domain.office import Desk, idno
from tests.domain.verification.sourced import sitting, supplier
from tests.domain.verification.supplied import named
from tests.workflows.operations.test_intake import Bank, bank_of, rows

TENTH = datetime(2028, 1, 10, 2, 0, tzinfo=UTC)
DEATH = "姓名,身份证号,死亡日期,死亡原因\r\n"
VEHICLE = "姓名,身份证号,号牌号码,初次登记日期\r\n"
OPVEH = "车主,车主身份证号,车牌号,道路运输证号\r\n"
HOUSE = "权利人,权利人证件号,坐落,登记时间\r\n"
BIZ = "法定代表人(经营者),身份证号,市场主体名称,成立日期\r\n"
TAX = "纳税人姓名,身份证号,税款所属期止,应补(退)税额\r\n"
HPF = "姓名,身份证号,个人账号,缴至年月,账户余额\r\n"


def office_of(desk: Desk, category: str) -> tuple[Bank, str]:
    """The office the notice names for a category, on the tenth of a January; with the rhythm the notice gives it."""
    with sitting(desk, "clerk") as work:
        kind = rules.current(work).categories[category].source
        resource = catalogue.add_resource(work, supplier(work, kind), category)
        people = named(work, resource)
        rhythm = supply.usual_rhythm(work, resource)
        supply.set_rhythm(work.acting(OPERATOR), resource, rhythm)
        return Bank(desk, resource.ref, {role: one.ref for role, one in people.items()}, TENTH), rhythm


def titled(title: str, heading: str, cells: str) -> str:
    """A table as offices print it: a title line that names the period, the headings, two people."""
    line = f"{title}{',' * heading.count(',')}\r\n" if title else ""
    return line + heading + "".join(f"某{n},{idno()},{cells}\r\n" for n in "甲乙")


def refused_then_taken(office: Bank, wrong: list[str], right: str, period: str) -> None:
    """The files of other periods are refused whole and settle nothing; then the right one settles its period."""
    for content in wrong:
        ref = office.looked(content)
        assert office.state(ref) == FAILED and period in office.said(ref)
        with pytest.raises(Conflict):
            office.accept(ref)
        assert office.dues() == {} and office.delivery(ref).store_name is None
    ref = office.taken_in(right)
    assert (office.state(ref), office.delivery(ref).accepted, office.dues()) == (READY, 2, {period: DONE})


def settled_in_january(
    desk: Desk, category: str, heading: str, cells: str, right: str, wrong: tuple[str, ...]
) -> tuple[str, str]:
    """Files whose titles name other periods are refused, then the right one is taken; rhythm and code of its period."""
    office, rhythm = office_of(desk, category)
    period = supply.expected_period(rhythm, TENTH.date())
    refused_then_taken(
        office, [titled(one, heading, cells) for one in wrong], titled(right, heading, cells), period.code
    )
    with pytest.raises(InvalidAnswers):  # neither can a period be named that is not over, nor one of another rhythm
        office.hand_in(titled(right, heading, cells), supply.after(period).code)
    with pytest.raises(InvalidAnswers):
        office.hand_in(titled(right, heading, cells), "2027-12")
    return rhythm, period.code


@pytest.mark.clause("CK-20")
@pytest.mark.parametrize(
    ("category", "heading", "cells", "right", "wrong"),
    [
        ("DEATH", DEATH, "2027-11-02,病故", "2027年第四季度死亡登记", ("2027年第三季度死亡登记",)),
        (
            "VEHICLE",
            VEHICLE,
            "渝F12345,2019-05-06",
            "2027年第四季度机动车",
            ("2027年第三季度机动车", "2028年1月机动车"),
        ),
        ("OPVEH", OPVEH, "渝F54321,500001", "2027年10月至12月营运车辆", ("2027年7月至9月营运车辆",)),
    ],
    ids=["police", "traffic police", "transport"],
)
def test_in_january_police_and_transport_hand_in_the_last_quarter_and_no_other_period(
    both: Desk, category: str, heading: str, cells: str, right: str, wrong: tuple[str, ...]
) -> None:
    assert settled_in_january(both, category, heading, cells, right, wrong) == (QUARTER, "2027-Q4")


@pytest.mark.clause("CK-21")
@pytest.mark.parametrize(
    ("category", "heading", "cells", "right", "wrong"),
    [
        ("HOUSE", HOUSE, "某街1号,2019-05-06", "2027年下半年房产", ("2027年上半年房产", "2028年上半年房产")),
        ("BIZ", BIZ, "某商行,2019-05-06", "2027年下半年市场主体", ("2027年上半年市场主体",)),
        ("TAX", TAX, "2027-12-31,12.00", "2027年下半年纳税明细", ("2026年下半年纳税明细",)),
    ],
    ids=["real estate", "market regulation", "tax"],
)
def test_in_january_registers_and_taxes_hand_in_the_second_half_year_and_no_other_period(
    both: Desk, category: str, heading: str, cells: str, right: str, wrong: tuple[str, ...]
) -> None:
    assert settled_in_january(both, category, heading, cells, right, wrong) == (HALF, "2027-H2")


@pytest.mark.clause("CK-22")
def test_in_january_the_housing_fund_hands_in_the_year_before_and_no_other_period(both: Desk) -> None:
    wrong = ("2026年度缴存明细", "2028年1月缴存明细")
    told = settled_in_january(both, "HPF", HPF, "6001,2027-12,100.00", "2027年度缴存明细", wrong)
    assert told == (YEAR, "2027")


@pytest.mark.clause("CK-21")
def test_in_january_public_pay_of_another_half_year_is_known_by_the_months_of_its_rows(both: Desk) -> None:
    office, _rhythm = office_of(both, "FISCALPAY")
    first, before, right = (
        titled("", "姓名,身份证号,发放月份,供养类型,财政供养金额\r\n", f"{month},在职,2100.00")
        for month in ("2027-06", "2026-12", "2027-12")
    )
    refused_then_taken(office, [first, before], right, "2027-H2")


@pytest.mark.parametrize(
    ("rhythm", "last"),
    [(MONTH, date(2027, 3, 31)), *((rhythm, date(2027, 1, 31)) for rhythm in (QUARTER, HALF, YEAR))],
)
def test_a_balance_may_be_taken_up_to_31_days_after_the_period_and_no_later(
    desk: Desk, rhythm: str, last: date
) -> None:
    bank = bank_of(desk, rhythm=rhythm)
    late = bank.looked(rows(2, f"{last + timedelta(days=1)}"))
    assert bank.state(late) == FAILED
    assert bank.state(bank.looked(rows(2, f"{last}"))) == WAITING
