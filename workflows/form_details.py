"""What a form says about a field besides what it asks: help, examples, the clause, limits of rows and of files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from domain.text import Text
from domain.text import gettext as _
from workflows.form_fields import FILE_TYPES, MOST_FILES, MOST_ROWS, OwnersText

Refuse = Callable[[str, Text, Text], None]
# the clauses of the notices in force, a law by its name, or a rule of the house
SOURCE = re.compile(r"(BX|LF|CK|NM|LN)-\d{2}(, (BX|LF|CK|NM|LN)-\d{2})*|law:.+|internal")
_OF_ROWS = ("rows.min", "rows.max", "row.title", "row.title.en")
_OF_FILES = ("files.most", "files.size")
MOST_MEGABYTES = 100


def read(component: Mapping[str, Any], kind: str, name: str, refuse: Refuse) -> dict[str, Any]:
    """What `FieldSpec` keeps of it. What cannot be obeyed goes to `refuse`."""
    properties: Mapping[str, Any] = component.get("properties") or {}
    _nothing_lost(component, properties, kind, name, refuse)
    return {
        "guide": _both(properties, "help", name, refuse),
        "example": _both(properties, "example", name, refuse),
        "source": source_of(str(properties.get("source") or ""), name, refuse),
        "row_title": _both(properties, "row.title", name, refuse),
        **(_rows(properties, name, refuse) if kind == "dynamiclist" else {}),
        **(_files(component, properties, name, refuse) if kind == "filepicker" else {}),
    }


def source_of(text: str, name: str, refuse: Refuse) -> str:
    """A clause as policies name it."""
    if text and not SOURCE.fullmatch(text):
        sentence = _("The source “%(clause)s” is not understood.", clause=text[:60])
        refuse(name, sentence, _("Name clauses like “BX-22”, “law:…” or “internal”."))
        return ""
    return text


def _nothing_lost(
    component: Mapping[str, Any], properties: Mapping[str, Any], kind: str, name: str, refuse: Refuse
) -> None:
    """Limits of rows and files count for those alone."""
    wrong = [] if kind == "dynamiclist" else [f"properties.{one}" for one in _OF_ROWS if one in properties]
    if kind != "filepicker":
        wrong += [f"properties.{one}" for one in _OF_FILES if one in properties]
        wrong += [one for one in ("accept", "multiple") if one in component]
    for one in wrong:
        refuse(name, _("%(name)s has no effect here.", name=one), _("Remove it."))


def _both(properties: Mapping[str, Any], key: str, name: str, refuse: Refuse) -> OwnersText | None:
    chinese, english = str(properties.get(key) or ""), str(properties.get(f"{key}.en") or "")
    if english and not chinese:
        refuse(name, _("%(name)s stands in English alone.", name=key), _("Write it in Chinese too."))
    if chinese and not english:
        refuse(name, _("%(name)s stands in Chinese alone.", name=key), _("Write it in English too."))
    return OwnersText(chinese, english) if chinese else None


def _rows(properties: Mapping[str, Any], name: str, refuse: Refuse) -> dict[str, Any]:
    least = _count(properties, "rows.min", name, refuse, MOST_ROWS) or 0
    most = _count(properties, "rows.max", name, refuse, MOST_ROWS) or MOST_ROWS
    if (least or properties.get("rows.max")) and properties.get("rows"):
        refuse(name, _("The program fills in these rows; their number cannot be set."), _("Remove the numbers."))
    if least > most:
        refuse(name, _("The list asks for more rows than it takes."), _("Correct the numbers."))
    return {"least_rows": least, "most_rows": most}


def _files(component: Mapping[str, Any], properties: Mapping[str, Any], name: str, refuse: Refuse) -> dict[str, Any]:
    endings = [one.strip().removeprefix(".").lower() for one in str(component.get("accept") or "").split(",")]
    for one in filter(None, endings):
        if one not in FILE_TYPES:
            known = ", ".join(f".{ending}" for ending in FILE_TYPES)
            refuse(
                name,
                _("Files of the type %(type)s are not taken.", type=one[:20]),
                _("Use some of: %(list)s.", list=known),
            )
    single = component.get("multiple") is False
    most = 1 if single else _count(properties, "files.most", name, refuse, MOST_FILES) or MOST_FILES
    size = _count(properties, "files.size", name, refuse, MOST_MEGABYTES) or 0
    types = frozenset(FILE_TYPES[one] for one in endings if one in FILE_TYPES)
    return {"most_files": most, "file_size": size * 1_000_000, "file_types": types}


def _count(properties: Mapping[str, Any], key: str, name: str, refuse: Refuse, most: int) -> int | None:
    value = properties.get(key)
    if value is None or value == "":
        return None
    text = str(value).strip()
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        sentence = _("%(name)s is no whole number from 1 to %(most)s.", name=key, most=most)
        refuse(name, sentence, _("Write a plain number."))
        return None
    return int(text)
