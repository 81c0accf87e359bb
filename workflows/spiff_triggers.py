"""Triggers beyond one plain event: compensation, cancel, and several events in one.

SpiffWorkflow 3.2.0 treats a compensation as a none event and knows a multiple event at boundary and catch only.
"""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from workflows.spiff_events import Nothing, Trigger


@dataclass(frozen=True)
class Compensate(Nothing):
    """What was completed is undone. activity: id of the one to undo, "" for all of the scope, last completed first.

    wait: the throwing event goes on when everything is undone; without it at once.
    """

    activity: str = ""
    wait: bool = True


@dataclass(frozen=True)
class Cancel(Nothing):
    """A transaction is called off: what was completed in it is undone, then it is left by its cancel event."""


@dataclass(frozen=True)
class Multiple(Trigger):
    """Several events in one: any of them will do, with `parallel` all are needed.

    Each keeps what it remembers in a part of its own, `legs`, of the token's internal data.
    """

    events: tuple[Trigger, ...]
    parallel: bool = False
    rearms = True

    def arm(self, token: Any) -> None:
        token.internal_data["legs"] = [{} for _event in self.events]
        for leg in legs_of(token):
            leg.task_spec.trigger.arm(leg)

    def rearm(self, token: Any, before: Any) -> None:
        """An event that happened waits again where it can happen again; the others go on waiting as they did."""
        old = before.internal_data["legs"]
        token.internal_data["legs"] = [{} for _event in self.events]
        happened = [self.parallel or "happened" in kept for kept in old]
        if self.parallel and not all(event.rearms for event in self.events):
            happened, old = [False for _kept in old], [{"over": True} for _kept in old]
        for index, event in enumerate(self.events):
            if not happened[index]:
                token.internal_data["legs"][index] = dict(old[index])
            elif event.rearms:
                event.rearm(Leg(token, index), Leg(before, index))
            else:
                token.internal_data["legs"][index] = {"over": True}


class Leg:
    """One event of a multiple one, in the shape of a token that waits for that event alone."""

    def __init__(self, token: Any, index: int) -> None:
        self.token, self.index = token, index
        self.task_spec = LegSpec(token.task_spec, index)

    @property
    def internal_data(self) -> dict[str, Any]:
        return self.token.internal_data["legs"][self.index]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.token, name)


class LegSpec:
    """The spec of a multiple event as if it waited for one of its events alone."""

    def __init__(self, spec: Any, index: int) -> None:
        self._spec, self._index = spec, index
        self.trigger = spec.trigger.events[index]

    def fire(self, leg: Leg, payload: Any = None) -> None:
        """The event happened. Where all are needed the last one lets the token go."""
        kept, token = leg.internal_data, leg.token
        kept["happened"] = True
        if self._spec.trigger.parallel:
            if payload is not None:
                kept["payload"] = payload
            legs = token.internal_data["legs"]
            if not all("happened" in one for one in legs):
                return
            payload = {k: v for one in legs for k, v in (one.get("payload") or {}).items()} or None
        self._spec.fire(token, payload)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._spec, name)


def legs_of(token: Any) -> Iterator[Any]:
    """What a token still waits for: itself, or one leg for each event of a multiple one."""
    trigger = getattr(token.task_spec, "trigger", None)
    if not isinstance(trigger, Multiple) or "legs" not in token.internal_data:
        yield token
        return
    for index, kept in enumerate(token.internal_data["legs"]):
        if "over" not in kept and "happened" not in kept:
            yield Leg(token, index)


def all_legs(tokens: Iterable[Any]) -> list[Any]:
    return [leg for token in tokens for leg in legs_of(token)]


def events_in(trigger: Trigger) -> tuple[Trigger, ...]:
    """The single events a trigger consists of."""
    return trigger.events if isinstance(trigger, Multiple) else (trigger,)
