"""Versions: proposed by one owner, put in force by another, never changed, never numbered twice, rolled back."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from domain.errors import Conflict, DefinitionRefused, InvalidAnswers, NotFound, NotPermitted, Stale
from tests.crowd import at_once
from tests.homes import Office
from tests.journeys.playing import new_case
from tests.workflows.studio import KEY, Studio, checked, shipped, titled, with_files
from workflows import bundles, definitions
from workflows.definition_rows import DefinitionPart, DefinitionProposal, DefinitionRow, keep_parts


@pytest.fixture
def studio(office: Office) -> Studio:
    return Studio(office)


def proposal(studio: Studio, ref: str) -> DefinitionProposal:
    with studio.work(write=False) as work:
        row = definitions.proposal(work, ref)
        work.session.expunge(row)
        return row


def test_a_second_owner_puts_in_force_exactly_what_was_checked(studio: Studio) -> None:
    ref = studio.propose("甲")

    with pytest.raises(NotPermitted, match="cannot approve it"):
        studio.approve(ref, checked("甲"), login="owner1")
    with pytest.raises(NotPermitted):
        studio.approve(ref, checked("甲"), login="clerk")
    with pytest.raises(Conflict, match="not what was proposed"):
        studio.approve(ref, checked("乙"))
    assert studio.approve(ref, checked("甲")) == 2

    row = proposal(studio, ref)
    with studio.work(write=False) as work:
        made = definitions.version(work, KEY, 2)
        assert (made.proposed_by, made.approved_by) == (row.proposed_by, row.decided_by)
        assert (made.note, made.digest, row.state) == ("甲", row.digest, "APPROVED")
        assert definitions.bundle_of(work, made).files == dict(checked("甲").bundle.files)
        assert definitions.bundle_of(work, row).digest == made.digest
    with pytest.raises(Conflict, match="dealt with already"):
        studio.approve(ref, checked("甲"))


def test_a_proposal_whose_operations_are_gone_is_refused_with_its_findings(studio: Studio) -> None:
    """As if it had been proposed under a program that knew another operation."""
    bundle = with_files({"process.bpmn": _without_operation()})
    with studio.work() as work:
        keep_parts(work, bundle.files.values())
        row = DefinitionProposal(
            process=KEY, digest=bundle.digest, manifest=bundle.manifest, proposed_by=work.actor.person(),
            proposed_at=work.now,
        )  # fmt: skip
        work.session.add(row)
        work.session.flush()
        ref = row.ref

    with pytest.raises(DefinitionRefused) as refused, studio.work("owner2") as work:
        definitions.approve(work, ref, bundles.must_pass(definitions.bundle_of(work, definitions.proposal(work, ref))))

    assert any("campaign.vanished" in str(found.sentence) for found in refused.value.findings)
    assert proposal(studio, ref).state == "OPEN"
    assert studio.in_force().number == 1


def _without_operation() -> bytes:
    source = shipped().files["process.bpmn"].decode()
    topic = source.split('camunda:topic="')[1].split('"')[0]
    return source.replace(f'camunda:topic="{topic}"', 'camunda:topic="campaign.vanished"', 1).encode()


def test_an_approval_against_a_version_that_is_not_in_force_any_more_is_refused(studio: Studio) -> None:
    """The version changed while the proposal was checked, after its differences were read."""
    one, other = studio.propose("甲"), studio.propose("乙")
    studio.approve(one, checked("甲"))

    with studio.work("owner2") as work, pytest.raises(Stale):
        definitions.approve(work, other, checked("乙"), against=1)

    assert proposal(studio, other).state == "OPEN" and studio.in_force().number == 2
    with studio.work("owner2") as work:
        assert definitions.approve(work, other, checked("乙"), against=2).number == 3


def test_a_second_owner_sends_back_with_a_reason_and_the_first_may_withdraw(studio: Studio) -> None:
    ref = studio.propose("甲")
    with studio.work("owner2") as work:
        with pytest.raises(InvalidAnswers):
            definitions.send_back(work, ref, "  ")
        with pytest.raises(NotPermitted):
            definitions.withdraw(work, ref)
        definitions.send_back(work, ref, "名称不妥")
    with studio.work("owner1") as work, pytest.raises(Conflict):
        definitions.withdraw(work, ref)
    row = proposal(studio, ref)
    assert (row.state, row.decision_note) == ("RETURNED", "名称不妥")
    assert row.decided_by not in (None, row.proposed_by) and row.decided_at is not None

    again = studio.propose("甲")
    with studio.work("owner1") as work:
        with pytest.raises(NotPermitted, match="withdraw it instead"):
            definitions.send_back(work, again, "x")
        definitions.withdraw(work, again)
    assert proposal(studio, again).state == "WITHDRAWN"
    with studio.work(write=False) as work:
        assert definitions.open_proposals(work) == []
    with studio.work("owner2") as work, pytest.raises(NotFound):
        definitions.approve(work, "nowhere", checked("甲"))
    with studio.work("owner2") as work, pytest.raises(NotFound):
        definitions.withdraw(work, "nowhere")


def test_what_is_in_force_or_waits_is_not_proposed_again(studio: Studio) -> None:
    studio.propose("甲")
    with pytest.raises(Conflict, match="waits for a second owner already"):
        studio.propose("甲", login="owner2")
    with studio.work() as work, pytest.raises(Conflict, match="is the same already"):
        definitions.propose(work, bundles.must_pass(shipped()), note="")


def test_two_open_proposals_come_into_force_in_order_and_the_later_is_told_it_was_overtaken(studio: Studio) -> None:
    first, second = studio.propose("甲"), studio.propose("乙", login="owner2")
    with studio.work(write=False) as work:
        assert not definitions.overtaken(work, definitions.proposal(work, second))

    studio.approve(first, checked("甲"))

    with studio.work(write=False) as work:
        assert definitions.overtaken(work, definitions.proposal(work, second))
    assert studio.approve(second, checked("乙"), login="owner1") == 3
    assert studio.in_force().title == "乙"


def test_two_approvals_at_once_make_two_versions(studio: Studio) -> None:
    refs = {title: studio.propose(title) for title in ("甲", "乙", "丙")}

    at_once(*[lambda t=title: studio.approve(refs[t], checked(t)) for title in refs])

    with studio.work(write=False) as work:
        numbers = work.session.scalars(select(DefinitionRow.number).where(DefinitionRow.process == KEY)).all()
    assert sorted(numbers) == [1, 2, 3, 4]


def test_one_proposal_approved_twice_at_once_is_one_version(studio: Studio) -> None:
    ref, refused = studio.propose("甲"), []

    def approve() -> None:
        try:
            studio.approve(ref, checked("甲"))
        except Conflict as problem:
            refused.append(problem)

    at_once(*[approve] * 3)
    assert len(refused) == 2 and studio.in_force().number == 2


# --- rolling back ------------------------------------------------------------------------------------------------


def test_an_earlier_version_comes_back_under_a_new_number_by_two_owners(studio: Studio) -> None:
    studio.deploy("甲")
    old = bundles.must_pass(shipped())
    with studio.work() as work:
        with pytest.raises(Conflict, match="not version 2"):
            definitions.propose_old(work, KEY, 2, old, note="")
        with pytest.raises(NotFound):
            definitions.propose_old(work, KEY, 9, old, note="")
        with pytest.raises(Conflict, match="is the same already"):
            definitions.propose_old(work, KEY, 2, checked("甲"), note="")
        ref = definitions.propose_old(work, KEY, 1, old, note="退回").ref
    with pytest.raises(NotPermitted):
        studio.approve(ref, old, login="owner1")

    assert studio.approve(ref, old) == 3

    assert studio.in_force().bundle.digest == shipped().digest
    with studio.work(write=False) as work:
        assert [row.number for row in definitions.versions(work) if row.process == KEY] == [3, 2, 1]


def test_a_part_that_many_versions_hold_is_stored_once(studio: Studio) -> None:
    with studio.work(write=False) as work:
        before = work.session.scalar(select(func.count()).select_from(DefinitionPart))
    for title in ("甲", "乙"):
        studio.deploy(title)
    with studio.work(write=False) as work:
        assert work.session.scalar(select(func.count()).select_from(DefinitionPart)) == (before or 0) + 2


def test_how_many_cases_run_on_which_version(studio: Studio) -> None:
    new_case(studio.office, "town", "B2027003")
    with studio.work(write=False) as work:
        version = definitions.in_force(work, "verification").row_id
        assert definitions.running(work) == {version: 1}
        assert definitions.version(work, "verification", 1).id == version
        with pytest.raises(NotFound):
            definitions.version(work, "verification", 2)


def test_titles_are_those_of_the_version(studio: Studio) -> None:
    assert titled("甲") != shipped().files["process.toml"]
    studio.deploy("甲")
    with studio.work(write=False) as work:
        assert next(row.title for row in definitions.versions(work) if row.process == KEY) == "甲"
