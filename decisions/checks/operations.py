"""What the operators of FEEL can be applied to, told before there are values (DMN 1.3, 10.3.2.13 to 10.3.2.15)."""

from __future__ import annotations

import re

from decisions.checks.access import lost_quotes, may_be_name
from decisions.checks.kinds import (
    BOOLEAN,
    ORDERED,
    UNKNOWN,
    Fact,
    comparable,
    joined,
    kind_of,
    texts_allowed,
    type_of,
)
from decisions.checks.names import Names, did_you_mean, nearest
from decisions.checks.reading import shortened
from decisions.checks.walk import Handler, Walk
from decisions.feel.nodes import (
    Arithmetic,
    Between,
    Comparison,
    Const,
    InstanceOf,
    ListLiteral,
    Logic,
    Name,
    Negation,
    Node,
    OperatorTest,
    RangeLiteral,
)
from decisions.feel.types import ANY, ListType, RangeType, SimpleType, Type
from decisions.feel.values import Range, Value, compare

DAYS, MONTHS = "days and time duration", "years and months duration"
_MOMENTS = ("date", "time", "date and time")
# operator -> (kind left, kind right) -> kind of the result
RESULTS: dict[str, dict[tuple[str, str], str]] = {
    "+": {
        ("number", "number"): "number",
        ("string", "string"): "string",
        (DAYS, DAYS): DAYS,
        (MONTHS, MONTHS): MONTHS,
        **{(moment, DAYS): moment for moment in _MOMENTS},
        **{(DAYS, moment): moment for moment in _MOMENTS},
        **{(day, MONTHS): day for day in ("date", "date and time")},
        **{(MONTHS, day): day for day in ("date", "date and time")},
    },
    "-": {
        ("number", "number"): "number",
        (DAYS, DAYS): DAYS,
        (MONTHS, MONTHS): MONTHS,
        ("time", "time"): DAYS,
        **{(moment, DAYS): moment for moment in _MOMENTS},
        **{(day, MONTHS): day for day in ("date", "date and time")},
        **{(a, b): DAYS for a in ("date", "date and time") for b in ("date", "date and time")},
    },
    "*": {
        ("number", "number"): "number",
        **{(length, "number"): length for length in (DAYS, MONTHS)},
        **{("number", length): length for length in (DAYS, MONTHS)},
    },
    "/": {
        ("number", "number"): "number",
        **{(length, "number"): length for length in (DAYS, MONTHS)},
        **{(length, length): "number" for length in (DAYS, MONTHS)},
    },
    "**": {("number", "number"): "number"},
}
ONE_KIND = "Compare values of one kind."
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


def calculated(operator: str, a: Type, b: Type) -> Type | None:
    """The type of a `operator` b; None when no two such values can be calculated with it."""
    first, second = kind_of(a), kind_of(b)
    fitting = {
        result for (left, right), result in RESULTS[operator].items() if first in ("", left) and second in ("", right)
    }
    if not fitting:
        return None
    return SimpleType(fitting.pop()) if len(fitting) == 1 else ANY


def arithmetic(walk: Walk, node: Arithmetic, names: Names) -> Fact:
    facts = [walk.fact(part, names) for part in node.parts]
    so_far = facts[0].type
    for operator, part, fact in zip(node.operators, node.parts[1:], facts[1:], strict=True):
        found = calculated(operator, so_far, fact.type)
        if found is None:
            _not_calculated(walk, node, part, operator, so_far, fact.type)
            return UNKNOWN
        so_far = found
    if all(fact.constant for fact in facts):
        zero = "/" in node.operators and any(fact.value == 0 for fact in facts[1:])
        return walk.constant(node, so_far, "Do not divide by zero." if zero else "Correct it: it is always null.")
    return Fact(so_far)


def _not_calculated(walk: Walk, node: Node, part: Node, operator: str, a: Type, b: Type) -> None:
    if not kind_of(a) or not kind_of(b):
        lone = a if kind_of(a) else b
        sentence = f"'{walk.desk.quote(node)}': '{operator}' cannot calculate with a {kind_of(lone)}."
    else:
        sentence = f"'{walk.desk.quote(node)}': '{operator}' cannot join a {kind_of(a)} and a {kind_of(b)}."
    texts = operator == "+" and "string" in (kind_of(a), kind_of(b))
    remedy = "Turn the other into text with string(...)." if texts else "Use values that can be calculated with."
    walk.desk.add(part, sentence, remedy)


def negation(walk: Walk, node: Node, names: Names) -> Fact:
    fact = walk.fact(node.parts[0], names)
    if kind_of(fact.type) not in ("", "number", DAYS, MONTHS):
        sentence = f"'{walk.desk.quote(node)}': '-' cannot calculate with a {kind_of(fact.type)}."
        walk.desk.add(node, sentence, "Use values that can be calculated with.")
        return UNKNOWN
    if fact.constant and fact.value is not None:
        return walk.constant(node, fact.type, "Correct it: it is always null.")
    return Fact(fact.type)


def logic(walk: Walk, node: Node, names: Names) -> Fact:
    for part in node.parts:
        needs_condition(walk, part, walk.fact(part, names))
    return Fact(BOOLEAN)


def needs_condition(walk: Walk, part: Node, fact: Fact) -> None:
    """Reports a construct that stands where true or false is needed and can be neither."""
    if kind_of(fact.type) not in ("", "boolean"):
        sentence = f"'{walk.desk.quote(part)}' is a {kind_of(fact.type)} where true or false is needed."
        walk.desk.add(part, sentence, "Write a condition, such as a comparison.")


def comparison(walk: Walk, node: Comparison, names: Names) -> Fact:
    first, second = node.parts
    words = [isinstance(part, Name) and not may_be_name(walk.model.homes, part.name, names) for part in node.parts]
    facts = [UNKNOWN if word else walk.fact(part, names) for part, word in zip(node.parts, words, strict=True)]
    for part, word, other in zip(node.parts, words, reversed(facts), strict=True):
        if word and not lost_quotes(walk, part, names, other.type):
            walk.fact(part, names)  # says that it is not known
    if not isinstance(second, OperatorTest):  # `a == b` and its like are said by their signs
        compared(walk, node, node.operator, (first, facts[0]), (second, facts[1]))
    return Fact(BOOLEAN)


def compared(walk: Walk, node: Node, operator: str, left: tuple[Node, Fact], right: tuple[Node, Fact]) -> None:
    """Reports a comparison that can be neither true nor false, whatever the values are."""
    a, b = left[1].type, right[1].type
    if not comparable(a, b):
        sentence = f"'{walk.desk.quote(node)}' compares a {kind_of(a)} with a {kind_of(b)}."
        walk.desk.add(node, sentence, _as_other(walk, left, right))
    elif operator not in ("=", "!="):
        for part, fact in (left, right):
            if kind_of(fact.type) and kind_of(fact.type) not in ORDERED:
                sentence = f"'{walk.desk.quote(part)}' is a {kind_of(fact.type)}, which is neither more nor less."
                walk.desk.add(node, sentence, "Compare it with '='.")
                return
    elif left[1].constant != right[1].constant:
        known, other = (left, right) if left[1].constant else (right, left)
        among_allowed(walk, known[0], known[1], other[1].type)


def _as_other(walk: Walk, left: tuple[Node, Fact], right: tuple[Node, Fact]) -> str:
    """How one side would be written as the kind of the other."""
    for (part, fact), other in ((right, left[1]), (left, right[1])):
        right_way = rewritten(walk, part, fact, kind_of(other.type))
        if right_way:
            return f"Write: {right_way}"
    return ONE_KIND


def rewritten(walk: Walk, node: Node, fact: Fact, wanted: str) -> str:
    """`node` as it is written when it is meant to be of the kind `wanted`; empty when that is not clear."""
    text = walk.desk.quote(node)
    value = fact.value if fact.constant else None
    day = _DAY.fullmatch(text.strip('"'))
    if wanted == "date" and day and fact.constant:
        return f'date("{day[1]}-{day[2]:0>2}-{day[3]:0>2}")'
    if kind_of(fact.type) == "function" and text in ("today", "now"):
        return f"{text}()"
    if type(value) is str and wanted == "number" and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return value
    if type(value) is str and wanted == "boolean" and value in ("true", "false"):
        return value
    if type(value) is str and wanted in ("time", "date and time") and re.match(r"[\d-]*T?\d\d:\d\d", value):
        return f'{wanted}("{value}")'
    if wanted == "string" and kind_of(fact.type) in ("number", "boolean") and fact.constant:
        return f'"{text}"'
    return ""


def among_allowed(walk: Walk, node: Node, fact: Fact, wanted: Type, severity: str = "warning") -> bool:
    """Whether a constant passes what is declared of values of `wanted`; one that does not is reported."""
    if not fact.constant or fact.value is None or walk.model.allows(wanted, fact.value):
        return True
    sentence = f"'{walk.desk.quote(node)}' is not one of the allowed values."
    walk.desk.add(node, sentence, allowed_instead(fact.value, wanted), "outside-allowed", severity)
    return False


def allowed_instead(value: Value, wanted: Type) -> str:
    """What to write for a value that is not allowed."""
    listed = texts_allowed(wanted)
    near = nearest(value, listed) if type(value) is str else []
    if near:
        return did_you_mean([f'"{one}"' for one in near])
    if 0 < len(listed) <= 8:
        return "Allowed: " + shortened(", ".join(f'"{one}"' for one in listed))
    return "Choose an allowed value, or allow this one."


def between(walk: Walk, node: Node, names: Names) -> Fact:
    value, low, high = ((part, walk.fact(part, names)) for part in node.parts)
    compared(walk, node, "<=", low, value)
    compared(walk, node, "<=", value, high)
    return Fact(BOOLEAN)


def range_literal(walk: Walk, node: RangeLiteral, names: Names) -> Fact:
    low, high = (walk.fact(part, names) for part in node.parts)
    for part, fact in zip(node.parts, (low, high), strict=True):
        if kind_of(fact.type) and kind_of(fact.type) not in ORDERED:
            sentence = f"'{walk.desk.quote(part)}' is a {kind_of(fact.type)}, which is neither more nor less."
            walk.desk.add(part, sentence, "Write the range from one number or date to another.")
            return UNKNOWN
    if not comparable(low.type, high.type):
        sentence = f"'{walk.desk.quote(node)}' goes from a {kind_of(low.type)} to a {kind_of(high.type)}."
        walk.desk.add(node, sentence, "Write both ends as values of one kind.")
        return UNKNOWN
    item = RangeType(joined((low.type, high.type)))
    if low.constant and high.constant and compare(low.value, high.value) is not None:
        return Fact(item, True, Range(low.value, high.value, node.low_closed, node.high_closed))
    return Fact(item)


def list_literal(walk: Walk, node: Node, names: Names) -> Fact:
    facts = [walk.fact(part, names) for part in node.parts]
    if all(fact.constant for fact in facts):
        return Fact(ListType(joined(fact.type for fact in facts)), True, [fact.value for fact in facts])
    return Fact(ListType(joined(fact.type for fact in facts)))


def operator_test(walk: Walk, node: OperatorTest, names: Names) -> Fact:
    """A test that stands as a value: the range of what passes it."""
    bound = walk.fact(node.parts[0], names)
    if node.operator not in ("=", "!=") and kind_of(bound.type) and kind_of(bound.type) not in ORDERED:
        sentence = f"'{walk.desk.quote(node.parts[0])}' is a {kind_of(bound.type)}, which is neither more nor less."
        walk.desk.add(node, sentence, "Compare it with '='.")
    return UNKNOWN if node.operator == "!=" else Fact(RangeType(bound.type))


def instance_of(walk: Walk, node: InstanceOf, names: Names) -> Fact:
    walk.fact(node.parts[0], names)
    if node.type.resolve(walk.model.state()) is None:
        name = str(getattr(node.type, "name", ""))
        sentence = f"There is no type '{name}'."
        walk.desk.add(node, sentence, "Define it or choose another.", "unknown-name")
    return Fact(BOOLEAN)


def const(walk: Walk, node: Const, names: Names) -> Fact:
    return Fact(type_of(node.value), True, node.value)


HANDLERS: dict[type[Node], Handler] = {
    Arithmetic: arithmetic,
    Between: between,
    Comparison: comparison,
    Const: const,
    InstanceOf: instance_of,
    ListLiteral: list_literal,
    Logic: logic,
    Negation: negation,
    OperatorTest: operator_test,
    RangeLiteral: range_literal,
}
