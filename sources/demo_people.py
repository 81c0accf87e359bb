"""The demonstration office's people and what they declare: invented, the same bytes every time.

Names come from the solar terms, identity numbers carry the reserved division 99xxxx, divisions are the real
codes of Benxi's reporting units (the zone has none, so it goes by name). What departments hold stands in `demo`.
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


# ---------------------------------------------------------------- people


def invented_name(i: int, surname: str = "") -> str:
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
    members = (replace(p, income=pension_of(p), work="退休") if is_old(p, on) else p for p in household.members)
    return replace(household, members=tuple(members))


def is_old(person: Person, on: date) -> bool:
    return on.year - person.born.year >= 65


def pension_of(person: Person) -> str:
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
            name or invented_name(i * 7 + n, surname),
            numbers.make(unit, born, sex),
            relation,
            born,
            ethnic=ethnic,
            **more,
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
    return (Person(invented_name(i * 7 + 5), numbers.make(unit, born, sex), relation, born, income="100.00"),)


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


def declarations(households: Sequence[Household], on: date) -> dict[str, bytes]:
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
        "declared_households.csv": write_csv(
            "家庭编号,申请人,申请人身份证号,救助类别,行政区划代码,所属单位,地址,家庭人口,申报月收入合计,申报存款,"
            "申报车辆,申报房产套数,联系电话,受理日期",
            heads,
            "utf-8-sig",
        ),
        "declared_members.csv": write_csv(
            "家庭编号,姓名,身份证号,与申请人关系,民族,婚姻状况,健康状况,残疾证,职业状况,申报月收入,监护人,民事行为能力",
            members,
            "utf-8-sig",
        ),
        "declared_supporters.csv": write_csv(
            "家庭编号,被赡养人,姓名,身份证号,关系,申报月赡养费", supporters, "utf-8-sig"
        ),
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


def write_csv(
    heading: str, rows: Iterable[Sequence[object]], encoding: str, before: Sequence[Sequence[object]] = ()
) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows(before)
    writer.writerow(heading.split(","))
    writer.writerows(rows)
    return out.getvalue().encode(encoding)
