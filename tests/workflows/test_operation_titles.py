"""Every operation has a title that can be read in both languages."""

from __future__ import annotations

from workflows import operation_titles, registry


def test_every_operation_has_a_title_and_every_title_an_operation():
    assert operation_titles.TITLES.keys() == registry.operations().keys()
