"""`./run do match` as an office without a home meets it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from domain import identity
from tests.sources.matching_made import by_hand
from tests.support import ROOT

ONE = identity.make_demonstration(date(1965, 4, 3), 123)
BANK = f"户名,证件号码,账号,账户余额,查询时点\n何素丽,{ONE},1234567890,25000,2025-06-30\n"
FAMILY = {
    "households": [f"H1,何素丽,{ONE},城市低保"],
    "members": [f"H1,何素丽,{ONE},本人,未婚,,0"],
}


def run(folder: Path, *more: str, language: str = "en") -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with no home anywhere."""
    env = {**os.environ, "HEDUI_LANG": language, "PYTHONPATH": str(ROOT), "HEDUI_HOME": "/nonexistent/home"}
    given = ["--files", folder / "departments", "--declared", folder, "--rules", folder / "truth" / "meta.json",
             "--out", folder / "result.csv", "--doubts", folder / "doubts.csv", "--demonstration", *more]  # fmt: skip
    words = [sys.executable, "-m", "cli", "match", *map(str, given)]
    return subprocess.run(words, env=env, capture_output=True, text=True, timeout=120)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One family and one bank."""
    return by_hand(tmp_path / "x", FAMILY, {"bank.csv": BANK})


def test_results_are_written_and_counts_told(folder: Path) -> None:
    done = run(folder)

    assert (done.returncode, done.stdout) == (0, "")
    assert "match 1, doubt 0" in done.stderr and "as of 2025-06-30" in done.stderr
    assert (
        folder / "result.csv"
    ).read_bytes() == f"file,row,column,verdict,id\r\nbank.csv,2,1,match,{ONE}\r\n".encode()
    assert (folder / "doubts.csv").read_bytes() == b"household,rule\r\nH1,R02\r\n"


def why(folder: Path, row: str, language: str = "en") -> subprocess.CompletedProcess[str]:
    """`match-why` of a row of the bank's file."""
    env = {**os.environ, "HEDUI_LANG": language, "PYTHONPATH": str(ROOT), "HEDUI_HOME": "/nonexistent/home"}
    words = ["match-why", "--declared", folder, "--demonstration", folder / "departments" / "bank.csv", row]
    given = [sys.executable, "-m", "cli", *map(str, words)]
    return subprocess.run(given, env=env, capture_output=True, text=True, timeout=120)


def test_every_verdict_explains_itself_without_naming_anybody(folder: Path) -> None:
    with (folder / "departments" / "bank.csv").open("a") as bank:
        bank.write(f"李四,'{ONE},1234567891,5,2025-06-30\n合计,,,25005,\n")

    exact, quoted, total = why(folder, "2"), why(folder, "3", "zh_Hans_CN"), why(folder, "4")

    assert (exact.returncode, exact.stderr) == (0, "")
    shown = f"{ONE[:6]}********{ONE[-4:]}"
    assert exact.stdout == (
        f"bank.csv\t2\t1\tmatch\t{shown}\tThe number is declared and the name is the same. The row is this person's.\n"
    )
    assert "doubt" in quoted.stdout and "姓名是别人的" in quoted.stdout
    assert "李四" not in quoted.stdout and ONE not in quoted.stdout
    assert total.stdout.startswith("bank.csv\t4\t—\tskip\t—\t")


def test_a_row_that_is_not_there_is_said_to_be_so(folder: Path) -> None:
    beyond, heading, word = why(folder, "9"), why(folder, "1"), why(folder, "last")

    assert beyond.returncode == heading.returncode == 1
    assert "bank.csv has no row 9 under the headings of sheet 1." in beyond.stderr
    assert word.returncode == 2 and "2!17" in word.stderr


def test_a_refused_file_is_named_in_the_offices_words_and_by_the_exit_code(folder: Path) -> None:
    (folder / "departments" / "甲.csv").write_text("不知,所云\n1,2\n")

    done = run(folder, language="zh_Hans_CN")

    assert done.returncode == 3
    assert "甲.csv：前 40 行中没有找到已知种类文件的表头。" in done.stderr
    assert "H1,R02" in (folder / "doubts.csv").read_text()


def test_what_cannot_be_done_leaves_nothing_behind(folder: Path) -> None:
    (folder / "truth" / "meta.json").write_text("{}")
    before = sorted(folder.iterdir())

    done = run(folder)

    assert done.returncode == 1 and "standard_month" in done.stderr and "Traceback" not in done.stderr
    assert sorted(folder.iterdir()) == before


def test_help_needs_no_home_and_a_wrong_command_says_so(folder: Path) -> None:
    helped = run(folder, "--help")
    assert helped.returncode == 0 and "Exit codes" in helped.stdout
    assert run(folder, "--nothing").returncode == 2
