"""Where the five notices contradict each other, each place keeps its own rule, with the clause it comes from.

The notices disagree in twenty-three places; those that rules resolve stand here with literal values. Others are not
values: who sees what (`test_permissions`), to whom an office reports (`test_topology`), rows found by name
(`test_name_hints`), one standing a household (`tests/clauses`).
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.parties.permissions import AGENCY_FUNCTIONS, RULES
from domain.parties.roles import ROLES
from domain.policy_keys import policy_key
from domain.policy_shipped import assemble
from domain.workdays import Term
from tests.support import policy_files

POLICIES = assemble(policy_files()).policies
TODAY = date(2026, 11, 21)
BENXI, LINFEN, CHENGKOU, INNER_MONGOLIA, LIAONING = PLACES = (
    "pingshan", "linfen", "chengkou", "inner-mongolia", "liaoning"
)  # fmt: skip
OFFICE = "internal"  # a value of the office's own, never called law
FIFTEEN, THIRTY, TWENTY = (
    Term(15, "natural", "next"), Term(30, "working", "next"), Term(20, "working", "next")
)  # fmt: skip

# parameter: by place, the value and its clause
CASES: dict[str, tuple[str, dict[str, tuple[Any, str]]]] = {
    "X-01 the case has fifteen days and a request to another region thirty working days, apart": (
        "cross_region.limit", {LIAONING: (THIRTY, "LN-12"), BENXI: (THIRTY, "LN-12"), INNER_MONGOLIA: (None, OFFICE)},
    ),
    "X-02 days of Inner Mongolia are natural days, those of Liaoning working days": (
        "case_limit", {INNER_MONGOLIA: (FIFTEEN, "NM-08")},
    ),
    "X-03 where no notice sets a limit there is none": (
        "case_limit", {BENXI: (None, OFFICE), LINFEN: (None, OFFICE), CHENGKOU: (None, OFFICE)},
    ),
    "X-04 one bureau may verify and decide where a notice says so": (
        "same_org_allowed", {CHENGKOU: (True, "CK-13"), INNER_MONGOLIA: (True, "NM-02"), LINFEN: (False, OFFICE)},
    ),
    "X-04 one person never does both": (
        "same_person_allowed", dict.fromkeys(PLACES, (False, OFFICE)),
    ),
    "X-05 the city's agency reviews in Benxi, the own level elsewhere": (
        "review_runner_level", {BENXI: ("city", "BX-25"), LINFEN: ("same_level", OFFICE)},
    ),
    "X-06 a request goes straight, by way of the city, or level by level": (
        "route",
        {LIAONING: ("direct", "LN-10"), BENXI: ("direct", "LN-10"), INNER_MONGOLIA: ("city_review", "NM-01"),
         LINFEN: ("chain", OFFICE), CHENGKOU: ("chain", OFFICE)},
    ),
    "X-09 survival and identity are free of authorisation where a notice frees them, and nowhere else": (
        "auth_free_purposes",
        {BENXI: (("SURVIVAL", "IDENTITY"), "BX-16"), LINFEN: ((), "LF-15"), INNER_MONGOLIA: ((), "NM-07"),
         CHENGKOU: ((), OFFICE), LIAONING: ((), OFFICE)},
    ),
    "X-10 help comes first in Linfen alone": (
        "rescue_first_allowed", {LINFEN: (True, "LF-14"), INNER_MONGOLIA: (False, OFFICE), BENXI: (False, OFFICE)},
    ),
    "X-11 a category is re-checked once across regions in Liaoning, as often as needed elsewhere": (
        "cross_region.recheck_max_per_category",
        {LIAONING: (1, "LN-19"), BENXI: (1, "LN-19"), LINFEN: (None, OFFICE), INNER_MONGOLIA: (None, OFFICE)},
    ),
    "X-13 the re-check of another region has twenty working days": (
        "cross_region.recheck_term", {LIAONING: (TWENTY, "LN-18"), LINFEN: (None, OFFICE)},
    ),
    "X-14 what is late is locked for new applications and never for batches": (
        "cross_region.lock_on_expiry",
        {LIAONING: ({"NEW": True, "DYNAMIC": False}, "LN-26, LN-23"),
         LINFEN: ({"NEW": False, "DYNAMIC": False}, OFFICE)},
    ),
    "X-15 nothing stops without that household's own verification, anywhere": (
        "individual_check_before_stop",
        {INNER_MONGOLIA: (True, "NM-12"), BENXI: (True, OFFICE), LINFEN: (True, OFFICE)},
    ),
    "X-17 the form of January tells the whole year before": (
        "stat_period_january", {BENXI: ("PREV_YEAR", "BX-35")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("said", CASES)
def test_each_place_keeps_the_rule_of_its_own_notice(said: str) -> None:
    name, expected = CASES[said]
    for place, (value, clause) in expected.items():
        found = POLICIES.resolve(policy_key(name), POLICIES.chain(place), TODAY)
        assert (found.value, found.source_clause) == (value, clause), place


def test_a_case_of_benxi_of_2018_went_level_by_level_and_one_of_2023_goes_straight() -> None:
    """X-06: the province's norm of 2022 is later and of a higher place."""
    route, chain = policy_key("route"), POLICIES.chain(BENXI)
    by_day = [POLICIES.resolve(route, chain, day) for day in (date(2018, 6, 1), date(2023, 6, 1))]
    assert [(one.value, one.source_clause) for one in by_day] == [("chain", "BX-18, BX-19"), ("direct", "LN-10")]


def test_reviews_open_by_the_months_of_a_notice_and_lists_by_the_types_of_another() -> None:
    """X-07: half-yearly reviews in Benxi; monthly and quarterly lists in Inner Mongolia; neither elsewhere."""
    reviews, lists = policy_key("review_calendar"), policy_key("monitoring_calendar")
    opened = POLICIES.resolve(reviews, POLICIES.chain(BENXI), TODAY).value
    assert sorted((one.month, programme) for one in opened for programme in one.programmes) == [
        (6, "DIBAO"), (6, "LOWINC"), (6, "TEKUN"), (11, "DIBAO"), (11, "LOWINC"),
    ]  # fmt: skip
    watched = POLICIES.resolve(lists, POLICIES.chain(INNER_MONGOLIA), TODAY).value
    assert {one.category for one in watched if one.every == "MONTH"} == {"DEATH", "PRISON", "PENRCV", "WAGE"}
    assert {one.category for one in watched if one.every == "QUARTER"} == {"DEPOSIT", "VEHICLE", "HOUSE", "BIZ"}
    assert POLICIES.resolve(lists, POLICIES.chain(BENXI), TODAY).value == ()
    assert POLICIES.resolve(reviews, POLICIES.chain(INNER_MONGOLIA), TODAY).value == ()


def test_a_new_application_ends_with_a_report_everywhere_and_a_review_with_a_list_in_benxi_alone() -> None:
    """X-08."""
    for place in PLACES:
        kinds = POLICIES.resolve(policy_key("output_kind"), POLICIES.chain(place), TODAY).value
        assert kinds["NEW"][0] == "report"
        assert (kinds["DYNAMIC"][0] == "doubt_list") == (place == BENXI)


def test_what_an_agency_does_nobody_else_may_however_they_take_part() -> None:
    """X-16: suppliers, towns and departments have their own pages; the agency's work is the agency's."""
    agency = {name for name, role in ROLES.items() if "agency" in role.kinds} | {"scheduler", "operator"}
    for rule in RULES:
        if rule.action in AGENCY_FUNCTIONS:
            assert rule.roles <= agency, rule.action
