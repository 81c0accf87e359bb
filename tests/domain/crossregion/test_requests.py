"""Requests across regions: no commission no request, the way by the rules of the day, the receipt, the clocks."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from domain import cases, rules
from domain.clock import office_day
from domain.crossregion import confirming, ending, items, requests, routing, sides
from domain.crossregion.items import Finding
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted
from domain.parties import organisations
from domain.verification import authorisations, reports
from domain.verification.assist_rows import AssistRequest
from domain.verification.reports import Notes
from domain.work import SCHEDULER
from tests.domain.crossregion.regions import (
    START,
    actor,
    at,
    bare_case,
    commissioned,
    drafted,
    item,
    sent,
    source,
)
from tests.domain.office import Desk

BEFORE = datetime.fromisoformat("2018-06-05T09:30:00+08:00")
AFTER = datetime.fromisoformat("2023-06-05T09:30:00+08:00")


def refused(desk: Desk, statement: str, clause: str) -> None:
    with desk.home.engine.connect() as raw, pytest.raises(IntegrityError, match=clause):
        raw.execute(text(statement))


@pytest.mark.clause("LN-01")
def test_nothing_is_asked_of_another_region_without_a_commission(both: Desk) -> None:
    with both.acting("checker", START) as work:
        case, _home, members = bare_case(work)
        own = at(work, "pingshan-agency")
        deposit = source(work, "chaoyang-bank.DEPOSIT").ref
        with pytest.raises(Conflict) as caught:
            requests.start(own, case, "chaoyang", members, resources=[deposit])
        assert caught.value.clause == "LN-01"
        assert work.session.scalars(select(AssistRequest)).all() == []
        case, _home, members = commissioned(work)
        with pytest.raises(Conflict) as near:
            requests.start(own, case, "mingshan", members, resources=[deposit])
        assert near.value.clause == "LN-01", "a place of the own city is not another region"
        with pytest.raises(InvalidAnswers):
            requests.start(own, case, "990000", members, resources=[deposit])
        assert requests.start(own, case, "chaoyang", members, resources=[deposit]).reach == "INTRA_PROV"
        shenfu = requests.start(own, case, "shenfu", members, resources=[source(work, "shenfu-bank.DEPOSIT").ref])
        assert (shenfu.reach, shenfu.assist_id) == ("INTRA_PROV", organisations.by_code(work, "shenfu-agency").id)
        far = requests.start(own, case, "linfen", members, categories=["DEPOSIT"])
        assert (far.reach, far.assist_id) == ("CROSS_PROV", None)
    refused(
        both,
        "INSERT INTO assist_request (ref, number, kind, case_id, commission_id, starter_id, place, reach, route, state,"
        " special, opened_at) SELECT 'x', 'x', 'NEW', (SELECT MIN(id) FROM cases), commission_id, starter_id, place,"
        " reach, route, 'DRAFT', special, opened_at FROM assist_request ORDER BY id LIMIT 1",
        "LN-01",
    )


@pytest.mark.clause("LN-10")
def test_a_countys_request_goes_straight_to_the_city_agency_of_the_place_and_to_no_county(both: Desk) -> None:
    with both.acting("checker", START) as work:
        case, _home, members = commissioned(work)
        made = drafted(work, case, members, "shuangta", "chaoyang-bank.DEPOSIT")
        county, city = (organisations.by_code(work, code) for code in ("shuangta-agency", "chaoyang-agency"))
        assert made.assist_id not in (county.id, None) and made.assist_id == city.id
        handler = at(work, "chaoyang-agency")
        with pytest.raises(NotFound):
            sides.by_ref(handler, made.ref)  # a draft is nobody else's business
        requests.submit(at(work, "pingshan-agency"), made)
        assert (made.state, sides.steps_of(work, made)) == ("SENT", [])
        assert sides.by_ref(handler, made.ref) == made
        for other in ("shuangta-agency", "liaoning-agency", "shenfu-agency"):
            with pytest.raises(NotFound):
                sides.by_ref(at(work, other), made.ref)


@pytest.mark.clause("BX-18", "BX-19")
def test_before_the_norm_a_request_climbs_every_tier_and_after_it_goes_direct(both: Desk) -> None:
    with both.acting("checker", BEFORE) as work:
        case, _home, members = commissioned(work)
        made = drafted(work, case, members, "chaoyang", "chaoyang-bank.DEPOSIT")
        requests.submit(at(work, "pingshan-agency"), made)
        assert (made.route, made.state, made.received_at) == ("chain", "ON_ITS_WAY", None)
        province = at(work, "liaoning-agency", "agency_reviewer")
        with pytest.raises(NotPermitted) as skipped:
            confirming.confirm(province, made)
        assert skipped.value.ids["clause"] == "BX-19"
        with pytest.raises(NotFound):
            sides.by_ref(at(work, "chaoyang-agency"), made.ref)
    refused(both, "UPDATE assist_request SET state = 'SENT', received_at = opened_at", "BX-19")
    refused(
        both,
        "UPDATE assist_step SET outcome = 'PASSED', done_by = 1, done_at = '2018-06-05 00:00:00' WHERE position = 1",
        "BX-19",
    )
    with both.acting("checker", BEFORE) as work:
        made = work.session.scalars(select(AssistRequest)).one()
        confirming.confirm(at(work, "benxi-agency", "agency_reviewer"), made)
        assert made.state == "ON_ITS_WAY"
        confirming.confirm(at(work, "liaoning-agency", "agency_reviewer"), made)
        assert made.state == "SENT" and sides.by_ref(at(work, "chaoyang-agency"), made.ref) == made
    with both.acting("checker", AFTER) as work:
        late = sent(work, "chaoyang", "chaoyang-bank.DEPOSIT")
        assert (late.route, late.state, len(sides.steps_of(work, late))) == ("direct", "SENT", 0)


@pytest.mark.clause("BX-18")
def test_within_the_city_a_county_entrusts_the_city_which_asks_the_other_county(both: Desk) -> None:
    with both.acting("checker", BEFORE) as work:
        case, _home, members = commissioned(work)
        made = drafted(work, case, members, "huanren-county", "bank.DEPOSIT")
        requests.submit(at(work, "pingshan-agency"), made)
        other = at(work, "huanren-county-agency")
        with pytest.raises(NotFound):
            sides.by_ref(other, made.ref)  # not before the city
        confirming.confirm(at(work, "benxi-agency", "agency_reviewer"), made)
        assert sides.by_ref(other, made.ref) == made
        assert confirming.waiting(work, made) is None
        assert sides.by_ref(at(work, "benxi-agency"), made.ref).state == "SENT", "the city sees that nobody answers"


@pytest.mark.clause("NM-01")
def test_a_banners_request_is_reviewed_by_its_league_before_the_push(both: Desk) -> None:
    with both.acting("checker", START) as work:
        case, _home, members = commissioned(work, "abag")
        made = drafted(work, case, members, "hulunbuir", "inner-mongolia-bank.DEPOSIT")
        requests.submit(at(work, "abag-agency"), made)
        assert made.state == "ON_ITS_WAY", "a county's push that bypasses the 盟市 is none"
        with pytest.raises(NotFound):
            sides.by_ref(at(work, "hulunbuir-agency"), made.ref)
        ours = sent(work, "chaoyang", "chaoyang-bank.DEPOSIT")
        assert ours.state == "SENT", "in Liaoning a county pushes by itself"
        key = made.id
    refused(both, f"UPDATE assist_request SET state = 'SENT', received_at = opened_at WHERE id = {key}", "NM-01")
    with both.acting("checker", START) as work:
        made = work.session.get_one(AssistRequest, key)
        with pytest.raises(NotPermitted):
            confirming.confirm(at(work, "xilingol-agency", "agency_handler"), made)
        confirming.confirm(at(work, "xilingol-agency", "agency_reviewer"), made)
        assert made.state == "SENT"


@pytest.mark.clause("NM-04")
def test_one_league_asks_another_and_has_its_answer(both: Desk) -> None:
    with both.acting("checker", START) as work:
        case, _home, members = commissioned(work, "xilingol")
        made = drafted(work, case, members, "hulunbuir", "inner-mongolia-bank.DEPOSIT")
        handler = at(work, "hulunbuir-agency")
        with pytest.raises(NotFound):
            sides.by_ref(handler, made.ref)
        requests.submit(at(work, "xilingol-agency"), made)
        assert sides.by_ref(handler, made.ref).state == "SENT"
        first, second = sides.people_of(work, made)
        found = [Finding(first.ref, True, {"amount": "1200"}), Finding(second.ref, False)]
        items.answer(handler, item(work, made), found)
        own = at(work, "xilingol-agency")
        assert sides.by_ref(own, made.ref).state == "DONE"
        told = [(one.state, items.value_of(work, one)) for one in items.results_of(work, item(work, made))]
        assert told == [("FOUND", {"amount": "1200"}), ("NOT_FOUND", {})]


@pytest.mark.clause("LN-06")
def test_nothing_leaves_the_province_before_the_province_confirms(both: Desk) -> None:
    with both.acting("checker", START) as work:
        case, _home, members = commissioned(work)
        own = at(work, "pingshan-agency")
        made = requests.start(own, case, "linfen", members, categories=["DEPOSIT"])
        requests.submit(own, made)
        assert (made.state, [step.kind for step in sides.steps_of(work, made)]) == ("ON_ITS_WAY", ["CONFIRM"])
        for office, role in (("benxi-agency", "agency_reviewer"), ("liaoning-agency", "agency_handler")):
            with pytest.raises(NotPermitted):
                confirming.confirm(at(work, office, role), made)
    refused(both, "UPDATE assist_request SET state = 'CONFIRMED'", "LN-06")
    with both.acting("checker", START) as work:
        made = work.session.scalars(select(AssistRequest)).one()
        province = at(work, "liaoning-agency", "agency_reviewer")
        with pytest.raises(InvalidAnswers):
            confirming.refuse(province, made, " ")
        confirming.confirm(province, made)
        assert made.state == "CONFIRMED"
        other, _home, people = commissioned(work)
        again = requests.start(at(work, "pingshan-agency"), other, "linfen", people, categories=["DEPOSIT"])
        requests.submit(at(work, "pingshan-agency"), again)
        confirming.refuse(province, again, "材料不全")
        assert again.state == "REFUSED"
        assert [sides.note_of(work, one) for one in sides.messages_of(work, again)][-1] == "材料不全"


@pytest.mark.clause("LN-03")
def test_each_item_of_the_catalogue_is_tracked_alone_and_free_text_is_none(both: Desk) -> None:
    with both.acting("checker", START) as work:
        case, _home, members = commissioned(work)
        own = at(work, "pingshan-agency")
        for asked in ([], ["存款和车辆"], [source(work, "shenfu-bank.DEPOSIT").ref]):
            with pytest.raises(InvalidAnswers) as caught:
                requests.start(own, case, "chaoyang", members, resources=asked)
            assert set(caught.value.fields) == {"items"}
        made = drafted(work, case, members, "chaoyang", "chaoyang-bank.DEPOSIT", "chaoyang-land.HOUSE")
        requests.submit(own, made)
        deposit, house = item(work, made), item(work, made, "HOUSE")
        handler = at(work, "chaoyang-agency")
        items.answer(handler, deposit, [Finding(one.ref, False) for one in sides.people_of(work, made)])
        assert (deposit.state, house.state, made.state) == ("ANSWERED", "OPEN", "SENT")
        with pytest.raises(Conflict):
            items.give_up(handler, deposit, "再查")
        items.give_up(handler, house, "登记系统停机")
        assert (house.state, items.reason_of(work, house), made.state) == ("NOT_OBTAINED", "登记系统停机", "DONE")


@pytest.mark.clause("LN-04", "LN-12")
def test_the_receipt_is_given_at_once_and_thirty_working_days_run_from_it(both: Desk) -> None:
    with both.acting("checker", START) as work:
        case, _home, members = commissioned(work)
        made = drafted(work, case, members, "chaoyang", "chaoyang-bank.DEPOSIT")
        deposit = item(work, made)
        assert (made.received_at, deposit.due_at) == (None, None), "no clock runs before the arrival"
        requests.submit(at(work, "pingshan-agency"), made)
        assert made.received_at == START, "nobody of the other side has opened it"
        assert [one.kind for one in sides.messages_of(work, made)] == ["REQUEST", "RECEIPT"]
        assert sides.messages_of(work, made)[-1].by_id is None
        assert deposit.due_at is not None and office_day(deposit.due_at) == date(2026, 3, 30)
        assert deposit.due is not None and deposit.due["source"] == "LN-12"


@pytest.mark.clause("LN-38")
def test_beyond_the_province_the_thirty_days_are_not_applied(both: Desk) -> None:
    with both.acting("checker", START) as work:
        case, _home, members = commissioned(work)
        own = at(work, "pingshan-agency")
        near = drafted(work, case, members, "chaoyang", "chaoyang-bank.DEPOSIT")
        requests.submit(own, near)
        far = requests.start(own, case, "linfen", members, categories=["DEPOSIT"])
        requests.submit(own, far)
        confirming.confirm(at(work, "liaoning-agency", "agency_reviewer"), far)
        kept = rules.of_case(work, case)
        assert kept.resolve("cross_province.limit").source_clause == "LN-38"
        assert kept.value("cross_province.limit") is None != kept.value("cross_region.limit")
        assert item(work, near).due_at is not None and item(work, far).due_at is None
        assert not item(work, far).locks


@pytest.mark.clause("LN-26")
def test_after_the_limit_nothing_is_fed_back_but_by_agreement_and_the_reason_is_owed(both: Desk) -> None:
    late = datetime.fromisoformat("2026-03-31T08:30:00+08:00")
    with both.acting("checker", START) as work:
        made = sent(work)
        assert not items.expire(work.acting(SCHEDULER), item(work, made)), "not before the limit"
        key = made.id
    nothing = "INSERT INTO assist_result (ref, item_id, person_id, state, value, answered_at) SELECT 'x', i.id, p.id,"
    nothing += " 'NOT_FOUND', p.name, '{at}' FROM assist_item i JOIN assist_person p ON p.request_id = i.request_id"
    refused(both, nothing.format(at="2026-03-31 00:30:00.000000"), "LN-26")
    with both.acting("checker", late) as work:
        made = work.session.get_one(AssistRequest, key)
        deposit, handler = item(work, made), at(work, "chaoyang-agency")
        found = [Finding(one.ref, False) for one in sides.people_of(work, made)]
        with pytest.raises(Conflict) as caught:
            items.answer(handler, deposit, found)
        assert caught.value.clause == "LN-26"
        assert items.expire(work.acting(SCHEDULER), deposit)
        assert (deposit.state, made.state) == ("EXPIRED", "SENT"), "the reason is owed before anything is done"
    refused(both, nothing.format(at="2026-03-20 00:30:00.000000"), "LN-26")
    with both.acting("checker", late) as work:
        made = work.session.get_one(AssistRequest, key)
        deposit, handler = item(work, made), at(work, "chaoyang-agency")
        with pytest.raises(InvalidAnswers):
            items.explain(handler, deposit, "")
        with pytest.raises(NotPermitted):
            items.explain(at(work, "pingshan-agency"), deposit, "不归我们")
        items.explain(handler, deposit, "银行系统升级")
        assert (made.state, items.reason_of(work, deposit)) == ("DONE", "银行系统升级")
        head = at(work, "chaoyang-agency", "agency_head")
        with pytest.raises(Conflict):
            items.agree(head, made, "同意延后")  # nobody asked
    refused(both, "UPDATE assist_item SET state = 'OPEN'", "LN-26")
    with both.acting("checker", late) as work:
        made = work.session.get_one(AssistRequest, key)
        items.ask_agreement(at(work, "pingshan-agency"), made, "申请人要求补充")
        with pytest.raises(NotPermitted):
            items.agree(at(work, "chaoyang-agency"), made, "同意")
        items.agree(at(work, "chaoyang-agency", "agency_head"), made, "同意延后")
        found = [Finding(one.ref, False) for one in sides.people_of(work, made)]
        items.answer(at(work, "chaoyang-agency"), item(work, made), found)
        assert (item(work, made).state, made.state) == ("ANSWERED", "DONE")


@pytest.mark.clause("LN-27")
def test_only_the_starter_ends_a_request_and_the_other_side_can_but_suggest_it(both: Desk) -> None:
    with both.acting("checker", START) as work:
        made = sent(work, "chaoyang", "chaoyang-bank.DEPOSIT", "chaoyang-land.HOUSE")
        handler, own = at(work, "chaoyang-agency"), at(work, "pingshan-agency")
        people = sides.people_of(work, made)
        items.answer(handler, item(work, made), [Finding(one.ref, False) for one in people])
        for office in ("chaoyang-agency", "liaoning-agency", "benxi-agency"):
            with pytest.raises(NotPermitted):
                ending.terminate(at(work, office, "agency_head"), made, "不再需要")
        ending.suggest(handler, made, "对象已死亡")
        assert (made.state, item(work, made, "HOUSE").state) == ("SENT", "OPEN")
        with pytest.raises(InvalidAnswers):
            ending.terminate(own, made, "")
        assert ending.terminate(own, made, "申请人撤回申请") == 1
        assert (made.state, item(work, made).state, item(work, made, "HOUSE").state) == (
            "TERMINATED", "ANSWERED", "CANCELLED",
        )  # fmt: skip
        assert len(items.results_of(work, item(work, made))) == 2, "what came so far stays"
        with pytest.raises(Conflict) as caught:
            items.answer(handler, item(work, made, "HOUSE"), [Finding(one.ref, False) for one in people])
        assert caught.value.clause == "LN-27"
    refused(both, "UPDATE assist_request SET state = 'SENT'", "LN-09")
    refused(
        both,
        "INSERT INTO assist_result (ref, item_id, person_id, state, value, answered_at) SELECT 'x', i.id, p.id,"
        " 'NOT_FOUND', p.name, '2026-02-10 03:00:00.000000' FROM assist_item i JOIN assist_person p ON p.request_id ="
        " i.request_id WHERE i.state = 'CANCELLED'",
        "LN-27",
    )


@pytest.mark.clause("LN-14")
def test_the_agency_that_assists_feeds_back_results_and_writes_no_report(both: Desk) -> None:
    with both.acting("checker", START) as work:
        made = sent(work)
        case = requests.case_of(work, made)
        for role in ("agency_handler", "agency_reviewer", "agency_head"):
            with pytest.raises(NotPermitted):
                reports.draft(at(work, "chaoyang-agency", role), case, Notes("见附件。"))
        found = [Finding(one.ref, True, {"amount": "3000"}) for one in sides.people_of(work, made)]
        items.answer(at(work, "chaoyang-agency"), item(work, made), found)
        assert made.state == "DONE" and reports.latest(work, case) is None
        other = actor(work, "chaoyang-agency", "agency_handler").org_id
        key, letter, person = case.id, made.commission_id, actor(work, "chaoyang-agency", "agency_handler").user_id
    refused(
        both,
        "INSERT INTO report (ref, case_id, commission_id, version, kind, agency_id, agency_kind, state, remarks,"
        f" handler_id, drafted_at) VALUES ('x', {key}, {letter}, 1, 'REPORT', {other}, 'agency', 'DRAFT', NULL,"
        f" {person}, '2026-02-10 03:00:00')",
        "LN-14",
    )


def test_somebody_whose_authorisation_does_not_hold_is_not_asked_about(both: Desk) -> None:
    with both.acting("checker", START) as work:
        case, _home, members = commissioned(work)
        made = drafted(work, case, members, "chaoyang", "chaoyang-bank.DEPOSIT")
        _other, _family, strangers = commissioned(work)
        with pytest.raises(Conflict) as caught:
            drafted(work, case, strangers, "chaoyang", "chaoyang-bank.DEPOSIT")
        assert caught.value.clause == "LN-28"
        signed = authorisations.of_person(work, members[0])[0]
        clerk = at(work, "pingshan", "department_clerk")
        authorisations.withdraw(clerk, signed, on=work.today, reason="不再同意")
        with pytest.raises(Conflict) as gone:
            requests.submit(at(work, "pingshan-agency"), made)
        assert gone.value.clause == "BX-11"


def test_a_recipients_case_starts_no_request_by_itself(desk: Desk) -> None:
    with desk.acting("checker", START) as work:
        case, _home, members = commissioned(work)
        case.kind = cases.DYNAMIC
        work.session.flush()
        with pytest.raises(Conflict) as caught:
            drafted(work, case, members, "chaoyang", "chaoyang-bank.DEPOSIT")
        assert caught.value.clause == "LN-20"


def test_the_way_follows_the_rules_the_case_began_with(desk: Desk) -> None:
    with desk.acting("checker", BEFORE) as work:
        case, _home, _members = commissioned(work)
        key = case.id
    with desk.acting("checker", AFTER) as work:
        chosen = requests.way(work, work.session.get_one(cases.Case, key), "chaoyang")
        assert chosen.route == routing.CHAIN
        assert [office.code for _kind, office in chosen.steps] == ["benxi-agency", "liaoning-agency"]
