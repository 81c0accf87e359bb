"""Runs every check: the gates first, then the tests. `./run test [--all] [--kits DIR] [pytest arguments]`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("cli", "webapp", "scheduler", "tasks", "exchange", "workflows", "sources", "documents", "domain", "decisions")
TYPED = (*ROOMS, "migrations", "bench", "tests", "run")
GATES_SHOWN = "HEDUI_TEST_GATES"  # how the gates went, for the last lines of the tests
COMPILED = ROOT / ".setup" / "compiled"  # of every module; the tests start hundreds of processes


@dataclass(frozen=True)
class Verdict:
    """How one gate went; `output` is what it said, `seconds` what it took."""

    name: str
    passed: bool
    seconds: float
    output: str

    def __str__(self) -> str:
        return f"{self.name} {'passed' if self.passed else 'FAILED'} ({self.seconds:.1f} s)"


def gates(root: Path = ROOT) -> dict[str, list[str]]:
    """Name and command of each gate."""
    python = [sys.executable, "-m"]
    typed = [name for name in TYPED if (root / name).exists()]
    return {
        "ruff": [*python, "ruff", "check", "--output-format=concise", "."],
        "format": [*python, "ruff", "format", "--check", "--output-format=concise", "."],
        "types": [*python, "mypy", *typed],
        "imports": [sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main()"],
    }


def judge(name: str, command: Sequence[str], root: Path = ROOT) -> Verdict:
    """Carry out one gate."""
    started = time.monotonic()
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return Verdict(name, done.returncode == 0, time.monotonic() - started, done.stdout + done.stderr)


def pass_gates(root: Path = ROOT) -> list[Verdict]:
    """All gates, two at a time; a failed one shows what it said and the rest still run."""
    commands = gates(root)
    verdicts = []
    with ThreadPoolExecutor(2) as pool:
        for verdict in pool.map(lambda name: judge(name, commands[name], root), commands):
            print(f"gate: {verdict}", flush=True)
            if not verdict.passed:
                print(verdict.output.rstrip(), flush=True)
            verdicts.append(verdict)
    return verdicts


def pytest_command(arguments: Sequence[str]) -> list[str]:
    """pytest on as many workers as there are processors, unless the caller chose."""
    command = [sys.executable, "-m", "pytest", "-q", "--durations=20", "--durations-min=0.1"]
    if not any(word.startswith(("-n", "--numprocesses", "--pdb", "--collect-only", "--co")) for word in arguments):
        command += ["-n", str(min(8, len(os.sched_getaffinity(0)))), "--dist=worksteal"]
    return [*command, *arguments]


def main(arguments: Sequence[str]) -> int:
    """Gates, then tests; 0 when everything passed."""
    verdicts = pass_gates()
    shown = ", ".join(str(verdict) for verdict in verdicts)
    environment = {**os.environ, GATES_SHOWN: shown, "PYTHONPYCACHEPREFIX": str(COMPILED)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # nothing is written beside the sources
    tests = subprocess.run(pytest_command(arguments), cwd=ROOT, env=environment, check=False)
    return tests.returncode or (0 if all(verdict.passed for verdict in verdicts) else 1)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
