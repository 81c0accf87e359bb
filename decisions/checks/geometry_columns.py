"""The columns of a decision table, their values put into classes that no cell tells apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from decisions.checks.geometry_cells import UNKNOWN, Asked, Cell, read_cell
from decisions.checks.geometry_cover import Work, bits
from decisions.checks.geometry_line import KINDS, Line
from decisions.feel.access import Call, Path
from decisions.feel.built_ins import BUILT_INS
from decisions.feel.nodes import Comparison, Const, Name, Node, OperatorTest
from decisions.feel.types import ANY, AllowedType, ContextType, SimpleType, Type
from decisions.feel.values import Value
from decisions.feel.values import kind as kind_of
from decisions.items import Passing
from decisions.tables import InputClause, Table

COUNTED = frozenset(("count", "string length"))  # functions whose result is a whole number, never negative
INTERVAL, POINT = 100, 1  # what they weigh when the larger of two gaps is told first
Types = Mapping[str, Type]


@dataclass(frozen=True, slots=True)
class Domain:
    """The kind of a column's values and what else holds for all of them; kind "" when it is unknown."""

    kind: str
    tests: tuple[Cell, ...] = ()
    whole: bool = False


NOTHING_KNOWN = Domain("")


class Column:
    """One or more input clauses that ask the same expression.

    `classes` are masks of pieces of the line, all null apart, which is the last class. `full` holds the classes of
    the domain. `cells` are, rule by rule, the cells of the clauses; `may` and `must` the classes on which each rule
    may hold and is certain to hold. Without a line (values unknown) there is one class of all values.
    """

    def __init__(
        self, label: str, clauses: Sequence[int], domain: Domain, cells: Sequence[Sequence[Cell]], work: Work
    ) -> None:
        self.label = label
        self.clauses = tuple(clauses)
        self.cells = cells
        self.unlike = {cell for row in cells for cell in row}
        self.limited = any(not test.always for test in domain.tests)
        work.spend(sum(cell.work for cell in (*self.unlike, *domain.tests)))
        self.line = _line(domain, (*self.unlike, *domain.tests))
        self.masks: dict[Cell, int] = {}
        self.domain = 0 if self.line is None else _values(self.line, domain, cells)
        if self.line is None or not self.domain & ~self.line.null:
            self.line = None
            self.classes, self.full, self.every = [1], 1, 1
            self.may = [1] * len(cells)
            self.must = [int(all(cell.always for cell in row)) for row in cells]
        else:
            work.spend(len(self.line.pieces) * len(self.unlike) // 10)
            self._classify(self.line)

    def _classify(self, line: Line) -> None:
        self.masks = {cell: cell.mask(line) for cell in self.unlike if cell.known}
        rows = [line.everything] * len(self.cells)
        for at, row in enumerate(self.cells):
            for cell in row:
                rows[at] &= self.masks.get(cell, line.everything)
        unlike = list(dict.fromkeys(rows))
        self.classes, held = _classes(unlike, self.domain & ~line.null, len(line.pieces))
        count = len(self.classes)
        self.classes.append(line.null)
        self.full = (1 << count) - 1 | (bool(self.domain & line.null) << count)
        self.every = (2 << count) - 1
        known = {mask: own | (bool(mask & line.null) << count) for mask, own in zip(unlike, held, strict=True)}
        self.may = [known[mask] for mask in rows]
        self.must = [
            may if all(cell.known for cell in row) else 0 for may, row in zip(self.may, self.cells, strict=True)
        ]

    @property
    def null(self) -> int:
        """The class of null."""
        return 0 if self.line is None else 1 << len(self.classes) - 1

    def why_dead(self, pieces: int) -> str:
        """Why a cell that holds on these pieces of the line never does: "never", "outside", "null", or ""."""
        null = 0 if self.line is None else self.line.null
        if pieces & self.domain & ~null:
            return ""
        if pieces & null:
            return "" if self.domain & null else "null"
        return "outside" if pieces and self.limited else "never"

    def weight(self, mask: int) -> int:
        return sum(self._weight(self.classes[at]) for at in bits(mask))

    def _weight(self, pieces: int) -> int:
        if self.line is None:
            return INTERVAL
        listed = self.line.kind in ("string", "boolean")
        each = (self.line.pieces[at] for at in bits(pieces & ~self.line.null))
        return sum(INTERVAL if listed or not piece.point else POINT for piece in each)

    def sample(self, mask: int) -> Value:
        """A value in `mask`, a large class before a small one, null last."""
        if self.line is None:
            return None
        pieces = max((self.classes[at] for at in bits(mask)), key=self._weight)
        found = [self.line.pieces[at].sample for at in bits(pieces)]
        return "x" if "x" in found else found[0]

    def text(self, mask: int) -> str:
        """FEEL unary tests for the classes in `mask`."""
        if self.line is None:
            return "-"
        as_set = self.line.kind == "string" and sum(map(self._open, self.classes)) <= 1
        pieces = sum(self.classes[at] for at in bits(mask))
        return self.line.text(pieces, self.domain, as_set=as_set)

    def _open(self, pieces: int) -> bool:
        return self.line is not None and any(not self.line.pieces[at].point for at in bits(pieces))


def _classes(masks: Sequence[int], domain: int, count: int) -> tuple[list[int], list[int]]:
    """The pieces of `domain`, those together that no mask tells apart; and for each mask the classes in it."""
    texts = [format(mask, f"0{count}b")[::-1] for mask in masks]
    found: dict[tuple[str, ...], int] = {}
    for at, answers in enumerate(zip(*texts, strict=True) if texts else [()] * count):
        if domain >> at & 1:
            found[answers] = found.get(answers, 0) | 1 << at
    held = ["".join(reversed(answers)) for answers in zip(*found, strict=True)]
    return list(found.values()), [int(text, 2) for text in held]


def _line(domain: Domain, cells: Iterable[Cell]) -> Line | None:
    asked = [asked for cell in cells for asked in cell.asked]
    kinds = {kind for one in asked for kind in one.kinds}
    kind = domain.kind if domain.kind != "Any" else kinds.pop() if len(kinds) == 1 else ""
    if domain.kind == "Any" and asked and all(map(_asks_for_null, asked)):
        kind = "string"  # any kind does: its values are told from null alone
    if kind not in KINDS or not all(cell.known for cell in domain.tests):
        return None
    points = [point for one in asked for point in one.points if kind_of(point) == kind]
    try:
        return Line(kind, [*points, Decimal(0)] if domain.whole and kind == "number" else points)
    except ValueError:
        return None


def _asks_for_null(asked: Asked) -> bool:
    """Whether a test answers alike for all values but null."""
    return asked.null and not asked.kinds and isinstance(asked.test, (Comparison, Const, OperatorTest))


def _values(line: Line, domain: Domain, cells: Iterable[Iterable[Cell]]) -> int:
    """The pieces of the domain; null is one of them when a cell speaks of it."""
    values = line.everything & ~line.null
    for test in domain.tests:
        values &= test.mask(line)
    if domain.whole:
        values = sum(1 << at for at in bits(values) if _whole(line.pieces[at].sample))
    spoken = any(asked.null for row in cells for cell in row for asked in cell.asked)
    return values | (line.null if spoken else 0)


def _whole(value: Value) -> bool:
    return type(value) is Decimal and value >= 0 and value == value.to_integral_value()


# --- which clauses make a column, and what is known of their values


def columns_of(table: Table, types: Types, work: Work) -> list[Column]:
    """The columns of a table; `types` are the names in force around it with what is declared of them."""
    groups: dict[object, list[int]] = {}
    for at, clause in enumerate(table.inputs):
        groups.setdefault(_route(clause.expression) or clause.place.text or at, []).append(at)
    asked = [table.inputs[group[0]].expression for group in groups.values()]
    tied = _tied(asked)
    return [_column(table, group, types, one, work) for group, one in zip(groups.values(), tied, strict=True)]


def _column(table: Table, group: list[int], types: Types, tied: bool, work: Work) -> Column:
    read: dict[str, Cell] = {}

    def cell(test: Node, text: str) -> Cell:
        if text not in read:
            found = read_cell(test, types)
            read[text] = UNKNOWN if tied and not found.always else found
        return read[text]

    cells = [[cell(rule.tests[at], rule.texts[at]) for at in group] for rule in table.rules]
    domain = NOTHING_KNOWN if tied else _domain([table.inputs[at] for at in group], types)
    return Column(table.inputs[group[0]].label, group, domain, cells, work)


def _tied(expressions: Sequence[Node]) -> list[bool]:
    """Of each expression whether its value depends on that of another one, or on nothing."""
    routes = {route for route in map(_route, expressions) if route}
    within = {route[:length] for route in routes for length in range(1, len(route))}
    roots = [_roots(expression) for expression in expressions]
    users = Counter(root for own in roots for root in own)
    mixed = {root for own, node in zip(roots, expressions, strict=True) if not _route(node) for root in own}

    def one(node: Node, own: frozenset[str]) -> bool:
        route = _route(node)
        if not route:
            return not own or any(users[root] > 1 for root in own)
        outer = any(route[:length] in routes for length in range(1, len(route)))
        return outer or route in within or route[0] in mixed

    return [one(node, own) for node, own in zip(expressions, roots, strict=True)]


def _route(node: Node) -> tuple[str, ...]:
    """The names of `a.b.c`; none when the expression is more than that."""
    names: list[str] = []
    while isinstance(node, Path):
        names.append(node.name)
        node = node.parts[0]
    return (node.name, *reversed(names)) if isinstance(node, Name) else ()


def _roots(node: Node) -> frozenset[str]:
    """All names in an expression, the built-in functions it invokes apart."""
    found: set[str] = set()
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, Name):
            found.add(one.name)
        invoked = isinstance(one, Call) and isinstance(one.parts[0], Name) and one.parts[0].name in BUILT_INS
        stack.extend(one.parts[1:] if invoked and one.parts[0].free() - {"now", "today"} else one.parts)
    return frozenset(found)


def _domain(clauses: Sequence[InputClause], types: Types) -> Domain:
    kinds: set[str] = set()
    tests: list[Cell] = []
    for clause in clauses:
        if clause.allowed is not None:
            tests.append(read_cell(clause.allowed, types))
        for declared in (clause.type, _declared(_route(clause.expression), types)):
            base = declared
            while isinstance(base, AllowedType):
                tests.append(read_cell(base.allowed.tests, ()) if isinstance(base.allowed, Passing) else UNKNOWN)
                base = base.base
            if base is not ANY:
                kinds.add(base.name if isinstance(base, SimpleType) else "")
    whole = all(_counts(clause.expression) for clause in clauses)
    if whole:
        kinds.add("number")
    kind = "Any" if not kinds else kinds.pop() if len(kinds) == 1 else ""
    return Domain(kind, tuple(tests), whole)


def _counts(node: Node) -> bool:
    return isinstance(node, Call) and isinstance(node.parts[0], Name) and node.parts[0].name in COUNTED


def _declared(route: Sequence[str], types: Types) -> Type:
    """What is declared of a name, or of an entry of what it names."""
    found = types.get(route[0], ANY) if route else ANY
    for name in route[1:]:
        base = found.base if isinstance(found, AllowedType) else found
        found = base.entries.get(name, ANY) if isinstance(base, ContextType) else ANY
    return found
