"""Programs of ours in processes of their own, begun in a tenth of the time: forked from one that has imported them.

`run` and `Process` are what `subprocess.run` and `subprocess.Popen` are. How a bare `python -m …` starts, and how soon,
is held by the tests that start one (tests/cli, tests/webapp/test_serve.py).
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
# program -> what it imports before it looks at its words
PROGRAMS = {"cli": "cli.shell", "webapp.serve": "webapp.serve"}
PATIENCE = 120.0  # seconds a nursery may take to import on a busy machine


@cache
def _nursery(module: str, _owner: int) -> Path:
    """The socket of the process that forks this program; one a worker, until the worker ends."""
    folder = Path(tempfile.mkdtemp(prefix="hedui-n-", dir="/tmp" if os.access("/tmp", os.W_OK) else None))
    address, script = folder / "s", Path(__file__).with_name("nursery.py")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    begun = subprocess.Popen([sys.executable, str(script), str(address), module], cwd=ROOT, env=environment,
                             stdin=subprocess.PIPE)  # fmt: skip

    def end() -> None:
        assert begun.stdin
        begun.stdin.close()
        begun.wait(20)
        address.unlink(missing_ok=True)
        folder.rmdir()

    atexit.register(end)
    return address


def _connected(module: str) -> socket.socket:
    address = _nursery(module, os.getpid())
    deadline = time.monotonic() + PATIENCE
    while True:
        asking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            asking.connect(str(address))
            return asking
        except (FileNotFoundError, ConnectionRefusedError):
            asking.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


class Process:
    """A program that runs: `python -m program words` with these standard files (numbers of open files)."""

    def __init__(
        self, program: str, words: Sequence[str], environment: Mapping[str, str], files: tuple[int, int, int]
    ) -> None:
        self.returncode: int | None = None
        self.args = [program, *words]
        self._told = b""
        self._asking = _connected(PROGRAMS[program])
        request = {"module": program, "words": list(words), "folder": str(ROOT), "environment": dict(environment)}
        socket.send_fds(self._asking, [json.dumps(request).encode()], list(files))
        while b"\n" not in self._told:
            self._hear(PATIENCE)
        number, _, self._told = self._told.partition(b"\n")
        self.pid = int(number)

    def _hear(self, seconds: float) -> None:
        """Raises TimeoutExpired when nothing was said."""
        self._asking.settimeout(seconds)
        try:
            said = self._asking.recv(100)
        except (TimeoutError, BlockingIOError):
            raise subprocess.TimeoutExpired(self.args, seconds) from None
        assert said, "the nursery is gone"
        self._told += said

    def wait(self, timeout: float | None = None) -> int:
        """How it ended: the exit code, or the signal's number below zero. Raises TimeoutExpired."""
        while self.returncode is None:
            self._hear(PATIENCE if timeout is None else timeout)
            if self._told.endswith(b"\n"):
                self.returncode = int(self._told)
                self._asking.close()
        return self.returncode

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def start(program: str, *words: str, env: Mapping[str, str], stderr: IO[bytes]) -> Process:
    """Begin a program that speaks into a file."""
    with open(os.devnull, "r+b") as nothing:
        return Process(program, words, env, (nothing.fileno(), nothing.fileno(), stderr.fileno()))


def run(program: str, *words: str, env: Mapping[str, str], timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run a program to its end. Raises TimeoutExpired, and the program is dead then."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, open(os.devnull, "rb") as nothing:
        process = Process(program, words, env, (nothing.fileno(), out.fileno(), err.fileno()))
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(process.args, code, out.read().decode(), err.read().decode())
