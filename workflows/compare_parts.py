"""What every comparison of two bundles is made of: things with facts, and what differs between two sets of them.

A reader turns a file into `Thing`s: each has a key that holds across versions and facts (aspect -> canonical text).
Two files mean the same exactly when their things have the same facts and the same orders; `differing` walks both
sets, so whatever a reader keeps as a fact cannot be passed over. Sentences are made elsewhere.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from domain.text import Text
from domain.text import gettext as _

Words = Text | str
# longer texts (a document, a whole file) are shown by their beginning
SHOWN = 400
MANY = 60  # items of a list that a cell shows

ADDED, REMOVED, CHANGED = "added", "removed", "changed"

# what people call a change in a narrow column, by area and kind
HEADINGS: Mapping[tuple[str, str], Text] = {
    ("step", ADDED): _("Step added"),
    ("step", REMOVED): _("Step removed"),
    ("step", CHANGED): _("Step changed"),
    ("flow", ADDED): _("Flow added"),
    ("flow", REMOVED): _("Flow removed"),
    ("flow", CHANGED): _("Flow changed"),
    ("condition", ADDED): _("Condition added"),
    ("condition", REMOVED): _("Condition removed"),
    ("condition", CHANGED): _("Condition changed"),
    ("role", ADDED): _("Role added"),
    ("role", REMOVED): _("Role removed"),
    ("role", CHANGED): _("Role changed"),
    ("term", ADDED): _("Term added"),
    ("term", REMOVED): _("Term removed"),
    ("term", CHANGED): _("Term changed"),
    ("form", ADDED): _("Form: added"),
    ("form", REMOVED): _("Form: removed"),
    ("form", CHANGED): _("Form changed"),
    ("table", ADDED): _("Table: added"),
    ("table", REMOVED): _("Table: removed"),
    ("table", CHANGED): _("Table changed"),
    ("text", ADDED): _("Wording added"),
    ("text", REMOVED): _("Wording removed"),
    ("text", CHANGED): _("Wording changed"),
    ("process", ADDED): _("Details: added"),
    ("process", REMOVED): _("Details: removed"),
    ("process", CHANGED): _("Details changed"),
    ("data", ADDED): _("Program part added"),
    ("data", REMOVED): _("Program part removed"),
    ("data", CHANGED): _("Program part changed"),
    ("scenario", ADDED): _("Scenario added"),
    ("scenario", REMOVED): _("Scenario removed"),
    ("scenario", CHANGED): _("Scenario changed"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference in words.

    kind: added, removed, changed. area: step, flow, condition, role, term, form, table, text, process, data.
    element: id on the drawing, key of a field, id of a rule. title: what it is called. shows: id of the element of
    the drawing that makes the change visible ("" when none does). before, after: "" where there is nothing.
    """

    kind: str
    area: str
    file: str
    element: str
    title: Words
    sentence: Text
    before: Words = ""
    after: Words = ""
    shows: str = ""

    @property
    def heading(self) -> Text:
        """Area and kind in two words."""
        return HEADINGS[(self.area, self.kind)]


class Numbers:
    """Names that are each given once: `name`, then `name~2`, `name~3` ..."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._count: dict[str, int] = {}

    def fresh(self, name: str) -> str:
        """`name`, or the first numbered form of it that is free; taken from now on."""
        made = name
        while made in self._taken:
            self._count[name] = self._count.get(name, 1) + 1
            made = f"{name}~{self._count[name]}"
        self._taken.add(made)
        return made


@dataclass(slots=True)
class Thing:
    """Something with a key of its own. orders: name -> keys of what it holds, where their order means something."""

    key: str
    kind: str
    facts: dict[str, str] = field(default_factory=dict)
    orders: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _names: Numbers = field(default_factory=Numbers)

    def put(self, aspect: str, value: str) -> None:
        """Keep a fact; a second one of the same name gets a number, so that nothing is overwritten."""
        self.facts[self._names.fresh(aspect)] = value

    def get(self, *aspects: str) -> str:
        """The first fact there is of these, or ""."""
        return next((self.facts[one] for one in aspects if self.facts.get(one)), "")


@dataclass(frozen=True, slots=True)
class Difference:
    """One aspect of a thing that both sides have; None where a side does not have it."""

    thing: str
    aspect: str
    before: str | None
    after: str | None

    @property
    def kind(self) -> str:
        return ADDED if self.before is None else REMOVED if self.after is None else CHANGED


Things = Mapping[str, Thing]


def differing(old: Thing, new: Thing) -> Iterator[Difference]:
    """Every aspect in which two states of one thing differ, in the order the aspects were read."""
    for aspect in dict.fromkeys([*old.facts, *new.facts]):
        before, after = old.facts.get(aspect), new.facts.get(aspect)
        if before != after:
            yield Difference(new.key, aspect, before, after)


def reordered(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """The fewest keys, of those both have, that must be taken out for the rest to stand in the same order."""
    place = {key: at for at, key in enumerate(old)}
    common = [key for key in new if key in place]
    stay = _longest_rising([place[key] for key in common])
    return [key for at, key in enumerate(common) if at not in stay]


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """Positions of a longest rising subsequence (patience sorting, n log n)."""
    tops: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for at, number in enumerate(numbers):
        pile = bisect_left(tops, number)
        before.append(ends[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [number]
        ends[pile : pile + 1] = [at]
    chosen: set[int] = set()
    at = ends[-1] if ends else -1
    while at >= 0:
        chosen.add(at)
        at = before[at]
    return chosen


def paired(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Places in both that hold the same value, each used once, in order of the old."""
    waiting: dict[Hashable, list[int]] = {}
    for at, value in enumerate(new):
        waiting.setdefault(value, []).append(at)
    for places in waiting.values():
        places.reverse()
    return [(at, waiting[value].pop()) for at, value in enumerate(old) if waiting.get(value)]


def clipped(text: str) -> str:
    """A text as a cell shows it."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def told_apart(one: Difference, old: Callable[[str], Words], new: Callable[[str], Words]) -> tuple[Words, Words]:
    """Both values as people say them; where that makes them look alike, as they are written."""
    before = "" if one.before is None else old(one.before)
    after = "" if one.after is None else new(one.after)
    if str(before) != str(after):
        return before, after
    if one.before is None or one.after is None:
        empty = _("(empty)")
        return ("", empty) if one.before is None else (empty, "")
    start = next((at for at, pair in enumerate(zip(one.before, one.after)) if pair[0] != pair[1]), 0)  # noqa: B905
    start = max(0, start - SHOWN // 8)
    dots = "…" if start else ""
    return dots + clipped(one.before[start:]), dots + clipped(one.after[start:])


def joined(parts: Sequence[Words], between: Text | None = None) -> Words:
    """Several texts as one that is still translated when it is read; of very many the first."""
    shown: list[Words] = [part for part in parts if part]
    if len(shown) > MANY:
        shown = [*shown[:MANY], "…"]
    return _halved(shown, between or ITEMS) if shown else ""


def _halved(parts: Sequence[Words], between: Text) -> Words:
    """Put together in halves, so that no text nests deeper than the logarithm of their number."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    halves: dict[str, object] = {"first": _halved(parts[:middle], between), "second": _halved(parts[middle:], between)}
    return Text(between.source, halves)


ITEMS = _("%(first)s, %(second)s")
LINES = _("%(first)s; %(second)s")


def plain(aspect: str) -> Text:
    """The sentence for what has none of its own."""
    return _("The entry %(name)s, which no page shows.", name=aspect)
