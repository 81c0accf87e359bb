"""Staff pages work in Chromium 109, the last for Windows 7: neither styles nor scripts use what came later."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# the studio's pages ask for more; what is not understood there is none of the desk's business
STUDIO = {"form.css", "form.js", "table.css", "table.js"}
STYLES = [ROOT / "webapp/static/hedui.css", *sorted((ROOT / "frontend/src").glob("*.css"))]
SCRIPTS = sorted((ROOT / "frontend/src").glob("*.js"))
# what came after 109 and would be missed: (what it is, what it looks like)
LATER_STYLES = {
    "nesting (112)": r"\{[^{}]*&[\s.:#>\[][^{}]*\{",
    "color-mix (111)": r"color-mix\(",
    "oklch, oklab, lch, lab, color() (111)": r"(?<![\w-])(oklch|oklab|lch|lab|color)\(",
    "light-dark (123)": r"light-dark\(",
    "@starting-style (117)": r"@starting-style",
    "@scope (118)": r"@scope",
    "popover (114)": r":popover-open",
    "anchor positioning (125)": r"anchor-name|position-anchor|anchor\(",
    "field-sizing (123)": r"field-sizing",
    "subgrid (117)": r"subgrid",
    "linear() easing (113)": r"linear\(\s*[\d.]",
    "scroll timelines (115)": r"animation-timeline",
    "round, mod, rem (125)": r"(?<![\w-])(round|mod|rem)\(",
    "calc-size, interpolate-size (129)": r"calc-size|interpolate-size",
    ":user-valid (119)": r":user-(in)?valid",
    "relative colours (119)": r"(rgb|hsl)a?\(\s*from",
    "if(), @function (137)": r"(?<![\w-])if\(|@function",
}
LATER_SCRIPTS = {
    "toSorted, toReversed, toSpliced (110)": r"\.to(Sorted|Reversed|Spliced)\(",
    "with() of arrays (110)": r"\]\.with\(",
    "groupBy (117)": r"(Object|Map)\.groupBy\(",
    "fromAsync (121)": r"Array\.fromAsync",
    "withResolvers, try (119)": r"Promise\.(withResolvers|try)\(",
    "operations of sets (122)": r"\.(isSubsetOf|isDisjointFrom|symmetricDifference|intersection|union)\(",
    "view transitions (111)": r"startViewTransition",
    "popover (114)": r"(show|hide|toggle)Popover|popover(target)?=",
    "URL.canParse (120)": r"URL\.(canParse|parse)\(",
    "AbortSignal.any (116)": r"AbortSignal\.any",
    "isWellFormed (111)": r"WellFormed\(",
    "helpers of iterators (122)": r"Iterator\.|\.(values|keys|entries)\(\)\.(map|filter|take|drop|toArray)\(",
    "moveBefore (133)": r"moveBefore",
    "checkVisibility with options, scheduler (115)": r"scheduler\.(yield|postTask)",
}
# text-wrap, text-autospace and (scripting: none) came later too and are missed by nobody: a line breaks otherwise, or a
# frame stays empty where no script runs


def _later(text: str, known: dict[str, str]) -> list[str]:
    plain = re.sub(r"/\*.*?\*/|(?m:^\s*//.*$)", "", text, flags=re.S)
    return [name for name, looks in known.items() if re.search(looks, plain)]


@pytest.mark.parametrize("path", [one for one in STYLES if one.name not in STUDIO], ids=lambda one: one.name)
def test_styles_use_nothing_newer_than_chromium_109(path: Path) -> None:
    assert _later(path.read_text(encoding="utf-8"), LATER_STYLES) == []


@pytest.mark.parametrize("path", [one for one in SCRIPTS if one.name not in STUDIO], ids=lambda one: one.name)
def test_scripts_use_nothing_newer_than_chromium_109(path: Path) -> None:
    assert _later(path.read_text(encoding="utf-8"), LATER_SCRIPTS) == []


def test_what_is_built_is_written_for_chromium_109() -> None:
    """Syntax is the bundler's: it writes older words for newer ones."""
    assert re.search(r"target: 'chrome109'", (ROOT / "frontend/build.mjs").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "known"),
    [(".a { color: red; & .b { color: blue; } }", LATER_STYLES), ("a{color:color-mix(in srgb,red,blue)}", LATER_STYLES),
     ("const x = rows.toSorted();", LATER_SCRIPTS), ("Object.groupBy(x, y)", LATER_SCRIPTS)],
)  # fmt: skip
def test_the_scan_sees_what_it_looks_for(text: str, known: dict[str, str]) -> None:
    assert _later(text, known)


def test_an_old_browser_is_told_by_the_stylesheet_alone() -> None:
    sheet = STYLES[0].read_text(encoding="utf-8")
    assert "@supports selector(:has(a)) { .old-browser { display: none; } }" in sheet
    frame = (ROOT / "webapp/templates/frame.html").read_text(encoding="utf-8")
    assert 'class="old-browser"' in frame
    assert "health.browser" in frame
