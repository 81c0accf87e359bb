"""Two bundles compared: every difference that means something, in words; what only moved is counted.

Reading and sentences of each kind of file stand in compare_drawing, compare_steps, compare_forms, compare_tables
and compare_sheet. Two bundles that differ in more than picture and spelling give at least one change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TypeVar

from decisions import DecisionError
from decisions.source import read_xml
from domain.text import Text
from domain.text import gettext as _
from workflows import compare_drawing, compare_forms, compare_sheet, compare_tables
from workflows.bpmn_xml import XmlRefused, read_tree
from workflows.bundles import DRAWING, SHEET, Bundle
from workflows.compare_drawing import Drawn
from workflows.compare_parts import ADDED, CHANGED, REMOVED, Change, Words, clipped
from workflows.compare_steps import DrawingWords, Side

Read = TypeVar("Read")
MARKS = (ADDED, REMOVED, CHANGED, "moved")


class Unreadable(ValueError):
    """The bytes cannot be read as what their name says."""


@dataclass(frozen=True)
class Comparison:
    """What differs. moved: parts of the picture that only changed place; spelling: files that only read otherwise.

    drawing: "added", "removed", "changed", "moved" -> ids of elements of the drawings.
    """

    changes: tuple[Change, ...] = ()
    moved: int = 0
    spelling: tuple[str, ...] = ()
    drawing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def groups(self) -> list[tuple[Text, list[Change]]]:
        """The changes by the part of the bundle they stand in; parts without a change left out."""
        titles = (_("Drawing"), _("Forms"), _("Decision tables"), _("Details"), _("Scenarios"))
        found: list[list[Change]] = [[] for _title in titles]
        for change in self.changes:
            found[_part(change.file)].append(change)
        return [(title, rows) for title, rows in zip(titles, found, strict=True) if rows]


def compare(
    old: Bundle, new: Bundle, *, english: bool = False, names: Mapping[str, Words] = MappingProxyType({})
) -> Comparison:
    """Every difference between two bundles. Names are Chinese unless `english`; unreadable files are one change each.

    names: what codes of programmes and of kinds of case are called; a code without one stands for itself.

    Pure: reads nothing but the bytes of the bundles.
    """
    return _Comparing(old, new, english, names).run()


def _part(path: str) -> int:
    if path == DRAWING:
        return 0
    if path.startswith("scenarios/"):
        return 4
    return 1 if path.endswith(".form") else 2 if path.endswith(".dmn") else 3


class _Comparing:
    def __init__(self, old: Bundle, new: Bundle, english: bool, names: Mapping[str, Words]) -> None:
        self.old, self.new, self.english, self.names = old, new, english, names
        self.changes: list[Change] = []
        self.moved = 0
        self.spelling: list[str] = []
        self.marks: dict[str, list[str]] = {mark: [] for mark in MARKS}
        self.drawn = [_quiet(read_drawing, side.files.get(DRAWING)) for side in (old, new)]

    def run(self) -> Comparison:
        """Compare file by file."""
        paths = sorted({*self.old.files, *self.new.files}, key=lambda path: (_part(path), path))
        for path in paths:
            before, after = self.old.files.get(path), self.new.files.get(path)
            if before == after:
                continue
            if before is None or after is None:
                self._whole(path, before, after)
                continue
            found = self._file(path, before, after)
            self.changes += found
        marks = {mark: tuple(dict.fromkeys(ids)) for mark, ids in self.marks.items()}
        return Comparison(tuple(self.changes), self.moved, tuple(self.spelling), marks)

    def _file(self, path: str, before: bytes, after: bytes) -> list[Change]:
        moved = self.moved
        try:
            known = path in (DRAWING, SHEET) or _part(path) in (1, 2)
            say = _COMPARERS[_part(path)] if known else _Comparing._other
            found = list(say(self, path, before, after))
        except Unreadable as problem:
            return [self._unreadable(path, problem)]
        if not found and moved == self.moved:
            self.spelling.append(path)
        return found

    # --- one kind of file each -------------------------------------------------------------------------------------

    def _drawing(self, path: str, before: bytes, after: bytes) -> Iterable[Change]:
        old, new = self.drawn[0] or read_drawing(before), self.drawn[1] or read_drawing(after)
        talk = DrawingWords(self._side(self.old, old), self._side(self.new, new), path)
        found = list(talk.changes())
        self.moved += len(talk.moved)
        for mark, ids in zip(MARKS, (talk.added, talk.removed, talk.changed, talk.moved), strict=True):
            self.marks[mark] += ids
        return found

    def _side(self, bundle: Bundle, drawn: Drawn) -> Side:
        return Side(drawn, compare_sheet.stages_of(bundle.sheet, self.english), self.english)

    def _form(self, path: str, before: bytes, after: bytes) -> Iterable[Change]:
        old, new = compare_forms.read_both(*_both(read_form, before, after))
        shows, title = self._used_by("@camunda:formKey", PurePosixPath(path).stem)
        talk = compare_forms.FormWords(old, new, path, title, shows, self.english)
        found = list(talk.changes())
        self.moved += talk.moved
        self._mark_user(shows, found)
        return found

    def _table(self, path: str, before: bytes, after: bytes) -> Iterable[Change]:
        shows, _title = self._used_by("@camunda:decisionRef", PurePosixPath(path).stem)
        talk = compare_tables.TableWords(*_both(read_table, before, after), path, shows)
        found = list(talk.changes())
        self.moved += talk.moved
        self._mark_user(shows, found)
        return found

    def _sheet(self, path: str, before: bytes, after: bytes) -> Iterable[Change]:
        old, new = _both(read_sheet, before, after)
        return compare_sheet.changes(compare_sheet.read(old), compare_sheet.read(new), path, self.names)

    def _other(self, path: str, before: bytes, after: bytes) -> Iterable[Change]:
        sentence = _("The content of the file.")
        area = "scenario" if _part(path) == 4 else "data"
        yield Change(CHANGED, area, path, "", path, sentence, _beginning(before, after), _beginning(after, before))

    # --- whole files -----------------------------------------------------------------------------------------------

    def _whole(self, path: str, before: bytes | None, after: bytes | None) -> None:
        kind = ADDED if before is None else REMOVED
        content = after if before is None else before
        area, title, what, shows = self._described(path, content or b"")
        said: tuple[Words, Words] = ("", what) if kind == ADDED else (what, "")
        sentence = _("The whole file %(file)s.", file=path)
        self.changes.append(Change(kind, area, path, "", title, sentence, *said, shows))

    def _described(self, path: str, content: bytes) -> tuple[str, Words, Words, str]:
        """Area, title, what is in it, and where the drawing uses it."""
        stem = PurePosixPath(path).stem
        if _part(path) == 1:
            shows, title = self._used_by("@camunda:formKey", stem)
            form = _quiet(read_form, content)
            labels = [part.label for part in compare_forms.parts(form) if part.label and part.key] if form else []
            return "form", title, clipped(", ".join(labels)), shows
        if _part(path) == 2:
            shows, _title = self._used_by("@camunda:decisionRef", stem)
            table = _quiet(read_table, content)
            count = sum(len(rules) for rules in table.rules.values()) if table else 0
            return "table", stem, _("%(count)s rules", count=count), shows
        area = "step" if path == DRAWING else "process" if path == SHEET else "data"
        return "scenario" if _part(path) == 4 else area, path, "", ""

    def _used_by(self, aspect: str, name: str) -> tuple[str, Words]:
        """The first step that names a form or table, and what to call the form: by the step that shows it."""
        for drawn in reversed(self.drawn):
            for thing in drawn.things.values() if drawn else ():
                if thing.facts.get(aspect) == name and drawn:
                    step = drawn.named(thing.key, self.english)
                    return thing.key, step if step == name else _("%(step)s (%(form)s)", step=step, form=name)
        return "", name

    def _mark_user(self, shows: str, found: list[Change]) -> None:
        if shows and found and shows not in self.marks[ADDED] and shows not in self.marks[REMOVED]:
            self.marks[CHANGED].append(shows)

    def _unreadable(self, path: str, problem: Unreadable) -> Change:
        area = ("step", "form", "table", "process")[_part(path)]
        sentence = _("The file %(file)s cannot be read, so its differences cannot be named: %(why)s",
                     file=path, why=str(problem))  # fmt: skip
        return Change(CHANGED, area, path, "", path, sentence)


_COMPARERS = (_Comparing._drawing, _Comparing._form, _Comparing._table, _Comparing._sheet)


def read_drawing(content: bytes) -> Drawn:
    """The things of a drawing. Raises Unreadable."""
    try:
        return compare_drawing.read(read_tree(content))
    except XmlRefused as problem:
        raise Unreadable(" ".join(filter(None, (problem.rule, problem.detail)))) from problem


def read_form(content: bytes) -> Mapping[str, object]:
    """The object of a form file. Raises Unreadable."""
    try:
        return compare_forms.load(content)
    except compare_forms.FormUnreadable as problem:
        raise Unreadable(str(problem)) from problem


def read_table(content: bytes) -> compare_tables.TableRead:
    """The things of a decision model. Raises Unreadable."""
    if b"<!DOCTYPE" in content.upper() or b"\x00" in content:
        raise Unreadable("DOCTYPE")
    try:
        return compare_tables.read(read_xml(content))
    except DecisionError as problem:
        raise Unreadable(str(problem)) from problem


def read_sheet(content: bytes) -> Mapping[str, object]:
    """The table of process.toml. Raises Unreadable."""
    try:
        return compare_sheet.load(content)
    except compare_sheet.SheetUnreadable as problem:
        raise Unreadable(str(problem)) from problem


def _both(read: Callable[[bytes], Read], before: bytes, after: bytes) -> tuple[Read, Read]:
    return read(before), read(after)


def _quiet(read: Callable[[bytes], Read], content: bytes | None) -> Read | None:
    """What could be read, or None: for names and places only, where the differences themselves are told elsewhere."""
    try:
        return None if content is None else read(content)
    except Unreadable:
        return None


def _beginning(content: bytes, other: bytes) -> str:
    """The part of a file around the first line that differs."""
    lines, others = (one.decode("utf-8", "replace").splitlines() for one in (content, other))
    start = next((at for at, pair in enumerate(zip(lines, others)) if pair[0] != pair[1]), min(len(lines), len(others)))  # noqa: B905
    return clipped("\n".join(lines[start : start + 3]))


__all__ = ["Change", "Comparison", "Unreadable", "compare"]
