"""What people are told: once a person and thing, only people who are still there, never a name in the row."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from domain.errors import NotFound, OperationFailed
from domain.parties import staff
from domain.work import SCHEDULER, Work, unit_of_work
from tasks.rows.models import HumanTask
from tasks.rows.notice_rows import Notification
from tasks.terms import notifications
from tests.crowd import at_once
from tests.homes import Office
from tests.journeys.playing import new_case


def key_of(work: Work, login: str) -> int:
    return staff.by_login(work, login).id


def rows(office: Office) -> list[Notification]:
    with unit_of_work(office.home, SCHEDULER, write=False) as work:
        found = list(work.session.scalars(select(Notification).order_by(Notification.id)))
        work.session.expunge_all()
        return found


def test_a_person_is_told_once_however_often_it_is_said_and_several_are_told_at_once(office: Office) -> None:
    story = new_case(office)
    with story.work("head") as work:
        task = story.task(work, "intake")
        people = [key_of(work, "town"), key_of(work, "clerk"), work.actor.person()]
        assert notifications.notify(work, people, "task.named", key="named:1", task=task) == 2
        assert notifications.notify(work, people, "task.named", key="named:1", task=task) == 0
        assert notifications.notify(work, people[:1], "task.named", key="named:2", task=task) == 1
        head = work.actor.ref
    told = rows(office)
    assert [(one.key, one.facts["by"]) for one in told] == [("named:1", head)] * 2 + [("named:2", head)]


def test_several_tellers_at_once_tell_once(office: Office) -> None:
    def tell() -> None:
        with unit_of_work(office.home, SCHEDULER) as work:
            people = [key_of(work, "town"), key_of(work, "clerk")]
            notifications.notify(work, people, "leaving.moved", key="moved:1", count=3)

    at_once(*[tell] * 4)
    assert len(rows(office)) == 2


def test_whoever_left_is_not_told(office: Office) -> None:
    with unit_of_work(office.home, SCHEDULER) as work:
        clerk = staff.by_login(work, "clerk")
        clerk.state = "DISABLED"
        work.session.flush()
        assert notifications.notify(work, [clerk.id], "leaving.moved", key="x", count=1) == 0


@pytest.mark.parametrize("fact", ["白露", "note: 白露", "x" * 65, "a\nb"])
def test_a_name_or_a_text_is_no_fact(office: Office, fact: str) -> None:
    with unit_of_work(office.home, SCHEDULER) as work, pytest.raises(OperationFailed):
        notifications.notify(work, [key_of(work, "town")], "leaving.moved", key="x", by=fact)


def test_an_unknown_kind_is_refused(office: Office) -> None:
    with unit_of_work(office.home, SCHEDULER) as work, pytest.raises(OperationFailed):
        notifications.notify(work, [key_of(work, "town")], "no.such", key="x")


def test_reading_is_each_persons_own(office: Office) -> None:
    with unit_of_work(office.home, SCHEDULER) as work:
        people = [key_of(work, "town"), key_of(work, "clerk")]
        for number in range(3):
            notifications.notify(work, people, "leaving.moved", key=f"moved:{number}", count=1)
    first = rows(office)[0].ref
    with unit_of_work(office.home, office.actor("town")) as work:
        assert notifications.unread(work) == 3
        assert notifications.read(work, first).read_at == work.now
        assert notifications.unread(work) == 2
    with unit_of_work(office.home, office.actor("clerk")) as work:
        with pytest.raises(NotFound):
            notifications.read(work, first)
        assert notifications.read_all(work) == 3
        assert notifications.unread(work) == 0
    with unit_of_work(office.home, office.actor("town")) as work:
        assert notifications.unread(work) == 2


def test_the_row_of_a_task_names_the_task(office: Office) -> None:
    story = new_case(office)
    with story.work("head") as work:
        task = story.task(work, "intake")
        notifications.notify(work, [key_of(work, "town")], "task.reminded", key="r", task=task, case_ref=story.case_ref)
    with story.work() as work:
        assert work.session.scalars(select(HumanTask.id)).one() == rows(office)[0].task_id
