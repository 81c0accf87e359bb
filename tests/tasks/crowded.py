"""A small county with many tasks of every state, written as rows: for what lists and counts read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert, update

from domain.home import Home
from domain.work import OPERATOR, Actor, StandIn, Work, unit_of_work
from tasks.rows.models import COMPLETED, HELD, OPEN, OVER, READY, HumanTask
from tests.infrastructure.databases import Place
from tests.support import STOPPED, Offices, a_case, an_account, open_place, some_offices, the_actor

CLERK, HEAD, TOWN, HANDLER = "department_clerk", "department_head", "town_post", "agency_handler"
_NEEDS_HOLDER = (*HELD, "ERROR", "SUSPENDED")
_DUE = (None, *(timedelta(days=day, hours=hour) for day in (-9, -1, 0, 1, 2, 3, 4, 40) for hour in (-2, 3)))


@dataclass
class Crowded:
    """home, its offices, three clerks (one of certain towns), the cases, and a source of chance."""

    home: Home
    offices: Offices
    clerks: list[Actor]
    cases: list[int]
    chance: Random
    made: int = 0

    def work(self, actor: Actor = OPERATOR, *, write: bool = False) -> Any:
        """One transaction."""
        return unit_of_work(self.home, actor, write=write)

    @property
    def someone(self) -> Actor:
        """Any of the people, some of them standing in for another."""
        me = self.chance.choice(self.clerks)
        if self.chance.random() < 0.5:
            return me
        other = self.chance.choice([one for one in self.clerks if one is not me])
        processes = frozenset(self.chance.choice(((), (), ("review",))))
        absent = StandIn(
            other.user_id or 0, other.ref, "", other.roles, other.org_id or 0, processes, date(2027, 12, 1), "x"
        )
        return replace(me, stands_for=(absent,))

    def add(self, work: Work, count: int) -> None:
        """Tasks of any state, office, step and due day."""
        work.session.execute(insert(HumanTask), [self._row() for _number in range(count)])

    def stir(self, work: Work, key: int) -> None:
        """One task into any other state, sometimes with another office or due day."""
        values = self._standing()
        if self.chance.random() < 0.3:
            values |= {"due_at": self._due()}
        if self.chance.random() < 0.2:
            values |= self._place()
        work.session.execute(update(HumanTask).where(HumanTask.id == key).values(**values))

    def _row(self) -> dict[str, Any]:
        self.made += 1
        return {
            "case_id": self.chance.choice(self.cases), "process": self.chance.choice(("review", "verification")),
            "step_id": self.chance.choice(("intake", "visit", "decide")), "token": f"t{self.made}", "name": "入户",
            "name_en": "Visit", "form_key": "f", "form_digest": "0" * 64, "opened_at": STOPPED, "due_at": self._due(),
            "town_id": self.chance.choice((None, self.offices.town.id, self.offices.other_town.id)),
            **self._place(), **self._standing(),
        }  # fmt: skip

    def _place(self) -> dict[str, Any]:
        org, role = self.chance.choice(
            (
                (self.offices.department, CLERK),
                (self.offices.department, HEAD),
                (self.offices.town, TOWN),
                (self.offices.agency, HANDLER),
                (self.offices.other_department, CLERK),
            )
        )
        return {"org_id": org.id, "role": role}

    def _standing(self) -> dict[str, Any]:
        state = self.chance.choice((READY, READY, READY, *OPEN, *OVER))
        holder = self.chance.choice(self.clerks).user_id
        held = state in _NEEDS_HOLDER
        return {
            "state": state,
            "assignee_id": holder if held else None,
            "owner_id": self.chance.choice((None, self.chance.choice(self.clerks).user_id)) if held else None,
            "prior_state": READY if state == "SUSPENDED" else "",
            "completed_by": holder if state == COMPLETED else None,
            "completed_at": STOPPED if state == COMPLETED else None,
        }

    def _due(self) -> datetime | None:
        apart = self.chance.choice(_DUE)
        return None if apart is None else datetime(2027, 6, 15, 1, tzinfo=UTC) + apart


def crowd(place: Place, seed: int, tasks: int = 120) -> Crowded:
    """The county with so many tasks."""
    home = open_place(place)
    offices = some_offices(home)
    clerks = []
    for number, roles in enumerate(((CLERK,), (CLERK, HEAD), (CLERK,))):
        account = an_account(home, offices.department, *roles, login=f"clerk{number}", name="甲乙丙"[number])
        clerks.append(the_actor(account, offices.department, *roles))
    clerks[2] = replace(clerks[2], towns=frozenset({offices.town.id}))
    with unit_of_work(home, OPERATOR) as work:
        cases = [a_case(work, offices.department, offices.agency, offices.town).id for _number in range(4)]
    found = Crowded(home, offices, clerks, cases, Random(seed))
    with found.work(write=True) as work:
        found.add(work, tasks)
    return found
