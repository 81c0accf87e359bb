"""The whitelist (NM-13): one record, with evidence, by two people, until a day; what changed comes again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted
from domain.journal import JournalEntry
from domain.verification import (
    acceptances,
    commissions,
    comparison,
    doubt_facts,
    doubts,
    measures,
    whitelist,
    whitelist_views,
)
from domain.verification.doubt_facts import About
from domain.verification.doubts import Doubt, Raised
from domain.verification.whitelist import APPROVED, ENDED, REFUSED, WhitelistEntry, WhitelistPass
from domain.work import Work
from sources.categories import CATEGORIES
from tests.domain.office import TODAY, Desk, account, case_of, paper
from tests.domain.verification.sourced import (
    EVERYTHING,
    accepted_case,
    answered,
    as_role,
    match,
    planned,
    ready,
    sitting,
    sources,
)
from tests.domain.verification.world import ALL_PASS, authorise

RULE: Mapping[str, Any] = {"decision": "doubts", "table": "t", "rule": "r", "number": 1, "version": 1, "inputs": []}
CAR = {"plate": "辽E1", "type": "小型轿车", "status": "正常"}
RAISED = Raised("D-VEH", "名下有机动车：{kind}", RULE)


class World:
    """A case in which the same car was found, and a doubt about it that was verified."""

    def __init__(self, work: Work, desk: Desk, finding: str = "SOURCE_ERROR", **values: str) -> None:
        self.desk, self.work = desk, work
        self.offered = sources(work)
        self.case, self.family, (self.person, self.other) = accepted_case(work, "甲", "乙")
        self.answer(self.case, **(values or CAR))
        doubt = whitelist.consider(work, self.case, self.about(self.case), RAISED)
        assert doubt is not None
        self.doubt = doubt
        if finding:
            doubts.settle(as_role(work, desk, "town"), doubt, finding, "车管所书面说明")

    def answer(self, case: Case, *rows: Mapping[str, str], **values: str) -> None:
        cars = ready(self.work, self.offered["VEHICLE"])
        query = planned(self.work, case)["VEHICLE"]
        found = rows or (values,)
        answered(self.work, query, cars, *(match(self.person, cars, **dict[str, Any](one)) for one in found))
        comparison.build(self.work, case)

    def about(self, case: Case, kind: str = "ROW") -> About:
        made = doubt_facts.facts(self.work, case)
        return next(a for a in made if a.category == "VEHICLE" and a.context["fact"] == kind and a.result_id)

    def propose(self, login: str = "clerk", **changed: Any) -> WhitelistEntry:
        given = {"reason": "车已报废", "evidence": paper(self.work, self.case), "valid_until": TODAY + timedelta(90)}
        return whitelist.propose(as_role(self.work, self.desk, login), self.doubt, **{**given, **changed})

    def approved(self) -> WhitelistEntry:
        entry = self.propose()
        whitelist.approve(as_role(self.work, self.desk, "head"), entry)
        return entry

    def again(self, *rows: Mapping[str, str], **values: str) -> Case:
        """The family's next case, in which the office answers anew."""
        case = case_of(self.work, self.family, "NEW")
        authorise(self.work, case, self.family)
        commissions.prepare(self.work, case, categories=list(EVERYTHING), by=account(self.work, "clerk"))
        issued = commissions.issue(
            self.work, case, signed_on=TODAY, letter=paper(self.work, case), by=account(self.work, "head")
        )
        acceptances.decide(self.work, issued, items=ALL_PASS, outcome="ACCEPTED", by=account(self.work, "checker"))
        self.answer(case, *rows, **values)
        return case


def journal_of(work: Work, act: str) -> list[JournalEntry]:
    return list(work.session.scalars(select(JournalEntry).where(JournalEntry.event == act)))


@pytest.mark.clause("NM-13")
def test_the_same_record_is_skipped_and_the_skipping_is_kept_shown_and_journaled(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        world = World(work, both)
        entry = world.approved()
        case = world.again(**{**CAR, "plate": " 辽Ｅ1"})  # as another clerk of the office types it

        assert whitelist.consider(work, case, world.about(case), RAISED) is None
        assert whitelist.consider(work, case, world.about(case), RAISED) is None  # a step that is repeated
        assert doubts.views(work, case) == []
        (kept,) = work.session.scalars(select(WhitelistPass).where(WhitelistPass.case_id == case.id))
        assert (kept.entry_id, kept.code, kept.rule) == (entry.id, "D-VEH", RULE)
        (shown,) = whitelist_views.passes_of(work, case)
        assert (shown.person, shown.code, shown.entry) == (world.person.ref, "D-VEH", entry.ref)
        assert len(journal_of(work, "doubt.let_pass")) == 1
        assert whitelist_views.listed(as_role(work, both, "head"))[0].passes == 1


@pytest.mark.clause("NM-13")
@pytest.mark.parametrize("changed", [{"status": "转移中"}, {"plate": "辽E2"}, {"brand": "某牌"}])
def test_a_record_that_changed_comes_again(desk: Desk, changed: dict[str, str]) -> None:
    with sitting(desk, "clerk") as work:
        world = World(work, desk)
        world.approved()
        case = world.again(**{**CAR, **changed})
        assert whitelist.consider(work, case, world.about(case), RAISED) is not None
        assert whitelist_views.passes_of(work, case) == []


@pytest.mark.clause("NM-13")
def test_an_entry_that_ended_or_ran_out_lets_nothing_pass(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        world = World(work, desk)
        entry = world.approved()
        case = world.again(**CAR)
        late = Work(work.session, work.actor, work.now + timedelta(days=91), work.home)
        assert whitelist.consider(late, case, world.about(case), RAISED) is not None
        head = as_role(work, desk, "head")
        with pytest.raises(InvalidAnswers):
            whitelist.end(head, entry, " ")
        whitelist.end(head, entry, "车主已过户")
        assert entry.state == ENDED
        assert whitelist.whitelisted(work, world.person.id, "VEHICLE", entry.fingerprint, TODAY) is None
        with pytest.raises(Conflict):
            whitelist.end(head, entry, "再次")
        world.propose()  # a new one may follow


def test_a_proposal_alone_lets_nothing_pass_and_a_refused_one_neither(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        world = World(work, desk)
        entry = world.propose()
        assert whitelist.consider(work, world.again(**CAR), world.about(world.case), RAISED) is not None
        whitelist.refuse(as_role(work, desk, "head"), entry, "证据不足")
        assert entry.state == REFUSED
        view = whitelist_views.listed(as_role(work, desk, "head"), REFUSED)[0]
        assert whitelist_views.listed(as_role(work, desk, "head"), after=view.ref) == []
        assert (view.note, view.reason) == ("证据不足", "车已报废")


@pytest.mark.clause("NM-13")
def test_a_sum_is_skipped_only_when_every_record_of_it_is(desk: Desk) -> None:
    other = {**CAR, "plate": "辽E9"}
    with sitting(desk, "clerk") as work:
        world = World(work, desk)
        world.approved()
        alone = world.again(**CAR)
        assert whitelist.consider(work, alone, world.about(alone, "LINE"), RAISED) is None
        beside = world.again(CAR, other)
        assert whitelist.consider(work, beside, world.about(beside, "LINE"), RAISED) is not None


@pytest.mark.clause("NM-13")
def test_no_evidence_no_reason_and_no_honest_end_are_refused(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        world = World(work, both)
        with pytest.raises(InvalidAnswers) as refused:
            world.propose(reason=" ", evidence=None, valid_until=TODAY - timedelta(1))
        assert set(refused.value.fields) == {"reason", "evidence", "valid_until"}
        last = whitelist.longest(work, world.case.department_id)
        for until in (None, last + timedelta(1)):
            with pytest.raises(InvalidAnswers):
                world.propose(valid_until=until)
        world.propose(valid_until=last)
        with pytest.raises(Conflict):
            world.propose()


@pytest.mark.clause("NM-13")
def test_an_entry_that_ran_out_makes_room_for_a_new_proposal_and_one_that_holds_does_not(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        world = World(work, both)
        old = world.approved()
        with pytest.raises(Conflict):
            world.propose()
        world.work = later = replace(work, now=work.now + timedelta(days=91))
        new = world.propose(valid_until=later.today + timedelta(days=30))
        assert (old.state, new.state) == (ENDED, "PROPOSED") and old.ended_at == later.now
        assert len(journal_of(work, "whitelist.ended")) == 1


@pytest.mark.clause("NM-13")
def test_another_person_approves(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        world = World(work, both)
        entry = world.propose("head")
        with pytest.raises(Conflict):
            whitelist.approve(as_role(work, both, "head"), entry)
        for login in ("handler", "checker", "town", "clerk"):
            with pytest.raises(NotPermitted):
                whitelist.approve(as_role(work, both, login), entry)
        assert entry.state == "PROPOSED"


@pytest.mark.parametrize("finding", ["", "TRUE"])
def test_what_was_not_verified_or_found_true_is_not_proposed(desk: Desk, finding: str) -> None:
    with sitting(desk, "clerk") as work:
        world = World(work, desk, finding)
        with pytest.raises(Conflict):
            world.propose()


def test_agency_and_town_propose_nothing_and_strangers_see_nothing(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        world = World(work, desk)
        for login in ("handler", "town"):
            with pytest.raises(NotPermitted):
                world.propose(login)
        entry = world.propose()
        away = work.acting(replace(desk.actor("stranger"), roles=frozenset({"department_head"})))
        with pytest.raises(NotFound):
            whitelist.by_ref(away, entry.ref)
        assert whitelist_views.listed(away) == []
        with pytest.raises(NotPermitted):
            whitelist.approve(away, entry)


def refused(work: Work, statement: Any) -> bool:
    try:
        with work.session.begin_nested():
            work.session.execute(statement)
    except DBAPIError:
        return True
    return False


@pytest.mark.clause("NM-13")
def test_the_database_itself_holds_the_rules(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        world = World(work, both)
        entry = world.propose()
        row = {c.name: getattr(entry, c.key) for c in WhitelistEntry.__table__.columns if c.name not in ("id", "ref")}
        free = {**row, "ref": "x" * 26, "fingerprint": "fp1:" + "0" * 64}
        table = WhitelistEntry
        assert refused(work, insert(table).values({**free, "fingerprint": "fp1:"}))  # a person as a whole
        assert refused(work, insert(table).values({**free, "fingerprint": "*" * 68}))
        for missing in ("fingerprint", "category", "evidence_id", "person_id", "valid_until"):
            assert refused(work, insert(table).values({**free, missing: None}))
        assert refused(work, insert(table).values({**free, "person_id": world.other.id}))
        assert refused(work, insert(table).values({**free, "state": APPROVED, "decided_by": entry.proposed_by + 1}))
        assert refused(work, insert(table).values({**free, "fingerprint": row["fingerprint"]}))  # twice
        mine = update(table).where(table.id == entry.id).execution_options(synchronize_session=False)
        assert refused(work, mine.values(decided_by=entry.proposed_by, state=APPROVED))
        assert refused(work, mine.values(state=APPROVED))
        assert refused(work, mine.values(valid_until=date(2099, 1, 1)))
        assert refused(work, mine.values(state=ENDED))
        assert refused(work, text("DELETE FROM whitelist_entry"))
        whitelist.approve(as_role(work, both, "head"), entry)
        assert not refused(work, insert(table).values(free))


@pytest.mark.clause("NM-13")
def test_the_moment_of_the_question_is_no_fact_and_the_balance_is(desk: Desk) -> None:
    def of(work: Work, **values: str) -> str:
        return whitelist.fingerprint(work, "DEPOSIT", {"values": values, "role": ""})

    with sitting(desk, "clerk") as work:
        first = of(work, bank="农行", account="007", balance="40000.00", data_date="2027-03-01")
        assert of(work, bank="农 行", account="007", balance="40000.000", data_date="2027-04-01") == first
        assert of(work, bank="农行", account="007", balance="40000.01", data_date="2027-03-01") != first
        assert of(work, bank="农行", account="7", balance="40000.00", data_date="2027-03-01") != first
        assert whitelist.fingerprint(work, "SECURITY", {"values": {"bank": "农行"}}) != of(work, bank="农行")
        assert first.startswith("fp1:") and len(first) == 68


def test_only_the_field_that_dates_a_state_is_left_out() -> None:
    for code, measure in measures.MEASURES.items():
        fields = {field.code for field in CATEGORIES[code].fields}
        assert set(measure.moments) <= fields
        assert not set(measure.moments) & ({*measure.amounts, measure.other} | {"plate", "account", "uscc"})
        if measure.moments:
            assert CATEGORIES[code].dated_by in measure.moments


@given(st.dictionaries(st.sampled_from(sorted({f.code for f in CATEGORIES["HOUSE"].fields})), st.text(), max_size=5))
def test_a_record_is_its_content_and_not_its_order(values: dict[str, str]) -> None:
    turned = dict(reversed(list(values.items())))
    told = whitelist.record_of("HOUSE", {"values": values, "role": ""})
    assert whitelist.record_of("HOUSE", {"values": turned, "role": ""}) == told
    assert whitelist.record_of("HOUSE", {"values": {**values, "address": "别处"}, "role": ""}) != told or (
        values.get("address") == "别处"
    )


def test_entries_and_passes_keep_no_word_of_the_record_in_plain(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        world = World(work, desk)
        entry = world.approved()
        case = world.again(**CAR)
        whitelist.consider(work, case, world.about(case), RAISED)
        kept = work.session.scalars(select(WhitelistPass)).one()
        assert "辽E1".encode() not in entry.reason and "车已报废".encode() not in entry.reason
        assert "小型轿车" not in str(kept.rule)
        assert not any("车已报废" in str(one.body) for one in work.session.scalars(select(JournalEntry)))


def test_a_family_without_entries_costs_one_question_a_person(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        world = World(work, desk)
        case = world.again(**CAR)
        assert isinstance(whitelist.consider(work, case, world.about(case), RAISED), Doubt)
        assert work.memory["whitelist", str(world.person.id)] is False
