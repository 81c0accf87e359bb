"""A bundle: one process as its owner edits it, as a set of named files, and everything that is checked about it.

process.toml          title, owners, who may start it and for which programmes
process.bpmn          the drawing
*.dmn                 decision tables, named by the file's stem
forms/<key>.form      form-js JSON
scenarios/*.toml      stories the owner wants to hold (kept, not run here)
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import decisions
from domain.errors import DefinitionRefused, Finding
from domain.parties.roles import ROLES
from domain.text import gettext as _
from domain.vault import fingerprint
from workflows import forms, lint, lint_child, registry

DRAWING = "process.bpmn"
SHEET = "process.toml"
SIZE_LIMIT = 4_000_000
KNOWN = ("process.bpmn", "process.toml")


@dataclass(frozen=True)
class Bundle:
    """The files of one process: path inside the bundle -> bytes. `key` is the process's name."""

    key: str
    files: Mapping[str, bytes]

    @cached_property
    def sheet(self) -> Mapping[str, Any]:
        """The read process.toml; empty when it cannot be read (the check says so)."""
        try:
            return tomllib.loads(self.files.get(SHEET, b"").decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            return {}

    @property
    def manifest(self) -> dict[str, str]:
        """Path -> digest of the bytes."""
        return {path: fingerprint(content) for path, content in sorted(self.files.items())}

    @property
    def digest(self) -> str:
        """One digest for the whole bundle."""
        return fingerprint(repr(sorted(self.manifest.items())).encode())

    def forms(self) -> Iterator[tuple[str, str, bytes]]:
        """Key, path and bytes of every form."""
        for path, content in sorted(self.files.items()):
            if path.startswith("forms/") and path.endswith(".form"):
                yield PurePosixPath(path).stem, path, content

    def tables(self) -> Iterator[tuple[str, str, bytes]]:
        """Name, path and bytes of every decision file."""
        for path, content in sorted(self.files.items()):
            if path.endswith(".dmn"):
                yield PurePosixPath(path).stem, path, content


def read_folder(folder: Path) -> Bundle:
    """Read a bundle from a folder. Raises DefinitionRefused when there is nothing to read."""
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }
    if DRAWING not in files:
        sentence = _("There is no process.bpmn in this folder.")
        raise DefinitionRefused([Finding(DRAWING, "", None, sentence, _("Name a bundle's folder."))])
    return Bundle(folder.name, files)


def check(bundle: Bundle) -> list[Finding]:
    """Every finding about a bundle; the bundle may be deployed when none has severity "error".

    The drawing is read in a child process with limits, since it may come from anywhere.
    """
    findings = [*_check_files(bundle), *_check_sheet(bundle)]
    for key, path, content in bundle.forms():
        try:
            forms.parse(content, key, path)
        except DefinitionRefused as refusal:
            findings += refusal.findings
    tables = set()
    for name, path, content in bundle.tables():
        tables.add(name)
        findings += _check_table(path, content)
    known = {
        name: lint.OperationSpec(name, entry.inputs, entry.outputs)
        for name, entry in registry.operations().items()
        if entry.kind in ("quick", "slow")
    }
    findings += lint_child.check_untrusted(
        bundle.files[DRAWING],
        operations=known,
        roles=ROLES,
        forms={key for key, _path, _content in bundle.forms()},
        decisions=tables,
    )
    return findings


def readable(path: str, content: bytes) -> list[Finding]:
    """Why a file must not even be kept in a draft; empty when it may.

    Kept files may still be wrong (`check` tells), never dangerous to read.
    """
    return list(_check_place(path))


@dataclass(frozen=True)
class Checked:
    """A bundle that may be deployed, with its warnings; only `must_pass` makes one."""

    bundle: Bundle
    warnings: tuple[Finding, ...]


def must_pass(bundle: Bundle) -> Checked:
    """Check a bundle, outside any write transaction. Raises DefinitionRefused with all findings."""
    findings = check(bundle)
    if any(found.severity == "error" for found in findings):
        raise DefinitionRefused(findings)
    return Checked(bundle, tuple(findings))


def _check_files(bundle: Bundle) -> Iterator[Finding]:
    if sum(len(content) for content in bundle.files.values()) > SIZE_LIMIT:
        yield Finding("", "", None, _("The bundle is larger than 4 MB."), _("Remove what does not belong to it."))
    for path in bundle.files:
        yield from _check_place(path)


def _check_place(path: str) -> Iterator[Finding]:
    parts = PurePosixPath(path)
    fits = path in KNOWN or (
        (parts.suffix == ".dmn" and len(parts.parts) == 1)
        or (parts.suffix == ".form" and parts.parts[0] == "forms" and len(parts.parts) == 2)
        or (parts.suffix == ".toml" and parts.parts[0] == "scenarios" and len(parts.parts) == 2)
    )
    if not fits or ".." in parts.parts:
        yield Finding(path, "", None, _("This file has no place in a bundle."), _("Remove it."))


def _check_sheet(bundle: Bundle) -> Iterator[Finding]:
    if SHEET not in bundle.files:
        yield Finding(SHEET, "", None, _("process.toml is missing."), _("Add title, owners and start conditions."))
        return
    try:
        sheet = tomllib.loads(bundle.files[SHEET].decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        yield Finding(SHEET, "", None, _("process.toml cannot be read: %(why)s", why=problem), _("Mend it."))
        return
    wanted: dict[str, type] = {"title": str, "title_en": str, "owners": list, "start": dict}
    for name, kind in wanted.items():
        if not isinstance(sheet.get(name), kind):
            yield Finding(SHEET, name, None, _("%(name)s is missing or of the wrong kind.", name=name), _("Add it."))
    for name in sheet.keys() - wanted.keys() - {"description", "description_en", "stages"}:
        yield Finding(SHEET, name, None, _("%(name)s has no effect.", name=name), _("Remove it."))
    start = sheet.get("start") if isinstance(sheet.get("start"), dict) else {}
    for role in [*(sheet.get("owners") or []), *((start or {}).get("roles") or [])]:
        if role not in ROLES:
            yield Finding(SHEET, str(role), None, _("There is no role %(role)s.", role=role), _("Use a known role."))


def _check_table(path: str, content: bytes) -> Iterator[Finding]:
    try:
        decisions.load(content)
    except decisions.DecisionError as refusal:
        for found in refusal.findings:
            yield Finding(path, found.where, found.line, found.sentence, found.remedy)
