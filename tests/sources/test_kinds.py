"""Every kind of department file: readable under each of its headings, told from the others, refused as another."""

from __future__ import annotations

import io
import tomllib
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from domain import identity
from domain.verification import measures
from sources import headings
from sources.categories import (
    AMOUNT,
    CATEGORIES,
    CERTIFICATE,
    DATE,
    IDENTITY,
    MONTH,
    NAME,
    NUMBER,
    READABLE,
    Category,
    Field,
)
from sources.faults import FileRefused, Refusal
from sources.matching import kinds
from sources.reading import read_all

LISTED = Path(__file__).parents[2] / "policies" / "categories.toml"
GOOD = [identity.make_demonstration(date(1960, 1, 2), n) for n in (11, 13)]
OTHER = identity.make_demonstration(date(1962, 3, 4), 22)
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
CLEAN = {AMOUNT: "1234.50", DATE: "2025-06-03", MONTH: "2025-06", NUMBER: "12"}
# the same as departments type it
DIRTY = {AMOUNT: "￥１，２３４.５０", DATE: "2025年6月3日", MONTH: "2025.6", NUMBER: "１２"}
READ = {AMOUNT: "1234.50", DATE: "2025-06-03", MONTH: "2025-06", NUMBER: "12"}
PEOPLE = (IDENTITY, CERTIFICATE, NAME)
# kinds that were readable before have their own tests in test_reading
CODES = sorted(CATEGORIES)


def cell(field: Field, category: Category, cells: dict[str, str], *, number: str = "", wide: bool = False) -> str:
    if field.kind in (IDENTITY, CERTIFICATE):
        first = category.subjects[0].number == field.code
        bare = number or (GOOD[0] if first else OTHER)
        return f"'{bare.translate(WIDE)}" if wide else bare
    return "江白露" if field.kind == NAME else cells.get(field.kind, "某某")


def table(category: Category, label: int) -> bytes:
    """A title, headings (the first or last words for each), a clean, a dirty and a bad row, a total."""
    fields = category.fields
    lines = [
        ",".join(["本溪市某局数据"] + [""] * (len(fields) - 1)),
        ",".join(field.labels[label] for field in fields),
        ",".join(cell(field, category, CLEAN) for field in fields),
        ",".join(f'"{cell(field, category, DIRTY, number=GOOD[1], wide=True)}"' for field in fields),
        ",".join(cell(field, category, CLEAN, number="15042119301243") for field in fields),
        ",".join(["合计"] + [""] * (len(fields) - 1)),
    ]
    return ("\r\n".join(lines) + "\r\n").encode("gb18030")


def test_every_listed_category_is_readable_and_measured() -> None:
    listed = {one["code"] for one in tomllib.loads(LISTED.read_text(encoding="utf-8"))["category"]}
    assert listed == CATEGORIES.keys() == measures.MEASURES.keys()


@pytest.mark.parametrize("code", CODES)
def test_what_the_comparison_asks_of_a_kind_is_a_field_of_it(code: str) -> None:
    measure, fields = measures.MEASURES[code], {field.code for field in CATEGORIES[code].fields}
    asked = {*measure.amounts, *measure.key, measure.kind, measure.event, measure.until, measure.other} - {""}
    assert asked <= fields
    assert CATEGORIES[code].dated_by in {"", *fields}


@pytest.mark.parametrize("code", sorted(READABLE))
def test_a_heading_means_one_field_of_a_kind(code: str) -> None:
    folded = Counter(headings.fold_label(label) for field in READABLE[code].fields for label in set(field.labels))
    assert [label for label, times in folded.items() if times > 1] == []


@pytest.mark.parametrize("label", [0, -1])
@pytest.mark.parametrize("code", CODES)
def test_a_file_is_read_under_official_words_and_synonyms_clean_and_dirty(code: str, label: int) -> None:
    category = CATEGORIES[code]
    rows, report = read_all(io.BytesIO(table(category, label)), code, demonstration=True)

    assert [row.row for row in rows][:2] == [3, 4]
    assert report.accepted + report.rejected + report.skipped + report.aside == report.records
    for row, number in zip(rows[:2], GOOD, strict=True):
        assert row.subjects[0].number == number and row.subjects[0].name == "江白露"
        for field in category.fields:
            if field.kind not in PEOPLE:
                assert row.values[field.code] == READ.get(field.kind, "某某"), field.code
    damaged = [subject for row in rows[2:] for subject in row.subjects if subject.role == rows[0].subjects[0].role]
    assert [subject.number for subject in damaged] == [""]  # kept by name, as a doubt of nobody's number


@pytest.mark.parametrize("code", CODES)
def test_the_headings_tell_a_kind_from_all_others(code: str) -> None:
    for label in (0, -1):
        written = [[field.labels[label] for field in CATEGORIES[code].fields]]
        found = kinds.detect(written, CATEGORIES.values())
        assert found is not None and found.category.code == code


@pytest.mark.parametrize("code", [code for code in CODES if any(field.column for field in CATEGORIES[code].fields[2:])])
def test_a_file_without_the_column_that_makes_the_kind_is_refused_by_its_name(code: str) -> None:
    category = CATEGORIES[code]
    needed = [field for field in category.fields if field.column and field.kind not in PEOPLE]
    written = [[field.labels[0] for field in category.fields if field not in needed], ["x"]]
    if not needed:
        return
    with pytest.raises(Refusal) as caught:
        headings.find(written, category)
    assert all(field.labels[0] in str(caught.value.text) for field in needed)


def test_a_list_of_people_alone_is_no_kind_of_property() -> None:
    for code in ("SECURITY", "INSUR", "VESSEL", "TAXI", "DEBT", "EXP_BIG", "ASSIST", "HUKOU"):
        with pytest.raises(FileRefused):
            read_all(io.BytesIO(f"姓名,身份证号\n江白露,{GOOD[0]}\n".encode()), code, demonstration=True)
