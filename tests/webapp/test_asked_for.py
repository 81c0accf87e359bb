"""What the forms of a verification ask for: an occupation, the fields of a letter, why a level above is asked."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.parties import organisations
from domain.parties.organisations import Organisation
from domain.verification import (
    catalogue,
    catalogue_use,
    catalogue_versions,
    commissions,
    declarations,
    family,
    freshness,
)
from domain.verification.catalogue_rows import Resource
from domain.verification.catalogue_windows import Window
from domain.verification.commissions import ISSUED
from domain.verification.queries import PLANNED, Query
from domain.work import unit_of_work
from tests.domain.verification.sourced import ready
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import Story, new_case
from tests.webapp.desk_world import app_of, browser_of, press, send, task_address


def _page(office: Office, login: str, story: Story, step: str):
    """The browser of a person who has claimed the task of a step, and the task's address."""
    browser, address = browser_of(app_of(office), office, login), task_address(story, step)
    press(browser, "/desk", f"{address}/claim")
    return browser, address


def test_the_occupation_a_member_declares_is_kept_and_read_by_the_rules(office: Office) -> None:
    story = new_case(office)
    town, address = _page(office, "town", story, "intake")
    assert 'id="members-0-WORK"' in town.get(address).text

    answers = {"applied_on": steps.today(story), "truthful": "y", "members-0-WORK": "失业", "members-0-WAGE": "0"}
    assert send(town, address, answers).status_code == 302
    office.sweep()

    with story.work() as work:
        head = story.members(work)[0]
        declared = declarations.latest_of(work, [head.household_id])[head.household_id]
        assert declared[head.ref, family.WORK] == {"text": "失业"}
        assert family.work_of("失业") == family.UNEMPLOYED
        assert not [key for key in declared if key[1] == family.WORK and key[0] != head.ref]


def test_every_occupation_of_the_form_comes_to_what_its_words_say(office: Office) -> None:
    story = new_case(office)
    town, address = _page(office, "town", story, "intake")
    select_of = re.search(r'<select[^>]*id="members-0-WORK".*?</select>', town.get(address).text, re.S)
    assert select_of
    known = {value: family.work_of(value) for value in re.findall(r'<option[^>]* value="([^"]+)"', select_of[0])}
    assert {value for value, code in known.items() if code != family.EMPLOYED} == {
        "学生", "退休", "失业", "丧失劳动能力",
    }  # fmt: skip
    assert known["失业"] == family.UNEMPLOYED and known["学生"] == family.STUDENT


def _prepared(office: Office) -> Story:
    story = new_case(office)
    steps.take_in(story)
    steps.authorise(story)
    return story


def _letter(**changed: object) -> dict[str, object]:
    letter: dict[str, object] = {
        "purpose": "VERIFY",
        "categories": ["DEPOSIT", "VEHICLE"],
        "basis": "本民发〔2017〕107号",
    }
    return letter | changed


@pytest.mark.clause("LF-30")
def test_a_letter_may_ask_for_some_of_the_agreed_fields_alone(office: Office) -> None:
    story = _prepared(office)
    clerk, address = _page(office, "clerk", story, "commission")
    with story.work() as work:
        agency = work.session.get_one(Organisation, story.case(work).agency_id)
        known = catalogue_use.standings(work, catalogue.reachable(work, agency, ["DEPOSIT"])).values()
        agreed = {code for one in known if one.version is not None for code in one.version.field_codes}
    page = clerk.get(address).text
    offered = set(re.findall(r'name="fields"[^>]*value="DEPOSIT\.([a-z_]+)"', page))
    assert offered and offered == agreed
    code = min(offered)

    foreign = send(clerk, address, _letter(extent="SOME", fields=["DEPOSIT.secret"]))
    assert foreign.status_code == 422 and 'id="fields-error"' in foreign.text
    none = send(clerk, address, _letter(extent="SOME"))
    assert none.status_code == 422 and 'href="#at-fields"' in none.text
    assert send(clerk, address, _letter(extent="SOME", fields=[f"DEPOSIT.{code}"])).status_code == 302
    office.sweep()
    steps.sign_commission(story)

    with story.work() as work:
        (issued,) = commissions.of_case(work, story.case(work), ISSUED)
        assert commissions.fields_of(work, issued) == {"DEPOSIT": (code,), "VEHICLE": ()}
    case = clerk.get(f"/cases/{story.case_ref}").text
    assert f"DEPOSIT.{code}" not in case


def test_a_letter_asks_for_all_that_is_agreed_unless_somebody_says_otherwise(office: Office) -> None:
    story = _prepared(office)
    clerk, address = _page(office, "clerk", story, "commission")
    assert send(clerk, address, _letter(extent="ALL", fields=["DEPOSIT.balance"])).status_code == 302
    office.sweep()
    steps.sign_commission(story)
    with story.work() as work:
        (issued,) = commissions.of_case(work, story.case(work), ISSUED)
        assert commissions.fields_of(work, issued) == {"DEPOSIT": (), "VEHICLE": ()}


@pytest.mark.clause("LN-13")
@pytest.mark.parametrize("chosen", ["wait", "drop"])
def test_outside_a_sources_window_the_plan_says_when_it_opens_and_one_waits_for_it_or_leaves_it_out(
    office: Office, chosen: str
) -> None:
    with unit_of_work(office.home, office.actor("catalogue")) as work:
        bank = work.session.scalars(select(Resource).where(Resource.category == "DEPOSIT")).one()
        live = catalogue_versions.live(work, bank)
        assert live is not None
        said = replace(catalogue_versions.content_of(work, live), windows=(Window(1, 5),))
        catalogue_versions.publish(work.acting(office.actor("catalogue2")), catalogue_versions.write(work, bank, said))
    story = _prepared(office)
    steps.commission(story, ["DEPOSIT", "VEHICLE"])
    steps.sign_commission(story)
    steps.accept(story)
    handler, address = _page(office, "handler", story, "query_plan")
    page = handler.get(address).text
    assert page.count("2027-06-01") == 1  # today is 18 May: this source takes nothing before
    every = re.findall(r'name="resources"[^>]*value="(\w+)"', page)
    kept = {"resources": every} if chosen == "wait" else {
        "resources": [one for one in every if one != bank.ref], "deviation": "受理时间前须出具报告",
    }  # fmt: skip
    assert len(every) == 2 and send(handler, address, kept).status_code == 302
    office.sweep()
    with story.work() as work:
        asked = {one.category: one for one in story.rows(work, Query)}
        assert asked["VEHICLE"].state != PLANNED
        assert ("DEPOSIT" in asked) is (chosen == "wait")
        if chosen == "wait":
            due = asked["DEPOSIT"].due_at
            assert asked["DEPOSIT"].state == PLANNED and due is not None and f"{due:%Y-%m-%d}" > "2027-06-01"
    if chosen == "wait":
        office.advance("2027-06-01T09:00:00+08:00")
        with story.work() as work:
            (query,) = story.rows(work, Query, Query.category == "DEPOSIT")
            assert query.state in ("SENT", "ANSWERED") and query.sent_at is not None  # queued, never overdue


@pytest.mark.clause("CK-10")
def test_a_source_with_nothing_but_old_data_is_told_in_the_plan_and_beside_the_line_it_left_empty(
    office: Office,
) -> None:
    story = _prepared(office)
    with story.work() as work:
        today = work.today
        for category, age in (("WAGE", 300), ("HPF", 30)):
            labour = organisations.by_code(work, "labour")
            made = catalogue.add_resource(work, labour, category, level="city")
            ready(work, made, today - timedelta(days=age))
    steps.commission(story, ["VEHICLE", "WAGE"])
    steps.sign_commission(story)
    steps.accept(story)
    handler, address = _page(office, "handler", story, "query_plan")
    day = f"{today - timedelta(days=300)}"
    page = handler.get(address).text
    (warned,) = re.findall(r"[^<>]*最新数据为[^<>]*", page)
    assert "固定性工资" in warned and f"最新数据为 {day}，已超过时效" in warned
    chosen = re.findall(r'name="resources"[^>]*value="(\w+)"', page)
    assert send(handler, address, {"resources": chosen}).status_code == 302
    office.sweep()
    with story.work() as work:
        asked = {one.category: one for one in story.rows(work, Query)}
        assert (asked["WAGE"].state, asked["VEHICLE"].state) == ("SENT", "ANSWERED")
        due = asked["WAGE"].due_at
    assert due is not None
    office.advance(due.isoformat())
    members = [{"person": one.ref, "obtained": "NO"} for one in steps.family(story)]
    story.do("town", "survey", {
        "method": "VISIT", "made_at": steps.today(story), "place": "某小区", "surveyors": "谷雨、谷清明",
        "obtained": members, "statement": "走访",
    })  # fmt: skip
    case = browser_of(app_of(office), office, "handler").get(f"/cases/{story.case_ref}").text
    wages = re.findall(r'<tr><th scope="row">固定性工资</th>.*?</tr>', case)
    assert len(wages) == len(members)
    assert all("仅有过旧数据，未比对" in row and day in row and "未获得" in row for row in wages)
    cars = re.findall(r'<tr><th scope="row">车辆</th>.*?</tr>', case)
    with story.work() as work:  # whoever has no vehicle: the day of the register that was looked through
        (car,) = work.session.scalars(select(Resource).where(Resource.category == "VEHICLE")).all()
        looked = freshness.newest(work, [car.id])[car.id]
    assert len(cars) == len(members) and all(re.search(r"\d{4}-\d\d-\d\d", row) for row in cars)
    assert f"{looked}" in "".join(cars) and "过旧" not in "".join(cars)


@pytest.mark.clause("LF-07")
def test_asking_above_while_the_own_level_shares_is_refused_on_the_page_until_a_reason_is_chosen(
    office: Office,
) -> None:
    story = _prepared(office)
    steps.commission(story, ["DEPOSIT"])
    steps.sign_commission(story)
    steps.accept(story)
    with story.work() as work:
        upper = work.session.scalars(select(Resource).where(Resource.category == "DEPOSIT")).one().ref
        own = catalogue.add_resource(work, organisations.by_code(work, "labour"), "DEPOSIT", level="county").ref
    handler, address = _page(office, "handler", story, "query_plan")
    page = handler.get(address).text
    assert "· 本级" in page and "· 上级" in page and page.index(own) < page.index(upper)
    assert 'value="SOURCE_DOWN"' in page and "HARDSHIP" not in page

    plan = {"resources": [upper], "deviation": "本级核对有困难"}
    for code, status in (("", 409), ("HARDSHIP", 422)):
        refused = send(handler, address, plan | {"reason_code": code})
        assert refused.status_code == status
        assert 'href="#at-reason_code"' in refused.text or 'href="#reason_code"' in refused.text
        assert "本级核对有困难" in refused.text  # what was written is kept
    first = send(handler, address, plan).text
    assert "LF-07" in first and "已共享" in first
    with story.work() as work:
        assert story.rows(work, Query) == []

    assert send(handler, address, plan | {"reason_code": "SOURCE_DOWN"}).status_code == 302
    office.sweep()
    with story.work() as work:
        asked = [work.session.get_one(Resource, one.resource_id).ref for one in story.rows(work, Query)]
    assert asked == [upper]
