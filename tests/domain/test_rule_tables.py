"""Decision tables of a place: the nearest one holds, a case keeps the one of its first day."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from domain import rules
from domain.errors import Conflict
from domain.policy import PolicyRefused
from domain.policy_shipped import read_files
from domain.rules import PolicyFile, PolicySnapshotRow, PolicyTable
from domain.vault import fingerprint
from domain.work import Work
from tests.bundles.playing import bundle
from tests.domain.office import POLICIES, Desk, case_of, household

NATIONAL = bundle("verification").files["doubts.dmn"]
CITY = NATIONAL.replace("名下有机动车：".encode(), "名下有车：".encode())
COUNTY = NATIONAL.replace("名下有机动车：".encode(), "本区：名下有车：".encode())


def deployed(work: Work, **tables: bytes) -> None:
    rules.deploy(
        work, {**read_files(POLICIES), **{f"{place}/doubts.dmn": content for place, content in tables.items()}}
    )


def test_the_nearest_place_with_a_table_of_its_own_decides(both: Desk) -> None:
    with both.acting() as work:
        case = case_of(work, household(work))
        assert rules.table_of_case(work, case, "doubts") is None  # the process's own, which holds everywhere
        deployed(work, liaoning=NATIONAL, benxi=CITY, chengkou=COUNTY)
        found = rules.table_of_case(work, case_of(work, household(work)), "doubts")
        assert found is not None
        assert (found.jurisdiction, found.content, found.digest) == ("benxi", CITY, fingerprint(CITY))
        deployed(work, liaoning=NATIONAL)
        above = rules.table_of_case(work, case_of(work, household(work)), "doubts")
        assert above is not None and above.jurisdiction == "benxi"  # a file that is deployed stays until it is replaced
        assert rules.table_of_case(work, case, "other") is None


def test_a_case_keeps_the_table_it_was_started_under(both: Desk) -> None:
    with both.acting() as work:
        deployed(work, benxi=CITY)
        old = case_of(work, household(work))
        deployed(work, benxi=COUNTY)
        new = case_of(work, household(work))
        for case, content in ((old, CITY), (new, COUNTY)):
            found = rules.table_of_case(work, case, "doubts")
            assert found is not None and found.content == content
        assert old.policy_snapshot_id != new.policy_snapshot_id
        assert len(work.session.scalars(select(PolicyTable)).all()) == 2
        assert rules.of_case(work, old).value("commission_letter_required") is True


def test_rules_without_own_tables_have_the_snapshot_they_always_had(desk: Desk) -> None:
    with desk.acting() as work:
        row = work.session.get_one(PolicySnapshotRow, case_of(work, household(work)).policy_snapshot_id)
        assert row.digest == row.data["digest"] and "tables" not in row.data


@pytest.mark.parametrize(
    ("path", "content"),
    [("benxi/doubts.dmn", b"<definitions/>"), ("benxi/doubts.dmn", b"no xml"), ("atlantis/doubts.dmn", NATIONAL)],
)
def test_a_table_that_cannot_be_evaluated_or_belongs_nowhere_is_refused(desk: Desk, path: str, content: bytes) -> None:
    with desk.acting() as work:
        with pytest.raises(PolicyRefused) as refused:
            rules.deploy(work, {**read_files(POLICIES), path: content})
        assert refused.value.findings[0].file == path
        assert work.session.scalars(select(PolicyFile).where(PolicyFile.path == path)).first() is None


def test_a_table_edited_behind_the_program_is_never_decided_by(desk: Desk) -> None:
    with desk.acting() as work:
        deployed(work, benxi=CITY)
        case = case_of(work, household(work))
        work.session.execute(text("DROP TRIGGER guard_policy_table_update_never"))
        work.session.execute(text("UPDATE policy_table SET content = :new"), {"new": COUNTY})
        with pytest.raises(Conflict):
            rules.table_of_case(work, case, "doubts")


def test_a_table_is_put_in_force_by_itself(desk: Desk) -> None:
    with desk.acting() as work:
        assert rules.put_table(work, "benxi", "doubts.dmn", CITY) == fingerprint(CITY)
        found = rules.table_of_case(work, case_of(work, household(work)), "doubts")
        assert found is not None and found.content == CITY
