"""What each department of the notice supplies, read from a file as it sends it, to the doubt it leads to."""

from __future__ import annotations

import io
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain import identity
from domain.verification import measures
from domain.verification.family import months_between
from domain.verification.measures import Row
from sources.categories import CATEGORIES
from sources.reading import read_all
from tests.bundles.test_doubts import CASES, LIMITS, matched

LISTED = {
    one["code"]: one
    for one in tomllib.loads((Path(__file__).parents[2] / "policies" / "categories.toml").read_text(encoding="utf-8"))[
        "category"
    ]
}
NUMBER, OTHER = (identity.make_demonstration(date(1960, 1, 2), n) for n in (11, 13))
TODAY = date(2027, 6, 1)
NAMES = ("name", "relative", "owners")


def _read(code: str, headings: str, *rows: str) -> list[dict[str, str]]:
    """The values of a file's rows; every one of them must be taken in and name its person."""
    lines = [headings, *(row.replace("#", NUMBER, 1).replace("#", OTHER) for row in rows)]
    found, report = read_all(io.BytesIO(("\r\n".join(lines) + "\r\n").encode("gb18030")), code, demonstration=True)
    assert (report.rejected, len(found), report.sheets[0].ignored) == (0, len(rows), ())
    assert all(row.subjects[0].number == NUMBER for row in found)
    return [{name: value for name, value in row.values.items() if name not in NAMES} for row in found]


def _fact(code: str, values: dict[str, str], **more: Any) -> dict[str, Any]:
    """The names a doubt table is asked about, of one row; as `domain.verification.doubt_facts` gives them."""
    row, measure = Row(1, "1", 0, TODAY, "", values), measures.measure_of(code)
    happened = measures.happened(code, row)
    day = date.fromisoformat(happened if len(happened) > 7 else f"{happened}-01") if happened else None
    return {
        "fact": "ROW", "category": code, "active": row.active, "status": row.status, "name_differs": False,
        "kind": values.get(measure.kind, ""), "amount": measures.figure_of(code, row),
        "months_since": months_between(day, TODAY) if day else None, **more,
    }  # fmt: skip


def _source(code: str) -> str:
    return str(LISTED[code]["source"])


@pytest.mark.clause("CK-23")
def test_finance_supplies_the_pay_of_those_on_public_funds() -> None:
    (pay,) = _read("FISCALPAY", "姓名,身份证号,预算单位,供养类型,发放月份,财政供养金额,供养状态",
                   "江白露,#,某中学,在编在职,2027年5月,4300.00,在职")  # fmt: skip
    assert pay == {"unit": "某中学", "kind": "在编在职", "month": "2027-05", "amount": "4300.00", "status": "在职"}
    assert _source("FISCALPAY") == "finance"
    assert matched(_fact("FISCALPAY", pay)) == {"public_pay": "D-FISC"}


@pytest.mark.clause("CK-24")
def test_labour_supplies_employment_pensions_unemployment_and_medical_insurance() -> None:
    (work,) = _read("EMP", "姓名,身份证号,单位名称,就业类型,合同起始日期,合同终止日期,就业状态",
                    "江白露,#,某厂,劳动合同,2026-01-01,2028-12-31,在职")  # fmt: skip
    assert matched(_fact("EMP", work, declared_work="UNEMPLOYED")) == {"employed": "D-EMP"}
    (paid,) = _read("PENPAY", "姓名,身份证号,险种,单位名称,缴费年月,缴费基数", "江白露,#,企业职工,某厂,202705,3900")
    assert matched(_fact("PENPAY", paid, employer="某厂")) == {"pension_contribution": "D-PENPAY"}
    (benefit,) = _read("UIRCV", "姓名,身份证号,领取起始年月,领取终止年月,月标准", "江白露,#,2027-01,2027-12,1100")
    assert benefit["amount"] == "1100.00"
    (insured,) = _read("MEDINS", "姓名,身份证号,医保类型,单位名称,缴费年月,医保缴费基数,参保状态",
                       "江白露,#,职工基本医疗保险,某厂,202705,3900,正常参保")  # fmt: skip
    assert "employee_insurance" in matched(_fact("MEDINS", insured, declared_work="UNEMPLOYED"))
    assert {_source(code) for code in ("EMP", "PENPAY", "PENRCV", "UIRCV", "UIPAY")} == {"human_resources"}


@pytest.mark.clause("CK-25")
def test_the_police_supply_the_register_with_the_day_of_a_split_relatives_deaths_and_vehicles() -> None:
    split, old = _read("HUKOU", "姓名,身份证号,户号,与户主关系,户籍地址,分(立)户时间",
                       "江白露,#,H1,户主,某街1号,2027年3月5日", "江白露,#,H1,户主,某街1号,2019-03-05")  # fmt: skip
    assert split["split_date"] == "2027-03-05"
    assert matched(_fact("HUKOU", split)) == {"household_split": "D-SPLITHH"}
    assert matched(_fact("HUKOU", old)) == {}
    assert matched(_fact("HUKOU", split), {**LIMITS, "split_look_back": 2}) == {"household_split": "D-SPLITHH"}
    assert matched(_fact("HUKOU", split), {**LIMITS, "split_look_back": 1}) == {}
    (kin,) = _read("KIN", "姓名,身份证号,亲属姓名,亲属身份证号,亲属关系,义务类型,是否健在",
                   "江白露,#,江小满,#,子女,赡养,是")  # fmt: skip
    assert kin == {"relation": "子女", "duty": "赡养", "alive": "是"}
    people, _report = read_all(
        io.BytesIO(f"姓名,身份证号,亲属姓名,亲属身份证号,亲属关系\n江白露,{NUMBER},江小满,{OTHER},子女\n".encode()),
        "KIN", demonstration=True,
    )  # fmt: skip
    assert [(who.role, who.number) for who in people[0].subjects] == [("person", NUMBER), ("relative", OTHER)]
    (death,) = _read("DEATH", "姓名,身份证号,死亡日期,户口注销日期", "江白露,#,2027-04-01,2027-04-20")
    assert matched(_fact("DEATH", death)) == {"death": "D-DEATH"}
    (car,) = _read("VEHICLE", "机动车所有人,身份证号,号牌号码,车辆类型,初次登记日期,使用性质,机动车状态",
                   "江白露,#,辽E12345,小型轿车,2025-03-11,非营运,正常")  # fmt: skip
    assert matched(_fact("VEHICLE", car)) == {"vehicle": "D-VEH"}
    assert {_source(code) for code in ("HUKOU", "KIN", "DEATH", "VEHICLE")} == {"public_security", "traffic_police"}


@pytest.mark.clause("CK-26")
def test_land_and_housing_supply_registration_change_and_transactions() -> None:
    heading = "不动产权证书号,权利人,权利人证件号,坐落,建筑面积,登记时间,权属状态,转移登记日期,转移原因,成交价格"
    lately, long_ago, kept = _read(
        "HOUSE", heading,
        "C1,江白露,#,某街1号,58.20,2003-05-01,已转移,2026年11月3日,买卖,21万元",
        "C2,江白露,#,某街2号,58.20,2003-05-01,已转移,2021-11-03,继承,",
        "C3,江白露,#,某街3号,58.20,2003-05-01,现势,,,",
    )  # fmt: skip
    assert (lately["transferred"], lately["transaction"], lately["price"]) == ("2026-11-03", "买卖", "210000.00")
    # bought long before the look-back and sold within it
    assert matched(_fact("HOUSE", lately)) == {"dwelling_transferred": "D-HOUSE-TRF"}
    assert matched(_fact("HOUSE", long_ago)) == matched(_fact("HOUSE", kept)) == {}
    total = measures.total("HOUSE", [Row(n, str(n), 0, TODAY, "", one) for n, one in enumerate((lately, kept))])
    assert total.value == 1  # what was sold is told and no longer counted as theirs
    assert _source("HOUSE") == "real_estate"


@pytest.mark.clause("CK-27")
def test_the_market_office_supplies_individual_businesses_and_how_they_stand() -> None:
    shop, closed = _read("BIZ", "经营者,身份证号,统一社会信用代码,市场主体名称,主体类型,成立日期,登记状态,角色",
                         "江白露,#,92210502,白露食杂店,个体工商户,2021-03-01,存续,经营者",
                         "江白露,#,92210503,白露早点铺,个体工商户,2015-03-01,注销,经营者")  # fmt: skip
    assert (shop["type"], shop["role"], shop["status"]) == ("个体工商户", "经营者", "存续")
    rows = [Row(n, str(n), 0, TODAY, "", one) for n, one in enumerate((shop, closed))]
    assert measures.total("BIZ", rows).value == 1
    line = {"fact": "LINE", "category": "BIZ", "verdict": "UNDECLARED", "stale": False, "conflict": False}
    assert matched(line) == {"business": "D-BIZ"}
    (income,) = _read("BIZINC", "经营者,身份证号,纳税人名称,统一社会信用代码,所属期,营业收入,经营所得",
                      "江白露,#,白露食杂店,92210502,2027-05,9000,1500")  # fmt: skip
    assert (income["turnover"], income["profit"]) == ("9000.00", "1500.00") and _source("BIZ") == "market_regulation"


@pytest.mark.clause("CK-28")
def test_the_tax_office_supplies_registration_and_what_was_paid() -> None:
    (tax,) = _read("TAX", "纳税人姓名,身份证号,税种,所属期起,所属期止,收入额,实缴税额,扣缴义务人名称",
                   "江白露,#,增值税,2027-01-01,2027-03-31,9000,270,")  # fmt: skip
    assert (tax["until"], tax["income"], tax["tax"]) == ("2027-03-31", "9000.00", "270.00") and _source("TAX") == "tax"


@pytest.mark.clause("CK-29")
def test_the_housing_fund_supplies_deposits_and_their_use() -> None:
    heading = "姓名,身份证号,个人账号,缴存基数,月缴存额,账户余额,提取金额,提取原因,公积金贷款余额,缴至年月"
    (fund,) = _read("HPF", heading, "江白露,#,0001,3900,780,8000.00,12000.00,购房,85000.00,202705")
    assert (fund["withdrawn"], fund["use"], fund["loan"]) == ("12000.00", "购房", "85000.00")
    found = matched(_fact("HPF", fund, other_amount=measures.number(fund["withdrawn"])))
    assert found == {"fund_deposited": "D-HPF", "fund_withdrawn": "D-HPF"}
    assert _source("HPF") == "housing_fund"


@pytest.mark.clause("CK-30")
def test_transport_supplies_who_runs_vehicles_and_who_is_qualified_to_drive_them() -> None:
    (cab,) = _read("OPVEH", "车主,身份证号,车牌号,道路运输证号,经营范围,业户名称,经营线路,有效期至,营运状态",
                   "江白露,#,辽E1,D1,道路旅客运输,某运输公司,本溪—沈阳,2028-01-01,营运")  # fmt: skip
    assert (cab["operator"], cab["route"]) == ("某运输公司", "本溪—沈阳")
    assert matched(_fact("OPVEH", cab)) == {"commercial_vehicle": "D-TAXI"}
    (driver,) = _read("DRIVERQ", "姓名,身份证号,从业资格证号,从业资格类别,初次领证日期,有效期至,证件状态",
                      "江白露,#,Q1,道路旅客运输驾驶员,2019-01-01,2028-01-01,有效")  # fmt: skip
    until = date.fromisoformat(driver["valid_until"])
    assert matched(_fact("DRIVERQ", driver, declared_work="UNEMPLOYED", valid_until=until)) == {"driver": "D-DRIVERQ"}
    for code in ("OPVEH", "DRIVERQ"):
        assert (_source(code), LISTED[code]["rhythm"]) == ("transport", "QUARTER")


@pytest.mark.clause("BX-08")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("户籍", "HUKOU"), ("婚姻", "MARRIAGE"), ("残疾", "DISAB"), ("就学", "SCHOOL"), ("就业", "EMP"),
        ("死亡", "DEATH"), ("固定性工资", "WAGE"), ("财政供养金", "FISCALPAY"), ("养老保险金", "PENRCV"),
        ("失业保险金", "UIRCV"), ("银行存款", "DEPOSIT"), ("有价证券", "SECURITY"), ("房产", "HOUSE"),
        ("车辆", "VEHICLE"), ("船", "VESSEL"), ("工商", "BIZ"), ("社会组织登记", "NPO"), ("税费", "TAX"),
        ("公积金", "HPF"),
    ],
)  # fmt: skip
def test_each_word_of_the_content_list_is_a_category_with_source_schema_and_doubt_rule(words: str, code: str) -> None:
    assert words in LISTED[code]["zh"] and LISTED[code]["source"]
    schema = CATEGORIES[code]
    assert schema.subjects and len(schema.fields) > 2
    assert code in {fact["category"] for _rule, _code, fact, _beside, _limit in CASES}  # one case a rule, all of them
