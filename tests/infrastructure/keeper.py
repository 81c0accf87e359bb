"""Keeps one private PostgreSQL cluster alive for one test run, and ends with it.

Started by `databases.py` as `python keeper.py FOLDER OWNER_PID BIN`: makes the cluster in FOLDER, writes FOLDER/ready
(or FOLDER/failed with the reason), then waits until it is told to stop or the test run is gone, however that
ended. It alone starts and stops the server, so nothing outlives a killed run.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    # each database lives for a second
    "autovacuum": "off",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "max_wal_size": "512MB",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}


def unprivileged() -> dict[str, object]:
    """Arguments of subprocess that give up root, which PostgreSQL refuses to run as; nothing for other users."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    account = names.get("postgres") or names["nobody"]
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def give(folder: Path, account: dict[str, object]) -> None:
    """Hand a folder to the account the server runs under."""
    folder.mkdir(mode=0o700)
    if account:
        os.chown(folder, int(str(account["user"])), int(str(account["group"])))


def start(folder: Path, binaries: Path) -> subprocess.Popen[bytes]:
    """A fresh cluster in `folder`/data with its socket in `folder`/s. Raises CalledProcessError with initdb's words."""
    account = unprivileged()
    data, socket = folder / "data", folder / "s"
    for made in (data, socket):
        give(made, account)
    init = [binaries / "initdb", "-D", data, "-U", "hedui", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    subprocess.run(init, check=True, capture_output=True, cwd="/", **account)  # type: ignore[call-overload]
    options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(  # type: ignore[call-overload]
            [binaries / "postgres", "-D", data, "-k", socket, *options],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **account,
        )


def answers(folder: Path, binaries: Path) -> bool:
    """Whether the server takes connections."""
    command = [str(binaries / "pg_isready"), "-q", "-h", str(folder / "s")]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def alive(pid: int) -> bool:
    """Whether a process of this number exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def keep(folder: Path, owner: int, binaries: Path) -> None:
    """Run the cluster until told to stop or until `owner` is gone; then remove `folder`."""
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: stopping.append(received))
    try:
        server = start(folder, binaries)
    except (OSError, subprocess.CalledProcessError) as reason:
        said = getattr(reason, "stderr", None) or str(reason).encode()
        (folder / "failed").write_bytes(said)
        return
    try:
        while server.poll() is None and not answers(folder, binaries):
            time.sleep(0.1)
        if server.poll() is not None:
            (folder / "failed").write_bytes((folder / "log").read_bytes())
            return
        (folder / "ready").touch()
        while not stopping and alive(owner) and server.poll() is None:
            time.sleep(0.2)
    finally:
        if server.poll() is None:
            server.send_signal(signal.SIGQUIT)  # at once: nothing in it is worth keeping
            server.wait(10)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
