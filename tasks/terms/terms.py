"""A term stands still, runs again or gets more time: by whom the rules empower, with a reason, never without a trace.

A step that shares the case's limit moves the case's limit and with it every step that shares it. Where a rule asks for
a second person, or where somebody asks who may not decide, the wish waits for whoever may.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from domain import journal, reasons, term_grounds, term_power
from domain.cases import Case
from domain.clock import office_day
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted
from domain.parties import permissions
from domain.policy_kinds import Power
from domain.rules import INTERNAL
from domain.term_power import Given
from domain.text import Joined, Text
from domain.text import gettext as _
from domain.work import Work
from domain.workdays import Derivation, Extension, Stop, Term
from tasks import bonds, closing, held, life, rules
from tasks.rows import notice_rows
from tasks.rows.models import OPEN, HumanTask
from tasks.rows.term_models import EXTEND, GRANTED, PENDING, REFUSED, STOP, TermRequest
from tasks.terms import ladder, notifications, term_moving

ONE = timedelta(days=1)
CASE_KEYS = frozenset({"case_limit", "case_limit_internal"})
USES = {STOP: "stop_clock", EXTEND: "extend"}


@dataclass(frozen=True, slots=True)
class Running:
    """A task's term as it stands: its derivation, the power over it, and whether it is that of the case."""

    task: HumanTask
    case: Case
    due: Mapping[str, Any]
    made: Derivation
    given: Given | None
    whole_case: bool

    @property
    def power(self) -> Power:
        """What may be done; nothing where no rule gives a power."""
        return self.given.power if self.given is not None else Power()


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish: which kind, until which day (a stop) or by how many days (an extension), the code of its reason."""

    kind: str
    code: str
    text: str
    until: date | None = None
    days: int | None = None


def stop_clock(work: Work, ref: str, until: date | None, code: str, text: str = "") -> TermRequest:
    """Let the term of a task stand still from tomorrow to the end of a day; it then runs on by itself.

    Whoever may decide does so at once, unless the rules ask for a second person; else it waits (state PENDING).
    until: None for what is no day. Raises NotFound, NotPermitted, InvalidAnswers; Conflict (with the clause) where the
    rules give no such power.
    """
    return _ask(work, ref, Asked(STOP, code, text, until=until))


def extend(work: Work, ref: str, days: int | None, code: str, text: str = "") -> TermRequest:
    """Give a term more days, of the kind the rules name for it. Raises as `stop_clock` does."""
    return _ask(work, ref, Asked(EXTEND, code, text, days=days))


def resume_clock(work: Work, ref: str) -> HumanTask:
    """Let a term run again before its stop ends: from tomorrow. Raises NotFound, NotPermitted, Conflict."""
    task, case, _state = rules.held_task(work, ref)
    _relation(work, task, case)
    now = running(work, task, case)
    stop = standing(now.made, work.today) if now is not None else None
    if now is None or stop is None:
        raise Conflict(_("This term does not stand still."))
    rest = tuple(one for one in now.made.stops if one != stop)
    kept = (replace(stop, last=work.today),) if stop.first <= work.today else ()
    asked = _granted_stop(work, now, stop)
    if asked is not None:
        asked.ended_on = work.today
    _change(work, now, replace(now.made, stops=(*rest, *kept)), "term.resumed", asked)
    return task


def grant(work: Work, request_ref: str) -> TermRequest:
    """Decide for a wish. LAPSED where the step is over or the term has run out meanwhile.

    Raises NotFound, NotPermitted (not one's own wish), Conflict.
    """
    asked, now = _wish(work, request_ref)
    if now is None or _shut(work, now) is not None:
        closing.lapse(work, work.session.get_one(Case, asked.case_id), [asked.task_id])
        work.session.refresh(asked)
        return asked
    faults = _faults(work, now, Asked(asked.kind, asked.ground, "", asked.until, asked.length))
    for fault in faults.values():
        raise Conflict(fault, clause=now.given.clause if now.given is not None else now.made.source)
    _apply(work, now, asked)
    return asked


def refuse(work: Work, request_ref: str) -> TermRequest:
    """Decide against a wish. Raises NotFound, NotPermitted, Conflict."""
    asked, _term = _wish(work, request_ref)
    asked.state, asked.decided_by, asked.decided_at = REFUSED, work.actor.person(), work.now
    task = work.session.get_one(HumanTask, asked.task_id)
    case = work.session.get_one(Case, asked.case_id)
    journal.of_case(work, case.ref, "term.refused", task.ref, {"step": task.step_id, "request": asked.ref})
    _decided(work, task)
    notifications.notify(work, [asked.asked_by], "term.refused", key=f"term:{asked.ref}:refused", task=task)
    return asked


def running(work: Work, task: HumanTask, case: Case) -> Running | None:
    """The term of a task that stands open, None where it has none."""
    due = task.due
    if not due or "day_zero" not in due or task.due_at is None or task.state not in OPEN:
        return None
    whole = due.get("key") in CASE_KEYS and case.due == due
    return Running(task, case, due, Derivation.from_json(due), term_power.over(work, case, due), whole)


def standing(made: Derivation, today: date) -> Stop | None:
    """The stop that holds now or from tomorrow."""
    return next((one for one in made.stops if one.last > today), None)


def against(work: Work, now: Running, kind: str) -> tuple[Text, str] | None:
    """Why a term cannot be stopped or extended at all now, with the clause; None where it can."""
    shut = _shut(work, now)
    if shut is not None:
        return shut, now.made.source
    power = now.power
    most, done = (power.stops, len(now.made.stops)) if kind == STOP else (power.extensions, len(now.made.extensions))
    if not most:
        return _no_power(now, kind), now.made.source
    if done >= most:
        return _often(kind, most), now.given.clause if now.given is not None else ""
    if kind == STOP and standing(now.made, work.today) is not None:
        return _("The term stands still already. Let it run again first."), ""
    return None


def _ask(work: Work, ref: str, wish: Asked) -> TermRequest:
    task, case, _state = rules.held_task(work, ref)
    decides = _relation(work, task, case)
    held.must_go_on(case)
    now = running(work, task, case)
    if now is None:
        raise Conflict(_("No term runs for this step."))
    refused = against(work, now, wish.kind)
    if refused is not None:
        raise Conflict(refused[0], clause=refused[1] if refused[1] != INTERNAL.lower() else "")
    told = reasons.worded(reasons.offered(work, USES[wish.kind]), wish.code, wish.text)
    faults = _faults(work, now, wish)
    if faults or not isinstance(told, str):
        raise InvalidAnswers(faults if isinstance(told, str) else faults | told)
    if work.session.scalar(
        select(TermRequest.id).where(TermRequest.task_id == task.id, TermRequest.state == PENDING).limit(1)
    ):
        raise Conflict(_("More time was asked for already; it waits for a decision."))
    asked = _written(work, now, wish, told)
    if decides and not now.power.second:
        _apply(work, now, asked)
    else:
        _tell_deciders(work, now, asked)
    return asked


def _relation(work: Work, task: HumanTask, case: Case) -> bool:
    """Whether the actor decides; who works on the task may ask. Raises NotPermitted."""
    relations = bonds.of(work, task, case).relations
    if life.SUPERVISOR in relations:
        permissions.must(work.actor, "term.decide", permissions.OFFICE)
        return True
    if relations & {life.HOLDER, life.QUEUE}:
        permissions.must(work.actor, "term.ask", permissions.HOLDER)
        return False
    raise NotPermitted(_("Only who works on this step, or the head of the office, asks for more time."))


def _shut(work: Work, now: Running) -> Text | None:
    if now.task.due_at is not None and now.task.due_at < work.now:
        return _("The term has run out already; what has run out is neither stopped nor extended.")
    return None


def _no_power(now: Running, kind: str) -> Text:
    if now.due.get("kind") == INTERNAL:
        return _("The office's rules give no power over this target.")
    if kind == STOP:
        return _("The law sets this term and gives no power to let it stand still.")
    return _("The law sets this term and gives no power to extend it. What is not there by then is said in the report.")


def _often(kind: str, most: int) -> Text:
    if kind == STOP:
        return _("A term like this is stopped %(most)s times at most.", most=most)
    return _("A term like this is extended %(most)s times at most.", most=most)


def _faults(work: Work, now: Running, wish: Asked) -> dict[str, object]:
    """What is wrong with the reason and the length of a wish, by field."""
    grounds, found = now.power.grounds, dict[str, object]()
    length = _wrong_length(work, now, wish)
    if length is not None:
        found["until" if wish.kind == STOP else "days"] = length
    if grounds and wish.code not in grounds:
        codes = Joined(_(", "), map(term_grounds.ground, grounds))
        found["reason_code"] = _("The rules allow this for other reasons alone: %(codes)s.", codes=codes)
    return found


def _wrong_length(work: Work, now: Running, wish: Asked) -> Text | None:
    power = now.power
    if wish.kind == STOP:
        if wish.until is None or wish.until <= work.today:
            return _("Choose a day after today, as in 2027-06-01.")
        used = sum((one.last - one.first).days + 1 for one in now.made.stops)
        if used + (wish.until - work.today).days > power.stop_days:
            return _("It may stand still for %(most)s days in all.", most=power.stop_days)
        return None
    most = power.extend.length if power.extend is not None else 0
    if wish.days is None or not 0 < wish.days <= most:
        return _("An extension has between 1 and %(most)s days.", most=most)
    return None


def _written(work: Work, now: Running, wish: Asked, told: str) -> TermRequest:
    made = TermRequest(
        case_id=now.case.id, task_id=now.task.id, org_id=now.task.org_id, whole_case=now.whole_case,
        term_key=str(now.due.get("key", "")), kind=wish.kind, ground=wish.code or "OTHER", reason=b"",
        clause=now.given.clause if now.given is not None else "", until=wish.until, length=wish.days,
        unit=now.power.extend.unit if wish.kind == EXTEND and now.power.extend is not None else "",
        asked_by=work.actor.person(), asked_at=work.now, state=PENDING, old_at=now.task.due_at,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    made.reason = work.home.vault.seal("term_request.reason", made.ref, told)
    journal.of_case(
        work, now.case.ref, "term.asked", now.task.ref,
        {"step": now.task.step_id, "request": made.ref, "kind": made.kind, "key": made.term_key},
    )  # fmt: skip
    return made


def _tell_deciders(work: Work, now: Running, asked: TermRequest) -> None:
    notifications.notify(
        work, ladder.heads(work, now.task, now.case), "term.asked", key=f"term:{asked.ref}:asked", task=now.task
    )


def tell_lapsed(work: Work, request_ref: str) -> None:
    """The worker's: whoever asked learns that nobody decides any more."""
    asked = work.session.scalars(select(TermRequest).where(TermRequest.ref == request_ref)).one()
    task = work.session.get_one(HumanTask, asked.task_id)
    notifications.notify(work, [asked.asked_by], "term.lapsed", key=f"term:{asked.ref}:lapsed", task=task)


def _decided(work: Work, task: HumanTask) -> None:
    """Nobody has to decide on more time for a task any more."""
    notice_rows.settle(work.session, work.now, [task.id], ("term.asked",))


def _apply(work: Work, now: Running, asked: TermRequest) -> None:
    if asked.kind == STOP:
        stop = Stop(work.today + ONE, asked.until or work.today, asked.ground, asked.clause)
        made = replace(now.made, stops=(*now.made.stops, stop))
    else:
        unit: Any = asked.unit
        more = Extension(Term(asked.length or 0, unit), asked.ground, asked.clause)
        made = replace(now.made, extensions=(*now.made.extensions, more))
    asked.state, asked.decided_by, asked.decided_at = GRANTED, work.actor.person(), work.now
    _decided(work, now.task)
    _change(work, now, made, "term.stopped" if asked.kind == STOP else "term.extended", asked)


def _change(work: Work, now: Running, made: Derivation, event: str, asked: TermRequest | None) -> None:
    """Write the changed term, journal the old one, move what is bound to it, tell who holds it."""
    old_at = now.task.due_at
    due, at = term_moving.derived(work, now.due, made)
    concerned = term_moving.sharing(work, now.case, now.due) if now.whole_case else [now.task]
    if now.whole_case:
        term_moving.set_due(work, now.case, due, at)
    for task in concerned:
        term_moving.set_due(work, task, due, at)
    body = {"step": now.task.step_id, "key": now.due.get("key", ""), "clause": made.source, "was": dict(now.due),
            "from": old_at.isoformat() if old_at else "", "to": at.isoformat(),
            "whole_case": now.whole_case}  # fmt: skip
    if asked is not None:
        if asked.new_at is None:
            asked.old_at, asked.new_at = old_at, at
        body |= {"request": asked.ref, "ground": asked.ground, "power": asked.clause}
    journal.of_case(work, now.case.ref, event, now.task.ref, body)
    if old_at is not None:
        term_moving.move_timers(work, now.case, {old_at: at})
    mark = asked.ref if asked is not None else f"{now.task.ref}:{work.today}"
    for task in concerned:
        people = {task.assignee_id, asked.asked_by if asked is not None else None} - {None}
        day = work.today + ONE if event == "term.stopped" else office_day(at)
        notifications.notify(
            work, [one for one in people if one], event, key=f"{event}:{mark}:{task.ref}", task=task,
            day=day.isoformat(),
        )  # fmt: skip


def _granted_stop(work: Work, now: Running, stop: Stop) -> TermRequest | None:
    return work.session.scalars(
        select(TermRequest)
        .where(TermRequest.case_id == now.case.id, TermRequest.kind == STOP, TermRequest.state == GRANTED,
               TermRequest.until == stop.last, TermRequest.term_key == str(now.due.get("key", "")))
        .order_by(TermRequest.id.desc())
        .limit(1)
    ).first()  # fmt: skip


def _wish(work: Work, request_ref: str) -> tuple[TermRequest, Running | None]:
    """A pending wish that the actor may decide on, with the term it is about; the case is locked."""
    found = work.session.execute(
        select(TermRequest.id, HumanTask.ref)
        .join(HumanTask, HumanTask.id == TermRequest.task_id)
        .where(TermRequest.ref == request_ref)
    ).first()
    if found is None:
        raise NotFound(_("There is no such request."))
    task, case, _state = rules.held_task(work, found[1])
    if not _relation(work, task, case):
        raise NotPermitted(_("The head of the office decides on more time."))
    asked = work.session.get_one(TermRequest, found[0], populate_existing=True)
    if asked.state != PENDING:
        raise Conflict(_("This was decided already."))
    if asked.asked_by == work.actor.user_id:
        raise NotPermitted(_("Somebody else decides on what you asked for yourself."))
    return asked, running(work, task, case)
