"""The table of rights, cell by cell, against the hard rules as the notices say them."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import select

from domain.cases import DONE, Case
from domain.errors import NotPermitted
from domain.parties import permissions
from domain.parties.permissions import (
    ACTIONS,
    AGENCY,
    AGENCY_FUNCTIONS,
    ANY,
    CASE_RELATIONS,
    DEPARTMENT,
    RULES,
    TOWN,
    case_scope,
    may,
    must,
    relation_to_case,
)
from domain.parties.roles import PORTALS, ROLES, clash, portal_of, role_kinds
from domain.work import Actor

SYSTEM = {"scheduler", "operator"}
# Which action names belong to a case of somebody, and may therefore never be done by a stranger to it.
OF_A_CASE = tuple(
    "case.read case.start case.cancel declaration. authorisation. noncooperation. commission. acceptance. query."
    " result. comparison. reveal. survey. doubt. report. determination. notice. dispute. recheck. archive.".split()
)
# Independent of the table: who, by law, may do the acts that matter most.
HARD = {
    "determination.decide": {("department_head", DEPARTMENT)},
    "noncooperation.decide": {("department_head", DEPARTMENT)},
    "commission.sign": {("department_head", DEPARTMENT)},
    "acceptance.decide": {("agency_checker", AGENCY)},
    "query.plan": {("agency_handler", AGENCY)},
    "report.draft": {("agency_handler", AGENCY)},
    "report.sign": {("agency_reviewer", AGENCY)},
    "recheck.answer": {("agency_handler", AGENCY)},
    "report.download": {("department_clerk", DEPARTMENT), ("department_head", DEPARTMENT)},
    "result.read": {("agency_checker", AGENCY), ("agency_handler", AGENCY), ("agency_reviewer", AGENCY)},
}


def somebody(role: str, org_kind: str = "", org_id: int = 1) -> Actor:
    kind = org_kind or sorted(ROLES[role].kinds)[0]
    return Actor(kind="staff", user_id=7, ref="x", roles=frozenset({role}), org_id=org_id, org_kind=kind)


def cells():
    """Every action, role and relation to a case."""
    return product(sorted(ACTIONS), ROLES, CASE_RELATIONS)


@pytest.mark.parametrize("action", sorted(HARD))
def test_the_acts_that_the_law_reserves_are_open_to_exactly_those_it_names(action):
    allowed = {
        (role, relation) for role, relation in product(ROLES, CASE_RELATIONS) if may(somebody(role), action, relation)
    }
    assert allowed == HARD[action]


@pytest.mark.clause("LF-17")
def test_an_agency_never_decides_and_never_tells_the_household():
    deciding = ("determination.decide", "noncooperation.decide", "notice.issue", "notice.deliver", "case.cancel")
    for action, role, relation in product(deciding, ROLES, (*CASE_RELATIONS, ANY)):
        if "agency" in ROLES[role].kinds:
            assert not may(somebody(role, "agency"), action, relation), (action, role, relation)


@pytest.mark.clause("LF-26")
def test_querying_and_raw_results_are_for_roles_that_only_an_agency_may_hold():
    for action, role, relation in cells():
        if action in AGENCY_FUNCTIONS and may(somebody(role), action, relation):
            assert ROLES[role].kinds == {"agency"}, (action, role)
            assert relation == AGENCY or action == "search.idno"
    named = {action for action in ACTIONS if action.split(".")[0] in ("query", "result", "comparison", "search")}
    assert named <= AGENCY_FUNCTIONS


def test_whatever_belongs_to_a_case_is_closed_to_strangers_and_to_the_bureau():
    for action, role, relation in cells():
        if action.startswith(OF_A_CASE) and relation in ("none", "oversight"):
            assert not may(somebody(role), action, relation), (action, role, relation)


def test_a_supplier_sees_no_case():
    for action, role in product(ACTIONS, ("data_supplier", "supplier_leader")):
        if action.startswith(OF_A_CASE) or action in ("case.list", "search.idno", "campaign.read"):
            assert not may(somebody(role), action), action


def test_a_town_post_neither_queries_nor_reads_reports_nor_other_towns():
    for action in ACTIONS:
        if may(somebody("town_post"), action) and action.startswith(OF_A_CASE):
            assert not action.startswith(("query.", "result.", "comparison.", "report.", "commission.")), action
            assert [relation for relation in CASE_RELATIONS if may(somebody("town_post"), action, relation)] == [TOWN]


def test_administrators_security_and_auditors_see_no_case_and_share_no_power():
    three = ("system_admin", "security_admin", "auditor")
    for action, role in product(ACTIONS, three):
        if action.startswith((*OF_A_CASE, "case.", "task.", "desk.", "household.", "delivery.", "search.")):
            assert not may(somebody(role), action), (action, role)
    assert not may(somebody("system_admin"), "account.grant")
    assert not may(somebody("security_admin"), "account.create")
    changing = {"account.create", "account.grant", "account.revoke", "account.disable", "account.file", "account.token"}
    assert not any(may(somebody("auditor"), action) for action in changing)
    for one, other in product(three, ROLES):
        assert (clash({one}, other) is not None) == (one != other), (one, other)


def test_the_scheduler_decides_nothing():
    scheduler = Actor(kind="scheduler", roles=frozenset({"scheduler"}))
    allowed = {action for action in ACTIONS if may(scheduler, action)}
    judging = ("decide", "sign", "draft", "settle", "approve", "propose", "grant", "file", "read")
    assert {"campaign.open", "commission.prepare", "query.run", "query.give_up"} <= allowed
    assert not [action for action in allowed if action.endswith(judging)]
    assert not [action for action in allowed if action.startswith(("task.", "account.", "search.", "reveal.", "desk."))]


def test_the_delivered_report_goes_to_the_entrusting_department_alone():
    for role, relation, state in product(ROLES, CASE_RELATIONS, ("DRAFT", "SIGNED", "DELIVERED")):
        wanted = role in ("department_clerk", "department_head") and relation == DEPARTMENT and state == "DELIVERED"
        assert may(somebody(role), "report.download", relation, state) == wanted
    assert not may(somebody("department_head"), "report.read", DEPARTMENT, "SIGNED")
    assert may(somebody("agency_reviewer"), "report.read", AGENCY, "DRAFT")


def test_nobody_approves_a_process_or_a_policy_he_wrote_or_rights_of_his_own():
    for action in ("process.approve", "process.migrate", "policy.approve"):
        assert not any(may(somebody(role), action, "author") for role in ROLES)
    for action in (
        a for a in ACTIONS if a.startswith("account.") and a not in ("account.own", "account.read", "account.create")
    ):
        assert not any(may(somebody(role), action, "self") for role in ROLES), action


def test_every_rule_names_known_roles_and_every_role_can_do_something():
    for rule in RULES:
        assert rule.roles <= set(ROLES) | SYSTEM, rule
    for role in ROLES:
        assert any(role in rule.roles for rule in RULES), role


def test_a_visitor_may_do_nothing():
    assert not any(may(Actor(kind="visitor"), action) for action in ACTIONS)


def test_an_unknown_action_is_a_mistake_and_not_a_refusal():
    with pytest.raises(KeyError):
        may(somebody("oversight"), "case.reed")


def test_a_refusal_names_the_roles_that_may():
    with pytest.raises(NotPermitted, match="Department head"):
        must(somebody("agency_handler"), "determination.decide", AGENCY)
    with pytest.raises(NotPermitted, match="another office"):
        must(somebody("department_head"), "determination.decide", "none")
    with pytest.raises(NotPermitted, match="Only the system"):
        must(somebody("department_head"), "campaign.open")


def test_each_kind_of_office_has_one_portal():
    kinds = {kind for _role, kind in role_kinds()}
    assert sorted(kind for portal in PORTALS.values() for kind in portal) == sorted(kinds)
    assert [portal_of(kind) for kind in ("agency", "department", "system")] == [
        "agency",
        "department",
        "administration",
    ]


def test_the_filter_gives_each_office_its_own_cases_and_others_none(tmp_path: Path):
    from domain.work import OPERATOR, unit_of_work
    from tests.support import a_case, make_home, some_offices

    home = make_home(tmp_path)
    offices = some_offices(home)
    with unit_of_work(home, OPERATOR) as work:
        ours = a_case(work, offices.department, offices.agency, offices.town, number="1")
        a_case(work, offices.department, offices.agency, offices.other_town, number="2", state=DONE)
        a_case(work, offices.other_department, offices.other_agency, None, number="3")
        # not commissioned yet: the department's business alone (BX-42)
        a_case(work, offices.department, offices.agency, offices.other_town, number="4", commissioned=False)
    seen_by = {
        ("department_clerk", offices.department): ["1", "2", "4"],
        ("agency_handler", offices.agency): ["1", "2"],
        ("archivist", offices.other_agency): ["3"],
        ("town_post", offices.town): ["1"],
        ("oversight", offices.bureau): [],
        ("data_supplier", offices.supplier): [],
        ("auditor", offices.system): [],
        ("finance", offices.department): [],
        ("statistician", offices.agency): [],
    }
    with home.sessions() as session:
        for (role, org), numbers in seen_by.items():
            actor = somebody(role, org.kind, org.id)
            found = session.scalars(select(Case).where(case_scope(actor)).order_by(Case.number)).all()
            assert [case.number for case in found] == numbers, role
            for case in session.scalars(select(Case)):
                # filter and relation must agree: what a list shows, the case page opens
                relation = relation_to_case(actor, case)
                related = may(actor, "case.read", relation) and (relation != AGENCY or case.commissioned_at is not None)
                assert related == (case in found), (role, case.number)
    assert ours.number == "1"


def test_the_table_is_read_in_full_by_these_tests():
    assert len(ACTIONS) == len({rule.action for rule in permissions.RULES}) > 60
