"""`./run do deliveries`: several files, each taken in whole or refused whole, and one that came before left alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from domain import identity
from domain.verification.deliveries import Delivery
from domain.verification.handovers import Handover
from tests.cli.test_commands import do
from tests.homes import Office, comes_on_a_medium

HEADING = "户名,证件号码,账户余额,查询时点\n"


def _csv(folder: Path, name: str, good: int, bad: int = 0, day: str = "2027-04-30") -> Path:
    number = identity.make_demonstration(date(1980, 1, 1), 17)
    lines = [f"甲某{name}{n},{number},{n}00.00,{day}" for n in range(good)]
    lines += [f"乙某,{number},不详,{day}" for _n in range(bad)]
    path = folder / name
    path.write_text(HEADING + "".join(line + "\n" for line in lines), encoding="gb18030")
    return path


@pytest.mark.clause("LF-10")
def test_several_files_are_each_taken_in_or_refused_and_the_same_one_is_one_delivery(
    office: Office, tmp_path: Path
) -> None:
    whole, part, wrong = _csv(tmp_path, "a.csv", 5), _csv(tmp_path, "b.csv", 4, 2), _csv(tmp_path, "c.csv", 0, 3)
    line = ("deliveries", "load", "--source", "bank.DEPOSIT", "--whole")
    with office.home.sessions() as session:
        before = set(session.scalars(select(Delivery.ref)))
    done = do(office.place, *line, str(whole), str(wrong), str(part))
    assert done.returncode == 3, done.stderr
    assert "a.csv: accepted" in done.stdout and "b.csv: accepted" in done.stdout and "c.csv: Not one" in done.stderr
    assert "4 rows taken in, 2 rejected" in done.stdout and "账户余额" in done.stderr and "不详" not in done.stderr
    office.sweep()
    with office.home.sessions() as session:
        made = [row for row in session.scalars(select(Delivery).order_by(Delivery.id)) if row.ref not in before]
        assert [(row.state, row.accepted, row.rejected, row.store_name is None) for row in made] == [
            ("READY", 5, 0, False), ("FAILED", 0, 3, True), ("READY", 4, 2, False),
        ]  # fmt: skip
    again = do(office.place, *line, str(whole))
    assert again.returncode == 0 and "delivered already" in again.stderr
    with office.home.sessions() as session:
        assert len(session.scalars(select(Delivery)).all()) == len(before) + 3


@pytest.mark.clause("CK-21")
def test_a_rhythm_is_set_and_a_file_of_another_period_is_refused(office: Office, tmp_path: Path) -> None:
    set_ = do(office.place, "deliveries", "rhythm", "--source", "bank.DEPOSIT", "--every", "HALF")
    assert set_.returncode == 0 and "2026-H2" in set_.stdout
    line = ("deliveries", "load", "--source", "bank.DEPOSIT", "--whole")
    late = do(office.place, *line, str(_csv(tmp_path, "late.csv", 5)))
    assert late.returncode == 3 and "2026-H2" in late.stderr and "row 2" in late.stderr
    future = do(office.place, *line, "--period", "2027-H1", str(_csv(tmp_path, "late.csv", 6)))
    assert future.returncode == 3 and "not over" in future.stderr
    right = do(office.place, *line, str(_csv(tmp_path, "right.csv", 5, day="2026-12-31")))
    assert right.returncode == 0, right.stderr
    nowhere = do(office.place, "deliveries", "load", "--source", "bank.NOTHING", str(tmp_path / "right.csv"))
    assert nowhere.returncode == 1 and "bank.NOTHING" in nowhere.stderr


@pytest.mark.clause("BX-30")
def test_a_file_that_came_on_a_medium_needs_its_hand_over_and_is_taken_back_without(
    office: Office, tmp_path: Path
) -> None:
    comes_on_a_medium(office)
    path = _csv(tmp_path, "a.csv", 5)
    line = ("deliveries", "load", "--source", "bank.DEPOSIT", "--whole", str(path))
    bare = do(office.place, *line)
    assert bare.returncode == 3 and "come on a medium" in bare.stderr
    medium = ("--medium", "USB", "--serial", "B-17", "--giver", "江白露", "--receiver", "梁夏至")
    wrong = do(office.place, *line, *medium, "--handed-at", "yesterday")
    assert wrong.returncode == 1 and "--handed-at" in wrong.stderr
    with office.home.sessions() as session:
        assert session.scalars(select(Delivery.state).order_by(Delivery.id.desc()).limit(1)).one() == "WITHDRAWN"
    done = do(office.place, *line, *medium)
    assert done.returncode == 0 and "5 rows taken in" in done.stdout, done.stderr
    with office.home.sessions() as session:
        assert session.scalars(select(Handover.serial).order_by(Handover.id)).all()[-1:] == ["B-17"]


def test_a_file_much_smaller_than_the_last_is_taken_back_and_may_be_loaded_as_whole(
    office: Office, tmp_path: Path
) -> None:
    line = ("deliveries", "load", "--source", "bank.DEPOSIT")
    assert do(office.place, *line, "--whole", str(_csv(tmp_path, "a.csv", 9))).returncode == 0
    office.sweep()
    small = str(_csv(tmp_path, "b.csv", 2))
    assert do(office.place, *line, small).returncode == 3
    again = do(office.place, *line, "--whole", small)
    assert again.returncode == 0 and "2 rows taken in" in again.stdout, again.stderr
