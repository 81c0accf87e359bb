"""A process born of the nursery is one that was started: the same words, files, exit code and signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infrastructure import processes

ENGLISH = {**os.environ, "HEDUI_LANG": "en", "PYTHONPATH": str(processes.ROOT)}


@pytest.mark.parametrize("words", [("--help",), ("process", "chek"), ("process", "check", "nowhere"), ("doctor",)])
def test_what_a_born_process_says_and_returns_a_started_one_says_and_returns(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    environment = {**ENGLISH, "HEDUI_HOME": str(tmp_path / "nowhere")}
    born = processes.run("cli", *words, env=environment)
    started = subprocess.run([sys.executable, "-m", "cli", *words], cwd=processes.ROOT, env=environment,
                             capture_output=True, text=True, check=False)  # fmt: skip

    assert (born.returncode, born.stdout, born.stderr) == (started.returncode, started.stdout, started.stderr)


def test_each_is_told_its_own_language(tmp_path: Path) -> None:
    environment = {**ENGLISH, "HEDUI_HOME": str(tmp_path / "nowhere")}
    told = [processes.run("cli", "backup", str(tmp_path), env=environment | {"HEDUI_LANG": language}).stderr
            for language in ("en", "zh_Hans_CN", "en")]  # fmt: skip

    assert told[0] == told[2] != told[1]
    assert all(told)


def test_it_ends_by_the_signal_it_is_sent(tmp_path: Path) -> None:
    never = tmp_path / "never"
    os.mkfifo(never)  # it waits until somebody writes, and cannot end by itself
    with (tmp_path / "log").open("wb") as log:
        process = processes.start("cli", "dmn", "check", str(never), env=ENGLISH, stderr=log)
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)
        process.kill()
        assert process.wait(20) == -signal.SIGKILL
        process.kill()  # nobody is there any more; nothing happens


def test_what_outlives_its_time_is_killed(tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        processes.run("cli", "--help", env=ENGLISH, timeout=0)
