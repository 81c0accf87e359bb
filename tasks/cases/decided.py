"""Why a case went the way it went: the rules of its tables that counted, in their owner's own words, and why no other.

Everything is scoped before it is read. Values are S3 and leave here for pages only; who may not see what was found
sees which row it was and what the row asks, and no value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from decisions import DecisionError, DecisionInfo, Model
from domain.cases import Case
from domain.clock import OFFICE_ZONE
from domain.errors import NotFound
from domain.parties import households, permissions
from domain.parties.households import Household
from domain.text import Text
from domain.text import gettext as _
from domain.verification import doubts, reports
from domain.work import Work
from tasks.cases.followed import may_follow
from tasks.rules import visible_case
from tasks.services import DECISION_BUDGET
from workflows import decision_rows, decision_titles, definitions, versions
from workflows.decision_results import decision_of
from workflows.decision_rows import DecisionMade, DecisionRule
from workflows.decision_titles import Grid
from workflows.decision_values import text, unpacked
from workflows.decision_words import said
from workflows.definitions import Definition

# stages of the agency's own work: what was found reaches the others by the delivered report alone (LF-26)
AGENCY_STAGES = frozenset({"query", "compare", "report"})
ANY = ("", "-")
MOST = 20  # decisions on one page
FIRED, CELL, NOT_REACHED, OUTRANKED = "fired", "cell", "not reached", "outranked"


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of a rule: its heading, the cell as its owner wrote it, the value seen ("" when it may not be shown)."""

    label: str
    cell: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that counted. fact: number of the fact it was asked about; person: ref; topic: code of a category;
    kind: LINE or ROW, what of the comparison it was.

    cells: the columns it asks about; open_cells: headings of those where any value will do.
    """

    number: int
    table: str
    fact: int
    person: str
    topic: str
    kind: str
    cells: Sequence[Cell] = field(repr=False)
    open_cells: Sequence[str]
    outputs: Sequence[tuple[str, str]] = field(repr=False)
    notes: Sequence[tuple[str, str]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class DecisionView:
    """What a step decided when it passed. table: file, title: the decision's name; masked: values may not be shown.

    asked: about how many facts; silent: of them the table said nothing.
    """

    ref: str
    step_id: str
    step: str
    process: str
    version: int
    table: str
    title: str
    at: datetime
    asked: int
    silent: int
    masked: bool
    fired: Sequence[Fired] = field(repr=False)

    @property
    def numbers(self) -> list[int]:
        """The rows that counted, each once."""
        return sorted({one.number for one in self.fired})


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table in the light of one fact. state: fired, cell, not reached or outranked.

    cell: what did not hold, for the state "cell"; None where values may not be shown.
    """

    number: int
    table: str
    state: str
    cell: Cell | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class FactView:
    """A fact the table was asked about; rows: numbers of those that counted; reasons: why there was no answer."""

    number: int
    person: str
    topic: str
    kind: str
    rows: Sequence[int]
    reasons: Sequence[Text]


@dataclass(frozen=True, slots=True)
class WhyView:
    """A decision in full: its facts, and every row of its tables in the light of the chosen one.

    people: names by ref; changed: the program would answer otherwise today than it did then; grids: the tables of the
    file as they stood then.
    """

    case: Case
    people: Mapping[str, str] = field(repr=False)
    decision: DecisionView
    facts: Sequence[FactView]
    chosen: FactView | None
    rows: Sequence[Row] = field(repr=False)
    asked_with: Sequence[tuple[str, str]] = field(repr=False)
    changed: bool
    grids: Sequence[Grid] = ()


def visible(work: Work, case: Case, *, reached: bool, english: bool) -> list[DecisionView]:
    """What was decided in a case, as far as the actor may know it, newest first; one query.

    reached: whether the report reached the department.
    """
    found = []
    for made, rules in decision_rows.of_case(work, case.id)[:MOST]:
        sight = _sight(work, case, made, reached)
        if sight is not None:
            found.append(_view(work, made, rules, sight, english))
    return found


def why(work: Work, case_ref: str, ref: str, fact: int | None, *, english: bool) -> WhyView:
    """One decision in full; `fact` None chooses the first that a rule counted for. Raises NotFound."""
    case = visible_case(work, case_ref)
    made = work.session.scalars(
        select(DecisionMade).where(DecisionMade.ref == ref, DecisionMade.case_id == case.id)
    ).first()
    reached = any(reports.reached_department(one) for one in reports.all_of(work, case))
    sight = None if made is None else _sight(work, case, made, reached)
    if made is None or sight is None:
        raise NotFound(_("There is no such decision for you."))
    rules = decision_rows.rules_of(work, made)
    view, kept = _view(work, made, rules, sight, english), decision_rows.facts_of(work, made)
    facts = [_fact(number, one, rules) for number, one in enumerate(kept)]
    first = next((one for one in facts if one.rows), facts[0] if facts else None)
    chosen = first if fact is None else next((one for one in facts if one.number == fact), None)
    if chosen is None:
        return WhyView(case, _people(work, case), view, facts, None, (), (), changed=False)
    definition = _definition(work, made)
    rows, changed = _rows(work, made, kept[chosen.number], chosen, values=sight)
    inputs = _rested_on(definition, made, kept[chosen.number]["inputs"]) if sight else {}
    told, drawn = _told(inputs, made.made_at), decision_titles.grids(_source(definition, made))
    return WhyView(case, _people(work, case), view, facts, chosen, rows, told, changed, drawn)


def _definition(work: Work, made: DecisionMade) -> Definition:
    """The version that decided, with the table of the place whose own it was."""
    case = work.session.get_one(Case, made.case_id)
    return versions.for_case(work, case, definitions.by_id(work, made.definition_id), made.table)[0]


def _rested_on(definition: Definition, made: DecisionMade, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    info = _info(definition, made)
    names = [name for name, _type in info.inputs] if info is not None else list(inputs)
    return {name: inputs[name] for name in names if name in inputs}


def _source(definition: Definition, made: DecisionMade) -> bytes:
    return definition.bundle.files.get(f"{made.table}.dmn", b"")


def _people(work: Work, case: Case) -> dict[str, str]:
    household = work.session.get(Household, case.household_id) if case.household_id else None
    members = households.members(work, household) if household is not None else []
    return {one.ref: households.name_of(work, one) for one in members}


# --- who sees what -------------------------------------------------------------------------------------------------


def _sight(work: Work, case: Case, made: DecisionMade, reached: bool) -> bool | None:
    """None: not to be known of; False: which rows, no values; True: everything."""
    actor, relation = work.actor, permissions.relation_to_case(work.actor, case)
    step = definitions.by_id(work, made.definition_id).diagram.steps.get(made.step_id)
    stage = step.properties.get("stage", "") if step is not None else ""
    by_facts = step is None or bool(step.properties.get("facts"))
    if not by_facts and not _in_the_agencys_hands(case, made, stage):
        return True if relation != permissions.AGENCY or may_follow(actor, "", stage) else None
    if relation != permissions.AGENCY and not reached:
        return None
    if not permissions.may(actor, "doubt.read", relation):
        return None
    by_report = reached and permissions.may(actor, "report.read", relation, "DELIVERED")
    return by_report or permissions.may(actor, "comparison.read", relation)


def _in_the_agencys_hands(case: Case, made: DecisionMade, stage: str) -> bool:
    """Whether a step may have decided over what was found; a step without a stage: from the issue of the letter on."""
    if stage:
        return stage in AGENCY_STAGES
    return case.commissioned_at is not None and made.made_at >= case.commissioned_at


# --- in words ------------------------------------------------------------------------------------------------------


def _view(work: Work, made: DecisionMade, rules: Sequence[DecisionRule], values: bool, english: bool) -> DecisionView:
    definition = _definition(work, made)
    step = definition.diagram.steps.get(made.step_id)
    name = "" if step is None else step.name_en or step.name if english else step.name
    info = _info(definition, made)
    kept = decision_rows.facts_of(work, made)
    labels = decision_titles.outputs(_source(definition, made))
    return DecisionView(
        made.ref, made.step_id, name or made.step_id, definition.process, made.version, made.table,
        (info.name if info else "") or made.decision, made.made_at, made.asked, made.silent, not values,
        [_fired(work, made, rule, kept[rule.fact], labels, values) for rule in rules],
    )  # fmt: skip


def _info(definition: Definition, made: DecisionMade) -> DecisionInfo | None:
    model = _model(definition, made)
    try:
        return None if model is None else decision_of(model, made.decision)
    except NotFound:
        return None


def _model(definition: Definition, made: DecisionMade) -> Model | None:
    """None for a table that today's program refuses: what was kept of it is told all the same."""
    try:
        return definition.table(made.table)
    except (NotFound, DecisionError):
        return None


def _fired(
    work: Work,
    made: DecisionMade,
    rule: DecisionRule,
    fact: Mapping[str, Any],
    labels: Mapping[tuple[str, str], str],
    values: bool,
) -> Fired:
    seen = decision_rows.seen_by(work, rule)

    def told(kept: Any) -> str:
        return text(unpacked(kept, made.made_at)) if values else ""

    context = unpacked(fact["inputs"], made.made_at) if values else {}
    notes = {name: doubts.fill(note, context) if values else note for name, note in seen["annotations"].items()}
    return Fired(
        rule.number, rule.decision, rule.fact, fact["person"], fact["topic"], fact["kind"],
        [Cell(label, cell, told(value)) for label, value, cell in seen["inputs"] if cell.strip() not in ANY],
        [label for label, _value, cell in seen["inputs"] if cell.strip() in ANY],
        [(labels.get((rule.table_id, name), name), told(value)) for name, value in seen["outputs"].items()],
        list(notes.items()),
    )  # fmt: skip


def _fact(number: int, kept: Mapping[str, Any], rules: Sequence[DecisionRule]) -> FactView:
    numbers = [rule.number for rule in rules if rule.fact == number]
    return FactView(
        number, kept["person"], kept["topic"], kept["kind"], numbers, [said(one) for one in kept["reasons"]]
    )


def _told(inputs: Mapping[str, Any], now: datetime) -> list[tuple[str, str]]:
    return [(name, text(unpacked(value, now))) for name, value in inputs.items()]


# --- why not -------------------------------------------------------------------------------------------------------


def _rows(
    work: Work, made: DecisionMade, kept: Mapping[str, Any], chosen: FactView, *, values: bool
) -> tuple[list[Row], bool]:
    """Every row of the tables that were asked, decided again with what was kept; and whether it now comes out other."""
    definition = _definition(work, made)
    model = _model(definition, made)
    if model is None:
        return [], False
    now = made.made_at.astimezone(OFFICE_ZONE)
    inputs = unpacked(_rested_on(definition, made, kept["inputs"]), made.made_at)
    result = model.evaluate(made.decision, inputs, now=now, budget=DECISION_BUDGET, explain=True)
    rows = [Row(one.number, one.decision, FIRED, None) for one in result.matched]
    for one in result.missed:
        # which cells did not hold would tell, row by row, between which bounds a value lies
        cell = Cell(one.label, one.text, text(one.value)) if values and one.why == CELL else None
        rows.append(Row(one.number, one.decision, one.why, cell))
    tables = list(dict.fromkeys(one.table for one in rows))
    changed = sorted(one.number for one in result.matched) != sorted(chosen.rows)
    return sorted(rows, key=lambda one: (tables.index(one.table), one.number)), changed
