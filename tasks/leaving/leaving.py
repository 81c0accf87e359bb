"""Somebody leaves or changes the office: what they hold, what would become of it, and the receipt of what did.

`plan` writes nothing and says of each open thing to whom it goes, that it goes back to the queue, or that it cannot,
because …; drafts stay with their tasks. `carry_out` freezes the list and has it worked through in chunks, so that a
thousand tasks hold up nobody and a killed run goes on where it stood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from domain import agenda, journal
from domain.base import new_ref
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.parties import permissions
from domain.parties.accounts import ACTIVE, Account
from domain.parties.organisations import Organisation
from domain.text import Name, Text
from domain.text import gettext as _
from domain.work import Work
from tasks.leaving import leaving_lines
from tasks.leaving.leaving_lines import Line, open_things
from tasks.repair_rules import reason_of
from tasks.rows.leaving_models import (
    RUNNING,
    WAITS,
    Leaving,
    LeavingItem,
)
from tasks.rows.models import HumanTask

DUTY = "leaving.run"
CHUNK = 50
SHOWN = 200  # lines that a page lists; the counts are of all


@dataclass(frozen=True, slots=True)
class Plan:
    """What somebody has open. counts: lines by what would become of them; by_kind: by what they are.

    lines: none for whoever keeps accounts and sees no case. colleagues: who could get it. running: ref of a hand-over
    that is being carried out.
    """

    account: Account
    office: Organisation
    to: Account | None
    lines: Sequence[Line]
    counts: dict[str, int] = field(default_factory=dict)
    by_kind: dict[str, int] = field(default_factory=dict)
    colleagues: Sequence[Account] = ()
    running: str = ""
    figures_only: bool = False

    @property
    def total(self) -> int:
        """Open things in all."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Receipt:
    """A hand-over as its page shows it; reason: S3. lines: what became of what; of a page of them."""

    ref: str
    account_ref: str
    name: str
    to: str
    by: str
    reason: str = field(repr=False)
    state: str
    total: int
    done: int
    begun_at: datetime
    ended_at: datetime | None
    counts: dict[str, int]
    lines: Sequence[Line]


def plan(work: Work, account_ref: str, *, to: str = "") -> Plan:
    """What would become of everything somebody has open, were it handed to a colleague (ref) or to the queue ("").

    Raises NotFound, NotPermitted, InvalidAnswers for a colleague who cannot be named.
    """
    account, office, figures = _about(work, account_ref)
    person = _named(work, account, to, figures)
    lines = open_things(work, account, person)
    counts: dict[str, int] = {}
    kinds: dict[str, int] = {}
    for one in lines:
        counts[one.result] = counts.get(one.result, 0) + 1
        kinds[one.kind] = kinds.get(one.kind, 0) + 1
    return Plan(
        account, office, person, () if figures else lines[:SHOWN], counts, kinds,
        () if figures else _colleagues(work, account), _running(work, account), figures,
    )  # fmt: skip


def carry_out(work: Work, account_ref: str, *, to: str = "", reason: str) -> str:
    """Freeze the list and have it carried out; the ref of the receipt. Safe to ask for again: a hand-over that runs
    is given back. Raises as `plan`, InvalidAnswers without a reason, Conflict when nothing is open."""
    why = reason_of(reason)
    account, _office, figures = _about(work, account_ref)
    person = _named(work, account, to, figures)
    running = _running(work, account)
    if running:
        return running
    things = leaving_lines.everything(work, account)
    if not things:
        raise Conflict(_("Nothing is open; there is nothing to hand over."))
    row = Leaving(
        ref=new_ref(), account_id=account.id, org_id=account.org_id, to_id=person.id if person else None,
        reason=b"", state=RUNNING, total=len(things), done=0, begun_by=work.actor.user_id, begun_at=work.now,
    )  # fmt: skip
    row.reason = work.home.vault.seal("leaving.reason", row.ref, why)
    work.session.add(row)
    work.session.flush()
    work.session.add_all(
        LeavingItem(leaving_id=row.id, place=place, kind=kind, subject=subject, result=WAITS, told=[])
        for place, (kind, subject) in enumerate(things, start=1)
    )
    work.session.flush()
    body = {"things": len(things), "to": person.ref if person else "", "receipt": row.ref}
    journal.record(work, "leaving.begun", account.ref, body, stream=("account", account.ref))
    agenda.put(work, DUTY, f"{DUTY}:{row.ref}:0", work.now, subject=row.ref)
    return row.ref


def listing(work: Work) -> Sequence[Receipt]:
    """Hand-overs of the actor's office, newest first. Uses ix_leaving_org_id."""
    permissions.must(work.actor, "leaving.plan", permissions.OFFICE)
    wanted = select(Leaving).where(Leaving.org_id == work.actor.org_id).order_by(Leaving.id.desc()).limit(100)
    return [_receipt(work, row, []) for row in work.session.scalars(wanted)]


def receipt(work: Work, ref: str) -> Receipt:
    """What became of what. Raises NotFound, NotPermitted."""
    row = work.session.scalars(select(Leaving).where(Leaving.ref == ref)).first()
    if row is None:
        raise NotFound(_("There is no such hand-over."))
    account = work.session.get_one(Account, row.account_id)
    _account, _office, figures = _about(work, account.ref)
    return _receipt(work, row, [] if figures else _told_lines(work, row))


def _about(work: Work, ref: str) -> tuple[Account, Organisation, bool]:
    """The account, its office, and whether the actor sees figures alone. Raises NotFound, NotPermitted."""
    row = work.session.execute(
        select(Account, Organisation).join(Organisation, Organisation.id == Account.org_id).where(Account.ref == ref)
    ).first()
    if row is None:
        raise NotFound(_("There is no such account."))
    account, office = row
    relation = relation_to(work, account, office)
    if permissions.may(work.actor, "leaving.plan", relation):
        return account, office, False
    if permissions.may(work.actor, "leaving.free"):
        return account, office, True
    if work.actor.org_id != account.org_id:
        raise NotFound(_("There is no such account."))
    permissions.must(work.actor, "leaving.plan", relation)
    return account, office, False


def relation_to(work: Work, account: Account, office: Organisation) -> str:
    """What binds the actor to a person: oneself, one's office, one's town's people."""
    if account.id == work.actor.user_id:
        return permissions.SELF
    if account.org_id == work.actor.org_id:
        return permissions.OFFICE
    town = office.kind == "town_post" and office.parent_id == work.actor.org_id
    return permissions.TOWN if town else permissions.NONE


def _named(work: Work, account: Account, ref: str, figures: bool) -> Account | None:
    """The colleague with this ref; None for the queue. Raises InvalidAnswers."""
    if not ref:
        return None
    if figures:
        raise InvalidAnswers({"to": _("Who keeps accounts gives work back to the queue; its head names people.")})
    return _colleague(work, account, ref)


def _running(work: Work, account: Account) -> str:
    wanted = select(Leaving.ref).where(Leaving.account_id == account.id, Leaving.state == RUNNING)
    return work.session.scalar(wanted) or ""


def _colleague(work: Work, account: Account, ref: str) -> Account:
    wanted = select(Account).where(
        Account.ref == ref, Account.org_id == account.org_id, Account.state == ACTIVE, Account.id != account.id
    )
    found = work.session.scalars(wanted).first()
    if found is None:
        raise InvalidAnswers({"to": _("Choose a colleague of the same office whose account is in use.")})
    return found


def _colleagues(work: Work, account: Account) -> Sequence[Account]:
    wanted = select(Account).where(Account.org_id == account.org_id, Account.state == ACTIVE, Account.id != account.id)
    return work.session.scalars(wanted.order_by(Account.name, Account.id)).all()


def _receipt(work: Work, row: Leaving, lines: Sequence[Line]) -> Receipt:
    people = select(Account.id, Account.name).where(Account.id.in_([row.account_id, row.to_id, row.begun_by]))
    names = dict(work.session.execute(people).all())
    results = (
        select(LeavingItem.result, func.count()).where(LeavingItem.leaving_id == row.id).group_by(LeavingItem.result)
    )
    counts = dict(work.session.execute(results).all())
    account = work.session.get_one(Account, row.account_id)
    return Receipt(
        row.ref, account.ref, names[row.account_id], names.get(row.to_id or 0, ""), names.get(row.begun_by or 0, ""),
        work.home.vault.open("leaving.reason", row.ref, row.reason), row.state, row.total, row.done, row.begun_at,
        row.ended_at, counts, lines,
    )  # fmt: skip


def _told_lines(work: Work, row: Leaving) -> list[Line]:
    """The first lines of a receipt, in order, each with its title; a case by its number for who may read it.

    Four SELECTs. Uses uq_leaving_item_leaving_id_place.
    """
    person = aliased(Account)
    rows: Sequence[Any] = work.session.execute(
        select(LeavingItem, person.name, HumanTask, Case.ref, Case.number)
        .join(person, person.id == LeavingItem.to_id, isouter=True)
        .join(HumanTask, HumanTask.ref == LeavingItem.subject, isouter=True)
        .join(Case, and_(Case.id == HumanTask.case_id, permissions.case_scope(work.actor)), isouter=True)
        .where(LeavingItem.leaving_id == row.id)
        .order_by(LeavingItem.place)
        .limit(1000)
    ).all()
    titles = leaving_lines.titles(work, [(item.kind, item.subject) for item, *_rest in rows])
    return [
        Line(
            item.kind, item.subject, item.result,
            Name(task.name, task.name_en) if task else titles.get(item.subject, Name("", "")), case_ref or "",
            number or "", task.due_at if task else None,
            False, to or "", Text.unpacked(item.told) if item.told else None,
        )
        for item, to, task, case_ref, number in rows
    ]  # fmt: skip
