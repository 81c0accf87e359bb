"""docs/tour.md names real functions, and on walk A each one calls the next."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from tests.infrastructure.clauses import ROOT

TOUR = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
ROOMS = "cli|webapp|scheduler|tasks|exchange|workflows|sources|documents|domain|decisions"
NAME = re.compile(rf"`((?:{ROOMS})(?:\.\w+)+)`")


def found(name: str) -> Callable[..., Any]:
    """The function or method of a dotted name. Raises LookupError."""
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            thing: Any = import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            thing = getattr(thing, part, None)
            if thing is None:
                raise LookupError(f"{name}: nothing called {part}")
        if not callable(thing):
            raise LookupError(f"{name} is no function")
        return inspect.unwrap(thing)
    raise LookupError(f"{name}: no such module")


def walk(letter: str) -> str:
    return re.split(r"^## ", TOUR, flags=re.MULTILINE)["ABC".index(letter) + 1]


def arrows() -> list[tuple[str, list[str]]]:
    """Function and the ones behind its arrow, of every numbered line of walk A."""
    lines = re.findall(r"^\d+\. (.*)$", walk("A"), flags=re.MULTILINE)
    return [(NAME.findall(line)[0], NAME.findall(line)[1:]) for line in lines]


@pytest.mark.parametrize("name", sorted(set(NAME.findall(TOUR))))
def test_a_name_on_the_tour_is_a_function_of_the_house(name):
    assert callable(found(name))


@pytest.mark.parametrize(("caller", "called"), [(caller, one) for caller, called in arrows() for one in called])
def test_on_walk_a_each_function_calls_the_next(caller, called):
    tree = ast.parse(textwrap.dedent(inspect.getsource(found(caller))))
    calls = {ast.unparse(node.func).rpartition(".")[2] for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert called.rpartition(".")[2] in calls, f"{caller} does not call {called}"


def test_walk_a_leaves_out_no_step():
    """Every function but the first was called by one before it, or through the engine's services and the registry."""
    called = {"webapp.views.desk.complete", "workflows.spiff_feel.Runner.run_service",
              "workflows.operations.commissions.issue"}  # fmt: skip
    for caller, behind in arrows():
        assert caller in called, f"nobody leads to {caller}"
        called |= set(behind)


def test_the_operation_of_walk_a_is_the_one_the_diagram_names():
    from workflows import registry
    from workflows.operations import commissions

    assert registry.get("commission.issue").run is commissions.issue
    diagram = (ROOT / "bpmn" / "verification" / "process.bpmn").read_text(encoding="utf-8")
    assert "commission.issue" in diagram


def test_three_walks_are_told():
    assert [walk(letter)[0] for letter in "ABC"] == ["A", "B", "C"]
    assert all(len(NAME.findall(walk(letter))) > 5 for letter in "ABC")
