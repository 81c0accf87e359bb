"""The past of a case, move by move: who did what, and where it stood then on the drawing that was in force.

A moment is called by the version of the case's state that it led to. A reader sees of the past what the case page
shows of the present: ids of nodes and flows, names of steps, who acted; never a value of the case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import aliased

from domain.cases import Case
from domain.errors import NotFound
from domain.parties.accounts import Account
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks.cases import drawings
from tasks.cases.drawings import Drawing
from tasks.cases.followed import both
from tasks.rows.models import HumanTask
from tasks.rules import visible_case
from workflows import definitions, moments
from workflows.definition_rows import DefinitionRow
from workflows.definitions import Definition
from workflows.instances import CaseState
from workflows.moments import CaseMoment

MOST = 500  # moments that a page may slide through; earlier ones have their addresses
HIGHEST = 2**31 - 1
# by the verb of the move: with the name of its step, and without
SENTENCES: Mapping[str, tuple[Text, Text]] = {
    "started": (_("opened the case"), _("opened the case")),
    "completed": (_("completed “%(step)s”"), _("completed a task")),
    "job": (_("“%(step)s” was carried out"), _("an operation was carried out")),
    "retried": (_("“%(step)s” was tried again"), _("a step was tried again")),
    "timer": (_("the time of “%(step)s” ran out"), _("a limit ran out")),
    "message": (_("an awaited message arrived"), _("an awaited message arrived")),
    "cancelled": (_("ended the case"), _("ended the case")),
    "migrated": (_("moved the case to another version"), _("moved the case to another version")),
    "set_right": (_("what the case waits for was written anew"), _("what the case waits for was written anew")),
    "timer_moved": (_("set another time at “%(step)s”"), _("set another time")),
    "moved back": (_("took the case back to “%(step)s”"), _("took the case back")),
    "move": (_("moved the case from “%(step)s” by hand"), _("moved the case by hand")),
    "reset": (_("set the case back to “%(step)s”"), _("set the case back")),
    "skip": (_("skipped “%(step)s”"), _("skipped a step")),
    "skipped": (_("skipped “%(step)s”"), _("skipped a step")),
    "mapped": (_("let “%(step)s” end with its error"), _("let a step end with its error")),
    "values": (_("put values of the case right"), _("put values of the case right")),
    "add": (_("added an item at “%(step)s”"), _("added an item")),
    "drop": (_("dropped an item at “%(step)s”"), _("dropped an item")),
    "undo": (_("took a repair back"), _("took a repair back")),
}
OTHER = (_("the case was moved at “%(step)s”"), _("the case was moved on"))


@dataclass(frozen=True, slots=True)
class Span:
    """Which moments of a case are on record. first, last: their numbers, 0 when there is none."""

    first: int = 0
    last: int = 0

    @property
    def whole(self) -> bool:
        """Whether the past is known from the beginning."""
        return self.first == 1


@dataclass(frozen=True, slots=True)
class Moment:
    """One move: when, by whom ("" for the system), what; stands: names of the steps it then stood at."""

    number: int
    at: datetime
    who: str
    text: Text
    stands: Sequence[str]
    drawing: Drawing


def on_record() -> tuple[ScalarSelect[Any], ScalarSelect[Any]]:
    """For a query of cases: the first and the last moment on record, null when there is none."""
    own = select(CaseMoment.version).where(CaseMoment.case_id == Case.id).correlate(Case).limit(1)
    first, last = own.order_by(CaseMoment.version), own.order_by(CaseMoment.version.desc())
    return first.scalar_subquery(), last.scalar_subquery()


def at(work: Work, ref: str, number: int, *, english: bool) -> Moment:
    """One moment of a case. Raises NotFound, also for a case of another office."""
    case = visible_case(work, ref)
    found = list(_told(work, case, english, upto=number))
    if not found or found[-1].number != number:
        raise NotFound(_("There is no such moment of this case."))
    return found[-1]


def listing(work: Work, ref: str, *, english: bool) -> list[Moment]:
    """The last moments of a case, at most MOST, oldest first. Raises NotFound."""
    return list(_told(work, visible_case(work, ref), english))[-MOST:]


def version_at(work: Work, ref: str, number: int) -> Definition:
    """The version of the process that a case ran on at a moment. Raises NotFound."""
    case = visible_case(work, ref)
    wanted = select(CaseMoment.definition_id).where(CaseMoment.case_id == case.id, CaseMoment.version == number)
    found = work.session.scalar(wanted) if 0 < number <= HIGHEST else None
    if found is None:
        raise NotFound(_("There is no such moment of this case."))
    return definitions.by_id(work, found)


def _told(work: Work, case: Case, english: bool, upto: int = HIGHEST) -> Iterator[Moment]:
    """The moments of a case in order. Three queries, whatever their number."""
    other = aliased(Account)
    rows = work.session.execute(
        select(CaseMoment, Account.name, other.name)
        .join(Account, Account.id == CaseMoment.account_id, isouter=True)
        .join(HumanTask, HumanTask.ref == CaseMoment.task_ref, isouter=True)
        .join(other, other.id == HumanTask.done_for, isouter=True)
        .where(CaseMoment.case_id == case.id)
        .order_by(CaseMoment.version)
    ).all()
    if not rows:
        return
    now = work.session.scalar(select(CaseState.marks).where(CaseState.case_id == case.id)) or {}
    used = {row.definition_id for row, *_who in rows}
    work.session.scalars(select(DefinitionRow).where(DefinitionRow.id.in_(used))).all()  # by_id finds them in hand
    marks: Mapping[str, Any] = {}
    if rows[0][0].version > 1:
        marks = moments.base(now, [row.changed for row, *_who in rows])
    for row, who, whom in rows:
        if row.version > upto:
            return
        marks = moments.applied(marks, row.changed)
        yield _moment(work, case, row, both(who or "", whom), marks, english, last=row is rows[-1][0])


def _moment(
    work: Work, case: Case, row: CaseMoment, who: str, marks: Mapping[str, Any], english: bool, *, last: bool
) -> Moment:
    definition = definitions.by_id(work, row.definition_id)
    drawn = drawings.drawn(definition, marks, [], [], case=case, english=english)
    if not (last and drawn.closed):
        drawn = replace(drawn, state="OPEN", ended=(), ended_names=())
    stands = drawn.ended_names if drawn.closed else [one.name for one in drawn.now]
    sentence = _sentence(definition, row, english)
    return Moment(row.version, row.at, who, sentence, stands, replace(drawn, moment=row.version, next=()))


def _sentence(definition: Definition, row: CaseMoment, english: bool) -> Text:
    named, plain = SENTENCES.get(row.verb, OTHER)
    step = definition.diagram.steps.get(row.step_id)
    name = (step.name_en or step.name if english else step.name) if step is not None else ""
    return _(named.source, step=name) if name and "%(step)s" in named.source else plain
