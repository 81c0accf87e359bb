"""An invented population with a known truth: what is found, what is not, and what is left for a person to look at.

Runs only with --kits DIR; the material is DIR/population.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from domain.blobs import Blobs
from domain.vault import Keys, Vault
from sources.households import read_declaration
from sources.reading import ReadReport, reading
from sources.store import MatchedRow, MatchKind, Store, StoredDelivery

FILES = {
    "bank.csv": "DEPOSIT",
    "vehicle.csv": "VEHICLE",
    "property.xlsx": "HOUSE",
    "pension.xlsx": "PENRCV",
    "business.csv": "BIZ",
    "death.csv": "DEATH",
    "marriage.csv": "MARRIAGE",
    "disability.csv": "DISAB",
    "payroll.xlsx": "WAGE",
    "tax.csv": "TAX",
    "fund.xlsx": "HPF",
    "unemployment.csv": "UIRCV",
    "prison.csv": "PRISON",
}


class Population:
    """The kit read, stored and matched once."""

    def __init__(self, kit: Path, home: Path) -> None:
        self.kit = kit
        vault = Vault(Keys.create(home / "keys"))
        store = Store(Blobs(home / "files", vault), vault)
        self.reports: dict[str, ReadReport] = {}
        deliveries: list[StoredDelivery] = []
        for name, category in FILES.items():
            with (kit / "departments" / name).open("rb") as file, reading(file, category) as going:
                deliveries.append(store.put(name, category, going))
            self.reports[name] = going.report
        people = _declared_people(kit)
        self.numbers = set(people)
        self.found: dict[tuple[str, str], list[MatchedRow]] = defaultdict(list)
        for row in store.match(deliveries, [store.wanted(number, number, name) for number, name in people.items()]):
            self.found[row.delivery_ref, row.row_no].append(row)

    def faulty(self, file: str, row_no: str) -> bool:
        sheet, _, row = row_no.rpartition("!")
        return any((f.sheet, f.row) == (int(sheet or 1), int(row)) for f in self.reports[file].faults)


def _declared_people(kit: Path) -> dict[str, str]:
    files = [(kit / f"declared_{kind}.csv").read_bytes() for kind in ("households", "members", "supporters")]
    declaration = read_declaration({f"{i}.csv": content for i, content in enumerate(files)})
    assert not declaration.faults
    people = {m.number: m.name for h in declaration.households for m in h.members}
    return people | {s.number: s.name for h in declaration.households for s in h.supporters}


@pytest.fixture(scope="module")
def population(kits: Path, tmp_path_factory: pytest.TempPathFactory) -> Population:
    return Population(kits / "population", tmp_path_factory.mktemp("population"))


def _links(population: Population) -> list[dict[str, str]]:
    with gzip.open(population.kit / "truth" / "links.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_link_of_the_truth_is_found_refused_or_left_to_a_person(population: Population) -> None:
    right: Counter[str] = Counter()
    expected: Counter[str] = Counter()
    wrong: list[str] = []
    flagged: Counter[str] = Counter()
    for link in _links(population):
        place = link["file"], link["row"]
        rows = population.found[place]
        by_number = [r for r in rows if r.match_kind is not MatchKind.NAME_ONLY and r.number == link["id"]]
        how = f"{link['how']} / {link['name_how']}"
        if link["expect"] in ("match", "duplicate") and link["id"] in population.numbers:
            expected[how] += 1
            right[how] += bool(by_number)
            flagged[how] += any(r.name_differs for r in by_number)
        elif link["expect"] == "none":
            if any(r.wanted == link["id"] or r.match_kind is MatchKind.NAME_ONLY for r in rows):
                wrong.append(f"{place} {how}: matched though it is a stranger's")
        elif link["expect"] == "doubt":
            silent = any(not r.name_differs for r in by_number)
            seen = population.faulty(*place) or any(r.name_differs for r in by_number)
            if link["id"] in population.numbers and (silent or not seen):
                wrong.append(f"{place} {how}: {'silently matched' if silent else 'dropped without a word'}")
    for how in sorted(expected):
        print(f"{how:32} found {right[how]:4} of {expected[how]:4}   name flagged {flagged[how]}")
    print(f"recall {right.total()}/{expected.total()}; wrong: {len(wrong)}")
    assert not wrong
    assert right == expected


def test_no_row_is_matched_that_the_truth_does_not_know(population: Population) -> None:
    known = {(link["file"], link["row"], link["id"]) for link in _links(population)}
    hits = [r for rows in population.found.values() for r in rows if r.match_kind is not MatchKind.NAME_ONLY]

    unknown = [(r.delivery_ref, r.row_no) for r in hits if (r.delivery_ref, r.row_no, r.number) not in known]

    print(f"precision {len(hits) - len(unknown)}/{len(hits)}")
    assert not unknown


def test_repeated_rows_have_the_same_fingerprint(population: Population) -> None:
    pairs = [link for link in _links(population) if link["expect"] == "duplicate" and link["id"] in population.numbers]
    for link in pairs:
        again = population.found[link["file"], link["row"]]
        before = population.found[link["file"], str(int(link["row"]) - 1)]
        assert {r.fingerprint for r in again} == {r.fingerprint for r in before}
    assert pairs


def test_accepted_and_rejected_make_the_total_in_every_file(population: Population) -> None:
    skipped = Counter(link["file"] for link in _links(population) if link["expect"] == "skip")
    for name, report in population.reports.items():
        assert report.accepted + report.rejected == report.total
        assert report.skipped >= skipped[name]
