"""README, glossary and decisions: links lead somewhere, confused words are kept apart, numbers are in order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain.parties.roles import ROLES
from tests.infrastructure.clauses import ROOT, clauses

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PICTURES = ROOT / "docs" / "pictures"  # made by the browser's tests


@pytest.mark.parametrize("document", PAGES, ids=lambda document: document.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file(document: Path):
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith("https:") and (document.parent / target).resolve().parent != PICTURES:
            assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", PAGES, ids=lambda document: document.relative_to(ROOT).as_posix())
def test_every_file_a_page_names_is_there(document: Path):
    text = document.read_text(encoding="utf-8")
    for named in re.findall(r"`((?:tests|domain|docs|bpmn|policies|workflows)/[\w/.-]+)`", text):
        assert (ROOT / named).exists(), named


def test_the_glossary_keeps_apart_what_is_easily_confused():
    first = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").split("\n## ")[1]
    for chinese, source in (("动态核对", "BX-22"), ("定期复核", "LF-13"), ("复核报告", "BX-38"), ("异议复核", "LF-21")):
        assert chinese in first
        assert source in first


def test_the_glossary_names_clauses_that_there_are():
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\b(?:BX|LF|CK|NM|LN)-\d+\b", text)) <= set(clauses())


def test_decisions_are_numbered_in_one_row_and_short():
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        assert path.read_text(encoding="utf-8").startswith("# ")


def test_the_readmes_logins_are_people_of_the_demonstration():
    from cli.demo import logins

    known = dict(logins())
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(\w+)` \|", readme, flags=re.MULTILINE)) - {"PORT"}
    people = {login for login in named if not login.startswith("HEDUI")}
    assert len(people) >= 7
    assert people <= set(known)
    assert set(known.values()) <= set(ROLES)
