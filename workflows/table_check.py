"""What the check says of a decision table: faults that refuse it, and what its owner should look at once more."""

from __future__ import annotations

import re
from collections.abc import Iterator

import decisions
from domain.errors import Finding
from domain.text import gettext as _
from workflows.bpmn_xml import XmlRefused, line_of, local, read_tree
from workflows.decision_words import said

QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
# where FEEL stands; an annotation is prose
WRITTEN = frozenset({"inputEntry", "outputEntry", "inputExpression", "literalExpression", "defaultOutputEntry"})


def check_table(path: str, content: bytes) -> Iterator[Finding]:
    """Every finding about a decision file, each at the cell, the rule or the table it speaks of."""
    found = decisions.check(content)
    for one in found:
        yield Finding(
            path, one.where, one.line, said(one.sentence), said(one.remedy), one.severity,
            one.table, one.rule, one.column, tuple(one.example.items()),
        )  # fmt: skip
    places = {one.where for one in found}
    yield from (one for one in two_equals(path, content) if one.element not in places)


def two_equals(path: str, content: bytes) -> Iterator[Finding]:
    """Cells with two equals signs: `== 5` reads as "equals what equals 5" and never holds."""
    try:
        root = read_tree(content)
    except XmlRefused:
        return  # said by the check of the file
    for text in root.iter("{*}text"):
        holder = text.getparent()
        if holder is None or local(holder) not in WRITTEN or "==" not in QUOTED.sub("", text.text or ""):
            continue
        place = next((str(one.get("id")) for one in text.iterancestors() if one.get("id")), "")
        sentence = _("“%(text)s” has two equals signs and would never hold.", text=(text.text or "").strip()[:60])
        yield Finding(path, place, line_of(text), sentence, _("Write the value alone, or one equals sign."))
