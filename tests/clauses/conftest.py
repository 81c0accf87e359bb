"""The small office of the domain's tests, for rules that several rooms keep together."""

from __future__ import annotations

from tests.domain.conftest import both, desk

__all__ = ["both", "desk"]
