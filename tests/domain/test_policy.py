"""Policies: files, resolution and snapshots."""

from __future__ import annotations

import json
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Conflict, NotFound
from domain.policy import (
    Policies,
    PolicyDocument,
    PolicyRefused,
    PolicySnapshot,
    PolicyValue,
    load_document,
)
from domain.policy_catalogue import load_categories, load_jurisdictions, load_programmes, load_units
from domain.policy_keys import policy_key, policy_keys, query_limit
from domain.policy_keys.accounts import PASSWORD_MIN_LENGTH
from domain.policy_keys.commissions import AUTH_FREE_PURPOSES, AUTH_REQUIRED_SCOPE
from domain.policy_keys.regions import CROSS_REGION_LIMIT, CROSS_REGION_RECHECK_MAX, CROSS_REGION_RECHECK_TERM, ROUTE
from domain.policy_keys.reviews import FORM2_TERM, REVIEW_CALENDAR
from domain.policy_keys.terms import CASE_LIMIT, OFFLINE_SURVEY_SURVEYORS_MIN, RECHECK_MAX_PER_CATEGORY
from domain.policy_keys.words import SCOPES
from domain.policy_shipped import assemble, read_files
from domain.workdays import Term, last_day

FILES = read_files(Path(__file__).parents[2] / "policies")
RULES = assemble(FILES)
POLICIES = RULES.policies
BENXI = POLICIES.chain("pingshan")
TODAY = date(2026, 11, 21)


def document(
    place: str, start: date = date(2020, 1, 1), basis: str = "norm", locked: bool = False, **values: object
) -> PolicyDocument:
    entries = {name: PolicyValue(value, f"law:{place}", not locked) for name, value in values.items()}
    return PolicyDocument(place, place, start, None, basis, False, entries, "0" * 64, f"{place}.toml")


# What is shipped --------------------------------------------------------------------------------


def test_every_parameter_has_a_value_in_every_shipped_jurisdiction() -> None:
    for place in (*RULES.jurisdictions, *(unit.id for unit in RULES.units["benxi"])):
        chain = POLICIES.chain(place)
        for key in policy_keys():
            POLICIES.resolve(key, chain, TODAY)


def test_a_benxi_district_lies_under_its_city_its_province_and_the_nation() -> None:
    assert BENXI == ("pingshan", "benxi", "liaoning", "national")


def test_benxi_demands_nationwide_authorisation_and_frees_survival_and_identity_from_it() -> None:
    scope = POLICIES.resolve(AUTH_REQUIRED_SCOPE, BENXI, TODAY)
    assert (scope.value, scope.source_clause, scope.jurisdiction) == ("NATIONWIDE", "BX-15", "benxi")
    free = POLICIES.resolve(AUTH_FREE_PURPOSES, BENXI, TODAY)
    assert (free.value, free.source_clause) == (("SURVIVAL", "IDENTITY"), "BX-16")
    assert POLICIES.resolve(AUTH_FREE_PURPOSES, POLICIES.chain("inner-mongolia"), TODAY).value == ()
    assert POLICIES.resolve(AUTH_FREE_PURPOSES, POLICIES.chain("linfen"), TODAY).value == ()


def test_benxi_has_no_statutory_case_limit_and_inner_mongolia_has_fifteen_days() -> None:
    none = POLICIES.resolve(CASE_LIMIT, BENXI, TODAY)
    assert none.value is None
    assert none.internal
    limit = POLICIES.resolve(CASE_LIMIT, POLICIES.chain("inner-mongolia"), TODAY)
    assert (limit.value, limit.source_clause) == (Term(15, "natural"), "NM-08")
    assert limit.value is not None
    assert last_day(date(2026, 2, 10), limit.value, RULES.calendar).day == date(2026, 2, 25)


def test_cross_region_limits_are_thirty_and_twenty_working_days_with_one_recheck() -> None:
    limit = POLICIES.resolve(CROSS_REGION_LIMIT, BENXI, TODAY)
    recheck = POLICIES.resolve(CROSS_REGION_RECHECK_TERM, BENXI, TODAY)
    assert limit.value is not None and recheck.value is not None
    assert last_day(date(2026, 2, 10), limit.value, RULES.calendar).day == date(2026, 3, 30)
    assert last_day(date(2026, 2, 10), recheck.value, RULES.calendar).day == date(2026, 3, 16)
    assert limit.assumed  # the day of entry into force is not in the text
    assert POLICIES.resolve(CROSS_REGION_RECHECK_MAX, BENXI, TODAY).value == 1
    assert POLICIES.resolve(RECHECK_MAX_PER_CATEGORY, BENXI, TODAY).value is None


def test_a_case_of_2018_takes_the_chain_and_one_of_2023_goes_direct() -> None:
    assert POLICIES.resolve(ROUTE, BENXI, date(2018, 5, 1)).value == "chain"
    direct = POLICIES.resolve(ROUTE, BENXI, date(2023, 5, 1))
    assert (direct.value, direct.source_clause) == ("direct", "LN-10")


def test_the_review_opens_in_june_for_all_three_and_in_november_without_the_extremely_poor() -> None:
    openings = POLICIES.resolve(REVIEW_CALENDAR, BENXI, TODAY).value
    assert {opening.at for opening in openings} == {time(0, 10)}
    june = {code for o in openings if (o.month, o.day) == (6, 1) for code in o.programmes}
    november = {code for o in openings if (o.month, o.day) == (11, 1) for code in o.programmes}
    assert june == {"DIBAO", "LOWINC", "TEKUN"}
    assert november == {"DIBAO", "LOWINC"}


def test_form_two_received_on_the_last_day_of_december_is_due_at_the_end_of_february() -> None:
    term = POLICIES.resolve(FORM2_TERM, BENXI, TODAY)
    assert term.value is not None and term.source_clause == "BX-38"
    assert last_day(date(2026, 12, 31), term.value, RULES.calendar).day == date(2027, 3, 1)


@pytest.mark.clause("BX-48")
def test_the_seven_reporting_units_stand_in_the_forms_order() -> None:
    units = RULES.units["benxi"]
    assert [unit.zh for unit in units] == ["本溪县", "桓仁县", "平山区", "明山区", "溪湖区", "南芬区", "高新区"]
    assert [unit.kind for unit in units] == ["county"] * 2 + ["urban_district"] * 4 + ["zone"]
    assert units[-1].division == ""
    assert len({unit.division for unit in units}) == 7


def test_the_catalogue_frees_exactly_death_identity_and_document_validity() -> None:
    assert {c.code for c in RULES.categories.values() if c.identity} == {"DEATH", "IDENTITY", "IDVALID"}


def test_every_category_named_by_the_notices_is_in_the_catalogue() -> None:
    benxi = "HUKOU MARRIAGE DISAB SCHOOL EMP DEATH WAGE FISCALPAY PENRCV UIRCV DEPOSIT SECURITY HOUSE VEHICLE VESSEL "
    benxi += "BIZ NPO TAX HPF PENPAY"
    linfen = "FUNERAL ORPHAN DISABLED2 PRISON"
    chengkou = "BIZINC PROPINC TRANSFER DEBT MEDINS KIN OPVEH DRIVERQ"
    assert set(f"{benxi} {linfen} {chengkou}".split()) <= RULES.categories.keys()
    groups = {category.group for category in RULES.categories.values()}
    assert groups == {"BASIC", "INCOME", "PROPERTY", "EXPENDITURE", "REGISTRATION", "CONTRIB", "ASSIST"}


def test_the_programme_codes_are_those_of_the_notices() -> None:
    assert list(RULES.programmes) == "DIBAO LOWINC TEKUN MEDICAL TEMP EDU HOUSING DISABLED2".split()


def test_a_query_limit_comes_from_the_catalogue_or_falls_back_to_the_default() -> None:
    assert POLICIES.resolve(query_limit("DEPOSIT"), BENXI, TODAY).value == Term(15, "working")
    other = POLICIES.resolve("query_limit.LOTTERY", BENXI, TODAY)
    assert (other.value, other.key, other.internal) == (Term(10, "working"), "query_limit.default", True)


def test_no_internal_value_calls_itself_law() -> None:
    for name in ("offline_survey_term", "notice_term", "doubt.deposit_months", "retention_years"):
        assert POLICIES.resolve(name, BENXI, TODAY).internal


def test_a_threshold_stays_an_exact_decimal() -> None:
    assert POLICIES.resolve("doubt.income_tolerance_ratio", BENXI, TODAY).value == Decimal("0.2")


# Resolution -------------------------------------------------------------------------------------


def test_the_nearest_jurisdiction_wins_for_a_term() -> None:
    near, far = document("b", case_limit=Term(20, "working")), document("a", case_limit=Term(5, "working"))
    assert Policies([far, near]).resolve(CASE_LIMIT, ["b", "a"], TODAY).value == Term(20, "working")


def test_the_strictest_wins_for_a_protective_key() -> None:
    near, far = document("b", auth_required_scope="COUNTY"), document("a", auth_required_scope="PROVINCE")
    found = Policies([near, far]).resolve(AUTH_REQUIRED_SCOPE, ["b", "a"], TODAY)
    assert (found.value, found.jurisdiction) == ("PROVINCE", "a")


def test_lists_that_are_joined_name_all_their_sources() -> None:
    near = document("b", archive_documents=("report",))
    far = document("a", archive_documents=("commission", "report"))
    found = Policies([near, far]).resolve("archive_documents", ["b", "a"], TODAY)
    assert found.value == ("report", "commission")
    assert found.source_clause == "law:b, law:a"


def test_a_house_default_yields_to_a_norm_even_for_a_protective_key_unless_it_is_a_floor() -> None:
    house = document("n", basis="house", auth_free_purposes=(), password_min_length=12)
    norm = document("a", auth_free_purposes=("SURVIVAL",), password_min_length=6)
    policies = Policies([house, norm])
    assert policies.resolve(AUTH_FREE_PURPOSES, ["a", "n"], TODAY).value == ("SURVIVAL",)
    assert policies.resolve(PASSWORD_MIN_LENGTH, ["a", "n"], TODAY).value == 12


@pytest.mark.clause("LN-36")
def test_a_locked_value_holds_below_and_overriding_it_later_is_refused() -> None:
    locked = document("a", date(2022, 1, 1), locked=True, route="direct")
    earlier = document("b", date(2020, 1, 1), route="chain")
    policies = Policies([locked, earlier], {"b": "a", "a": None})
    assert policies.resolve(ROUTE, ["b", "a"], date(2021, 1, 1)).value == "chain"
    assert policies.resolve(ROUTE, ["b", "a"], date(2022, 1, 1)).value == "direct"
    with pytest.raises(PolicyRefused) as refused:
        Policies([locked, document("b", date(2023, 1, 1), route="chain")], {"b": "a", "a": None})
    assert refused.value.findings[0].element == "route"
    assert "law:a" in str(refused.value.findings[0].sentence)


def test_a_document_is_replaced_whole_by_the_next_and_ends_on_its_last_day() -> None:
    first = document("a", date(2020, 1, 1), case_limit=Term(5, "working"), notice_term=Term(1, "working"))
    second = document("a", date(2022, 1, 1), case_limit=Term(9, "working"))
    policies = Policies([second, first])
    assert policies.resolve(CASE_LIMIT, ["a"], date(2021, 12, 31)).value == Term(5, "working")
    assert policies.resolve(CASE_LIMIT, ["a"], date(2022, 1, 1)).value == Term(9, "working")
    with pytest.raises(Conflict):
        policies.resolve("notice_term", ["a"], date(2022, 1, 1))


def test_two_documents_that_begin_together_are_refused() -> None:
    with pytest.raises(PolicyRefused):
        Policies([document("a"), document("a")])


def test_a_day_without_any_document_says_which_parameter_is_missing_where() -> None:
    with pytest.raises(Conflict, match=r"case_limit.*pingshan"):
        POLICIES.resolve(CASE_LIMIT, BENXI, date(2001, 1, 1))


def test_an_unknown_key_is_not_found() -> None:
    with pytest.raises(NotFound, match="no_such_key"):
        POLICIES.resolve("no_such_key", BENXI, TODAY)
    with pytest.raises(NotFound):
        policy_key("query_limit.")


chains = st.lists(st.sampled_from(SCOPES), min_size=1, max_size=5)


@given(chains)
def test_no_jurisdiction_can_weaken_a_protective_value(scopes: list[str]) -> None:
    places = [f"p{n}" for n in range(len(scopes))]
    documents = [document(place, auth_required_scope=scope) for place, scope in zip(places, scopes, strict=True)]
    found = Policies(documents).resolve(AUTH_REQUIRED_SCOPE, places, TODAY)
    assert SCOPES.index(found.value) == max(map(SCOPES.index, scopes))
    assert found.jurisdiction == places[scopes.index(found.value)]


@given(st.lists(st.one_of(st.none(), st.integers(0, 9)), min_size=1, max_size=5))
def test_the_first_jurisdiction_that_speaks_decides_or_the_strictest_of_all(numbers: list[int | None]) -> None:
    places = [f"p{n}" for n in range(len(numbers))]
    spoken = [(place, number) for place, number in zip(places, numbers, strict=True) if number is not None]
    documents = [document(p, retention_years=n, offline_survey_surveyors_min=n) for p, n in spoken]
    policies = Policies(documents)
    if not spoken:
        with pytest.raises(Conflict):
            policies.resolve("retention_years", places, TODAY)
        return
    assert policies.resolve("retention_years", places, TODAY).value == spoken[0][1]
    strictest = policies.resolve(OFFLINE_SURVEY_SURVEYORS_MIN, places, TODAY)
    assert strictest.value == max(number for _place, number in spoken)


# Snapshots --------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["pingshan", "linfen", "chengkou", "inner-mongolia"])
def test_a_snapshot_survives_json_and_gives_every_value_with_its_origin(place: str) -> None:
    chain = POLICIES.chain(place)
    kept = PolicySnapshot(json.loads(json.dumps(POLICIES.snapshot(chain, TODAY))))
    for key in (*policy_keys(), query_limit("DEPOSIT"), query_limit("LOTTERY")):
        live, stored = POLICIES.resolve(key, chain, TODAY), kept.resolve(key)
        assert stored.value == live.value == kept.value(key.name)
        assert (stored.source_clause, stored.jurisdiction, stored.valid_from, stored.assumed) == (
            live.source_clause,
            live.jurisdiction,
            live.valid_from,
            live.assumed,
        )


def test_equal_rules_have_equal_digests_and_other_rules_another() -> None:
    one, two = (POLICIES.snapshot(BENXI, day) for day in (date(2023, 1, 1), TODAY))
    assert one["digest"] == two["digest"]
    assert POLICIES.snapshot(BENXI, date(2018, 1, 1))["digest"] != two["digest"]
    assert [entry["jurisdiction"] for entry in two["documents"]] == ["benxi", "liaoning", "national"]


def test_a_snapshot_changed_by_hand_is_refused() -> None:
    kept = json.loads(json.dumps(POLICIES.snapshot(BENXI, TODAY)))
    kept["values"]["auth_required_scope"]["value"] = "COUNTY"
    with pytest.raises(Conflict, match="outside the program"):
        PolicySnapshot(kept)


def test_a_snapshot_of_before_a_key_existed_says_so() -> None:
    kept = POLICIES.snapshot(["b"], TODAY)
    with pytest.raises(Conflict, match="case_limit"):
        PolicySnapshot(kept).value(CASE_LIMIT)


LOOSER = b'[values."cross_region.recheck_max_per_category"]\nvalue = 2\nsource = "internal"\n'

# Files ------------------------------------------------------------------------------------------

HEAD = 'jurisdiction = "a"\ntitle = "A"\nvalid_from = 2020-01-01\n'


@pytest.mark.parametrize(
    ("body", "element", "line", "words"),
    [
        ('[values.case_limt]\nnone = true\nsource = "internal"\n', "case_limt", 4, "case_limit"),
        ('[values.retention_years]\nvalue = "ten"\nsource = "internal"\n', "retention_years", 4, "whole number"),
        ('[values.retention_years]\nvalue = true\nsource = "internal"\n', "retention_years", 4, "whole number"),
        ('[values.retention_years]\nnone = true\nsource = "internal"\n', "retention_years", 4, "whole number"),
        ("[values.retention_years]\nvalue = 10\n", "retention_years", 4, "BX-22"),
        ('[values.retention_years]\nvalue = 10\nsource = "see above"\n', "retention_years", 4, "BX-22"),
        ('[values.case_limit]\nvalue = 5\nnone = true\nsource = "internal"\n', "case_limit", 4, "length"),
        ('[values.case_limit]\nvalue = { length = 5, unit = "week" }\nsource = "NM-08"\n', "case_limit", 4, "week"),
        ('[values.case_limit]\nvalue = { length = 5, unit = "natural", rol = "next" }\nsource = "NM-08"\n',
         "case_limit", 4, "rol"),
        ('[values."query_limit.DEPOSIT"]\nvalue = 5\nsource = "internal"\n', "query_limit.DEPOSIT", 4, "length"),
        ('[values.route]\nvalue = "by pigeon"\nsource = "internal"\n', "route", 4, "direct"),
        ('[values.second_factor_roles]\nvalue = ["auditor", "auditor"]\nsource = "internal"\n',
         "second_factor_roles", 4, "twice"),
        ('[values.review_calendar]\nvalue = [{month = 2, day = 30, at=00:10:00, programmes=[]}]\nsource = "internal"\n',
         "review_calendar", 4, "day"),
        ('[values."doubt.fund_balance"]\nvalue = 0.5\nsource = "internal"\n', "doubt.fund_balance", 4, "quotes"),
        ('[values.retention_years]\nvalue = 10\nsource = "internal"\nwhy = "x"\n', "retention_years", 4, "source"),
        ("colour = 1\n", "colour", 4, "colour"),
        ('basis = "rumour"\n', "basis", 4, "house"),
        ("valid_to = 2019-12-31\n", "valid_to", 4, "before it begins"),
        ("values = 3\n", "values", 4, "wrong type"),
    ],
)  # fmt: skip
def test_a_fault_is_refused_with_file_key_line_and_remedy(body: str, element: str, line: int, words: str) -> None:
    with pytest.raises(PolicyRefused) as refused:
        load_document((HEAD + body).encode(), "a/2020-01-01.toml")
    finding = refused.value.findings[0]
    assert (finding.file, finding.element, finding.line) == ("a/2020-01-01.toml", element, line)
    assert str(finding.remedy)
    assert words in str(finding)
    assert "policy files were refused" in refused.value.message


def test_every_fault_of_a_file_is_told_at_once() -> None:
    body = HEAD.replace('title = "A"\n', "") + "[values.no_such]\nvalue = 1\n[values.route]\nvalue = 1\n"
    with pytest.raises(PolicyRefused) as refused:
        load_document(body.encode())
    assert [finding.element for finding in refused.value.findings] == ["title", "no_such", "route"]


def test_a_broken_file_names_the_line_of_the_mistake() -> None:
    with pytest.raises(PolicyRefused) as refused:
        load_document((HEAD + "oops\n").encode(), "a.toml")
    assert refused.value.findings[0].line == 4


def test_another_content_has_another_digest() -> None:
    assert load_document(HEAD.encode()).digest != load_document((HEAD + "# a remark\n").encode()).digest


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("programmes.toml", None, "missing"),
        ("benxi/2017-12-06.toml", (b'jurisdiction = "benxi"', b'jurisdiction = "liaoning"'), "must be called"),
        ("benxi/2017-12-06.toml", (b'programmes = ["TEKUN"]', b'programmes = ["TEKUNG"]'), "TEKUNG"),
        ("national/2017-01-01.toml", (b"query_limit.default", b"query_limit.LOTTERY"), "LOTTERY"),
        ("benxi/units.toml", (b'kind = "zone"', b'kind = "isle"'), "zone"),
        ("jurisdictions.toml", (b'parent = "shanxi"', b'parent = "hebei"'), "hebei"),
        ("categories.toml", (b'code = "IDVALID"', b'code = "IDENTITY"'), "twice"),
        ("categories.toml", (b"[[category]]", b"[[kategorie]]"), "category"),
        ("benxi/2017-12-06.toml", (b"[values.route]", LOOSER + b"[values.route]"), None),
    ],
)  # fmt: skip
def test_a_folder_that_contradicts_itself_is_refused(
    name: str, change: tuple[bytes, bytes] | None, words: str | None
) -> None:
    files = {**FILES}
    if change is None:
        del files[name]
    else:
        assert change[0] in files[name]
        files[name] = files[name].replace(*change)
    if words is None:  # set in 2017, locked above in 2022: not the city's fault, the lock simply wins
        limit = assemble(files).policies.resolve(CROSS_REGION_RECHECK_MAX, BENXI, TODAY)
        assert limit.value == 1
        return
    with pytest.raises(PolicyRefused) as refused:
        assemble(files)
    assert words in str(refused.value.findings[0])


def test_the_lists_read_alone_too() -> None:
    assert load_programmes(FILES["programmes.toml"])["DIBAO"].split
    assert load_categories(FILES["categories.toml"])["DEPOSIT"].limit == Term(15, "working")
    assert load_jurisdictions(FILES["jurisdictions.toml"])["chengkou"].level == "county"
    assert load_units(FILES["benxi/units.toml"])[0].official_zh == "本溪满族自治县"
