"""Why a task is somebody's, why they cannot take it, and what would change that and through whom.

`must_take` is asked when a task is claimed and when a page explains it, so that the page never says anything else than
the claim does. Lane and role, office, town, skill, names, who holds it, separation of duties: each is one sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from domain.cases import Case
from domain.errors import HouseError
from domain.journal import JournalEntry
from domain.parties import rights
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.parties.roles import listed
from domain.text import Name, Text
from domain.text import gettext as _
from domain.work import Work
from tasks import assigning, bonds, life, line, moves, rules
from tasks.bonds import Bond
from tasks.desk import desk
from tasks.rows.models import CREATED, ERROR, HELD, OVER, READY, SUSPENDED, HumanTask
from workflows.steps import StepSpec

# how a task came to whoever holds it, by the event of the journal
CAME: Mapping[str, Text] = {
    "task.claimed": _("You claimed it on %(time)s."),
    "task.started": _("You claimed it on %(time)s."),
    "task.assigned": _("%(who)s assigned it to you on %(time)s."),
    "task.forwarded": _("%(who)s passed it on to you on %(time)s."),
    "task.delegated": _("%(who)s delegated it to you on %(time)s; it goes back when you hand it back."),
    "task.handed_back": _("%(who)s handed it back to you on %(time)s."),
    "task.recalled": _("You took it back on %(time)s."),
}
BY_ITSELF: Mapping[str, Text] = {
    "same-as": _("It came to you by itself: you did “%(step)s” of this case."),
    "least-loaded": _("It came to you by itself: of all who could do it, you held the fewest tasks."),
}
WAITS: Mapping[str, Text] = {
    "same-as": _("The drawing gives it to whoever did “%(step)s” of this case, but %(why)s; so it can be claimed."),
    "least-loaded": _("The drawing gives it to whoever holds the fewest tasks, but %(why)s; so it can be claimed."),
}
BECAUSE: Mapping[str, Text] = {
    assigning.NOBODY: _("there is nobody"), assigning.AWAY: _("that person is away"),
    assigning.SEPARATED: _("separation of duties forbids it"), "office": _("that person left the office"),
    "role": _("that person does not hold the role any more"), "skill": _("that person was not trained for it"),
    "town": _("that person looks after other towns"), "candidate": _("others were named for it"),
}  # fmt: skip
MISSING, SEPARATED, EXCLUDED = "missing", "rule", "excluded"


@dataclass(frozen=True, slots=True)
class Explained:
    """What a page says of the actor and a task.

    mine: they hold it; take: claiming it succeeds now. because: what makes it theirs to do, or their head's to see.
    why: the sentence a claim is refused with, None where it succeeds. change: what would change that, and who can.
    """

    mine: bool
    take: bool
    because: Sequence[Text]
    why: Text | None
    change: Sequence[Text]


def must_take(work: Work, task: HumanTask, case: Case, bond: Bond) -> None:
    """Nothing speaks against the actor claiming a task now. Raises Stale, NotPermitted, Conflict."""
    if not (task.state in HELD and task.assignee_id == work.actor.user_id):
        desk.may_claim(work, task, case, bond)


def explain(work: Work, task: HumanTask, case: Case, step: StepSpec | None) -> Explained:
    """Why the actor may or may not do a task. At most seven SELECTs, however many people there are.

    step: of the drawing, None where it is not in it any more.
    """
    bond = bonds.of(work, task, case)
    over = task.state in OVER
    refusal = None if over else _refusal(work, task, case, bond)
    take = refusal is None and not over
    mine = rules.is_mine(task, work.actor) and life.HOLDER in bond.relations
    because = [*_how_it_came(work, task)] if mine else []
    if task.state == READY and assigning.said(step)[0] != assigning.QUEUE:
        because += _why_it_waits(work, task)
    if mine or take or life.QUEUE in bond.relations:
        because += _conditions(work, task, bond, step)
    elif life.SUPERVISOR in bond.relations:
        because.append(_("You see it because you are the head of those whose work it is."))
    if life.OWNER in bond.relations and not mine:
        because.append(_("You delegated it and can take it back."))
    if refusal is None:
        return Explained(mine, take, because, None, ())
    return Explained(mine, False, because, _said(refusal), [*_changes(work, task, case, bond, refusal)])


def _refusal(work: Work, task: HumanTask, case: Case, bond: Bond) -> HouseError | None:
    try:
        must_take(work, task, case, bond)
    except HouseError as refusal:
        return refusal
    return None


def _said(refusal: HouseError) -> Text:
    found = refusal.args[0]
    return found if isinstance(found, Text) else _("%(why)s", why=refusal.message)


# --- why it is theirs


def _conditions(work: Work, task: HumanTask, bond: Bond, step: StepSpec | None) -> Iterator[Text]:
    """What the drawing asks of people, and how the actor meets it."""
    if bond.stand_in is not None:
        yield _("You stand in for %(who)s until %(day)s.", who=bond.stand_in.name, day=bond.stand_in.last_day)
    office = work.session.get(Organisation, task.org_id)
    where = Name(office.name, office.name_en) if office is not None else ""
    if step is not None and step.lane:
        yield _("The lane it is drawn in is the work of: %(role)s, %(office)s.", role=listed({task.role}), office=where)
    else:
        yield _("The step is the work of: %(role)s, %(office)s.", role=listed({task.role}), office=where)
    if task.skill:
        yield _("You were trained for “%(skill)s”.", skill=task.skill)
    if task.town_id is not None and task.town_id in work.actor.towns:
        town = work.session.get_one(Organisation, task.town_id)
        yield _("You look after %(town)s.", town=Name(town.name, town.name_en))
    if task.narrowed and not bond.missing:
        yield _("You were named for it.")


def _how_it_came(work: Work, task: HumanTask) -> Iterator[Text]:
    """By whose act the holder has it. Uses ix_journal_entry_subject."""
    found = work.session.execute(
        select(JournalEntry.event, JournalEntry.body, JournalEntry.legal_at, JournalEntry.actor, Account.name)
        .join(Account, Account.ref == JournalEntry.actor, isouter=True)
        .where(JournalEntry.subject == task.ref, JournalEntry.event.in_((*CAME, assigning.ROUTED)))
        .order_by(JournalEntry.id.desc())
        .limit(1)
    ).first()
    if found is None:
        return
    event, body, at, who, name = found
    if event == assigning.ROUTED:
        said = BY_ITSELF.get(str(body.get("how", "")))
        if said is not None:
            yield _(said.source, step=str(body.get("name", "")))
    elif who == work.actor.ref or event not in ("task.claimed", "task.started"):
        yield _(CAME[event].source, who=name or who, time=line.local_time(at))


def _why_it_waits(work: Work, task: HumanTask) -> Iterator[Text]:
    """Why a task waits in the queue that the drawing gives to somebody. Uses ix_journal_entry_subject."""
    body = work.session.scalar(
        select(JournalEntry.body)
        .where(JournalEntry.subject == task.ref, JournalEntry.event == assigning.ROUTED)
        .order_by(JournalEntry.id.desc())
        .limit(1)
    )
    why = BECAUSE.get(str((body or {}).get("queue", "")))
    if body is not None and why is not None:
        yield _(WAITS[str(body["how"])].source, step=str(body.get("name", "")), why=why)


# --- what would change it


def _changes(work: Work, task: HumanTask, case: Case, bond: Bond, refusal: HouseError) -> Iterator[Text]:
    missing = str(refusal.ids.get(MISSING, ""))
    if refusal.ids.get(SEPARATED) or refusal.ids.get(EXCLUDED):
        yield _("Nothing changes this for you: somebody else has to do it.")
    elif missing == "role":
        yield _("A security administrator can give you the role, if it may stand beside those you hold.")
    elif missing in ("skill", "town"):
        yield _("The head of your office can enter what you were trained for and which towns you look after.")
    elif missing == "candidate":
        yield _("Only those who were named can take it: %(who)s.", who=", ".join(bonds.candidates(work, task)))
    elif case.suspended_at is not None:
        yield _("Whoever put the case on hold lets it go on.")
    else:
        yield from _by_state(work, task, bond)
    if life.SUPERVISOR not in bond.relations and task.state in (*HELD, CREATED, ERROR, SUSPENDED):
        heads = _heads(work, task, case)
        if heads:
            yield _("The head can give it to somebody else: %(who)s.", who=heads)


def _by_state(work: Work, task: HumanTask, bond: Bond) -> Iterator[Text]:
    if task.state in HELD:
        yield _("%(who)s can give it back or pass it on.", who=moves.name_of(work, task.assignee_id))
        if life.SUPERVISOR in bond.relations:
            yield _("As the head you can assign it to one of your people.")
    elif task.state == SUSPENDED:
        yield _("It comes back by itself on %(time)s.", time=line.local_time(task.suspended_until))
        yield _("Whoever put it off, or the head, can take it up again before.")
    elif task.state == ERROR:
        yield _("Whoever held it, or the head, can try again; the operators see the fault.")
    elif task.state == CREATED:
        yield _("The head has to name who may do it.")


def _heads(work: Work, task: HumanTask, case: Case) -> str:
    """Names of those who supervise a task. Two SELECTs."""
    org_id = case.department_id if task.role in line.TOWN_ROLES else task.org_id
    people = rights.of_office(work, org_id).values()
    return ", ".join(one.name for one, theirs in people if not bonds.HEADS.isdisjoint(theirs.roles))
