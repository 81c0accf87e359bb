"""Many cases of one version opened at once, in a few statements (engine rule 8).

Where the way to the first waiting point asks nothing of the case (no operation, no table, no expression), all cases
begun at one instant stand in the same place with the same tokens; they differ in their variables alone. Then the way
is gone once, and rows are written in bulk. Anything else is opened one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from sqlalchemy import insert, inspect

from domain import journal
from domain.agenda import AgendaItem
from domain.base import new_ref, reserve_keys
from domain.cases import Case, enter_stage
from domain.journal import Head, JournalEntry, JournalStream
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


def open_many(work: Work, found: Way, cases: Sequence[Case], data: Mapping[str, Any]) -> None:
    """Write these cases, which are not yet in the session, and everything they wait for.

    cases: alike in everything but number, household and offices. data: as for `moves.start_case`, the same for all.
    """
    if not cases:
        return
    for case, key in zip(cases, reserve_keys(work.session, Case, len(cases)), strict=True):
        case.id, case.ref, case.stage_times = key, case.ref or new_ref(), case.stage_times or {}
        _enter_stage(work, found, case)
    marks = instances.marks(found.run, {})
    moment = moments.row(work, 0, 1, found.definition.row_id, {}, marks, Act("started"))
    rows: dict[type[Any], list[dict[str, Any]]] = {
        Case: [_columns(case) for case in cases],
        CaseState: [{**_state(found, case, data), "marks": marks} for case in cases],
        CaseMoment: [{**moment, "case_id": case.id} for case in cases],
        **_journal(work, found, cases),
        HumanTask: _tasks(work, found, cases),
    }
    waits = instances.wait_rows(cases[0], found.run, instances.standing(found.run).waits)
    rows[CaseWait] = [{**row, "case_id": case.id} for case in cases for row in waits]
    rows[AgendaItem] = [row for case in cases for row in _wakes(found, case)]
    for mapped, written in rows.items():
        if written:
            work.session.connection().execute(insert(mapped.__table__), written)


def _columns(case: Case) -> dict[str, Any]:
    given: dict[str, Any] = {
        column.key: getattr(case, column.key) for column in inspect(Case).column_attrs if column.key in case.__dict__
    }
    return {**given, "state": case.state or "OPEN", "stage": case.stage or ""}


def _enter_stage(work: Work, found: Way, case: Case) -> None:
    steps = found.definition.diagram.steps
    reached = [steps[name].properties.get("stage", "") for name in found.run.done()]
    reached += [steps[one.step_id].properties.get("stage", "") for one in found.run.human_steps()[:1]]
    for stage in filter(None, reached):
        enter_stage(work, case, stage)


def _variables(case: Case, data: Mapping[str, Any]) -> dict[str, Any]:
    about = {"ref": case.ref, "kind": case.kind, "programme": case.programme}
    return {**data, "case": {**about, **data.get("case", {})}}


def _state(found: Way, case: Case, data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "case_id": case.id,
        "version": 1,
        "codec": engine.CODEC,
        "definition_id": found.definition.row_id,
        "data": found.run.snapshot_for(_variables(case, data)),
    }


def _journal(work: Work, found: Way, cases: Sequence[Case]) -> dict[type[Any], list[dict[str, Any]]]:
    """A chain a case, with its first entry."""
    keys = reserve_keys(work.session, JournalStream, len(cases))
    streams, entries = [], []
    for case, key in zip(cases, keys, strict=True):
        body = {"process": case.process, "version": found.definition.number}
        entry = journal.entry_row(work, Head(key), "case.started", case.ref, body)
        streams.append({"id": key, "kind": "case", "subject": case.ref, "seq": entry["seq"], "head": entry["mac"]})
        entries.append(entry)
    return {JournalStream: streams, JournalEntry: entries}


def _tasks(work: Work, found: Way, cases: Sequence[Case]) -> list[dict[str, Any]]:
    """The tasks of each case; worked out once for all cases of the same offices and limit."""
    alike: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    rows = []
    for case in cases:
        place = (case.department_id, case.agency_id, case.town_id, case.due_at, case.policy_snapshot_id)
        if place not in alike:
            instance = Instance(case, found.definition, found.run, CaseState(), NOTHING)
            alike[place] = [line.task_row(work, instance, step, {}) for step in found.run.human_steps()]
        rows += [{**row, "ref": new_ref(), "case_id": case.id} for row in alike[place]]
    return rows


def _wakes(found: Way, case: Case) -> list[dict[str, Any]]:
    return [
        {
            "kind": "case.wake",
            "key": f"wake:{case.ref}:{timer.token}",
            "due_at": timer.due_at,
            "subject": case.ref,
            "payload": {},
        }
        for timer in found.run.timers()
    ]
