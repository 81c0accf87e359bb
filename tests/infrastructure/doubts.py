"""docs/doubts.md: the rules of the shipped doubt table; `python -m tests.infrastructure.doubts` writes its table."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "doubts.md"
SHIPPED = ROOT / "bpmn" / "verification" / "doubts.dmn"
PART = re.compile(r"(<!-- doubts: [^>]*-->\n).*?(<!-- end of doubts -->)", re.DOTALL)
SPACE = "{https://www.omg.org/spec/DMN/20191111/MODEL/}"
LIMIT = re.compile(r"limits\.(\w+)")
OFF = "switched_off"
# which clause of the notices stands behind a code beyond the doubts as such (BX-26, BX-40)
CLAUSES = {
    "D-IDENT": "CK-09", "D-STALE": "CK-10", "D-UNDECL": "CK-12", "D-OVERDECL": "CK-12", "D-TAX": "CK-12, CK-28",
    "D-DUP-URBRUR": "NM-20", "D-DUP-TK": "NM-20", "D-DUP-DBTK": "NM-20", "D-DUP-PRICE": "NM-20", "D-LEDGER": "NM-20",
    "D-SUP": "NM-15", "D-SEP": "NM-17", "D-DEATH": "NM-12",
}  # fmt: skip


def rows() -> list[tuple[str, str, str, str]]:
    """Code, number of the row with its sentence, what it asks, and the parameters it rests on."""
    table = ElementTree.fromstring(SHIPPED.read_bytes()).find(f".//{SPACE}decisionTable")
    assert table is not None
    labels = [one.get("label", "") for one in table.findall(f"{SPACE}input")]
    found = []
    for number, rule in enumerate(table.findall(f"{SPACE}rule"), 1):
        cells = [one.findtext(f"{SPACE}text", "") for one in rule.findall(f"{SPACE}inputEntry")]
        code = rule.findtext(f"{SPACE}outputEntry/{SPACE}text", "").strip('"')
        sentence = rule.findtext(f"{SPACE}annotationEntry/{SPACE}text", "")
        asked = [f"{label} `{cell}`" for label, cell in zip(labels, cells, strict=True) if cell != "-"][:-1]
        limits = dict.fromkeys(name for cell in cells for name in LIMIT.findall(cell))
        found.append(
            (code, f"{number} {sentence}", "; ".join(asked).replace("|", "\\|"), ", ".join(f"`{n}`" for n in limits))
        )
    return found


def table() -> str:
    """Every rule as a line of Markdown, by code."""
    lines = ["| code | row and sentence | asks | parameters `doubt.…` | clause |", "|---|---|---|---|---|"]
    for code, row, asked, limits in sorted(rows(), key=lambda one: one[0]):
        lines.append(f"| `{code}` | {row} | {asked} | {limits or f'`{OFF}`'} | {CLAUSES.get(code, 'BX-40')} |")
    return "\n".join(lines) + "\n"


def page() -> str:
    """docs/doubts.md as it should be."""
    return PART.sub(lambda found: found[1] + table() + found[2], PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
