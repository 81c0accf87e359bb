"""The house's rules as functions: each reads one source and returns a line for every place that breaks it.

`SOURCE_RULES` apply to the modules of the rooms, `TEXT_RULES` to every tracked text file.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("cli", "webapp", "scheduler", "tasks", "exchange", "workflows", "sources", "documents", "domain", "decisions")


@dataclass(frozen=True)
class Source:
    """One module: its path in the repository and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The module, parsed."""
        return ast.parse(self.text, self.path)

    @cached_property
    def comments(self) -> dict[int, str]:
        """Line number -> its comment, without the sign."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}

    def at(self, node: ast.AST, sentence: str) -> str:
        """One finding."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {sentence}"

    def within(self, *patterns: str) -> bool:
        """Whether the module is one of these, given by path patterns."""
        return any(fnmatch(self.path, pattern) for pattern in patterns)


Rule = Callable[[Source], list[str]]


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a name or attribute; "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        front = dotted(node.value)
        return f"{front}.{node.attr}" if front else f"?.{node.attr}"
    return ""


def calls(source: Source) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the full name of what is called, as the module's imports say it."""
    names = _imported(source)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield node, _full(dotted(node.func), names)


def _full(name: str, names: dict[str, str]) -> str:
    first, dot, rest = name.partition(".")
    return names.get(first, first) + dot + rest


def _imported(source: Source) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            names |= {one.asname: one.name for one in node.names if one.asname}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    return names


def one_commit(source: Source) -> list[str]:
    """Only `unit_of_work` commits; the floor that it is measured against is a transaction without it."""
    if source.within("domain/work.py", "bench/engine_floor.py"):
        return []
    return [
        source.at(node, "commits outside domain/work.py; open a unit_of_work instead")
        for node, name in calls(source)
        if name.rpartition(".")[2] == "commit" and "." in name
    ]


CLOCKS = {
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
    "time.strftime",
}


# decisions stands below domain and alone; its wrappers for outsiders read the clock when they are told no instant
CLOCK_READERS = ("domain/clock.py", "decisions/files.py")


def one_clock(source: Source) -> list[str]:
    """Only `domain/clock.py` reads the machine's clock; measuring with time.monotonic is free."""
    if source.within(*CLOCK_READERS):
        return []
    return [
        source.at(node, f"{name} reads the clock; take work.now, or machine_now() of domain.clock")
        for node, name in calls(source)
        if name in CLOCKS
    ]


RUNNERS = {"eval", "exec", "__import__", "builtins.eval", "builtins.exec", "yaml.load", "yaml.unsafe_load", "os.system"}
UNPICKLERS = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle"}


OUTSIDERS_WRAPPERS = {
    f"decisions.{module}{verb}" for module in ("", "files.") for verb in ("evaluate", "evaluate_service")
}


def decided_at_an_instant(source: Source) -> list[str]:
    """The house tells the deciding wrappers the instant: what it decides is decided by its own clock."""
    if source.within("decisions/files.py"):
        return []
    return [
        source.at(node, f"{name} without now= reads the machine's clock; pass work.now")
        for node, name in calls(source)
        if name in OUTSIDERS_WRAPPERS and "now" not in {word.arg for word in node.keywords}
    ]


def roles_are_given_after_training(source: Source) -> list[str]:
    """A role is given by `domain.oversight.appointing`, which knows what trainings it asks for (BX-04)."""
    if source.within("domain/oversight/appointing.py") or source.within("tests/"):
        return []
    return [
        source.at(node, "staff.grant knows nothing of trainings; call appointing.appoint")
        for node, name in calls(source)
        if name in {"staff.grant", "domain.parties.staff.grant"}
    ]


def nothing_is_executed(source: Source) -> list[str]:
    """Text is never run, compiled to run, or unpickled."""
    found = [source.at(node, f"{name} runs text as code") for node, name in calls(source) if name in RUNNERS]
    for node, name in calls(source):
        modes = [
            word.value
            for word in [*node.args[2:3], *(k.value for k in node.keywords if k.arg == "mode")]
            if isinstance(word, ast.Constant)
        ]
        if name in {"compile", "builtins.compile"} and modes != ["ast"]:
            found.append(source.at(node, "compile makes code out of text"))
    found += [source.at(node, f"{one} runs what it reads") for node, one in imports(source) if one in UNPICKLERS]
    return found


def imports(source: Source) -> Iterator[tuple[ast.stmt, str]]:
    """Every import with the top-level package it names; relative ones aside."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node, one.name.split(".")[0]) for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node, node.module.split(".")[0]


def nothing_is_marked_safe(source: Source) -> list[str]:
    """Python never declares a text free of markup."""
    safe = {"markupsafe.Markup", "flask.Markup", "jinja2.Markup", "Markup"}
    return [source.at(node, "Markup switches escaping off") for node, name in calls(source) if name in safe]


ENVIRONMENT_READERS = ("cli/*", "webapp/serve.py", "scheduler/worker.py", "domain/settings.py", "migrations/env.py")


def environment_at_the_door(source: Source) -> list[str]:
    """Only entry points read the environment; everybody else is given settings."""
    if source.within(*ENVIRONMENT_READERS):
        return []
    names = _imported(source)
    return [
        source.at(node, "reads the environment; take it from settings")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Name | ast.Attribute)
        and _full(dotted(node), names) in {"os.environ", "os.getenv", "os.environb", "os.putenv"}
    ]


WIDE = {"Exception", "BaseException"}


def nothing_is_swallowed(source: Source) -> list[str]:
    """A handler for everything says why on its line, or raises again; a bare one is never right."""
    found = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        if node.type is None:
            found.append(source.at(node, "bare except; name what is expected"))
        elif _names(node.type) & WIDE and not _raises_again(node) and not _reason(source, node):
            found.append(source.at(node, "catches everything without a comment on the line that says why"))
    return found


def _names(node: ast.expr) -> set[str]:
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return {dotted(part) for part in parts}


def _raises_again(node: ast.ExceptHandler) -> bool:
    last = node.body[-1]
    return isinstance(last, ast.Raise)


def _reason(source: Source, node: ast.ExceptHandler) -> str:
    said = source.comments.get(node.lineno, "")
    return re.sub(r"noqa(:\s*[A-Z0-9, ]+)?|type:\s*ignore\S*", "", said).strip(" -#")


# package -> the modules that may import it; the rooms themselves are held by import-linter
DOORS = {
    # the benchmark runs it as it comes, beside ours
    "SpiffWorkflow": ("workflows/engine.py", "workflows/spiff*", "workflows/_*", "bench/engine_stock.py"),
    "typst": ("documents/*",),
    # the benchmark runs it bare, beside ours; old deliveries are made by a test
    "duckdb": ("sources/*", "bench/matching.py"),
    "apscheduler": ("scheduler/*",),
    "flask": ("webapp/*",),
    "flask_login": ("webapp/*",),
    "flask_sqlalchemy": ("webapp/*",),
    "wtforms": ("webapp/*",),
}


def through_the_door(source: Source) -> list[str]:
    """A package with one door is imported by its door alone."""
    return [
        source.at(node, f"{package} may be imported only by {', '.join(DOORS[package])}")
        for node, package in imports(source)
        if package in DOORS and not source.within(*DOORS[package])
    ]


def says_what_it_is(source: Source) -> list[str]:
    """Every module has a docstring."""
    if not source.text.strip() or ast.get_docstring(source.tree):
        return []
    return [f"{source.path}:1: the module has no docstring"]


SOURCE_RULES: tuple[Rule, ...] = (
    one_commit,
    one_clock,
    decided_at_an_instant,
    roles_are_given_after_training,
    nothing_is_executed,
    nothing_is_marked_safe,
    environment_at_the_door,
    nothing_is_swallowed,
    through_the_door,
    says_what_it_is,
)


def _lines(source: Source, pattern: re.Pattern[str], sentence: str) -> list[str]:
    return [
        f"{source.path}:{number}: {sentence}: {match.group()[:60]}"
        for number, line in enumerate(source.text.splitlines(), 1)
        for match in [pattern.search(line)]
        if match
    ]


def nothing_is_left_over(source: Source) -> list[str]:
    """No marks of unfinished work."""
    return _lines(source, re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b"), "unfinished work")


def templates_escape(source: Source) -> list[str]:
    """Templates never switch escaping off."""
    if not source.within("*.html", "*.j2", "*.jinja"):
        return []
    return _lines(source, re.compile(r"\|\s*safe\b|autoescape\s+false"), "switches escaping off")


# /tmp and /usr/lib are in everybody's system; a checkout's or a person's folder is not
MACHINE_PATH = re.compile(r"(?<![\w.:/*-])/(?:work|root|home/\w+|Users/\w+|opt/[\w-]+|workspace|builds)/[\w.-]+")
PACKAGE_ADDRESS = re.compile(
    r"\"resolved\":|https?://[^\s\"'<>)]+\.(?:whl|tgz|tar\.gz|zip)\b|https?://[^\s\"'<>)]*/simple\b"
)


def no_machine_is_named(source: Source) -> list[str]:
    """No path of somebody's machine, no address of a package file or an index."""
    found = _lines(source, MACHINE_PATH, "a path of one machine")
    return found + _lines(source, PACKAGE_ADDRESS, "an address of a package")


def locks_hold_no_address(source: Source) -> list[str]:
    """A lock holds versions and hashes alone."""
    if not source.within("*.lock"):
        return []
    return _lines(source, re.compile(r"https?://|^-|--(?:extra-)?index-url|--find-links"), "a lock with an address")


TEXT_RULES: tuple[Rule, ...] = (nothing_is_left_over, templates_escape, no_machine_is_named, locks_hold_no_address)


def tracked(root: Path = ROOT) -> list[str]:
    """Files of the repository: tracked, or new and not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return [path for path in listed.split("\0") if path and (root / path).is_file()]


def read(path: str, root: Path = ROOT) -> Source | None:
    """A text file; None for anything that is not UTF-8."""
    try:
        return Source(path, (root / path).read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        return None


@cache
def modules(root: Path = ROOT) -> list[Source]:
    """The modules of the rooms, and the migrations and benchmarks beside them; read and parsed once a run."""
    paths = [path for path in tracked(root) if path.endswith(".py") and not path.startswith("tests/")]
    return [found for path in paths if (found := read(path, root)) is not None]


@cache
def texts(root: Path = ROOT) -> list[Source]:
    """Every text file of the repository, read once a run."""
    return [found for path in tracked(root) if (found := read(path, root)) is not None]
