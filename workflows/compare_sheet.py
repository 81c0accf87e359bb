"""Two process.toml compared: title, owners, who may start it for what, and its stages."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from domain.parties.roles import ROLES
from domain.text import Text
from domain.text import gettext as _
from workflows.compare_parts import (
    CHANGED,
    Change,
    Difference,
    Numbers,
    Thing,
    Words,
    clipped,
    differing,
    joined,
    plain,
    reordered,
    told_apart,
)
from workflows.compare_tree import canonical, must_be_plain, put_json

STAGE = "stage:"
LONG = 4  # entries from which a list is shown by what differs
_ROLE_TITLES: Mapping[str, Words] = {role.id: role.title for role in ROLES.values()}
_SENTENCES: Mapping[str, tuple[str, Text]] = {
    "title": ("text", _("The title of the process.")),
    "title_en": ("text", _("The English title of the process.")),
    "description": ("text", _("What the process is for.")),
    "description_en": ("text", _("What the process is for, in English.")),
    "owners": ("role", _("Who owns the process.")),
    "start/roles": ("role", _("Who may start a case by hand.")),
    "start/kinds": ("process", _("For which kinds of case it is started.")),
    "start/programmes": ("process", _("For which programmes it is started.")),
}
_STAGE_SENTENCES: Mapping[str, Text] = {
    "label": _("Stage %(code)s: its name."),
    "label_en": _("Stage %(code)s: its English name."),
}


class SheetUnreadable(ValueError):
    """The bytes are not TOML."""


def load(content: bytes) -> Mapping[str, Any]:
    """The table in the file. Raises SheetUnreadable."""
    try:
        found = tomllib.loads(content.decode("utf-8"))
        must_be_plain(found)
    except (ValueError, RecursionError) as problem:
        raise SheetUnreadable(str(problem)[:120]) from problem
    return found


def stages_of(sheet: Mapping[str, Any], english: bool) -> dict[str, str]:
    """Code -> title of the stages that have one."""
    rows = sheet.get("stages")
    named = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return {str(row.get("code")): str((english and row.get("label_en")) or row.get("label") or "") for row in named}


def read(sheet: Mapping[str, Any]) -> Thing:
    """Everything of the file as facts of one thing; stages by their code, and their order."""
    thing = Thing("", "sheet")
    put_json(thing, sheet, leave=frozenset(("stages",)))
    rows = sheet.get("stages")
    if not isinstance(rows, list):
        if rows is not None:
            thing.put("stages", canonical(rows))
        return thing
    names, order = Numbers(), []
    for row in rows:
        code = row.get("code") if isinstance(row, dict) else None
        name = names.fresh(f"{STAGE}{code if isinstance(code, str) else canonical(code)}")
        if isinstance(row, dict):
            put_json(thing, {key: value for key, value in row.items() if key != "code"}, f"{name}/")
            thing.put(name, canonical(row.get("label", "")))
        else:
            thing.put(name, canonical(row))
        order.append(name)
    thing.orders["stages"] = tuple(order)
    return thing


def changes(old: Thing, new: Thing, file: str, names: Mapping[str, Words]) -> Iterator[Change]:
    """Every difference of two sheets. names: what codes of programmes and kinds of case are called."""
    title = _("Details of the process")
    found = {one.aspect: one for one in differing(old, new)}
    for one in found.values():
        stage = one.aspect.partition("/")[0]
        if stage != one.aspect and stage in found and (stage not in old.facts or stage not in new.facts):
            continue  # the stage came or went as a whole
        if one.aspect.startswith(STAGE) and "/" not in one.aspect and one.kind == CHANGED:
            if f"{one.aspect}/label" in found:
                continue
        area, sentence = _meaning(one)
        say = _saying(one.aspect, names)
        before, after = told_apart(_shortened(one) if say is not _shown else one, say, say)
        yield Change(one.kind, area, file, "", title, sentence, before, after)
    before_order, after_order = old.orders.get("stages", ()), new.orders.get("stages", ())
    if reordered(before_order, after_order):
        said = [", ".join(_text(side.facts[key]) for key in order)
                for side, order in ((old, before_order), (new, after_order))]  # fmt: skip
        yield Change(CHANGED, "process", file, "", title, _("The order of the stages."), said[0], said[1])


def _meaning(one: Difference) -> tuple[str, Text]:
    if one.aspect in _SENTENCES:
        return _SENTENCES[one.aspect]
    if one.aspect.startswith(STAGE):
        code, _slash, name = one.aspect.removeprefix(STAGE).partition("/")
        if not name:
            return "process", _("Stage %(code)s.", code=code)
        if name in _STAGE_SENTENCES:
            return "text", Text(_STAGE_SENTENCES[name].source, {"code": code})
    return "process", plain(one.aspect)


def _shown(value: str) -> Words:
    return clipped(_text(value))


def _shortened(one: Difference) -> Difference:
    """Of two long lists what one has and the other has not; as they are where that says nothing."""
    if one.before is None or one.after is None:
        return one
    before, after = json.loads(one.before), json.loads(one.after)
    if not isinstance(before, list) or not isinstance(after, list) or max(len(before), len(after)) < LONG:
        return one
    gone, come = [item for item in before if item not in after], [item for item in after if item not in before]
    if not gone and not come:
        return one
    sides = (canonical(gone) if gone else None, canonical(come) if come else None)
    return Difference(one.thing, one.aspect, *sides)


def _saying(aspect: str, names: Mapping[str, Words]) -> Callable[[str], Words]:
    """How a value of this entry is said: lists of roles and codes by their titles."""
    titles = {"owners": _ROLE_TITLES, "start/roles": _ROLE_TITLES, "start/kinds": names, "start/programmes": names}

    def listed(value: str) -> Words:
        found = json.loads(value)
        if not isinstance(found, list):
            return clipped(value)
        return joined([titles[aspect].get(str(one), str(one)) for one in found])

    return listed if aspect in titles else _shown


def _text(value: str) -> str:
    if value.startswith(('"', "[")):
        found = json.loads(value)
        return found if isinstance(found, str) else ", ".join(map(str, found))
    return value
