"""Saved and restored after every single step, a case ends as it would have in memory: every drawing, on any way."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workflows.playing import DIAGRAMS, NOW, Desk, Scenario, diagram, view
from workflows import engine

TESTS = Path(__file__).parents[1]
FILES = sorted(path.relative_to(DIAGRAMS).with_suffix("").as_posix() for path in DIAGRAMS.rglob("*.bpmn"))
MOST = 25
SHORT = 6  # the short run takes one of so many drawings


def modules() -> Iterator[Any]:
    """Every test module of the engine and the bundles that tells scenarios or stories."""
    for folder in ("workflows", "bundles"):
        for path in sorted((TESTS / folder).glob("*.py")):
            if any(line.startswith(("SCENARIOS", "STORIES")) for line in path.read_text(encoding="utf-8").splitlines()):
                yield importlib.import_module(f"tests.{folder}.{path.stem}")


def scenarios() -> dict[str, list[Scenario]]:
    found: dict[str, list[Scenario]] = {}
    for module in modules():
        for one in getattr(module, "SCENARIOS", ()):
            if isinstance(one, Scenario):
                found.setdefault(one.file, []).append(one)
    return found


def test_every_drawing_has_a_scenario() -> None:
    assert set(scenarios()) == set(FILES)
    bundles = {path.parent.name for path in (TESTS.parent / "bpmn").rglob("*.bpmn")}
    told = {one.bundle for module in modules() for one in getattr(module, "STORIES", ()) if hasattr(one, "bundle")}
    assert bundles <= told


def test_whoever_tells_stories_restores_them() -> None:
    """Each module that plays cases has the test that plays them restored; shared ones are named beside it."""
    for module in modules():
        beside = [module, *(importlib.import_module(f"tests.bundles.test_{module.__name__.rpartition('.')[2]}")
                            for _only in (1,) if module.__name__ == "tests.bundles.stories")]  # fmt: skip
        assert any(name.startswith("test") and "restor" in name for one in beside for name in dir(one)), module.__name__


def test_every_file_that_plays_drawings_of_the_engine_restores_them_too() -> None:
    silent = [
        path.name
        for path in sorted((TESTS / "workflows").glob("test_engine_*.py"))
        if (text := path.read_text(encoding="utf-8")) and "restoring=False" in text and "restoring=True" not in text
    ]
    assert silent == []


# --- any way at all ------------------------------------------------------------------------------------------------


def possible(run: engine.Run) -> list[tuple[Any, ...]]:
    """Everything that may happen now, in an order that does not depend on tokens."""
    found: list[tuple[Any, ...]] = sorted(("complete", h.step_id, h.index or 0) for h in run.human_steps())
    found += sorted(("job", j.step_id, run.index(j.token) or 0) for j in run.jobs())
    found += sorted({("message", m.name, repr(m.correlation)) for m in run.messages()})
    return found + ([("wake", "", 0)] if run.next_wake() is not None else [])


def chosen(run: engine.Run, throw: int) -> tuple[Any, ...] | None:
    choices = [] if run.completed else possible(run)
    return choices[throw % len(choices)] if choices else None


def later(run: engine.Run, act: tuple[Any, ...], now: datetime) -> datetime:
    """The instant of an act: a limit runs out a second after it is due, whatever else happens at once."""
    return max(now, run.next_wake() or now) + timedelta(seconds=1) if act[0] == "wake" else now


def wander(name: str, data: Mapping[str, Any], throws: Sequence[int], *, restoring: bool, spoilt: bool = False) -> Any:
    """Let whatever may happen next happen, as the throws have it; what is to be seen after each act."""
    drawing, desk, now = diagram(name), Desk(), NOW
    run = engine.start(drawing, data, now=now, services=desk)
    seen: list[Any] = []

    def again() -> None:
        nonlocal run
        if restoring:
            saved = run.snapshot()
            run = engine.restore(drawing, forgetful(saved) if spoilt else saved, now=now, services=desk)

    def settle() -> None:
        again()
        while run.step():
            again()
        seen.append(view(run))

    try:
        settle()
        for turn in range(MOST):
            act = chosen(run, throws[turn % len(throws)])
            if act is None:
                break
            now = later(run, act, now)
            run = engine.restore(drawing, run.snapshot(), now=now, services=desk) if act[0] == "wake" else run
            happen(run, act, throws[(turn + 1) % len(throws)])
            settle()
    except engine.StepFailed as failed:  # a scenario's data do not serve every way; it must fail alike
        seen.append((failed.step_id, failed.retryable))
    return seen, desk.calls


def happen(run: engine.Run, act: tuple[Any, ...], throw: int) -> None:
    verb, name, which = act
    if verb == "complete":
        wanted = next(h for h in run.human_steps() if (h.step_id, h.index or 0) == (name, which))
        run.complete(wanted.token, {"n": throw, "bad": throw % 2 == 0, "again": throw % 3 == 0, "income": throw})
    elif verb == "job":
        job = next(j for j in run.jobs() if (j.step_id, run.index(j.token) or 0) == (name, which))
        run.finish_job(job.token, {"rows": throw})
    elif verb == "message":
        waiting = next(m for m in run.messages() if (m.name, repr(m.correlation)) == (name, which))
        run.deliver(name, {"x": throw}, waiting.correlation)
    else:
        run.wake()


def forgetful(snapshot: bytes) -> bytes:
    """A state that lost what its steps remember."""
    document = orjson.loads(snapshot)
    for scope in document[1]:
        for row in scope[0]:
            row[5] = 0
    return orjson.dumps(document)


def data_of(name: str, throws: Sequence[int]) -> Mapping[str, Any]:
    known = scenarios()[name]
    return known[throws[0] % len(known)].data


@pytest.mark.parametrize(
    "name", [name if at % SHORT == 0 else pytest.param(name, marks=pytest.mark.slow) for at, name in enumerate(FILES)]
)
@settings(max_examples=8, deadline=None)
@given(throws=st.lists(st.integers(0, 11), min_size=3, max_size=20))
def test_any_way_through_any_drawing_restored_after_every_step_is_the_same(name: str, throws: list[int]) -> None:
    data = data_of(name, throws)
    assert wander(name, data, throws, restoring=True) == wander(name, data, throws, restoring=False)


def test_the_comparison_sees_a_broken_restore() -> None:
    """The canary."""
    noticed = 0
    for name in FILES:
        live = wander(name, data_of(name, [0]), [0, 1, 2], restoring=False)
        try:
            noticed += wander(name, data_of(name, [0]), [0, 1, 2], restoring=True, spoilt=True) != live
        except Exception:
            noticed += 1
    assert noticed > len(FILES) // 4
