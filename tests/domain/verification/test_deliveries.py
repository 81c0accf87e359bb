"""Files of data departments: taken in once, from their own office alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.agenda import AgendaItem
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.parties import organisations
from domain.text import gettext
from domain.verification import catalogue, deliveries
from domain.verification.deliveries import FAILED, READING, READY, Delivery, ReadOutcome
from domain.work import Work
from tests.domain.office import TODAY, Desk, paper
from tests.domain.verification.sourced import ready, sitting, sources, supplier
from tests.domain.verification.supplied import accepted


def _supplier_work(work: Work, org_id: int) -> Work:
    actor = replace(work.actor, roles=frozenset({"data_supplier"}), org_id=org_id, org_kind="supplier")
    return work.acting(actor)


@pytest.mark.clause("LF-10")
def test_the_same_file_is_taken_in_once_and_the_refusal_names_the_first(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        bank = sources(work)["DEPOSIT"]
        file, again = paper(work), paper(work)
        again.digest = file.digest
        mine = _supplier_work(work, bank.supplier_id)
        first = accepted(mine, bank, file, TODAY)
        with pytest.raises(Conflict, match=first.ref) as refused:
            accepted(mine, bank, again, TODAY)
        assert refused.value.clause == "LF-10"
        rows = work.session.scalars(select(Delivery)).all()
        assert [(row.file_digest, row.uploaded_by, row.state) for row in rows] == [
            (file.digest, mine.actor.user_id, READING)
        ]
        planned = work.session.scalars(select(AgendaItem).where(AgendaItem.kind == deliveries.READ_DUTY)).all()
        assert [item.subject for item in planned] == [first.ref]


def test_a_file_that_could_not_be_read_may_be_sent_again(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        bank = sources(work)["DEPOSIT"]
        mine = _supplier_work(work, bank.supplier_id)
        file, again = paper(work), paper(work)
        again.digest = file.digest
        first = accepted(mine, bank, file, TODAY)
        deliveries.settle_reading(work, first, ReadOutcome(None, gettext("The file has no headings.")))
        assert (first.state, first.failure) == (FAILED, "The file has no headings.")
        assert accepted(mine, bank, again, TODAY) is first
        assert (first.state, first.failure) == (READING, "")


def test_only_the_supplying_office_delivers_its_resource(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        bank = sources(work)["DEPOSIT"]
        other = supplier(work, "other")
        for stranger in (work, _supplier_work(work, other.id)):
            with pytest.raises(NotPermitted):
                accepted(stranger, bank, paper(work), TODAY)
        assert not work.session.scalars(select(Delivery)).all()


def test_data_of_a_day_to_come_and_a_closed_resource_are_refused(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        bank = sources(work)["DEPOSIT"]
        mine = _supplier_work(work, bank.supplier_id)
        with pytest.raises(InvalidAnswers):
            accepted(mine, bank, paper(work), TODAY + timedelta(days=1))
        bank.active = False
        with pytest.raises(Conflict):
            accepted(mine, bank, paper(work), TODAY)


def test_a_reading_is_settled_once(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        delivery = ready(work, sources(work)["DEPOSIT"])
        stored = delivery.store_name
        assert delivery.state == READY and delivery.total == delivery.accepted + delivery.rejected + delivery.skipped
        blob = work.home.blobs.put_bytes(b"other")
        assert not deliveries.settle_reading(work, delivery, ReadOutcome(blob, total=1, accepted=1))
        assert (delivery.store_name, delivery.accepted) == (stored, 2)


@pytest.mark.clause("CK-10")
def test_data_older_than_asked_are_not_used_and_the_newest_come_first(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        bank = sources(work)["DEPOSIT"]
        old, new, newest = (ready(work, bank, TODAY - timedelta(days=days)) for days in (400, 40, 4))
        assert deliveries.ready(work, bank, TODAY - timedelta(days=100)) == [newest, new]
        assert deliveries.ready(work, bank, None) == [newest, new, old]


@pytest.mark.clause("LF-04")
def test_the_own_level_stands_first_in_the_catalogue(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        sources(work)
        foreign = supplier(work, "elsewhere", jurisdiction="liaoning")
        catalogue.add_resource(work, foreign, "DEPOSIT")
        agency = organisations.by_code(work, "benxi-agency")
        offered = catalogue.active_resources(work, agency)
        assert [(one.level, one.category) for one in offered] == [
            ("city", "DEATH"),
            ("city", "DEPOSIT"),
            ("city", "VEHICLE"),
            ("province", "PENRCV"),
        ]
        assert [one.category for one in catalogue.active_resources(work, agency, {"DEATH"})] == ["DEATH"]
        with pytest.raises(Conflict):
            catalogue.add_resource(work, foreign, "DEPOSIT")
        with pytest.raises(InvalidAnswers):
            catalogue.add_resource(work, agency, "DEPOSIT")
