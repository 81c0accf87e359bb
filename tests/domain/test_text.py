"""Sentences that are kept and read later: what they were made of is read in the language of whoever reads."""

from __future__ import annotations

import json

import pytest

from domain.errors import HouseError
from domain.parties.roles import listed
from domain.text import Joined, Name, Text, bound
from domain.text import gettext as _
from tasks import life
from tests.workflows.test_decision_words import in_chinese


def kept(sentence: Text) -> Text:
    """As a row holds it and a page reads it."""
    return Text.unpacked(json.loads(json.dumps(sentence.packed())))


def test_a_list_in_a_kept_sentence_is_joined_when_it_is_read() -> None:
    sentence = _("This is the work of: %(roles)s. Ask a colleague who holds that role.",
                 roles=listed({"department_head", "agency_head"}))  # fmt: skip
    english = str(sentence)
    with bound(in_chinese()):
        chinese = str(sentence)
        stored = kept(sentence)  # kept by somebody who reads Chinese
        assert str(stored) == chinese
    assert str(stored) == english != chinese
    assert "Head of the department" not in chinese


def test_who_may_do_an_act_is_said_in_the_language_of_the_reader_of_a_bulk_verdict() -> None:
    with bound(in_chinese()), pytest.raises(HouseError) as refused:
        life.must(life.RELEASE, "RESERVED", frozenset())
    with bound(in_chinese()):
        said = refused.value.args[0]
        assert isinstance(said, Text)
        stored = kept(said)
    assert str(stored) == str(said)
    assert " or " in str(stored)
    with bound(in_chinese()):
        assert "或" in str(stored)
        assert " or " not in str(stored)


def test_names_and_lists_of_lists_come_back_as_they_were() -> None:
    inner = Joined(_(" or "), [Name("拟委托书", "Draft commission"), _("the program itself")])
    sentence = _("“%(operation)s” is for %(who)s.", operation=3, who=Joined(_(", "), [inner, "x"]))
    assert str(kept(sentence)) == str(sentence)
    with bound(in_chinese()):
        assert str(kept(kept(sentence))) == str(sentence)
        assert "拟委托书" in str(sentence)
