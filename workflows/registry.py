"""Named operations: what a service step of a diagram may call, and nothing else.

A quick operation runs inside the move that reaches its step; what it raises rolls the whole move back.
A slow one (files, matching, rendering) is done by a job outside any transaction and recorded by a later
move. A decision's facts and its record are operations too.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from domain.cases import Case
from domain.errors import OperationFailed
from domain.home import Home
from domain.text import gettext as _
from domain.work import Work


@dataclass(frozen=True, slots=True)
class TaskAnswers:
    """What a person answered at one step. values: field name -> cleaned JSON value."""

    values: Mapping[str, Any]
    account_id: int
    completed_at: datetime
    task_ref: str


class AnswersOf(Protocol):
    """Finds the newest answers given at a step of the case in hand."""

    def __call__(self, step_id: str) -> TaskAnswers: ...


@dataclass(frozen=True, slots=True)
class Call:
    """What an operation is given.

    item: the element of the multi-instance loop it runs in, or None. inputs: the step's evaluated
    camunda:inputParameters. data: the case's routing variables, read only. answers(step_id) raises
    OperationFailed when nobody has answered that step yet.
    """

    work: Work
    case: Case
    step_id: str
    item: Any
    inputs: Mapping[str, Any]
    data: Mapping[str, Any]
    answers: AnswersOf


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing a decision is asked about: `about` comes back to the record, `context` goes into the table.

    ref: of what it is about; kind: what that is (LINE, ROW); person: ref of whom it concerns; topic: a code, such as
    the category. They are told with what was decided.
    """

    about: Any
    context: Mapping[str, Any]
    ref: str = ""
    person: str = ""
    topic: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision said of one fact; `result` is a `decisions.Result`, `version` the definition's number.

    jurisdiction, digest: of the table where a place has its own, else "".
    """

    about: Any
    result: Any
    decision: str
    version: int
    jurisdiction: str = ""
    digest: str = ""


Quick = Callable[[Call], Mapping[str, Any]]
Facts = Callable[[Call], Sequence[Fact]]
# households of new cases that are otherwise like the given one -> what the operation gives each, in their order
Many = Callable[[Work, Case, Sequence[int]], Sequence[Mapping[str, Any]]]
Record = Callable[[Call, Sequence[Decided]], Mapping[str, Any]]


class SlowOperation(Protocol):
    """Work that must not happen inside a write transaction."""

    def gather(self, call: Call) -> Any | None:
        """Read what the job needs, in a read transaction. None: it cannot be done yet, ask again later."""

    def perform(self, home: Home, plan: Any) -> Any:
        """Do it, in no transaction; must be safe to repeat."""

    def record(self, call: Call, result: Any) -> Mapping[str, Any]:
        """Write the outcome, inside the move that carries the case on."""


@dataclass(frozen=True, slots=True)
class TryPolicy:
    """How something that may fail is tried: attempts in all, the wait after the first failure and what it is multiplied
    with after each further one (at most an hour), and how long one attempt may take before another worker has it."""

    attempts: int = 3
    first: timedelta = timedelta(seconds=5)
    factor: int = 4
    timeout: timedelta = timedelta(minutes=15)

    def wait(self, failures: int) -> timedelta:
        """How long to wait after so many failures in a row (1 or more)."""
        grown: timedelta = self.first * float(self.factor) ** min(failures - 1, 20)
        return min(grown, LONGEST_WAIT)


LONGEST_WAIT = timedelta(hours=1)
THREE_TIMES = TryPolicy()


@dataclass(frozen=True, slots=True)
class Operation:
    """An entry of the registry. outputs: names a diagram may read under the step's id. tries: of a slow one.

    many: of a quick one that only reads and asks for nothing but the household: the same for many cases that begin.
    """

    name: str
    title: str
    kind: str  # quick, slow, facts, record
    run: Any
    outputs: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    tries: TryPolicy = THREE_TIMES
    many: Many | None = None


@dataclass
class _Registry:
    entries: dict[str, Operation] = field(default_factory=dict)
    loaded: bool = False


_registry = _Registry()


def _add(entry: Operation) -> None:
    if entry.name in _registry.entries:
        raise ValueError(f"operation {entry.name} is declared twice")
    _registry.entries[entry.name] = entry


def operation(
    name: str, *, title: str = "", outputs: tuple[str, ...] = (), many: Many | None = None
) -> Callable[[Quick], Quick]:
    """Declare a quick operation, e.g. "commission.issue"."""

    def declare(run: Quick) -> Quick:
        _add(Operation(name, title or _first_line(run), "quick", run, outputs, many=many))
        return run

    return declare


def slow_operation(
    name: str, *, title: str = "", outputs: tuple[str, ...] = (), tries: TryPolicy = THREE_TIMES
) -> Callable[[type[SlowOperation]], type[SlowOperation]]:
    """Declare a slow operation, a class with gather, perform and record, and how it is tried when it fails."""

    def declare(made: type[SlowOperation]) -> type[SlowOperation]:
        _add(Operation(name, title or _first_line(made), "slow", made(), outputs, tries=tries))
        return made

    return declare


def facts(name: str) -> Callable[[Facts], Facts]:
    """Declare where a decision's facts come from."""

    def declare(run: Facts) -> Facts:
        _add(Operation(name, _first_line(run), "facts", run))
        return run

    return declare


def recorder(name: str, *, outputs: tuple[str, ...] = ()) -> Callable[[Record], Record]:
    """Declare what happens with what a decision said."""

    def declare(run: Record) -> Record:
        _add(Operation(name, _first_line(run), "record", run, outputs))
        return run

    return declare


def operations() -> Mapping[str, Operation]:
    """All operations by name. Imports `workflows.operations.*` once."""
    if not _registry.loaded:
        room = importlib.import_module("workflows.operations")  # by name: the room imports this module in its turn
        for module in pkgutil.iter_modules(room.__path__):
            importlib.import_module(f"{room.__name__}.{module.name}")
        _registry.loaded = True
    return _registry.entries


def get(name: str) -> Operation:
    """The operation with this name. Raises OperationFailed: a deployed bundle can only name known ones."""
    found = operations().get(name)
    if found is None:
        raise OperationFailed(
            _("This version of the program does not know the operation %(name)s.", name=name), operation=name
        )
    return found


def _first_line(thing: object) -> str:
    return (thing.__doc__ or "").strip().split("\n")[0]
