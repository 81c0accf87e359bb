"""What may be done to many tasks at once: claimed, given back, assigned, put off, taken up, reminded of, moved.

Each is done by the verb of the single task, and judged by the very rules that this verb asks, over rows read together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from domain.errors import Conflict, HouseError, InvalidAnswers, NotFound
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks import bonds, held, life, rules
from tasks.batches import batches, foreseen, spreading, task_undo
from tasks.batches.batches import CANNOT, OK, TASK, Verdict, said
from tasks.batches.foreseen import Seen, View
from tasks.bonds import Bond
from tasks.desk import desk, due_days, handing, pausing, reminding
from tasks.rows.models import HELD, HumanTask

Params = Mapping[str, Any]
Check = Callable[[View, Seen, Bond, Params], Text]
CLAIM, RELEASE, ASSIGN, PUT_OFF, TAKE_UP, DUE, PRIORITY, REMIND = (
    "task.claim", "task.release", "task.assign", "task.put_off", "task.take_up", "task.due", "task.priority",
    "task.remind",
)  # fmt: skip
MOST_PEOPLE = 50


@dataclass(frozen=True, slots=True)
class _Row:
    """How one kind is done. check: its rules, without doing it; verb: of the single task; columns: that it changes."""

    check: Check
    verb: Callable[[Work, str, Params], object]
    columns: tuple[str, ...] = ()


def judge_each(check: Check) -> batches.JudgeMany:
    """Verdicts by asking the rules of each, over rows read together."""

    def judge(work: Work, refs: Sequence[str], params: Params) -> Mapping[str, Verdict]:
        view = foreseen.look(work, refs, colleagues=check is _may_remind)
        more = {**params, "told": _told_today(view)} if check is _may_remind else params
        return {ref: _judged(view, ref, check, more) for ref in refs}

    return judge


def _judged(view: View, ref: str, check: Check, params: Params) -> Verdict:
    one = view.tasks.get(ref)
    if one is None:
        return Verdict(CANNOT, said(NotFound(_("There is no such task for you."))))
    try:
        return Verdict(OK, check(view, one, bonds.of(view.work, one.task, one.case), params))
    except HouseError as refusal:
        return Verdict(CANNOT, said(refusal))


def _may_claim(view: View, one: Seen, bond: Bond, _params: Params) -> Text:
    _must_not_hold(view.work, one.task)
    desk.may_claim(view.work, one.task, one.case, bond)
    return _("is yours then")


def _claim(work: Work, ref: str, _params: Params) -> None:
    _must_not_hold(work, rules.held_task(work, ref)[0])
    desk.claim(work, ref)


def _must_not_hold(work: Work, task: HumanTask) -> None:
    if task.state in HELD and task.assignee_id == work.actor.user_id:
        raise Conflict(_("You hold this task already."), task=task.ref)


def _may_release(view: View, one: Seen, bond: Bond, _params: Params) -> Text:
    desk.may_release(view.work, one.task, bond)
    return _("can be claimed by everybody of the role then")


def _may_put_off(view: View, one: Seen, bond: Bond, params: Params) -> Text:
    held.must_go_on(one.case)
    pausing.may_suspend(view.work, one.task, bond, _until(params))
    return _("leaves the list until its day")


def _may_take_up(_view: View, one: Seen, bond: Bond, _params: Params) -> Text:
    held.must_go_on(one.case)
    life.must(life.RESUME, one.task.state, bond.relations)
    return _("is back in the list at once")


def _may_set_due(view: View, one: Seen, bond: Bond, params: Params) -> Text:
    due_days.may_set_due(view.work, one.task, one.case, bond, _day(params))
    return _("is due on that day then")


def _may_set_priority(_view: View, one: Seen, bond: Bond, params: Params) -> Text:
    held.must_go_on(one.case)
    life.must(life.PRIORITY, one.task.state, bond.relations)
    _must_be_other(one.task, _priority(params))
    return _("gets the other priority")


def _set_priority(work: Work, ref: str, params: Params) -> None:
    _must_be_other(rules.held_task(work, ref)[0], _priority(params))
    pausing.set_priority(work, ref, _priority(params))


def _must_be_other(task: HumanTask, priority: int) -> None:
    if task.priority == priority:
        raise Conflict(_("It has this priority already."), task=task.ref)


def _may_remind(view: View, one: Seen, bond: Bond, params: Params) -> Text:
    whom = reminding.may_remind(view.work, one.task, one.case, bond, _of_office(view, one), params["told"])
    return _("people reminded: %(count)s", count=len(whom))


def _of_office(view: View, one: Seen) -> reminding.People:
    return {key: found for key, found in view.people.items() if found[0].org_id == one.task.org_id}


def _told_today(view: View) -> frozenset[str]:
    return reminding.told_today(view.work, [one.task for one in view.tasks.values()])


def _until(params: Params) -> datetime | None:
    return datetime.fromisoformat(str(params["until"])) if params.get("until") else None


def _day(params: Params) -> date:
    return date.fromisoformat(str(params["day"]))


def _priority(params: Params) -> int:
    return int(params["priority"])


# --- what makes no sense before a list is frozen ---------------------------------------------------------------------


def _needs_until(work: Work, params: Params) -> None:
    until = _until(params)
    if until is None or until <= work.now:
        raise InvalidAnswers({"until": _("Choose the day when it comes back.")})


def _needs_day(work: Work, params: Params) -> None:
    if not params.get("day"):
        raise InvalidAnswers({"day": _("Choose the day when it is due.")})
    if _day(params) < work.today:
        raise InvalidAnswers({"day": _("This day is over. Choose a later one.")})


def _needs_priority(_work: Work, params: Params) -> None:
    if not 0 <= int(params.get("priority", -1)) <= 10:
        raise InvalidAnswers({"priority": _("A priority lies between 0 (first) and 10 (last).")})


def _needs_people(_work: Work, params: Params) -> None:
    if not 0 < len(params.get("people", ())) <= MOST_PEOPLE:
        raise InvalidAnswers({"people": _("Name between 1 and %(most)s colleagues.", most=MOST_PEOPLE)})


def _assign(work: Work, ref: str, params: Params) -> None:
    handing.assign(work, ref, str(params["row"]["to"]), batch=str(params["batch"]))


HOLDING = ("state", "assignee_id", "held_for", "owner_id", "claimed_at", "started_at")
PAUSED = ("state", "prior_state", "suspended_until")
ROWS: Mapping[str, _Row] = {
    CLAIM: _Row(_may_claim, _claim, HOLDING),
    RELEASE: _Row(_may_release, lambda work, ref, _p: desk.release(work, ref), HOLDING),
    PUT_OFF: _Row(_may_put_off, lambda work, ref, p: pausing.suspend(work, ref, _until(p), str(p["reason"])), PAUSED),
    TAKE_UP: _Row(_may_take_up, lambda work, ref, _p: pausing.resume(work, ref), (*HOLDING, *PAUSED)),
    DUE: _Row(_may_set_due, lambda work, ref, p: due_days.set_due(work, ref, _day(p)), ("due", "due_at", "limit_kind")),
    PRIORITY: _Row(_may_set_priority, _set_priority, ("priority",)),
    REMIND: _Row(_may_remind, lambda work, ref, _p: reminding.remind(work, ref)),
}
CHECKS: Mapping[str, Callable[[Work, Params], None]] = {
    PUT_OFF: _needs_until, DUE: _needs_day, PRIORITY: _needs_priority, ASSIGN: _needs_people,
}  # fmt: skip
TITLES: Mapping[str, Text] = {
    CLAIM: _("Claim"), RELEASE: _("Give back"), ASSIGN: _("Assign"), PUT_OFF: _("Put off"),
    TAKE_UP: _("Take up again"), DUE: _("Change the due day"), PRIORITY: _("Change the priority"), REMIND: _("Remind"),
}  # fmt: skip
ACTIONS: Mapping[str, str] = {
    CLAIM: "task.claim", RELEASE: "task.release", PUT_OFF: "task.suspend", TAKE_UP: "task.suspend",
}  # fmt: skip
SUPERVISE = "task.supervise"
SECOND = frozenset({DUE, PUT_OFF})  # dates moved by the hundred are looked at by two
REASONED = frozenset({DUE, PUT_OFF})
MEANS: Mapping[str, Text] = {
    CLAIM: _("They are yours; colleagues see your name on them."),
    RELEASE: _("They can be claimed by everybody of the role again; what was typed stays with each."),
    ASSIGN: _("They go to whom you choose, whoever holds them now; what was typed goes along. Of several people, each"
              " task goes to the one with the least work who may do it."),
    PUT_OFF: _("They leave the list and come back by themselves on the day you say. Terms set by law run on."),
    TAKE_UP: _("They are back in the list at once."),
    DUE: _("Only days that the office sets for itself; a term set by law stays as it is."),
    PRIORITY: _("0 comes first, 10 last. It changes the order of lists, no date."),
    REMIND: _("Whoever holds a task, or may take it, is told once a day and task."),
}  # fmt: skip


def register_all() -> None:
    """Make these kinds known; whoever carries batches on or shows them calls it once."""
    for name, row in ROWS.items():
        _register(name, judge_each(row.check), task_undo.acting(row.verb, row.columns),
                  task_undo.undo if row.columns else None)  # fmt: skip
    _register(ASSIGN, spreading.judge, task_undo.acting(_assign, HOLDING), task_undo.undo)


def _register(name: str, judge: batches.JudgeMany, act: batches.Act, undo: batches.Undo | None) -> None:
    batches.register(
        name, None, act, undo, title=TITLES[name], action=ACTIONS.get(name, SUPERVISE), check=CHECKS.get(name),
        second=name in SECOND, subject=TASK, judge_many=judge, reasoned=name in REASONED,
    )  # fmt: skip
