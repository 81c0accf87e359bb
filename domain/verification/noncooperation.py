"""Non-cooperation (BX-14): a department's reasoned decision, never automatic, never the agency's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from domain import journal, rules
from domain.base import Base, BigKey, Key, Ref, Sealed, new_ref
from domain.cases import NEW, Case
from domain.errors import Conflict, InvalidAnswers
from domain.policy_keys.commissions import NONCOOPERATION_REQUESTS_MIN
from domain.text import gettext as _
from domain.verification.offices import of_department
from domain.work import Work

REFUSE, SUSPEND, CONTINUE = "REFUSE", "SUSPEND", "CONTINUE"
APPLICANT, RECIPIENT = "APPLICANT", "RECIPIENT"


class NonCooperation(Base):
    """What was asked, how and when; what the department decided: an applicant is refused, a recipient suspended."""

    __tablename__ = "non_cooperation"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "org_kind"], ["organisation.id", "organisation.kind"]),
        CheckConstraint("org_kind = 'department'", name="by_department"),
        CheckConstraint("choice IN ('REFUSE','SUSPEND','CONTINUE')", name="choice"),
        CheckConstraint(
            "(choice <> 'REFUSE' OR subject_state = 'APPLICANT') AND (choice <> 'SUSPEND' OR"
            " subject_state = 'RECIPIENT')",
            name="refuse_or_suspend",
        ),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"), index=True)
    subject_state: Mapped[str] = mapped_column(String(12))
    choice: Mapped[str] = mapped_column(String(12))
    requests: Mapped[Sealed]
    reason: Mapped[Sealed]
    org_id: Mapped[int] = mapped_column(BigKey)
    org_kind: Mapped[str] = mapped_column(String(16), default="department")
    decided_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    decided_at: Mapped[datetime]


def choices(subject_state: str) -> tuple[str, ...]:
    """What the department may choose: an applicant is refused, a recipient suspended, either may go on (BX-14)."""
    return (REFUSE if subject_state == APPLICANT else SUSPEND, CONTINUE)


def subject_state(case: Case) -> str:
    """APPLICANT for a new application, RECIPIENT in a review of those who receive."""
    return APPLICANT if case.kind == NEW else RECIPIENT


def decide(
    work: Work, case: Case, *, requests: Sequence[str], choice: str, reason: str, by: int | None = None
) -> NonCooperation:
    """Record the department's decision on a household that does not cooperate (DOC-16).

    requests: what was asked, when and how, one entry a request. by: the deciding account. It decides nothing on
    its own: what follows from REFUSE and SUSPEND is written by `domain.assistance.non_cooperation`.

    Raises:
        NotPermitted: not of the department; never the agency's.
        Conflict: the choice does not fit: a recipient is not refused, an applicant not suspended.
        InvalidAnswers: too few requests recorded, or no reason.
    """
    person = of_department(work, case, by)
    state = subject_state(case)
    told = [request.strip() for request in requests if request.strip()]
    _must_be_reasoned(work, case, told, choice, reason)
    if choice not in choices(state):
        raise Conflict(
            _("An applicant is refused, a recipient is suspended; either may be given more time (BX-14)."),
            clause="BX-14",
            case=case.ref,
        )
    ref = new_ref()
    vault = work.home.vault
    made = NonCooperation(
        ref=ref,
        case_id=case.id,
        subject_state=state,
        choice=choice,
        requests=vault.seal_json("non_cooperation.requests", ref, told),
        reason=vault.seal("non_cooperation.reason", ref, reason.strip()),
        org_id=case.department_id,
        decided_by=person.id,
        decided_at=work.now,
    )
    work.session.add(made)
    work.session.flush()
    journal.of_case(work, case.ref, "non_cooperation.decided", made.ref, {"choice": choice})
    return made


def reason_of(work: Work, record: NonCooperation) -> str:
    """The department's reason (S3)."""
    return work.home.vault.open("non_cooperation.reason", record.ref, record.reason)


def _must_be_reasoned(work: Work, case: Case, told: Sequence[str], choice: str, reason: str) -> None:
    faults: dict[str, object] = {}
    least = rules.of_case(work, case).value(NONCOOPERATION_REQUESTS_MIN)
    if choice != CONTINUE and len(told) < least:
        faults["requests"] = _("Record at least %(least)s requests, each with its day, way and reply.", least=least)
    if not reason.strip():
        faults["reason"] = _("A decision on non-cooperation needs its reason (BX-14).")
    if faults:
        raise InvalidAnswers(faults)
