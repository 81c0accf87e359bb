"""The manifest of a backup: what it holds, and how a changed, damaged or foreign backup is told from a whole one.

`manifest.json` names every file with its size and SHA-256, every table with its rows, and the journal's heads.
`manifest.mac` beside it carries the manifest's own SHA-256 and a keyed hash under a purpose key of the home: whoever
changes a backup cannot make both. Neither holds a key; fingerprints tell which keys the backup needs.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect

from cli.backup_folders import BackupRefused, write_durably
from domain import revision
from domain.text import gettext as _
from domain.vault import Vault

FORMAT = 1
MANIFEST = "manifest.json"
MAC = "manifest.mac"
FILES = "files"
PURPOSE = "backup"
STORED = re.compile(r"[0-9a-z]{3,64}")
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a backup: bytes, and SHA-256 in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class State:
    """A database at one instant: revision, rows of every table, and the journal.

    journal: entries; streams; heads (SHA-256 over all of them, hex); seal and seal_mac of the last one.
    """

    revision: str
    tables: dict[str, int]
    journal: dict[str, Any]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(self.tables.values())


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    founded_at: when the home's founding was done; engine: "sqlite" or "postgresql"; server: its major version, 0 for
    SQLite; program: version that made it; run: ref of its row; started_at, ended_at: machine time. Instants are ISO
    8601. database: the one file of the database; files: stored files by their name in the store; keys: id of every
    key it needs, with its fingerprint.
    """

    home_ref: str
    kind: str
    founded_at: str
    engine: str
    server: int
    program: str
    run: str
    started_at: str
    ended_at: str
    state: State
    database_name: str
    database: Entry
    files: dict[str, Entry]
    keys: dict[str, str]
    format: int = FORMAT

    @property
    def bytes(self) -> int:
        """Size of all it holds."""
        return self.database.size + sum(entry.size for entry in self.files.values())


def state_of(connection: Connection) -> State:
    """Count every table and read the journal's heads. Raw SQL: also a database of an older revision is counted."""
    quote = connection.dialect.identifier_preparer.quote
    tables = {
        name: int(connection.exec_driver_sql(f"SELECT count(*) FROM {quote(name)}").scalar() or 0)  # noqa: S608
        for name in sorted(inspect(connection).get_table_names())
    }
    revision_here = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    heads = hashlib.sha256()
    for kind, subject, seq, head in connection.exec_driver_sql(
        "SELECT kind, subject, seq, head FROM journal_stream ORDER BY id"
    ):
        heads.update(f"{kind}|{subject}|{seq}|{bytes(head).hex()}\n".encode())
    seal = connection.exec_driver_sql("SELECT id, mac FROM journal_seal ORDER BY id DESC LIMIT 1").first()
    journal = {
        "entries": tables["journal_entry"],
        "streams": tables["journal_stream"],
        "heads": heads.hexdigest(),
        "seal": seal[0] if seal else 0,
        "seal_mac": bytes(seal[1]).hex() if seal else "",
    }
    return State(str(revision_here), tables, journal)


def digest_of(path: Path) -> Entry:
    """Size and SHA-256 of a file."""
    with path.open("rb") as file:
        made = hashlib.file_digest(file, "sha256")
    return Entry(path.stat().st_size, made.hexdigest())


def write(folder: Path, manifest: Manifest, vault: Vault) -> None:
    """Write manifest and keyed hash, durably; from now on the folder says that it is complete."""
    content = json.dumps(asdict(manifest), ensure_ascii=False, sort_keys=True, indent=1).encode()
    write_durably(folder / MANIFEST, content)
    proof = {"sha256": hashlib.sha256(content).hexdigest(), "hmac": vault.mac(PURPOSE, content).hex()}
    write_durably(folder / MAC, json.dumps(proof).encode())


def read(folder: Path, vault: Vault) -> Manifest:
    """The manifest of a complete backup, believed only after its keyed hash.

    Raises BackupRefused for an incomplete, changed or newer one, and for keys that are not its keys.
    """
    try:
        content = (folder / MANIFEST).read_bytes()
        proof = json.loads((folder / MAC).read_bytes())
        told = json.loads(content)
    except FileNotFoundError as problem:
        raise BackupRefused(
            _("%(folder)s is no complete backup (%(file)s is missing): it was cut off, or is another folder. Take"
              " another backup.", folder=folder, file=Path(problem.filename).name)
        ) from problem  # fmt: skip
    except (OSError, ValueError) as problem:
        raise changed(folder, MANIFEST) from problem
    if not isinstance(proof, dict) or proof.get("sha256") != hashlib.sha256(content).hexdigest():
        raise changed(folder, MANIFEST)
    if not isinstance(told, dict) or not isinstance(told.get("format"), int):
        raise changed(folder, MANIFEST)
    _fits_program(told)
    _fits_keys(told, vault)
    if not hmac.compare_digest(str(proof.get("hmac", "")).encode(), vault.mac(PURPOSE, content).hex().encode()):
        raise changed(folder, MANIFEST)
    return _parsed(told)


def changed(folder: Path, name: str) -> BackupRefused:
    """What to say of a file that is not what was backed up."""
    return BackupRefused(
        _("%(file)s of the backup %(folder)s is missing, damaged or was changed. Take another backup, or bring this"
          " file from another copy of the same one.", file=name, folder=folder)
    )  # fmt: skip


def _fits_program(told: Mapping[str, Any]) -> None:
    state = told.get("state")
    here = state.get("revision", "") if isinstance(state, dict) else ""
    if told.get("format", 0) > FORMAT or not revision.known(str(here)):
        raise BackupRefused(
            _("This backup was made by a newer version of the program (%(program)s, tables %(revision)s). Restore it"
              " with that version.", program=told.get("program", "?"), revision=here)
        )  # fmt: skip


def _fits_keys(told: Mapping[str, Any], vault: Vault) -> None:
    held = {str(i): mark for i, mark in vault.fingerprints().items()}
    wanted = told.get("keys")
    if not isinstance(wanted, dict) or any(held.get(i) != mark for i, mark in wanted.items()):
        raise BackupRefused(
            _("These are not the keys of this backup: nothing in it could be read. Point HEDUI_KEYS at the folder of"
              " the keys.json that the home had when the backup was made.")
        )  # fmt: skip


def _parsed(told: dict[str, Any]) -> Manifest:
    files = {name: Entry(**entry) for name, entry in told["files"].items()}
    for name in files:
        if not STORED.fullmatch(name):
            raise BackupRefused(_("The backup names a file that cannot be one: %(file)s.", file=name[:40]))
    return Manifest(**{
        **told, "files": files, "database": Entry(**told["database"]), "state": State(**told["state"]),
    })  # fmt: skip
