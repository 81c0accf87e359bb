"""The agency's check of a commission before anything is queried (DOC-03, LF-19), and its refusal (DOC-04, BX-17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from domain import journal, rules
from domain.base import new_ref
from domain.cases import NEW, Case
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.parties import households
from domain.parties.accounts import Account
from domain.text import gettext as _
from domain.verification import authorisations, commissions
from domain.verification.authorisations import NARROW, required_scope
from domain.verification.commissions import ACCEPTED, ISSUED, REFUSED, VERIFY, Acceptance, Commission
from domain.verification.offices import of_agency
from domain.work import Work

PASS, FAIL = "PASS", "FAIL"
# what LF-19 lets the checker answer for
CHECKS = ("signature", "capacity", "scope", "dates", "members", "id_copies", "programme", "letter")
REASON_CODES = (
    "AUTH_MISSING",
    "AUTH_SIGNATURE",
    "AUTH_CAPACITY",
    "AUTH_SCOPE",
    "AUTH_DATE",
    "MEMBERS",
    "ID_COPIES",
    "PROGRAMME",
    "LETTER",
    "OTHER",
)


def decide(
    work: Work,
    commission: Commission,
    *,
    items: Mapping[str, str],
    outcome: str,
    reason_code: str = "",
    reason: str = "",
    by: int | None = None,
) -> Acceptance:
    """Accept a commission or refuse it; a refused one is kept and can be corrected in a new attempt (BX-17).

    items: each of CHECKS -> PASS or FAIL. outcome: ACCEPTED or REFUSED. by: the checker's account.

    Raises:
        NotPermitted: not of the agency, or the preparer or signatory (LF-19).
        Conflict: not issued, or decided already; accepted though a check failed or an authorisation does not hold
            (BX-11, BX-15).
        InvalidAnswers: checks missing; a refusal without code and reason.
    """
    case = work.session.get_one(Case, commission.case_id)
    checker = of_agency(work, case, by)
    _must_be_another(commission, checker)
    if commission.state != ISSUED:
        raise Conflict(_("This commission is not waiting for its check."), clause="LF-19", commission=commission.ref)
    _must_be_whole(items, outcome, reason_code, reason)
    if outcome == ACCEPTED:
        _must_hold(work, case, commission)
    made = _record(work, commission, checker, dict(items), outcome, reason_code, reason.strip())
    commission.state = outcome
    commission.decided_at = work.now
    if outcome == ACCEPTED and case.kind == NEW and case.due is None:
        _start_the_clock(work, case)
    work.session.flush()
    event = "commission.accepted" if outcome == ACCEPTED else "commission.refused"
    journal.of_case(work, case.ref, event, commission.ref, {"attempt": commission.attempt, "code": reason_code})
    return made


def _start_the_clock(work: Work, case: Case) -> None:
    """From acceptance to the report: the law's limit where it sets one (NM-08), else the office's own target (X-03)."""
    limit = rules.due(work, case, "case_limit", fallback="case_limit_internal")
    case.due, case.due_at = limit.derivation, limit.at


def decide_all(
    work: Work,
    case: Case,
    *,
    items: Mapping[str, str],
    outcome: str,
    reason_code: str = "",
    reason: str = "",
    by: int | None = None,
) -> Sequence[Acceptance]:
    """Decide every commission of a case that waits for its check: a campaign's letter may order two purposes."""
    waiting = commissions.of_case(work, case, ISSUED)
    if not waiting:
        raise Conflict(_("No commission of this case is waiting for its check."), clause="LF-16", case=case.ref)
    return [
        decide(work, each, items=items, outcome=outcome, reason_code=reason_code, reason=reason, by=by)
        for each in waiting
    ]


def of_commission(work: Work, commission: Commission) -> Acceptance | None:
    """The recorded check of a commission."""
    return work.session.scalars(select(Acceptance).where(Acceptance.commission_id == commission.id)).first()


def reason_of(work: Work, acceptance: Acceptance) -> str:
    """Why a commission was refused, in the checker's words; "" when it was accepted."""
    if acceptance.reason is None:
        return ""
    return work.home.vault.open("acceptance.reason", acceptance.ref, acceptance.reason)


def _must_be_another(commission: Commission, checker: Account) -> None:
    if checker.id in (commission.prepared_by, commission.signatory_id):
        raise NotPermitted(_("Who prepared or signed a commission does not check it (LF-19)."))


def _must_be_whole(items: Mapping[str, str], outcome: str, reason_code: str, reason: str) -> None:
    faults: dict[str, object] = {
        name: _("Say whether this was checked and found in order.")
        for name in CHECKS
        if items.get(name) not in (PASS, FAIL)
    }
    if outcome not in (ACCEPTED, REFUSED):
        faults["outcome"] = _("Accept or refuse.")
    elif outcome == REFUSED:
        if reason_code not in REASON_CODES:
            faults["reason_code"] = _("Choose why the commission is refused.")
        if not reason.strip():
            faults["reason"] = _("Tell the department what to correct.")
    if faults:
        raise InvalidAnswers(faults)
    if outcome == ACCEPTED and FAIL in items.values():
        raise Conflict(
            _("A commission with a failed check cannot be accepted. Refuse it with its reason."), clause="LF-19"
        )


def _must_hold(work: Work, case: Case, commission: Commission) -> None:
    """Every authorisation still holds and is wide enough. A campaign's members are judged one by one later."""
    if commission.purpose != VERIFY or commission.household_id is None:
        return
    scope = required_scope(work, case)
    day = commission.commissioned_on
    household = households.by_id(work, commission.household_id)
    for person in commissions.subjects_of(work, commission, household):
        line = authorisations.held(work, person, work.today, signed_by=day, scope=scope)
        if line.authorisation is None:
            narrow = line.why == NARROW
            raise Conflict(
                _(
                    "%(name)s: %(why)s. Refuse the commission, so that the department can correct it.",
                    name=households.name_of(work, person),
                    why=line.sentence,
                ),
                clause="BX-15" if narrow else "BX-11",
                reason_code=NARROW if narrow else "AUTH_MISSING",
                persons=[person.ref],
            )


def _record(
    work: Work,
    commission: Commission,
    checker: Account,
    items: dict[str, Any],
    outcome: str,
    reason_code: str,
    reason: str,
) -> Acceptance:
    ref = new_ref()
    preparer = commission.prepared_by if commission.prepared_by is not None else commission.signatory_id
    made = Acceptance(
        ref=ref,
        commission_id=commission.id,
        outcome=outcome,
        reason_code=reason_code if outcome == REFUSED else "",
        reason=work.home.vault.seal("acceptance.reason", ref, reason) if outcome == REFUSED else None,
        items=items,
        checker_id=checker.id,
        preparer_id=preparer,
        decided_at=work.now,
    )
    work.session.add(made)
    work.session.flush()
    return made
