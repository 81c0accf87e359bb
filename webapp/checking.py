"""The check of a bundle as pages and editors ask for it: outside any transaction, shared by equal bundles, and
never more than one at a time for one person."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import url_for

from domain.errors import DefinitionRefused, Finding, HouseError
from domain.text import gettext as _
from workflows import bundles, gate, scenarios
from workflows.bundles import Bundle, Checked
from workflows.lint_child import NO_END
from workflows.scenarios import Tested

KEPT = 64  # bundles whose findings are remembered
QUEUE = 3  # checks that one person may have waiting
PATIENCE = 30.0  # seconds

_found: OrderedDict[tuple[str, str], tuple[Finding, ...]] = OrderedDict()
_guard = threading.Lock()
_asked: Counter[int] = Counter()
_running: dict[int, threading.Lock] = {}


class TooMany(HouseError):
    """This person has several checks waiting already."""


def findings(bundle: Bundle, person: int) -> tuple[Finding, ...]:
    """Everything the check says of a bundle. person: the account that asks. Raises TooMany."""
    key = (bundle.key, bundle.digest)
    known = _remembered(key)
    if known is not None:
        return known
    with _turn(person):
        known = _remembered(key)  # whoever stood in the queue before may have asked the same
        if known is None:
            known = tuple(bundles.check(bundle))
            if all(one.sentence != NO_END for one in known):  # a busy machine is no property of the bundle
                _remember(key, known)
    return known


def must_pass(bundle: Bundle, person: int) -> Checked:
    """The bundle as one that may be deployed. Raises DefinitionRefused with every finding, TooMany."""
    with _turn(person):
        return gate.must_pass(bundle)


def tested(bundle: Bundle, person: int) -> Tested | None:
    """What comes of the bundle's scenarios; None while it has errors, no scenario, or checks of this person wait."""
    if not scenarios.paths(bundle.files):
        return None
    try:
        if not passes(findings(bundle, person)):
            return None
        with _turn(person):
            return gate.tested(bundle)
    except TooMany:
        return None


def readable(path: str, content: bytes) -> None:
    """Raise DefinitionRefused when a file may not even be kept in a draft. Quick, so that no save waits for a check."""
    found = bundles.readable(path, content)
    if found:
        raise DefinitionRefused(found)


def passes(found: tuple[Finding, ...]) -> bool:
    """True when a bundle with these findings may be deployed."""
    return all(one.severity != "error" for one in found)


def as_json(found: tuple[Finding, ...]) -> list[dict[str, Any]]:
    """Findings in the language of the request."""
    return [
        {
            "file": one.file,
            "element": one.element,
            "line": one.line,
            "sentence": str(one.sentence),
            "remedy": str(one.remedy),
            "severity": one.severity,
            "table": one.table,
            "rule": one.rule,
            "code": one.code,
            "column": one.column,
            "example": example_of(one),
        }
        for one in found
    ]


def example_of(one: Finding) -> str:
    """The input that shows a fault of a table, in words; "" where there is none."""
    if not one.example:
        return ""
    pairs = str(_(", ")).join(f"{label} = {value}" for label, value in one.example)
    return str(_("For example: %(input)s", input=pairs))


def row_of(one: Finding) -> str:
    """Row and column of a table that a finding speaks of, in words; "" for anything else."""
    row = str(_("row %(number)s", number=one.rule)) if one.rule else ""
    return " · ".join(part for part in (row, one.column) if part)


def place(ref: str, found: Finding) -> str:
    """Address of the editor of the file that a finding speaks of, at its element."""
    anchor = f"element={found.element}" if found.element else None
    return part_address(ref, found.file, anchor)


def part_address(ref: str, path: str, anchor: str | None = None) -> str:
    """Address of the page where a file of a draft is edited; the draft itself where it has none."""
    if path == bundles.DRAWING:
        return url_for("studio.drawing", ref=ref, _anchor=anchor)
    if path == bundles.SHEET:
        return url_for("studio_details.details", ref=ref)
    if path.startswith("forms/") and path.endswith(".form"):
        return url_for("studio.form", ref=ref, key=path[6:-5], _anchor=anchor)
    if path.endswith(".dmn") and "/" not in path:
        return url_for("studio.table", ref=ref, name=path[:-4], _anchor=anchor)
    if path.startswith("scenarios/") and path.endswith(".toml"):
        return url_for("studio_scenarios.scenario", ref=ref, name=path[10:-5])
    return url_for("studio.draft", ref=ref)


def _remembered(key: tuple[str, str]) -> tuple[Finding, ...] | None:
    with _guard:
        if key in _found:
            _found.move_to_end(key)
        return _found.get(key)


def _remember(key: tuple[str, str], found: tuple[Finding, ...]) -> None:
    with _guard:
        _found[key] = found
        while len(_found) > KEPT:
            _found.popitem(last=False)


@contextmanager
def _turn(person: int) -> Iterator[None]:
    """Wait until no other check of this person runs. Raises TooMany when too many wait already or it takes too long."""
    with _guard:
        if _asked[person] > QUEUE:
            raise TooMany(_("Several checks of yours are still running. Wait a moment and check again."))
        _asked[person] += 1
        lock = _running.setdefault(person, threading.Lock())
    try:
        if not lock.acquire(timeout=PATIENCE):
            raise TooMany(_("Several checks of yours are still running. Wait a moment and check again."))
        try:
            yield
        finally:
            lock.release()
    finally:
        with _guard:
            _asked[person] -= 1
            if not _asked[person]:
                del _asked[person], _running[person]
