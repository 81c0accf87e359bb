"""The columnar store: what goes in comes out for the right person only, and nothing in the file names anybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from domain import identity
from domain.blobs import Blobs
from domain.vault import Keys, Unreadable, Vault
from sources.names import Likeness
from sources.rows import MAYBE_ROUNDED, SourceRow, Subject
from sources.store import MatchKind, Store

ONE = identity.make_demonstration(date(1960, 1, 2), 11)
TWO = identity.make_demonstration(date(1962, 3, 4), 22)


def row(number: int, *people: Subject, dated: str = "", sheet: int = 1, **values: str) -> SourceRow:
    return SourceRow(sheet, number, people, values or {"balance": "8765.43"}, dated)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(Keys.create(tmp_path / "keys"))


@pytest.fixture
def store(tmp_path: Path, vault: Vault) -> Store:
    return Store(Blobs(tmp_path / "files", vault), vault, scratch=tmp_path)


def test_a_row_is_found_by_its_number_and_comes_back_whole(store: Store) -> None:
    delivery = store.put("D1", "DEPOSIT", [row(17, Subject(ONE, "江白露"), dated="2027-05-31", sheet=2)])

    (found,) = store.match([delivery], [store.wanted("p1", ONE, "江白露")])

    assert (found.wanted, found.delivery_ref, found.row_no, found.category) == ("p1", "D1", "2!17", "DEPOSIT")
    assert (found.match_kind, found.name_differs, found.data_date) == (MatchKind.ID_NAME, False, date(2027, 5, 31))
    assert found.values == {"balance": "8765.43"}


def test_nobody_elses_row_is_found_even_with_the_same_name(store: Store) -> None:
    delivery = store.put("D1", "DEPOSIT", [row(2, Subject(TWO, "江白露"))])

    assert store.match([delivery], [store.wanted("p1", ONE, "江白露")]) == []


@pytest.mark.parametrize(
    ("name", "kind", "likeness"),
    [
        ("江白露", MatchKind.ID_NAME, Likeness.SAME),
        ("江白路", MatchKind.ID, Likeness.DIFFERENT),
        ("", MatchKind.ID, None),
    ],
)
def test_a_right_number_with_another_name_says_so(
    store: Store, name: str, kind: MatchKind, likeness: Likeness | None
) -> None:
    delivery = store.put("D1", "DEPOSIT", [row(2, Subject(ONE, name))])

    (found,) = store.match([delivery], [store.wanted("p1", ONE, "江白露")])

    assert (found.match_kind, found.likeness) == (kind, likeness)
    assert found.name_differs is (likeness is Likeness.DIFFERENT)


def test_an_unusable_number_is_a_hint_by_name_and_no_match(store: Store) -> None:
    delivery = store.put("D1", "DEPOSIT", [row(2, Subject("", "江 白露", notes=("masked",)))])

    (found,) = store.match([delivery], [store.wanted("p1", ONE, "江白露"), store.wanted("p2", TWO, "梁夏至")])

    assert (found.wanted, found.match_kind, found.notes) == ("p1", MatchKind.NAME_ONLY, ("masked",))


def test_a_number_that_may_be_rounded_is_found_by_number_once_and_by_name_otherwise(store: Store) -> None:
    delivery = store.put("D1", "DEPOSIT", [row(2, Subject(ONE, "江白露", notes=(MAYBE_ROUNDED,)))])

    assert [r.match_kind for r in store.match([delivery], [store.wanted("p", ONE, "江白露")])] == [MatchKind.ID_NAME]
    assert [r.match_kind for r in store.match([delivery], [store.wanted("p", TWO, "江白露")])] == [MatchKind.NAME_ONLY]


def test_both_owners_of_one_row_are_found(store: Store) -> None:
    delivery = store.put("D1", "HOUSE", [row(5, Subject(ONE, "江白露"), Subject(TWO, "梁夏至"))])

    found = store.match([delivery], [store.wanted("p2", TWO), store.wanted("p1", ONE)])

    assert [(r.wanted, r.name) for r in found] == [("p2", "梁夏至"), ("p1", "江白露")]
    assert delivery.rows == 1


def test_rows_of_a_later_day_are_left_out_and_undated_ones_take_the_deliverys_day(store: Store) -> None:
    rows = [
        row(2, Subject(ONE, ""), dated="2027-06-30"),
        row(3, Subject(ONE, ""), dated="2027-05"),
        row(4, Subject(ONE, "")),
    ]
    delivery = store.put("D1", "DEPOSIT", rows, dated=date(2027, 5, 20))

    found = store.match([delivery], [store.wanted("p1", ONE)], as_of=date(2027, 5, 31))

    assert [(r.row, r.data_date) for r in found] == [(3, date(2027, 5, 1)), (4, date(2027, 5, 20))]


def test_a_repeated_row_has_the_same_fingerprint_and_a_changed_one_another(store: Store) -> None:
    rows = [row(2, Subject(ONE, "")), row(3, Subject(ONE, "")), row(4, Subject(ONE, ""), balance="1.00")]
    delivery = store.put("D1", "DEPOSIT", rows)

    a, b, c = store.match([delivery], [store.wanted("p1", ONE)])

    assert a.fingerprint == b.fingerprint != c.fingerprint


def test_a_planted_canary_is_in_no_file_and_no_repr(store: Store, tmp_path: Path) -> None:
    delivery = store.put("D1", "DEPOSIT", [row(2, Subject(ONE, "江白露"))])
    (found,) = store.match([delivery], [store.wanted("p1", ONE, "江白露")])

    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    columns = store._blobs.read(delivery.file)
    for canary in (ONE, "江白露", "8765.43"):
        assert canary.encode() not in files
        assert canary.encode() not in columns
        assert canary not in repr(found) + repr(delivery) + repr(store.wanted("p1", ONE, "江白露"))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("match-")] == []


def test_rows_do_not_open_under_another_delivery(store: Store) -> None:
    delivery = store.put("D1", "DEPOSIT", [row(2, Subject(ONE, "江白露"))])

    with pytest.raises(Unreadable):
        store.match([replace(delivery, ref="D2")], [store.wanted("p1", ONE)])


def test_rows_sealed_under_an_older_key_are_still_found(tmp_path: Path) -> None:
    old = Keys.create(tmp_path / "keys")
    blobs = Blobs(tmp_path / "files", Vault(old))
    delivery = Store(blobs, Vault(old)).put("D1", "DEPOSIT", [row(2, Subject(ONE, "江白露"))])
    both = Vault(Keys(2, old.masters | {2: b"2" * 32}))
    store = Store(Blobs(tmp_path / "files", both), both)

    assert [r.row for r in store.match([delivery], [store.wanted("p1", ONE)])] == [2]


def test_a_rewritten_delivery_needs_the_new_key_alone(tmp_path: Path) -> None:
    old = Keys.create(tmp_path / "keys")
    rows = [row(2, Subject(ONE, "江白露"), Subject("", "梁夏至"), dated="2027-05-31"), row(3, Subject(TWO, "梁夏至"))]
    both = Vault(Keys(2, old.masters | {2: b"2" * 32}))
    first = Store(Blobs(tmp_path / "files", Vault(old)), Vault(old)).put("D1", "DEPOSIT", rows)
    before = Store(Blobs(tmp_path / "files", both), both)
    new = Vault(Keys(2, {2: b"2" * 32}))
    after = Store(Blobs(tmp_path / "files", new), new)

    second = before.rewrite(first)

    assert second.rows == first.rows
    assert second.file.name != first.file.name
    wanted = [("p1", ONE, "江白露"), ("p2", TWO, "梁夏至")]
    found = after.match([second], [after.wanted(*who) for who in wanted])
    assert found == before.match([first], [before.wanted(*who) for who in wanted])
    assert len(found) == 3


def test_an_empty_delivery_and_an_empty_search_are_no_special_case(store: Store) -> None:
    delivery = store.put("D1", "DEPOSIT", [])

    assert store.match([delivery], [store.wanted("p1", ONE)]) == []
    assert store.match([delivery], []) == []


def test_a_dropped_delivery_is_gone_and_certified(store: Store) -> None:
    delivery = store.put("D1", "DEPOSIT", [row(2, Subject(ONE, "江白露"))])

    certificate = store.drop(delivery)

    assert (certificate.digest, certificate.rows) == (delivery.digest, 1)
    assert not store._blobs.exists(delivery.file.name)
