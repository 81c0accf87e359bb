"""The types a policy value may have: how each is read from a file, written to JSON and combined.

A kind reads what TOML gives and what its own `dump` wrote, so a snapshot kept on a case reads back
into the same value. A refused value raises ValueError with the sentence; the loader adds the place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, Literal, TypeVar

from domain.workdays import ROLLS, UNITS, Term

T = TypeVar("T")
MONTH, QUARTER = EVERY = ("MONTH", "QUARTER")
Json = Any  # what json.dumps accepts
Combine = Literal["most_specific", "strictest"]


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A type of value. expects: what a writer should write, shown as the remedy."""

    name: str
    expects: str
    parse: Callable[[object], T]
    dump: Callable[[T], Json]


@dataclass(frozen=True, slots=True)
class PolicyKey(Generic[T]):
    """One policy parameter.

    combine: "most_specific" takes the nearest jurisdiction's value, "strictest" the one that
    protects most (`stricter` picks it). floor: the house default takes part too and cannot be
    weakened. unit: what a number counts. doc, zh: what it rules, in English and Chinese.
    """

    name: str
    kind: Kind[T]
    doc: str
    zh: str
    unit: str = ""
    combine: Combine = "most_specific"
    stricter: Callable[[Sequence[T]], T] | None = None
    floor: bool = False


@dataclass(frozen=True, slots=True)
class ReviewOpening:
    """A dynamic review opens on this month and day at this local time for these programmes."""

    month: int
    day: int
    at: time
    programmes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Monitored:
    """A data type whose list is issued every month or quarter, on this day of the month that follows (NM-10)."""

    category: str
    every: str
    day: int


@dataclass(frozen=True, slots=True)
class Power:
    """How far a term may be given more time. stops, extensions: how often; stop_days: calendar days it may stand still
    in all; extend: the longest single extension; second: another person than who asks decides; grounds: codes of
    reasons, empty for any."""

    stops: int = 0
    stop_days: int = 0
    extensions: int = 0
    extend: Term | None = None
    second: bool = True
    grounds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StandardReason:
    """A reason that is chosen rather than written. told: words of one's own must stand beside it."""

    code: str
    zh: str
    en: str
    told: bool = False


def _same(value: T) -> Json:
    return value


def _flag(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise ValueError(f"{raw!r} is neither true nor false")
    return raw


def _count(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 0:
        raise ValueError(f"{raw!r} is no whole number from 0 up")
    return raw


def _amount(raw: object) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        raise ValueError(f"{raw!r} is no amount; decimals are written in quotes so that they stay exact")
    try:
        amount = Decimal(raw)
    except InvalidOperation as fault:
        raise ValueError(f"{raw!r} is no amount") from fault
    if not amount.is_finite() or amount < 0:
        raise ValueError(f"{raw!r} is no amount from 0 up")
    return amount


def _text(raw: object) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise ValueError(f"{raw!r} is no text")
    return raw


def _table(raw: object, required: set[str], optional: frozenset[str] = frozenset()) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise ValueError(f"{raw!r} is no table")
    missing, unknown = required - raw.keys(), raw.keys() - required - optional
    if missing or unknown:
        raise ValueError(f"missing {sorted(missing)}, unknown {sorted(unknown)}")
    return raw


def _term(raw: object) -> Term:
    table = _table(raw, {"length", "unit"}, frozenset({"roll"}))
    _count(table["length"])
    return Term.from_json(table)


def _minutes(raw: object) -> timedelta:
    return timedelta(minutes=_count(raw))


def _day(raw: object) -> date:
    if type(raw) is date:
        return raw
    return date.fromisoformat(_text(raw))


def _review(raw: object) -> ReviewOpening:
    table = _table(raw, {"month", "day", "at", "programmes"})
    month, day = _count(table["month"]), _count(table["day"])
    date(2001, month, day)  # a day that every year has
    at = table["at"] if isinstance(table["at"], time) else time.fromisoformat(_text(table["at"]))
    return ReviewOpening(month, day, at, names().parse(table["programmes"]))


def _monitored(raw: object) -> Monitored:
    table = _table(raw, {"category", "every", "day"})
    every, day = _text(table["every"]), _count(table["day"])
    if every not in EVERY:
        raise ValueError(f"{every!r} is not one of {', '.join(EVERY)}")
    date(2001, 2, day)  # a day that every month has
    return Monitored(_text(table["category"]), every, day)


def _dump_monitored(one: Monitored) -> Json:
    return {"category": one.category, "every": one.every, "day": one.day}


def _power(raw: object) -> Power:
    table = _table(raw, set(), frozenset({"stops", "stop_days", "extensions", "extend", "second", "grounds"}))
    made = Power(
        _count(table.get("stops", 0)), _count(table.get("stop_days", 0)), _count(table.get("extensions", 0)),
        _term(table["extend"]) if table.get("extend") is not None else None, _flag(table.get("second", True)),
        tuple(_text(one) for one in table.get("grounds", ())),
    )  # fmt: skip
    if bool(made.stops) != bool(made.stop_days) or bool(made.extensions) != (made.extend is not None):
        raise ValueError("how often and how long go together")
    return made


def _dump_power(power: Power) -> Json:
    extend = {"extend": power.extend.to_json()} if power.extend is not None else {}
    return {"stops": power.stops, "stop_days": power.stop_days, "extensions": power.extensions, **extend,
            "second": power.second, "grounds": list(power.grounds)}  # fmt: skip


def _dump_review(review: ReviewOpening) -> Json:
    at = review.at.isoformat("minutes")
    return {"month": review.month, "day": review.day, "at": at, "programmes": list(review.programmes)}


def _reason(raw: object) -> StandardReason:
    table = _table(raw, {"code", "zh", "en"}, frozenset({"told"}))
    code = _text(table["code"])
    if not code.replace("_", "").isalnum() or not code.isascii() or code != code.upper():
        raise ValueError(f"{code!r} is no code of capital letters, digits and _")
    return StandardReason(code, _text(table["zh"]), _text(table["en"]), _flag(table.get("told", False)))


def _dump_reason(reason: StandardReason) -> Json:
    return {"code": reason.code, "zh": reason.zh, "en": reason.en, "told": reason.told}


FLAG = Kind("flag", "true or false", _flag, _same)
COUNT = Kind("count", "a whole number from 0 up", _count, _same)
AMOUNT = Kind("amount", 'a whole number, or a decimal in quotes such as "0.5"', _amount, str)
TEXT = Kind("text", "a text in quotes", _text, _same)
MINUTES = Kind("minutes", "a whole number of minutes", _minutes, lambda span: int(span.total_seconds() // 60))
DAY = Kind("day", "a day such as 2027-06-01", _day, date.isoformat)
TERM = Kind(
    "term",
    f"{{ length = 15, unit = {' | '.join(UNITS)}, roll = {' | '.join(ROLLS)} }}",
    _term,
    Term.to_json,
)
POWER = Kind(
    "power",
    "{ stops = 1, stop_days = 30, extensions = 1, extend = { length = 10, unit = working }, second = true }",
    _power,
    _dump_power,
)
REVIEW = Kind("review", '{ month = 6, day = 1, at = 00:10:00, programmes = ["DIBAO"] }', _review, _dump_review)

MONITORING = Kind(
    "monitored data type", '{ category = "DEATH", every = "MONTH" | "QUARTER", day = 5 }', _monitored, _dump_monitored
)

REASON = Kind("reason", '{ code = "PAPERS", zh = "材料不齐", en = "Papers are missing" }', _reason, _dump_reason)


def optional(kind: Kind[T]) -> Kind[T | None]:
    """`kind`, or no limit at all: written `none = true` in a file, null in a snapshot."""
    return Kind(
        f"{kind.name} or none",
        f"{kind.expects}, or none = true in place of the value",
        lambda raw: None if raw is None else kind.parse(raw),
        lambda value: None if value is None else kind.dump(value),
    )


def choice(*allowed: str) -> Kind[str]:
    """One of a fixed set of words."""

    def parse(raw: object) -> str:
        if raw not in allowed:
            raise ValueError(f"{raw!r} is not one of {', '.join(allowed)}")
        return str(raw)

    return Kind("choice", f"one of {', '.join(allowed)}", parse, _same)


def listed(kind: Kind[T]) -> Kind[tuple[T, ...]]:
    """A list of values of one kind, in the order written."""

    def parse(raw: object) -> tuple[T, ...]:
        if not isinstance(raw, list | tuple):
            raise ValueError(f"{raw!r} is no list")
        return tuple(kind.parse(entry) for entry in raw)

    return Kind(f"list of {kind.name}", f"a list of: {kind.expects}", parse, lambda v: [kind.dump(e) for e in v])


def names(*allowed: str) -> Kind[tuple[str, ...]]:
    """A list of words, each once; any word when none are named."""
    inner = listed(choice(*allowed) if allowed else TEXT)

    def parse(raw: object) -> tuple[str, ...]:
        words = inner.parse(raw)
        if len(set(words)) != len(words):
            raise ValueError(f"{raw!r} names something twice")
        return words

    return Kind("names", inner.expects, parse, list)


def by(kind: Kind[T], *allowed: str) -> Kind[Mapping[str, T]]:
    """A table from word to value; any word when none are named."""

    def parse(raw: object) -> Mapping[str, T]:
        if not isinstance(raw, Mapping) or (allowed and raw.keys() - set(allowed)):
            raise ValueError(f"{raw!r} is no table over {', '.join(allowed) or 'words'}")
        return {str(name): kind.parse(value) for name, value in raw.items()}

    return Kind(
        f"table of {kind.name}",
        f"a table of: {kind.expects}",
        parse,
        lambda v: {name: kind.dump(value) for name, value in v.items()},
    )


def any_of(values: Sequence[bool]) -> bool:
    """Stricter is true."""
    return any(values)


def all_of(values: Sequence[bool]) -> bool:
    """Stricter is false."""
    return all(values)


def common(values: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Stricter is less: what every list has, in the order of the first."""
    return tuple(word for word in values[0] if all(word in other for other in values))


def joined(values: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Stricter is more: what any list has, in the order met."""
    return tuple(dict.fromkeys(word for words in values for word in words))


def every_reason(
    values: Sequence[Mapping[str, tuple[StandardReason, ...]]],
) -> Mapping[str, tuple[StandardReason, ...]]:
    """What any of them offers, under one code as the nearest words it."""
    made: dict[str, dict[str, StandardReason]] = {}
    for one in values:
        for use, reasons in one.items():
            for reason in reasons:
                made.setdefault(use, {}).setdefault(reason.code, reason)
    return {use: tuple(sorted(found.values(), key=lambda reason: reason.told)) for use, found in made.items()}


def latest_of(*order: str) -> Callable[[Sequence[str]], str]:
    """Stricter is later in `order`."""
    return lambda values: max(values, key=order.index)
