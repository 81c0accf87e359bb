"""Declarations: households put together from three files, faults by row and column."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest

from domain import identity
from domain.intake import RETIRED
from sources.demo import demo_files, planted
from sources.demo_people import DEMO_DAY, UNITS, demo_households
from sources.faults import FileRefused
from sources.households import Declaration, read_declaration
from sources.reading import read_all

HEAD = identity.make_demonstration(date(1960, 1, 2), 12)
WIFE = identity.make_demonstration(date(1962, 3, 4), 22)
CHILD = identity.make_demonstration(date(2015, 3, 4), 31)
HOUSEHOLDS = (
    "家庭编号,申请人,申请人身份证号,救助类别,行政区划代码,地址,家庭人口,申报月收入合计,申报存款,"
    "申报车辆,申报房产套数,联系电话,受理日期\n"
)
MEMBERS = "家庭编号,姓名,身份证号,与申请人关系,申报月收入,监护人\n"
SUPPORTERS = "家庭编号,被赡养人,姓名,身份证号,关系,申报月赡养费\n"


def household(number: str = "H1", head: str = HEAD, programme: str = "农村低保") -> str:
    stated = "210502,某路 1 号,2,0.00,12000,辽E1、辽E2,1,13000000000,2027-05-20"
    return f"{number},梁夏至,{head},{programme},{stated}\n"


def declare(households: str, members: str = "", supporters: str = "") -> Declaration:
    files = {"家庭.csv": (HOUSEHOLDS + households).encode("gb18030")}
    if members:
        files["成员.csv"] = (MEMBERS + members).encode()
    if supporters:
        files["赡养人.csv"] = (SUPPORTERS + supporters).encode()
    return read_declaration(files, on=date(2027, 5, 31), demonstration=True)


def places(declaration: Declaration) -> list[tuple[str, int, str, bool]]:
    return [(f.file, f.fault.row, f.fault.column, f.fault.kept) for f in declaration.faults]


def test_three_files_make_one_household() -> None:
    found = declare(
        household(),
        f"H1,梁夏至,{HEAD},本人,0,\nH1,江白露,{WIFE},配偶,100,\nH1,梁小雪,{CHILD},孙女,0,江白露\n",
        f"H1,梁夏至,贺大暑,{identity.make_demonstration(date(1985, 1, 1), 5)},儿子,200\n",
    )

    (one,) = found.households
    assert not found.faults
    assert (one.programme, one.programme_words, one.division, one.vehicles) == (
        "DIBAO",
        "农村低保",
        "210502",
        ("辽E1", "辽E2"),
    )
    assert [(m.name, m.relation, m.guardian) for m in one.members] == [
        ("梁夏至", "本人", ""),
        ("江白露", "配偶", ""),
        ("梁小雪", "孙女", "江白露"),
    ]
    assert (one.supporters[0].amount, one.accepted_on, one.incomplete) == (Decimal(200), date(2027, 5, 20), False)


def test_a_household_with_an_unsound_head_is_rejected_and_the_others_stay() -> None:
    found = declare(household() + household("H2", HEAD[:-4] + "****"))

    assert [h.number for h in found.households] == ["H1"]
    assert found.rejected == 1
    assert places(found) == [("家庭.csv", 3, "申请人身份证号", False)]


def test_an_unsound_member_is_reported_and_leaves_the_household_incomplete() -> None:
    found = declare(household(), f"H1,梁夏至,{HEAD},本人,0,\nH1,江白露,{WIFE[:-1]},配偶,0,\nH1,,{CHILD},孙女,0,\n")

    assert (len(found.households[0].members), found.households[0].incomplete) == (1, True)
    assert places(found) == [("成员.csv", 3, "身份证号", True), ("成员.csv", 4, "姓名", True)]


@pytest.mark.parametrize(
    ("households", "members", "place"),
    [
        (household(programme="不知道"), "", ("家庭.csv", 2, "救助类别", False)),
        (household() + household(), "", ("家庭.csv", 3, "家庭编号", False)),
        (household(), f"H9,江白露,{WIFE},配偶,0,\n", ("成员.csv", 2, "家庭编号", False)),
        (household(), f"H1,梁夏至,{WIFE},本人,0,\n", ("家庭.csv", 2, "申请人身份证号", False)),
        (household(), f"H1,江白露,{WIFE},配偶,0,\nH1,江白露,{WIFE},女,0,\n", ("成员.csv", 3, "身份证号", True)),
    ],
    ids=["programme", "twice", "no household", "head differs", "person twice"],
)
def test_a_contradiction_is_reported_where_it_stands(
    households: str, members: str, place: tuple[str, int, str, bool]
) -> None:
    assert place in places(declare(households, members))


def test_a_file_that_is_no_declaration_is_refused_by_name() -> None:
    with pytest.raises(FileRefused, match=r"别的\.csv"):
        read_declaration({"别的.csv": b"a,b\n1,2\n"})
    with pytest.raises(FileRefused, match="holds households"):
        read_declaration({"成员.csv": (MEMBERS + f"H1,江白露,{WIFE},配偶,0,\n").encode()}, demonstration=True)


# ---------------------------------------------------------------- the demonstration office


def declared(*, demonstration: bool = True) -> Declaration:
    files = {name: content for name, content in demo_files().items() if name.startswith("declared_")}
    return read_declaration(files, on=DEMO_DAY, demonstration=demonstration)


def test_the_demonstration_is_the_same_bytes_every_time() -> None:
    assert demo_files() == demo_files()


def test_the_demonstration_declares_six_households_a_unit_and_its_dirt_is_reported() -> None:
    found = declared()

    assert [sum(h.unit == unit.name for h in found.households) for unit in UNITS] == [6] * 7
    assert {h.programme for h in found.households} == {"DIBAO", "LOWINC", "TEKUN"}
    assert found.rejected == 1
    assert len(found.faults) == 3
    assert sum(h.incomplete for h in found.households) == 1


def test_every_child_and_the_incapable_adult_of_the_demonstration_has_a_guardian() -> None:
    people = [m for h in declared().households for m in h.members]

    assert sum(m.incapable for m in people) == 1
    assert all(m.guardian for m in people if m.incapable or m.born.year > DEMO_DAY.year - 18)
    assert len({m.number for m in people}) == len(people)


def test_the_demonstration_has_names_that_strain_fonts() -> None:
    heads = "".join(h.head.name for h in declared().households)

    assert all(character in heads for character in "䶮㛃𠮷𬭚·")


def test_a_real_home_takes_no_household_of_the_demonstration() -> None:
    found = declared(demonstration=False)

    assert found.households == ()
    assert found.rejected == 43


def test_the_departments_of_the_demonstration_hold_what_was_planted() -> None:
    files = demo_files()
    category = {
        "bank": "DEPOSIT",
        "vehicle": "VEHICLE",
        "property": "HOUSE",
        "pension": "PENRCV",
        "business": "BIZ",
        "death": "DEATH",
    }
    numbers = {}
    for name, content in files.items():
        if name.startswith("departments/"):
            kind = category[name.removeprefix("departments/").removesuffix(".csv")]
            rows, report = read_all(BytesIO(content), kind, demonstration=True)
            assert report.accepted + report.rejected == report.total
            numbers[name] = {s.number for r in rows for s in r.subjects}
    assert {p.household for p in planted()} <= {h.number for h in demo_households()}
    assert all(p.number in numbers[p.file] for p in planted())


def test_whoever_draws_a_pension_declares_it_as_one_but_the_planted_applicant() -> None:
    hiding = {p.number for p in planted() if p.file == "departments/pension.csv"}
    (hidden,) = hiding
    content = demo_files()["departments/pension.csv"]
    rows, _report = read_all(BytesIO(content), "PENRCV", demonstration=True)
    paid = {subject.number for row in rows for subject in row.subjects}
    drawing = [p for h in demo_households() for p in h.members if p.number in paid]
    assert len(drawing) > 10
    assert {p.number for p in drawing if p.work not in RETIRED or p.income == "0.00"} == {hidden}
