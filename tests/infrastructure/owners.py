"""The lists of docs/process-owners.md: `python -m tests.infrastructure.owners` writes them between their marks.

Operations come from the registry, variables from the shipped drawings and forms by the same rules as the check's.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from workflows import bundles, engine, forms, registry
from workflows.lint_names import CASE, LENT
from workflows.operation_titles import title_of

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "process-owners.md"
KINDS = {
    "quick": "at once",
    "slow": "a job: the case waits until it is done",
    "facts": "what a table is asked about",
    "record": "what is done with a table's answer",
}
CASE_MEANS = {
    "ref": "reference of the case",
    "kind": '`"NEW"`, `"DYNAMIC"` or `"BATCH_LETTER"`',
    "programme": 'code of the programme, e.g. `"DIBAO"`',
    "campaign": "reference of the review campaign; reviews alone",
    "subject_state": '`"APPLICANT"` or `"RECIPIENT"`; not in a campaign\'s letter',
    "month_end": "end of the month in which the review opened; letters alone",
}
LENT_MEANS = {"case_due": "instant by which the whole case must be done, null without a limit"}


def operations() -> str:
    """The table of operations, facts and records."""
    lines = ["| name | in the editor | what it does | runs | gives back |", "|---|---|---|---|---|"]
    for kind, runs in KINDS.items():
        for name, one in sorted(registry.operations().items()):
            if one.kind == kind:
                given = ", ".join(f"`{output}`" for output in one.outputs) or "—"
                unsaid = [step for step in steps_read(one) if f"`{step}`" not in one.title]
                reads = f" Reads the answers of {' and '.join(f'`{step}`' for step in unsaid)}." if unsaid else ""
                needs = f" Needs {', '.join(f'`{name}`' for name in one.inputs)}." if one.inputs else ""
                lines.append(f"| `{name}` | {title_of(name)} | {_cell(one.title)}{reads}{needs} | {runs} | {given} |")
    return "\n".join(lines)


def steps_read(one: registry.Operation) -> list[str]:
    """Ids of the steps whose answers an operation reads, out of its source."""
    made = one.run if inspect.isfunction(one.run) else type(one.run)
    names = vars(sys.modules[made.__module__])
    found: list[str] = []
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(made)))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "answers":
            asked = node.args[0]
            for part in (asked.body, asked.orelse) if isinstance(asked, ast.IfExp) else (asked,):
                if isinstance(part, ast.Constant):
                    found.append(str(part.value))
                elif isinstance(part, ast.Name):
                    found.append(str(names[part.id]))
    return list(dict.fromkeys(found))


def variables() -> str:
    """The table of what conditions of the shipped processes may use, one process after the other."""
    lines = ["Every process:", "", "| name | is |", "|---|---|"]
    lines += [f"| `case.{name}` | {CASE_MEANS[name]} |" for name in sorted(CASE)]
    lines += [f"| `{name}` | {LENT_MEANS[name]} |" for name in sorted(LENT)]
    for folder in sorted((ROOT / "bpmn").iterdir()):
        bundle = bundles.read_folder(folder)
        lines += [
            "",
            f"{bundle.sheet['title_en']} (`{bundle.key}`):",
            "",
            "| name | comes from | is |",
            "|---|---|---|",
        ]
        lines += [f"| `{name}` | {source} | {what} |" for name, source, what in _brought(bundle)]
    return "\n".join(lines)


def _brought(bundle: bundles.Bundle) -> Iterator[tuple[str, str, str]]:
    specs = {key: forms.parse(content, key, path) for key, path, content in bundle.forms()}
    known = registry.operations()
    for step in engine.read_diagram(bundle.files[bundles.DRAWING]).steps.values():
        shown = step.name_en or step.name
        if step.kind == "user" and step.form in specs:
            for one in specs[step.form].inputs:
                if one.route:
                    values = ", ".join(f'`"{option.value}"`' for option in one.options)
                    yield f"{step.id}.{one.key}", f"the form of “{shown}”", values or one.kind
        elif step.kind in ("service", "decision"):
            called = step.topic or step.properties.get("record", "")
            for output in known[called].outputs if called in known else ():
                yield f"{step.id}.{output}", f"“{shown}”", f"given back by `{called}`"
        if step.multi_instance and step.element_variable:
            yield step.element_variable, f"inside “{shown}”", "the one of the list that it is about"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").removesuffix(".") + "."


SECTIONS = {"operations": operations, "variables": variables}


def written(text: str) -> str:
    """The page with its lists as they should be. Raises ValueError when a mark is missing."""
    for name, made in SECTIONS.items():
        mark = re.compile(rf"(<!-- {name}: [^>]*-->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        found = mark.search(text)
        if found is None:
            raise ValueError(f"docs/process-owners.md has no marks for {name}")
        text = f"{text[: found.start()]}{found[1]}\n{made()}\n\n{found[2]}{text[found.end() :]}"
    return text


def main() -> int:
    """Write the lists into the page."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
