"""The log: one line an event, which no value can forge and no person's data enters."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import logs
from domain.logs import Event

LINE = re.compile(
    r"(?P<time>\S+) (?P<level>[A-Z]+) (?P<event>[^\s=\"]+)"
    r"(?P<rest>(?: [a-z0-9_.]+=(?:\"(?:[^\"\\]|\\.)*\"|[^\s\"=]+))*)"
)
FIELD = re.compile(r" ([a-z0-9_.]+)=(\"(?:[^\"\\]|\\.)*\"|[^\s\"=]+)")
SECRET = "甲某 99010119800101123X"


def read(line: str) -> dict[str, str]:
    """The fields of one line, as whoever reads logs by program would."""
    found = LINE.fullmatch(line)
    assert found, line
    fields = {key: json.loads(value) if value.startswith('"') else value for key, value in FIELD.findall(found["rest"])}
    return {"time": found["time"], "level": found["level"], "event": found["event"], **fields}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged in this test, through the real set-up; what was set up before comes back."""
    root = logging.getLogger()
    before = (
        root.handlers[:], root.level, sys.excepthook, sys.unraisablehook, threading.excepthook, logging.raiseExceptions,
    )  # fmt: skip
    levels = {name: logging.getLogger(name).level for name in logs.QUIET}
    stream = io.StringIO()
    logs.set_up("DEBUG", stream=stream)
    yield stream
    logging.captureWarnings(False)
    root.handlers[:], level, sys.excepthook, sys.unraisablehook, threading.excepthook, logging.raiseExceptions = before
    root.setLevel(level)
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)


log = logging.getLogger("tests.logs")


def test_an_event_is_one_line_with_time_level_and_fields(written):
    log.info(Event("item.done", kind="case.wake", attempts=1, ms=12))
    (line,) = written.getvalue().splitlines()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+08:00 INFO item\.done kind=case\.wake attempts=1 ms=12", line
    )


@given(st.dictionaries(st.sampled_from(["kind", "why", "text", "at"]), st.text(max_size=200)))
def test_no_value_forges_a_line_or_a_key(fields):
    line = f"t INFO {logs.line_of('thing.happened', fields)}"
    assert line.splitlines() == [line]
    assert line.isprintable()
    assert read(line) == {"time": "t", "level": "INFO", "event": "thing.happened", **fields}


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_key_and_no_name_forges_one_either(name, key):
    line = logs.line_of(name, {key: "x"})
    assert line.isprintable()
    assert line.endswith("=x")
    assert re.fullmatch(r"[a-z0-9_.]+", line.removesuffix("=x").rpartition(" ")[2])


@pytest.mark.parametrize(
    "value",
    [
        "a\nINFO forged key=1",
        'quote" key=1',
        "a\r\nb",
        "a\u2028b",
        "a\x85b",
        "a\x1b[31mb",
        "\ud800",
        "a=b",
        "",
        " ",
        "\\",
        "\u202eabc",
    ],
)
def test_what_is_dangerous_is_quoted_and_comes_back_whole(value):
    shown = logs.value_of(value)
    assert shown.startswith('"')
    assert shown.isprintable()
    assert json.loads(shown) == value


def test_a_value_without_end_is_cut_off():
    assert len(logs.value_of("x" * 1_000_000)) < logs.LONGEST + 10


def test_every_line_inside_carries_what_it_is_about_and_none_outside(written):
    with logs.about(request="AB12"):
        log.info(Event("one"))
        with logs.about(item="agenda-7"):
            log.info(Event("two", item="own"))
    log.info(Event("three"))
    one, two, three = map(read, written.getvalue().splitlines())
    assert one["request"] == two["request"] == "AB12"
    assert two["item"] == "own", "what the event says itself comes first"
    assert "request" not in three


def test_a_failure_tells_kind_causes_and_place_in_one_line_and_nothing_it_says(written):
    try:
        try:
            int(SECRET)
        except ValueError as problem:
            raise RuntimeError(f"{SECRET} cannot be read") from problem
    except RuntimeError:
        log.exception(Event("read.failed", file="a"))
    (line,) = written.getvalue().splitlines()
    fields = read(line)
    assert fields["error"] == "RuntimeError<ValueError"
    assert "tests/domain/test_logs.py:" in fields["at"]
    assert SECRET not in line and "甲" not in line


def test_a_deep_failure_keeps_the_innermost_places(written):
    def deeper(left: int) -> None:
        if not left:
            raise ZeroDivisionError
        deeper(left - 1)

    try:
        deeper(100)
    except ZeroDivisionError:
        log.exception(Event("failed"))
    fields = read(written.getvalue().rstrip("\n"))
    assert fields["at"].startswith("…>")
    assert fields["at"].count(">") == logs.FRAMES
    assert fields["at"].endswith(":deeper")


def test_a_library_is_quoted_by_its_pattern_and_never_by_what_was_put_into_it(written):
    logging.getLogger("waitress").error("Exception while serving %s\nforged", f"/x/{SECRET}")
    logging.getLogger("apscheduler.scheduler").error("Job %s missed", "tick")
    one, two = map(read, written.getvalue().splitlines())
    assert one["text"] == "Exception while serving %s\nforged"
    assert (two["event"], two["logger"], two["text"]) == ("library.said", "apscheduler.scheduler", "Job tick missed")
    assert SECRET not in written.getvalue()


def test_a_library_whose_pattern_does_not_fit_breaks_nothing(written):
    logging.getLogger("apscheduler").error("%d of %d", "x")
    assert read(written.getvalue().rstrip("\n"))["text"] == "%d of %d"


def test_a_crash_of_the_process_or_of_a_thread_is_a_line_too(written):
    try:
        raise KeyError(SECRET)
    except KeyError as problem:
        sys.excepthook(KeyError, problem, problem.__traceback__)

    def fail() -> None:
        raise LookupError(SECRET)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()

    class Careless:
        def __del__(self) -> None:
            raise ValueError(SECRET)

    Careless()
    one, two, three = map(read, written.getvalue().splitlines())
    assert (three["event"], three["error"]) == ("object.crashed", "ValueError")
    assert (one["event"], one["level"], one["error"]) == ("process.crashed", "CRITICAL", "KeyError")
    assert (two["event"], two["error"]) == ("thread.crashed", "LookupError")
    assert SECRET not in written.getvalue()


def test_an_unknown_level_counts_as_info(written):
    logs.set_up("loud", stream=written)
    assert logging.getLogger().level == logging.INFO
