"""A bare house with a few people and whatever process a test draws: made once a run, copied for each test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, select

from domain.cases import Case
from domain.home import Home
from domain.parties import staff
from domain.parties.organisations import Organisation
from domain.work import OPERATOR, Actor, Work, unit_of_work
from tasks import moves
from tasks.desk import desk
from tasks.rows.models import OPEN, HumanTask
from tests.infrastructure.databases import Place, Template
from tests.support import BARE_HOME, a_case, an_account, open_place, some_offices, the_actor
from tests.torture.drawn import Drawing
from workflows import definitions
from workflows.bundles import Checked

PEOPLE = 3
HANDLER = "agency_handler"


def _people(place: Place) -> None:
    BARE_HOME.make(place)
    home = open_place(place)
    offices = some_offices(home)
    for number in range(PEOPLE):
        an_account(home, offices.agency, HANDLER, login=f"handler{number}", name="甲乙丙"[number])
    an_account(home, offices.department, "department_head", login="head", name="丁")
    an_account(home, offices.agency, "agency_head", login="chief", name="戊")
    for number in range(2):
        an_account(home, offices.bureau, "process_owner", login=f"owner{number}", name="己庚"[number])
    home.engine.dispose()


STAFFED = Template("staffed", _people)


@dataclass
class World:
    """A house in a test: its home, its handlers, the heads of the department and of the agency, two process owners."""

    place: Place
    home: Home
    people: tuple[Actor, ...]
    head: Actor
    chief: Actor
    owners: tuple[Actor, ...]

    @contextmanager
    def work(self, actor: Actor = OPERATOR, *, write: bool = True) -> Iterator[Work]:
        """One transaction."""
        with unit_of_work(self.home, actor, write=write) as work:
            yield work

    def deploy(self, drawing: Drawing) -> None:
        """Put a drawing in force as it is; what the check says of it is another test's matter."""
        with self.work() as work:
            definitions.ship(work, Checked(drawing.bundle(), ()))

    def publish(self, drawing: Drawing) -> None:
        """Put the next version of a drawing in force, as its owners do."""
        checked = Checked(drawing.bundle(), ())
        with self.work(self.owners[0]) as work:
            ref = definitions.propose(work, checked, note="").ref
        with self.work(self.owners[1]) as work:
            definitions.approve(work, ref, checked)

    def case(self, process: str, data: Mapping[str, Any] | None = None, version: int = 0) -> str:
        """Begin a case; its ref. version: 0 for the one in force."""
        with self.work() as work:
            return self.begin(work, process, data, version).ref

    def begin(self, work: Work, process: str, data: Mapping[str, Any] | None = None, version: int = 0) -> Case:
        """Begin a case in a transaction of the caller's."""
        definition = definitions.in_force(work, process)
        if version:
            definition = definitions.by_id(work, definitions.version(work, process, version).id)
        offices = {one.code: one for one in work.session.scalars(select(Organisation))}
        case = a_case(work, offices["ps-dept"], offices["ps-agency"], offices["ps-town"])
        case.process, case.process_version = process, definition.number
        moves.start_case(work, case, definition, data or {})
        return case

    def open_tasks(self, case_ref: str) -> list[tuple[str, str, int]]:
        """Ref, step and version of the open tasks of a case, oldest first."""
        with self.work(write=False) as work:
            rows = work.session.execute(
                select(HumanTask.ref, HumanTask.step_id, HumanTask.version)
                .join(Case, Case.id == HumanTask.case_id)
                .where(Case.ref == case_ref, HumanTask.state.in_(OPEN))
                .order_by(HumanTask.id)
            )
            return [(ref, step, version) for ref, step, version in rows]

    def claim(self, ref: str, who: int = 0) -> int:
        """Take a task; its version then."""
        with self.work(self.people[who]) as work:
            return desk.claim(work, ref).version

    def complete(self, ref: str, version: int, answers: Mapping[str, Any] | None = None, who: int = 0) -> moves.Moved:
        """Complete a task that is held."""
        with self.work(self.people[who]) as work:
            return moves.complete_task(work, ref, version=version, answers=answers or {})

    def state(self, case_ref: str) -> str:
        """The state of a case."""
        with self.work(write=False) as work:
            return work.session.scalars(select(Case.state).where(Case.ref == case_ref)).one()

    @contextmanager
    def counted(self) -> Iterator[list[tuple[str, Any]]]:
        """The statements that the house sends meanwhile, with their parameters."""
        seen: list[tuple[str, Any]] = []

        def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_more: object) -> None:
            seen.append((statement, parameters))

        event.listen(self.home.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(self.home.engine, "before_cursor_execute", note)


def open_world(place: Place) -> World:
    """The house at a place made from STAFFED."""
    home = open_place(place)
    with unit_of_work(home, OPERATOR, write=False) as work:
        offices = {one.code: one for one in work.session.scalars(select(Organisation))}
        handlers = [staff.by_login(work, f"handler{number}") for number in range(PEOPLE)]
        head, chief = staff.by_login(work, "head"), staff.by_login(work, "chief")
        owners = [staff.by_login(work, f"owner{number}") for number in range(2)]
        return World(
            place,
            home,
            tuple(the_actor(one, offices["ps-agency"], HANDLER) for one in handlers),
            the_actor(head, offices["ps-dept"], "department_head"),
            the_actor(chief, offices["ps-agency"], "agency_head"),
            tuple(the_actor(one, offices["bx-bureau"], "process_owner") for one in owners),
        )
