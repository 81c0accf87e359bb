"""Steps that plan queries, ask sources and give up (LF-04, LF-08, BX-11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.home import Home
from domain.parties import households
from domain.verification import deliveries, freshness, queries, results
from domain.verification.deliveries import Resource
from domain.verification.queries import PLANNED, SENT, Query
from domain.verification.results import Match
from domain.work import SCHEDULER
from sources.store import MatchedRow, Store, StoredDelivery, Wanted
from workflows.operations.deliveries import stored_delivery
from workflows.registry import Call, operation, slow_operation


@operation("query.plan", outputs=("queries",))
def plan(call: Call) -> Mapping[str, Any]:
    """Plan and send the queries a handler chose at the step `query_plan`."""
    answers = call.answers("query_plan")
    chosen = answers.values.get("resources") or ()
    deviation = str(answers.values.get("deviation") or "")
    code = str(answers.values.get("reason_code") or "")
    made = queries.plan(call.work, call.case, chosen, deviation, reason_code=code, by=answers.account_id)
    return _sent(call, made)


@operation("query.plan_batch", outputs=("queries",))
def plan_batch(call: Call) -> Mapping[str, Any]:
    """Plan and send everything the letter of a review asks for."""
    return _sent(call, queries.plan_batch(call.work, call.case))


@operation("query.give_up", outputs=("reason",))
def give_up(call: Call) -> Mapping[str, Any]:
    """The source's time is over: nothing was obtained."""
    query = _query(call)
    queries.give_up(call.work.acting(SCHEDULER), query, queries.TIMEOUT)
    return {"reason": query.reason}


@dataclass(frozen=True, slots=True)
class MatchPlan:
    """Whom to look for in which deliveries. `already` says the query is closed and nothing is to be done."""

    query: str
    wanted: tuple[Wanted, ...] = ()
    stored: tuple[StoredDelivery, ...] = ()
    already: bool = False


@dataclass(frozen=True, slots=True)
class Matched:
    """What the store had."""

    rows: tuple[MatchedRow, ...]
    deliveries: tuple[str, ...]
    already: bool = False


@slow_operation("query.run", outputs=("state", "rows"))
class RunQuery:
    """Ask one source: match the persons of a query against what it delivered."""

    def gather(self, call: Call) -> MatchPlan | None:
        """Persons who still agree and the deliveries young enough; None while the source has delivered nothing, or
        does not take the query yet (LN-13): the agenda opens it then."""
        query = _query(call)
        if query.state == PLANNED:
            return None
        if query.state != SENT:
            return MatchPlan(query.ref, already=True)
        work = call.work
        resource = work.session.get_one(Resource, query.resource_id)
        usable = deliveries.ready(work, resource, freshness.oldest(work, call.case))
        if not usable:
            return None
        store = Store(work.home.blobs, work.home.vault)
        people = tuple(
            store.wanted(person.ref, households.number_of(work, person), households.name_of(work, person))
            for person in queries.persons_to_ask(work, query)
        )
        return MatchPlan(query.ref, people, tuple(stored_delivery(work, one, resource.category) for one in usable))

    def perform(self, home: Home, plan: MatchPlan) -> Matched:
        """Look them up. Raises BlobDamaged when a delivery's file is gone."""
        if plan.already:
            return Matched((), (), already=True)
        rows = Store(home.blobs, home.vault).match(plan.stored, plan.wanted)
        return Matched(tuple(rows), tuple(one.ref for one in plan.stored))

    def record(self, call: Call, result: Matched) -> Mapping[str, Any]:
        """Write the answer, once."""
        query = _query(call)
        found = [_match(row) for row in result.rows]
        rows = 0 if result.already else results.answer(call.work.acting(SCHEDULER), query, found, result.deliveries)
        return {"state": query.state, "rows": rows}


def _sent(call: Call, planned: Sequence[Query]) -> dict[str, Any]:
    for query in planned:
        queries.send(call.work, query)
    out = [query for query in planned if query.state == SENT or queries.waits(call.work, query)]
    return {"queries": [{"ref": q.ref, "due": q.due_at.isoformat() if q.due_at else None} for q in out]}


def _query(call: Call) -> Query:
    ref = call.item["ref"] if isinstance(call.item, Mapping) else str(call.item)
    return queries.by_ref(call.work, ref)


def _match(row: MatchedRow) -> Match:
    value = {
        "values": row.values,
        "number": row.number,
        "name": row.name,
        "role": row.role,
        "notes": list(row.notes),
    }
    kind = str(row.match_kind)
    return Match(
        row.wanted, row.delivery_ref, row.row_no, row.data_date, kind, row.name_differs, row.fingerprint, value
    )
