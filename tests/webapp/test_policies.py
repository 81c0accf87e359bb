"""The pages of policies: which notice rules where, every value with its clause, its history, and who sees none."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.homes import Office
from tests.webapp.desk_world import app_of, browser_of
from tests.webapp.owner_world import owner_of


@pytest.fixture
def app(office: Office) -> Flask:
    return app_of(office)


@pytest.mark.clause("LN-36")
def test_every_value_of_a_place_stands_with_the_clause_that_set_it_and_what_the_province_bound_holds(
    office: Office, app: Flask
) -> None:
    admin = owner_of(app, office, "policy")
    listed = admin.get("/policies").text
    assert "本溪市" in listed and "本民发〔2017〕47号" in listed and "满洲里市" in listed and "日期为推定" in listed

    page = admin.get("/policies/pingshan").text
    assert "平山区" in page and "LN-10" in page and "BX-17, BX-25" in page and "本单位规定" in page
    before = admin.get("/policies/pingshan?on=2018-05-01").text
    assert "LN-10" not in before and "BX-18, BX-19" in before

    history = admin.get("/policies/pingshan/route").text
    assert history.index("本溪市") < history.index("辽宁省")
    assert "LN-10" in history and "BX-18, BX-19" in history and "对下级有约束力" in history
    assert history.count("本地适用") == 1


def test_a_county_of_another_place_has_other_rules_and_no_limit_is_said_to_be_none(office: Office, app: Flask) -> None:
    admin = owner_of(app, office, "policy")
    assert "15日" in admin.get("/policies/manzhouli/case_limit").text.replace(" ", "")
    assert "未设定" in admin.get("/policies/pingshan/case_limit").text
    assert "CK-13" in admin.get("/policies/chengkou").text


def test_a_place_or_parameter_nobody_knows_is_not_found_and_staff_see_none(office: Office, app: Flask) -> None:
    admin = owner_of(app, office, "policy")
    assert admin.get("/policies/atlantis").status_code == 404
    assert admin.get("/policies/pingshan/nothing").status_code == 404
    assert admin.get("/policies/pingshan?on=yesterday").status_code == 200
    assert browser_of(app, office, "clerk").get("/policies").status_code in (403, 404)
