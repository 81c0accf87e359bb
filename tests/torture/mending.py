"""The ways a case is repaired, as a test sets them up: a case in trouble, and everything that may be done to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from domain.agenda import AgendaItem
from domain.cases import Case
from domain.parties.accounts import Account
from domain.work import SCHEDULER, Actor, Work, unit_of_work
from scheduler import tick
from tasks import incidents, messages, moves, on_behalf, waking
from tasks.batches import batch_chunks, batches
from tasks.batches.batch_filter import CaseFilter
from tasks.repair import incident_repairs, repairs, version_moves
from tasks.repair.repairs import Repair
from tasks.repair.version_moves import Wanted
from tasks.rows.models import HumanTask
from tasks.terms import timers
from tests.torture.acts import LATER, Move, Ready
from tests.torture.drawn import asked_for, troubled
from tests.torture.world import World
from workflows.instances import CaseWait, Incident

WHY = "It stands in the way."
ITEMS = [{"ref": f"item{number}"} for number in range(3)]
FORWARD = Wanted("troubled", 2)
ON_HOLD = frozenset({"resume", "resume when the day has come"})


def deploy(world: World) -> None:
    """What the repairs are made on, in two versions, and a process that begins with a message."""
    world.deploy(troubled())
    world.publish(troubled(second=True))
    world.deploy(asked_for())


def ready(world: World, *, on_hold: bool = False, migrated: bool = False) -> Ready:
    """A case in trouble: `work` is held by the first handler, `breaks` is in error, the rest waits.

    on_hold: it was put on hold, and a limit and a message came meanwhile. migrated: it is on the next version.
    """
    return _Trouble(world, on_hold=on_hold, migrated=migrated).ready()


def ready_for(world: World, names: tuple[str, ...]) -> Ready:
    """The case that these moves need."""
    return ready(world, on_hold=not ON_HOLD.isdisjoint(names), migrated="migrate back" in names)


class _Trouble:
    def __init__(self, world: World, *, on_hold: bool, migrated: bool) -> None:
        self.world = world
        self.case = world.case("troubled", {"case": {"items": ITEMS}}, version=1)
        self.tasks = {step: (ref, version) for ref, step, version in world.open_tasks(self.case)}
        self.held = world.claim(self.tasks["work"][0])
        with world.work(write=False) as work:
            waits = work.session.execute(
                select(CaseWait.kind, CaseWait.step_id, CaseWait.token)
                .join(Case, Case.id == CaseWait.case_id)
                .where(Case.ref == self.case)
            )
            self.waits = {(kind, step): token for kind, step, token in waits}
            rows = work.session.execute(
                select(HumanTask.step_id, HumanTask.token)
                .join(Case, Case.id == HumanTask.case_id)
                .where(Case.ref == self.case)
                .order_by(HumanTask.id)
            )
            self.tokens = {row.step_id: row.token for row in rows}
            self.incident = work.session.scalars(
                select(Incident.ref).join(Case, Case.id == Incident.case_id).where(Case.ref == self.case)
            ).one()
            self.colleague = work.session.scalars(select(Account.ref).where(Account.login == "handler2")).one()
        self.kept: dict[str, Any] = {}
        if migrated:
            with world.work(world.owners[0]) as work:
                self.kept = version_moves.move(work, self.case, FORWARD)
        if on_hold:
            self._hold()
        self.batch = ""

    def _hold(self) -> None:
        with self.world.work(self.world.head) as work:
            repairs.suspend(work, self.case, WHY, work.now + timedelta(hours=1))
        with unit_of_work(self.world.home, SCHEDULER, now=LATER) as work:
            waking.wake_case(work, self.case)
            waking.deliver_message(work, self.case, "told", "", {"x": 1})

    def ready(self) -> Ready:
        return Ready(
            self.world, self.case, {**self._moves(), **self._repairs(), **self._of_incidents(), **self._of_house()}
        )

    def by(self, actor: Actor, act: Callable[[Work], object]) -> Move:
        def move() -> object:
            with self.world.work(actor) as work:
                return act(work)

        return move

    def scheduled(self, act: Callable[[Work], object]) -> Move:
        def move() -> object:
            with unit_of_work(self.world.home, SCHEDULER, now=LATER) as work:
                return act(work)

        return move

    def _moves(self) -> dict[str, Move]:
        case, world = self.case, self.world
        job = self.waits["job", "ask"]
        return {
            "complete": lambda: world.complete(self.tasks["work"][0], self.held, {"note": "a"}),
            "claim": lambda: world.claim(self.tasks["other"][0], 1),
            "job": self.scheduled(lambda work: waking.finish_job(work, case, job, {"rows": 1})),
            "wake": self.scheduled(lambda work: waking.wake_case(work, case)),
            "message": self.scheduled(lambda work: waking.deliver_message(work, case, "told", "", {"x": 1})),
            "cancel": self.by(world.head, lambda work: moves.cancel_case(work, case, WHY)),
        }

    def _repairs(self) -> dict[str, Move]:
        case, world = self.case, self.world

        def repair(actor: Actor, wanted: Repair) -> Move:
            return self.by(actor, lambda work: repairs.repair(work, case, wanted, WHY))

        ref, version = self.tasks["other"]
        return {
            "suspend": self.by(world.head, lambda work: repairs.suspend(work, case, WHY)),
            "resume": self.by(world.head, lambda work: repairs.resume(work, case, WHY)),
            "resume when the day has come": self.scheduled(lambda work: repairs.resume_due(work, case)),
            "move": repair(world.chief, Repair(repairs.MOVE, self.tokens["other"], "asked")),
            "reset": repair(world.chief, Repair(repairs.RESET, step="work")),
            "skip": repair(world.chief, Repair(repairs.SKIP, self.tokens["other"])),
            "add": repair(world.chief, Repair(repairs.ADD, step="each", item={"ref": "item9"})),
            "drop": repair(world.chief, Repair(repairs.DROP, self.tokens["each"])),
            "values": repair(world.head, Repair(repairs.VALUES, values={"rows": 7})),
            "on behalf": self.by(
                world.chief,
                lambda work: on_behalf.complete_for(
                    work, ref, version=version, account=self.colleague, answers={"note": "b"}, reason=WHY
                ),
            ),
        }

    def _of_incidents(self) -> dict[str, Move]:
        incident, operator = self.incident, self.world.work

        def done(act: Callable[[Work], object]) -> Move:
            def move() -> object:
                with operator() as work:
                    return act(work)

            return move

        return {
            "incident: retry": done(lambda work: incidents.retry(work, incident)),
            "incident: values": done(
                lambda work: incident_repairs.put_values(work, incident, {"is_mended": True}, WHY)
            ),
            "incident: skip": done(lambda work: incident_repairs.skip(work, incident, WHY)),
            "incident: error": done(lambda work: incident_repairs.map_error(work, incident, "away", WHY)),
            "tick": self.tick,
        }

    def _of_house(self) -> dict[str, Move]:
        case, world = self.case, self.world
        timer = self.waits["timer", "time_first"]
        please = {"kind": "message", "name": "please", "correlation": "", "payload": {"x": 1}}
        owner = world.owners[0]

        def moved(work: Work) -> None:
            timers.move(work, case, timer, work.now + timedelta(days=3), WHY)

        def timer_moved() -> None:
            with world.work() as work:
                moved(work)

        return {
            "migrate": self.by(owner, lambda work: version_moves.move(work, case, FORWARD)),
            "migrate back": self.by(owner, lambda work: version_moves.undo(work, case, self.kept)),
            "batch": self.scheduled(lambda work: batch_chunks.run_some(work, self.batch)),
            "message begins a case": self.scheduled(lambda work: messages.route(work, case, please)),
            "timer moved": timer_moved,
        }

    def tick(self) -> object:
        """A worker carries out what is due of this case, such as another try of what failed."""
        return tick.sweep(self.world.home, "torture", most=10)


def with_batch(world: World) -> Ready:
    """Two cases in trouble, and a batch that moves both to the next version in one chunk."""
    version_moves.register_all()
    other = _Trouble(world, on_hold=False, migrated=False)
    made = _Trouble(world, on_hold=False, migrated=False)
    with world.work(world.owners[0]) as work:
        chosen = CaseFilter(process="troubled", cases=(other.case, made.case))
        made.batch = batches.draft(work, version_moves.KIND, FORWARD.params(), chosen, WHY)
    with unit_of_work(world.home, SCHEDULER, write=False) as work:
        look = batch_chunks.gather_judging(work, made.batch)
    assert look is not None
    found = batch_chunks.judge(world.home, look)
    with unit_of_work(world.home, SCHEDULER) as work:
        batch_chunks.record_judging(work, made.batch, found)
    with world.work(world.owners[0]) as work:
        batches.run(work, made.batch)
    return made.ready()


def due(world: World, case: str, *, alone: bool = False) -> None:
    """What failed in a case may be tried again at once. alone: nothing of other cases is due."""
    with world.work() as work:
        if alone:
            work.session.execute(update(AgendaItem).where(AgendaItem.subject != case).values(parked=True))
        work.session.execute(update(AgendaItem).where(AgendaItem.subject == case).values(not_before=None))
        goes_on = (AgendaItem.subject == case, AgendaItem.kind == "case.resume")
        work.session.execute(update(AgendaItem).where(*goes_on).values(due_at=work.now))
