"""XML and JSON as facts: an element and what lies in it, flattened without loss but for order, blanks and prefixes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from lxml import etree

from workflows.bpmn_xml import BPMN, CAMUNDA, local
from workflows.compare_parts import Thing

DEEPEST = 60
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_CAMUNDA = f"{{{CAMUNDA}}}"
# wrappers without a meaning of their own: an empty one is the same as none
_TRANSPARENT = frozenset(("extensionElements", "camunda:properties", "camunda:inputOutput"))
_PARAMETERS = {"camunda:inputParameter": "in", "camunda:outputParameter": "out"}
# written under their ids, since taking one out must not rename the others
LISTED = frozenset(
    (
        "informationRequirement knowledgeRequirement authorityRequirement contextEntry itemComponent binding"
        " formalParameter input output rule annotation row column inputEntry outputEntry"
    ).split()
)


def called(element: etree._Element, model: str) -> str:
    """Name of an element: bare in the model's namespace, `camunda:…`, `{namespace}…` for the rest."""
    name = etree.QName(element)
    return _named(name.namespace, name.localname, model)


def _named(namespace: str | None, name: str, model: str) -> str:
    if namespace == model:
        return name
    if namespace == CAMUNDA:
        return f"camunda:{name}"
    return f"{{{namespace}}}{name}" if namespace else f"{{}}{name}"


def attributes(element: etree._Element, model: str) -> Iterator[tuple[str, str]]:
    """Name (`id`, `camunda:topic`, `{namespace}…`) and value of every attribute; prefixes in xsi:type resolved."""
    for key, value in element.attrib.items():
        text = str(value)
        if key == XSI_TYPE:
            text = _resolved(element, text)
            if text != f"{{{BPMN}}}tFormalExpression":  # what an expression is, said or not
                yield "xsi:type", text
            continue
        name = etree.QName(str(key))
        yield (_named(name.namespace, name.localname, model) if name.namespace else name.localname), text


def _resolved(element: etree._Element, value: str) -> str:
    prefix, colon, name = value.strip().partition(":")
    space = element.nsmap.get(prefix if colon else None)
    return f"{{{space}}}{name if colon else prefix}" if space else value.strip()


def text_of(element: etree._Element) -> str:
    """The text of an element without the blanks around it; in mixed content a mark where each child stands."""
    pieces = [(element.text or "").strip(), *((child.tail or "").strip() for child in element)]
    return " ⋯ ".join(pieces) if any(pieces[1:]) else pieces[0]


Leave = Callable[[etree._Element], bool]


def put_all(thing: Thing, element: etree._Element, model: str, leave: Leave) -> None:
    """Every attribute, text and inner element of `element` as facts, but for inner elements that `leave` takes."""
    for name, value in attributes(element, model):
        thing.put(f"@{name}", value)
    if text := text_of(element):
        thing.put("#text", text)
    put_children(thing, element, "", model, leave)


def put_children(thing: Thing, element: etree._Element, path: str, model: str, leave: Leave) -> None:
    """The children of `element` as facts below `path`."""
    count: dict[str, int] = {}
    listed: dict[str, list[str]] = {}
    for child in element:
        if leave(child):
            continue
        name = called(child, model)
        if name in _TRANSPARENT:
            _wrapper(thing, child, path, model, leave, name)
        elif name == "camunda:property":
            _property(thing, child, path, model)
        elif name in _PARAMETERS:
            _parameter(thing, child, f"{path}{_PARAMETERS[name]}", model)
        else:
            count[name] = count.get(name, 0) + 1
            key = child.get("id") if name in LISTED else None
            if key:
                listed.setdefault(name, []).append(str(key))
            place = f"[{key}]" if key else f"[{count[name]}]" if count[name] > 1 else ""
            _nested(thing, child, f"{path}{name}{place}", model, leave)
    for name, keys in listed.items():
        thing.orders[f"{path}{name}"] = tuple(keys)


def _wrapper(thing: Thing, child: etree._Element, path: str, model: str, leave: Leave, name: str) -> None:
    for attribute, value in attributes(child, model):
        thing.put(f"{path}{name}@{attribute}", value)
    if text := text_of(child):
        thing.put(f"{path}{name}#text", text)
    put_children(thing, child, path, model, leave)


def _property(thing: Thing, child: etree._Element, path: str, model: str) -> None:
    name = f"{path}property:{child.get('name') or ''}"
    thing.put(name, str(child.get("value") or ""))
    for attribute, value in attributes(child, model):
        if attribute not in ("name", "value"):
            thing.put(f"{name}@{attribute}", value)
    if text := text_of(child):
        thing.put(f"{name}#text", text)
    put_children(thing, child, f"{name}/", model, _none)


def _parameter(thing: Thing, child: etree._Element, path: str, model: str) -> None:
    name = f"{path}:{child.get('name') or ''}"
    thing.put(name, text_of(child))
    for attribute, value in attributes(child, model):
        if attribute != "name":
            thing.put(f"{name}@{attribute}", value)
    put_children(thing, child, f"{name}/", model, _none)


def _nested(thing: Thing, child: etree._Element, name: str, model: str, leave: Leave) -> None:
    before = len(thing.facts)
    for attribute, value in attributes(child, model):
        thing.put(f"{name}@{attribute}", value)
    if text := text_of(child):
        thing.put(f"{name}#text", text)
    put_children(thing, child, f"{name}/", model, leave)
    if len(thing.facts) == before:
        thing.put(name, "")


def _none(_child: etree._Element) -> bool:
    return False


def picture_of(element: etree._Element) -> str:
    """A part of the picture as one text: attributes sorted, blanks and prefixes gone."""
    inner = "".join(picture_of(child) for child in element)
    return f"<{element.tag} {sorted(element.attrib.items())}{text_of(element)}>{inner}"


def canonical(value: Any) -> str:
    """A JSON or TOML value as one text: the same for the same meaning. Times and dates keep their type."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=_dated)


def _dated(value: object) -> str:
    return f"{type(value).__name__} {value}"


def must_be_plain(value: Any) -> None:
    """Raise ValueError for what nests more than DEEPEST levels or holds text that cannot be written as UTF-8."""
    canonical(value).encode("utf-8")
    level = [value]
    for _depth in range(DEEPEST):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return
    raise ValueError("nested too deep")


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def put_json(thing: Thing, value: Mapping[str, Any], path: str = "", *, leave: frozenset[str] = frozenset()) -> None:
    """The leaves of an object as facts `a/b`, lists whole; empty `validate`, `properties`, `conditional` are none."""
    for name, inner in value.items():
        if not path and name in leave:
            continue
        place = path + name.replace("~", "~0").replace("/", "~1")
        if isinstance(inner, dict) and (inner or name in ("validate", "properties", "conditional")):
            put_json(thing, inner, f"{place}/")
        else:
            thing.put(place, canonical(inner))


__all__ = [
    "attributes", "called", "canonical", "local", "must_be_plain", "picture_of", "put_all", "put_children",
    "put_json", "text_of",
]  # fmt: skip
