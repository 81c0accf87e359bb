"""The gates themselves: they pass on an empty house, and each fails on what it guards against."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.infrastructure.checks import ROOMS, ROOT, gates, judge


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """An empty house: every room, no content, and this project's settings."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in (*ROOMS, "webapp/views"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").write_text('"""A room."""\n')
    return tmp_path


BREACHES = [
    ("imports", "domain/x.py", "import webapp\n", "domain.x -> webapp"),
    ("imports", "workflows/x.py", "import tasks\n", "workflows.x -> tasks"),
    ("imports", "scheduler/x.py", "import webapp\n", "scheduler.x -> webapp"),
    ("imports", "documents/x.py", "import sources\n", "documents.x -> sources"),
    ("imports", "tasks/x.py", "import SpiffWorkflow\n", "Only workflows knows the process engine BROKEN"),
    ("imports", "scheduler/x.py", "from flask import g\n", "Only webapp knows the web BROKEN"),
    ("imports", "webapp/x.py", "import apscheduler\n", "Only scheduler knows APScheduler BROKEN"),
    ("imports", "documents/x.py", "import duckdb\n", "Only sources knows the columnar engine BROKEN"),
    ("imports", "webapp/x.py", "import typst\n", "Only documents typesets and writes Excel BROKEN"),
    ("imports", "decisions/x.py", "import sqlalchemy\n", "Decisions know no database BROKEN"),
    ("ruff", "domain/x.py", "import os\n", "F401"),
    ("ruff", "domain/x.py", "eval(input())\n", "S307"),
    ("format", "domain/x.py", "x = {  1:2 }\n", "x.py"),
    ("types", "domain/x.py", "def f(x):\n    return x\n", "no-untyped-def"),
]


@pytest.mark.parametrize("gate", ["ruff", "format", "types", "imports"])
def test_an_empty_house_passes(house: Path, gate: str):
    verdict = judge(gate, gates(house)[gate], house)
    assert verdict.passed, verdict.output


@pytest.mark.parametrize(("gate", "path", "text", "said"), BREACHES)
def test_a_breach_fails_its_gate_and_is_named(house: Path, gate: str, path: str, text: str, said: str):
    (house / path).write_text(text)
    verdict = judge(gate, gates(house)[gate], house)
    assert not verdict.passed
    assert said in verdict.output


def test_views_that_know_each_other_and_a_cycle_inside_a_room_fail(house: Path):
    views = house / "webapp" / "views"
    (views / "inbox.py").write_text("import webapp.views.case\n")
    (views / "case.py").write_text("import webapp.views.inbox\n")
    verdict = judge("imports", gates(house)["imports"], house)
    assert not verdict.passed
    assert "Views do not know each other BROKEN" in verdict.output
    assert "No cycles inside a room BROKEN" in verdict.output
