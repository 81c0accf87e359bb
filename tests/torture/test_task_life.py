"""Ten people do to tasks whatever comes to their minds; a model of a few lines says what must come of it.

The model knows the standard's states and the separation rules in its own words and is asked before each act: whether it
may be done, and how the task stands afterwards. The rows must agree each time, a refusal must be a sentence, and what
was typed must never get lost.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain import sealing
from domain.errors import HouseError, NotFound
from domain.parties import staff, substitutes
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.work import OPERATOR, SCHEDULER, Actor, unit_of_work
from tasks import moves, rules
from tasks.desk import desk, handing, pausing, routing
from tasks.rows.models import HELD, OVER, HumanTask
from tests.support import an_account
from tests.torture.drawn import shared
from tests.torture.world import HANDLER, World
from workflows import definitions

pytestmark = pytest.mark.slow

STEPS = int(os.environ.get("HEDUI_LIFE_STEPS", "10000"))
CASES = 4
PEOPLE = [f"person{number}" for number in range(10)]
OUTSIDER = "person9"  # holds another role, so that only standing in for somebody opens tasks to them
CHIEF = "chief"
NEXT = {"enter": "check", "instead": "check", "check": "named", "named": "sign", "sign": "file", "file": ""}
APART = {"enter": {"check"}, "check": {"enter"}, "sign": {"file"}, "file": {"sign"}}
SKIPPABLE, GIVEN_UP = {"enter", "file"}, {"enter"}
WHY = "It stands in the way."


@dataclass
class Task:
    """What the model knows of the one open task of a case."""

    ref: str
    step: str
    state: str
    holder: str = ""
    held_for: str = ""
    owner: str = ""
    prior: str = ""
    draft: str = ""
    priority: int = 5
    named: set[str] = field(default_factory=set)
    excluded: set[str] = field(default_factory=set)


@dataclass
class Model:
    """The cases' open tasks, who did or let pass what, and who stands in for whom."""

    tasks: dict[str, Task] = field(default_factory=dict)
    did: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    stands: dict[str, set[str]] = field(default_factory=dict)

    def bond(self, who: str, task: Task) -> tuple[set[str], str]:
        """The relations of a person to a task, and whom they stand in for by it ("?": any of several)."""
        found = {"owner"} if task.owner == who else set()
        if who == CHIEF:
            found.add("supervisor")
        absent = self.stands.get(who, set())
        if task.holder == who and (not task.held_for or task.held_for in absent):
            return found | {"holder"}, task.held_for
        if task.holder in absent:
            return found | {"holder"}, task.holder
        if who not in (OUTSIDER, CHIEF) and (not task.named or who in task.named):
            return found | {"queue"}, ""
        if any(not task.named or one in task.named for one in absent):
            return found | {"queue"}, "?"
        return found, ""

    def kept_apart(self, case: str, step: str, people: set[str]) -> bool:
        """Whether separation of duties keeps one of these people from a step."""
        done = self.did.setdefault(case, {})
        return any(people & done.get(other, set()) for other in APART.get(step, ()))


class Play:
    """The house and the model side by side."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.random, self.model = world, random.Random(seed), Model()
        self.seen: Counter[str] = Counter()
        world.deploy(shared())
        with world.work() as work:
            agency = work.session.scalars(select(Organisation).where(Organisation.code == "ps-agency")).one()
        for login in PEOPLE:
            an_account(world.home, agency, "agency_checker" if login == OUTSIDER else HANDLER, login=login, name=login)
        with world.work() as work:
            rows = work.session.execute(select(Account.login, Account.ref, Account.id)).all()
        self.refs = {login: ref for login, ref, _id in rows}
        self.logins = {key: login for login, _ref, key in rows}
        for _number in range(CASES):
            self.new_case()

    def actor(self, login: str) -> Actor:
        with self.world.work(write=False) as work:
            return staff.actor(work, staff.by_login(work, login))

    def new_case(self) -> None:
        case = self.world.case("shared")
        self.expect_next(case, "enter")

    def expect_next(self, case: str, step: str) -> None:
        """The one task that stands open now is of this step."""
        open_tasks = self.world.open_tasks(case)
        assert [found for _ref, found, _version in open_tasks] == ([step] if step else []), case
        if not step:
            assert self.world.state(case) == "DONE"
            self.model.tasks.pop(case)
            self.new_case()
            return
        ref = open_tasks[0][0]
        self.model.tasks[case] = Task(ref, step, "CREATED" if step == "named" else "READY")

    # --- one act -----------------------------------------------------------------------------------------------

    def turn(self) -> None:
        case = self.random.choice(sorted(self.model.tasks))
        task = self.model.tasks[case]
        bound = [*[task.holder] * 8, *[task.owner] * 4]
        who = self.random.choice([*PEOPLE, *[CHIEF] * 5, *filter(None, bound)])
        verb = self.random.choice(("hand_back", "recall", *VERBS) if task.owner else VERBS)
        other = self.random.choice(PEOPLE)
        allowed = getattr(self, f"may_{verb}")(case, task, who, other)
        problem = self.try_it(verb, case, task, who, other)
        self.seen[f"{verb} {'done' if problem is None else 'refused'}"] += 1
        assert (problem is None) == allowed, f"{who} {verb} {other} {task}: {problem!r}"
        if problem is None:
            getattr(self, f"did_{verb}")(case, task, who, other)
        else:
            assert str(problem).strip() and "%(" not in str(problem)
        self.agree(case, task)

    def try_it(self, verb: str, case: str, task: Task, who: str, other: str) -> HouseError | None:
        actor = self.actor(who)
        said = self.explained(actor, task) if verb == "claim" else None
        problem: HouseError | None = None
        try:
            with self.world.work(actor) as work:
                getattr(self, f"do_{verb}")(work, case, task, other)
        except HouseError as refusal:
            problem = refusal
        if said is not None:  # the page says beforehand exactly what the claim says
            assert (said.take, str(said.why)) == (problem is None, str(problem and problem.message)), f"{who} {task}"
            assert all(str(one).strip() and "%(" not in str(one) for one in (*said.because, *said.change))
            assert said.because if problem is None else said.change, f"{who} {task}"
        return problem

    def explained(self, actor: Actor, task: Task) -> routing.Explained | None:
        """What a page would say to this person; None for one who may not even see the task."""
        with self.world.work(actor, write=False) as work:
            try:
                row, case, state = rules.seen_task(work, task.ref)
            except NotFound:
                return None
            steps = definitions.by_id(work, state.definition_id).diagram.steps
            return routing.explain(work, row, case, steps.get(row.step_id))

    def agree(self, case: str, task: Task) -> None:
        """The row of the task says what the model says."""
        with self.world.work(write=False) as work:
            row = work.session.scalars(select(HumanTask).where(HumanTask.ref == task.ref)).one()
            found = (
                row.state, self.logins.get(row.assignee_id or 0, ""), self.logins.get(row.owner_id or 0, ""),
                row.prior_state, row.priority,
            )  # fmt: skip
            assert found == (task.state, task.holder, task.owner, task.prior, task.priority), task
            if row.state not in OVER:
                kept = desk.draft_of(work, row).get("note", "")
                assert kept == task.draft, task
            task.held_for = self.logins.get(row.held_for or 0, "")

    # --- claim, work, complete ---------------------------------------------------------------------------------

    def people(self, task: Task, who: str, through: str) -> set[str]:
        absent = self.model.stands.get(who, set())
        stood_for = {sorted(absent & task.named if task.named else absent)[0]} if through == "?" else {through}
        return ({who} | stood_for | {task.held_for}) - {""}

    def claims(self, case: str, task: Task, who: str) -> bool:
        bond, through = self.model.bond(who, task)
        if "queue" not in bond or who in task.excluded:
            return False
        if through == "?":
            absent = self.model.stands.get(who, set())
            candidates = sorted(absent & task.named if task.named else absent)
            if candidates[0] in task.excluded:
                return False
            return not self.model.kept_apart(case, task.step, {who, candidates[0]})
        return not self.model.kept_apart(case, task.step, {who})

    def may_claim(self, case: str, task: Task, who: str, _other: str) -> bool:
        if task.state in HELD and task.holder == who:
            return True  # it is theirs already
        if task.state in HELD:
            bond, through = self.model.bond(who, task)
            apart = not self.model.kept_apart(case, task.step, {who, through, task.held_for} - {""})
            return "holder" in bond and apart and not {who, through} & task.excluded
        return task.state == "READY" and self.claims(case, task, who)

    def do_claim(self, work: Any, _case: str, task: Task, _other: str) -> None:
        desk.claim(work, task.ref)

    def did_claim(self, _case: str, task: Task, who: str, _other: str) -> None:
        task.state = "RESERVED" if task.state == "READY" else task.state
        task.holder = who

    def may_start(self, case: str, task: Task, who: str, _other: str) -> bool:
        if task.state == "RESERVED":
            return "holder" in self.model.bond(who, task)[0]
        return task.state == "READY" and self.claims(case, task, who)

    def do_start(self, work: Any, _case: str, task: Task, _other: str) -> None:
        pausing.start(work, task.ref)

    def did_start(self, _case: str, task: Task, who: str, _other: str) -> None:
        task.holder = task.holder or who
        task.state = "IN_PROGRESS"

    def may_stop(self, _case: str, task: Task, who: str, _other: str) -> bool:
        return task.state == "IN_PROGRESS" and "holder" in self.model.bond(who, task)[0]

    def do_stop(self, work: Any, _case: str, task: Task, _other: str) -> None:
        pausing.stop(work, task.ref)

    def did_stop(self, _case: str, task: Task, _who: str, _other: str) -> None:
        task.state = "RESERVED"

    def may_draft(self, _case: str, task: Task, who: str, _other: str) -> bool:
        return task.state in HELD and "holder" in self.model.bond(who, task)[0]

    def do_draft(self, work: Any, _case: str, task: Task, _other: str) -> None:
        self.typed = f"{task.draft}{self.random.choice('甲乙丙丁')}"[-8:]
        desk.keep_draft(work, task.ref, {"note": self.typed})

    def did_draft(self, _case: str, task: Task, _who: str, _other: str) -> None:
        task.draft, task.state = self.typed, "IN_PROGRESS"

    def may_release(self, _case: str, task: Task, who: str, _other: str) -> bool:
        if task.state not in HELD:
            return False
        bond, _through = self.model.bond(who, task)
        if "supervisor" in bond:
            return True
        return ("holder" in bond or task.holder == who) and not task.owner

    def do_release(self, work: Any, _case: str, task: Task, _other: str) -> None:
        desk.release(work, task.ref)

    def did_release(self, _case: str, task: Task, _who: str, _other: str) -> None:
        task.state, task.holder, task.owner = "READY", "", ""

    def may_complete(self, case: str, task: Task, who: str, _other: str) -> bool:
        bond, through = self.model.bond(who, task)
        if task.state not in HELD or "holder" not in bond or who in task.excluded:
            return False
        if through and through in task.excluded:
            return False
        if who in (OUTSIDER, CHIEF) and not through:
            return False
        return not self.model.kept_apart(case, task.step, {who, through, task.held_for} - {""})

    def do_complete(self, work: Any, _case: str, task: Task, _other: str) -> None:
        row = work.session.scalars(select(HumanTask).where(HumanTask.ref == task.ref)).one()
        moves.complete_task(work, task.ref, version=row.version, answers={"note": "done"})

    def did_complete(self, case: str, task: Task, who: str, _other: str) -> None:
        through = self.model.bond(who, task)[1]
        self.model.did.setdefault(case, {}).setdefault(task.step, set()).update({who, through} - {""})
        self.over(task, "COMPLETED")
        self.expect_next(case, NEXT[task.step])

    def over(self, task: Task, state: str) -> None:
        task.state, task.holder, task.held_for, task.owner, task.prior = state, "", "", "", ""

    # --- hand on -----------------------------------------------------------------------------------------------

    def can_get(self, case: str, task: Task, other: str) -> bool:
        if other == OUTSIDER or (task.named and other not in task.named) or other in task.excluded:
            return False
        return not self.model.kept_apart(case, task.step, {other})

    def may_delegate(self, case: str, task: Task, who: str, other: str) -> bool:
        holds = task.state in HELD and "holder" in self.model.bond(who, task)[0]
        return holds and not task.owner and self.can_get(case, task, other)

    def do_delegate(self, work: Any, _case: str, task: Task, other: str) -> None:
        handing.delegate(work, task.ref, self.refs[other])

    def did_delegate(self, _case: str, task: Task, _who: str, other: str) -> None:
        task.state, task.owner, task.holder = "RESERVED", task.holder, other

    def may_hand_back(self, _case: str, task: Task, who: str, _other: str) -> bool:
        return task.state in HELD and bool(task.owner) and "holder" in self.model.bond(who, task)[0]

    def do_hand_back(self, work: Any, _case: str, task: Task, _other: str) -> None:
        handing.hand_back(work, task.ref)

    def did_hand_back(self, _case: str, task: Task, _who: str, _other: str) -> None:
        task.state, task.holder, task.owner = "RESERVED", task.owner, ""

    def may_recall(self, _case: str, task: Task, who: str, _other: str) -> bool:
        return task.state in HELD and task.owner == who

    def do_recall(self, work: Any, _case: str, task: Task, _other: str) -> None:
        handing.recall(work, task.ref)

    did_recall = did_hand_back

    def may_forward(self, case: str, task: Task, who: str, other: str) -> bool:
        bond, _through = self.model.bond(who, task)
        ways = {"READY": {"queue", "supervisor"}, "RESERVED": {"holder"}, "IN_PROGRESS": {"holder"}}
        if bond.isdisjoint(ways.get(task.state, set())):
            return False
        return self.gets(case, task, other)

    def gets(self, case: str, task: Task, other: str) -> bool:
        already = task.holder == other and not task.held_for and not task.owner
        return self.can_get(case, task, other) and not already

    def do_forward(self, work: Any, _case: str, task: Task, other: str) -> None:
        handing.forward(work, task.ref, self.refs[other])

    def did_forward(self, _case: str, task: Task, _who: str, other: str) -> None:
        task.state, task.holder, task.owner = "RESERVED", other, ""

    def may_assign(self, case: str, task: Task, who: str, other: str) -> bool:
        return who == CHIEF and task.state in ("READY", *HELD) and self.gets(case, task, other)

    def do_assign(self, work: Any, _case: str, task: Task, other: str) -> None:
        handing.assign(work, task.ref, self.refs[other])

    did_assign = did_forward

    def may_nominate(self, case: str, task: Task, who: str, other: str) -> bool:
        return who == CHIEF and task.state == "CREATED" and self.can_get(case, task, other)

    def do_nominate(self, work: Any, _case: str, task: Task, other: str) -> None:
        handing.nominate(work, task.ref, [self.refs[other]])

    def did_nominate(self, _case: str, task: Task, _who: str, other: str) -> None:
        task.state = "READY"
        task.named.add(other)

    def may_exclude(self, _case: str, task: Task, who: str, other: str) -> bool:
        return who == CHIEF and not (task.named and other in task.named)

    def do_exclude(self, work: Any, _case: str, task: Task, other: str) -> None:
        if task.named and other in task.named:
            raise HouseError("The model names nobody and excludes them.")
        handing.exclude(work, task.ref, self.refs[other])

    def did_exclude(self, _case: str, task: Task, _who: str, other: str) -> None:
        task.excluded.add(other)
        if other not in (task.holder, task.held_for):
            return
        task.holder = task.held_for = task.owner = ""
        if task.state == "SUSPENDED":
            task.prior = "READY"
        else:
            task.state = "READY"

    # --- put off, skip, give up --------------------------------------------------------------------------------

    def may_suspend(self, _case: str, task: Task, who: str, _other: str) -> bool:
        bond, _through = self.model.bond(who, task)
        ways = {"READY": {"supervisor"}, "RESERVED": {"holder", "supervisor"}}
        ways["IN_PROGRESS"] = ways["RESERVED"]
        return not bond.isdisjoint(ways.get(task.state, set()))

    def do_suspend(self, work: Any, _case: str, task: Task, _other: str) -> None:
        pausing.suspend(work, task.ref, work.now + timedelta(days=1), WHY)

    def did_suspend(self, _case: str, task: Task, _who: str, _other: str) -> None:
        task.prior, task.state = task.state, "SUSPENDED"

    def may_resume(self, _case: str, task: Task, who: str, _other: str) -> bool:
        return task.state == "SUSPENDED" and not self.model.bond(who, task)[0].isdisjoint({"holder", "supervisor"})

    def do_resume(self, work: Any, _case: str, task: Task, _other: str) -> None:
        pausing.resume(work, task.ref)

    def did_resume(self, _case: str, task: Task, _who: str, _other: str) -> None:
        task.state, task.prior = task.prior, ""

    def may_skip(self, case: str, task: Task, who: str, _other: str) -> bool:
        bond, through = self.model.bond(who, task)
        ways = {"supervisor"} if task.state in ("CREATED", "READY") else {"holder", "supervisor"}
        if task.state in ("SUSPENDED", "ERROR") or bond.isdisjoint(ways) or task.step not in SKIPPABLE:
            return False
        return not self.model.kept_apart(case, task.step, self.people(task, who, through))

    def do_skip(self, work: Any, _case: str, task: Task, _other: str) -> None:
        pausing.skip(work, task.ref, WHY)

    def did_skip(self, case: str, task: Task, who: str, _other: str) -> None:
        self.model.did.setdefault(case, {}).setdefault(task.step, set()).add(who)
        self.over(task, "OBSOLETE")
        self.expect_next(case, NEXT[task.step])

    def may_fail(self, _case: str, task: Task, who: str, _other: str) -> bool:
        return task.state in HELD and "holder" in self.model.bond(who, task)[0] and task.step in GIVEN_UP

    def do_fail(self, work: Any, _case: str, task: Task, _other: str) -> None:
        pausing.fail(work, task.ref, WHY)

    def did_fail(self, case: str, task: Task, who: str, _other: str) -> None:
        self.model.did.setdefault(case, {}).setdefault(task.step, set()).add(who)
        self.over(task, "FAILED")
        self.expect_next(case, "instead")

    def may_priority(self, _case: str, _task: Task, who: str, _other: str) -> bool:
        return who == CHIEF

    def do_priority(self, work: Any, _case: str, task: Task, _other: str) -> None:
        self.priority = self.random.randint(0, 10)
        pausing.set_priority(work, task.ref, self.priority)

    def did_priority(self, _case: str, task: Task, _who: str, _other: str) -> None:
        task.priority = self.priority

    # --- standing in -------------------------------------------------------------------------------------------

    def swap_substitutes(self) -> None:
        """Somebody goes away and a colleague stands in, or comes back."""
        absent, other = self.random.sample(PEOPLE[:9], 2)
        if self.random.random() < 0.5:
            other = OUTSIDER
        standing = self.model.stands.setdefault(other, set())
        with self.world.work(self.actor(CHIEF)) as work:
            if standing:
                for one in substitutes.listing(work):
                    if one.substitute == other:
                        substitutes.end(work, one.ref)
                standing.clear()
                return
            substitutes.make(work, substitutes.Wanted(self.refs[absent], self.refs[other], work.today, work.today, WHY))
            standing.add(absent)


VERBS = (
    *("claim", "start", "draft", "complete") * 3,
    "stop", "release", "delegate", "hand_back", "recall", "forward", "assign", "nominate", "exclude", "suspend",
    "resume", "skip", "fail", "priority",
)  # fmt: skip


@pytest.mark.parametrize("seed", [5])
def test_whatever_ten_people_do_the_rows_stand_as_the_table_says(world: World, seed: int) -> None:
    play = Play(world, seed)
    for number in range(STEPS):
        if number % 25 == 24:
            play.swap_substitutes()
        play.turn()
    verbs = set(VERBS)
    assert {one.split()[0] for one in play.seen if one.endswith(" done")} == verbs, play.seen
    assert {one.split()[0] for one in play.seen if one.endswith(" refused")} == verbs, play.seen
    with unit_of_work(world.home, OPERATOR, write=False) as work:
        assert list(sealing.verify(work.session, world.home.vault)) == []


def test_a_task_put_off_comes_back_by_itself_at_its_instant(world: World) -> None:
    world.deploy(shared())
    case = world.case("shared")
    ref = world.open_tasks(case)[0][0]
    world.claim(ref)
    with world.work(world.people[0]) as work:
        until = work.now + timedelta(days=2)
        pausing.suspend(work, ref, until, WHY)
    with unit_of_work(world.home, SCHEDULER, now=until - timedelta(seconds=1)) as work:
        assert pausing.resume_due(work, ref) is False
    with unit_of_work(world.home, SCHEDULER, now=until) as work:
        assert pausing.resume_due(work, ref) is True
        row = work.session.scalars(select(HumanTask).where(HumanTask.ref == ref)).one()
        assert (row.state, row.prior_state, row.suspended_until) == ("RESERVED", "", None)
    with unit_of_work(world.home, SCHEDULER, now=until) as work:
        assert pausing.resume_due(work, ref) is False
