"""Sixteen processes want five hundred tasks: each task has one winner, and every loser is told who it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from domain import sealing
from domain.journal import JournalEntry
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.work import OPERATOR, unit_of_work
from tasks.rows.models import RESERVED, HumanTask
from tests.support import ROOT, an_account
from tests.torture.drawn import desk
from tests.torture.world import HANDLER, World

pytestmark = pytest.mark.torture

PROCESSES = 16
TASKS = 500


def _wanted(world: World) -> dict[str, object]:
    """Five hundred cases whose one open task is everybody's of the agency, and sixteen who want them."""
    with world.work() as work:
        agency = work.session.scalars(select(Organisation).where(Organisation.code == "ps-agency")).one()
    people = [an_account(world.home, agency, HANDLER, login=f"racer{n}", name=f"赛{n:02d}") for n in range(PROCESSES)]
    world.deploy(desk(1))
    for _chunk in range(10):
        with world.work() as work:
            for _case in range(TASKS // 10):
                world.begin(work, "desk")
    with world.work(write=False) as work:
        refs = list(work.session.scalars(select(HumanTask.ref).order_by(HumanTask.id)))
    assert len(refs) == TASKS
    return {
        "accounts": [(one.id, one.ref, one.name) for one in people],
        "office": (agency.id, agency.kind, agency.level),
        "role": HANDLER,
        "tasks": refs,
    }


def test_of_sixteen_processes_one_wins_each_of_five_hundred_tasks(world: World, tmp_path: Path) -> None:
    wanted = _wanted(world)
    (tmp_path / "wanted.json").write_text(json.dumps(wanted), encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "tests.torture.claimers", str(tmp_path)],
        cwd=ROOT, env={**os.environ, **world.place.environment}, timeout=600, check=False, capture_output=True,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr.decode()[-3000:]
    said = [json.loads((tmp_path / f"said-{n}.json").read_text(encoding="utf-8")) for n in range(PROCESSES)]

    names = [name for _key, _ref, name in wanted["accounts"]]  # type: ignore[attr-defined]
    collided, winners = 0, Counter[str]()
    for place in range(TASKS):
        tries = [one[place] for one in said]
        won = [number for number, one in enumerate(tries) if one[2]]
        assert len(won) == 1, f"task {place}: {len(won)} winners"
        winner = names[won[0]]
        winners[winner] += 1
        decided = tries[won[0]][1]
        # whoever began before it was decided did not know yet that it was lost
        collided += sum(one[0] < decided for number, one in enumerate(tries) if number != won[0])
        for _began, _ended, is_winner, kind, told in tries:
            assert is_winner or (kind == "Stale" and winner in told), (kind, told)
    assert collided >= TASKS * (PROCESSES - 1) / 2, f"only {collided} tries collided: this was no race"
    assert len(winners) > PROCESSES / 2, winners

    with unit_of_work(world.home, OPERATOR, write=False) as work:
        rows = work.session.execute(
            select(HumanTask.state, Account.name, func.count())
            .join(Account, Account.id == HumanTask.assignee_id)
            .group_by(HumanTask.state, Account.name)
        ).all()
        assert {(state, name): count for state, name, count in rows} == {
            (RESERVED, name): count for name, count in winners.items()
        }
        claimed = select(func.count(), func.count(JournalEntry.subject.distinct())).where(
            JournalEntry.event == "task.claimed"
        )
        assert tuple(work.session.execute(claimed).one()) == (TASKS, TASKS)
        assert list(sealing.verify(work.session, world.home.vault)) == []
