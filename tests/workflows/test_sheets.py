"""process.toml written by the product reads back as what was meant."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import ROOT
from workflows import sheets

# TOML holds any character but lone surrogates
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_PLAIN = st.one_of(
    _TEXTS, st.booleans(), st.integers(-(2**60), 2**60), st.floats(allow_nan=False), st.dates(), st.times()
)
_VALUES = st.recursive(
    _PLAIN,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_TEXTS, inner, max_size=4)),
    max_leaves=15,
)


@given(st.dictionaries(_TEXTS, _VALUES, max_size=5))
def test_whatever_is_written_reads_back_as_the_same(sheet):
    assert tomllib.loads(sheets.written(sheet).decode("utf-8")) == sheet


@pytest.mark.parametrize("process", ["verification", "dynamic_review", "review_commission"])
def test_a_shipped_sheet_keeps_its_bytes(process):
    content = (ROOT / "bpmn" / process / "process.toml").read_bytes()
    assert sheets.written(tomllib.loads(content.decode("utf-8"))) == content


def test_what_toml_has_no_word_for_is_refused():
    with pytest.raises(TypeError, match="NoneType"):
        sheets.written({"title": None})
