"""Names, entries of contexts and filters, told before there are values."""

from __future__ import annotations

import re
from collections.abc import Collection

from decisions.checks.kinds import BOOLEAN, NUMBER, STRING, UNKNOWN, ExactContext, Fact, bare, item_of, kind_of
from decisions.checks.names import Names, did_you_mean, nearest, write_or
from decisions.checks.walk import Handler, Walk
from decisions.feel.access import Filter, Path
from decisions.feel.built_ins import BUILT_INS
from decisions.feel.nodes import Name, Node
from decisions.feel.types import ANY, ContextType, FunctionType, ListType, RangeType, SimpleType, Type

DAYS = SimpleType("days and time duration")
_DAY = dict.fromkeys(("year", "month", "day", "weekday"), NUMBER)
_CLOCK: dict[str, Type] = {
    **dict.fromkeys(("hour", "minute", "second"), NUMBER),
    "time offset": DAYS,
    "timezone": STRING,
}
PROPERTIES: dict[str, dict[str, Type]] = {
    "date": {**_DAY},
    "time": _CLOCK,
    "date and time": {**_DAY, **_CLOCK},
    "days and time duration": dict.fromkeys(("days", "hours", "minutes", "seconds"), NUMBER),
    "years and months duration": dict.fromkeys(("years", "months"), NUMBER),
    "number": {},
    "string": {},
    "boolean": {},
}
# how other languages and spreadsheets spell FEEL's own words
WORDS = {"none": "null", "nil": "null", "null": "null", "true": "true", "false": "false", "nan": "null"}
ITSELF = "Take it out: nothing can rest on itself."
_JOINED = re.compile(r"\b(AND|OR|And|Or|xor|XOR|BETWEEN|IN)\b")


def name(walk: Walk, node: Name, names: Names) -> Fact:
    found = names.find(node.name)
    if found is not None:
        return Fact(found)
    built_in = BUILT_INS.get(node.name)
    if built_in is not None:
        return Fact(FunctionType(tuple(ANY for _ in built_in.parameters), ANY))
    unknown_name(walk, node, names)
    return UNKNOWN


def unknown_name(walk: Walk, node: Name, names: Names) -> None:
    if node.name == "?":
        sentence = "'?' stands for the value that is tested, and here none is."
        walk.desk.add(node, sentence, "Name the value that is meant.", "unknown-name")
        return
    walk.desk.report.unknown.add(node.name)
    walk.desk.add(node, f"The name '{node.name}' is not known here.", _instead(walk, node, names), "unknown-name")


def draw_from(name: str, owner: str) -> str:
    """What to do about a name that the model has, but `owner` does not require."""
    return f"Draw the requirement from '{name}' to '{owner}'." if name != owner else ITSELF


def lost_quotes(walk: Walk, node: Node, names: Names, other: Type) -> bool:
    """Reports a word that stands where a text is compared and is no name of anything."""
    if not isinstance(node, Name) or kind_of(other) != "string" or may_be_name(walk.model.homes, node.name, names):
        return False
    sentence = f"'{walk.desk.quote(node)}' is neither a known name nor a text in quotes."
    remedy = write_or(f'"{walk.desk.quote(node)}"', nearest(node.name, names.all()))
    walk.desk.report.unknown.add(node.name)
    walk.desk.add(node, sentence, remedy, "unknown-name")
    return True


def may_be_name(homes: Collection[str], name: str, names: Names) -> bool:
    """Whether a name is one, or is meant as one; else it may be a text that lost its quotes."""
    if name == "?" or name in BUILT_INS or name in homes or name.lower() in WORDS or _JOINED.search(name):
        return True
    return names.find(name) is not None


def _instead(walk: Walk, node: Name, names: Names) -> str:
    if node.name.lower() in WORDS:
        return f"Write: {WORDS[node.name.lower()]}"
    if node.name in walk.model.homes and walk.owner:
        return draw_from(node.name, walk.owner)
    joined = _JOINED.search(node.name)
    if joined:
        return f"Write '{joined[0].lower()}' in small letters." if joined[0].lower() != "xor" else "Write: a != b"
    near = nearest(node.name, names.all())
    if near:
        return did_you_mean(near)
    if walk.owner:
        return "Correct it, or draw the requirement."
    return "Correct the name, or write it in quotes if it is a text."


def path(walk: Walk, node: Path, names: Names) -> Fact:
    fact = walk.fact(node.parts[0], names)
    found = member(fact.type, node.name)
    if found is not None:
        return Fact(found)
    owner, entries = bare(fact.type), entries_of(fact.type)
    if isinstance(owner, ContextType):
        sentence = f"'{walk.desk.quote(node.parts[0])}' has no entry '{node.name}'."
    else:
        word = kind_of(item_of(owner) if kind_of(owner) == "list" else owner)
        sentence = f"A {word} has no entry '{node.name}'."
    near = nearest(node.name, list(entries))
    listed = f"It has: {', '.join(sorted(entries)[:12])}." if entries else "Name the value alone."
    walk.desk.add(node, sentence, did_you_mean(near) if near else listed, "unknown-member")
    return UNKNOWN


def entries_of(type_: Type) -> dict[str, Type]:
    type_ = bare(type_)
    if isinstance(type_, ListType):
        type_ = bare(type_.item)
    if isinstance(type_, ContextType):
        return dict(type_.entries)
    return PROPERTIES.get(kind_of(type_), {})


def member(type_: Type, name: str) -> Type | None:
    """The type of value.name, Any when it cannot be told, None when there can be no such entry."""
    type_ = bare(type_)
    if isinstance(type_, ListType):
        inner = member(type_.item, name)
        return None if inner is None else ListType(inner)
    if isinstance(type_, ContextType):
        return type_.entries.get(name)
    if isinstance(type_, RangeType):
        return BOOLEAN if "included" in name else type_.item
    properties = PROPERTIES.get(kind_of(type_))
    return ANY if properties is None else properties.get(name)


def filtered(walk: Walk, node: Filter, names: Names) -> Fact:
    listed, condition = node.parts
    item = items(walk.type(listed, names))
    found = walk.type(condition, names_inside(item, names))
    if kind_of(found) == "number":
        return Fact(item)
    if kind_of(found) not in ("", "boolean"):
        sentence = f"'{walk.desk.quote(condition)}' is a {kind_of(found)}, where a condition or a place is needed."
        walk.desk.add(condition, sentence, "Write a condition on the items, or a number.")
        return UNKNOWN
    return Fact(ListType(item) if kind_of(found) else ANY)


def names_inside(item: Type, names: Names) -> Names:
    """The names in force in the condition of a filter over such items."""
    inside = bare(item)
    entries = dict(inside.entries) if isinstance(inside, ContextType) else {}
    # an item that was written out need not be like the others
    unsure = kind_of(inside) in ("", "context") and (isinstance(inside, ExactContext) or not entries)
    return Names({"item": item, **entries}, names, open=unsure)


def items(listed: Type) -> Type:
    """What a filter meets: the items of a list, or the one value itself."""
    return item_of(listed) if kind_of(listed) in ("", "list") else bare(listed)


HANDLERS: dict[type[Node], Handler] = {Name: name, Path: path, Filter: filtered}
