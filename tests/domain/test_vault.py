"""Sealed cells open in their own place alone; blind indexes find equal values and join nothing else."""

from __future__ import annotations

import json
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.vault import Keys, KeysMissing, Unreadable, Vault

OLD = bytes(range(32))
NEW = bytes(range(32, 64))
VAULT = Vault(Keys(1, {1: OLD}))
ROTATED = Vault(Keys(2, {1: OLD, 2: NEW}))
NUMBER = "99010119800101123X"


@given(st.text(), st.text(max_size=30))
def test_what_was_sealed_opens_in_its_own_cell(value, ref):
    assert VAULT.open("person.name", ref, VAULT.seal("person.name", ref, value)) == value


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner)))
def test_a_json_value_comes_back_as_it_was(value):
    assert VAULT.open_json("human_task.answers", "r", VAULT.seal_json("human_task.answers", "r", value)) == value


def test_one_value_sealed_twice_looks_different():
    assert VAULT.seal("person.name", "r", "甲某") != VAULT.seal("person.name", "r", "甲某")


@pytest.mark.parametrize(("column", "ref"), [("person.name", "other"), ("person.idno", "row"), ("person.name|row", "")])
def test_a_cell_moved_to_another_row_or_column_does_not_open(column, ref):
    with pytest.raises(Unreadable):
        VAULT.open(column, ref, VAULT.seal("person.name", "row", "甲某"))


def test_every_changed_byte_is_noticed_and_every_cut():
    sealed = VAULT.seal("person.name", "row", "甲某")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(Unreadable):
            VAULT.open("person.name", "row", bytes(changed))
        with pytest.raises(Unreadable):
            VAULT.open("person.name", "row", sealed[:place])


def test_another_home_opens_nothing_and_its_index_finds_nothing():
    stranger = Vault(Keys(1, {1: NEW}))
    with pytest.raises(Unreadable):
        stranger.open("person.name", "row", VAULT.seal("person.name", "row", "甲某"))
    assert stranger.blind("person.idno", NUMBER) != VAULT.blind("person.idno", NUMBER)


def test_a_refusal_holds_no_value():
    with pytest.raises(Unreadable) as refusal:
        VAULT.open("person.name", "other", VAULT.seal("person.name", "row", "甲某"))
    assert "甲某" not in repr(refusal.value) + str(refusal.value.ids)


def test_after_a_new_key_old_cells_open_new_ones_use_it_and_both_are_found():
    old = VAULT.seal("person.name", "row", "甲某")
    assert ROTATED.open("person.name", "row", old) == "甲某"
    assert ROTATED.seal("person.name", "row", "甲某")[1] == 2
    assert VAULT.blind("person.idno", NUMBER) in ROTATED.blind_all("person.idno", NUMBER)
    assert ROTATED.blind("person.idno", NUMBER) in ROTATED.blind_all("person.idno", NUMBER)
    assert ROTATED.mac("journal", b"x") == VAULT.mac("journal", b"x"), "chains stay checkable"


def test_the_same_number_does_not_join_across_columns():
    assert VAULT.blind("person.idno", NUMBER) != VAULT.blind("account.idno", NUMBER)


@pytest.mark.parametrize("written", ["99010119800101123x", " 990101 19800101 123X ", "９９０１０１19800101123Ｘ"])
def test_one_number_written_differently_has_one_index(written):
    assert VAULT.blind("person.idno", written) == VAULT.blind("person.idno", NUMBER)


@given(st.text(max_size=20), st.text(max_size=20))
def test_different_values_have_different_indexes(one, other):
    def normal(text: str) -> str:
        import unicodedata

        return "".join(unicodedata.normalize("NFKC", text).split()).upper()

    same = normal(one) == normal(other)
    assert (VAULT.blind("person.idno", one) == VAULT.blind("person.idno", other)) == same


def test_keys_are_for_their_owner_alone_and_never_overwritten(tmp_path):
    folder = tmp_path / "keys"
    made = Keys.create(folder)
    assert Keys.read(folder) == made
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "keys.json").stat().st_mode) == 0o600
    with pytest.raises(KeysMissing):
        Keys.create(folder)
    assert Keys.read(folder) == made


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        json.dumps({"current": 1, "masters": {}}),
        json.dumps({"current": 1, "masters": {"1": "00"}}),
        json.dumps({"current": 2, "masters": {"1": OLD.hex()}}),
        json.dumps({"current": 1, "masters": [OLD.hex()]}),
    ],
)
def test_a_key_file_that_is_none_is_refused_with_the_remedy(tmp_path, content):
    (tmp_path / "keys.json").write_text(content)
    with pytest.raises(KeysMissing, match="HEDUI_KEYS"):
        Keys.read(tmp_path)


def test_an_absent_key_file_is_refused_with_the_remedy(tmp_path):
    with pytest.raises(KeysMissing, match="HEDUI_KEYS"):
        Keys.read(tmp_path)
