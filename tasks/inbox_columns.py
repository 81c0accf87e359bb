"""Columns of the inbox: answers that a form's owner wants to be seen in the list and found by (property `inbox`).

Codes, days, numbers (none of them an amount of money: the check refuses that) and yes/no stand in plain; a text is
sealed and found only as a whole. What a step answered goes on to the later tasks of its case.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select

from domain.base import new_ref, new_refs
from domain.bulk import write_alike
from domain.parties import permissions
from domain.parties.organisations import Organisation
from domain.work import Work
from tasks import column_rows
from tasks.rows.finding_models import CHOICE, DATE, NUMBER, TEXT, TaskValue
from tasks.rows.models import OPEN, HumanTask
from workflows import definitions
from workflows.definitions import Definition, DefinitionRow
from workflows.forms import FieldSpec, FormSpec
from workflows.instances import Instance

_DIGITS, _SCALE = 19, 4
_MIDDLE = 10 ** (_DIGITS - 1)  # numbers below and above nothing, compared as text
LONGEST = 120
# up to so many the matches lead, above that the list leads and looks each task up: a page of a list of n tasks is
# found after some 17 n / m looks where m of them match, so that from about the root of 17 n on the list should lead
MOST_MATCHES, MOST_OF_ONE = 5_000, 600  # a province of a million; one office, the largest of which has 20,000
KINDS = {"number": NUMBER, "datetime": DATE, "radio": CHOICE, "select": CHOICE, "checkbox": CHOICE, "textfield": TEXT}


@dataclass(frozen=True, slots=True)
class Column:
    """A column that some process declares. options: (value, Chinese, English) of a choice."""

    key: str
    kind: str
    label: str
    label_en: str
    options: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a column is asked for: equal to `equals`, or from `least` to `most`; "" for none."""

    key: str
    equals: str = ""
    least: str = ""
    most: str = ""


def columns_of(definition: Definition) -> tuple[Column, ...]:
    """The columns that the forms of a version declare, in the order of the forms' keys, each key once."""
    found: dict[str, Column] = {}
    for path in sorted(definition.bundle.files):
        if path.startswith("forms/") and path.endswith(".form"):
            form = definition.form(path.removeprefix("forms/").removesuffix(".form"))
            for spec in declared(form):
                found.setdefault(spec.key, column_of(spec))
    return tuple(found.values())


def declared(form: FormSpec) -> list[FieldSpec]:
    """The fields of a form that are columns of the inbox."""
    return [one for one in form.inputs if one.inbox]


def column_of(spec: FieldSpec) -> Column:
    """The column of a field."""
    options = tuple((one.value, one.label, one.label_en) for one in spec.options)
    if spec.kind == "checkbox":
        options = (("true", "是", "Yes"), ("false", "否", "No"))
    return Column(spec.key, KINDS[spec.kind], spec.label, spec.label_en, options)


def comparable(kind: str, value: object) -> str:
    """A plain value so that the order of the texts is the order of the values; "" for none.

    A number keeps four places and is moved above nothing: 19 digits. Raises ValueError for what is no such value.
    """
    if value is None or value == "":
        return ""
    if kind == DATE:
        return (value if isinstance(value, date) else date.fromisoformat(str(value)[:10])).isoformat()[:10]
    if kind == NUMBER:
        try:
            moved = _MIDDLE + int(Decimal(str(value)).scaleb(_SCALE).to_integral_value())
        except (InvalidOperation, OverflowError) as problem:
            raise ValueError("not a number") from problem
        if not 0 <= moved < 10 * _MIDDLE:
            raise ValueError("too large")
        return f"{moved:0{_DIGITS}d}"
    text = "true" if value is True else "false" if value is False else str(value)
    if len(text) > LONGEST:
        raise ValueError("too long")
    return text


def shown(kind: str, value: str) -> str:
    """A comparable value as it was."""
    if kind != NUMBER:
        return value
    number = Decimal(int(value) - _MIDDLE).scaleb(-_SCALE)
    return f"{number:f}".rstrip("0").rstrip(".") if number % 1 else f"{number:.0f}"


def keep(work: Work, task: HumanTask, form: FormSpec, answers: Mapping[str, Any], *, whole_case: bool = False) -> None:
    """Write the columns that a draft or a completed form says. whole_case: the other open tasks of the case have them
    too. Costs nothing for a form without columns."""
    specs = declared(form)
    if not specs:
        return
    tasks = [(task.id, task.case_id, task.org_id)]
    if whole_case:
        work.session.flush()
        asked = {"case": task.case_id, "task": task.id}
        tasks += [(key, task.case_id, office) for key, office in column_rows.OTHERS.all(work.connection, asked)]
    said = [(spec.key, KINDS[spec.kind], _plain(spec, answers.get(spec.key))) for spec in specs]
    emptied = [name for name, _kind, value in said if not value]
    if emptied:
        work.session.execute(
            delete(TaskValue).where(TaskValue.task_id.in_([key for key, _c, _o in tasks]), TaskValue.key.in_(emptied))
        )
    if whole_case:  # what tasks that are over said before is not what the case says now
        column_rows.PAST.send_all(
            work.connection, [{"case": task.case_id, "key": name} for name, _kind, _value in said]
        )
    rows = [
        _row(work, (key, case, office), name, kind, value)
        for key, case, office in tasks
        for name, kind, value in said
        if value
    ]
    _write(work, rows)


def _plain(spec: FieldSpec, value: object) -> str:
    """What of an answer is kept; "" for nothing, also for a draft that is no such value yet."""
    try:
        return comparable(KINDS[spec.kind], value) if not isinstance(value, dict | list) else ""
    except ValueError:
        return ""


def follow(work: Work, instance: Instance, refs: Sequence[str], *, left: bool) -> None:
    """After a move: tasks that were opened have the columns of their case, those that are over leave the index.

    A case's columns are what its steps answered, else what its data says. Nothing for a process that declares none.
    left: some task of the case is over now.
    """
    columns = _columns(instance.definition)
    if not columns:
        return
    if left:
        _close(work, instance.case.id)
    if refs:
        _open(work, instance, columns, refs)


def begin(work: Work, definition: Definition, data: Mapping[str, Any], cases: Sequence[int]) -> None:
    """The open tasks of cases that were opened alike have what their data says of the columns, a statement a column.

    Uses uq_human_task_case_id_token.
    """
    known = _said(_columns(definition), data)
    if not known or not cases:
        return
    opened = select(HumanTask.id, HumanTask.case_id, HumanTask.org_id).where(
        HumanTask.case_id.between(min(cases), max(cases)), HumanTask.state.in_(OPEN)
    )
    own = set(cases)  # another's case may have a key between them
    places = [tuple(row) for row in work.session.execute(opened) if row.case_id in own]
    tasks, of_cases, offices = zip(*places, strict=True) if places else ((), (), ())
    for key, (kind, value) in known.items():
        like = {"key": key, "kind": kind, "value": value, "sealed": None, "open": True}
        rows = {"ref": new_refs(len(tasks)), "task_id": tasks, "case_id": of_cases, "org_id": offices}
        write_alike(work.session, TaskValue, like, rows)


def _said(columns: Sequence[Column], data: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Kind and comparable value of each column that a case's data says; a text is said by answers alone."""
    found: dict[str, tuple[str, str]] = {}
    for column in columns:
        if column.kind != TEXT and column.key in data:
            value = _from_data(column, data[column.key])
            if value:
                found[column.key] = (column.kind, value)
    return found


def _open(work: Work, instance: Instance, columns: Sequence[Column], refs: Sequence[str]) -> None:
    case_id, known = instance.case.id, _said(columns, instance.run.data)
    for ref, key, kind, value, sealed in column_rows.EARLIER.all(work.connection, {"case": case_id}):
        known[key] = (kind, _opened(work, ref, sealed) if kind == TEXT else value)
    if known:
        tasks = work.session.execute(select(HumanTask.id, HumanTask.org_id).where(HumanTask.ref.in_(refs))).all()
        places = [(task, case_id, office) for task, office in tasks]
        said = known.items()
        _write(work, [_row(work, place, key, kind, value) for place in places for key, (kind, value) in said])


def _close(work: Work, case_id: int) -> None:
    work.session.flush()
    column_rows.CLOSED.send(work.connection, {"case": case_id})


@dataclass(frozen=True, slots=True)
class InForce:
    """A process as the list of tasks knows it: its titles and the columns that its version in force declares."""

    title: str
    title_en: str
    columns: tuple[Column, ...]


def in_force(work: Work) -> dict[str, InForce]:
    """Every process that is deployed here; one SELECT a work. Uses the table's key."""
    place = ("inbox columns", "in force")
    known: dict[str, InForce] | None = work.memory.get(place)
    if known is None:
        row = DefinitionRow
        newest = select(func.max(row.id)).group_by(row.process)
        wanted = select(row.process, row.id, row.ref, row.title, row.title_en).where(row.id.in_(newest))
        known = work.memory[place] = {
            process: InForce(title, title_en, _in_force(work, key, ref))
            for process, key, ref, title, title_en in work.session.execute(wanted.order_by(row.process))
        }
    return known


def columns(work: Work, process: str = "") -> tuple[Column, ...]:
    """The columns that the versions in force declare (of one process, or of all), each key once."""
    found: dict[str, Column] = {}
    for name, one in in_force(work).items():
        if process in ("", name):
            for column in one.columns:
                found.setdefault(column.key, column)
    return tuple(found.values())


def comparable_words(column: Column, asked: Asked) -> Asked | None:
    """What is asked of a column, as it is compared; None for what no value can be."""
    try:
        equals, least, most = (comparable(column.kind, one) for one in (asked.equals, asked.least, asked.most))
    except ValueError:
        return None
    return Asked(asked.key, equals, least, most)


# a version never changes once deployed: by its key and ref, and by its key and digest
_by_version: dict[tuple[int, str], tuple[Column, ...]] = {}
_by_bundle: dict[tuple[int, str], tuple[Column, ...]] = {}


def _in_force(work: Work, key: int, ref: str) -> tuple[Column, ...]:
    if (key, ref) not in _by_version:
        _by_version[key, ref] = _columns(definitions.by_id(work, key))
    return _by_version[key, ref]


def _columns(definition: Definition) -> tuple[Column, ...]:
    place = (definition.row_id, definition.bundle.digest)
    if place not in _by_bundle:
        _by_bundle[place] = columns_of(definition)
    return _by_bundle[place]


def _from_data(column: Column, value: object) -> str:
    if isinstance(value, dict | list):
        return ""
    try:
        return comparable(column.kind, value.date() if isinstance(value, datetime) else value)
    except ValueError:
        return ""


def of_tasks(work: Work, refs: Collection[str], keys: Collection[str]) -> dict[str, dict[str, str]]:
    """What the columns of a page of tasks say, in one SELECT: ref of a task -> column -> value; only what is said.

    Uses uq_task_value_task_id_key.
    """
    if not refs or not keys:
        return {}
    wanted = select(HumanTask.ref, TaskValue).join(HumanTask, HumanTask.id == TaskValue.task_id)
    rows = work.session.execute(wanted.where(HumanTask.ref.in_(list(refs)), TaskValue.key.in_(list(keys))))
    found: dict[str, dict[str, str]] = {}
    for ref, row in rows:
        said = _text_of(work, row) if row.kind == TEXT else shown(row.kind, row.value)
        found.setdefault(ref, {})[row.key] = said
    return found


def condition(work: Work, asked: Asked) -> ColumnElement[bool]:
    """The condition on `human_task` that a column says what is asked.

    Few matches lead (a subselect), many are looked up task by task as the list is read in its own order; which of the
    two is found by counting to MOST_MATCHES or MOST_OF_ONE, once a work. Uses ix_task_value_open,
    uq_task_value_task_id_key.
    """
    return _matching(work, asked.key, asked, _within(asked))


def text_condition(work: Work, key: str, blinds: Sequence[bytes]) -> ColumnElement[bool]:
    """The same for a text, which is compared as a whole by its blind index."""
    return _matching(work, key, (key, *blinds), [TaskValue.value.in_([one.hex() for one in blinds])])


def _within(asked: Asked) -> list[ColumnElement[bool]]:
    if asked.equals:
        return [TaskValue.value == asked.equals]
    found: list[ColumnElement[bool]] = []
    if asked.least:
        found.append(TaskValue.value >= asked.least)
    if asked.most:
        found.append(TaskValue.value <= asked.most)
    return found


def leading(work: Work, asked: Asked) -> list[ColumnElement[bool]]:
    """Conditions on `task_value` that a count begins with where many tasks match; empty where few do: then `condition`
    lists them. Uses ix_task_value_open."""
    rows = _rows(work, asked.key, _within(asked))
    return rows if _many(work, asked, rows) else []


def _matching(work: Work, key: str, asked: Any, within: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    rows = _rows(work, key, within)
    if not _many(work, asked, rows):
        return HumanTask.id.in_(select(TaskValue.task_id).where(*rows).correlate(None))
    says = select(TaskValue.id).where(TaskValue.task_id == HumanTask.id, TaskValue.key == key, *within)
    # a value, not EXISTS, which PostgreSQL turns into a join: that reads all that match before it shows one
    return says.correlate(HumanTask).scalar_subquery().is_not(None)


def _rows(work: Work, key: str, within: list[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    is_open: Any = TaskValue.open  # a column that is itself a condition, as the index has it
    return [TaskValue.org_id.in_(_offices(work)), TaskValue.key == key, is_open, *within]


def _many(work: Work, asked: Any, rows: list[ColumnElement[bool]]) -> bool:
    place = ("inbox columns", "many", repr(asked))
    known: bool | None = work.memory.get(place)
    if known is None:
        most = MOST_MATCHES if len(_offices(work)) > 1 else MOST_OF_ONE
        some = select(TaskValue.task_id).where(*rows).limit(most + 1).subquery()
        found = work.session.scalar(select(func.count()).select_from(some)) or 0
        known = work.memory[place] = found > most
    return known


def _offices(work: Work) -> list[int]:
    """Offices whose tasks the actor can list: the own one and those of people stood in for; of heads and overseers also
    the ones below theirs. One SELECT a work for these alone."""
    place = ("inbox columns", "offices")
    known: list[int] | None = work.memory.get(place)
    if known is None:
        actor = work.actor
        own = {one for one in (actor.org_id, *(each.org_id for each in actor.stands_for)) if one is not None}
        if permissions.may(actor, "task.supervise") or permissions.may(actor, "task.oversee"):
            above = work.session.execute(select(Organisation.id, Organisation.parent_id)).all()
            while more := {key for key, parent in above if parent in own} - own:
                own |= more
        known = work.memory[place] = sorted(own)
    return known


def _text_of(work: Work, row: TaskValue) -> str:
    return _opened(work, row.ref, row.sealed)


def _opened(work: Work, ref: str, sealed: bytes | None) -> str:
    return work.home.vault.open("task_value.sealed", ref, sealed or b"")


def _row(work: Work, place: tuple[int, int, int], key: str, kind: str, value: str) -> dict[str, Any]:
    ref = new_ref()
    vault = work.home.vault
    return {
        "ref": ref,
        "task_id": place[0],
        "case_id": place[1],
        "org_id": place[2],
        "key": key,
        "kind": kind,
        "value": vault.blind("task_value.sealed", value).hex() if kind == TEXT else value,
        "sealed": vault.seal("task_value.sealed", ref, value) if kind == TEXT else None,
        "open": True,
    }


def _write(work: Work, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    session = work.session
    session.flush()
    column_rows.newer(session.get_bind().dialect.name).send_all(work.connection, rows)
