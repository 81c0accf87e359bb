"""Decision tables (DMN 1.3, 8): which rules match, what the table answers, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from decisions.explain import CELL, NOT_REACHED, OUTRANKED, Explained, MatchedRule, MissedRule
from decisions.feel.nodes import MISSING, Node, Scope
from decisions.feel.types import ANY, SimpleType, Type, coerce
from decisions.feel.values import State, Value
from decisions.hit_policies import MULTIPLE, SINGLE, Hit, Policy, single
from decisions.rule_index import RuleIndex, bits, mask_of
from decisions.simple_cells import constant, constant_names, simple_cell

__all__ = ["MULTIPLE", "SINGLE", "InputClause", "MatchedRule", "OutputClause", "Place", "Rule", "Table"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the file, and how it is written there; `id` may be empty."""

    id: str = ""
    line: int | None = None
    text: str = ""


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class InputClause:
    """`place` is that of the column, with the text of its expression; `allowed_place` that of its input values."""

    label: str
    expression: Node
    type: Type
    allowed: Node | None
    place: Place = NOWHERE
    allowed_place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class OutputClause:
    """`order` yields the output values as a list; `default` may be None.

    `label` is what people read above the column. The places are those of the column, its output values and default.
    """

    name: str
    type: Type
    allowed: Node | None
    order: Node | None
    default: Node | None
    label: str = ""
    place: Place = NOWHERE
    allowed_place: Place = NOWHERE
    default_place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Rule:
    """`tests` and `texts` of the input cells, `outputs` of the output cells; `cells` are the places of all."""

    id: str
    number: int
    tests: tuple[Node, ...]
    texts: tuple[str, ...]
    outputs: tuple[Node, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)
    line: int | None = None
    cells: tuple[Place, ...] = ()
    output_cells: tuple[Place, ...] = ()


class Table(Node):
    """A decision table; as a node it can stand wherever an expression can.

    `decision` names the decision, knowledge model or function it belongs to, `label` the box it stands in.
    """

    frames = 5
    __slots__ = (
        "_plain",
        "_ready",
        "aggregation",
        "decision",
        "id",
        "inputs",
        "label",
        "line",
        "outputs",
        "policy",
        "rules",
    )

    def __init__(
        self,
        table_id: str,
        label: str,
        policy: str,
        aggregation: str | None,
        inputs: Sequence[InputClause],
        outputs: Sequence[OutputClause],
        rules: Sequence[Rule],
        *,
        decision: str = "",
        line: int | None = None,
    ) -> None:
        cells = [cell for rule in rules for cell in (*rule.tests, *rule.outputs)]
        extra = [node for clause in outputs for node in (clause.default, clause.order) if node is not None]
        super().__init__(*(clause.expression for clause in inputs), *cells, *extra)
        self.id = table_id
        self.label = label
        self.decision = decision or label
        self.line = line
        self.policy = policy
        self.aggregation = aggregation
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self.rules = tuple(rules)
        self._ready: _Ready | None = None
        self._plain: _Ready | None = None
        self.cost = 1 + sum(clause.expression.cost for clause in self.inputs)  # cells: when they are evaluated
        self.run = self._answer

    def _free(self) -> frozenset[str]:
        return super()._free() - {"?"}

    def _answer(self, state: State, scope: Scope) -> Value:
        values = self._input_values(state, scope)
        if values is None:
            return None
        sight = _Sight(self._rules_ready(state, scope), values, state, scope)
        hits = self._hits(sight)
        policy = Policy(self.label, self.policy, self.aggregation, [clause.order for clause in self.outputs])
        chosen = policy.chosen(hits, state, scope) if hits else None
        if isinstance(state, Explained):
            self._tell(chosen or hits, values, state)
            if state.explaining:
                self._tell_missed(sight, hits, chosen or hits, state)
        if not hits:
            sight.note_kinds()
            return self._default(state, scope)
        return None if chosen is None else policy.result(chosen, state)

    # --- inputs

    def _input_values(self, state: State, scope: Scope) -> list[Value] | None:
        """The values in force, null where one is not of the declared type; None when one is not allowed."""
        values: list[Value] = []
        for clause in self.inputs:
            value = clause.expression.run(state, scope)
            if clause.type is not ANY:
                fit, value = coerce(value, clause.type, state)
                if not fit:
                    state.note(
                        f"The input '{clause.label}' of the table '{self.label}' has another type than declared."
                    )
            if value is not None and clause.allowed is not None and not _allowed(clause.allowed, value, state, scope):
                state.note(f"The input '{clause.label}' of the table '{self.label}' is not an allowed value.")
                return None
            values.append(value)
        return values

    # --- rules

    def _rules_ready(self, state: State, scope: Scope) -> _Ready:
        """The index of the rules; one that evaluates every cell where a name in scope hides a built-in it rests on."""
        if self._ready is None:
            self._ready = _Ready(self, plain=False)
        if all(scope.find(name, state) is MISSING for name in self._ready.names):
            return self._ready
        if self._plain is None:
            self._plain = _Ready(self, plain=True)
        return self._plain

    def _hits(self, sight: _Sight) -> list[Hit]:
        """The rules that hold, in their order; only the first when that is the policy."""
        state = sight.state
        state.tick(1 + len(self.inputs) + len(self.rules) // 64)
        left, evaluated = sight.left()
        hits: list[Hit] = []
        for place in bits(left):
            state.tick()
            if all(not mask >> place & 1 or sight.holds(place, at) for at, mask in evaluated):
                hits.append(Hit(place, self.rules[place].number, self._outputs_of(place, sight)))
                if self.policy == "FIRST":
                    break
        return hits

    def _outputs_of(self, place: int, sight: _Sight) -> dict[str, Value]:
        ready = sight.ready
        known = ready.outputs.get(place)
        if known is not None:
            return known
        outputs: dict[str, Value] = {}
        every = True
        sight.state.tick(sum(node.cost for node in self.rules[place].outputs))
        for clause, node in zip(self.outputs, self.rules[place].outputs, strict=True):
            fit, value = self._output(clause, node.run(sight.state, sight.scope), sight)
            outputs[clause.name] = value
            every = every and fit
        if every and place in ready.lasting:
            ready.outputs[place] = outputs
        return outputs

    def _output(self, clause: OutputClause, value: Value, sight: _Sight) -> tuple[bool, Value]:
        """Whether `value` is one the column may hold, and it, or null."""
        fit, value = (True, value) if clause.type is ANY else coerce(value, clause.type, sight.state)
        if fit and value is not None and clause.allowed is not None:
            fit = _allowed(clause.allowed, value, sight.state, sight.scope)
        if not fit:
            sight.state.note(f"An output '{clause.name}' of the table '{self.label}' is not an allowed value.")
        return fit, value if fit else None

    def _default(self, state: State, scope: Scope) -> Value:
        if all(clause.default is None for clause in self.outputs):
            state.note(f"No rule of the table '{self.label}' matches and it has no default.")
            return None
        state.tick(sum(clause.default.cost for clause in self.outputs if clause.default is not None))
        return single(
            {
                clause.name: None if clause.default is None else clause.default.run(state, scope)
                for clause in self.outputs
            }
        )

    # --- explanation

    def _tell(self, hits: list[Hit], values: list[Value], state: Explained) -> None:
        for hit in hits:
            rule = self.rules[hit.place]
            seen = tuple(
                [
                    (clause.label, state.tell(value), text)
                    for clause, value, text in zip(self.inputs, values, rule.texts, strict=True)
                ]
            )
            outputs = {name: state.tell(value) for name, value in hit.outputs.items()}
            state.matched.append(
                MatchedRule(self.id, rule.id, rule.number, seen, outputs, rule.annotations, self.decision)
            )

    def _tell_missed(self, sight: _Sight, hits: list[Hit], told: list[Hit], state: Explained) -> None:
        """Every rule that is not the answer, with the cell that failed or what else kept it from being one."""
        last = hits[0].place if hits and self.policy == "FIRST" else len(self.rules)
        held = mask_of(hit.place for hit in hits)
        failing = sight.failing(((1 << last) - 1) & ~held)
        answers = {hit.place for hit in told}
        for place, rule in enumerate(self.rules):
            if state.room <= 0:
                return
            state.room -= 1
            if place in failing:
                at = failing[place]
                cell = rule.cells[at].id if rule.cells else ""
                label, value = self.inputs[at].label, state.tell(sight.values[at])
                missed = (label, value, rule.texts[at], CELL, cell, at + 1)
                state.missed.append(MissedRule(self.id, self.decision, rule.id, rule.number, *missed))
            elif place not in answers:
                why = NOT_REACHED if place > last else OUTRANKED
                state.missed.append(MissedRule(self.id, self.decision, rule.id, rule.number, why=why))


class _Ready:
    """What is made of a table's rules once: their index, and the outputs that never change."""

    def __init__(self, table: Table, *, plain: bool) -> None:
        rules = table.rules
        self.rules = rules
        columns = [
            [None if plain else simple_cell(rule.tests[at]) for rule in rules] for at in range(len(table.inputs))
        ]
        fixed = {at for at, clause in enumerate(table.outputs) if _same_everywhere(clause)}
        self.lasting = frozenset(
            place
            for place, rule in enumerate(rules)
            if not plain and len(fixed) == len(rule.outputs) and all(map(_never_changes, rule.outputs))
        )
        self.outputs: dict[int, dict[str, Value]] = {}
        used = [node for column, cells in enumerate(columns) for node in _read(rules, column, cells)]
        used += [node for place in self.lasting for node in rules[place].outputs]
        self.names: frozenset[str] = frozenset().union(*map(constant_names, used))
        self.index = RuleIndex(columns, len(rules))


def _read(rules: Sequence[Rule], column: int, cells: Sequence[object]) -> Iterator[Node]:
    return (rule.tests[column] for rule, cell in zip(rules, cells, strict=True) if cell is not None)


def _never_changes(output: Node) -> bool:
    """Whether it is one value for ever; a list is made anew, as a caller may change what it got."""
    found = constant(output)
    return found is not None and type(found[0]) is not list


def _same_everywhere(clause: OutputClause) -> bool:
    """Whether a value that may stand in the column may always."""
    simple = clause.type is ANY or isinstance(clause.type, SimpleType)
    return simple and (clause.allowed is None or clause.allowed.free() <= {"?"})


class _Sight:
    """The values one evaluation of a table looks at, and which cells hold for them."""

    __slots__ = ("_scopes", "ready", "scope", "state", "values")

    def __init__(self, ready: _Ready, values: list[Value], state: State, scope: Scope) -> None:
        self.ready = ready
        self.values = values
        self.state = state
        self.scope = scope
        self._scopes: dict[int, Scope] = {}

    def left(self) -> tuple[int, list[tuple[int, int]]]:
        """The rules that no simple cell forbids; and by column, those whose cell must be evaluated."""
        index = self.ready.index
        left = index.all
        evaluated = []
        for at, value in enumerate(self.values):
            left &= index.passing(at, value)
            mask = index.evaluated(at, value) & left
            if mask:
                evaluated.append((at, mask))
        return left, evaluated

    def holds(self, place: int, at: int) -> bool:
        scope = self._scopes.get(at)
        if scope is None:
            scope = self._scopes[at] = Scope({"?": self.values[at]}, self.scope)
        test = self.ready.rules[place].tests[at]
        self.state.tick(test.cost)
        return test.run(self.state, scope) is True

    def failing(self, rules: int) -> dict[int, int]:
        """Of these rules those that do not hold -> the first column whose cell fails."""
        index, state = self.ready.index, self.state
        found: dict[int, int] = {}
        alive = rules
        for at, value in enumerate(self.values):
            evaluated = alive & index.evaluated(at, value, noting=True)
            passed = alive & index.passing(at, value) & ~evaluated
            for place in bits(evaluated):
                state.tick()
                passed |= self.holds(place, at) << place
            failed = alive & ~passed
            state.tick(1 + failed.bit_count() // 64)
            found.update(dict.fromkeys(bits(failed), at))
            alive = passed
        return found

    def note_kinds(self) -> None:
        """No rule held: where a value is of another kind than its column's cells, that is a reason to be told."""
        index = self.ready.index
        if any(index.notes(at, value) for at, value in enumerate(self.values)):
            self.failing(index.all)


def _allowed(tests: Node, value: Value, state: State, scope: Scope) -> bool:
    """Whether a value, or every item of a list of them, passes."""
    items = [value, *value] if type(value) is list else [value]
    state.tick(tests.cost)
    if tests.run(state, Scope({"?": value}, scope)) is True:
        return True
    state.tick(tests.cost * (len(items) - 1))
    return len(items) > 1 and all(tests.run(state, Scope({"?": item}, scope)) is True for item in items[1:])
