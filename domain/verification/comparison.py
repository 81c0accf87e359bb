"""Declared against found, one line a person and category of the letter (CK-12); a missing answer is a line too.

What no source answered and nobody could find out stays 未获得 with its reason and never holds anything up
(LF-09, LN-16). Categories and persons outside the letter have no line (LN-28).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import journal, rules
from domain.base import Base, BigKey, Code, Key, Ref, Sealed, new_ref
from domain.cases import Case
from domain.parties import households
from domain.parties.households import Person
from domain.parties.organisations import Organisation
from domain.policy_keys import policy_key
from domain.verification import (
    catalogue,
    commissions,
    declarations,
    freshness,
    measures,
    name_hints,
    queries,
    results,
    surveys,
)
from domain.verification.freshness import Ages
from domain.verification.measures import Row, Total
from domain.verification.queries import ANSWERED, FOUND, NOT_FOUND, Query, QuerySubject
from domain.verification.results import ResultView
from domain.work import Work

PENDING = "PENDING"
TOLERANCE = policy_key("doubt.amount_tolerance")
VERDICTS = ("EQUAL", "UNDER", "UNDECLARED", "OVER", "NOT_OBTAINED")


class ComparisonLine(Base):
    """Declared against found, one person and category (CK-12).

    value (sealed JSON): {"declared": {...}|null, "found": {...}|null, "difference": "…"|null, "unit": "yuan"|…}.
    """

    __tablename__ = "comparison_line"
    __table_args__ = (
        UniqueConstraint("case_id", "round", "person_id", "category"),
        CheckConstraint("verdict IN ('EQUAL','UNDER','UNDECLARED','OVER','NOT_OBTAINED')", name="verdict"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    round: Mapped[int] = mapped_column(default=0)
    person_id: Mapped[int] = mapped_column(BigKey, ForeignKey("person.id"))
    category: Mapped[Code]
    verdict: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(32), default="")  # why nothing was obtained
    source: Mapped[str] = mapped_column(String(16), default="SOURCE")  # SOURCE, OFFLINE
    value: Mapped[Sealed]
    made_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class LineView:
    """A line as pages and the report show it; figures in `unit` (yuan, yuan_month, count, fact), S3.

    found None: not obtained, `reason` says why. missing: reasons of sources that did not answer beside others.
    rows: refs of the result rows counted; text: words of an offline investigation. data_date: of those rows, or of what
    was looked through; stale: it was too long ago when compared; too_old: of data not compared for their age (CK-10).
    """

    id: int
    ref: str
    person: str
    person_id: int
    category: str
    verdict: str
    reason: str
    source: str
    unit: str
    declared: Decimal | None = field(repr=False)
    found: Decimal | None = field(repr=False)
    difference: Decimal | None = field(repr=False)
    count: int
    data_date: date | None
    conflict: bool
    missing: tuple[str, ...]
    rows: tuple[str, ...]
    text: str = field(repr=False)
    stale: bool = False
    too_old: date | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """What bears on one line: the queries of the newest round that asked, each with what became of this person,
    the rows found by number, or by name and confirmed by a person (CK-09), and the offline findings."""

    person: Person
    category: str
    asked: tuple[tuple[Query, str], ...] = ()
    rows: tuple[ResultView, ...] = field(default=(), repr=False)
    offline: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    @property
    def answered(self) -> bool:
        """True when at least one source answered about this person."""
        return any(state in (FOUND, NOT_FOUND) for _query, state in self.asked)

    @property
    def missing(self) -> tuple[str, ...]:
        """Why sources brought nothing, each reason once."""
        return tuple(dict.fromkeys(_why(query) for query, state in self.asked if state not in (FOUND, NOT_FOUND)))


def build(work: Work, case: Case, round: int | None = None) -> list[LineView]:
    """Compare a round (None: the newest) and keep the lines; what was compared before stays as it is.

    Raises Conflict without an accepted commission (LF-16).
    """
    chosen = queries.newest_round(work, case) if round is None else round
    pieces = gathered(work, case, chosen)
    standing = set(
        work.session.execute(
            select(ComparisonLine.person_id, ComparisonLine.category).where(
                ComparisonLine.case_id == case.id, ComparisonLine.round == chosen
            )
        )
    )
    totals = {(piece.person.id, piece.category): _total(work, case, piece) for piece in pieces}
    declared = _declared(work, case, pieces, totals)
    tolerance = rules.of_case(work, case).value(TOLERANCE) or Decimal(0)
    ages = freshness.ages(work, case, [one for piece in pieces for one in piece.asked])
    made = 0
    for piece in pieces:
        key = (piece.person.id, piece.category)
        if key not in standing:
            work.session.add(_line(work, case, chosen, piece, declared.get(key), totals[key], tolerance, ages))
            made += 1
    work.session.flush()
    if made:
        journal.of_case(work, case.ref, "comparison.built", case.ref, {"round": chosen, "lines": made})
    return lines(work, case, chosen)


def lines(work: Work, case: Case, round: int | None = None) -> list[LineView]:
    """The table of a round (None: the newest compared), the applicant first; the caller permits."""
    wanted = (
        select(ComparisonLine, Person.ref)
        .join(Person, Person.id == ComparisonLine.person_id)
        .where(ComparisonLine.case_id == case.id)
        .order_by(ComparisonLine.round, Person.kind, Person.position, Person.id, ComparisonLine.id)
    )
    found = work.session.execute(wanted).all()
    chosen = max((line.round for line, _person in found), default=0) if round is None else round
    return [_view(work, line, person) for line, person in found if line.round == chosen]


def gathered(work: Work, case: Case, round: int) -> list[Piece]:
    """Everything that bears on each person and category of the letter, as of a round.

    A person's category that the round did not ask again keeps what an earlier round brought.
    """
    asked = _asked(work, case, round)
    rows: dict[tuple[int, str], list[ResultView]] = {}
    every = results.rows_of(work, case)
    theirs = name_hints.confirmed(work, [row.id for row in every if row.match_kind == results.NAME_ONLY])
    for row in every:
        if row.match_kind != results.NAME_ONLY or row.id in theirs:
            rows.setdefault((row.person_id, row.query_ref), []).append(row)
    offline = _offline(work, case)
    pieces = []
    for person, category in _letter(work, case):
        mine = asked.get((person.id, category), ())
        pieces.append(
            Piece(
                person,
                category,
                mine,
                tuple(row for query, _state in mine for row in rows.get((person.id, query.ref), ())),
                tuple(offline[query.id, person.ref] for query, _state in mine if (query.id, person.ref) in offline),
            )
        )
    return pieces


def rows_to_measure(work: Work, case: Case, piece: Piece) -> list[Row]:
    """The rows of a piece as `domain.verification.measures` takes them."""
    agency = work.session.get_one(Organisation, case.agency_id)
    return [
        Row(
            row.id,
            row.ref,
            catalogue.distance(agency.level, row.source_level),
            row.data_date,
            str(row.value.get("role", "")),
            row.value.get("values", {}),
        )
        for row in piece.rows
    ]


def _letter(work: Work, case: Case) -> list[tuple[Person, str]]:
    commissions.must_be_accepted(work, case)
    household = households.by_id(work, case.household_id)
    named: dict[tuple[int, str], tuple[Person, str]] = {}
    for commission in commissions.accepted(work, case):
        categories = commissions.categories_of(work, commission)
        for person in commissions.subjects_of(work, commission, household):
            for category in categories:
                named.setdefault((person.id, category), (person, category))
    return list(named.values())


def _asked(work: Work, case: Case, round: int) -> dict[tuple[int, str], tuple[tuple[Query, str], ...]]:
    wanted = (
        select(Query, QuerySubject.person_id, QuerySubject.state)
        .join(QuerySubject, QuerySubject.query_id == Query.id)
        .where(Query.case_id == case.id, Query.round <= round)
        .order_by(Query.round, Query.id)
    )
    found: dict[tuple[int, str], list[tuple[Query, str]]] = {}
    for query, person_id, state in work.session.execute(wanted):
        held = found.setdefault((person_id, query.category), [])
        if held and held[0][0].round < query.round:
            held.clear()
        held.append((query, state))
    return {key: tuple(held) for key, held in found.items()}


def _offline(work: Work, case: Case) -> dict[tuple[int, str], dict[str, Any]]:
    """Newest finding that brought something, by query and person ref."""
    return {
        (survey.query_id, finding["person"]): finding
        for survey in surveys.of_case(work, case)
        if survey.query_id is not None
        for finding in surveys.findings_of(work, survey)
        if finding["obtained"]
    }


def _why(query: Query) -> str:
    if query.state == ANSWERED:
        return query.reason or queries.NO_AUTHORISATION
    return query.reason or PENDING


def _total(work: Work, case: Case, piece: Piece) -> Total | None:
    """What was found by sources and offline together; None when nothing was obtained."""
    if not piece.answered and not piece.offline:
        return None
    found = measures.total(piece.category, rows_to_measure(work, case, piece))
    value, count = found.value, found.count
    for finding in piece.offline:
        figure = figure_of(piece.category, finding)
        value += figure or Decimal(0)
        count += int(finding.get("count") or (1 if figure else 0))
    return Total(value, count, found.rows, found.objects, found.data_date, found.conflict)


def figure_of(category: str, said: Mapping[str, Any]) -> Decimal | None:
    """The figure of a declared or investigated value; None when it says nothing."""
    unit = measures.measure_of(category).unit
    amount, count = measures.number(said.get("amount")), measures.number(said.get("count"))
    if unit in (measures.AMOUNT, measures.MONTHLY):
        return amount
    if count is None and (amount or said.get("text")):
        count = Decimal(1)
    if count is not None and unit == measures.FACT:
        return min(count, Decimal(1))
    return count


def _declared(
    work: Work, case: Case, pieces: Sequence[Piece], totals: Mapping[tuple[int, str], Total | None]
) -> dict[tuple[int, str], Decimal]:
    """Declared figures by person and category.

    A figure declared for the whole household is laid upon its members' findings in their order; what is left of
    it stands with the first of them.
    """
    said = declarations.latest(work, households.by_id(work, case.household_id))
    declared: dict[tuple[int, str], Decimal] = {}
    for piece in pieces:
        figure = figure_of(piece.category, said.get((piece.person.ref, piece.category), {}))
        if figure is not None:
            declared[piece.person.id, piece.category] = figure
    for category in dict.fromkeys(piece.category for piece in pieces):
        whole = figure_of(category, said.get((None, category), {}))
        if whole is not None:
            keys = [(piece.person.id, category) for piece in pieces if piece.category == category]
            lay(whole, keys, declared, totals)
    return declared


def lay(
    whole: Decimal,
    keys: Sequence[tuple[int, str]],
    declared: dict[tuple[int, str], Decimal],
    totals: Mapping[tuple[int, str], Total | None],
) -> None:
    """Lay a figure declared for the household upon its members' findings in their order; the rest stays with the
    first. `declared` is changed."""
    left = whole
    for key in keys:
        total = totals[key]
        wanting = (total.value if total else Decimal(0)) - declared.get(key, Decimal(0))
        share = min(left, max(wanting, Decimal(0)))
        if share:
            declared[key] = declared.get(key, Decimal(0)) + share
            left -= share
    if left or keys[0] not in declared:
        declared[keys[0]] = declared.get(keys[0], Decimal(0)) + left


def _line(
    work: Work, case: Case, round: int, piece: Piece, declared: Decimal | None, total: Total | None, tolerance: Decimal,
    ages: Ages,
) -> ComparisonLine:  # fmt: skip
    measure = measures.measure_of(piece.category)
    verdict, reason = "NOT_OBTAINED", ""
    if total is None:
        reason = next(iter(piece.missing), queries.NO_MEANS)
    elif measure.described and declared is None:
        verdict = measures.EQUAL
    else:
        near = tolerance if measure.unit in (measures.AMOUNT, measures.MONTHLY) else Decimal(0)
        verdict = measures.verdict(declared, total.value, near)
    ref = new_ref()
    value = {
        "unit": measure.unit,
        "declared": _sealed(measure.unit, declared),
        "found": None if total is None else _sealed(measure.unit, total.value),
        "difference": None if total is None else format(total.value - (declared or Decimal(0)), "f"),
        "count": total.count if total else 0,
        "rows": [row.ref for row in total.rows] if total else [],
        **ages.told(piece.asked, total.data_date if total else None, obtained=total is not None),
        "conflict": bool(total and total.conflict),
        "missing": [] if total is None else list(piece.missing),
        "text": "; ".join(str(finding["text"]) for finding in piece.offline if finding.get("text")),
    }
    return ComparisonLine(
        ref=ref,
        case_id=case.id,
        round=round,
        person_id=piece.person.id,
        category=piece.category,
        verdict=verdict,
        reason=reason,
        source="OFFLINE" if piece.offline and not piece.answered else "SOURCE",
        value=work.home.vault.seal_json("comparison_line.value", ref, value),
        made_at=work.now,
    )


def _sealed(unit: str, figure: Decimal | None) -> dict[str, str] | None:
    if figure is None:
        return None
    name = "amount" if unit in (measures.AMOUNT, measures.MONTHLY) else "count"
    return {name: format(figure, "f")}


def _view(work: Work, line: ComparisonLine, person: str) -> LineView:
    value = cast(dict[str, Any], work.home.vault.open_json("comparison_line.value", line.ref, line.value))
    day, too_old = value["data_date"], value.get("too_old")
    return LineView(
        line.id,
        line.ref,
        person,
        line.person_id,
        line.category,
        line.verdict,
        line.reason,
        line.source,
        value["unit"],
        _opened(value["declared"]),
        _opened(value["found"]),
        measures.number(value["difference"]),
        value["count"],
        date.fromisoformat(day) if day else None,
        value["conflict"],
        tuple(value["missing"]),
        tuple(value["rows"]),
        value["text"],
        value.get("stale", False),  # lines of earlier versions do not say
        date.fromisoformat(too_old) if too_old else None,
    )


def _opened(figure: Mapping[str, str] | None) -> Decimal | None:
    return None if figure is None else Decimal(next(iter(figure.values())))
