"""Doubts (疑点): hints that a person must verify, never conclusions. Facts for the table, what it said, how it ended.

The names a table may ask are listed in `docs/decision-variables.md`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import journal, rules
from domain.base import Base, BigKey, Code, Key, Ref, Sealed, new_ref
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.parties import permissions
from domain.parties.households import Person
from domain.policy_keys import DOUBTS
from domain.text import gettext as _
from domain.verification import comparison, measures
from domain.verification.comparison import LineView, Piece
from domain.verification.deliveries import Delivery
from domain.verification.measures import Row
from domain.verification.queries import ResultRow
from domain.verification.results import ResultView
from domain.work import Work
from domain.workdays import Term, add_months

FINDINGS = ("TRUE", "FALSE", "SOURCE_ERROR", "EXPLAINED")
LINE, ROW = "LINE", "ROW"
_PLACE = re.compile(r"\{(\w+)\}")
_DAYS_A_MONTH = 30


class Doubt(Base):
    """One doubt about one person, with the rule of the table that raised it and the row it rests on.

    rule: {"decision", "table", "rule", "number", "version", "inputs": labels only}. finding: how a person
    settled it (TRUE, FALSE, SOURCE_ERROR, EXPLAINED); null while open.
    """

    __tablename__ = "doubt"
    __table_args__ = (
        UniqueConstraint("case_id", "round", "person_id", "code", "result_id"),
        Index("ix_doubt_case_id", "case_id"),
        CheckConstraint("finding IS NULL OR finding IN ('TRUE','FALSE','SOURCE_ERROR','EXPLAINED')", name="finding"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    round: Mapped[int] = mapped_column(default=0)
    person_id: Mapped[int] = mapped_column(BigKey, ForeignKey("person.id"))
    category: Mapped[Code]
    code: Mapped[Code]
    result_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("result_row.id"))
    comparison_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("comparison_line.id"))
    rule: Mapped[dict[str, Any]]
    sentence: Mapped[Sealed]
    raised_at: Mapped[datetime]
    finding: Mapped[str | None] = mapped_column(String(16))
    settled_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    settled_at: Mapped[datetime | None]
    note: Mapped[Sealed | None]


@dataclass(frozen=True, slots=True)
class About:
    """What a fact speaks of. context: the names a table may ask and a sentence may repeat (S3).

    ref: of the comparison line or of the result row; person: ref of the person.
    """

    person_id: int
    category: str
    comparison_id: int | None
    result_id: int | None
    context: Mapping[str, Any] = field(repr=False)
    ref: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Raised:
    """What a matched rule says: code of the doubt, the sentence's pattern, and where the rule stands (no values)."""

    code: str
    pattern: str
    rule: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DoubtView:
    """A doubt with its origin: delivery and row_no lead to the file's row, "" for one that rests on a sum."""

    ref: str
    round: int
    person: str
    category: str
    code: str
    sentence: str = field(repr=False)
    delivery: str
    row_no: str
    data_date: date | None
    rule: Mapping[str, Any]
    finding: str | None
    note: str = field(repr=False)


def facts(work: Work, case: Case, round: int | None = None) -> list[About]:
    """What the table is asked about: every line of the round (None: the newest compared) and every row behind it.

    Rows found by name alone are none of them (CK-09).
    """
    lines = comparison.lines(work, case, round)
    if not lines:
        return []
    chosen = work.session.get_one(comparison.ComparisonLine, lines[0].id).round
    pieces = {(p.person.id, p.category): p for p in comparison.gathered(work, case, chosen)}
    frame = _frame(work, case, lines)
    sums = _household(work, case, lines, pieces)
    made = []
    for line in lines:
        piece = pieces.get((line.person_id, line.category))
        rows = comparison.rows_to_measure(work, case, piece) if piece else []
        made.append(_about_line(work, line, rows, frame, sums.get((line.person_id, line.category))))
        for row, view in zip(rows, piece.rows if piece else (), strict=True):
            made.append(_about_row(work, line, row, view, frame))
    return made


def raise_doubt(work: Work, case: Case, about: About, raised: Raised, round: int | None = None) -> tuple[Doubt, bool]:
    """Keep what a rule said of a fact; False beside a doubt that stood before."""
    chosen = _round_of(work, case, about) if round is None else round
    same_row = Doubt.result_id == about.result_id if about.result_id is not None else Doubt.result_id.is_(None)
    standing = work.session.scalars(
        select(Doubt).where(
            Doubt.case_id == case.id,
            Doubt.round == chosen,
            Doubt.person_id == about.person_id,
            Doubt.category == about.category,
            Doubt.code == raised.code,
            same_row,
        )
    ).first()
    if standing is not None:
        return standing, False
    ref = new_ref()
    made = Doubt(
        ref=ref,
        case_id=case.id,
        round=chosen,
        person_id=about.person_id,
        category=about.category,
        code=raised.code,
        result_id=about.result_id,
        comparison_id=about.comparison_id,
        rule=dict(raised.rule),
        sentence=work.home.vault.seal("doubt.sentence", ref, fill(raised.pattern, about.context)),
        raised_at=work.now,
    )
    work.session.add(made)
    work.session.flush()
    journal.of_case(work, case.ref, "doubt.raised", made.ref, {"code": made.code, "category": made.category})
    return made, True


def settle(work: Work, doubt: Doubt, finding: str, note: str) -> None:
    """A person of the department or town looked and says what it is (BX-40).

    finding: one of FINDINGS. note: how it was verified (S3).

    Raises:
        NotPermitted. InvalidAnswers: finding, note. Conflict: somebody settled it before.
    """
    case = work.session.get_one(Case, doubt.case_id)
    permissions.must(work.actor, "doubt.settle", permissions.relation_to_case(work.actor, case))
    faults: dict[str, object] = {}
    if finding not in FINDINGS:
        faults["finding"] = _("Choose what the verification showed.")
    if not note.strip():
        faults["note"] = _("Say how the doubt was verified.")
    if faults:
        raise InvalidAnswers(faults)
    if doubt.finding is not None:
        raise Conflict(_("This doubt is settled already."), doubt=doubt.ref)
    doubt.finding, doubt.settled_by, doubt.settled_at = finding, work.actor.user_id, work.now
    doubt.note = work.home.vault.seal("doubt.note", doubt.ref, note.strip())
    work.session.flush()
    journal.of_case(work, case.ref, "doubt.settled", doubt.ref, {"finding": finding})


def by_ref(work: Work, ref: str) -> Doubt:
    """The doubt with this reference; the caller permits. Raises NotFound."""
    found = work.session.scalars(select(Doubt).where(Doubt.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such doubt."))
    return found


def views(work: Work, case: Case, round: int | None = None) -> list[DoubtView]:
    """The doubts of a case (of one round) as pages, lists and the report show them; the caller permits."""
    wanted = (
        select(Doubt, Person.ref, ResultRow.row_no, ResultRow.data_date, Delivery.ref)
        .join(Person, Person.id == Doubt.person_id)
        .outerjoin(ResultRow, ResultRow.id == Doubt.result_id)
        .outerjoin(Delivery, Delivery.id == ResultRow.delivery_id)
        .where(Doubt.case_id == case.id)
        .order_by(Doubt.round, Person.position, Person.id, Doubt.id)
    )
    if round is not None:
        wanted = wanted.where(Doubt.round == round)
    vault = work.home.vault
    return [
        DoubtView(
            doubt.ref, doubt.round, person, doubt.category, doubt.code,
            vault.open("doubt.sentence", doubt.ref, doubt.sentence), delivery or "", row_no or "", data_date,
            doubt.rule, doubt.finding,
            vault.open("doubt.note", doubt.ref, doubt.note) if doubt.note is not None else "",
        )
        for doubt, person, row_no, data_date, delivery in work.session.execute(wanted)
    ]  # fmt: skip


def fill(pattern: str, context: Mapping[str, Any]) -> str:
    """A rule's sentence with its places filled, figures grouped by thousands; what is null or unknown is a dash."""
    return _PLACE.sub(lambda place: _written(context.get(place[1])), pattern)


def _written(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, Decimal):
        return format(value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize(), ",f")
    return str(value)


def _frame(work: Work, case: Case, lines: Sequence[LineView]) -> dict[str, Any]:
    """What every fact of a case shares."""
    size = len({line.person_id for line in lines})
    return {
        "case_kind": case.kind,
        "programme": case.programme,
        "household_size": size,
        "limits": _limits(work, case, size),
    }


def _limits(work: Work, case: Case, size: int) -> dict[str, Any]:
    """Every threshold by its name without "doubt."; None where it is off or not kept with the case."""
    kept = rules.of_case(work, case)
    limits: dict[str, Any] = {}
    for key in DOUBTS:
        value = kept.value(key) if key.name in kept.data["values"] else None
        if isinstance(value, Term):
            value = value.length if value.unit == "month" else value.length // _DAYS_A_MONTH
        elif isinstance(value, Mapping):
            value = value.get(case.programme)
        limits[key.name.removeprefix("doubt.")] = list(value) if isinstance(value, tuple) else value
    months, standard = limits["deposit_months"], limits["standard_month"]
    known = months is not None and standard is not None
    limits["household_deposits"] = months * standard * size if known else None
    return limits


def _household(
    work: Work, case: Case, lines: Sequence[LineView], pieces: Mapping[tuple[int, str], Piece]
) -> dict[tuple[int, str], dict[str, Any]]:
    """Sums over the household by the line that carries them: the person with most, the first among equals."""
    sums: dict[tuple[int, str], dict[str, Any]] = {}
    for category in dict.fromkeys(line.category for line in lines):
        mine = [line for line in lines if line.category == category and line.found is not None]
        if not mine:
            continue
        carrier = max(mine, key=lambda line: (line.found or Decimal(0), -mine.index(line)))
        unit = measures.measure_of(category).unit
        held: dict[str, Any] = {}
        if unit in (measures.AMOUNT, measures.MONTHLY):
            held["household_total"] = sum((line.found or Decimal(0) for line in mine), Decimal(0))
        elif unit == measures.COUNT:
            held["household_count"] = _different(work, case, category, mine, pieces)
        sums[carrier.person_id, category] = held
    return sums


def _different(
    work: Work, case: Case, category: str, lines: Sequence[LineView], pieces: Mapping[tuple[int, str], Piece]
) -> int:
    """Different things of the household: a dwelling owned by two of its members counts once."""
    things: set[object] = set()
    beside = 0
    for line in lines:
        piece = pieces.get((line.person_id, category))
        objects = measures.total(category, comparison.rows_to_measure(work, case, piece)).objects if piece else ()
        things.update(objects)
        beside += max(line.count - len(objects), 0)  # found offline, where nothing tells things apart
    return len(things) + beside


NAMES = tuple(
    (
        "fact category case_kind programme verdict reason offline declared found difference count household_size "
        "household_total household_count stale conflict match_kind name_differs status active kind role amount area "
        "months_since valid_until limits"
    ).split()
)
_NOTHING: dict[str, Any] = dict.fromkeys(NAMES)


def _shared(line: LineView, frame: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_NOTHING,
        **frame,
        "category": line.category,
        "declared": line.declared,
        "found": line.found,
        "difference": line.difference,
    }


def _about_line(
    work: Work, line: LineView, rows: Sequence[Row], frame: Mapping[str, Any], sums: Mapping[str, Any] | None
) -> About:
    age = frame["limits"]["max_data_age"]
    stale = line.data_date is not None and age is not None and line.data_date < add_months(work.today, -int(age))
    context = {
        **_shared(line, frame),
        "fact": LINE,
        "verdict": line.verdict,
        "reason": line.reason,
        "offline": line.source == "OFFLINE",
        "count": line.count,
        "stale": stale,
        "conflict": line.conflict,
        **(sums or {}),
    }
    weightiest = next((row.id for row in rows if row.ref in line.rows[:1]), None)
    return About(line.person_id, line.category, line.id, weightiest, context, line.ref, line.person)


def _about_row(work: Work, line: LineView, row: Row, view: ResultView, frame: Mapping[str, Any]) -> About:
    measure = measures.measure_of(line.category)
    happened = _day(row.values.get(measure.event, ""))
    context = {
        **_shared(line, frame),
        "fact": ROW,
        "offline": False,
        "count": 1,
        "match_kind": view.match_kind,
        "name_differs": view.name_differs,
        "status": row.status,
        "active": row.active,
        "kind": row.values.get(measure.kind, ""),
        "role": row.values.get("role", "") or row.role,
        "amount": measures.amount_of(line.category, row) if measure.amounts else None,
        "area": measures.number(row.values.get("area")),
        "months_since": None if happened is None else _months(happened, work.today),
        "valid_until": _day(row.values.get(measure.until, "")),
    }
    return About(line.person_id, line.category, line.id, row.id, context, row.ref, line.person)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None  # "长期" and months alone are no day


def _months(since: date, today: date) -> int:
    """Whole months that have passed; negative for a day to come."""
    months = (today.year - since.year) * 12 + today.month - since.month
    return months - 1 if add_months(since, months) > today else months


def _round_of(work: Work, case: Case, about: About) -> int:
    if about.comparison_id is None:
        return 0
    return work.session.get_one(comparison.ComparisonLine, about.comparison_id).round
