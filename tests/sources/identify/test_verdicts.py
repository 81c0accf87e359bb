"""The verdict on an identity cell: never a silent match of somebody else, never a silent drop."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import identity
from domain.text import bound
from sources.identify import explain
from sources.identify.candidates import KnownPeople, within
from sources.identify.verdicts import SKIPPED, Verdict, Why, judge
from tests.sources.identify.people import numbers, written

NUMBER = identity.make_demonstration(date(1965, 4, 3), 123)
OTHER = identity.make_demonstration(date(1971, 8, 9), 42)
KNOWN = KnownPeople([(NUMBER, "何素丽"), (OTHER, "呼和·娜布其")])
SIGNS = "0123456789Xx*?ABo"


def verdict(cell: object, name: str = "何素丽", known: KnownPeople = KNOWN) -> tuple[Verdict, str]:
    """What is judged of a cell."""
    found = judge(cell, name, known, demonstration=True)  # type: ignore[arg-type]
    return found.verdict, found.number


@given(st.data(), numbers())
def test_any_written_form_of_a_number_is_its_owners(data: st.DataObject, number: str) -> None:
    known = KnownPeople([(number, "何素丽")])

    assert verdict(data.draw(written(number)), known=known) == (Verdict.MATCH, number)


def _said_alike(left: str, right: str) -> bool:
    return identity.normalise(unicodedata.normalize("NFKC", left)) == identity.normalise(right)


@given(st.data(), numbers())
def test_no_change_of_one_character_matches_the_old_owner(data: st.DataObject, number: str) -> None:
    text = data.draw(st.sampled_from([number, number[:6] + number[8:17]] if number[6:8] == "19" else [number]))
    at = data.draw(st.integers(0, len(text) - 1))
    sign = data.draw(st.sampled_from(SIGNS))
    changed = data.draw(
        st.sampled_from(
            [
                text[:at] + sign + text[at + 1 :],
                text[:at] + text[at + 1 :],
                text[:at] + sign + text[at:],
                text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :],
            ]
        )
    )
    known = KnownPeople([(number, "何素丽")])

    if not _said_alike(changed, text):
        assert verdict(changed, known=known) != (Verdict.MATCH, number)


@given(numbers(), st.sampled_from(["何素丽", "", "李四"]))
def test_judging_twice_says_the_same(number: str, name: str) -> None:
    known = KnownPeople([(number, "何素丽")])

    assert judge(number, name, known, demonstration=True) == judge(number, name, known, demonstration=True)


@pytest.mark.parametrize("name", ["何素丽", "何素麗", "何素丽（女）", "何 素 丽", "何素丽\t", "", "何素?", "何素li"])
def test_a_right_number_with_a_like_name_or_none_is_a_match(name: str) -> None:
    assert verdict(NUMBER, name) == (Verdict.MATCH, NUMBER)


@pytest.mark.parametrize("name", ["何素花", "王五", "?", "（女）", "何"])
def test_a_right_number_with_somebody_elses_name_is_a_doubt(name: str) -> None:
    assert verdict(NUMBER, name) == (Verdict.DOUBT, NUMBER)


@pytest.mark.parametrize(
    "cell",
    [
        NUMBER[:6] + "********" + NUMBER[14:],
        NUMBER[:15] + "000",
        float(NUMBER[:15] + "000"),
        NUMBER[:17] + ("1" if NUMBER[17] != "1" else "2"),
        NUMBER[:9] + NUMBER[10] + NUMBER[9] + NUMBER[11:],
        NUMBER[:17],
        NUMBER + "7",
    ],
)
def test_a_damaged_number_with_the_name_points_to_its_owner_and_stays_a_doubt(cell: object) -> None:
    assert verdict(cell) == (Verdict.DOUBT, NUMBER)


@pytest.mark.parametrize("cell", ["", None, "-", "无", "身份证遗失", "1.23E+17", 12345, True, datetime(2025, 6, 30)])
def test_a_cell_without_a_usable_number_is_a_doubt_of_nobody(cell: object) -> None:
    assert verdict(cell) == (Verdict.DOUBT, "")


def test_a_damaged_number_that_fits_two_namesakes_points_to_neither() -> None:
    twin = NUMBER[:16] + str((int(NUMBER[16]) + 2) % 10)
    twin += identity.check_character(twin)
    known = KnownPeople([(NUMBER, "何素丽"), (twin, "何素丽")])

    assert verdict(NUMBER[:6] + "*" * 10 + NUMBER[16], known=known) == (Verdict.DOUBT, "")
    assert verdict(NUMBER[:14] + "***" + "X", known=known)[0] is Verdict.DOUBT


def test_a_strangers_number_is_none_and_never_surfaces() -> None:
    same_birthday = identity.make_demonstration(date(1965, 4, 3), 125)

    assert verdict(same_birthday) == (Verdict.NONE, "")


def test_a_rounded_number_that_passes_its_check_is_a_doubt() -> None:
    sequence = next(
        n for n in range(1000) if identity.make_demonstration(date(1965, 4, 3), n)[15:] == "000" or n == 999
    )
    for sequence in range(0, 1000, 10):
        rounded = identity.make_demonstration(date(1965, 4, 3), sequence)[:15] + "000"
        if identity.is_sound(rounded):
            break
    else:
        pytest.skip("no rounded number of that day passes its check")
    owner = identity.make_demonstration(date(1965, 4, 3), int(rounded[14:17]) + 7)

    assert verdict(rounded, known=KnownPeople([(owner, "何素丽")])) == (Verdict.DOUBT, owner)
    assert verdict(rounded, known=KnownPeople([(rounded, "何素丽")])) == (Verdict.MATCH, rounded)


def test_fifteen_digits_of_somebody_born_in_this_century_are_a_doubt() -> None:
    young = identity.make_demonstration(date(2004, 4, 3), 7)

    assert verdict(young[:6] + young[8:17], known=KnownPeople([(young, "何素丽")])) == (Verdict.DOUBT, young)


def test_a_number_declared_under_two_names_matches_both() -> None:
    known = KnownPeople([(NUMBER, "何素丽"), (NUMBER, "何丽"), (NUMBER, "何丽")])

    assert verdict(NUMBER, "何丽", known) == verdict(NUMBER, "何素丽", known) == (Verdict.MATCH, NUMBER)


@pytest.mark.parametrize("cell", [NUMBER, f" {NUMBER}", NUMBER[:17], "", OTHER, NUMBER[:6] + "*" * 8 + NUMBER[14:]])
def test_every_verdict_explains_itself_without_a_number_or_name(cell: str) -> None:
    for found in (judge(cell, "何素丽", KNOWN, demonstration=True), judge(cell, "", KNOWN, demonstration=True)):
        with bound(None):
            told = str(explain.explained(found))
            again = str(explain.explained(found.repeated()))
        assert told.endswith(".") and len(told) > 40 and again != told
        assert "何" not in told and re.search("[0-9]{4}", told) is None


def test_every_reason_has_a_sentence() -> None:
    for reason in [*Why, *identity.Note, *identity.Reason]:
        judged = SKIPPED.__class__(Verdict.DOUBT, "", (reason.value,))
        assert str(explain.explained(judged))


@given(st.text("0123X", max_size=6), st.text("0123X", max_size=6))
def test_slips_are_counted_alike_both_ways(left: str, right: str) -> None:
    assert within(left, right, 2) == within(right, left, 2)
    assert within(left, left[:1] + "9" + left[1:], 1)
    assert within(left, left[1:], 1)
