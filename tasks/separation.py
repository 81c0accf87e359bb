"""Separation of duties: who may not do a step of a case, and why; judged of who acts and of whom they represent.

Three rules, asked on every way a task comes to somebody (claim, assign, delegate, substitute, batch,
API, repair) and again when it is completed:

* pairs: who did a step that this one is declared separate from (`separate-from`, both directions; walls 7),
* groups: of the steps with the same word in `separation-group` nobody does two,
* nearness (回避): nobody works on the case of a household they belong to, or where they declared a near relation.

A step that goes by another id since the case was moved to another version is still that step (`names`).
Who let a step pass undone (skipped it, gave it up, moved the case away from it) stands for it: else one person would be
both pairs of eyes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased

from domain.cases import Case
from domain.errors import NotPermitted
from domain.parties import kin
from domain.parties.accounts import Account
from domain.text import Name, Text
from domain.text import gettext as _
from domain.work import Work
from tasks.rows.models import COMPLETED, HumanTask
from workflows.moments import RENAMED, CaseMoment
from workflows.steps import StepSpec, others_of

PASSED, MOVED_BACK, MIGRATED = ("skip", "skipped", "move", "failed"), "moved back", "migrated"
DID, LET_PASS, NEAR = "did", "passed", "near"
_LATER = aliased(CaseMoment)  # made once: an alias costs more than a statement


@dataclass(frozen=True, slots=True)
class Against:
    """What speaks against a person. kind: DID, LET_PASS or NEAR; step: the other step, "" for NEAR."""

    account_id: int
    kind: str
    step: str = ""


def against(
    work: Work,
    case: Case,
    steps: Mapping[str, StepSpec],
    step_id: str,
    people: Collection[int | None],
    *,
    back: bool = False,
) -> list[Against]:
    """What speaks against each of these people doing a step of a case; empty: nothing does. At most two SELECTs.

    back: a move is taken back; whoever let the step pass by it may, because the step is then done after all.
    Uses uq_human_task_case_id_token, uq_case_moment_case_id_version, ix_person_household_id.
    """
    asked = sorted({one for one in people if one is not None})
    known = None if back else work.memory.get(foreseen(case.id, step_id))
    if known is not None:
        return [one for one in known if one.account_id in asked]
    others = others_of(steps, step_id)
    parts: list[Select[*tuple[Any, ...]]] = []
    ids = names(work, case.id, others) if asked and others else {}
    if ids:
        parts += [_did(case.id, ids, asked, HumanTask.completed_by), _did(case.id, ids, asked, HumanTask.done_for)]
        if not back:
            parts.append(let_pass(case.id, ids, asked))
    if asked and case.household_id is not None:
        near = kin.near(Account.id, case.household_id)
        parts.append(select(Account.id, literal(NEAR), literal("")).where(Account.id.in_(asked), near))
    if not parts:
        return []
    return [
        Against(int(who), str(kind), ids.get(step, str(step)))
        for who, kind, step in work.session.execute(union_all(*parts))
    ]


def foreseen(case_id: int, step_id: str) -> tuple[str, ...]:
    """Where a work that looks at many tasks has put by what speaks against all whom it may ask about."""
    return ("apart", str(case_id), step_id)


def must_be_apart(
    work: Work,
    case: Case,
    steps: Mapping[str, StepSpec],
    step_id: str,
    people: Collection[int | None],
    *,
    back: bool = False,
) -> None:
    """Nobody of these people is kept from the step. Raises NotPermitted with the sentence of what speaks against."""
    for one in against(work, case, steps, step_id, people, back=back):
        raise NotPermitted(sentence(steps, one, work.actor.user_id), case=case.ref, step=step_id, rule=one.kind)


def sentence(steps: Mapping[str, StepSpec], found: Against, reader: int | None) -> Text:
    """Why somebody may not, said to the reader (key of an account)."""
    mine = found.account_id == reader
    if found.kind == NEAR:
        if mine:
            return _("This is the case of your own household or of a near relative; a colleague has to work on it.")
        return _("That person is near to somebody of this household; name somebody else.")
    step = steps.get(found.step)
    done = Name(step.name or found.step, step.name_en) if step is not None else found.step
    if found.kind == LET_PASS:
        if mine:
            return _("You let “%(step)s” of this case pass; a second person has to do this step.", step=done)
        return _("That person let “%(step)s” of this case pass; name somebody else.", step=done)
    if mine:
        return _(
            "You completed “%(step)s” of this case; a second person has to do this step. Leave it to a colleague.",
            step=done,
        )
    return _("That person did “%(step)s” of this case; name somebody else.", step=done)


def _did(
    case_id: int, steps: Iterable[str], people: Collection[int], who: InstrumentedAttribute[int | None]
) -> Select[*tuple[Any, ...]]:
    return select(who, literal(DID), HumanTask.step_id).where(
        HumanTask.case_id == case_id,
        HumanTask.step_id.in_(sorted(steps)),
        HumanTask.state == COMPLETED,
        who.in_(people),
    )


def ever_moved(case_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether a case was ever moved to another version; for a question that reads the case anyway (`recall_moved`)."""
    return exists().where(CaseMoment.case_id == case_id, CaseMoment.verb == MIGRATED)


def recall_moved(work: Work, case_id: int, moved: bool) -> None:
    """Keep for this work what `ever_moved` said: a case that never moved did nothing under other ids."""
    work.memory["moved", str(case_id)] = moved


def names(work: Work, case_id: int, steps: Iterable[str]) -> dict[str, str]:
    """Every id under which these steps of a case may have been done -> the id they have now.

    A case that was moved to another version did some under the ids of the old one. Uses
    uq_case_moment_case_id_version.
    """
    found = {step: step for step in steps}
    if work.memory.get(("moved", str(case_id))) is False:
        return found
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


def let_pass(case_id: int, names: Mapping[str, str], people: Collection[int]) -> Select[*tuple[Any, ...]]:
    """(account, LET_PASS, step) of steps that one of these people let pass, that nobody has done and where no move was
    taken back since.

    names: as `names` gives them. Uses uq_case_moment_case_id_version.
    """
    now: dict[str, list[str]] = {}
    for before, after in names.items():
        now.setdefault(after, []).append(before)
    plain = sorted(ids[0] for ids in now.values() if len(ids) == 1)
    several = [sorted(ids) for ids in now.values() if len(ids) > 1]
    back = exists().where(
        _LATER.case_id == CaseMoment.case_id,
        _LATER.version > CaseMoment.version,
        _LATER.verb == MOVED_BACK,
        _LATER.step_id == CaseMoment.step_id,
    )
    return select(CaseMoment.account_id, literal(LET_PASS), CaseMoment.step_id).where(
        CaseMoment.case_id == case_id,
        CaseMoment.verb.in_(PASSED),
        CaseMoment.account_id.in_(people),
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
