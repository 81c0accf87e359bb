"""Decisions: FEEL and DMN, pure. No database, no web; what cannot be evaluated as written is refused.

`load` is strict and gives a Model whose `evaluate` explains itself; it needs to be told the instant.
`check` and `check_expression` tell an owner all that is wrong, each at its place.
`evaluate` and `evaluate_service` decide from a file for callers outside, with plain values.
"""

from __future__ import annotations

from decisions import feel
from decisions.checks import check, check_expression
from decisions.dmn import Decided, DecisionInfo, Model, Result, load
from decisions.errors import DecisionError, FeelSyntaxError, Finding
from decisions.explain import MatchedRule, MissedRule
from decisions.feel import YearsMonths
from decisions.files import evaluate, evaluate_service

__all__ = [
    "Decided",
    "DecisionError",
    "DecisionInfo",
    "FeelSyntaxError",
    "Finding",
    "MatchedRule",
    "MissedRule",
    "Model",
    "Result",
    "YearsMonths",
    "check",
    "check_expression",
    "evaluate",
    "evaluate_service",
    "feel",
    "load",
]
