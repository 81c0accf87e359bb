"""What an owner begins with passes every check, whatever it is called."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import decisions
from domain.parties.roles import ROLES
from workflows import bundles, forms, fresh
from workflows.bundles import Bundle

TITLES = ["临时救助核对", "<script>alert(1)</script>", "\"引号\" & 'apostrophe' {braces}", "𠮷 𝒙"]


@pytest.mark.parametrize("title", TITLES)
def test_a_new_process_passes_the_whole_check(title):
    bundle = Bundle("temporary_aid", fresh.process("temporary_aid", title, f"{title} en", "department_clerk"))
    assert bundles.check(bundle) == []
    assert bundle.sheet["title"] == title


def test_a_new_process_has_no_finding_for_any_role():
    for role in ROLES:
        files = fresh.process("aid", "甲", "A", role)
        assert f'candidateGroups="{role}"'.encode() in files["process.bpmn"]


# XML and TOML hold no control characters but these, and no lone surrogates
_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), min_size=1, max_size=30)


@settings(max_examples=50)
@given(_TEXTS)
@example(" ")  # nothing but blanks: it goes by its key
def test_a_new_form_or_table_may_be_called_anything(title):
    spec = forms.parse(fresh.form("aid", "first", title, title), "first", "forms/first.form")
    assert [one.kind for one in spec.fields] == ["text", "textarea"]
    model = decisions.load(fresh.table("limits", title))
    assert [one.id for one in model.decisions] == ["limits"]
