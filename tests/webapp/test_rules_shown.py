"""The rule that is broken reaches whoever reads a finding: programs, pages, the command."""

from __future__ import annotations

from cli.processes import _line
from domain.errors import Finding
from webapp import checking

FOUND = Finding("process.bpmn", "A", 6, "It waits for ever.", "Join it.", code="deadlock")


def test_what_programs_are_told_names_the_rule_beside_the_row_of_a_table() -> None:
    (told,) = checking.as_json((FOUND,))

    assert (told["code"], told["rule"], told["line"]) == ("deadlock", None, 6)


def test_the_command_names_the_rule_at_the_end_of_the_line() -> None:
    assert _line(FOUND) == "error: process.bpmn:6 A: It waits for ever. Join it. [deadlock]"
    assert _line(Finding("a", "", None, "It is so.", "Mend it.", "warning")).startswith("warning: a")
