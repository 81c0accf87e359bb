"""One policy document: what a jurisdiction rules from a day on, each value with its source.

A document is `policies/<jurisdiction>/<valid-from>.toml`. The next document of a jurisdiction
replaces it whole; nothing of a replaced document lives on.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.errors import DefinitionRefused, Finding, NotFound
from domain.policy_keys import policy_key, policy_keys
from domain.text import gettext as _

INTERNAL = "internal"
BASES = ("norm", "house")
_SOURCE = re.compile(r"(BX|LF|CK|NM|LN)-\d{2}(, (BX|LF|CK|NM|LN)-\d{2})*|law:.+|internal")
_HEAD = {"jurisdiction", "title", "valid_from", "valid_to", "basis", "assumed", "note", "values"}
_ENTRY = {"value", "none", "source", "overridable", "note"}


class PolicyRefused(DefinitionRefused):
    """A policy, catalogue or calendar file may not be used; `findings` say where, why and what to do."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(findings)
        self.args = (
            _(
                "The policy files were refused: %(count)s findings. The first: %(first)s",
                count=len(findings),
                first=findings[0],
            ),
        )


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """One value of a document.

    source: clause id(s), "law:…" or "internal" (the office's own rule). overridable: False locks it
    for jurisdictions below. note: what a reader should know.
    """

    value: Any
    source: str
    overridable: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """What one jurisdiction rules from `valid_from` to `valid_to` (both included, None = open).

    basis: "norm" is what a notice says; "house" are defaults that stand only where no norm speaks.
    assumed: the day of entry into force is not in the text. digest: sha256 of the file.
    """

    jurisdiction: str
    title: str
    valid_from: date
    valid_to: date | None
    basis: str
    assumed: bool
    values: Mapping[str, PolicyValue]
    digest: str
    file: str = ""
    note: str = ""

    def in_force(self, on: date) -> bool:
        """True when `on` lies within the document's validity."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


def load_document(source: bytes, file: str = "policy.toml") -> PolicyDocument:
    """Read one document; raises PolicyRefused naming file, key, line and remedy for every fault."""
    try:
        text = source.decode("utf-8")
        data = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        line = re.search(r"line (\d+)", str(fault))
        raise PolicyRefused([_unreadable(file, int(line[1]) if line else None, fault)]) from fault
    findings = list(_head_findings(data, file, text))
    values: dict[str, PolicyValue] = {}
    entries = data.get("values", {})
    for name, entry in entries.items() if isinstance(entries, Mapping) else ():
        fault_or_value = _entry(name, entry, file, text)
        if isinstance(fault_or_value, Finding):
            findings.append(fault_or_value)
        else:
            values[name] = fault_or_value
    if findings:
        raise PolicyRefused(findings)
    return PolicyDocument(
        data["jurisdiction"],
        data["title"],
        data["valid_from"],
        data.get("valid_to"),
        data.get("basis", "norm"),
        data.get("assumed", False),
        values,
        hashlib.sha256(source).hexdigest(),
        file,
        data.get("note", ""),
    )


def _unreadable(file: str, line: int | None, fault: Exception) -> Finding:
    return Finding(
        file, "", line, _("The file is no valid TOML: %(fault)s.", fault=fault), _("Correct the line and try again.")
    )


def _head_findings(data: Mapping[str, Any], file: str, text: str) -> Iterator[Finding]:
    expected: dict[str, type] = {"jurisdiction": str, "title": str, "valid_from": date}
    optional: dict[str, type] = {"valid_to": date, "basis": str, "assumed": bool, "note": str, "values": Mapping}
    for name, kind in expected.items():
        if type(data.get(name)) is not kind:
            yield _head(file, text, name, _("“%(name)s” is missing or of a wrong type.", name=name))
    for name in data.keys() & optional.keys():
        if not isinstance(data[name], optional[name]) or (name == "valid_to" and type(data[name]) is not date):
            yield _head(file, text, name, _("“%(name)s” is missing or of a wrong type.", name=name))
    for name in sorted(data.keys() - _HEAD):
        yield _head(file, text, name, _("“%(name)s” is not known here.", name=name))
    if data.get("basis", "norm") not in BASES:
        yield _head(file, text, "basis", _("The basis is “norm” or “house”."))
    first, last = data.get("valid_from"), data.get("valid_to")
    if type(first) is date and type(last) is date and last < first:
        yield _head(file, text, "valid_to", _("The document ends before it begins."))


def _head(file: str, text: str, name: str, sentence: object) -> Finding:
    remedy = _("A document starts with jurisdiction, title and valid_from; its parameters stand under [values].")
    return Finding(file, name, _line_of(text, name), sentence, remedy)


def _entry(name: str, entry: object, file: str, text: str) -> PolicyValue | Finding:
    line = _line_of(text, name)
    try:
        key = policy_key(name)
    except NotFound as fault:
        near = difflib.get_close_matches(name, [key.name for key in policy_keys()], 1)
        remedy = _("Did you mean “%(near)s”?", near=near[0]) if near else _("Remove it or correct its name.")
        return Finding(file, name, line, fault.message, remedy)
    if not isinstance(entry, Mapping) or entry.keys() - _ENTRY or ("value" in entry) == (entry.get("none") is True):
        sentence = _("The entry needs either a value or none = true, and a source.")
        return Finding(file, name, line, sentence, _("Write it as: %(expects)s.", expects=key.kind.expects))
    source = entry.get("source")
    if not isinstance(source, str) or not _SOURCE.fullmatch(source):
        sentence = _("The source “%(clause)s” is not understood.", clause=source)
        return Finding(file, name, line, sentence, _("Name clauses like “BX-22”, “law:…” or “internal”."))
    overridable, note = entry.get("overridable", True), entry.get("note", "")
    try:
        if not isinstance(overridable, bool) or not isinstance(note, str):
            raise ValueError("overridable is true or false, note is a text")
        value = key.kind.parse(entry.get("value"))
    except (ValueError, TypeError, KeyError) as fault:
        sentence = _("The value does not fit: %(fault)s.", fault=fault)
        return Finding(file, name, line, sentence, _("Write it as: %(expects)s.", expects=key.kind.expects))
    return PolicyValue(value, source, overridable, note)


def _line_of(text: str, name: str) -> int | None:
    """The 1-based line where `name` is first set or opens a table; None when it stands nowhere."""
    pattern = re.compile(rf'^\s*(\[values\.)?"?{re.escape(name)}"?\s*(\]|=)')
    return next((number for number, line in enumerate(text.splitlines(), 1) if pattern.match(line)), None)
