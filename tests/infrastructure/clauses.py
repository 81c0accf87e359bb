"""Which test proves which clause of the notices: `python -m tests.infrastructure.clauses` writes docs/clauses.md.

Read from the source, so that nothing has to run: every `pytest.mark.clause("BX-11")` on a test, a parameter or a
module, and what enforces the clause (`guards`). docs/clauses.tsv holds the clauses themselves, one a line: id, tab,
kind, tab, key phrase. Kinds: H hard rule, D deadline, S security, C calendar job, R record or document, G governance.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.infrastructure.guards import ROOT, Guard, all_guards

__all__ = ["NOTICES", "ROOT", "clauses", "kinds", "page", "proofs"]
NOTICES = {
    "BX": "本溪市民政局，本民发〔2017〕47号 (Benxi 2017)",
    "LF": "临汾市民政局，临市民函〔2024〕21号 (Linfen 2024)",
    "CK": "城口县人民政府办公室，城府办发〔2013〕274号 (Chengkou 2013)",
    "NM": "内蒙古自治区民政厅，内民政发〔2022〕17号 (Inner Mongolia 2022)",
    "LN": "辽宁省民政厅，辽民助函〔2022〕116号 (Liaoning 2022)",
}
INTRODUCTION = (
    "Written by `python -m tests.infrastructure.clauses` from the `clause` marks of the tests; a test fails when it is"
    " out of date. A clause without a test is not claimed. Kinds: **H** hard rule, **D** deadline, **S** security,"
    " **C** calendar job, **R** record or document, **G** governance. Guarded by: the refusals of the code, the rules"
    " of the database, the rights and the terms that enforce a clause; `python -m tests.infrastructure.mutation"
    " --clause BX-12` takes each of them away in turn and shows which test notices."
)
GUARDED = "HDS"  # the kinds that something must enforce
MOST = 5  # clauses that one test may prove


def clauses(root: Path = ROOT) -> dict[str, str]:
    """Key phrase of every clause, in the order of the notices."""
    return {clause: phrase for clause, _kind, phrase in _lines(root)}


def kinds(root: Path = ROOT) -> dict[str, str]:
    """The kind of every clause."""
    return {clause: kind for clause, kind, _phrase in _lines(root)}


def _lines(root: Path) -> list[list[str]]:
    lines = (root / "docs" / "clauses.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t", 2) for line in lines if line]


def proofs(root: Path = ROOT) -> dict[str, list[tuple[str, str]]]:
    """For each clause the tests that prove it: (path, name of the test), in the order of the tree."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for clause, path, test, _told in _marks(root):
        if (path, test) not in found[clause]:
            found[clause].append((path, test))
    return dict(found)


@cache
def _marks(root: Path) -> tuple[tuple[str, str, str, str], ...]:
    """Every mark: clause, path, name of the test, what the test says of itself."""
    found = []
    for path in sorted((root / "tests").rglob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        if "mark.clause(" in source:
            here = path.relative_to(root).as_posix()
            found += [(clause, here, test.name, _told(test)) for clause, test in _marked(ast.parse(source))]
    return tuple(found)


def _told(test: ast.FunctionDef) -> str:
    """The first line of a test's docstring, else its name in words."""
    own = (ast.get_docstring(test) or "").partition("\n")[0].removesuffix(".")
    return own or test.name.removeprefix("test_").replace("_", " ")


def _marked(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    everywhere = [clause for node in tree.body if isinstance(node, ast.Assign) and _named(node, "pytestmark")
                  for clause in _clauses_in(node.value)]  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            for clause in (*everywhere, *(one for mark in node.decorator_list for one in _clauses_in(mark))):
                yield clause, node


def _named(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def _clauses_in(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "clause":
            yield from (str(word.value) for word in one.args if isinstance(word, ast.Constant))


def page(root: Path = ROOT) -> str:
    """docs/clauses.md as it should be."""
    known, proven = clauses(root), proofs(root)
    held = sum(1 for clause in known if clause in proven)
    tests = {one for all_of in proven.values() for one in all_of}
    lines = [
        "# Clauses and the tests that prove them",
        "",
        INTRODUCTION,
        "",
        f"{held} of {len(known)} clauses are proven by {len(tests)} tests.",
    ]
    guards, of_kind = all_guards(root), kinds(root)
    told = {(path, test): said for _clause, path, test, said in _marks(root)}
    for prefix, notice in NOTICES.items():
        lines += ["", f"## {notice}", "", "| clause | kind | says | guarded by | proven by |", "|---|---|---|---|---|"]
        for clause, phrase in known.items():
            if clause.startswith(f"{prefix}-"):
                by = "<br>".join(f"[{told[path, test]}](../{path})" for path, test in proven.get(clause, []))
                held_by = "<br>".join(dict.fromkeys(map(_shown, guards.get(clause, []))))
                lines.append(f"| {clause} | {of_kind[clause]} | {phrase} | {held_by or '—'} | {by or '—'} |")
    return "\n".join(lines) + "\n"


def _shown(guard: Guard) -> str:
    """A guard as the page names it: a link to its module, or the name of the rule."""
    if guard.form != "py":
        return f"`{guard.name.removeprefix('db:')}`"
    path, _colons, rest = guard.name.removeprefix("py:").partition("::")
    return f"[{re.split('[#=]', rest, maxsplit=1)[0]}](../{path})"


def main() -> int:
    """Write the page."""
    (ROOT / "docs" / "clauses.md").write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
