"""What cases that begin alike must not look at: the reference, by which alone their data differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

MARK = "hidden-01j9zq6w"


class Unlike(Exception):  # noqa: N818  says that the way depends on the case
    """The way to the first waiting point asks for what is a case's own."""


class Hidden(dict[str, Any]):
    """Stands for a reference. Whoever looks at it raises Unlike; an expression takes a value in by looking.

    Only JSON is made of it without looking: then MARK is in it.
    """

    def __init__(self) -> None:
        super().__init__({MARK: 0})

    def _seen(self) -> NoReturn:
        raise Unlike

    def __len__(self) -> int:
        self._seen()

    def __iter__(self) -> Iterator[str]:
        self._seen()

    def __contains__(self, _key: object) -> bool:
        self._seen()

    def __getitem__(self, _key: str) -> Any:
        self._seen()

    def __eq__(self, _other: object) -> bool:
        self._seen()

    __hash__ = None

    def __str__(self) -> str:
        self._seen()

    __repr__ = __str__

    def get(self, *_key: Any) -> Any:
        """Raises Unlike."""
        self._seen()

    def keys(self) -> Any:
        """Raises Unlike."""
        self._seen()

    def values(self) -> Any:
        """Raises Unlike."""
        self._seen()

    def items(self) -> Any:
        """Raises Unlike."""
        self._seen()

    def copy(self) -> Any:
        """Raises Unlike."""
        self._seen()
