"""How somebody wants to be reached: what they are told of and where, their mail address, their calendar feed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Ref, Sealed


class NoticeChoice(Base):
    """Where a person is told of one kind of thing, where that is not the usual place."""

    __tablename__ = "notice_choice"
    __table_args__ = (
        UniqueConstraint("account_id", "kind"),
        CheckConstraint("channel IN ('page','mail','none')", name="channel"),
    )

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(48))
    channel: Mapped[str] = mapped_column(String(8))


class MailAddress(Base):
    """A person's mail address, used from the confirmation on. code_*: of the address that waits for it.

    digest: one mail a day instead of one a notice; digested_at: up to where the last one told. failed_at: when the
    receiving side refused for good; nothing is sent until the address is confirmed anew.
    """

    __tablename__ = "mail_address"

    id: Mapped[Key]
    ref: Mapped[Ref]
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"), unique=True)
    address: Mapped[Sealed]
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    code_until: Mapped[datetime | None]
    code_tries: Mapped[int] = mapped_column(default=0)
    confirmed_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    digest: Mapped[bool] = mapped_column(default=False)
    digested_at: Mapped[datetime | None]


class CalendarFeed(Base):
    """A secret address under which a calendar program reads somebody's due days. Only the hash is kept.

    wide: also what they may claim. fetched_at: when it was last read, to the day.
    """

    __tablename__ = "calendar_feed"

    id: Mapped[Key]
    ref: Mapped[Ref]
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"), unique=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    wide: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]
    fetched_at: Mapped[datetime | None]
