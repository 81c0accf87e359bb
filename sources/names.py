"""Names of people as different departments write them: one folded form, and three degrees of likeness."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from sources.variants import VARIANTS

_DOTS = frozenset("·•‧・．.｡。˙∙⋅●‣‐-–—")
_GONE = "�"  # stands in a folded name for one character that a system lost
_LOST = re.compile(r"&#X?[0-9A-F]+;|[?？〓□■▢*＊�~^#]|[\ue000-\uf8ff]")
_SPELT = re.compile(r"[(（\[【<〈]([A-Z]+)[)）\]】>〉]")
_SUFFIX = re.compile(r"[(（\[【<〈].*$")
_TAIL = re.compile(r"[0-9A-Za-z]+$")
_ACCENTED = re.compile("[À-ɏḀ-ỿ]")
_PIECES = re.compile(r"[A-Z]+|.")
_ENOUGH = 2  # characters of a name that must be left when another is missing without a trace


class Likeness(StrEnum):
    """How two names compare."""

    SAME = "same"
    POSSIBLE = "possible"
    DIFFERENT = "different"


def fold(name: str) -> str:
    """A name without blanks, invisible characters and the many forms of the middle dot; NFKC, upper case."""
    folded = unicodedata.normalize("NFKC", name)
    if folded.isalpha():
        return folded.upper()  # nothing but letters: nothing to leave out
    return "".join(
        c for c in folded if c not in _DOTS and not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc")
    ).upper()


def key(name: str) -> str:
    """One text for a name and its spellings: folded, no remark or trailing mark, variants in their common form.

    Equal keys are names that compare SAME or POSSIBLE; lost characters are not bridged.
    """
    return _untailed(_plain(fold(name)))


def compare(left: str, right: str) -> Likeness:
    """Compare two written names.

    SAME: equal when folded. POSSIBLE: equal but for a remark in brackets or a trailing mark, a traditional
    form, or characters that a department's system lost ("?", "〓", a code of its own), wrote in letters ("xiǎn"), or,
    when they are rare, left out. Else DIFFERENT.
    """
    a, b = fold(left), fold(right)
    if a == b:
        return Likeness.SAME
    a, b = _plain(a), _plain(b)
    if not a or not b:
        return Likeness.DIFFERENT
    if a == b or _untailed(a) == _untailed(b) or _lost(a, b) or _lost(b, a) or _left_out(a, b) or _left_out(b, a):
        return Likeness.POSSIBLE
    return Likeness.DIFFERENT


def _plain(folded: str) -> str:
    if folded.isalpha() and not _ACCENTED.search(folded):
        return folded.translate(VARIANTS)
    bare = "".join(c for c in unicodedata.normalize("NFD", folded) if not unicodedata.combining(c))
    spelt = _SPELT.sub(_GONE, _LOST.sub(_GONE, bare))
    return _SUFFIX.sub("", spelt).translate(VARIANTS)


def _untailed(plain: str) -> str:
    # A trailing number tells namesakes apart in some systems; a name wholly in letters is left alone.
    return _TAIL.sub("", plain) or plain


def _lost(damaged: str, whole: str) -> bool:
    """True when `damaged` is `whole` with some characters lost or written in letters; at least one must remain."""
    pieces = _PIECES.findall(damaged)
    marks = [piece == _GONE or (piece.isascii() and piece.isalpha()) for piece in pieces]
    if not any(marks) or all(marks) or len(pieces) != len(whole):
        return False
    return all(mark or piece == char for piece, mark, char in zip(pieces, marks, whole, strict=True))


def _left_out(damaged: str, whole: str) -> bool:
    """True when `damaged` is `whole` without characters that GB 2312 does not know: old systems cannot write them."""
    if not _ENOUGH <= len(damaged) < len(whole):
        return False
    return "".join(char for char in whole if _common(char)) == damaged


def _common(char: str) -> bool:
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
