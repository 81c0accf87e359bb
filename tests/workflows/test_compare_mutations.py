"""Nothing is passed over: every attribute and every text of the shipped bundles is changed once, and each is told."""

from __future__ import annotations

import copy
import json
import os
import random
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from workflows import bundles
from workflows.bpmn_xml import BPMNDI
from workflows.bundles import DRAWING, SHEET, Bundle
from workflows.compare import Comparison, compare

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = [bundles.read_folder(path) for path in sorted((ROOT / "bpmn").iterdir()) if path.is_dir()]
# of each file this many places are changed in one run, always the same ones
SAMPLE = int(os.environ.get("HEDUI_TEST_SAMPLE", "30"))

Mutation = tuple[str, bytes]


def with_file(bundle: Bundle, path: str, content: bytes) -> Bundle:
    return Bundle(bundle.key, {**bundle.files, path: content})


def places_of_xml(root: etree._Element) -> Iterator[tuple[str, Callable[[etree._Element], None]]]:
    """Every attribute and text outside the picture as (what, change it in a copy of the tree)."""
    for number, element in enumerate(root.iter()):
        if any(up.tag == f"{{{BPMNDI}}}BPMNDiagram" for up in (element, *element.iterancestors())):
            continue
        for name in element.attrib:
            yield f"@{name!s} of {element.tag}", _set_attribute(number, str(name))
            yield f"no @{name!s} of {element.tag}", _drop_attribute(number, str(name))
        if (element.text or "").strip():
            yield f"text of {element.tag}", _set_text(number)
        if number:
            yield f"without {element.tag}", _drop(number)


def _nth(root: etree._Element, number: int) -> etree._Element:
    return next(element for at, element in enumerate(root.iter()) if at == number)


def _set_attribute(number: int, name: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        element = _nth(root, number)
        element.set(name, f"{element.get(name)}x")

    return change


def _drop_attribute(number: int, name: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        del _nth(root, number).attrib[name]

    return change


def _set_text(number: int) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        element = _nth(root, number)
        element.text = f"{element.text}x"

    return change


def _drop(number: int) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        element = _nth(root, number)
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)

    return change


# said twice or not at all: an `incoming` that repeats a flow, the type every expression has, an empty wrapper
SILENT = ("incoming", "outgoing", "extensionElements", "properties")


def means_nothing(what: str) -> bool:
    return (what.startswith("without") and what.endswith(SILENT)) or "BPMNDiagram" in what or (
        what.startswith("no @") and ("XMLSchema-instance" in what or what.endswith("}rule")))  # fmt: skip


@pytest.mark.parametrize("bundle", SHIPPED, ids=lambda bundle: str(bundle.key))
@pytest.mark.parametrize("suffix", [".bpmn", ".dmn"])
def test_every_attribute_and_text_of_a_drawing_or_table_that_changes_is_told(bundle: Bundle, suffix: str) -> None:
    for path in [one for one in bundle.files if one.endswith(suffix)]:
        root = etree.fromstring(bundle.files[path])
        places = list(places_of_xml(root))
        for what, change in random.Random(7).sample(places, min(SAMPLE, len(places))):
            tree = copy.deepcopy(root)
            change(tree)
            told = _told(bundle, with_file(bundle, path, etree.tostring(tree, encoding="utf-8")))
            if not told.changes:
                assert means_nothing(what), f"{path}: {what}"


def places_of_json(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield (*path, name)
        yield from places_of_json(inner, (*path, name))


def changed_json(value: Any, path: tuple[Any, ...], *, drop: bool) -> Any:
    made = copy.deepcopy(value)
    inner = made
    for name in path[:-1]:
        inner = inner[name]
    old = inner[path[-1]]
    if drop:
        del inner[path[-1]]
    elif isinstance(old, bool):
        inner[path[-1]] = not old
    else:
        inner[path[-1]] = f"{old}x" if isinstance(old, str) else ["?"] if isinstance(old, list | dict) else old + 1
    return made


@pytest.mark.parametrize("bundle", SHIPPED, ids=lambda bundle: str(bundle.key))
def test_every_entry_of_a_form_that_changes_is_told(bundle: Bundle) -> None:
    for _key, path, content in bundle.forms():
        form = json.loads(content)
        places = list(places_of_json(form))
        for place in random.Random(7).sample(places, min(SAMPLE // 5, len(places))):
            for drop in (False, True):
                made = json.dumps(changed_json(form, place, drop=drop)).encode()
                assert _told(bundle, with_file(bundle, path, made)).changes, f"{path}: {place} {drop}"


@pytest.mark.parametrize("bundle", SHIPPED, ids=lambda bundle: str(bundle.key))
def test_every_line_of_the_sheet_that_changes_is_told(bundle: Bundle) -> None:
    lines = bundle.files[SHEET].decode().splitlines()
    for at, line in enumerate(lines):
        for made in (line.replace('"]', 'x"]').removesuffix('"') + ("" if line.endswith("]") else 'x"'), ""):
            text = "\n".join([*lines[:at], made, *lines[at + 1 :]])
            try:
                meaning = tomllib.loads(text)
            except tomllib.TOMLDecodeError:
                meaning = None
            told = _told(bundle, with_file(bundle, SHEET, text.encode())).changes
            assert bool(told) == (meaning != bundle.sheet), f"{line!r} -> {made!r}: {told}"


@pytest.mark.parametrize("bundle", SHIPPED, ids=lambda bundle: str(bundle.key))
def test_every_number_of_the_picture_is_only_counted(bundle: Bundle) -> None:
    root = etree.fromstring(bundle.files[DRAWING])
    drawn = [element for element in root.iter() if element.get("x") or element.get("width")]
    for element in random.Random(7).sample(drawn, min(25, len(drawn))):
        name = random.Random(7).choice([str(key) for key in element.attrib])
        kept = str(element.get(name))
        element.set(name, "7")
        told = compare(bundle, with_file(bundle, DRAWING, etree.tostring(root, encoding="utf-8")))
        element.set(name, kept)
        assert not told.changes and (told.moved == 1) == (kept != "7")
        assert len(told.drawing["moved"]) == told.moved


def _told(old: Bundle, new: Bundle) -> Comparison:
    """The comparison; swapped, what came is what went."""
    found, back = compare(old, new), compare(new, old)
    assert len(found.changes) == len(back.changes)
    assert sorted(one.kind for one in found.changes if one.kind == "added") == sorted(
        "added" for one in back.changes if one.kind == "removed"
    )
    for one in found.changes:
        assert str(one.heading) and str(one.sentence) and str(one.title)
        assert str(one.before) != str(one.after) or "cannot be read" in str(one.sentence) or one.element == ""
    return found
