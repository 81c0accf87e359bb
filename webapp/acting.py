"""A request's work: the signed-in person, legal time, Flask-SQLAlchemy's session, one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask_login import current_user

from domain.work import Actor, Work, unit_of_work
from webapp.auth import house
from webapp.database import db


@contextmanager
def acting(actor: Actor | None = None) -> Iterator[Work]:
    """A writing work: committed when the block ends, rolled back when it raises.

    `actor` replaces the signed-in person only where nobody is signed in yet.
    """
    with _work(actor, write=True) as work:
        yield work


@contextmanager
def reading(actor: Actor | None = None) -> Iterator[Work]:
    """A reading work. Render the page inside the block: afterwards its rows are not at hand any more."""
    with _work(actor, write=False) as work:
        yield work


@contextmanager
def _work(actor: Actor | None, *, write: bool) -> Iterator[Work]:
    session = db.session()
    if session.in_transaction():
        # a read that something outside a work began: BEGIN IMMEDIATE must be the first statement
        session.rollback()
    answering = actor if actor is not None else current_user.actor
    with unit_of_work(house().home, answering, session=session, write=write) as work:
        yield work
