"""The opening of a review is killed at any moment, run again, and run twice at once: every household has one case."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from domain.agenda import AgendaItem
from domain.assistance.recipients import ACTIVE, Recipient
from domain.cases import BATCH_LETTER, DYNAMIC, Case
from domain.home import HomeRow
from domain.oversight.campaigns import Campaign, CampaignSubject
from domain.sealing import verify
from domain.verification.commissions import Commission
from domain.work import OPERATOR, unit_of_work
from tasks.rows.models import HumanTask
from tests.homes import Office

pytestmark = pytest.mark.torture

AT = "2027-06-01T09:00:00+08:00"
ROOT = Path(__file__).resolve().parents[2]
KILLS = 6


def _tick(office: Office) -> subprocess.Popen[bytes]:
    """`./run do tick --at` in a process of its own, the home's keys and database given as an operator would."""
    environment = {**os.environ, **office.place.environment}
    return subprocess.Popen([sys.executable, "-m", "cli", "tick", "--at", AT], cwd=ROOT, env=environment,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip


def _finished(process: subprocess.Popen[bytes]) -> None:
    _out, problems = process.communicate(timeout=300)
    assert process.returncode == 0, problems.decode()


def _whole(office: Office) -> None:
    """The set of cases equals the roll, none twice, and nothing is left to do or half done."""
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        session = work.session
        roll = set(
            map(
                tuple,
                session.execute(select(Recipient.household_id, Recipient.programme).where(Recipient.state == ACTIVE)),
            )
        )
        opened = [
            tuple(row) for row in session.execute(select(Case.household_id, Case.programme).where(Case.kind == DYNAMIC))
        ]
        assert len(opened) == len(set(opened)) and set(opened) == roll
        campaigns = session.scalars(select(Campaign)).all()
        assert len(campaigns) == 21 and {one.state for one in campaigns} == {"RUNNING"}
        assert all(subject.opened for subject in session.scalars(select(CampaignSubject)))
        letters = session.scalars(select(Case.id).where(Case.kind == BATCH_LETTER)).all()
        assert len(letters) == 21
        assert sorted(session.scalars(select(Commission.case_id))) == sorted(letters)
        assert sorted(session.scalars(select(HumanTask.case_id).where(HumanTask.step_id == "sign"))) == sorted(letters)
        numbers = session.scalars(select(Case.number)).all()
        assert len(numbers) == len(set(numbers))
        limit = session.scalar(select(HomeRow.stopped_at))
        left = select(AgendaItem.kind).where(AgendaItem.done_at.is_(None), AgendaItem.due_at <= limit)
        assert session.scalars(left).all() == []
        row = session.get(HomeRow, 1)
        assert row is not None and row.tick_lease_by is None
        assert list(verify(session, office.home.vault)) == []


def _wait_until(reached: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None and not reached():
        time.sleep(0.005)


def _done(office: Office) -> int:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        return len(work.session.scalars(select(AgendaItem.id).where(AgendaItem.done_at.is_not(None))).all())


def test_killed_again_and_again_it_ends_with_one_case_a_household(office: Office) -> None:
    chance = random.Random(20270601)
    kills = 0
    for _number in range(KILLS):
        before = _done(office)
        process = _tick(office)
        goal = before + chance.randint(0, 6)
        _wait_until(lambda goal=goal: _done(office) > goal, process)  # type: ignore[misc]  # bound early
        time.sleep(chance.uniform(0, 0.03))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.communicate(timeout=60)
    assert kills >= KILLS // 2  # else this proves nothing
    _finished(_tick(office))
    _whole(office)


def test_two_processes_at_once_and_one_of_them_killed(office: Office) -> None:
    before = _done(office)
    first, second = _tick(office), _tick(office)
    _wait_until(lambda: _done(office) > before + 5, first)
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=60)
    _finished(second)
    _finished(_tick(office))
    _whole(office)


def test_two_processes_at_once_open_each_campaign_once(office: Office) -> None:
    both = [_tick(office), _tick(office)]
    for process in both:
        _finished(process)
    _whole(office)
