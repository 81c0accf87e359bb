"""Steps that collect authorisations and say who is still without one (DOC-01, NM-07)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain import rules
from domain.cases import Case
from domain.errors import InvalidAnswers
from domain.parties import households
from domain.parties.households import Guardian, Person
from domain.policy_keys.commissions import AUTH_UNTIL_RULE
from domain.text import gettext as _
from domain.verification import authorisations, collecting
from domain.verification.authorisations import GUARDIAN, SELF, WIDEST
from domain.work import Work
from workflows import answering
from workflows.registry import Call, operation

YES, REFUSES = "YES", "REFUSES"


@operation("authorisation.record", outputs=("missing", "refused"))
def record(call: Call) -> Mapping[str, Any]:
    """Keep the authorisations answered at the step `authorise` or `collect`; count who is without and who refuses."""
    answers = call.answers(str(call.inputs.get("step") or _step(call)))
    said = answering.rows(answers.values)
    for place, row in enumerate(said):
        if str(row.get("signed", "")).upper() == YES:
            with answering.in_row("members", place):
                _collect(call, row, answers.account_id)
    refused = sum(str(row.get("signed", "")).upper() == REFUSES for row in said)
    return {"missing": _missing(call), "refused": refused}


def _inventories(work: Work, case: Case, households: Sequence[int]) -> list[Mapping[str, Any]]:
    scope = authorisations.required_scope(work, case)
    missing = authorisations.missing(work, households, work.today, scope=scope)
    return [{"missing": missing.get(one, 0)} for one in households]


@operation("authorisation.inventory", outputs=("missing",), many=_inventories)
def inventory(call: Call) -> Mapping[str, Any]:
    """How many members are without an authorisation that holds today."""
    return {"missing": _missing(call)}


def _step(call: Call) -> str:
    return "authorise" if call.case.kind == "NEW" else "collect"


def _missing(call: Call) -> int:
    scope = authorisations.required_scope(call.work, call.case)
    household = households.by_id(call.work, call.case.household_id)
    lines = authorisations.inventory(call.work, household, call.work.today, scope=scope)
    return sum(line.authorisation is None for line in lines)


def _collect(call: Call, row: Mapping[str, Any], by: int) -> None:
    work, case = call.work, call.case
    person = answering.person(work, case, row)
    scans = answering.handed_in(work, case, row, "scan")
    signer = str(row.get("signer") or SELF)
    guardian = _guardian(call, person, row) if signer == GUARDIAN else None
    collecting.collect(
        work,
        case,
        person,
        signed_on=answering.day(row, "signed_on"),
        signer=signer,
        guardian=guardian,
        scope=str(row.get("scope") or WIDEST),
        until_rule=str(row.get("until_rule") or rules.of_case(work, case).value(AUTH_UNTIL_RULE)),
        valid_until=answering.maybe_day(row, "valid_until"),
        scan=scans[0] if scans else None,
        guardian_proof=scans[1] if guardian is not None and len(scans) > 1 else None,
        by=by,
    )


def _guardian(call: Call, person: Person, row: Mapping[str, Any]) -> Guardian:
    known = {guardian.ref: guardian for guardian in households.guardians(call.work, person)}
    chosen = known.get(str(row.get("guardian") or ""))
    if chosen is None:
        raise InvalidAnswers({"guardian": _("Only the registered guardian of this very person may sign (BX-13).")})
    return chosen
