"""Several people in one cell: which numbers stand in it, and which name belongs to which.

A number never loses its name on the way: where the names cannot be told apart each number is held against the
whole of the cell, which makes a doubt and not a match.
"""

from __future__ import annotations

import re

from domain import identity
from domain.identity import MASKS
from sources import names
from sources.identify.candidates import Known

_MARKS = ",，、;；/／|｜\n＋+&＆"
_MARK = re.compile(f"[{re.escape(_MARKS)}]")
# 和, 与, 及 stand between numbers only: a given name may hold them
_NUMBER_MARK = re.compile(f"[{re.escape(_MARKS)}]|(?<=[0-9Xx*])\\s*[和与及]\\s*(?=[0-9])")
_LENGTHS = (18, 15)
_MOST = 50  # owners of one title; glued digits beyond that are no list of people


def split_numbers(cell: str, names_written: int) -> list[str]:
    """The numbers written in a cell, in order; [cell] when it is one.

    names_written: how many names stand beside it. An owner without a number keeps an empty place when the cell
    then has as many places as there are names ("/110101…": the first owner's number is missing).
    """
    parts = [part.strip() for part in _NUMBER_MARK.split(cell)]
    if len(parts) > 1:
        filled = [part for part in parts if part]
        return parts if len(parts) == names_written != len(filled) else (filled or [cell])
    pieces = cell.split()
    if len(pieces) > 1 and all(len(identity.normalise(piece)) in _LENGTHS for piece in pieces):
        return pieces
    glued = identity.normalise(cell)
    if len(glued) > _LENGTHS[0] and identity.inside_certificate(glued) == glued:
        return _cut(glued) or [cell]
    return [cell]


def split_names(cell: str) -> list[str]:
    """The names between separators; one when there is none."""
    return [part.strip() for part in _MARK.split(cell) if part.strip()]


def assign(numbers: list[str], cell: str, known: Known) -> list[str]:
    """A name for each number out of the names' cell; "" only when that cell is empty."""
    if len(numbers) == 1 or not cell.strip():
        return [cell] * len(numbers)
    for parts in (split_names(cell), cell.split()):
        if len(parts) == len(numbers):
            return parts
    whole = names.fold(cell)
    return [_named_in(whole, number, known) or cell for number in numbers]


def _named_in(whole: str, number: str, known: Known) -> str:
    text = identity.normalise(number)
    if len(text) == 15 and text.isdigit():
        text = identity.convert_15(text)
    return next((name for name in known.names(text) if name and names.fold(name) in whole), "")


def _cut(glued: str) -> list[str]:
    """Whole numbers that together make the text, or [] (also when it could be cut in no such way)."""
    ends: dict[int, int] = {0: 0}  # where a cut may be -> where the piece before it began
    for at in range(len(glued)):
        if at in ends:
            for size in _LENGTHS:
                if at + size not in ends and _usable(glued[at : at + size], size):
                    ends[at + size] = at
    pieces: list[str] = []
    end = len(glued)
    while end and end in ends and len(pieces) < _MOST:
        pieces.append(glued[ends[end] : end])
        end = ends[end]
    return pieces[::-1] if not end else []


def _usable(piece: str, size: int) -> bool:
    if len(piece) != size:
        return False
    if MASKS & set(piece):
        return size == _LENGTHS[0] and all(c.isdigit() or c in MASKS or c == "X" for c in piece)
    return identity.is_sound(piece)
