"""Identity numbers of residents: form, date of birth, check character (GB 11643), and how people mangle them.

The division code is never a reason to refuse: a number carries the code of the place and time of its
issue, and many older residents carry codes abolished long ago (walls 22). Numbers of the reserved
division 99xxxx belong to no one; demonstration homes accept them, real homes refuse them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from domain.errors import HouseError
from domain.text import Text
from domain.text import gettext as _

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_FORM = re.compile(r"[0-9]{17}[0-9X]")
_OLD_FORM = re.compile(r"[0-9]{15}")
# A disability certificate: the number, kind 1-7, grade 1-4, "B1" and so on when issued again (残疾人证).
_CERTIFICATE = re.compile(r"([0-9]{17}[0-9X])[1-7][1-4](?:B[0-9])?")
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]{2}")
MASKS = frozenset("*●#•✱□■")
_QUOTES = frozenset("'\"‘’“”`´′″=")
_RESIDENCE_PERMITS = ("81", "82", "83")
_PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71".split()
)
EARLIEST_YEAR = 1900


class Reason(StrEnum):
    """Why a number is refused."""

    EMPTY = "empty"
    MASKED = "masked"
    SCIENTIFIC = "scientific"
    EXCEL_ROUNDED = "excel_rounded"
    FORM = "form"
    DATE = "date"
    CHECK = "check"
    DEMONSTRATION = "demonstration"


class Note(StrEnum):
    """What an accepted number made us notice."""

    CONVERTED_15 = "converted_15"
    UNKNOWN_DIVISION = "unknown_division"
    RESIDENCE_PERMIT = "residence_permit"
    DEMONSTRATION = "demonstration"


SENTENCES: dict[Reason, Text] = {
    Reason.EMPTY: _("The identity number is missing. Enter it from the identity card."),
    Reason.MASKED: _("Part of the identity number is hidden by signs such as *. Ask for the full number."),
    Reason.SCIENTIFIC: _(
        "The identity number was turned into scientific notation by a spreadsheet. Ask for it as text."
    ),
    Reason.EXCEL_ROUNDED: _(
        "The last digits of the identity number were lost in a spreadsheet (they are 000). Ask for it as text."
    ),
    Reason.FORM: _("The identity number must have 18 characters: 17 digits, then a digit or X."),
    Reason.DATE: _("The date of birth inside the identity number does not exist or is impossible. Compare the card."),
    Reason.CHECK: _("The check character of the identity number does not fit; a digit is wrong. Compare the card."),
    Reason.DEMONSTRATION: _("Identity numbers beginning with 99 are for demonstration only. Enter the real number."),
}


class InvalidIdentityNumber(HouseError):
    """The number is refused; `reason` says why. The message never repeats the number."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(SENTENCES[reason], reason=reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Identity:
    """A sound identity number.

    number: 18 characters, upper case; born: date of birth; sex: "M" or "F" (17th digit);
    division: first six digits, as at the time of issue; notes: what was noticed, in order.
    """

    number: str = field(repr=False)
    born: date = field(repr=False)
    sex: str
    division: str
    notes: tuple[Note, ...] = ()


def normalise(text: str) -> str:
    """The number as written on the card: NFKC, no blanks, quotes or invisible characters, upper case.

    Fifteen digits stay fifteen; `check` converts them.
    """
    if _FORM.fullmatch(text):
        return text
    folded = unicodedata.normalize("NFKC", text)
    kept = (c for c in folded if c not in _QUOTES and not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc"))
    return "".join(kept).upper()


def inside_certificate(number: str) -> str:
    """The identity number inside a normalised disability certificate's number; any other text as it is."""
    whole = _CERTIFICATE.fullmatch(number)
    return whole[1] if whole else number


def reading_of_this_century(number: str) -> str:
    """What fifteen digits would mean had their owner been born in 20yy; no such card was ever issued (GB 11643)."""
    first17 = f"{number[:6]}20{number[6:]}"
    return first17 + check_character(first17)


def is_sound(text: str) -> bool:
    """True when form, date and check character are right; whether its division may be used is not asked."""
    try:
        check(text, demonstration=True)
    except InvalidIdentityNumber:
        return False
    return True


def check(text: str, *, on: date | None = None, demonstration: bool = False) -> Identity:
    """Judge a number by form, date and check character.

    Args:
        text: as somebody wrote it.
        on: the legal day; a birth after it is impossible. None: not looked at.
        demonstration: True in a demonstration home, where division 99xxxx is accepted.

    Raises:
        InvalidIdentityNumber: with its reason.
    """
    number = normalise(text)
    notes: list[Note] = []
    if _OLD_FORM.fullmatch(number):
        number = convert_15(number)
        notes.append(Note.CONVERTED_15)
    if not _FORM.fullmatch(number):
        raise InvalidIdentityNumber(_what_is_wrong(number))
    if check_character(number[:17]) != number[17]:
        raise InvalidIdentityNumber(Reason.EXCEL_ROUNDED if number.endswith("000") else Reason.CHECK)
    born = _born(number, on)
    if is_demonstration(number):
        if not demonstration:
            raise InvalidIdentityNumber(Reason.DEMONSTRATION)
        notes.append(Note.DEMONSTRATION)
    elif number[:2] in _RESIDENCE_PERMITS:
        notes.append(Note.RESIDENCE_PERMIT)
    elif number[:2] not in _PROVINCES:
        notes.append(Note.UNKNOWN_DIVISION)
    return Identity(number, born, "M" if int(number[16]) % 2 else "F", number[:6], tuple(notes))


def check_character(first17: str) -> str:
    """ISO 7064 MOD 11-2 check character of 17 digits (GB 11643)."""
    return _CHECKS[sum(w * int(d) for w, d in zip(_WEIGHTS, first17, strict=True)) % 11]


def convert_15(number: str) -> str:
    """The 18-character number of a first-generation card: century 19 put in, check character added."""
    first17 = f"{number[:6]}19{number[6:]}"
    return first17 + check_character(first17)


def mask(number: str) -> str:
    """What a screen shows: "990203********0049". Anything that is not 15 or 18 long shows stars only."""
    if len(number) not in (15, 18):
        return "*" * len(number)
    return f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}"


def is_demonstration(number: str) -> bool:
    """True for the reserved division 99xxxx, which no person carries."""
    return normalise(number).startswith("99")


def make_demonstration(born: date, sequence: int, division: str = "990201") -> str:
    """An invented number of the reserved division.

    Args:
        born: date of birth.
        sequence: 0..999, odd for men, even for women.
        division: six digits beginning with 99.

    Raises:
        ValueError: the division is not reserved, or the sequence out of range.
    """
    if not re.fullmatch(r"99[0-9]{4}", division) or not 0 <= sequence <= 999:
        raise ValueError("a demonstration number needs a division 99xxxx and a sequence of 0 to 999")
    first17 = f"{division}{born:%Y%m%d}{sequence:03d}"
    return first17 + check_character(first17)


def _born(number: str, on: date | None) -> date:
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError as problem:
        raise InvalidIdentityNumber(Reason.DATE) from problem
    if born.year < EARLIEST_YEAR or (on is not None and born > on):
        raise InvalidIdentityNumber(Reason.DATE)
    return born


def _what_is_wrong(number: str) -> Reason:
    if not number:
        return Reason.EMPTY
    if MASKS & set(number) or re.fullmatch(r"[0-9]{3,}X{3,}[0-9X]*", number):
        return Reason.MASKED
    if _SCIENTIFIC.fullmatch(number):
        return Reason.SCIENTIFIC
    return Reason.FORM
