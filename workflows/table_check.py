"""What the check says of a decision table: faults that refuse it, and what its owner should look at once more."""

from __future__ import annotations

from collections.abc import Iterator

import decisions
from domain.errors import Finding
from workflows.decision_words import said


def check_table(path: str, content: bytes) -> Iterator[Finding]:
    """Every finding about a decision file, each at the cell, the rule or the table it speaks of."""
    for one in decisions.check(content):
        yield Finding(
            path, one.where, one.line, said(one.sentence), said(one.remedy), one.severity,
            one.table, one.rule, one.column, tuple(one.example.items()), one.code,
        )  # fmt: skip
