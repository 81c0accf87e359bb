"""The life of a human task as one table: which operation leads from which state to which, and who may.

Source: WS-HumanTask 1.1, 4.10 (states) and 7.1 (operations), with two liberties: what a person forwards goes to another
person by name, and a task put off returns by itself at its instant. Everything that changes a task's state asks this
table (`must`), and a page offers exactly what it allows and says of the rest why not (`offers`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from domain.errors import Conflict, HouseError, NotPermitted
from domain.text import Joined, Text
from domain.text import gettext as _
from tasks.rows.models import (
    COMPLETED,
    CREATED,
    ERROR,
    EXITED,
    FAILED,
    HELD,
    IN_PROGRESS,
    OBSOLETE,
    OPEN,
    READY,
    RESERVED,
    SUSPENDED,
)

# what binds a person to a task
HOLDER, QUEUE, OWNER, SUPERVISOR, STAKEHOLDER, SYSTEM = (
    "holder", "queue", "owner", "supervisor", "stakeholder", "system",
)  # fmt: skip
SAME, PRIOR = "", "PRIOR"  # the state it is in; the one it was in before it was put off


@dataclass(frozen=True, slots=True)
class Transition:
    """One row. target: the state it leads to, SAME or PRIOR; who: relations of which one is needed; needs: what the
    person says with it ("reason", "until", "person", "priority")."""

    operation: str
    sources: frozenset[str]
    target: str
    who: frozenset[str]
    needs: frozenset[str] = frozenset()


def _row(operation: str, sources: Sequence[str], target: str, who: str, needs: str = "") -> Transition:
    return Transition(operation, frozenset(sources), target, frozenset(who.split()), frozenset(needs.split()))


CLAIM, START, STOP, RELEASE, DRAFT, COMPLETE = "claim", "start", "stop", "release", "draft", "complete"
DELEGATE, HAND_BACK, RECALL, FORWARD, ASSIGN, NOMINATE = (
    "delegate", "hand_back", "recall", "forward", "assign", "nominate",
)  # fmt: skip
SUSPEND, RESUME, SKIP, FAIL, PRIORITY, BREAK, MEND, EXIT, RESTORE = (
    "suspend", "resume", "skip", "fail", "priority", "break", "mend", "exit", "restore",
)  # fmt: skip

TABLE: tuple[Transition, ...] = (
    _row(CLAIM, (READY,), RESERVED, QUEUE),
    _row(START, (READY,), IN_PROGRESS, QUEUE),
    _row(START, (RESERVED,), IN_PROGRESS, HOLDER),
    _row(STOP, (IN_PROGRESS,), RESERVED, HOLDER),
    _row(RELEASE, HELD, READY, f"{HOLDER} {SUPERVISOR}"),
    # typing is work: the first kept draft begins it
    _row(DRAFT, HELD, IN_PROGRESS, HOLDER),
    _row(COMPLETE, HELD, COMPLETED, HOLDER),
    # comes back to whoever delegated it
    _row(DELEGATE, HELD, RESERVED, HOLDER, "person"),
    _row(HAND_BACK, HELD, RESERVED, HOLDER),
    _row(RECALL, HELD, RESERVED, OWNER),
    # does not come back
    _row(FORWARD, (READY,), RESERVED, f"{QUEUE} {SUPERVISOR}", "person"),
    _row(FORWARD, HELD, RESERVED, HOLDER, "person"),
    _row(ASSIGN, (READY, *HELD, ERROR), RESERVED, SUPERVISOR, "person"),
    _row(NOMINATE, (CREATED,), READY, SUPERVISOR, "person"),
    _row(SUSPEND, (READY,), SUSPENDED, SUPERVISOR, "until reason"),
    _row(SUSPEND, HELD, SUSPENDED, f"{HOLDER} {SUPERVISOR}", "until reason"),
    _row(RESUME, (SUSPENDED,), PRIOR, f"{HOLDER} {SUPERVISOR} {SYSTEM}"),
    _row(SKIP, (CREATED, READY), OBSOLETE, SUPERVISOR, "reason"),
    _row(SKIP, HELD, OBSOLETE, f"{HOLDER} {SUPERVISOR}", "reason"),
    _row(FAIL, HELD, FAILED, HOLDER, "reason"),
    _row(PRIORITY, OPEN, SAME, SUPERVISOR, "priority"),
    _row(BREAK, HELD, ERROR, SYSTEM),
    _row(MEND, (ERROR,), RESERVED, f"{HOLDER} {SUPERVISOR}"),
    _row(EXIT, OPEN, EXITED, SYSTEM),
    # what was done to many at once is taken back: the state it was in, where nobody went on since
    _row(RESTORE, (READY, *HELD, SUSPENDED), PRIOR, SYSTEM),
)
OPERATIONS = tuple(dict.fromkeys(row.operation for row in TABLE))

TITLES: Mapping[str, Text] = {
    CLAIM: _("Claim"), START: _("Begin"), STOP: _("Interrupt"), RELEASE: _("Give back"), DRAFT: _("Save the draft"),
    COMPLETE: _("Complete"), DELEGATE: _("Delegate"), HAND_BACK: _("Hand back"), RECALL: _("Take back"),
    FORWARD: _("Pass on"), ASSIGN: _("Assign"), NOMINATE: _("Name who may do it"), SUSPEND: _("Put off"),
    RESUME: _("Take up again"), SKIP: _("Skip"), FAIL: _("Give up"), PRIORITY: _("Change the priority"),
    BREAK: _("Stand in error"), MEND: _("Try again"), EXIT: _("Not needed any more"),
    RESTORE: _("Put back as it was"),
}  # fmt: skip
STATES: Mapping[str, Text] = {
    CREATED: _("nobody named yet"), READY: _("to be claimed"), RESERVED: _("claimed"), IN_PROGRESS: _("in progress"),
    SUSPENDED: _("put off"), ERROR: _("in error"), COMPLETED: _("completed"), FAILED: _("given up"),
    EXITED: _("not needed any more"), OBSOLETE: _("skipped"),
}  # fmt: skip
_WHO: Mapping[str, Text] = {
    HOLDER: _("whoever holds it"), QUEUE: _("whoever may claim it"), OWNER: _("whoever delegated it"),
    SUPERVISOR: _("the head of the office"), SYSTEM: _("the program itself"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """One operation on a page. why: the sentence that forbids it, None when it may be done; needs: what is asked."""

    operation: str
    why: Text | None
    needs: frozenset[str]

    @property
    def allowed(self) -> bool:
        """True when the page has a button for it."""
        return self.why is None

    @property
    def title(self) -> Text:
        """What the button says."""
        return TITLES[self.operation]


def rows(operation: str, state: str) -> list[Transition]:
    """What the table says of an operation in a state; empty: nobody may."""
    return [row for row in TABLE if row.operation == operation and state in row.sources]


def find(operation: str, state: str, relations: Collection[str]) -> Transition | None:
    """The row by which somebody so related may do it, or None."""
    return next((row for row in rows(operation, state) if not row.who.isdisjoint(relations)), None)


def must(operation: str, state: str, relations: Collection[str]) -> Transition:
    """The row by which it may be done. Raises Conflict when the state forbids it, NotPermitted when the person."""
    found = find(operation, state, relations)
    if found is not None:
        return found
    raise _refusal(operation, state)


def target(row: Transition, state: str, prior: str) -> str:
    """The state after it, of a task in `state` that was in `prior` before it was put off."""
    return {SAME: state, PRIOR: prior}.get(row.target, row.target)


def offers(state: str, relations: Collection[str], against: Mapping[str, Text]) -> list[Offer]:
    """Every operation a person could think of here: what is allowed, and why the rest is not.

    against: operations that something besides state and relation forbids (separation, the drawing), with the sentence.
    Operations that are the program's own, and those that make no sense in the state, are left out.
    """
    found = []
    for operation in OPERATIONS:
        here = rows(operation, state)
        if not here or all(row.who == {SYSTEM} for row in here):
            continue
        row = find(operation, state, relations)
        why = _refusal(operation, state).args[0] if row is None else against.get(operation)
        found.append(Offer(operation, why, (row or here[0]).needs))
    return found


def _refusal(operation: str, state: str) -> HouseError:
    here = rows(operation, state)
    if not here:
        return Conflict(
            _("“%(operation)s” is not possible: the task is %(state)s.", operation=TITLES[operation],
              state=STATES[state]),
            operation=operation, state=state,
        )  # fmt: skip
    who = [_WHO[one] for one in sorted({one for row in here for one in row.who}) if one in _WHO]
    return NotPermitted(
        _("“%(operation)s” is for %(who)s.", operation=TITLES[operation], who=Joined(_(" or "), who)),
        operation=operation, state=state,
    )  # fmt: skip
