"""Cases opened many at once are the cases that are opened one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from domain import rules
from domain.agenda import AgendaItem
from domain.cases import NEW, OPEN, Case
from domain.journal import JournalEntry, JournalStream
from domain.parties.organisations import Organisation
from domain.sealing import verify
from tasks import opening
from tasks.rows.finding_models import TaskValue
from tasks.rows.models import HumanTask
from tests.torture import drawn
from tests.torture.drawn import Drawing
from tests.torture.world import World
from workflows import definitions
from workflows.instances import CaseState, CaseWait
from workflows.moments import CaseMoment

DATA = {"case": {"campaign": "K1"}}
APART = {
    "id",
    "ref",
    "case_id",
    "token",
    "number",
    "key",
    "subject",
    "machine_at",
    "prev",
    "mac",
    "stream_id",
    "data",
    "head",
}


def unopened(world: World, process: str, count: int, data: Mapping[str, Any] = DATA) -> None:
    """Open that many cases at once."""
    with world.work() as work:
        definition = definitions.in_force(work, process)
        offices = {one.code: one for one in work.session.scalars(select(Organisation))}
        policy = rules.snapshot(work, offices["ps-dept"].id).id
        like = Case(
            kind=NEW, process=process, process_version=definition.number, programme="DIBAO",
            department_id=offices["ps-dept"].id, agency_id=offices["ps-agency"].id, state=OPEN,
            opened_at=work.now, commissioned_at=work.now, policy_snapshot_id=policy,
        )  # fmt: skip
        town = offices["ps-town"].id
        own = [opening.Own(f"多〔2027〕{number:04d}", None, town) for number in range(count)]
        with world.counted() as seen:
            (found,), alone = opening.ways(work, definition, like, own, data)
            assert alone == []
            opening.open_many(work, found, like)
        assert len(seen) < 60  # however many cases


def about(world: World, ref: str) -> list[Any]:
    """Every row of a case, without what is its own."""
    with world.work(write=False) as work:
        case = work.session.scalars(select(Case).where(Case.ref == ref)).one()
        found: list[Any] = []
        for mapped in (Case, HumanTask, CaseState, CaseWait, CaseMoment, AgendaItem, JournalStream, JournalEntry):
            table = mapped.__table__
            own = {
                Case: Case.id == case.id, AgendaItem: AgendaItem.subject == ref,
                JournalStream: JournalStream.subject == ref, JournalEntry: JournalEntry.subject == ref,
            }.get(mapped)  # fmt: skip
            wanted = select(table).where(own if own is not None else table.c.case_id == case.id)
            rows = work.session.execute(wanted).mappings().all()
            found.append((mapped.__tablename__, [{k: v for k, v in row.items() if k not in APART} for row in rows]))
        return found


@pytest.mark.parametrize("drawing", [drawn.review(), drawn.desk()], ids=["with a limit", "without"])
def test_a_case_opened_among_many_has_the_rows_of_one_opened_alone(world: World, drawing: Drawing) -> None:
    world.deploy(drawing)
    alone = world.case(drawing.key, DATA)
    unopened(world, drawing.key, 40)
    with world.work(write=False) as work:
        refs = list(work.session.scalars(select(Case.ref).where(Case.number.startswith("多")).order_by(Case.id)))
        assert len(refs) == 40
        assert list(verify(work.session, world.home.vault)) == []
    for ref in (refs[0], refs[-1]):
        assert about(world, ref) == about(world, alone)
    one = world.case(drawing.key, DATA)  # keys go on behind those that were reserved
    for ref in (refs[7], one):
        (task, _step, _version), *_more = world.open_tasks(ref)
        world.complete(task, world.claim(task), {"note": "x"})
    with world.work(write=False) as work:
        states = work.session.scalars(select(CaseState.version).order_by(CaseState.version.desc())).all()
        assert states[:3] == [2, 2, 1]
        assert list(verify(work.session, world.home.vault)) == []


def test_cases_opened_among_many_have_the_columns_that_their_data_says(world: World) -> None:
    review = drawn.review()
    fields = (*review.fields, ("rooms", "number"))
    world.deploy(replace(review, fields=fields, columns=frozenset({"rooms"})))
    data = {**DATA, "rooms": 3}
    alone = world.case("review", data)
    unopened(world, "review", 3, data)
    with world.work(write=False) as work:
        said = select(Case.ref, TaskValue.key, TaskValue.value, TaskValue.org_id, TaskValue.open)
        joined = said.join(HumanTask, HumanTask.id == TaskValue.task_id).join(Case, Case.id == HumanTask.case_id)
        rows = work.session.execute(joined.where(TaskValue.org_id == HumanTask.org_id)).all()
    assert len({ref for ref, *_said in rows}) == len(rows) == 4
    assert len({tuple(said) for _ref, *said in rows}) == 1 and alone in {ref for ref, *_said in rows}


def test_where_the_way_asks_for_what_is_a_cases_own_they_are_opened_one_by_one(world: World) -> None:
    world.deploy(drawn.busy())  # an operation is called that answers for one case
    world.deploy(asking("whole", "count(get entries(case)) > 1"))
    world.deploy(asking("part", 'case.ref != ""'))
    world.deploy(asking("other", 'case.campaign = "K1"'))
    assert [stood(world, name) for name in ("busy", "whole", "part")] == [(0, 3)] * 3
    assert stood(world, "other") == (1, 0)


def stood(world: World, process: str) -> tuple[int, int]:
    """How many ways three cases go, and how many of them go alone."""
    with world.work() as work:
        definition = definitions.in_force(work, process)
        like = Case(kind=NEW, process=process, process_version=definition.number, programme="DIBAO")
        found, alone = opening.ways(work, definition, like, [opening.Own(f"{number}") for number in range(3)], DATA)
        return len(found), len(alone)


def asking(key: str, condition: str) -> Drawing:
    """A task behind a gateway that asks for something of the case."""
    nodes = [
        drawn.start(),
        drawn.Node("exclusiveGateway", "which", 'default="which_end"'),
        drawn.human("desk"),
        drawn.end(),
    ]
    flows = ["start which", f"which desk {condition}", "which end", "desk end"]
    return Drawing(key, drawn.Scope(nodes, flows))
