"""Findings gathered while a model is checked, each at its place."""

from __future__ import annotations

from dataclasses import dataclass

from decisions.checks.reading import Written
from decisions.errors import Finding
from decisions.feel.nodes import Node

MOST_FINDINGS = 500
MOST_WORDS = 250_000  # words and signs of all texts of one model; about four seconds


class Enough(Exception):
    """There are more findings than anybody reads."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a text stands in a model: element, line of its first character, and cell when it is one of a table.

    A text that stands alone has no `where`: its findings are placed by line and column.
    """

    where: str = ""
    line: int | None = None
    table: str = ""
    rule: int | None = None
    column: str = ""


class Report:
    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.unknown: set[str] = set()  # names that were said to be unknown
        self.words = 0

    def add(
        self,
        spot: Spot,
        sentence: str,
        remedy: str,
        code: str,
        *,
        at: tuple[int, int] = (1, 1),
        severity: str = "error",
    ) -> None:
        """Keep a finding; `at` is the line and column inside the text that stands at `spot`.

        Raises:
            Enough: there are too many.
        """
        inside = "" if spot.where else f"{at[0]}:{at[1]}"
        line = at[0] if inside else None if spot.line is None else spot.line + at[0] - 1
        found = Finding(
            spot.where or inside, line, sentence, remedy, severity, code, spot.table, spot.rule, spot.column
        )
        if found not in self.findings[-20:]:
            self.findings.append(found)
        if len(self.findings) >= MOST_FINDINGS:
            raise Enough

    def read(self, words: int) -> None:
        """Count what was read.

        Raises:
            Enough: it is more than is checked of one model.
        """
        self.words += words
        if self.words > MOST_WORDS:
            sentence = "The model is too large to be checked whole."
            self.findings.append(Finding("definitions", None, sentence, "Split the model.", "warning"))
            raise Enough


@dataclass(frozen=True, slots=True)
class Desk:
    """One text under check: what it says, where it stands, where its findings go."""

    written: Written
    spot: Spot
    report: Report

    def add(self, node: Node, sentence: str, remedy: str, code: str = "type-conflict", severity: str = "error") -> None:
        self.report.add(self.spot, sentence, remedy, code, at=self.written.place(node), severity=severity)

    def quote(self, node: Node) -> str:
        return self.written.quote(node)
