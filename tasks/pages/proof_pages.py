"""What the page of the proofs shows: each look with its figures, and violations by case, task and step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from domain.cases import Case
from domain.parties.accounts import Account
from domain.parties.permissions import must
from domain.text import Name
from domain.work import Work
from tasks.rows.models import HumanTask
from tasks.rows.proof_models import SeparationProof, SeparationViolation


@dataclass(frozen=True, slots=True)
class Violation:
    """One of them: who, at which step of which case; no household."""

    rule: str
    case_number: str
    case_ref: str
    task_ref: str
    step: Name
    other_step: str
    who: str
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """proofs: the newest first; violations: all that were ever found, the newest first."""

    proofs: Sequence[SeparationProof]
    violations: Sequence[Violation]
    tasks: int

    @property
    def last(self) -> SeparationProof | None:
        """The newest look."""
        return self.proofs[0] if self.proofs else None


def page(work: Work) -> Page:
    """Three SELECTs. Uses ix_separation_proof_until, ix_separation_violation_proof_id. Raises NotPermitted."""
    must(work.actor, "separation.read")
    proofs = work.session.scalars(
        select(SeparationProof).order_by(SeparationProof.until.desc(), SeparationProof.id.desc()).limit(60)
    ).all()
    rows = work.session.execute(
        select(SeparationViolation, Case, HumanTask, Account.name)
        .join(Case, Case.id == SeparationViolation.case_id)
        .join(HumanTask, HumanTask.id == SeparationViolation.task_id)
        .join(Account, Account.id == SeparationViolation.account_id)
        .order_by(SeparationViolation.id.desc())
        .limit(500)
    )
    found = [
        Violation(
            one.rule, case.number, case.ref, task.ref, Name(task.name, task.name_en), one.other_step, who, one.found_at
        )
        for one, case, task, who in rows
    ]
    looked = work.session.scalar(select(func.sum(SeparationProof.tasks)).where(SeparationProof.scope == "NEW")) or 0
    return Page(proofs, found, int(looked))
