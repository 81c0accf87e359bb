"""The DMN technology compatibility kit of --kits DIR (dmn-tck): figures by level and group, through the interface
that outsiders use; docs/dmn-conformance.md says the same."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.infrastructure import dmn_conformance, dmn_kit
from tests.infrastructure.dmn_kit import Figures

# (cases that expect a value, cases that expect null): passed at least. Raised when the engine learns more.
FLOOR = {2: (53, 6), 3: (1640, 1327)}
TOTAL = {2: (53, 6), 3: (1640, 1327)}
SHARE = {2: 1.0, 3: 0.92}  # of the cases that expect a value
MOST_SECONDS = 2.0  # of processor time, for any case


@cache
def groups_of(kit: Path, level: int) -> dict[str, Figures]:
    return dmn_kit.figures(kit, level)


@pytest.fixture
def kit(kits: Path) -> Path:
    if not (kits / "dmn-tck").is_dir():
        pytest.skip("the folder of kits has no dmn-tck")
    return kits / "dmn-tck"


@pytest.mark.parametrize("level", dmn_kit.LEVELS)
def test_the_compatibility_kit_passes_as_many_cases_as_it_did(kit: Path, level: int) -> None:
    groups = groups_of(kit, level)
    print(f"\nDMN TCK level {level}, cases passed: expecting a value, expecting null, slowest")
    for name, one in {**groups, "all": dmn_kit.together(groups)}.items():
        print(f"  {name:<48} {fraction(one.value):>9} {fraction(one.null):>9} {one.slowest[0]:8.1f} ms")
    total = dmn_kit.together(groups)
    for failure in total.failures:
        print(f"  {failure.key}: wanted {failure.case.expected!r}, got {failure.got!r}")

    assert (total.value[1], total.null[1]) == TOTAL[level], "cases were dropped or added"
    assert total.value[0] >= SHARE[level] * total.value[1]
    assert total.value[0] >= FLOOR[level][0] and total.null[0] >= FLOOR[level][1]
    assert total.slowest[0] <= MOST_SECONDS * 1000, total.slowest


def fraction(counts: list[int]) -> str:
    return f"{counts[0]}/{counts[1]}" if counts[1] else "-"


def test_every_failing_case_has_a_reason_and_the_page_lists_it(kit: Path) -> None:
    levels = {level: groups_of(kit, level) for level in dmn_kit.LEVELS}
    failing = [failure for groups in levels.values() for failure in dmn_kit.together(groups).failures]
    unexplained = [failure.key for failure in failing if not dmn_conformance.reason_of(failure.key)]
    assert not unexplained, "give them a reason in tests/infrastructure/dmn_conformance.py"
    page = dmn_conformance.PAGE.read_text(encoding="utf-8")
    assert page == dmn_conformance.page(levels), "run: python -m tests.infrastructure.dmn_conformance --kits DIR"
