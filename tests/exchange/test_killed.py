"""Two services that run by themselves, each with its database; one is killed in the middle and comes back."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select

from domain.agenda import AgendaItem
from domain.outbox import OutboxMessage
from domain.sealing import verify
from domain.wire.posting import SEND_DUTY
from domain.wire.rows import InboxMessage
from domain.work import OPERATOR, unit_of_work
from exchange import packages
from tests.exchange.world import Fresh, Service, two_services
from tests.infrastructure import processes
from tests.webapp.test_serve import ask, free_port

MESSAGES, PATIENCE = 24, 90.0


@contextmanager
def running(service: Service, program: str, *words: str, port: int) -> Iterator[processes.Process]:
    """A process of a service; ended hard if the test did not end it."""
    with open(os.devnull, "wb") as nothing:
        environment = {**os.environ, **service.place.environment, "PORT": str(port)}
        process = processes.start(program, *words, env=environment, stderr=nothing)
        try:
            yield process
        finally:
            process.kill()


def until(reached: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < give_up, "it did not come to that"
        time.sleep(0.02)


def delivered(service: Service) -> int:
    with service.home.sessions() as session:
        return len(session.scalars(select(OutboxMessage.id).where(OutboxMessage.sent_at.is_not(None))).all())


def hurried(service: Service) -> None:
    """What waits for its next try is tried now: the test is no place to wait for a back-off."""
    with service.home.sessions() as session, session.begin():
        for item in session.scalars(
            select(AgendaItem).where(AgendaItem.kind == SEND_DUTY, AgendaItem.done_at.is_(None))
        ):
            item.not_before = None


def swept(service: Service, port: int) -> None:
    """One look of the sender's worker, in a process of its own."""
    with running(service, "cli", "tick", port=port) as process:
        assert process.wait(PATIENCE) == 0


@pytest.mark.clause("LN-31")
def test_a_receiver_killed_in_the_middle_has_every_message_once_and_the_sender_every_receipt(
    fresh_place: Fresh, database_kind: str
):
    port = free_port()
    here, there = two_services(fresh_place, database_kind, address=f"http://127.0.0.1:{port}")
    refs = [here.say(there.ref, f"message-{number}") for number in range(MESSAGES)]
    with running(there, "webapp.serve", port=port) as web:
        ask(f"http://127.0.0.1:{port}/healthz")
        with running(here, "cli", "tick", port=port) as sender:
            until(lambda: there.count(InboxMessage) >= 3)
            web.send_signal(signal.SIGKILL)
            web.wait(PATIENCE)
            assert sender.wait(PATIENCE) == 0
    came = there.count(InboxMessage)
    assert 3 <= came < MESSAGES and delivered(here) <= came  # else it was not the middle
    waiting = [here.outgoing(ref) for ref in refs if here.outgoing(ref).sent_at is None]
    assert waiting and all(one.last_error and one.attempts for one in waiting)
    # the sender too: killed while it sends, between the other one's yes and its own commit or wherever
    with running(there, "webapp.serve", port=port):
        ask(f"http://127.0.0.1:{port}/healthz")
        hurried(here)
        before = there.count(InboxMessage)
        with running(here, "cli", "tick", port=port) as sender:
            until(lambda: there.count(InboxMessage) > before + 2)
            sender.send_signal(signal.SIGKILL)
            sender.wait(PATIENCE)
        give_up = time.monotonic() + PATIENCE
        while delivered(here) < MESSAGES:
            assert time.monotonic() < give_up, "not all was delivered"
            hurried(here)
            swept(here, port)
    with there.home.sessions() as session:
        kept = session.scalars(select(InboxMessage)).all()
        assert sorted(one.package_ref for one in kept) == sorted(refs)
    assert all(packages.look(here.outgoing(ref).receipt or b"").kind == "receipt" for ref in refs)
    for service in (here, there):
        with unit_of_work(service.home, OPERATOR, write=False) as work:
            assert list(verify(work.session, service.home.vault)) == []
        service.home.engine.dispose()
