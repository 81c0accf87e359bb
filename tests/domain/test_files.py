"""Files people hand in: a row whose name is sealed, bytes that are there before the row."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from domain import files
from domain.blobs import BlobDamaged
from domain.errors import NotFound
from domain.files import StoredFile
from domain.vault import Unreadable
from tests.domain.office import NOW, account, case_of, household

CONTENT = b"%PDF-1.7 declaration"
NAME = "甲某授权书.pdf"


@pytest.fixture
def kept(both) -> str:
    blob = both.home.blobs.put_bytes(CONTENT)
    with both.acting("clerk") as work:
        case = case_of(work, household(work))
        row = files.keep(work, blob, name=NAME, media_type="application/pdf", purpose="SCAN", case_id=case.id)
        return row.ref


def test_a_file_comes_back_with_its_name_its_giver_and_its_day(both, kept):
    with both.acting("head") as work:
        row = files.by_ref(work, kept)
        assert files.name_of(work, row) == NAME
        assert files.content(work, row).read() == CONTENT
        assert (row.size, row.uploaded_by, row.uploaded_at) == (len(CONTENT), account(work, "clerk"), NOW)


def test_its_name_lies_sealed_and_opens_in_its_own_row_alone(both, kept):
    other = both.home.blobs.put_bytes(b"other")
    with both.acting() as work:
        row = files.by_ref(work, kept)
        assert "甲某".encode() not in row.name
        second = files.keep(work, other, name="b", media_type="application/pdf", purpose="SCAN")
        second.name = row.name
        with pytest.raises(Unreadable):
            files.name_of(work, second)


def test_an_unknown_file_is_refused(both):
    with both.acting() as work, pytest.raises(NotFound):
        files.by_ref(work, "0" * 26)


def test_a_row_that_names_anothers_bytes_is_refused(both, kept):
    other = both.home.blobs.put_bytes(b"other")
    with both.acting() as work:
        row = files.by_ref(work, kept)
        row.blob_name = other.name
        with pytest.raises((Unreadable, BlobDamaged)):
            files.content(work, row)


def test_a_refused_act_leaves_no_row_and_its_bytes_for_the_sweeper(both):
    blob = both.home.blobs.put_bytes(CONTENT)

    def fail() -> None:
        with both.acting() as work:
            files.keep(work, blob, name=NAME, media_type="application/pdf", purpose="SCAN")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with both.acting() as work:
        named = set(work.session.scalars(select(StoredFile.blob_name)))
    assert set(both.home.blobs.names()) - named >= {blob.name}
