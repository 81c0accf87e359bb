"""docs/rules.md, every rule that a finding may name: `python -m tests.infrastructure.rules` writes it from the sources.

A rule's id stands in the source as a text: in the call that makes the finding, in a table beside it, or in a call of a
function that makes it. Sentence and remedy are those of that finding.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from workflows.lint_foreign import ODD, OFFICE

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "rules.md"
MAKERS = ("finding", "Finding", "_found", "_finding")
STANDARD = re.compile(r"EXT\d{3}")
SOURCES = sorted(
    {*ROOT.glob("workflows/lint*.py")}
    | {ROOT / "workflows" / f"{name}.py" for name in ("bundles", "bundle_zip", "diagrams", "limits", "sheet_check")}
)
HEAD = """# Rules of the check of a process

Every finding names the rule that is broken: in the editor and on the pages it stands small beside the sentence, in
`./run do process check` in brackets at the end of the line, in what `./run do process play` prints as `rule`.
`EXTnnn` are constraints of the BPMN 2.0 standard that its schema cannot say, under the numbers that validators of the
field use; the others are this program's own. A rule that is a warning for diagrams drawn elsewhere is marked; one that
only an office needs is left out for them (docs/decisions/0020). Rules of decision tables are told by the table's editor
and `./run do decide check`. This page is written from the sources: `python -m tests.infrastructure.rules`.

| rule | what it says | what to do | diagrams from elsewhere |
|---|---|---|---|
"""

# rules whose finding is made from a table or by several callers: the sentence that is meant
SAID = {
    **dict.fromkeys(
        ("EXT005", "EXT006"), ("A message flow cannot join a ‹kind›.", "Lead it to a pool, a step or an event.")
    ),
    **dict.fromkeys(
        ("EXT044", "EXT045", "EXT048", "EXT052"),
        ("The step's data has another definition than its message.", "Use the message's definition."),
    ),
    **dict.fromkeys(
        ("EXT047", "EXT051"),
        ("The step has several data where one message is sent or received.", "Keep one, the message's."),
    ),
    **dict.fromkeys(
        ("EXT069", "EXT070"),
        ("One item of the list is defined otherwise than the list.", "Define the item as one of the list."),
    ),
    **dict.fromkeys(("EXT084", "EXT088"), ("The ‹kind› belongs to no set.", "List it in a set of the step.")),
    "EXT101": ("No flow leads out of the start event.", "Draw the flow."),
    "EXT107": ("No flow leads to the end event.", "Draw the flow, or remove the event."),
    "EXT113": ("No flow leads out of the boundary event.", "Draw the flow to the next step or an end event."),
    "EXT115": ("No flow leads to the event.", "Draw the flow, or remove the event."),
    "EXT116": ("No flow leads out of the event.", "Draw the flow."),
    "EXT147": (
        "A boundary event that interrupts cannot be of this kind: ‹kind›.",
        "Choose another kind, or make it interrupting.",
    ),
    "EXT120": (
        "A boundary event that interrupts cannot be of this kind: ‹kind›.",
        "Choose another kind, or make it interrupting.",
    ),
    "check-did-not-end": (
        "The check of the drawing did not end.",
        "Check it once more; if it is said again, draw it more simply.",
    ),
    "unknown-name": ("Nothing in this process brings “‹name›”.", "Use one of: …."),
    "unknown-member": ("“‹name›” brings no “‹member›”.", "Use one of: …."),
    "EXT028": (
        "The flow does not join two nodes of the same process or subprocess.",
        "Draw the flow again; it must not cross a subprocess's border.",
    ),
}


class File:
    """One source: its functions, and the finding that each rule's id belongs to."""

    def __init__(self, path: Path) -> None:
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.functions = {node.name: node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)}

    def rules(self) -> Iterator[tuple[str, str, str]]:
        """Rule, sentence, remedy."""
        for function in self.functions.values():
            for call in calls(function, MAKERS):
                for code in [key.value for key in call.keywords if key.arg == "code"]:
                    yield from ((rule, *self.said(function, call)) for rule in texts(code))
            yield from self._through(function)
        yield from self._tables()

    def _through(self, function: ast.FunctionDef) -> Iterator[tuple[str, str, str]]:
        """Ids handed to a function that makes the finding, or kept in a name of this one."""
        inside = {id(text) for call in calls(function, MAKERS) for text in ast.walk(call)}
        for text in ast.walk(function):
            if not is_rule(text) or id(text) in inside:
                continue
            assert isinstance(text, ast.Constant)
            callee = next((c for c in calls(function, tuple(self.functions)) if text in list(ast.walk(c))), None)
            maker = self.functions[callee.func.id] if callee and isinstance(callee.func, ast.Name) else function
            after = [c for c in calls(maker, MAKERS) if maker is not function or c.lineno >= text.lineno]
            for call in (after or calls(self.functions.get("_list", function), MAKERS))[:1]:
                yield (str(text.value), *self.said(maker, call))

    def _tables(self) -> Iterator[tuple[str, str, str]]:
        """Ids in tables of the module: those of the function that reads the table."""
        for node in self.tree.body:
            names = [t.id for t in getattr(node, "targets", [getattr(node, "target", None)]) if isinstance(t, ast.Name)]
            rules = [str(text.value) for text in ast.walk(node) if is_rule(text) and isinstance(text, ast.Constant)]
            if isinstance(node, ast.Assign | ast.AnnAssign) and names and rules:
                for function in self.functions.values():
                    used = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id in names]
                    after = [c for c in calls(function, MAKERS) if used and (c.end_lineno or 0) >= used[0].lineno]
                    for call in after[:1]:
                        yield from ((rule, *self.said(function, call)) for rule in rules)

    def said(self, function: ast.FunctionDef, call: ast.Call) -> tuple[str, str]:
        found = [self._text(function, call, argument) for argument in call.args]
        words = [text for text in found if text]
        return (words[0], words[1] if len(words) > 1 else "") if words else ("", "")

    def _text(self, function: ast.FunctionDef, call: ast.Call, argument: ast.expr) -> str:
        if isinstance(argument, ast.Name):
            before = [
                node.value
                for node in ast.walk(function)
                if isinstance(node, ast.Assign) and node.lineno <= call.lineno
                and any(isinstance(target, ast.Name) and target.id == argument.id for target in node.targets)
            ]  # fmt: skip
            argument = max(before, key=lambda node: node.lineno) if before else argument
        for node in ast.walk(argument):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id == "one_of":
                    return "Use one of: …."
                if node.func.id == "_" and node.args and isinstance(node.args[0], ast.Constant):
                    return re.sub(r"%\((\w+)\)s", r"‹\1›", str(node.args[0].value))
        return ""


def is_rule(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(STANDARD.fullmatch(node.value))


def texts(node: ast.AST) -> Iterator[str]:
    """The ids a `code=` may stand for, as far as they are written there."""
    conditions = {id(part) for one in ast.walk(node) if isinstance(one, ast.IfExp) for part in ast.walk(one.test)}
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value and id(part) not in conditions:
            yield part.value


def calls(function: ast.AST, names: tuple[str, ...]) -> list[ast.Call]:
    found = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
    ]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def written() -> str:
    """The page."""
    from workflows.lint import XML_REFUSED

    found: dict[str, tuple[str, str]] = {
        rule: (str(sentence), str(remedy)) for rule, (sentence, remedy) in XML_REFUSED.items()
    }
    for path in SOURCES:
        for rule, sentence, remedy in File(path).rules():
            if not found.get(rule, ("", ""))[0]:
                found[rule] = (sentence, remedy)
    found.update(SAID)
    rows = []
    for rule in sorted(found, key=lambda name: (not STANDARD.fullmatch(name), name)):
        elsewhere = "left out" if rule in OFFICE else "warning" if rule in ODD else ""
        cells = [f"`{rule}`", *found[rule], elsewhere]
        rows.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return HEAD + "\n".join(rows) + "\n"


def used() -> set[str]:
    """Every id that stands in the sources as one: all of the standard's form, and what is given as `code`."""
    found = set()
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= {str(node.value) for node in ast.walk(tree) if is_rule(node) and isinstance(node, ast.Constant)}
        for call in calls(tree, MAKERS):
            found |= {text for key in call.keywords if key.arg == "code" for text in texts(key.value)}
    return found


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
