"""Playing a shipped bundle in the engine alone: people, sources and operations answer as a story says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from tests.workflows.playing import view
from workflows import bundles, engine
from workflows.bundles import Bundle

BPMN = Path(__file__).parents[2] / "bpmn"
NAMES = (
    "verification",
    "dynamic_review",
    "review_commission",
    "standing_commission",
    "recipient_authorisation",
    "rescue_first",
)
NOW = datetime(2027, 6, 1, 0, 10, tzinfo=UTC)
DAY = timedelta(days=1)
SLOW = frozenset({"query.run", "report.render", "notice.render"})
DATA: dict[str, Any] = {
    "case": {
        "ref": "C1",
        "kind": "NEW",
        "programme": "DIBAO",
        "subject_state": "APPLICANT",
        "campaign": "K1",
        "month_end": (NOW + 29 * DAY).isoformat(),
    }
}
Act = tuple[Any, ...]


def queries(*refs: str) -> dict[str, Any]:
    """What planning queries gives: each is due in five days."""
    return {"queries": [{"ref": ref, "due": (NOW + 5 * DAY).isoformat()} for ref in refs]}


def surveys(*refs: str) -> dict[str, Any]:
    return {"surveys": [{"ref": ref} for ref in refs], "due": (NOW + 15 * DAY).isoformat()}


def doubts(*refs: str) -> dict[str, Any]:
    return {"count": len(refs), "doubts": [{"ref": ref} for ref in refs]}


# What each operation says unless the story has something else; the names are those the registry declares.
USUAL: dict[str, dict[str, Any]] = {
    "authorisation.record": {"missing": 0, "refused": 0},
    "authorisation.inventory": {"missing": 0},
    "acceptance.decide": {"outcome": "ACCEPT"},
    "name_hint.list": {"count": 0},
    "query.plan": queries("Q1", "Q2"),
    "query.plan_batch": queries("Q1", "Q2"),
    "query.run": {"state": "ANSWERED", "rows": 1},
    "survey.plan": surveys(),
    "doubt.record": doubts(),
    "determination.decide": {"outcome": "APPROVE", "negative": False},
    "determination.review": {"outcome": "CONTINUE", "negative": False},
    "dispute.window": {"until": (NOW + 30 * DAY).isoformat()},
    "dispute.record": {"outcome": "NONE"},
    "recheck.plan": queries("R1"),
    "rescue.decide": {"approved": True},
    "rescue.pay": {"due": (NOW + 14 * DAY).isoformat()},
    "rescue.late": {"late": True},
    "rescue.conclude": {"outcome": "CLOSE"},
}


@cache
def bundle(name: str) -> Bundle:
    return bundles.read_folder(BPMN / name)


@cache
def diagram(name: str) -> engine.Diagram:
    return engine.read_diagram(bundle(name).files[bundles.DRAWING])


class Office:
    """The `Services` of a story: an operation gives its next scripted result, the last one again and again."""

    def __init__(self, says: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self.says = {topic: list(results) for topic, results in says.items()}
        self.calls: list[str] = []

    def call(self, step: engine.StepSpec, inputs: dict[str, Any], token: str) -> Mapping[str, Any] | Any:
        self.calls.append(step.id)
        return engine.PENDING if step.topic in SLOW else self.result(step.topic)

    def decide(self, step: engine.StepSpec, data: dict[str, Any]) -> Mapping[str, Any]:
        self.calls.append(step.id)
        return self.result(step.properties["record"])

    def names(self, step: engine.StepSpec) -> Mapping[str, Any]:
        return {}

    def result(self, topic: str) -> Mapping[str, Any]:
        """The next result; operations that a drawing reads nothing from give nothing."""
        waiting = self.says.get(topic) or [USUAL.get(topic, {})]
        if len(waiting) > 1:
            return waiting.pop(0)
        return waiting[0]


@dataclass(frozen=True)
class Story:
    """A case from start to end. done: how often nodes were finished; never: nodes nobody came to."""

    name: str
    bundle: str
    acts: Sequence[Act]
    says: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    done: Mapping[str, int] = field(default_factory=dict)
    never: Sequence[str] = ()
    waits: Sequence[str] = ()


@dataclass
class Played:
    run: engine.Run
    office: Office
    states: list[Any] = field(default_factory=list)
    clock: datetime = NOW


class Table:
    """Moves one case; with `restoring` it is saved and restored after every single step."""

    def __init__(self, name: str, office: Office, *, restoring: bool) -> None:
        self.drawing, self.restoring = diagram(name), restoring
        self.played = Played(engine.start(self.drawing, DATA, now=NOW, services=office), office)
        self.settle()

    def restore(self) -> None:
        played = self.played
        played.run = engine.restore(self.drawing, played.run.snapshot(), now=played.clock, services=played.office)

    def settle(self) -> None:
        if self.restoring:
            self.restore()
        while self.played.run.step():
            if self.restoring:
                self.restore()
        self.played.states.append(view(self.played.run))

    def act(self, act: Act) -> None:
        verb, *rest = act
        getattr(self, f"_{verb}")(*rest)
        self.settle()

    def _complete(self, step: str, answers: Mapping[str, Any] | None = None, ref: str = "") -> None:
        run = self.played.run
        waiting = [h for h in run.human_steps() if h.step_id == step and (not ref or h.item["ref"] == ref)]
        assert waiting, f"{step} is not waiting; open are {[h.step_id for h in run.human_steps()]}"
        run.complete(waiting[0].token, answers or {})

    def _job(self, step: str, ref: str = "") -> None:
        run = self.played.run
        jobs = [j for j in run.jobs() if j.step_id == step and (not ref or run.item(j.token)["ref"] == ref)]
        assert jobs, f"{step} is not at work; at work are {[j.step_id for j in run.jobs()]}"
        run.finish_job(jobs[0].token, self.played.office.result(jobs[0].topic))

    def _until(self, days: int) -> None:
        self.played.clock = NOW + days * DAY
        self.restore()
        self.played.run.wake()

    def _message(self, name: str, key: str) -> None:
        assert self.played.run.deliver(name, {}, key) == 1


def play(story: Story, *, restoring: bool) -> Played:
    table = Table(story.bundle, Office(story.says), restoring=restoring)
    for act in story.acts:
        table.act(act)
    return table.played
