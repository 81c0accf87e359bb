"""The code of a source, and the codes offices had before they were merged or renamed."""

from __future__ import annotations

from datetime import date

import pytest

from domain.errors import Conflict, NotFound
from domain.verification import catalogue, source_codes, supply
from tests.domain.office import Desk
from tests.domain.verification.sourced import sitting, supplier


@pytest.mark.clause("CK-28")
@pytest.mark.parametrize("place", ["", "chengkou-"])
def test_the_two_tax_offices_codes_lead_to_the_one_office_for_the_periods_before_it(both: Desk, place: str) -> None:
    with sitting(both, "clerk") as work:
        taxes = catalogue.add_resource(work, supplier(work, f"{place}tax"), "TAX")
        for old in ("state_tax", "local_tax"):
            code = f"{place}{old}.TAX"
            assert source_codes.resolve(work, code, supply.parse("2017-H2").start) is taxes
            assert source_codes.resolve(work, code, date(2018, 7, 19)) is taxes
            with pytest.raises(Conflict, match=f"{place}tax.TAX") as refused:
                source_codes.resolve(work, code, supply.parse("2018-H2").start.replace(month=8))
            assert refused.value.clause == "CK-28"
        assert source_codes.resolve(work, f"{place}tax.TAX", date(2013, 1, 1)) is taxes
        for nothing in (f"{place}state_tax.DEPOSIT", f"{place}estate_tax.TAX", "x.TAX", "state_tax"):
            with pytest.raises(NotFound):
                source_codes.resolve(work, nothing, date(2013, 1, 1))


@pytest.mark.clause("CK-30")
def test_the_calendar_of_the_notice_says_how_often_each_source_supplies(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        told = {
            code: supply.usual_rhythm(work, catalogue.add_resource(work, supplier(work, f"s-{code}"), code))
            for code in ("OPVEH", "DRIVERQ", "VEHICLE", "HUKOU", "PENRCV", "TAX", "HOUSE", "BIZ", "FISCALPAY", "HPF",
                         "DEPOSIT")
        }  # fmt: skip
    assert told == {
        "OPVEH": "QUARTER", "DRIVERQ": "QUARTER", "VEHICLE": "QUARTER", "HUKOU": "QUARTER", "PENRCV": "MONTH",
        "TAX": "HALF", "HOUSE": "HALF", "BIZ": "HALF", "FISCALPAY": "HALF", "HPF": "YEAR", "DEPOSIT": "",
    }  # fmt: skip
