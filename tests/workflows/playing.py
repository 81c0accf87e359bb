"""Playing a diagram from tests/diagrams: the same scenario in memory, and restored after every single step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from workflows import engine

DIAGRAMS = Path(__file__).parent.parent / "diagrams"
NOW = datetime(2027, 6, 1, 0, 10, tzinfo=UTC)
Act = tuple[Any, ...]


class Desk:
    """Operations of the diagrams: `long` ones are jobs, `refuse` is a business error, the rest answers at once."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def call(self, step: engine.StepSpec, inputs: dict[str, Any], token: str) -> Mapping[str, Any] | engine.Pending:
        self.calls.append((step.id, inputs))
        if step.topic == "long":
            return engine.PENDING
        return {"number": inputs.get("amount", 0) * 2}

    def decide(self, step: engine.StepSpec, data: dict[str, Any]) -> Mapping[str, Any]:
        return {"doubt": data["score"] > data["limit"]}

    def names(self, step: engine.StepSpec) -> Mapping[str, Any]:
        # A function lent to FEEL arrives as a value of the step; see the timers diagram.
        return {"terms": {"reply": (NOW + timedelta(days=2)).isoformat()}}


@dataclass(frozen=True)
class Scenario:
    """data at the start, acts in turn, and what must be true at the end. `done` counts finished nodes."""

    file: str
    acts: Sequence[Act] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    done: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[str, Any] = field(default_factory=dict)
    thrown: Sequence[tuple[str, Any, Mapping[str, Any]]] = ()
    completed: bool = True
    error: str | None = None


@dataclass
class Played:
    run: engine.Run
    desk: Desk
    thrown: list[engine.Thrown]
    states: list[Any]
    taken: list[str] = field(default_factory=list)


def diagram(name: str) -> engine.Diagram:
    """A diagram of tests/diagrams by its name, or a drawing that is given as text."""
    if name.startswith("<"):
        return engine.read_diagram(name.encode())
    return engine.read_diagram((DIAGRAMS / f"{name}.bpmn").read_bytes())


def view(run: engine.Run) -> Any:
    """What anybody can see of a run, without its random ids."""
    return (
        dict(run.data),
        dict(run.done()),
        run.active(),
        sorted((h.step_id, repr(h.item), h.index) for h in run.human_steps()),
        sorted((j.step_id, repr(dict(j.inputs))) for j in run.jobs()),
        sorted((t.step_id, t.due_at) for t in run.timers()),
        sorted((m.step_id, m.name, repr(m.correlation)) for m in run.messages()),
        run.completed,
        run.error,
    )


def play(scenario: Scenario, *, restoring: bool, spoil: Callable[[bytes], bytes] = bytes) -> Played:
    """Play it. `restoring` saves and restores after every single step; `spoil` may damage what was saved."""
    drawing, desk = diagram(scenario.file), Desk()
    run = engine.start(drawing, scenario.data, now=NOW, services=desk)
    played = Played(run, desk, [], [])
    clock = NOW

    def keep_ways() -> None:
        # a run names the ways since it was restored; who saves it adds them up
        played.taken += [way for way in played.run.taken() if way not in played.taken]

    def restored() -> None:
        keep_ways()
        if restoring:
            played.run = engine.restore(drawing, spoil(played.run.snapshot()), now=clock, services=desk)

    def settle() -> None:
        restored()
        while played.run.step():
            restored()
        keep_ways()
        played.thrown += played.run.thrown()
        played.states.append(view(played.run))

    settle()
    for act in scenario.acts:
        if act[0] == "wait":
            clock += act[1]
            played.run = engine.restore(drawing, played.run.snapshot(), now=clock, services=desk)
            played.run.wake()
        else:
            perform(played.run, act)
        settle()
    return played


def perform(run: engine.Run, act: Act) -> None:
    verb, name, *rest = act
    if verb == "complete":
        wanted = [h for h in run.human_steps() if h.step_id == name and (len(rest) < 2 or h.index == rest[1])]
        run.complete(wanted[0].token, rest[0] if rest else {})
    elif verb == "job":
        jobs = [j for j in run.jobs() if j.step_id == name and (len(rest) < 2 or j.inputs.get("who") == rest[1])]
        run.finish_job(jobs[0].token, rest[0] if rest else {})
    elif verb == "fail":
        run.fail_job(next(j.token for j in run.jobs() if j.step_id == name), rest[0])
    elif verb == "deliver":
        run.deliver(name, *rest)
    else:
        raise ValueError(verb)
