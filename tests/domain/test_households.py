"""Households: who lives in them, how a person is found, and how they come in from files."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select, text, update

from domain import identity, intake
from domain.assistance.recipients import Recipient
from domain.errors import Conflict
from domain.home import REAL, HomeRow
from domain.identity import InvalidIdentityNumber
from domain.parties import households
from domain.parties.households import Guardian, Person
from domain.verification import declarations
from tests.domain.office import BORN, TODAY, Desk, household, idno, people

REAL_NUMBER = "21050219800101" + "001"
REAL_NUMBER += identity.check_character(REAL_NUMBER)


def test_members_stand_in_order_with_names_in_clear_and_numbers_masked(desk: Desk) -> None:
    with desk.acting() as work:
        family = household(work, "甲某", "乙某", "丙某")
        households.leave(work, people(work, family)[1], TODAY)

        shown = households.views(work, family)

        assert [view.name for view in shown] == ["甲某", "丙某"]
        assert [view.position for view in shown] == [0, 2]
        assert all("********" in view.idno for view in shown)


def test_a_person_is_found_by_number_however_it_is_written(desk: Desk) -> None:
    number = idno()
    with desk.acting() as work:
        family = household(work)
        made = households.add_person(work, family, name="丁某", idno=number, relation="子")
        wide = " ".join(chr(ord(sign) + 0xFEE0) for sign in number)

        assert households.find_by_idno(work, wide) == [made]
        assert households.find_by_idno(work, idno()) == []


def test_the_same_person_is_not_put_into_a_household_twice(desk: Desk) -> None:
    number = idno()
    with desk.acting() as work:
        family = household(work)
        households.add_person(work, family, name="丁某", idno=number, relation="子")

        with pytest.raises(Conflict):
            households.add_person(work, family, name="丁某", idno=number.lower(), relation="子")


def test_a_demonstration_home_takes_demonstration_numbers_and_real_ones(desk: Desk) -> None:
    with desk.acting() as work:
        family = household(work)
        households.add_person(work, family, name="戊某", idno=REAL_NUMBER, relation="子")
        households.add_person(work, family, name="己某", idno=idno(), relation="子")


def test_a_real_home_refuses_demonstration_numbers(desk: Desk) -> None:
    with desk.acting() as work:
        family = household(work)
        work.session.execute(update(HomeRow).values(kind=REAL))
        work.session.expire_all()

        households.add_person(work, family, name="戊某", idno=REAL_NUMBER, relation="子")
        with pytest.raises(InvalidIdentityNumber) as caught:
            households.add_person(work, family, name="己某", idno=idno(), relation="子")
        assert caught.value.reason is identity.Reason.DEMONSTRATION


def test_neither_name_nor_number_stands_in_the_database_in_clear(both: Desk) -> None:
    number = idno()
    with both.acting() as work:
        family = household(work)
        households.add_person(work, family, name="罕见姓名", idno=number, relation="子")
        work.session.flush()
        rows = work.session.execute(text("SELECT * FROM person")).all()
        assert rows
        for row in rows:
            for cell in row:
                raw = bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()
                assert number.encode() not in raw and "罕见姓名".encode() not in raw


@dataclass(frozen=True)
class Someone:
    name: str
    number: str
    relation: str = "本人"
    born: date = BORN
    work: str = "无业"
    income: Decimal | None = Decimal("800.00")
    guardian: str = ""
    incapable: bool = False


@dataclass(frozen=True)
class Family:
    number: str
    members: tuple[Someone, ...]
    programme: str = "DIBAO"
    division: str = "210502"
    unit: str = ""
    address: str = "本溪市平山区北台街道中心路3号"
    deposits: Decimal | None = Decimal("1200.50")
    vehicles: tuple[str, ...] = ()
    dwellings: int | None = 1
    phone: str = "13800000000"
    accepted_on: date | None = date(2027, 1, 5)
    place: tuple[str, int, int] = ("户.csv", 1, 2)
    supporters: tuple[Someone, ...] = field(default=())
    incomplete: bool = False


def family(number: str, *relations: str) -> Family:
    return Family(number, tuple(Someone(f"{r}{number}", idno(), r) for r in relations or ("本人",)))


def test_one_bad_household_never_sinks_the_rest(both: Desk) -> None:
    bad = replace(family("H2"), members=(Someone("坏", "990201198001010000"),))
    lost = replace(family("H3"), division="999999", address="外地")
    with both.acting() as work:
        report = intake.import_households(work, [family("H1", "本人", "配偶"), bad, lost, family("H4")])

        assert report.new == ["H1", "H4"]
        assert report.refused == ["H2", "H3"]
        assert len(report.sentences()) == 2 and "H2" in str(report.sentences()[0])
        assert work.session.scalar(select(func.count(Person.id))) == 3
        assert households.by_number(work, "H2") is None


def test_an_import_finds_department_and_town_and_keeps_what_was_declared(desk: Desk) -> None:
    with desk.acting() as work:
        intake.import_households(work, [replace(family("H1"), vehicles=("辽E12345",))])
        made = households.by_number(work, "H1")
        assert made is not None
        person = people(work, made)[0]
        town = work.session.scalar(text("SELECT code FROM organisation WHERE id = :id"), {"id": made.town_id})

        assert town == "beitai"
        assert households.phone_of(work, made) == "13800000000"
        assert declarations.latest(work, made) == {
            (person.ref, "WAGE"): {"amount": "800.00"},
            (person.ref, "WORK"): {"text": "无业"},
            (None, "DEPOSIT"): {"amount": "1200.50"},
            (None, "HOUSE"): {"count": 1},
            (None, "VEHICLE"): {"count": 1, "text": "辽E12345"},
        }


def test_a_unit_name_finds_the_department_where_no_division_is_given(desk: Desk) -> None:
    with desk.acting() as work:
        named = replace(family("H1"), division="", unit="明山区", address="明山区高峪街道")
        report = intake.import_households(work, [named])
        assert report.new == ["H1"]


def test_an_imported_roll_enrols_its_households_once(desk: Desk) -> None:
    with desk.acting() as work:
        roll = [family("H1"), family("H2")]
        first = intake.import_households(work, roll, receiving=lambda _number: True)
        again = intake.import_households(work, roll, receiving=lambda _number: True)

        assert first.enrolled == ["H1", "H2"]
        assert again.changed == ["H1", "H2"]
        rows = work.session.execute(select(Recipient.programme, Recipient.since, Recipient.state)).all()
        assert rows == [("DIBAO", date(2027, 1, 5), "ACTIVE")] * 2


def test_a_known_household_is_left_alone_or_brought_up_to_date(desk: Desk) -> None:
    with desk.acting() as work:
        before = family("H1")
        intake.import_households(work, [before])
        grown = replace(before, address="新址", members=(*before.members, Someone("新生", idno(), "子")))

        left = intake.import_households(work, [grown], update=False)
        made = households.by_number(work, "H1")
        assert made is not None
        assert left.known == ["H1"] and len(people(work, made)) == 1

        taken = intake.import_households(work, [grown])
        assert taken.changed == ["H1"]
        assert households.address_of(work, made) == "新址"
        assert [p.joined_on for p in people(work, made)] == [None, TODAY]


@pytest.mark.clause("BX-13")
def test_children_and_incapable_members_get_their_guardians(desk: Desk) -> None:
    head = Someone("父", idno())
    mother = Someone("母", idno(), "配偶")
    child = Someone("儿", idno(date(2018, 5, 1)), "子", born=date(2018, 5, 1))
    uncle = Someone("叔", idno(), "其他", incapable=True, guardian="父")
    with desk.acting() as work:
        declared = replace(family("H1"), members=(head, mother, child, uncle))
        intake.import_households(work, [declared])
        made = households.by_number(work, "H1")
        assert made is not None
        _head, _mother, boy, old = people(work, made)

        assert [households.guardian_view(work, g).name for g in households.guardians(work, boy)] == ["父", "母"]
        assert {g.relation for g in households.guardians(work, boy)} == {"父母"}
        assert [households.guardian_view(work, g).name for g in households.guardians(work, old)] == ["父"]
        assert old.capacity == "NONE"
        assert work.session.scalar(select(func.count(Guardian.id))) == 3


def test_what_sources_reads_from_files_fits_the_import(desk: Desk) -> None:
    from sources.households import DeclaredHousehold, DeclaredMember

    head = DeclaredMember("甲", idno(), "本人", BORN, "M", income=Decimal("10"))
    declared = DeclaredHousehold(
        number="H9", head=head, programme="TEKUN", programme_words="特困", division="210502", unit="",
        address="平山区站前街道",
        size=1, income=None, deposits=None, vehicles=(), dwellings=None, phone="", accepted_on=None,
        place=("a.csv", 1, 2), members=(head,),
    )  # fmt: skip
    with desk.acting() as work:
        assert intake.import_households(work, [declared]).new == ["H9"]
