"""Several questions of a form asked at once, so that everything that is wrong is said at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from domain.errors import InvalidAnswers

First = TypeVar("First")
Second = TypeVar("Second")


def all_of(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """Both answers. Raises InvalidAnswers with the faults of both."""
    faults: dict[str, object] = {}
    found: list[First] = []
    try:
        found.append(first())
    except InvalidAnswers as refused:
        faults |= refused.fields
    try:
        other = second()
    except InvalidAnswers as refused:
        raise InvalidAnswers({**faults, **refused.fields}) from refused
    if faults:
        raise InvalidAnswers(faults)
    return found[0], other
