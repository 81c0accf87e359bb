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


def test_a_scenario_is_written_on_the_page_and_tried_when_it_is_saved(office: Office, app: Flask) -> None:
    owner = owner_of(app, office)
    draft = begun(owner)
    made = post(owner, f"{draft}/parts", revision=1, kind="scenario", key="waits", title="等待", title_en="It waits")
    assert made.location == f"{draft}/scenarios/waits"
    page = owner.get(f"{made.location}?lang=en").text
    assert "Save and try it" in page and "state = &#34;waiting&#34;" in page
    text = 'title = "等待"\n[values.case]\ncampaign = "K1"\nmonth_end = 2027-06-30T08:10:00+08:00\n'
    text += '[expect]\nstate = "{}"\n'
    saved = post(owner, made.location, revision=2, text=text.format("waiting").replace("\n", "\r\n"))
    assert saved.status_code == 302
    assert "as told" in owner.get(f"{made.location}?lang=en").text
    assert post(owner, made.location, revision=3, text=text.format("ended")).status_code == 302
    told = owner.get(f"{made.location}?lang=en").text
    assert "expect.state" in told and "line 6" in told and "otherwise" in told
    assert post(owner, made.location, revision=4, text="title = ").status_code == 302
    assert "Invalid" in owner.get(f"{made.location}?lang=en").text
    assert post(owner, made.location, revision=1, text=text.format("error")).status_code == 409
    assert owner.get(f"{draft}/scenarios/none").status_code == 404


def test_who_may_only_read_sees_a_scenario_and_cannot_change_it(office: Office, app: Flask) -> None:
    owner, reader = owner_of(app, office), owner_of(app, office, "system")
    address = f"{begun(owner)}/scenarios/overdue"
    assert reader.get(address).status_code in (200, 403)
    assert post(reader, address, revision=1, text="x").status_code == 403
