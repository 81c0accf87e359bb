"""Trying failed steps of many cases again: a kind of batch, for whoever runs the house."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from domain.cases import Case
from domain.errors import Conflict
from domain.text import gettext as _
from domain.work import Work
from tasks import incidents
from tasks.batches import batches
from tasks.batches.batches import OK, Verdict
from workflows.instances import Incident

RETRY = "retry"


def register() -> None:
    """Make it known. It asks for no second person: the worker tries again by itself as well, and decides nothing."""
    batches.register(
        RETRY, _judge, _act, title=_("Try failed steps again"), action="operations.retry", everywhere=True, second=False
    )


def _judge(work: Work, case_ref: str, params: Mapping[str, Any]) -> Verdict:
    return Verdict(OK, _("failed steps tried again: %(count)s", count=len(_open(work, case_ref, params))))


def _act(work: Work, case_ref: str, params: Mapping[str, Any]) -> None:
    for ref in _open(work, case_ref, params):
        incidents.retry(work, ref)


def _open(work: Work, case_ref: str, params: Mapping[str, Any]) -> Sequence[str]:
    """Refs of the open incidents of a case, of the step and the cause that the parameters name, if any.

    Raises Conflict when there is none. Uses ix_incident_case_id.
    """
    wanted = (
        select(Incident.ref)
        .join(Case, Case.id == Incident.case_id)
        .where(Case.ref == case_ref, Incident.closed_at.is_(None))
        .order_by(Incident.id)
    )
    if params.get("step"):
        wanted = wanted.where(Incident.step_id == str(params["step"]))
    if params.get("cause"):
        wanted = wanted.where(Incident.cause == str(params["cause"]))
    found = work.session.scalars(wanted).all()
    if not found:
        raise Conflict(_("No step of this case has failed."))
    return found
