"""Doubts about recipients: listed in the actor's scope, shown with their origin, verified one by one (CK-18, NM-11).

Nothing here ends anybody's help: a doubt that proves true is followed by a review of that household (NM-12).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, false, func, select

from domain import journal
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.files import StoredFile
from domain.parties import households, permissions
from domain.parties.households import Household, Person
from domain.parties.permissions import DEPARTMENT, NONE, TOWN
from domain.text import Text
from domain.text import gettext as _
from domain.verification.deliveries import Delivery, Resource
from domain.verification.doubts import FINDINGS
from domain.verification.recipient_rows import MEASURES, METHODS, REVIEW, WHITELIST, RecipientDoubt
from domain.work import Actor, Work

TRUE, SOURCE_ERROR, EXPLAINED = "TRUE", "SOURCE_ERROR", "EXPLAINED"
PAGE = 50


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; "" or None: everything. state: OPEN or one of FINDINGS; delivery: ref."""

    state: str = ""
    category: str = ""
    code: str = ""
    programme: str = ""
    delivery: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list. person: name in clear (S3)."""

    ref: str
    household: str
    person: str = field(repr=False)
    category: str
    code: str
    sentence: str = field(repr=False)
    delivery: str
    row_no: str
    data_date: date | None
    raised_at: datetime
    finding: str | None
    measure: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A doubt with everything it rests on. value as `RecipientDoubt` (S3); file: ref of the evidence, "" without."""

    row: Row
    source: str
    rule: Mapping[str, Any]
    value: Mapping[str, Any] = field(repr=False)
    method: str | None
    note: str = field(repr=False)
    settled_at: datetime | None
    settled_by: int | None
    file_id: int | None
    campaign_id: int | None
    idno: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Record:
    """How one doubt was verified. finding: of FINDINGS; method: of METHODS; measure: of MEASURES; note: what was seen
    and asked (S3); evidence: needed where the source was wrong or the family explained it."""

    finding: str
    method: str
    measure: str
    note: str = field(repr=False)
    evidence: StoredFile | None = None


def scope(actor: Actor) -> ColumnElement[bool]:
    """The filter every list, count and page goes through: a department's own roll, a town's own households."""
    columns = {"department": (DEPARTMENT, RecipientDoubt.unit_id), "town_post": (TOWN, RecipientDoubt.town_id)}
    relation, column = columns.get(actor.org_kind, (NONE, RecipientDoubt.unit_id))
    if actor.org_id is None or not permissions.may(actor, "recipient_doubt.read", relation):
        return false()
    return column == actor.org_id


def listed(work: Work, wanted: Filter, *, after: int = 0, most: int = PAGE) -> tuple[list[Row], int | None]:
    """A page of the doubts in the actor's scope, the newest first, and the key to go on after (None: the last page).

    Two SELECTs at most. Uses ix_recipient_doubt_unit_id or ix_recipient_doubt_town_id.
    """
    rows = _rows(work.actor, wanted).order_by(RecipientDoubt.id.desc()).limit(most + 1)
    found = work.session.execute(rows.where(RecipientDoubt.id < after) if after else rows).all()
    last = found[most - 1][0].id if len(found) > most else None
    return [_row(work, *one) for one in found[:most]], last


def counts(work: Work) -> dict[str, int]:
    """How many in the actor's scope by state: OPEN or the finding. One SELECT."""
    rows = work.session.execute(
        select(RecipientDoubt.finding, func.count()).where(scope(work.actor)).group_by(RecipientDoubt.finding)
    )
    return {finding or "OPEN": count for finding, count in rows}


def shown(work: Work, ref: str) -> Shown:
    """One doubt of the actor's scope with delivery, row, rule and what was declared. Raises NotFound."""
    doubt = visible(work, ref)
    found = work.session.execute(_rows(work.actor, Filter()).where(RecipientDoubt.id == doubt.id)).one()
    _doubt, person, _household, _delivery, source = found
    vault = work.home.vault
    return Shown(
        _row(work, *found), source, doubt.rule,
        cast(dict[str, Any], vault.open_json("recipient_doubt.value", doubt.ref, doubt.value)), doubt.method,
        vault.open("recipient_doubt.note", doubt.ref, doubt.note) if doubt.note is not None else "",
        doubt.settled_at, doubt.settled_by, doubt.file_id, doubt.campaign_id, households.view(work, person).idno,
    )  # fmt: skip


def names_of(work: Work, doubts: Sequence[RecipientDoubt]) -> dict[int, tuple[str, str]]:
    """Name (S3) and number of the household by key of the person, for the rows of a list of the own office."""
    rows = work.session.execute(
        select(Person, Household.number)
        .join(Household, Household.id == Person.household_id)
        .where(Person.id.in_({one.person_id for one in doubts}))
    )
    return {person.id: (households.name_of(work, person), number) for person, number in rows}


def visible(work: Work, ref: str) -> RecipientDoubt:
    """The doubt with this reference, where the actor may see it. Raises NotFound."""
    found = work.session.scalars(select(RecipientDoubt).where(RecipientDoubt.ref == ref, scope(work.actor))).first()
    if found is None:
        raise NotFound(_("There is no such doubt."))
    return found


def verify(work: Work, ref: str, record: Record) -> RecipientDoubt:
    """Keep how one doubt was verified, in the actor's name; what was recorded stays (NM-11).

    Raises:
        NotFound: not in the actor's scope. NotPermitted. Conflict: somebody recorded it before.
        InvalidAnswers: what is missing or does not go together.
    """
    doubt = visible(work, ref)
    relation = TOWN if work.actor.org_id == doubt.town_id else DEPARTMENT
    permissions.must(work.actor, "recipient_doubt.verify", relation)
    work.session.refresh(doubt, with_for_update=True)
    if doubt.finding is not None:
        raise Conflict(_("This doubt is settled already."), clause="NM-11", doubt=ref)
    _must_be_whole(record)
    doubt.finding, doubt.method, doubt.measure = record.finding, record.method, record.measure
    doubt.note = work.home.vault.seal("recipient_doubt.note", doubt.ref, record.note.strip())
    doubt.file_id = record.evidence.id if record.evidence is not None else None
    doubt.settled_by, doubt.settled_at = work.actor.user_id, work.now
    work.session.flush()
    body = {"finding": doubt.finding, "method": doubt.method, "measure": doubt.measure}
    journal.record(work, "recipient_doubt.verified", doubt.ref, body)
    return doubt


def to_review(work: Work, unit_id: int, programme: str) -> Sequence[RecipientDoubt]:
    """True doubts of a roll for whose households no review was opened yet. Uses ix_recipient_doubt_review."""
    return work.session.scalars(
        select(RecipientDoubt)
        .where(RecipientDoubt.unit_id == unit_id, RecipientDoubt.programme == programme)
        .where(RecipientDoubt.finding == TRUE, RecipientDoubt.campaign_id.is_(None))
        .where(RecipientDoubt.measure == REVIEW)
        .order_by(RecipientDoubt.id)
    ).all()


def _must_be_whole(record: Record) -> None:
    faults: dict[str, object] = {}
    if record.finding not in FINDINGS:
        faults["finding"] = _("Choose what the verification showed.")
    if record.method not in METHODS:
        faults["method"] = _("Choose how it was verified.")
    if not record.note.strip():
        faults["note"] = _("Say how the doubt was verified.")
    if record.finding in (SOURCE_ERROR, EXPLAINED) and record.evidence is None:
        faults["evidence"] = _("Add the evidence: a source is called wrong, or a doubt explained, on paper only.")
    if (wrong := _wrong_measure(record)) is not None:
        faults["measure"] = wrong
    if faults:
        raise InvalidAnswers(faults)


def _wrong_measure(record: Record) -> Text | None:
    if record.measure not in MEASURES:
        return _("Choose what follows.")
    if record.measure == REVIEW and record.finding != TRUE:
        return _("A review follows a doubt that proved true.")
    if record.measure == WHITELIST and record.finding != SOURCE_ERROR:
        return _("Only an error of the source is put on the list of exceptions (NM-13).")
    if record.finding == TRUE and record.measure != REVIEW:
        return _("A doubt that proved true is followed by a review of the household.")
    return None


def _rows(actor: Actor, wanted: Filter) -> Select[RecipientDoubt, Person, str, str, str]:
    rows = (
        select(RecipientDoubt, Person, Household.number, Delivery.ref, Resource.code)
        .join(Person, Person.id == RecipientDoubt.person_id)
        .join(Household, Household.id == RecipientDoubt.household_id)
        .join(Delivery, Delivery.id == RecipientDoubt.delivery_id)
        .join(Resource, Resource.id == Delivery.resource_id)
        .where(scope(actor))
    )
    if wanted.state == "OPEN":
        rows = rows.where(RecipientDoubt.finding.is_(None))
    elif wanted.state:
        rows = rows.where(RecipientDoubt.finding == wanted.state)
    for column, value in (
        (RecipientDoubt.category, wanted.category),
        (RecipientDoubt.code, wanted.code),
        (RecipientDoubt.programme, wanted.programme),
        (Delivery.ref, wanted.delivery),
    ):
        if value:
            rows = rows.where(column == value)
    return rows


def _row(work: Work, doubt: RecipientDoubt, person: Person, household: str, delivery: str, _source: str) -> Row:
    sentence = work.home.vault.open("recipient_doubt.sentence", doubt.ref, doubt.sentence)
    return Row(
        doubt.ref, household, households.name_of(work, person), doubt.category, doubt.code, sentence, delivery,
        doubt.row_no, doubt.data_date, doubt.raised_at, doubt.finding, doubt.measure,
    )  # fmt: skip
