"""Numbers written as on the card, told sound by their pieces, each looked at once and remembered.

A number's check character depends on the sum of what its digits weigh, modulo 11 (GB 11643, ISO 7064), so on what its
division, its date of birth and its order each contribute. What a piece contributes, whether a date can be one and
which division is refused is asked of `domain.identity`, with the rest of the number filled up; nothing is judged here
anew. A number that is not told sound so may be sound all the same: then `domain.identity` is asked of the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from domain import identity

LENGTH = 18
DIVISION = 6
_REMEMBERED = 1 << 16
_FILLED_DIVISION, _FILLED_ORDER = "110101", "000"
_NOUGHTS = "0" * 17


class _Pieces(dict[str, str]):
    """Piece of a number -> what it contributes, as the check character of the piece alone; "" when it cannot be one."""

    def __init__(self, before: int, size: int, fits: Callable[[str], bool]) -> None:
        super().__init__()
        self._before = before
        self._size = size
        self._fits = fits

    def __missing__(self, piece: str) -> str:
        if len(piece) != self._size or not piece.isascii() or not piece.isdigit() or not self._fits(piece):
            return ""
        if len(self) >= _REMEMBERED:
            self.clear()
        whole = _NOUGHTS[: self._before] + piece
        return self.setdefault(piece, identity.check_character(whole.ljust(len(_NOUGHTS), "0")))


def sound(*, demonstration: bool) -> Callable[[str], bool]:
    """A quick look at a text of any length: True only for a number that is sound as it stands.

    demonstration: numbers of the reserved division 99xxxx may be.
    """
    divisions = _Pieces(0, DIVISION, lambda piece: demonstration or not identity.is_demonstration(piece))
    births = _Pieces(6, 8, _born)
    orders = _Pieces(14, 3, lambda _piece: True)
    ends = _ends()

    def told(text: str) -> bool:
        if len(text) != LENGTH:
            return False
        return ends.get(divisions[text[:6]] + births[text[6:14]] + orders[text[14:17]]) == text[17]

    return told


def _born(piece: str) -> bool:
    first17 = _FILLED_DIVISION + piece + _FILLED_ORDER
    return identity.is_sound(first17 + identity.check_character(first17))


@cache
def _ends() -> dict[str, str]:
    """What the pieces contribute -> the check character of a number of such pieces."""
    divisions, orders = ({check: f"{n:0{size}}" for n, check in _examples(at, size)} for at, size in ((0, 6), (14, 3)))
    births = {check: f"{n:08}" for n, check in _examples(6, 8)}
    return {
        d + b + o: identity.check_character(division + birth + order)
        for d, division in divisions.items()
        for b, birth in births.items()
        for o, order in orders.items()
    }


def _examples(before: int, size: int) -> list[tuple[int, str]]:
    """Pieces, as numbers, that together contribute everything a piece can; whether they are dates is not asked."""
    pieces = [(n, f"{n:0{size}}") for n in range(100)]
    return [(n, identity.check_character((_NOUGHTS[:before] + piece).ljust(17, "0"))) for n, piece in pieces]
