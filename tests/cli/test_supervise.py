"""The parent of web and worker: restarts, stops in order, and leaves no process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.supervise import address, bind, programs, serve
from domain.errors import Conflict
from domain.settings import Settings
from tests.infrastructure.keeper import alive

LINUX = sys.platform.startswith("linux")

# children write their number on a line of their file each time they start
STEADY = "import os, sys, time; print(os.getpid(), file=open(sys.argv[1], 'a'), flush=True); time.sleep(600)"
FRAIL = "import os, sys; print(os.getpid(), file=open(sys.argv[1], 'a'), flush=True); sys.exit(3)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + STEADY
PARENT_OF_ONE = (
    "import subprocess, sys\n"
    f"subprocess.Popen([sys.executable, '-c', {STEADY!r}, sys.argv[1] + '.grandchild'])\n" + STEADY
)
PARENT = """
import logging, sys
from pathlib import Path
from cli.supervise import Program, Supervisor
logging.basicConfig(level=logging.INFO)
folder, grace, *bodies = sys.argv[1:]
children = [Program(f"child-{n}", (sys.executable, "-c", body, f"{folder}/{n}")) for n, body in enumerate(bodies)]
sys.exit(Supervisor(children, ready=lambda: Path(folder, "0").exists(), announce=lambda: print("ready", flush=True),
                    grace=float(grace)).run())
"""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a supervisor of children with these bodies; whatever is left at the end is killed."""
    begun: list[subprocess.Popen[str]] = []

    def begin(*bodies: str, grace: float = 5.0) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PARENT, str(tmp_path), str(grace), *bodies]
        begun.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return begun[-1]

    yield begin
    for parent in begun:
        parent.kill()
        parent.communicate()
    for pid in (pid for file in tmp_path.iterdir() for pid in pids(file)):
        if alive(pid):
            os.kill(pid, signal.SIGKILL)


def pids(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    return not alive(pid)


def test_a_child_that_ends_is_started_again_later_each_time_and_the_other_is_left_alone(start, tmp_path):
    parent = start(STEADY, FRAIL)
    until(lambda: len(pids(tmp_path / "1")) == 3)
    assert len(pids(tmp_path / "0")) == 1

    parent.send_signal(signal.SIGTERM)
    out, err = parent.communicate(timeout=10)

    assert [word for word in err.split() if word.startswith("restart_in=")][:2] == ["restart_in=0.5", "restart_in=1.0"]
    assert out == "ready\n"


def test_a_child_killed_from_outside_comes_back(start, tmp_path):
    start(STEADY)
    until(lambda: pids(tmp_path / "0"))
    os.kill(pids(tmp_path / "0")[0], signal.SIGKILL)
    until(lambda: len(pids(tmp_path / "0")) == 2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_children_and_grandchildren_and_the_exit_is_clean(start, tmp_path, number):
    parent = start(STEADY, PARENT_OF_ONE)
    until(lambda: all(pids(tmp_path / name) for name in ("0", "1", "1.grandchild")))

    parent.send_signal(number)

    assert parent.wait(10) == 0
    left = [pid for name in ("0", "1", "1.grandchild") for pid in pids(tmp_path / name)]
    until(lambda: all(map(gone, left)))


def test_a_child_that_will_not_go_is_killed_after_the_grace(start, tmp_path):
    parent = start(STUBBORN, grace=0.4)
    until(lambda: pids(tmp_path / "0"))
    begun = time.monotonic()

    parent.send_signal(signal.SIGTERM)

    assert parent.wait(10) == 0
    assert 0.4 <= time.monotonic() - begun < 5
    assert gone(pids(tmp_path / "0")[0])


@pytest.mark.skipif(not LINUX, reason="the kernel of this system has no such signal")
def test_a_parent_killed_outright_takes_its_children_with_it(start, tmp_path):
    parent = start(STEADY, STUBBORN)
    until(lambda: pids(tmp_path / "0") and pids(tmp_path / "1"))

    parent.kill()
    parent.wait(10)

    until(lambda: gone(pids(tmp_path / "0")[0]) and gone(pids(tmp_path / "1")[0]))


def settings(**values: object) -> Settings:
    return Settings.from_env({"HEDUI_HOME": "home", **{name: str(value) for name, value in values.items()}})


def test_a_taken_port_is_refused_with_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(Conflict, match="set PORT"):
        bind(settings(PORT=other.getsockname()[1]))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_several_web_processes_share_one_listening_socket():
    web = programs(settings(PORT=free_port()), web_processes=2, workers=1)
    try:
        assert [one.name for one in web] == ["web-1", "web-2", "worker-1"]
        assert web[0].pass_fds == web[1].pass_fds
        with socket.socket(fileno=os.dup(web[0].pass_fds[0])) as shared:
            assert shared.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    finally:
        os.close(web[0].pass_fds[0])


def test_several_web_processes_on_sqlite_are_refused(monkeypatch):
    monkeypatch.delenv("HEDUI_DATABASE_URL", raising=False)
    with pytest.raises(Conflict, match="PostgreSQL"):
        serve(["--web-processes", "2"])


def test_the_address_shown_is_the_one_to_type():
    assert address(settings(PORT=8010)) == "http://127.0.0.1:8010/"
    beyond = {"HEDUI_LISTEN": "0.0.0.0", "HEDUI_TLS_CERT": "c", "HEDUI_TLS_KEY": "k", "HEDUI_HOSTS": "office.example"}
    assert address(settings(PORT=8443, **beyond)) == "https://office.example:8443/"
