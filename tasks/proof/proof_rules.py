"""Separation of duties, derived a second time and by other means: what a drawing's file says, and who did what by when.

Nothing here is shared with `tasks.separation`, which decides before an act: a mistake there is seen here. Only values
come in and go out; `tasks.proof.proof` reads the rows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree

PAIR, GROUP, PASSED, NEAR, JOURNAL = "PAIR", "GROUP", "PASSED", "NEAR", "JOURNAL"
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
_LIST = re.compile(r"[^\s,]+")
# step -> the steps that somebody else has to do -> PAIR or GROUP
Apart = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Done:
    """A completed task. people: who did it and for whom; definition: key of the version it was done under.

    journalled: whom the journal names, nobody where it has no entry; None where it was not asked.
    """

    id: int
    case_id: int
    step: str
    at: datetime
    people: frozenset[int]
    definition: int
    journalled: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class LetPass:
    """A step that somebody skipped, gave up or moved the case away from."""

    step: str
    at: datetime
    account: int
    version: int


@dataclass(frozen=True, slots=True)
class Renamed:
    """Steps that go by another id since an instant."""

    at: datetime
    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Nearness:
    """Somebody is near to the household of the case, from one instant until another."""

    account: int
    since: datetime
    until: datetime | None


@dataclass
class Past:
    """All that the rows say of one case; done in the order of their instants."""

    done: list[Done] = field(default_factory=list)
    passed: list[LetPass] = field(default_factory=list)
    back: list[tuple[str, int, datetime]] = field(default_factory=list)  # step, version and instant of a move undone
    renamed: list[Renamed] = field(default_factory=list)
    near: list[Nearness] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Found:
    """A violation."""

    task_id: int
    case_id: int
    account_id: int
    rule: str
    step: str
    other_step: str = ""


def apart_in(files: Iterable[bytes]) -> dict[str, dict[str, str]]:
    """What the files of a version keep apart, both ways round."""
    found: dict[str, dict[str, str]] = {}
    members: dict[str, list[str]] = {}
    pairs: list[tuple[str, str]] = []
    for step, name, word in _said(files):
        if name == "separate-from":
            pairs.append((step, word))
        else:
            members.setdefault(word, []).append(step)
    for steps in members.values():
        for one in steps:
            found.setdefault(one, {}).update({other: GROUP for other in steps if other != one})
    for step, other in pairs:
        if other != step:
            found.setdefault(step, {})[other] = PAIR
            found.setdefault(other, {})[step] = PAIR
    return found


def _said(files: Iterable[bytes]) -> Iterator[tuple[str, str, str]]:
    """(step, property, word) of every step of a person."""
    for content in files:
        for node in etree.fromstring(content, _PARSER).iter("{*}userTask", "{*}manualTask"):
            for said in node.iterfind("{*}extensionElements/{*}properties/{*}property"):
                name = said.get("name", "")
                if name in ("separate-from", "separation-group"):
                    yield from ((node.get("id", ""), name, word) for word in _LIST.findall(said.get("value", "")))


def violations(task: Done, past: Past, apart: Apart) -> Iterator[Found]:
    """Everything that kept one of those who did a task from doing it, at the instant they did it."""
    for other, rule in apart.get(task.step, {}).items():
        ids = _known_as(other, task.at, past.renamed)
        for one in past.done:
            if one.id != task.id and one.step in ids and (one.at, one.id) <= (task.at, task.id):
                yield from (_found(task, who, rule, other) for who in sorted(task.people & one.people))
        for who in sorted(_let_pass(task, ids, past)):
            yield _found(task, who, PASSED, other)
    for near in past.near:
        if near.account in task.people and near.since <= task.at and (near.until is None or near.until > task.at):
            yield _found(task, near.account, NEAR, "")
    if task.journalled is not None and task.journalled != task.people:
        yield from (_found(task, who, JOURNAL, "") for who in sorted(task.people ^ task.journalled))


def _let_pass(task: Done, ids: Collection[str], past: Past) -> set[int]:
    """Who of them let the other step pass before, where nobody did it after all and the move stands."""
    found = set()
    for one in past.passed:
        if one.account not in task.people or one.step not in ids or one.at > task.at:
            continue
        redone = any(d.step in ids and one.at <= d.at <= task.at for d in past.done if d.id != task.id)
        undone = any(step == one.step and version > one.version and at <= task.at for step, version, at in past.back)
        if not redone and not undone:
            found.add(one.account)
    return found


def _known_as(step: str, at: datetime, renamed: Sequence[Renamed]) -> set[str]:
    """Every id under which a step may have been done until an instant."""
    found = {step}
    for move in sorted(renamed, key=lambda one: one.at, reverse=True):
        if move.at <= at:
            found |= {before for before, after in move.names if after in found}
    return found


def _found(task: Done, who: int, rule: str, other: str) -> Found:
    return Found(task.id, task.case_id, who, rule, task.step, other)
