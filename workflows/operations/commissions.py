"""Steps of the commission: issued by the department, checked by the agency (DOC-02, DOC-03, DOC-04)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.errors import Conflict
from domain.text import gettext as _
from domain.verification import acceptances, batches, commissions
from domain.verification.acceptances import CHECKS, FAIL, PASS
from domain.verification.commissions import ACCEPTED, ISSUED, REFUSED, VERIFY
from sources.categories import name_of
from workflows import answering
from workflows.registry import Call, TaskAnswers, operation

OUTCOMES = {"ACCEPT": ACCEPTED, "REFUSE": REFUSED}


@operation("commission.issue", outputs=("ref", "attempt"))
def issue(call: Call) -> Mapping[str, Any]:
    """Prepare as answered at `commission` and issue as signed at `sign_commission`.

    One that the same verb issued already, at the command line, is taken as it is.
    """
    work, case = call.work, call.case
    waiting = commissions.of_case(work, case, ISSUED)
    if waiting:
        return {"ref": waiting[0].ref, "attempt": waiting[0].attempt}
    prepared, signed = call.answers("commission"), call.answers("sign_commission")
    commissions.prepare(
        work,
        case,
        categories=[str(code) for code in prepared.values.get("categories") or ()],
        purpose=str(prepared.values.get("purpose") or VERIFY),
        basis=str(prepared.values.get("basis") or ""),
        by=prepared.account_id,
        fields=_fields(prepared),
    )
    letters = answering.handed_in(work, case, signed.values, "letter")
    made = commissions.issue(
        work,
        case,
        signed_on=answering.day(signed.values, "signed_on"),
        letter=letters[0] if letters else None,
        by=signed.account_id,
        called=name_of,
    )
    return {"ref": made.ref, "attempt": made.attempt}


def _fields(prepared: TaskAnswers) -> dict[str, list[str]]:
    """Category -> codes, of answers such as "DEPOSIT.balance" where the step's form asks for single fields (LF-30)."""
    found: dict[str, list[str]] = {}
    for said in prepared.values.get("fields") or ():
        category, _dot, code = str(said).partition(".")
        found.setdefault(category, []).append(code)
    return found


@operation("commission.issue_batch", outputs=("ref", "authorised", "unauthorised"))
def issue_batch(call: Call) -> Mapping[str, Any]:
    """Issue a campaign's letter as signed at the step `sign`."""
    signed = call.answers("sign")
    if call.case.campaign_id is None:
        raise Conflict(_("This case is no campaign's letter."), case=call.case.ref)
    letters = answering.handed_in(call.work, call.case, signed.values, "letter")
    made = batches.issue_batch(
        call.work,
        call.case.campaign_id,
        signed_on=answering.day(signed.values, "signed_on"),
        letter=letters[0] if letters else None,
        by=signed.account_id,
    )
    letter = made.verify or made.survival
    return {
        "ref": letter.ref if letter is not None else None,
        "authorised": made.authorised,
        "unauthorised": made.unauthorised,
    }


@operation("acceptance.decide", outputs=("outcome",))
def decide(call: Call) -> Mapping[str, Any]:
    """Record the check answered at the step `acceptance`, or `accept` for a campaign's letter."""
    answers = call.answers("acceptance" if call.case.campaign_id is None else "accept")
    outcome = str(answers.values.get("outcome") or "")
    acceptances.decide_all(
        call.work,
        call.case,
        items=_checks(answers),
        outcome=OUTCOMES.get(outcome, outcome),
        reason_code=str(answers.values.get("reason_code") or ""),
        reason=str(answers.values.get("reason") or ""),
        by=answers.account_id,
    )
    return {"outcome": outcome}


def _checks(answers: TaskAnswers) -> dict[str, str]:
    """Each of CHECKS as PASS or FAIL; one that was not answered is left out."""
    grouped = answers.values.get("checks")
    said = {**answers.values, **(grouped if isinstance(grouped, Mapping) else {})}
    found = {}
    for name in CHECKS:
        value = said.get(name, said.get(f"check_{name}"))
        if value not in (None, ""):
            found[name] = PASS if answering.said_yes(value) else FAIL
    return found
