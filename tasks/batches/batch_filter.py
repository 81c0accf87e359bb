"""Which cases a batch is about: the filter of its form, turned into a frozen list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import Select, exists, or_, select

from domain.cases import CANCELLED, DONE, OPEN, PARKED, Case
from domain.errors import Conflict
from domain.parties import permissions
from domain.parties.organisations import Organisation
from domain.text import gettext as _
from domain.work import Work
from tasks.rows.models import OPEN as TASK_OPEN
from tasks.rows.models import HumanTask
from workflows.instances import CaseWait, Incident

MOST = 10_000
ON_HOLD = "ON_HOLD"  # open cases that are suspended
STATES = (OPEN, ON_HOLD, PARKED, DONE, CANCELLED)


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Empty fields ask nothing. version: number of the process version; step: where something waits, works or failed;
    office: ref of the department, agency or town; cause: an open incident's. cases: refs, for a list made elsewhere."""

    process: str = ""
    version: int | None = None
    step: str = ""
    state: str = OPEN
    office: str = ""
    cause: str = ""
    cases: tuple[str, ...] = ()

    def kept(self) -> dict[str, Any]:
        """What is kept of it with the batch; a list of refs by its length alone."""
        return {**{k: v for k, v in asdict(self).items() if k != "cases"}, "cases": len(self.cases)}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> CaseFilter:
        """What `kept` told, for showing."""
        known = {field.name for field in fields(cls)} - {"cases"}
        return cls(**{name: value for name, value in kept.items() if name in known})


def frozen(work: Work, chosen: CaseFilter, *, everywhere: bool) -> Sequence[int]:
    """Ids of the cases that meet the filter now, in the order everybody locks them.

    everywhere: of the whole house; else of those the actor may read. Raises Conflict for none or more than 10,000.
    """
    if chosen.state not in ("", *STATES):
        raise Conflict(_("There is no such state of a case."))
    _must_be_few(chosen.cases)
    wanted = select(Case.id).order_by(Case.id).limit(MOST + 1)
    if not everywhere:
        wanted = wanted.where(permissions.case_scope(work.actor))
    found = work.session.scalars(_narrowed(wanted, chosen)).all()
    if not found:
        raise Conflict(_("No case meets this filter. Widen it."))
    _must_be_few(found)
    return found


def _must_be_few(cases: Sequence[object]) -> None:
    if len(cases) > MOST:
        raise Conflict(_("More than %(most)s cases meet this filter. Narrow it.", most=f"{MOST:,}"))


def _narrowed(wanted: Select[int], chosen: CaseFilter) -> Select[int]:
    if chosen.state == ON_HOLD:
        wanted = wanted.where(Case.state == OPEN, Case.suspended_at.is_not(None))
    elif chosen.state:
        wanted = wanted.where(Case.state == chosen.state)
    if chosen.process:
        wanted = wanted.where(Case.process == chosen.process)
    if chosen.version is not None:
        wanted = wanted.where(Case.process_version == chosen.version)
    if chosen.step:
        wanted = wanted.where(_stands_at(chosen.step))
    if chosen.cause:
        failed = (Incident.case_id == Case.id, Incident.closed_at.is_(None), Incident.cause == chosen.cause)
        wanted = wanted.where(exists().where(*failed))
    return wanted.where(*_of_office(chosen), *([Case.ref.in_(chosen.cases)] if chosen.cases else []))


def _of_office(chosen: CaseFilter) -> list[Any]:
    if not chosen.office:
        return []
    office = select(Organisation.id).where(Organisation.ref == chosen.office).scalar_subquery()
    return [or_(Case.department_id == office, Case.agency_id == office, Case.town_id == office)]


def _stands_at(step: str) -> Any:
    person = exists().where(HumanTask.case_id == Case.id, HumanTask.step_id == step, HumanTask.state.in_(TASK_OPEN))
    waits = exists().where(CaseWait.case_id == Case.id, CaseWait.step_id == step)
    failed = exists().where(Incident.case_id == Case.id, Incident.step_id == step, Incident.closed_at.is_(None))
    return or_(person, waits, failed)
