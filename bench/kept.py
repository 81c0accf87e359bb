"""Databases that a bench fills once and uses again: a SQLite home, or one in a PostgreSQL cluster of its own."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tests.infrastructure import keeper
from tests.infrastructure.databases import POSTGRESQL, SQLITE, Place, binaries

# as on a small server: every commit waits for the disk
SETTINGS = {
    "listen_addresses": "", "jit": "off", "max_connections": "100", "shared_buffers": "1GB", "max_wal_size": "4GB",
    "maintenance_work_mem": "256MB", "timezone": "UTC", "wal_level": "minimal", "max_wal_senders": "0",
}  # fmt: skip


@contextmanager
def places(keep: Path, wanted: str) -> Iterator[Kept]:
    """The places in `keep` of one kind of database; a PostgreSQL server runs as long as the block lasts."""
    keep.mkdir(parents=True, exist_ok=True)
    keep.chmod(0o711)
    if wanted == SQLITE:
        yield Kept(keep, wanted)
        return
    cluster = keep / "pg"
    server = _start(cluster)
    try:
        while not keeper.answers(cluster, binaries()):
            if server.poll() is not None:
                raise RuntimeError((cluster / "log").read_text(errors="replace")[-2000:])
            time.sleep(0.1)
        yield Kept(keep, wanted, server.pid)
    finally:
        server.send_signal(2)  # fast: what was committed stays
        server.wait(120)


class Kept:
    """Where the homes of one kind stand."""

    def __init__(self, keep: Path, kind: str, server: int = 0) -> None:
        self.keep, self.kind, self.server = keep, kind, server

    def place(self, name: str) -> Place:
        """The home of this name; its database is made if need be."""
        home = self.keep / f"{self.kind}-{name}"
        if self.kind == SQLITE:
            return Place(SQLITE, f"sqlite:///{home / 'hedui.db'}", home)
        socket = self.keep / "pg" / "s"
        with psycopg.connect(f"user=hedui host={socket} dbname=postgres", autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [f"bench_{name}"]).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(f"bench_{name}")))
        return Place(POSTGRESQL, f"postgresql+psycopg://hedui@/bench_{name}?host={socket}", home)

    def forget(self, name: str) -> None:
        """Drop what a fill that was cut off has left."""
        if self.kind == POSTGRESQL:
            socket = self.keep / "pg" / "s"
            with psycopg.connect(f"user=hedui host={socket} dbname=postgres", autocommit=True) as connection:
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(f"bench_{name}")))


def _start(cluster: Path) -> subprocess.Popen[bytes]:
    account, programs = keeper.unprivileged(), binaries()
    data, socket = cluster / "data", cluster / "s"
    if not cluster.exists():
        cluster.mkdir(mode=0o711)
        for made in (data, socket):
            keeper.give(made, account)
        init = [programs / "initdb", "-D", data, "-U", "hedui", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(init, check=True, capture_output=True, cwd="/", **account)  # type: ignore[call-overload]
    options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    with (cluster / "log").open("wb") as log:
        return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
            [programs / "postgres", "-D", data, "-k", socket, *options],
            cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **account,
        )  # fmt: skip


def size_of(place: Place) -> str:
    """How large the database is."""
    if place.kind == SQLITE:
        return f"{os.path.getsize(place.home / 'hedui.db') / 1e9:.1f} GB"
    address = place.url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(address) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return f"{(row[0] if row else 0) / 1e9:.1f} GB"
