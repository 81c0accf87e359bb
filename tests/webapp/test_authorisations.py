"""The pages of recipients' authorisations: a town's figures, a household's papers, a consent taken back."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from domain.assistance.recipients import Recipient
from domain.parties import organisations
from domain.parties.households import Household
from domain.verification import authorisations
from domain.work import OPERATOR, unit_of_work
from tests.homes import Office, one_roll
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of

TOMORROW = "2027-05-19T08:00:00+08:00"


@pytest.fixture
def app(office: Office) -> Flask:
    one_roll(office)
    office.advance(TOMORROW)
    office.sweep()
    return app_of(office)


def receiving(office: Office) -> list[str]:
    """Refs of the households of the town's that receive and whose members' papers are all in force."""
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        place = organisations.by_code(work, "pingshan-gongren")
        wanted = select(Household).join(Recipient, Recipient.household_id == Household.id)
        wanted = wanted.where(Household.town_id == place.id, Recipient.state == "ACTIVE").order_by(Household.id)
        return [
            one.ref for one in work.session.scalars(wanted) if not authorisations.missing(work, [one.id], work.today)
        ]


@pytest.mark.clause("NM-07")
def test_the_department_sees_each_town_and_who_lacks_an_authorisation(office: Office, app: Flask) -> None:
    clerk, town = browser_of(app, office, "clerk"), browser_of(app, office, "town")
    index = clerk.get("/authorisations").text
    assert "统计于 2027-05-19" in index and "工人街道" in index
    first, second = receiving(office)[:2]
    place = re.search(r"/authorisations/towns/(\w+)\"[^>]*>[^<]*工人街道", index)
    assert place is not None
    listed = clerk.get(f"/authorisations/towns/{place[1]}").text
    assert f"/authorisations/households/{first}" not in listed
    with unit_of_work(office.home, OPERATOR) as work:
        home = work.session.scalars(select(Household).where(Household.ref == first)).one()
        paper = authorisations.of_person(work, home.persons[0])[0]
        authorisations.withdraw(work, paper, on=work.today, reason="不再同意")
    listed = clerk.get(f"/authorisations/towns/{place[1]}").text
    assert f"/authorisations/households/{first}" in listed and f"/authorisations/households/{second}" not in listed
    page = clerk.get(f"/authorisations/households/{first}").text
    assert "无有效授权：授权已撤回" in page and "有效" in clerk.get(f"/authorisations/households/{second}").text
    assert town.get("/authorisations").status_code == 200
    others = [ref for ref in re.findall(r"/authorisations/towns/(\w+)\"", index) if ref != place[1]]
    assert others and all(town.get(f"/authorisations/towns/{ref}").status_code == 404 for ref in others)
    assert others[0] not in town.get("/authorisations").text


@pytest.mark.clause("NM-07", "BX-11")
def test_a_consent_is_taken_back_with_its_day_and_reason_and_what_was_written_is_kept(
    office: Office, app: Flask
) -> None:
    clerk = browser_of(app, office, "clerk")
    home = receiving(office)[0]
    page = clerk.get(f"/authorisations/households/{home}").text
    paper = re.search(r"/authorisations/(\w+)/withdraw", page)
    assert paper is not None and "授权已撤回" not in page
    form = {"csrf_token": token_in(page), "household": home, "on": "2027-05-19", "reason": ""}
    wrong = clerk.post(f"/authorisations/{paper[1]}/withdraw", data={**form, "on": "昨天", "reason": "本人要求撤回"})
    assert wrong.status_code == 422 and "本人要求撤回" in wrong.text and "请填写日期" in wrong.text
    bare = clerk.post(f"/authorisations/{paper[1]}/withdraw", data=form)
    assert bare.status_code == 422 and "请写明撤回授权的理由" in bare.text
    done = clerk.post(f"/authorisations/{paper[1]}/withdraw", data={**form, "reason": "本人要求撤回"})
    assert done.status_code == 302
    page = clerk.get(done.location).text
    assert "授权已撤回" in page
    again = clerk.post(f"/authorisations/{paper[1]}/withdraw", data={**form, "reason": "再次"})
    assert again.status_code == 409 and "BX-11" in again.text


def test_nobody_outside_the_department_and_the_town_sees_or_takes_back(office: Office, app: Flask) -> None:
    home = receiving(office)[0]
    clerk = browser_of(app, office, "clerk")
    page = clerk.get(f"/authorisations/households/{home}").text
    paper = re.search(r"/authorisations/(\w+)/withdraw", page)
    assert paper is not None
    handler = browser_of(app, office, "handler")
    assert handler.get("/authorisations").status_code == 403
    assert handler.get(f"/authorisations/households/{home}").status_code == 403
    other = browser_of(app, office, "town2")
    form = {"csrf_token": token_in(other.get("/account/").text), "household": home, "on": "2027-05-19", "reason": "x"}
    assert other.get(f"/authorisations/households/{home}").status_code == 404
    assert other.post(f"/authorisations/{paper[1]}/withdraw", data=form).status_code == 404
