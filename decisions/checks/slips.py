"""Slips of the pen in FEEL: signs and spellings of other languages, of spreadsheets and of Chinese keyboards."""

from __future__ import annotations

import re
from typing import NamedTuple

from decisions.checks.reading import QUOTED_AT_MOST, read_text, shortened
from decisions.errors import FeelSyntaxError


class Slip(NamedTuple):
    """`sign` stands at `start`; FEEL writes `right`."""

    start: int
    sign: str
    right: str


# what is written -> what FEEL writes; the longer first
SIGNS = {
    "&&": " and ",
    "||": " or ",
    "===": "=",
    "==": "=",
    "!==": "!=",
    "=>": ">=",
    "=<": "<=",
    "<>": "!=",
    "≥": ">=",
    "≧": ">=",
    "⩾": ">=",
    "≤": "<=",
    "≦": "<=",
    "⩽": "<=",
    "≠": "!=",
    "×": "*",
    "÷": "/",
    "−": "-",
    "–": "-",
    "—": "-",
    "…": "..",
    "^": "**",
    "，": ",",
    "、": ",",
    "；": ",",
    "：": ":",
    "（": "(",
    "）": ")",
    "【": "[",
    "】": "]",
    "［": "[",
    "］": "]",
    "｛": "{",
    "｝": "}",
    "＝": "=",
    "＞": ">",
    "＜": "<",
    "＋": "+",
    "－": "-",
    "＊": "*",
    "／": "/",
    "．": ".",
    "？": "?",
    "！＝": "!=",
    "“": '"',
    "”": '"',
    "„": '"',
    "「": '"',
    "」": '"',
    "＂": '"',
    "\u3000": " ",
    **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
}
_SIGN = re.compile("|".join(re.escape(sign) for sign in sorted(SIGNS, key=len, reverse=True)))
_SINGLE = re.compile(r"'([^'\"]{0,80})'|‘([^’\"]{0,80})’")
_IS_NULL = re.compile(r"\bis\s+(not\s+)?(null|none|empty)\b", re.IGNORECASE)
_EXCLAMATION = re.compile(r"[!！](?![=＝])\s*(\([^()]{0,80}\)|[\w.]+)")
_NOT_WORD = re.compile(r"\bnot\s+(?!\()([\w.]+)")
_CALLED = re.compile(r"\b(true|false|null)\s*\(\s*\)", re.IGNORECASE)
_PERCENT = re.compile(r"(?<![\d.])(\d{1,20}(?:\.\d{1,20})?)\s*[%％]")
_JOINED = re.compile(r"&(?!&)")
_KEEP = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.{0,400}?\*/', re.DOTALL)


def find_slip(text: str) -> Slip | None:
    """The first slip outside of texts in quotes, None when there is none."""
    bare = _KEEP.sub(lambda kept: " " * len(kept[0]), text)
    found: list[Slip] = []
    sign = _SIGN.search(bare)
    if sign is not None:
        found.append(Slip(sign.start(), sign[0], SIGNS[sign[0]].strip()))
    for pattern in (_IS_NULL, _SINGLE, _CALLED, _EXCLAMATION, _NOT_WORD, _PERCENT, _JOINED):
        match = pattern.search(bare)
        if match is not None:
            found.append(Slip(match.start(), match[0], _right(pattern, match)))
    return min(found, default=None, key=lambda slip: (slip.start, -len(slip.sign)))


def _right(pattern: re.Pattern[str], match: re.Match[str]) -> str:
    if pattern is _IS_NULL:
        return "!= null" if match[1] else "= null"
    if pattern is _SINGLE:
        return f'"{match[1] or match[2] or ""}"'
    if pattern is _CALLED:
        return match[1].lower()
    if pattern is _PERCENT:
        return f"{match[1]} / 100"
    if pattern is _JOINED:
        return "+"
    return f"not({match[1].strip('()')})"


def corrected(text: str, *, unary: bool) -> str:
    """`text` with all its slips put right, when that can be read and shown whole; else empty."""
    if len(text) > QUOTED_AT_MOST:
        return ""
    written = text
    for _ in range(QUOTED_AT_MOST):
        slip = find_slip(text)
        if slip is None:
            break
        text = text[: slip.start] + _spaced(slip) + text[slip.start + len(slip.sign) :]
    else:
        return ""
    try:
        read_text(text, unary=unary)
    except FeelSyntaxError:
        return ""
    return "" if text == written else shortened(text)


def _spaced(slip: Slip) -> str:
    return f" {slip.right} " if slip.right in ("and", "or") else slip.right


def place_of(text: str, start: int) -> tuple[int, int]:
    """Line and column of a position, from 1."""
    return text.count("\n", 0, start) + 1, start - (text.rfind("\n", 0, start) + 1) + 1


def remedy_for(text: str, slip: Slip, *, unary: bool) -> str:
    """What to write: the whole text put right when that is clear, else the sign."""
    whole = corrected(text, unary=unary)
    return f"Write: {whole}" if whole else f"Write '{slip.right}' instead of '{slip.sign}'."
