"""docs/rules.md: it is what the sources say, every rule that a finding may name stands in it, with what to do."""

from __future__ import annotations

import re

from tests.infrastructure.rules import PAGE, used, written
from workflows.lint_foreign import ODD, OFFICE

ROW = re.compile(r"^\| `([\w-]+)` \| (.*?) \| (.*?) \| (.*?) \|$", re.M)


def listed() -> dict[str, tuple[str, str, str]]:
    return {rule: (says, remedy, mark) for rule, says, remedy, mark in ROW.findall(PAGE.read_text(encoding="utf-8"))}


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == written(), "run: python -m tests.infrastructure.rules"


def test_every_rule_of_the_sources_is_listed_and_says_what_is_wrong() -> None:
    rows = listed()

    assert used() <= rows.keys()
    assert not [rule for rule, (says, _remedy, _mark) in rows.items() if not says.strip()]


def test_every_constraint_of_the_standard_says_what_to_do() -> None:
    rows = {rule: row for rule, row in listed().items() if rule.startswith("EXT")}

    assert len(rows) > 100
    assert all(remedy.strip() for _says, remedy, _mark in rows.values())


def test_what_does_not_count_for_drawings_from_elsewhere_is_a_rule() -> None:
    assert {*ODD, *OFFICE} <= listed().keys()
