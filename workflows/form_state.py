"""What a form hides, asks, calculates and refuses while certain answers are given: decided by FEEL, in a budget.

A component is hidden only when its condition is exactly true, and a check holds only when it is exactly true: what
cannot be computed hides nothing and lets nothing pass. Answers of hidden fields are null for every other expression,
so that conditions are decided again until nothing changes any more. The order of the fields does not matter.
"""

from __future__ import annotations

import logging
from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.logs import Event
from workflows.form_fields import ANSWERED, COMPUTED, FieldSpec, FormRule, OwnersText, Rule
from workflows.form_rules import rules_of as rules_of
from workflows.form_values import Files, calculated, is_blank, plain, understood

log = logging.getLogger(__name__)
STEPS = 10_000  # of one expression
STEPS_OF_SUM = 100_000  # of one that calculates: it may go through all rows
BUDGET = 1_000_000  # of all expressions of a form, once through
LEAST = 20  # steps that an expression costs at least


@dataclass(frozen=True, slots=True)
class _Cell:
    """A component as it stands on the page: place "key", "list-0-key" or the mark of a text; row -1 outside lists."""

    place: str
    spec: FieldSpec
    holder: str = ""
    row: int = -1


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule of the form that does not hold. places: the fields it concerns that are in sight."""

    rule: FormRule
    places: tuple[str, ...]


class FormState:
    """The form while these are its answers.

    hidden: places of the components that do not apply; needed: of those that must be filled in although the form does
    not always ask it; values: what calculated fields are worth, as they are kept.
    """

    def __init__(
        self,
        form: str,
        fields: Sequence[FieldSpec],
        answers: Mapping[str, Any],
        *,
        now: datetime,
        files: Files,
        undecided: Collection[str] = (),
        rules: Sequence[FormRule] = (),
        order: Sequence[str] = (),
    ) -> None:
        self._rules = rules
        self._form, self._now, self._undecided = form, now, frozenset(undecided)
        self._left = BUDGET
        self._lists = frozenset(one.key for one in fields if one.kind == "dynamiclist")
        self._values = {one.key: understood(one, answers.get(one.key), files) for one in fields if one.kind in ANSWERED}
        self._blank = {
            (one.key, at) for one in fields for at, row in enumerate(_rows(answers, one)) if is_blank(one, row)
        }
        self._cells = list(_cells(fields, self._values))
        self._sums = [[cell for cell in self._cells if _name(cell) == name] for name in order]
        self._columns = frozenset(cell.place for cell in self._cells if cell.row >= 0)
        self._told: set[int] = set()
        self._known: dict[tuple[str, int], tuple[list[Any], Any]] = {}
        self.hidden: frozenset[str] = frozenset()
        self._now_seen = self._settle()
        self.needed = frozenset(
            cell.place for cell in self._cells
            if cell.spec.needed is not None and cell.place not in self.hidden
            and (cell.holder, cell.row) not in self._blank
            and self._value(cell.spec.needed, cell, self._now_seen) is True
        )  # fmt: skip
        self.values: Mapping[str, Any] = {
            cell.place: plain(self._now_seen.at(cell)) for cells in self._sums for cell in cells
        }

    def faults(self, wrong: Collection[str] = ()) -> dict[str, OwnersText]:
        """The message of every check that does not hold, by place.

        wrong: places that are refused already. What rests on them is not judged, nor what rests on the undecided.
        """
        found: dict[str, OwnersText] = {}
        scopes = self._now_seen
        doubtful = {*wrong, *(place.partition("-")[0] for place in wrong)}  # a list with a wrong row is no basis either
        for cell in self._cells:
            check, message = cell.spec.check, cell.spec.message
            if check is None or message is None or cell.place in self.hidden or cell.place in wrong:
                continue
            if (cell.holder, cell.row) in self._blank or self._rests_on(check, cell, doubtful):
                continue
            if self._value(check, cell, scopes) is not True:
                found[cell.place] = message
        return found

    def broken(self, wrong: Collection[str] = ()) -> list[Broken]:
        """Rules of the form that do not hold. What rests on refused places, or on the undecided, is not judged, nor a
        rule all of whose fields are hidden."""
        doubtful = {*wrong, *(place.partition("-")[0] for place in wrong)}
        found = []
        whole = _Cell("", FieldSpec("", "", "", ""))
        for one in self._rules:
            places = tuple(key for key in one.fields if key not in self.hidden)
            if not places or self._rests_on(one.rule, whole, doubtful):
                continue
            if self._value(one.rule, whole, self._now_seen) is not True:
                found.append(Broken(one, places))
        return found

    # --- visibility -------------------------------------------------------------------------------------------------

    def _settle(self) -> _Scopes:
        ruled = [cell for cell in self._cells if cell.spec.hides]
        for _round in range(len(ruled) + 1):
            scopes = self._scopes()
            now = frozenset(cell.place for cell in ruled if self._is_hidden(cell, scopes))
            now |= {cell.place for cell in self._cells if cell.holder in now}
            if now == self.hidden:
                return scopes
            self.hidden = now
        return self._scopes()

    def _is_hidden(self, cell: _Cell, scopes: _Scopes) -> bool:
        rules = (rule for rule in cell.spec.hides if not rule.names & self._undecided)
        return any(self._value(rule, cell, scopes) is True for rule in rules)

    def _scopes(self) -> _Scopes:
        """The answers as expressions see them now: hidden ones are null."""
        form = {key: None if key in self.hidden else value for key, value in self._values.items()}
        rows: dict[str, list[dict[str, Any]]] = {}
        for key, value in form.items():
            if key in self._lists and value is not None:
                rows[key] = [
                    {name: None if f"{key}-{at}-{name}" in self.hidden else given for name, given in row.items()}
                    for at, row in enumerate(value)
                ]
        # an empty row is no row: who counts rows does not count it
        seen = {
            key: [row for at, row in enumerate(found) if (key, at) not in self._blank] for key, found in rows.items()
        }
        scopes = _Scopes({**form, **{key: found or None for key, found in seen.items()}}, rows)
        for cells in self._sums:
            for cell in cells:
                scopes.put(cell, None if cell.place in self.hidden else self._sum(cell, scopes))
        return scopes

    def _sum(self, cell: _Cell, scopes: _Scopes) -> Any:
        rule = cell.spec.compute
        if rule is None or rule.names & self._undecided or (cell.holder, cell.row) in self._blank:
            return None
        return calculated(cell.spec, self._value(rule, cell, scopes))

    # --- expressions ------------------------------------------------------------------------------------------------

    def _value(self, rule: Rule, cell: _Cell, scopes: _Scopes) -> Any:
        """What an expression gives at a place; the same inputs are not asked twice."""
        row = scopes.rows.get(cell.holder, [])
        own = row[cell.row] if 0 <= cell.row < len(row) else {}
        lent = ChainMap(dict(own), dict(scopes.form), {"this": dict(own or scopes.form), "parent": dict(scopes.form)})
        context = {name: lent[name] for name in rule.expression.tree.free() if name in lent}
        seen = list(context.values())
        known = self._known.get((cell.place, id(rule)))
        if known is not None and known[0] == seen:
            return known[1]
        value = self._evaluated(rule, cell, context)
        self._known[cell.place, id(rule)] = (seen, value)
        return value

    def _evaluated(self, rule: Rule, cell: _Cell, context: Mapping[str, Any]) -> Any:
        if self._left <= 0:
            return None
        most = STEPS_OF_SUM if rule.origin == "compute" else STEPS
        found = rule.expression.evaluate(context, now=self._now, budget=min(most, self._left))
        self._left -= max(LEAST, found.steps)
        if rule.origin == "compute":
            return found.value  # nothing, while what it rests on is not filled in
        if not isinstance(found.value, bool) and id(rule) not in self._told:
            # a reason never holds a value; what was answered stands nowhere in a log, and a column says it once
            self._told.add(id(rule))
            why = found.problems[0] if found.problems else "neither true nor false"
            log.info(Event("form.undecided", form=self._form, field=cell.spec.key, rule=rule.origin, why=why))
        return found.value

    def _rests_on(self, rule: Rule, cell: _Cell, doubtful: Collection[str]) -> bool:
        if rule.names & self._undecided:
            return True
        own = f"{cell.holder}-{cell.row}-"
        return any((own + name if own + name in self._columns else name) in doubtful for name in rule.names)


@dataclass(frozen=True, slots=True)
class _Scopes:
    """form: key -> value; rows: key of a list -> its rows, as far as they are in sight, and what is calculated."""

    form: dict[str, Any]
    rows: Mapping[str, Sequence[dict[str, Any]]]

    def put(self, cell: _Cell, value: Any) -> None:
        """What a calculated field is worth."""
        if cell.row < 0:
            self.form[cell.spec.key] = value
        elif cell.row < len(self.rows.get(cell.holder, ())):
            self.rows[cell.holder][cell.row][cell.spec.key] = value

    def at(self, cell: _Cell) -> Any:
        """The value at a place."""
        if cell.row < 0:
            return self.form.get(cell.spec.key)
        rows = self.rows.get(cell.holder, ())
        return rows[cell.row].get(cell.spec.key) if cell.row < len(rows) else None


def _name(cell: _Cell) -> str:
    """What a calculated field is called in the order of calculating."""
    if cell.spec.kind != COMPUTED:
        return ""
    return f"{cell.holder}.{cell.spec.key}" if cell.holder else cell.spec.key


def _cells(fields: Sequence[FieldSpec], values: Mapping[str, Any]) -> Iterator[_Cell]:
    for one in fields:
        if one.kind == "group":
            continue  # its conditions stand at what is in it
        yield _Cell(one.key or one.mark, one)
        if one.kind == "dynamiclist":
            for at in range(len(values[one.key] or ())):
                columns = (inner for inner in one.fields if inner.kind in ANSWERED)
                yield from (_Cell(f"{one.key}-{at}-{inner.key}", inner, one.key, at) for inner in columns)


def _rows(answers: Mapping[str, Any], spec: FieldSpec) -> Sequence[Any]:
    value = answers.get(spec.key) if spec.kind == "dynamiclist" else None
    return value if isinstance(value, list) else ()
