"""What may not even be kept in a draft, and what the check of a whole bundle says beside the drawing's own."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

import pytest

from domain.errors import Finding
from tasks.pages import options
from tests.workflows.studio import SHIPPED, shipped, with_files
from webapp import words
from workflows import bundles, forms
from workflows.bpmn_xml import XmlRefused, read_tree
from workflows.bundles import DRAWING, SHEET, Bundle

HUGE = 10 * 1024 * 1024
XML: Mapping[str, tuple[bytes, str, int | None]] = {
    "document type": (b'<?xml version="1.0"?>\n<!DOCTYPE a>\n<a/>', "document type", 2),
    "outside entity": (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "document type", 1),
    "billion laughs": (
        b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><l>&c;</l>',
        "document type",
        1,
    ),
    "outside type": (b'<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>', "document type", 1),
    "undeclared entity": (b"<a>\n&x;</a>", "well-formed", 2),
    "ten megabytes": (b"<a>" + b"x" * HUGE + b"</a>", "larger than 2 MB", None),
    "deep": (b"<a>" * 1000 + b"</a>" * 1000, "100 levels", 1),
    "deep without end": (b"<a>" * 600_000, "100 levels", 1),
    "wide": (b"<a>" + b"<b/>" * 400_000 + b"</a>", "20,000 elements", 1),
    "UTF-16": ("<a>核</a>".encode("utf-16"), "UTF-8", 1),
    "UTF-16 without mark": ("<a>核</a>".encode("utf-16-le"), "UTF-8", 1),
    "UTF-32": ("<a>核</a>".encode("utf-32"), "UTF-8", 1),
    "UTF-7": (b'<?xml version="1.0" encoding="UTF-7"?><a/>', "UTF-8", 1),
    "GB 18030": ('<?xml version="1.0" encoding="GB18030"?>\n<a>核对</a>'.encode("gb18030"), "UTF-8", 1),
    "GB 18030 unsaid": ("<a>\n核对</a>".encode("gb18030"), "UTF-8", 2),
    "latin-1": ('<?xml version="1.0" encoding="ISO-8859-1"?>\n<a>é</a>'.encode("latin-1"), "UTF-8", 2),
    "latin-1 said, UTF-8 meant": ('<?xml version="1.0" encoding="ISO-8859-1"?><a>核</a>'.encode(), "UTF-8", 1),
    "style sheet": (b'<?xml-stylesheet href="x.xsl"?><a/>', "processing instruction", 1),
    "program": (b"<a>\n<?php system('id') ?></a>", "processing instruction", 2),
    "other files": (
        b'<a xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="/etc/passwd"/></a>',
        "includes other files",
        1,
    ),
    "no XML": (b"hello", "well-formed", 1),
    "empty": (b"", "well-formed", 1),
    "two roots": (b"<a/>\n<a/>", "well-formed", 2),
    "control characters": (b"<a>\x01</a>", "well-formed", 1),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "UTF-8", 1),
}


@pytest.mark.parametrize("case", XML)
@pytest.mark.parametrize("path", [DRAWING, "doubts.dmn"])
def test_xml_that_must_not_be_read_is_refused_with_file_line_sentence_and_remedy(case: str, path: str) -> None:
    content, said, line = XML[case]
    begun = monotonic()

    (found,) = bundles.readable(path, content)

    assert monotonic() - begun < 1
    assert said in str(found.sentence) and str(found.remedy)
    assert (found.file, found.line) == (path, line)


@pytest.mark.parametrize("case", XML)
def test_the_check_of_a_bundle_says_the_same_and_stays_up(case: str) -> None:
    content, said, _line = XML[case]
    bundle = Bundle("key", {**shipped().files, DRAWING: content})
    found = [str(one.sentence) for one in bundles.check(bundle)]
    assert any(said in one or "4 MB" in one for one in found)


@pytest.mark.parametrize("case", [case for case in XML if "latin-1" not in case])
def test_the_stream_is_at_least_as_strict_as_the_tree(case: str) -> None:
    with pytest.raises(XmlRefused):
        read_tree(XML[case][0])


@pytest.mark.parametrize(
    "path", sorted(file.relative_to(SHIPPED).as_posix() for file in SHIPPED.rglob("*") if file.is_file())
)
def test_every_shipped_file_may_be_kept(path: str) -> None:
    inside = path.partition("/")[2]
    assert bundles.readable(inside, (SHIPPED / path).read_bytes()) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[" * 100_000, "100 levels"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "100 levels"),
        (b"[" + b"{}," * 100_000 + b"{}]", "20,000 values"),
        (b'"' + b'\\"' * 1_000_000, "not JSON"),
        (b'"' + b'a"' * 1_000_000, "20,000 values"),
        (b"1" * 1_000_000, "not JSON"),
        (b"[NaN]", "not JSON"),
        (b"x" * HUGE, "larger than 2 MB"),
        ('{"a":"核"}'.encode("utf-16"), "UTF-8"),
        ('{"a":"核"}'.encode("gb18030"), "UTF-8"),
        (b'\xef\xbb\xbf{"a":1}', "not JSON"),
        (b"<html>", "not JSON"),
        (b"", "not JSON"),
    ],
)
def test_json_that_must_not_be_read_is_refused(content: bytes, said: str) -> None:
    begun = monotonic()
    (found,) = bundles.readable("forms/a.form", content)
    assert monotonic() - begun < 1
    assert said in str(found.sentence) and str(found.remedy) and found.file == "forms/a.form"


@pytest.mark.parametrize(
    "content",
    [
        b"a=" + b"[" * 60_000,
        b"a=" + b"{a=" * 15_000,
        b".".join([b"a"] * 30_000) + b"=1",
        b"[" + b".".join([b"a"] * 30_000) + b"]",
        b".".join([b'"a"'] * 15_000) + b"=1",
        b"a=1\n" * 1_000_000,
        "a='核'".encode("gb18030"),
    ],
)
def test_toml_that_would_take_for_ever_is_refused_at_once(content: bytes) -> None:
    begun = monotonic()
    (found,) = bundles.readable(SHEET, content)
    assert found.file == SHEET and str(found.remedy)
    assert Bundle("key", {SHEET: content}).sheet == {}
    assert monotonic() - begun < 1


def test_brackets_and_points_in_texts_are_no_depth() -> None:
    text = "." * 500 + "[" * 500 + "{" * 500
    content = f"title = \"{text}\"  # {text}\nb = '{text}'\nc = \"\"\"\n{text}\n\"\"\"\nd = '''{text}'''\n".encode()
    assert bundles.readable(SHEET, content) == []
    assert bundles.readable("forms/a.form", json.dumps({"a": text, "b": '\\"[[['}).encode()) == []


# --- the whole bundle --------------------------------------------------------------------------------------------


def said(findings: list[Finding], file: str, element: str) -> str:
    return " ".join(str(one) for one in findings if (one.file, one.element) == (file, element))


def changed(old: str, new: str, path: str = DRAWING, key: str = "verification") -> Bundle:
    source = shipped(key).files[path].decode()
    assert old in source
    return with_files({path: source.replace(old, new, 1).encode()}, key)


def _step_with(text: str) -> str:
    """Id of the element of the shipped drawing that holds a text."""
    before = shipped("verification").files[DRAWING].decode().split(text)[0]
    return before.rsplit('<bpmn:businessRuleTask id="', 1)[1].split('"')[0]


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('name="facts" value="doubt.facts"', 'name="facts" value="doubt.fects"', "doubt.facts"),
        ('name="record" value="doubt.record"', 'name="record" value="os.system"', "doubt.record"),
        ('name="facts" value="doubt.facts"', 'name="facts" value="doubt.record"', "doubt.facts"),
        ('<camunda:property name="facts" value="doubt.facts" />', "", "doubt.facts"),
    ],
)
def test_a_decision_step_names_where_facts_come_from_and_who_records(old: str, new: str, named: str) -> None:
    text = said(bundles.check(changed(old, new)), DRAWING, _step_with('name="facts" value="doubt.facts"'))
    assert "names no operation" in text and named in text


NOTHING = 'name="facts" value="doubt.facts" /><camunda:property name="decision" value="nothing" />'


def test_a_term_a_stage_and_a_decision_must_exist() -> None:
    source = shipped("verification").files[DRAWING].decode()
    term = source.split('name="term" value="')[1].split('"')[0]
    stage = source.split('name="stage" value="')[1].split('"')[0]
    for old, new, sentence in (
        (f'name="term" value="{term}"', 'name="term" value="someday"', "no term someday"),
        (f'name="stage" value="{stage}"', 'name="stage" value="limbo"', "no stage limbo"),
        ('name="facts" value="doubt.facts" />', NOTHING, "no decision nothing"),
    ):  # fmt: skip
        assert any(sentence in str(one) for one in bundles.check(changed(old, new))), sentence


def test_a_name_that_nothing_brings_is_found_by_the_check_of_the_bundle() -> None:
    source = shipped("verification").files[DRAWING].decode()
    condition = source.split('tFormalExpression">')[1].split("<")[0]
    assert any("brings" in str(one.sentence) for one in bundles.check(changed(condition, "nobody.knows = 1")))


def test_a_form_names_only_what_the_program_can_fill_in() -> None:
    form = {
        "type": "default",
        "components": [
            {
                "type": "select", "key": "who", "label": "谁",
                "properties": {"label.en": "Who", "options": "neighbours"},
            },
            {
                "type": "dynamiclist", "path": "rows", "label": "行",
                "properties": {"label.en": "Rows", "rows": "cats"},
                "components": [
                    {"type": "select", "key": "inner", "label": "内", "properties": {"label.en": "In", "options": "x"}}
                ],
            },
        ],
    }  # fmt: skip
    findings = bundles.check(with_files({"forms/odd.form": json.dumps(form).encode()}))
    for element, name in (("who", "neighbours"), ("rows", "cats"), ("inner", "x")):
        assert f"cannot fill in {name}" in said(findings, "forms/odd.form", element)


def test_the_sources_a_form_may_name_are_those_the_pickers_offer() -> None:
    assert set(words.ROWS) == forms.ROW_SOURCES
    assert set(words.OPTIONS) == forms.OPTION_SOURCES
    code = Path(str(options.__file__)).read_text(encoding="utf-8")
    assert all(f'"{name}"' in code for name in forms.ROW_SOURCES | forms.OPTION_SOURCES if name != "disputed")


@pytest.mark.parametrize(
    ("sheet", "element"),
    [
        (b"title = ", ""),
        (b'title = ""\n', "title"),
        (b"title = 3\n", "title"),
        (b'title_en = "' + b"x" * 300 + b'"\n', "title_en"),
        (b"owners = [[1]]\n", "owners"),
        (b'owners = ["wizard"]\n', "wizard"),
        (b'start = {roles = "town_post"}\n', "start.roles"),
        (b"start = {roles = [{a = 1}]}\n", "start.roles"),
        (b"start = {magic = 1}\n", "start.magic"),
        (b"stages = 3\n", "stages"),
        (b'stages = [{code = "a"}]\n', "stages"),
        (
            b'stages = [{code = "a", label = "a", label_en = "a"}, {code = "a", label = "b", label_en = "b"}]\n',
            "stages",
        ),
        (b"magic = 1\n", "magic"),
    ],
)
def test_the_details_of_a_process_are_checked_value_by_value(sheet: bytes, element: str) -> None:
    assert said(bundles.check(with_files({SHEET: sheet})), SHEET, element)


def test_a_bundle_without_drawing_or_details_is_told_so_and_nothing_breaks() -> None:
    findings = bundles.check(Bundle("key", {}))
    assert {one.file for one in findings} == {DRAWING, SHEET}


def test_a_file_with_endless_faults_says_some_and_that_there_are_more() -> None:
    form = {"type": "default", "components": [{"type": "iframe", "id": f"x{n}"} for n in range(5000)]}
    findings = bundles.check(with_files({"forms/odd.form": json.dumps(form).encode()}))
    assert len([one for one in findings if one.file == "forms/odd.form"]) == bundles.MOST_FINDINGS + 1


def test_a_form_of_four_times_the_fields_is_read_in_four_times_the_steps() -> None:
    assert _calls(4000) < 4.5 * _calls(1000)


def _calls(fields: int) -> int:
    """How many functions reading a form of so many fields calls."""
    field = {"type": "textfield", "label": "甲", "properties": {"label.en": "A"}}
    form = {"type": "default", "components": [{**field, "key": f"k{n}"} for n in range(fields)]}
    content, counted = json.dumps(form).encode(), 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        forms.parse(content, "a", "forms/a.form")
    finally:
        sys.setprofile(before)
    return counted
