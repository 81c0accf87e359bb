"""Giving a role: whoever is given work of verification was trained for it, where the policy says so (BX-04, NM-24)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from domain import rules
from domain.errors import Conflict
from domain.oversight.register_kinds import TOPICS
from domain.oversight.register_rows import DONE, RegisterEntry
from domain.parties import staff
from domain.parties.accounts import Account
from domain.policy_keys.accounts import TRAINING_BEFORE_ROLE
from domain.text import gettext as _
from domain.work import Work

TRAINED = frozenset({"agency_checker", "agency_handler", "agency_reviewer"})


def appoint(work: Work, account: Account, role: str, *, until: date | None = None) -> None:
    """Give a role until a day (inclusive). Raises as `domain.parties.staff.grant`; Conflict: a training is missing."""
    _must_be_trained(work, account, role)
    staff.grant(work, account, role, until=until)


def _must_be_trained(work: Work, account: Account, role: str) -> None:
    """Refuse a role of verification to somebody whose trainings are not all completed in the register (BX-04).

    Which ones are asked for stands in the policy `training_before_role` of the office; none where it is empty. Uses
    ix_register_entry_person.
    """
    wanted = rules.value(work, account.org_id, TRAINING_BEFORE_ROLE.name) if role in TRAINED else ()
    if not wanted:
        return
    done = set(
        work.session.scalars(
            select(RegisterEntry.detail).where(
                RegisterEntry.person_id == account.id, RegisterEntry.register == "TRAINING",
                RegisterEntry.state == DONE,
            )
        )
    )  # fmt: skip
    missing = [TOPICS[one] for one in wanted if one not in done]
    if missing:
        raise Conflict(
            _(
                "Before this role the person completes the training: %(topics)s. Enter it in the register “Training”.",
                topics="、".join(str(one) for one in missing),
            ),
            clause="BX-04",
            role=role,
        )
