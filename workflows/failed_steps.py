"""What can be done with a step that failed, and with a timer, on a run in the hand of one move.

A step in error stands still and may be saved so. `engine.Run.retry` makes it ready again, `surgery.skip` lets it end;
here it is put into error, or its failure is turned into a business error that the drawing itself catches.
"""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from domain.errors import Conflict
from domain.text import gettext as _
from workflows.engine import Run
from workflows.spiff_case import ERROR, READY, WAITING
from workflows.spiff_events import Failure, Timer
from workflows.spiff_repeat import Repeated
from workflows.spiff_specs import BoundaryEvent, EventSubProcess, Guarded


@dataclass(frozen=True, slots=True)
class Stopped:
    """A step put into error before it ran."""

    token: str
    step_id: str


@dataclass(frozen=True, slots=True)
class Catcher:
    """An event of the drawing that would catch a business error. code: "" when it catches every one."""

    code: str
    event_id: str


def stop_at_next(run: Run) -> Stopped | None:
    """Put the step that would run next into error. None: there is none, or the case has not even begun."""
    token = run._case.next_ready()
    return None if token is None or token is run._case.task_tree else _stop(token)


def hold(run: Run) -> list[Stopped]:
    """Put every step that would run by itself into error, for a case that must not go on."""
    found = []
    while (stopped := stop_at_next(run)) is not None:
        found.append(stopped)
    return found


def _stop(token: Any) -> Stopped:
    token.task_spec._predict_hook(token)  # as a step that ran: what follows it is there when it is skipped
    token._set_state(ERROR)
    return Stopped(token.id.hex, str(token.task_spec.bpmn_id or token.task_spec.name))


def catchers(run: Run, token: str) -> list[Catcher]:
    """Events that would catch a business error at a step, nearest first; each code once."""
    found, case = run._open(token), run._case
    events, scope = _beside(found), found.workflow
    while True:
        events += [t for t in scope.live() if isinstance(t.task_spec, EventSubProcess) and _catches(t)]
        around = None if scope is case else scope.parent_workflow.tasks.get(scope.parent_task_id)
        if around is None:
            break
        events += _beside(around)
        scope = scope.parent_workflow
    named: dict[str, Catcher] = {}
    for event in events:
        code = event.task_spec.trigger.code or ""
        named.setdefault(code, Catcher(code, getattr(event.task_spec, "event_id", "") or event.task_spec.bpmn_id))
    return list(named.values())


def fail(run: Run, token: str, code: str) -> None:
    """Turn the failure of a step in error into a business error. Raises Conflict when nothing catches it."""
    found = run._open(token)
    if found._state != ERROR:
        raise Conflict(_("This step is not in error. Look at the case again."), token=token)
    if not run._case.fail_at(found, code):
        raise Conflict(_("Nothing in the drawing catches the error %(code)s here.", code=code), token=token)


def give_up(run: Run, token: str, code: str) -> None:
    """Turn a step that waits for a person into a business error. Raises Conflict when nothing catches it."""
    found = run._open(token)
    if found._state != READY:
        raise Conflict(_("This step does not wait for anybody any more. Look at the case again."), token=token)
    if not run._case.fail_at(found, code):
        raise Conflict(_("Nothing in the drawing catches the error %(code)s here.", code=code), token=token)


def move_timer(run: Run, token: str, at: datetime) -> None:
    """Let a waiting timer be due at another instant. The rounds of a cycle after it stay where they were planned.

    Raises:
        Conflict: no timer waits there (any more).
    """
    found = run._open(token)
    trigger = getattr(found.task_spec, "trigger", None)
    if not isinstance(trigger, Timer) or found._state != WAITING or trigger.due(found) is None:
        raise Conflict(_("This timer does not wait any more. Look again."), token=token)
    kept = found.internal_data
    kept.setdefault("planned", kept["due"])
    kept["due"] = at.astimezone(UTC).isoformat()


def _beside(token: Any) -> list[Any]:
    parent = token.parent
    if parent is not None and isinstance(parent.task_spec, Repeated):
        parent = parent.parent
    if parent is None or not isinstance(parent.task_spec, Guarded):
        return []
    return [one for one in parent.children if isinstance(one.task_spec, BoundaryEvent) and _catches(one)]


def _catches(event: Any) -> bool:
    return event._state == WAITING and isinstance(event.task_spec.trigger, Failure)
