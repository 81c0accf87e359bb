"""docs/dmn-conformance.md agrees with itself and with its generator, whether or not the kit is at hand."""

from __future__ import annotations

import re

from tests.infrastructure import dmn_conformance
from tests.infrastructure.dmn_kit import LEVELS

TEXT = dmn_conformance.PAGE.read_text(encoding="utf-8")
ROW = re.compile(r"\| (\d) \| (\S+) \| (?:(\d+) of (\d+)|—) \| (?:(\d+) of (\d+)|—) \|")


def counts(level: int) -> dict[str, list[int]]:
    """Group -> value cases passed and run, null cases passed and run."""
    return {
        found[2]: [int(one or 0) for one in found.groups()[2:]]
        for found in ROW.finditer(TEXT)
        if int(found[1]) == level
    }


def test_the_totals_are_the_sums_of_the_groups_and_reach_what_is_promised() -> None:
    for level in LEVELS:
        groups = counts(level)
        total = groups.pop("**all**")
        assert total == [sum(column) for column in zip(*groups.values(), strict=True)]
        assert total[0] >= {2: 1.0, 3: 0.92}[level] * total[1] > 0


def test_every_case_that_comes_out_otherwise_is_listed_once_under_a_reason() -> None:
    section = TEXT.split("## Cases that come out otherwise\n")[1].split("\n## ")[0]
    listed = re.findall(r"^- `(.+)`$", section, re.MULTILINE)
    failing = sum(total[1] - total[0] + total[3] - total[2] for total in (counts(level)["**all**"] for level in LEVELS))
    assert len(listed) == len(set(listed)) == failing
    for block in re.split(r"\n(?=[^-\n])", section.strip()):
        reason, _, cases = block.partition("\n")
        names = re.findall(r"^- `(.+)`$", cases, re.MULTILINE)
        assert all(dmn_conformance.reason_of(name) == reason.strip() for name in names), reason


def test_the_reasons_are_sentences_and_what_is_unsupported_stands_on_the_page() -> None:
    for sentence in (*dmn_conformance.REASONS.values(), *dmn_conformance.UNSUPPORTED.values()):
        assert len(sentence.split()) >= 5 and sentence.endswith(".")
    assert TEXT.startswith(dmn_conformance.HEAD) and TEXT.endswith(dmn_conformance.unsupported())
