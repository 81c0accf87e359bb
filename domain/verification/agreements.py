"""Agreements on sharing (BX-30): registered, made to last longer, ended, and whom they are about to leave without data.

An agreement that has run out blocks its items where the policy says so (`catalogue_use`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from domain import journal, rules
from domain.base import insert_once, new_ref
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.parties.organisations import Organisation
from domain.policy_keys.sources import AGREEMENT_REMINDER
from domain.text import gettext as _
from domain.verification import catalogue_scope
from domain.verification.catalogue_rows import CHANNELS, Agreement, AgreementAlert, AgreementCategory
from domain.work import Work


@dataclass(frozen=True, slots=True)
class Agreed:
    """What an agreement says. contact: whom to speak to at the office, "" for nobody."""

    number: str
    channel: str
    categories: tuple[str, ...]
    valid_from: date
    valid_until: date
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """An agreement in a list. left: days until its last day, negative once that is over."""

    agreement: Agreement
    supplier: Organisation
    categories: tuple[str, ...]
    left: int
    share: int  # of its time that is over, in hundredths


def register(work: Work, supplier: Organisation, said: Agreed) -> Agreement:
    """Enter an agreement with an office (BX-30).

    Raises:
        NotPermitted: not who keeps this office's items. Conflict: the office has one of this number.
        InvalidAnswers: no number, no category, an unknown way, days that end before they begin.
    """
    catalogue_scope.must_keep_of(work, supplier)
    _must_be_whole(work, supplier, said)
    ref = new_ref()
    contact = work.home.vault.seal("agreement.contact", ref, said.contact.strip()) if said.contact.strip() else None
    row = {
        "ref": ref, "number": said.number.strip(), "supplier_id": supplier.id, "channel": said.channel,
        "valid_from": said.valid_from, "valid_until": said.valid_until, "contact": contact,
        "registered_by": work.actor.user_id, "registered_at": work.now, "end_reason": "",
    }  # fmt: skip
    if not insert_once(work.session, Agreement, ("supplier_id", "number"), **row):
        raise Conflict(_("This office has an agreement of that number already."), clause="BX-30")
    made = by_ref(work, ref)
    work.session.add_all(AgreementCategory(agreement_id=made.id, category=code) for code in said.categories)
    work.session.flush()
    body = {"supplier": supplier.code, "categories": list(said.categories), "until": said.valid_until.isoformat()}
    journal.record(work, "agreement.registered", ref, body)
    return made


def _must_be_whole(work: Work, supplier: Organisation, said: Agreed) -> None:
    faults: dict[str, object] = {}
    if supplier.kind != "supplier":
        faults["supplier"] = _("Only an office that supplies data has resources.")
    if not said.number.strip():
        faults["number"] = _("Enter the number of the agreement.")
    if said.channel not in CHANNELS:
        faults["channel"] = _("Choose by which way the data come.")
    if not said.categories or set(said.categories) - set(rules.current(work).categories):
        faults["categories"] = _("Choose at least one category, from the catalogue only.")
    if said.valid_until < said.valid_from:
        faults["valid_until"] = _("It cannot end before it begins.")
    if faults:
        raise InvalidAnswers(faults)


def by_ref(work: Work, ref: str) -> Agreement:
    """The agreement with this reference; the caller checks who may see it. Raises NotFound."""
    found = work.session.scalars(select(Agreement).where(Agreement.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such agreement."))
    return found


def own(work: Work, ref: str) -> Agreement:
    """An agreement with an office whose items the actor keeps. Raises NotFound."""
    found = by_ref(work, ref)
    if not catalogue_scope.keeps(work, work.session.get_one(Organisation, found.supplier_id)):
        raise NotFound(_("There is no such agreement."))
    return found


def extend(work: Work, agreement: Agreement, until: date) -> None:
    """Let it last longer, as both offices signed; reminders begin anew for the new day.

    Raises NotPermitted. Conflict: it was ended. InvalidAnswers: no later day.
    """
    catalogue_scope.must_keep_of(work, work.session.get_one(Organisation, agreement.supplier_id))
    if agreement.ended_on is not None:
        raise Conflict(_("This agreement was ended; register the new one."), clause="BX-30")
    if until <= agreement.valid_until:
        raise InvalidAnswers({"until": _("Enter a later day than it ends on now.")})
    before, agreement.valid_until = agreement.valid_until, until
    work.session.flush()
    body = {"before": before.isoformat(), "until": until.isoformat()}
    journal.record(work, "agreement.extended", agreement.ref, body)


def end(work: Work, agreement: Agreement, reason: str) -> None:
    """End it today, before its time. Raises NotPermitted, Conflict when it is over, InvalidAnswers without a reason."""
    catalogue_scope.must_keep_of(work, work.session.get_one(Organisation, agreement.supplier_id))
    if not reason.strip():
        raise InvalidAnswers({"reason": _("Say why.")})
    if agreement.last_day < work.today:
        raise Conflict(_("This agreement is over already."), clause="BX-30")
    # the day itself is the first without it
    agreement.ended_on, agreement.end_reason = work.today - timedelta(days=1), reason.strip()[:500]
    work.session.flush()
    journal.record(work, "agreement.ended", agreement.ref, {"reason": agreement.end_reason})


def contact_of(work: Work, agreement: Agreement) -> str:
    """Whom to speak to (S3); the caller permits."""
    if agreement.contact is None:
        return ""
    return work.home.vault.open("agreement.contact", agreement.ref, agreement.contact)


def categories_of(work: Work, agreements: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Categories of agreements by key. Uses uq_agreement_category_agreement_id_category."""
    found: dict[int, list[str]] = {}
    rows = work.session.execute(
        select(AgreementCategory.agreement_id, AgreementCategory.category)
        .where(AgreementCategory.agreement_id.in_(sorted(agreements)))
        .order_by(AgreementCategory.category)
    )
    for key, category in rows:
        found.setdefault(key, []).append(category)
    return {key: tuple(codes) for key, codes in found.items()}


def listing(work: Work, supplier: Organisation | None = None) -> list[Line]:
    """The agreements the actor may see, what ends soonest first; of one office where it is given. Two SELECTs."""
    wanted = (
        select(Agreement, Organisation)
        .join(Organisation, Organisation.id == Agreement.supplier_id)
        .where(catalogue_scope.seen(work))
        .order_by(Agreement.valid_until, Agreement.id)
    )
    if supplier is not None:
        wanted = wanted.where(Agreement.supplier_id == supplier.id)
    rows = work.session.execute(wanted).all()
    named = categories_of(work, [one.id for one, _office in rows])
    return [
        Line(one, office, named.get(one.id, ()), (one.last_day - work.today).days, _share(one, work.today))
        for one, office in rows
    ]


def _share(agreement: Agreement, today: date) -> int:
    whole = (agreement.last_day - agreement.valid_from).days + 1
    return max(0, min(100, (today - agreement.valid_from).days * 100 // max(whole, 1)))


def covering(work: Work, supplier: Organisation, category: str, on: date) -> list[Agreement]:
    """The agreements that cover a category of an office and hold on a day, the one that lasts longest first."""
    rows = work.session.scalars(
        select(Agreement)
        .join(AgreementCategory, AgreementCategory.agreement_id == Agreement.id)
        .where(Agreement.supplier_id == supplier.id, AgreementCategory.category == category)
        .order_by(Agreement.valid_until.desc(), Agreement.id)
    )
    return [one for one in rows if one.holds(on)]


def alerts(work: Work) -> list[tuple[Agreement, int]]:
    """Agreements whose end people are to be told of today, each with the stage reached (days before), noted as told.

    The newest stage alone where days were missed. Uses ix_agreement_valid_until, and
    uq_agreement_alert_agreement_id_valid_until_stage so that two mornings tell once.
    """
    steps: dict[int, tuple[int, ...]] = {}
    furthest = work.today + timedelta(days=366)
    ending = work.session.scalars(
        select(Agreement)
        .where(Agreement.valid_until >= work.today, Agreement.valid_until <= furthest, Agreement.ended_on.is_(None))
        .order_by(Agreement.valid_until, Agreement.id)
    )
    found = []
    for one in ending.all():
        if one.supplier_id not in steps:
            steps[one.supplier_id] = tuple(rules.value(work, one.supplier_id, AGREEMENT_REMINDER.name))
        stage = reached(steps[one.supplier_id], (one.valid_until - work.today).days)
        if stage is not None and _note(work, one, stage):
            found.append((one, stage))
    return found


def reached(steps: Sequence[int], left: int) -> int | None:
    """The smallest stage that `left` days have come down to, None where none is reached. Pure."""
    return min((days for days in steps if left <= days), default=None)


def _note(work: Work, agreement: Agreement, stage: int) -> bool:
    row = {"agreement_id": agreement.id, "valid_until": agreement.valid_until, "stage": stage, "sent_at": work.now}
    return insert_once(work.session, AgreementAlert, ("agreement_id", "valid_until", "stage"), **row)
