"""Identity numbers: what is sound, what is refused and with which reason."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import identity
from domain.identity import InvalidIdentityNumber, Note, Reason

DATES = st.dates(date(1900, 1, 1), date(2099, 12, 31))
DIVISIONS = st.integers(0, 9999).map("99{:04d}".format)
NUMBERS = st.builds(identity.make_demonstration, DATES, st.integers(0, 999), DIVISIONS)
DIRT = st.lists(st.sampled_from([" ", "\u3000", "\u00a0", "\t", "\u200b", "\ufeff", "'", '"', "‘"]), max_size=6)


def reason_of(text: str, **options: object) -> Reason:
    with pytest.raises(InvalidIdentityNumber) as caught:
        identity.check(text, **options)  # type: ignore[arg-type]
    return caught.value.reason


@given(NUMBERS)
def test_every_number_we_make_is_sound_and_tells_birth_and_sex(number: str) -> None:
    found = identity.check(number, demonstration=True)

    assert found.number == number
    assert f"{found.born:%Y%m%d}" == number[6:14]
    assert found.sex == ("M" if int(number[16]) % 2 else "F")
    assert found.notes == (Note.DEMONSTRATION,)


@given(NUMBERS, st.integers(0, 17), st.sampled_from("0123456789"))
def test_one_wrong_digit_is_never_accepted(number: str, place: int, digit: str) -> None:
    wrong = number[:place] + digit + number[place + 1 :]
    if wrong != number:
        assert reason_of(wrong, demonstration=True) in (Reason.CHECK, Reason.EXCEL_ROUNDED)


@given(NUMBERS, st.integers(0, 15))
def test_two_swapped_neighbours_are_never_accepted(number: str, place: int) -> None:
    wrong = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if wrong != number:
        assert reason_of(wrong, demonstration=True) in (Reason.CHECK, Reason.EXCEL_ROUNDED)


@given(NUMBERS, DIRT)
def test_blanks_quotes_and_invisible_characters_do_not_matter(number: str, dirt: list[str]) -> None:
    dirty = "".join(c + (dirt[i % len(dirt)] if dirt else "") for i, c in enumerate(number)).lower()

    assert identity.check(dirty, demonstration=True).number == number


@given(NUMBERS)
def test_full_width_characters_are_the_same_number(number: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in number)

    assert identity.check(wide, demonstration=True).number == number


@given(st.text(max_size=40))
def test_any_text_is_either_judged_or_refused_with_a_sentence(text: str) -> None:
    try:
        found = identity.check(text, demonstration=True)
    except InvalidIdentityNumber as refusal:
        assert str(refusal).endswith(".")
    else:
        assert len(found.number) == 18


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.EMPTY),
        (" \u3000\u200b", Reason.EMPTY),
        ("990203********0049", Reason.MASKED),
        ("9902031960XXXX0049", Reason.MASKED),
        ("1.10101E+17", Reason.SCIENTIFIC),
        ("990203196001022000", Reason.EXCEL_ROUNDED),
        ("99020319600102", Reason.FORM),
        ("9902031960010200A1", Reason.FORM),
    ],
)
def test_a_mangled_number_is_refused_with_its_own_reason(text: str, reason: Reason) -> None:
    assert reason_of(text, demonstration=True) is reason


@pytest.mark.parametrize("birth", ["19600230", "18991231", "19601301"])
def test_an_impossible_date_of_birth_is_refused(birth: str) -> None:
    first17 = f"990203{birth}001"

    assert reason_of(first17 + identity.check_character(first17), demonstration=True) is Reason.DATE


def test_a_birth_after_the_legal_day_is_refused() -> None:
    number = identity.make_demonstration(date(2027, 6, 2), 7)

    assert reason_of(number, on=date(2027, 6, 1), demonstration=True) is Reason.DATE
    assert identity.check(number, on=date(2027, 6, 2), demonstration=True).born == date(2027, 6, 2)


def test_fifteen_digits_are_converted_and_marked() -> None:
    number = identity.make_demonstration(date(1954, 3, 9), 12, "990203")
    old = number[:6] + number[8:17]

    found = identity.check(old, demonstration=True)

    assert found.number == number
    assert Note.CONVERTED_15 in found.notes


@pytest.mark.parametrize(("division", "note"), [("000000", Note.UNKNOWN_DIVISION), ("810000", Note.RESIDENCE_PERMIT)])
def test_an_unusual_division_is_a_note_and_no_refusal(division: str, note: Note) -> None:
    first17 = f"{division}19600102003"

    assert identity.check(first17 + identity.check_character(first17)).notes == (note,)


def test_an_abolished_division_is_accepted_without_a_note() -> None:
    first17 = "21050219500102003"  # the district did not carry this code when the person was born

    assert identity.check(first17 + identity.check_character(first17)).notes == ()


def test_a_demonstration_number_is_accepted_by_a_demonstration_home_and_refused_by_a_real_one() -> None:
    number = identity.make_demonstration(date(1960, 1, 2), 4)

    assert identity.check(number, demonstration=True).number == number
    assert reason_of(number) is Reason.DEMONSTRATION


@given(NUMBERS)
def test_neither_the_mask_nor_a_refusal_nor_a_repr_shows_the_birth_date(number: str) -> None:
    assert identity.mask(number) == f"{number[:6]}********{number[-4:]}"
    assert number not in repr(identity.check(number, demonstration=True))
    with pytest.raises(InvalidIdentityNumber) as caught:
        identity.check(number)
    assert number not in str(caught.value) and number not in repr(caught.value.ids)


def test_only_reserved_divisions_can_be_made() -> None:
    with pytest.raises(ValueError, match="99xxxx"):
        identity.make_demonstration(date(1960, 1, 1), 1, "210502")
    with pytest.raises(ValueError, match="999"):
        identity.make_demonstration(date(1960, 1, 1), 1000)
