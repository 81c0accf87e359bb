"""Two kinds of children under one parent: the web and the worker (walls 16).

A child that ends is started again, later each time; Ctrl-C or SIGTERM ends them all within ten seconds; a parent
killed outright takes its children with it (on Linux, by the kernel).
"""

from __future__ import annotations

import argparse
import ctypes
import logging
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from types import FrameType

from domain.clock import pause, ticks
from domain.errors import Conflict
from domain.logs import Event
from domain.settings import Settings
from domain.text import gettext as _

LISTEN_FD = (
    "HEDUI_LISTEN_FD"  # environment: number of the shared listening socket, where there are several web processes
)
GRACE = 9.0  # seconds from the first signal until what still runs is killed: the whole ends within ten
FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
SETTLED = 60.0  # a child that lived so long begins again with the first delay
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

log = logging.getLogger("supervise")


@dataclass(frozen=True, slots=True)
class Program:
    """What one child runs; `pass_fds` stay open in it."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    pass_fds: tuple[int, ...] = ()


class Child:
    """One program, its process and when to start it again."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._due = 0.0
        self._delay = FIRST_DELAY

    def look(self) -> None:
        """Start the program when it does not run and its time has come."""
        if self._process is not None and (code := self._process.poll()) is not None:
            self._ended(code)
        if self._process is None and ticks() >= self._due:
            self._start()

    def running(self) -> bool:
        """Whether there is a live process."""
        return self._process is not None and self._process.poll() is None

    def send(self, number: int) -> None:
        """Signal the process and whatever it started in its own group."""
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):  # gone already: what was wanted
                os.killpg(self._process.pid, number)

    def _start(self) -> None:
        self._started = ticks()
        self._process = subprocess.Popen(
            self.program.command,
            env={**os.environ, **self.program.environment},
            stdin=subprocess.DEVNULL,
            pass_fds=self.program.pass_fds,
            # a group of its own: Ctrl-C reaches the parent alone, which then ends the children in order
            process_group=0,
            preexec_fn=_die_with_parent(),
        )
        log.info(Event("child.started", child=self.program.name, pid=self._process.pid))

    def _ended(self, code: int) -> None:
        self.send(signal.SIGKILL)  # leftovers of its group
        self._process = None
        if ticks() - self._started >= SETTLED:
            self._delay = FIRST_DELAY
        self._due = ticks() + self._delay
        log.warning(Event("child.ended", child=self.program.name, code=code, restart_in=round(self._delay, 1)))
        self._delay = min(self._delay * 2, LONGEST_DELAY)


def _die_with_parent() -> Callable[[], None] | None:
    """For a child on Linux: the kernel kills it when its parent dies, however it died. None elsewhere."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()
    set_death_signal = 1  # PR_SET_PDEATHSIG of <sys/prctl.h>

    def bind() -> None:
        prctl(set_death_signal, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:  # it died between fork and here
            os._exit(1)

    return bind


class Supervisor:
    """Keeps programs running until it is told to stop.

    ready: asked about ten times a second until it says yes; then `announce` is called, once.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        ready: Callable[[], bool],
        announce: Callable[[], None],
        grace: float = GRACE,
    ) -> None:
        self._children = [Child(program) for program in programs]
        self._ready = ready
        self._announce = announce
        self._grace = grace
        self._told = 0

    def run(self) -> int:
        """Returns 0 when everything ended after a signal. No child outlives this call."""
        before = {number: signal.signal(number, self._stop) for number in ENDING}
        announced = False
        try:
            while not self._told:
                for child in self._children:
                    child.look()
                if not announced and self._ready():
                    announced = True
                    self._announce()
                pause(0.1)
        finally:
            self._end()
            for number, handler in before.items():
                signal.signal(number, handler)
        return 0

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self._told = number

    def _end(self) -> None:
        """SIGTERM to every group; what still runs after the grace is killed."""
        deadline = ticks() + self._grace
        for child in self._children:
            child.send(signal.SIGTERM)
        while any(child.running() for child in self._children) and ticks() < deadline:
            pause(0.05)
        for child in self._children:
            if child.running():
                log.warning(Event("child.killed", child=child.program.name, after_s=round(self._grace)))
            child.send(signal.SIGKILL)
        while any(child.running() for child in self._children):
            pause(0.02)


def answers(settings: Settings) -> bool:
    """Whether the web speaks HTTP on its address by now."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.listen, settings.listen)  # noqa: S104 - not a bind
    try:
        plain = socket.create_connection((host, settings.port), timeout=1)
        with plain, _wrapped(plain, settings) as connection:
            connection.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return connection.recv(5) == b"HTTP/"
    except OSError:
        return False


def _wrapped(plain: socket.socket, settings: Settings) -> socket.socket:
    if not settings.tls_cert:
        return plain
    # only whether our own child answers is asked; its certificate names a host, not this address
    context = ssl._create_unverified_context()  # noqa: S323
    return context.wrap_socket(plain)


def bind(settings: Settings) -> socket.socket:
    """The listening socket. Raises Conflict when the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in settings.listen else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((settings.listen, settings.port))
    except OSError as reason:
        opened.close()
        raise Conflict(
            _(
                "Nothing can listen on %(listen)s port %(port)s (%(reason)s). Stop what uses it, or set PORT.",
                listen=settings.listen,
                port=settings.port,
                reason=reason.strerror,
            )
        ) from reason
    return opened


def programs(settings: Settings, web_processes: int, workers: int) -> list[Program]:
    """The children of this service. Raises Conflict when the address is taken."""
    python = (sys.executable, "-m")
    with bind(settings) as opened:
        if web_processes == 1:
            web = [Program("web", (*python, "webapp.serve"))]
        else:
            opened.listen(512)
            shared = os.dup(opened.fileno())  # stays open for as long as this process lives
            web = [
                Program(f"web-{n}", (*python, "webapp.serve"), {LISTEN_FD: str(shared)}, (shared,))
                for n in range(1, web_processes + 1)
            ]
    return [*web, *(Program(f"worker-{n}", (*python, "scheduler.worker")) for n in range(1, workers + 1))]


def address(settings: Settings) -> str:
    """What to type into a browser."""
    host = settings.hosts[0] if settings.hosts else settings.listen
    return f"{'https' if settings.tls_cert else 'http'}://{f'[{host}]' if ':' in host else host}:{settings.port}/"


def serve(argv: Sequence[str]) -> int:
    """Serve until told to stop: `serve [--web-processes N] [--workers N]`; the exit code.

    Raises:
        BadSetting: settings that cannot work.
        Conflict: several web processes on SQLite, or the address is taken.
    """
    parser = argparse.ArgumentParser(prog="./run", description="Serve the pages and work in the background.")
    parser.add_argument("--web-processes", type=int, default=1, metavar="N", help="web processes (PostgreSQL only)")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="background workers")
    options = parser.parse_args(argv)
    settings = Settings.from_env(os.environ)
    if options.web_processes < 1 or options.workers < 0:
        parser.error("--web-processes starts at 1, --workers at 0")
    if options.web_processes > 1 and settings.url.startswith("sqlite"):
        raise Conflict(
            _("Several web processes need PostgreSQL: set HEDUI_DATABASE_URL, or leave --web-processes out.")
        )
    return Supervisor(
        programs(settings, options.web_processes, options.workers),
        ready=partial(answers, settings),
        announce=lambda: print(address(settings), flush=True),
    ).run()
