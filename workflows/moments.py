"""What each move of a case changed on its drawing, so that its past can be looked at: one row a move.

A row holds ids of nodes and flows, who moved the case and at which step; no values of the case. The drawing is the
one that was in force for the case at that moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, insert
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key
from domain.prepared import Prepared
from domain.work import Work

GROWING = ("done", "flows")  # lists that moves add to
WHOLE = ("active", "counts", "stopped")
RENAMED = "renamed"  # beside the marks: steps that go by another id from here on
EVERY_TIME = ("active",)  # short, and what a past without its beginning could not do without


class CaseMoment(Base):
    """One move of a case. version: of its state afterwards; changed: what came to its marks (see `changes`)."""

    __tablename__ = "case_moment"
    __table_args__ = (UniqueConstraint("case_id", "version"),)

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    version: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(12))
    account_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    verb: Mapped[str] = mapped_column(String(24))
    step_id: Mapped[str] = mapped_column(String(64), default="")
    task_ref: Mapped[str] = mapped_column(String(26), default="")
    definition_id: Mapped[int] = mapped_column(BigKey, ForeignKey("definition.id"), index=True)
    changed: Mapped[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Act:
    """What was done in a move: a word such as "completed", the step and the task it was done to, "" for none.

    renamed: (id before, id from now on) of steps that go by another id after it.
    """

    verb: str = "moved"
    step_id: str = ""
    task_ref: str = ""
    renamed: tuple[tuple[str, str], ...] = ()


MOVED = Act()
# written once: composing a statement costs more than sending it
_MOMENT = Prepared(
    insert(CaseMoment),
    ("case_id", "version", "at", "actor", "account_id", "verb", "step_id", "task_ref", "definition_id", "changed"),
)


def keep(work: Work, row: Mapping[str, Any]) -> None:
    """Write the row of a move; one statement."""
    _MOMENT.send(work.connection, row)


def row(
    work: Work,
    case_id: int,
    version: int,
    definition_id: int,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    act: Act = MOVED,
) -> dict[str, Any]:
    """The columns of the row of a move that changed the marks from `before` to `after`."""
    return {
        "case_id": case_id,
        "version": version,
        "at": work.now,
        "actor": work.actor.kind,
        "account_id": work.actor.user_id,
        "verb": act.verb,
        "step_id": act.step_id[:64],
        "task_ref": act.task_ref,
        "definition_id": definition_id,
        "changed": {**changes(before, after), **({RENAMED: [list(one) for one in act.renamed]} if act.renamed else {})},
    }


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What has to be kept to come from one state of the marks to the next.

    "+done": ids that came to the end of the list; "done": the whole list, when it did not merely grow; of short
    marks ("active", "counts", "stopped") the new whole, null when it is gone.
    """
    found: dict[str, Any] = {}
    for name in GROWING:
        old, new = list(before.get(name) or ()), list(after.get(name) or ())
        if new[: len(old)] != old:
            found[name] = new
        elif len(new) > len(old):
            found[f"+{name}"] = new[len(old) :]
    for name in WHOLE:
        if name in EVERY_TIME or before.get(name) != after.get(name):
            found[name] = after.get(name)
    return found


def applied(marks: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """The marks after a move, from those before it; `changes` turned round."""
    found = dict(marks)
    for name in GROWING:
        if name in changed:
            found[name] = list(changed[name])
        elif f"+{name}" in changed:
            found[name] = [*(found.get(name) or ()), *changed[f"+{name}"]]
    for name in WHOLE:
        if name in changed and changed[name] is None:
            found.pop(name, None)
        elif name in changed:
            found[name] = changed[name]
    return found


def base(now: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The growing marks before the first of these `changes`, the last of which led to `now`.

    Of a case that moved before moments were kept this is what it had done by then; empty where that cannot be told.
    """
    found: dict[str, Any] = {}
    for name in GROWING:
        known = list(now.get(name) or ())
        for changed in reversed(rows):
            if name in changed:
                known = []
                break
            known = known[: len(known) - len(changed.get(f"+{name}", ()))]
        found[name] = known
    return found
