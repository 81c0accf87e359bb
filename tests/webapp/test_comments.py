"""Remarks: who is told, who may change or withdraw one, what stays of it, and what lies on the disk."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.journal import JournalEntry
from domain.work import unit_of_work
from tasks.cases import briefs
from tasks.desk import comments
from tasks.rows.models import TaskComment
from tasks.rows.notice_rows import Notification
from tests.homes import Office
from tests.journeys.playing import Story, new_case
from tests.webapp.desk_world import app_of, browser_of, press, task_address


def _ref(story: Story, step: str = "intake") -> str:
    with story.work() as work:
        return story.task(work, step).ref


def _told(story: Story, kind: str = "task.mentioned") -> list[int]:
    with story.work() as work:
        wanted = select(Notification.account_id).where(Notification.kind == kind)
        return list(work.session.scalars(wanted.order_by(Notification.id)))


def test_a_remark_tells_whom_it_names_once_and_nobody_outside_the_case(office: Office) -> None:
    story = new_case(office)
    ref = _ref(story)
    clerk, head = office.actor("clerk"), office.actor("head")
    name = head.display

    with story.work("town") as work:
        written = comments.write(work, ref, f"@clerk 请看，@{name}也看；@bank @nobody a@b", ["clerk", "owner1"])

    assert written.unknown == ("bank", "nobody")
    assert sorted(_told(story)) == sorted([clerk.user_id or 0, head.user_id or 0])
    with story.work("town") as work:
        comments.mend(work, written.ref, "@clerk 请再看")
    assert len(_told(story)) == 2


def test_the_agency_is_told_of_nothing_before_it_is_commissioned(office: Office) -> None:
    story = new_case(office)
    ref = _ref(story)
    with story.work("town") as work:
        assert comments.write(work, ref, "@handler").unknown == ("handler",)
        people = {one.login for one in _readers(work, story)}
    assert {"clerk", "head"} <= people
    assert not people & {"handler", "reviewer", "checker", "town", "bank", "owner1", "system"}


def _readers(work, story: Story):
    case = story.case(work)
    return comments.readers(work, case, briefs.definition_of(work, case.id), story.task(work, "intake"))


def test_a_remark_can_be_changed_for_ten_minutes_and_withdrawn_with_a_trace(office: Office) -> None:
    story = new_case(office)
    ref = _ref(story)
    with story.work("town") as work:
        first = comments.write(work, ref, "一个说法").ref
        comments.mend(work, first, "另一个说法")
        written = work.now
    late = written + comments.MENDED_WITHIN + timedelta(seconds=1)
    with unit_of_work(office.home, office.actor("town"), now=late) as work, pytest.raises(Conflict):
        comments.mend(work, first, "太晚了")
    with pytest.raises(InvalidAnswers), story.work("town") as work:
        comments.mend(work, first, " ")
    with pytest.raises(NotFound), story.work("clerk") as work:
        comments.withdraw(work, first)
    with story.work("town") as work:
        comments.withdraw(work, first)
    with pytest.raises(NotFound), story.work("town") as work:
        comments.mend(work, first, "再来")

    with story.work() as work:
        row = work.session.scalars(select(TaskComment)).one()
        assert row.withdrawn_at is not None
        events = set(work.session.scalars(select(JournalEntry.event)))
    assert {"task.commented", "task.comment_mended", "task.comment_withdrawn"} <= events
    page = browser_of(app_of(office), office, "town").get(f"/cases/{story.case_ref}").text
    assert "另一个说法" not in page


def test_remarks_are_written_changed_and_withdrawn_on_the_page_and_read_on_the_case(office: Office) -> None:
    story = new_case(office)
    app = app_of(office)
    town = browser_of(app, office, "town")
    address = task_address(story, "intake")

    answer = press(town, address, f"{address}/comments", comment="住址待核实", told="clerk")
    assert answer.headers["Location"].endswith("#remarks")
    page = town.get(address).text
    assert "住址待核实" in page
    mend = re.search(r'action="(/comments/[^"]+)"', page)
    assert mend
    press(town, address, mend[1], comment="住址已核实")
    assert "住址已核实" in browser_of(app, office, "clerk").get(f"/cases/{story.case_ref}").text
    press(town, address, f"{mend[1].partition('?')[0]}/withdraw")
    assert "住址已核实" not in town.get(address).text
    assert press(town, address, f"{address}/comments", comment="").status_code == 302
