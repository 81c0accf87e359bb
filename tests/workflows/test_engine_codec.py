"""Every codec ever released stays readable: what was once saved is restored and completed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.workflows.playing import NOW, Act, Desk, diagram, perform
from workflows import engine

SNAPSHOTS = Path(__file__).parent / "snapshots"
# How each saved case goes on, and what it must have at its end.
ENDINGS: dict[str, tuple[list[Act], dict[str, Any]]] = {
    "codec-1-many_subprocesses": (
        [("job", "Ask", {"rows": 0}, "a"), ("job", "Ask", {"rows": 2}, "c")],
        {"Each": [{"Ask": {"rows": n}, "answer": "came"} for n in range(3)]},
    ),
    "codec-1-parallel": ([("complete", "A", {"x": 1}), ("job", "Long")], {"both": 3}),
    "codec-1-event_subprocess": ([("complete", "Note"), ("complete", "Work")], {"Told": {"n": 1}}),
    "codec-2-compensation": ([("complete", "unPay", {"sum": 3})], {"unPay": {"sum": 3}}),
    "codec-2-transaction": (
        [("complete", "Ask", {"off": True}), ("complete", "unPay", {"sum": 3})],
        {"unPay": {"sum": 3}},
    ),
    "codec-2-several_events": (
        [("wake",), ("complete", "Work"), ("deliver", "alarm", {"x": 1})],
        {"Both": {"n": 1}, "Any": {"x": 1}},
    ),
    "codec-2-ad_hoc": ([("complete", "One", {"n": 1}), ("complete", "Two", {"n": 2})], {"Two": {"n": 2}}),
}


def test_every_stored_snapshot_has_an_ending_and_every_codec_a_snapshot() -> None:
    stored = {path.stem for path in SNAPSHOTS.glob("*.json")}

    assert stored == set(ENDINGS)
    assert {int(name.split("-")[1]) for name in stored} == set(range(1, engine.CODEC + 1))


@pytest.mark.parametrize("name", ENDINGS)
def test_a_stored_snapshot_is_restored_and_completed(name: str) -> None:
    acts, kept = ENDINGS[name]
    drawing = diagram(name.split("-", 2)[2])
    run = engine.restore(
        drawing, (SNAPSHOTS / f"{name}.json").read_bytes(), now=NOW + timedelta(hours=1), services=Desk()
    )
    for act in acts:
        if act[0] == "wake":
            run.wake()
        else:
            perform(run, act)
        run.advance()

    assert run.completed
    assert {key: run.data[key] for key in kept} == kept
