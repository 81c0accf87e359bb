"""What the editors' pages load: no second code editor, nothing that the policy would refuse, and not too much."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

DIST = Path(__file__).resolve().parents[2] / "webapp" / "static" / "dist"
IMPORT = re.compile(r"""(?:from|import)\s*["']\./([^"']+)["']""")


def scripts_of(entry: str) -> dict[str, str]:
    """Every script that a page loads, by name."""
    manifest = json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    waiting = [manifest[f"{entry}.js"]]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = (DIST / name).read_text(encoding="utf-8")
            waiting += IMPORT.findall(found[name])
    return found


@pytest.mark.parametrize(("entry", "kilobytes"), [("form", 800), ("table", 400)])
def test_an_editor_loads_no_code_editor_and_stays_within_its_size(entry: str, kilobytes: int) -> None:
    scripts = scripts_of(entry)
    assert sum(len(text.encode()) for text in scripts.values()) < kilobytes * 1000
    for name, text in scripts.items():
        assert "cm-cursorLayer" not in text, f"{name} holds the code editor"
        assert "styleTag" not in text, f"{name} writes <style> elements"
        assert not re.search(r"(?<![\w.$])eval\(", text), f"{name} evaluates text"
