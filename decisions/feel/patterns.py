"""Regular expressions of XPath (XQuery 1.0 and XPath 2.0 Functions and Operators, 7.6) as patterns of RE2.

RE2 alone searches, in linear time. What its language lacks (character class subtraction, blocks, \\i and \\c) is
rewritten; what cannot be searched for in bounded time (back-references) is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from unicodedata import category

from decisions.feel.unicode_blocks import BLOCKS

Ranges = list[tuple[int, int]]
LAST = 0x10FFFF
ASCII = 0x7F
NOTHING, ANYTHING = r"[^\x{0}-\x{10FFFF}]", r"[\x{0}-\x{10FFFF}]"
MAX_FOLDED = 1_000  # characters of a range whose other case is looked up one by one
MAX_WRITTEN = 20_000  # characters of the pattern for RE2

_SPACE: Ranges = [(9, 10), (13, 13), (32, 32)]
# NameStartChar and NameChar of XML 1.0, fifth edition
_INITIAL: Ranges = [
    (0x3A, 0x3A),
    (0x41, 0x5A),
    (0x5F, 0x5F),
    (0x61, 0x7A),
    (0xC0, 0xD6),
    (0xD8, 0xF6),
    (0xF8, 0x2FF),
    (0x370, 0x37D),
    (0x37F, 0x1FFF),
    (0x200C, 0x200D),
    (0x2070, 0x218F),
    (0x2C00, 0x2FEF),
    (0x3001, 0xD7FF),
    (0xF900, 0xFDCF),
    (0xFDF0, 0xFFFD),
    (0x10000, 0xEFFFF),
]
_NAME: Ranges = [*_INITIAL, (0x2D, 0x2E), (0x30, 0x39), (0xB7, 0xB7), (0x300, 0x36F), (0x203F, 0x2040)]
_SETS = {"s": _SPACE, "i": _INITIAL, "c": _NAME}
_GROUPS = {"d": ("Nd",), "D": ("^Nd",), "w": ("L", "M", "N", "S"), "W": ("P", "Z", "C")}
_CATEGORIES = frozenset(
    "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po Z Zs Zl Zp S Sm Sc Sk So C Cc Cf Co Cn".split()
)
_SINGLE = {"n": "\n", "r": "\r", "t": "\t", **{char: char for char in "\\|.-^?*+{}()[]$"}}
_PROPERTY = re.compile(r"\{([A-Za-z0-9-]+)\}", re.ASCII)
_TIMES = re.compile(r"\{\d{1,4}(?:,\d{0,4})?\}", re.ASCII)


class Refused(Exception):
    """A pattern that is no regular expression of XPath or cannot be searched for in bounded time; says why."""


@dataclass(slots=True)
class Class:
    """A set of characters: ranges and groups of RE2 ("Lu", "^Lu" for all but it), all negated or not."""

    ranges: Ranges = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    negated: bool = False


def translate(pattern: str, *, blanks: bool, fold: bool, narrow: bool = False) -> str:
    """The pattern in RE2's language. `blanks`: blank space outside classes means nothing; `fold`: case does not count.

    `narrow`: it will be searched for in ASCII texts only. A category of characters is then a few ranges instead of
    hundreds, and the search as much cheaper.

    Raises:
        Refused: see there.
    """
    return _Reader(pattern, blanks=blanks, fold=fold, narrow=narrow).all()


class _Reader:
    def __init__(self, text: str, *, blanks: bool, fold: bool, narrow: bool) -> None:
        self.text = text
        self.at = 0
        self.blanks = blanks
        self.fold = fold
        self.narrow = narrow

    def take(self) -> str:
        if self.at >= len(self.text):
            raise Refused("the pattern ends too early.")
        self.at += 1
        return self.text[self.at - 1]

    def sees(self, piece: str) -> bool:
        return self.text.startswith(piece, self.at)

    def all(self) -> str:
        pieces: list[str] = []
        size = 0
        while self.at < len(self.text):
            pieces.append(self.piece())
            size += len(pieces[-1])
            if size > MAX_WRITTEN:
                raise Refused("the pattern holds too many sets of characters.")
        return "".join(pieces)

    def piece(self) -> str:
        char = self.take()
        if char == "\\":
            self.skip_blanks()
            return self.written(self.escape())
        if char == "[":
            return self.written(self.char_class())
        if char == "(" and self.sees("?"):
            return self.uncounted()
        if char == "{":
            return self.times()
        if char in "]}":
            raise Refused(f"a '{char}' of the pattern has no beginning.")
        if char in ".^$|()?*+":
            return char
        return "" if self.blanks and char in " \t\n\r" else _char(ord(char))

    def skip_blanks(self) -> None:
        while self.blanks and self.text[self.at : self.at + 1] in (" ", "\t", "\n", "\r"):
            self.at += 1

    def uncounted(self) -> str:
        if self.sees("?=") or self.sees("?!") or self.sees("?<"):
            raise Refused("the pattern looks around, which cannot be done in bounded time.")
        if not self.sees("?:"):
            raise Refused("a group of the pattern is of a kind that is not known.")
        self.at += 2
        return "(?:"

    def times(self) -> str:
        match = _TIMES.match(self.text, self.at - 1)
        if match is None:
            raise Refused("a '{' of the pattern does not count repetitions.")
        self.at = match.end()
        return match.group()

    # --- sets of characters

    def escape(self) -> Class:
        char = self.take()
        if char in _SINGLE:
            return Class([(ord(_SINGLE[char]), ord(_SINGLE[char]))])
        if char.lower() in _SETS:
            ranges = _SETS[char.lower()]
            return Class(list(ranges) if char.islower() else _without([(0, LAST)], ranges))
        if char in _GROUPS:
            return Class(groups=list(_GROUPS[char]))
        if char in "pP":
            return self.property(char == "P")
        if char.isdigit():
            raise Refused("the pattern refers back to a group, which cannot be done in bounded time.")
        raise Refused("the pattern has a backslash before a character that has no such meaning.")

    def property(self, negated: bool) -> Class:
        match = _PROPERTY.match(self.text, self.at)
        name = match[1] if match else ""
        self.at = match.end() if match else self.at
        if name.startswith("Is") and name[2:] in BLOCKS:
            ranges = [BLOCKS[name[2:]]]
            return Class(_without([(0, LAST)], ranges) if negated else ranges)
        if name not in _CATEGORIES or name == "Cn":
            raise Refused("the pattern names a category or block of characters that is not known.")
        return Class(groups=["^" + name if negated else name])

    def char_class(self) -> Class:
        found = Class(negated=self.sees("^"))
        self.at += found.negated
        first = True
        while first or not self.sees("]"):
            if self.sees("-[") and not first:
                return self.subtraction(found)
            self.item(found)
            first = False
        self.at += 1
        return found

    def item(self, found: Class) -> None:
        start = self.single()
        if start.groups or len(start.ranges) != 1 or not self.sees("-") or self.sees("-]") or self.sees("-["):
            found.groups += start.groups
            found.ranges += start.ranges
            return
        self.at += 1
        end = self.single()
        if end.groups or len(end.ranges) != 1 or end.ranges[0][0] < start.ranges[0][0]:
            raise Refused("a range of the pattern ends before it starts.")
        found.ranges.append((start.ranges[0][0], end.ranges[0][1]))

    def single(self) -> Class:
        char = self.take()
        if char == "\\":
            return self.escape()
        if char in "[]":
            raise Refused("a square bracket inside one of the pattern's must follow a backslash.")
        return Class([(ord(char), ord(char))])

    def subtraction(self, whole: Class) -> Class:
        self.at += 2
        part = self.char_class()
        if self.take() != "]":
            raise Refused("a set of characters that another is taken from ends with it.")
        if not self.fold:
            return minus(whole, part)
        return minus(_folded(whole), _folded(part))

    def written(self, chars: Class) -> str:
        if isinstance(chars, Several):
            return "(?-i:" + "|".join(map(self.bracket, chars.each)) + ")" if chars.each else NOTHING
        if len(chars.ranges) == 1 and chars.ranges[0][0] == chars.ranges[0][1] and not chars.groups:
            return self.bracket(chars) if chars.negated else _char(chars.ranges[0][0])
        if not (self.fold and chars.groups):
            return self.bracket(chars)
        # Whether a letter is upper case does not depend on whether case counts.
        if not chars.ranges:
            return f"(?-i:{self.bracket(chars)})"
        if chars.negated:
            return f"(?-i:{self.bracket(_folded(chars))})"
        return f"(?:{self.bracket(Class(chars.ranges))}|(?-i:{self.bracket(Class(groups=chars.groups))}))"

    def bracket(self, chars: Class) -> str:
        if not self.narrow:
            return _bracket(chars)
        ranges = [found for group in chars.groups for found in _in_ascii(group)]
        # Where case does not count a character beyond ASCII may be the other case of one within.
        kept = chars.ranges if self.fold else [(low, min(high, ASCII)) for low, high in chars.ranges if low <= ASCII]
        ranges = _merged(kept + ranges)
        if not ranges:
            return ANYTHING if chars.negated else NOTHING
        return _bracket(Class(ranges, negated=chars.negated))


class Several(Class):
    """The characters of any of `each`."""

    def __init__(self, each: list[Class]) -> None:
        super().__init__()
        self.each = each


def minus(whole: Class, part: Class) -> Class:
    """The characters of `whole` that `part` has not. RE2 can negate a union: everything is turned into one."""
    if isinstance(part, Several):
        raise Refused("sets of characters may be taken from one another only once.")
    if whole.negated and part.negated:
        whole, part = Class(part.ranges, part.groups), Class(whole.ranges, whole.groups)
    if whole.negated:
        return Class(whole.ranges + part.ranges, whole.groups + part.groups, negated=True)
    if part.negated:
        return Several(_common(whole, part))
    each = []
    left = _without(whole.ranges, part.ranges)
    if left:
        outside = _without([(0, LAST)], left)
        each.append(Class(outside, list(part.groups), negated=True))
    each += [Class(part.ranges, [_opposite(group), *part.groups], negated=True) for group in whole.groups]
    return Several(each)


def _common(a: Class, b: Class) -> list[Class]:
    """What `a` has and `b`, its negation put aside, has too."""
    pairs = [(one, two) for one in _single_sets(a) for two in _single_sets(b)]
    return [Class(one.ranges + two.ranges, one.groups + two.groups, negated=True) for one, two in pairs]


def _single_sets(chars: Class) -> list[Class]:
    """For each part of a union, what it has not."""
    outside = [Class(_without([(0, LAST)], chars.ranges))] if chars.ranges else []
    return outside + [Class(groups=[_opposite(group)]) for group in chars.groups]


def _opposite(group: str) -> str:
    return group[1:] if group.startswith("^") else "^" + group


def _without(whole: Ranges, part: Ranges) -> Ranges:
    left = sorted(whole)
    for low, high in part:
        cut: Ranges = []
        for first, last in left:
            cut += [(a, b) for a, b in ((first, min(last, low - 1)), (max(first, high + 1), last)) if a <= b]
        left = cut
    return left


def _folded(chars: Class) -> Class:
    """With the other case of each character; a set too large for that holds both cases of what it has, as a rule."""
    ranges = list(chars.ranges)
    for low, high in chars.ranges:
        if high - low < MAX_FOLDED:
            ranges += _other_case(low, high)
    return Class(_merged(ranges), chars.groups, chars.negated)


@lru_cache(64)
def _other_case(low: int, high: int) -> Ranges:
    others = {other for code in range(low, high + 1) for other in (chr(code).lower(), chr(code).upper())}
    return _merged([(ord(other), ord(other)) for other in others if len(other) == 1])


def _merged(ranges: Ranges) -> Ranges:
    merged: Ranges = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(high, merged[-1][1])
        else:
            merged.append((low, high))
    return merged


@lru_cache(128)
def _in_ascii(group: str) -> Ranges:
    name = group.removeprefix("^")
    inside = (category(chr(code)).startswith(name) is not group.startswith("^") for code in range(ASCII + 1))
    return _merged([(code, code) for code, holds in enumerate(inside) if holds])


def _char(code: int) -> str:
    return f"\\x{{{code:X}}}"


def _bracket(chars: Class) -> str:
    ranges = "".join(_char(low) if low == high else f"{_char(low)}-{_char(high)}" for low, high in chars.ranges)
    groups = "".join(f"\\P{{{group[1:]}}}" if group.startswith("^") else f"\\p{{{group}}}" for group in chars.groups)
    return f"[{'^' if chars.negated else ''}{ranges}{groups}]"
