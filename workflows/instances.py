"""Running cases: token state in its own table, and index rows for what each case waits for (engine rule 7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, delete, false, select, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Ref, Sealed
from domain.cases import Case
from domain.errors import NotFound
from domain.text import gettext as _
from domain.work import Work
from workflows import definitions, engine
from workflows.definitions import Definition


class CaseState(Base):
    """Where the tokens of a case stand. Never joined by a list page; `marks` is what the drawing shows."""

    __tablename__ = "case_state"

    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"), primary_key=True)
    version: Mapped[int]
    codec: Mapped[int]
    definition_id: Mapped[int] = mapped_column(BigKey, ForeignKey("definition.id"), index=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    marks: Mapped[dict[str, Any]] = mapped_column(default=dict)


class CaseWait(Base):
    """One thing a case waits for besides people: a timer, a message or a job."""

    __tablename__ = "case_wait"
    __table_args__ = (
        Index("ix_case_wait_case_id", "case_id"),
        Index("ix_case_wait_message", "kind", "name", "correlation"),
        # what wakes next
        Index(
            "ix_case_wait_due",
            "due_at",
            "id",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    kind: Mapped[str] = mapped_column(String(12))
    token: Mapped[str] = mapped_column(String(32))
    step_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(64), default="")
    correlation: Mapped[str] = mapped_column(String(64), default="")
    due_at: Mapped[datetime | None]
    # of a timer: the instant it was planned for before anybody moved it; of a cycle: its period as ISO 8601, the
    # rounds left (null: without end) and what happens to rounds that were missed (all, once, skip)
    planned_at: Mapped[datetime | None]
    every: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))
    rounds_left: Mapped[int | None]
    catch_up: Mapped[str] = mapped_column(String(8), default="", server_default=text("''"))
    # how a legal term came about, where the timer waits for one (walls 3)
    derivation: Mapped[dict[str, Any] | None]
    # of a job: it cannot be done now, something that arrives will ask for it again
    asleep: Mapped[bool] = mapped_column(default=False, server_default=false())


class Incident(Base):
    """A step that could not be carried out; visible and retryable. `closed_at` null: open.

    outcome: how it ended (done, skipped, mapped, gone, by hand). reason: why a person ended it otherwise than by trying again.
    """

    __tablename__ = "incident"
    __table_args__ = (Index("ix_incident_open", "closed_at", "id"),)

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"), index=True)
    step_id: Mapped[str] = mapped_column(String(64))
    token: Mapped[str] = mapped_column(String(32), default="")
    cause: Mapped[str] = mapped_column(String(160))
    sentence: Mapped[str] = mapped_column(String(500))
    attempts: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(12), default="", server_default=text("''"))
    reason: Mapped[Sealed | None]


class WatchReport(Base):
    """What a worker found when it began, or the watchdog when it last looked. made_at: machine time.

    kind: "recovery" (one a start that found something) or "watch" (the newest look alone). figures: counts by name.
    """

    __tablename__ = "watch_report"
    __table_args__ = (Index("ix_watch_report_kind", "kind", "id"),)

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(12))
    process: Mapped[str] = mapped_column(String(96))
    made_at: Mapped[datetime]
    figures: Mapped[dict[str, Any]]


@dataclass(frozen=True)
class Instance:
    """A case in the hand of one move: its row, its version of the process, its restored run."""

    case: Case
    definition: Definition
    run: engine.Run
    state: CaseState


def begin(
    work: Work, case: Case, definition: Definition, data: Mapping[str, Any], services: engine.Services
) -> Instance:
    """A new case at its start; nothing has run yet and nothing is saved."""
    run = engine.start(definition.diagram, data, now=work.now, services=services)
    state = CaseState(
        case_id=case.id, version=0, codec=engine.CODEC, definition_id=definition.row_id, data=b"", marks={}
    )
    work.session.add(state)
    return Instance(case, definition, run, state)


def load(work: Work, case: Case, services: engine.Services) -> Instance:
    """A running case, its state row locked until the end of the transaction. Raises NotFound."""
    state = work.session.scalars(
        select(CaseState)
        .where(CaseState.case_id == case.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if state is None:
        raise NotFound(_("This case has no running process."), case=case.ref)
    definition = definitions.by_id(work, state.definition_id)
    run = engine.restore(definition.diagram, state.data, now=work.now, services=services)
    return Instance(case, definition, run, state)


def save(work: Work, instance: Instance, *, stopped: bool = False) -> None:
    """Write snapshot, version, marks and index rows; the caller brings the human tasks into line.

    stopped: the case was ended where it stood; its marks keep the place.
    """
    run, state = instance.run, instance.state
    state.data = run.snapshot()
    state.codec = engine.CODEC
    state.version += 1
    state.marks = _marks(run, state.marks or {}, stopped=stopped)
    work.session.flush()
    _index(work, instance)


def _marks(run: engine.Run, before: Mapping[str, Any], *, stopped: bool) -> dict[str, Any]:
    """What the drawing shows: nodes done, nodes with a token, flows taken, instances counted, where it was ended.

    The snapshot keeps no ways (decision 0010), so each move adds its own to those before it. A case moved before
    ways were kept has "done" and "active" alone.
    """
    marks: dict[str, Any] = {
        "done": list(run.done()),
        "active": run.active(),
        "flows": list(dict.fromkeys([*before.get("flows", ()), *run.taken()])),
    }
    counts = {step: list(numbers) for step, numbers in run.counts().items()}
    if counts:
        marks["counts"] = counts
    if stopped:
        marks["stopped"] = list(before.get("active", ()))
    return marks


def _index(work: Work, instance: Instance) -> None:
    run, case_id = instance.run, instance.case.id
    wanted: dict[tuple[str, str], CaseWait] = {}
    for timer in run.timers():
        wanted["timer", timer.token] = CaseWait(
            case_id=case_id, kind="timer", token=timer.token, step_id=timer.step_id, due_at=timer.due_at
        )
    for message in run.messages():
        wanted[message.kind, message.token] = CaseWait(
            case_id=case_id,
            kind=message.kind,
            token=message.token,
            step_id=message.step_id,
            name=message.name,
            correlation=str(message.correlation or ""),
        )
    for job in run.jobs():
        wanted["job", job.token] = CaseWait(
            case_id=case_id, kind="job", token=job.token, step_id=job.step_id, name=job.topic
        )
    known = {(w.kind, w.token): w for w in work.session.scalars(select(CaseWait).where(CaseWait.case_id == case_id))}
    gone = [row.id for place, row in known.items() if place not in wanted]
    if gone:
        work.session.execute(delete(CaseWait).where(CaseWait.id.in_(gone)))
    work.session.add_all(row for place, row in wanted.items() if place not in known)
    work.session.flush()


def waits(work: Work, case_id: int) -> list[CaseWait]:
    """What a case waits for besides people."""
    return list(work.session.scalars(select(CaseWait).where(CaseWait.case_id == case_id).order_by(CaseWait.id)))
