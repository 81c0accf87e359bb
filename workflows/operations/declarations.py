"""The step that keeps what a family declares of itself (DOC-08)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from domain.parties import households
from domain.parties.households import Person
from domain.verification import declarations, family
from domain.verification.declarations import Item
from workflows import answering
from workflows.registry import Call, operation

AMOUNTS = ("WAGE", "PENRCV", "BIZINC", "DEPOSIT")
COUNTS = ("VEHICLE", "HOUSE")


@operation("declaration.record", outputs=("items",))
def record(call: Call) -> Mapping[str, Any]:
    """Keep the declaration answered at the step `intake`."""
    answers = call.answers("intake")
    values = answers.values
    rows = answering.rows(values)
    people = answering.people(call.work, call.case, rows)
    items = [item for person, row in zip(people, rows, strict=True) for item in _of_member(person, row)]
    items += [Item(None, code, {"text": str(values[name])}) for name, code in _WORDS.items() if values.get(name)]
    scans = answering.handed_in(call.work, call.case, values, "scan")
    declarations.record(
        call.work,
        households.by_id(call.work, call.case.household_id),
        items,
        declared_on=answering.day(values, "applied_on"),
        case=call.case,
        file=scans[0] if scans else None,
        by=answers.account_id,
    )
    return {"items": len(items)}


_WORDS = {"debts": "DEBT", "note": "NOTE"}


def _of_member(person: Person, row: Mapping[str, Any]) -> Iterator[Item]:
    for code in AMOUNTS:
        if row.get(code) not in (None, ""):
            yield Item(person, code, {"amount": str(row[code])})
    for code in COUNTS:
        if row.get(code) not in (None, ""):
            yield Item(person, code, {"count": int(Decimal(str(row[code])))})
    if row.get("BIZ") is not None:
        yield Item(person, "BIZ", {"count": 1 if answering.said_yes(row["BIZ"]) else 0})
    if row.get("WORK"):
        yield Item(person, family.WORK, {"text": str(row["WORK"])})
    if row.get("other"):
        yield Item(person, "OTHER", {"text": str(row["other"])})
