"""FEEL text to tokens (DMN 1.3, 10.3.1.2). Linear in the length of the text."""

from __future__ import annotations

import re
from decimal import Decimal, DecimalException
from typing import NamedTuple

from decisions.errors import FeelSyntaxError
from decisions.feel.values import NUMBERS

MAX_TEXT = 20_000
MAX_TOKENS = 8_000

KEYWORDS = frozenset(
    "and or if then else for in return some every satisfies between true false null not instance function".split()
)

# Grammar rules 28 to 30, any other letter too, less what would hide a mistake: blanks, the byte order mark and the
# wide forms of FEEL's own signs. Digits, and the brackets and stops of East Asian writing, begin no name.
_LETTERS = (
    r"\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u167f\u1681-\u180d\u180f-\u1fff\u200c\u200d"
    r"\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe\uff08\uff09\uff0d-\uff1a\uff21-\uff3a"
    r"\uff3f\uff41-\uff5a\uff66-\ufffd\U00010000-\U000EFFFF"
)
NAME = re.compile(
    r"(?![\d\u3001-\u3004\u3008-\u3020\uff08-\uff1a\uff3f])"
    rf"(?:[^\W\d]|[{_LETTERS}])(?:\w|[{_LETTERS}\u00b7\u0300-\u036f\u203f\u2040])*"
)
_TOKEN = re.compile(
    rf"""(?P<space>[\s\u180e\u200b\u2028\u2029\ufeff]+|//[^\n\r]*|/\*(?:[^*]|\*(?!/))*\*/)
    |(?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<at>@"(?:[^"\\]|\\.)*")
    |(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<op>\*\*|\.\.|<=|>=|!=|->|[-+*/<>=(){{}}\[\],:.?'\u2019])
    |(?P<name>{NAME.pattern})""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(U[0-9a-fA-F]{6}|u[0-9a-fA-F]{4}|.)", re.DOTALL)
_SHORT = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}


class Token(NamedTuple):
    """kind is number, string, at, op, keyword, name or end; value is the literal's value, else the text."""

    kind: str
    text: str
    value: object
    line: int
    column: int


def tokenize(text: str) -> list[Token]:
    """All tokens of `text`, closed by one of kind "end".

    Raises:
        FeelSyntaxError: a character, number or escape that FEEL does not know, or a text over 20,000 characters.
    """
    if len(text) > MAX_TEXT:
        raise FeelSyntaxError(
            f"The expression is longer than {MAX_TEXT} characters.", 1, 1, "Split it up.", limit="size"
        )
    tokens: list[Token] = []
    at, line, line_start = 0, 1, 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        column = at - line_start + 1
        if match is None:
            raise FeelSyntaxError(f"The character {text[at]!r} is not expected here.", line, column)
        kind, found = str(match.lastgroup), match.group()
        if kind != "space":
            tokens.append(_token(kind, found, line, column))
            if len(tokens) > MAX_TOKENS:
                raise FeelSyntaxError(
                    f"The expression has over {MAX_TOKENS} words and signs.", line, column, "Split it up.", limit="size"
                )
        breaks = found.count("\n")
        if breaks:
            line += breaks
            line_start = at + found.rindex("\n") + 1
        at = match.end()
    tokens.append(Token("end", "", None, line, at - line_start + 1))
    return tokens


def _token(kind: str, text: str, line: int, column: int) -> Token:
    if kind == "number":
        try:
            return Token(kind, text, NUMBERS.create_decimal(Decimal(text)), line, column)
        except DecimalException:
            raise FeelSyntaxError("The number is too large.", line, column) from None
    if kind == "string":
        return Token(kind, text, _unescape(text[1:-1], line, column), line, column)
    if kind == "at":
        return Token(kind, text, _unescape(text[2:-1], line, column), line, column)
    if kind == "name" and text in KEYWORDS:
        return Token("keyword", text, text, line, column)
    return Token(kind, text, text, line, column)


def _unescape(text: str, line: int, column: int) -> str:
    if "\\" not in text:
        return text

    def one(match: re.Match[str]) -> str:
        code = match[1]
        if len(code) > 1:
            return chr(int(code[1:], 16)) if int(code[1:], 16) <= 0x10FFFF else "\ufffd"
        # A backslash that starts no known escape stays as it is: patterns such as "\d" are written so.
        return _SHORT.get(code, match[0])

    joined = _ESCAPE.sub(one, text)
    try:
        return joined.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise FeelSyntaxError("A string holds half of a surrogate pair.", line, column) from None
