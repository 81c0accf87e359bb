"""The matching of a folder, held against the acceptance of the population kit. The score is printed (-s).

Runs only with --kits DIR; the material is DIR/population.
"""

from __future__ import annotations

import json
from pathlib import Path

from sources.matching.run import Listener, Order, match
from tests.kits.score import score


def test_the_population_is_matched_as_the_acceptance_asks(kits: Path, tmp_path: Path) -> None:
    kit = kits / "population"
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps(json.loads((kit / "truth" / "meta.json").read_text())["rules"]))
    order = Order(kit / "departments", kit, rules, tmp_path / "result.csv", tmp_path / "doubts.csv")

    found = match(order, Listener(lambda _said: None, lambda _step: None))

    made = score(kit, order.out, order.doubts)
    print(made.told())
    assert not found.refused
    assert made.recall >= 0.995, made.places
    assert (made.wrong_person, made.strangers, made.rash) == (0, 0, 0), made.places
    assert made.drops <= 0.005, made.places
    assert made.doubt_precision >= 0.97 and made.doubt_recall >= 0.97
