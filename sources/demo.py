"""The demonstration office's people and the files its departments send: invented, the same bytes every time.

Names come from the solar terms, identity numbers carry the reserved division 99xxxx, divisions are the real
codes of Benxi's reporting units (the zone has none, so it goes by name). The files are dirty the way real ones
are, and some facts were planted for the reviews to find (`planted`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count

from domain import identity

DEMO_DAY = date(2027, 5, 31)


@dataclass(frozen=True, slots=True)
class DemoUnit:
    """A reporting unit: name, division code ("" for the zone), towns, division of its invented numbers, plate."""

    name: str
    division: str
    towns: tuple[str, ...]
    numbers: str
    rural: bool = False


UNITS = (
    DemoUnit("本溪县", "210521", ("小市镇", "草河掌镇", "碱厂镇"), "990201", rural=True),
    DemoUnit("桓仁县", "210522", ("桓仁镇", "华来镇", "五里甸子镇"), "990202", rural=True),
    DemoUnit("平山区", "210502", ("工人街道", "南地街道", "北台街道"), "990203"),
    DemoUnit("明山区", "210504", ("高峪街道", "东兴街道", "金山街道"), "990204"),
    DemoUnit("溪湖区", "210503", ("河西街道", "彩屯街道", "火连寨街道"), "990205"),
    DemoUnit("南芬区", "210505", ("南芬街道", "铁山街道", "下马塘街道"), "990206"),
    DemoUnit("高新区", "", ("石桥子街道", "日月岛街道"), "990207"),
)
_SURNAMES = "温岳童方卫宋柳沈陆钱程孟姜韩冯许何吕施孔曹严华金魏陶姚邵湛汪祁毛米贝明臧计伏成戴谈庞熊纪舒屈项祝董"
_TERMS = (
    "立春 雨水 惊蛰 春分 清明 谷雨 立夏 小满 芒种 夏至 小暑 大暑 "
    "立秋 处暑 白露 秋分 寒露 霜降 立冬 小雪 大雪 冬至 小寒 大寒"
).split()
# Household of the plan -> name of its head: characters outside the common fonts, and a name with a dot.
_RARE_HEADS = {3: "龚䶮", 9: "苏㛃", 15: "方𠮷安", 21: "钱𬭚", 27: "乌云·其木格"}
_INCAPABLE_IN = 19
_BANKS = ("农业银行", "工商银行", "建设银行", "邮政储蓄银行", "本溪银行")


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person."""

    name: str
    number: str
    relation: str
    born: date
    marital: str = "未婚"
    health: str = "健康"
    work: str = "无业"
    income: str = "0.00"
    guardian: str = ""
    capacity: str = ""
    ethnic: str = "汉族"


@dataclass(frozen=True, slots=True)
class Household:
    """An invented household as it declares itself."""

    number: str
    unit: DemoUnit
    town: str
    programme: str
    members: tuple[Person, ...]
    supporters: tuple[Person, ...] = ()
    deposits: str = "3000.00"
    vehicles: str = ""
    dwellings: int = 1
    accepted_on: date = DEMO_DAY

    @property
    def head(self) -> Person:
        return self.members[0]


@dataclass(frozen=True, slots=True)
class Planted:
    """A fact for the reviews to find: household number, identity number, file and what stands there."""

    household: str
    number: str
    file: str
    what: str


@dataclass(slots=True)
class _Numbers:
    """Hands out identity numbers, each sequence once a unit."""

    sequences: dict[str, Iterator[int]] = field(default_factory=dict)

    def make(self, unit: DemoUnit, born: date, sex: str) -> str:
        running = next(self.sequences.setdefault(unit.numbers, count(10)))
        return identity.make_demonstration(born, (running * 2 + (sex == "M")) % 1000, unit.numbers)


def demo_households(on: date = DEMO_DAY) -> list[Household]:
    """The 42 households, six a unit; accepted in the weeks before `on`."""
    numbers = _Numbers()
    made = [_household(i, numbers, on) for i in range(6 * len(UNITS))]
    made[2] = _jiang(on)
    return [made[2] if i == 2 else _with_pensions(household, on) for i, household in enumerate(made)]


def demo_files(on: date = DEMO_DAY) -> dict[str, bytes]:
    """Name -> content of the declaration files (declared_*.csv) and the departments' (departments/*.csv)."""
    households = demo_households(on)
    return _declarations(households, on) | _Departments(households, on).files()


def planted(on: date = DEMO_DAY) -> list[Planted]:
    """What was planted, for tests and for the tour."""
    departments = _Departments(demo_households(on), on)
    departments.files()
    return departments.planted


# ---------------------------------------------------------------- people


def _name(i: int, surname: str = "") -> str:
    return (surname or _SURNAMES[i * 7 % len(_SURNAMES)]) + _TERMS[i * 5 % len(_TERMS)]


def _household(i: int, numbers: _Numbers, on: date) -> Household:
    unit = UNITS[i % len(UNITS)]
    kind = i // len(UNITS)
    household = Household(
        number=f"B{2027000 + i + 1}",
        unit=unit,
        town=unit.towns[i % len(unit.towns)],
        programme=_programme(kind, i, unit),
        members=tuple(_members(i, kind, unit, numbers)),
        deposits=f"{1200 + i * 731 % 9000}.00",
        dwellings=0 if kind == 1 else 1,
        accepted_on=on - timedelta(days=20 + i * 3 % 60),
    )
    return replace(household, supporters=_supporters(i, kind, unit, numbers))


def _with_pensions(household: Household, on: date) -> Household:
    """The household with the pensions of its old people declared, as honest applicants do."""
    members = (replace(p, income=_pension(p)) if _is_old(p, on) else p for p in household.members)
    return replace(household, members=tuple(members))


def _is_old(person: Person, on: date) -> bool:
    return on.year - person.born.year >= 65


def _pension(person: Person) -> str:
    return f"{165 + int(person.number[14:17]) % 40}.30"


def _programme(kind: int, i: int, unit: DemoUnit) -> str:
    if kind == 1:
        return "特困集中供养" if i % 3 == 0 else "特困分散供养"
    if kind in (2, 4):
        return "刚性支出困难家庭" if i % 2 else "低保边缘家庭"
    return "农村低保" if unit.rural else "城市低保"


def _members(i: int, kind: int, unit: DemoUnit, numbers: _Numbers) -> Iterator[Person]:
    def person(n: int, relation: str, year: int, sex: str, surname: str = "", **more: str) -> Person:
        born = date(year, 1 + (i + n * 5) % 12, 1 + (i * 3 + n * 7) % 28)
        name = _RARE_HEADS.get(i, "") if n == 0 else ""
        ethnic = "满族" if unit.rural and i % 2 else "汉族"
        return Person(
            name or _name(i * 7 + n, surname), numbers.make(unit, born, sex), relation, born, ethnic=ethnic, **more
        )

    sex = "F" if i % 2 else "M"
    other = "M" if sex == "F" else "F"
    head_born = {0: 1984, 1: 1950, 2: 1979, 3: 1986, 4: 1956, 5: 1971}[kind] + i % 4
    marital = {0: "已婚", 1: "未婚", 2: "已婚", 3: "离异", 4: "已婚", 5: "未婚"}[kind]
    head = person(0, "本人", head_born, sex, marital=marital, health="重病" if i % 5 == 0 else "健康", work="灵活就业")
    surname = head.name[0]
    yield replace(head, income=f"{300 + i * 53 % 700}.00", ethnic="蒙古族" if "·" in head.name else head.ethnic)
    if kind in (0, 2, 4):
        yield person(1, "配偶", head_born + 1, other, marital="已婚", work="务农" if unit.rural else "无业")
    if kind in (0, 3):
        child = "女" if i % 2 else "子"
        yield person(2, child, 2015 + i % 5, "F" if child == "女" else "M", surname, work="在校", guardian=head.name)
    if kind == 3:
        yield person(3, "子", 2012 + i % 3, "M", surname, work="在校", guardian=head.name)
    if kind == 2:
        yield person(2, "母", 1948 + i % 5, "F", marital="丧偶", health="慢性病")
    if kind == 5:
        yield person(1, "兄弟", 1974 + i % 4, "M", surname, health="慢性病")
    if i == _INCAPABLE_IN:
        brother = person(4, "兄弟", 1978, "M", surname, health="残疾")
        yield replace(brother, guardian=head.name, capacity="无民事行为能力")


def _supporters(i: int, kind: int, unit: DemoUnit, numbers: _Numbers) -> tuple[Person, ...]:
    if kind != 4:
        return ()
    born = date(1982 + i % 5, 1 + i % 12, 1 + i % 28)
    relation = "女儿" if i % 2 else "儿子"
    sex = "F" if i % 2 else "M"
    return (Person(_name(i * 7 + 5), numbers.make(unit, born, sex), relation, born, income="100.00"),)


def _jiang(on: date) -> Household:
    """The household of the tour: two doubts, a grandchild whose guardian signs."""
    unit = UNITS[2]
    head = _with_check(unit, 1960, 4, "9", Person("江白露", "", "本人", on, "已婚", "慢性病"))
    husband = _with_check(
        unit, 1958, 3, "1", Person("梁夏至", "", "配偶", on, "已婚", work="灵活就业", income="2100.00")
    )
    daughter = _with_check(unit, 1986, 6, "1", Person("梁谷雨", "", "女", on, "离异", work="无业"))
    child = _with_check(unit, 2016, 8, "2", Person("梁小雪", "", "孙女", on, work="在校", guardian="梁谷雨"))
    return Household(
        "B2027003", unit, "工人街道", "城市低保", (head, husband, daughter, child), (), "12000.00", "", 1,
        on - timedelta(days=12),
    )  # fmt: skip


def _with_check(unit: DemoUnit, year: int, sequence: int, check: str, person: Person) -> Person:
    """The person with the first birthday of `year` whose number ends in this check character."""
    days = (date(year, 3, 1) + timedelta(days=n) for n in range(200))
    found = ((day, identity.make_demonstration(day, sequence, unit.numbers)) for day in days)
    born, number = next((day, number) for day, number in found if number.endswith(check))
    return replace(person, born=born, number=number)


# ---------------------------------------------------------------- declarations


def _declarations(households: Sequence[Household], on: date) -> dict[str, bytes]:
    heads = [_household_row(i, h) for i, h in enumerate(households)]
    members = [_member_row(h, p) for h in households for p in h.members]
    supporters = [
        [h.number, h.head.name, p.name, p.number, p.relation, p.income] for h in households for p in h.supporters
    ]
    # The dirt: a head whose check character is wrong falls; a supporter with a masked number is asked about.
    bad = identity.make_demonstration(date(1966, 4, 5), 77, "990203")
    bad = bad[:-1] + ("0" if bad[-1] != "0" else "1")
    lost = ["B2027099", "贺立秋", bad, "城市低保", "210502", "平山区", "平山区南地街道某巷 99 号", 1, "0.00", "800.00"]
    heads.append([*lost, "", 0, "13000000099", on.isoformat()])
    members.append(["B2027099", "贺立秋", bad, "本人", "汉族", "未婚", "健康", "", "无业", "0.00", "", ""])
    with_parents = next(h for h in households if h.supporters)
    supporters.append([with_parents.number, with_parents.head.name, "贺芒种", "990201********0033", "儿子", "100"])
    return {
        "declared_households.csv": _csv(
            "家庭编号,申请人,申请人身份证号,救助类别,行政区划代码,所属单位,地址,家庭人口,申报月收入合计,申报存款,"
            "申报车辆,申报房产套数,联系电话,受理日期",
            heads,
            "utf-8-sig",
        ),
        "declared_members.csv": _csv(
            "家庭编号,姓名,身份证号,与申请人关系,民族,婚姻状况,健康状况,残疾证,职业状况,申报月收入,监护人,民事行为能力",
            members,
            "utf-8-sig",
        ),
        "declared_supporters.csv": _csv("家庭编号,被赡养人,姓名,身份证号,关系,申报月赡养费", supporters, "utf-8-sig"),
    }


def _household_row(i: int, h: Household) -> list[object]:
    income = sum(float(p.income) for p in h.members)
    address = f"{h.unit.name}{h.town}节气路{i + 1}号"
    phone = f"130{i * 7919 % 100_000_000:08d}"
    return [
        h.number, h.head.name, h.head.number, h.programme, h.unit.division, h.unit.name, address, len(h.members),
        f"{income:.2f}", h.deposits, h.vehicles, h.dwellings, phone, h.accepted_on.isoformat(),
    ]  # fmt: skip


def _member_row(h: Household, p: Person) -> list[object]:
    return [
        h.number, p.name, p.number, p.relation, p.ethnic, p.marital, p.health, "", p.work, p.income, p.guardian,
        p.capacity,
    ]  # fmt: skip


# ---------------------------------------------------------------- departments


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
            account(_name(n * 3 + 1), _stranger(n), f"{n * 977 % 40000}.10", n)
        rows.append([""] * 11)
        return _csv("序号,户名,证件类型,证件号码,开户银行,账号,账户种类,币种,账户余额(元),,查询时点", rows, "gb18030")

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
                _name(n * 5 + 2),
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
        return _csv(heading, rows, "gb18030")

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
        return _csv(heading, rows, "utf-8-sig", before=[["不动产登记信息查询结果"]])

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
                if _is_old(person, self.on) and household is not jiang:
                    pension(person, _pension(person))
        for n in range(6):
            pension(_someone(n + 30), "178.00")
        rows.append(["合计", "", "", "", "", "", "—", "", ""])
        title = [f"城乡居民及企业职工养老保险待遇发放明细表({month.year}年{month.month}月)"]
        groups = ["序号", "人员信息", "", "", "待遇信息", "", "", "", "备注"]
        return _csv(",姓名,社会保障号码,性别,险种,待遇月份,月待遇(元),发放状态,", rows, "utf-8", before=[title, groups])

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
        return _csv(heading, rows, "utf-8-sig")

    def _death(self) -> bytes:
        household = self.households[18]
        mother = self._plant(household, household.members[-1], "death.csv", "dead member")
        died = self.on - timedelta(days=75)
        rows: list[list[object]] = [
            [1, mother.name, mother.number, died.isoformat(), "疾病", "本溪市卫生健康委员会", ""],
            [2, _someone(3).name, _someone(3).number, "20250405", "", "本溪市殡仪馆", "2025.04.20"],
        ]
        return _csv("序号,姓名,身份证号,死亡日期,死亡原因,登记单位,户口注销日期", rows, "gb18030")


def _stranger(n: int) -> str:
    return identity.make_demonstration(date(1950 + n, 1 + n % 12, 1 + n % 28), 500 + n, "990299")


def _someone(n: int) -> Person:
    return Person(_name(n * 11 + 6), _stranger(n + 40), "", date(1990 + n % 9, 1, 1))


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


def _csv(
    heading: str, rows: Iterable[Sequence[object]], encoding: str, before: Sequence[Sequence[object]] = ()
) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows(before)
    writer.writerow(heading.split(","))
    writer.writerows(rows)
    return out.getvalue().encode(encoding)
