"""A cell that would never hold is found at its place; text and prose are let alone."""

from __future__ import annotations

from tests.workflows.studio import shipped
from workflows import bundles
from workflows.bundles import Bundle
from workflows.table_check import check_table

TABLE = shipped("verification").files["doubts.dmn"]


def errors(content: bytes) -> list[object]:
    return [one for one in check_table("doubts.dmn", content) if one.severity == "error"]


def test_two_equals_signs_in_a_cell_are_found_at_the_cell_with_a_line_and_a_way_out() -> None:
    cell = b'<inputEntry id="pension_category"><text>'
    slipped = TABLE.replace(cell, cell + b"== ")
    told = [one for one in check_table("doubts.dmn", slipped) if "two equals signs" in str(one.sentence)]
    assert [(one.file, one.element, one.severity) for one in told] == [("doubts.dmn", "pension_category", "error")]
    (found,) = told
    assert found.line == 1 + slipped[: slipped.index(b'== "PENRCV"')].count(b"\n")
    assert (found.table, found.rule, found.column) == ("疑点规则", 1, "信息")
    assert "one equals sign" in str(found.remedy)
    files = {**shipped("verification").files, "doubts.dmn": slipped}
    assert found in bundles.check(Bundle("verification", files))


def test_what_is_quoted_or_prose_may_say_it() -> None:
    assert errors(TABLE) == []
    quoted = TABLE.replace(b'<text>"PENRCV"', b'<text>"a == b"', 1).replace(b"{found}", b"{found} == ")
    assert quoted.count(b"==") > 1 and errors(quoted) == []
