"""Texts for people: English source sentences, translated when they are read, never when they are made.

The rooms below `webapp` know no request and no locale. They make `Text` values; whoever shows one
binds a translator for the time of a request or a command (`bound`). Unbound, the source text shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Translate = Callable[[str], str]

_translate: ContextVar[Translate | None] = ContextVar("translate", default=None)


class Text:
    """A sentence with named places, translated by `str()` at the moment of reading."""

    __slots__ = ("source", "values")

    def __init__(self, source: str, values: dict[str, object]) -> None:
        self.source = source
        self.values = values

    def __str__(self) -> str:
        translate = _translate.get()
        sentence = translate(self.source) if translate else self.source
        return sentence % {name: str(value) for name, value in self.values.items()} if self.values else sentence

    def __repr__(self) -> str:
        return f"Text({self.source!r})"

    def packed(self) -> list[Any]:
        """What `unpacked` makes the sentence from again, as JSON can hold it; values become texts, names stay names."""
        return [self.source, {name: _packed(value) for name, value in self.values.items()}]

    @classmethod
    def unpacked(cls, kept: list[Any]) -> Text:
        """The inverse of `packed`, read in whatever language is bound then."""
        source, values = kept
        return cls(str(source), {name: _unpacked(one) for name, one in values.items()})

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash((self.source, tuple(sorted(self.values))))

    def __html__(self) -> str:
        from html import escape

        return escape(str(self))


def gettext(source: str, /, **values: object) -> Text:
    """A translatable sentence; `values` fill its `%(name)s` places."""
    return Text(source, values)


# a word that each catalogue translates to its own language's code, which is how a name knows who reads it
_LANGUAGE = gettext("en")


class Name:
    """What something is called in both languages, as a value of a sentence; `str()` gives that of whoever reads."""

    __slots__ = ("chinese", "english")

    def __init__(self, chinese: str, english: str) -> None:
        self.chinese = chinese
        self.english = english or chinese

    def __str__(self) -> str:
        return self.chinese if str(_LANGUAGE) == "zh" else self.english

    def __repr__(self) -> str:
        return f"Name({self.chinese!r}, {self.english!r})"


class Joined:
    """Several things as one value of a sentence, joined when read: each and what stands between is the reader's."""

    __slots__ = ("between", "parts")

    def __init__(self, between: object, parts: Iterable[object]) -> None:
        self.between = between
        self.parts = tuple(parts)

    def __str__(self) -> str:
        return str(self.between).join(map(str, self.parts))


def _packed(value: object) -> object:
    if isinstance(value, Text):  # a sentence within a sentence is read in the reader's language too
        return {"text": value.packed()}
    if isinstance(value, Joined):
        return {"between": _packed(value.between), "parts": [_packed(one) for one in value.parts]}
    return [value.chinese, value.english] if isinstance(value, Name) else str(value)


def _unpacked(kept: Any) -> object:
    if isinstance(kept, dict) and "parts" in kept:
        return Joined(_unpacked(kept["between"]), map(_unpacked, kept["parts"]))
    if isinstance(kept, dict):
        return Text.unpacked(kept["text"])
    return Name(*kept) if isinstance(kept, list) else kept


@contextmanager
def bound(translate: Translate | None) -> Iterator[None]:
    """Translate every `Text` read inside the block by `translate` (None: leave the source text)."""
    token = _translate.set(translate)
    try:
        yield
    finally:
        _translate.reset(token)
