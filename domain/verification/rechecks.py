"""Re-checks (DOC-11): what the department forwarded is asked again, and the agency answers item by item (LF-21)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select

from domain import journal
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers
from domain.parties.households import Person
from domain.parties.permissions import must, relation_to_case
from domain.text import gettext as _
from domain.verification import queries
from domain.verification.disputes import Recheck
from domain.verification.queries import Query
from domain.work import Work

UPHELD, CHANGED = "UPHELD", "CHANGED"


@dataclass(frozen=True, slots=True)
class Answer:
    """The agency's answer to one item: UPHELD or CHANGED, and what was found (S3)."""

    result: str
    note: str = field(default="", repr=False)


def current(work: Work, case: Case) -> list[Recheck]:
    """The items of the newest round of re-checks, answered or not; empty when there was none."""
    newest = work.session.scalar(select(func.max(Recheck.round)).where(Recheck.case_id == case.id))
    return list(
        work.session.scalars(
            select(Recheck).where(Recheck.case_id == case.id, Recheck.round == newest).order_by(Recheck.id)
        )
    )


def must_be_open(work: Work, case: Case) -> list[Recheck]:
    """The items of the newest round that wait for their answer. Raises Conflict when none does."""
    waiting = [item for item in current(work, case) if item.result is None]
    if not waiting:
        raise Conflict(_("The department has forwarded nothing that is still to be re-checked."), clause="LF-21")
    return waiting


def plan(work: Work, case: Case) -> list[Query]:
    """Ask the sources again about what the department forwarded; the letter and its persons stay the same.

    An item without a source that can be asked gets no query and is answered from the papers.

    Raises NotPermitted; Conflict when nothing was forwarded (LF-21), or without an accepted commission (LF-16).
    """
    must(work.actor, "recheck.plan", relation_to_case(work.actor, case))
    waiting = must_be_open(work, case)
    by_category: dict[str, list[Recheck]] = defaultdict(list)
    for item in waiting:
        by_category[item.category].append(item)
    made: list[Query] = []
    for category, items in by_category.items():
        persons = [work.session.get_one(Person, item.person_id) for item in items]
        asked = queries.plan_again(work, case, category, persons, items[0].round)
        for item in items:
            item.query_id = asked[0].id if asked else None
        made += asked
    work.session.flush()
    journal.of_case(work, case.ref, "recheck.planned", case.ref, {"items": len(waiting), "queries": len(made)})
    return made


def answer(work: Work, case: Case, answers: Mapping[str, Answer]) -> Sequence[Recheck]:
    """Answer every open item (by its ref). A changed result is explained.

    Raises NotPermitted; Conflict when nothing waits; InvalidAnswers: an item without an answer, or a change without
    its explanation.
    """
    must(work.actor, "recheck.answer", relation_to_case(work.actor, case))
    waiting = must_be_open(work, case)
    given = {item.ref: answers.get(item.ref) for item in waiting}
    if any(one is None or one.result not in (UPHELD, CHANGED) for one in given.values()):
        raise InvalidAnswers({"recheck_items": _("Answer every item: the result stands, or it changed.")})
    if any(one is not None and one.result == CHANGED and not one.note.strip() for one in given.values()):
        raise InvalidAnswers({"recheck_items": _("Say of each changed result what was found, and where.")})
    for item in waiting:
        told = answers[item.ref]
        item.result, item.answered_by, item.answered_at = told.result, work.actor.person(), work.now
        item.note = work.home.vault.seal("recheck.note", item.ref, told.note.strip())
    work.session.flush()
    changed = sum(item.result == CHANGED for item in waiting)
    journal.of_case(work, case.ref, "recheck.answered", case.ref, {"items": len(waiting), "changed": changed})
    return waiting


def note_of(work: Work, item: Recheck) -> str:
    """What the agency found on re-checking one item (S3)."""
    return work.home.vault.open("recheck.note", item.ref, item.note) if item.note else ""
