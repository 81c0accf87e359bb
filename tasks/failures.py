"""What a failing step does to the move that reached it: refused whole, or saved with the step in error (decision 0022).

A refusal of the rules answers the person who acts: nothing of the act is kept. Anything else that fails after the act,
in a step that runs by itself, keeps the act: the case stands before that step, the step is in error, an incident is
open, and it is tried again by the agenda. What the failing step had written is undone with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from domain.errors import HouseError, OperationFailed, Stale
from domain.text import bound
from domain.work import Work
from tasks.services import MoveServices
from workflows import engine, failed_steps
from workflows.engine import BudgetExceeded, DataTooLarge, Run, StepFailed
from workflows.failed_steps import Stopped
from workflows.instances import Instance

Begun = Callable[[Run], None]
FAILURES = (StepFailed, BudgetExceeded, DataTooLarge)


def advance(
    work: Work, instance: Instance, services: MoveServices | None, again: Begun | None, *, retried: str = ""
) -> tuple[Instance, Sequence[Stopped], Exception | None]:
    """Run what needs nobody. Returns the instance to save, the steps that stand in error now, and why.

    again: brings a run restored as it was before the move to where the act left it; None: a failure rolls all back.
    retried: token of a step that was in error; when it fails again the failure is raised, so that the try counts.

    Raises:
        Conflict, NotPermitted, InvalidAnswers, ...: a rule's own refusal of a person's act, in its own words.
        StepFailed, BudgetExceeded, DataTooLarge: nothing of the move can be saved.
    """
    try:
        instance.run.advance()
    except FAILURES as problem:
        if services is None or again is None or not waits_for_repair(work, problem):
            raise refusal(problem) from problem
        instance, stopped = _stand_still(instance, services, again, problem)
        if retried in {one.token for one in stopped}:
            raise
        services.settle()
        return instance, stopped, problem
    if services is not None:
        services.settle()
    return instance, (), None


def waits_for_repair(work: Work, problem: Exception) -> bool:
    """Whether the act is kept and the step waits, or nothing is kept.

    Kept: whatever is technical (a drawing or table at fault, an operation that fails, a row the database refuses, too
    many steps, too many values), and a rule's refusal where no person acts. Not kept: a rule's refusal
    of a person's act, somebody who was faster, and a database that cannot be asked: then the same act works later.
    """
    if isinstance(problem, BudgetExceeded | DataTooLarge):
        return True
    cause = problem.cause if isinstance(problem, StepFailed) else problem
    if isinstance(cause, Stale):
        return False
    if isinstance(cause, SQLAlchemyError):
        return isinstance(cause, IntegrityError)
    if isinstance(cause, HouseError) and not isinstance(cause, OperationFailed):
        return work.actor.kind == "scheduler"
    return True


def refusal(problem: Exception) -> Exception:
    """The rule's own refusal behind a failed step, so that the person reads its sentence; else the failure itself."""
    cause = problem.cause if isinstance(problem, StepFailed) else problem
    return cause if isinstance(cause, HouseError) and not isinstance(cause, OperationFailed) else problem


def _stand_still(
    instance: Instance, services: MoveServices, again: Begun, problem: Exception
) -> tuple[Instance, list[Stopped]]:
    """The same move once more, up to the step that failed.

    What the steps had written is undone first, so that the steps before the failing one are carried out anew and the
    failing one leaves nothing behind, also where it failed while the token left it. A case that runs in circles or
    carries too many values is held before its first step.
    """
    ran = instance.run.ran if isinstance(problem, StepFailed) else 0
    services.undo()
    instance = replace(instance, run=_as_before(instance, services))
    services.bind(instance)
    again(instance.run)
    for _step in range(ran):
        instance.run.step()
    if isinstance(problem, StepFailed):
        stopped = failed_steps.stop_at_next(instance.run)
        if stopped is None:
            raise problem
        return instance, [stopped]
    held = failed_steps.hold(instance.run)
    if not held:
        raise problem
    return instance, held


def _as_before(instance: Instance, services: MoveServices) -> Run:
    diagram, now = instance.definition.diagram, instance.run.now
    if not instance.state.version:
        at, brought = services.begun_at, services.begun_with
        return engine.start(diagram, services.begun, now=now, services=services, at=at, payload=brought)
    return engine.restore(diagram, instance.state.data, now=now, services=services)


def told(problem: Exception) -> str:
    """A failure's kind and ids, never its values; where the drawing or a table is its cause, that in words."""
    why = getattr(problem, "why", None)
    if why is not None:
        return in_source_language(why)
    cause = getattr(problem, "cause", problem)
    ids = " ".join(f"{name}={value}" for name, value in getattr(problem, "ids", {}).items())
    return f"{type(cause).__name__} {ids}".strip()


def in_source_language(sentence: object) -> str:
    """A sentence as it stands in the source, so that each reader gets it in their own language."""
    with bound(None):
        return str(sentence)
