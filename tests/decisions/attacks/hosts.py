"""Objects of Python's that a careless caller might hand in. Whatever reaches into one is written down in TOUCHED."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from typing import Any

CANARY = "canary-4711"
TOUCHED: list[str] = []


def _touch(what: str) -> str:
    TOUCHED.append(what)
    return CANARY


class Anything:
    """Answers whatever is asked."""

    secret = CANARY

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):  # what the interpreter itself asks every object for
            raise AttributeError(name)
        return _touch(f"attribute {name}")

    def __call__(self, *given: object) -> str:
        return _touch("call")

    def __eq__(self, other: object) -> bool:
        return bool(_touch("=="))

    def __hash__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return _touch("repr")

    __str__ = __repr__

    def __len__(self) -> int:
        return len(_touch("len"))

    def __iter__(self) -> Any:
        return iter(_touch("iter"))

    def __getitem__(self, key: object) -> str:
        return _touch("item")

    def __index__(self) -> int:
        return len(_touch("index"))

    def __format__(self, spec: str) -> str:
        return _touch("format")

    def __add__(self, other: object) -> str:
        return _touch("+")

    __radd__ = __mul__ = __rmul__ = __lt__ = __gt__ = __le__ = __ge__ = __contains__ = __add__


class Text(str):
    """A string whose methods and attributes are its own."""

    secret = CANARY
    __slots__ = ()

    def upper(self) -> str:
        return _touch("upper")

    lower = __str__ = __repr__ = upper

    def replace(self, *given: object) -> str:
        return _touch("replace")

    def __add__(self, other: object) -> str:
        return _touch("+")

    def __contains__(self, other: object) -> bool:
        return bool(_touch("in"))

    def __len__(self) -> int:
        return len(_touch("len"))

    def __eq__(self, other: object) -> bool:
        return bool(_touch("=="))

    def __hash__(self) -> int:
        return 1

    def __format__(self, spec: str) -> str:
        return _touch("format")


class Context(dict[str, object]):
    """A dict that makes up entries."""

    secret = CANARY

    def __missing__(self, key: str) -> str:
        return _touch("missing")

    def __getitem__(self, key: str) -> object:
        return _touch("item")

    def get(self, key: str, default: object = None) -> object:
        return _touch("get")

    def __contains__(self, key: object) -> bool:
        return bool(_touch("in"))


class List(list[object]):
    """A list with attributes and arithmetic of its own."""

    secret = CANARY

    def __add__(self, other: object) -> Any:
        return _touch("+")

    def __getitem__(self, index: object) -> Any:
        return _touch("item")

    def __contains__(self, item: object) -> bool:
        return bool(_touch("in"))

    def __eq__(self, other: object) -> bool:
        return bool(_touch("=="))

    __hash__ = None


class Number(Decimal):
    """A number that computes for itself."""

    secret = CANARY

    def __add__(self, other: object) -> Any:
        return _touch("+")

    __radd__ = __mul__ = __rmul__ = __sub__ = __add__

    def __pow__(self, other: object, modulus: object = None) -> Any:
        return _touch("**")

    def __eq__(self, other: object) -> bool:
        return bool(_touch("=="))

    def __hash__(self) -> int:
        return 1


class Whole(int):
    """An int with an attribute."""

    secret = CANARY

    def __add__(self, other: object) -> Any:
        return _touch("+")


class Properties:
    """Properties and a descriptor, as of a row of a database."""

    secret = CANARY

    @property
    def name(self) -> str:
        return _touch("property")

    def method(self) -> str:
        return _touch("method")


@dataclass
class Person:
    name: str = CANARY
    password: str = CANARY


class Colour(Enum):
    RED = CANARY


class Zone(tzinfo):
    """A zone that runs when it is asked."""

    secret = CANARY

    def utcoffset(self, when: datetime | None) -> timedelta:
        return timedelta(hours=8)

    def tzname(self, when: datetime | None) -> str:
        return _touch("tzname")

    def dst(self, when: datetime | None) -> timedelta:
        _touch("dst")
        return timedelta(0)


def endless() -> Any:
    """A generator without end."""
    while True:
        yield CANARY


def own_circle() -> list[object]:
    """A list that holds itself."""
    held: list[object] = []
    held.append(held)
    return held


def own_context() -> dict[str, object]:
    held: dict[str, object] = {}
    held["a"] = held
    return held


def laughs() -> list[object]:
    """Thirty lists, each holding the one before twice."""
    held: list[object] = ["lol"]
    for _number in range(30):
        held = [held, held]
    return held


def secret_function(*given: object) -> str:
    return _touch("function")


MAKERS: dict[str, Callable[[], object]] = {
    "anything": Anything,
    "text": lambda: Text("abc"),
    "context": lambda: Context(a=1),
    "list": lambda: List([1, 2, 3]),
    "number": lambda: Number(3),
    "whole": lambda: Whole(3),
    "properties": Properties,
    "person": Person,
    "class": lambda: Properties,
    "module": lambda: __import__("os"),
    "function": lambda: secret_function,
    "method": lambda: Properties().method,
    "built-in": lambda: open,
    "lambda": lambda: lambda *given: _touch("lambda"),
    "type": lambda: type,
    "enum": lambda: Colour.RED,
    "zoned": lambda: datetime(2026, 6, 1, 8, tzinfo=Zone()),
    "endless": endless,
    "own circle": own_circle,
    "own context": own_context,
    "laughs": laughs,
    "bytes": lambda: CANARY.encode(),
    "bytearray": lambda: bytearray(CANARY.encode()),
    "set": lambda: {CANARY},
    "range": lambda: range(10**15),
    "complex": lambda: complex(1, 2),
    "infinite": lambda: float("inf"),
    "nan": lambda: float("nan"),
    "huge": lambda: 10**10_000,
    "exception": lambda: ValueError(CANARY),
    "frame": lambda: __import__("sys")._getframe(),
    "file": lambda: __import__("sys").stdout,
    "long text": lambda: "a" * 5_000_000,
    "long list": lambda: [0] * 1_000_000,
    "deep list": lambda: _deep(100_000),
    "keys": lambda: {Anything(): 1, 2: CANARY, None: 3},
    "day": lambda: type("Day", (date,), {"secret": CANARY})(2026, 6, 1),
}


def _deep(levels: int) -> list[object]:
    held: list[object] = []
    for _number in range(levels):
        held = [held]
    return held
