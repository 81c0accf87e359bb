"""A bundle: one process as its owner edits it, as a set of named files, and everything that is checked about it.

process.toml          title, owners, who may start it and for which programmes
process.bpmn          the drawing
*.dmn                 decision tables, named by the file's stem
forms/<key>.form      form-js JSON
scenarios/*.toml      what should happen to cases; run before a version comes into force (`workflows.gate`)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import decisions
from domain.errors import DefinitionRefused, Finding
from domain.parties.roles import ROLES
from domain.text import gettext as _
from domain.vault import fingerprint
from workflows import expression_types, forms, lint, lint_child, registry, scenarios
from workflows.digests import files_in, manifest_digest
from workflows.limits import json_limits, toml_limits, xml_limits
from workflows.lint_names import Members, check_names
from workflows.lint_properties import check_properties
from workflows.sheet_check import SHEET as SHEET
from workflows.sheet_check import check_sheet, read_sheet
from workflows.table_check import check_table

DRAWING = "process.bpmn"
SIZE_LIMIT = 4_000_000
MOST_FILES = 200
MOST_FINDINGS = 100
# a process is called by its key in addresses, rows and the journal
PROCESS_KEY = re.compile(r"[a-z][a-z0-9_]{0,47}")

_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
_PLACES = re.compile(rf"process\.bpmn|process\.toml|{_NAME}\.dmn|forms/{_NAME}\.form|scenarios/{_NAME}\.toml")
_LIMITS: Mapping[str, Callable[[str, bytes], Iterator[Finding]]] = {
    ".bpmn": xml_limits,
    ".dmn": xml_limits,
    ".form": json_limits,
    ".toml": toml_limits,
}


@dataclass(frozen=True)
class Bundle:
    """The files of one process: path inside the bundle -> bytes. `key` is the process's name."""

    key: str
    files: Mapping[str, bytes]

    @cached_property
    def sheet(self) -> Mapping[str, Any]:
        """The read process.toml; empty when it cannot be read (the check says so)."""
        try:
            content = self.files.get(SHEET, b"")
            return {} if any(toml_limits(SHEET, content)) else read_sheet(content)
        except ValueError:
            return {}

    @property
    def manifest(self) -> dict[str, str]:
        """Path -> digest of the bytes."""
        return {path: fingerprint(content) for path, content in sorted(self.files.items())}

    @property
    def digest(self) -> str:
        """One digest for the whole bundle."""
        return manifest_digest(self.manifest)

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
    files = files_in(folder)
    if DRAWING not in files:
        sentence = _("There is no process.bpmn in this folder.")
        raise DefinitionRefused([Finding(DRAWING, "", None, sentence, _("Name a bundle's folder."), code="no-drawing")])
    return Bundle(folder.name, files)


def check(bundle: Bundle) -> list[Finding]:
    """Every finding about a bundle; the bundle may be deployed when none has severity "error".

    A file that may not be read is said to be so and nothing else is asked of it. The drawing is read in a child
    process with limits, since it may come from anywhere.
    """
    findings = list(_check_files(bundle))
    unfit = {path: readable(path, content) for path, content in bundle.files.items()}
    findings += [found for faults in unfit.values() for found in faults]
    if any(found.file == "" for found in findings):
        return findings
    whole = Bundle(bundle.key, {path: content for path, content in bundle.files.items() if not unfit[path]})
    if SHEET in whole.files:
        findings += check_sheet(whole.files[SHEET])
    routing: dict[str, Members] = {}
    for key, path, content in whole.forms():
        findings += _few(path, _check_form(key, path, content, routing))
    models: dict[str, decisions.Model | None] = {}
    for name, path, content in whole.tables():
        models[name] = None
        findings += _few(path, _check_table(name, path, content, models))
    if DRAWING in whole.files:
        findings += _few(DRAWING, _check_drawing(whole, routing, models))
    if DRAWING in whole.files and not any(found.severity == "error" for found in findings):
        findings += scenarios.check(whole.files)
    return findings


def readable(path: str, content: bytes) -> list[Finding]:
    """Why a file must not even be kept in a draft; empty when it may. Cheap: a stream, no tree, no child.

    Kept files may still be wrong (`check` tells), never dangerous to read.
    """
    misplaced = list(check_place(path))
    if misplaced:
        return misplaced
    return list(_LIMITS[PurePosixPath(path).suffix](path, content))


def check_place(path: str) -> Iterator[Finding]:
    """Why a path has no place in a bundle."""
    if not _PLACES.fullmatch(path):
        sentence = _("This file has no place in a bundle.")
        remedy = _(
            "A bundle holds process.bpmn, process.toml, NAME.dmn, forms/NAME.form and scenarios/NAME.toml; names are"
            " made of letters A to Z, digits, - and _."
        )
        yield Finding(shown(path), "", None, sentence, remedy, code="misplaced-file")


def shown(path: str) -> str:
    """A path from outside as it can be shown: no control characters, not endless."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in path[:80])


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
        sentence = _("The bundle is larger than 4 MB.")
        yield Finding("", "", None, sentence, _("Remove what does not belong to it."), code="bundle-too-large")
    if len(bundle.files) > MOST_FILES:
        sentence = _("The bundle has more than %(most)s files.", most=MOST_FILES)
        yield Finding("", "", None, sentence, _("Remove what does not belong to it."), code="too-many-files")
    if SHEET not in bundle.files:
        remedy = _("Add title, owners and start conditions.")
        yield Finding(SHEET, "", None, _("process.toml is missing."), remedy, code="no-details")
    if DRAWING not in bundle.files:
        yield Finding(DRAWING, "", None, _("process.bpmn is missing."), _("Draw the process."), code="no-drawing")


def _few(path: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """At most so many findings of one file as a person could read."""
    for count, found in enumerate(findings):
        if count == MOST_FINDINGS:
            sentence = _("There is more to say about this file.")
            remedy = _("Correct what is named first, then check again.")
            yield Finding(path, "", None, sentence, remedy, code="more-findings")
            return
        yield found


def _check_form(key: str, path: str, content: bytes, routing: dict[str, Members]) -> Iterator[Finding]:
    routing[key] = None  # what a form brings that cannot be read is not known
    try:
        spec = forms.parse(content, key, path)
    except DefinitionRefused as refusal:
        yield from refusal.findings
        return
    routing[key] = {field.key: expression_types.of_field(field) for field in spec.answered if field.route}
    yield from forms.check_rules(spec, path)
    for field in (*spec.inputs, *(column for rows in spec.inputs for column in rows.fields)):
        for source, known in ((field.rows, forms.ROW_SOURCES), (field.options_from, forms.OPTION_SOURCES)):
            if source and source not in known:
                sentence = _("The program cannot fill in %(source)s.", source=source[:60])
                remedy = _("Use one of: %(list)s.", list=", ".join(sorted(known)))
                yield Finding(path, field.key, None, sentence, remedy, code="unknown-source")


def _check_table(name: str, path: str, content: bytes, models: dict[str, decisions.Model | None]) -> Iterator[Finding]:
    found = list(check_table(path, content))
    yield from found
    if not any(one.severity == "error" for one in found):
        models[name] = decisions.load(content)


def _check_drawing(
    bundle: Bundle, routing: Mapping[str, Members], models: Mapping[str, decisions.Model | None]
) -> Iterator[Finding]:
    xml, known = bundle.files[DRAWING], registry.operations()
    kinds = {kind: [name for name, entry in known.items() if entry.kind == kind] for kind in ("facts", "record")}
    findings = lint_child.check_untrusted(
        xml,
        operations={
            name: lint.OperationSpec(name, entry.inputs, entry.outputs)
            for name, entry in known.items()
            if entry.kind in ("quick", "slow")
        },
        roles=ROLES,
        forms=routing.keys(),
        decisions=models.keys(),
        facts=kinds["facts"],
        records=kinds["record"],
    )
    yield from lint.for_people(findings)
    if any(found.severity == "error" for found in findings):
        return
    outputs = {name: entry.outputs for name, entry in known.items()}
    yield from check_names(xml, outputs=outputs, routing=routing, models=models)
    yield from check_properties(xml, stages=_stage_codes(bundle), models=models)


def _stage_codes(bundle: Bundle) -> frozenset[str] | None:
    if not bundle.sheet:
        return None  # said by the check of process.toml
    rows = bundle.sheet.get("stages", [])
    return frozenset(str(row.get("code")) for row in rows if isinstance(row, dict)) if isinstance(rows, list) else None
