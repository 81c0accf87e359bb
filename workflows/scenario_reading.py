"""A scenario of a bundle (`scenarios/NAME.toml`): what happens to one case, step by step, and what must come of it.

title, title_en          what it tells
clock                    where the clock stands at first; due: the case's own limit
[values]                 what the case begins with; [values.case] is its `case`
[operations]             "name" = one result, or a list of results of which the last is given again and again
[facts]                  "name" = a list of what a table is asked about
[[steps]]                complete | job | wait | until | message | signal, each with what belongs to it
[expect]                 state, path, done, never, open, values, rules, error
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from domain.clock import OFFICE_ZONE
from domain.errors import Finding
from domain.text import gettext as _
from workflows.spiff_events import is_duration
from workflows.spiff_feel import plain

NOON = datetime(2027, 6, 1, 0, 10, tzinfo=UTC)  # where the clock stands when the scenario does not say
MOST_STEPS = 200
MOST_RESULTS = 200
STATES = ("ended", "waiting", "error")
_HEAD = re.compile(r"\s*(\[\[?)\s*([^\]#]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*[^=]*)?\s*=")
_LONG = re.compile(r'"""(?:\\.|(?!""").)*"""|\'\'\'.*?\'\'\'', re.DOTALL)


@dataclass(frozen=True)
class Lines:
    """Where the keys of a file stand: (table, 0-based number of it, key) -> 1-based line."""

    places: Mapping[tuple[str, int, str], int]

    def of(self, table: str, key: str = "", number: int = 0) -> int | None:
        """The line of a key, else of its table."""
        return self.places.get((table, number, key)) or self.places.get((table, number, ""))


@dataclass(frozen=True)
class Happening:
    """One step: its 1-based number, its verb, what it is about, what goes with it; line: in the file."""

    number: int
    verb: str
    what: Any
    given: Mapping[str, Any]
    line: int | None


@dataclass(frozen=True)
class Scenario:
    """A scenario that can be run. results: of operations, by name; facts: what tables are asked about."""

    path: str
    title: str
    title_en: str
    clock: datetime
    due: datetime | None
    start: str
    values: Mapping[str, Any]
    results: Mapping[str, Sequence[Mapping[str, Any]]]
    facts: Mapping[str, Sequence[Mapping[str, Any]]]
    steps: Sequence[Happening]
    expect: Mapping[str, Any]
    lines: Lines = field(repr=False)


@dataclass(frozen=True)
class Names:
    """What scenarios of a bundle may speak of. outputs: of operations, None when they are not known; routing: names
    that the form of a step brings, None when that is not known."""

    steps: Mapping[str, str]  # id -> kind
    outputs: Mapping[str, Sequence[str] | None]
    routing: Mapping[str, Mapping[str, Sequence[str]] | None]  # step -> field -> its options, () for any value


class Wrong(Exception):  # noqa: N818 - gathered as a finding
    """One thing that is wrong in a scenario."""

    def __init__(self, table: str, key: str, sentence: object, remedy: object, number: int = 0) -> None:
        super().__init__(sentence)
        self.table, self.key, self.number, self.sentence, self.remedy = table, key, number, sentence, remedy


# --- kinds of values -------------------------------------------------------------------------------------------------

_Fits = Callable[[object], bool]


def _text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= 200


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(_text(one) for one in value)


def _table(value: object) -> bool:
    return isinstance(value, dict)


def _tables(value: object) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and 0 < len(value) <= MOST_RESULTS and all(isinstance(one, dict) for one in value)
    )


def _instant(value: object) -> bool:
    return isinstance(value, datetime)


def _duration(value: object) -> bool:
    return isinstance(value, str) and is_duration(value)


def _state(value: object) -> bool:
    return value in STATES


def _counts(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(n, int) and not isinstance(n, bool) for n in value.values())


def _lists(value: object) -> bool:
    return isinstance(value, dict) and all(_texts(one) for one in value.values())


def _any(value: object) -> bool:
    return True


_Kind = tuple[_Fits, object]
TEXT: _Kind = (_text, _("a short text"))
TEXTS: _Kind = (_texts, _("a list of texts"))
TABLE: _Kind = (_table, _("a table of values"))
INSTANT: _Kind = (_instant, _("an instant such as 2027-06-01T08:10:00+08:00"))
DURATION: _Kind = (_duration, _("a duration such as P5D or PT15M"))
STATE: _Kind = (_state, _("ended, waiting or error"))
COUNTS: _Kind = (_counts, _("a table of whole numbers"))
LISTS: _Kind = (_lists, _("a table of lists of texts"))
ANY: _Kind = (_any, _("a value"))
TOP: Mapping[str, _Kind] = {
    "title": TEXT, "title_en": TEXT, "clock": INSTANT, "due": INSTANT, "start": TEXT, "values": TABLE,
    "operations": TABLE, "facts": TABLE, "steps": (lambda v: isinstance(v, list), _("a list of [[steps]]")),
    "expect": TABLE,
}  # fmt: skip
_AFTER: Mapping[str, _Kind] = {"open": TEXTS}
VERBS: Mapping[str, tuple[_Kind, Mapping[str, _Kind]]] = {
    "complete": (TEXT, {"answers": TABLE, "of": TEXT, **_AFTER}),
    "job": (TEXT, {"result": TABLE, "of": TEXT, "error": TEXT, **_AFTER}),
    "wait": (DURATION, _AFTER),
    "until": (INSTANT, _AFTER),
    "message": (TEXT, {"payload": TABLE, "key": TEXT, **_AFTER}),
    "signal": (TEXT, {"payload": TABLE, **_AFTER}),
}
EXPECT: Mapping[str, _Kind] = {
    "state": STATE, "path": TEXTS, "done": COUNTS, "never": TEXTS, "open": TEXTS, "values": TABLE, "rules": LISTS,
    "error": TEXT,
}  # fmt: skip


# --- reading ---------------------------------------------------------------------------------------------------------


def read(path: str, content: bytes, names: Names) -> tuple[Scenario | None, list[Finding]]:
    """The scenario in a file, and what is wrong with it; None when that is anything."""
    try:
        text = content.decode("utf-8")
        found = tomllib.loads(text)
    except (ValueError, RecursionError) as problem:
        line = re.search(r"line (\d+)", str(problem))
        sentence = _("%(file)s cannot be read: %(why)s", file=path, why=str(problem)[:200])
        return None, [Finding(path, "", int(line[1]) if line else None, sentence, _("Mend it."), code="toml")]
    lines = _lines(text)
    wrong = [*_shape(found), *_named(found, names)]
    if wrong:
        return None, [_finding(path, lines, one) for one in wrong]
    return _scenario(path, found, lines), []


def _finding(path: str, lines: Lines, one: Wrong) -> Finding:
    place = f"steps[{one.number + 1}]" if one.table == "steps" else one.table
    element = ".".join(part for part in (place, one.key) if part)
    return Finding(path, element, lines.of(one.table, one.key, one.number), one.sentence, one.remedy, code="scenario")


def _lines(text: str) -> Lines:
    """Where tables and keys begin. Texts over several lines are passed over."""
    places: dict[tuple[str, int, str], int] = {}
    count: dict[str, int] = {}
    table, number = "", 0
    quiet = _LONG.sub(lambda found: "\n" * found[0].count("\n"), text)
    for line, row in enumerate(quiet.splitlines(), start=1):
        head = _HEAD.fullmatch(row)
        if head is not None:
            table = head[2].partition(".")[0].strip("\"' ")
            inner = head[2].partition(".")[2].strip("\"' ")
            number = count.get(table, 0) if head[1] == "[[" else 0
            count[table] = number + 1
            places.setdefault((table, number, inner), line)
            places.setdefault((table, number, ""), line)
        elif (key := _KEY.match(row)) is not None:
            places.setdefault((table, number, key[1].strip("\"'")), line)
    return Lines(places)


def _shape(found: Mapping[str, Any]) -> Iterator[Wrong]:
    yield from _keys("", found, TOP)
    for name in ("title", "expect"):
        if name not in found:
            yield Wrong("", name, _("%(name)s is missing.", name=name), _("Add it."))
    for table in ("operations", "facts"):
        yield from _results(table, found.get(table))
    yield from _steps(found.get("steps"))
    expect = found.get("expect")
    if isinstance(expect, dict):
        yield from _keys("expect", expect, EXPECT)
        if "state" not in expect:
            yield Wrong("expect", "state", _("%(name)s is missing.", name="state"), _("Say ended, waiting or error."))


def _results(table: str, inner: object) -> Iterator[Wrong]:
    for name, value in inner.items() if isinstance(inner, dict) else ():
        if not _tables(value):
            sentence = _("%(name)s must be a table of values, or a list of them.", name=str(name)[:60])
            yield Wrong(table, str(name), sentence, _('Write it as "name" = [{ a = 1 }].'))


def _steps(steps: object) -> Iterator[Wrong]:
    rows = steps if isinstance(steps, list) else []
    if len(rows) > MOST_STEPS:
        sentence = _("There are more than %(most)s steps.", most=MOST_STEPS)
        yield Wrong("steps", "", sentence, _("Tell it in two scenarios."))
    for number, step in enumerate(rows[:MOST_STEPS]):
        yield from _step(number, step)


def _step(number: int, step: object) -> Iterator[Wrong]:
    verbs = [verb for verb in VERBS if verb in step] if isinstance(step, dict) else []
    if not isinstance(step, dict) or len(verbs) != 1:
        sentence = _("Step %(number)s needs exactly one of: %(names)s.", number=number + 1, names=", ".join(VERBS))
        yield Wrong("steps", "", sentence, _("Write one thing that happens."), number)
        return
    kind, more = VERBS[verbs[0]]
    yield from _keys("steps", step, {verbs[0]: kind, **more}, number)
    if "error" in step and "result" in step:
        sentence = _("A step gives a result or an error, not both.")
        yield Wrong("steps", "error", sentence, _("Remove one of the two."), number)


def _keys(table: str, found: Mapping[str, Any], known: Mapping[str, _Kind], number: int = 0) -> Iterator[Wrong]:
    for name, value in found.items():
        if name not in known:
            sentence = _("%(name)s has no effect.", name=str(name)[:60])
            yield Wrong(table, name, sentence, _("Use one of: %(list)s.", list=", ".join(known)), number)
        elif not known[name][0](value):
            sentence = _("%(name)s must be %(kind)s.", name=name, kind=known[name][1])
            yield Wrong(table, name, sentence, _("Correct it."), number)


# --- names -----------------------------------------------------------------------------------------------------------


def _named(found: Mapping[str, Any], names: Names) -> Iterator[Wrong]:
    """Steps, operations, outputs and fields that do not exist. Passes over what has the wrong shape."""
    for table in ("operations", "facts"):
        inner = found.get(table)
        for name, value in inner.items() if isinstance(inner, dict) else ():
            yield from _operation(table, name, value, names)
    steps = found.get("steps")
    for number, step in enumerate(steps if isinstance(steps, list) else ()):
        if isinstance(step, dict):
            yield from _of_step(number, step, names)
    expect = found.get("expect")
    for key, wanted in _spoken(expect) if isinstance(expect, dict) else ():
        if wanted not in names.steps:
            yield Wrong("expect", key, *_no_step(wanted))


def _spoken(expect: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key in ("path", "never", "open"):
        if _texts(expect.get(key)):
            yield from ((key, one) for one in expect[key])
    for key in ("done", "rules"):
        if isinstance(expect.get(key), dict):
            yield from ((key, one) for one in expect[key])


def _no_step(name: str) -> tuple[object, object]:
    return _("The drawing has no step %(name)s.", name=str(name)[:60]), _("Name a step by its id.")


def _operation(table: str, name: str, value: object, names: Names) -> Iterator[Wrong]:
    if name not in names.outputs:
        sentence = _("There is no operation %(name)s.", name=str(name)[:60])
        yield Wrong(table, name, sentence, _("Use the name that a step of the drawing has."))
        return
    known = names.outputs[name]
    if table == "facts" or known is None:
        return
    for result in value if isinstance(value, list) else [value]:
        for key in result if isinstance(result, dict) else ():
            if key not in known and key != "error":
                sentence = _("%(operation)s does not give %(name)s.", operation=name, name=str(key)[:60])
                yield Wrong(table, name, sentence, _("It gives: %(list)s.", list=", ".join(known) or "-"))


def _of_step(number: int, step: Mapping[str, Any], names: Names) -> Iterator[Wrong]:
    for verb in ("complete", "job"):
        name = step.get(verb)
        if isinstance(name, str) and name not in names.steps:
            yield Wrong("steps", verb, *_no_step(name), number)
    for name in step.get("open", ()) if _texts(step.get("open")) else ():
        if name not in names.steps:
            yield Wrong("steps", "open", *_no_step(name), number)
    answers = step.get("answers")
    if isinstance(answers, dict):
        yield from _answers(number, answers, names.routing.get(str(step.get("complete"))))


def _answers(number: int, answers: Mapping[str, Any], known: Mapping[str, Sequence[str]] | None) -> Iterator[Wrong]:
    if known is None:
        return
    for key, value in answers.items():
        if key not in known:
            sentence = _("The form of this step brings no %(name)s to the process.", name=str(key)[:60])
            yield Wrong("steps", "answers", sentence, _("It brings: %(list)s.", list=", ".join(known) or "-"), number)
        elif known[key] and value not in known[key]:
            sentence = _("%(name)s cannot be %(value)s.", name=key, value=str(value)[:60])
            yield Wrong("steps", "answers", sentence, _("Use one of: %(list)s.", list=", ".join(known[key])), number)


def _scenario(path: str, found: Mapping[str, Any], lines: Lines) -> Scenario:
    steps = []
    for number, step in enumerate(found.get("steps", [])):
        verb = next(one for one in VERBS if one in step)
        given = {name: value for name, value in step.items() if name != verb}
        line = lines.of("steps", verb, number) or lines.of("", "steps")
        steps.append(Happening(number + 1, verb, step[verb], given, line))
    results = {
        table: {name: value if isinstance(value, list) else [value] for name, value in found.get(table, {}).items()}
        for table in ("operations", "facts")
    }
    due = found.get("due")
    return Scenario(
        path,
        found["title"],
        found.get("title_en", found["title"]),
        aware(found.get("clock", NOON)),
        None if due is None else aware(due),
        found.get("start", ""),
        plain(found.get("values", {})),
        plain(results["operations"]),
        results["facts"],
        steps,
        found["expect"],
        lines,
    )


def aware(instant: datetime) -> datetime:
    """An instant of a scenario; without an offset it is the office's time."""
    return instant if instant.tzinfo else instant.replace(tzinfo=OFFICE_ZONE)
