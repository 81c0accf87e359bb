"""Two services with a database each: what one says the other keeps once, and a stranger's package leaves no trace."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from domain.agenda import AgendaItem
from domain.base import new_ref
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.home import HomeRow
from domain.outbox import dead, revive
from domain.sealing import verify
from domain.wire import devices, inbox, kinds, peers, posting, refusals
from domain.wire.peers import NewPeer
from domain.wire.refusals import Refused
from domain.wire.rows import FILE, InboxMessage
from domain.work import OPERATOR, unit_of_work
from exchange import certificates, file_drop, packages, receiving, registering, sending
from exchange.packages import Letter
from exchange.suites import AES, SUITES
from scheduler import tick
from tests.exchange.said import BODIES
from tests.exchange.world import Fresh, Service, a_service, introduce, two_services
from tests.support import STOPPED
from webapp.app import create_app

Pair = tuple[Service, Service]


@pytest.fixture
def pair(fresh_place: Fresh, database_kind: str) -> Iterator[Pair]:
    """Two services that know each other and carry packages on a medium."""
    made = two_services(fresh_place, database_kind)
    yield made
    for one in made:
        one.home.engine.dispose()


def signed_by(
    sender: Service, to: Service, *, ref: str = "", kind: str = kinds.ASSIST_REQUEST, mark: str = ""
) -> bytes:
    """A package that `sender` signs with its own device, whoever knows it; mark: another number in it."""
    body = {**BODIES[kind], **({"number": mark} if mark else {})}
    with unit_of_work(sender.home, OPERATOR, write=False) as work:
        own = receiving.own_device(work, devices.current(work, None))
        letter = Letter(ref or new_ref(), kind, body, work.now)
        return packages.seal(letter, own, certificates.read(to.certificate()[1]), AES)


def refused_by(service: Service, data: bytes) -> str:
    """The code of the refusal; nothing was kept."""
    before = service.count(InboxMessage)
    with pytest.raises(Refused) as refused, unit_of_work(service.home, OPERATOR) as work:
        receiving.take_in(work, data, FILE)
    assert service.count(InboxMessage) == before
    return refused.value.code


def taken_by(service: Service, data: bytes) -> receiving.Taken:
    with unit_of_work(service.home, OPERATOR) as work:
        return receiving.take_in(work, data, FILE)


@pytest.mark.clause("LN-31")
def test_a_device_is_unknown_then_unapproved_then_taken_from_and_after_its_withdrawal_refused(
    fresh_place: Fresh, database_kind: str
):
    here, there = a_service(fresh_place, database_kind), a_service(fresh_place, database_kind)
    data = signed_by(here, there)
    assert refused_by(there, data) == refusals.UNKNOWN_SENDER
    with unit_of_work(there.home, there.system) as work:
        peer = peers.add(work, NewPeer(here.ref, "外地核对中心", AES.name))
    assert refused_by(there, data) == refusals.UNKNOWN_DEVICE
    fingerprint, pem = here.certificate()
    with unit_of_work(there.home, there.system) as work:
        registering.register(work, pem, peer)
    assert refused_by(there, data) == refusals.DEVICE_NOT_VALID
    there.approve(fingerprint)
    assert not taken_by(there, data).repeated
    there.withdraw(fingerprint)
    assert refused_by(there, signed_by(here, there)) == refusals.DEVICE_NOT_VALID
    with unit_of_work(there.home, OPERATOR, write=False) as work:
        assert list(verify(work.session, there.home.vault)) == []


@pytest.mark.clause("LN-31")
def test_an_altered_package_is_refused_the_whole_one_taken_in_and_its_hash_received(pair: Pair):
    here, there = pair
    data = signed_by(here, there)
    for place in range(5, len(data), 97):
        bent = bytearray(data)
        bent[place] ^= 1
        assert refused_by(there, bytes(bent)) in refusals.SENTENCES
    assert refused_by(there, data.replace(b'"hedui-exchange/1"', b'"hedui-exchange/2"')) == refusals.UNKNOWN_VERSION
    receipt = taken_by(there, data).receipt
    with unit_of_work(here.home, OPERATOR, write=False) as work:
        peer = peers.named(work, there.ref)
        ref, digest = packages.look(data).ref, AES.digest(data)
        receiving.read_receipt(work, peer, receipt, answers=ref, digest=digest)
        for other in ({"answers": new_ref(), "digest": digest}, {"answers": ref, "digest": "0" * 64}):
            with pytest.raises(Refused):
                receiving.read_receipt(work, peer, receipt, **other)


@pytest.mark.clause("BX-31")
def test_a_package_of_a_version_nobody_knows_is_refused_and_the_known_one_kept_in_the_notices_words(pair: Pair):
    here, there = pair
    data = signed_by(here, there)
    for version in ("hedui-exchange/2", "hedui-exchange/0", "mz-t-073/1"):
        other = data.replace(b'"hedui-exchange/1"', f'"{version}"'.encode())
        assert refused_by(there, other) == refusals.UNKNOWN_VERSION
    taken_by(there, data)
    with unit_of_work(there.home, OPERATOR, write=False) as work:
        row = work.session.scalars(select(InboxMessage)).one()
        assert inbox.body_of(work, row) == BODIES[kinds.ASSIST_REQUEST]
        terms = {one.name: one.term for one in kinds.KINDS[kinds.ASSIST_REQUEST]}
        assert terms["persons"] == "核对对象" and set(terms) >= set(BODIES[kinds.ASSIST_REQUEST])
        # nobody deals with it yet, and that is seen
        assert [(one.kind, one.count) for one in inbox.waiting(work)] == [(kinds.ASSIST_REQUEST, 1)]


def test_the_same_package_again_is_one_message_and_another_under_its_reference_is_refused(pair: Pair):
    here, there = pair
    ref = new_ref()
    first = signed_by(here, there, ref=ref)
    assert [taken_by(there, first).repeated for _time in range(3)] == [False, True, True]
    # built anew, as a sender does that never got the receipt: other bytes, the same said
    again = taken_by(there, signed_by(here, there, ref=ref))
    assert again.repeated and again.receipt
    assert refused_by(there, signed_by(here, there, ref=ref, mark="另一件")) == refusals.REUSED_REFERENCE
    assert there.count(InboxMessage) == 1


def test_what_is_for_another_service_or_a_foreign_device_is_refused(pair: Pair, fresh_place: Fresh, database_kind: str):
    here, there = pair
    third = a_service(fresh_place, database_kind)
    introduce(there, third)
    assert refused_by(there, signed_by(here, third)) == refusals.OTHER_RECIPIENT
    # the third one speaks in the name of the first: its signature does not hold for the device it names
    stolen, own = packages.look(signed_by(here, there)).fields, signed_by(third, there)
    for names in (("from",), ("from", "device")):
        bent = {**packages.look(own).fields, **{name: stolen[name] for name in names}}
        assert refused_by(there, packages.canonical(bent)) in (refusals.UNKNOWN_DEVICE, refusals.ALTERED)
    # whose certificate has run out is refused like whose was withdrawn
    late = signed_by(here, there)
    with there.home.sessions() as session, session.begin():
        session.get_one(HomeRow, 1).stopped_at = STOPPED + timedelta(days=registering.DAYS + 1)
    assert refused_by(there, late) == refusals.DEVICE_NOT_VALID


@pytest.mark.clause("LN-31")
def test_who_registers_a_device_cannot_approve_it_and_another_role_can_do_neither(pair: Pair):
    here, there = pair
    with unit_of_work(here.home, here.system) as work:
        row = registering.make_ours(work, "bx-system")
        fingerprint, ref = row.fingerprint, row.ref
    with pytest.raises(NotPermitted), unit_of_work(here.home, here.system) as work:
        devices.approve(work, ref)
    with pytest.raises(NotPermitted), unit_of_work(here.home, here.security) as work:
        registering.make_ours(work, "bx-system")
    here.approve(fingerprint)
    assert here.certificate()[0] == fingerprint
    with pytest.raises(Conflict):
        here.approve(fingerprint)
    with pytest.raises(InvalidAnswers), unit_of_work(here.home, here.system) as work:
        devices.withdraw(work, ref, " ")
    with unit_of_work(here.home, here.system) as work:
        peer = peers.named(work, there.ref)
        with pytest.raises(InvalidAnswers):  # ours, given out as theirs
            registering.register(work, here.certificate()[1], peer)


@pytest.mark.clause("LN-31")
def test_a_device_is_registered_and_withdrawn_once_and_nothing_is_signed_or_sealed_without_one(pair: Pair):
    here, there = pair
    said = BODIES[kinds.ASSIST_REQUEST]
    with unit_of_work(here.home, here.system) as work:
        peer = peers.named(work, there.ref)
        with pytest.raises(Conflict, match="registered already"):
            registering.register(work, there.certificate()[1], peer)
        old = certificates.make(there.ref, "x", work.now - timedelta(days=30), days=10).device
        with pytest.raises(Conflict, match="run out"):
            registering.register(work, old.pem, peer)
        assert posting.post(work, peer, kinds.ASSIST_REQUEST, "before", said)
    here.withdraw(there.certificate()[0])
    with pytest.raises(Conflict, match="withdrawn already"):
        here.withdraw(there.certificate()[0])
    with pytest.raises(Conflict, match="nothing can be encrypted"):
        here.say(there.ref, "after")
    there.withdraw(there.certificate()[0])
    with pytest.raises(Conflict, match="nothing can be signed"):
        there.say(here.ref, "after")
    with unit_of_work(here.home, here.system) as work:
        peer = peers.named(work, there.ref)
        peers.close(work, peer.ref)
        with pytest.raises(Conflict, match="closed already"):
            posting.post(work, peer, kinds.ASSIST_REQUEST, "after", said)


def test_a_unit_with_its_own_system_is_reached_only_over_a_registered_exchange(pair: Pair):
    here, there = pair
    with unit_of_work(here.home, here.system) as work:
        org = work.actor.org_id
        assert org is not None
        with pytest.raises(Conflict) as refused:
            peers.of_unit(work, org)
        assert refused.value.clause == "BX-02"
        peers.named(work, there.ref).org_id = org
        work.session.flush()
        assert posting.post(work, peers.of_unit(work, org), kinds.ASSIST_REQUEST, "k", BODIES[kinds.ASSIST_REQUEST])
    # without a device that could read it nothing is even written down to be sent
    here.withdraw(there.certificate()[0])
    with pytest.raises(Conflict) as unreadable:
        here.say(there.ref, "later")
    assert unreadable.value.clause == "LN-31"


@pytest.mark.parametrize("suite", SUITES.values(), ids=list(SUITES))
def test_a_unit_without_a_line_gets_files_and_sends_its_receipts_as_files(
    fresh_place: Fresh, database_kind: str, tmp_path: Path, suite
):
    here, there = two_services(fresh_place, database_kind, suite=suite)
    ref = here.say(there.ref, "one")
    assert here.say(there.ref, "one") == ref  # said once, however often
    with unit_of_work(here.home, OPERATOR) as work:
        made = file_drop.pack(work, peers.named(work, there.ref), tmp_path / "out")
    assert [path.name for path in made] == [f"{ref}.hdx"] and here.outgoing(ref).sent_at is None
    taken = file_drop.unpack(there.home, OPERATOR, made[0], tmp_path / "back")
    assert not taken.repeated and file_drop.unpack(there.home, OPERATOR, made[0], tmp_path / "twice").repeated
    for folder in ("back", "twice"):
        (receipt,) = sorted((tmp_path / folder).iterdir())
        assert file_drop.unpack(here.home, OPERATOR, receipt, tmp_path / "none").kind == kinds.RECEIPT
    row = here.outgoing(ref)
    assert row.sent_at is not None and row.receipt and row.package_digest == suite.digest(made[0].read_bytes())
    assert there.count(InboxMessage) == 1


def test_what_cannot_be_delivered_waits_longer_each_time_and_is_a_dead_letter_in_the_end(
    fresh_place: Fresh, database_kind: str
):
    here, there = two_services(fresh_place, database_kind, address="http://127.0.0.1:9")
    ref = here.say(there.ref, "one")
    waits = []
    for _try in range(sending.TRIES.attempts):
        tick.sweep(here.home, "test")
        with here.home.sessions() as session, session.begin():
            item = session.scalars(select(AgendaItem).where(AgendaItem.kind == posting.SEND_DUTY)).one()
            waits.append((item.not_before, item.done_at))
            item.not_before = None
    row = here.outgoing(ref)
    assert row.attempts == sending.TRIES.attempts and row.last_error == sending.NO_ANSWER and row.sent_at is None
    assert all(at is not None and done is None for at, done in waits[:-1]) and waits[-1][1] is not None
    assert not tick.sweep(here.home, "test").done
    with unit_of_work(here.home, here.system) as work:
        assert [one.ref for one in dead(work, most=10)] == [ref]
        revive(work, ref, posting.SEND_DUTY)
    again = here.outgoing(ref)
    assert again.dead_at is None and again.attempts == 0 and tick.sweep(here.home, "test").done == 1
    with pytest.raises(Conflict), unit_of_work(here.home, here.system) as work:
        revive(work, ref, posting.SEND_DUTY)


def test_over_http_a_package_is_answered_with_a_receipt_and_a_refusal_with_its_code(pair: Pair):
    here, there = pair
    client = create_app(there.home.settings).test_client()
    data = signed_by(here, there)
    for bent, status, code in (
        (data.replace(b"exchange/1", b"exchange/9"), 422, refusals.UNKNOWN_VERSION),
        (b"{}", 400, refusals.NOT_A_PACKAGE), (b"x" * (packages.LARGEST + 1), 413, refusals.TOO_LARGE),
        (signed_by(there, there), 403, refusals.UNKNOWN_SENDER),
    ):  # fmt: skip
        answer = client.post("/api/exchange/v1/packages", data=bent, content_type=packages.MEDIA_TYPE)
        assert (answer.status_code, (answer.json or {}).get("code")) == (status, code)
    assert there.count(InboxMessage) == 0
    answer = client.post("/api/exchange/v1/packages", data=data, content_type=packages.MEDIA_TYPE)
    assert answer.status_code == 200 and "Set-Cookie" not in answer.headers
    with unit_of_work(here.home, OPERATOR, write=False) as work:
        receiving.read_receipt(
            work, peers.named(work, there.ref), answer.data, answers=packages.look(data).ref, digest=AES.digest(data)
        )
    assert (client.get("/api/exchange/v1").json or {}).get("schema") == packages.SCHEMA
    assert there.count(InboxMessage) == 1


def test_who_sends_too_many_packages_is_told_to_wait(pair: Pair, monkeypatch: pytest.MonkeyPatch):
    from webapp.api import exchange

    here, there = pair
    monkeypatch.setattr(exchange, "A_MINUTE", 2)
    client = create_app(there.home.settings).test_client()
    data = signed_by(here, there)
    assert [client.post("/api/exchange/v1/packages", data=data).status_code for _time in range(4)] == [
        200,
        200,
        429,
        429,
    ]
