"""Good files with a few bytes changed: the reader never fails in a way of its own, and loses no row without a word."""

from __future__ import annotations

import io
import random
import zipfile
from collections import Counter
from datetime import date

import pytest

from domain import identity
from tests.sources.hostile.made import HEAD, ods, ods_rows, packed, read, sheet_of, workbook, xls

ROWS = 30
NUMBERS = [identity.make_demonstration(date(1950, 1, 1 + n), n) for n in range(ROWS)]
LINES = [f"江白露{chr(0x4E00 + n)},{number},2025-02-{1 + n % 28:02}" for n, number in enumerate(NUMBERS)]
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16-le", "utf-16")
INSERTED = (b'"', b"\0", b"\n", b"\r", b",", b"\xef\xbb\xbf", b"\xff", b"\x80", b"=", b"'", b'"\n"', b",,,,", b"\x1a")
BOOKS = {
    "xlsx": workbook(sheet_of([HEAD.strip().split(","), *[line.split(",") for line in LINES]])),
    "xls": xls([HEAD.strip().split(","), *[line.split(",") for line in LINES]]),
    "ods": ods(ods_rows([HEAD.strip().split(","), *[line.split(",") for line in LINES]])),
}


def changed(chance: random.Random, content: bytes, inserted: tuple[bytes, ...] = INSERTED) -> bytes:
    """The content with one to three changes of the kinds that bad lines, disks and hands make."""
    mutated = bytearray(content)
    for _change in range(chance.randint(1, 3)):
        if not mutated:
            break
        at = chance.randrange(len(mutated))
        to = min(len(mutated), at + chance.randint(1, 60))
        kind = chance.randrange(6)
        if kind == 0:
            mutated[at] = chance.randrange(256)
        elif kind == 1:
            mutated[at:at] = chance.choice(inserted)
        elif kind == 2:
            del mutated[at:to]
        elif kind == 3:
            mutated[at:at] = mutated[at:to]
        elif kind == 4:
            del mutated[max(at, 20) :]
        else:
            mutated[at] ^= 1 << chance.randrange(8)
    return bytes(mutated)


def must_lose_nothing(content: bytes, encoding: str) -> bool:
    """Every line that is still whole in the file was taken or named, unless the file was refused; True when it was."""
    told = read(content)
    if told.report is None:
        return True
    report = told.report
    assert report.accepted == len(told.rows)
    assert report.accepted + report.rejected == report.total
    taken = Counter(subject.number for row in told.rows for subject in row.subjects)
    text = content.decode("gb18030" if encoding == "gb18030" else encoding.removesuffix("-sig"))
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    heading = max(sheet.heading_row or 0 for sheet in report.sheets)
    whole = Counter(line for line in lines[heading:] if line in LINES)
    missing = sum((whole - Counter({line: taken[line.split(",")[1]] for line in whole})).values())
    assert missing <= report.rejected + report.by_name
    return False


def run(seeds: range) -> tuple[int, int]:
    """How many of the mutated files were refused, and how many read."""
    refused = 0
    for seed in seeds:
        chance = random.Random(seed)
        encoding = chance.choice(ENCODINGS)
        end = chance.choice(("\n", "\r\n"))
        content = (HEAD.strip() + end + "".join(line + end for line in LINES)).encode(encoding)
        refused += must_lose_nothing(changed(chance, content), encoding)
    return refused, len(seeds) - refused


def test_sixty_changed_text_files_lose_no_row() -> None:
    refused, read_ones = run(range(60))

    assert refused > 5
    assert read_ones > 5


@pytest.mark.slow
def test_a_thousand_changed_text_files_lose_no_row() -> None:
    refused, read_ones = run(range(1000, 2000))
    print(f"refused {refused}, read {read_ones}")


def run_books(seeds: range) -> Counter[str]:
    """Workbooks changed in their bytes, and in the XML inside whose archive is made anew: what became of them."""
    became: Counter[str] = Counter()
    for seed in seeds:
        chance = random.Random(seed)
        kind = chance.choice(["xlsx", "xls", "ods", "inside"])
        if kind == "inside":
            content = _changed_inside(chance, BOOKS["xlsx"])
        else:
            content = changed(chance, BOOKS[kind])
        told = read(content)
        if told.report is not None:
            assert told.report.accepted == len(told.rows)
            assert told.report.accepted + told.report.rejected == told.report.total
        became[f"{kind} {'refused' if told.report is None else 'read'}"] += 1
    return became


def _changed_inside(chance: random.Random, book: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(inside))
    inserted = (b"<row>", b"</c>", b"<", b"&", b'"', b"<!DOCTYPE x>", b"\0", b"&#0;", b'r="A1"', b"<c>")
    inside[name] = changed(chance, inside[name], inserted)
    return packed(dict(inside))


def test_sixty_changed_workbooks_are_refused_or_counted() -> None:
    assert run_books(range(60)).total() == 60


@pytest.mark.slow
def test_a_thousand_changed_workbooks_are_refused_or_counted() -> None:
    print(dict(run_books(range(5000, 6000))))


def test_a_workbook_cut_off_anywhere_is_refused() -> None:
    for kind, book in BOOKS.items():
        if kind != "xls":  # a compound file has no end that says so; its rows are looked at by the library
            for at in range(30, len(book), len(book) // 9):
                assert read(book[:at]).refusal, (kind, at)
