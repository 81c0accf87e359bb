"""What a case says to others: handed to those who wait for it, else it starts the processes that begin with it.

A case that starts so is about what the case was about that spoke: the same household, programme and offices. Times and
conditions name nobody, hence they start no case (`lint_main`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from domain import journal, rules
from domain.cases import NEW, Case
from domain.errors import Conflict
from domain.parties.organisations import Organisation
from domain.text import gettext as _
from domain.work import Work
from tasks import campaigns, moves
from workflows import definitions
from workflows.definitions import Definition
from workflows.instances import CaseWait
from workflows.starts import StartSpec


class Ambiguous(Conflict):
    """Several cases wait for a message that does not say whom it is for. why: the sentence, for an incident."""

    def __init__(self, name: str, count: int) -> None:
        self.why = _(
            "Cases that wait for the message %(message)s: %(count)s. It has no key, so nobody can tell whom it is for."
            " Draw a key at the events that throw and catch it, or a signal where all are meant.",
            message=name, count=count,
        )  # fmt: skip
        super().__init__(self.why)


MOST_A_DAY = 20  # cases of one household that messages begin


def route(work: Work, sender: str, payload: Mapping[str, Any], sent_at: datetime | None = None) -> int:
    """Hand on what the case with ref `sender` threw. Returns how many cases took it or began with it.

    A signal goes to everybody but its sender, who caught it when it was thrown; a message to those who wait with its
    key, and begins a case only when nobody waits. A message that nobody wants is noted in the sender's history; one
    without a key is for one case (BPMN 2.0.2, 10.5.1): where several wait nobody can tell which, so it reaches none,
    unless `for_all` in the payload says that all are meant. Raises Ambiguous: it stands as an incident of its sender,
    and is sent when it is tried again and one is left.
    """
    kind, name = str(payload.get("kind", "")), str(payload["name"])
    _must_be_for_one(work, kind, name, payload)
    taken = campaigns.route_message(work, payload, sent_at, but=sender if kind == "signal" else "")
    case = work.session.scalars(select(Case).where(Case.ref == sender)).first()
    if case is None or (taken and kind != "signal"):
        return taken
    wanted = [] if _too_many(work, case) else list(_begun_by(work, kind, name))
    begun = [_start(work, case, definition, at, payload) for definition, at in wanted]
    if not taken and not begun and kind == "message":
        journal.of_case(work, case.ref, "message.unclaimed", case.ref, {"message": name})
    return taken + len(begun)


def _must_be_for_one(work: Work, kind: str, name: str, payload: Mapping[str, Any]) -> None:
    if kind != "message" or payload.get("correlation") or payload.get("for_all"):
        return
    waiting = select(func.count(CaseWait.case_id.distinct())).where(
        CaseWait.kind == "message", CaseWait.name == name, CaseWait.correlation == ""
    )
    count = work.session.scalar(waiting) or 0
    if count > 1:
        raise Ambiguous(name, count)


def _begun_by(work: Work, kind: str, name: str) -> Iterator[tuple[Definition, StartSpec]]:
    """The processes in force that begin with this event, and where."""
    for process in sorted({row.process for row in definitions.versions(work)}):
        definition = definitions.in_force(work, process)
        for start in definition.diagram.starts:
            if start.kind == kind and start.name == name:
                yield definition, start


def _start(work: Work, about: Case, definition: Definition, at: StartSpec, payload: Mapping[str, Any]) -> Case:
    department = work.session.get_one(Organisation, about.department_id)
    case = Case(
        number=moves.case_number(work, department.id, department.mark),
        kind=about.kind,
        process=definition.process,
        process_version=definition.number,
        programme=about.programme,
        household_id=about.household_id,
        department_id=about.department_id,
        agency_id=about.agency_id,
        town_id=about.town_id,
        opened_at=work.now,
        opened_by=None,
        policy_snapshot_id=rules.snapshot(work, about.department_id).id,
    )
    work.session.add(case)
    work.session.flush()
    journal.of_case(work, about.ref, "message.began", about.ref, {"message": at.name, "case": case.ref})
    data = {"case": {"subject_state": "APPLICANT" if about.kind == NEW else "RECIPIENT"}}
    moves.start_case(work, case, definition, data, at=at.id, payload=payload.get("payload") or {})
    return case


def _too_many(work: Work, about: Case) -> bool:
    """Whether processes that start one another go round: so many cases of one household in one day."""
    wanted = select(func.count()).where(
        Case.household_id == about.household_id,
        Case.department_id == about.department_id,
        Case.opened_by.is_(None),
        Case.campaign_id.is_(None),
        Case.opened_at > work.now - timedelta(days=1),
    )
    return (work.session.scalar(wanted) or 0) >= MOST_A_DAY
