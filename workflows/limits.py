"""What a file may be before anything reads it in earnest: bounded in size, depth and number of parts.

Everything here reads as a stream and builds no tree, so that a file that was made to hurt costs no more than its
bytes. What passes may still be wrong; it is never dangerous to open, to show or to check.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from xml.parsers import expat

from domain.errors import Finding
from domain.text import gettext as _
from workflows.bpmn_xml import MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS, XINCLUDE, XmlRefused, refuse_early
from workflows.lint import XML_REFUSED

MOST_VALUES = 20_000  # objects, lists and strings of a JSON file
SHEET_BYTES = 64 * 1024
SHEET_DEPTH = 16
SHEET_DOTS = 32  # in one line outside of texts: a key of thousands of parts costs its square

# A text that is never closed reaches to the end, so that both stay linear whatever they are given.
_JSON_PARTS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_TOML_TEXTS = re.compile(
    r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:"""|\\?\Z)'
    r"|\'\'\'[^\']*(?:\'(?!\'\')[^\']*)*(?:\'\'\'|\Z)"
    r'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"?'
    r"|\'[^\'\n]*\'?"
    r"|#[^\n]*",
    re.DOTALL,
)
_OTHER = re.compile(r"\ufeff?\s*<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-?8[\"'])", re.IGNORECASE)


def xml_limits(path: str, content: bytes) -> Iterator[Finding]:
    """Why an XML file may not be read: the same rules as `bpmn_xml.read_tree`, without building a tree."""
    try:
        refuse_early(content)
        _strict_utf8(content)
        _stream(content)
    except XmlRefused as refused:
        sentence, remedy = XML_REFUSED[refused.rule]
        yield Finding(path, "", refused.line, sentence, remedy, code=refused.rule)


def json_limits(path: str, content: bytes) -> Iterator[Finding]:
    """Why a JSON file may not be read: its encoding, size, depth, number of values, or that it is none."""
    if len(content) > MAX_BYTES:
        yield Finding(path, "", None, *XML_REFUSED["too-large"], code="too-large")
        return
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as fault:
        yield Finding(path, "", content.count(b"\n", 0, fault.start) + 1, *XML_REFUSED["encoding"], code="encoding")
        return
    deep = _too_deep(_JSON_PARTS.finditer(text), MAX_DEPTH)
    if deep is not None:
        sentence = _("The file nests more than 100 levels or holds more than 20,000 values.")
        yield Finding(path, "", text.count("\n", 0, deep) + 1, sentence, _("Make it simpler."), code="too-deep")
        return
    try:
        json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as fault:
        line = fault.lineno if isinstance(fault, json.JSONDecodeError) else None
        yield Finding(
            path, "", line, _("The file is not JSON."), _("Export it again from the editor."), code="not-json"
        )


def toml_limits(path: str, content: bytes) -> Iterator[Finding]:
    """Why a TOML file may not be read: its encoding, size or depth."""
    if len(content) > SHEET_BYTES:
        yield Finding(
            path,
            "",
            None,
            _("The file is larger than 64 KB."),
            _("Remove what does not belong to it."),
            code="too-large",
        )
        return
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as fault:
        yield Finding(path, "", content.count(b"\n", 0, fault.start) + 1, *XML_REFUSED["encoding"], code="encoding")
        return
    bare = _TOML_TEXTS.sub(lambda found: "\n" * found[0].count("\n"), text)
    deep = _too_deep(re.finditer(r"[\[\]{}]", bare), SHEET_DEPTH)
    line = bare.count("\n", 0, deep) + 1 if deep is not None else None
    dotted = next((at for at, row in enumerate(bare.split("\n"), start=1) if row.count(".") > SHEET_DOTS), None)
    if line or dotted:
        yield Finding(path, "", line or dotted, _("The file nests too deep."), _("Make it simpler."), code="too-deep")


def _too_deep(parts: Iterator[re.Match[str]], deepest: int) -> int | None:
    """Where brackets go deeper than `deepest`, or where there are too many values."""
    depth = 0
    for count, part in enumerate(parts, start=1):
        if part[0] in "[{":
            depth += 1
        elif part[0] in "]}":
            depth -= 1
        if depth > deepest or count > MOST_VALUES * 2:
            return part.start()
    return None


def _no_constant(name: str) -> float:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _strict_utf8(content: bytes) -> None:
    """The bytes as every reader takes them alike: UTF-8, or plain ASCII under whatever name."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise XmlRefused("encoding", content.count(b"\n", 0, fault.start) + 1) from None
    if not text.isascii() and _OTHER.match(text):
        raise XmlRefused("encoding", 1)


class _Stream:
    """Counts depth and elements while a parser reads; raises XmlRefused at the first excess."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.depth = self.elements = 0
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.ProcessingInstructionHandler = self._instruction

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        line = self.parser.CurrentLineNumber
        if self.depth > MAX_DEPTH:
            raise XmlRefused("too-deep", line)
        if self.elements > MAX_ELEMENTS:
            raise XmlRefused("too-many-elements", line)
        if name.startswith(f"{XINCLUDE} "):
            raise XmlRefused("xinclude", line)

    def _end(self, _name: str) -> None:
        self.depth -= 1

    def _doctype(self, *_about: object) -> None:
        raise XmlRefused("doctype", self.parser.CurrentLineNumber)

    def _instruction(self, *_about: object) -> None:
        raise XmlRefused("processing-instruction", self.parser.CurrentLineNumber)


def _stream(content: bytes) -> None:
    stream = _Stream()
    try:
        stream.parser.Parse(content, True)
    except expat.ExpatError as broken:
        raise XmlRefused("not-well-formed", broken.lineno) from None
