"""June and November on the demonstration office: what opens, once, late, killed and raced (BX-22, BX-23)."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select, text

from domain.agenda import AgendaItem
from domain.assistance.recipients import Recipient
from domain.cases import BATCH_LETTER, DYNAMIC, Case
from domain.clock import OFFICE_ZONE, machine_now
from domain.home import make_engine, open_home
from domain.oversight.campaigns import Campaign, CampaignSubject
from domain.parties import organisations
from domain.parties.organisations import Organisation
from domain.verification import catalogue
from domain.work import OPERATOR, SCHEDULER, unit_of_work
from scheduler import recurring, tick
from tests.homes import Office, settings_of
from tests.infrastructure import processes
from tests.infrastructure.databases import Place

ROOT = Path(__file__).resolve().parents[2]
JUNE, NOVEMBER = "2027-06-01T09:00:00+08:00", "2027-11-01T09:00:00+08:00"
UNITS = {"本溪县", "桓仁县", "平山区", "明山区", "溪湖区", "南芬区", "高新区"}


def command(office: Office, *words: str) -> subprocess.Popen[str]:
    """`./run do …` in a process of its own."""
    environment = {**os.environ, **office.place.environment, "HEDUI_LANG": "en"}
    line = [sys.executable, "-m", "cli", *words]
    return subprocess.Popen(line, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def listed(office: Office) -> list[dict[str, object]]:
    """What `./run do campaigns --json` prints."""
    environment = {**os.environ, **office.place.environment, "HEDUI_LANG": "en"}
    done = processes.run("cli", "campaigns", "--json", env=environment)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def the_cases_are_the_roll(office: Office, period: str = "2027-06") -> int:
    """Every household of every frozen roll has one case in its campaign; returns how many."""
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        campaigns = dict(
            work.session.execute(select(Campaign.id, Campaign.households).where(Campaign.period == period)).all()
        )
        ids = list(campaigns)
        states = set(work.session.scalars(select(Campaign.state).where(Campaign.id.in_(ids))))
        roll = set(
            work.session.execute(
                select(CampaignSubject.campaign_id, CampaignSubject.household_id).where(
                    CampaignSubject.campaign_id.in_(ids)
                )
            ).all()
        )
        cases = work.session.execute(
            select(Case.campaign_id, Case.household_id).where(Case.kind == DYNAMIC, Case.campaign_id.in_(ids))
        ).all()
        letters = Counter(
            work.session.scalars(
                select(Case.campaign_id).where(Case.kind == BATCH_LETTER, Case.campaign_id.in_(ids))
            ).all()
        )
        receiving = work.session.scalar(select(func.count(Recipient.id)).where(Recipient.state == "ACTIVE"))
    assert Counter(tuple(row) for row in cases) == Counter(tuple(row) for row in roll)
    assert letters == Counter(dict.fromkeys(ids, 1)), "one letter a campaign"
    assert states == {"RUNNING"}
    assert campaigns == {number: sum(1 for row in roll if row[0] == number) for number in ids}
    if period == "2027-06":
        assert len(roll) == receiving, "in June every roll is reviewed"
    return len(cases)


@pytest.mark.clause("BX-22")
@pytest.mark.clause("BX-23")
def test_june_opens_three_programmes_and_november_two_for_each_of_the_seven_units(office):
    swept = office.advance(JUNE)
    assert swept is not None
    assert swept.postponed == 0
    assert the_cases_are_the_roll(office) > 20
    office.advance(NOVEMBER)
    the_cases_are_the_roll(office, "2027-11")

    rows = listed(office)
    assert {tuple(row) for row in rows} == {("period", "programme", "unit", "households", "cases", "opened_at")}
    opened = Counter((row["period"], row["programme"]) for row in rows)
    assert opened == {
        ("2027-06", "DIBAO"): 7,
        ("2027-06", "LOWINC"): 7,
        ("2027-06", "TEKUN"): 7,
        ("2027-11", "DIBAO"): 7,
        ("2027-11", "LOWINC"): 7,
    }
    assert {str(row["unit"]).removesuffix("民政局") for row in rows} == UNITS
    assert {row["opened_at"] for row in rows} == {"2027-06-01T00:10:00+08:00", "2027-11-01T00:10:00+08:00"}
    assert all(row["cases"] == row["households"] for row in rows)


def test_before_the_minute_nothing_opens_and_a_second_tick_opens_nothing_more(office):
    office.advance("2027-06-01T00:09:59+08:00")
    assert listed(office) == []
    office.advance("2027-06-01T00:10:00+08:00")
    count = the_cases_are_the_roll(office)
    assert count > 20
    assert office.advance("2027-06-01T00:10:00+08:00") is None
    office.advance("2027-06-02T00:10:00+08:00")
    assert the_cases_are_the_roll(office) == count


def test_who_stops_receiving_in_spring_is_not_on_junes_roll(office):
    with unit_of_work(office.home, OPERATOR) as work:
        gone = work.session.scalars(select(Recipient).where(Recipient.programme == "DIBAO")).first()
        assert gone is not None
        gone.state = "STOPPED"
        household = gone.household_id
    office.advance(JUNE)
    the_cases_are_the_roll(office)
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        assert work.session.scalar(select(Case.id).where(Case.household_id == household)) is None


def openings(office: Office) -> Counter[str]:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        keys = work.session.scalars(select(AgendaItem.key).where(AgendaItem.kind == "campaign.open"))
        return Counter(key.split(":")[1] for key in keys)


def test_planning_twice_plans_nothing_new_and_a_new_unit_is_planned_when_asked(office):
    before = openings(office)
    assert {period: before[period] for period in ("2027-06", "2027-11")} == {"2027-06": 21, "2027-11": 14}
    with unit_of_work(office.home, SCHEDULER) as work:
        row = office.home.row(work.session)
        recurring.forget_plan(row)
        assert recurring.plan(work, row) == 0
        unit = work.session.scalars(select(Organisation).where(Organisation.code == "xihu")).one()
        work.session.add(
            Organisation(code="new-unit", kind="department", level="county", name="新设", name_en="New",
                         jurisdiction=unit.jurisdiction, parent_id=unit.parent_id, reviews_from=work.now)
        )  # fmt: skip
        work.session.flush()
        recurring.forget_plan(row)
        assert recurring.plan(work, row) == 8, "June 2027, November 2027, June 2028"
    assert openings(office)["2027-06"] == 24


def test_a_new_office_does_not_catch_up_on_reviews_from_before_it(office):
    assert min(openings(office)) == "2027-06"


@pytest.mark.clause("BX-22")
def test_what_a_machine_that_was_down_missed_is_opened_late_with_the_real_time(office):
    now = machine_now()
    local = now.astimezone(OFFICE_ZONE)
    times = [datetime(year, month, 1, 0, 10, tzinfo=OFFICE_ZONE)
             for year in (local.year - 1, local.year) for month in (6, 11)]  # fmt: skip
    missed = max(at for at in times if at < now)
    with unit_of_work(office.home, OPERATOR) as work:
        row = office.home.row(work.session)
        row.stopped_at, row.planned_until = None, None  # the clock runs again
        for unit in work.session.scalars(select(Organisation).where(Organisation.reviews_from.is_not(None))):
            unit.reviews_from = missed - timedelta(minutes=1)
    with unit_of_work(office.home, OPERATOR) as work:  # what a stopped clock published may lie ahead of a running one
        catalogue.add_resource(work, organisations.by_code(work, "labour"), "WAGE", level="city")

    office.sweep()

    with unit_of_work(office.home, OPERATOR, write=False) as work:
        found = list(work.session.scalars(select(Campaign).where(Campaign.planned_at == missed)))
        assert {campaign.period for campaign in found} == {f"{missed:%Y-%m}"}
        assert len(found) in (14, 21)
        assert all(now <= campaign.opened_at <= machine_now() for campaign in found)
    the_cases_are_the_roll(office, f"{missed:%Y-%m}")


# --- several processes -----------------------------------------------------------------------------------------

FORK = multiprocessing.get_context("fork")


def _advance(place: Place, at: str) -> None:
    settings = settings_of(place)
    home = open_home(settings, make_engine(settings))
    tick.advance_to(home, datetime.fromisoformat(at), tick.worker_id())


def _beside(office: Office, act: Callable[[Place, str], None], at: str = JUNE) -> multiprocessing.process.BaseProcess:
    office.home.engine.dispose()  # no connection is carried into the child
    process = FORK.Process(target=act, args=[office.place, at])
    process.start()
    return process


@pytest.mark.torture
@pytest.mark.clause("BX-22")
def test_four_processes_at_once_open_each_campaign_once(office):
    processes = [_beside(office, _advance) for _number in range(4)]
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * 4
    assert len(listed(office)) == 21
    assert the_cases_are_the_roll(office) > 20


@pytest.mark.torture
def test_two_commands_at_once_open_each_campaign_once_and_the_second_says_so(office):
    processes = [command(office, "tick", "--at", JUNE) for _number in range(2)]
    answers = [process.communicate(timeout=180) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], answers
    assert len(listed(office)) == 21
    the_cases_are_the_roll(office)
    printed = sorted(answer[0].strip() for answer in answers)
    assert len(set(printed)) == 2, "one did the work, the other had nothing to do"


@pytest.mark.torture
@pytest.mark.parametrize("after", [1, 6, 14, 22])
def test_killed_in_the_middle_and_run_again_the_cases_are_the_roll_and_none_is_there_twice(office, after):
    watching = create_engine(office.home.settings.url)
    process = _beside(office, _advance)
    deadline = time.monotonic() + 60
    with watching.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while process.is_alive() and time.monotonic() < deadline:
            if (connection.scalar(text("SELECT count(*) FROM cases WHERE household_id IS NOT NULL")) or 0) >= after:
                break
    process.kill()
    process.join()
    watching.dispose()
    assert process.exitcode == -9, "it was killed while at work"
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        before = work.session.scalar(select(func.count(Case.id)).where(Case.kind == DYNAMIC)) or 0
        total = work.session.scalar(select(func.count(Recipient.id)).where(Recipient.state == "ACTIVE")) or 0
    assert after <= before < total, "in the middle"

    office.advance(JUNE)

    assert the_cases_are_the_roll(office) == total
    assert len(listed(office)) == 21
