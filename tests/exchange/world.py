"""Two services with a database each, a system and a security administrator, and a device that the other one knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select

from domain.base import new_ref
from domain.home import Home, HomeRow
from domain.outbox import OutboxMessage
from domain.wire import devices, kinds, peers, posting
from domain.wire.peers import NewPeer
from domain.wire.rows import Device, InboxMessage, Peer
from domain.work import OPERATOR, Actor, unit_of_work
from exchange import registering
from exchange.suites import AES, Suite
from tests.exchange.said import BODIES
from tests.infrastructure.databases import Place, Template
from tests.support import BARE_HOME, an_account, open_place, some_offices, the_actor

Fresh = Callable[[str, Template], Place]


@dataclass
class Service:
    """One service. system, security: who registers and who approves."""

    place: Place
    home: Home
    ref: str
    system: Actor
    security: Actor

    def approve(self, fingerprint: str) -> None:
        with unit_of_work(self.home, self.security) as work:
            device = devices.known(work, fingerprint)
            assert device is not None
            devices.approve(work, device.ref)

    def withdraw(self, fingerprint: str) -> None:
        with unit_of_work(self.home, self.system) as work:
            device = devices.known(work, fingerprint)
            assert device is not None
            devices.withdraw(work, device.ref, "调换")

    def certificate(self) -> tuple[str, str]:
        """Fingerprint and PEM of the device in force."""
        with unit_of_work(self.home, OPERATOR, write=False) as work:
            row = devices.current(work, None)
            return row.fingerprint, row.certificate

    def say(self, to: str, key: str, kind: str = kinds.ASSIST_REQUEST) -> str:
        """Post a message for the service with this reference; the message's own."""
        with unit_of_work(self.home, OPERATOR) as work:
            peer = peers.named(work, to)
            posting.post(work, peer, kind, key, BODIES[kind])
            return posting.posted(work, peer, key).ref

    def outgoing(self, ref: str) -> OutboxMessage:
        with self.home.sessions() as session:
            return session.scalars(select(OutboxMessage).where(OutboxMessage.ref == ref)).one()

    def count(self, mapped: type[InboxMessage] | type[Device] | type[Peer] | type[OutboxMessage]) -> int:
        with self.home.sessions() as session:
            return session.scalar(select(func.count()).select_from(mapped)) or 0

    def address(self, peer: str, address: str) -> None:
        """Where the other service answers from now on."""
        with unit_of_work(self.home, OPERATOR) as work:
            peers.named(work, peer).address = address


def a_service(fresh_place: Fresh, kind: str) -> Service:
    """A service with an approved device of its own."""
    place = fresh_place(kind, BARE_HOME)
    home = open_place(place)
    ref = new_ref()
    with home.sessions() as session, session.begin():
        row = session.get_one(HomeRow, 1)
        row.home_ref, row.founded_at = ref, row.created_at
    office = some_offices(home).system
    system, security = (
        the_actor(an_account(home, office, role), office, role) for role in ("system_admin", "security_admin")
    )
    made = Service(place, home, ref, system, security)
    with unit_of_work(home, system) as work:
        fingerprint = registering.make_ours(work, "bx-system").fingerprint
    made.approve(fingerprint)
    return made


def introduce(one: Service, other: Service, *, address: str = "", suite: Suite = AES, approve: bool = True) -> str:
    """Register `other` and its device at `one`; its fingerprint."""
    fingerprint, pem = other.certificate()
    with unit_of_work(one.home, one.system) as work:
        peer = peers.add(work, NewPeer(other.ref, f"服务{other.ref[:4]}", suite.name, address))
        registering.register(work, pem, peer)
    if approve:
        one.approve(fingerprint)
    return fingerprint


def two_services(fresh_place: Fresh, kind: str, **more: object) -> tuple[Service, Service]:
    """Two that know each other; `more` for how the first sees the second."""
    here, there = a_service(fresh_place, kind), a_service(fresh_place, kind)
    introduce(here, there, **more)  # type: ignore[arg-type]  # as the test says
    introduce(there, here)
    return here, there
