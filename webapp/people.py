"""People on the pages: names of who did what, and who is at work on a draft now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from domain.clock import machine_now
from domain.parties.accounts import Account
from domain.work import Work
from workflows.definition_rows import DraftPresence
from workflows.drafts import HERE


def names(work: Work, keys: Iterable[int | None]) -> dict[int, str]:
    """Account key -> name; one query."""
    wanted = {key for key in keys if key is not None}
    rows = work.session.execute(select(Account.id, Account.name).where(Account.id.in_(wanted)))
    return {key: name for key, name in rows}  # noqa: C416  dict() takes a Result for a mapping


@dataclass(frozen=True, slots=True)
class AtWork:
    """Somebody who has a file of a draft open now."""

    name: str
    part: str


def others_at(work: Work, draft_id: int) -> list[AtWork]:
    """Who else has this draft open; looking is no sign of being there oneself."""
    rows = work.session.execute(
        select(Account.name, DraftPresence.part)
        .join(Account, Account.id == DraftPresence.account_id)
        .where(
            DraftPresence.draft_id == draft_id,
            DraftPresence.seen_at >= machine_now() - HERE,
            DraftPresence.account_id != (work.actor.user_id or 0),
        )
        .order_by(DraftPresence.id)
    )
    return [AtWork(name, part) for name, part in rows]
