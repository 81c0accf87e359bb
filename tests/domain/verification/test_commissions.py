"""Commissions: first authorise, then commission; no letter, no start; each attempt is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from domain import cases
from domain.clock import office_day
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.oversight.campaigns import Campaign, CampaignSubject
from domain.parties import households, organisations
from domain.parties.households import Household
from domain.verification import acceptances, authorisations, batches, collecting, commissions
from domain.verification.acceptances import FAIL
from domain.verification.commissions import CommissionSubject
from domain.verification.queries import Query
from domain.work import Work
from tests.domain.office import DAY_BEFORE, NOW, TODAY, Desk, account, case_of, household, paper, people
from tests.domain.verification.world import ALL_PASS, accepted, authorise, issued, prepared


def issue(work: Work, case: cases.Case, **options: object) -> commissions.Commission:
    chosen = {"signed_on": TODAY, "letter": paper(work, case), "by": account(work, "head"), **options}
    return commissions.issue(work, case, **chosen)  # type: ignore[arg-type]


@pytest.mark.clause("BX-11")
@pytest.mark.clause("LF-15")
def test_an_issued_commission_freezes_each_member_with_the_authorisation(both: Desk) -> None:
    with both.acting("clerk") as work:
        _case, family, made = issued(work, "甲某", "乙某")
        rows = work.session.scalars(select(CommissionSubject).order_by(CommissionSubject.person_id)).all()

        assert [row.person_id for row in rows] == [person.id for person in people(work, family)]
        assert all(row.authorisation_id and row.signed_on == DAY_BEFORE for row in rows)
        assert made.state == "ISSUED" and made.number == "平委〔2027〕0001"
        assert commissions.categories_of(work, made) == ("DEPOSIT", "DEATH")


@pytest.mark.clause("BX-11")
@pytest.mark.clause("LF-15")
def test_a_commission_is_refused_naming_each_member_without_authorisation(both: Desk) -> None:
    with both.acting("clerk") as work:
        case, family, _draft = prepared(work, "甲某")
        households.add_person(work, family, name="乙缺", idno=_idno(), relation="子")
        with pytest.raises(Conflict) as caught:
            issue(work, case)

        assert caught.value.clause == "BX-11"
        assert "乙缺" in str(caught.value) and "甲某" not in str(caught.value)
        assert "乙缺" not in str(caught.value.ids)
        assert work.session.scalar(select(func.count(CommissionSubject.id))) == 0


@pytest.mark.clause("BX-11")
def test_an_authorisation_dated_after_the_commission_does_not_carry_it(desk: Desk) -> None:
    with desk.acting("clerk") as work:
        case, _family, _draft = prepared(work, "甲某")
        with pytest.raises(Conflict) as caught:
            issue(work, case, signed_on=DAY_BEFORE - timedelta(days=1))
        assert caught.value.clause == "BX-11"
        assert "甲某" in str(caught.value) and "after the commission" in str(caught.value)


@pytest.mark.clause("BX-12")
def test_a_commission_without_its_letter_is_refused(desk: Desk) -> None:
    with desk.acting("clerk") as work:
        case, _family, _draft = prepared(work, "甲某")
        with pytest.raises(Conflict) as caught:
            issue(work, case, letter=None)
        assert caught.value.clause == "BX-12"


@pytest.mark.clause("BX-15")
def test_a_scope_below_nationwide_is_refused_with_its_code(desk: Desk) -> None:
    with desk.acting("clerk") as work:
        family = household(work, "甲某")
        case = case_of(work, family)
        authorise(work, case, family, scope="PROVINCE")
        commissions.prepare(work, case, categories=["DEPOSIT"], by=account(work, "clerk"))
        with pytest.raises(Conflict) as caught:
            issue(work, case)
        assert (caught.value.clause, caught.value.ids["reason_code"]) == ("BX-15", "AUTH_SCOPE")


@pytest.mark.clause("BX-16")
def test_survival_needs_no_authorisation_and_admits_identity_categories_only(both: Desk) -> None:
    with both.acting("clerk") as work:
        case = case_of(work, household(work, "甲某"))
        clerk = account(work, "clerk")
        with pytest.raises(Conflict) as caught:
            commissions.prepare(work, case, categories=["DEATH", "DEPOSIT"], purpose="SURVIVAL", by=clerk)
        assert caught.value.clause == "BX-16"

        commissions.prepare(work, case, categories=["DEATH", "IDVALID"], purpose="SURVIVAL", by=clerk)
        made = issue(work, case)

        assert [row.authorisation_id for row in work.session.scalars(select(CommissionSubject))] == [None]
        body = work.session.scalar(
            text("SELECT body FROM journal_entry WHERE event = 'commission.issued' ORDER BY id DESC LIMIT 1")
        )
        assert "BX-16" in str(body) and made.state == "ISSUED"


@pytest.mark.parametrize("login", ["checker", "handler", "stranger", "town"])
@pytest.mark.clause("LF-17")
def test_only_the_cases_own_department_commissions(desk: Desk, login: str) -> None:
    with desk.acting("clerk") as work:
        case, _family, _draft = prepared(work, "甲某")
        with pytest.raises(NotPermitted):
            commissions.prepare(work, case, categories=["DEPOSIT"], by=account(work, login))
        with pytest.raises(NotPermitted):
            issue(work, case, by=account(work, login))


def test_a_category_outside_the_catalogue_is_refused(desk: Desk) -> None:
    with desk.acting("clerk") as work:
        case = case_of(work, household(work))
        with pytest.raises(InvalidAnswers):
            commissions.prepare(work, case, categories=["ASTROLOGY"], by=account(work, "clerk"))


@pytest.mark.clause("LF-16")
@pytest.mark.clause("BX-17")
def test_no_query_may_start_before_the_commission_is_accepted(desk: Desk) -> None:
    with desk.acting("clerk") as work:
        case, family, made = issued(work, "甲某")
        with pytest.raises(Conflict) as caught:
            commissions.must_be_accepted(work, case)
        assert caught.value.clause == "LF-16"

        acceptances.decide(work, made, items=ALL_PASS, outcome="ACCEPTED", by=account(work, "checker"))
        assert commissions.must_be_accepted(work, case) is made
        assert commissions.askable(work, case, made, family) == people(work, family)


@pytest.mark.clause("BX-17")
def test_a_refused_commission_is_kept_and_its_correction_is_a_new_attempt(both: Desk) -> None:
    with both.acting("clerk") as work:
        case, _family, first = issued(work, "甲某")
        items = {**ALL_PASS, "letter": FAIL}
        made = acceptances.decide(
            work,
            first,
            items=items,
            outcome="REFUSED",
            reason_code="LETTER",
            reason="缺公章",
            by=account(work, "checker"),
        )
        commissions.prepare(work, case, categories=["DEPOSIT"], by=account(work, "clerk"))
        second = issue(work, case)

        assert (first.state, first.attempt, second.state, second.attempt) == ("REFUSED", 1, "ISSUED", 2)
        assert acceptances.reason_of(work, made) == "缺公章"
        assert work.session.scalar(select(func.count(Query.id))) == 0


@pytest.mark.clause("LF-19")
def test_an_acceptance_answers_for_every_check_and_needs_reasons_to_refuse(desk: Desk) -> None:
    with desk.acting("clerk") as work:
        _case, _family, made = issued(work, "甲某")
        checker = account(work, "checker")
        with pytest.raises(InvalidAnswers) as caught:
            acceptances.decide(work, made, items={"scope": "PASS"}, outcome="REFUSED", by=checker)
        assert {"letter", "reason", "reason_code"} <= set(caught.value.fields)
        with pytest.raises(Conflict):
            acceptances.decide(work, made, items={**ALL_PASS, "scope": FAIL}, outcome="ACCEPTED", by=checker)
        acceptances.decide(work, made, items=ALL_PASS, outcome="ACCEPTED", by=checker)
        with pytest.raises(Conflict):
            acceptances.decide(work, made, items=ALL_PASS, outcome="ACCEPTED", by=checker)


@pytest.mark.parametrize("login", ["clerk", "head", "stranger", "town"])
@pytest.mark.clause("LF-19")
def test_the_department_never_accepts_its_own_commission(desk: Desk, login: str) -> None:
    with desk.acting("clerk") as work:
        _case, _family, made = issued(work, "甲某")
        with pytest.raises(NotPermitted):
            acceptances.decide(work, made, items=ALL_PASS, outcome="ACCEPTED", by=account(work, login))


@pytest.mark.clause("BX-11")
@pytest.mark.clause("NM-08")
def test_where_the_law_sets_fifteen_days_they_run_from_the_acceptance(desk: Desk) -> None:
    with desk.acting("clerk") as work:
        organisations.by_code(work, "pingshan").jurisdiction = "inner-mongolia"
        work.session.flush()
        case, _family, _made = accepted(work, "甲某")

        assert case.due is not None and case.due_at is not None
        assert (case.due["source"], case.due["kind"]) == ("NM-08", "STATUTORY")
        assert office_day(case.due_at) == TODAY + timedelta(days=15)


def test_where_the_law_sets_no_limit_only_the_offices_own_target_is_shown(desk: Desk) -> None:
    with desk.acting("clerk") as work:
        waiting, _family, _letter = issued(work, "甲某")
        assert waiting.due is None
        case, _family, _made = accepted(work, "乙某")

        assert case.due is not None and case.due["kind"] == "INTERNAL"


def test_an_authorisation_withdrawn_meanwhile_stops_acceptance_and_each_query(desk: Desk) -> None:
    with desk.acting("clerk") as work:
        case, family, made = issued(work, "甲某", "乙某")
        first, second = people(work, family)
        taken = authorisations.in_force(work, first, TODAY)
        assert taken is not None
        authorisations.withdraw(work, taken, on=TODAY, reason="本人要求")
        with pytest.raises(Conflict) as caught:
            acceptances.decide(work, made, items=ALL_PASS, outcome="ACCEPTED", by=account(work, "checker"))
        assert caught.value.clause == "BX-11" and "甲某" in str(caught.value)
        assert commissions.askable(work, case, made, family) == [second]


def test_a_case_is_not_commissioned_twice(desk: Desk) -> None:
    with desk.acting("clerk") as work:
        case, _family, _made = accepted(work, "甲某")
        with pytest.raises(Conflict):
            commissions.prepare(work, case, categories=["DEPOSIT"], by=account(work, "clerk"))


def campaign_of(work: Work, *families: Household) -> tuple[Campaign, cases.Case]:
    made = Campaign(
        period="2027-06",
        programme="DIBAO",
        unit_id=organisations.by_code(work, "pingshan").id,
        agency_id=organisations.by_code(work, "benxi-agency").id,
        planned_at=NOW,
        opened_at=NOW,
        output_due_at=NOW,
    )
    work.session.add(made)
    work.session.flush()
    work.session.add_all(CampaignSubject(campaign_id=made.id, household_id=family.id) for family in families)
    letter = case_of(work, None, cases.BATCH_LETTER, made.id)
    return made, letter


@pytest.mark.clause("NM-07")
@pytest.mark.clause("BX-25")
def test_a_campaigns_letter_verifies_the_authorised_and_asks_for_the_others_only_survival(both: Desk) -> None:
    with both.acting("clerk") as work:
        whole, half, outside = (
            household(work, "甲某", "乙某"),
            household(work, "丙某", "丁缺"),
            household(work, "戊某"),
        )
        campaign, letter = campaign_of(work, whole, half)
        for family in (whole, outside):
            authorise(work, case_of(work, family), family)
        own = case_of(work, half, cases.DYNAMIC, campaign.id)
        signed, missing = people(work, half)
        collecting.collect(work, own, signed, signed_on=DAY_BEFORE, scan=paper(work), by=account(work, "town"))
        commissions.prepare(work.acting(both.actor("scheduler")), letter, categories=["DEPOSIT", "DEATH"])

        made = batches.issue_batch(
            work, campaign.id, signed_on=TODAY, letter=paper(work, letter), by=account(work, "head")
        )

        assert (made.authorised, made.unauthorised) == (3, 1)
        assert made.verify is not None and made.survival is not None
        assert commissions.subjects_of(work, made.verify, half) == [signed]
        assert commissions.subjects_of(work, made.survival, half) == [missing]
        assert commissions.categories_of(work, made.survival) == ("DEATH",)
        assert not commissions.subjects_of(work, made.verify, outside)
        acceptances.decide_all(work, letter, items=ALL_PASS, outcome="ACCEPTED", by=account(work, "checker"))
        assert list(commissions.accepted(work, own)) == [made.verify, made.survival]


def test_a_refused_campaign_letter_is_signed_again_with_the_same_categories(desk: Desk) -> None:
    with desk.acting("clerk") as work:
        family = household(work, "甲某")
        campaign, letter = campaign_of(work, family)
        authorise(work, case_of(work, family), family)
        commissions.prepare(work.acting(desk.actor("scheduler")), letter, categories=["DEPOSIT"])
        head, checker = account(work, "head"), account(work, "checker")
        batches.issue_batch(work, campaign.id, signed_on=TODAY, letter=paper(work, letter), by=head)
        acceptances.decide_all(
            work, letter, items=ALL_PASS, outcome="REFUSED", reason_code="LETTER", reason="缺公章", by=checker
        )
        again = batches.issue_batch(work, campaign.id, signed_on=TODAY, letter=paper(work, letter), by=head)

        assert again.verify is not None and again.verify.attempt == 2
        assert commissions.categories_of(work, again.verify) == ("DEPOSIT",)


def test_a_roll_is_frozen_in_as_many_statements_whatever_its_length(desk: Desk) -> None:
    from sqlalchemy import event

    counts = []
    for size in (1, 6):
        with desk.acting("clerk") as work:
            families = [household(work, "甲某") for _ in range(size)]
            campaign, letter = campaign_of(work, *families)
            campaign.period = f"2027-0{size}"
            work.session.flush()
            for family in families:
                authorise(work, case_of(work, family), family)
            commissions.prepare(work.acting(desk.actor("scheduler")), letter, categories=["DEPOSIT"])
            said: list[str] = []
            listener = lambda _c, _u, statement, *_rest, said=said: said.append(statement)  # noqa: E731
            event.listen(desk.home.engine, "before_cursor_execute", listener)
            batches.issue_batch(
                work, campaign.id, signed_on=TODAY, letter=paper(work, letter), by=account(work, "head")
            )
            event.remove(desk.home.engine, "before_cursor_execute", listener)
            counts.append(len(said))
    assert counts[1] <= counts[0]


def _idno() -> str:
    from tests.domain.office import idno

    return idno()
