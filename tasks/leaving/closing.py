"""Closing an account, or moving somebody to another office: only when nothing is open in their hands.

An emergency lock (`staff.lock`) is no closing: it signs somebody out at once and leaves their work where it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from domain.errors import Conflict
from domain.parties import staff
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.text import gettext as _
from domain.work import Work
from tasks.rows.leaving_models import RUNNING, Leaving
from tasks.rows.models import OPEN, HumanTask


@dataclass(frozen=True, slots=True)
class OpenWork:
    """How much somebody has open: tasks in their hands; tasks they delegated, which come back to them."""

    held: int
    delegated: int
    running: bool = False

    @property
    def any(self) -> bool:
        """True when something keeps the account from being closed."""
        return bool(self.held or self.delegated or self.running)


def open_work(work: Work, account: Account) -> OpenWork:
    """Figures only. Uses ix_human_task_assignee, ix_human_task_owner, uq_leaving_running."""
    held = select(func.count()).where(HumanTask.assignee_id == account.id, HumanTask.state.in_(OPEN))
    given = select(func.count()).where(HumanTask.owner_id == account.id, HumanTask.state.in_(OPEN))
    running = select(Leaving.id).where(Leaving.account_id == account.id, Leaving.state == RUNNING)
    return OpenWork(
        work.session.scalar(held) or 0, work.session.scalar(given) or 0, work.session.scalar(running) is not None
    )


def close(work: Work, account: Account) -> None:
    """Switch an account off for good. Raises NotPermitted, Conflict while work is open in its name."""
    _must_have_nothing(work, account)
    staff.disable(work, account)


def transfer(work: Work, account: Account, office: Organisation) -> None:
    """Move somebody to another office. Raises NotPermitted, Conflict while work is open in their name."""
    _must_have_nothing(work, account)
    staff.transfer(work, account, office)


def _must_have_nothing(work: Work, account: Account) -> None:
    # whoever claims meanwhile waits until this is decided
    work.session.refresh(account, with_for_update=True)
    found = open_work(work, account)
    if found.running:
        raise Conflict(_("A hand-over of this person's work is being carried out. Wait until it is done."))
    if found.any:
        raise Conflict(
            _(
                "%(who)s still has %(count)s tasks open. Hand them over first; in an emergency, lock the account.",
                who=account.name,
                count=found.held + found.delegated,
            ),
            clause="NM-22",
        )
