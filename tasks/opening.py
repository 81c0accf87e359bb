"""Many cases of one version opened at once, in a few statements (engine rule 8).

Where the way to the first waiting point asks nothing of the case (no operation, no table, no expression), all cases
begun at one instant stand in the same place with the same tokens; they differ in their variables alone. Then the way
is gone once, and rows are written in bulk. Anything else is opened one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

from sqlalchemy import inspect

from domain import journal
from domain.agenda import AgendaItem
from domain.base import new_ref, new_refs, reserve_keys
from domain.bulk import write_alike
from domain.cases import OPEN, Case, enter_stage
from domain.work import Work
from tasks import line
from tasks.models import HumanTask
from workflows import engine, instances, moments
from workflows.definitions import Definition
from workflows.instances import NOTHING, CaseState, CaseWait, Instance
from workflows.moments import Act, CaseMoment
from workflows.steps import StepSpec

PLACE = "·"  # stands for what differs, in the run that goes the way


class _Asked(Exception):  # noqa: N818  says that the way depends on the case
    """The way to the first waiting point asks for something."""


class _Nobody:
    """Services that end the way as soon as it asks for anything; every expression asks for names first."""

    def call(self, step: StepSpec, inputs: dict[str, Any], token: str) -> NoReturn:
        """Nothing is carried out."""
        raise _Asked

    def decide(self, step: StepSpec, data: dict[str, Any]) -> NoReturn:
        """Nothing is decided."""
        raise _Asked

    def names(self, step: StepSpec) -> NoReturn:
        """Nothing is evaluated."""
        raise _Asked


@dataclass(frozen=True)
class Way:
    """The first waiting point of every case of a version that begins now."""

    definition: Definition
    run: engine.Run


def way(work: Work, definition: Definition) -> Way | None:
    """Go to the first waiting point; None where what is met there depends on the case, or the case would end."""
    run = engine.start(definition.diagram, {"case": {"ref": PLACE}}, now=work.now, services=_Nobody())
    try:
        run.advance()
    except engine.StepFailed as stopped:
        if isinstance(stopped.cause, _Asked):
            return None
        raise
    return None if run.completed or run.thrown() or run.failed() else Way(definition, run)


class Own(NamedTuple):
    """What a case of many has for itself."""

    number: str
    household_id: int | None = None
    town_id: int | None = None


def open_many(work: Work, found: Way, like: Case, own: Sequence[Own], data: Mapping[str, Any]) -> list[int]:
    """Write these cases and everything they wait for; a few statements a table, however many. Returns their keys.

    like: a case that is not in the session, with what all have in common. data: as for `moves.start_case`, the same
    for all.
    """
    if not own:
        return []
    session = work.session
    keys, refs = reserve_keys(session, Case, len(own)), new_refs(len(own))
    like.state, like.stage, like.stage_times = like.state or OPEN, like.stage or "", like.stage_times or {}
    _enter_stage(work, found, like)
    columns: dict[str, Sequence[Any]] = {name: [getattr(one, name) for one in own] for name in Own._fields}
    write_alike(session, Case, _columns(like), {"id": keys, "ref": refs, **columns})
    marks = instances.marks(found.run, {})
    write_alike(session, CaseState, _state(found, marks), {"case_id": keys, "data": _states(found, like, refs, data)})
    moment = moments.row(work, 0, 1, found.definition.row_id, {}, marks, Act("started"))
    write_alike(session, CaseMoment, moment, {"case_id": keys})
    body = {"process": like.process, "version": found.definition.number}
    journal.write_first(work, "case.started", body, "case", refs)
    for town in dict.fromkeys(columns["town_id"]):
        like.town_id = town
        _write_tasks(work, found, like, [key for key, one in zip(keys, own, strict=True) if one.town_id == town])
    for row in instances.wait_rows(like, found.run, instances.standing(found.run).waits):
        write_alike(session, CaseWait, row, {"case_id": keys})
    for timer in found.run.timers():
        wake = {"kind": "case.wake", "due_at": timer.due_at, "payload": {}}
        write_alike(session, AgendaItem, wake, {"key": [f"wake:{ref}:{timer.token}" for ref in refs], "subject": refs})
    return keys


def _columns(case: Case) -> dict[str, Any]:
    return {column.key: getattr(case, column.key) for column in inspect(Case).column_attrs if column.key != "id"}


def _enter_stage(work: Work, found: Way, case: Case) -> None:
    steps = found.definition.diagram.steps
    reached = [steps[name].properties.get("stage", "") for name in found.run.done()]
    reached += [steps[one.step_id].properties.get("stage", "") for one in found.run.human_steps()[:1]]
    for stage in filter(None, reached):
        enter_stage(work, case, stage)


def _state(found: Way, marks: dict[str, Any]) -> dict[str, Any]:
    return {"version": 1, "codec": engine.CODEC, "definition_id": found.definition.row_id, "marks": marks}


def _states(found: Way, like: Case, refs: Sequence[str], data: Mapping[str, Any]) -> list[bytes]:
    """The state of each case: the same bytes with its own reference in them."""
    place = new_ref()  # stands nowhere else
    about = {"ref": place, "kind": like.kind, "programme": like.programme}
    state = found.run.snapshot_for({**data, "case": {**about, **data.get("case", {})}})
    old = place.encode()
    return [state.replace(old, ref.encode()) for ref in refs]


def _write_tasks(work: Work, found: Way, like: Case, keys: Sequence[int]) -> None:
    """The tasks of cases of the same offices, worked out once."""
    instance = Instance(like, found.definition, found.run, CaseState(), NOTHING)
    for step in found.run.human_steps():
        row = line.task_row(work, instance, step, {})
        write_alike(work.session, HumanTask, row, {"case_id": keys, "ref": new_refs(len(keys))})
