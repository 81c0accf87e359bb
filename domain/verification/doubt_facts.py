"""What a doubt table is asked about: every comparison line and every row behind it, with the names it may use.

The names are listed in `docs/decision-variables.md`. Rows found by name alone are no facts before a person confirmed
whose they are (CK-09). Of those who have
to support the family only sums are facts: what they own is nobody's declaration (model 2.6, D-SUP).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from sqlalchemy import column, select, table

from domain import rules
from domain.cases import Case
from domain.parties import households
from domain.parties.households import SUPPORTER, Person
from domain.parties.organisations import Organisation
from domain.policy_keys.thresholds import DOUBTS
from domain.verification import comparison, declarations, family, freshness, measures
from domain.verification.comparison import LineView, Piece
from domain.verification.family import Family, Held, Member
from domain.verification.measures import Row
from domain.work import Work
from domain.workdays import Term

LINE, ROW, SUPPORT = "LINE", "ROW", "SUPPORTER"
_DAYS_A_MONTH = 30
# of `domain.assistance.recipients`, a room that stands on this one
_ROLL = table("recipient", column("household_id"), column("programme"), column("state"))

NAMES = tuple(
    (
        "fact category case_kind programme verdict reason offline declared found difference count household_size "
        "household_total household_count stale conflict match_kind name_differs status active kind role amount area "
        "months_since valid_until limits "
        "age declared_work labour declared_income declared_wage declared_business benefits income household_income "
        "household_area "
        "expenditure months_paid paid_unregistered registered_unpaid register_differs deaths_differ "
        "employer other_amount newest spouse_listed outside separated_months address_shared"
    ).split()
)
_NOTHING: dict[str, Any] = dict.fromkeys(NAMES)


@dataclass(frozen=True, slots=True)
class About:
    """What a fact speaks of. context: the names a table may ask and a sentence may repeat (S3).

    ref: of the comparison line or of the result row; person: ref of the person; rests_on: keys of the result rows
    behind it, all of those a sum was made of.
    """

    person_id: int
    category: str
    comparison_id: int | None
    result_id: int | None
    context: Mapping[str, Any] = field(repr=False)
    ref: str = ""
    person: str = ""
    rests_on: tuple[int, ...] = ()


class Seen(Protocol):
    """How a row was found."""

    @property
    def match_kind(self) -> str: ...

    @property
    def name_differs(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Compared:
    """A line with its rows, as they are measured and as they came."""

    line: LineView
    held: Held = field(repr=False)
    views: Sequence[Seen] = field(repr=False)


def facts(work: Work, case: Case, round: int | None = None) -> list[About]:
    """What the table is asked about: every line of the round (None: the newest compared) and every row behind it.

    Rows found by name alone are none of them unless a person confirmed whose they are (CK-09).
    """
    lines = comparison.lines(work, case, round)
    if not lines:
        return []
    chosen = work.session.get_one(comparison.ComparisonLine, lines[0].id).round
    return facts_of(work, case, _found(work, case, lines, comparison.gathered(work, case, chosen)))


def facts_of(work: Work, case: Case, found: Sequence[Compared]) -> list[About]:
    """The facts of one family's lines and of the rows behind them, under the rules kept with the case."""
    size = len({one.held.person.id for one in found if not one.held.person.supporter})
    limits = _limits(work, case, size)
    frame = {"case_kind": case.kind, "programme": case.programme, "household_size": size, "limits": limits}
    home = _family(work, case, [one.held for one in found], limits)
    places = family.of_lines(home)
    oldest = freshness.oldest(work, case)
    made = []
    for one in found:
        made.append(_about_line(oldest, one, frame, places[one.held.person.id, one.line.category]))
        if not one.held.person.supporter:
            for row, view in zip(one.held.rows, one.views, strict=True):
                names = family.of_row(home, one.held, row)
                made.append(_about_row(work, one.line, row, view, {**frame, **names}))
    return made


def _found(work: Work, case: Case, lines: Sequence[LineView], pieces: Sequence[Piece]) -> list[Compared]:
    known = {(piece.person.id, piece.category): piece for piece in pieces}
    people = {piece.person.id: piece.person for piece in pieces}
    for line in lines:  # of an earlier letter, which the newest does not name
        if line.person_id not in people:
            people[line.person_id] = work.session.get_one(Person, line.person_id)
    said = declarations.latest(work, households.by_id(work, case.household_id))
    members = {key: member_of(work, person, said) for key, person in people.items()}
    made = []
    for line in lines:
        piece = known.get((line.person_id, line.category))
        rows = comparison.rows_to_measure(work, case, piece) if piece else []
        held = Held(members[line.person_id], line.category, line.found, line.count, rows)
        made.append(Compared(line, held, piece.rows if piece else ()))
    return made


def member_of(work: Work, person: Person, said: Mapping[tuple[str | None, str], Mapping[str, Any]]) -> Member:
    """A person with what they declared; said: of the household, as `declarations.latest`."""
    mine = {category: value for (ref, category), value in said.items() if ref == person.ref}
    figures = {category: measures.number(value.get("amount")) for category, value in mine.items()}
    return Member(
        person.id,
        person.kind == SUPPORTER,
        person.born_on,
        households.name_of(work, person),
        person.capacity == "FULL",
        str(mine.get(family.WORK, {}).get("text", "")),
        {category: figure for category, figure in figures.items() if figure is not None},
    )


def _family(work: Work, case: Case, held: Sequence[Held], limits: Mapping[str, Any]) -> Family:
    """Uses uq_recipient_household_id_programme."""
    wanted = select(_ROLL.c.programme).where(_ROLL.c.household_id == case.household_id, _ROLL.c.state == "ACTIVE")
    office = work.session.get_one(Organisation, case.department_id)
    back = limits["expenditure_look_back"]
    roll = sorted(work.session.scalars(wanted))
    return Family(held, work.today, office.division or "", roll, int(back) if back else None)


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
    standard, capacity = limits["standard_month"], limits["supporter_capacity"]
    deposits = _product(limits["deposit_months"], standard)
    limits["household_deposits"] = _product(deposits, size)
    limits["supporter_income"] = _product(capacity, standard)
    limits["supporter_deposits"] = _product(capacity, deposits)
    return limits


def _product(one: Any, other: Any) -> Any:
    return None if one is None or other is None else one * other


def _shared(line: LineView, frame: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_NOTHING,
        **frame,
        "category": line.category,
        "declared": line.declared,
        "found": line.found,
        "difference": line.difference,
    }


def _about_line(oldest: date | None, one: Compared, frame: Mapping[str, Any], names: Mapping[str, Any]) -> About:
    line = one.line
    stale = line.data_date is not None and oldest is not None and line.data_date < oldest
    context = {
        **_shared(line, frame),
        "fact": SUPPORT if one.held.person.supporter else LINE,
        "verdict": line.verdict,
        "reason": line.reason,
        "offline": line.source == "OFFLINE",
        "count": line.count,
        "stale": stale,
        "conflict": line.conflict,
        **names,
    }
    counted = tuple(row.id for ref in line.rows for row in one.held.rows if row.ref == ref)
    weightiest = counted[0] if counted else None
    return About(line.person_id, line.category, line.id, weightiest, context, line.ref, line.person, counted)


def _about_row(work: Work, line: LineView, row: Row, view: Seen, frame: Mapping[str, Any]) -> About:
    measure = measures.measure_of(line.category)
    happened = _day(measures.happened(line.category, row))
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
        "amount": measures.figure_of(line.category, row),
        "area": measures.number(row.values.get("area")),
        "months_since": None if happened is None else family.months_between(happened, work.today),
        "valid_until": family.day_of(row.values.get(measure.until, "")),
    }
    return About(line.person_id, line.category, line.id, row.id, context, row.ref, line.person, (row.id,))


def _day(text: str) -> date | None:
    """The day something happened; of a month its first."""
    return family.day_of(text) or family.day_of(f"{text}-01")
