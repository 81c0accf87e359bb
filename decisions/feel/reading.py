"""What the FEEL parser reads without evaluating: tokens, names of several words, types."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Sequence
from functools import lru_cache
from typing import Any, NoReturn

from decisions.errors import FeelSyntaxError
from decisions.feel.flow import WrittenType
from decisions.feel.nodes import TooDeep
from decisions.feel.tokens import KEYWORDS, NAME, Token, tokenize
from decisions.feel.values import MAX_NESTING

_SPELLED = ("date and time", "years and months duration", "days and time duration")
_NAME_SIGNS = frozenset((".", "-", "+", "*", "/", "'", "\u2019", "**", ".."))  # grammar rule 30, in both spellings
_WORD = re.compile(rf"{NAME.pattern}|[0-9.]+")
_LONGEST = 12  # words and signs of a name that is looked for before it is known
Reading = Generator[Any, Any, Any]  # yields the reading of a part, is sent what that gave, gives a tree


def drive(reading: Reading) -> Any:
    """What `reading` gives, the readings of parts it yields being driven on a stack of our own."""
    under_way = [reading]
    found: Any = None
    while under_way:
        try:
            part = under_way[-1].send(found)
        except StopIteration as done:
            under_way.pop()
            found = done.value
        else:
            under_way.append(part)
            found = None
    return found


def is_plain(name: str) -> bool:
    """Whether a name is one word, and so is always recognised."""
    return NAME.fullmatch(name) is not None and name not in KEYWORDS


def joined(tokens: Sequence[Token]) -> str:
    """One spelling for a name however it was spaced: a blank between words only."""
    text = ""
    after_word = False
    for token in tokens:
        word = token.kind in ("name", "keyword", "number")
        text += (" " if word and after_word else "") + token.text
        after_word = word
    return text


@lru_cache(4096)
def _spelled(name: str) -> tuple[str, ...]:
    """The tokens a name is written with; none when FEEL could not write it."""
    try:
        return tuple(token.text for token in tokenize(name)[:-1])
    except FeelSyntaxError:
        return ()


@lru_cache(4096)
def is_words(name: str) -> bool:
    """Whether a name is made of plain words, and so is recognised without being known."""
    return all(is_plain(word) for word in name.split(" "))


@lru_cache(4096)
def is_name(name: str) -> bool:
    """Whether a name is one by the grammar (rule 27): words and the signs . / - ' + *, a word first."""
    spelled = _spelled(name)
    words = [part for part in spelled if part not in _NAME_SIGNS]
    return bool(spelled) and spelled[0] in words[:1] and all(_WORD.fullmatch(word) for word in words)


def possible_names(text: str, most: int) -> frozenset[str] | None:
    """Every name of more than words that could stand in `text`, packed or spaced; None when there are over `most`."""
    tokens = tokenize(text)
    found: set[str] = set()
    for start, token in enumerate(tokens):
        end = start + 1
        if token.kind not in ("name", "keyword"):
            continue
        while tokens[end].kind in ("name", "keyword", "number") or tokens[end].text in _NAME_SIGNS:
            end += 1
            name = joined(tokens[start:end])
            if not is_words(name):
                found.update((name, " ".join(part.text for part in tokens[start:end])))
            if len(found) > most or end - start > _LONGEST:
                return None
    return frozenset(found)


class Names:
    """Names that are more than words, by their first token."""

    def __init__(self, names: Iterable[str]) -> None:
        self.by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for name in (*_SPELLED, *names):
            self.add(_spelled(name), name)

    def add(self, spelled: tuple[str, ...], name: str) -> None:
        if len(spelled) == 1 and spelled[0] in KEYWORDS:
            return  # a keyword alone stays what it is, whatever the caller's names are
        if spelled and (spelled, name) not in self.by_first.setdefault(spelled[0], []):
            self.by_first[spelled[0]].append((spelled, name))
            self.by_first[spelled[0]].sort(key=lambda entry: -len(entry[0]))

    def match(self, tokens: Sequence[Token], at: int) -> tuple[int, str] | None:
        for spelled, name in self.by_first.get(tokens[at].text, ()):
            here = tokens[at : at + len(spelled)]
            if tuple(token.text for token in here) == spelled and all(token.kind != "string" for token in here):
                return len(spelled), name
        return None


class TokenReader:
    """Tokens one after the other."""

    def __init__(self, tokens: list[Token], names: Iterable[str]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        self.known = Names(names)

    # --- reading tokens

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def sees(self, text: str, ahead: int = 0) -> bool:
        token = self.tokens[min(self.at + ahead, len(self.tokens) - 1)]
        return token.text == text and token.kind in ("op", "keyword", "name")

    def take(self, text: str) -> bool:
        if self.sees(text):
            self.at += 1
            return True
        return False

    def need(self, text: str) -> None:
        if not self.take(text):
            self.fail(f"'{text}' is expected here, not '{self.token.text or 'the end'}'.")

    def fail(self, sentence: str) -> NoReturn:
        raise FeelSyntaxError(sentence, self.token.line, self.token.column)

    def at_end(self) -> None:
        if self.token.kind != "end":
            self.fail(f"'{self.token.text}' is not expected here.")

    # --- names

    def name(self) -> str:
        """A name in use: the longest known one, or the words that stand here side by side."""
        known = self.known.match(self.tokens, self.at)
        end = self.at
        while self.tokens[end].kind == "name" or (end > self.at and self.is_index(end)):
            end += 1
        if end == self.at and self.token.kind == "keyword" and known is None:
            end += 1
        if known and known[0] >= end - self.at:
            self.at += known[0]
            return known[1]
        if end == self.at:
            self.fail("A name is expected here.")
        start, self.at = self.at, end
        return joined(self.tokens[start:end])

    def is_index(self, at: int) -> bool:
        return self.tokens[at].kind == "number" and self.tokens[at].text.isdigit()

    def binder_length(self, *stops: str) -> int:
        """Tokens up to one of `stops` when they can all belong to a name, else 0."""
        if self.token.kind not in ("name", "keyword"):
            return 0
        end = self.at + 1
        while (token := self.tokens[end]).text not in stops or token.kind == "string":
            if token.kind not in ("name", "keyword", "number") and token.text not in _NAME_SIGNS:
                return 0
            end += 1
        return end - self.at

    def binder(self, stop: str) -> str:
        length = self.binder_length(stop)
        if not length:
            self.fail(f"A name followed by '{stop}' is expected here.")
        name = self.bind(length)
        self.need(stop)
        return name

    def bind(self, length: int) -> str:
        here = self.tokens[self.at : self.at + length]
        name = joined(here)
        if length > 1:
            self.known.add(tuple(token.text for token in here), name)
        self.at += length
        return name

    # --- types

    def deepen(self) -> None:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise TooDeep

    def type_name(self) -> Reading:
        for spelled in _SPELLED:
            words = spelled.split()
            if all(self.sees(word, ahead) for ahead, word in enumerate(words)):
                self.at += len(words)
                return WrittenType(spelled)
        self.deepen()
        name, found = self.plain_type(), None
        if self.sees("<") and name in ("list", "range", "context", "function"):
            found = yield self.parametrised(name)
        self.depth -= 1
        return found or WrittenType("Null" if name == "null" else name)

    def plain_type(self) -> str:
        words: list[str] = []
        while self.token.kind == "name" or (not words and self.token.text in ("function", "null")):
            words.append(self.token.text)
            self.at += 1
            if self.sees(".") and self.tokens[self.at + 1].kind == "name":
                words[-1] += "." + self.tokens[self.at + 1].text
                self.at += 2
        if not words:
            self.fail("The name of a type is expected here.")
        return " ".join(words)

    def parametrised(self, name: str) -> Reading:
        self.need("<")
        arguments: list[WrittenType] = []
        entries: list[tuple[str, WrittenType]] = []
        while not self.take(">"):
            if arguments or entries:
                self.need(",")
            if name == "context":
                entries.append((self.binder(":"), (yield self.type_name())))
            else:
                arguments.append((yield self.type_name()))
        result = None
        if name == "function" and self.take("->"):
            result = yield self.type_name()
        if name in ("list", "range") and len(arguments) != 1:
            self.fail(f"The type '{name}' takes one type.")
        return WrittenType(name, tuple(arguments), tuple(entries), result)
