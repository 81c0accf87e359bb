"""An invented population of any size and the truth about it: who lives together, who hides what.

`bench.population_files` writes what departments would send. All numbers are of the reserved division 99xxxx, which no
person carries. Written for measuring and for tests; it shares no rule with the product.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

ON = date(2025, 6, 30)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙朱马胡郭林何高梁郑罗宋谢唐韩曹许邓萧冯曾程蔡彭潘袁于董余苏叶吕魏蒋田杜丁沈姜"
    "范江傅钟卢汪戴崔任陆廖姚方金邱夏谭韦贾邹石熊孟秦阎薛侯雷白龙段郝孔邵史毛常万顾赖武康贺严尹钱施牛洪龚"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红梅兰芬云莲真环雪荣爱妹香月莺媛瑞凡佳嘉琼勤珍贞"
    "莉锦文辉力宁福生龙元全国胜学祥才发武新利清飞彬富顺信子"
)
RARE = "㬎燚赟堃喆犇骉淼玥珺"
PARTS = {
    "mongol": ("呼和 娜布其 阿鲁 阿拉坦 乌古斯 朝克图 特木尔 宝音 其其格 巴特尔 苏日娜 格日勒".split(), (1, 2)),
    "uighur": ("阿卜杜 热合曼 买买提 艾力 古丽 阿依 吐尔逊 木合塔尔 帕提 古丽娜尔 热孜万 依明".split(), (2, 2)),
    "tibetan": ("扎西 卓玛 次仁 德吉 丹增 央金 洛桑 曲珍 格桑 白玛 平措 旺堆".split(), (2, 2)),
}
REGIONS = {"han": "", "mongol": "mongol", "uighur": "uighur", "tibetan": "tibetan"}
STANDARDS = {"城市低保": 700, "农村低保": 500, "低保边缘家庭": 1050, "特困分散供养": 910}
RULES: dict[str, Any] = {
    "standard_month": STANDARDS,
    "deposit_limit_per_head": 20000,
    "property_limit": 2,
    "income_tolerance": 0.2,
    "vehicle_exempt": ["普通二轮摩托车", "残疾人专用车", "农用三轮车"],
    "capital_limit_wan": 0,
}


@dataclass
class Person:
    """One invented person: what was declared, and the facts that departments know."""

    ref: str
    name: str
    number: str
    relation: str
    marital: str = "未婚"
    disabled: bool = False
    declared: Decimal = Decimal(0)
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Family:
    """One household with its members and supporters."""

    code: str
    programme: str
    members: list[Person]
    supporters: list[Person]


def number_of(born: date, sequence: int, division: str) -> str:
    """A number of the right form (GB 11643)."""
    first = f"{division}{born:%Y%m%d}{sequence:03d}"
    return first + "10X98765432"[sum(w * int(d) for w, d in zip(WEIGHTS, first, strict=True)) % 11]


class Population:
    """The people, drawn one family after the other from one seed."""

    def __init__(self, households: int, seed: int, region: str, *, dirty: float = 0.06, cheat: float = 0.12) -> None:
        self.dice = random.Random(seed)
        self.households = households
        self.region = REGIONS[region]
        self.dirty = dirty
        self.cheat = cheat
        self._used: set[str] = set()
        self.families = [self._family(n) for n in range(households)]
        self.strangers = [self._stranger() for _ in range(max(3, households // 10))]
        self._twice()

    def maybe(self, share: float) -> bool:
        """True in so many of a hundred cases."""
        return self.dice.random() < share

    def money(self, least: float, most: float) -> Decimal:
        """An amount with cents."""
        return Decimal(round(self.dice.uniform(least, most) * 100)) / 100

    def _name(self) -> str:
        if self.region and self.maybe(0.5):
            parts, (least, most) = PARTS[self.region]
            return "·".join(self.dice.choice(parts) for _ in range(self.dice.randint(least, most)))
        given = "".join(self.dice.choice(GIVEN) for _ in range(self.dice.choice((1, 2, 2))))
        if self.maybe(0.03) and len(given) > 1:
            given = given[0] + self.dice.choice(RARE)
        return self.dice.choice(SURNAMES) + given

    def _number(self, born: date | None = None) -> str:
        while True:
            day = born or date(1935, 1, 1) + timedelta(days=self.dice.randrange(25_000))
            number = number_of(
                day, self.dice.randrange(1000), f"99{self.dice.randrange(1, 40):02d}{self.dice.randrange(1, 30):02d}"
            )
            if number not in self._used and not number.endswith("000"):
                self._used.add(number)
                return number

    def _person(self, ref: str, relation: str) -> Person:
        return Person(ref, self._name(), self._number(), relation)

    def _stranger(self) -> Person:
        """Nobody declared: some share a name, some a name and a day of birth, with somebody declared."""
        like = self.dice.choice(self.dice.choice(self.families).members)
        kind = self.dice.choice(("stranger", "same_name", "same_name_same_birth"))
        if kind == "stranger":
            return Person("", self._name(), self._number(), kind)
        born = date(int(like.number[6:10]), int(like.number[10:12]), int(like.number[12:14]))
        return Person("", like.name, self._number(born if kind == "same_name_same_birth" else None), kind)

    def _family(self, n: int) -> Family:
        code = f"H{n:08d}"
        members = [self._person(f"{code}-1", "本人")]
        if self.maybe(0.45):
            members.append(self._person(f"{code}-2", "配偶"))
            members[0].marital = members[1].marital = "已婚"
        members += [self._person(f"{code}-{k + 3}", "子女") for k in range(self.dice.choice((0, 0, 1, 2)))]
        supporters = [self._person(f"{code}-{k + 7}", "女儿") for k in range(self.dice.choice((0, 1)))]
        family = Family(code, self.dice.choice(list(STANDARDS)), members, supporters)
        self._give(family)
        return family

    def _give(self, family: Family) -> None:
        cheats = self.maybe(self.cheat * 2)
        for person in family.members + family.supporters:
            member = person in family.members
            facts = person.facts
            rich = cheats and self.maybe(0.3)
            for _ in range(self.dice.choice((1, 1, 2, 3))):
                account = str(self.dice.randrange(10**15, 10**16))
                amount = self.money(30_000, 90_000) if rich else self.money(1, 3_000)
                facts.setdefault("accounts", []).append((account, amount))
            if self.maybe(0.2):
                facts["pension"] = self.money(100, 300)
            elif self.maybe(0.15):
                facts["wage"] = self.money(300, 900) if not rich else self.money(3_000, 8_000)
            income = sum((facts.get(k, Decimal(0)) for k in ("pension", "wage")), Decimal(0))
            if income and not (cheats and self.maybe(0.5)):
                person.declared = income
            if member:
                self._give_member(person, family, cheats)

    def _give_member(self, person: Person, family: Family, cheats: bool) -> None:
        facts = person.facts
        if self.maybe(0.12):
            kinds = RULES["vehicle_exempt"] if not cheats else ["小型轿车", "轻型货车"]
            facts["vehicle"] = (self.dice.choice(kinds), self.dice.choice(("正常", "正常", "注销", "逾期未检验")))
        if self.maybe(0.1):
            person.disabled = True
            facts["disabled"] = ON + timedelta(days=self.dice.randint(-500, 3000))
        if person.relation in ("本人", "子女") and self.maybe(0.25):
            facts["homes"] = 2 if cheats and self.maybe(0.4) else 1
        self._give_trouble(facts, cheats)
        if person.relation == "本人":
            self._wed(person, family, cheats)

    def _give_trouble(self, facts: dict[str, Any], cheats: bool) -> None:
        if self.maybe(0.03):
            facts["business"] = self.dice.choice(("存续", "注销", "吊销,未注销"))
        if cheats and self.maybe(0.03):
            facts["died"] = ON - timedelta(days=self.dice.randint(30, 400))
        if cheats and self.maybe(0.03):
            facts["prison"] = ON + timedelta(days=self.dice.randint(30, 2000))
        if cheats and self.maybe(0.05):
            facts["benefit"] = self.money(1_000, 1_500)

    def _wed(self, person: Person, family: Family, cheats: bool) -> None:
        wife = next((p for p in family.members if p.relation == "配偶"), None)
        if wife is not None and self.maybe(0.6):
            person.facts["married"] = wife
        elif wife is None and cheats and self.maybe(0.2):
            person.facts["married"] = Person("", self._name(), self._number(), "spouse")

    def _twice(self) -> None:
        """A few people are declared in two households."""
        for _ in range(self.households // 100):
            one, other = self.dice.sample(self.families, 2)
            person = self.dice.choice(one.members)
            if person.relation == "子女" and all(p.number != person.number for p in other.members):
                person.facts["homes"] = 0
                other.members.append(person)


def truth(people: Population) -> Iterator[tuple[str, str]]:
    """(household, rule) of everything an audit must raise."""
    homes: dict[str, int] = {}
    for family in people.families:
        for person in family.members:
            homes[person.number] = homes.get(person.number, 0) + 1
    for family in people.families:
        found = {rule for person in family.members for rule in _of_member(person, homes[person.number])}
        found |= set(_of_family(family))
        yield from ((family.code, rule) for rule in sorted(found))


def _of_member(person: Person, homes: int) -> Iterator[str]:
    facts, dead = person.facts, "died" in person.facts
    checks = {
        "R01": dead,
        "R03": facts.get("vehicle", ("农用三轮车", ""))[0] in ("小型轿车", "轻型货车")
        and facts["vehicle"][1] != "注销",
        "R05": facts.get("business") == "存续",
        "R06": "pension" in facts and not person.declared and not dead,
        "R07": "wage" in facts and person.declared < facts["wage"] * Decimal("0.8") and not dead,
        "R08": "benefit" in facts,
        "R09": "prison" in facts,
        "R10": isinstance(facts.get("married"), Person) and not facts["married"].ref,
        "R12": isinstance(facts.get("disabled"), date) and facts["disabled"] < ON,
        "R15": homes > 1,
    }
    return (rule for rule, true in checks.items() if true)


def _of_family(family: Family) -> Iterator[str]:
    members = family.members
    deposits = sum((a for p in members for _no, a in p.facts["accounts"]), Decimal(0))
    if deposits > 20000 * len(members):
        yield "R02"
    if sum(int(str(p.facts.get("homes", 0))) for p in members) >= 2:
        yield "R04"
    income = Decimal(0)
    for person in members:
        known = sum((Decimal(str(person.facts.get(k, 0))) for k in ("pension", "wage", "benefit")), Decimal(0))
        income += Decimal(0) if "died" in person.facts else max(known, person.declared)
    if income / len(members) > STANDARDS[family.programme]:
        yield "R11"
