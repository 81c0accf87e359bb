"""Definitions: numbered, immutable, content-addressed versions of a bundle. The database alone is the truth.

A version is proposed by one process owner and put in force by another (separation of duties). New cases
take the newest version; running cases keep theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

import decisions
from domain import journal
from domain.base import Base, BigKey, Code, Key, Label, Ref
from domain.errors import Conflict, NotFound, NotPermitted
from domain.parties import permissions
from domain.text import gettext as _
from domain.vault import fingerprint
from domain.work import Work
from workflows import bundles, engine, forms
from workflows.bundles import Bundle, Checked


class DefinitionPart(Base):
    """The bytes of one file, stored once whatever the number of versions that hold it."""

    __tablename__ = "definition_part"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class DefinitionRow(Base):
    """One deployed version. `manifest` maps path to digest. A shipped version has no proposer."""

    __tablename__ = "definition"
    __table_args__ = (
        UniqueConstraint("process", "number"),
        Index("ix_definition_process", "process", "number"),
        CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="four_eyes"),
        CheckConstraint("shipped = (proposed_by IS NULL)", name="shipped_or_proposed"),
        CheckConstraint("(proposed_by IS NULL) = (approved_by IS NULL)", name="approved"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    process: Mapped[Code]
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    manifest: Mapped[dict[str, Any]]
    title: Mapped[Label]
    title_en: Mapped[Label]
    note: Mapped[str] = mapped_column(String(500), default="")
    shipped: Mapped[bool]
    proposed_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    approved_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    deployed_at: Mapped[datetime]


class DefinitionProposal(Base):
    """A checked bundle that waits for a second owner. state: OPEN, APPROVED, WITHDRAWN."""

    __tablename__ = "definition_proposal"
    __table_args__ = (CheckConstraint("state IN ('OPEN','APPROVED','WITHDRAWN')", name="state"),)

    id: Mapped[Key]
    ref: Mapped[Ref]
    process: Mapped[Code] = mapped_column(index=True)
    digest: Mapped[str] = mapped_column(String(64))
    manifest: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(String(500), default="")
    state: Mapped[str] = mapped_column(String(12), default="OPEN")
    proposed_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    proposed_at: Mapped[datetime]


@dataclass(frozen=True)
class Deployed:
    """What came of a deployment: the version in force; `outcome` is "deployed" or "unchanged"."""

    process: str
    number: int
    outcome: str


@dataclass(frozen=True)
class Definition:
    """A deployed version ready to run: the parsed drawing, forms and tables, cached by digest."""

    row_id: int
    process: str
    number: int
    title: str
    title_en: str
    bundle: Bundle

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
    def stages(self) -> tuple[tuple[str, str, str], ...]:
        """The stepper: (code, Chinese label, English label)."""
        rows = self.bundle.sheet.get("stages") or []
        return tuple((str(r["code"]), str(r["label"]), str(r["label_en"])) for r in rows)


@lru_cache(maxsize=64)
def _diagram(source: bytes) -> engine.Diagram:
    return engine.read_diagram(source)


@lru_cache(maxsize=512)
def _form(source: bytes, key: str) -> forms.FormSpec:
    return forms.parse(source, key, f"forms/{key}.form")


@lru_cache(maxsize=128)
def _table(source: bytes) -> decisions.Model:
    return decisions.load(source)


def ship(work: Work, checked: Checked) -> Deployed:
    """Deploy a bundle the product ships into a home that has no version of it yet (walls 5).

    A home that has one keeps it: an upgrade never deploys over an owner's version.
    """
    bundle = checked.bundle
    current = _newest(work, bundle.key)
    if current is not None:
        return Deployed(bundle.key, current.number, "unchanged")
    row = _deploy(work, bundle, note="", proposed_by=None, approved_by=None)
    return Deployed(bundle.key, row.number, "deployed")


def propose(work: Work, checked: Checked, *, note: str) -> DefinitionProposal:
    """Lay a checked bundle before a second owner. Raises NotPermitted, Conflict when it is in force already."""
    permissions.must(work.actor, "process.propose")
    bundle = checked.bundle
    current = _newest(work, bundle.key)
    if current is not None and current.digest == bundle.digest:
        raise Conflict(_("Version %(number)s in force is the same already.", number=current.number))
    _keep_parts(work, bundle)
    row = DefinitionProposal(
        process=bundle.key,
        digest=bundle.digest,
        manifest=bundle.manifest,
        note=note,
        proposed_by=work.actor.person(),
        proposed_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    journal.record(work, "definition.proposed", row.ref, {"digest": row.digest}, stream=("definition", row.process))
    return row


def approve(work: Work, proposal_ref: str) -> Deployed:
    """Put a proposal in force. Raises NotPermitted for the proposer, Conflict when it is no longer open."""
    permissions.must(work.actor, "process.approve")
    row = work.session.scalars(
        select(DefinitionProposal).where(DefinitionProposal.ref == proposal_ref).with_for_update()
    ).first()
    if row is None:
        raise NotFound(_("There is no such proposal."))
    if row.state != "OPEN":
        raise Conflict(_("This proposal was dealt with already."))
    if row.proposed_by == work.actor.user_id:
        raise NotPermitted(_("Who proposed a version cannot approve it. Ask another process owner."))
    bundle = Bundle(row.process, _parts(work, row.manifest))
    made = _deploy(work, bundle, note=row.note, proposed_by=row.proposed_by, approved_by=work.actor.person())
    row.state = "APPROVED"
    return Deployed(row.process, made.number, "deployed")


def open_proposals(work: Work) -> Sequence[DefinitionProposal]:
    """Proposals that wait for a second owner, oldest first."""
    permissions.must(work.actor, "process.read")
    return work.session.scalars(
        select(DefinitionProposal).where(DefinitionProposal.state == "OPEN").order_by(DefinitionProposal.id)
    ).all()


def in_force(work: Work, process: str) -> Definition:
    """The newest version of a process. Raises NotFound."""
    row = _newest(work, process)
    if row is None:
        raise NotFound(_("The process %(process)s is not deployed here.", process=process))
    return _load(work, row)


def by_id(work: Work, definition_id: int) -> Definition:
    """The version with this key (a case's own). Raises NotFound."""
    row = work.session.get(DefinitionRow, definition_id)
    if row is None:
        raise NotFound(_("The version of the process that this case runs on is missing."))
    return _load(work, row)


def versions(work: Work) -> Sequence[DefinitionRow]:
    """Every deployed version, newest first within each process."""
    return work.session.scalars(
        select(DefinitionRow).order_by(DefinitionRow.process, DefinitionRow.number.desc())
    ).all()


# A version never changes once deployed, so a process may keep it for good.
_loaded: dict[tuple[str, int], Definition] = {}


def _load(work: Work, row: DefinitionRow) -> Definition:
    place = (row.ref, row.id)
    found = _loaded.get(place)
    if found is None:
        bundle = Bundle(row.process, _parts(work, row.manifest))
        found = Definition(row.id, row.process, row.number, row.title, row.title_en, bundle)
        _loaded[place] = found
    return found


def _newest(work: Work, process: str) -> DefinitionRow | None:
    return work.session.scalars(
        select(DefinitionRow).where(DefinitionRow.process == process).order_by(DefinitionRow.number.desc()).limit(1)
    ).first()


def _deploy(
    work: Work, bundle: Bundle, *, note: str, proposed_by: int | None, approved_by: int | None
) -> DefinitionRow:
    _keep_parts(work, bundle)
    current = _newest(work, bundle.key)
    row = DefinitionRow(
        process=bundle.key,
        number=current.number + 1 if current else 1,
        digest=bundle.digest,
        manifest=bundle.manifest,
        title=str(bundle.sheet["title"]),
        title_en=str(bundle.sheet["title_en"]),
        note=note,
        shipped=proposed_by is None,
        proposed_by=proposed_by,
        approved_by=approved_by,
        deployed_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    body = {"number": row.number, "digest": row.digest}
    journal.record(work, "definition.deployed", row.ref, body, stream=("definition", row.process))
    return row


def _keep_parts(work: Work, bundle: Bundle) -> None:
    wanted = {fingerprint(content): content for content in bundle.files.values()}
    known = set(work.session.scalars(select(DefinitionPart.digest).where(DefinitionPart.digest.in_(wanted.keys()))))
    for digest, content in wanted.items():
        if digest not in known:
            work.session.add(DefinitionPart(digest=digest, content=content))
    work.session.flush()


def _parts(work: Work, manifest: dict[str, Any]) -> dict[str, bytes]:
    rows = work.session.execute(
        select(DefinitionPart.digest, DefinitionPart.content).where(DefinitionPart.digest.in_(manifest.values()))
    )
    content = {digest: part for digest, part in rows}  # noqa: C416  dict() takes a Result for a mapping
    return {path: content[digest] for path, digest in manifest.items()}
