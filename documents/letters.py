"""The other papers of a case: commission letter (DOC-02), refusal (DOC-04), doubt list (DOC-07), notice (DOC-12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from documents.codes import BARE, Stamp
from documents.fonts import check_glyphs
from documents.typesetting import typeset
from documents.wording import REFERENCE_ONLY, must_not_conclude
from domain.errors import Conflict
from domain.text import gettext as _


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterPerson:
    """A person to be verified, with the authorisation that allows it; None only for survival or identity (BX-16)."""

    name: str
    relation: str
    id_number: str
    authorisation: str | None
    authorised_on: date | None
    household: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterData:
    """核对委托书. `case_type` and `purpose` are printed labels (新申请核对); `output`: 核对报告, 疑点信息清单."""

    KIND: ClassVar[str] = "commission_letter/1"

    number: str
    department: str
    agency: str
    basis: str
    case_type: str
    programme: str
    household_head: str | None
    persons: tuple[LetterPerson, ...]
    categories: tuple[str, ...]
    region: str
    output: str
    due_on: date | None
    contact: str
    telephone: str
    signatory: str | None = None
    signed_on: date | None = None
    seal: str | None = None
    remarks: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalItem:
    """What is missing, whose, and how it can be put right."""

    subject: str
    missing: str
    remedy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalData:
    """不予受理核对通知 (DOC-04), agency to department."""

    KIND: ClassVar[str] = "refusal/1"

    number: str
    agency: str
    department: str
    commission_number: str
    commissioned_on: date
    household_head: str | None
    reason_code: str
    reason: str
    basis: str
    items: tuple[RefusalItem, ...]
    can_be_corrected: bool
    correct_by: date | None
    checker: str
    signed_on: date | None = None
    seal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDoubt:
    """One row of the doubt list (DOC-07)."""

    household: str
    person: str
    masked_id: str
    category: str
    code: str
    sentence: str
    source: str
    data_date: str | None
    found: str | None
    rule: str
    table: str
    file: str | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtListData:
    """疑点信息清单 of one unit, programme and period, agency to department (BX-26)."""

    KIND: ClassVar[str] = "doubt_list/1"

    number: str
    version: int
    batch: str
    period: str
    commission_number: str
    agency: str
    department: str
    unit: str
    programme: str
    households: int
    persons: int
    doubts: tuple[ListedDoubt, ...]
    not_obtained: tuple[str, ...] = ()
    statement: str = "本清单仅供参考，不作认定。"
    handler: str
    reviewer: str | None = None
    signed_on: date | None = None
    seal: str | None = None


class NoticeKind(StrEnum):
    """DOC-12 in its two forms, not eligible and application not accepted; DOC-13, assistance stopped or suspended."""

    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    NOT_ACCEPTED = "NOT_ACCEPTED"
    STOPPED = "STOPPED"
    SUSPENDED = "SUSPENDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeItem:
    """One fact the decision rests on."""

    item: str
    person: str
    declared: str | None
    found: str | None
    standard: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeData:
    """书面告知书 (DOC-12, CK-14), department to applicant, with its delivery receipt.

    `applied_on` is printed for an application only. `appeal_way` and `appeal_term` are sentences: where and how
    long. `delivery`: 直接送达, 留置送达, 邮寄送达 …
    """

    KIND: ClassVar[str] = "notice/1"

    number: str
    kind: NoticeKind
    department: str
    applicant: str
    address: str | None
    programme: str
    applied_on: date
    decision: str
    facts: str
    basis: tuple[str, ...]
    items: tuple[NoticeItem, ...]
    appeal_way: str
    appeal_term: str
    contact: str
    delivery: str | None = None
    delivered_on: date | None = None
    received_by: str | None = None
    signed_on: date | None = None
    seal: str | None = None


def render_commission_letter(data: LetterData, *, watermark: str | None = None, stamp: Stamp = BARE) -> bytes:
    """核对委托书 as PDF. Raises MissingGlyph, OperationFailed."""
    return typeset("commission_letter", data, dated=data.signed_on, watermark=watermark, stamp=stamp)


def render_refusal(data: RefusalData, *, watermark: str | None = None, stamp: Stamp = BARE) -> bytes:
    """不予受理核对通知 as PDF. Raises MissingGlyph, ConclusionWords (an agency writes it), OperationFailed."""
    must_not_conclude(data, frozenset({"reason", "missing", "remedy"}))
    return typeset("refusal", data, dated=data.signed_on, watermark=watermark, stamp=stamp)


def render_doubt_list(data: DoubtListData, *, watermark: str | None = None, stamp: Stamp = BARE) -> bytes:
    """疑点信息清单 as PDF, landscape. Raises MissingGlyph, ConclusionWords, Conflict, OperationFailed."""
    check_doubt_list(data)
    return typeset("doubt_list", data, dated=data.signed_on, watermark=watermark, stamp=stamp)


def check_doubt_list(data: DoubtListData) -> None:
    """What forbids issuing the list, before it is signed: the rules of a report. Raises as `render_doubt_list`."""
    check_glyphs(data)
    must_not_conclude(data, frozenset({"sentence", "found", "statement", "not_obtained"}))
    if REFERENCE_ONLY not in data.statement:
        raise Conflict(_("The list must state that it is for reference and decides nothing."), clause="LF-17")
    if any("*" not in doubt.masked_id for doubt in data.doubts):
        raise Conflict(_("A list shows identity numbers masked only."), number=data.number)


def render_notice(data: NoticeData, *, watermark: str | None = None, stamp: Stamp = BARE) -> bytes:
    """书面告知书 with delivery receipt as PDF. Raises MissingGlyph, Conflict (no fact, basis or way to object).

    The department decides, so its words are not read for conclusions.
    """
    if not (data.facts.strip() and data.basis and data.appeal_way.strip() and data.appeal_term.strip()):
        raise Conflict(
            _("A negative decision is told in writing with facts, basis and the way and term to object."),
            clause="CK-14",
            number=data.number,
        )
    return typeset("notice", data, dated=data.signed_on, watermark=watermark, stamp=stamp)
