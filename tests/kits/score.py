"""How good a matching was: RESULT and DOUBTS held against the truth beside the files.

    python -m tests.kits.score KIT RESULT.csv DOUBTS.csv

KIT is a folder shaped like testdata/population. Doubts that rest on facts in no file are left out of the recall: they
are those of wages (and of the income they make) of people who are in no payroll and no tax file.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

WAGES = ("payroll.xlsx", "tax.csv")
Pair = tuple[str, str]


@dataclass
class Score:
    """The figures of the acceptance, and every cell and doubt that is not right."""

    expected: int = 0
    right: int = 0
    wrong_person: int = 0
    strangers: int = 0
    rash: int = 0
    cells: int = 0
    dropped: int = 0
    other: Counter[str] = field(default_factory=Counter)
    raised: set[Pair] = field(default_factory=set)
    due: set[Pair] = field(default_factory=set)
    beyond: set[Pair] = field(default_factory=set)
    places: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Matches found, of those there are."""
        return self.right / self.expected if self.expected else 1.0

    @property
    def drops(self) -> float:
        """Cells that should be matched or doubted and are neither, of all."""
        return self.dropped / self.cells if self.cells else 0.0

    @property
    def doubt_precision(self) -> float:
        """Doubts that are due, of those raised."""
        return len(self.raised & (self.due | self.beyond)) / len(self.raised) if self.raised else 1.0

    @property
    def doubt_recall(self) -> float:
        """Doubts raised, of those due by facts in the files."""
        return len(self.raised & self.due) / len(self.due) if self.due else 1.0

    def told(self) -> str:
        """The figures in lines."""
        lines = [
            f"match recall        {self.recall:.4f}  ({self.right} of {self.expected})",
            f"wrong person        {self.wrong_person}",
            f"strangers matched   {self.strangers}",
            f"rash matches        {self.rash}",
            f"silent drops        {self.drops:.4%}  ({self.dropped} of {self.cells} cells)",
            f"doubts precision    {self.doubt_precision:.4f}  ({len(self.raised)} raised)",
            f"doubts recall       {self.doubt_recall:.4f}  ({len(self.due)} due by facts in the files)",
            f"due by other facts  {len(self.beyond)}",
        ]
        lines += [f"  {what}: {count}" for what, count in sorted(self.other.items())]
        rules = sorted({rule for _household, rule in self.raised | self.due})
        for rule in rules:
            due, raised = ({pair for pair in pairs if pair[1] == rule} for pairs in (self.due, self.raised))
            lines.append(f"  {rule}: due {len(due)}, raised {len(raised)}, missing {len(due - raised)}, "
                         f"extra {len(raised - due - self.beyond)}")  # fmt: skip
        return "\n".join(lines)


def score(kit: Path, result: Path, doubts: Path) -> Score:
    """The score of one matching."""
    found: dict[tuple[str, str, str], list[Pair]] = defaultdict(list)
    with result.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["file"], row["row"], row["column"]].append((row["verdict"], row["id"]))
    made = Score()
    true: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    with _opened(kit / "truth" / "links.csv.gz") as file:
        for link in csv.DictReader(file):
            place = link["file"], link["row"], link["column"]
            true[place].add(link["id"])
            _judge(made, link, found.get(place, []))
    for place, got in found.items():
        made.wrong_person += sum(v == "match" and number not in true[place] for v, number in got)
    with doubts.open(encoding="utf-8", newline="") as file:
        made.raised = {(row["household"], row["rule"]) for row in csv.DictReader(file)}
    with _opened(kit / "truth" / "doubts.csv.gz") as file:
        due = list(csv.DictReader(file))
    made.beyond = _beyond(kit, due)
    made.due = {(row["household"], row["rule"]) for row in due} - made.beyond
    return made


def _judge(made: Score, link: dict[str, str], got: list[Pair]) -> None:
    verdicts = [verdict for verdict, _number in got]
    expect = link["expect"]
    made.cells += 1
    made.expected += expect == "match"
    if expect == "match" and ("match", link["id"]) in got:
        made.right += 1
        return
    if expect in ("match", "doubt") and not {"match", "doubt", "duplicate"} & set(verdicts):
        made.dropped += 1
    elif expect == "doubt" and ("match", link["id"]) in got:
        made.rash += 1
    elif expect == "none" and ("match", link["id"]) in got:
        made.strangers += 1
    elif expect in verdicts:
        made.other[f"{expect} as expected"] += 1
        return
    made.other[f"{expect} but {'/'.join(sorted(set(verdicts))) or 'nothing'}"] += 1
    made.places.append(f"{link['file']} {link['row']} {link['how']} {link['name_how']}: {expect}, got {verdicts}")


def _beyond(kit: Path, due: list[dict[str, str]]) -> set[Pair]:
    """Doubts that rest on wages of a person who is in no file of wages: their own (R07) or their household's (R11)."""
    persons = kit / "truth" / "persons.jsonl.gz"
    if not persons.is_file():
        return set()
    with _opened(kit / "truth" / "links.csv.gz") as file:
        paid = {link["person"] for link in csv.DictReader(file) if link["file"] in WAGES}
    with _opened(persons) as file:
        people = [json.loads(line) for line in file]
    unpaid = {p["person"]: p["household"] for p in people if p["facts"].get("wage_month") and p["person"] not in paid}
    homes = set(unpaid.values())
    return {
        (row["household"], row["rule"])
        for row in due
        if (row["rule"] == "R07" and row["person"] in unpaid) or (row["rule"] == "R11" and row["household"] in homes)
    }


def _opened(path: Path) -> TextIO:
    return gzip.open(path, "rt", encoding="utf-8", newline="")


def main() -> None:
    """Print the score."""
    made = score(*map(Path, sys.argv[1:4]))
    print(made.told())
    print("\n".join(made.places[:50]))


if __name__ == "__main__":
    main()
