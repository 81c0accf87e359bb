"""Invented people of the reserved division, and the ways their numbers are written."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from domain import identity

BORN = st.dates(date(1920, 1, 1), date(2024, 12, 31))
WIDE = {c: c + 0xFEE0 for c in (*range(0x30, 0x3A), ord("X"))}
INVISIBLE = ("\u200b", "\ufeff", "\u200d", "\u2060", " ", "\u3000", "\u00a0", "\t", "'", '"', "‘", "`", "=")


@st.composite
def numbers(draw: st.DrawFn, *, old: bool = False) -> str:
    """A valid number. old: born in the last century, as those with fifteen digits were."""
    born = draw(st.dates(date(1920, 1, 1), date(1999, 12, 31)) if old else BORN)
    division = f"99{draw(st.integers(0, 9999)):04d}"
    return identity.make_demonstration(born, draw(st.integers(0, 999)), division)


@st.composite
def written(draw: st.DrawFn, number: str) -> str:
    """The number in some written form, several habits at once."""
    text = number
    if draw(st.booleans()) and number[6:8] == "19":
        text = number[:6] + number[8:17]
    elif draw(st.booleans()):
        text += draw(st.sampled_from(["11", "43", "74", "21B1", "64B2"]))
    if draw(st.booleans()):
        text = text.translate(WIDE)
    if draw(st.booleans()):
        text = text.lower()
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(INVISIBLE)) + text[at:]
    return text
