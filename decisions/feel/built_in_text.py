"""Built-in functions on strings and conversions (DMN 1.5, 10.3.4.1, 10.3.4.3). Patterns run in RE2 alone."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

import re2

from decisions.feel.patterns import Refused, translate
from decisions.feel.printing import text_of
from decisions.feel.signatures import Library, Unfit
from decisions.feel.values import MAX_STRING, NUMBERS, State, Stop, Value

LIBRARY = Library()
add = LIBRARY.add
MAX_PATTERN = 1_000
REFUSAL_COST = 400  # steps; a pattern that grows too large is found out by making most of it
MATCH_COST = 3  # steps; one match handed over takes as long as a few nodes
_NUMBER = re.compile(r"-?(\d{1,40}(\.\d{1,6200})?|\.\d{1,6200})([eE][+-]?\d{1,5})?|-?\d{1,6200}", re.ASCII)
_GROUP = re.compile(r"\\(.)|\$(\d{1,3})", re.DOTALL | re.ASCII)
_REPLACEMENT = re.compile(r"(?:[^\\$]|\\[\\$]|\$\d)*", re.ASCII)


@add("string", "from:any")
def _string(state: State, value: Value) -> str | None:
    return None if value is None else text_of(value, state)


@add("number", "from:string, grouping separator?:string!, decimal separator?:string!")
def _number(state: State, text: str, grouping: str | None = None, point: str | None = None) -> Decimal:
    if grouping not in (None, " ", ",", ".") or point not in (None, ",", ".") or (grouping and grouping == point):
        raise Unfit("the separators must be different and one of blank, comma, full stop.")
    if grouping:
        text = text.replace(grouping, "")
    if point == ",":
        if "." in text:
            raise Unfit("the text is not a number.")
        text = text.replace(",", ".")
    if not _NUMBER.fullmatch(text):
        raise Unfit("the text is not a number.")
    return NUMBERS.create_decimal(text)


@add("string length", "string:string")
def _length(state: State, text: str) -> Decimal:
    return Decimal(len(text))


@add("upper case", "string:string")
def _upper(state: State, text: str) -> str:
    return text.upper()


@add("lower case", "string:string")
def _lower(state: State, text: str) -> str:
    return text.lower()


@add("trim", "string:string")
def _trim(state: State, text: str) -> str:
    return text.strip()


@add("contains", "string:string, match:string")
def _contains(state: State, text: str, match: str) -> bool:
    return match in text


@add("starts with", "string:string, match:string")
def _starts_with(state: State, text: str, match: str) -> bool:
    return text.startswith(match)


@add("ends with", "string:string, match:string")
def _ends_with(state: State, text: str, match: str) -> bool:
    return text.endswith(match)


@add("substring", "string:string, start position:number, length?:number")
def _substring(state: State, text: str, start: Decimal, length: Decimal | None = None) -> str:
    if not start or abs(start) > MAX_STRING or abs(start) > len(text):
        raise Unfit("the start position lies outside the text.")
    if length is not None and length < 1:
        raise Unfit("the length must be at least one.")
    first = int(start) - 1 if start > 0 else len(text) + int(start)
    if length is None:
        return text[first:]
    if length > MAX_STRING or first + int(length) > len(text):
        raise Unfit("the length reaches beyond the text.")
    return text[first : first + int(length)]


@add("substring before", "string:string, match:string")
def _before(state: State, text: str, match: str) -> str:
    return text.partition(match)[0] if match and match in text else ""


@add("substring after", "string:string, match:string")
def _after(state: State, text: str, match: str) -> str:
    return text if not match else text.partition(match)[2]


@add("string join", "list:list, delimiter?:string!")
def _join(state: State, texts: list[Value], delimiter: str | None = None) -> str:
    if any(text is not None and type(text) is not str for text in texts):
        raise Unfit("the list must hold texts only.")
    present = [text for text in texts if text is not None]
    if sum(map(len, present)) + len(delimiter or "") * len(present) > MAX_STRING:
        raise Stop(f"A text grew beyond {MAX_STRING} characters.")
    return (delimiter or "").join(present)


# --- patterns


@lru_cache(64)  # of up to 1 MB each
def _pattern(pattern: str, flags: str, narrow: bool = False) -> Any:
    """The compiled pattern, or the sentence for which it is refused. `narrow`: for ASCII texts."""
    options = re2.Options()
    options.max_mem = 1 << 20
    options.log_errors = False
    options.case_sensitive = "i" not in flags
    options.dot_nl = "s" in flags
    try:
        if "q" in flags:
            return re2.compile(re2.escape(pattern), options)
        translated = translate(pattern, blanks="x" in flags, fold="i" in flags, narrow=narrow)
        return re2.compile(f"(?m:{translated})" if "m" in flags else translated, options)
    except Refused as reason:
        return str(reason)
    except re2.error:
        return "the pattern is not one that can be searched for in bounded time."


def _compiled(state: State, text: str, pattern: str, flags: str | None, *, consuming: bool = False) -> Any:
    """`consuming`: the pattern must not match the empty text (XPath's err:FORX0003)."""
    if len(pattern) > MAX_PATTERN:
        raise Unfit(f"the pattern is longer than {MAX_PATTERN} characters.")
    if not set(flags or "") <= set("smixq"):
        raise Unfit("the flags must be of s, m, i, x and q.")
    state.tick(len(pattern) // 10)
    found = _pattern(pattern, flags or "", text.isascii())
    # charged whether it is made or remembered: it may be another in every round
    if isinstance(found, str):
        state.tick(REFUSAL_COST)
        raise Unfit(found)
    state.tick(1 + found.programsize // 20 + len(text) * found.programsize // 500)
    if consuming and found.search("") is not None:
        raise Unfit("the pattern matches an empty text.")
    return found


@add("matches", "input:string, pattern:string, flags?:string!")
def _matches(state: State, text: str, pattern: str, flags: str | None = None) -> bool:
    return _compiled(state, text, pattern, flags).search(text) is not None


@add("replace", "input:string, pattern:string, replacement:string, flags?:string!")
def _replace(state: State, text: str, pattern: str, replacement: str, flags: str | None = None) -> str:
    found = _compiled(state, text, pattern, flags, consuming=True)
    if "q" in (flags or ""):
        replacement = replacement.replace("\\", "\\\\").replace("$", "\\$")
    if not _REPLACEMENT.fullmatch(replacement):
        raise Unfit("in the replacement a digit must follow $, and a backslash or $ a backslash.")
    state.tick(len(text) * (1 + len(replacement)) // 1000)
    pieces: list[str] = []
    size = at = 0
    for match in found.finditer(text):
        state.tick(MATCH_COST)
        piece = _expand(match, replacement, found.groups)
        size += match.start() - at + len(piece)
        if size > MAX_STRING:
            raise Stop(f"A text grew beyond {MAX_STRING} characters.")
        pieces += (text[at : match.start()], piece)
        at = match.end()
    return "".join(pieces) + text[at:]


def _expand(match: Any, replacement: str, groups: int) -> str:
    def one(part: re.Match[str]) -> str:
        if part[2] is None:
            return str(part[1])
        digits = part[2]
        while len(digits) > 1 and int(digits) > groups:
            digits = digits[:-1]  # the last digit is one of the text
        found = (match.group(int(digits)) or "") if int(digits) <= groups else ""
        return str(found) + part[2][len(digits) :]

    return _GROUP.sub(one, replacement)


@add("split", "string:string, delimiter:string")
def _split(state: State, text: str, delimiter: str) -> list[str]:
    pieces: list[str] = []
    at = 0
    for match in _compiled(state, text, delimiter, None, consuming=True).finditer(text):
        state.tick(MATCH_COST)
        pieces.append(text[at : match.start()])
        at = match.end()
    return [*pieces, text[at:]]
