"""Invocations: whether there is such a function, and whether it takes what it is given."""

from __future__ import annotations

from collections.abc import Sequence

from decisions.checks.access import draw_from
from decisions.checks.kinds import (
    BOOLEAN,
    CONTEXT,
    LIST,
    NUMBER,
    STRING,
    UNKNOWN,
    ExactContext,
    Fact,
    NamedFunction,
    bare,
    conflict,
    item_of,
    kind_of,
)
from decisions.checks.names import Names, did_you_mean, nearest
from decisions.checks.walk import Handler, Walk
from decisions.feel.access import Call
from decisions.feel.built_ins import BUILT_INS, forms_of
from decisions.feel.nodes import Name, Node
from decisions.feel.signatures import Form, Parameter
from decisions.feel.types import ANY, FunctionType, ListType, SimpleType, Type

_BY_TYPE: tuple[tuple[Type, str], ...] = (
    (NUMBER, "count sum product mean median stddev floor ceiling decimal modulo sqrt log exp number;string length"),
    (NUMBER, "round up;round down;round half up;round half down;day of year;week of year;last day of month"),
    (STRING, "string trim substring replace;upper case;lower case;substring before;substring after;string join"),
    (STRING, "day of week;month of year"),
    (BOOLEAN, "not contains matches all any odd even is before after meets overlaps finishes includes during starts"),
    (BOOLEAN, "coincides;starts with;ends with;list contains;met by;overlaps before;overlaps after;finished by"),
    (BOOLEAN, "started by"),
    (SimpleType("date"), "date today"),
    (SimpleType("time"), "time"),
    (SimpleType("date and time"), "now;date and time"),
    (SimpleType("years and months duration"), "years and months duration"),
    (ListType(STRING), "split"),
    (ListType(NUMBER), "mode;index of"),
    (ListType(ExactContext({"key": STRING, "value": ANY})), "get entries"),
    (LIST, "append concatenate union;insert before;flatten"),
    (CONTEXT, "context;context put;context merge"),
    (SimpleType("range"), "range"),
)
RESULTS: dict[str, Type] = {}
for _type, _names in _BY_TYPE:
    for _part in _names.split(";"):
        RESULTS |= dict.fromkeys([_part] if _part in BUILT_INS else _part.split(), _type)
SAME_LIST = frozenset(("sublist", "remove", "reverse", "sort", "distinct values"))
NOT_CONSTANT = frozenset(("now", "today"))
# what other languages and spreadsheets call FEEL's functions
OTHERS = {
    "len": "count(list) or string length(text)",
    "length": "count(list) or string length(text)",
    "size": "count(...)",
    "avg": "mean(...)",
    "average": "mean(...)",
    "upper": "upper case(...)",
    "lower": "lower case(...)",
    "left": "substring(text, 1, length)",
    "mid": "substring(text, start, length)",
    "concat": "a + b",
    "isblank": 'x = null or x = ""',
    "isnull": "x = null",
    "is null": "x = null",
    "isna": "x = null",
    "round": "round half up(x, 2)",
    "int": "floor(...)",
    "str": "string(...)",
    "float": "number(...)",
    "datetime": "date and time(...)",
    "startswith": "starts with(text, beginning)",
    "endswith": "ends with(text, ending)",
    "datedif": "years and months duration(from, to)",
    "if": "if condition then a else b",
    "iif": "if condition then a else b",
    "ifs": "if condition then a else b",
    "and": "a and b",
    "or": "a or b",
    "true": "true",
    "false": "false",
}
_TEMPORAL = {
    "date": 'Write a day that exists, such as date("2026-03-31").',
    "time": 'Write a time that exists, such as time("14:30:00").',
    "date and time": 'Write a moment that exists, such as date and time("2026-03-31T14:30:00").',
    "duration": 'Write a duration such as duration("P1Y6M") or duration("P3DT4H").',
}


def call(walk: Walk, node: Call, names: Names) -> Fact:
    function, arguments = node.parts[0], node.parts[1:]
    facts = [walk.fact(part, names) for part in arguments]
    if isinstance(function, Name):
        return _by_name(walk, node, function, facts, names)
    return _of_value(walk, node, walk.fact(function, names), facts)


def _by_name(walk: Walk, node: Call, function: Name, facts: list[Fact], names: Names) -> Fact:
    declared = names.find(function.name) if names.declares(function.name) else None
    if declared is not None and kind_of(declared) in ("", "function"):
        return _of_value(walk, node, Fact(declared), facts)
    if function.name in BUILT_INS:
        return _built_in(walk, node, function.name, facts)
    if declared is not None:
        return _of_value(walk, node, Fact(declared), facts)
    if names.find(function.name) is None:
        sentence = f"There is no function '{function.name}'."
        walk.desk.report.unknown.add(function.name)
        walk.desk.add(node, sentence, _instead(walk, function.name, names), "unknown-function")
    return UNKNOWN


def _instead(walk: Walk, name: str, names: Names) -> str:
    if name.lower() in OTHERS and name.lower() not in BUILT_INS:
        return f"Write: {OTHERS[name.lower()]}"
    if name in walk.model.homes and walk.owner:
        return draw_from(name, walk.owner)
    functions = [known for known in names.all() if kind_of(names.find(known) or ANY) == "function"]
    near = nearest(name, [*functions, *BUILT_INS])
    return did_you_mean(near) if near else "Choose a function of FEEL, or require a knowledge model."


def _of_value(walk: Walk, node: Call, function: Fact, facts: list[Fact]) -> Fact:
    called = bare(function.type)
    if kind_of(called) not in ("", "function"):
        sentence = f"'{walk.desk.quote(node.parts[0])}' is no function and cannot be invoked."
        value = walk.desk.quote(node.parts[0]) if function.constant else ""
        walk.desk.add(node, sentence, f"Write: {value}" if value else "Remove the brackets.", "unknown-function")
        return UNKNOWN
    if isinstance(called, NamedFunction):
        given = _matched(walk, node, called)
        for at, wanted in given:
            if conflict(facts[at].type, called.parameters[wanted]):
                _unfit(walk, node, at, called.names[wanted], facts[at].type, ", ".join(called.names))
                break
        return Fact(called.result)
    return Fact(called.result if isinstance(called, FunctionType) else ANY)


def _matched(walk: Walk, node: Call, called: NamedFunction) -> list[tuple[int, int]]:
    """(argument, parameter) of each argument; empty, with a finding, when they do not go together."""
    name = walk.desk.quote(node.parts[0])
    if node.names:
        return _matched_by_name(walk, node, name, called.names)
    if len(node.parts) - 1 != len(called.names):
        _miscounted(walk, node, name, f"{name}({', '.join(called.names)})")
        return []
    return [(at, at) for at in range(len(called.names))]


def _matched_by_name(walk: Walk, node: Call, function: str, wanted: Sequence[str]) -> list[tuple[int, int]]:
    for given in node.names:
        if given not in wanted:
            near = nearest(given, wanted)
            sentence = f"The function '{function}' has no parameter '{given}'."
            remedy = did_you_mean(near) if near else f"Write: {function}({', '.join(wanted)})"
            walk.desk.add(node, sentence, remedy, "wrong-arity")
            return []
    for needed in wanted:
        if needed not in node.names:
            sentence = f"The function '{function}' is not given its parameter '{needed}'."
            walk.desk.add(node, sentence, f"Write: {function}({', '.join(wanted)})", "wrong-arity")
            return []
    return [(at, list(wanted).index(given)) for at, given in enumerate(node.names)]


def _miscounted(walk: Walk, node: Call, name: str, right: str) -> None:
    sentence = f"The function '{name}' is invoked with a number of values it does not take: {len(node.parts) - 1}."
    walk.desk.add(node, sentence, f"Write: {right}", "wrong-arity")


def _unfit(walk: Walk, node: Call, at: int, parameter: str, found: Type, wanted: str) -> None:
    name = walk.desk.quote(node.parts[0])
    sentence = f"The function '{name}' cannot take a {kind_of(found)} as its '{parameter}'."
    walk.desk.add(node.parts[at + 1], sentence, f"Write: {name}({wanted})")


# --- functions of FEEL itself


def _built_in(walk: Walk, node: Call, name: str, facts: list[Fact]) -> Fact:
    forms = forms_of(name)
    result = _result(name, facts)
    if not forms:
        return Fact(result)
    fitting = [(form, given) for form in forms if (given := _given(form, node)) is not None]
    if not fitting:
        _no_form(walk, node, name, forms)
        return Fact(result)
    misfits = [_first_misfit(given, facts) for _form, given in fitting]
    if all(misfits):
        at, parameter = max((misfit for misfit in misfits if misfit), key=lambda misfit: misfit[0])
        kinds = sorted(set().union(*(given[at].kinds for _form, given in fitting if at < len(given))) - {"null"})
        sentence = f"The function '{name}' cannot take a {kind_of(facts[at].type)} as its '{parameter.name}'."
        walk.desk.add(node.parts[at + 1], sentence, f"Give it a {' or a '.join(kinds)}.")
        return Fact(result)
    if name not in NOT_CONSTANT and all(fact.constant for fact in facts):
        return walk.constant(node, result, _TEMPORAL.get(name, "Correct it: it is always null."))
    return Fact(result)


def _given(form: Form, node: Call) -> list[Parameter] | None:
    """The parameter each argument goes to, None when the form is not invoked so."""
    parameters, count = list(form.parameters), len(node.parts) - 1
    if node.names:
        known = {parameter.name: parameter for parameter in parameters}
        needed = {parameter.name for parameter in parameters if not parameter.optional}
        many = bool(parameters) and parameters[-1].many
        fits = needed <= set(node.names) <= known.keys() and not many
        return [known[name] for name in node.names] if fits else None
    if parameters and parameters[-1].many:
        parameters += [parameters[-1]] * (count - len(parameters))
        return parameters if count == len(parameters) else None
    least = sum(not parameter.optional for parameter in parameters)
    return parameters[:count] if least <= count <= len(parameters) else None


def _first_misfit(given: list[Parameter], facts: list[Fact]) -> tuple[int, Parameter] | None:
    """The first argument that its parameter can never take (signatures.Parameter.fit)."""
    for at, (parameter, fact) in enumerate(zip(given, facts, strict=True)):
        found = kind_of(fact.type)
        if not found or {"any", "list", found} & parameter.kinds:
            continue
        if found == "list" and kind_of(item_of(fact.type)) in {"", *parameter.kinds}:
            continue
        return at, parameter
    return None


def _no_form(walk: Walk, node: Call, name: str, forms: tuple[Form, ...]) -> None:
    right = " / ".join(dict.fromkeys(f"{name}({_spelled(form)})" for form in forms))
    parameters = {parameter.name for form in forms for parameter in form.parameters}
    for given in node.names:
        if given not in parameters:
            sentence = f"The function '{name}' has no parameter '{given}'."
            walk.desk.add(node, sentence, f"Write: {right}", "wrong-arity")
            return
    _miscounted(walk, node, name, right)


def _spelled(form: Form) -> str:
    return ", ".join(f"{p.name}, ..." if p.many else f"[{p.name}]" if p.optional else p.name for p in form.parameters)


def _result(name: str, facts: list[Fact]) -> Type:
    """The type a function yields when it yields anything."""
    if name in SAME_LIST and facts and kind_of(facts[0].type) == "list":
        return bare(facts[0].type)
    if name == "abs" and facts:
        return bare(facts[0].type)
    return RESULTS.get(name, ANY)


HANDLERS: dict[type[Node], Handler] = {Call: call}
