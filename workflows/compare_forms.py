"""Two forms compared field by field: by key, and headings and texts without a key by what they say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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
from workflows.compare_tree import canonical, must_be_plain, put_json

# the editor's own: no page obeys them (see forms.ATTRIBUTES)
PICTURE = frozenset(("id", "layout"))
OPTION = "option:"
WHOLE = "components"

KINDS: Mapping[str, Text] = {
    "textfield": _("one line"),
    "textarea": _("several lines"),
    "number": _("number"),
    "datetime": _("date"),
    "checkbox": _("tick box"),
    "checklist": _("several of a list"),
    "radio": _("one of a list"),
    "select": _("one of a drop-down list"),
    "filepicker": _("files"),
    "dynamiclist": _("list of rows"),
    "text": _("text"),
    "group": _("group"),
}
_WORDING = frozenset(
    "label text description properties/label.en properties/description.en properties/text.en properties/suffix"
    " properties/suffix.en dateLabel properties/check.message properties/check.message.en".split()
)
SENTENCES: Mapping[str, Text] = {
    "type": _("Field “%(field)s”: what kind of field it is."),
    "label": _("Field “%(field)s”: its label."),
    "text": _("The text that is shown."),
    "description": _("Field “%(field)s”: the hint below it."),
    "properties/label.en": _("Field “%(field)s”: its English label."),
    "properties/description.en": _("Field “%(field)s”: the hint in English."),
    "properties/text.en": _("The text that is shown, in English."),
    "properties/suffix": _("Field “%(field)s”: the unit behind it."),
    "properties/suffix.en": _("Field “%(field)s”: the unit in English."),
    "validate/required": _("Field “%(field)s”: whether it must be filled in."),
    "validate/maxLength": _("Field “%(field)s”: how many characters at most."),
    "validate/min": _("Field “%(field)s”: the least value."),
    "validate/max": _("Field “%(field)s”: the greatest value."),
    "decimalDigits": _("Field “%(field)s”: how many places after the point."),
    "defaultValue": _("Field “%(field)s”: what it holds at first."),
    "properties/route": _("Field “%(field)s”: whether conditions of the drawing may ask for it."),
    "properties/actions": _("Field “%(field)s”: whether its options become the buttons of the page."),
    "properties/rows": _("Field “%(field)s”: where its rows come from."),
    "properties/options": _("Field “%(field)s”: where its options come from."),
    "properties/show": _("Field “%(field)s”: when it is shown."),
    "conditional/hide": _("“%(field)s”: when it is hidden."),
    "properties/check": _("Field “%(field)s”: what must hold of the answer."),
    "properties/check.message": _("Field “%(field)s”: what is said when the answer does not hold."),
    "properties/check.message.en": _("Field “%(field)s”: what is said when the answer does not hold, in English."),
    "properties/width": _("Field “%(field)s”: how wide it is."),
    "group": _("Field “%(field)s”: the group it stands in."),
}
_LABELS: Mapping[str, Text] = {
    "properties/label.en": _("English label"),
    "properties/text.en": _("in English"),
    "properties/description.en": _("hint in English"),
    "description": _("hint"),
    "validate/maxLength": _("characters at most"),
    "validate/min": _("at least"),
    "validate/max": _("at most"),
    "properties/route": _("for conditions"),
    "properties/show": _("shown when"),
    "conditional/hide": _("hidden when"),
    "properties/check": _("must hold"),
    "properties/check.message": _("message"),
    "properties/check.message.en": _("English message"),
}
_OPTION_SENTENCE = _("Field “%(field)s”, option %(option)s.")
_OTHER = _("Field “%(field)s”: the entry %(name)s, which no page shows.")


class FormUnreadable(ValueError):
    """The bytes are not the JSON of a form."""


@dataclass(slots=True)
class Part:
    """A component as it is read: key "" until it is known, `around` the place of the part it stands in (-1: none)."""

    key: str
    kind: str
    label: str
    ident: str
    around: int
    raw: Any


@dataclass(slots=True)
class FormRead:
    """A form as things by key, in order; `picture` what only the editor obeys."""

    head: Thing
    things: dict[str, Thing] = field(default_factory=dict)
    picture: dict[str, str] = field(default_factory=dict)


def load(content: bytes) -> Mapping[str, Any]:
    """The object in a form file. Raises FormUnreadable."""
    try:
        found = json.loads(content.decode("utf-8"))
        must_be_plain(found)
    except (ValueError, RecursionError) as problem:
        raise FormUnreadable(str(problem)[:120]) from problem
    if not isinstance(found, dict):
        raise FormUnreadable("no object")
    return found


def parts(form: Mapping[str, Any]) -> list[Part]:
    """Every component, outermost first, in the order of the page."""
    found: list[Part] = []
    _walk(form.get("components"), -1, found)
    return found


def _walk(components: object, around: int, found: list[Part]) -> None:
    for one in components if isinstance(components, list) else ():
        if not isinstance(one, dict):
            found.append(Part("", "?", "", "", around, {"?": one}))
            continue
        kind = str(one.get("type", ""))
        key = "" if kind in ("text", "group") else str(one.get("key") or one.get("path") or one.get("id") or "")
        label = str(one.get("text" if kind == "text" else "label", ""))
        found.append(Part(key, kind, label, str(one.get("id", "")), around, one))
        _walk(one.get("components"), len(found) - 1, found)


def read_both(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[FormRead, FormRead]:
    """Both forms with keys that mean the same component in both."""
    before, after = parts(old), parts(new)
    _name_keyless(before, after)
    return _things(old, before), _things(new, after)


def _name_keyless(old: list[Part], new: list[Part]) -> None:
    """Match groups and texts: by what they say, then by the editor's id, then in order."""
    rest_old, rest_new = ([part for part in side if not part.key] for side in (old, new))
    number = 0
    for of in (lambda p: (p.kind, p.label), lambda p: (p.kind, p.ident or id(p)), lambda p: p.kind):
        for at, other in paired([of(p) for p in rest_old], [of(p) for p in rest_new]):
            rest_old[at].key = rest_new[other].key = f"{rest_old[at].kind}#{number}"
            number += 1
        rest_old = [part for part in rest_old if not part.key]
        rest_new = [part for part in rest_new if not part.key]
    for part in (*rest_old, *rest_new):
        part.key = f"{part.kind}#{number}"
        number += 1


def _things(form: Mapping[str, Any], found: Sequence[Part]) -> FormRead:
    head = Thing("", "form")
    put_json(head, form, leave=frozenset((WHOLE,)))
    if not isinstance(form.get(WHOLE, []), list):
        head.put(WHOLE, canonical(form[WHOLE]))
    read, names, keys = FormRead(head), Numbers(), list[str]()
    for part in found:
        around = keys[part.around] if part.around >= 0 else ""
        inside_list = part.around >= 0 and found[part.around].kind == "dynamiclist"
        key = names.fresh(f"{around}.{part.key}" if inside_list else part.key)
        keys.append(key)
        read.things[key] = _thing(key, part, around)
        read.picture[key] = canonical([part.raw.get(name) for name in sorted(PICTURE)])
    head.orders[WHOLE] = tuple(read.things)
    return read


def _thing(key: str, part: Part, around: str) -> Thing:
    thing = Thing(key, part.kind)
    thing.put("group", around)
    raw, values = part.raw, part.raw.get("values")
    keyed = bool(raw.get("key") or raw.get("path")) or part.kind in ("text", "group")
    leave = {"components", "values"} | (PICTURE if keyed else {"layout"})
    put_json(thing, raw, leave=frozenset(leave))
    if "components" in raw and not isinstance(raw["components"], list):
        thing.put("components", canonical(raw["components"]))
    if isinstance(values, list):
        _options(thing, values)
    elif values is not None:
        thing.put("values", canonical(values))
    return thing


def _options(thing: Thing, values: Sequence[Any]) -> None:
    names, order = Numbers(), []
    for value in values:
        if not isinstance(value, dict):
            name = names.fresh(f"{OPTION}?")
            thing.put(name, canonical(value))
        else:
            name = names.fresh(f"{OPTION}{value.get('value', '')}")
            rest = {key: inner for key, inner in value.items() if key not in ("value", "label")}
            thing.put(name, canonical(value.get("label", "")))
            if not isinstance(value.get("value"), str):
                thing.put(f"{name}/value", canonical(value.get("value")))
            put_json(thing, rest, f"{name}/")
        order.append(name)
    thing.orders["values"] = tuple(order)


class FormWords:
    """The changes between two forms of one key. `shows`: id of a step that uses the form."""

    def __init__(self, old: FormRead, new: FormRead, file: str, name: Words, shows: str, english: bool) -> None:
        self.old, self.new, self.file, self.name = old, new, file, name
        self.shows, self.english = shows, english

    @property
    def moved(self) -> int:
        """Components that only the editor shows in another way."""
        return sum(
            1 for key, shape in self.new.picture.items() if key in self.old.picture and self.old.picture[key] != shape
        )

    def changes(self) -> Iterator[Change]:
        """Field by field, in the order of the new form; then what is gone."""
        for one in differing(self.old.head, self.new.head):
            yield self._change(one.kind, "", plain(one.aspect), *_told(one))
        for key, thing in self.new.things.items():
            if key not in self.old.things:
                yield self._change(ADDED, key, self._whole(thing), "", self._content(thing, self.new))
                continue
            for one in differing(self.old.things[key], thing):
                yield self._aspect(thing, one)
            yield from self._options_moved(key, thing)
        for key, thing in self.old.things.items():
            if key not in self.new.things:
                yield self._change(REMOVED, key, self._whole(thing), self._content(thing, self.old), "")
        yield from self._order()

    def _change(self, kind: str, key: str, sentence: Text, before: Words, after: Words) -> Change:
        return Change(kind, "form", self.file, key, self.name, sentence, before, after, self.shows)

    def _label(self, key: str, read: FormRead) -> str:
        thing = read.things.get(key)
        if thing is None:
            return key
        wanted = ("properties/label.en", "properties/text.en") if self.english else ()
        label = _said(thing.get(*wanted, "label", "text"))
        return clipped(label)[:60] or key

    def _whole(self, thing: Thing) -> Text:
        kind = KINDS.get(thing.kind, thing.kind)
        if "." in thing.key:
            return _("Column %(key)s (%(kind)s).", key=thing.key, kind=kind)
        if thing.kind in ("text", "group"):
            return _("A %(kind)s.", kind=kind)
        return _("Field %(key)s (%(kind)s).", key=thing.key, kind=kind)

    def _content(self, thing: Thing, read: FormRead) -> Words:
        said: list[Words] = [self._label(thing.key, read)]
        for aspect, value in thing.facts.items():
            if aspect in ("type", "key", "label", "text") or (aspect == "group" and not value):
                continue
            if aspect == "validate/required" and value == "true":
                said.append(_("must be filled in"))
            elif aspect == "group":
                said.append(_("in “%(group)s”", group=self._label(value, read)))
            elif aspect.startswith(OPTION):
                said.append(_said(value))
            else:
                name: Words = _LABELS.get(aspect) or aspect.removeprefix("properties/").removeprefix("validate/")
                said.append(_("%(name)s: %(value)s", name=name, value=clipped(_said(value))))
        return joined(said, LINES)

    def _aspect(self, thing: Thing, one: Difference) -> Change:
        name = self._label(thing.key, self.new)
        if one.aspect.startswith(OPTION):
            option = one.aspect.removeprefix(OPTION)
            sentence = Text(_OPTION_SENTENCE.source, {"field": name, "option": option})
        elif one.aspect in SENTENCES:
            sentence = Text(SENTENCES[one.aspect].source, {"field": name})
        else:
            sentence = Text(_OTHER.source, {"field": name, "name": one.aspect})
        before, after = told_apart(
            one,
            lambda value: self._value(one.aspect, value, self.old),
            lambda value: self._value(one.aspect, value, self.new),
        )
        area = "text" if one.aspect in _WORDING else "form"
        kind = one.kind if area == "text" else CHANGED
        return Change(kind, area, self.file, thing.key, self.name, sentence, before, after, self.shows)

    def _value(self, aspect: str, value: str, read: FormRead) -> Words:
        if aspect == "group":
            return self._label(value, read) if value else _("(no group)")
        if aspect == "type":
            return KINDS.get(_said(value), _said(value))
        if value in ("true", "false"):
            return _("yes") if value == "true" else _("no")
        return clipped(_said(value))

    def _options_moved(self, key: str, thing: Thing) -> Iterator[Change]:
        before, after = (side.orders.get("values", ()) for side in (self.old.things[key], thing))
        if reordered(before, after):
            sentence = _("Field “%(field)s”: the order of its options.", field=self._label(key, self.new))
            said = (
                joined([self._option(self.old.things[key], one) for one in before]),
                joined([self._option(thing, one) for one in after]),
            )
            yield self._change(CHANGED, key, sentence, *said)

    @staticmethod
    def _option(thing: Thing, name: str) -> str:
        return _said(thing.facts.get(name, "")) or name.removeprefix(OPTION)

    def _order(self) -> Iterator[Change]:
        before, after = self.old.head.orders[WHOLE], self.new.head.orders[WHOLE]
        place_before = {key: at for at, key in enumerate(before, start=1)}
        place_after = {key: at for at, key in enumerate(after, start=1)}
        for key in reordered(before, after):
            sentence = _("Field “%(field)s” stands in another place.", field=self._label(key, self.new))
            said = (_("place %(number)s", number=place_before[key]), _("place %(number)s", number=place_after[key]))
            yield self._change(CHANGED, key, sentence, *said)


def _said(value: str) -> str:
    """A canonical value as people read it: texts without quotation marks."""
    return str(json.loads(value)) if value.startswith('"') else value


def _told(one: Difference) -> tuple[Words, Words]:
    return told_apart(one, lambda value: clipped(_said(value)), lambda value: clipped(_said(value)))


__all__ = ["FormRead", "FormUnreadable", "FormWords", "load", "read_both"]
