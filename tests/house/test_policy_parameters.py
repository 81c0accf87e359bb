"""A parameter that no verb, page or drawing reads is no rule: each is read, or stands here with the reason."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from domain.policy_keys import policy_keys
from tests.support import ROOT

READ_IN = ("bpmn", "cli", "documents", "domain", "exchange", "scheduler", "sources", "tasks", "webapp", "workflows")
KINDS = {".bpmn", ".dmn", ".form", ".html", ".py", ".toml"}
ALWAYS = "enforced whatever the rules say, which is stricter than any value"
LATER = "what it rules is not built"
UNREAD = {
    "acceptance_four_eyes": ALWAYS,
    "commission_letter_required": ALWAYS,
    "individual_check_before_stop": ALWAYS,
    "notice_required": ALWAYS,
    "account_recertify_term": LATER,
    "fixed_date_inclusive": LATER,
    "fixed_date_roll": LATER,
    "form2_term": LATER,
    "review_month_end_due": LATER,
    "same_org_allowed": LATER,
    "stat_period_january": LATER,
    "supplement_after_report": LATER,
}


def _sources() -> Iterator[str]:
    for room in READ_IN:
        for file in (ROOT / room).rglob("*"):
            if file.suffix in KINDS and "policy_keys" not in file.parts and "node_modules" not in file.parts:
                yield file.read_text(encoding="utf-8")


def _constants() -> dict[str, str]:
    """By name of a parameter, the constant that holds it."""
    found = {}
    for file in (ROOT / "domain" / "policy_keys").glob("*.py"):
        for one in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(one, ast.Assign) and isinstance(one.value, ast.Call) and isinstance(one.targets[0], ast.Name):
                named = one.value.args[0] if one.value.args else None
                if isinstance(named, ast.Constant) and isinstance(named.value, str):
                    found[named.value] = one.targets[0].id
    return found


def test_every_parameter_is_read_or_said_to_be_read_by_nothing() -> None:
    text, constants = "\n".join(_sources()), _constants()
    assert len(constants) > 60
    unread = {
        key.name
        for key in policy_keys()
        if not key.name.startswith("doubt.")  # the doubt rules read theirs by a common prefix (`doubt_facts`)
        and not re.search(rf"[\"'.>]{re.escape(key.name)}\b", text)
        and not (key.name in constants and re.search(rf"\b{constants[key.name]}\b", text))
    }
    assert unread == UNREAD.keys()
