"""docs/doubts.md is what the shipped table says."""

from __future__ import annotations

from domain.policy_keys import policy_key
from tests.infrastructure.doubts import LIMIT, PAGE, SHIPPED, page, rows

WORKED_OUT = {"household_deposits", "supporter_income", "supporter_deposits"}


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.infrastructure.doubts"


def test_every_rule_stands_on_it_with_parameters_that_exist() -> None:
    listed = rows()
    assert len(listed) == SHIPPED.read_text(encoding="utf-8").count("<rule ")
    for name in set(LIMIT.findall(SHIPPED.read_text(encoding="utf-8"))) - WORKED_OUT:
        assert policy_key(f"doubt.{name}").name == f"doubt.{name}"
