"""The check of process.toml: title, owners, who may start a case, stages."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from domain.errors import Finding
from domain.parties.roles import ROLES
from domain.text import gettext as _

SHEET = "process.toml"
LONGEST = 100  # characters of a title or a label
WANTED: Mapping[str, type] = {"title": str, "title_en": str, "owners": list, "start": dict}
KNOWN = frozenset(WANTED) | {"description", "description_en", "stages"}
START = ("roles", "kinds", "programmes")
STAGE = ("code", "label", "label_en")
MOST_STAGES = 20


def read_sheet(content: bytes) -> dict[str, Any]:
    """The values of a process.toml. Raises ValueError with the reason when it cannot be read."""
    try:
        return tomllib.loads(content.decode("utf-8"))
    except RecursionError:
        raise ValueError("it nests too deep") from None


def check_sheet(content: bytes) -> Iterator[Finding]:
    """Every finding about a process.toml whose bytes may be read; `element` is the name of the value."""
    try:
        sheet = read_sheet(content)
    except ValueError as problem:
        yield _found(
            "",
            _("process.toml cannot be read: %(why)s", why=str(problem)[:200]),
            _("Mend it."),
            code="details-unreadable",
        )
        return
    for name, kind in WANTED.items():
        if not isinstance(sheet.get(name), kind):
            yield _found(
                name, _("%(name)s is missing or of the wrong kind.", name=name), _("Add it."), code="missing-value"
            )
    for name in sorted(sheet.keys() - KNOWN):
        yield _found(name, _("%(name)s has no effect.", name=name[:60]), _("Remove it."), code="value-without-effect")
    for name in ("title", "title_en"):
        yield from _text(name, sheet.get(name))
    start = sheet.get("start")
    inner: Mapping[str, Any] = start if isinstance(start, dict) else {}
    for name in sorted(inner.keys() - set(START)):
        yield _found(
            f"start.{name}", _("%(name)s has no effect.", name=name[:60]), _("Remove it."), code="value-without-effect"
        )
    yield from _roles("owners", sheet.get("owners", []))
    yield from _roles("start.roles", inner.get("roles", []))
    for name in ("kinds", "programmes"):
        yield from _words(f"start.{name}", inner.get(name, []))
    yield from _stages(sheet.get("stages", []))


def _text(name: str, value: object) -> Iterator[Finding]:
    if isinstance(value, str) and not 0 < len(value.strip()) <= LONGEST:
        sentence = _("%(name)s is empty or longer than %(most)s characters.", name=name, most=LONGEST)
        yield _found(name, sentence, _("Write a short text."), code="text-length")


def _words(name: str, value: object) -> Iterator[Finding]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        yield _found(
            name, _("%(name)s is no list of words.", name=name), _('Write it as ["a", "b"].'), code="not-a-list"
        )


def _roles(name: str, value: object) -> Iterator[Finding]:
    yield from _words(name, value)
    for role in value if isinstance(value, list) else ():
        if isinstance(role, str) and role not in ROLES:
            yield _found(
                role[:60], _("There is no role %(role)s.", role=role[:60]), _("Use a known role."), code="unknown-role"
            )


def _stages(value: object) -> Iterator[Finding]:
    remedy = _("Give each stage a code, a Chinese and an English label.")
    rows = value if isinstance(value, list) else [None]
    if len(rows) > MOST_STAGES:
        yield _found(
            "stages",
            _("There are more than %(most)s stages.", most=MOST_STAGES),
            _("Join some of them."),
            code="too-many-stages",
        )
    codes = set()
    for place, row in enumerate(rows[: MOST_STAGES + 1], start=1):
        if not isinstance(row, dict) or not all(isinstance(row.get(part), str) and row[part].strip() for part in STAGE):
            yield _found("stages", _("Stage %(place)s is not whole.", place=place), remedy, code="stage-not-whole")
        elif row["code"] in codes:
            yield _found(
                "stages", _("Two stages have the code %(code)s.", code=row["code"][:60]), remedy, code="stage-twice"
            )
        else:
            codes.add(row["code"])


def _found(element: str, sentence: object, remedy: object, *, code: str) -> Finding:
    return Finding(SHEET, element, None, sentence, remedy, code=code)
