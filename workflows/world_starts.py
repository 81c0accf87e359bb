"""How cases of a world begin without anybody starting them: by a message, a signal or a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.errors import DefinitionRefused, Finding
from domain.text import gettext as _
from workflows import engine, starts
from workflows.bpmn_xml import read_tree, tag
from workflows.spiff_events import NotAnInstant
from workflows.starts import Plan, StartSpec


@dataclass(frozen=True)
class Drawn:
    """Processes that live in one world, by id; ids of messages and signals with their names."""

    diagrams: Mapping[str, engine.Diagram]
    messages: Mapping[str, str] = field(default_factory=dict)
    signals: Mapping[str, str] = field(default_factory=dict)


def read(files: Sequence[bytes]) -> Drawn:
    """The processes of some files. Raises DefinitionRefused."""
    diagrams = engine.read_all(files)
    roots = [read_tree(content) for content in files]
    return Drawn(diagrams, _names(roots, "message"), _names(roots, "signal"))


def _names(roots: Sequence[object], kind: str) -> dict[str, str]:
    found = (one for root in roots for one in root.iter(tag(kind)))  # type: ignore[attr-defined]
    return {str(one.get("id")): str(one.get("name") or "") for one in found}


@dataclass(eq=False)
class Beginning:
    """One event with which cases of a process begin. whole: its start; plan: of a timer, when it happens next."""

    process: str
    whole: StartSpec
    event: StartSpec
    plan: Plan | None = None


class Beginnings:
    """All events with which the processes of a world begin, and which of a start that needs several have happened."""

    def __init__(self, diagrams: Mapping[str, engine.Diagram], now: datetime) -> None:
        self._diagrams = diagrams
        self._all = [one for name, diagram in diagrams.items() for one in _beginnings(name, diagram, now)]
        self._met: dict[tuple[str, str], set[StartSpec]] = {}

    def named(self, kind: str, name: str) -> list[Beginning]:
        """Those that wait for a message or signal of this name."""
        return [one for one in self._all if (one.event.kind, one.event.name) == (kind, name)]

    def next_due(self) -> datetime | None:
        """When the next timer begins a case."""
        return min((one.plan.due for one in self._all if one.plan is not None), default=None)

    def due(self, now: datetime) -> Beginning | None:
        """The first timer due at `now`; it then waits for its next time."""
        found = [(one.plan.due, place) for place, one in enumerate(self._all) if one.plan and one.plan.due <= now]
        if not found:
            return None
        first = self._all[min(found)[1]]
        first.plan = first.plan.next() if first.plan else None
        return first

    def begins(self, one: Beginning) -> bool:
        """Whether a case begins with this event now; a start that needs all its events waits for the others."""
        if not one.whole.parallel:
            return True
        met = self._met.setdefault((one.process, one.whole.id), set())
        met.add(one.event)
        if len(met) < len(set(one.whole.events)):
            return False
        met.clear()
        return True

    def by_hand(self, process: str, at: str) -> None:
        """Who starts a process at its timer does what the timer would have done: that does not happen once more."""
        ways = self._diagrams[process].starts
        chosen = at if at or any(one.kind == "none" for one in ways) or len(ways) != 1 else ways[0].id
        for one in self._all:
            if (one.process, one.whole.id) == (process, chosen):
                one.plan = None


def _beginnings(process: str, diagram: engine.Diagram, now: datetime) -> Iterator[Beginning]:
    for start in diagram.starts:
        for event in start.events or (start,):
            yield Beginning(process, start, event, _plan(start, event, now))


def _plan(start: StartSpec, event: StartSpec, now: datetime) -> Plan | None:
    if event.kind != "timer":
        return None
    try:
        return starts.plan(event, now)
    except NotAnInstant:
        sentence = _("The timer of the start event has no time that can be read.")
        remedy = _("Write PT15M, P3D, R3/P1D, an instant with offset, or =expression.")
        raise DefinitionRefused([Finding("", start.id, None, sentence, remedy, code="timer-unreadable")]) from None
