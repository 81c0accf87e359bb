"""Nobody works on their own case or on a near relative's, and who stands in is judged with whom they stand in for."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from domain.errors import InvalidAnswers, NotPermitted
from domain.parties import kin, organisations, staff, substitutes
from domain.parties.accounts import Account
from domain.work import OPERATOR, unit_of_work
from tasks.desk import desk, handing
from tasks.rows.models import HumanTask
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import Story, new_case
from tests.support import an_identity_number

JIANG = "B2027003"


def hire(office: Office, login: str, code: str, *roles: str, idno: str = "") -> Account:
    """One more member of staff."""
    with unit_of_work(office.home, OPERATOR) as work:
        org = organisations.by_code(work, code)
        account = staff.create(work, org, login=login, name="新同事", idno=idno or an_identity_number())
        staff.file(work, account, number=f"C-{login}", on=work.today)
        for role in roles:
            staff.grant(work, account, role)
        return account


def number_of(story: Story, place: int = 0) -> str:
    """The identity number of a member of the case's household."""
    with story.work() as work:
        person = story.members(work)[place]
        return story.office.home.vault.open("person.idno", person.ref, person.idno)


def test_nobody_claims_the_case_of_their_own_household(office: Office) -> None:
    story = new_case(office, "town", JIANG)
    hire(office, "neighbour", "pingshan-gongren", "town_post", idno=number_of(story))
    with story.work("neighbour") as work, pytest.raises(NotPermitted, match="your own household"):
        desk.claim(work, story.task(work, "intake").ref)
    with story.work("town") as work:
        assert desk.claim(work, story.task(work, "intake").ref).state == "RESERVED"


def test_a_declared_relative_keeps_somebody_from_the_case_however_it_comes_to_them(office: Office) -> None:
    story = new_case(office, "town", JIANG)
    cousin = hire(office, "cousin", "pingshan-gongren", "town_post")
    theirs = number_of(story, 1)
    with unit_of_work(office.home, office.actor("cousin")) as work:
        with pytest.raises(InvalidAnswers):
            kin.declare(work, relation="NEPHEW", name="", idno="12")
        kin.declare(work, relation="SIBLING", name="江二", idno=theirs)
        kin.declare(work, relation="SIBLING", name="江二", idno=theirs)
        declared = kin.declared(work)
        assert [(one.relation, one.name) for one in declared] == [("SIBLING", "江二")]
        assert theirs not in declared[0].idno
    with story.work("cousin") as work, pytest.raises(NotPermitted, match="near relative"):
        desk.claim(work, story.task(work, "intake").ref)
    with story.work("town") as work:
        ref = desk.claim(work, story.task(work, "intake").ref).ref
    for give in (handing.delegate, handing.forward):
        with story.work("town") as work, pytest.raises(InvalidAnswers) as refused:
            give(work, ref, cousin.ref)
        assert "near to somebody of this household" in str(refused.value.fields["account"])
    with story.work("head") as work, pytest.raises(InvalidAnswers):
        handing.assign(work, ref, cousin.ref)
    with unit_of_work(office.home, office.actor("cousin")) as work:
        kin.withdraw(work, declared[0].ref, "搬走了，不再是一家人")
    with story.work("head") as work:
        assert handing.assign(work, ref, cousin.ref).assignee_id == cousin.id


def test_what_a_substitute_does_counts_for_both_and_four_eyes_are_asked_of_both(office: Office) -> None:
    story = new_case(office, "town", JIANG)
    steps.to_queries(story)
    story.do("handler", "draft_report", {"remarks": "无"})
    hire(office, "second", "pingshan-agency", "agency_checker")
    reviewer = office.actor("reviewer")
    for login in ("handler", "second"):
        other = office.actor(login).ref
        with unit_of_work(office.home, reviewer) as work:
            substitutes.make(work, substitutes.Wanted(reviewer.ref, other, work.today, work.today, "培训"))
    with story.work("handler") as work, pytest.raises(NotPermitted, match="second person"):
        desk.claim(work, story.task(work, "review_report").ref)
    with story.work("reviewer") as work:
        ref = desk.claim(work, story.task(work, "review_report").ref).ref

    # away already: the task that the absent person holds is done by whoever stands in
    story.do("second", "review_report", {"outcome": "SIGN"})

    with story.work() as work:
        done = work.session.scalars(select(HumanTask).where(HumanTask.ref == ref)).one()
        assert (done.completed_by, done.done_for) == (office.actor("second").user_id, reviewer.user_id)
        entry = next(one for one in story.journal(work) if one.event == "task.completed" and one.subject == ref)
        assert entry.body["for"] == reviewer.ref
