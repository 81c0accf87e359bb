"""What a decision says of itself, a line at a time: what matched, what did not, what is wrong with a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cli.decide_json import written
from decisions import explain
from domain.text import Text
from domain.text import gettext as _
from workflows.decision_words import said

if TYPE_CHECKING:
    from decisions import Finding, MatchedRule, MissedRule, Result


def explanation(result: Result, now: datetime) -> Iterator[object]:
    """The way to a result: required decisions, rules that matched and that did not, reasons for a null, the steps."""
    for step in result.trace:
        yield _("“%(name)s” is %(value)s.", name=step.name, value=written(step.value, now))
    for rule in result.matched:
        yield from _matched(rule, now)
    for missed in result.missed:
        yield _missed(missed, now)
    yield from reasons(result.reasons)
    yield _("%(count)s steps were used.", count=result.steps)


def _matched(rule: MatchedRule, now: datetime) -> Iterator[object]:
    yield _("“%(name)s”: rule %(number)s matched.", name=rule.decision, number=rule.number)
    for label, value, cell in rule.inputs:
        yield f"    {label} = {written(value, now)}    [{cell}]"
    for name, value in rule.outputs.items():
        yield f"    → {name} = {written(value, now)}"
    for name, note in rule.annotations.items():
        if note:
            yield f"    {name}: {note}"


def _missed(rule: MissedRule, now: datetime) -> Text:
    place: dict[str, object] = {"name": rule.decision, "number": rule.number}
    if rule.why == explain.NOT_REACHED:
        return _("“%(name)s”: rule %(number)s was not reached: the first that matches counts.", **place)
    if rule.why == explain.OUTRANKED:
        return _("“%(name)s”: rule %(number)s matched, but another comes before it by its output.", **place)
    return _(
        "“%(name)s”: rule %(number)s did not match: %(label)s = %(value)s is not [%(cell)s].",
        **place,
        label=rule.label,
        value=written(rule.value, now),
        cell=rule.text,
    )


def reasons(problems: Iterable[str]) -> Iterator[Text]:
    """Why a null is a null."""
    return (_("Reason: %(sentence)s", sentence=said(problem)) for problem in problems)


def finding(file: Path, one: Finding) -> str:
    """`file:line: severity: place: sentence remedy example [code]`."""
    at = f"{file}:{one.line}" if one.line else str(file)
    severity = _("error") if one.severity == "error" else _("warning")
    told = (
        f"{at}: {severity}: {_place(one)}: {_('%(why)s %(remedy)s', why=said(one.sentence), remedy=said(one.remedy))}"
    )
    example = _example(one.example) if one.example else ""
    return f"{told}{f' {example}' if example else ''}{f' [{one.code}]' if one.code else ''}"


def _place(one: Finding) -> str:
    """Where, in the owner's words: table, row and column where there are such."""
    words: list[object] = []
    if one.table:
        words.append(_("table “%(name)s”", name=one.table))
    if one.rule is not None:
        words.append(_("rule %(number)s", number=one.rule))
    if one.column:
        words.append(_("column “%(name)s”", name=one.column))
    return ", ".join(map(str, words)) or one.where


def _example(example: Mapping[str, str]) -> Text:
    shown = ", ".join(f"{label} = {literal}" for label, literal in example.items())
    return _("Example: %(shown)s.", shown=shown)
