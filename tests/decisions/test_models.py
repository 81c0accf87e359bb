"""Models of our own and what they decide, asked as outsiders would: one case for every feature, run with every change.

`models/NAME.toml` holds the cases of `models/NAME.dmn`: the decision or service, its inputs (over those of the whole
file) and the value, or `null = true`. In both, `{duration = "P1D"}` is a duration and "NULL" inside a value is null.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import decisions
from decisions.feel.temporal import read_any

FOLDER = Path(__file__).parent / "models"
NOW = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


def cases() -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted(FOLDER.glob("*.toml")):
        held = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        for case in held["case"]:
            yield path.with_suffix(".dmn"), {**case, "inputs": {**held.get("inputs", {}), **case.get("inputs", {})}}


def value_of(told: Any) -> object:
    """The value that the TOML tells of, numbers as decimals."""
    if isinstance(told, bool):
        return told
    if isinstance(told, int):
        return Decimal(told)
    if isinstance(told, list):
        return [value_of(one) for one in told]
    if isinstance(told, dict):
        return (
            read_any(told["duration"]) if [*told] == ["duration"] else {key: value_of(one) for key, one in told.items()}
        )
    return None if told == "NULL" else told


CASES = list(cases())


@pytest.mark.parametrize(
    ("model", "case"), CASES, ids=[f"{path.stem}-{case.get('decision') or case['service']}" for path, case in CASES]
)
def test_a_model_decides_as_the_standard_says(model: Path, case: dict[str, Any]) -> None:
    inputs = {name: value_of(told) for name, told in case["inputs"].items()}
    if "service" in case:
        found = decisions.evaluate_service(model, case["service"], inputs, now=NOW)
    else:
        found = decisions.evaluate(model, case["decision"], inputs, now=NOW)

    if case.get("null"):
        assert found is None
    else:
        wanted = value_of(case["value"])
        assert (found, type(found)) == (wanted, type(wanted))


def test_every_decision_of_the_models_is_asked_for() -> None:
    asked = {(path, case.get("decision") or case["service"]) for path, case in CASES}
    for path in sorted(FOLDER.glob("*.dmn")):
        model = decisions.load(path.read_bytes(), decisions.files.beside(path))
        if path.stem != "shared_rules":  # asked by the one that imports it
            assert {info.name for info in model.decisions} == {name for at, name in asked if at == path}
    assert len(CASES) >= 90
