"""What is wrong with a file or a row, said without repeating what stands in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from domain.errors import HouseError
from domain.text import Text


class FileRefused(HouseError):
    """A file cannot be read as a whole; the message says where and what to do.

    unread: for a file refused for its headings {"row", "signature", "labels", "columns"}, so that somebody may say what
    they mean (S3: a label is what stands in the file).
    """

    def __init__(self, sentence: Text, unread: dict[str, Any] | None = None, **ids: object) -> None:
        super().__init__(sentence, **ids)
        self.sentence = sentence
        self.unread = unread


class ReadingCancelled(HouseError):
    """Whoever wanted the file read no longer does; nothing of it may be used."""


class Refusal(Exception):
    """Inside the reading child: the file is refused with this sentence (becomes FileRefused in the parent)."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.source)
        self.text = text


@dataclass(frozen=True, slots=True)
class RowFault:
    """One thing that is wrong in one row.

    sheet, row: 1-based, as the spreadsheet shows them; index: 0-based column or None for the whole row;
    column: the heading as written; sentence: what is wrong and what to do, never the value;
    kept: True when the row is kept in spite of it.
    """

    sheet: int
    row: int
    index: int | None
    column: str
    sentence: Text
    kept: bool = False
