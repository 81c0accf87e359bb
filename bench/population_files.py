"""The dirty files that departments of an invented population send, and the truth about every cell of theirs.

    python -m bench.population_files FOLDER --households 100000 --seed 3 --region uighur

Writes what `./run do match` reads (declared_*.csv, departments/) and truth/ (links, doubts, meta). The same arguments
give the same files. Match with --demonstration.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import xlsxwriter

from bench.population import ON, RARE, REGIONS, RULES, Family, Person, Population, truth

TRADITIONAL = dict(
    zip(
        "张刘陈杨赵黄吴孙马罗郑谢韩冯邓萧苏叶吕卢蒋谭邹贾顾赖贺严龚钱伟丽强军艳华荣爱红兰云莲环锦辉宁龙学胜发飞",
        "張劉陳楊趙黃吳孫馬羅鄭謝韓馮鄧蕭蘇葉呂盧蔣譚鄒賈顧賴賀嚴龔錢偉麗強軍豔華榮愛紅蘭雲蓮環錦輝寧龍學勝發飛",
        strict=True,
    )
)
DOTS = "·．・‧•. "
Cell = str | float
Link = tuple[str, str, str, str, str, str, str, str]


class Dirt:
    """How a department writes a person down: the cell, the name, and what must come of it."""

    def __init__(self, people: Population) -> None:
        self.dice = people.dice
        self.share = people.dirty
        families = people.families
        self.names = [p.name for f in families for p in f.members]
        self._ways: list[tuple[str, Callable[[str], str], str]] = [
            ("fullwidth", lambda n: "".join(chr(ord(c) + 0xFEE0) for c in n), "match"),
            ("spaces", lambda n: self.dice.choice((f" {n}", f"{n}\u3000", f"\u00a0{n} ")), "match"),
            ("tab_quote", lambda n: self.dice.choice((f"\t{n}", f"'{n}")), "match"),
            ("zero_width", lambda n: self.dice.choice((f"\ufeff{n}", f"{n[:6]}\u200b{n[6:]}")), "match"),
            ("inner_space", lambda n: f"{n[:6]} {n[6:14]} {n[14:]}", "match"),
            ("lower_x", str.lower, "match"),
            ("bad_check", lambda n: n[:17] + ("0" if n[17] != "0" else "1"), "doubt"),
            ("swapped", self._swap, "doubt"),
            ("excel_round", lambda n: n[:15] + "000", "doubt"),
            ("masked", lambda n: n[:6] + "*" * 8 + n[14:], "doubt"),
            ("empty", lambda n: "", "doubt"),
        ]

    def number(self, number: str) -> tuple[str, str, str]:
        """(written, how, expected)."""
        if self.dice.random() >= self.share:
            return number, "exact", "match"
        how, write, expect = self.dice.choice(self._ways)
        written = write(number)
        if written == number:
            return number, "exact", "match"
        return written, how, expect

    def name(self, name: str) -> tuple[str, str]:
        """(written, how)."""
        if "·" in name and self.dice.random() < 0.5:
            return name.replace("·", self.dice.choice([*DOTS, ""])), "dot"
        if name[-1] in RARE:
            return name[:-1] + self.dice.choice(("?", "〓", "□", "xian", name[-1])), "rare"
        if self.dice.random() >= self.share:
            return name, "exact"
        ways = {"trailing": name + self.dice.choice(" \u3000\t"), "suffix": f"{name}（{self.dice.choice('男女')}）"}
        ways["spaced"] = "\u3000".join(name) if len(name) == 2 else f"{name} "
        ways["traditional"] = "".join(TRADITIONAL.get(c, c) for c in name)
        how = self.dice.choice(sorted(ways))
        return ways[how], how

    def other_name(self, name: str) -> str:
        """The name of somebody else, no character of which stands in the same place."""
        while True:
            other = self.dice.choice(self.names)
            if "·" not in other and not any(a == b for a, b in zip(other, name, strict=False)):
                return other

    def day(self, day: date) -> str:
        """A day in one of five forms."""
        forms = ("%Y-%m-%d", "%Y%m%d", "%Y年%m月%d日", "%Y.%m.%d", "%Y/%m/%d")
        return day.strftime(self.dice.choice(forms))

    def amount(self, amount: Decimal) -> str:
        """An amount as one department or another writes it."""
        forms = (f"{amount}", f"{amount}", f"￥{amount:,}", f"{amount}元", f"{amount / 10000}万元")
        return self.dice.choice(forms).translate(
            {c: c + 0xFEE0 for c in range(0x30, 0x3A)} if self.dice.random() < 0.01 else {}
        )

    def _swap(self, number: str) -> str:
        places = [i for i in range(6, 16) if number[i] != number[i + 1]]
        at = self.dice.choice(places) if places else 16
        return number[:at] + number[at + 1] + number[at] + number[at + 2 :]


class Book:
    """One department's file under way: rows, and the truth about every identity cell."""

    def __init__(self, name: str, dirt: Dirt, links: list[Link], *, first_row: int) -> None:
        self.name = name
        self.rows: list[list[Cell]] = []
        self._dirt = dirt
        self._links = links
        self._first = first_row

    def put(
        self, person: Person, cells: Callable[[str, str], list[Cell]], column: int, *, certificate: str = ""
    ) -> None:
        """A row about one person; a few are strangers' or repeated, a few carry somebody else's name."""
        if certificate:
            written, how, expect = person.number + certificate, "cert20", "match"
        else:
            written, how, expect = self._dirt.number(person.number)
        name, name_how = self._dirt.name(person.name)
        if self._dirt.dice.random() < self._dirt.share / 8:
            name, name_how, expect = self._dirt.other_name(person.name), "other", "doubt"
        if not person.ref:
            expect = "none" if how == "exact" or expect == "match" else "doubt"
            if name_how == "other":
                expect = "none" if how == "exact" else expect
        self.rows.append(cells(written, name))
        self.link(column, person, how, name_how, expect)
        if self._dirt.dice.random() < self._dirt.share / 10 and written:
            self.rows.append(list(self.rows[-1]))
            self.link(column, person, how, name_how, "duplicate")

    def link(self, column: int, person: Person, how: str, name_how: str, expect: str) -> None:
        """The truth about a cell of the last row."""
        row = str(self._first + len(self.rows) - 1)
        self._links.append((self.name, row, str(column), person.ref, person.number, how, name_how, expect))

    def skip(self, cells: list[Cell]) -> None:
        """A row that speaks of nobody."""
        self.rows.append(cells)
        row = str(self._first + len(self.rows) - 1)
        self._links.append((self.name, row, "", "", "", "blank_row" if not any(cells) else "total_row", "", "skip"))


def everybody(people: Population) -> Iterator[tuple[Family, Person]]:
    """Members and supporters, each once."""
    seen: set[str] = set()
    for family in people.families:
        for person in family.members + family.supporters:
            if person.number not in seen:
                seen.add(person.number)
                yield family, person


def bank(people: Population, dirt: Dirt, links: list[Link]) -> Book:
    """户名 is column 1, 证件号码 column 3."""
    book = Book("bank.csv", dirt, links, first_row=2)
    persons = [p for _f, p in everybody(people)]
    for person in persons + people.strangers:
        for account, balance in person.facts.get("accounts", [("1" * 16, Decimal("12.50"))]):
            fixed = ["农业银行", account, "活期", "人民币", dirt.amount(balance), dirt.day(ON)]
            book.put(person, lambda n, m, fixed=fixed: [str(len(book.rows) + 1), m, "身份证", n, *fixed], 3)  # type: ignore[misc]
    return book


def simple(
    people: Population,
    dirt: Dirt,
    links: list[Link],
    name: str,
    first: int,
    fact: str,
    column: int,
    cells: Callable[[Person, str, str], list[Cell]],
) -> Book:
    """A file with a row for everybody of whom a fact is known."""
    book = Book(name, dirt, links, first_row=first)
    for _family, person in everybody(people):
        if person.facts.get(fact):
            book.put(person, lambda n, m, p=person: cells(p, n, m), column)  # type: ignore[misc]
    return book


def property_rows(people: Population, dirt: Dirt, links: list[Link]) -> Book:
    """Owners of one title stand in one cell, apart by five kinds of separator."""
    book = Book("property.xlsx", dirt, links, first_row=3)
    for family in people.families:
        for person in family.members:
            for n in range(int(str(person.facts.get("homes", 0)))):
                owners = [person]
                partner = next((p for p in family.members if p.relation == "配偶"), None)
                if partner is not None and person.relation == "本人":
                    owners.append(partner)
                sign = dirt.dice.choice(",，、/ ")
                title = f"不动产权第{family.code[1:]}{person.ref[-1]}{n}号"
                serial: Cell = float((date(2011, 3, 4) - date(1899, 12, 30)).days)
                book.rows.append(
                    [
                        str(len(book.rows) + 1),
                        sign.join(p.name for p in owners),
                        sign.join(p.number for p in owners),
                        title,
                        "住宅",
                        "现势",
                        serial,
                    ]
                )
                for owner in owners:
                    book.link(2, owner, "exact;joint" if len(owners) > 1 else "exact", "exact", "match")
    return book


def marriage(people: Population, dirt: Dirt, links: list[Link]) -> Book:
    """Two people a row, one link each."""
    book = Book("marriage.csv", dirt, links, first_row=2)
    for family in people.families:
        husband = family.members[0]
        wife = husband.facts.get("married")
        if isinstance(wife, Person):
            book.rows.append(
                ["结婚登记", dirt.day(date(2001, 5, 6)), husband.name, husband.number, wife.name, wife.number, "民政局"]
            )
            book.link(3, husband, "exact", "exact", "match")
            book.link(5, wife, "exact", "exact", "match" if wife.ref else "none")
    return book


def books(people: Population, links: list[Link]) -> dict[str, tuple[list[list[Cell]], Book, str]]:
    """File name -> title and heading rows, rows, encoding ("" for XLSX)."""
    dirt = Dirt(people)
    made: dict[str, tuple[list[list[Cell]], Book, str]] = {}

    def plain(
        name: str, heading: str, fact: str, column: int, encoding: str, cells: Callable[[Person, str, str], list[Cell]]
    ) -> None:
        book = simple(people, dirt, links, name, 2, fact, column, cells)
        made[name] = ([list(heading.split())], book, encoding)

    made["bank.csv"] = (
        [["序号", "户名", "证件类型", "证件号码", "开户银行", "账号", "账户种类", "币种", "账户余额(元)", "查询时点"]],
        bank(people, dirt, links),
        "gb18030",
    )
    plain(
        "vehicle.csv",
        "号牌号码 机动车所有人 身份证明号码 车辆类型 机动车状态",
        "vehicle",
        2,
        "gb18030",
        lambda p, n, m: ["蒙D00001", m, n, *p.facts["vehicle"]],
    )
    plain(
        "death.csv", "姓名 身份证号 死亡日期", "died", 1, "gb18030", lambda p, n, m: [m, n, dirt.day(p.facts["died"])]
    )
    plain(
        "prison.csv",
        "姓名 身份证号 罪名 刑期止 状态",
        "prison",
        1,
        "gbk",
        lambda p, n, m: [m, n, "盗窃", dirt.day(p.facts["prison"]), "服刑"],
    )
    plain(
        "unemployment.csv",
        "姓名 身份证号码 领取起始年月 领取终止年月 月标准",
        "benefit",
        1,
        "utf-8-sig",
        lambda p, n, m: [m, n, "202501", "2025-10", dirt.amount(p.facts["benefit"])],
    )
    plain(
        "business.csv",
        "统一社会信用代码 市场主体名称 法定代表人(经营者) 证件号码 注册资本(万元) 登记状态",
        "business",
        3,
        "utf-8-sig",
        lambda p, n, m: [
            "92150403UEFWRTMWGK",
            "兴隆商店",
            m,
            n,
            dirt.dice.choice(("", "3.5", "50万元")),
            str(p.facts["business"]),
        ],
    )
    disability = Book("disability.csv", dirt, links, first_row=2)
    for _family, person in everybody(people):
        until = person.facts.get("disabled")
        if isinstance(until, date):
            code = f"{dirt.dice.randint(1, 7)}{dirt.dice.randint(1, 4)}" + ("B1" if dirt.dice.random() < 0.1 else "")
            disability.put(person, lambda n, m, until=until: [m, n, dirt.day(until), "正常"], 1, certificate=code)  # type: ignore[misc]
    made["disability.csv"] = ([["姓名", "残疾证号", "有效期至", "证件状态"]], disability, "utf-8")
    made["marriage.csv"] = (
        [["业务类型", "登记日期", "男方姓名", "男方身份证件号", "女方姓名", "女方身份证件号", "登记机关"]],
        marriage(people, dirt, links),
        "utf-8-sig",
    )
    tax = simple(
        people,
        dirt,
        links,
        "tax.csv",
        3,
        "wage",
        1,
        lambda p, n, m: [m, n, "工资薪金所得", "20250601", dirt.day(ON), dirt.amount(p.facts["wage"])],
    )
    tax.skip(["", "", "", "", "", ""])
    tax.skip(["合计", "", "", "", "", "—"])
    made["tax.csv"] = (
        [
            ["个人所得税扣缴申报信息"],
            ["纳税人姓名", "身份证件号码", "所得项目", "税款所属期起", "税款所属期止", "收入额"],
        ],
        tax,
        "gb18030",
    )
    pension = simple(
        people,
        dirt,
        links,
        "pension.xlsx",
        4,
        "pension",
        2,
        lambda p, n, m: [1.0, m, n, "城乡居民", "202506", float(str(p.facts["pension"])), "正常"],
    )
    pension.skip(["合计", "", "", "", "", "—", ""])
    made["pension.xlsx"] = (
        [
            ["养老金发放表"],
            ["序号", "人员信息", "", "险种", "待遇月份", "月待遇", "发放状态"],
            ["", "姓名", "身份证号", "", "", "", ""],
        ],
        pension,
        "",
    )
    made["property.xlsx"] = (
        [["不动产登记信息"], ["序号", "权利人", "权利人证件号", "不动产权证书号", "用途", "权属状态", "登记时间"]],
        property_rows(people, dirt, links),
        "",
    )
    return made


def write(folder: Path, people: Population) -> int:
    """Write everything below `folder`; the number of departments' rows."""
    links: list[Link] = []
    made = books(people, links)
    (folder / "departments").mkdir(parents=True, exist_ok=True)
    (folder / "truth").mkdir(exist_ok=True)
    for name, (heads, book, encoding) in made.items():
        path = folder / "departments" / name
        if encoding:
            with path.open("w", encoding=encoding, errors="replace", newline="") as file:
                csv.writer(file).writerows(heads + book.rows)
        else:
            _workbook(path, heads + book.rows)
    _declared(folder, people)
    _zipped(folder / "truth" / "links.csv.gz", "file,row,column,person,id,how,name_how,expect", links)
    _zipped(folder / "truth" / "doubts.csv.gz", "household,rule", truth(people))
    rows = sum(len(book.rows) for _heads, book, _encoding in made.values())
    (folder / "truth" / "meta.json").write_text(json.dumps({"rules": RULES, "rows": rows}, ensure_ascii=False))
    return rows


def _workbook(path: Path, rows: list[list[Cell]]) -> None:
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    book.set_properties({"created": ON})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()


def _declared(folder: Path, people: Population) -> None:
    families = people.families
    _plain(
        folder / "declared_households.csv",
        "家庭编号,申请人,申请人身份证号,救助类别,家庭人口",
        ((f.code, f.members[0].name, f.members[0].number, f.programme, str(len(f.members))) for f in families),
    )
    _plain(
        folder / "declared_members.csv",
        "家庭编号,姓名,身份证号,与申请人关系,婚姻状况,残疾证,申报月收入",
        (
            (f.code, p.name, p.number, p.relation, p.marital, "有" if p.disabled else "", str(p.declared))
            for f in families
            for p in f.members
        ),
    )
    _plain(
        folder / "declared_supporters.csv",
        "家庭编号,被赡养人,姓名,身份证号,关系,申报月赡养费",
        ((f.code, f.members[0].name, p.name, p.number, p.relation, "100") for f in families for p in f.supporters),
    )


def _plain(path: Path, heading: str, rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([heading.split(","), *rows])


def _zipped(path: Path, heading: str, rows: Iterable[tuple[str, ...]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([heading.split(","), *rows])


def main() -> None:
    """Write a population."""
    asked = argparse.ArgumentParser(description=main.__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--households", type=int, default=100)
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--region", choices=sorted(REGIONS), default="mongol")
    asked.add_argument("--dirty", type=float, default=0.06)
    given = asked.parse_args()
    people = Population(given.households, given.seed, given.region, dirty=given.dirty)
    print(write(given.folder, people), "rows")


if __name__ == "__main__":
    main()
