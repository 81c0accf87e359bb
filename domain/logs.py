"""Logs: one line an event, `time LEVEL event key=value …`, the same for web, worker, supervisor and command line.

A value never forges a line or a key: whatever could end a word, a value or a line is quoted and escaped (T17).
What an exception says may quote what a person entered, so only its kind and its places are written, folded into the
one line. Lines inside `about(...)` carry its fields: `request=` in the web, `item=` in the worker, so that everything
one act did can be found by one word, which is also the journal's `request_id`.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from traceback import walk_tb
from types import MappingProxyType, TracebackType
from typing import TextIO

from domain.clock import OFFICE_ZONE
from domain.errors import HouseError

ROOT = Path(__file__).resolve().parent.parent
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LONGEST = 2000  # characters of one value; the rest is cut off
FRAMES = 12  # innermost places of a failure that are written
LIBRARY_FRAMES = 4  # as many of the last ones whosever they are; before them only our own
# Libraries whose words hold no values of ours. Of all others only the pattern is written, never what was put into it.
SPEAKING = ("alembic", "apscheduler", "py.warnings")
# Libraries whose lines below this level say nothing that an operator can use.
QUIET = {
    "apscheduler": logging.ERROR,
    "waitress.queue": logging.ERROR,
    "alembic": logging.INFO,
    "fontTools": logging.ERROR,
    "werkzeug": logging.ERROR,
}

_KEY = re.compile(r"[^a-z0-9_.]")
# a word that cannot be taken for anything else; everything beyond is quoted
_PLAIN = re.compile(r"[\w.:/@+,;<>()\[\]%*#&!?~|^-]+")
_about: ContextVar[Mapping[str, object]] = ContextVar("about", default=MappingProxyType({}))


class Event:
    """What happened, as a message of Python's logging: `log.info(Event("item.done", kind=..., ms=...))`.

    name: words joined by dots. fields: ids, kinds and figures; never a name, an identity number or an answer.
    """

    __slots__ = ("fields", "name")

    def __init__(self, name: str, /, **fields: object) -> None:
        self.name = name
        self.fields = _with_place(fields)

    def __str__(self) -> str:
        return line_of(self.name, self.fields)


@contextmanager
def about(**fields: object) -> Iterator[None]:
    """Every line written inside the block carries these fields as well."""
    token = _about.set({**_about.get(), **fields})
    try:
        yield
    finally:
        _about.reset(token)


def here() -> Mapping[str, object]:
    """The fields that lines carry at this place."""
    return _about.get()


def _with_place(fields: Mapping[str, object]) -> dict[str, object]:
    return {**fields, **{key: value for key, value in _about.get().items() if key not in fields}}


def line_of(name: str, fields: Mapping[str, object]) -> str:
    """`name key=value …`: keys in the order given, empty fields included."""
    return " ".join([value_of(name), *(f"{key_of(key)}={value_of(value)}" for key, value in fields.items())])


def key_of(key: str) -> str:
    """A key that can be nothing else."""
    return _KEY.sub("_", key.lower())[:40] or "_"


def value_of(value: object) -> str:
    """A value as one word or one quoted text; `json.loads` reads a quoted one back."""
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    if len(text) > LONGEST:
        text = text[:LONGEST] + "…"
    if _PLAIN.fullmatch(text) and text.isprintable():
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    # control signs of Unicode, line separators, marks of direction and lone halves of a pair
    return "".join(sign if sign.isprintable() else _escaped(sign) for sign in quoted)


def _escaped(sign: str) -> str:
    return json.dumps(sign)[1:-1]


def places(trace: TracebackType | None) -> str:
    """Where something failed: `file:line:function`, the innermost last. Paths are relative to the program.

    Of a long way our own places are kept, and of the libraries' only the last.
    """
    steps = [(frame.f_code, line) for frame, line in walk_tb(trace)]
    kept = [
        f"{_short(code.co_filename)}:{line}:{code.co_name}"
        for number, (code, line) in enumerate(steps)
        if number >= len(steps) - LIBRARY_FRAMES or _is_ours(code.co_filename)
    ][-FRAMES:]
    return ">".join((["…"] if len(kept) < len(steps) else []) + kept)


def _is_ours(path: str) -> bool:
    return path.startswith(f"{ROOT}/") and "/site-packages/" not in path


def failure(problem: BaseException) -> dict[str, object]:
    """The fields of a failure: its kind, those of its causes, and where it happened. Never what it says."""
    kinds, seen = [type(problem).__name__], {id(problem)}
    cause = problem.__cause__ or problem.__context__
    while cause is not None and id(cause) not in seen and len(kinds) < 5:
        kinds.append(type(cause).__name__)
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__
    return {"error": "<".join(kinds), "at": places(problem.__traceback__)}


def _short(path: str) -> str:
    for mark in ("/site-packages/", f"{ROOT}/"):
        if mark in path:
            return path.rpartition(mark)[2]
    return path.rpartition("/")[2] if path.startswith("/") else path


class Lines(logging.Formatter):
    """Every record as one line, whoever wrote it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        stamp = datetime.fromtimestamp(record.created, UTC).astimezone(OFFICE_ZONE).isoformat(timespec="milliseconds")
        name, fields = _said(record)
        if record.exc_info and record.exc_info[1] is not None and "error" not in fields:
            fields |= failure(record.exc_info[1])
        return f"{stamp} {record.levelname} {line_of(name, fields)}"


def _said(record: logging.LogRecord) -> tuple[str, dict[str, object]]:
    if isinstance(record.msg, Event):
        return record.msg.name, dict(record.msg.fields)
    return "library.said", _with_place({"logger": record.name, "text": _library_text(record)})


def _library_text(record: logging.LogRecord) -> str:
    if record.name.split(".")[0] not in SPEAKING and record.name not in SPEAKING:
        return str(record.msg)
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):  # the pattern and what was put into it do not fit
        return str(record.msg)


def set_up(level: str, *, stream: TextIO | None = None) -> None:
    """Send every line of this process to standard error (or `stream`). Replaces what was set up before.

    level: one of LEVELS; another word counts as INFO, since the settings refuse it in a sentence of their own.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines())
    root = logging.getLogger()
    for former in root.handlers[:]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(level.upper() if level.upper() in LEVELS else "INFO")
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    logging.captureWarnings(True)
    # a line that cannot be written must not print its values instead
    logging.raiseExceptions = False
    sys.excepthook = _crashed
    sys.unraisablehook = _nowhere_to_raise
    threading.excepthook = _thread_crashed


@contextmanager
def refusals(process: str) -> Iterator[None]:
    """Around the whole life of a process: what the house refuses ends it with a line that says why, and code 1."""
    try:
        yield
    except HouseError as refusal:
        logging.getLogger("process").error(
            Event("process.refused", process=process, error=type(refusal).__name__, sentence=refusal.message)
        )
        raise SystemExit(1) from refusal


def _crashed(kind: type[BaseException], problem: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, problem, trace)
        return
    logging.getLogger("process").critical(Event("process.crashed", **failure(problem.with_traceback(trace))))


def _nowhere_to_raise(arguments: sys.UnraisableHookArgs) -> None:
    if arguments.exc_value is not None:
        logging.getLogger("process").error(Event("object.crashed", **failure(arguments.exc_value)))


def _thread_crashed(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None:
        logging.getLogger("process").error(Event("thread.crashed", **failure(arguments.exc_value)))
