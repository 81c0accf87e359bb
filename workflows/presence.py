"""Who has a draft open in an editor now, and which file of it; in machine time, since legal time may stand still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from domain.base import insert_once
from domain.clock import machine_now
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.work import Work
from workflows import drafts
from workflows.definition_rows import DraftPresence

HERE = timedelta(seconds=60)  # how long somebody counts as present after the last sign
LONGEST = 255  # characters of a file's name that are kept


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody who has the draft open: the display name, the file, and whether it is the asking person."""

    name: str
    part: str
    me: bool


def note(work: Work, ref: str, part: str) -> Sequence[Presence]:
    """Say that the actor has `part` of a draft open; gives everybody who is here, the actor included.

    Raises NotFound, NotPermitted.
    """
    draft, me, now = drafts.get(work, ref), work.actor.person(), machine_now()
    place = ("draft_id", "account_id")
    if not insert_once(
        work.session, DraftPresence, place, draft_id=draft.id, account_id=me, part=part[:LONGEST], seen_at=now
    ):
        mine = select(DraftPresence).where(DraftPresence.draft_id == draft.id, DraftPresence.account_id == me)
        row = work.session.scalars(mine).one()
        row.part, row.seen_at = part[:LONGEST], now
        work.session.flush()
    return here(work, draft.id)


def here(work: Work, draft_id: int) -> Sequence[Presence]:
    """Everybody who has this draft open. Looking is no sign of being there oneself. Raises NotPermitted."""
    permissions.must(work.actor, "process.read")
    rows = work.session.execute(
        select(Account.id, Account.name, DraftPresence.part)
        .join(Account, Account.id == DraftPresence.account_id)
        .where(DraftPresence.draft_id == draft_id, DraftPresence.seen_at >= machine_now() - HERE)
        .order_by(DraftPresence.id)
    )
    return [Presence(name, part, key == work.actor.user_id) for key, name, part in rows]
