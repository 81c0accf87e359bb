"""docs/tasks.md: the table of a task's life is the one that the program obeys."""

from __future__ import annotations

from tasks.life import TABLE
from tests.infrastructure.life import PAGE, page, table


def test_the_table_of_a_tasks_life_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.infrastructure.life"


def test_every_transition_stands_in_it() -> None:
    assert table().count("\n") == len(TABLE) + 2
