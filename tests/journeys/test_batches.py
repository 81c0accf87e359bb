"""One thing done to many cases: judged first, a second person above twenty, in chunks, stopped, taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted
from domain.journal import JournalEntry, JournalStream
from domain.text import gettext as _
from domain.work import SCHEDULER, Work, unit_of_work
from tasks.batches import batch_chunks, batch_pages, batch_undo, batches
from tasks.batches.batch_filter import CaseFilter
from tasks.batches.batches import CANNOT, OK, Verdict
from tasks.repair import repair_kinds
from tasks.rows.repair_models import CaseBatch, CaseBatchRow
from tests.homes import Office
from tests.infrastructure.databases import Template
from tests.journeys import steps
from tests.journeys.played import JUNE
from tests.journeys.playing import Story, new_case

WHY = "汛期停办"
repair_kinds.register_all()


@pytest.fixture
def many(office_in: Callable[[Template], Office], monkeypatch: pytest.MonkeyPatch) -> Office:
    """An office in its June review with seven cases under way, where a second person is asked above three."""
    monkeypatch.setattr(batches, "SECOND_FROM", 3)
    monkeypatch.setattr(batch_chunks, "RUN_AT_ONCE", 3)
    monkeypatch.setattr(batch_chunks, "JUDGED_AT_ONCE", 4)
    return office_in(JUNE)


def _batch(office: Office, ref: str) -> CaseBatch:
    with unit_of_work(office.home, SCHEDULER, write=False) as work:
        found = work.session.scalars(select(CaseBatch).where(CaseBatch.ref == ref)).one()
        work.session.expunge(found)
        return found


def _results(office: Office, ref: str) -> list[tuple[str, str]]:
    with unit_of_work(office.home, SCHEDULER, write=False) as work:
        rows = work.session.scalars(
            select(CaseBatchRow).join(CaseBatch).where(CaseBatch.ref == ref).order_by(CaseBatchRow.place)
        )
        return [(row.verdict, row.result) for row in rows]


def _draft(office: Office, login: str, kind: str, params: Mapping[str, Any], chosen: CaseFilter) -> str:
    with unit_of_work(office.home, office.actor(login)) as work:
        return batches.draft(work, kind, params, chosen, WHY)


def test_many_cases_wait_for_a_second_person_then_run_in_chunks_and_are_taken_back(many: Office) -> None:
    ref = _draft(many, "head", "suspend", {}, CaseFilter())
    with pytest.raises(Conflict), unit_of_work(many.home, many.actor("head")) as work:
        batches.run(work, ref)  # not judged yet
    many.sweep()
    total = _batch(many, ref).total
    assert total > batches.SECOND_FROM
    assert _batch(many, ref).state == "JUDGED"

    with pytest.raises(Conflict, match="second person"), unit_of_work(many.home, many.actor("head")) as work:
        batches.run(work, ref)
    with pytest.raises(NotPermitted), unit_of_work(many.home, many.actor("head")) as work:
        batches.approve(work, ref)
    with unit_of_work(many.home, many.actor("clerk")) as work:
        batches.approve(work, ref)
        batches.run(work, ref)
    many.sweep()

    assert _batch(many, ref).state == "DONE"
    assert set(_results(many, ref)) == {("ok", "DONE")}
    with pytest.raises(NotPermitted), unit_of_work(many.home, many.actor("clerk")) as work:
        batch_undo.undo(work, ref)  # who approved it may not put a case on hold, so not let it go on either
    with pytest.raises(Conflict), unit_of_work(many.home, many.actor("clerk")) as work:
        batch_undo.approve(work, ref)  # nobody asked
    with unit_of_work(many.home, many.actor("head")) as work:
        assert not batch_undo.undo(work, ref)
    with pytest.raises(NotPermitted), unit_of_work(many.home, many.actor("head")) as work:
        batch_undo.approve(work, ref)
    many.sweep()
    assert set(_results(many, ref)) == {("ok", "DONE")}
    with unit_of_work(many.home, many.actor("clerk")) as work:
        batch_undo.approve(work, ref)
    many.sweep()
    assert set(_results(many, ref)) == {("ok", "UNDONE")}
    with unit_of_work(many.home, SCHEDULER) as work:
        assert not work.session.scalars(select(Case.id).where(Case.suspended_at.is_not(None))).all()
        told = work.session.scalars(
            select(JournalEntry.event)
            .join(JournalStream, JournalStream.id == JournalEntry.stream_id)
            .where(JournalStream.kind == "batch", JournalStream.subject == ref)
            .order_by(JournalEntry.seq)
        ).all()
    assert [one for one in told if one != "batch.ran"] == [
        "batch.drafted", "batch.judged", "batch.approved", "batch.begun", "batch.done", "batch.undo_asked",
        "batch.undo_begun", "batch.undone",
    ]  # fmt: skip


def test_many_small_lists_of_one_person_are_a_long_one(many: Office) -> None:
    unit = many.actor("head").org_id
    with unit_of_work(many.home, SCHEDULER) as work:
        own = list(work.session.scalars(select(Case.ref).where(Case.department_id == unit).order_by(Case.id)))
    assert len(own) > batches.SECOND_FROM
    first = _draft(many, "head", "suspend", {}, CaseFilter(cases=tuple(own[:2])))
    second = _draft(many, "head", "suspend", {}, CaseFilter(cases=tuple(own[2:4])))
    many.sweep()
    with unit_of_work(many.home, many.actor("head")) as work:
        batches.run(work, first)
    many.sweep()
    with pytest.raises(Conflict, match="second person"), unit_of_work(many.home, many.actor("head")) as work:
        batches.run(work, second)
    with unit_of_work(many.home, many.actor("clerk")) as work:
        assert batch_pages.batch_page(work, second).second
        batches.approve(work, second)
        batches.run(work, second)
    many.sweep()
    assert _results(many, second) == [("ok", "DONE")] * 2


def test_a_stopped_batch_leaves_the_rest_and_a_killed_chunk_is_done_again_once(many: Office) -> None:
    did: list[str] = []

    def act(work: Work, case_ref: str, _params: Mapping[str, Any]) -> None:
        did.append(case_ref)

    batches.register("probe", lambda _w, _c, _p: Verdict(OK, _("fine")), act, action="case.repair")
    ref = _draft(many, "head", "probe", {}, CaseFilter())
    many.sweep()
    with unit_of_work(many.home, many.actor("clerk")) as work:
        batches.approve(work, ref)
        batches.run(work, ref)

    with pytest.raises(KeyboardInterrupt):
        _killed_in_the_middle(many, ref)
    assert {result for _verdict, result in _results(many, ref)} == {""}
    with unit_of_work(many.home, SCHEDULER) as work:
        batch_chunks.run_some(work, ref)
    assert [result for _verdict, result in _results(many, ref)].count("DONE") == batch_chunks.RUN_AT_ONCE
    with unit_of_work(many.home, many.actor("head")) as work:
        batches.cancel(work, ref)
    many.sweep()

    assert [result for _verdict, result in _results(many, ref)].count("DONE") == batch_chunks.RUN_AT_ONCE
    assert _batch(many, ref).state == "CANCELLED"


def _killed_in_the_middle(office: Office, ref: str) -> None:
    with unit_of_work(office.home, SCHEDULER) as work:
        batch_chunks.run_some(work, ref)
        raise KeyboardInterrupt


def test_one_case_that_refuses_or_breaks_is_left_as_it_was_and_the_others_are_done(many: Office) -> None:
    def judge(work: Work, case_ref: str, _params: Mapping[str, Any]) -> Verdict:
        place = work.session.scalars(select(Case).where(Case.ref == case_ref)).one().id % 3
        return Verdict(CANNOT if place == 0 else OK, _("judged"))

    def act(work: Work, case_ref: str, _params: Mapping[str, Any]) -> None:
        case = work.session.scalars(select(Case).where(Case.ref == case_ref)).one()
        case.suspended_until = work.now
        work.session.flush()
        if case.id % 3 == 1:
            raise Conflict(_("not this one"))

    batches.register("picky", judge, act, action="case.repair")
    ref = _draft(many, "head", "picky", {}, CaseFilter())
    many.sweep()
    with unit_of_work(many.home, many.actor("clerk")) as work:
        batches.approve(work, ref)
        batches.run(work, ref)
    many.sweep()

    assert set(_results(many, ref)) == {("cannot", ""), ("ok", "DONE"), ("ok", "FAILED")}
    with unit_of_work(many.home, SCHEDULER) as work:
        touched = work.session.scalars(select(Case.id).where(Case.suspended_until.is_not(None))).all()
    assert {one % 3 for one in touched} == {2}


def test_each_case_is_looked_at_in_a_transaction_of_its_own_that_is_not_kept(many: Office) -> None:
    sessions: list[Session] = []

    def judge(work: Work, case_ref: str, _params: Mapping[str, Any]) -> Verdict:
        case = work.session.scalars(select(Case).where(Case.ref == case_ref).with_for_update()).one()
        case.suspended_until = work.now
        sessions.append(work.session)
        return Verdict(OK, _("judged"))

    batches.register("looked at", judge, lambda _w, _c, _p: None, action="case.repair")
    ref = _draft(many, "head", "looked at", {}, CaseFilter())
    many.sweep()
    assert _batch(many, ref).state == "JUDGED" and len(sessions) == _batch(many, ref).total > 3
    assert len({id(one) for one in sessions}) == len(sessions)
    assert not any(one.in_transaction() for one in sessions)
    with unit_of_work(many.home, SCHEDULER) as work:
        assert not work.session.scalars(select(Case.id).where(Case.suspended_until.is_not(None))).all()


def test_cases_are_moved_by_filter_and_those_elsewhere_are_not_on_the_list(office: Office) -> None:
    stories = [_at_signature(office)]
    ref = _draft(office, "head", "move", {"from": "sign_commission", "to": "commission"},
                 CaseFilter(step="sign_commission"))  # fmt: skip
    office.sweep()
    assert _results(office, ref) == [("changes", "")]
    assert stories[0].open_steps() == ["sign_commission"]
    with unit_of_work(office.home, office.actor("head")) as work:
        batches.run(work, ref)
    office.sweep()
    assert stories[0].open_steps() == ["commission"]

    # a clerk may be a second person for what a head asks for, but takes back no repair alone, were it of one case
    with pytest.raises(NotPermitted), unit_of_work(office.home, office.actor("clerk")) as work:
        batch_undo.undo(work, ref)
    with unit_of_work(office.home, office.actor("head")) as work:
        assert batch_undo.undo(work, ref)
    office.sweep()
    assert stories[0].open_steps() == ["sign_commission"]


def test_a_batch_without_reason_list_or_step_is_refused(office: Office) -> None:
    _at_signature(office)
    with unit_of_work(office.home, office.actor("head")) as work:
        with pytest.raises(InvalidAnswers):
            batches.draft(work, "suspend", {}, CaseFilter(), " ")
        with pytest.raises(InvalidAnswers):
            batches.draft(work, "move", {}, CaseFilter(), WHY)
        with pytest.raises(Conflict):
            batches.draft(work, "suspend", {}, CaseFilter(process="nothing"), WHY)
        with pytest.raises(NotFound):
            batches.draft(work, "nothing", {}, CaseFilter(), WHY)
    with pytest.raises(NotPermitted), unit_of_work(office.home, office.actor("clerk")) as work:
        batches.draft(work, "suspend", {}, CaseFilter(), WHY)


def _at_signature(office: Office) -> Story:
    story = new_case(office)
    steps.take_in(story)
    steps.authorise(story)
    steps.commission(story)
    return story
