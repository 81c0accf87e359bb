"""Running cases: token state in its own table, and index rows for what each case waits for (engine rule 7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    String,
    bindparam,
    delete,
    false,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.attributes import set_committed_value

from domain.base import Base, BigKey, Key, Ref, Sealed
from domain.cases import Case
from domain.errors import NotFound, Stale
from domain.prepared import Prepared
from domain.text import gettext as _
from domain.work import Work
from workflows import definitions, engine, moments
from workflows.definitions import Definition
from workflows.moments import MOVED, Act
from workflows.waits import TimerWait


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

    outcome: how it ended (done, skipped, mapped, gone, by hand). reason: why a person ended it otherwise than by
    trying again.
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


ERROR = "error"  # kind of the row of a step that failed and waits for repair
_UNTIMED: Mapping[str, Any] = {
    "planned_at": None, "every": "", "rounds_left": None, "catch_up": "", "derivation": None
}  # fmt: skip

Place = tuple[str, str, str]
About = tuple[str, str, datetime | None]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a case waits for: tokens of people's steps, and (kind, token, name) -> step, correlation, due instant."""

    people: frozenset[str]
    waits: Mapping[Place, About]


NOTHING = Standing(frozenset(), {})


def standing(run: engine.Run) -> Standing:
    """What a run waits for now."""
    waits: dict[Place, About] = {}
    for timer in run.timers():
        # of several times that one event waits for the first counts
        waits.setdefault(("timer", timer.token, ""), (timer.step_id, "", timer.due_at))
    for one in run.messages():
        waits[one.kind, one.token, one.name] = (one.step_id, str(one.correlation or ""), None)
    for job in run.jobs():
        waits["job", job.token, job.topic] = (job.step_id, "", None)
    for token, step_id in run.failed():
        waits[ERROR, token, ""] = (step_id, "", None)
    return Standing(frozenset(step.token for step in run.human_steps()), waits)


@dataclass(frozen=True)
class Instance:
    """A case in the hand of one move: its row, its version of the process, its restored run.

    before: what the rows of the case say it waits for, as far as that is known without asking them. settled: tokens
    of people's steps whose task rows are dealt with already.
    """

    case: Case
    definition: Definition
    run: engine.Run
    state: CaseState
    before: Standing | None = None
    settled: set[str] = field(default_factory=set)


def begin(
    work: Work,
    case: Case,
    definition: Definition,
    data: Mapping[str, Any],
    services: engine.Services,
    *,
    at: str = "",
    payload: Mapping[str, Any] | None = None,
) -> Instance:
    """A new case at its start (`engine.start`); nothing has run yet and nothing is saved."""
    run = engine.start(definition.diagram, data, now=work.now, services=services, at=at, payload=payload)
    state = CaseState(
        case_id=case.id, version=0, codec=engine.CODEC, definition_id=definition.row_id, data=b"", marks={}
    )
    return Instance(case, definition, run, state, NOTHING)


def load(work: Work, case: Case, services: engine.Services) -> Instance:
    """A running case, its state row locked until the end of the transaction. Raises NotFound."""
    state = work.session.scalars(_STATE, {"case": case.id}).first()
    if state is None:
        raise NotFound(_("This case has no running process."), case=case.ref)
    return taken(work, case, state, services)


def look(work: Work, case: Case, services: engine.Services) -> Instance:
    """A running case as it stands, for a work that only reads: nothing is locked. Raises NotFound."""
    state = work.session.scalars(select(CaseState).where(CaseState.case_id == case.id)).first()
    if state is None:
        raise NotFound(_("This case has no running process."), case=case.ref)
    return taken(work, case, state, services)


def taken(work: Work, case: Case, state: CaseState, services: engine.Services) -> Instance:
    """A running case whose state row was read already; whoever is to save it has locked it."""
    definition = definitions.by_id(work, state.definition_id)
    run = engine.restore(definition.diagram, state.data, now=work.now, services=services)
    # rows that an older codec wrote are compared one by one: it may have known fewer kinds of waiting
    return Instance(case, definition, run, state, standing(run) if state.codec == engine.CODEC else None)


def save(work: Work, instance: Instance, *, stopped: bool = False, act: Act = MOVED) -> None:
    """Write snapshot, version, marks, moment and index rows; the caller brings the human tasks into line.

    stopped: the case was ended where it stood; its marks keep the place. act: what was done, for its history.
    """
    run, state = instance.run, instance.state
    before = dict(state.marks or {})
    values = {
        "data": run.snapshot(),
        "codec": engine.CODEC,
        "definition_id": state.definition_id,
        "version": state.version + 1,
        "marks": marks(run, state.marks or {}, stopped=stopped),
    }
    if inspect(state).transient:
        for name, value in values.items():
            setattr(state, name, value)
        work.session.add(state)
        work.session.flush()
    else:
        _update(work, state, values)
    moments.keep(work, moments.row(work, state.case_id, state.version, state.definition_id, before, state.marks, act))
    _index(work, instance)


def _update(work: Work, state: CaseState, values: dict[str, Any]) -> None:
    if state in work.session.dirty:
        work.session.flush()
    saved = _SAVE.send(work.connection, {"case": state.case_id, "old": state.version, **values})
    if saved != 1:
        raise Stale(_("This case changed while you were looking at it. Open it again."))
    for name, value in values.items():
        set_committed_value(state, name, value)


# written once: composing a statement costs more than sending it
_STATE = (
    select(CaseState)
    .where(CaseState.case_id == bindparam("case"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_SAVE = Prepared(
    update(CaseState)
    .where(CaseState.case_id == bindparam("case"), CaseState.version == bindparam("old"))
    .values({name: bindparam(name) for name in ("data", "codec", "definition_id", "version", "marks")})
)
_WAIT = insert(CaseWait.__table__)  # type: ignore[arg-type]


def marks(run: engine.Run, before: Mapping[str, Any], *, stopped: bool = False) -> dict[str, Any]:
    """What the drawing shows: nodes done, nodes with a token, flows taken, instances counted, where it was ended.

    The snapshot keeps no ways (decision 0010), so each move adds its own to those before it. A case moved before
    ways were kept has "done" and "active" alone.
    """
    found: dict[str, Any] = {
        "done": list(run.done()),
        "active": run.active(),
        "flows": list(dict.fromkeys([*before.get("flows", ()), *run.taken()])),
    }
    counts = {step: list(numbers) for step, numbers in run.counts().items()}
    if counts:
        found["counts"] = counts
    if stopped:
        found["stopped"] = list(before.get("active", ()))
    return found


def _index(work: Work, instance: Instance) -> None:
    """Write what changed of what the case waits for."""
    case_id, now = instance.case.id, standing(instance.run).waits
    before = instance.before.waits if instance.before is not None else _indexed(work, case_id)
    gone = {place[1] for place, about in before.items() if now.get(place) != about}
    if gone:
        work.session.execute(delete(CaseWait).where(CaseWait.case_id == case_id, CaseWait.token.in_(sorted(gone))))
    new = {at: about for at, about in now.items() if before.get(at) != about or at[1] in gone}
    if new:
        work.session.connection().execute(_WAIT, wait_rows(instance.case, instance.run, new))


def wait_rows(case: Case, run: engine.Run, wanted: Mapping[Place, About]) -> list[dict[str, Any]]:
    """The columns of index rows; of a timer also what was planned, its rounds, and the legal term it waits for."""
    timers = {timer.token: timer for timer in run.timers()}
    rows = []
    for (kind, token, name), (step_id, correlation, due_at) in wanted.items():
        row: dict[str, Any] = {
            "case_id": case.id,
            "kind": kind,
            "token": token,
            "step_id": step_id,
            "name": name,
            "correlation": correlation,
            "due_at": due_at,
        }
        rows.append({**row, **(_UNTIMED if kind != "timer" else _timed(case, timers[token]))})
    return rows


def _timed(case: Case, timer: TimerWait) -> dict[str, Any]:
    return {
        "planned_at": timer.planned_at,
        "every": timer.every[:64],
        "rounds_left": timer.rounds_left,
        "catch_up": timer.catch_up,
        "derivation": case.due if case.due_at is not None and timer.planned_at == case.due_at else None,
    }


def _indexed(work: Work, case_id: int) -> dict[Place, About]:
    """What the index rows of a case say."""
    return {
        (row.kind, row.token, row.name): (row.step_id, row.correlation, row.due_at)
        for row in work.session.scalars(select(CaseWait).where(CaseWait.case_id == case_id))
    }


def waits(work: Work, case_id: int) -> list[CaseWait]:
    """What a case waits for besides people."""
    return list(work.session.scalars(select(CaseWait).where(CaseWait.case_id == case_id).order_by(CaseWait.id)))
