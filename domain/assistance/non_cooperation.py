"""What follows from a department's decision on non-cooperation (BX-14): the determination and, for a recipient,
the suspension. The decision itself stands in `domain.verification.noncooperation`."""

from __future__ import annotations

from sqlalchemy import func, select

from domain import journal
from domain.assistance import recipients
from domain.assistance.determinations import Determination
from domain.base import new_ref
from domain.cases import Case
from domain.errors import Conflict
from domain.parties import households
from domain.text import gettext as _
from domain.verification.noncooperation import CONTINUE, SUSPEND, NonCooperation, reason_of
from domain.work import Work

BASIS = "BX-14"
OUTCOMES = {"REFUSE": "REFUSE_INTAKE", "SUSPEND": "SUSPEND"}


def by_non_cooperation(work: Work, case: Case, record: NonCooperation, *, basis: str = BASIS) -> Determination:
    """Write the determination a recorded REFUSE or SUSPEND stands for; it still needs its written notice.

    Raises Conflict for CONTINUE, which decides nothing, and for a household that receives nothing to suspend.
    """
    if record.choice == CONTINUE or record.case_id != case.id:
        raise Conflict(_("The department gave more time; there is no decision to record."), clause="BX-14")
    if record.choice == SUSPEND:
        recipients.suspend(work, households.by_id(work, case.household_id), case.programme)
    last = work.session.scalar(select(func.max(Determination.ordinal)).where(Determination.case_id == case.id))
    ref = new_ref()
    vault = work.home.vault
    made = Determination(
        ref=ref,
        case_id=case.id,
        ordinal=(last or 0) + 1,
        outcome=OUTCOMES[record.choice],
        reason=vault.seal("determination.reason", ref, reason_of(work, record)),
        basis=vault.seal("determination.basis", ref, basis),
        effective_on=work.today,
        org_id=case.department_id,
        decided_by=record.decided_by,
        decided_at=work.now,
    )
    work.session.add(made)
    work.session.flush()
    journal.of_case(work, case.ref, "determination.recorded", made.ref, {"outcome": made.outcome})
    return made
