"""Folders of backups: room on the disk, one writer at a time, names, and what a cut-off backup left."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from domain.errors import Conflict
from domain.text import Text
from domain.text import gettext as _

UNFINISHED = ".part"
UNCHECKED = ".restoring"  # inside a new home: what was restored and is not checked yet
STAMP = "%Y%m%dT%H%M%SZ"
NAME = re.compile(r"[0-9a-z]{8}-(\d{8}T\d{6}Z)")
SHORT = 8
SPARE = 32_000_000  # bytes that stay free whatever is written


class BackupRefused(Conflict):
    """A backup cannot be made, read or restored; the sentence says which part and what to do."""


def megabytes(size: int) -> str:
    """A size for people: "12.3 MB"."""
    return f"{size / 1_000_000:,.1f} MB"


def need_room(folder: Path, needed: int, what: Text) -> None:
    """Go on only where the disk has room for `needed` bytes and some more. Raises BackupRefused with the figures."""
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE:
        raise BackupRefused(
            _("%(what)s needs %(needed)s in %(folder)s and there are %(free)s. Make room, or name another folder.",
              what=what, needed=megabytes(needed + SPARE), folder=folder, free=megabytes(free))
        )  # fmt: skip


@contextmanager
def alone_in(place: Path, short: str) -> Iterator[None]:
    """One backup of a home at a time in a folder. Raises BackupRefused while another is being made."""
    lock = place / f".{short}.lock"
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            raise BackupRefused(
                _("Another backup of this home is being made in %(folder)s. Wait for its end.", folder=place)
            ) from problem
        yield


def clear_unfinished(place: Path, short: str) -> int:
    """Remove what killed backups of this home left. How many."""
    left = [path for path in place.glob(f".{short}-*{UNFINISHED}") if path.is_dir()]
    for path in left:
        shutil.rmtree(path)
    return len(left)


def new_names(place: Path, short: str, now: datetime) -> tuple[Path, Path]:
    """The folder a backup is written in, and the one it becomes when it is complete. Neither is made here."""
    while (place / f"{short}-{now:{STAMP}}").exists():
        now += timedelta(seconds=1)
    final = place / f"{short}-{now:{STAMP}}"
    return place / f".{final.name}{UNFINISHED}", final


def stamped(place: Path) -> list[Path]:
    """Folders in `place` named like complete backups, oldest first."""
    found = [(match[1], path) for path in place.iterdir() if (match := NAME.fullmatch(path.name)) and path.is_dir()]
    return [path for _stamp, path in sorted(found)]


def sync_tree(folder: Path) -> None:
    """Make the entries of a folder and its subfolders durable; the files' bytes are synced by who wrote them."""
    for path in (*sorted(one for one in folder.rglob("*") if one.is_dir()), folder):
        sync_folder(path)


def sync_folder(folder: Path) -> None:
    """Make the entries of one folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_durably(path: Path, content: bytes) -> None:
    """Write a small file, readable by its owner alone, and wait until it is on the disk."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
