"""Text out of delivered bytes: which encoding, strictly decoded, line by line."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator

from domain.text import gettext as _
from sources.faults import Refusal
from sources.tables.sheet import CHUNK, Readable, too_large

LONGEST_LINE = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 (BOM)"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_SAMPLE = 4096
_USUAL_SHARE = 0.9
_USUAL = re.compile(r"[\t\r\n -~\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


class Decoder:
    """Strict decoding with the encoding decided by the first byte that is not ASCII.

    ASCII is the same in UTF-8 and GB18030, so nothing before that byte needs deciding; the file streams.
    """

    def __init__(self) -> None:
        self.encoding = "ASCII"
        self._decoder: codecs.IncrementalDecoder | None = None
        self._at = 0

    def feed(self, chunk: bytes, *, final: bool = False) -> str:
        """Text of the chunk. Raises Refusal naming the byte where decoding fails."""
        if self._decoder is None:
            self._decide(chunk)
        if b"\0" in chunk and not self.encoding.startswith("UTF-16"):
            raise _no_text(self._at + chunk.index(b"\0"))
        try:
            text = self._decoder.decode(chunk, final) if self._decoder else chunk.decode("ascii")
        except UnicodeDecodeError as problem:
            raise Refusal(
                _(
                    "The text stops being %(encoding)s near byte %(byte)s: the file is damaged or mixes encodings."
                    " Export it again in one encoding (UTF-8 or GB18030).",
                    encoding=self.encoding,
                    byte=self._at + problem.start,
                )
            ) from problem
        if "\0" in text:
            raise _no_text(self._at + 2 * text.index("\0"))
        self._at += len(chunk)
        return text

    def _decide(self, chunk: bytes) -> None:
        if self._at == 0:
            for mark, encoding, name in _MARKS:
                if chunk.startswith(mark):
                    self._choose(encoding, name)
                    return
            if wide := _wide(chunk[:_SAMPLE]):
                self._choose(wide, "UTF-16")
                return
        if not chunk.isascii():
            try:
                codecs.getincrementaldecoder("utf-8")().decode(chunk)
                self._choose("utf-8", "UTF-8")
            except UnicodeDecodeError:
                self._choose("gb18030", "GB18030")

    def _choose(self, encoding: str, name: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self.encoding = name


def _wide(sample: bytes) -> str:
    """The UTF-16 without a mark that `sample` is written in; "" when it is none.

    Read the wrong way round, commas and line ends are no longer there and digits become rare characters.
    """
    if b"\0" not in sample:
        return ""
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = codecs.getincrementaldecoder(encoding)("strict").decode(sample)
        except UnicodeDecodeError:
            continue
        usual = len(_USUAL.findall(text))
        if usual >= _USUAL_SHARE * len(text) and any(sign in text for sign in "\r\n,\t;|"):
            return encoding
    return ""


def _no_text(byte: int) -> Refusal:
    return Refusal(
        _("Byte %(byte)s of the file is zero, so it is no text. Export it again as CSV or XLSX.", byte=byte + 1)
    )


def lines(stream: Readable, decoder: Decoder, head: bytes, limit: int) -> Iterator[list[str]]:
    """Lines with their ends, whatever ends them, as many at once as a piece of the file holds.

    Raises Refusal for a line over 1 MiB or a file over `limit` bytes, after the lines before it were taken.
    """
    newline = io.IncrementalNewlineDecoder(None, translate=True)
    pending, chunk, size, count = "", head, 0, 1
    while True:
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        following = stream.read(CHUNK)
        text = newline.decode(decoder.feed(chunk, final=not following), final=not following)
        whole = (pending + text).split("\n")
        pending = whole.pop()
        count += len(whole)
        if len(pending) > LONGEST_LINE:
            raise Refusal(
                _("Line %(line)s is longer than a million characters. Check how the file was exported.", line=count)
            )
        yield [line + "\n" for line in whole]
        if not following:
            break
        chunk = following
    if pending:
        yield [pending]
