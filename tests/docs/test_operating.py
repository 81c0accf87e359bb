"""docs/operating.md: its settings are the program's, its commands exist, the events it names are logged."""

from __future__ import annotations

import re

import click
import pytest

from cli.shell import main
from domain.settings import TABLE
from tests.house import rules
from tests.infrastructure import operating

TEXT = operating.PAGE.read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"\./run do ([a-z]+(?: (?:verify|create|token))?)", TEXT)))


def test_the_table_of_settings_is_current():
    assert operating.page() == TEXT, "run: python -m tests.infrastructure.operating"
    assert all(f"| `{one.variable}` |" in TEXT for one in TABLE)


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_of_the_manual_is_one_of_the_program(words):
    found: click.Command = main
    for word in words.split():
        assert isinstance(found, click.Group)
        assert word in found.commands, f"./run do {words}"
        found = found.commands[word]


def test_the_options_it_shows_exist():
    shown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", TEXT))
    known = {"--web-processes", "--workers", "--help"}
    pending: list[click.Command] = [main]
    while pending:
        one = pending.pop()
        pending += one.commands.values() if isinstance(one, click.Group) else []
        known |= {name for param in one.params for name in [*param.opts, *param.secondary_opts]}
    assert shown <= known


def test_every_variable_it_names_is_a_setting():
    assert set(re.findall(r"\bHEDUI_[A-Z_]+\b", TEXT)) <= {one.variable for one in TABLE}


def test_every_event_it_names_is_logged_somewhere():
    paragraph = TEXT.split("## Logs")[1].split("## Settings")[0]
    named = set(re.findall(r"`([a-z]+\.[a-z]+)`", paragraph)) | {"request.done", "item.done"}
    sources = "".join(one.text for one in rules.modules() if not one.path.startswith("migrations"))
    assert {name for name in named if f'Event("{name}"' not in re.sub(r"\(\s+", "(", sources)} == set()
