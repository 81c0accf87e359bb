"""Several people want one task: one gets it, the others learn who; nobody overwrites anybody."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from sqlalchemy import event, func, select

from domain import identity
from domain.errors import HouseError, NotPermitted, Stale
from domain.journal import JournalEntry
from domain.parties import organisations, staff
from domain.work import OPERATOR, unit_of_work
from tasks import moves
from tasks.desk import desk
from tasks.rows.models import COMPLETED, READY, RESERVED, HumanTask
from tests.crowd import at_once
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import Story, new_case

JIANG = "B2027003"
MANY = 8
DECLARED = {"WAGE": "0", "PENRCV": "0", "DEPOSIT": "0", "VEHICLE": "0", "HOUSE": "0", "BIZ": False}


def _hire(office: Office, many: int) -> list[str]:
    """Colleagues of the town post of Gongren."""
    logins = [f"colleague-{place}" for place in range(many)]
    with unit_of_work(office.home, OPERATOR) as work:
        town = organisations.by_code(work, "pingshan-gongren")
        for place, login in enumerate(logins):
            number = identity.make_demonstration(date(1990, 2, 1 + place), 300 + place)
            account = staff.create(work, town, login=login, name=f"同事{'甲乙丙丁戊己庚辛'[place]}", idno=number)
            staff.file(work, account, number=f"C-{place}", on=work.today)
            staff.grant(work, account, "town_post")
    return logins


def _intake(story: Story) -> tuple[str, int]:
    with story.work() as work:
        task = story.task(work, "intake")
        return task.ref, task.version


@pytest.mark.parametrize("held", [False, True], ids=["claim", "complete"])
def test_of_eight_one_wins_and_the_others_are_told_who(office: Office, held: bool) -> None:
    """held: all eight also try to complete what they believe to be theirs."""
    story = new_case(office, "town", JIANG)
    logins = _hire(office, MANY)
    ref, _version = _intake(story)
    actors = {login: office.actor(login) for login in logins}
    won: list[str] = []
    told: list[HouseError] = []
    lock = threading.Lock()

    def try_it(login: str) -> None:
        try:
            with unit_of_work(office.home, actors[login]) as work:
                desk.claim(work, ref)
        except Stale as lost:
            with lock:
                told.append(lost)
        else:
            with lock:
                won.append(login)

    at_once(*[lambda login=login: try_it(login) for login in logins])  # bound early
    assert len(won) == 1 and len(told) == MANY - 1
    winner = actors[won[0]]
    assert all(winner.display.split()[0] in str(lost) or winner.display in str(lost) for lost in told)
    assert all(":" in str(lost) for lost in told)  # and when
    with story.work() as work:
        task = story.task(work, "intake")
        assert (task.state, task.assignee_id) == (RESERVED, winner.user_id)
        claimed = select(func.count()).where(JournalEntry.event == "task.claimed", JournalEntry.subject == ref)
        assert work.session.scalar(claimed) == 1
        version = task.version
    if not held:
        return
    rows = [{"person": member.ref, **DECLARED} for member in steps.family(story)]
    answers = {"applied_on": steps.today(story), "truthful": True, "members": rows}
    for login in logins:
        if login != won[0]:
            with pytest.raises(Stale), unit_of_work(office.home, actors[login]) as work:
                moves.complete_task(work, ref, version=version, answers=answers)
    with unit_of_work(office.home, winner) as work:
        moves.complete_task(work, ref, version=version, answers=answers)
    assert story.open_steps() == ["authorise"]


def test_one_task_completed_twice_at_once_is_completed_once(office: Office) -> None:
    """The same person in two windows: one completion, one sentence saying who and when."""
    story = new_case(office, "town", JIANG)
    with story.work("town") as work:
        task = desk.claim(work, story.task(work, "intake").ref)
        ref, version = task.ref, task.version
    rows = [{"person": member.ref, **DECLARED} for member in steps.family(story)]
    answers = {"applied_on": steps.today(story), "truthful": True, "members": rows}
    actor = office.actor("town")
    done: list[str] = []
    told: list[Stale] = []

    def complete() -> None:
        try:
            with unit_of_work(office.home, actor) as work:
                moves.complete_task(work, ref, version=version, answers=answers)
        except Stale as lost:
            told.append(lost)
        else:
            done.append("done")

    at_once(complete, complete)
    assert (len(done), len(told)) == (1, 1)
    assert "谷雨" in str(told[0]) and ":" in str(told[0])
    assert story.open_steps() == ["authorise"]
    with story.work() as work:
        tasks = work.session.scalars(select(HumanTask).where(HumanTask.step_id == "intake")).all()
        assert [one.state for one in tasks] == [COMPLETED]
        ended = select(func.count()).where(JournalEntry.event == "task.completed", JournalEntry.subject == ref)
        assert work.session.scalar(ended) == 1


def test_what_changed_hands_meanwhile_is_not_completed_by_who_looked_first(office: Office) -> None:
    story = new_case(office, "town", JIANG)
    (colleague,) = _hire(office, 1)
    with story.work("town") as work:
        task = desk.claim(work, story.task(work, "intake").ref)
        ref, version = task.ref, task.version
    with story.work("town") as work:
        desk.release(work, ref)
    with story.work(colleague) as work:
        desk.claim(work, ref)
    with pytest.raises(Stale, match="同事甲"), story.work("town") as work:
        moves.complete_task(work, ref, version=version, answers={})


@pytest.mark.clause("LF-19")
def test_who_prepared_or_signed_a_commission_cannot_take_its_check_whatever_her_roles(office: Office) -> None:
    """The pair is declared on the drawing and holds through a claim, in both directions."""
    story = new_case(office, "town", JIANG)
    steps.take_in(story)
    steps.authorise(story)
    with story.work() as work:
        staff.grant(work, staff.by_login(work, "clerk"), "department_head")
    steps.commission(story)
    with story.work() as work:
        task = story.task(work, "sign_commission")
        ref, version = task.ref, task.version
    with pytest.raises(NotPermitted, match="a second person"), story.work("clerk") as work:
        desk.claim(work, ref)
    with story.work() as work:
        task = story.task(work, "sign_commission")
        assert (task.state, task.version, task.assignee_id) == (READY, version, None)
    steps.sign_commission(story)
    assert story.open_steps() == ["acceptance"]


def test_completing_a_task_takes_a_bounded_number_of_statements(office: Office) -> None:
    """No query a row: an intake of four members is written in a fixed number of statements."""
    story = new_case(office, "town", JIANG)
    rows = [{"person": member.ref, **DECLARED} for member in steps.family(story)]
    answers = {"applied_on": steps.today(story), "truthful": True, "members": rows}
    with story.work("town") as work:
        task = desk.claim(work, story.task(work, "intake").ref)
        ref, version = task.ref, task.version
    actor = office.actor("town")
    counted: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        counted.append(statement.split()[0])

    event.listen(office.home.engine, "before_cursor_execute", note)
    try:
        with unit_of_work(office.home, actor) as work:
            moves.complete_task(work, ref, version=version, answers=answers)
    finally:
        event.remove(office.home.engine, "before_cursor_execute", note)
    assert len(counted) <= 60
