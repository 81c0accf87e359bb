"""DMN XML read without trusting it: no DOCTYPE, no network, bounded size, depth and number of elements."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from lxml import etree

from decisions.errors import DecisionError, Finding

MAX_BYTES = 2 * 1024 * 1024
MAX_ELEMENTS = 20_000
MAX_DEPTH = 100
DMN = {
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}
FEEL = frozenset(
    (
        "feel",
        "http://www.omg.org/spec/FEEL/20140401",
        "http://www.omg.org/spec/DMN/20180521/FEEL/",
        "https://www.omg.org/spec/DMN/20191111/FEEL/",
        "https://www.omg.org/spec/DMN/20211108/FEEL/",
        "https://www.omg.org/spec/DMN/20230324/FEEL/",
    )
)
Element = etree._Element


class Faults:
    """Findings gathered while a model is read."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def add(self, element: Element, sentence: str, remedy: str) -> None:
        owner: Element | None = element
        while owner is not None and owner.get("id") is None and owner.get("name") is None:
            owner = owner.getparent()
        where = "definitions" if owner is None else owner.get("id") or owner.get("name") or local(owner)
        self.findings.append(Finding(where, line_of(element), sentence, remedy))

    def refuse(self) -> None:
        """Raises DecisionError when there is any finding."""
        if self.findings:
            first = self.findings[0]
            more = f" ({len(self.findings) - 1} more)" if len(self.findings) > 1 else ""
            raise DecisionError(f"The decision model cannot be used. {first}{more}", self.findings)


def refused(sentence: str, remedy: str, line: int | None = None) -> DecisionError:
    return DecisionError(
        f"The decision model cannot be used. {sentence} {remedy}", [Finding("definitions", line, sentence, remedy)]
    )


def read_xml(source: bytes) -> Element:
    """The `definitions` element.

    Raises:
        DecisionError: not well-formed, with a DOCTYPE, too large or too deep, or not DMN 1.2 to 1.5.
    """
    if len(source) > MAX_BYTES:
        raise refused("The file is larger than 2 MB.", "Split the model.")
    if max(source.count(b"<"), source.count(b"=")) > 3 * MAX_ELEMENTS:  # before a tree of them is made
        raise refused("The model has too many elements or nests too deeply.", "Split the model.")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(source, parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        line = fault.lineno if isinstance(fault, etree.XMLSyntaxError) else None
        raise refused("The file is not well-formed XML.", "Export it again from the editor.", line) from None
    info: Any = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise refused("The file has a DOCTYPE.", "Remove it: a decision model needs none.")
    _check_size(root)
    if etree.QName(root).namespace not in DMN or local(root) != "definitions":
        raise refused("The file is not a DMN 1.2 to 1.5 model.", "Export it as DMN 1.3.", line_of(root))
    return root


def _check_size(root: Element) -> None:
    count = depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        count += event == "start"
        depth += 1 if event == "start" else -1
        if count > MAX_ELEMENTS or depth > MAX_DEPTH:
            raise refused("The model has too many elements or nests too deeply.", "Split the model.")


def line_of(element: Element) -> int | None:
    line: Any = element.sourceline
    return line if isinstance(line, int) else None


def local(element: Element) -> str:
    return _split(str(element.tag))[1]


@lru_cache(1024)
def _split(tag: str) -> tuple[bool, str]:
    """Whether a tag is DMN's, and its local name."""
    namespace, _, name = tag.rpartition("}")
    return namespace[1:] in DMN, name


def children(element: Element, *names: str) -> list[Element]:
    """The DMN children of `element` with one of these names, in order; all when none is named."""
    found = []
    for kid in element:
        ours, name = _split(str(kid.tag))
        if ours and (not names or name in names):
            found.append(kid)
    return found


def child(element: Element, *names: str) -> Element | None:
    for kid in element:
        ours, name = _split(str(kid.tag))
        if ours and (not names or name in names):
            return kid
    return None


def text_in(element: Element | None) -> str:
    """The content of the `text` child, stripped; empty when there is none."""
    inner = None if element is None else child(element, "text")
    return "" if inner is None else (inner.text or "").strip()
