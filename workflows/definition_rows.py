"""What is kept of definitions: parts of bundles by digest, deployed versions, proposals, drafts and their revisions.

A part is stored once, whatever the number of versions, proposals and revisions that hold it; nothing of a part is
ever changed or deleted. Manifests map a path inside the bundle to the digest of its bytes.

Locks are taken in one order, or two owners could wait for each other: the process, a proposal, a draft, parts, and
the journal last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Code, Key, Label, Ref
from domain.vault import fingerprint
from domain.work import Work

NOTE = 500  # characters a note may have
HIGHEST = 2**31 - 1  # number that a column holds; addresses may ask for any
LOCK_ROOM = 484_920  # the first half of the advisory locks of `lock_process`


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
    note: Mapped[str] = mapped_column(String(NOTE), default="")
    shipped: Mapped[bool]
    proposed_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    approved_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    deployed_at: Mapped[datetime]


class DefinitionProposal(Base):
    """A checked bundle that waits for a second owner.

    state: OPEN, APPROVED (in force or was), RETURNED by a second owner with a reason, WITHDRAWN by its proposer.
    base_number: the version its author started from. draft_id, revision: the draft it was made from, if any.
    """

    __tablename__ = "definition_proposal"
    __table_args__ = (
        CheckConstraint("state IN ('OPEN','APPROVED','RETURNED','WITHDRAWN')", name="state"),
        CheckConstraint("state NOT IN ('APPROVED','RETURNED') OR decided_by <> proposed_by", name="four_eyes"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    process: Mapped[Code] = mapped_column(index=True)
    digest: Mapped[str] = mapped_column(String(64))
    manifest: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(String(NOTE), default="")
    state: Mapped[str] = mapped_column(String(12), default="OPEN")
    proposed_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    proposed_at: Mapped[datetime]
    draft_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("definition_draft.id"))
    revision: Mapped[int | None]
    base_number: Mapped[int | None]
    decided_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str] = mapped_column(String(NOTE), default="", server_default=text("''"))


class DefinitionDraft(Base):
    """What the owners of one process are working on; at most one draft of a process is OPEN.

    base_number: the version it started from, None for a new process. head: its newest revision that counts.
    created_by is None for what an upgrade of the program brought.
    """

    __tablename__ = "definition_draft"
    __table_args__ = (
        CheckConstraint("state IN ('OPEN','CLOSED')", name="state"),
        Index(
            "uq_definition_draft_open",
            "process",
            unique=True,
            sqlite_where=text("state = 'OPEN'"),
            postgresql_where=text("state = 'OPEN'"),
        ),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    process: Mapped[Code]
    base_number: Mapped[int | None]
    head: Mapped[int]
    state: Mapped[str] = mapped_column(String(8), default="OPEN")
    created_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    created_at: Mapped[datetime]


class DefinitionDraftRevision(Base):
    """One saved state of a draft; never changed. parent: the revision it was made from. aside: beside the head.

    author_id is None for what an upgrade of the program brought; shipped: it is that, to the byte.
    """

    __tablename__ = "definition_draft_revision"
    __table_args__ = (UniqueConstraint("draft_id", "number"),)

    id: Mapped[Key]
    draft_id: Mapped[int] = mapped_column(BigKey, ForeignKey("definition_draft.id"))
    number: Mapped[int]
    parent: Mapped[int | None]
    aside: Mapped[bool] = mapped_column(default=False)
    manifest: Mapped[dict[str, Any]]
    digest: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(NOTE), default="")
    author_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    saved_at: Mapped[datetime]
    shipped: Mapped[bool] = mapped_column(default=False)


class DraftPresence(Base):
    """Who has a draft open in an editor, in machine time; `part` is the file."""

    __tablename__ = "draft_presence"
    __table_args__ = (UniqueConstraint("draft_id", "account_id"),)

    id: Mapped[Key]
    draft_id: Mapped[int] = mapped_column(BigKey, ForeignKey("definition_draft.id"))
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    part: Mapped[Label]
    seen_at: Mapped[datetime]


def lock_process(work: Work, process: str) -> None:
    """Whoever begins a draft or deploys a version of a process waits for whoever does so now.

    SQLite has one writer at a time anyway. Taken before any row of the process is locked.
    """
    if work.session.get_bind().dialect.name == "postgresql":
        statement = text("SELECT pg_advisory_xact_lock(:room, hashtext(:process))")
        work.session.execute(statement, {"room": LOCK_ROOM, "process": process})


def keep_parts(work: Work, contents: Iterable[bytes]) -> None:
    """Store every content that is not stored yet; two who store the same at once both succeed."""
    work.session.flush()
    insert = postgresql.insert if work.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    wanted = {fingerprint(content): content for content in contents}
    known = set(work.session.scalars(select(DefinitionPart.digest).where(DefinitionPart.digest.in_(wanted.keys()))))
    for digest in sorted(wanted.keys() - known):  # in one order, or two writers could wait for each other
        statement = insert(DefinitionPart).values(digest=digest, content=wanted[digest])
        work.session.execute(statement.on_conflict_do_nothing(index_elements=["digest"]))


def parts_of(work: Work, manifest: Mapping[str, str]) -> dict[str, bytes]:
    """Path -> bytes of a manifest."""
    rows = work.session.execute(
        select(DefinitionPart.digest, DefinitionPart.content).where(DefinitionPart.digest.in_(manifest.values()))
    )
    content = {digest: part for digest, part in rows}  # noqa: C416  dict() takes a Result for a mapping
    return {path: content[digest] for path, digest in manifest.items()}


def sizes_of(work: Work, manifest: Mapping[str, str]) -> dict[str, int]:
    """Digest -> bytes of the parts of a manifest, which are not read for it."""
    rows = work.session.execute(
        select(DefinitionPart.digest, func.length(DefinitionPart.content)).where(
            DefinitionPart.digest.in_(manifest.values())
        )
    )
    return {digest: size for digest, size in rows}  # noqa: C416  dict() takes a Result for a mapping
