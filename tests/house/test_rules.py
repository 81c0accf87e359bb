"""The rules of the house, held on the tree; and each rule shown to fail on a bad line."""

from __future__ import annotations

import pytest

from tests.house import rules
from tests.house.rules import SOURCE_RULES, TEXT_RULES, Rule, Source


@pytest.mark.parametrize("rule", SOURCE_RULES, ids=lambda rule: rule.__name__)
def test_the_rooms_keep_the_rule(rule: Rule):
    found = [line for source in rules.modules() for line in rule(source)]
    assert not found, f"{rule.__doc__}\n" + "\n".join(found)


@pytest.mark.parametrize("rule", TEXT_RULES, ids=lambda rule: rule.__name__)
def test_every_tracked_text_keeps_the_rule(rule: Rule):
    # this file and the rules themselves hold bad lines on purpose
    texts = [source for source in rules.texts() if not source.path.startswith("tests/house/")]
    found = [line for source in texts for line in rule(source)]
    assert not found, f"{rule.__doc__}\n" + "\n".join(found)


BAD = [
    (rules.one_commit, "tasks/moves.py", "def f(work):\n    work.session.commit()\n"),
    (rules.one_commit, "webapp/x.py", "from webapp.db import db\ndb.session.commit()\n"),
    (rules.one_clock, "tasks/x.py", "from datetime import datetime\nx = datetime.now()\n"),
    (rules.one_clock, "tasks/x.py", "import datetime\nx = datetime.datetime.now(datetime.UTC)\n"),
    (rules.one_clock, "tasks/x.py", "import datetime as dt\nx = dt.date.today()\n"),
    (rules.one_clock, "tasks/x.py", "from datetime import date as day\nx = day.today()\n"),
    (rules.decided_at_an_instant, "tasks/x.py", "import decisions\nx = decisions.evaluate(path, 'a', {})\n"),
    (rules.decided_at_an_instant, "cli/x.py", "from decisions import evaluate_service as f\nf('a.dmn', 'a', {})\n"),
    (rules.roles_are_given_after_training, "webapp/x.py", "from domain.parties import staff\nstaff.grant(w, a, 'x')\n"),
    (rules.one_clock, "tasks/x.py", "import time\nx = time.time()\n"),
    (rules.one_clock, "tasks/x.py", "from time import time\nx = time()\n"),
    (rules.nothing_is_executed, "x.py", "eval('1')\n"),
    (rules.nothing_is_executed, "x.py", "import builtins\nbuiltins.exec('1')\n"),
    (rules.nothing_is_executed, "x.py", "import pickle\n"),
    (rules.nothing_is_executed, "x.py", "from pickle import loads\n"),
    (rules.nothing_is_executed, "x.py", "import yaml\nyaml.load('')\n"),
    (rules.nothing_is_executed, "x.py", "compile('1', 'x', 'exec')\n"),
    (rules.nothing_is_executed, "x.py", "compile('1', 'x', mode='eval')\n"),
    (rules.nothing_is_marked_safe, "webapp/x.py", "from markupsafe import Markup\nMarkup('<b>')\n"),
    (rules.environment_at_the_door, "tasks/x.py", "import os\nos.environ['A']\n"),
    (rules.environment_at_the_door, "tasks/x.py", "from os import environ\nenviron.get('A')\n"),
    (rules.environment_at_the_door, "tasks/x.py", "import os as o\no.getenv('A')\n"),
    (rules.nothing_is_swallowed, "x.py", "try:\n    f()\nexcept:\n    raise\n"),
    (rules.nothing_is_swallowed, "x.py", "try:\n    f()\nexcept Exception:\n    pass\n"),
    (rules.nothing_is_swallowed, "x.py", "try:\n    f()\nexcept (KeyError, Exception):  # noqa: BLE001\n    pass\n"),
    (rules.through_the_door, "tasks/x.py", "from SpiffWorkflow.bpmn import BpmnWorkflow\n"),
    (rules.through_the_door, "workflows/lint.py", "import SpiffWorkflow\n"),
    (rules.through_the_door, "scheduler/x.py", "import flask\n"),
    (rules.says_what_it_is, "x.py", "import os\n"),
    (rules.nothing_is_left_over, "x.md", "TO" + "DO later\n"),
    (rules.templates_escape, "webapp/templates/x.html", "{{ name | safe }}\n"),
    (rules.templates_escape, "webapp/templates/x.html", "{% autoescape false %}\n"),
    (rules.no_machine_is_named, "README.md", "see /" + "work/main for it\n"),
    (rules.no_machine_is_named, "x.toml", 'path = "/' + 'home/somebody/x"\n'),
    (rules.no_machine_is_named, "package-lock.json", '"resolved": "registry"\n'),
    (rules.no_machine_is_named, "x.md", "https://example.org/files/a-1.0.whl\n"),
    (rules.locks_hold_no_address, "dev.lock", "--index-url somewhere\n"),
]


@pytest.mark.parametrize(("rule", "path", "text"), BAD)
def test_a_line_against_the_rule_is_found(rule: Rule, path: str, text: str):
    found = rule(Source(path, text))
    assert found
    assert all(line.startswith(path + ":") for line in found)


GOOD = [
    (rules.one_commit, "domain/work.py", "def f(active):\n    active.commit()\n"),
    (rules.one_clock, "domain/clock.py", "import time\nx = time.time()\n"),
    (rules.decided_at_an_instant, "tasks/x.py", "import decisions\nx = decisions.evaluate(p, 'a', {}, now=work.now)\n"),
    (rules.one_clock, "tasks/x.py", "import time\nx = time.monotonic()\n"),
    (rules.nothing_is_executed, "x.py", "import re\nre.compile('a')\n"),
    (rules.environment_at_the_door, "cli/main.py", "import os\nos.environ['A']\n"),
    (
        rules.nothing_is_swallowed,
        "x.py",
        "try:\n    f()\nexcept Exception:  # the worker must outlive a bad duty\n    g()\n",
    ),
    (rules.nothing_is_swallowed, "x.py", "try:\n    f()\nexcept BaseException:\n    g()\n    raise\n"),
    (rules.through_the_door, "workflows/engine.py", "import SpiffWorkflow\n"),
    (rules.through_the_door, "workflows/spiff_specs.py", "import SpiffWorkflow.bpmn\n"),
    (rules.says_what_it_is, "x.py", '"""What it is."""\n'),
    (rules.no_machine_is_named, "x.py", "'/api/work/1', 'https://www.omg.org/spec/BPMN'\n"),
]


@pytest.mark.parametrize(("rule", "path", "text"), GOOD)
def test_a_line_within_the_rule_passes(rule: Rule, path: str, text: str):
    assert rule(Source(path, text)) == []


def test_every_rule_is_tried_on_a_bad_line():
    assert {rule for rule, _, _ in BAD} == {*SOURCE_RULES, *TEXT_RULES}


def test_the_tree_is_really_read():
    paths = {source.path for source in rules.modules()}
    assert "domain/work.py" in paths
    assert not any(path.startswith("tests/") for path in paths)
    assert "pyproject.toml" in {source.path for source in rules.texts()}
