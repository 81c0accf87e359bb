"""A worker process whose slow operation takes its time: `python -m tests.torture.hand FOLDER HOST SECONDS ROWS`.

It works on the home that its environment names. FOLDER: where it notes each beginning of the slow operation, as a file
named by its process. HOST: the machine it says it runs on; nobody elsewhere can see whether it lives. SECONDS: how long
the operation takes. ROWS: what it brings, so that a test sees whose result was recorded.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

from domain import logs
from domain.clock import pause
from domain.home import Home, open_home
from domain.settings import Settings
from scheduler import tick, worker
from tests.torture.drawn import SLOW
from workflows import registry

LEASE = timedelta(seconds=3)


class Slow:
    """Notes that it began, and takes its time."""

    def __init__(self, folder: Path, seconds: float, rows: int) -> None:
        self.folder, self.seconds, self.rows = folder, seconds, rows

    def gather(self, call: registry.Call) -> Any:
        return call.step_id

    def perform(self, _home: Home, _plan: Any) -> Any:
        (self.folder / f"{os.getpid()}").touch()
        pause(self.seconds)
        return {"rows": self.rows}

    def record(self, _call: registry.Call, result: Any) -> dict[str, Any]:
        return dict(result)


def main(folder: str, host: str, seconds: str, rows: str) -> None:
    """Work until told to stop."""
    logs.set_up("INFO")
    entries = registry.operations()
    assert isinstance(entries, dict)
    entries[SLOW] = registry.Operation(SLOW, "Asked", "slow", Slow(Path(folder), float(seconds), int(rows)))
    tick.LEASE = LEASE
    if host:
        tick.worker_id = lambda: f"{host}:{os.getpid()}:1"
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_about: stop.set())
    worker.run(open_home(Settings.from_env(os.environ)), stop)


if __name__ == "__main__":
    main(*sys.argv[1:])
