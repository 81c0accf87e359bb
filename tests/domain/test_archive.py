"""The file of a case: nothing missing, kept for every outcome, and not to be changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import DBAPIError

from domain import cases
from domain.assistance.non_cooperation import by_non_cooperation
from domain.blobs import StoredBlob
from domain.cases import Case
from domain.errors import Conflict, NotPermitted
from domain.files import StoredFile
from domain.oversight import archive
from domain.oversight.archive import ArchiveFile, ArchiveItem
from domain.parties import households, organisations
from domain.verification import commissions, declarations, noncooperation
from domain.verification.declarations import DeclaredItem
from domain.verification.reports import Report
from domain.work import SCHEDULER, Work
from tests.domain.office import Desk, account, case_of, household
from tests.domain.verification.papered import DIGEST, being, decide, delivered, listed, noticed, review, told, verified
from tests.domain.verification.sourced import declared


def _rejected(work: Work) -> Case:
    case, _family, _members = verified(work)
    delivered(work, case)
    told(work, case, noticed(work, case, decide(work, case, "REJECT")))
    return case


@contextmanager
def _refused_naming(*missing: str) -> Iterator[None]:
    with pytest.raises(Conflict) as refused:
        yield
    assert refused.value.clause == "BX-27"
    assert refused.value.ids["missing"] == ",".join(missing)


@pytest.mark.clause("BX-27")
def test_a_file_without_its_declaration_stays_open_and_says_so(both: Desk) -> None:
    with both.acting() as work:
        case, family, members = verified(work)
        delivered(work, case)
        decide(work, case, "APPROVE")
        work.session.execute(delete(DeclaredItem))
        work.session.execute(text("DELETE FROM declaration"))
        with _refused_naming("declaration"):
            archive.complete(being(work, "archivist"), case)
        assert archive.of_case(work, case) is None
        declared(work, family, {(members[0], "PENRCV"): {"amount": "1486"}})
        made = archive.complete(being(work, "archivist"), case)
        kinds = {item.kind for item in archive.items_of(work, made)}
        assert {"AUTHORISATION", "DECLARATION", "COMMISSION", "REPORT", "ACCEPTANCE", "DETERMINATION"} <= kinds


def test_every_paper_is_there_once_with_the_digest_of_its_bytes(both: Desk) -> None:
    with both.acting() as work:
        case = _rejected(work)
        made = archive.complete(being(work, "archivist"), case)
        items = archive.items_of(work, made)
        assert [item.kind for item in items].count("AUTHORISATION") == 2
        assert {"NOTICE", "RECEIPT"} <= {item.kind for item in items}
        for item in items:
            if item.file_id is not None:
                file = work.session.get_one(StoredFile, item.file_id)
                blob: StoredBlob = file.blob
                assert item.digest == file.digest and work.home.blobs.exists(blob.name)
        assert made.number == "平档〔2027〕0001" and made.completed_at is not None


@pytest.mark.clause("BX-28")
def test_the_file_of_a_rejected_applicant_is_kept_for_its_years_and_cannot_be_deleted(both: Desk) -> None:
    with both.acting() as work:
        case = _rejected(work)
        made = archive.complete(being(work, "archivist"), case)
        assert made.keep_until == date(2037, 3, 10)
        archive_id = made.id
    for statement in (
        f"DELETE FROM archive_item WHERE archive_id = {archive_id}",
        f"DELETE FROM archive_file WHERE id = {archive_id}",
        f"UPDATE archive_file SET keep_until = '2027-03-11' WHERE id = {archive_id}",
        f"UPDATE archive_item SET digest = 'x' WHERE archive_id = {archive_id}",
    ):
        with pytest.raises(DBAPIError, match="BX-27"), both.home.engine.begin() as connection:
            connection.execute(text(statement))
    with both.acting() as work:
        kept = work.session.get_one(ArchiveFile, archive_id)
        assert len(archive.items_of(work, kept)) == len(work.session.scalars(select(ArchiveItem)).all()) > 6


def test_a_file_is_completed_once_by_an_archivist_of_the_two_offices(desk: Desk) -> None:
    with desk.acting() as work:
        case = _rejected(work)
        for login in ("head", "handler", "town", "stranger"):
            with pytest.raises(NotPermitted):
                archive.complete(being(work, login), case)
        archive.complete(being(work, "agency-archivist"), case)
        with pytest.raises(Conflict):
            archive.complete(being(work, "archivist"), case)


def test_an_untold_rejection_and_an_undecided_case_are_not_filed(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, _members = verified(work)
        delivered(work, case)
        archivist = being(work, "archivist")
        with pytest.raises(Conflict) as refused:
            archive.complete(archivist, case)
        assert refused.value.clause == "BX-27"
        decide(work, case, "REJECT")
        with pytest.raises(Conflict) as refused:
            archive.complete(archivist, case)
        assert refused.value.clause == "CK-14"


def test_a_refused_intake_is_filed_without_letter_and_report(desk: Desk) -> None:
    with desk.acting() as work:
        family = household(work)
        case = case_of(work, family)
        record = noncooperation.decide(
            work, case, requests=["3月1日上门", "3月5日电话"], choice="REFUSE", reason="拒绝授权",
            by=account(work, "head"),
        )  # fmt: skip
        decision = by_non_cooperation(work, case, record)
        archivist = being(work, "archivist")
        with pytest.raises(Conflict):
            archive.complete(archivist, case)
        told(work, case, noticed(work, case, decision))
        with _refused_naming("declaration"):
            archive.complete(archivist, case)
        declared(work, family, {(None, "WAGE"): {"amount": "0"}})
        kinds = {item.kind for item in archive.items_of(work, archive.complete(archivist, case))}
        assert {"NON_COOPERATION", "DECLARATION", "NOTICE", "RECEIPT"} <= kinds


def test_a_review_is_filed_by_the_system_at_the_department_with_its_doubt_list(both: Desk) -> None:
    with both.acting() as work:
        case, _family, _members = verified(work, cases.DYNAMIC)
        listed(work, case)
        review(work, case, "CONTINUE")
        made = archive.complete(work.acting(SCHEDULER), case)
        assert made.holder_id == organisations.by_code(work, "pingshan").id
        assert "DOUBT_LIST" in {item.kind for item in archive.items_of(work, made)}


def test_a_family_the_review_went_on_without_is_filed_without_an_authorisation(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, _members = verified(work, cases.DYNAMIC)
        alone = household(work, "未授权")
        other = case_of(work, alone, cases.DYNAMIC)
        letter = commissions.must_be_accepted(work, case)
        listed_alone = Report(
            case_id=other.id, commission_id=letter.id, kind="DOUBT_LIST", number="L", agency_id=other.agency_id,
            state="REVIEWED", handler_id=account(work, "checker"), drafted_at=work.now, delivered_at=work.now,
            digest=DIGEST,
        )  # fmt: skip
        work.session.add(listed_alone)
        work.session.flush()
        review(work, other, "CONTINUE")
        declared(work, alone, {(None, "WAGE"): {"amount": "0"}})
        made = archive.complete(work.acting(SCHEDULER), other)
        assert "AUTHORISATION" not in {item.kind for item in archive.items_of(work, made)}


def test_a_declaration_typed_in_has_a_keyed_digest_since_a_plain_one_could_be_guessed(desk: Desk) -> None:
    with desk.acting() as work:
        case = _rejected(work)
        made = archive.complete(being(work, "archivist"), case)
        item = next(item for item in archive.items_of(work, made) if item.kind == "DECLARATION")
        newest = declarations.newest(work, households.by_id(work, case.household_id))
        assert newest is not None and item.subject == newest.ref and item.file_id is None
        said = [[*key, value] for key, value in declarations.items_of(work, newest).items()]
        told_ = json.dumps(
            ["DECLARATION", newest.ref, [newest.declared_on.isoformat(), said]],
            ensure_ascii=False, sort_keys=True, separators=(",", ":"),
        ).encode()  # fmt: skip
        assert item.digest == work.home.vault.mac("archive", told_).hex() != hashlib.sha256(told_).hexdigest()


def test_a_file_closed_on_a_leap_day_is_not_kept_a_day_too_short(desk: Desk) -> None:
    with desk.acting(now=datetime(2028, 2, 29, 2, 0, tzinfo=UTC)) as work:
        case, _family, _members = verified(work)
        delivered(work, case)
        decide(work, case, "APPROVE")
        assert archive.complete(being(work, "archivist"), case).keep_until == date(2038, 3, 1)
