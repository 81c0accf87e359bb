"""The table of a task's life in docs/tasks.md: `python -m tests.infrastructure.life` writes it from the program."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.pofile import read_po

from domain.text import Text
from tasks.life import HOLDER, OWNER, PRIOR, QUEUE, SAME, STATES, SUPERVISOR, SYSTEM, TABLE, TITLES

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tasks.md"
CATALOGUE = ROOT / "webapp" / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
PART = re.compile(r"(<!-- life: [^>]*-->\n).*?(<!-- end of life -->)", re.DOTALL)
WHO = {HOLDER: "holder", QUEUE: "may claim", OWNER: "delegated it", SUPERVISOR: "head", SYSTEM: "the program"}


def table() -> str:
    """Every row of the table of transitions as one of Markdown, with the words that stand on the pages."""
    with CATALOGUE.open("rb") as source:
        chinese = {one.id: one.string for one in read_po(source)}

    def both(text: Text) -> str:
        return f"{text.source} {chinese[text.source]}"

    lines = ["| operation | while it is | then it is | by | says with it |", "|---|---|---|---|---|"]
    for row in TABLE:
        sources = ", ".join(both(STATES[one]) for one in STATES if one in row.sources)
        target = {SAME: "as it was", PRIOR: "as before"}.get(row.target) or both(STATES[row.target])
        who = ", ".join(words for one, words in WHO.items() if one in row.who)
        needs = ", ".join(sorted(row.needs))
        lines.append(f"| {both(TITLES[row.operation])} | {sources} | {target} | {who} | {needs} |")
    return "\n".join(lines) + "\n"


def page() -> str:
    """docs/tasks.md as it should be."""
    return PART.sub(lambda found: found[1] + table() + found[2], PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
