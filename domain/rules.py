"""The rules in force, out of the database: policy files as deployed, snapshots kept by cases, and due instants.

Files under `policies/` are what the product ships; at init they are deployed here, and this is the truth at run
time (walls 5). A case points at the snapshot of its start day; equal rules share one row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import LargeBinary, String, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import agenda, journal
from domain.base import Base, Key
from domain.cases import Case
from domain.clock import office_day
from domain.errors import Conflict
from domain.parties import organisations
from domain.policy import PolicySnapshot
from domain.policy_calendar import load_calendar_year
from domain.policy_shipped import TABLE, Rules, assemble
from domain.prepared import Prepared
from domain.text import gettext as _
from domain.vault import fingerprint
from domain.work import Work
from domain.workdays import Derivation, Term

RECOMPUTE = "terms.recompute"
IN_FORCE = ("rules", "in force")  # where a work remembers them
STATUTORY, INTERNAL, NONE = "STATUTORY", "INTERNAL", "NONE"


class PolicyFile(Base):
    """One deployed file of `policies/`."""

    __tablename__ = "policy_file"

    id: Mapped[Key]
    path: Mapped[str] = mapped_column(String(160), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    deployed_at: Mapped[datetime]


class PolicySnapshotRow(Base):
    """Resolved rules of a chain of jurisdictions on a day, as `Policies.snapshot` gives them."""

    __tablename__ = "policy_snapshot"

    id: Mapped[Key]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    data: Mapped[dict[str, Any]]


class PolicyTable(Base):
    """A decision table that was in force somewhere, by its digest (SHA-256 hex); never changed: cases stand on it."""

    __tablename__ = "policy_table"

    id: Mapped[Key]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    deployed_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Due:
    """A due instant with how it came about. kind: STATUTORY, INTERNAL or NONE (no limit: at is None)."""

    at: datetime | None
    derivation: dict[str, Any] | None
    kind: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class LocalTable:
    """A jurisdiction's own decision table. digest: SHA-256 (hex) of its content."""

    jurisdiction: str
    digest: str
    content: bytes


NO_LIMIT = Due(None, None, NONE)


def deploy(work: Work, files: Mapping[str, bytes]) -> Rules:
    """Put policy files in force. Raises PolicyRefused before anything is written."""
    rules = assemble(files)
    before = current(work).calendar.version if work.session.scalar(select(PolicyFile.id).limit(1)) else ""
    known = {row.path: row for row in work.session.scalars(select(PolicyFile))}
    for path, content in files.items():
        digest = fingerprint(content)
        row = known.get(path)
        if row is None:
            row = PolicyFile(path=path, digest=digest, content=content, deployed_at=work.now)
            work.session.add(row)
        elif row.digest != digest:
            row.digest, row.content, row.deployed_at = digest, content, work.now
    _keep_tables(work, rules, files)
    work.session.flush()
    work.memory.pop(IN_FORCE, None)
    journal.record(work, "policies.deployed", "policies", {"files": len(files)})
    if before and before != rules.calendar.version:
        # terms that run were counted with the days known then
        payload = {"before": before}
        key = f"recompute:{rules.calendar.version}:0"
        agenda.put(work, RECOMPUTE, key, work.now, subject=rules.calendar.version, payload=payload)
    return rules


def _keep_tables(work: Work, rules: Rules, files: Mapping[str, bytes]) -> None:
    known = set(work.session.scalars(select(PolicyTable.digest)))
    for (place, name), digest in rules.tables.items():
        if digest not in known:
            known.add(digest)
            content = files[f"{place}/{name}{TABLE}"]
            work.session.add(PolicyTable(digest=digest, content=content, deployed_at=work.now))


def put_calendar(work: Work, source: bytes) -> Rules:
    """Put a year's arrangement of holidays in force in place of what stood for that year. Raises PolicyRefused."""
    year = load_calendar_year(source, "calendar").year
    files = {row.path: row.content for row in work.session.scalars(select(PolicyFile))}
    return deploy(work, {**files, f"calendars/cn-{year}.toml": source})


def put_table(work: Work, jurisdiction: str, name: str, source: bytes) -> str:
    """Put a jurisdiction's own decision table in force for cases that begin from now on; gives its digest.

    name: as its file is called, e.g. "doubts.dmn". Raises PolicyRefused.
    """
    files = {row.path: row.content for row in work.session.scalars(select(PolicyFile))}
    made = deploy(work, {**files, f"{jurisdiction}/{name}": source})
    return made.tables[jurisdiction, name.removesuffix(TABLE)]


# asked by every request, so past the session's own machinery
_PLACES = Prepared(select(PolicyFile.path, PolicyFile.digest).order_by(PolicyFile.path))


def current(work: Work) -> Rules:
    """The rules in force; one small query a work, the parsed rules are shared by digest."""
    known: Rules | None = work.memory.get(IN_FORCE)
    if known is None:
        known = work.memory[IN_FORCE] = _current(work)
    return known


def _current(work: Work) -> Rules:
    key = tuple((path, digest) for path, digest in _PLACES.all(work.connection, {}))
    found = _assembled.get(key)
    if found is None:
        rows = work.session.execute(select(PolicyFile.path, PolicyFile.content))
        found = assemble({path: content for path, content in rows})  # noqa: C416  dict() takes a Result for a mapping
        _assembled.clear()  # one home a process: only the newest set is of use
        _assembled[key] = found
    return found


# Parsed rules never change under one set of digests, so a process may share them.
_assembled: dict[tuple[tuple[str, str], ...], Rules] = {}


def jurisdictions(work: Work, org_id: int) -> tuple[str, ...]:
    """Jurisdictions whose rules hold for an office, nearest first, up to the nation, whether or not an office of
    each is registered here."""
    chain = organisations.jurisdiction_chain(work, org_id)
    above = current(work).policies.chain(chain[-1]) if chain else ()
    return tuple(dict.fromkeys((*chain, *above)))


def value(work: Work, org_id: int, key: str, on: date | None = None) -> Any:
    """The value of a policy for an office on a day (default: today). Raises NotFound, Conflict."""
    return current(work).policies.resolve(key, jurisdictions(work, org_id), on or work.today).value


def snapshot(work: Work, org_id: int) -> PolicySnapshotRow:
    """The rules that hold for an office today, stored once however many cases share them."""
    chain = jurisdictions(work, org_id)
    data = current(work).policies.snapshot(chain, work.today)
    digest, tables = data["digest"], _tables_of(current(work), chain)
    if tables:
        data = {**data, "tables": tables}
        digest = fingerprint(json.dumps([digest, tables], sort_keys=True).encode())
    row = work.session.scalars(select(PolicySnapshotRow).where(PolicySnapshotRow.digest == digest)).first()
    if row is None:
        row = PolicySnapshotRow(digest=digest, data=data)
        work.session.add(row)
        work.session.flush()
    return row


def _tables_of(rules: Rules, chain: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tables of the nearest place that has its own, by name; those of the process hold where none has."""
    found: dict[str, dict[str, str]] = {}
    for place in reversed(chain):
        found |= {n: {"jurisdiction": at, "digest": d} for (at, n), d in rules.tables.items() if at == place}
    return found


def table_of_case(work: Work, case: Case, name: str) -> LocalTable | None:
    """The decision table of a jurisdiction that a case was started under; None where the process's own holds.

    Raises Conflict when its content was changed outside the program.
    """
    row = work.session.get_one(PolicySnapshotRow, case.policy_snapshot_id)
    kept = row.data.get("tables", {}).get(name)
    if kept is None:
        return None
    content = work.session.scalars(select(PolicyTable.content).where(PolicyTable.digest == kept["digest"])).one()
    if fingerprint(content) != kept["digest"]:
        raise Conflict(_("The decision table kept with this case was changed outside the program. Tell the auditor."))
    return LocalTable(kept["jurisdiction"], kept["digest"], content)


def of_case(work: Work, case: Case) -> PolicySnapshot:
    """The rules a case was started under. Raises Conflict when they were changed outside the program."""
    row = work.session.get_one(PolicySnapshotRow, case.policy_snapshot_id)
    return PolicySnapshot(row.data)


def due(work: Work, case: Case, key: str, start: datetime | None = None, *, fallback: str = "") -> Due:
    """When something of a case is due under the policy `key`, counted from `start` (default: now).

    A key whose value is none gives the `fallback` key's term instead (an internal target), or no limit at all:
    where the law sets none, none is shown (X-03).
    """
    kept = of_case(work, case)
    resolved = kept.resolve(key)
    if resolved.value is None and fallback:
        resolved = kept.resolve(fallback)
    term = resolved.value
    if not isinstance(term, Term):
        return NO_LIMIT
    calendar = current(work).calendar
    made = Derivation(office_day(start or work.now), term, calendar.version, resolved.source_clause)
    kind = INTERNAL if resolved.internal else STATUTORY
    return Due(made.due(calendar), {**made.to_json(), "key": resolved.key, "kind": kind}, kind, resolved.source_clause)
