"""A cell that would never hold is found at its place; text and prose are let alone."""

from __future__ import annotations

from tests.workflows.studio import shipped
from workflows import bundles
from workflows.bundles import Bundle
from workflows.table_check import two_equals

TABLE = shipped("verification").files["doubts.dmn"]


def test_two_equals_signs_in_a_cell_are_found_at_the_cell_with_a_line_and_a_way_out() -> None:
    cell = b'<inputEntry id="pension_category"><text>'
    slipped = TABLE.replace(cell, cell + b"== ")
    (found,) = two_equals("doubts.dmn", slipped)
    assert (found.file, found.element, found.severity) == ("doubts.dmn", "pension_category", "error")
    assert found.line == 1 + slipped[: slipped.index(b'== "PENRCV"')].count(b"\n")
    assert "one equals sign" in str(found.remedy)
    files = {**shipped("verification").files, "doubts.dmn": slipped}
    said = [one for one in bundles.check(Bundle("verification", files)) if one.element == "pension_category"]
    assert [(one.line, one.table, one.rule, one.column) for one in said] == [(found.line, "疑点规则", 1, "信息")] * len(
        said
    )
    assert sum("two equals signs" in str(one.sentence) for one in said) == 1


def test_what_is_quoted_or_prose_may_say_it() -> None:
    assert list(two_equals("doubts.dmn", TABLE)) == []
    quoted = TABLE.replace(b'<text>"PENRCV"', b'<text>"a == b"', 1).replace(b"{found}", b"{found} == ")
    assert quoted.count(b"==") > 1 and list(two_equals("doubts.dmn", quoted)) == []
