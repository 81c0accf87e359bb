"""Each morning: who is told that a sharing agreement is about to end (BX-30), each stage once an end."""

from __future__ import annotations

from sqlalchemy import select

from domain import journal, rules
from domain.agenda import AgendaItem
from domain.parties.organisations import Organisation
from domain.verification import agreements
from domain.work import Work
from tasks.terms import ladder, notifications

DUTY = "agreement.remind"
KEEPERS, SUPPLIERS = ("catalogue_admin",), ("data_supplier", "supplier_leader")


def run(work: Work, _item: AgendaItem) -> int:
    """Tell those who keep the catalogue of the supplier's place or above, and the supplier. Returns how many ends.

    The stages are the policy's days (`agreement_reminder_days`); what was told stands in a row, so a morning that is
    done twice tells nothing twice.
    """
    found = agreements.alerts(work)
    for agreement, stage in found:
        supplier = work.session.get_one(Organisation, agreement.supplier_id)
        day = agreement.valid_until.isoformat()
        notifications.notify(
            work, _people(work, supplier), "agreement.ending", key=f"agreement:{agreement.ref}:{day}:{stage}",
            office=supplier.code, day=day, left=(agreement.valid_until - work.today).days, agreement=agreement.ref,
        )  # fmt: skip
        journal.record(work, "agreement.reminded", agreement.ref, {"stage": stage, "until": day})
    return len(found)


def _people(work: Work, supplier: Organisation) -> list[int]:
    places = rules.jurisdictions(work, supplier.id)
    agencies = select(Organisation.id).where(Organisation.kind == "agency", Organisation.jurisdiction.in_(places))
    keepers = ladder.of_offices(work, list(work.session.scalars(agencies)), KEEPERS)
    return [*keepers, *ladder.of_offices(work, [supplier.id], SUPPLIERS)]
