"""The terms a text is found by: every letter and every pair of letters of Chinese, the beginnings of other words.

A text and a query go through the same reading (NFKC, small letters, without the dots inside a name), so that a name is
found by each part of one or two letters, and a longer query by all of its pairs, which are then compared as they stand.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST_PREFIX = 16
LONGEST_QUERY = 48
_WORD = "0-9a-zÀ-ɏͰ-ӿ"
_DOTS = re.compile(r"[·•‧∙・⋅.．]")
# names are also written with a space between their letters
_APART = re.compile(rf"(?<=[^\W_{_WORD}])\s+(?=[^\W_{_WORD}])")
# words of letters and digits that stand with spaces between them; everything else that is a letter stands alone
_PIECES = re.compile(rf"(?P<word>[{_WORD}]+)|(?P<run>[^\W_{_WORD}]+)")


def plain(text: str) -> str:
    """The text as it is compared."""
    return _APART.sub("", _DOTS.sub("", unicodedata.normalize("NFKC", text).lower()))


def _pieces(text: str) -> Iterator[tuple[bool, str]]:
    """(is a word, text) of each piece of a plain text."""
    for found in _PIECES.finditer(text):
        yield found.lastgroup == "word", found.group()


def of_text(text: str) -> set[str]:
    """Every term under which a text is found."""
    terms: set[str] = set()
    for is_word, piece in _pieces(plain(text)):
        if is_word:
            terms.update(piece[:length] for length in range(1, min(len(piece), LONGEST_PREFIX) + 1))
        else:
            terms.update(piece)
            terms.update(piece[place : place + 2] for place in range(len(piece) - 1))
    return terms


def of_query(query: str) -> list[str]:
    """The terms that whatever fits a query has, the longest first; empty for a query without letters."""
    terms: dict[str, None] = {}
    for is_word, piece in _pieces(plain(query[:LONGEST_QUERY])):
        if is_word:
            terms[piece[:LONGEST_PREFIX]] = None
        elif len(piece) == 1:
            terms[piece] = None
        else:
            terms.update(dict.fromkeys(piece[place : place + 2] for place in range(len(piece) - 1)))
    return sorted(terms, key=len, reverse=True)


def fits(text: str, query: str) -> bool:
    """Whether a text has every piece of the query: words from their beginning, everything else anywhere."""
    wanted = list(_pieces(plain(query[:LONGEST_QUERY])))
    own = list(_pieces(plain(text)))
    return bool(wanted) and all(
        any(of == is_word and (there.startswith(piece) if is_word else piece in there) for of, there in own)
        for is_word, piece in wanted
    )


def parts(text: str, query: str) -> list[tuple[str, bool]]:
    """A text cut into (part, is it what was asked for), for showing; one part where the two are written differently."""
    wanted = [re.escape(piece) for _word, piece in _pieces(plain(query[:LONGEST_QUERY]))]
    if not wanted:
        return [(text, False)]
    cut = re.split(f"({'|'.join(sorted(wanted, key=len, reverse=True))})", text, flags=re.IGNORECASE)
    return [(part, place % 2 == 1) for place, part in enumerate(cut) if part]
