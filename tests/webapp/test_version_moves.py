"""Pages that tell what a version means for running cases, and from which their move is prepared."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from domain.work import unit_of_work
from tasks.rows.repair_models import CaseBatch, CaseBatchRow
from tests.homes import Office
from tests.journeys.playing import Story, new_case
from tests.journeys.steps import authorise, commission, take_in
from tests.journeys.test_pairs_moved import renamed
from tests.journeys.test_versions import put_in_force
from tests.webapp.desk_world import app_of
from tests.webapp.owner_world import begun, owner_of, post, read, send_file, shipped

ROLE = (b'camunda:formKey="authorise" camunda:candidateGroups="town_post"',
        b'camunda:formKey="authorise" camunda:candidateGroups="department_clerk"')  # fmt: skip
MOVES = "/processes/verification/versions/2/moves"


@pytest.fixture
def app(office: Office) -> Flask:
    return app_of(office)


@pytest.fixture
def story(office: Office) -> Story:
    made = new_case(office)
    take_in(made)
    return made


@pytest.fixture
def owner(app: Flask, office: Office, story: Story) -> FlaskClient:
    return owner_of(app, office, "owner1")


def test_a_draft_tells_which_cases_it_would_touch(owner: FlaskClient) -> None:
    draft = begun(owner, "verification")
    page = read(owner.get(f"{draft}/impact?lang=zh").text)
    assert "没有案件在与它不同的版本上办理" in page  # the draft is what is in force
    changed = shipped("verification").replace(b'property name="term" value="report_draft_term"',
                                              b'property name="term" value="report_review_term"')  # fmt: skip
    assert changed != shipped("verification")
    assert send_file(owner, draft, "process.bpmn", changed).status_code == 200
    page = read(owner.get(f"{draft}/impact?lang=en").text)
    assert "1 running case" in page and "The new way from here" in page and "Collect authorisations" in page
    broken = shipped("verification").replace(b'targetRef="authorise"', b'targetRef="nowhere"', 1)
    send_file(owner, draft, "process.bpmn", broken, on=2)
    assert "does not pass the check yet" in read(owner.get(f"{draft}/impact?lang=en").text)


def test_steps_are_chosen_and_a_batch_is_frozen(owner: FlaskClient, office: Office, story: Story) -> None:
    put_in_force(office, "authorising has another id")
    page = owner.get(f"{MOVES}?lang=en").text
    assert "A step has to be chosen" in read(page) and 'name="map-authorise"' in page
    assert page.index('value="authorise_anew"') < page.index('value="intake"')  # the likeliest comes first
    again = post(
        owner, MOVES, again="yes", code=["unaffected", "path", "changes"], **{"map-authorise": "authorise_anew"}
    )
    assert "Something changes at once" in read(again.text) or "马上" in read(again.text)
    assert '<option value="authorise_anew" selected' in again.text
    silent = post(owner, MOVES, code="changes", **{"map-authorise": "authorise_anew"})
    assert silent.status_code == 422
    nothing = post(owner, MOVES, code="unaffected", reason="新版", **{"map-authorise": "authorise_anew"})
    assert nothing.status_code == 409
    done = post(owner, MOVES, code="changes", reason="新版", **{"map-authorise": "authorise_anew"})
    assert done.status_code == 302 and done.location.startswith("/batches/")
    office.sweep()
    with unit_of_work(office.home, office.actor("owner1"), write=False) as work:
        batch, row = work.session.scalars(select(CaseBatch)).one(), work.session.scalars(select(CaseBatchRow)).one()
        assert (batch.kind, batch.params["mapping"]) == ("migrate", {"authorise": "authorise_anew"})
        assert row.verdict == "changes"


def test_a_step_that_cases_have_behind_them_is_asked_for_where_who_did_it_is_bound_by_it(
    owner: FlaskClient, office: Office, story: Story
) -> None:
    authorise(story)
    commission(story)
    put_in_force(office, renamed)
    page = owner.get(f"{MOVES}?lang=en").text
    assert 'name="map-commission"' in page and "which such cases have behind them" in read(page)
    assert "so that they stay two people" in read(page)
    again = post(owner, MOVES, again="yes", **{"map-commission": "commission_anew"})
    assert '<option value="commission_anew" selected' in again.text


def test_only_owners_prepare_and_strange_versions_are_not_found(owner: FlaskClient, app: Flask, office: Office) -> None:
    put_in_force(office, "a step before filing")
    assert owner.get("/processes/verification/versions/99/moves").status_code == 404
    assert post(owner, "/processes/verification/versions/99/moves", code="path", reason="x").status_code == 404
    assert post(owner, MOVES, code="path", reason="x", **{"map-authorise": "no_such"}).status_code in (404, 409)
    other = app.test_client()
    assert other.get(MOVES).status_code in (302, 401, 403)


def test_approving_leads_to_the_move_where_the_second_owner_chooses_so(
    app: Flask, office: Office, owner: FlaskClient
) -> None:
    draft = begun(owner, "verification")
    changed = shipped("verification").replace(b'name="\xe6\x94\xb6\xe5\x8f\x96', b'name="\xe6\x94\xb6', 1)
    changed = changed.replace(b'property name="term" value="report_draft_term"',
                              b'property name="term" value="report_review_term"')  # fmt: skip
    assert send_file(owner, draft, "process.bpmn", changed).status_code == 200
    proposal = str(post(owner, f"{draft}/propose", revision="2", note="期限").location)
    second = owner_of(app, office, "owner2")
    page = second.get(f"{proposal}?lang=en").text
    assert "Were they moved to it" in read(page) and 'value="move"' in page
    done = post(second, f"{proposal}/approve", against="1", read="yes", cases="move")
    assert done.status_code == 302 and done.location.endswith(MOVES)
    assert "1 case runs on another version" in read(second.get(f"{MOVES}?lang=en").text)
    assert "What the version in force means for them" in read(second.get("/processes/verification?lang=en").text)
