"""A guard is really taken away, and a name that leads nowhere is an error and no survivor."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.guards import ROOT
from tests.infrastructure.mutation import NoSuchGuard, take_away, without

SOURCE = '''
def must(letter, day):
    """Raises."""
    if (found := letter) is None:
        raise Conflict("no letter", clause="BX-12")
    if day > 3:
        raise Conflict("too late (BX-12).")
    elif day == 3:
        raise _unknown(day)
    return "early"


def chosen(day):
    if day:
        return "done"
    else:
        raise _unknown(day)


def at_once():
    raise Conflict("never (NM-12).")


def tried(act):
    if act:
        try:
            act()
        except ValueError as fault:
            raise Conflict("failed", clause="BX-14") from fault
    return "done"


def _unknown(day):
    return Conflict("no such day", clause="BX-11")


def unused():
    return 1


class Desk:
    def opens(self):
        return self.key
'''


class Conflict(Exception):
    """A refusal of the source."""

    def __init__(self, message: str, *, clause: str = "") -> None:
        super().__init__(message, clause)


@pytest.fixture
def made(tmp_path: Path) -> Callable[[str], Any]:
    """made(target): the module of the source without that guard."""

    def loaded(target: str) -> Any:
        file = tmp_path / f"some{len(list(tmp_path.iterdir()))}.py"
        file.write_text(ast.unparse(without(SOURCE, "some.py", target)), encoding="utf-8")
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        vars(module)["Conflict"] = Conflict
        spec.loader.exec_module(module)
        return module

    return loaded


@pytest.mark.parametrize(
    ("target", "call"),
    [
        ("must#BX-12", lambda held: held.must(None, 1)),
        ("must#BX-12.2", lambda held: held.must("letter", 4)),
        ("must#BX-11", lambda held: held.must("letter", 3)),
        ("chosen#BX-11", lambda held: held.chosen(0)),
        ("at_once#NM-12", lambda held: held.at_once()),
        ("tried#BX-14", lambda held: held.tried(lambda: int("x"))),
        ("must", lambda held: held.must(None, 4)),
        ("Desk.opens=True", lambda held: held.Desk().opens()),
    ],
)
def test_what_was_refused_is_not_refused_without_the_guard(made, target, call):
    with pytest.raises((Conflict, AttributeError)):
        call(made("unused"))
    assert call(made(target)) in (None, "early", "done", True)


def test_the_other_refusals_of_a_function_stay(made):
    held = made("must#BX-12")
    with pytest.raises(Conflict, match="too late"):
        held.must(None, 4)
    with pytest.raises(Conflict, match="no such day"):
        held.must("letter", 3)


@pytest.mark.parametrize("target", ["must#BX-12.3", "must#NM-12", "nobody#BX-12", "nobody", "Desk.closes=1"])
def test_a_guard_that_is_not_there_is_an_error(target):
    with pytest.raises(NoSuchGuard):
        without(SOURCE, "some.py", target)


def test_a_condition_is_still_asked_for_the_names_it_gives():
    assert "(found := letter) is None and False" in ast.unparse(without(SOURCE, "some.py", "must#BX-12"))


TAKEN = """
from datetime import date
from pathlib import Path
from sqlalchemy import create_engine, text
from tests.infrastructure.mutation import take_away

take_away("py:domain/identity.py::check")
from domain import identity
assert identity.check("1", on=None, demonstration=False) is None

take_away("db:guard_commission_update_letter")
from domain.verification import guards
said = guards.statements("sqlite", ["commission"])
gone = "DROP TRIGGER IF EXISTS guard_commission_update_letter"
assert [line for line in said if "guard_commission_update_letter" in line] == [gone]
assert any("CREATE TRIGGER guard_commission_update_frozen" in line for line in said)

take_away("db:ck_determination_after_report")
from tasks import schema
engine = create_engine("sqlite://")
schema.metadata().create_all(engine)
with engine.connect() as held:
    table = held.execute(text("SELECT sql FROM sqlite_master WHERE name = 'determination'")).scalar_one()
assert "after_report" not in table and "by_department" in table

take_away("perm:determination.decide")
from domain.parties.permissions import may
from domain.work import Actor
stranger = Actor(kind="staff", user_id=7, roles=frozenset({"data_supplier"}))
assert may(stranger, "determination.decide", "none") and not may(stranger, "determination.read", "none")

take_away("term:case_limit")
from domain.policy_shipped import assemble, read_files
held = assemble(read_files(Path("policies"))).policies
chain = held.chain("inner-mongolia")
assert held.resolve("case_limit", chain, date(2026, 2, 10)).value.length == 16
assert held.resolve("monitoring_term", chain, date(2026, 2, 10)).value.length == 15
"""


def test_each_form_of_guard_is_taken_away_and_no_other():
    done = subprocess.run([sys.executable, "-c", TAKEN], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("guard", ["db:guard_gone", "perm:gone", "term:gone", "gone", "py:domain/identity.py::check"])
def test_a_name_that_leads_nowhere_and_a_module_imported_already_are_errors(guard: str):
    import domain.identity  # noqa: F401  so that it is

    with pytest.raises(NoSuchGuard):
        take_away(guard)
