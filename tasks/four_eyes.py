"""Who a pair of eyes binds: whoever did the other step of it, and whoever let that step pass undone.

Who skips a step, or moves the case away from it, stands for it; else one person would be both pairs of eyes: the head
of an office could skip the check and sign what it was to check. A step that goes by another id since the case was moved
to another version is still that step (`names`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import aliased

from domain.work import Work
from tasks.models import COMPLETED, HumanTask
from workflows.moments import RENAMED, CaseMoment
from workflows.steps import StepSpec

PASSED, MOVED_BACK, MIGRATED = ("skip", "skipped", "move"), "moved back", "migrated"


def others_of(steps: Mapping[str, StepSpec], step_id: str) -> frozenset[str]:
    """Ids of the steps that a step is kept apart from; the pairs hold both ways round."""
    own = steps[step_id].separate_from if step_id in steps else ()
    return frozenset({*own, *(one.id for one in steps.values() if step_id in one.separate_from)})


def names(work: Work, case_id: int, steps: Iterable[str]) -> dict[str, str]:
    """Every id under which these steps of a case may have been done -> the id they have now.

    A case that was moved to another version did some under the ids of the old one. Uses
    uq_case_moment_case_id_version.
    """
    found = {step: step for step in steps}
    moves = (
        select(CaseMoment.changed)
        .where(CaseMoment.case_id == case_id, CaseMoment.verb == MIGRATED)
        .order_by(CaseMoment.version.desc())
    )
    for changed in work.session.scalars(moves):
        for before, after in changed.get(RENAMED, ()):
            if after in found:
                found.setdefault(before, found[after])
    return found


def let_pass(case_id: int, names: Mapping[str, str], account_id: int | None) -> Select[str]:
    """Ids of steps that an account let pass, that nobody has done and where no move was taken back since.

    names: as `names` gives them. Uses uq_case_moment_case_id_version.
    """
    now: dict[str, list[str]] = {}
    for before, after in names.items():
        now.setdefault(after, []).append(before)
    plain = sorted(ids[0] for ids in now.values() if len(ids) == 1)
    several = [sorted(ids) for ids in now.values() if len(ids) > 1]
    later = aliased(CaseMoment)
    back = exists().where(
        later.case_id == CaseMoment.case_id,
        later.version > CaseMoment.version,
        later.verb == MOVED_BACK,
        later.step_id == CaseMoment.step_id,
    )
    return select(CaseMoment.step_id).where(
        CaseMoment.case_id == case_id,
        CaseMoment.verb.in_(PASSED),
        CaseMoment.account_id == account_id,
        or_(
            CaseMoment.step_id.in_(plain) & ~_done_since(HumanTask.step_id == CaseMoment.step_id),
            *(CaseMoment.step_id.in_(ids) & ~_done_since(HumanTask.step_id.in_(ids)) for ids in several),
        ),
        ~back,
    )


def _done_since(same: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        HumanTask.case_id == CaseMoment.case_id,
        same,
        HumanTask.state == COMPLETED,
        HumanTask.completed_at >= CaseMoment.at,
    )
