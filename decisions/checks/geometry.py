"""Decision tables whose rules meet where only one may match, that leave inputs to no rule, or hold idle rules.

What is analysed, and what is taken as unknown, is said in `geometry_cells`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from decisions.boxed import BoxedFunction, ResultContext, Typed
from decisions.checks.geometry_columns import Types
from decisions.checks.geometry_cover import TooWide, Work
from decisions.checks.geometry_survey import Dead, Gap, Idle, Survey
from decisions.errors import Finding
from decisions.feel.access import Filter
from decisions.feel.built_ins import BUILT_INS
from decisions.feel.flow import ContextLiteral, FunctionLiteral, Iteration
from decisions.feel.nodes import Node
from decisions.feel.types import ANY, ContextType, Type
from decisions.graph import Module, Part
from decisions.source import children
from decisions.tables import Rule, Table

STEPS = 1_000_000  # for one question about one table, about a second
MODEL_STEPS = 8_000_000  # for all tables of a model
QUOTED_AT_MOST = 120
MOST_FOUND = 20  # of a kind in one table
COMPLETE = ("UNIQUE", "ANY", "FIRST", "PRIORITY")  # policies under which an input no rule takes is a mistake


def check_tables(module: Module, told: Iterable[Finding] = ()) -> Iterator[Finding]:
    """What is wrong with the tables of a model, wherever they stand in it; imported models apart.

    `told` are findings of other checks: a cell that is among them is not said to be wrong once more.
    """
    cells = {(one.where, one.rule, one.column) for one in told if one.rule is not None}
    work = Work(MODEL_STEPS)
    for part in module.parts.values():
        whole = _read_whole(part)
        for table, types in tables_in(part):
            if whole.get(table.id, len(table.rules)) == len(table.rules):
                found = check_table(table, types, work)
                yield from (one for one in found if (one.where, one.rule, one.column) not in cells)


def _read_whole(part: Part) -> dict[str, int]:
    """The tables of a part by id -> how many rules are drawn; one with too few cells is left out when it is read."""
    drawn = part.element.iter("{*}decisionTable")
    return {element.get("id") or "": len(children(element, "rule")) for element in drawn}


def tables_in(part: Part) -> Iterator[tuple[Table, Types]]:
    """Each table in the logic of `part`, with the names in force around it and what is declared of them."""
    stack: list[tuple[Node, Types]] = [(part.node, _required(part))]
    while stack:
        node, types = stack.pop()
        if isinstance(node, Table):
            yield node, types
        bound = _bound(node)
        inner = {**types, **bound} if bound else types
        stack.extend((below, inner) for below in reversed(node.parts))


def _required(part: Part) -> dict[str, Type]:
    found: dict[str, Type] = {}
    for prefix, needed in part.requires:
        own = ANY if needed.kind in ("knowledge", "service") else needed.type
        home = found.get(prefix)
        entries = home.entries if isinstance(home, ContextType) else {}
        found |= {prefix: ContextType({**entries, needed.name: own})} if prefix else {needed.name: own}
    return found


def _bound(node: Node) -> Mapping[str, Type]:
    """The names a construct brings into force inside."""
    if isinstance(node, BoxedFunction):
        return dict(zip(node.parameters, node.types, strict=True))
    if isinstance(node, (ContextLiteral, ResultContext)):
        entries = zip(node.names, node.parts, strict=False)
        return {name: part.type if isinstance(part, Typed) else ANY for name, part in entries}
    if isinstance(node, Iteration):
        return dict.fromkeys(node.variables, ANY)
    if isinstance(node, FunctionLiteral):
        return dict.fromkeys(node.parameters, ANY)
    # the entries of what is filtered are names there, and may be called anything
    return dict.fromkeys(BUILT_INS, ANY) if isinstance(node, Filter) else {}


def check_table(table: Table, types: Types, work: Work | None = None) -> Iterator[Finding]:
    """What is wrong with the rules of one table.

    Args:
        types: names in force around the table -> what is declared of them (Any when nothing is).
        work: what may be spent on all tables together; each question about one table has a bound of its own.
    """
    whole = Work(MODEL_STEPS) if work is None else work
    report = _Report(table)
    limit = min(STEPS, whole.left)
    own = Work(limit)
    try:
        survey = Survey(table, types, own)
    except TooWide:
        whole.left -= limit
        yield report.too_wide()
        return
    stopped = False
    for question in (_cells, _overlaps, _gaps, _idle, _same):
        whole.left -= limit - own.left
        limit = own.left = min(STEPS, max(whole.left, 0))
        try:
            yield from question(survey, report)
        except TooWide:
            stopped = True
    whole.left -= limit - own.left
    if stopped:
        yield report.too_wide()


def _cells(survey: Survey, report: _Report) -> Iterator[Finding]:
    return map(report.dead, islice(survey.dead(), MOST_FOUND))


def _overlaps(survey: Survey, report: _Report) -> Iterator[Finding]:
    if survey.table.policy not in ("UNIQUE", "ANY"):
        return
    for count, (first, second, point) in enumerate(survey.overlaps()):
        if count == MOST_FOUND:
            yield report.more_overlaps()
            return
        yield report.overlap(first, second, point.written)


def _gaps(survey: Survey, report: _Report) -> Iterator[Finding]:
    table = survey.table
    if table.policy not in COMPLETE or any(clause.default is not None for clause in table.outputs):
        return
    gaps, more = survey.gaps()
    yield from map(report.gap, gaps)
    if more:
        yield report.more_gaps()


def _idle(survey: Survey, report: _Report) -> Iterator[Finding]:
    for count, idle in enumerate(survey.idle()):
        if count == MOST_FOUND:
            yield report.more_idle()
            return
        yield report.idle(idle)


def _same(survey: Survey, report: _Report) -> Iterator[Finding]:
    return (report.same(first, second) for first, second in islice(survey.same(), MOST_FOUND))


class _Report:
    """The findings of one table, in words."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def too_wide(self) -> Finding:
        return self._whole(
            "The table is too large to be checked wholly for gaps, overlaps and rules that never apply.",
            "Split it into smaller tables.",
            "not-analysed",
        )

    def overlap(self, first: Rule, second: Rule, example: Mapping[str, str]) -> Finding:
        if self.table.policy == "ANY":
            sentence = f"Rules {first.number} and {second.number} can match together and give different outputs."
            remedy = "Give both the same outputs, or change a cell so that only one of them matches."
        else:
            sentence = f"Rules {first.number} and {second.number} can match together, but only one may."
            remedy = "Change a cell so that only one of them matches, or choose another hit policy."
        return self._rule(second, sentence, remedy, "overlap", "error", example)

    def more_overlaps(self) -> Finding:
        return self._whole(
            "More rules of the table can match together.", "Correct those named first, then check again.", "overlap"
        )

    def gap(self, gap: Gap) -> Finding:
        if not self.table.rules:
            return self._whole("The table has no rule.", "Add one.", "gap", gap.point.written)
        told = "; ".join(f"{label}: {_short(tests)}" for label, tests in gap.tests)
        sentence = f"No rule matches {told}." if told else "No rule matches any input."
        column = gap.tests[0][0] if len(gap.tests) == 1 else ""
        return self._whole(
            sentence, "Add a rule for it, or give the output a default.", "gap", gap.point.written, column
        )

    def more_gaps(self) -> Finding:
        return self._whole("More inputs match no rule.", "Close the gaps named first, then check again.", "gap")

    def more_idle(self) -> Finding:
        remedy = "Correct those named first, then check again."
        return self._whole("More rules of the table never apply.", remedy, "unreachable")

    def idle(self, idle: Idle) -> Finding:
        number = idle.rule.number
        remedy = "Remove it, or change it or the rules that take its inputs."
        if idle.missing:
            sentence = f"Rule {number} applies only where an input is missing: other rules take everything else."
            remedy = "Write null in the cell where a missing value is meant, or remove the rule."
        elif idle.by is not None:
            sentence = f"Rule {number} never applies: rule {idle.by.number} takes all its inputs."
        elif self.table.policy == "FIRST":
            sentence = f"Rule {number} never applies: the rules before it take all its inputs."
        else:
            sentence = f"Rule {number} never applies: rules of higher priority take all its inputs."
        return self._rule(idle.rule, sentence, remedy, "unreachable", "warning", idle.point.written)

    def same(self, first: Rule, second: Rule) -> Finding:
        sentence = f"Rules {first.number} and {second.number} are the same."
        return self._rule(second, sentence, "Remove one of them.", "duplicate", "warning", {})

    def dead(self, dead: Dead) -> Finding:
        rule, text = dead.rule, _short(dead.alternative or dead.rule.texts[dead.clause])
        if dead.why == "outside":
            sentence, code = f"'{text}' lies outside the allowed values.", "outside-allowed"
            remedy = "Correct it, or add it to the allowed values."
        elif dead.why == "null":
            sentence, code = f"'{text}' holds only where the value is missing.", "never-true"
            remedy = "Write null where a missing value is meant, or correct the cell."
        else:
            sentence, code = f"'{text}' never holds.", "never-true"
            remedy = "Correct the cell."
        place = rule.cells[dead.clause] if rule.cells else None
        return Finding(
            (place.id if place else "") or rule.id,
            (place.line if place else None) or rule.line,
            sentence,
            remedy,
            "warning",
            code,
            self.table.decision,
            rule.number,
            self.table.inputs[dead.clause].label,
        )

    def _rule(
        self, rule: Rule, sentence: str, remedy: str, code: str, severity: str, example: Mapping[str, str]
    ) -> Finding:
        return Finding(
            rule.id, rule.line, sentence, remedy, severity, code, self.table.decision, rule.number, "", dict(example)
        )

    def _whole(
        self, sentence: str, remedy: str, code: str, example: Mapping[str, str] | None = None, column: str = ""
    ) -> Finding:
        table = self.table
        severity = "error" if code == "overlap" else "warning"
        return Finding(
            table.id, table.line, sentence, remedy, severity, code, table.decision, None, column, dict(example or {})
        )


def _short(tests: str) -> str:
    """Unary tests as they are quoted in a sentence: of a long list the beginning."""
    if len(tests) <= QUOTED_AT_MOST:
        return tests
    return tests[: QUOTED_AT_MOST - 4] + "..." + (")" if tests.endswith(")") else "")
