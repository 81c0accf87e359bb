"""Filters under a name: one's own, those of the office, those of a role in it. What is kept are the words of the
address, without a person; they are judged anew whenever they are read, so an outdated one is said, never an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from domain import journal
from domain.errors import InvalidAnswers, NotFound, NotPermitted
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.parties.roles import ROLES
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks import inbox_columns
from tasks.finding import filters
from tasks.finding.filters import Filter
from tasks.rows.finding_models import AUDIENCES, PRIVATE, ROLE, TEAM, SavedFilter
from workflows.definitions import DefinitionRow

LONGEST, MOST, MOST_COUNTED = 60, 40, 16


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved filter as a page shows it. words: of the address. mine: the actor may change it. count: how many tasks
    fit, None when nobody counted."""

    ref: str
    name: str
    audience: str
    role: str
    owner: str
    mine: bool
    words: Mapping[str, Any]
    count: int | None = None


def visible(work: Work) -> ColumnElement[bool]:
    """Saved filters the actor may use. Uses ix_saved_filter_owner_id and ix_saved_filter_org_id."""
    actor = work.actor
    team = and_(SavedFilter.org_id == actor.org_id, SavedFilter.audience == TEAM)
    role = and_(
        SavedFilter.org_id == actor.org_id, SavedFilter.audience == ROLE, SavedFilter.role.in_(sorted(actor.roles))
    )
    return or_(SavedFilter.owner_id == actor.user_id, team, role)


def listing(work: Work) -> list[Saved]:
    """What the actor may use: the own ones first, each group in its order; one SELECT. Outdated words stay in them."""
    rows = work.session.execute(
        select(SavedFilter, Account.name)
        .join(Account, Account.id == SavedFilter.owner_id)
        .where(visible(work))
        .order_by(SavedFilter.owner_id != work.actor.user_id, SavedFilter.position, SavedFilter.id)
        .limit(MOST)
    )
    return [_shown(work, row, owner) for row, owner in rows]


def counted(work: Work, count: Callable[[Filter], int]) -> list[Saved]:
    """The same with how many tasks fit each of the first MOST_COUNTED."""
    found = listing(work)
    first = [replace(one, count=count(filters.read(one.words))) for one in found[:MOST_COUNTED]]
    return first + found[MOST_COUNTED:]


def by_ref(work: Work, ref: str) -> Saved:
    """One of them, whoever sent its address; tasks are then found with the actor's own rights. Raises NotFound."""
    wanted = select(SavedFilter, Account.name).join(Account, Account.id == SavedFilter.owner_id)
    row = work.session.execute(wanted.where(SavedFilter.ref == ref, visible(work))).first()
    if row is None:
        raise NotFound(_("There is no such filter for you."))
    return _shown(work, row[0], row[1])


def save(work: Work, asked: Filter, name: str, audience: str = PRIVATE, role: str = "") -> SavedFilter:
    """Keep a filter under a name, without the page and without a person. Raises InvalidAnswers, NotPermitted."""
    permissions.must(work.actor, "filter.keep")
    kept = filters.words(replace(asked.checked(), page=1, person=""))
    if not kept:
        raise InvalidAnswers({"name": _("Nothing is filtered. Choose something first; a person is not saved.")})
    held = select(func.count()).where(SavedFilter.owner_id == work.actor.user_id)
    if (work.session.scalar(held) or 0) >= MOST:
        raise InvalidAnswers({"name": _("At most %(most)s filters. Delete one first.", most=MOST)})
    _may_share(work, audience, role)
    last = work.session.scalar(select(func.max(SavedFilter.position)).where(SavedFilter.owner_id == work.actor.user_id))
    row = SavedFilter(
        owner_id=work.actor.person(),
        org_id=work.actor.org_id or 0,
        audience=audience,
        role=role if audience == ROLE else "",
        name=_name(name),
        words=kept,
        position=0 if last is None else last + 1,
        made_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    journal.record(work, "filter.saved", row.ref, {"audience": audience})
    return row


def rename(work: Work, ref: str, name: str) -> SavedFilter:
    """Raises NotFound, NotPermitted, InvalidAnswers."""
    row = _own(work, ref)
    row.name = _name(name)
    work.session.flush()
    return row


def share(work: Work, ref: str, audience: str, role: str = "") -> SavedFilter:
    """Show it to the office, a role in it, or nobody else again. Raises NotFound, NotPermitted, InvalidAnswers."""
    row = _own(work, ref)
    _may_share(work, audience, role)
    row.audience, row.role = audience, role if audience == ROLE else ""
    work.session.flush()
    journal.record(work, "filter.shared", row.ref, {"audience": audience, "role": row.role})
    return row


def delete(work: Work, ref: str) -> None:
    """Raises NotFound, NotPermitted."""
    row = _own(work, ref)
    work.session.delete(row)
    work.session.flush()
    journal.record(work, "filter.deleted", ref)


def move(work: Work, ref: str, by: int) -> None:
    """Change places with the own filter before (-1) or after (1) it. Raises NotFound, NotPermitted."""
    _own(work, ref)
    rows = work.session.scalars(
        select(SavedFilter)
        .where(SavedFilter.owner_id == work.actor.user_id)
        .order_by(SavedFilter.position, SavedFilter.id)
        .with_for_update()
    ).all()
    order = [one.ref for one in rows]
    place = order.index(ref)
    order.insert(max(0, place + by), order.pop(place))
    for one in rows:
        one.position = order.index(one.ref)
    work.session.flush()


def outdated(work: Work, asked: Filter) -> tuple[Filter, list[Text]]:
    """The filter without words that mean nothing here any more, and a sentence on each of those."""
    gone: list[Text] = []
    if asked.process and not _known(work, DefinitionRow.process == asked.process, DefinitionRow.id):
        gone.append(_("The process of this filter is not there any more."))
        asked = replace(asked, process="")
    if asked.town and not _known(work, Organisation.ref == asked.town, Organisation.id):
        gone.append(_("The town of this filter is not there any more."))
        asked = replace(asked, town="")
    if asked.holder and not _known(work, Account.ref == asked.holder, Account.id):
        gone.append(_("The colleague of this filter is not there any more."))
        asked = replace(asked, holder="")
    by_column = asked.sort not in filters.SORTS
    known = {one.key for one in inbox_columns.columns(work)} if asked.columns or by_column else set()
    if not {one.key for one in asked.columns} <= known:
        gone.append(_("A column of this filter is not there any more."))
        asked = replace(asked, columns=tuple(one for one in asked.columns if one.key in known))
    if by_column and asked.sort.removeprefix(filters.BACKWARDS).removeprefix(filters.VALUE) not in known:
        gone.append(_("The column that this list was sorted by is not there any more."))
        asked = replace(asked, sort=filters.BY_DUE)
    return asked, gone


def _known(work: Work, condition: ColumnElement[bool], column: InstrumentedAttribute[int]) -> bool:
    return work.session.scalar(select(column).where(condition).limit(1)) is not None


def _shown(work: Work, row: SavedFilter, owner: str) -> Saved:
    said = {str(name): str(value) for name, value in row.words.items()}
    mine = row.owner_id == work.actor.user_id
    return Saved(row.ref, row.name, row.audience, row.role, owner, mine, filters.words(filters.read(said)))


def _own(work: Work, ref: str) -> SavedFilter:
    permissions.must(work.actor, "filter.keep")
    wanted = select(SavedFilter).where(SavedFilter.ref == ref, visible(work)).with_for_update()
    row = work.session.scalars(wanted).first()
    if row is None:
        raise NotFound(_("There is no such filter for you."))
    if row.owner_id != work.actor.user_id:
        raise NotPermitted(_("Only who saved a filter can change it. Save it as one of your own."))
    return row


def _may_share(work: Work, audience: str, role: str) -> None:
    if audience not in AUDIENCES:
        raise InvalidAnswers({"audience": _("Choose who sees the filter.")})
    if audience == PRIVATE:
        return
    permissions.must(work.actor, "filter.share")
    if audience == ROLE and role not in offered_roles(work):
        raise InvalidAnswers({"role": _("Choose a role of your office.")})


def offered_roles(work: Work) -> list[str]:
    """Roles that people of the actor's kind of office may hold."""
    return sorted(code for code, one in ROLES.items() if work.actor.org_kind in one.kinds)


def _name(name: str) -> str:
    text = " ".join(name.replace("\x00", "").split())
    if not text:
        raise InvalidAnswers({"name": _("Give the filter a name.")})
    if len(text) > LONGEST:
        raise InvalidAnswers({"name": _("At most %(most)s characters.", most=LONGEST)})
    return text
