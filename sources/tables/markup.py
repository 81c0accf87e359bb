"""XML parts read piece by piece, without entities: what a workbook's parts are written in (ECMA-376, ODF)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from xml.parsers import expat

from sources.faults import Refusal
from sources.tables.sheet import DAMAGED

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
_BUFFER = 64 << 10


def feed(pieces: Iterable[bytes], start: Start, end: End, text: Callable[[str], None]) -> Iterator[None]:
    """Call the handlers for each element (name as written) and text; yields after every piece.

    Raises Refusal when the XML is broken or has a DOCTYPE, behind which every trick with entities stands.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = _BUFFER
    parser.StartDoctypeDeclHandler = _doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    try:
        for piece in pieces:
            parser.Parse(piece, False)
            yield
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as problem:  # the latter two: an encoding nobody knows
        raise Refusal(DAMAGED) from problem
    yield


def read(pieces: Iterable[bytes], start: Start, end: End, text: Callable[[str], None]) -> None:
    """As `feed`, to the end at once."""
    for _piece in feed(pieces, start, end, text):
        pass


def local(name: str) -> str:
    """A name without its prefix."""
    return name.rpartition(":")[2]


def _doctype(*_told: object) -> None:
    raise Refusal(DAMAGED)
