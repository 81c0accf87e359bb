"""The verdict on one identity cell: match, doubt, none, duplicate, skip (decision 0041).

A right number with a like name is a match. A right number with somebody else's name, and every number that is
not sound, is a doubt: it is neither matched nor dropped. A sound number nobody declared is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from domain import identity
from domain.identity import InvalidIdentityNumber, Note, Reason
from sources import values
from sources.identify.candidates import Known, candidate, likeness, rounded_from
from sources.names import Likeness
from sources.values import Cell

_EXACT_DIGITS = 10**15


class Verdict(StrEnum):
    """What became of an identity cell."""

    MATCH = "match"
    DOUBT = "doubt"
    NONE = "none"
    DUPLICATE = "duplicate"
    SKIP = "skip"


class Why(StrEnum):
    """Why, beside `domain.identity.Reason` (what is wrong with the number) and `Note` (what was noticed)."""

    CLEANED = "cleaned"
    INSIDE_CERTIFICATE = "inside_certificate"
    NAME_SAME = "name_same"
    NAME_POSSIBLE = "name_possible"
    NAME_ABSENT = "name_absent"
    NAME_DIFFERENT = "name_different"
    UNDECLARED = "undeclared"
    MAYBE_ROUNDED = "maybe_rounded"
    OTHER_CENTURY = "other_century"
    CANDIDATE = "candidate"
    NO_CANDIDATE = "no_candidate"
    REPEATED = "repeated"


_NAMED = {
    None: Why.NAME_ABSENT,
    Likeness.SAME: Why.NAME_SAME,
    Likeness.POSSIBLE: Why.NAME_POSSIBLE,
    Likeness.DIFFERENT: Why.NAME_DIFFERENT,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict and its grounds.

    number: the declared number matched or pointed to; "" for NONE (a stranger's never surfaces), for SKIP, and for
    a doubt that points to nobody. reasons: codes of `Why`, `Reason` and `Note`, in the order they were found.
    """

    verdict: Verdict
    number: str = field(repr=False, default="")
    reasons: tuple[str, ...] = ()

    def repeated(self) -> Judged:
        """The same cell in a row that repeats the row before it."""
        return Judged(Verdict.DUPLICATE, self.number, (*self.reasons, Why.REPEATED))


SKIPPED = Judged(Verdict.SKIP)


def judge(cell: Cell, name: str, known: Known, *, demonstration: bool = False) -> Judged:
    """Judge one identity cell that holds one person, with the name written beside it ("" when there is none).

    demonstration: accept numbers of the reserved division 99xxxx.
    """
    if isinstance(cell, str) and known.names(cell):
        return _declared(cell, name, known, ())  # written as on the card; what was declared is sound
    try:
        number, reasons = read(cell, demonstration=demonstration)
    except InvalidIdentityNumber as problem:
        return _unsound(cell, name, problem.reason, known)
    if known.names(number):
        return _declared(number, name, known, reasons)
    return _undeclared(number, name, known, reasons)


def read(cell: Cell, *, demonstration: bool) -> tuple[str, tuple[str, ...]]:
    """The sound number written in a cell and how it was found. Raises InvalidIdentityNumber."""
    if _kept_as_number(cell):
        raise InvalidIdentityNumber(Reason.EXCEL_ROUNDED)
    written = values.to_text(cell)
    text = identity.normalise(written)
    if text in values.NOTHING:
        raise InvalidIdentityNumber(Reason.EMPTY)
    bare = identity.inside_certificate(text)
    found = identity.check(bare, demonstration=demonstration)
    cleaned = (Why.CLEANED,) if text != cell else ()
    inside = (Why.INSIDE_CERTIFICATE,) if bare != text else ()
    return found.number, (*cleaned, *inside, *(note.value for note in found.notes))


def _kept_as_number(cell: Cell) -> bool:
    """True for a spreadsheet number so long that only its first 15 digits were kept; what stands behind is invented."""
    return (
        isinstance(cell, (int, float)) and not isinstance(cell, bool) and _EXACT_DIGITS <= cell < _EXACT_DIGITS * 1000
    )


def _declared(number: str, name: str, known: Known, reasons: tuple[str, ...]) -> Judged:
    found = likeness(name, number, known)
    return Judged(declared(found), number, (*reasons, _NAMED[found]))


def declared(name: Likeness | None) -> Verdict:
    """The verdict on a declared number beside a name of such likeness, None: beside none."""
    return Verdict.DOUBT if name is Likeness.DIFFERENT else Verdict.MATCH


def _undeclared(number: str, name: str, known: Known, reasons: tuple[str, ...]) -> Judged:
    """A sound number nobody declared: a stranger, unless a machine made it out of a declared one.

    Only what machines do is looked for. A slip of the pen that gives another sound number cannot be told from a
    stranger of the same name born on the same day.
    """
    near = rounded_from(number, name, known)
    if near:
        only = near[0] if len(near) == 1 else ""
        return Judged(Verdict.DOUBT, only, (*reasons, Why.MAYBE_ROUNDED, _pointed(only)))
    if Note.CONVERTED_15 in reasons:
        other = identity.reading_of_this_century(number[:6] + number[8:17])
        if known.names(other):
            return Judged(Verdict.DOUBT, other, (*reasons, Why.OTHER_CENTURY, Why.CANDIDATE))
    return Judged(Verdict.NONE, "", (*reasons, Why.UNDECLARED))


def _unsound(cell: Cell, name: str, reason: Reason, known: Known) -> Judged:
    if isinstance(cell, (int, float)) and _kept_as_number(cell):
        text = f"{float(cell):.14e}"[:16].replace(".", "") + "000"
    else:
        text = identity.inside_certificate(identity.normalise(values.to_text(cell)))
    number = candidate(text, name, reason, known)
    return Judged(Verdict.DOUBT, number, (reason.value, _pointed(number)))


def _pointed(number: str) -> Why:
    return Why.CANDIDATE if number else Why.NO_CANDIDATE
