"""A delivered file is read in parts: progress, calling off, another key, deletion after its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from domain import identity
from domain.blobs import Blobs
from domain.errors import Conflict, InvalidAnswers
from domain.home import Home
from domain.journal import JournalEntry
from domain.upkeep import named_files, still_named
from domain.vault import Keys, Vault
from domain.verification import deliveries, delivery_parts, purges
from domain.verification.deliveries import DROPPED, FAILED, READING, READY, Resource
from domain.verification.delivery_parts import DeliveryPart
from domain.verification.queries import SENT
from domain.work import OPERATOR, unit_of_work
from sources.store import MatchedRow, Store, StoredPart
from tests.domain.office import NOW, TODAY, Desk
from tests.domain.verification.sourced import accepted_case, planned, sitting, sources
from tests.workflows.operations.test_sources import _csv, _delivered
from workflows.operations import deliveries as reading
from workflows.operations import stored

LATER = NOW + timedelta(hours=1)


def number(n: int) -> str:
    return identity.make_demonstration(date(1950, 1, 1) + timedelta(days=n // 900), n % 900 + 1)


def lines(count: int) -> list[str]:
    return [f"{n},户主{n},居民身份证,{number(n)},某支行,{n},活期,人民币,{n}.00,2027-05-31" for n in range(count)]


def in_parts(desk: Desk, rows: int) -> Home:
    return replace(desk.home, settings=replace(desk.home.settings, part_rows=rows))


def handed_in(desk: Desk, count: int) -> str:
    with sitting(desk, "clerk") as work:
        return _delivered(work, sources(work)["DEPOSIT"], _csv(*lines(count))).ref


def parts_of(home: Home, ref: str) -> list[StoredPart]:
    with unit_of_work(home, OPERATOR, write=False) as work:
        delivery = deliveries.by_ref(work, ref)
        return [reading.stored_part(part) for part in delivery_parts.of(work, [delivery.id])[delivery.id]]


def names(parts: list[StoredPart]) -> list[str]:
    return [part.file.name for part in parts]


def row_id(home: Home, part: StoredPart) -> int:
    with unit_of_work(home, OPERATOR, write=False) as work:
        return work.session.scalars(select(DeliveryPart.id).where(DeliveryPart.blob_name == part.file.name)).one()


def found(home: Home, ref: str, *people: int) -> list[MatchedRow]:
    with unit_of_work(home, OPERATOR, write=False) as work:
        delivery = reading.stored_delivery(work, deliveries.by_ref(work, ref), "DEPOSIT")
    store = Store(home.blobs, home.vault)
    return store.match([delivery], [store.wanted(str(n), number(n)) for n in people])


def files_of(home: Home) -> set[str]:
    return set(home.blobs.names())


def test_a_file_is_stored_in_parts_and_matched_over_all_of_them(both: Desk) -> None:
    home = in_parts(both, 10)
    ref = handed_in(both, 25)

    reading.read_delivery(home, ref, LATER)

    assert [(part.position, part.rows) for part in parts_of(home, ref)] == [(0, 10), (1, 10), (2, 5)]
    assert [row.row for row in found(home, ref, 0, 12, 24)] == [2, 14, 26]
    with unit_of_work(home, OPERATOR, write=False) as work:
        delivery = deliveries.by_ref(work, ref)
        assert (delivery.state, delivery.accepted) == (READY, 25)
        assert delivery_parts.progress(work, delivery) is None
        named = {blob.name for blob in named_files(work.session)}
        assert set(names(parts_of(home, ref))) <= named
        assert all(still_named(work.session, name) for name in names(parts_of(home, ref)))


def test_until_the_last_part_nothing_is_visible_and_a_second_reading_is_kept_out(both: Desk) -> None:
    home = in_parts(both, 10)
    ref = handed_in(both, 25)
    seen: list[tuple[str, int]] = []

    class Watched(reading._Course):
        def keep(self, part) -> None:
            super().keep(part)
            with unit_of_work(home, OPERATOR, write=False) as work:
                delivery = deliveries.by_ref(work, ref)
                resource = work.session.get_one(Resource, delivery.resource_id)
                seen.append((delivery.state, len(deliveries.ready(work, resource, None))))
            with pytest.raises(Conflict):
                super().keep(part)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_Course", Watched)
        reading.read_delivery(home, ref, LATER)

    assert seen == [(READING, 0)] * 3


def test_a_reading_that_is_called_off_leaves_nothing_and_the_file_may_be_sent_again(both: Desk) -> None:
    home = in_parts(both, 10)
    ref = handed_in(both, 25)
    before = files_of(home)
    with unit_of_work(home, OPERATOR, now=LATER) as work:
        delivery_parts.call_off(work, deliveries.by_ref(work, ref))

    reading.read_delivery(home, ref, LATER)

    assert files_of(home) == before
    with unit_of_work(home, OPERATOR, now=LATER) as work:
        delivery = deliveries.by_ref(work, ref)
        assert (delivery.state, delivery.refusal) == (FAILED, delivery_parts.CALLED_OFF)
        assert parts_of(home, ref) == [] and delivery_parts.progress(work, delivery) is None
        said = work.session.scalars(select(JournalEntry.event).where(JournalEntry.subject == ref)).all()
        assert "delivery.called_off" in said
        with pytest.raises(Conflict):
            delivery_parts.call_off(work, delivery)


def test_a_file_that_is_refused_late_leaves_no_part(both: Desk) -> None:
    home = in_parts(both, 400)
    with sitting(both, "clerk") as work:
        content = _csv(*lines(1500)) + '1,"某人\r\n'.encode("gb18030")
        ref = _delivered(work, sources(work)["DEPOSIT"], content).ref
    before = files_of(home)

    reading.read_delivery(home, ref, LATER)

    assert parts_of(home, ref) == [] and files_of(home) == before


def _with_a_second_key(home: Home) -> Home:
    keys = Keys(2, home.vault._keys.masters | {2: b"2" * 32})
    vault = Vault(keys)
    return replace(home, vault=vault, blobs=Blobs(home.blobs._folder, vault))


def test_every_part_is_sealed_anew_and_a_rotation_that_was_cut_off_goes_on(both: Desk) -> None:
    ref = handed_in(both, 25)
    reading.read_delivery(in_parts(both, 10), ref, LATER)
    old = parts_of(both.home, ref)
    home = _with_a_second_key(both.home)
    stored._rewrite(home, row_id(home, old[1]), ref, old[1], now=LATER)
    assert [part.key_id for part in parts_of(home, ref)] == [1, 2, 1]
    assert [row.row for row in found(home, ref, 0, 12, 24)] == [2, 14, 26]
    with unit_of_work(home, OPERATOR, write=False) as work:
        assert delivery_parts.left_to_reseal(work, home.vault) == 2

    assert stored.rotate(home, LATER) == 2
    assert stored.rotate(home, LATER) == 0

    new = parts_of(home, ref)
    assert [part.key_id for part in new] == [2, 2, 2]
    assert [part.content for part in new] == [part.content for part in old]
    assert files_of(home).isdisjoint(names(old))
    alone = Vault(Keys(2, {2: b"2" * 32}))
    store = Store(Blobs(home.blobs._folder, alone), alone)
    with unit_of_work(home, OPERATOR, write=False) as work:
        delivery = reading.stored_delivery(work, deliveries.by_ref(work, ref), "DEPOSIT")
        assert deliveries.by_ref(work, ref).store_name == new[0].file.name
        assert delivery_parts.left_to_reseal(work, home.vault) == 0
    assert [row.row for row in store.match([delivery], [store.wanted("x", number(12))])] == [14]


def test_rows_of_a_stored_part_never_change_not_even_by_hand(both: Desk) -> None:
    ref = handed_in(both, 5)
    reading.read_delivery(both.home, ref, LATER)
    (part,) = [row_id(both.home, one) for one in parts_of(both.home, ref)]
    for line in (
        f"UPDATE delivery_part SET rows = 4 WHERE id = {part}",
        f"UPDATE delivery_part SET content = 'x' WHERE id = {part}",
        f"DELETE FROM delivery_part WHERE id = {part}",
    ):
        with pytest.raises(DBAPIError, match="LF-10"), both.home.engine.begin() as connection:
            connection.execute(text(line))


def test_data_past_their_time_are_deleted_with_a_certificate(both: Desk) -> None:
    home = in_parts(both, 10)
    ref = handed_in(both, 25)
    reading.read_delivery(home, ref, LATER)
    before = parts_of(home, ref)

    assert stored.purge_before(home, TODAY, "期满") == []
    (made,) = stored.purge_before(home, TODAY + timedelta(days=1), "期满")

    assert (made.rows, made.files, made.content, made.key_ids) == (25, 3, before[-1].content, [1])
    assert files_of(home).isdisjoint(names(before))
    with unit_of_work(home, OPERATOR) as work:
        delivery = deliveries.by_ref(work, ref)
        assert (delivery.state, delivery.store) == (DROPPED, None)
        with pytest.raises(Conflict):
            purges.purge(work, delivery, "again")
    for line in ("UPDATE delivery_purge SET rows = 0", "DELETE FROM delivery_purge"):
        with pytest.raises(DBAPIError, match="certificate"), both.home.engine.begin() as connection:
            connection.execute(text(line))


def test_data_an_open_case_waits_for_are_not_deleted(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        source = sources(work)["DEPOSIT"]
        ref, resource_id = _delivered(work, source, _csv(*lines(5))).ref, source.id
    reading.read_delivery(both.home, ref, LATER)
    with sitting(both, "clerk") as work:
        case, _family, _people = accepted_case(work, "江白露", categories=["DEPOSIT"])
        query = planned(work, case)["DEPOSIT"]
        assert (query.state, query.resource_id) == (SENT, resource_id)

    assert stored.purge_before(both.home, TODAY + timedelta(days=1), "期满") == []
    with unit_of_work(both.home, OPERATOR) as work, pytest.raises(Conflict, match="1"):
        purges.purge(work, deliveries.by_ref(work, ref), "期满")
    with unit_of_work(both.home, OPERATOR) as work:
        work.session.execute(update(type(query)).where(type(query).ref == query.ref).values(state="ANSWERED"))
        with pytest.raises(InvalidAnswers):
            purges.purge(work, deliveries.by_ref(work, ref), " ")
        purges.purge(work, deliveries.by_ref(work, ref), "期满")
