"""Takes a guard away and shows that the tests of its clause notice: `python -m tests.infrastructure.mutation`.

A test that proves a clause must fail when what enforces the clause is gone. For each guard (`guards`) the runner starts
pytest on the tests that are marked with its clause, with this module as a plugin and `--without GUARD`:

    py:…#BX-12      the condition of that refusal is never true (a refusal without a condition is left out)
    py:…function    the function does nothing
    py:…=expression the function gives the expression
    db:guard_…      the trigger is not made, neither with the tables nor by a migration
    db:ck_…, uq_…   the constraint is left out where tables are made from the mapping; what a migration made keeps it
    perm:action     everybody may, whatever binds them to the thing
    term:parameter  every term of that parameter is a day longer

What the tests themselves start as processes of their own runs with the guard. A run works on SQLite unless told
`--all`, one guard after another; docs/mutants.tsv keeps what it found: clause, guard, the first test that failed, or
SURVIVED when none did. A guard that may be taken away unnoticed ends the run with 1, tests that fail without any change
with 2.
"""

from __future__ import annotations

import argparse
import ast
import importlib.machinery
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest

from tests.infrastructure import clauses
from tests.infrastructure.guards import ROOT, Function, Guard, all_guards, functions, refusals_in

SURVIVED = "SURVIVED"
FOUND = ROOT / "docs" / "mutants.tsv"
# what is quick first: the first test that fails ends the run of a guard
ORDER = ("tests/domain", "tests/documents", "tests/tasks", "tests/workflows", "tests/clauses", "tests/scheduler")
SLOW = ("tests/journeys", "tests/browser")


class NoSuchGuard(Exception):
    """Nothing in the sources answers to this name any more."""


# --- the plugin ------------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--without", metavar="GUARD", default="", help="take this guard away (see guards.py)")


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Before any room is imported."""
    name = early_config.known_args_namespace.without
    if name:
        take_away(name)


def take_away(name: str) -> None:
    """Take a guard away in this process. Raises NoSuchGuard."""
    form, _colon, rest = name.partition(":")
    if form == "py":
        sys.meta_path.insert(0, _Finder(rest))
    elif form == "db":
        _without_rule(rest)
    elif form == "perm":
        _without_right(rest)
    elif form == "term":
        _with_a_day_more(rest)
    else:
        raise NoSuchGuard(name)


class _Finder(MetaPathFinder):
    """Finds the one module and has it compiled without the guard."""

    def __init__(self, rest: str) -> None:
        self.path, _colons, self.target = rest.partition("::")
        self.module = self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        if self.module in sys.modules:
            raise NoSuchGuard(f"{self.module} is imported already")

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.module:
            return None
        loader = _Loader(fullname, str(ROOT / self.path), self.path, self.target)
        return importlib.util.spec_from_loader(fullname, loader)


class _Loader(importlib.machinery.SourceFileLoader):
    """Compiles a module without one of its guards; nothing compiled is kept."""

    def __init__(self, fullname: str, file: str, path: str, target: str) -> None:
        super().__init__(fullname, file)
        self.where, self.target = path, target

    def get_code(self, fullname: str) -> CodeType:
        tree = without(Path(self.path).read_text(encoding="utf-8"), self.where, self.target)
        return compile(tree, self.path, "exec")


def without(source: str, path: str, target: str) -> ast.Module:
    """The tree of a module without a guard; target: "function#BX-12", "function" or "function=expression".

    Raises NoSuchGuard.
    """
    tree = ast.parse(source)
    if re.match(r"[\w.]+#", target):
        _without_refusal(tree, path, target)
    else:
        name, _sign, expression = target.partition("=")
        function = dict(functions(tree)).get(name)
        if function is None:
            raise NoSuchGuard(f"{path} has no function {name}")
        value = ast.parse(expression or "None", mode="eval").body
        function.body = [ast.Return(value)]
    return ast.fix_missing_locations(tree)


def _without_refusal(tree: ast.Module, path: str, target: str) -> None:
    found = [one for one in refusals_in(tree, path) if one.name == f"py:{path}::{target}"]
    if len(found) != 1:
        raise NoSuchGuard(f"{path} has {len(found)} refusals {target}")
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    node: ast.AST = found[0].node
    while not isinstance(parent := parents[node], Function | ast.ExceptHandler):
        if isinstance(parent, ast.If) and node in parent.body:
            # asked all the same: a condition may give a name its value
            parent.test = ast.BoolOp(ast.And(), [parent.test, ast.Constant(False)])
            return
        if isinstance(parent, ast.If):
            break
        node = parent
    _Nothing(found[0].node).visit(tree)


class _Nothing(ast.NodeTransformer):
    """Puts `pass` in the place of one statement."""

    def __init__(self, node: ast.Raise) -> None:
        self.node = node

    def visit_Raise(self, node: ast.Raise) -> ast.stmt:
        return ast.Pass() if node is self.node else node


def _without_rule(name: str) -> None:
    from domain.verification import guards

    if any(guard.name == name for guard in guards.GUARDS):
        made = guards._made
        guards._made = lambda guard, dialect: [] if guard.name == name else made(guard, dialect)
        return
    _without_constraint(name)


def _without_constraint(name: str) -> None:
    from sqlalchemy import MetaData, event

    from tasks import schema

    metadata = schema.metadata()
    found = [(table, one) for table in metadata.tables.values() for one in table.constraints if str(one.name) == name]
    if len(found) != 1:
        raise NoSuchGuard(f"{len(found)} tables have a rule {name}")

    @event.listens_for(metadata, "before_create")
    def _left_out(_target: MetaData, _connection: Any, **_options: Any) -> None:
        found[0][0].constraints.discard(found[0][1])


def _without_right(name: str) -> None:
    from domain.parties import permissions
    from domain.parties.permission_rules.words import Rule

    if name not in permissions.ACTIONS:
        raise NoSuchGuard(f"the table of rights has no {name}")
    permissions._BY_ACTION[name] = (Rule(name, frozenset()),)


def _with_a_day_more(name: str) -> None:
    from dataclasses import replace

    from domain.policy import Policies
    from domain.policy_keys import policy_keys
    from domain.workdays import Term

    if name not in {key.name for key in policy_keys()}:
        raise NoSuchGuard(f"no policy has a parameter {name}")
    resolve = Policies._resolve

    def longer(self: Policies, key: Any, documents: Any) -> Any:
        found = resolve(self, key, documents)
        if found is None or key.name != name or not isinstance(found.value, Term):
            return found
        return replace(found, value=replace(found.value, length=found.value.length + 1))

    Policies._resolve = longer  # type: ignore[method-assign]


# --- the runner ------------------------------------------------------------------------------------------------


def tests_of(clause: str) -> list[str]:
    """The tests marked with a clause, as pytest names them, the quick ones first."""
    found = [f"{path}::{test}" for path, test in clauses.proofs().get(clause, [])]
    return sorted(found, key=lambda one: (one.startswith(SLOW), not one.startswith(ORDER)))


def run(tests: Sequence[str], guard: str = "", more: Sequence[str] = ()) -> tuple[int, str]:
    """pytest's end and the first test that failed, "" for none."""
    plugin = ["-p", "tests.infrastructure.mutation", "--without", guard] if guard else []
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "--no-header", "--tb=no", "-rfE", *plugin, *more]
    done = subprocess.run(
        [*command, *tests], cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    if done.returncode not in (0, 1):
        raise NoSuchGuard(f"{guard or tests}: pytest ended with {done.returncode}: {done.stdout[-500:]}{done.stderr}")
    return done.returncode, failed[1].partition("[")[0].rsplit("/", 1)[-1] if failed else ""


def judge(guard: Guard, more: Sequence[str] = ()) -> str:
    """The first test that notices that a guard is gone, else SURVIVED."""
    ended, failed = run(tests_of(guard.clause), guard.name, more)
    return failed if ended else SURVIVED


def written(path: Path = FOUND) -> dict[tuple[str, str], str]:
    """What earlier runs found: (clause, guard) → test or SURVIVED."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {(clause, guard): by for clause, guard, by in (line.split("\t") for line in lines if line)}


def _write(found: dict[tuple[str, str], str], path: Path = FOUND) -> None:
    order = list(clauses.clauses())
    lines = sorted(found.items(), key=lambda one: (order.index(one[0][0]), one[0][1]))
    path.write_text("".join(f"{clause}\t{guard}\t{by}\n" for (clause, guard), by in lines), encoding="utf-8")


def _of(wanted: Iterable[str]) -> list[Guard]:
    known = all_guards()
    return [guard for clause in wanted for guard in known.get(clause, []) if tests_of(clause)]


def main(words: Sequence[str] | None = None) -> int:
    """Take the guards away, one after another."""
    parser = argparse.ArgumentParser(prog="python -m tests.infrastructure.mutation")
    parser.add_argument("--clause", action="append", help="only the guards of this clause; may be repeated")
    parser.add_argument("--guard", help="only this guard")
    parser.add_argument("--all", action="store_true", help="on PostgreSQL too, and with the long tests")
    given = parser.parse_args(words)
    more = ["--all"] if given.all else []
    chosen = [one for one in _of(given.clause or clauses.clauses()) if given.guard in (None, one.name)]
    for clause in dict.fromkeys(guard.clause for guard in chosen):
        ended, failed = run(tests_of(clause), "", more)
        if ended:
            print(f"{clause}: {failed} fails although nothing was taken away")
            return 2
    known, found = all_guards(), written()
    standing = {(clause, guard.name) for clause, guards in known.items() for guard in guards}
    survivors = 0
    for guard in chosen:
        by = judge(guard, more)
        survivors += by == SURVIVED
        print(f"{guard.clause}  {guard.name}  {by}", flush=True)
        found[guard.clause, guard.name] = by
        _write({key: one for key, one in found.items() if key in standing})
    print(f"{len(chosen)} guards, {survivors} of them may be taken away unnoticed")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
