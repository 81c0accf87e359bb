"""Steps of the offline investigation, the department's part when a source brought nothing (LF-08)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from domain.clock import OFFICE_ZONE, office_instant
from domain.errors import InvalidAnswers
from domain.text import gettext as _
from domain.verification import measures, queries, surveys
from domain.verification.surveys import Finding, Report
from workflows.registry import Call, operation

_BETWEEN_NAMES = re.compile(r"[、,,;；/\n]+")
_NO = frozenset({"", "no", "false", "0", "none"})


@operation("survey.plan", outputs=("surveys", "due"))
def plan(call: Call) -> Mapping[str, Any]:
    """Which queries the department must look into, and until when."""
    missing, due = surveys.plan_surveys(call.work, call.case)
    return {
        "surveys": [{"ref": query.ref} for query in missing],
        "due": due.at.isoformat() if due.at is not None else None,
    }


@operation("survey.record", outputs=("obtained",))
def record(call: Call) -> Mapping[str, Any]:
    """Keep the record answered at the step `survey`: rows `obtained` of person, obtained, amount, count, text."""
    ref = call.item["ref"] if isinstance(call.item, Mapping) else str(call.item)
    values = call.answers("survey").values
    query = queries.by_ref(call.work, ref)
    asked = surveys.asked_about(call.work, query)
    # the form has a row a member; a member the query did not ask about stands there empty
    rows = (_finding(row) for row in values.get("obtained") or ())
    findings = [finding for finding in rows if finding.obtained or finding.person in asked]
    report = Report(
        method=str(values.get("method") or ""),
        made_at=_instant(values.get("made_at")),
        surveyors=_names(values.get("surveyors")),
        findings=findings,
        statement=str(values.get("statement") or ""),
        place=str(values.get("place") or ""),
        persons_asked=str(values.get("persons_asked") or ""),
        files=_files(values.get("photos")),
    )
    surveys.record(call.work, call.case, query, report)
    return {"obtained": sum(finding.obtained for finding in findings)}


def _finding(row: Mapping[str, Any]) -> Finding:
    amount, count = measures.number(row.get("amount")), measures.number(row.get("count"))
    text = str(row.get("text") or "")
    said = row.get("obtained")
    obtained = bool(text or amount is not None or count is not None) if said is None else str(said).lower() not in _NO
    return Finding(str(row["person"]), obtained, amount, None if count is None else int(count), text)


def _instant(said: object) -> datetime:
    """A day (its beginning) or an instant; one without a zone is the office's."""
    try:
        if isinstance(said, str) and len(said) == len("2027-06-01"):
            return office_instant(date.fromisoformat(said))
        found = datetime.fromisoformat(str(said))
    except ValueError as problem:
        raise InvalidAnswers({"made_at": _("Say when the investigation was made.")}) from problem
    return (found if found.tzinfo else found.replace(tzinfo=OFFICE_ZONE)).astimezone(UTC)


def _names(said: object) -> list[str]:
    parts: Iterable[object] = said if isinstance(said, list) else _BETWEEN_NAMES.split(str(said or ""))
    return [name for name in (str(part).strip() for part in parts) if name]


def _files(said: object) -> list[str]:
    return [str(ref) for ref in said] if isinstance(said, list) else [str(said)] if said else []
