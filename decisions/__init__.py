"""Decisions: FEEL and DMN, pure. No database, no web, no clock; what cannot be evaluated as written is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from decisions import feel
from decisions.dmn import Decided, DecisionInfo, Model, Result, load
from decisions.errors import DecisionError, FeelSyntaxError, Finding
from decisions.source import read_xml
from decisions.tables import MatchedRule

__all__ = [
    "Decided",
    "DecisionError",
    "DecisionInfo",
    "FeelSyntaxError",
    "Finding",
    "MatchedRule",
    "Model",
    "Result",
    "evaluate",
    "feel",
    "load",
]


def evaluate(
    path: Path, decision: str, inputs: Mapping[str, object], *, now: datetime, budget: int = feel.BUDGET
) -> Result:
    """Load the model in `path` and decide `decision`; imports are looked for beside it.

    Raises:
        DecisionError: the model cannot be used or has no such decision.
    """
    return load(path.read_bytes(), _beside(path)).evaluate(decision, inputs, now=now, budget=budget)


def _beside(path: Path) -> Callable[[str], bytes]:
    """Finds an imported model by its namespace among the files of the same folder."""

    def resolve(namespace: str) -> bytes:
        for other in sorted(path.parent.glob("*.dmn")):
            source = other.read_bytes()
            if other != path and read_xml(source).get("namespace") == namespace:
                return source
        raise DecisionError("An imported model is not beside the file. Add it to the bundle.")

    return resolve
