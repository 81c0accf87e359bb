"""To whom an office reports, forwards and entrusts on a day, and what a place lacks."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from cli import offices
from domain import rules
from domain.errors import Conflict, NotFound
from domain.parties import organisations, topology
from domain.parties.organisations import Organisation
from domain.policy_documents import PolicyRefused
from domain.policy_shipped import assemble, read_files
from domain.policy_topology import FORWARDS_TO, REPORT_TO, cross_region
from domain.work import Work
from tests.domain.office import NOW, POLICIES, TODAY, Desk

FILES = read_files(POLICIES)
RULES = assemble(FILES)
YESTERDAY = TODAY - timedelta(days=1)


def established(work: Work, *places: str) -> None:
    for place in places:
        offices.establish(work, place, reviews_from=NOW)


def codes(found: object) -> list[str]:
    assert isinstance(found, list | tuple)
    return [one.code for one in found]


def office(work: Work, code: str) -> Organisation:
    return organisations.by_code(work, code)


@pytest.mark.clause("NM-28")
def test_manzhouli_and_erenhot_lie_in_one_place_and_report_to_the_region(both: Desk) -> None:
    with both.acting("checker") as work:
        established(work, "inner-mongolia")
        region = office(work, "inner-mongolia-agency")
        for city, above in (("manzhouli", "hulunbuir"), ("erenhot", "xilingol")):
            agency = office(work, f"{city}-agency")
            assert agency.parent_id == office(work, f"{above}-agency").id
            assert topology.reports_to(work, agency) == region
            assert topology.reports_to(work, office(work, city), "MONITORING") == region
        banner = office(work, "abag")
        assert topology.reports_to(work, banner, "MONITORING") == office(work, "xilingol-agency")
        # a list that the region issues: its 市 does not see what 满洲里 reports, the region does
        assert codes(topology.below(work, office(work, "hulunbuir-agency"), "MONITORING")) == []
        under = codes(topology.below(work, office(work, "xilingol-agency"), "MONITORING"))
        assert sorted(under) == ["abag", "abag-agency", "sonid-left", "sonid-left-agency"]
        assert {"manzhouli", "erenhot"} <= set(codes(topology.below(work, region, "MONITORING")))
        assert "manzhouli-agency" in codes(topology.below(work, region))


@pytest.mark.clause("NM-28")
def test_an_edge_holds_its_days_and_no_two_hold_on_one(both: Desk) -> None:
    with both.acting("checker") as work:
        established(work, "inner-mongolia")
        city, region = office(work, "manzhouli-agency"), office(work, "inner-mongolia-agency")
        league = office(work, "hulunbuir-agency")
        with pytest.raises(Conflict) as caught:
            topology.link(work, city, league, REPORT_TO, source="NM-28", valid_from=TODAY)
        assert caught.value.clause == "NM-28"
        (edge,) = [one for one in topology.edges_of(work, city) if one.kind == REPORT_TO]
        topology.end(work, edge, YESTERDAY)
        assert topology.reports_to(work, city) is None
        assert topology.reports_to(work, city, on=YESTERDAY) == region
        topology.link(work, city, league, REPORT_TO, source="NM-28", valid_from=TODAY)
        assert topology.reports_to(work, city) == league
    twice = (
        "INSERT INTO org_edge (from_id, to_id, kind, form, valid_from, source) SELECT from_id, to_id, kind, form,"
        " '2027-06-01', source FROM org_edge WHERE valid_to IS NULL AND kind = 'report_to'"
    )
    with both.home.engine.connect() as raw, pytest.raises(IntegrityError, match="NM-28"):
        raw.execute(text(twice))


@pytest.mark.clause("LF-01")
def test_a_county_without_an_agency_is_a_gap_and_nothing_stands_in_for_it_silently(desk: Desk) -> None:
    with desk.acting("checker") as work:
        established(work, "linfen")
        found = [(one.office.code, one.clause) for one in topology.gaps(work)]
        assert ("hongtong", "LF-01") in found
        assert ("yaodu", "LF-01") not in found
        assert ("linfen-department", "LF-01") not in found
        hongtong, city = office(work, "hongtong"), office(work, "linfen-agency")
        assert hongtong.agency_id is None
        assert topology.entrusted(work, hongtong) is None, "that somebody stands above is no arrangement"
        topology.link(work, hongtong, city, "entrusts", source="LF-01", valid_from=TODAY)
        assert topology.entrusted(work, hongtong) == city
        assert ("hongtong", "LF-01") in [(one.office.code, one.clause) for one in topology.gaps(work)], "still a gap"


@pytest.mark.clause("LF-18")
def test_a_county_with_an_agency_of_its_own_cannot_arrange_for_another(desk: Desk) -> None:
    with desk.acting("checker") as work:
        established(work, "linfen")
        with pytest.raises(Conflict) as caught:
            topology.link(
                work, office(work, "yaodu"), office(work, "linfen-agency"), "entrusts", source="LF-01", valid_from=TODAY
            )
        assert caught.value.clause == "LF-18"


def test_a_county_is_assisted_by_its_city_and_a_place_nobody_knows_by_nobody(desk: Desk) -> None:
    with desk.acting("checker") as work:
        established(work, "chaoyang", "shenfu")
        for place in ("chaoyang-county", "shuangta", "211303", "chaoyang", "211300"):
            assert topology.assist_city(work, place).code == "chaoyang-agency"
        assert topology.assist_city(work, "shenfu").code == "shenfu-agency"
        with pytest.raises(NotFound) as caught:
            topology.assist_city(work, "130100")
        assert "130100" in str(caught.value)
        with pytest.raises(NotFound):
            topology.assist_city(work, "chaoyang-county", on=date(2022, 8, 24))  # before the norm


def test_the_chain_skips_no_tier_and_ends_where_no_edge_leads_on(desk: Desk) -> None:
    with desk.acting("checker") as work:
        established(work, "inner-mongolia")
        chain = topology.chain(work, office(work, "abag-agency"), "province")
        assert codes(chain) == ["xilingol-agency", "inner-mongolia-agency"]
        assert codes(topology.chain(work, office(work, "manzhouli-agency"), "province")) == ["inner-mongolia-agency"]
        (edge,) = [o for o in topology.edges_of(work, office(work, "xilingol-agency")) if o.kind == FORWARDS_TO]
        topology.end(work, edge, YESTERDAY)
        with pytest.raises(Conflict) as caught:
            topology.chain(work, office(work, "abag-agency"), "province")
        assert caught.value.clause == "BX-19"


@pytest.mark.parametrize(
    ("own", "other", "far"),
    [
        ("shuangta", "shuangta", "NONE"),
        ("shuangta", "chaoyang-county", "NONE"),
        ("chaoyang", "longcheng", "NONE"),
        ("shuangta", "pingshan", "INTRA_PROV"),
        ("shuangta", "210502", "INTRA_PROV"),
        ("shuangta", "210500", "INTRA_PROV"),
        ("shenfu", "benxi", "INTRA_PROV"),
        ("chaoyang", "shenfu", "INTRA_PROV"),
        ("shenfu", "shenfu", "NONE"),
        ("pingshan", "yaodu", "CROSS_PROV"),
        ("pingshan", "141002", "CROSS_PROV"),
        ("manzhouli", "erenhot", "INTRA_PROV"),
        ("chengkou", "chengkou", "NONE"),
        ("chengkou", "linfen", "CROSS_PROV"),
    ],
)
def test_how_far_a_place_lies_is_told_from_codes_and_shenfu_is_a_city_of_its_own(
    own: str, other: str, far: str
) -> None:
    assert cross_region(RULES.jurisdictions, RULES.policies.parents, own, other) == far
    assert cross_region(RULES.jurisdictions, RULES.policies.parents, other, own) == far or other.isdigit()


def test_a_place_nobody_knows_is_not_called_near_or_far() -> None:
    with pytest.raises(KeyError):
        cross_region(RULES.jurisdictions, RULES.policies.parents, "pingshan", "990000")


@pytest.mark.clause("LN-02")
def test_departments_are_of_the_types_the_norm_names_at_each_level_and_nobody_else_has_one(both: Desk) -> None:
    with both.acting("checker") as work:
        established(work, "liaoning")
        for level, code in (
            ("county", "shuangta"),
            ("city", "chaoyang-department"),
            ("province", "liaoning-department"),
        ):
            found = office(work, code)
            assert (found.office_type, found.level) == ("civil_affairs", level)
        assert office(work, "chaoyang-agency").office_type is None
        health = office(work, "shuangta")
        health.office_type = "health"
    for untrue in (
        "UPDATE organisation SET office_type = 'police' WHERE code = 'shuangta'",
        "UPDATE organisation SET office_type = NULL WHERE code = 'shuangta'",
        "UPDATE organisation SET office_type = 'health' WHERE code = 'chaoyang-agency'",
    ):
        with both.home.engine.connect() as raw, pytest.raises(IntegrityError):
            raw.execute(text(untrue))


def test_a_unit_works_on_the_citys_platform_or_on_its_own(both: Desk) -> None:
    with both.acting("checker") as work:
        established(work, "chaoyang")
        assert office(work, "shuangta-agency").platform_mode == "city_shared"
        office(work, "shuangta-agency").platform_mode = "self_built"
    with both.home.engine.connect() as raw, pytest.raises(IntegrityError):
        raw.execute(text("UPDATE organisation SET platform_mode = 'x' WHERE code = 'shuangta-agency'"))


def test_a_file_may_be_put_in_again_and_what_it_no_longer_says_is_ended_not_deleted(both: Desk) -> None:
    with both.acting("checker") as work:
        established(work, "chaoyang")
        again = offices.establish(work, "chaoyang", reviews_from=NOW)
        assert (again.added, again.changed, again.linked, again.ended) == (0, 0, 0, 0)
        lost = b'[[edge]]\nfrom = "shuangta-agency"\nto = "chaoyang-agency"\nkind = "report_to"\n'
        file = FILES["topology/chaoyang.toml"]
        assert lost in file
        kept = file.replace(lost, lost.replace(b"report_to", b"forwards_to")).replace(
            "双塔区民政局".encode(), "双塔局".encode()
        )
        rules.deploy(work, {**FILES, "topology/chaoyang.toml": kept})
        changed = offices.establish(work, "chaoyang", reviews_from=NOW)
        assert (changed.added, changed.changed, changed.linked, changed.ended) == (0, 1, 1, 1)
        agency = office(work, "shuangta-agency")
        assert topology.reports_to(work, agency) is None
        assert topology.reports_to(work, agency, on=YESTERDAY) == office(work, "chaoyang-agency")
        assert office(work, "shuangta").name == "双塔局"


@pytest.mark.parametrize(
    ("found", "put", "why"),
    [
        ('kind = "agency"', 'kind = "temple"', "temple"),
        ('parent = "chaoyang-agency"', 'parent = "nobody"', "nobody"),
        ('to = "chaoyang-agency"', 'to = "nobody"', "nobody"),
        ('kind = "assist_city"', 'kind = "report_to"', "on one day"),
        ('place = "shuangta"', 'place = "atlantis"', "atlantis"),
        ('supplier = "bank"', 'note = "none"', "supplies"),
        ("valid_from = 2022-08-25", "valid_from = 2022-08-25\nvalid_to = 2020-01-01", "before it begins"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused_naming_the_entry(found: str, put: str, why: str) -> None:
    file = FILES["topology/chaoyang.toml"].decode()
    assert found in file
    with pytest.raises(PolicyRefused) as caught:
        assemble({**FILES, "topology/chaoyang.toml": file.replace(found, put, 1).encode()})
    assert any(why in str(one.sentence) for one in caught.value.findings)


def test_a_home_without_edges_reads_the_tree(desk: Desk) -> None:
    with desk.acting("checker") as work:
        work.session.execute(text("DROP TRIGGER guard_org_edge_delete_never"))
        work.session.execute(text("DELETE FROM org_edge"))
        assert not topology.has_edges(work)
        department = office(work, "pingshan")
        assert topology.reports_to(work, department) == office(work, "benxi-bureau")
        assert codes(topology.below(work, department)) == ["zhanqian", "beitai"]


def test_everybody_below_is_one_statement_however_deep(desk: Desk) -> None:
    with desk.acting("checker") as work:
        established(work, "inner-mongolia")
        region = office(work, "inner-mongolia-agency")
        work.session.flush()
        said: list[str] = []
        event.listen(work.session.get_bind(), "before_cursor_execute", lambda *a: said.append(str(a[2])))
        topology.below(work, region)
        assert len([one for one in said if one.lstrip().startswith(("SELECT", "WITH"))]) <= 2
