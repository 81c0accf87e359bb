"""What a reading may cost, how far it is, calling it off, and that a refused file leaves nothing behind."""

from __future__ import annotations

import io
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.blobs import BlobDamaged, Blobs
from domain.vault import Keys, Vault
from sources.child import NICENESS
from sources.faults import FileRefused, ReadingCancelled
from sources.reading import Limits, Pieces, Progress, Reading, reading
from sources.store import Store
from tests.sources.hostile import test_archives, test_text
from tests.sources.hostile.made import GOOD, HEAD, ONE, ROW, ods, ods_rows, packed, parts, sheet_of, workbook

ALLOWED = 300 << 20


class Made:
    """A file that is made while it is read, and never is anywhere as a whole."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.given = 0

    def read(self, _size: int, /) -> bytes:
        piece = next(self._pieces, b"")
        self.given += len(piece)
        return piece


def long_csv(rows: int) -> Iterator[bytes]:
    yield HEAD.encode()
    for _thousand in range(rows // 1000):
        yield ROW.encode() * 1000


@pytest.fixture
def store(tmp_path: Path) -> Store:
    vault = Vault(Keys.create(tmp_path / "keys"))
    return Store(Blobs(tmp_path / "files", vault), vault)


def stored(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


def must_store_nothing(store: Store, tmp_path: Path, content: bytes | str, sentence: str) -> None:
    data = content.encode() if isinstance(content, str) else content
    with (
        pytest.raises(FileRefused) as caught,
        reading(io.BytesIO(data), "DEATH", demonstration=True) as going,
    ):
        store.put("d1", "DEATH", going)
    assert sentence in str(caught.value)
    assert stored(tmp_path) == []


SOME = ("two companies with one mark each", "cut off in a row", "two tables below each other")


@pytest.mark.parametrize("name", SOME)
def test_a_refused_text_file_leaves_nothing_in_the_store(store: Store, tmp_path: Path, name: str) -> None:
    must_store_nothing(store, tmp_path, *test_text.REFUSED[name])


def test_a_file_refused_after_thousands_of_rows_leaves_nothing_in_the_store(store: Store, tmp_path: Path) -> None:
    must_store_nothing(store, tmp_path, GOOD + ROW * 5000 + '"' + ROW, "in row 5003 opens and is not closed")


@pytest.mark.slow
@pytest.mark.parametrize("name", test_text.REFUSED)
def test_no_refused_text_file_leaves_anything_in_the_store(store: Store, tmp_path: Path, name: str) -> None:
    must_store_nothing(store, tmp_path, *test_text.REFUSED[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", test_archives.REFUSED)
def test_no_refused_archive_leaves_anything_in_the_store(store: Store, tmp_path: Path, name: str) -> None:
    must_store_nothing(store, tmp_path, *test_archives.REFUSED[name])


def test_a_reading_says_how_far_it_is() -> None:
    said: list[Progress] = []
    content = (GOOD + "\n" * 21_000).encode()
    with reading(io.BytesIO(content), "DEATH", demonstration=True, progress=said.append) as going:
        rows = sum(1 for _row in going)

    assert rows == 1
    assert [one.rows for one in said] == sorted(one.rows for one in said)
    assert len(said) == 2
    assert (said[-1].bytes, said[-1].rows) == (len(content), 21_002)


def test_a_reading_can_be_called_off_and_leaves_nothing(store: Store, tmp_path: Path) -> None:
    made = Made(long_csv(10_000_000))
    asked = iter([False, False, True])
    with (
        pytest.raises(ReadingCancelled),
        reading(made, "DEATH", demonstration=True, cancelled=lambda: next(asked)) as going,
    ):
        store.put("d1", "DEATH", going)

    assert stored(tmp_path) == []
    assert made.given < 20 << 20


def test_a_file_that_cannot_be_read_to_its_end_does_not_look_like_a_shorter_one() -> None:
    def breaking() -> Iterator[bytes]:
        yield GOOD.encode()
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk is gone"), reading(Made(breaking()), "DEATH", demonstration=True) as going:
        list(going)


def test_a_sealed_file_that_is_damaged_is_not_taken_for_a_bad_delivery(store: Store, tmp_path: Path) -> None:
    vault = Vault(Keys.create(tmp_path / "others"))
    blobs = Blobs(tmp_path / "sealed", vault)
    content = (GOOD + (" " * 1000 + "\n") * 1200).encode()
    blob = blobs.put(io.BytesIO(content))
    with reading(Pieces(blobs.frames(blob)), "DEATH", demonstration=True) as going:
        assert sum(1 for _row in going) == 1
    (place,) = [path for path in (tmp_path / "sealed").rglob("*") if path.is_file()]
    place.write_bytes(place.read_bytes()[:-100])

    with (
        pytest.raises(BlobDamaged),
        reading(Pieces(blobs.frames(blob)), "DEATH", demonstration=True) as going,
    ):
        store.put("d1", "DEATH", going)

    assert stored(tmp_path) == []


def test_the_child_stands_back_and_knows_nothing_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEDUI_SECRET", "1")
    with reading(Made(long_csv(10_000_000)), "DEATH", demonstration=True) as going:
        next(iter(going))
        place = Path(f"/proc/{going._child.pid}")

        assert os.getpriority(os.PRIO_PROCESS, going._child.pid) == min(
            19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS
        )
        # in a session of its own it would be weighed as a whole against the web, however nice it is (sched(7))
        assert os.getsid(going._child.pid) == os.getsid(0)
        assert os.getpgid(going._child.pid) == going._child.pid
        assert b"HEDUI_SECRET" not in (place / "environ").read_bytes()
        limits = (place / "limits").read_text()

    assert f"Max data size             {Limits().memory}" in limits
    assert "Max file size             0" in limits


def test_processor_time_grows_with_the_file() -> None:
    content = (HEAD + ROW * 150_000).encode()
    with (
        pytest.raises(FileRefused, match="too much time"),
        reading(io.BytesIO(content), "DEATH", limits=Limits(cpu_seconds=0.3, cpu_per_mib=0.01)) as going,
    ):
        list(going)

    with reading(io.BytesIO(GOOD.encode()), "DEATH", limits=Limits(cpu_seconds=0.3, cpu_per_mib=6e6)) as going:
        assert len(list(going)) == 1


def peak_of(made: Made | io.BytesIO, limits: Limits | None = None) -> tuple[int, int, str]:
    """Most resident bytes of the child, rows, and why it was refused."""
    rows = 0
    going: Reading | None = None
    try:
        with reading(made, "DEATH", demonstration=True, limits=limits) as going:
            for _row in going:
                rows += 1
    except FileRefused as refusal:
        assert going is not None
        return going.peak, rows, str(refusal)
    return going.peak, rows, ""


@pytest.mark.slow
def test_memory_stays_flat_however_long_a_csv_is() -> None:
    peaks = []
    for rows in (250_000, 750_000):  # what an interpreter fills once is full by the first
        began = time.monotonic()
        peak, taken, refusal = peak_of(Made(long_csv(rows)))
        print(f"{rows} rows: peak {peak >> 20} MiB, {time.monotonic() - began:.0f} s")
        assert (taken, refusal) == (rows, "")
        peaks.append(peak)
    assert peaks[1] < peaks[0] + (4 << 20)
    assert peaks[1] < 100 << 20


def _wide_text(rows: int) -> bytes:
    chance = random.Random(7)
    cells = [[f"江{chance.getrandbits(64):x}", ONE, "2025-02-08"] for _row in range(rows)]
    return workbook(sheet_of([HEAD.strip().split(","), *cells]))


def _strings(count: int) -> bytes:
    text = "".join(f"<si><t>{random.Random(n).getrandbits(80):x}</t></si>" for n in range(count))
    return packed(parts(sheet_of([HEAD.strip().split(",")])) | {"xl/sharedStrings.xml": f"<sst>{text}</sst>"})


def _ods_repeating() -> bytes:
    once = ods_rows([["江白露", ONE, "2025-02-08"]], repeat=1000)
    return ods(once.replace("<table:table-row>", '<table:table-row table:number-rows-repeated="60000">'))


GREEDY = {
    "a workbook of 300,000 rows": (lambda: _wide_text(300_000), 300_000),
    "two million strings": (lambda: _strings(2_000_000), 0),
    "an ods of sixty million cells": (_ods_repeating, None),
    "96 MB that are no archive": (lambda: b"PK\x03\x04" + os.urandom(1 << 20) * 95, 0),
    "a line of 100 MB": (lambda: HEAD.encode() + b"x," * (50 << 20), 0),
    "a bomb": (lambda: test_archives.REFUSED["a bomb"][0], 0),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", GREEDY)
def test_a_greedy_file_costs_less_than_300_mb(name: str) -> None:
    make, expected = GREEDY[name]
    content = make()
    began = time.monotonic()

    peak, rows, refusal = peak_of(io.BytesIO(content))

    took = time.monotonic() - began
    print(f"{name} ({len(content) >> 20} MiB): peak {peak >> 20} MiB, {rows} rows, {took:.0f} s, {refusal}")
    assert peak < ALLOWED
    assert expected is None or rows == expected
    assert refusal or rows == expected
