"""First help before the verification (救急难, LF-14): approved by the department's head with a reason, paid, verified
afterwards under a term of its own, and concluded by what the verification said.

First help puts off the verification, never the authorisation of what is queried later (X-10), and decides nothing on
the application: that is approved after its report as every other (BX-20).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import or_, select

from domain import agenda, journal, rules
from domain.assistance.determinations import APPROVE, latest
from domain.assistance.rescue_rows import ADJUST, APPROVED, CLOSE, CONCLUDED, PAID, RECOVER, REFUSED, Rescue
from domain.base import new_ref
from domain.cases import CANCELLED, RESCUE, Case
from domain.clock import office_day, office_instant
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.parties import permissions
from domain.policy_keys.terms import RESCUE_FIRST_ALLOWED, RESCUE_VERIFY_WITHIN
from domain.text import gettext as _
from domain.verification.offices import of_department
from domain.work import Work

VERIFY = "rescue.verify"
DECIDED = "rescue_verified"  # the message of the verification's decision, its key the rescue's case


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: why it cannot wait (S3), how much in fen, and the account that asks."""

    urgency: str = field(repr=False)
    amount_fen: int
    by: int


def must_be_allowed(work: Work, department_id: int) -> None:
    """Refuse first help where the rules of the place do not grant it. Raises Conflict (LF-14)."""
    if not rules.value(work, department_id, RESCUE_FIRST_ALLOWED.name):
        raise Conflict(
            _("The rules here do not allow help before the verification. Start an ordinary application."),
            clause="LF-14",
        )


def of_case(work: Work, case: Case) -> Rescue | None:
    """The first help of a case, None before the head decided. Uses uq_rescue_case_id."""
    return work.session.scalars(select(Rescue).where(Rescue.case_id == case.id)).first()


def decide(work: Work, case: Case, asked: Asked, *, approve: bool, reason: str, by: int | None = None) -> Rescue:
    """The head's decision on what is asked, with its reason (DOC-18).

    Raises:
        NotPermitted: not the department's head, or the one who asked.
        Conflict: an ordinary case, or a place whose rules grant no first help (LF-14); decided already.
        InvalidAnswers: no urgency, no amount, no reason.
    """
    person = of_department(work, case, by)
    if case.kind != RESCUE:
        raise Conflict(
            _("Only an urgent need is helped before the verification; an ordinary application waits for its report."),
            clause="LF-14",
            case=case.ref,
        )
    must_be_allowed(work, case.department_id)
    permissions.must(work.actor, "rescue.decide", permissions.relation_to_case(work.actor, case))
    if person.id == asked.by:
        raise NotPermitted(_("Somebody else than who asked decides on first help (LF-14)."), case=case.ref)
    _must_be_stated(asked, reason)
    if of_case(work, case) is not None:
        raise Conflict(_("First help in this case is decided already."), clause="LF-14")
    ref, vault = new_ref(), work.home.vault
    made = Rescue(
        ref=ref,
        case_id=case.id,
        org_id=case.department_id,
        state=APPROVED if approve else REFUSED,
        asked_by=asked.by,
        urgency=vault.seal("rescue.urgency", ref, asked.urgency.strip()),
        amount_fen=asked.amount_fen,
        decided_by=person.id,
        decided_at=work.now,
        decision_reason=vault.seal("rescue.decision_reason", ref, reason.strip()),
    )
    work.session.add(made)
    work.session.flush()
    journal.of_case(work, case.ref, "rescue.decided", ref, {"state": made.state, "amount_fen": made.amount_fen})
    return made


def pay(work: Work, case: Case, *, on: date, amount_fen: int, by: int | None = None) -> Rescue:
    """Record what was paid; the verification is opened at once and due to begin under `rescue_verify_within`.

    on: the day of payment, from which the term counts. amount_fen: at most what was approved.

    Raises NotPermitted, Conflict: not approved, or paid already; InvalidAnswers: a day to come or before the approval,
    no amount or more than approved.
    """
    person = of_department(work, case, by)
    permissions.must(work.actor, "rescue.pay", permissions.relation_to_case(work.actor, case))
    rescue = of_case(work, case)
    if rescue is None or rescue.state != APPROVED:
        raise Conflict(_("Nothing is paid before the head approved it, and no more than once."), clause="LF-14")
    faults: dict[str, object] = {}
    if on > work.today:
        faults["paid_on"] = _("This day is still to come.")
    elif on < office_day(rescue.decided_at):
        faults["paid_on"] = _("This day is before the approval.")
    if not 0 < amount_fen <= rescue.amount_fen:
        faults["amount"] = _("Enter what was paid; it is at most what was approved.")
    if faults:
        raise InvalidAnswers(faults)
    due = rules.due(work, case, RESCUE_VERIFY_WITHIN.name, office_instant(on))
    rescue.state, rescue.paid_on, rescue.paid_fen, rescue.paid_by = PAID, on, amount_fen, person.id
    rescue.due, rescue.due_at = due.derivation, due.at
    work.session.flush()
    journal.of_case(work, case.ref, "rescue.paid", rescue.ref, {"paid_on": on.isoformat(), "amount_fen": amount_fen})
    agenda.put(work, VERIFY, f"{VERIFY}:{rescue.ref}", work.now, subject=rescue.ref)
    return rescue


def verified_by(work: Work, rescue: Rescue, verification: Case) -> None:
    """Name the case that verifies a paid rescue."""
    rescue.verification_id = verification.id
    work.session.flush()
    home = work.session.get_one(Case, rescue.case_id)
    journal.of_case(work, home.ref, "rescue.verification", rescue.ref, {"case": verification.ref})


def unverified(work: Work, most: int) -> Sequence[Rescue]:
    """Paid rescues nobody verifies: no case yet, or one that was ended. Uses ix_rescue_unverified."""
    ended = select(Case.id).where(Case.id == Rescue.verification_id, Case.state == CANCELLED).exists()
    wanted = select(Rescue).where(Rescue.state == PAID, or_(Rescue.verification_id.is_(None), ended))
    return work.session.scalars(wanted.order_by(Rescue.id).limit(most)).all()


def mark_late(work: Work, case: Case) -> bool:
    """Note, once, that the verification of a paid rescue has not begun in time; True when it has not (LF-14)."""
    rescue = of_case(work, case)
    if rescue is None or rescue.state != PAID:
        return False
    verification = work.session.get(Case, rescue.verification_id) if rescue.verification_id else None
    if verification is not None and verification.commissioned_at is not None:
        return False
    if rescue.late_at is None:
        rescue.late_at = work.now
        work.session.flush()
        journal.of_case(work, case.ref, "rescue.late", rescue.ref, {})
    return True


def tell_decided(work: Work, verification: Case) -> None:
    """The application that verifies first help was decided on: that case goes on. Uses ix_rescue_verification_id."""
    waiting = select(Rescue.ref, Case.ref).join(Case, Case.id == Rescue.case_id)
    found = work.session.execute(waiting.where(Rescue.verification_id == verification.id, Rescue.state == PAID)).all()
    for rescue, case in found:
        payload = {"kind": "message", "name": DECIDED, "correlation": case, "payload": {}}
        key = f"message:{DECIDED}:{rescue}:{work.now.isoformat()}"
        agenda.put(work, "message.deliver", key, work.now, subject=verification.ref, payload=payload)


def conclude(
    work: Work, case: Case, outcome: str, reason: str, *, back_fen: int | None = None, by: int | None = None
) -> Rescue:
    """How first help ends: CLOSE after an approval; ADJUST what is paid on; RECOVER back_fen of what was paid.

    Raises:
        NotPermitted: not the department's head.
        Conflict: not verified yet; closed though the application was not approved, or taken back though it was (LF-14).
        InvalidAnswers: no reason; an amount to pay back that is none, or more than was paid.
    """
    person = of_department(work, case, by)
    permissions.must(work.actor, "rescue.decide", permissions.relation_to_case(work.actor, case))
    rescue = of_case(work, case)
    verification = work.session.get(Case, rescue.verification_id) if rescue and rescue.verification_id else None
    decided = latest(work, verification) if verification is not None else None
    if rescue is None or rescue.state != PAID or decided is None:
        raise Conflict(_("First help is concluded after its verification was decided on."), clause="LF-14")
    _must_follow(outcome, approved=decided.outcome == APPROVE)
    faults: dict[str, object] = {}
    if not reason.strip():
        faults["reason"] = _("Give the reason.")
    if outcome == RECOVER and not 0 < (back_fen or 0) <= (rescue.paid_fen or 0):
        faults["back"] = _("Enter what is to be paid back; it is at most what was paid.")
    if faults:
        raise InvalidAnswers(faults)
    rescue.state, rescue.outcome, rescue.concluded_by, rescue.concluded_at = CONCLUDED, outcome, person.id, work.now
    rescue.back_fen = back_fen if outcome == RECOVER else None
    rescue.outcome_reason = work.home.vault.seal("rescue.outcome_reason", rescue.ref, reason.strip())
    work.session.flush()
    journal.of_case(work, case.ref, "rescue.concluded", rescue.ref, {"outcome": outcome})
    return rescue


def words_of(work: Work, rescue: Rescue) -> dict[str, str]:
    """Urgency, the head's reason and that of the end, in clear (S3)."""
    vault, ref = work.home.vault, rescue.ref
    said = {
        "urgency": rescue.urgency,
        "decision_reason": rescue.decision_reason,
        "outcome_reason": rescue.outcome_reason,
    }
    return {name: vault.open(f"rescue.{name}", ref, sealed) if sealed else "" for name, sealed in said.items()}


def _must_follow(outcome: str, *, approved: bool) -> None:
    if outcome not in ((CLOSE, ADJUST) if approved else (ADJUST, RECOVER)):
        raise Conflict(
            _("After an approval first help is closed or adjusted; where the application was not approved, it is"
              " adjusted or paid back."),
            clause="LF-14",
        )  # fmt: skip


def _must_be_stated(asked: Asked, reason: str) -> None:
    faults: dict[str, object] = {}
    if not asked.urgency.strip():
        faults["urgency"] = _("Say why the need cannot wait for the verification.")
    if asked.amount_fen <= 0:
        faults["amount"] = _("Enter the amount.")
    if not reason.strip():
        faults["reason"] = _("Give the reason.")
    if faults:
        raise InvalidAnswers(faults)
