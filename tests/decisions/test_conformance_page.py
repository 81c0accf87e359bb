"""docs/dmn-conformance.md agrees with itself and with its generator, whether or not the kit is at hand."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from decisions import feel
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
    told = (dmn_conformance.REASONS, dmn_conformance.UNSUPPORTED, dmn_conformance.READINGS)
    for sentence in (sentence for one in told for sentence in one.values()):
        assert len(sentence.split()) >= 5 and sentence.endswith(".")
    assert TEXT.startswith(dmn_conformance.HEAD) and TEXT.endswith(dmn_conformance.unsupported())
    assert dmn_conformance.readings() in TEXT


def test_the_readings_on_the_page_are_what_is_evaluated() -> None:
    read = {
        'time("10:00:00.5") = time("10:00:00")': "true",
        'is(time("10:00:00.5"), time("10:00:00"))': "false",
        "list replace([1, 2, 3], 2.9, 9)": "[1, 9, 3]",
        'date("2026-01-31") + duration("P1M")': '@"2026-02-28"',
        'duration("-P1Y2M").months': "-2",
        "includes((>5), 7)": "true",
        "5 in [9..1]": "false",
        "{a: b, b: 1}.a": "null",
        "for x in 5 return x": "null",
        'duration("PT1S") / 3': '@"PT0.333333S"',
    }
    for text, wanted in read.items():
        now = datetime(2026, 6, 1, tzinfo=UTC)
        value = feel.compile(text).evaluate({}, now=now).value
        assert value == feel.compile(wanted).evaluate({}, now=now).value, text
