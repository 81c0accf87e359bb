"""One FEEL text checked: read, slips put right, names, types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from decisions.checks import access, calls, flow, operations
from decisions.checks.kinds import UNKNOWN, Fact, kind_of
from decisions.checks.names import Names, nearest, write_or
from decisions.checks.reading import Written, read_text, shortened
from decisions.checks.report import Desk, Report, Spot
from decisions.checks.slips import SIGNS, Slip, find_slip, place_of, remedy_for
from decisions.checks.walk import Handler, Model, Walk
from decisions.errors import FeelSyntaxError
from decisions.feel.flow import UnaryTests
from decisions.feel.nodes import Name, Node, OperatorTest
from decisions.feel.types import Type

HANDLERS: Mapping[type[Node], Handler] = {
    **access.HANDLERS,
    **calls.HANDLERS,
    **flow.HANDLERS,
    **operations.HANDLERS,
}
# signs that may be read one by one and never mean what was meant
DOUBLED = frozenset(("==", "=>", "=<", "<>"))
# what nobody writes in a text that lost its quotes; low-risk and N/A are read as calculations, and are none
_CALCULATED = re.compile(r"""["*+()<>=]|\s[-/]\s""")
_WITH_UNIT = re.compile(r"[<>=]{0,2}\s{0,9}\d{1,30}(?:\.\d{1,30})?\s{0,9}[^\W\d]{1,20}")


@dataclass(frozen=True)
class Texts:
    """Checks the texts of one element, called `owner` in the drawing."""

    report: Report
    model: Model
    owner: str = ""
    handlers: Mapping[type[Node], Handler] = field(default_factory=lambda: HANDLERS)

    def check(
        self, text: str, spot: Spot, names: Names, *, unary: bool = False, meant: Type | None = None
    ) -> tuple[Fact, Desk | None]:
        """What `text` yields; no desk when it cannot be read.

        Args:
            unary: tests of a cell; the tested value is the name `?`.
            meant: the type a whole text stands for when it may be a word without its quotes, else None.
        """
        try:
            written = read_text(text, names.special(), unary=unary)
        except FeelSyntaxError as fault:
            self._unreadable(text, spot, fault, unary=unary, meant=meant)
            return UNKNOWN, None
        self.report.read(len(written.tokens))
        desk = Desk(written, spot, self.report)
        self._doubled(desk, unary=unary)
        self._thousands(desk)
        if meant is not None and self._unquoted(desk, names, meant):
            return UNKNOWN, desk
        return Walk(desk, self.model, self.handlers, self.owner).fact(written.tree, names), desk

    def _unreadable(self, text: str, spot: Spot, fault: FeelSyntaxError, *, unary: bool, meant: Type | None) -> None:
        slip = None if fault.limit else find_slip(text)
        if slip is not None:
            self._slipped(text, spot, slip, unary=unary)
            return
        told = fault.findings[0]
        remedy = told.remedy
        if unary and text.replace(" ", "") == "not(-)":
            remedy = "Nothing can pass it: leave the rule out."
        elif not unary and text.strip() == "-":
            remedy = "Write a value, or null for none."
        elif meant is not None and kind_of(meant) in ("", "string") and '"' not in text:
            remedy = f'If it is a text, write: "{shortened(text)}"'
        elif _WITH_UNIT.fullmatch(text.strip()):
            remedy = "Write the number alone, without its unit."
        sentence = f"'{shortened(text)}': {told.sentence}"
        self.report.add(spot, sentence, remedy, "unreadable-cell", at=(fault.line, fault.column))

    def _slipped(self, text: str, spot: Spot, slip: Slip, *, unary: bool) -> None:
        whole, code, remedy = shortened(text), "never-true", remedy_for(text, slip, unary=unary)
        if slip.sign == "==":
            sentence = f"'{whole}' has two equals signs and would never hold."
            remedy = "Write the value alone, or one equals sign." if unary else remedy
        elif slip.sign in DOUBLED:
            sentence = f"'{whole}': '{slip.sign}' would never hold."
        else:
            sentence, code = f"'{whole}': '{slip.sign}' is not read here.", "unreadable-cell"
        self.report.add(spot, sentence, remedy, code, at=place_of(text, slip.start))

    def _doubled(self, desk: Desk, *, unary: bool) -> None:
        """Reports signs that are read one by one although they were meant as one."""
        for at, (one, other) in enumerate(pairwise(desk.written.tokens)):
            sign = one.text + other.text
            if one.kind != "op" or other.kind != "op" or sign not in DOUBLED:
                continue
            if sign == "<>" and at and desk.written.tokens[at - 1].text == "function":
                continue  # the type of a function without parameters
            self._slipped(desk.written.text, desk.spot, Slip(desk.written.offset(at), sign, SIGNS[sign]), unary=unary)
            return

    def _thousands(self, desk: Desk) -> None:
        """Reports 1,000: two numbers, the second of which nobody writes with zeros before it."""
        tokens = desk.written.tokens
        for first, comma, last in zip(tokens, tokens[1:], tokens[2:], strict=False):
            if (first.kind, comma.text, last.kind) != ("number", ",", "number") or first.line != last.line:
                continue
            close = last.column == comma.column + 1 == first.column + len(first.text) + 1
            if close and len(last.text) == 3 and last.text[0] == "0" and "." not in first.text:
                sentence = f"'{first.text},{last.text}' is read as two numbers."
                place, remedy = (first.line, first.column), f"Write: {first.text}{last.text}"
                self.report.add(desk.spot, sentence, remedy, "unreadable-cell", at=place, severity="warning")
                return

    def _unquoted(self, desk: Desk, names: Names, meant: Type) -> bool:
        """Reports a text that stands without its quotes where a value is expected."""
        if kind_of(meant) not in ("", "string"):
            return False
        written = desk.written
        words = [word for word in _words(written.tree) if not self._may_be(word.name, names)]
        if not words:
            free = {node.name for node in _names(written.tree)}
            if not free or _CALCULATED.search(written.text) or any(self._may_be(name, names) for name in free):
                return False
            self.report.unknown |= free
        self.report.unknown |= {word.name for word in words}
        right = _quoted(written, words) if words else f'"{shortened(written.text)}"'
        near = nearest(words[0].name, names.all()) if words else []
        first = words[0] if words else written.tree
        sentence = f"'{desk.quote(first)}' is neither a known name nor a text in quotes."
        desk.add(first, sentence, write_or(right, near), "unknown-name")
        return True

    def _may_be(self, name: str, names: Names) -> bool:
        return access.may_be_name(self.model.homes, name, names) or name.lower() in calls.OTHERS


def _names(tree: Node) -> Iterator[Name]:
    if isinstance(tree, Name):
        yield tree
    for part in tree.parts:
        yield from _names(part)


def _words(tree: Node) -> list[Name]:
    """The names that stand alone as a test of a cell, or are all of an entry."""
    tests = tree.parts if isinstance(tree, UnaryTests) else (tree,)
    signs = ("=", "!=")
    bounds = [test.parts[0] if isinstance(test, OperatorTest) and test.operator in signs else test for test in tests]
    return [bound for bound in bounds if isinstance(bound, Name) and bound.name != "?"]


def _quoted(written: Written, words: list[Name]) -> str:
    text = written.text
    for word in reversed(words):
        span = written.span(word)
        last = written.tokens[span.end - 1]
        start, end = written.offset(span.start), written.offset(span.end - 1) + len(last.text)
        text = f'{text[:start]}"{text[start:end]}"{text[end:]}'
    return shortened(text)
