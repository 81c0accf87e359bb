"""What is said beforehand of many tasks is what the single act then says of each: over random rights and histories."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from domain.base import new_ref
from domain.cases import Case
from domain.errors import HouseError
from domain.parties.accounts import Account
from domain.work import OPERATOR, Work, unit_of_work
from tasks import separation, separation_many
from tasks.batches import batches, task_kinds
from tasks.desk import desk, handing
from tasks.rows.models import HumanTask
from tasks.separation_many import Asked
from tests.homes import Office
from tests.infrastructure.databases import Template
from tests.journeys.copies import copies
from tests.journeys.played import AUTHORISED, story_of
from tests.journeys.test_many_tasks import by, hire, ref_of
from workflows import definitions
from workflows.instances import CaseState
from workflows.moments import CaseMoment

PEOPLE = ("clerk", "clerk2", "head", "checker")
KINDS: dict[str, dict[str, Any]] = {
    task_kinds.CLAIM: {}, task_kinds.RELEASE: {}, task_kinds.PRIORITY: {"priority": 3}, task_kinds.REMIND: {},
    task_kinds.PUT_OFF: {"until": "2027-05-21T08:00:00+08:00", "reason": "汛期"}, task_kinds.TAKE_UP: {},
    task_kinds.DUE: {"day": "2027-06-01"},
}  # fmt: skip


@pytest.fixture
def drawn(office_in: Callable[[Template], Office]) -> Office:
    office = office_in(AUTHORISED)
    hire(office, "clerk2", "pingshan", "department_clerk", 0)
    refs = copies(office, story_of(office).case_ref, 45)
    chance = Random(7)
    for ref in refs:
        _disturb(office, ref, chance)
    return office


def _disturb(office: Office, ref: str, chance: Random) -> None:
    """Something happens to a task: claimed, excluded, named, passed before, on hold, dated by law."""
    with by(office, "head") as work:
        task = work.session.scalars(select(HumanTask).where(HumanTask.ref == ref)).one()
        people = {one.login: one for one in work.session.scalars(select(Account).where(Account.login.in_(PEOPLE)))}
        what = chance.choice(("claim", "exclude", "did", "passed", "hold", "law", "fixed", "put off", "nothing"))
        who = people[chance.choice(("clerk", "clerk2"))]
        if what == "exclude":
            handing.exclude(work, ref, who.ref)
        elif what in ("did", "passed"):
            _history(work, task, who, what)
        elif what == "hold":
            case = work.session.get_one(Case, task.case_id)
            case.suspended_at = work.now
        elif what in ("law", "fixed"):
            due = work.now + timedelta(days=chance.randint(-2, 30))
            kind = "STATUTORY" if what == "law" else "INTERNAL"
            work.session.execute(update(HumanTask).where(HumanTask.ref == ref).values(limit_kind=kind, due_at=due))
    if what in ("claim", "put off"):
        with by(office, who.login) as work:
            desk.claim(work, ref)
    if what == "put off":
        with by(office, "head") as work:
            task_kinds.ROWS[task_kinds.PUT_OFF].verb(work, ref, KINDS[task_kinds.PUT_OFF])


def _history(work: Work, task: HumanTask, who: Account, what: str) -> None:
    """Somebody signed the commission of this case before, or let that step pass."""
    if what == "did":
        row = {c.key: getattr(task, c.key) for c in HumanTask.__mapper__.column_attrs if c.key != "id"}
        done = {"ref": new_ref(), "token": new_ref(), "step_id": "sign_commission", "state": "COMPLETED",
                "completed_by": who.id, "completed_at": work.now}  # fmt: skip
        work.session.execute(insert(HumanTask), [{**row, **done}])
        return
    state = work.session.get_one(CaseState, task.case_id)
    work.session.add(
        CaseMoment(case_id=task.case_id, version=90, at=work.now, actor="staff", account_id=who.id, verb="skip",
                   step_id="sign_commission", definition_id=state.definition_id, changed={})
    )  # fmt: skip


def test_many_cases_are_asked_about_separation_as_one_is(drawn: Office) -> None:
    with unit_of_work(drawn.home, OPERATOR, write=False) as work:
        people = list(work.session.scalars(select(Account.id).where(Account.login.in_(PEOPLE))))
        asked, single = [], {}
        for case, state in work.session.execute(select(Case, CaseState).join(CaseState, CaseState.case_id == Case.id)):
            steps = definitions.by_id(work, state.definition_id).diagram.steps
            for step in ("commission", "sign_commission", "accept"):
                asked.append(Asked(case.id, case.household_id, steps, step))
                single[case.id, step] = set(separation.against(work, case, steps, step, people))
        many = separation_many.against(work, asked, people)
    assert {key: set(found) for key, found in many.items()} == single
    assert any(single.values())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("login", ["clerk", "clerk2", "head"])
def test_what_is_foretold_is_what_happens(drawn: Office, kind: str, login: str) -> None:
    judge = batches.kind_of(kind).judge_many
    assert judge is not None
    with unit_of_work(drawn.home, OPERATOR, write=False) as work:
        refs = list(work.session.scalars(select(HumanTask.ref).order_by(HumanTask.case_id, HumanTask.id)))
    with unit_of_work(drawn.home, drawn.actor(login), write=False) as work:
        foretold = {ref: (one.code, str(one.sentence)) for ref, one in judge(work, refs, KINDS[kind]).items()}
    happened = {ref: _tried(drawn, login, kind, ref, KINDS[kind]) for ref in refs}
    assert {ref: code for ref, (code, _said) in foretold.items()} == {ref: code for ref, (code, _s) in happened.items()}
    wrong = {ref: (foretold[ref], told) for ref, told in happened.items() if told[0] != "ok" and told != foretold[ref]}
    assert not wrong


def test_to_whom_tasks_are_said_to_go_they_go(drawn: Office) -> None:
    people = [ref_of(drawn, login) for login in PEOPLE]
    judge = batches.kind_of(task_kinds.ASSIGN).judge_many
    assert judge is not None
    with unit_of_work(drawn.home, OPERATOR, write=False) as work:
        refs = list(work.session.scalars(select(HumanTask.ref).order_by(HumanTask.case_id, HumanTask.id)))
    for chosen in ([people[0]], people[:2], people):
        with unit_of_work(drawn.home, drawn.actor("head"), write=False) as work:
            foretold = judge(work, refs, {"people": chosen, "batch": "none"})
        for ref in refs:
            if foretold[ref].code == "ok":
                assert _tried(drawn, "head", task_kinds.ASSIGN, ref, {"row": foretold[ref].details})[0] == "ok"
            else:
                told = [_tried(drawn, "head", task_kinds.ASSIGN, ref, {"row": {"to": one}}) for one in chosen]
                assert all(code == "cannot" for code, _said in told) or "already" in str(foretold[ref].sentence)


def _tried(office: Office, login: str, kind: str, ref: str, params: dict[str, Any]) -> tuple[str, str]:
    """What the act says of one task, taken back."""
    with unit_of_work(office.home, office.actor(login)) as work:
        step = work.session.begin_nested()
        try:
            batches.kind_of(kind).act(work, ref, {"batch": "none", **params})
        except HouseError as refusal:
            return "cannot", str(batches.said(refusal))
        finally:
            step.rollback()
    return "ok", ""
