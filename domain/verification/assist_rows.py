"""Rows of verification across regions (DOC-02b, P-05 to P-08): a request, its way, its people, its items, what came.

They stand here and not with their verbs (`domain.crossregion`), because a comparison takes what another region answered
(LN-15). What the norms demand of the rows themselves is held by `domain.verification.assist_guards`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Code, Key, Ref, Sealed

DRAFT, ON_ITS_WAY, CONFIRMED, SENT = "DRAFT", "ON_ITS_WAY", "CONFIRMED", "SENT"
DONE, TERMINATED, REFUSED = "DONE", "TERMINATED", "REFUSED"
OVER = (DONE, TERMINATED, REFUSED)
REVIEW, FORWARD, CONFIRM = "REVIEW", "FORWARD", "CONFIRM"
QUEUED, OPEN, ANSWERED, NOT_OBTAINED = "QUEUED", "OPEN", "ANSWERED", "NOT_OBTAINED"
EXPIRED, CANCELLED = "EXPIRED", "CANCELLED"
RUNNING = (QUEUED, OPEN)
FOUND, NOT_FOUND = "FOUND", "NOT_FOUND"
SAME_CITY, INTRA_PROV, CROSS_PROV = "NONE", "INTRA_PROV", "CROSS_PROV"
REQUEST, RECEIPT, PASSED, ANSWER, REASON = "REQUEST", "RECEIPT", "PASSED", "ANSWER", "REASON"
SUGGESTION, TERMINATION, REFUSAL = "SUGGESTION", "TERMINATION", "REFUSAL"
AGREEMENT_ASKED, AGREED = "AGREEMENT_ASKED", "AGREED"


class AssistRequest(Base):
    """What one agency asks of the agency of another place, under the commission of a department (LN-01).

    place: id of the assisting jurisdiction. reach: how far it lies (NONE, INTRA_PROV, CROSS_PROV). route: by which rule
    it goes. assist_id: the agency that assists, null where it works in another service. received_at: when it arrived,
    which starts its clocks whether or not anybody opened it (LN-04). special: answers are taken after the limit
    (LN-26), asked for by the starter and agreed to by the other side.
    """

    __tablename__ = "assist_request"
    __table_args__ = (
        Index("ix_assist_request_starter", "starter_id", "state", "id"),
        Index("ix_assist_request_assist", "assist_id", "state", "id"),
        Index("ix_assist_request_case_id", "case_id"),
        CheckConstraint("kind IN ('NEW','DYNAMIC')", name="kind"),
        CheckConstraint("reach IN ('NONE','INTRA_PROV','CROSS_PROV')", name="reach"),
        CheckConstraint("route IN ('chain','city_review','direct')", name="route"),
        CheckConstraint(
            "state IN ('DRAFT','ON_ITS_WAY','CONFIRMED','SENT','DONE','TERMINATED','REFUSED')", name="state"
        ),
        CheckConstraint("state <> 'SENT' OR received_at IS NOT NULL", name="received"),
        CheckConstraint("assist_id IS NULL OR assist_id <> starter_id", name="two_offices"),
        CheckConstraint("kind <> 'NEW' OR (case_id IS NOT NULL AND commission_id IS NOT NULL)", name="commissioned"),
        CheckConstraint(
            "NOT special OR (special_asked_by IS NOT NULL AND special_by IS NOT NULL"
            " AND special_asked_by <> special_by)",
            name="agreed",
        ),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    number: Mapped[str] = mapped_column(String(48), unique=True)
    kind: Mapped[str] = mapped_column(String(8))
    case_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("cases.id"))
    commission_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("commission.id"))
    starter_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    assist_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("organisation.id"))
    place: Mapped[Code]
    reach: Mapped[str] = mapped_column(String(12))
    route: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12), default=DRAFT)
    special: Mapped[bool] = mapped_column(default=False)
    special_asked_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    special_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    opened_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    opened_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class AssistStep(Base):
    """An office that a request passes before it is sent: a review (NM-01), a tier of the chain (BX-18, BX-19), the
    province's confirmation (LN-06). Passed one after another, none skipped."""

    __tablename__ = "assist_step"
    __table_args__ = (
        UniqueConstraint("request_id", "position"),
        Index(
            "ix_assist_step_waiting", "org_id", "request_id",
            sqlite_where=text("outcome IS NULL"), postgresql_where=text("outcome IS NULL"),
        ),
        CheckConstraint("kind IN ('REVIEW','FORWARD','CONFIRM')", name="kind"),
        CheckConstraint("outcome IS NULL OR outcome IN ('PASSED','REFUSED')", name="outcome"),
        CheckConstraint("(outcome IS NULL) = (done_by IS NULL)", name="by_somebody"),
        CheckConstraint("(outcome IS NULL) = (done_at IS NULL)", name="done"),
    )  # fmt: skip

    id: Mapped[Key]
    request_id: Mapped[int] = mapped_column(BigKey, ForeignKey("assist_request.id"))
    position: Mapped[int] = mapped_column(SmallInteger)
    org_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(8))
    outcome: Mapped[str | None] = mapped_column(String(8))
    done_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    done_at: Mapped[datetime | None]


class AssistPerson(Base):
    """A person asked about. name, idno: as the starter sent them (S3); person_id: null in the other side's service."""

    __tablename__ = "assist_person"
    __table_args__ = (UniqueConstraint("request_id", "person_id"),)

    id: Mapped[Key]
    ref: Mapped[Ref]
    request_id: Mapped[int] = mapped_column(BigKey, ForeignKey("assist_request.id"))
    person_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("person.id"))
    name: Mapped[Sealed]
    idno: Mapped[Sealed]


class AssistItem(Base):
    """One item of the other side's catalogue, asked by itself: own limit, own answer, own objection (LN-03).

    opens_at: when the other side takes it, where that is later than its arrival (LN-13). due: derivation, with `due_at`
    the instant. locks: whether nothing is fed back after the limit (LN-26, new applications alone). reason: why nothing
    came (S3); an item that expired stays open business until it stands.
    """

    __tablename__ = "assist_item"
    __table_args__ = (
        UniqueConstraint("request_id", "category", "resource_code"),
        Index(
            "ix_assist_item_due", "due_at", "id",
            sqlite_where=text("state = 'OPEN'"), postgresql_where=text("state = 'OPEN'"),
        ),
        CheckConstraint(
            "state IN ('DRAFT','QUEUED','OPEN','ANSWERED','NOT_OBTAINED','EXPIRED','CANCELLED')", name="state"
        ),
        CheckConstraint("state <> 'QUEUED' OR opens_at IS NOT NULL", name="queued"),
        CheckConstraint("state <> 'EXPIRED' OR due_at IS NOT NULL", name="expired"),
        CheckConstraint("state <> 'ANSWERED' OR answered_at IS NOT NULL", name="answered"),
    )  # fmt: skip

    id: Mapped[Key]
    ref: Mapped[Ref]
    request_id: Mapped[int] = mapped_column(BigKey, ForeignKey("assist_request.id"))
    category: Mapped[Code]
    resource_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("resource.id"))
    resource_code: Mapped[Code] = mapped_column(default="")
    state: Mapped[str] = mapped_column(String(16), default=DRAFT)
    opens_at: Mapped[datetime | None]
    due: Mapped[dict[str, Any] | None]
    due_at: Mapped[datetime | None]
    locks: Mapped[bool] = mapped_column(default=False)
    answered_at: Mapped[datetime | None]
    reason: Mapped[Sealed | None]


class AssistResult(Base):
    """What the other side fed back about one person and item (DOC-11b): a result form, no report (LN-14).

    value (S3): {"amount": "…", "count": …, "text": "…"}, as far as known. Never changed.
    """

    __tablename__ = "assist_result"
    __table_args__ = (
        UniqueConstraint("item_id", "person_id"),
        CheckConstraint("state IN ('FOUND','NOT_FOUND')", name="state"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    item_id: Mapped[int] = mapped_column(BigKey, ForeignKey("assist_item.id"))
    person_id: Mapped[int] = mapped_column(BigKey, ForeignKey("assist_person.id"))
    state: Mapped[str] = mapped_column(String(12))
    value: Mapped[Sealed]
    answered_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    answered_at: Mapped[datetime]


class AssistMessage(Base):
    """What one side told the other, in order; only added to. note: in words (S3)."""

    __tablename__ = "assist_message"
    __table_args__ = (
        Index("ix_assist_message_request_id", "request_id", "id"),
        CheckConstraint(
            "kind IN ('REQUEST','RECEIPT','PASSED','ANSWER','REASON','SUGGESTION','TERMINATION','REFUSAL',"
            "'AGREEMENT_ASKED','AGREED')",
            name="kind",
        ),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    request_id: Mapped[int] = mapped_column(BigKey, ForeignKey("assist_request.id"))
    item_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("assist_item.id"))
    kind: Mapped[str] = mapped_column(String(16))
    from_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("organisation.id"))
    by_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    at: Mapped[datetime]
    note: Mapped[Sealed | None]
