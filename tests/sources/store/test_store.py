"""The columnar store: what goes in comes out for the right person only, and nothing in the file names anybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from domain import identity
from domain.blobs import BlobDamaged, Blobs
from domain.errors import Conflict
from domain.text import gettext
from domain.vault import Keys, Unreadable, Vault
from sources.faults import FileRefused
from sources.names import Likeness
from sources.rows import MAYBE_ROUNDED, SourceRow, Subject
from sources.store import MatchKind, Store, StoredDelivery

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
    columns = b"".join(store._blobs.read(file) for file in delivery.files)
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

    second = replace(first, parts=tuple(before.rewrite("D1", part) for part in first.parts))

    assert [part.content for part in second.parts] == [part.content for part in first.parts]
    assert [part.key_id for part in (*first.parts, *second.parts)] == [1, 2]
    assert second.files[0].name != first.files[0].name
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
    assert not any(store._blobs.exists(file.name) for file in delivery.files)


def _many(count: int) -> list[SourceRow]:
    return [row(n + 2, Subject(identity.make_demonstration(date(1960, 1, 2), n), f"姓{n}")) for n in range(count)]


def test_a_row_of_nobody_wanted_is_never_decrypted(store: Store) -> None:
    rows = _many(300)
    delivery = store.put("D1", "DEPOSIT", rows, part_rows=100)
    wanted = [store.wanted(f"p{n}", rows[n].subjects[0].number, f"姓{n}") for n in (7, 150, 299)]

    found = store.match(
        [delivery], [*wanted, store.wanted("nobody", identity.make_demonstration(date(1961, 1, 2), 5), "江白露")]
    )

    assert [(one.wanted, one.row) for one in found] == [("p7", 9), ("p150", 152), ("p299", 301)]
    assert store.opened == len(found) == 3


def test_parts_hold_what_one_part_holds_and_their_content_does_not_hang_on_the_keys(tmp_path: Path) -> None:
    rows = _many(25)
    made = []
    for name, part_rows in (("a", 10), ("b", 10), ("c", 1000)):
        vault = Vault(Keys.create(tmp_path / name))
        store = Store(Blobs(tmp_path / name / "files", vault), vault)
        delivery = store.put("D1", "DEPOSIT", rows, part_rows=part_rows)
        found = store.match([delivery], [store.wanted("p", one.subjects[0].number) for one in rows])
        made.append(([part.rows for part in delivery.parts], delivery.digest, [one.row for one in found]))

    assert [rows for rows, _digest, _found in made] == [[10, 10, 5], [10, 10, 5], [25]]
    assert made[0][1] == made[1][1]
    assert made[0][2] == made[1][2] == made[2][2] == [one.row for one in rows]


def test_a_reading_that_was_cut_off_goes_on_with_the_same_content(store: Store) -> None:
    rows = _many(25)
    whole = store.put("D1", "DEPOSIT", rows, part_rows=10)
    told: list[int] = []

    again = store.put(
        "D1", "DEPOSIT", rows, part_rows=10, stored=whole.parts[:1], on_part=lambda part: told.append(part.position)
    )

    assert told == [1, 2]
    assert again.digest == whole.digest
    assert again.parts[0] is whole.parts[0]


def test_a_file_that_is_read_differently_is_not_continued(store: Store) -> None:
    rows = _many(25)
    whole = store.put("D1", "DEPOSIT", rows, part_rows=10)

    with pytest.raises(Conflict):
        store.put("D1", "DEPOSIT", rows[1:], part_rows=10, stored=whole.parts[:2])


def test_a_part_does_not_open_at_another_place_of_its_delivery(store: Store) -> None:
    whole = store.put("D1", "DEPOSIT", _many(20), part_rows=10)
    moved = replace(whole, parts=(replace(whole.parts[0], position=1),))

    with pytest.raises(Unreadable):
        store.match([moved], [store.wanted("p", ONE)])


def test_a_part_that_was_cut_off_or_changed_is_refused(store: Store, tmp_path: Path) -> None:
    whole = store.put("D1", "DEPOSIT", _many(20))
    (path,) = (path for path in (tmp_path / "files").rglob("*") if path.is_file())
    sound = path.read_bytes()

    for damaged in (sound[:-1], sound[: len(sound) // 2], b"", sound[:40] + bytes([sound[40] ^ 1]) + sound[41:]):
        path.write_bytes(damaged)
        with pytest.raises(BlobDamaged):
            store.match([whole], [store.wanted("p", ONE)])


def test_a_failed_reading_leaves_no_file(store: Store, tmp_path: Path) -> None:
    def refused() -> Iterator[SourceRow]:
        yield from _many(5)
        raise FileRefused(gettext("The file has no headings."))

    with pytest.raises(FileRefused):
        store.put("D1", "DEPOSIT", refused())

    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


@pytest.fixture
def old_delivery(tmp_path: Path, vault: Vault) -> StoredDelivery:
    """A delivery as they were stored before there were parts: one Parquet file with the bodies in it."""
    path = tmp_path / "old.parquet"
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE delivery (number_blind BLOB, name_blind BLOB, dated DATE, sheet INTEGER, row_no BIGINT,"
        " part INTEGER, body BLOB)"
    )
    for number, name, place, part in ((ONE, "江白露", 2, 0), (TWO, "梁夏至", 2, 1), ("", "江白露", 3, 0)):
        body = {"values": {"balance": "1.00"}, "number": number, "name": name, "role": "", "notes": []}
        connection.execute(
            "INSERT INTO delivery VALUES (?, ?, NULL, 1, ?, ?, ?)",
            [
                vault.blind("source.number", number) if number else None,
                None if number else vault.blind("source.name", name),
                place,
                part,
                vault.seal_json("source.row", f"D0|1|{place}|{part}", body),
            ],
        )
    connection.execute(f"COPY delivery TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    with path.open("rb") as file:
        blob = Blobs(tmp_path / "files", vault).put(file)
    path.unlink()
    return StoredDelivery("D0", "DEPOSIT", (), 2, None, blob)


def test_a_delivery_in_one_file_is_still_read_and_becomes_parts_with_the_same_rows(
    store: Store, old_delivery: StoredDelivery
) -> None:
    wanted = [store.wanted("p1", ONE, "江白露"), store.wanted("p2", TWO, "梁夏至")]
    found = store.match([old_delivery], wanted)
    assert [(one.wanted, one.row, one.match_kind) for one in found] == [
        ("p1", 2, MatchKind.ID_NAME),
        ("p1", 3, MatchKind.NAME_ONLY),
        ("p2", 2, MatchKind.ID_NAME),
    ]

    assert store.match([store.rewrite_whole(old_delivery)], wanted) == found
