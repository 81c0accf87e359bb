"""The names in force at a place of a model, each with what is known of its type; the nearest to a slip."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches

from decisions.feel.reading import is_words
from decisions.feel.types import ANY, Type

# comparing costs the square of the length; a model may have thousands of names, and hundreds of slips
MOST_COMPARED = 40
LONGEST_COMPARED = 40


class Names:
    """Names of one scope. An `open` one may hold names nobody declared, as inside a filter over unknown items."""

    __slots__ = ("entries", "open", "outer")

    def __init__(self, entries: Mapping[str, Type], outer: Names | None = None, *, open: bool = False) -> None:
        self.entries = dict(entries)
        self.outer = outer
        self.open = open

    def find(self, name: str) -> Type | None:
        """The type of `name`, Any when it is not certain; None when nothing can be called so."""
        here: Names | None = self
        certain = True
        while here is not None:
            if name in here.entries:
                return here.entries[name] if certain else ANY
            certain = certain and not here.open
            here = here.outer
        return None if certain else ANY

    def declares(self, name: str) -> bool:
        """Whether a scope names it, beside what may lie in an open one."""
        here: Names | None = self
        while here is not None:
            if name in here.entries:
                return True
            here = here.outer
        return False

    def all(self) -> list[str]:
        found: dict[str, None] = {}
        here: Names | None = self
        while here is not None:
            found |= dict.fromkeys(here.entries)
            here = here.outer
        return list(found)

    def special(self) -> list[str]:
        """The names a reader must be told: those that are more than words."""
        return [name for name in self.all() if not is_words(name)]


def nearest(name: str, known: Collection[str]) -> list[str]:
    """At most three known names that `name` may be a slip of; spelled alike but for capitals first."""
    same = [other for other in known if other.casefold() == name.casefold() and other != name]
    likely = sorted(known, key=lambda other: (other[:1] != name[:1], abs(len(other) - len(name))))[:MOST_COMPARED]
    short = {other[:LONGEST_COMPARED]: other for other in reversed(likely)}
    alike = 0.7 if len(name) > 3 else 0.6 if len(name) > 2 or name.isascii() else 0.5  # one of two characters: 年令
    near = get_close_matches(name[:LONGEST_COMPARED], short, 3, alike)
    return list(dict.fromkeys([*same, *(short[other] for other in near)]))[:3]


def did_you_mean(near: Collection[str]) -> str:
    return f"Did you mean {', '.join(near)}?"


def write_or(right: str, near: Collection[str]) -> str:
    """What to write for a word without its quotes that may also be the slip of a name."""
    return f"Write: {right} / {did_you_mean(near)}" if near else f"Write: {right}"
