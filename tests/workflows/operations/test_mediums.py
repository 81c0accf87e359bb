"""A source whose data come on a medium: its file counts once it is recorded who handed the medium over (BX-30)."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from domain.errors import Conflict, InvalidAnswers
from domain.parties.organisations import Organisation
from domain.verification import catalogue_versions, deliveries, handovers
from domain.verification.catalogue_rows import MEDIUM
from domain.verification.deliveries import READING, READY, WAITING
from domain.verification.handovers import Handed
from domain.work import SCHEDULER, unit_of_work
from tests.domain.office import NOW, Desk
from tests.domain.verification.catalogued import agreed, content, keeper, second
from tests.domain.verification.sourced import sitting
from tests.workflows.operations.test_intake import Bank, bank_of, rows
from workflows.operations import deliveries as reading


def by_medium(bank: Bank) -> None:
    """From here on the bank's data come on a medium, by the catalogue."""
    with sitting(bank.desk, "clerk") as work:
        resource = bank.resource(work)
        office = work.session.get_one(Organisation, resource.supplier_id)
        whole = content(agreed(keeper(work, bank.desk), office, resource.category), channel=MEDIUM)
        draft = catalogue_versions.write(keeper(work, bank.desk), resource, whole)
        catalogue_versions.publish(second(work, bank.desk), draft)


def hand_over(bank: Bank, ref: str, giver: str = "江白露") -> None:
    with unit_of_work(bank.desk.home, SCHEDULER, now=NOW) as work:
        said = Handed("USB", "B-17", giver, "梁夏至", NOW)
        handovers.record(bank.acting(work), deliveries.by_ref(work, ref), said)


@pytest.mark.clause("BX-30")
def test_what_came_on_a_medium_is_accepted_once_its_hand_over_is_recorded(both: Desk) -> None:
    bank = bank_of(both)
    before = bank.looked(rows(2))
    bank.accept(before)  # by line nothing is handed over
    by_medium(bank)
    ref = bank.looked(rows(3))
    with pytest.raises(Conflict) as refused:
        bank.accept(ref, whole=True)
    assert refused.value.clause == "BX-30" and bank.state(ref) == WAITING
    with both.home.engine.begin() as raw, pytest.raises(IntegrityError, match="BX-30"):
        raw.execute(text("UPDATE delivery SET state = 'READING' WHERE ref = :ref"), {"ref": ref})
    with pytest.raises(InvalidAnswers) as nobody:
        hand_over(bank, ref, giver=" ")
    assert "people" in nobody.value.fields

    hand_over(bank, ref)
    bank.accept(ref, whole=True)
    assert bank.state(ref) == READING
    reading.read_delivery(both.home, ref, now=NOW)
    assert bank.state(ref) == READY
