"""The table of settings in docs/operating.md: `python -m tests.infrastructure.operating` writes it from the program."""

from __future__ import annotations

import re
from pathlib import Path

from domain.settings import TABLE

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "operating.md"
PART = re.compile(r"(<!-- settings: [^>]*-->\n).*?(<!-- end of settings -->)", re.DOTALL)


def table() -> str:
    """The settings as a table of Markdown."""
    lines = ["| variable | kind | when absent | means |", "|---|---|---|---|"]
    for one in TABLE:
        kind = one.kind if one.kind != "choice" else ", ".join(f"`{each}`" for each in one.allowed)
        default = f"`{one.default}`" if one.default else ""
        lines.append(f"| `{one.variable}` | {kind} | {default} | {one.explanation} |")
    return "\n".join(lines) + "\n"


def page() -> str:
    """docs/operating.md as it should be."""
    return PART.sub(lambda found: found[1] + table() + found[2], PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
