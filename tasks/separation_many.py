"""What speaks against people doing many steps of many cases, in a handful of statements however many there are.

The rules are those of `tasks.separation`, which asks for one step at a time; a test holds the two to the same answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from domain.cases import Case
from domain.parties import kin
from domain.parties.accounts import Account
from domain.work import Work
from tasks.rows.models import COMPLETED, HumanTask
from tasks.separation import DID, LET_PASS, MIGRATED, MOVED_BACK, NEAR, PASSED, Against
from workflows.moments import RENAMED, CaseMoment
from workflows.steps import StepSpec, others_of

AT_ONCE = 500  # keys in one statement


@dataclass(frozen=True, slots=True)
class Asked:
    """One step of a case that people are to do. household: key, None for a case of none."""

    case_id: int
    household: int | None
    steps: Mapping[str, StepSpec]
    step_id: str


@dataclass(frozen=True, slots=True)
class _Done:
    step_id: str
    by: frozenset[int]
    at: datetime | None


Found = dict[tuple[int, str], list[Against]]


def against(work: Work, asked: Sequence[Asked], people: Collection[int]) -> Found:
    """By case and step, what speaks against each of these people. Four SELECTs for each 500 cases.

    Uses uq_human_task_case_id_token, uq_case_moment_case_id_version, ix_person_household_id.
    """
    found: Found = {(one.case_id, one.step_id): [] for one in asked}
    who = frozenset(people)
    if not who:
        return found
    for part in _parts(asked):
        apart = [one for one in part if others_of(one.steps, one.step_id)]
        if apart:
            _by_steps(work, apart, who, found)
        _by_kin(work, part, who, found)
    return found


def _by_steps(work: Work, asked: Sequence[Asked], people: frozenset[int], found: Found) -> None:
    cases = sorted({one.case_id for one in asked})
    moments = _moments(work, cases)
    names = [_names(moments[one.case_id], others_of(one.steps, one.step_id)) for one in asked]
    done = _done(work, cases, {step for known in names for step in known})
    for one, known in zip(asked, names, strict=True):
        here = found[one.case_id, one.step_id]
        for row in done[one.case_id]:
            if row.step_id in known:
                here += [Against(who, DID, known[row.step_id]) for who in sorted(row.by & people)]
        here += _let_pass(moments[one.case_id], done[one.case_id], known, people)


def _by_kin(work: Work, asked: Sequence[Asked], people: frozenset[int], found: Found) -> None:
    homes = sorted({one.household for one in asked if one.household is not None})
    if not homes:
        return
    near = defaultdict(set)
    rows = work.session.execute(
        select(Case.household_id, Account.id)
        .join_from(Case, Account, kin.near(Account.id, Case.household_id))
        .where(Case.id.in_(sorted({one.case_id for one in asked})), Account.id.in_(sorted(people)))
        .distinct()
    )
    for household, who in rows:
        near[household].add(who)
    for one in asked:
        found[one.case_id, one.step_id] += [Against(who, NEAR) for who in sorted(near.get(one.household, ()))]


def _done(work: Work, cases: Sequence[int], steps: Collection[str]) -> dict[int, list[_Done]]:
    """Who completed these steps in these cases."""
    found: dict[int, list[_Done]] = defaultdict(list)
    rows = work.session.execute(
        select(
            HumanTask.case_id, HumanTask.step_id, HumanTask.completed_by, HumanTask.done_for, HumanTask.completed_at
        ).where(HumanTask.case_id.in_(cases), HumanTask.step_id.in_(sorted(steps)), HumanTask.state == COMPLETED)
    )
    for case_id, step_id, by, for_whom, at in rows:
        who = frozenset(one for one in (by, for_whom) if one is not None)
        found[case_id].append(_Done(step_id, who, at))
    return found


def _moments(work: Work, cases: Sequence[int]) -> dict[int, list[CaseMoment]]:
    """Moments of these cases by which a step was renamed, let pass or stood at again, oldest first."""
    found: dict[int, list[CaseMoment]] = defaultdict(list)
    wanted = select(CaseMoment).where(
        CaseMoment.case_id.in_(cases), CaseMoment.verb.in_((*PASSED, MIGRATED, MOVED_BACK))
    )
    for one in work.session.scalars(wanted.order_by(CaseMoment.case_id, CaseMoment.version)):
        found[one.case_id].append(one)
    return found


def _names(moments: Iterable[CaseMoment], steps: Iterable[str]) -> dict[str, str]:
    """As `separation.names`: every id under which these steps may have been done -> the id they have now."""
    found = {step: step for step in steps}
    for one in reversed([moment for moment in moments if moment.verb == MIGRATED]):
        for before, after in one.changed.get(RENAMED, ()):
            if after in found:
                found.setdefault(before, found[after])
    return found


def _let_pass(
    moments: Sequence[CaseMoment], done: Sequence[_Done], known: Mapping[str, str], people: frozenset[int]
) -> list[Against]:
    """As `separation.let_pass`: who let a step pass that nobody has done since, and where no move was taken back."""
    found = []
    for one in moments:
        if one.verb not in PASSED or one.account_id not in people or one.step_id not in known:
            continue
        same = {step for step, now in known.items() if now == known[one.step_id]}
        if any(row.step_id in same and row.at is not None and row.at >= one.at for row in done):
            continue
        if any(
            later.verb == MOVED_BACK and later.step_id == one.step_id and later.version > one.version
            for later in moments
        ):
            continue
        found.append(Against(int(one.account_id), LET_PASS, known[one.step_id]))
    return found


def _parts(asked: Sequence[Asked]) -> Iterable[Sequence[Asked]]:
    for start in range(0, len(asked), AT_ONCE):
        yield asked[start : start + AT_ONCE]
