"""What the check says of a decision table beside what makes it unreadable."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.errors import Finding
from domain.text import gettext as _
from workflows.bpmn_xml import line_of, local, read_tree

QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
# where FEEL stands; an annotation is prose
WRITTEN = frozenset({"inputEntry", "outputEntry", "inputExpression", "literalExpression", "defaultOutputEntry"})


def two_equals(path: str, content: bytes) -> Iterator[Finding]:
    """Cells with two equals signs: `== 5` reads as "equals what equals 5" and never holds."""
    for text in read_tree(content).iter("{*}text"):
        holder = text.getparent()
        if holder is None or local(holder) not in WRITTEN or "==" not in QUOTED.sub("", text.text or ""):
            continue
        place = next((str(one.get("id")) for one in text.iterancestors() if one.get("id")), "")
        sentence = _("“%(text)s” has two equals signs and would never hold.", text=(text.text or "").strip()[:60])
        yield Finding(path, place, line_of(text), sentence, _("Write the value alone, or one equals sign."))
