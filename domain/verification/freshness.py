"""How old the data of a source are, and how old they may be (CK-10): older ones are not compared, and it is said.

The longest age is `doubt.max_data_age` of the rules kept with the case. The day of the data is the delivery's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, or_, select

from domain import rules
from domain.cases import Case
from domain.policy_keys import policy_key
from domain.verification.deliveries import DROPPED, READY, WITHDRAWN, Delivery
from domain.verification.queries import FOUND, NOT_FOUND, Query
from domain.verification.withdrawals import Withdrawal
from domain.work import Work
from domain.workdays import Term, add_months

MAX_AGE = policy_key("doubt.max_data_age")


def oldest(work: Work, case: Case) -> date | None:
    """The first day of data that are not too old today under the case's rules; None where no age is set."""
    kept = rules.of_case(work, case)
    age = kept.value(MAX_AGE) if MAX_AGE.name in kept.data["values"] else None
    if not isinstance(age, Term):
        return None
    return add_months(work.today, -age.length) if age.unit == "month" else work.today - timedelta(days=age.length)


def newest(work: Work, resources: Collection[int]) -> dict[int, date]:
    """The day of the newest data in use, by key of the resource; none for one that delivered nothing.

    resources: keys. One SELECT; uses ix_delivery_resource_state.
    """
    if not resources:
        return {}
    wanted = (
        select(Delivery.resource_id, func.max(Delivery.data_date))
        .where(Delivery.resource_id.in_(sorted(resources)), Delivery.state == READY, Delivery.package_id.is_(None))
        .group_by(Delivery.resource_id)
    )
    return {key: day for key, day in work.session.execute(wanted)}  # noqa: C416  dict() takes a Result for a mapping


def searched(work: Work, asked: Collection[Query]) -> dict[int, date]:
    """The day of the newest data that were in use when a query was answered, by its key: what was looked through.

    None of a query answered by a package, which speaks of whom it was asked about and of no day of its own.
    One SELECT; uses ix_delivery_resource_state and uq_delivery_withdrawal_delivery_id.
    """
    keys = sorted(query.id for query in asked if query.answered_at is not None)
    if not keys:
        return {}
    wanted = (
        select(Query.id, func.max(Delivery.data_date))
        .join(Delivery, Delivery.resource_id == Query.resource_id)
        .outerjoin(Withdrawal, Withdrawal.delivery_id == Delivery.id)
        .where(
            Query.id.in_(keys),
            Delivery.state.in_((READY, WITHDRAWN, DROPPED)),
            Delivery.package_id.is_(None),
            Delivery.read_at <= Query.answered_at,
            or_(Withdrawal.at.is_(None), Withdrawal.at > Query.answered_at),
        )
        .group_by(Query.id)
    )
    return {key: day for key, day in work.session.execute(wanted)}  # noqa: C416


@dataclass(frozen=True, slots=True)
class Ages:
    """What a comparison knows of the age of its data: oldest as `oldest`, searched and newest as the functions."""

    oldest: date | None
    searched: Mapping[int, date]
    newest: Mapping[int, date]

    def stale(self, day: date | None) -> bool:
        """True for data of a day that is too long ago."""
        return self.oldest is not None and day is not None and day < self.oldest

    def looked_through(self, asked: Sequence[tuple[Query, str]]) -> date | None:
        """The day of the newest data in which a person was looked for and not found."""
        days = [self.searched.get(query.id) for query, state in asked if state == NOT_FOUND]
        return max((day for day in days if day is not None), default=None)

    def held_back(self, asked: Sequence[tuple[Query, str]]) -> date | None:
        """The day of the newest data of sources that did not answer, when those are too old to be compared."""
        days = [self.newest[query.resource_id] for query, _state in asked if query.resource_id in self.newest]
        day = max(days, default=None)
        return day if self.stale(day) else None

    def told(self, asked: Sequence[tuple[Query, str]], newest: date | None, *, obtained: bool) -> dict[str, Any]:
        """What a line keeps of it: data_date, stale, too_old; newest: of the rows that count, None without any."""
        day = (newest or self.looked_through(asked)) if obtained else None
        held = None if obtained else self.held_back(asked)
        return {
            "data_date": day.isoformat() if day else None,
            "stale": self.stale(day),
            "too_old": held.isoformat() if held else None,
        }


def ages(work: Work, case: Case, asked: Collection[tuple[Query, str]]) -> Ages:
    """How old the data of these queries are. At most two SELECTs beside the rules."""
    quiet = {query.id: query for query, state in asked if state == NOT_FOUND}
    silent = {query.resource_id for query, state in asked if state not in (FOUND, NOT_FOUND)}
    return Ages(oldest(work, case), searched(work, list(quiet.values())), newest(work, silent))
