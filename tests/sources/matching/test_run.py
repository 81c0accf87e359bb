"""Folders of files matched: nobody wrong, nothing lost, the same bytes every time, whatever interrupts."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

import decisions
from domain import identity
from domain.errors import Conflict
from sources.faults import Refusal
from sources.matching import cells, run
from sources.matching.rules import MODEL
from sources.matching.run import Interrupted
from tests.kits.score import score
from tests.sources.matching_made import Heard, by_hand, matched, order, population
from tests.support import ROOT

ONE = identity.make_demonstration(date(1965, 4, 3), 123)
TWO = identity.make_demonstration(date(1971, 8, 9), 42)
FAMILY = {
    "households": [f"H1,何素丽,{ONE},城市低保", f"=H2,王五,{TWO},城市低保"],
    "members": [f"H1,何素丽,{ONE},本人,未婚,,0", f"=H2,王五,{TWO},本人,未婚,,0"],
}
BANK = "户名,证件号码,账号,账户余额,查询时点\n"


def rows_of(content: bytes) -> list[dict[str, str]]:
    """A result as rows."""
    return list(csv.DictReader(io.StringIO(content.decode())))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small town, a fifth of whose cells are dirty."""
    return population(tmp_path_factory.mktemp("town") / "town", households=30, seed=5)


@pytest.mark.parametrize(
    "region", ["mongol", *(pytest.param(r, marks=pytest.mark.slow) for r in ("han", "uighur", "tibetan"))]
)
def test_a_dirty_population_is_matched_without_a_wrong_person_or_a_silent_drop(tmp_path: Path, region: str) -> None:
    folder = population(tmp_path / region, households=120, seed=len(region), region=region, dirty=0.15)
    given = order(folder)
    matched(given)
    made = score(folder, given.out, given.doubts)

    assert made.recall >= 0.995, made.places
    assert (made.wrong_person, made.strangers, made.rash, made.dropped) == (0, 0, 0, 0), made.places
    assert made.other.keys() <= {f"{kind} as expected" for kind in ("doubt", "none", "duplicate", "skip")}, made.places
    assert made.doubt_precision >= 0.97
    assert made.doubt_recall >= 0.9  # so dirty that some facts stand beside an empty number


def test_matching_twice_gives_the_same_bytes(town: Path) -> None:
    assert matched(order(town, "a"))[1:] == matched(order(town, "b"))[1:]


@pytest.mark.parametrize("steps", [4, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2, 8, 11, 12))])
def test_an_interrupted_run_goes_on_and_gives_the_same_bytes(
    town: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    whole = matched(order(town, "whole"))[1:]
    monkeypatch.setattr(run, "LOOK_ROWS", 37)
    given = order(town, f"cut{steps}")
    times = 0
    while True:
        try:
            result = matched(given, Heard(stop_after=steps))[1:]
            break
        except Interrupted:
            times += 1
            assert not given.out.exists() and not given.doubts.exists()
            steps *= 2

    assert times and result == whole
    assert sorted(os.listdir(given.out.parent)) == ["doubts.csv", "result.csv"]


def test_a_checkpoint_of_other_inputs_is_not_taken_up(town: Path, tmp_path: Path) -> None:
    folder = population(tmp_path / "town", households=30, seed=5)
    given = order(folder)
    with pytest.raises(Interrupted):
        matched(given, Heard(stop_after=3))
    with (folder / "departments" / "death.csv").open("ab") as file:
        file.write(f"何素丽,{ONE},2025-01-01\r\n".encode("gb18030"))
    heard = Heard()

    result = matched(given, heard)[1:]

    assert not any("earlier run" in said for said in heard.said)
    assert result == matched(order(folder, "anew"))[1:]


@pytest.mark.slow
def test_a_killed_run_goes_on_and_gives_the_same_bytes(tmp_path: Path) -> None:
    folder = population(tmp_path / "town", households=400, seed=9)
    whole = matched(order(folder, "whole"))[1:]
    given = order(folder, "killed")
    words = [sys.executable, "-m", "cli", "match", "--files", given.files, "--declared", given.declared, "--rules",
             given.rules, "--out", given.out, "--doubts", given.doubts, "--demonstration"]  # fmt: skip
    env = {**os.environ, "PYTHONPATH": str(ROOT), "HEDUI_LANG": "en"}
    for wait, sign in ((1.0, signal.SIGKILL), (1.7, signal.SIGTERM), (2.3, signal.SIGKILL), (2.0, signal.SIGINT)):
        going = subprocess.Popen(list(map(str, words)), env=env, stderr=subprocess.PIPE, text=True)
        time.sleep(wait)
        going.send_signal(sign)
        _out, said = going.communicate()
        assert going.returncode in (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, 130, 0), said
    assert matched(given)[1:] == whole


def test_a_row_with_a_broken_amount_keeps_its_verdict(tmp_path: Path) -> None:
    folder = by_hand(tmp_path / "x", FAMILY, {"bank.csv": f"{BANK}何素丽,{ONE},1,许多,2025-06-30,多余\n"})

    found, result, doubts = matched(order(folder))

    assert rows_of(result) == [{"file": "bank.csv", "row": "2", "column": "1", "verdict": "match", "id": ONE}]
    assert rows_of(doubts) == []
    assert found.on == date(2025, 6, 30)


def test_totals_notes_blanks_and_repeated_rows(tmp_path: Path) -> None:
    row = f"何素丽,{ONE},1234567890,15000,2025-06-30\n"
    body = (
        BANK
        + row
        + row
        + ",,,,\n"
        + BANK
        + row
        + "合计,,,15000,\n制表人：王某,,,,\n共3条记录,,,,\n说明：无,,,2025-06-30,\n"
    )
    folder = by_hand(tmp_path / "x", FAMILY, {"bank.csv": body})

    _found, result, doubts = matched(order(folder))

    kinds = ["match", "duplicate", "skip", "skip", "duplicate", "skip", "skip", "skip", "skip"]
    assert [r["verdict"] for r in rows_of(result)] == kinds
    assert all(r["column"] == r["id"] == "" for r in rows_of(result) if r["verdict"] == "skip")
    assert rows_of(doubts) == []  # 15000 is counted once


def test_a_file_that_cannot_be_used_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    row = f"{BANK}何素丽,{ONE},1234567890,25000,2025-06-30\n".encode()
    half = row + f"何素丽,{ONE},1,90000,2025-06-30\n".encode() * 900 + b"\xff\xff\xff\x00"
    files: dict[str, str | bytes] = {
        "a.csv": "甲,乙\n1,2\n",
        "b.csv": row,
        "c.csv": half,
        "d.pdf": b"%PDF-1.4",
        "e.csv": b"",
    }
    folder = by_hand(tmp_path / "x", FAMILY, files)
    heard = Heard()

    found, result, doubts = matched(order(folder), heard)

    assert [name for name, _why in found.refused] == ["a.csv", "c.csv", "d.pdf", "e.csv"]
    assert all(any(said.startswith(name) for said in heard.said) for name, _why in found.refused)
    assert {r["file"] for r in rows_of(result)} == {"b.csv"}
    assert found.counts["match"] == 1
    assert rows_of(doubts) == [{"household": "H1", "rule": "R02"}]


def test_a_child_that_takes_too_much_memory_is_ended_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bank.csv"
    path.write_text(BANK + f"何素丽,{ONE},1,2,2025-06-30\n" * 20_000)
    monkeypatch.setattr(cells, "MEMORY", 8 << 20)  # less than an interpreter has before it reads anything

    with cells.reading(path, "departments") as sheets, pytest.raises(Refusal, match="needs more memory than allowed"):
        list(next(sheets).rows)


def test_no_cell_of_a_result_is_a_formula(tmp_path: Path) -> None:
    row = f"{BANK}王五,{TWO},1234567890,25000,2025-06-30\n"
    folder = by_hand(tmp_path / "x", FAMILY, {"=cmd.csv": row, 'b,"c.csv': row})

    _found, result, doubts = matched(order(folder))

    assert {r["file"] for r in rows_of(result)} == {"'=cmd.csv", 'b,"c.csv'}
    assert rows_of(doubts) == [{"household": "'=H2", "rule": "R02"}]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not JSON (line 1)"),
        ("[]", "must be one JSON object"),
        ('{"a": 1}', "“a”, which no rule uses"),
        ('{"rules": {"property_limit": 2}}', "lack the parameter “standard_month”"),
        ('{"property_limit": 2, "property_limit": 3}', "“property_limit” twice"),
    ],
)
def test_rules_that_cannot_be_used_are_told_with_place_and_remedy(tmp_path: Path, text: str, told: str) -> None:
    folder = by_hand(tmp_path / "x", FAMILY, {"bank.csv": BANK})
    (folder / "truth" / "meta.json").write_text(text)

    with pytest.raises(Conflict) as refused:
        matched(order(folder))
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("standard_month", {"城市低保": "700"}),
        ("deposit_limit_per_head", -1),
        ("property_limit", 1.5),
        ("income_tolerance", 2),
        ("vehicle_exempt", "摩托车"),
        ("capital_limit_wan", True),
        ("capital_limit_wan", None),
    ],
)
def test_a_broken_parameter_is_named(tmp_path: Path, name: str, value: object) -> None:
    folder = by_hand(tmp_path / "x", FAMILY, {"bank.csv": BANK})
    rules = json.loads((folder / "truth" / "meta.json").read_text())["rules"]
    (folder / "truth" / "meta.json").write_text(json.dumps(rules | {name: value}))

    with pytest.raises(Conflict) as refused:
        matched(order(folder))
    assert name in str(refused.value)


def test_without_a_day_in_any_file_the_day_is_asked_for(tmp_path: Path) -> None:
    folder = by_hand(tmp_path / "x", FAMILY, {"v.csv": f"号牌号码,车主,身份证号\n蒙D1,何素丽,{ONE}\n"})

    with pytest.raises(Conflict, match="--as-of"):
        matched(order(folder))
    assert matched(order(folder, as_of=date(2025, 6, 30)))[0].on == date(2025, 6, 30)


def test_the_model_that_ships_has_no_fault() -> None:
    assert not decisions.check(MODEL.read_bytes())
