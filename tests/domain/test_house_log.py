"""The log of what is done for the system, and of training: written once, by whoever runs the house (CK-17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from domain.base import new_ref
from domain.errors import InvalidAnswers, NotPermitted
from domain.oversight import house_log
from domain.oversight.house_log import MEND, TRAINING, UPGRADE, HouseLogLine, Said
from domain.work import Work
from tests.domain.office import TODAY, Desk


def _being(work: Work, desk: Desk, role: str) -> Work:
    return work.acting(replace(desk.actor("clerk"), roles=frozenset({role})))


@pytest.mark.clause("CK-17")
def test_work_on_the_system_and_training_are_written_down_and_listed_newest_first(both: Desk) -> None:
    with both.acting() as work:
        system = _being(work, both, "system_admin")
        house_log.write(system, Said(UPGRADE, TODAY, "升级到新版本", "信息中心 白大寒"))
        house_log.write(system, Said(TRAINING, date(2027, 3, 1), "核对业务培训", "各街道经办", 23))
        last = house_log.write(system, Said(MEND, TODAY, " 修复报表 ", "白大寒"))
        told = house_log.listed(_being(work, both, "auditor"), most=2)
        assert [(one.kind, one.what, one.trained, one.by) for one in told] == [
            (MEND, "修复报表", None, "clerk"), (TRAINING, "核对业务培训", 23, "clerk"),
        ]  # fmt: skip
        older = house_log.listed(system, after=told[-1].ref, most=2)
        assert [(one.kind, one.done_on, one.people) for one in older] == [(UPGRADE, TODAY, "信息中心 白大寒")]
        assert [one.kind for one in house_log.listed(system, TRAINING, most=9)] == [TRAINING]
        kept = work.session.scalars(select(HouseLogLine).where(HouseLogLine.ref == last.ref)).one()
        assert "报表".encode() not in kept.what and "白大寒".encode() not in kept.people


@pytest.mark.clause("CK-17")
@pytest.mark.parametrize(
    ("said", "field"),
    [
        (Said("PARTY", TODAY, "x", "y"), "kind"),
        (Said(MEND, TODAY + timedelta(days=1), "x", "y"), "done_on"),
        (Said(MEND, None, "x", "y"), "done_on"),
        (Said(MEND, TODAY, "  ", "y"), "what"),
        (Said(MEND, TODAY, "x", ""), "people"),
        (Said(TRAINING, TODAY, "x", "y"), "trained"),
        (Said(TRAINING, TODAY, "x", "y", 0), "trained"),
        (Said(MEND, TODAY, "x", "y", 4), "trained"),
    ],
)
def test_a_line_that_says_too_little_is_refused_at_its_field(desk: Desk, said: Said, field: str) -> None:
    with desk.acting() as work:
        with pytest.raises(InvalidAnswers) as refused:
            house_log.write(_being(work, desk, "system_admin"), said)
        assert list(refused.value.fields) == [field]
        assert house_log.listed(_being(work, desk, "system_admin"), most=1) == []


@pytest.mark.clause("CK-17")
def test_only_who_runs_the_house_writes_the_log_and_auditors_read_it(desk: Desk) -> None:
    with desk.acting() as work:
        for role in ("auditor", "department_head", "agency_head", "security_admin"):
            with pytest.raises(NotPermitted):
                house_log.write(_being(work, desk, role), Said(MEND, TODAY, "x", "y"))
        with pytest.raises(NotPermitted):
            house_log.listed(_being(work, desk, "department_head"), most=1)


@pytest.mark.clause("CK-17")
@pytest.mark.parametrize(("kind", "trained"), [("TRAINING", None), ("TRAINING", 0), ("MEND", 3), ("PARTY", None)])
def test_the_database_keeps_nothing_that_the_verb_would_refuse(both: Desk, kind: str, trained: int | None) -> None:
    with both.acting() as work:
        row = {"ref": new_ref(), "kind": kind, "done_on": TODAY, "what": b"x", "people": b"y", "trained": trained,
               "recorded_by": both.actor("clerk").user_id, "recorded_at": work.now}  # fmt: skip
        with pytest.raises(IntegrityError), work.session.begin_nested():
            work.session.execute(insert(HouseLogLine), row)
