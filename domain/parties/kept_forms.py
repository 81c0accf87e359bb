"""What somebody sent when their session was over: kept sealed for that account alone until they decide about it.

Machine time throughout: a stopped clock says nothing about how long somebody was away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, Index, String, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Ref, Sealed, new_ref
from domain.clock import machine_now
from domain.errors import NotFound
from domain.parties.accounts import UserSession
from domain.text import gettext as _
from domain.work import Work

KEPT_FOR = timedelta(hours=24)
MOST, MOST_BYTES = 5, 400_000


class KeptForm(Base):
    """One form. path: where it was sent to; body: its fields as sealed JSON, without token and password."""

    __tablename__ = "kept_form"
    __table_args__ = (Index("ix_kept_form_account_id", "account_id", "id"),)

    id: Mapped[Key]
    ref: Mapped[Ref]
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    path: Mapped[str] = mapped_column(String(500))
    body: Mapped[Sealed]
    kept_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Kept:
    """A form that waits for its sender (fields and files are S3). files: field and name of each file that was chosen
    and not kept."""

    ref: str
    path: str
    at: datetime
    fields: Sequence[tuple[str, str]] = field(repr=False)
    files: Sequence[tuple[str, str]] = field(repr=False)


def sender(work: Work, mark: str) -> int | None:
    """The account whose session has this mark (`SignedIn.mark`), live or over; None for one too long ago."""
    row = work.session.scalars(select(UserSession).where(UserSession.token_hash == bytes.fromhex(mark))).first()
    if row is None or (row.ended_at or row.seen_at) < machine_now() - KEPT_FOR:
        return None
    return row.account_id


def keep(
    work: Work,
    account_id: int,
    path: str,
    fields: Sequence[tuple[str, str]],
    files: Sequence[tuple[str, str]] = (),
) -> str | None:
    """Keep what was sent, and which files are to be chosen again; the oldest of an account make room.

    Its reference, or None for what is too large.
    """
    ref = new_ref()
    body = work.home.vault.seal_json("kept_form.body", ref, {"fields": list(fields), "files": list(files)})
    if len(body) > MOST_BYTES or len(path) > 500:
        return None
    own = select(KeptForm.id).where(KeptForm.account_id == account_id).order_by(KeptForm.id.desc()).offset(MOST - 1)
    old = work.session.scalars(own).all()
    if old:
        work.session.execute(delete(KeptForm).where(KeptForm.id.in_(old)))
    work.session.add(KeptForm(ref=ref, account_id=account_id, path=path, body=body, kept_at=machine_now()))
    work.session.flush()
    return ref


def get(work: Work, ref: str) -> Kept:
    """A form that the actor sent. Raises NotFound, also for what others sent."""
    row = work.session.scalars(select(KeptForm).where(KeptForm.ref == ref, *_own(work))).first()
    if row is None:
        raise NotFound(_("This is kept no longer: it was sent, put away, or is more than a day old."))
    value = work.home.vault.open_json("kept_form.body", row.ref, row.body)
    said = value if isinstance(value, dict) else {}
    fields, files = ([(str(name), str(one)) for name, one in said.get(key, [])] for key in ("fields", "files"))
    return Kept(row.ref, row.path, row.kept_at, fields, files)


def newest(work: Work, account_id: int) -> str | None:
    """The reference of the newest form an account has waiting. Uses ix_kept_form_account_id."""
    wanted = select(KeptForm.ref).where(KeptForm.account_id == account_id, KeptForm.kept_at > machine_now() - KEPT_FOR)
    return work.session.scalar(wanted.order_by(KeptForm.id.desc()).limit(1))


def put_away(work: Work, ref: str) -> None:
    """Forget a form of the actor's; one that is gone already is no error."""
    work.session.execute(delete(KeptForm).where(KeptForm.ref == ref, *_own(work)))


def drop_old(work: Work) -> int:
    """Forget what nobody came back for. Returns how many."""
    old = KeptForm.kept_at < machine_now() - KEPT_FOR
    count = work.session.scalar(select(func.count()).select_from(KeptForm).where(old)) or 0
    if count:
        work.session.execute(delete(KeptForm).where(old))
    return count


def _own(work: Work) -> tuple[ColumnElement[bool], ...]:
    return (KeptForm.account_id == work.actor.person(), KeptForm.kept_at > machine_now() - KEPT_FOR)
