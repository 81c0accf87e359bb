"""The offices of a city: bureau, city agency, reporting units with department, agency and towns, suppliers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain import rules
from domain.parties.organisations import Organisation
from domain.policy_catalogue import ReportingUnit
from domain.verification import catalogue
from domain.work import Work


@dataclass(frozen=True, slots=True)
class Supplier:
    """A department of data: code, kind as the catalogue names it, names, the categories it supplies."""

    code: str
    kind: str
    name: str
    name_en: str
    categories: tuple[str, ...]


SUPPLIERS = (
    Supplier("bank", "bank", "银行业协作办公室", "Banking liaison office", ("DEPOSIT",)),
    Supplier("traffic-police", "traffic_police", "公安局交警支队", "Traffic police", ("VEHICLE",)),
    Supplier("land", "land", "自然资源局（不动产登记中心）", "Land and property registry", ("HOUSE",)),
    Supplier("labour", "labour", "人力资源和社会保障局", "Labour and social security bureau", ("PENRCV",)),
    Supplier("market", "market", "市场监督管理局", "Market supervision bureau", ("BIZ",)),
    Supplier("civil-registry", "public_security", "公安局户政支队", "Civil registry of the police", ("DEATH",)),
)
# Names of towns and subdistricts; places are real, people never are.
TOWNS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "benxi-county": (
        ("xiaoshi", "小市镇", "Xiaoshi Town"),
        ("caohezhang", "草河掌镇", "Caohezhang Town"),
        ("jianchang", "碱厂镇", "Jianchang Town"),
    ),
    "huanren-county": (
        ("huanren", "桓仁镇", "Huanren Town"),
        ("hualai", "华来镇", "Hualai Town"),
        ("wulidianzi", "五里甸子镇", "Wulidianzi Town"),
    ),
    "pingshan": (
        ("gongren", "工人街道", "Gongren Subdistrict"),
        ("nandi", "南地街道", "Nandi Subdistrict"),
        ("beitai", "北台街道", "Beitai Subdistrict"),
    ),
    "mingshan": (
        ("gaoyu", "高峪街道", "Gaoyu Subdistrict"),
        ("dongxing", "东兴街道", "Dongxing Subdistrict"),
        ("jinshan", "金山街道", "Jinshan Subdistrict"),
    ),
    "xihu": (
        ("hexi", "河西街道", "Hexi Subdistrict"),
        ("caitun", "彩屯街道", "Caitun Subdistrict"),
        ("huolianzhai", "火连寨街道", "Huolianzhai Subdistrict"),
    ),
    "nanfen": (
        ("nanfen", "南芬街道", "Nanfen Subdistrict"),
        ("tieshan", "铁山街道", "Tieshan Subdistrict"),
        ("xiamatang", "下马塘街道", "Xiamatang Subdistrict"),
    ),
    "benxi-zone": (
        ("shiqiaozi", "石桥子街道", "Shiqiaozi Subdistrict"),
        ("riyuedao", "日月岛街道", "Riyuedao Subdistrict"),
    ),
}
MARKS = {
    "benxi-county": "本县",
    "huanren-county": "桓",
    "pingshan": "平",
    "mingshan": "明",
    "xihu": "溪",
    "nanfen": "南",
    "benxi-zone": "高",
}


def establish(work: Work, city: str, *, reviews_from: datetime) -> None:
    """Write the offices of a city that `policies/` knows, with its data suppliers and their resources."""
    place = rules.current(work).jurisdictions[city]
    agency = _office(work, f"{city}-agency", "agency", "city", f"{place.zh}核对中心", f"{place.en} verification agency",
                     city, mark=place.zh[0])  # fmt: skip
    bureau = _office(work, f"{city}-bureau", "bureau", "city", f"{place.zh}民政局", f"{place.en} civil affairs bureau",
                     city, agency=agency)  # fmt: skip
    _office(work, f"{city}-department", "department", "city", f"{place.zh}民政局社会救助处",
            f"{place.en} social assistance division", city, parent=bureau, agency=agency, mark=place.zh[0])  # fmt: skip
    _office(work, "system", "system", "city", "信息系统管理", "System administration", city, parent=bureau)
    for unit in rules.current(work).units[city]:
        _unit(work, unit, bureau, agency, reviews_from)
    for position, supplier in enumerate(SUPPLIERS):
        office = _office(work, supplier.code, "supplier", "city", f"{place.zh}{supplier.name}", supplier.name_en, city,
                         parent=bureau, supplier_kind=supplier.kind, position=position)  # fmt: skip
        for category in supplier.categories:
            catalogue.add_resource(work, office, category, level="city", limit_key=f"query_limit.{category}")


def _unit(
    work: Work, unit: ReportingUnit, bureau: Organisation, city_agency: Organisation, reviews_from: datetime
) -> None:
    mark = MARKS.get(unit.id, unit.zh[0])
    agency = _office(work, f"{unit.id}-agency", "agency", "county", f"{unit.zh}核对中心",
                     f"{unit.en} verification agency", unit.id, parent=city_agency, unit=unit.id,
                     division=unit.division, mark=mark, position=unit.order)  # fmt: skip
    department = _office(work, unit.id, "department", "county", f"{unit.zh}民政局", f"{unit.en} civil affairs bureau",
                         unit.id, parent=bureau, agency=agency, unit=unit.id, division=unit.division, mark=mark,
                         position=unit.order)  # fmt: skip
    department.reviews_from = reviews_from
    for position, (code, name, name_en) in enumerate(TOWNS.get(unit.id, ())):
        _office(work, f"{unit.id}-{code}", "town_post", "town", name, name_en, unit.id, parent=department,
                agency=agency, unit=unit.id, position=position)  # fmt: skip


def _office(
    work: Work,
    code: str,
    kind: str,
    level: str,
    name: str,
    name_en: str,
    jurisdiction: str,
    *,
    parent: Organisation | None = None,
    agency: Organisation | None = None,
    unit: str | None = None,
    division: str | None = None,
    mark: str = "",
    supplier_kind: str | None = None,
    position: int = 0,
) -> Organisation:
    row = Organisation(
        code=code,
        kind=kind,
        level=level,
        name=name,
        name_en=name_en,
        jurisdiction=jurisdiction,
        parent_id=parent.id if parent else None,
        agency_id=agency.id if agency else None,
        unit_code=unit,
        division=division,
        mark=mark,
        supplier_kind=supplier_kind,
        position=position,
    )
    work.session.add(row)
    work.session.flush()
    return row
