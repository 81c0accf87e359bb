"""The monthly reconciliation: what was found becomes items, each handled once, with reason and evidence (NM-20)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain import agenda, journal
from domain.assistance import comparing, payments
from domain.assistance.comparing import Finding, in_pieces
from domain.assistance.payments import LEDGER, PAYMENT, PaymentList
from domain.assistance.reconciliation_rows import (
    CLAIMED,
    GONE,
    HANDLED,
    OPEN,
    OUTCOMES,
    WAITING,
    Difference,
    ReconciliationRun,
)
from domain.base import insert_once, new_ref
from domain.errors import Conflict, InvalidAnswers, NotFound, Stale
from domain.files import StoredFile
from domain.parties import permissions
from domain.parties.households import Household
from domain.text import gettext as _
from domain.work import Work

RUN_DUTY = "reconciliation.run"
AT_ONCE = 500
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Found:
    """What a comparison brought, before it is written."""

    unit_id: int
    month: str
    ledger: int | None
    payment: int | None
    findings: tuple[Finding, ...] = field(repr=False)


def plan_run(work: Work, one: PaymentList) -> None:
    """Compare a unit's month as soon as both its lists are there; a newer list compares it anew."""
    there = payments.ready(work, one.unit_id, one.month)
    if {LEDGER, PAYMENT} <= there.keys():
        key = f"{RUN_DUTY}:{there[LEDGER].id}:{there[PAYMENT].id}"
        agenda.put(work, RUN_DUTY, key, work.now, subject=there[PAYMENT].ref)


def compare(work: Work, payment_ref: str) -> Found | None:
    """Compare the month of a payment list; None when it was replaced meanwhile or its ledger is missing."""
    one = payments.by_ref(work, payment_ref)
    there = payments.ready(work, one.unit_id, one.month)
    ledger, payment = there.get(LEDGER), there.get(PAYMENT)
    if ledger is None or payment is None or payment.id != one.id:
        return None
    found = [
        *comparing.differences(work, one.unit_id, one.month, ledger, payment),
        *comparing.doubles(work, one.unit_id, one.month, payment),
    ]
    return Found(one.unit_id, one.month, ledger.id, payment.id, tuple(found))


def record(work: Work, found: Found) -> ReconciliationRun:
    """Write what was found: what is known stays as it is, what is gone and waits for nobody's hand is closed.

    Done twice it changes nothing. Statements: some, and one for every five hundred findings.
    """
    run = _run(work, found.unit_id, found.month)
    run.ledger_id, run.payment_id, run.done_at = found.ledger, found.payment, work.now
    rows = {_key(work, found.month, one): one for one in found.findings}
    insert = postgresql.insert if work.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    work.session.flush()
    for some in in_pieces(list(rows.items()), AT_ONCE):
        values = [_values(work, run, key, one) for key, one in some]
        statement = insert(Difference).values(values).on_conflict_do_nothing(index_elements=["key"])
        work.session.execute(statement)
    _close_gone(work, run, set(rows))
    body = {"month": run.month, "found": len(rows), "waiting": waiting(work, run)}
    journal.record(work, "reconciliation.done", run.ref, body)
    return run


def claim(work: Work, item: Difference) -> None:
    """Take an item into one's own hands. Raises NotPermitted, Conflict when it is closed, Stale when it is taken."""
    _must_handle(work, item)
    if item.state not in WAITING:
        raise Conflict(_("This item is closed already."))
    if item.state == CLAIMED and item.claimed_by != work.actor.user_id:
        raise Stale(_("A colleague has taken this item meanwhile."))
    item.state, item.claimed_by = CLAIMED, work.actor.person()
    work.session.flush()
    journal.record(work, "reconciliation.claimed", item.ref, {"rule": item.rule})


def release(work: Work, item: Difference) -> None:
    """Give an item back to the office. Raises NotPermitted, Conflict when one does not hold it."""
    _must_hold(work, item)
    item.state, item.claimed_by = OPEN, None
    work.session.flush()
    journal.record(work, "reconciliation.released", item.ref, {"rule": item.rule})


def handle(work: Work, item: Difference, outcome: str, reason: str, evidence: StoredFile | None) -> None:
    """Say what became of an item, once and for all (NM-20).

    outcome: RECOVERED (money came back), STOPPED (one of them ends), CORRECTED (a list or the register was wrong) or
    LAWFUL. Raises NotPermitted, Conflict when one does not hold it, InvalidAnswers.
    """
    _must_hold(work, item)
    faults: dict[str, object] = {}
    if outcome not in OUTCOMES:
        faults["outcome"] = _("Choose what became of it.")
    if not reason.strip():
        faults["reason"] = _("Say why.")
    if evidence is None:
        faults["evidence"] = _("Add the paper that shows it.")
    if faults or evidence is None:
        raise InvalidAnswers(faults)
    item.outcome, item.evidence_id = outcome, evidence.id
    item.reason = work.home.vault.seal("reconciliation_difference.reason", item.ref, reason.strip())
    item.state, item.handled_by, item.handled_at = HANDLED, work.actor.person(), work.now
    work.session.flush()
    journal.record(work, "reconciliation.handled", item.ref, {"rule": item.rule, "outcome": outcome})


def by_ref(work: Work, ref: str) -> Difference:
    """An item of the actor's office. Raises NotFound for any other."""
    found = work.session.scalars(select(Difference).where(Difference.ref == ref)).first()
    own = permissions.OWN if found is not None and found.unit_id == work.actor.org_id else permissions.NONE
    if found is None or not permissions.may(work.actor, "reconciliation.read", own):
        raise NotFound(_("There is no such item for you."))
    return found


def of_office(
    work: Work, states: Collection[str] = WAITING, *, after: int = 0, limit: int = SHOWN
) -> tuple[Sequence[Difference], int]:
    """Items of the actor's office in these states, oldest first, from behind `after`; where the next page begins, or 0.

    Raises NotPermitted. Uses ix_reconciliation_difference_unit_id.
    """
    permissions.must(work.actor, "reconciliation.read", permissions.OWN)
    wanted = select(Difference).where(Difference.unit_id == work.actor.org_id, Difference.state.in_(states))
    found = work.session.scalars(wanted.where(Difference.id > after).order_by(Difference.id).limit(limit + 1)).all()
    return found[:limit], found[limit - 1].id if len(found) > limit else 0


def counts_of_office(work: Work) -> dict[str, int]:
    """Items of the actor's office by state. Uses ix_reconciliation_difference_unit_id."""
    counted = select(Difference.state, func.count()).where(Difference.unit_id == work.actor.org_id)
    return {state: count for state, count in work.session.execute(counted.group_by(Difference.state))}  # noqa: C416


def about_whom(work: Work, items: Sequence[Difference]) -> dict[int, str]:
    """The person each item is about as the lists write the name (S3), else the number of the household. Two statements.

    Uses ix_payment_row_idno_blind.
    """
    names = payments.names_of(work, {one.idno_blind for one in items if one.idno_blind is not None})
    wanted = select(Household.id, Household.number).where(Household.id.in_({one.household_id for one in items}))
    numbers: dict[int, str] = dict(work.session.execute(wanted).all())
    return {
        one.id: names.get(one.idno_blind or b"", "") or numbers.get(one.household_id or 0, "") for one in items
    }  # fmt: skip


def runs_of_office(work: Work, limit: int = 12) -> list[tuple[ReconciliationRun, dict[str, int]]]:
    """The newest months of the actor's office with the number of items by state. Two statements.

    Uses ix_reconciliation_run_unit_id and ix_reconciliation_difference_run_id.
    """
    wanted = select(ReconciliationRun).where(ReconciliationRun.unit_id == work.actor.org_id)
    runs = work.session.scalars(wanted.order_by(ReconciliationRun.month.desc()).limit(limit)).all()
    counted = (
        select(Difference.run_id, Difference.state, func.count())
        .where(Difference.run_id.in_([run.id for run in runs]))
        .group_by(Difference.run_id, Difference.state)
    )
    counts: dict[int, dict[str, int]] = {}
    for run_id, state, count in work.session.execute(counted):
        counts.setdefault(run_id, {})[state] = count
    return [(run, counts.get(run.id, {})) for run in runs]


def waiting(work: Work, run: ReconciliationRun) -> int:
    """How many items of a run nobody has handled. Uses ix_reconciliation_difference_run_id."""
    wanted = select(func.count()).where(Difference.run_id == run.id, Difference.state.in_(WAITING))
    return work.session.scalar(wanted) or 0


def reason_of(work: Work, item: Difference) -> str:
    """Why an item was handled as it was, "" while it waits (S3)."""
    return (
        "" if item.reason is None else work.home.vault.open("reconciliation_difference.reason", item.ref, item.reason)
    )


def _run(work: Work, unit_id: int, month: str) -> ReconciliationRun:
    insert_once(work.session, ReconciliationRun, ("month", "unit_id"), ref=new_ref(), month=month, unit_id=unit_id)
    wanted = select(ReconciliationRun).where(ReconciliationRun.month == month, ReconciliationRun.unit_id == unit_id)
    return work.session.scalars(wanted.with_for_update()).one()


def _key(work: Work, month: str, one: Finding) -> str:
    """Keyed, for it is made of an identity number's index. A duplicate is one item, whichever unit's list shows it."""
    unit = "" if one.rule.startswith("DUP-") else str(one.unit_id)
    parts = [month, one.rule, unit, one.item, one.blind.hex() if one.blind else "", str(one.household_id or "")]
    return work.home.vault.mac("reconciliation.key", "|".join(parts).encode()).hex()


def _values(work: Work, run: ReconciliationRun, key: str, one: Finding) -> dict[str, object]:
    return {
        "ref": new_ref(), "key": key, "run_id": run.id, "unit_id": one.unit_id, "month": run.month, "rule": one.rule,
        "idno_blind": one.blind, "household_id": one.household_id, "item": one.item, "facts": one.facts,
        "state": OPEN, "found_at": work.now,
    }  # fmt: skip


def _close_gone(work: Work, run: ReconciliationRun, keys: set[str]) -> None:
    standing = work.session.execute(
        select(Difference.id, Difference.key).where(Difference.run_id == run.id, Difference.state.in_(WAITING))
    )
    gone = [key for key, name in standing if name not in keys]
    for some in in_pieces(gone, AT_ONCE):
        work.session.execute(update(Difference).where(Difference.id.in_(some)).values(state=GONE, claimed_by=None))


def _must_handle(work: Work, item: Difference) -> None:
    own = permissions.OWN if item.unit_id == work.actor.org_id else permissions.NONE
    permissions.must(work.actor, "reconciliation.handle", own)


def _must_hold(work: Work, item: Difference) -> None:
    _must_handle(work, item)
    if item.state != CLAIMED or item.claimed_by != work.actor.user_id:
        raise Conflict(_("Take the item first; then it is yours to handle."))
