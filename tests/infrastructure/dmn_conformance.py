"""docs/dmn-conformance.md: `python -m tests.infrastructure.dmn_conformance --kits DIR` writes it.

The kit's cases are run through the public interface; a case that comes out otherwise than the kit expects needs a
reason in REASONS, or the page is not written.
"""

from __future__ import annotations

import argparse
import sys
from fnmatch import fnmatchcase
from pathlib import Path

from tests.infrastructure import dmn_kit
from tests.infrastructure.dmn_kit import Figures

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "dmn-conformance.md"

# pattern of "group/case" -> why it comes out otherwise
REASONS: dict[str, str] = {}

# what of the standard is not supported -> why, and what happens instead
UNSUPPORTED: dict[str, str] = {
    "Functions of Java or PMML (`external`, `kind`)": (
        "They run code that is not in the model. A knowledge model of that kind is refused by the check; a function "
        "that FEEL declares external, and what rests on either, is null with a reason."
    ),
    "Decision logic in another language than FEEL": "Only FEEL is evaluated here; the check names the element.",
    "Imports other than DMN models (PMML, XSD, Java packages), `importedValues`": (
        "A decision reads its own bundle and nothing else; the check names the import."
    ),
    "DMN 1.1 and older files": "Their namespaces mean other defaults. An editor of DMN 1.2 or later writes them anew.",
    "Cross-tab decision tables": "The standard gives them no interchange form; rules are read, however they are drawn.",
    "Back-references in patterns": ("Patterns run in time linear in the text; one that cannot is null with a reason."),
    "Evaluations without end or measure": (
        "Steps, sizes and depth are limited (a text 256 K characters, a list 10,000 items, nesting 100): beyond them "
        "the value is null with the reason."
    ),
}

HEAD = """# What of DMN is evaluated as the standard says

Written by `python -m tests.infrastructure.dmn_conformance --kits DIR`, where DIR holds the technology compatibility
kit of DMN as `dmn-tck`. Change the generator, not this page.

Every case is asked through `decisions.evaluate` or `decisions.evaluate_service`, as somebody outside would.
Cases in which the standard wants a value stand apart from those in which it wants null, because whoever answers
null to everything passes the second kind. `tests/kits/test_dmn_tck.py` runs them again and compares this page;
`tests/decisions/models` holds cases of our own for every feature, run with every change.
"""


def reason_of(key: str) -> str:
    """Why the case `group/name` comes out otherwise; "" when nobody has said."""
    return next((reason for pattern, reason in REASONS.items() if fnmatchcase(key, pattern)), "")


# where the text of the standard leaves room, or the kit asks for something else -> what is done here
READINGS: dict[str, str] = {
    "Times and dates with a time, compared": (
        "By whole seconds, as the kit asks; `is`, arithmetic and printing are exact to the nanosecond."
    ),
    "Positions with fractions (`list replace`, `substring`)": "They are cut to whole numbers, as the kit asks.",
    "Months added to a day that the month does not have": "The last day of that month, as XML Schema has it.",
    "Parts of negative durations": "They are negative too: the months of a negative duration of 14 months are -2.",
    "Ranges open at one end": "They reach without end in `includes`, `during` and their kin.",
    "Ranges whose ends stand the wrong way round": "They hold nothing; the check of a table names them.",
    "A context entry that speaks of a later one": "It is null: only entries before it are known.",
    "An iteration over one value that is not a list": "It is null with a reason; only filters take it for a list.",
    "Durations divided": "What is not a whole number of the smallest unit is rounded half to even.",
    "COLLECT and its kin without a matching rule": "The result is null unless the output has a default.",
}


def page(levels: dict[int, dict[str, Figures]]) -> str:
    """The whole page from the figures of every level by group."""
    parts = [HEAD, "## Cases passed\n", table(levels)]
    parts += ["## Cases that come out otherwise\n", *failing(levels)]
    parts += ["## How the standard is read where it leaves room\n", readings()]
    parts += ["## What of the standard is not supported\n", unsupported()]
    return "\n".join(parts)


def table(levels: dict[int, dict[str, Figures]]) -> str:
    lines = ["| level | group | a value is expected | null is expected |", "|---|---|---|---|"]
    for level, groups in levels.items():
        for name, one in groups.items():
            lines.append(row(level, name, one))
        lines.append(row(level, "**all**", dmn_kit.together(groups)))
    return "\n".join(lines) + "\n"


def row(level: int, name: str, one: Figures) -> str:
    return f"| {level} | {name} | {passed(one.value)} | {passed(one.null)} |"


def passed(counts: list[int]) -> str:
    return f"{counts[0]} of {counts[1]}" if counts[1] else "—"


def failing(levels: dict[int, dict[str, Figures]]) -> list[str]:
    """The cases under their reasons."""
    keys = [failure.key for groups in levels.values() for failure in dmn_kit.together(groups).failures]
    by_reason: dict[str, list[str]] = {}
    for key in keys:
        by_reason.setdefault(reason_of(key), []).append(key)
    if "" in by_reason:
        raise ValueError(f"no reason in REASONS for: {', '.join(by_reason[''])}")
    if not by_reason:
        return ["None.\n"]
    return ["\n".join([f"{reason}\n", *(f"- `{key}`" for key in found), ""]) for reason, found in by_reason.items()]


def readings() -> str:
    return "\n".join(["| where | what is done |", "|---|---|", *map(_told, READINGS.items())]) + "\n"


def unsupported() -> str:
    return "\n".join(["| what | why, and what happens |", "|---|---|", *map(_told, UNSUPPORTED.items())]) + "\n"


def _told(entry: tuple[str, str]) -> str:
    return f"| {entry[0]} | {entry[1]} |"


def main() -> int:
    """Run the kit and write the page."""
    asked = argparse.ArgumentParser(description=main.__doc__)
    asked.add_argument("--kits", type=Path, required=True, help="folder that holds dmn-tck")
    kit = asked.parse_args().kits / "dmn-tck"
    PAGE.write_text(page({level: dmn_kit.figures(kit, level) for level in dmn_kit.LEVELS}), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
