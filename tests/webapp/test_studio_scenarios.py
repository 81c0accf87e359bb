"""Scenarios on the pages of owners: coverage on the draft, and nobody publishes what does otherwise than told."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.homes import Office
from tests.webapp.desk_world import app_of
from tests.webapp.owner_world import begun, counted, owner_of, post, send_file, shipped


@pytest.fixture
def app(office: Office) -> Flask:
    return app_of(office)


def test_a_draft_says_how_many_scenarios_hold_and_how_many_flows_they_take(office: Office, app: Flask) -> None:
    owner = owner_of(app, office)
    page = owner.get(f"{begun(owner)}?lang=en").text
    assert "4 scenarios" in page and "10 of 10 flows taken" in page and "all end as told" in page
    assert "scenarios/signed_late.toml" in page


def test_a_draft_that_does_otherwise_than_told_is_shown_so_and_not_proposed(office: Office, app: Flask) -> None:
    owner = owner_of(app, office)
    draft = begun(owner)
    turned = shipped("review_commission").replace(b'outcome = "REFUSE"', b'outcome = "ACCEPT"')
    send_file(owner, draft, "process.bpmn", turned)
    page = owner.get(f"{draft}?lang=en").text
    assert "do not end as told" in page and "no findings" in page  # the check alone sees nothing wrong
    answer = post(owner, f"{draft}/propose?lang=en", revision=2, note="turned round")
    assert answer.status_code == 422
    assert "scenarios/signed_and_accepted.toml" in answer.text and "turned round</textarea>" in answer.text
    assert counted(office.home)["definition_proposal"] == 0


def test_a_draft_without_scenarios_is_told_and_may_be_proposed(office: Office, app: Flask) -> None:
    owner = owner_of(app, office)
    draft = begun(owner)
    for number, name in enumerate(("overdue", "refused_and_corrected", "signed_and_accepted", "signed_late"), start=1):
        path = f"scenarios/{name}.toml"
        assert post(owner, f"{draft}/parts/delete", revision=number, path=path).status_code == 302
    assert "No scenario says what this process should do." in owner.get(f"{draft}?lang=en").text
    assert post(owner, f"{draft}/propose", revision=5, note="ohne").status_code == 302
