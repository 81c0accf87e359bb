"""The check of a stranger's drawing, in a process of its own that may be killed: `python -m workflows.lint_child`.

The rules are bounded by themselves; this is for what sits below them, the XML library and whatever a later
version of it may do with a file that was made to hurt.
"""

from __future__ import annotations

import base64
import json
import resource
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

from domain.errors import Finding
from domain.text import Text
from domain.text import gettext as _
from workflows import lint
from workflows.lint_elements import FILE

NO_END = _("The check of the drawing did not end.")
SECONDS = 20
MEMORY = 1024**3


def check_untrusted(
    xml: bytes,
    *,
    operations: Mapping[str, lint.OperationSpec],
    roles: Collection[str],
    forms: Collection[str],
    decisions: Collection[str],
    facts: Collection[str] | None = None,
    records: Collection[str] | None = None,
    seconds: int = SECONDS,
) -> list[Finding]:
    """`lint.check_diagram` in a child with limits; a child that dies or takes too long is a finding."""
    question = {
        "xml": base64.b64encode(xml).decode("ascii"),
        "operations": [[o.name, sorted(o.inputs), sorted(o.outputs)] for o in operations.values()],
        "roles": sorted(roles),
        "forms": sorted(forms),
        "decisions": sorted(decisions),
        "facts": None if facts is None else sorted(facts),
        "records": None if records is None else sorted(records),
        "seconds": seconds,
    }
    command = [sys.executable, "-m", "workflows.lint_child"]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module, no shell
            command,
            input=json.dumps(question).encode(),
            capture_output=True,
            timeout=seconds,
            check=True,
            cwd=Path(__file__).parent.parent,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        remedy = _("Check it once more; if it is said again, draw it more simply.")
        return [Finding(FILE, "", None, NO_END, remedy, code="check-did-not-end")]
    return [_finding(*row) for row in json.loads(done.stdout)]


def _row(found: Finding) -> list[object]:
    words = _packed(found.sentence), _packed(found.remedy)
    return [found.file, found.element, found.line, *words, found.severity, found.code]


def _packed(text: object) -> list[object]:
    # The texts travel untranslated, so that the reader's language is bound where they are read.
    if isinstance(text, Text):
        return [text.source, {name: _value(value) for name, value in text.values.items()}]
    return [str(text).replace("%", "%%"), {}]


def _value(value: object) -> object:
    return _packed(value) if isinstance(value, Text) else str(value)


def _text(source: str, values: dict[str, object]) -> Text:
    return Text(source, {name: _text(*value) if isinstance(value, list) else value for name, value in values.items()})


def _finding(
    file: str,
    element: str,
    line: int | None,
    sentence: tuple[str, dict[str, object]],
    remedy: tuple[str, dict[str, object]],
    severity: str,
    code: str,
) -> Finding:
    return Finding(file, element, line, _text(*sentence), _text(*remedy), severity, code=code)


def main() -> None:
    """Read a question as JSON from standard input, write the findings as JSON."""
    question = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (question["seconds"], question["seconds"]))
    found = lint.check_diagram(
        base64.b64decode(question["xml"]),
        operations={name: lint.OperationSpec(name, i, o) for name, i, o in question["operations"]},
        roles=question["roles"],
        forms=question["forms"],
        decisions=question["decisions"],
        facts=question["facts"],
        records=question["records"],
    )
    json.dump([_row(one) for one in found], sys.stdout)


if __name__ == "__main__":
    main()
