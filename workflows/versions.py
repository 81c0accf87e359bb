"""Deployed versions as they are read: the parsed parts of one, which one is in force, the one that a case runs on.

How a version comes about stands in `definitions`, which hands on all of these names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from sqlalchemy import ScalarSelect, column, func, select, table
from sqlalchemy.orm import InstrumentedAttribute, aliased

import decisions
from domain import rules
from domain.cases import Case
from domain.errors import NotFound
from domain.text import gettext as _
from domain.work import Work
from workflows import bundles, engine, forms
from workflows.bundles import Bundle
from workflows.definition_rows import HIGHEST, DefinitionProposal, DefinitionRow, parts_of

# of `instances`, which stand on definitions
_STATE = table("case_state", column("case_id"), column("definition_id"))


@dataclass(frozen=True)
class Definition:
    """A deployed version ready to run: the parsed drawing, forms and tables, cached by digest."""

    row_id: int
    process: str
    number: int
    title: str
    title_en: str
    bundle: Bundle
    ref: str = ""

    @property
    def diagram(self) -> engine.Diagram:
        """The parsed drawing."""
        return _diagram(self.bundle.files[bundles.DRAWING])

    def form(self, key: str) -> forms.FormSpec:
        """The form with this key. Raises NotFound."""
        path = f"forms/{key}.form"
        if path not in self.bundle.files:
            raise NotFound(_("This version of the process has no form %(key)s.", key=key))
        return _form(self.bundle.files[path], key)

    def table(self, name: str) -> decisions.Model:
        """The decision model of this name. Raises NotFound."""
        path = f"{name}.dmn"
        if path not in self.bundle.files:
            raise NotFound(_("This version of the process has no table %(name)s.", name=name))
        return _table(self.bundle.files[path])

    @property
    def starters(self) -> tuple[str, ...]:
        """Roles that may start a case by hand; empty for processes only the scheduler starts."""
        return tuple((self.bundle.sheet.get("start") or {}).get("roles") or ())

    @property
    def programmes(self) -> tuple[str, ...]:
        """Programmes whose cases it runs."""
        return tuple((self.bundle.sheet.get("start") or {}).get("programmes") or ())

    @property
    def stages(self) -> tuple[tuple[str, str, str], ...]:
        """The stepper: (code, Chinese label, English label)."""
        rows = self.bundle.sheet.get("stages") or []
        return tuple((str(r["code"]), str(r["label"]), str(r["label_en"])) for r in rows)


def for_case(work: Work, case: Case, definition: Definition, name: str) -> tuple[Definition, rules.LocalTable | None]:
    """A version as a case is decided by it: with the table of the nearest jurisdiction that has its own, as the case
    was started under it; the version's own table else."""
    local = rules.table_of_case(work, case, name)
    if local is None:
        return definition, None
    files = {**definition.bundle.files, f"{name}.dmn": local.content}
    return replace(definition, bundle=Bundle(definition.bundle.key, files)), local


@lru_cache(maxsize=64)
def _diagram(source: bytes) -> engine.Diagram:
    return engine.read_diagram(source)


@lru_cache(maxsize=512)
def _form(source: bytes, key: str) -> forms.FormSpec:
    return forms.parse(source, key, f"forms/{key}.form")


@lru_cache(maxsize=128)
def _table(source: bytes) -> decisions.Model:
    return decisions.load(source)


def in_force(work: Work, process: str) -> Definition:
    """The newest version of a process. Raises NotFound."""
    row = newest(work, process)
    if row is None:
        raise NotFound(_("The process %(process)s is not deployed here.", process=process))
    return _load(work, row)


def by_id(work: Work, definition_id: int) -> Definition:
    """The version with this key (a case's own). Raises NotFound."""
    place = ("definition", str(definition_id))
    known: Definition | None = work.memory.get(place)
    if known is None:
        row = work.session.get(DefinitionRow, definition_id)
        if row is None:
            raise NotFound(_("The version of the process that this case runs on is missing."))
        known = work.memory[place] = _load(work, row)
    return known


def recall(work: Work, definition_id: int, ref: str, process: str, newest_ref: str) -> None:
    """A version's key and ref were read on the way, and which one is in force: nobody need ask for what is known."""
    known = _loaded.get((ref, definition_id))
    if known is not None:
        work.memory["definition", str(definition_id)] = known
    recall_newest(work, process, newest_ref)


def recall_newest(work: Work, process: str, ref: str) -> None:
    """Which version of a process is in force was read, or decided, in this work."""
    work.memory["newest version", process] = ref


def ref_in_force(process: InstrumentedAttribute[str]) -> ScalarSelect[str]:
    """The ref of the version in force, as a column of a SELECT. Uses ix_definition_process."""
    other = aliased(DefinitionRow)
    wanted = select(other.ref).where(other.process == process)
    return wanted.order_by(other.number.desc()).limit(1).scalar_subquery()


def newest_ref(work: Work, process: str) -> str:
    """The ref of the version in force, asked once a work. Raises NotFound."""
    known: str | None = work.memory.get(("newest version", process))
    if known is None:
        row = newest(work, process)
        if row is None:
            raise NotFound(_("The process %(process)s is not deployed here.", process=process))
        known = row.ref
    return known


def versions(work: Work) -> Sequence[DefinitionRow]:
    """Every deployed version, newest first within each process."""
    return work.session.scalars(
        select(DefinitionRow).order_by(DefinitionRow.process, DefinitionRow.number.desc())
    ).all()


def version(work: Work, process: str, number: int) -> DefinitionRow:
    """One deployed version. Raises NotFound."""
    wanted = select(DefinitionRow).where(DefinitionRow.process == process, DefinitionRow.number == number)
    row = None if abs(number) > HIGHEST else work.session.scalars(wanted).first()
    if row is None:
        raise NotFound(_("The process %(process)s has no version %(number)s.", process=process, number=number))
    return row


def bundle_of(work: Work, row: DefinitionRow | DefinitionProposal) -> Bundle:
    """The files of a deployed version or of a proposal."""
    return Bundle(row.process, parts_of(work, row.manifest))


def running(work: Work) -> dict[int, int]:
    """Key of a version -> how many cases run on it now."""
    rows = work.session.execute(
        select(_STATE.c.definition_id, func.count())
        .join(Case, Case.id == _STATE.c.case_id)
        .where(Case.state.in_(("OPEN", "PARKED")))
        .group_by(_STATE.c.definition_id)
    )
    return {key: count for key, count in rows}  # noqa: C416  dict() takes a Result for a mapping


# A version never changes once deployed, so a process may keep it for good.
_loaded: dict[tuple[str, int], Definition] = {}


def _load(work: Work, row: DefinitionRow) -> Definition:
    place = (row.ref, row.id)
    found = _loaded.get(place)
    if found is None:
        bundle = bundle_of(work, row)
        found = Definition(row.id, row.process, row.number, row.title, row.title_en, bundle, row.ref)
        _loaded[place] = found
    return found


def newest(work: Work, process: str) -> DefinitionRow | None:
    """The row of the version in force, None for a process that is not deployed here."""
    row = work.session.scalars(
        select(DefinitionRow).where(DefinitionRow.process == process).order_by(DefinitionRow.number.desc()).limit(1)
    ).first()
    if row is not None:
        recall_newest(work, process, row.ref)
    return row
