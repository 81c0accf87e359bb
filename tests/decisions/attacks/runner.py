"""Runs the attack corpus: `python -m tests.decisions.attacks.runner [GROUP ...]` prints a line of JSON for each.

With `check` before the groups their models are checked for their owners instead of asked to decide.

Every attack runs in a process of its own, forked from one that has everything imported, with 2 s of processor time
and 200 MB of address space beyond what that process has: a kill is always the attack's, and what it costs is its own.
Milliseconds are processor time of reading and evaluating; the peak is what the resident memory grew at most.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from pathlib import Path

import decisions
from decisions import DecisionError, FeelSyntaxError, YearsMonths, feel
from tests.decisions.attacks import hosts
from tests.decisions.attacks.corpus import LIMITS, Attack, attacks, groups

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
CPU_SECONDS = 2
MEMORY = 200 * 1024 * 1024
LEAVES = (type(None), bool, str, Decimal, date, datetime, clock, timedelta, YearsMonths)


@dataclass
class Measured:
    """How an attack ended: `ended` is a word of `corpus.ENDS`, "leaked" or "killed"; `why` its sentence."""

    group: str
    name: str
    ended: str
    why: str = ""
    steps: int = 0
    milliseconds: float = 0.0
    megabytes: float = 0.0


def run(*wanted: str) -> list[Measured]:
    """Run the attacks of these groups (all when none is named) in a process of their own."""
    command = [sys.executable, "-m", "tests.decisions.attacks.runner", *wanted]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=900)
    return [Measured(**json.loads(line)) for line in done.stdout.splitlines()]


@dataclass(frozen=True)
class Costs:
    """What a group costs: its attacks, how many were ended by a limit, and the most milliseconds and megabytes."""

    group: str
    attacks: int
    limited: int
    milliseconds: float
    megabytes: float


def costs(measured: list[Measured]) -> list[Costs]:
    """The costs of every group, in the order they were run."""
    by_group: dict[str, list[Measured]] = {}
    for one in measured:
        by_group.setdefault(one.group, []).append(one)
    return [
        Costs(
            group,
            len(found),
            sum(one.ended in LIMITS for one in found),
            max(one.milliseconds for one in found),
            max(one.megabytes for one in found),
        )
        for group, found in by_group.items()
    ]


# --- one attack


def attempted(attack: Attack) -> tuple[str, str, int]:
    """(how it ended, why, steps used)."""
    given = {**attack.given, **{name: hosts.MAKERS[host]() for name, host in attack.hosts.items()}}
    try:
        value, problems, steps, limit = _model(attack, given) if attack.model else _expression(attack, given)
    except FeelSyntaxError as fault:
        return fault.limit or "refused", str(fault), 0
    except DecisionError as fault:
        return "refused", str(fault), 0
    leak = next(_leaks(value, attack), "") or next(
        (f"{hosts.CANARY} in a reason" for p in problems if hosts.CANARY in p), ""
    )
    if leak:
        return "leaked", leak, steps
    if limit:
        return limit, problems[-1] if problems else "", steps
    return ("null" if value is None else "plain"), "; ".join(problems), steps


Told = tuple[object, tuple[str, ...], int, str]


def _expression(attack: Attack, given: dict[str, object]) -> Told:
    read = feel.compile(attack.text, unary=attack.unary, names=given)
    if attack.unary:
        found = read.test(given.get("?"), given, now=NOW)
    else:
        found = read.evaluate(given, now=NOW)
    return found.value, found.problems, found.steps, found.limit


def _model(attack: Attack, given: dict[str, object]) -> Told:
    imports = {name: text.encode() for name, text in attack.imports.items()}
    model = decisions.load(attack.text.encode(), imports.__getitem__)
    found = model.evaluate(attack.decide, given, now=NOW)
    return found.value, found.reasons, found.steps, found.limit


def _leaks(value: object, attack: Attack) -> Iterator[str]:
    """What must not come out: anything but plain values, and whatever only an attribute of a host could say."""
    if attack.hosts and hosts.TOUCHED:
        yield f"reached into a host's object: {hosts.TOUCHED}"
    stack = [value]
    while stack:
        one = stack.pop()
        if type(one) is list:
            stack += one
        elif type(one) is dict:
            stack += [*one.keys(), *one.values()]
        elif type(one) is feel.Range:
            stack += [one.low, one.high]
        elif type(one) not in LEAVES and not type(one).__module__.startswith("decisions.feel."):
            yield f"a {type(one).__name__} came out"
        elif type(one) is str and (hosts.CANARY in one or " at 0x" in one or "<class" in one):
            yield f"came out: {one[:80]}"


# --- its process


def checked(attack: Attack) -> tuple[str, str, int]:
    """A model seen by the check that its owner asks for, as `attempted` tells."""
    imports = {name: text.encode() for name, text in attack.imports.items()}
    findings = decisions.check(attack.text.encode(), imports.__getitem__)
    return "checked", "; ".join(str(one) for one in findings[:3]), 0


Trying = Callable[[Attack], tuple[str, str, int]]


def measured(attack: Attack, trying: Trying = attempted) -> Measured:
    """The attack tried in a forked child under its limits."""
    out, into = os.pipe()
    child = os.fork()
    if not child:
        os.close(out)
        _child(attack, into, trying)
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        told = pipe.read()
    status = os.waitpid(child, 0)[1]
    if status or not told:
        signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        return Measured(attack.group, attack.name, "killed", f"signal {signal}, exit {status >> 8}")
    return Measured(attack.group, attack.name, **json.loads(told))


def _child(attack: Attack, into: int, trying: Trying) -> None:
    """Never returns."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    _warm()
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()
    space = int(pages[0]) * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resident = int(pages[1]) * resource.getpagesize()
    began = time.process_time()
    try:
        ended, why, steps = trying(attack)
    except BaseException as fault:  # whatever it is, it is a finding about this attack
        ended, why, steps = "killed", f"{type(fault).__name__}: {fault}"[:300], 0
    told = {
        "ended": ended,
        "why": why[:300],
        "steps": steps,
        "milliseconds": round((time.process_time() - began) * 1000, 2),
        "megabytes": round(max(0, _peak() - resident) / 1024 / 1024, 2),
    }
    os.write(into, json.dumps(told).encode())
    os._exit(0)


def _warm() -> None:
    """Touch the pages that every evaluation needs, then begin to count the peak anew: a fork maps them again."""
    feel.compile('sort([2, 1], function(a, b) a < b)[matches("a", "b")]').evaluate({}, now=NOW)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak() -> int:
    """The most memory that was ever resident in this process, in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("the system does not tell the peak")


def main() -> int:
    """Print a line for every attack."""
    feel.compile("1 + 1").evaluate({}, now=NOW)
    checking = sys.argv[1:2] == ["check"]
    for group in sys.argv[1 + checking :] or groups():
        for attack in attacks(group):
            if not checking or attack.model:
                print(json.dumps(asdict(measured(attack, checked if checking else attempted))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
