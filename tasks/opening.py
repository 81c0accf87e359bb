"""Many cases of one version opened at once, in a few statements (engine rule 8).

Cases begun at one instant with the same data stand in the same place with the same tokens, as long as the way to the
first waiting point looks at nothing that is a case's own: neither its reference nor, through operations and tables, its
household. Then the way is gone once, and rows are written in bulk. An operation that can answer for many households in
one SELECT is asked so, and the way is gone once for each of its answers. Anything else is opened one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

import orjson
from sqlalchemy import inspect

from domain import journal
from domain.agenda import AgendaItem
from domain.base import new_ref, new_refs, reserve_keys
from domain.bulk import write_alike
from domain.cases import OPEN, Case, enter_stage
from domain.errors import HouseError
from domain.work import Work
from tasks import assigning, inbox_columns, line
from tasks.rows.models import HumanTask
from workflows import engine, instances, moments, registry
from workflows.alike import Unlike
from workflows.definitions import Definition
from workflows.instances import NOTHING, CaseState, CaseWait, Instance
from workflows.moments import Act, CaseMoment
from workflows.steps import StepSpec

Answer = Mapping[str, Any]


class Own(NamedTuple):
    """What a case of many has for itself."""

    number: str
    household_id: int | None = None
    town_id: int | None = None


@dataclass(frozen=True)
class Way:
    """The first waiting point of cases that begin now, and what each of them has for itself.

    state: of a case with the reference `place`, which stands nowhere else.
    """

    definition: Definition
    run: engine.Run
    own: Sequence[Own]
    state: bytes
    place: str


class _Apart(Exception):  # noqa: N818  says that the cases go different ways from here
    """An operation answers differently for some of the cases. groups: those of each answer, in order."""

    def __init__(self, groups: Sequence[tuple[Answer, Sequence[Own]]]) -> None:
        super().__init__()
        self.groups = groups


class _Services:
    """Services of a run that stands for many cases: asks operations for all of them; ends the way at anything else.

    answers: what the operations on the way have answered before, in order.
    """

    def __init__(self, work: Work, like: Case, own: Sequence[Own], answers: Sequence[Answer]) -> None:
        self.work, self.like, self.own = work, like, own
        self.answers = list(answers)
        self.asked = 0
        self.run: engine.Run | None = None

    def call(self, step: StepSpec, inputs: dict[str, Any], token: str) -> Answer:
        """What the operation answers all of the cases. Raises _Apart, Unlike."""
        many, households = registry.get(step.topic).many, [one.household_id for one in self.own]
        several = self.run is None or self.run.index(token) is not None
        if many is None or several or inputs or None in households:
            raise Unlike
        if self.asked == len(self.answers):
            with self.work.session.begin_nested():  # if it fails, the transaction stays usable
                said = many(self.work, self.like, [key for key in households if key is not None])
            self.answers.append(_same(self.own, said))
        self.asked += 1
        return self.answers[self.asked - 1]

    def decide(self, step: StepSpec, data: dict[str, Any]) -> NoReturn:
        """Nothing is decided."""
        raise Unlike

    def names(self, step: StepSpec) -> Mapping[str, Any]:
        """As for a case alone (`tasks.services`)."""
        return {"case_due": self.like.due_at}


def _same(own: Sequence[Own], said: Sequence[Answer]) -> Answer:
    """The one answer to all. Raises _Apart when there are several."""
    groups: dict[bytes, tuple[Answer, list[Own]]] = {}
    for one, answer in zip(own, said, strict=True):
        groups.setdefault(orjson.dumps(answer), (answer, []))[1].append(one)
    if len(groups) > 1:
        raise _Apart(list(groups.values()))
    return said[0]


def ways(
    work: Work, definition: Definition, like: Case, own: Sequence[Own], data: Mapping[str, Any]
) -> tuple[list[Way], list[Own]]:
    """Where these cases come to first, and those that have to be opened one by one: where the way asks for more, would
    end, or fails. Nothing is written.

    like: a case that is not in the session, with what all have in common. data: as for `moves.start_case`, the same
    for all.
    """
    found: list[Way] = []
    alone: list[Own] = []
    waiting: list[tuple[Sequence[Own], Sequence[Answer]]] = [(own, ())] if own else []
    while waiting:
        some, answers = waiting.pop()
        services = _Services(work, like, some, answers)
        try:
            found.append(_gone(definition, services, data))
        except (Unlike, HouseError) as stopped:
            cause = getattr(stopped, "cause", stopped)
            if isinstance(cause, _Apart):
                before = services.answers[: services.asked]
                waiting += [(group, (*before, answer)) for answer, group in reversed(cause.groups)]
            else:
                alone += some
    return found, alone


def _gone(definition: Definition, services: _Services, data: Mapping[str, Any]) -> Way:
    """The way of the cases of these services. Raises Unlike, and what the way fails with."""
    if any(start.kind == "conditional" for start in definition.diagram.starts):
        raise Unlike  # it would be asked before anything can be hidden
    like, place = services.like, new_ref()
    about = {"ref": place, "kind": like.kind, "programme": like.programme}
    begun = {**data, "case": {**about, **data.get("case", {})}}
    run = services.run = engine.start(definition.diagram, begun, now=services.work.now, services=services)
    run.stand_for_many()
    run.advance()
    if run.completed or run.thrown() or run.failed() or run.jobs():
        raise Unlike
    return Way(definition, run, services.own, run.snapshot_of(place), place)


def open_many(work: Work, found: Way, like: Case) -> list[int]:
    """Write the cases of one way and everything they wait for; a few statements a table, however many. Returns their
    keys.

    like: as for `ways`.
    """
    session, own = work.session, found.own
    like = Case(**_columns(like))
    keys, refs = reserve_keys(session, Case, len(own)), new_refs(len(own))
    like.state, like.stage, like.stage_times = like.state or OPEN, like.stage or "", like.stage_times or {}
    _enter_stage(work, found, like)
    columns: dict[str, Sequence[Any]] = {name: [getattr(one, name) for one in own] for name in Own._fields}
    write_alike(session, Case, _columns(like), {"id": keys, "ref": refs, **columns})
    marks = instances.marks(found.run, {})
    states = [found.state.replace(found.place.encode(), ref.encode()) for ref in refs]
    write_alike(session, CaseState, _state(found, marks), {"case_id": keys, "data": states})
    moment = moments.row(work, 0, 1, found.definition.row_id, {}, marks, Act("started"))
    write_alike(session, CaseMoment, moment, {"case_id": keys})
    body = {"process": like.process, "version": found.definition.number}
    journal.write_first(work, "case.started", body, "case", refs)
    for town in dict.fromkeys(columns["town_id"]):
        like.town_id = town
        _write_tasks(work, found, like, [key for key, one in zip(keys, own, strict=True) if one.town_id == town])
    inbox_columns.begin(work, found.definition, found.run.data, keys)
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


def _write_tasks(work: Work, found: Way, like: Case, keys: Sequence[int]) -> None:
    """The tasks of cases of the same offices, worked out once; who gets each, where they go to somebody, one by one."""
    instance = Instance(like, found.definition, found.run, CaseState(), NOTHING)
    steps = found.definition.diagram.steps
    for step in found.run.human_steps():
        row = line.task_row(work, instance, step, {})
        refs = new_refs(len(keys))
        if assigning.said(steps[step.step_id])[0] == assigning.QUEUE:
            write_alike(work.session, HumanTask, row, {"case_id": keys, "ref": refs})
        else:
            _write_assigned(
                work, steps, [{**row, "case_id": key, "ref": ref} for key, ref in zip(keys, refs, strict=True)]
            )


def _write_assigned(work: Work, steps: Mapping[str, StepSpec], rows: Sequence[dict[str, Any]]) -> None:
    """Tasks that go to somebody by themselves, spread over the people of the office; each journalled with its case."""
    offices = assigning.Offices(work)
    for row in rows:
        case = work.session.get_one(Case, row["case_id"])
        told = assigning.place(work, case, steps, [row], offices)
        work.session.add(HumanTask(**row))
        work.session.flush()
        assigning.journal_all(work, case.ref, told)
