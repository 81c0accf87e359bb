"""The rules, decided by the one decision model that ships beside this module (rules.dmn)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import decisions
from domain.clock import office_instant
from domain.errors import OperationFailed
from domain.text import gettext as _
from sources.matching.facts import Fact, FactValue
from sources.matching.parameters import Parameters

MODEL = Path(__file__).with_name("rules.dmn")
_DECISION = "doubts"
_REMEMBERED = 100_000


class Rules:
    """The model with an office's parameters and the day the files speak of."""

    def __init__(self, parameters: Parameters, on: date) -> None:
        self._model = decisions.load(MODEL.read_bytes(), resolve=_imports_nothing)
        self._given: Mapping[str, object] = {"rules": parameters.values, "on": on.isoformat()}
        self._now = office_instant(on)
        self._memory: dict[tuple[FactValue, ...], tuple[str, ...]] = {}

    def doubts(self, facts: Iterable[Fact]) -> list[str]:
        """The codes of the rules that any of the facts meets, each once, in order. Raises OperationFailed."""
        return sorted({code for fact in facts for code in self._decided(fact)})

    def _decided(self, fact: Fact) -> tuple[str, ...]:
        key = tuple(fact.values())
        known = self._memory.get(key)
        if known is not None:
            return known
        result = self._model.evaluate(_DECISION, {**self._given, "fact": fact}, now=self._now)
        if not isinstance(result.value, list):
            raise OperationFailed(
                _("The decision model of the rules could not decide (%(why)s).", why="; ".join(result.reasons)),
                kind=fact["kind"],
            )
        if len(self._memory) >= _REMEMBERED:
            self._memory.clear()
        return self._memory.setdefault(key, tuple(str(code) for code in result.value))


def _imports_nothing(namespace: str) -> bytes:
    raise LookupError(namespace)
