"""The rules in force: deployed files, the snapshot a case keeps, and due instants that say where they come from."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from domain import rules, sealing
from domain.clock import OFFICE_ZONE, office_day
from domain.errors import Conflict, NotFound
from domain.journal import JournalEntry
from domain.parties import organisations
from domain.policy import PolicyRefused
from domain.policy_shipped import read_files
from domain.rules import INTERNAL, NO_LIMIT, PolicyFile, PolicySnapshotRow
from domain.work import OPERATOR, unit_of_work
from domain.workdays import Derivation
from tests.domain.office import NOW, POLICIES, TODAY, case_of, household

BENXI, NATION = "benxi/2017-12-06.toml", "national/2017-01-01.toml"


@pytest.fixture
def shipped() -> dict[str, bytes]:
    return read_files(POLICIES)


def test_the_database_says_what_is_in_force_not_the_folder(both, shipped):
    with both.acting() as work:
        office = organisations.by_code(work, "pingshan").id
        assert rules.value(work, office, "commission_letter_required") is True
        with pytest.raises((PolicyRefused, Conflict, ValueError)):
            rules.deploy(work, {**shipped, BENXI: b"this is no policy"})
    with unit_of_work(both.home, OPERATOR, now=NOW) as work:
        kept = work.session.scalars(select(PolicyFile.content).where(PolicyFile.path == BENXI)).one()
    assert kept == shipped[BENXI], "a refused set of files changes nothing"


def test_deploying_is_journalled_and_deploying_the_same_again_changes_no_file(both, shipped):
    with both.acting() as work:
        before = dict(work.session.execute(select(PolicyFile.path, PolicyFile.deployed_at)).all())
    with unit_of_work(both.home, OPERATOR, now=NOW + timedelta(days=1)) as work:
        rules.deploy(work, shipped)
    with both.acting() as work:
        assert dict(work.session.execute(select(PolicyFile.path, PolicyFile.deployed_at)).all()) == before
        written = select(func.count(JournalEntry.id)).where(JournalEntry.event == "policies.deployed")
        assert work.session.scalar(written) == 2
        assert list(sealing.verify(work.session, work.home.vault)) == []


def test_parsed_rules_are_shared_until_a_file_changes(desk, shipped):
    with desk.acting() as work:
        first = rules.current(work)
        assert rules.current(work) is first
        rules.deploy(work, {**shipped, BENXI: shipped[BENXI] + b"\n# a remark\n"})
        assert rules.current(work) is not first


def test_an_office_has_the_rules_of_its_place_and_of_every_place_above(desk):
    with desk.acting() as work:
        chain = rules.jurisdictions(work, organisations.by_code(work, "pingshan").id)
    assert chain[0] == "pingshan"
    assert chain.index("benxi") < chain.index("liaoning") < chain.index("national")
    assert len(set(chain)) == len(chain)


def test_equal_rules_share_a_row_and_a_case_keeps_those_of_its_first_day(both, shipped):
    with both.acting() as work:
        first, second = case_of(work, household(work)), case_of(work, household(work))
        assert first.policy_snapshot_id == second.policy_snapshot_id
    with both.acting() as work:
        three = b"[values.notice_term]\nvalue = { length = 3"
        changed = shipped[NATION].replace(three, three[:-1] + b"7")
        assert changed != shipped[NATION]
        rules.deploy(work, {**shipped, NATION: changed})
        office = organisations.by_code(work, "pingshan").id
        later = case_of(work, household(work))
        assert rules.value(work, office, "notice_term").length == 7
        assert rules.of_case(work, first).value("notice_term").length == 3
        assert rules.of_case(work, later).value("notice_term").length == 7
        assert later.policy_snapshot_id != first.policy_snapshot_id


def test_kept_rules_that_were_edited_are_refused(both):
    with both.acting() as work:
        case = case_of(work, household(work))
    with both.acting() as work:
        row = work.session.get_one(PolicySnapshotRow, case.policy_snapshot_id)
        values = {**row.data["values"], "commission_letter_required": {"value": False}}
        work.session.execute(
            update(PolicySnapshotRow).where(PolicySnapshotRow.id == row.id).values(data={**row.data, "values": values})
        )
    with both.acting() as work, pytest.raises(Conflict):
        rules.of_case(work, case)


def test_a_due_instant_tells_day_zero_term_calendar_and_where_it_comes_from(desk):
    with desk.acting() as work:
        due = rules.due(work, case_of(work, household(work)), "notice_term")
        calendar = rules.current(work).calendar.version
        assert due.at is not None
        assert due.derivation is not None
        assert Derivation.from_json(due.derivation).due(rules.current(work).calendar) == due.at
    # three working days after a Wednesday: Thursday, Friday, Monday to its end
    assert office_day(due.at - timedelta(seconds=1)) == date(2027, 3, 15)
    assert due.derivation["day_zero"] == "2027-03-10"
    assert calendar in str(due.derivation)
    assert (due.derivation["key"], due.kind, due.source) == ("notice_term", INTERNAL, "internal")


def test_where_the_law_sets_no_term_none_is_shown_unless_an_own_target_is_asked_for(desk):
    with desk.acting() as work:
        case = case_of(work, household(work))
        assert rules.due(work, case, "recheck_term") == NO_LIMIT
        target = rules.due(work, case, "recheck_term", fallback="recheck_term_internal")
        assert target.kind == INTERNAL
        assert target.at is not None
        assert target.derivation is not None
        assert target.derivation["key"] == "recheck_term_internal"


def test_an_unknown_key_is_refused(desk):
    with desk.acting() as work:
        office = organisations.by_code(work, "pingshan").id
        with pytest.raises(NotFound):
            rules.value(work, office, "no_such_key")


def test_today_is_the_offices_day():
    assert office_day(datetime(2027, 3, 9, 16, 30, tzinfo=UTC)) == TODAY == date(2027, 3, 10)
    assert NOW.astimezone(OFFICE_ZONE).date() == TODAY
    assert INTERNAL != rules.STATUTORY
