"""核对报告 (DOC-06): what an agency found about a household, for the department that commissioned it.

The report states findings with source and date and draws no conclusion (LF-17). Signing fixes `canonical_bytes` and
`digest`; a later job prints exactly those by `from_canonical` and `render_report`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import ClassVar

from documents.canonical import LATER, canonical_bytes, digest, from_canonical
from documents.codes import BARE, Stamp
from documents.fonts import MissingGlyph, check_glyphs
from documents.typesetting import Watermark, typeset
from documents.wording import (
    REFERENCE_ONLY,
    STATEMENT,
    ConclusionWords,
    lint_conclusion_words,
    must_not_conclude,
)
from domain.errors import Conflict
from domain.text import gettext as _

__all__ = [
    "HOUSEHOLD",
    "STATEMENT",
    "ClassLine",
    "Comparison",
    "ConclusionWords",
    "Doubt",
    "Group",
    "Member",
    "MissingGlyph",
    "OfflineFinding",
    "QueryLine",
    "ReportData",
    "ResultState",
    "Verdict",
    "Watermark",
    "canonical_bytes",
    "check_glyphs",
    "check_report",
    "digest",
    "from_canonical",
    "lint_conclusion_words",
    "render_report",
]

HOUSEHOLD = "全户"
# every report has them, also where nothing was asked of one: 家庭支出 is never left out (BX-07)
GROUPS = frozenset({"BASIC", "INCOME", "PROPERTY", "EXPENDITURE", "REGISTRATION", "CONTRIB"})
# free text written or taken over by the agency; names of offices, programmes and documents are not read for wording
_WRITTEN = frozenset({"declared", "found", "reason", "sentence", "finding", "statement", "remarks", "difference"})


class ResultState(StrEnum):
    """What became of one query. NOT_OBTAINED always carries a reason (LN-16)."""

    FOUND = "FOUND"
    NOT_FOUND = "NOT_FOUND"
    NOT_OBTAINED = "NOT_OBTAINED"
    NOT_REQUESTED = "NOT_REQUESTED"


class Verdict(StrEnum):
    """How declared and found stand to each other: a comparison, not a judgement."""

    SAME = "SAME"
    DIFFERENT = "DIFFERENT"
    UNDECLARED = "UNDECLARED"
    DECLARED_ONLY = "DECLARED_ONLY"
    NOT_COMPARED = "NOT_COMPARED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A verified person. `masked_id` shows at most the first six and last four characters; `note`: 监护人代签."""

    name: str
    relation: str
    masked_id: str
    authorisation: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLine:
    """One category of one person (or HOUSEHOLD) at one source. `level`: 省级, 市级 …; `data_date`: a day or a month."""

    category: str
    person: str
    state: ResultState
    source: str | None = None
    level: str | None = None
    data_date: str | None = None
    declared: str | None = None
    found: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of categories, e.g. EXPENDITURE 家庭支出. `categories` are those of it the lines speak of, maybe none."""

    code: str
    title: str
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassLine:
    """What the household has of a class of income or property, as printed (CK-03 to CK-07).

    `categories` are those of the letter that speak of it; empty: nothing of it was asked. `found` None: not obtained.
    """

    code: str
    title: str
    categories: tuple[str, ...]
    declared: str | None
    found: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Declared against found, as printed ("12,000 元")."""

    item: str
    person: str
    declared: str | None
    found: str | None
    difference: str | None
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A hint to be verified by a person, traceable to rule, table version, source, file and row."""

    code: str
    person: str
    sentence: str
    rule: str
    table: str
    source: str
    file: str | None = None
    row: int | None = None
    data_date: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineFinding:
    """What the department's investigation found. `method`: 实地查看, 邻里访问 or 信函索证 (LF-08)."""

    item: str
    person: str
    method: str
    on: date
    surveyors: tuple[str, ...]
    finding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportData:
    """Everything a report says. A draft has no `signed_on`; a supplement (DOC-06s) names what it supplements.
    `categories` are those of the letter: the report holds no other (LN-28). Reports signed before there were `groups`
    and `classes` have neither and print as they were signed.

    `digest(data)` is derived from it and therefore no field of it.
    """

    KIND: ClassVar[str] = "report/1"

    number: str
    version: int
    commission_number: str
    commissioned_on: date
    department: str
    agency: str
    programme: str
    household_head: str
    categories: tuple[str, ...]
    members: tuple[Member, ...]
    query_from: date
    query_to: date
    lines: tuple[QueryLine, ...]
    comparisons: tuple[Comparison, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    offline: tuple[OfflineFinding, ...] = ()
    statement: str = STATEMENT
    remarks: str | None = None
    handler: str
    reviewer: str | None = None
    signed_on: date | None = None
    seal: str | None = None
    supplement_of: str | None = None
    supplement_reason: str | None = None
    groups: tuple[Group, ...] | None = field(default=None, metadata=LATER)
    classes: tuple[ClassLine, ...] | None = field(default=None, metadata=LATER)


def check_report(data: ReportData) -> None:
    """Everything that forbids issuing the report, before it is signed.

    Raises:
        MissingGlyph: a character cannot be printed.
        ConclusionWords: a text concludes on eligibility (LF-17).
        Conflict: the statement lacks 仅供参考，不作认定; a person or category is outside the commission (LN-28);
            a group of information is left out, or a category stands in none (BX-07);
            a missing result has no reason (LN-16); a found one no source or data date; a number is not masked;
            the report is signed without reviewer or seal.
    """
    check_glyphs(data)
    must_not_conclude(data, _WRITTEN)
    if REFERENCE_ONLY not in data.statement:
        raise Conflict(_("The report must state that it is for reference and decides nothing."), clause="LF-17")
    _check_members(data)
    for line in data.lines:
        _check_line(line, data.categories)
    if data.groups is not None:
        _check_groups(data.lines, data.groups)
    if data.signed_on and not (data.reviewer and data.seal):
        raise Conflict(_("A signed report needs its reviewer and the seal of the agency."), number=data.number)


def render_report(data: ReportData, *, watermark: str | None = None, stamp: Stamp = BARE) -> bytes:
    """The report as PDF/A-3 with its canonical JSON inside (LF-20); the same bytes on every repeat.

    Unsigned data print as a draft. `watermark` marks a downloaded copy; the digest on the page stays.

    Raises what `check_report` raises, and OperationFailed.
    """
    check_report(data)
    return typeset("report", data, dated=data.signed_on, watermark=watermark, stamp=stamp)


def _check_members(data: ReportData) -> None:
    for member in data.members:
        if "*" not in member.masked_id:
            raise Conflict(_("A report shows identity numbers masked only."), number=data.number)
    known = {member.name for member in data.members} | {HOUSEHOLD}
    named = {one.person for one in data.lines} | {one.person for one in data.comparisons}
    named |= {one.person for one in data.doubts} | {one.person for one in data.offline}
    if named - known:
        raise Conflict(
            _("The report holds a finding about somebody the commission does not name. Take it out."),
            clause="LN-28",
            number=data.number,
        )


def _check_line(line: QueryLine, categories: tuple[str, ...]) -> None:
    if (line.category in categories) is (line.state is ResultState.NOT_REQUESTED):
        raise Conflict(
            _(
                "“%(category)s”: a report holds results of the categories in the commission letter and of no other.",
                category=line.category,
            ),
            clause="LN-28",
        )
    if line.state is ResultState.NOT_OBTAINED and not line.reason:
        raise Conflict(_("“%(category)s” was not obtained: state the reason.", category=line.category), clause="LN-16")
    if line.state is ResultState.FOUND and not (line.source and line.data_date and line.found):
        raise Conflict(
            _("“%(category)s” needs its value, source and data date.", category=line.category), clause="LF-17"
        )


def _check_groups(lines: tuple[QueryLine, ...], groups: tuple[Group, ...]) -> None:
    grouped = [category for group in groups for category in group.categories]
    if not {group.code for group in groups} >= GROUPS or {line.category for line in lines} - set(grouped):
        raise Conflict(
            _("A report has a section for every group of information, spending included, and every line in one."),
            clause="BX-07",
        )
