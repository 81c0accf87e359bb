"""Two decision models compared: tables rule by rule and cell by cell, everything else entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from decisions.source import children, local, text_in
from domain.text import Text
from domain.text import gettext as _
from workflows.compare_parts import (
    ADDED,
    CHANGED,
    LINES,
    REMOVED,
    Change,
    Difference,
    Numbers,
    Thing,
    Words,
    clipped,
    differing,
    joined,
    paired,
    plain,
    reordered,
    told_apart,
)
from workflows.compare_tree import Leave, picture_of, put_all

BIODI = "http://bpmn.io/schema/dmn/biodi/2.0"
HEAD = "/model"
CELLS = frozenset(("inputEntry", "outputEntry", "annotationEntry"))
COLUMNS = {"input": "inputEntry", "output": "outputEntry", "annotation": "annotationEntry"}
ANYTHING = ("", "-")
CELL = "cell:"

KINDS: Mapping[str, Text] = {
    "decision": _("Decision"),
    "inputData": _("Input"),
    "businessKnowledgeModel": _("Function"),
    "knowledgeSource": _("Source"),
    "itemDefinition": _("Type"),
    "decisionService": _("Decision service"),
    "decisionTable": _("Table"),
    "input": _("Column asked"),
    "output": _("Column answered"),
    "annotation": _("Column of remarks"),
    "import": _("Import"),
}
SENTENCES: Mapping[tuple[str, str], Text] = {
    ("decisionTable", "@hitPolicy"): _("What counts when several rules fit."),
    ("decisionTable", "@aggregation"): _("How the answers of several rules are put together."),
    ("input", "@label"): _("Column “%(column)s”: its title."),
    ("input", "inputExpression/text#text"): _("Column “%(column)s”: what it looks at."),
    ("input", "inputExpression@typeRef"): _("Column “%(column)s”: what kind of value it holds."),
    ("input", "inputValues/text#text"): _("Column “%(column)s”: the values allowed."),
    ("output", "@label"): _("Column “%(column)s”: its title."),
    ("output", "@name"): _("Column “%(column)s”: the name of the answer."),
    ("output", "@typeRef"): _("Column “%(column)s”: what kind of value it holds."),
    ("output", "outputValues/text#text"): _("Column “%(column)s”: the values allowed."),
    ("output", "defaultOutputEntry/text#text"): _("Column “%(column)s”: the answer when no rule fits."),
    ("annotation", "@name"): _("Column “%(column)s”: its title."),
}
NAMES = frozenset((("decision", "@name"), ("inputData", "@name"), ("definitions", "@name")))


@dataclass(slots=True)
class Rule:
    """A row: its id ("" without), the texts of its cells, and the cells as (kind, place among their kind)."""

    ident: str
    texts: tuple[str, ...]
    cells: list[tuple[str, int, etree._Element]]
    element: etree._Element


@dataclass(slots=True)
class TableRead:
    """A model as things by key. rules: table -> rows in order; columns: table -> kind of cell -> keys in order."""

    model: str
    things: dict[str, Thing] = field(default_factory=dict)
    rules: dict[str, list[Rule]] = field(default_factory=dict)
    columns: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    owner: dict[str, str] = field(default_factory=dict)
    pictures: list[str] = field(default_factory=list)
    names: Numbers = field(default_factory=Numbers)

    def keep(self, key: str, element: etree._Element, kind: str, leave: Leave) -> Thing:
        """Read an element as the thing of this key; what only the editor draws goes to `pictures`."""
        thing = Thing(key, kind)
        thing.put("kind", kind)
        put_all(thing, element, self.model, lambda child: _is_picture(child) or leave(child))
        if element.get("id") is not None and key.startswith(str(element.get("id"))):
            del thing.facts["@id"]
        for name in [one for one in thing.facts if f"{{{BIODI}}}" in one]:
            self.pictures.append(f"{key} {name} {thing.facts.pop(name)}")
        self.things[key] = thing
        return thing

    def cell_columns(self, table: str) -> dict[str, str]:
        """Fact of a cell -> key of its column."""
        return {f"{CELL}{key}": key for keys in self.columns.get(table, {}).values() for key in keys}


def _is_picture(child: etree._Element) -> bool:
    space = etree.QName(child).namespace or ""
    return space == BIODI or space.rstrip("/").endswith("/DMNDI")


def read(root: etree._Element) -> TableRead:
    """The things of a model; rows wait for `match_rules`, which gives them keys that hold in both models."""
    found = TableRead(str(etree.QName(root).namespace))
    own = [child for child in children(root) if local(child) not in ("extensionElements", "description")]
    head = found.keep(HEAD, root, "definitions", lambda child: child in own)
    head.put("version", found.model)
    for child in root:
        if _is_picture(child):
            found.pictures.append(picture_of(child))
    for child in own:
        _read_own(found, child)
    found.pictures.sort()
    return found


def _read_own(found: TableRead, element: etree._Element) -> None:
    kind = local(element)
    key = found.names.fresh(str(element.get("id") or f"{kind}:{element.get('name') or ''}"))
    tables = children(element, "decisionTable") if kind == "decision" else []
    astray = kind in ("rule", "decisionTable")  # no row of a table, and no table of a decision
    found.keep(key, element, f"definitions/{kind}" if astray else kind, lambda child: child in tables)
    for table in tables:
        _read_table(found, table, key)


def _read_table(found: TableRead, element: etree._Element, owner: str) -> None:
    own = children(element, "rule", *COLUMNS)
    key = found.names.fresh(str(element.get("id") or f"{owner}/table"))
    thing = found.keep(key, element, "decisionTable", lambda child: child in own)
    found.owner[key] = owner
    found.columns[key] = {}
    for kind, cell in COLUMNS.items():
        found.columns[key][cell] = [_column(found, one, kind, key) for one in children(element, kind)]
        thing.orders[kind] = tuple(found.columns[key][cell])
    found.rules[key] = [_rule(rule) for rule in children(element, "rule")]


def _column(found: TableRead, element: etree._Element, kind: str, table: str) -> str:
    name = element.get("label") or element.get("name") or "".join(str(text) for text in element.itertext()).strip()
    key = found.names.fresh(str(element.get("id") or f"{table}/{kind}:{name}"))
    found.keep(key, element, kind, lambda child: False)
    found.owner[key] = table
    return key


def _rule(element: etree._Element) -> Rule:
    counts: dict[str, int] = {}
    cells = []
    for cell in children(element, *CELLS):
        kind = local(cell)
        cells.append((kind, counts.get(kind, 0), cell))
        counts[kind] = counts.get(kind, 0) + 1
    return Rule(str(element.get("id") or ""), tuple(text_in(cell) for _kind, _at, cell in cells), cells, element)


def match_rules(old: TableRead, new: TableRead) -> None:
    """Give every row a key: by its id, then by what it says, then, where none has an id, by its place."""
    for table in dict.fromkeys([*old.rules, *new.rules]):
        keys = _rule_keys(old.rules.get(table, []), new.rules.get(table, []))
        for side, given in zip((old, new), keys, strict=True):
            if table in side.rules:
                named = [f"{table}/{key}" for key in given]
                side.things[table].orders["rule"] = tuple(named)
                for key, rule in zip(named, side.rules[table], strict=True):
                    _keep_rule(side, table, key, rule)


def _rule_keys(old: Sequence[Rule], new: Sequence[Rule]) -> tuple[list[str], list[str]]:
    before, after = [""] * len(old), [""] * len(new)
    ways: list[Callable[[Rule], str | tuple[str, ...]]] = [lambda rule: rule.ident, lambda rule: rule.texts]
    for number, of in enumerate(ways):
        left = [at for at, key in enumerate(before) if not key and of(old[at])]
        right = [at for at, key in enumerate(after) if not key and of(new[at])]
        for at, other in paired([of(old[at]) for at in left], [of(new[at]) for at in right]):
            before[left[at]] = after[right[other]] = f"rule.{number}.{left[at]}"
    left = [at for at, key in enumerate(before) if not key and not old[at].ident]
    right = [at for at, key in enumerate(after) if not key and not new[at].ident]
    if len(left) == len(right):
        for at, other in zip(left, right, strict=True):
            before[at] = after[other] = f"rule.2.{at}"
    return (
        [key or f"rule.old.{at}" for at, key in enumerate(before)],
        [key or f"rule.new.{at}" for at, key in enumerate(after)],
    )


def _keep_rule(side: TableRead, table: str, key: str, rule: Rule) -> None:
    cells = [cell for _kind, _at, cell in rule.cells]
    thing = side.keep(key, rule.element, "rule", lambda child: child in cells)
    side.owner[key] = table
    for kind, at, cell in rule.cells:
        columns = side.columns[table][kind]
        name = f"{CELL}{columns[at] if at < len(columns) else f'{kind}.{at}'}"
        inner = Thing("", kind)
        put_all(inner, cell, side.model, _is_picture)
        inner.facts.pop("text", None)  # an empty <text/> says what none says
        thing.put(name, inner.facts.pop("text#text", ""))
        for aspect, value in inner.facts.items():
            thing.put(f"{name}/{aspect}", value)


class TableWords:
    """The changes between two models. `shows`: id of a step that asks them."""

    def __init__(self, old: TableRead, new: TableRead, file: str, shows: str) -> None:
        match_rules(old, new)
        self.old, self.new, self.file, self.shows = old, new, file, shows
        self.moved = int(old.pictures != new.pictures)
        self.numbers = [
            {key: at for table in side.rules for at, key in enumerate(side.things[table].orders["rule"], start=1)}
            for side in (old, new)
        ]

    def changes(self) -> Iterator[Change]:
        """In the order of the new model: tables with their columns and rows; then what is gone."""
        for key, thing in self.new.things.items():
            if key not in self.old.things:
                yield self._whole(self.new, thing, ADDED)
                continue
            for one in differing(self.old.things[key], thing):
                if thing.kind != "rule" or self._tells(one, thing):
                    yield self._aspect(thing, one)
            yield from self._orders(self.old.things[key], thing)
        for key, thing in self.old.things.items():
            if key not in self.new.things:
                yield self._whole(self.old, thing, REMOVED)

    def _tells(self, one: Difference, rule: Thing) -> bool:
        """False for an empty cell of a column that came or went."""
        cell = one.aspect.partition("/")[0]
        table = self.new.owner[rule.key]
        both = [cell in side.cell_columns(table) for side in (self.old, self.new)]
        came = both[0] != both[1] and one.kind != CHANGED
        return not came or (cell == one.aspect and (one.before or one.after or "") not in ANYTHING)

    def _title(self, key: str, side: TableRead) -> Words:
        while key in side.owner:
            key = side.owner[key]
        thing = side.things[key]
        return thing.get("@name") or (self.file if key == HEAD else key)

    def _make(
        self, kind: str, thing: Thing, sentence: Text, before: Words, after: Words, area: str = "table"
    ) -> Change:
        side = self.new if thing.key in self.new.things else self.old
        element = thing.key
        if thing.kind == "rule":
            at = self.numbers[side is self.new][thing.key] - 1
            element = side.rules[side.owner[thing.key]][at].ident or f"{at + 1}"
        title = self._title(thing.key, side)
        return Change(kind, area, self.file, element, title, sentence, before, after, self.shows)

    def _number(self, key: str, side: int) -> int:
        return self.numbers[side].get(key, 0)

    def _whole(self, side: TableRead, thing: Thing, kind: str) -> Change:
        what = self._content(side, thing) or _name_of(thing)
        if thing.kind == "rule":
            sentence = _("Rule %(number)s.", number=self._number(thing.key, int(side is self.new)))
        else:
            sentence = _("%(kind)s “%(name)s”.", kind=KINDS.get(thing.kind, thing.kind), name=_name_of(thing))
        return self._make(kind, thing, sentence, *((what, "") if kind == REMOVED else ("", what)))

    def _content(self, side: TableRead, thing: Thing) -> Words:
        said: list[Words] = []
        for aspect, value in thing.facts.items():
            if aspect == "kind" or aspect.endswith("@id"):
                continue
            if thing.kind == "rule" and aspect.startswith(CELL):
                if value not in ANYTHING:
                    name = self._column(aspect.partition("/")[0], side)
                    said.append(_("%(name)s: %(value)s", name=name, value=clipped(value)))
            else:
                label = aspect.removesuffix("/text#text").removeprefix("@")
                said.append(_("%(name)s: %(value)s", name=label, value=clipped(value)))
        return joined(said, LINES)

    def _column(self, cell: str, side: TableRead) -> Words:
        thing = side.things.get(cell.removeprefix(CELL))
        if thing is None:
            return _("remark") if "annotationEntry" in cell else cell.removeprefix(CELL)
        return _name_of(thing)

    def _aspect(self, thing: Thing, one: Difference) -> Change:
        before, after = told_apart(one, clipped, clipped)
        area = "text" if (thing.kind, one.aspect) in NAMES else "table"
        kind = one.kind if area == "text" else CHANGED
        return self._make(kind, thing, self._sentence(thing, one), before, after, area)

    def _sentence(self, thing: Thing, one: Difference) -> Text:
        if thing.kind == "rule":
            return self._rule_sentence(thing, one)
        if (thing.kind, one.aspect) in SENTENCES:
            return Text(SENTENCES[(thing.kind, one.aspect)].source, {"column": _name_of(thing)})
        if one.aspect == "literalExpression/text#text":
            return _("What is calculated.")
        if (thing.kind, one.aspect) in NAMES:
            return _("Its name.")
        return plain(one.aspect)

    def _rule_sentence(self, thing: Thing, one: Difference) -> Text:
        number = self._number(thing.key, 1)
        cell, slash, rest = one.aspect.partition("/")
        if cell.startswith(CELL):
            known = self.new if cell.removeprefix(CELL) in self.new.things else self.old
            column = self._column(cell, known)
            if not slash:
                return _("Rule %(number)s, column %(column)s.", number=number, column=column)
            return _("Rule %(number)s, column %(column)s: the entry %(name)s, which no page shows.",
                     number=number, column=column, name=rest)  # fmt: skip
        if one.aspect == "description#text":
            return _("Rule %(number)s: its remark.", number=number)
        return _("Rule %(number)s: the entry %(name)s, which no page shows.", number=number, name=one.aspect)

    def _orders(self, old: Thing, new: Thing) -> Iterator[Change]:
        for name in new.orders:
            before, after = old.orders.get(name, ()), new.orders[name]
            out_of_place = reordered(before, after)
            if name == "rule" and new.kind == "decisionTable":
                for key in out_of_place:
                    was, now = self._number(key, 0), self._number(key, 1)
                    sentence = _("Rule %(number)s stands in another place.", number=now)
                    said = (_("place %(number)s", number=was), _("place %(number)s", number=now))
                    yield self._make(CHANGED, self.new.things[key], sentence, *said)
            elif out_of_place:
                said_old, said_new = (
                    joined([_name_of(side.things[key]) if key in side.things else key for key in order])
                    for side, order in ((self.old, before), (self.new, after))
                )
                sentence = _("The order of the columns.") if new.kind == "decisionTable" else _(
                    "The order of %(name)s.", name=name)  # fmt: skip
                yield self._make(CHANGED, new, sentence, said_old, said_new)


def _name_of(thing: Thing) -> str:
    return thing.get("@label", "@name", "inputExpression/text#text") or thing.key
