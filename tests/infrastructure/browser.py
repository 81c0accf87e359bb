"""The browser of the journeys: the distribution's Chromium, and the check that a page can be used by everybody.

Under the pages' policy `page.wait_for_function` is refused (it evaluates a string in the page): wait for a locator.
"""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path
from typing import Any

AXE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_browser() -> str | None:
    """Path of a Chromium (HEDUI_TEST_BROWSER, or by name on PATH), or None."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("HEDUI_TEST_BROWSER") or next(filter(None, map(shutil.which, names)), None)


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")


def violations(page: Any) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA on the page as it stands: one line a rule with the elements it names."""
    page.evaluate(_axe())
    found = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: "
        + "; ".join(" ".join(map(str, node["target"])) for node in one["nodes"][:8])
        for one in found["violations"]
    ]


def assert_accessible(page: Any) -> None:
    """Fail naming every violation that axe finds on the page."""
    found = violations(page)
    assert not found, f"{page.url}\n" + "\n".join(found)


def watch_console(page: Any) -> list[str]:
    """A list that fills with the page's errors (script, network, content security policy) from now on."""
    errors: list[str] = []

    def heard(message: Any) -> None:
        if message.type == "error":
            errors.append(" ".join((message.text, message.location.get("url", ""))).strip())

    page.on("console", heard)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors
