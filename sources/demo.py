"""The files that the demonstration's departments send, and the facts planted in them for the reviews to find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain import identity
from sources.demo_people import (
    DEMO_DAY,
    Household,
    Person,
    declarations,
    demo_households,
    invented_name,
    is_old,
    pension_of,
    write_csv,
)

_BANKS = ("农业银行", "工商银行", "建设银行", "邮政储蓄银行", "本溪银行")


@dataclass(frozen=True, slots=True)
class Planted:
    """A fact for the reviews to find: household number, identity number, file and what stands there."""

    household: str
    number: str
    file: str
    what: str


def demo_files(on: date = DEMO_DAY) -> dict[str, bytes]:
    """Name -> content of the declaration files (declared_*.csv) and the departments' (departments/*.csv)."""
    households = demo_households(on)
    return declarations(households, on) | _Departments(households, on).files()


def planted(on: date = DEMO_DAY) -> list[Planted]:
    """What was planted, for tests and for the tour."""
    departments = _Departments(demo_households(on), on)
    departments.files()
    return departments.planted


class _Departments:
    """What six departments hold about these people and about strangers."""

    def __init__(self, households: Sequence[Household], on: date) -> None:
        self.households = households
        self.on = on
        self.planted: list[Planted] = []

    def files(self) -> dict[str, bytes]:
        self.planted.clear()
        return {
            "departments/bank.csv": self._bank(),
            "departments/vehicle.csv": self._vehicle(),
            "departments/property.csv": self._property(),
            "departments/pension.csv": self._pension(),
            "departments/business.csv": self._business(),
            "departments/death.csv": self._death(),
        }

    def _plant(self, household: Household, person: Person, file: str, what: str) -> Person:
        self.planted.append(Planted(household.number, person.number, f"departments/{file}", what))
        return person

    def _bank(self) -> bytes:
        day = self.on - timedelta(days=1)
        rows: list[list[object]] = []

        def account(name: str, number: str, balance: str, form: int) -> None:
            n = len(rows) + 1
            rows.append(
                [n, name, "居民身份证", number, _BANKS[n % 5], f"62{n * 7_919_317:014d}", "活期", "人民币", balance, "",
                 _day_in(day, form)]
            )  # fmt: skip

        for i, household in enumerate(self.households):
            head = household.head
            share = float(household.deposits) + (640 if i == 2 else 0)
            account(head.name, _written(head.number, i), _amount(share, i), i)
        rich = self.households[5]
        account(rich.head.name, self._plant(rich, rich.head, "bank.csv", "deposits").number, "8.65万元", 2)
        saver = self.households[31]
        account(saver.head.name, self._plant(saver, saver.head, "bank.csv", "deposits").number, "6.2万元", 2)
        odd = self.households[12]
        account("贺大暑", self._plant(odd, odd.head, "bank.csv", "name differs").number, "5,120.00", 1)
        head = self.households[16].head
        account(head.name, head.number[:6] + "********" + head.number[-4:], "2200.00", 0)  # masked: a hint by name
        head = self.households[23].head
        account(head.name, head.number[:15] + "000", "900.00", 0)  # a spreadsheet lost the last digits
        head = self.households[30].head
        account(head.name, head.number, "壹仟贰佰元", 0)  # no amount: rejected
        rows.append(list(rows[0]))  # the same row again
        for n in range(20):
            account(invented_name(n * 3 + 1), _stranger(n), f"{n * 977 % 40000}.10", n)
        rows.append([""] * 11)
        return write_csv(
            "序号,户名,证件类型,证件号码,开户银行,账号,账户种类,币种,账户余额(元),,查询时点", rows, "gb18030"
        )

    def _vehicle(self) -> bytes:
        jiang, third = self.households[2], self.households[10]
        van = self._plant(jiang, jiang.members[1], "vehicle.csv", "vehicle")
        people = [(van, "小型普通客车", "辽E7X203", "正常"), (third.head, "普通二轮摩托车", "辽EA5518", "正常")]
        rows = [
            ["02", plate, person.name, "居民身份证", person.number, kind, "节气牌JQ24", _day_in(date(2019, 4, 5), n),
             "非营运", status]
            for n, (person, kind, plate, status) in enumerate(people)
        ]  # fmt: skip
        rows += [
            [
                "02",
                f"辽E{n:05d}",
                invented_name(n * 5 + 2),
                "A",
                _stranger(n + 20),
                "小型轿车",
                "节气牌JQ12",
                "20180720",
                "A",
                "正常",
            ]
            for n in range(12)
        ]
        heading = (
            "号牌种类,号牌号码,机动车所有人,身份证明名称,身份证明号码,车辆类型,品牌型号,初次登记日期,使用性质,"
            "机动车状态"
        )
        return write_csv(heading, rows, "gb18030")

    def _property(self) -> bytes:
        rows: list[list[object]] = []

        def house(owners: Sequence[Person], area: object, registered: object, status: str = "现势") -> None:
            n = len(rows) + 1
            together = "共同共有" if len(owners) > 1 else "单独所有"
            rows.append(
                [f"辽(2019)本溪市不动产权第{2_400_000 + n * 7919}号", "、".join(p.name for p in owners),
                 "、".join(p.number for p in owners), together, f"本溪市解放路{n}号", area, "住宅", registered, status]
            )  # fmt: skip

        jiang, second = self.households[2], self.households[14]
        house([jiang.members[1]], 58, "2008-10-02")
        house(second.members[:2], 61.5, "2012.03.05")
        house([self._plant(second, second.head, "property.csv", "second dwelling")], 88.2, "20190607")
        for n in (0, 7, 21, 28):
            house(self.households[n].members[:1], 45 + n, 41000 + n * 10)
        for n in range(8):
            house([_someone(n)], 70 + n, "2015年6月1日")
        heading = "不动产权证书号,权利人,权利人证件号,共有情况,坐落,建筑面积(㎡),用途,登记时间,权属状态"
        return write_csv(heading, rows, "utf-8-sig", before=[["不动产登记信息查询结果"]])

    def _pension(self) -> bytes:
        month = self.on - timedelta(days=31)
        rows: list[list[object]] = []

        def pension(person: Person, amount: object, scheme: str = "城乡居民") -> None:
            sex = "男" if int(person.number[16]) % 2 else "女"
            rows.append([len(rows) + 1, person.name, person.number, sex, scheme, f"{month:%Y%m}", amount, "正常", ""])

        jiang = self.households[2]
        pension(self._plant(jiang, jiang.head, "pension.csv", "pension not declared"), "1,486.00元", "企业职工")
        for household in self.households:
            for person in household.members:
                if is_old(person, self.on) and household is not jiang:
                    pension(person, pension_of(person))
        for n in range(6):
            pension(_someone(n + 30), "178.00")
        rows.append(["合计", "", "", "", "", "", "—", "", ""])
        title = [f"城乡居民及企业职工养老保险待遇发放明细表({month.year}年{month.month}月)"]
        groups = ["序号", "人员信息", "", "", "待遇信息", "", "", "", "备注"]
        return write_csv(
            ",姓名,社会保障号码,性别,险种,待遇月份,月待遇(元),发放状态,", rows, "utf-8", before=[title, groups]
        )

    def _business(self) -> bytes:
        owner = self.households[24]
        self._plant(owner, owner.head, "business.csv", "active business")
        closed = self.households[17].head
        rows: list[list[object]] = [
            ["92210500MADEMO0017", "溪湖区谷雨小卖部", "个体工商户", owner.head.name, owner.head.number, "3.000000",
             "2021-03-07", "存续", "经营者"],
            ["92210500MADEMO0025", "明山区霜降修理部", "个体工商户", closed.name, closed.number, "2", "2015.08.01",
             "注销", "经营者"],
        ]  # fmt: skip
        rows += [
            [f"91210500MADEMO{n:04d}", f"本溪节气商贸{n}号店", "有限责任公司", _someone(n).name, _someone(n).number,
             "50万元", "20190101", "存续", "法定代表人"]
            for n in range(4)
        ]  # fmt: skip
        heading = (
            "统一社会信用代码,市场主体名称,主体类型,法定代表人(经营者),证件号码,注册资本(万元),成立日期,登记状态,角色"
        )
        return write_csv(heading, rows, "utf-8-sig")

    def _death(self) -> bytes:
        household = self.households[18]
        mother = self._plant(household, household.members[-1], "death.csv", "dead member")
        died = self.on - timedelta(days=75)
        rows: list[list[object]] = [
            [1, mother.name, mother.number, died.isoformat(), "疾病", "本溪市卫生健康委员会", ""],
            [2, _someone(3).name, _someone(3).number, "20250405", "", "本溪市殡仪馆", "2025.04.20"],
        ]
        return write_csv("序号,姓名,身份证号,死亡日期,死亡原因,登记单位,户口注销日期", rows, "gb18030")


def _stranger(n: int) -> str:
    return identity.make_demonstration(date(1950 + n, 1 + n % 12, 1 + n % 28), 500 + n, "990299")


def _someone(n: int) -> Person:
    return Person(invented_name(n * 11 + 6), _stranger(n + 40), "", date(1990 + n % 9, 1, 1))


def _written(number: str, i: int) -> str:
    """The number as one of several careless systems writes it; all mean the same person."""
    if i % 9 == 4 and number[6:8] == "19":
        return number[:6] + number[8:17]  # first-generation card: fifteen digits
    if i % 9 == 6:
        return "".join(chr(ord(c) + 0xFEE0) for c in number)
    if i % 9 == 8:
        return f"'{number.lower()} "
    return number


def _amount(yuan: float, i: int) -> str:
    forms = (f"{yuan:.2f}", f"{yuan:,.2f}", f"{yuan:.2f}元", f"￥{yuan:.2f}", f"{yuan / 10000:.6f}万元")
    return forms[i % len(forms)]


def _day_in(day: date, form: int) -> str:
    forms = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d")
    return f"{day.year}年{day.month}月{day.day}日" if form % 5 == 4 else day.strftime(forms[form % 5])
