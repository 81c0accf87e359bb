"""Steps that somebody let pass undone: who skips one, or moves the case away from it, stands for it.

Else one person would be both pairs of eyes: the head of an office could skip the check and sign what it was to check.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import aliased

from tasks.models import COMPLETED, HumanTask
from workflows.moments import CaseMoment

PASSED, MOVED_BACK = ("skip", "skipped", "move"), "moved back"


def let_pass(case_id: int, steps: Iterable[str], account_id: int | None) -> Select[str]:
    """Ids of these steps that an account let pass, that nobody has done and where no move was taken back since.

    Uses uq_case_moment_case_id_version.
    """
    since = exists().where(
        HumanTask.case_id == CaseMoment.case_id,
        HumanTask.step_id == CaseMoment.step_id,
        HumanTask.state == COMPLETED,
        HumanTask.completed_at >= CaseMoment.at,
    )
    later = aliased(CaseMoment)
    back = exists().where(
        later.case_id == CaseMoment.case_id,
        later.version > CaseMoment.version,
        later.verb == MOVED_BACK,
        later.step_id == CaseMoment.step_id,
    )
    return select(CaseMoment.step_id).where(
        CaseMoment.case_id == case_id,
        CaseMoment.step_id.in_(sorted(steps)),
        CaseMoment.verb.in_(PASSED),
        CaseMoment.account_id == account_id,
        ~since,
        ~back,
    )
