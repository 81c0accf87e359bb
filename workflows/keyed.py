"""Correlation by keys at work: which running case a message is for, told from what the message says.

A key is fixed for a case by the first message of the conversation it sends or receives, or by a subscription from its
own values (BPMN 2.0.2, 8.4.2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 64  # what an index row holds
_KEYS = "keys"


@dataclass(frozen=True)
class Keyed:
    """The key of one message: its name, FEEL over the message, and FEEL over the case's values when subscribed."""

    key: str
    paths: tuple[str, ...]
    own: tuple[str, ...] = ()

    def of_message(self, token: Any, payload: Mapping[str, Any] | None, *, needed: bool = False) -> str | None:
        """The key's value in a message, as text; None when it does not say it, ExpressionFailed when it is `needed`."""
        runner = token.workflow.top_workflow.script_engine
        return _text([runner.value_over(token, path, payload or {}, needed=needed) for path in self.paths])

    def awaited(self, token: Any) -> str | None:
        """The key's value that a wait at `token` is for; None while the case has none."""
        case = token.workflow.top_workflow
        if self.own:
            return _text([case.value(token, path) for path in self.own])
        found: str | None = case.task_tree.internal_data.get(_KEYS, {}).get(self.key)
        return found

    def remember(self, token: Any, value: str | None) -> None:
        """The conversation's key is known from now on."""
        root = token.workflow.top_workflow.task_tree
        if value is not None and not self.own:
            root.internal_data.setdefault(_KEYS, {}).setdefault(self.key, value)

    def takes(self, token: Any, payload: Mapping[str, Any] | None, said: object) -> bool:
        """Whether a message is for the wait at `token`. said: the key it came with, None to read it from it."""
        value = str(said) if said not in (None, "") else self.of_message(token, payload)
        wanted = self.awaited(token)
        return value is not None and wanted in (None, value)


def _text(values: list[Any]) -> str | None:
    if any(value is None for value in values):
        return None
    text = "|".join(str(value) for value in values)
    return text if len(text) <= LONGEST else hashlib.sha256(text.encode()).hexdigest()
