"""Tasks given to several people: each to the one with the least work who may do it; to one person, all they may do.

Who gets what is settled when the list is judged and stands in the row: what is done later is what was shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from domain.errors import Conflict, HouseError, NotFound
from domain.parties.accounts import Account
from domain.parties.rights import Rights
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks import bonds, held, life
from tasks.batches import foreseen
from tasks.batches.batches import CANNOT, OK, Verdict, said
from tasks.batches.foreseen import Seen, View
from tasks.desk import handing
from tasks.rows.models import OPEN, HumanTask
from tasks.rows.repair_models import CaseBatch, CaseBatchRow

Chosen = Sequence[tuple[Account, Rights]]


def judge(work: Work, refs: Sequence[str], params: Mapping[str, Any]) -> Mapping[str, Verdict]:
    """To whom each task goes, or why to nobody. params: "people", refs of accounts; "batch", the batch's ref."""
    view = foreseen.look(work, refs, colleagues=True)
    wanted = [str(one) for one in params["people"]]
    people = [found for found in view.people.values() if found[0].ref in wanted]
    loads = _loads(work, str(params["batch"]), people)
    return {ref: _judged(view, ref, people, loads) for ref in refs}


def _judged(view: View, ref: str, people: Chosen, loads: Counter[int]) -> Verdict:
    one = view.tasks.get(ref)
    try:
        if one is None:
            raise NotFound(_("There is no such task for you."))
        held.must_go_on(one.case)
        life.must(life.ASSIGN, one.task.state, bonds.of(view.work, one.task, one.case).relations)
        person = _least_loaded(view, one, people, loads)
        if person is None:
            raise Conflict(_nobody(view, one, people))
        loads[person.id] += 1
        found = next(found for found in people if found[0].id == person.id)
        handing.must_get(view.work, one.task, one.case, one.state, *found)
    except HouseError as refusal:
        return Verdict(CANNOT, said(refusal))
    return Verdict(OK, _("goes to %(who)s", who=person.name), {"to": person.ref})


def _least_loaded(view: View, one: Seen, people: Chosen, loads: Counter[int]) -> Account | None:
    able = [
        person
        for person, rights in people
        if person.org_id == one.task.org_id
        and handing.why_not(view.work, one.task, one.case, one.state, person, rights) is None
    ]
    holder = one.task.assignee_id  # who has it keeps it rather than that it wanders between equals
    return min(able, key=lambda who: (loads[who.id], who.id != holder, who.name, who.id), default=None)


def _nobody(view: View, one: Seen, people: Chosen) -> Text:
    """Why none of those chosen gets it."""
    here = [found for found in people if found[0].org_id == one.task.org_id]
    if not here:
        return _("Choose a colleague of the office whose account is in use.")
    person, rights = here[0]
    why = handing.why_not(view.work, one.task, one.case, one.state, person, rights) or _("does not hold the role")
    if len(here) == 1:
        return _("%(who)s: %(why)s", who=person.name, why=why)
    return _("None of those chosen may do it; %(who)s: %(why)s", who=person.name, why=why)


def _loads(work: Work, batch: str, people: Chosen) -> Counter[int]:
    """Open tasks in each one's hands, without those of the batch that were not judged yet, with what it gives them.

    Uses ix_human_task_assignee, uq_case_batch_row_batch_id_place.
    """
    keys = {person.ref: person.id for person, _rights in people}
    found: Counter[int] = Counter()
    of_batch = select(CaseBatchRow.task_id).join(CaseBatch, CaseBatch.id == CaseBatchRow.batch_id)
    moved = of_batch.where(CaseBatch.ref == batch, CaseBatchRow.task_id.is_not(None))
    rows = work.session.execute(
        select(HumanTask.assignee_id, func.count())
        .where(HumanTask.assignee_id.in_(sorted(keys.values())), HumanTask.state.in_(OPEN), HumanTask.id.not_in(moved))
        .group_by(HumanTask.assignee_id)
    )
    found.update({key: count for key, count in rows if key is not None})
    given = select(CaseBatchRow.details).join(CaseBatch, CaseBatch.id == CaseBatchRow.batch_id)
    for details in work.session.scalars(given.where(CaseBatch.ref == batch, CaseBatchRow.verdict == OK)):
        if details.get("to") in keys:
            found[keys[details["to"]]] += 1
    return found
