"""Static checks of decision models for those who draw them: what can never be right, each at its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from decisions.checks.geometry import check_tables
from decisions.checks.models import ModelCheck
from decisions.checks.names import Names
from decisions.checks.places import cells_in
from decisions.checks.report import Enough, Report, Spot
from decisions.checks.texts import Texts
from decisions.checks.walk import Model
from decisions.errors import DecisionError, Finding
from decisions.feel.types import ANY, Type
from decisions.graph import Module, Reader

__all__ = ["check", "check_expression"]

MOST_TOLD = 1000
MORE = "There are more findings than are told."
READ = ("unreadable-cell", "never-true")  # codes of what the reader may have found unreadable
_UNKNOWN = re.compile(r"'.*' uses the unknown name '(.*)'\.", re.DOTALL)
_UNREADABLE = re.compile(r"'.*': ", re.DOTALL)


def check(source: bytes, resolve: Callable[[str], bytes] | None = None) -> list[Finding]:
    """Everything that is wrong with a model, in the order of the file; nothing is raised for a bad one.

    Args:
        source: the XML.
        resolve: namespace -> source of an imported model; what is wrong inside that one is not said here.
    """
    reader = Reader(resolve)
    try:
        module = reader.read(source)
    except DecisionError as refusal:
        return list(refusal.findings)
    report = names_and_types(module)
    found = [*_said_once(_placed(reader.faults.findings, module), report), *check_tables(module, report.findings)]
    return sorted(_most(found), key=lambda finding: finding.line or 0)


def check_expression(text: str, names: Mapping[str, Type | None], *, unary: bool = False) -> list[Finding]:
    """What is wrong with one FEEL text; `where` is "line:column".

    Args:
        names: names the text may use -> type, None when it is not known; for unary tests `?` is the tested value.
    """
    report = Report()
    known = {name: type_ or ANY for name, type_ in names.items()}
    if unary:
        known.setdefault("?", ANY)
    with suppress(Enough):
        Texts(report, Model()).check(text, Spot(), Names(known), unary=unary)
    return report.findings


def names_and_types(module: Module) -> Report:
    """What is wrong with the names and types of a module that was read."""
    report = Report()
    ModelCheck(module, report).run()
    return report


def _most(found: list[Finding]) -> list[Finding]:
    """As many findings as anybody reads, errors rather than warnings."""
    if len(found) <= MOST_TOLD:
        return found
    kept = sorted(found, key=lambda finding: finding.severity != "error")[:MOST_TOLD]
    return [Finding("definitions", None, MORE, "Correct those named first, then check again.", "warning"), *kept]


def _placed(faults: list[Finding], module: Module) -> Iterator[Finding]:
    """The reader's faults; those in a table with its name, row and column."""
    cells = cells_in(module.root) if faults else {}
    for fault in faults:
        spot = cells.get(fault.where)
        yield fault if spot is None else replace(fault, table=spot.table, rule=spot.rule, column=spot.column)


def _said_once(faults: Iterable[Finding], report: Report) -> Iterator[Finding]:
    """The reader's faults and what was found besides; what both found is said by the one who knows more of it."""
    unreadable = {one.where for one in report.findings if one.code in READ and one.severity == "error"}
    for fault in faults:
        name = _UNKNOWN.fullmatch(fault.sentence)
        if name:
            if name[1] not in report.unknown:
                yield replace(fault, code="unknown-name")
        elif not _UNREADABLE.match(fault.sentence):
            yield fault
        elif fault.where not in unreadable:
            yield replace(fault, code="unreadable-cell")
    yield from report.findings
