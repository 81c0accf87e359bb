"""Steps around an objection: recorded by the department, re-checked by the agency (LF-21)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from documents.wording import ConclusionWords, lint_conclusion_words
from domain import files, rules
from domain.errors import InvalidAnswers, OperationFailed
from domain.parties import households
from domain.text import gettext as _
from domain.verification import disputes, queries, rechecks
from domain.verification.disputes import FORWARDED, NOT_ACCEPTED, SETTLED, Disputed
from domain.verification.queries import Query
from domain.verification.rechecks import Answer
from domain.work import SCHEDULER, Work
from workflows.registry import Call, operation

OBJECTED_AT, ANSWERED_AT = "objection", "recheck"
OUTCOMES = {"FORWARD": FORWARDED, "SETTLE": SETTLED, "NOT_ACCEPT": NOT_ACCEPTED}
NONE = "NONE"


@operation("dispute.window", outputs=("until",))
def window(call: Call) -> Mapping[str, Any]:
    """Say until when an objection is awaited; without a term for it, until the file is due to be complete."""
    at = rules.due(call.work, call.case, "objection_term", fallback="archive_term").at
    if at is None:
        raise OperationFailed(_("The rules say neither how long an objection is awaited nor when a file is due."))
    return {"until": at.isoformat()}


@operation("dispute.record", outputs=("outcome",))
def record(call: Call) -> Mapping[str, Any]:
    """Record an objection and what the department makes of it; NONE when nobody objected."""
    values = call.answers(OBJECTED_AT).values
    if values.get("raised") != "YES":
        return {"outcome": NONE}
    rows = values.get("disputed") or []
    if not all(row.get("person") and row.get("category") for row in rows):
        raise InvalidAnswers({"disputed": _("Name the person and the category of each item.")})
    made = disputes.record(
        call.work,
        call.case,
        statement=str(values.get("statement") or ""),
        items=[Disputed(households.person_by_ref(call.work, row["person"]), row["category"]) for row in rows],
        reasons=str(values.get("reasons") or ""),
        outcome=OUTCOMES.get(str(values.get("outcome")), ""),
        evidence=[files.by_ref(call.work, ref) for ref in values.get("evidence") or []],
    )
    return {"outcome": made.outcome}


@operation("recheck.plan", outputs=("queries", "round"))
def plan(call: Call) -> Mapping[str, Any]:
    """Ask the sources again about what the department forwarded."""
    work = call.work.acting(SCHEDULER)
    turn = rechecks.must_be_open(work, call.case)[0].round
    made = [query for query in rechecks.plan(work, call.case) if queries.send(work, query)]
    return {"queries": [{"ref": query.ref, "due": _due(work, call, query)} for query in made], "round": turn}


@operation("recheck.answer", outputs=("items", "changed"))
def answer(call: Call) -> Mapping[str, Any]:
    """Record the agency's answer to each disputed item: it stands, or it changed."""
    rows = call.answers(ANSWERED_AT).values.get("recheck_items") or []
    given: dict[str, Answer] = {}
    for row in rows:
        note = str(row.get("note") or "")
        words = lint_conclusion_words(note)
        if words:
            raise ConclusionWords("recheck_items", words)
        given[str(row.get("ref") or "")] = Answer(str(row.get("result") or ""), note)
    answered = rechecks.answer(call.work, call.case, given)
    return {"items": len(answered), "changed": sum(item.result == rechecks.CHANGED for item in answered)}


def _due(work: Work, call: Call, query: Query) -> str | None:
    """A source asked again has its own limit, else the office's target for a re-check; a timer needs an instant."""
    at = query.due_at or rules.due(work, call.case, "recheck_term", fallback="recheck_term_internal").at
    return at.isoformat() if at is not None else None
