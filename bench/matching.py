"""A department's file from its bytes to doubts, beside what the bare engine takes to read and join the same rows.

    python -m bench.matching                      # 1,000,000 rows, three times
    python -m bench.matching --rows 10000000 --times 1

Each line is a process of its own, so that its peak memory is its own; seconds are of the clock and of the processor,
the median of `--times`. The floor is the least any store must pay that seals each row by itself and finds it by a keyed
hash: the bare read plus one HMAC and one AES-GCM a row, without parsing, checking or writing anything.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.population import GIVEN, SURNAMES, WEIGHTS
from domain.blobs import Blobs, StoredBlob
from domain.vault import Keys, Vault
from sources.reading import Limits, Reading, reading
from sources.store import Store, StoredDelivery, StoredPart, Wanted

HEADINGS = "序号,户名,证件类型,证件号码,开户银行,账号,账户种类,币种,账户余额(元),查询时点\r\n"
ROWS, WANTED = 1_000_000, 30_000
CHECK = "10X98765432"
NOW = datetime(2025, 6, 30, tzinfo=UTC)
TABLE = Path(__file__).resolve().parent.parent / "bpmn" / "verification" / "doubts.dmn"
_FACT: dict[str, object] = {
    "fact": "LINE", "category": "DEPOSIT", "verdict": "UNDECLARED", "household_count": 1, "active": True, "kind": "",
    "months_since": 0, "amount": 0, "valid_until": None, "name_differs": False, "stale": False, "conflict": False,
    "limits": {"amount_tolerance": 100, "household_deposits": 20_000, "household_properties": 2},
}  # fmt: skip
NAMES = {
    "engine": "the bare engine: read and join",
    "engine_all": "the bare engine: read all columns, write them",
    "floor": "floor: bare read, one HMAC and one AES-GCM a row",
    "read": "read, check and normalise (child)",
    "put": "read, normalise, encrypt, store",
    "match": "match 30,000 persons, open their rows",
    "doubts": "doubts of the matched rows by a table",
}


@dataclass
class Measured:
    """One line: seconds of the clock, of the processor (children included), peak MiB of the process and its child."""

    wall: float
    cpu: float
    peak: float
    child: float = 0.0
    said: dict[str, object] = field(default_factory=dict)


def number_of(n: int) -> str:
    """The n-th invented identity number, of a division that does not exist."""
    day = date(1940, 1, 1) + timedelta(days=n // 900 % 25_000)
    digits = f"99{n // 22_500_000:04d}{day:%Y%m%d}{n % 900 + 100:03d}"
    return digits + CHECK[sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits, strict=True)) % 11]


def fill(path: Path, rows: int) -> None:
    """A bank's file, UTF-8 so that the bare engine can read it."""
    chance = random.Random(20250630)
    names = [a + b + c for a in SURNAMES for b in GIVEN[:20] for c in ("", *GIVEN[20:40])]
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write(HEADINGS)
        for n in range(rows):
            cents = chance.randrange(6_000_000)
            out.write(
                f"{n + 1},{chance.choice(names)},居民身份证,{number_of(n)},中国农业银行某支行,62284{n:012d},"
                f"活期,人民币,{cents // 100}.{cents % 100:02d},2025-06-30\r\n"
            )


def engine(folder: Path, rows: int) -> dict[str, object]:
    """DuckDB reads the numbers and joins them with the persons; nothing is checked, sealed or kept."""
    connection = duckdb.connect(config={"threads": 1, "memory_limit": "512MB", "temp_directory": str(folder)})
    connection.execute("CREATE TABLE wanted (number VARCHAR)")
    connection.execute("INSERT INTO wanted SELECT unnest(?)", [_numbers(rows)])
    found = connection.execute(
        "SELECT count(*) FROM read_csv(?, all_varchar = true) s JOIN wanted w ON s.证件号码 = w.number",
        [str(folder / "bank.csv")],
    ).fetchone()
    return {"rows": found and found[0]}


def engine_all(folder: Path, _rows: int) -> dict[str, object]:
    """DuckDB reads every column and writes them as they are."""
    connection = duckdb.connect(config={"threads": 1, "memory_limit": "512MB", "temp_directory": str(folder)})
    connection.execute(
        f"COPY (SELECT * FROM read_csv('{folder / 'bank.csv'}', all_varchar = true))"
        f" TO '{folder / 'bare.parquet'}' (FORMAT parquet)"
    )
    (folder / "bare.parquet").unlink()
    return {}


def floor(folder: Path, _rows: int) -> dict[str, object]:
    """Split each line, hash its number, seal its bytes: no check, no JSON, nothing written."""
    inner, outer, seal = hashlib.sha256(bytes(64)), hashlib.sha256(bytes(64)), AESGCM(bytes(32)).encrypt
    count = 0
    with (folder / "bank.csv").open("rb") as file:
        for count, line in enumerate(file):
            first, last = inner.copy(), outer.copy()
            first.update(line.split(b",", 4)[3])
            last.update(first.digest())
            last.digest()
            seal(count.to_bytes(12, "big"), line, b"place")
    return {"rows": count}


def read(folder: Path, _rows: int) -> dict[str, object]:
    """The limited child reads, the rows are thrown away."""
    with _reading(folder) as going:
        count = sum(1 for _row in going)
        return {"rows": count, "child": going.peak}


def put(folder: Path, _rows: int) -> dict[str, object]:
    """As a delivery is taken in: child, blind indexes, one ciphertext a row, sealed parts."""
    with _reading(folder) as going:
        stored = _store(folder).put("BENCH", "DEPOSIT", going, dated=date(2025, 6, 30))
        (folder / "stored.json").write_text(json.dumps([_packed(part) for part in stored.parts]))
        return {
            "rows": stored.rows, "parts": len(stored.parts), "child": going.peak,
            "mib": sum(file.size for file in stored.files) >> 20,
        }  # fmt: skip


def match(folder: Path, rows: int) -> dict[str, object]:
    """The store is asked for all persons at once."""
    store = _store(folder)
    found = store.match([_stored(folder)], _wanted(store, rows))
    with (folder / "matched.json").open("w") as out:
        json.dump([row.values.get("balance", "0") for row in found], out)
    return {"rows": len(found), "opened": store.opened}


def doubts(folder: Path, _rows: int) -> dict[str, object]:
    """The shipped table judges each matched row as a deposit that was not declared."""
    import decisions  # here, so that the lines above do not carry it in their peak

    model = decisions.load(TABLE.read_bytes())
    balances = [Decimal(balance) for balance in json.loads((folder / "matched.json").read_text())]
    raised = 0
    for balance in balances:
        fact = _FACT | {"difference": balance, "household_total": balance}
        raised += bool(model.evaluate("doubts", fact, now=NOW, budget=100_000).matched)
    return {"rows": len(balances), "doubts": raised}


STAGES: dict[str, Callable[[Path, int], dict[str, object]]] = {
    "engine": engine, "engine_all": engine_all, "floor": floor, "read": read, "put": put, "match": match,
    "doubts": doubts,
}  # fmt: skip


def _reading(folder: Path) -> AbstractContextManager[Reading]:
    return reading((folder / "bank.csv").open("rb"), "DEPOSIT", demonstration=True, limits=Limits(bytes=4 << 30))


def _store(folder: Path) -> Store:
    vault = Vault(Keys.read(folder / "keys"))
    return Store(Blobs(folder / "files", vault), vault)


def _numbers(rows: int) -> list[str]:
    return [number_of(n) for n in range(0, rows, max(1, rows // WANTED))][:WANTED]


def _wanted(store: Store, rows: int) -> list[Wanted]:
    return [store.wanted(str(i), number) for i, number in enumerate(_numbers(rows))]


def _packed(part: StoredPart) -> dict[str, object]:
    said = asdict(part)
    said["file"]["wrapped_key"] = part.file.wrapped_key.hex()
    return said


def _stored(folder: Path) -> StoredDelivery:
    parts = []
    for said in json.loads((folder / "stored.json").read_text()):
        file = said.pop("file")
        blob = StoredBlob(file["name"], file["digest"], file["size"], bytes.fromhex(file["wrapped_key"]))
        parts.append(StoredPart(**said, file=blob))
    return StoredDelivery("BENCH", "DEPOSIT", tuple(parts), sum(part.rows for part in parts), date(2025, 6, 30))


def alone(stage: str, folder: Path, rows: int) -> None:
    """One line, in this process; what it cost goes to standard output."""
    began, cpu = time.perf_counter(), _cpu()
    said = STAGES[stage](folder, rows)
    wall = time.perf_counter() - began
    child = int(str(said.pop("child", 0))) >> 20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(json.dumps(asdict(Measured(wall, _cpu() - cpu, peak, child, said))))


def _cpu() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def measure(stage: str, folder: Path, rows: int) -> Measured:
    """One line in a process of its own."""
    words = [sys.executable, "-m", "bench.matching", "--stage", stage, "--folder", str(folder), "--rows", str(rows)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def run(folder: Path, rows: int, times: int) -> None:
    """Every line `times` times in turn, and the medians."""
    fill(folder / "bank.csv", rows)
    Keys.create(folder / "keys")
    size = (folder / "bank.csv").stat().st_size >> 20
    print(f"{rows:,} rows, {size} MB, {times} times, load {os.getloadavg()[0]:.1f}", flush=True)
    made: dict[str, list[Measured]] = {stage: [] for stage in STAGES}
    for _number in range(times):
        for stage in STAGES:
            made[stage].append(measure(stage, folder, rows))
    print("| | seconds | of the processor | peak MiB | of the child | |\n|---|---|---|---|---|---|")
    for stage, found in made.items():
        middle = [statistics.median(getattr(one, what) for one in found) for what in ("wall", "cpu")]
        most = [max(getattr(one, what) for one in found) for what in ("peak", "child")]
        said = ", ".join(f"{what} {value:,}" for what, value in found[-1].said.items())
        child = f"{most[1]:.0f}" if most[1] else ""
        print(f"| {NAMES[stage]} | {middle[0]:.1f} | {middle[1]:.1f} | {most[0]:.0f} | {child} | {said} |")
    ends = [sum(one.cpu for one in parts) for parts in zip(*(made[s] for s in ("put", "match", "doubts")), strict=True)]
    bare = statistics.median(one.cpu for one in made["engine"])
    print(
        f"end to end {statistics.median(ends):.1f} s of the processor, {statistics.median(ends) / bare:.0f} times bare"
    )


def main() -> None:
    """Measure as the command line says."""
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    given.add_argument("--rows", type=int, default=ROWS)
    given.add_argument("--times", type=int, default=3)
    given.add_argument("--folder", type=Path)
    given.add_argument("--stage", choices=sorted(STAGES))
    chosen = given.parse_args()
    if chosen.stage:
        alone(chosen.stage, chosen.folder, chosen.rows)
        return
    with tempfile.TemporaryDirectory(prefix="bench-", dir=chosen.folder) as folder:
        run(Path(folder), chosen.rows, chosen.times)


if __name__ == "__main__":
    main()
