"""A world of cases in memory on a stopped clock: for trying drawings and scenarios, without a database.

Several processes may run beside one another. What one throws reaches the others, and starts the processes that
begin with it; timers happen in the order of their instants, each at its own, when the clock is moved. Nothing real
is called: `services` says what is answered.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.errors import Conflict, HouseError, InvalidAnswers, NotFound
from domain.text import gettext as _
from workflows import engine
from workflows.world_starts import Beginning, Beginnings, Drawn

MOST_INSTANCES = 1_000
MOST_MOVES = 200_000  # steps of all cases together, within one step of the list
MOST_SECONDS = 20.0


class Restless(HouseError):
    """What happened in the world did not come to an end within one step."""


@dataclass(frozen=True)
class Open:
    """A step that waits for somebody. kind: "person" or "job"; index: 0-based number when it is one of several."""

    case: Instance
    token: str
    step_id: str
    kind: str
    index: int | None = None


@dataclass(eq=False)
class Instance:
    """A case in the world. trouble: why it cannot go on, "" while it can; trouble_at: the step."""

    number: int
    process: str
    run: engine.Run
    trouble: str = ""
    trouble_at: str = ""
    lost: bool = field(default=False, repr=False)  # it stopped in the middle of a step
    counted: dict[str, int] = field(default_factory=dict, repr=False)

    @property
    def over(self) -> bool:
        return self.run.completed or self.lost

    def open(self) -> Iterator[Open]:
        """What waits for a person or an answer here."""
        if not self.over:
            for human in self.run.human_steps():
                yield Open(self, human.token, human.step_id, "person", human.index)
            for job in self.run.jobs():
                yield Open(self, job.token, job.step_id, "job", self.run.index(job.token))


class World:
    """Cases of some diagrams, and the clock they share. Belongs to one thread."""

    def __init__(
        self,
        drawn: Drawn,
        *,
        now: datetime,
        services: engine.Services,
        seconds: float = MOST_SECONDS,
        logging: bool = False,
        sharing: bool = False,
    ) -> None:
        self.drawn, self.diagrams = drawn, drawn.diagrams
        self.now = now.astimezone(UTC)
        self.services = services
        self.instances: list[Instance] = []
        self._seconds = seconds
        self._sharing = sharing  # answers are variables as well, as other engines have it
        self.log: list[tuple[int, str]] | None = [] if logging else None  # case and element, in the order of their ends
        self.stuck = ""  # why nothing can happen in this world any more
        self._thrown: deque[tuple[Instance, engine.Thrown]] = deque()
        self._beginnings = Beginnings(self.diagrams, self.now)
        self._moves, self._until = 0, 0.0

    # --- what may happen

    def start(
        self, process: str, data: Mapping[str, Any], *, at: str = "", payload: Mapping[str, Any] | None = None
    ) -> Instance:
        """Begin a case. at: id of the start event, "" for the one without an event, or the only one.

        Raises NotFound for a process that is not here; Conflict when it does not begin that way; Restless.
        """
        self._begin_step()
        if process not in self.diagrams:
            names = ", ".join(sorted(self.diagrams)) or "-"
            raise NotFound(_("There is no process %(name)s. There are: %(names)s.", name=process[:80], names=names))
        self._beginnings.by_hand(process, at)
        case = self._started(process, data, at, payload)
        self._settle()
        return case

    def complete(self, step_id: str, answers: Mapping[str, Any], *, which: int = 0, index: int | None = None) -> None:
        """Answer the oldest open step of this id. which: 0-based, of several that are open; index: of the repetition.

        Raises Conflict when no such step is open; Restless.
        """
        self._begin_step()
        self.complete_one(self._open(step_id, which, index), answers)

    def complete_one(self, found: Open, answers: Mapping[str, Any]) -> None:
        """Answer this open step. Raises Restless."""
        self._begin_step()
        run = found.case.run
        act = run.complete if found.kind == "person" else run.finish_job

        def answer() -> None:
            if self._sharing:
                run.share(found.token, answers)
            act(found.token, answers)

        self._move(found.case, answer)
        self._settle()

    def fail(self, step_id: str, code: str, *, which: int = 0, index: int | None = None) -> None:
        """An open step that no person does ends with a business error. Raises Conflict, Restless."""
        self._begin_step()
        found = self._open(step_id, which, index)
        if found.kind != "job":
            raise Conflict(_("The step %(step)s is done by a person; it cannot end with an error.", step=step_id))
        self.fail_one(found, code)

    def fail_one(self, found: Open, code: str) -> None:
        """This open step ends with a business error. Raises Restless."""
        self._begin_step()
        self._move(found.case, lambda: found.case.run.fail_job(found.token, code))
        self._settle()

    def message(self, name: str, payload: Mapping[str, Any] | None = None, key: object = None) -> int:
        """A message from outside, by its name or its id; how many took it. key: its correlation, None for none.

        Raises Restless.
        """
        self._begin_step()
        taken = self._message(self.drawn.messages.get(name, name), payload, key)
        self._settle()
        return taken

    def signal(self, name: str, payload: Mapping[str, Any] | None = None) -> int:
        """A signal from outside, by its name or its id; how many took it. Raises Restless."""
        self._begin_step()
        taken = self._signal(self.drawn.signals.get(name, name), payload)
        self._settle()
        return taken

    def advance(self, seconds: float) -> None:
        """Move the clock; everything due on the way happens at its own instant. Raises InvalidAnswers, Restless."""
        try:
            until = self.now + timedelta(seconds=seconds)
        except (OverflowError, ValueError):
            raise InvalidAnswers({"advance": _("That is too far away.")}, _("That is too far away.")) from None
        self.advance_to(until)

    def advance_to(self, until: datetime) -> None:
        """The same to an instant. Raises Restless."""
        self._begin_step()
        while (due := self._next_due()) is not None and due <= until:
            self.now = max(self.now, due)
            self._settle()
        self.now = max(self.now, until.astimezone(UTC))
        for case in self.instances:
            case.run.at(self.now)
        self._settle()  # a condition may speak of the time

    # --- asking

    def open(self) -> list[Open]:
        """What waits for a person or an answer, oldest case first."""
        return [one for case in self.instances for one in case.open()]

    def waiting(self) -> list[str]:
        """Ids of the events that are waited for, oldest case first."""
        return [one for case in self.instances if not case.over for one in case.run.awaited()]

    def completed(self) -> dict[str, int]:
        """How often each element was finished, over all cases."""
        found: dict[str, int] = {}
        for case in self.instances:
            for name, times in case.run.done().items():
                if times:
                    found[name] = found.get(name, 0) + times
        return found

    @property
    def state(self) -> str:
        """ended, waiting or error, over all cases."""
        if self.stuck or any(case.trouble or case.run.error for case in self.instances):
            return "error"
        over = bool(self.instances) and all(case.run.completed for case in self.instances)
        return "ended" if over else "waiting"

    def trouble(self) -> tuple[str, str]:
        """Sentence or code of the oldest case in error, and the step where it stands; "" for none."""
        for case in self.instances:
            if case.trouble or case.run.error:
                return case.trouble or str(case.run.error), case.trouble_at
        return self.stuck, ""

    # --- inside

    def _begin_step(self) -> None:
        if self.stuck:
            raise Restless(self.stuck)
        self._moves, self._until = 0, time.monotonic() + self._seconds

    def _count(self) -> None:
        self._moves += 1
        if self._moves > MOST_MOVES or time.monotonic() > self._until:
            self._stick(_("It does not come to rest: stopped after %(count)s moves.", count=self._moves))

    def _stick(self, sentence: object) -> None:
        self.stuck = str(sentence)
        raise Restless(sentence)

    def _open(self, step_id: str, which: int, index: int | None) -> Open:
        found = [one for one in self.open() if one.step_id == step_id and index in (None, one.index)]
        if which < len(found):
            return found[which]
        if found:
            sentence = _("Of the step %(step)s only %(count)s are open.", step=step_id, count=len(found))
        else:
            names = ", ".join(dict.fromkeys(one.step_id for one in self.open())) or "-"
            sentence = _("The step %(step)s is not open. Open are: %(names)s.", step=step_id[:80], names=names)
        raise Conflict(sentence)

    def _started(self, process: str, data: Mapping[str, Any], at: str, payload: Mapping[str, Any] | None) -> Instance:
        if len(self.instances) >= MOST_INSTANCES:
            self._stick(_("More than %(most)s cases were started.", most=MOST_INSTANCES))
        run = engine.start(self.diagrams[process], data, now=self.now, services=self.services, at=at, payload=payload)
        case = Instance(len(self.instances), process, run)
        self.instances.append(case)
        self._move(case, lambda: None)
        return case

    def _move(self, case: Instance, act: Any) -> None:
        """One move of one case; whatever it throws waits its turn."""
        self._count()
        case.run.at(self.now)
        try:
            act()
        except engine.StepFailed as failure:
            self._note(case, failure)
        except (engine.BudgetExceeded, engine.DataTooLarge) as failure:
            self._stop(case, failure)
        self._write_down(case)
        self._advance(case)
        self._thrown.extend((case, one) for one in case.run.thrown())

    def _advance(self, case: Instance) -> None:
        """Run on; a step that fails stays in error while the other branches go on."""
        while not case.lost:
            try:
                while case.run.step():
                    self._count()
                    self._write_down(case)
                case.run.advance()  # nothing is left to run; it looks at the size
                return
            except engine.StepFailed as failure:
                self._count()
                self._note(case, failure)
            except (engine.BudgetExceeded, engine.DataTooLarge) as failure:
                self._stop(case, failure)

    def _write_down(self, case: Instance) -> None:
        if self.log is None:
            return
        for name, times in case.run.done().items():
            before = case.counted.get(name, 0)
            self.log.extend((case.number, name) for _time in range(times - before))
            case.counted[name] = times

    def _note(self, case: Instance, failure: engine.StepFailed) -> None:
        if not case.trouble:
            case.trouble, case.trouble_at = failure.message, failure.step_id
        case.lost = case.lost or not failure.retryable

    def _stop(self, case: Instance, failure: HouseError) -> None:
        case.trouble, case.lost = case.trouble or failure.message, True

    def _settle(self) -> None:
        """Let what was thrown arrive and what is due happen, until nothing more does."""
        while True:
            if self._thrown:
                thrower, one = self._thrown.popleft()
                if one.kind == "message":
                    self._message(one.name, one.payload or None, one.correlation)
                else:  # the thrower has caught it itself already
                    self._signal(one.name, one.payload or None, but=thrower)
            elif not self._fire_due():
                return

    def _fire_due(self) -> bool:
        beginning = self._beginnings.due(self.now)
        if beginning is not None:
            self._count()
            self._begin(beginning, None)
            return True
        for case in self.instances:
            due = None if case.over else case.run.next_wake()
            if due is not None and due <= self.now:
                self._move(case, case.run.wake)
                return True
        return False

    def _next_due(self) -> datetime | None:
        wakes = [case.run.next_wake() for case in self.instances if not case.over]
        return min((at for at in [*wakes, self._beginnings.next_due()] if at is not None), default=None)

    def _message(self, name: str, payload: Mapping[str, Any] | None, key: object) -> int:
        """To those who wait for it; when nobody does, the processes that begin with it begin.

        A message with a key is for everybody who waits with that key, as in the house; one without is for one case.
        """
        taken = 0
        for case in list(self.instances):
            taken += self._deliver(case, name, payload, key, kind="message")
            if taken and key is None:
                return taken
        return taken or self._begun_by("message", name, payload)

    def _signal(self, name: str, payload: Mapping[str, Any] | None, but: Instance | None = None) -> int:
        taken = 0
        for case in [one for one in self.instances if one is not but]:
            taken += self._deliver(case, name, payload, None, kind="signal")
        return taken + self._begun_by("signal", name, payload)

    def _deliver(self, case: Instance, name: str, payload: Mapping[str, Any] | None, key: object, *, kind: str) -> int:
        if case.over or not any(one.kind == kind and one.name == name for one in case.run.messages()):
            return 0
        counted = []
        self._move(case, lambda: counted.append(case.run.deliver(name, payload, key, kind=kind)))
        return sum(counted)

    def _begun_by(self, kind: str, name: str, payload: Mapping[str, Any] | None) -> int:
        found = self._beginnings.named(kind, name)
        for one in found:
            self._begin(one, payload)
        return len(found)

    def _begin(self, one: Beginning, payload: Mapping[str, Any] | None) -> None:
        if self._beginnings.begins(one):
            self._started(one.process, {}, one.whole.id, payload)
