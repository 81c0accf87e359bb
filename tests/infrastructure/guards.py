"""What enforces each clause: refusals of the code, rules of the database, rights, terms; each has a name.

Most are read from the sources: a `raise` says its clause (`clause="BX-12"`, or in its sentence "(LF-17)"), a rule of
the database begins with it. What says no clause where it stands is named in docs/guards.tsv, a line each: clause, tab,
guard, tab, what it refuses. The forms of a name:

    py:domain/verification/commissions.py::must_have_letter#BX-12   the refusal of that clause in that function
    py:domain/assistance/notices.py::deliver#CK-14.2                the second one of the clause there
    py:domain/parties/accounts.py::must_be_filed                    a function that only refuses
    py:domain/parties/permissions.py::case_scope=true()             a function, and what it would give without the rule
    db:guard_commission_update_letter                               a trigger (domain.verification.guards)
    db:ck_determination_after_report                                a constraint of a table
    perm:determination.decide                                       a right (domain.parties.permission_rules)
    term:case_limit                                                 the parameter of policy that a day comes from
"""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("domain", "tasks", "workflows", "documents", "sources", "scheduler", "webapp", "cli")
CLAUSE = re.compile(r"\b(?:BX|LF|CK|NM|LN)-\d\d\b")
IN_BRACKETS = re.compile(r"\(((?:[A-Z]{2}-\d\d(?:, | and )?)+)\)")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Guard:
    """What refuses when a clause is not kept. name: one of the forms above; says: what it refuses, in words."""

    clause: str
    name: str
    says: str

    @property
    def form(self) -> str:
        """py, db, perm or term."""
        return self.name.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A `raise` of the code that says a clause. ordinal: which one of the clause in that function, from 1."""

    path: str
    function: str
    clause: str
    ordinal: int
    node: ast.Raise
    says: str

    @property
    def name(self) -> str:
        more = f".{self.ordinal}" if self.ordinal > 1 else ""
        return f"py:{self.path}::{self.function}#{self.clause}{more}"


@cache
def all_guards(root: Path = ROOT) -> dict[str, list[Guard]]:
    """The guards of each clause: those of the code, of the database, then those that docs/guards.tsv names."""
    found: dict[str, list[Guard]] = defaultdict(list)
    for guard in (*_of_the_code(root), *_of_the_database(), *kept(root)):
        found[guard.clause].append(guard)
    return dict(found)


def kept(root: Path = ROOT) -> list[Guard]:
    """The lines of docs/guards.tsv."""
    lines = (root / "docs" / "guards.tsv").read_text(encoding="utf-8").splitlines()
    return [Guard(*line.split("\t")) for line in lines if line]


def _of_the_code(root: Path) -> Iterator[Guard]:
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            for one in refusals(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix()):
                yield Guard(one.clause, one.name, one.says)


@cache
def refusals(source: str, path: str) -> tuple[Refusal, ...]:
    """Every `raise` of a module that says a clause, in the order of the source."""
    if "raise " not in source or not CLAUSE.search(source):
        return ()
    return refusals_in(ast.parse(source), path)


def refusals_in(tree: ast.Module, path: str) -> tuple[Refusal, ...]:
    """As `refusals`, with the nodes of this tree."""
    counted: Counter[tuple[str, str]] = Counter()
    made = {one.name: one for one in tree.body if isinstance(one, Function)}
    found = []
    for name, function in functions(tree):
        for node in _raises(function):
            for clause in clauses_said(node, made):
                counted[name, clause] += 1
                found.append(Refusal(path, name, clause, counted[name, clause], node, _sentence(node, made)))
    return tuple(found)


def functions(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, Function]]:
    """Every function with its name, "Class.method" for a method."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function | ast.ClassDef):
            name = f"{inside}{node.name}"
            if isinstance(node, Function):
                yield name, node
            yield from functions(node, f"{name}.")
        else:
            yield from functions(node, inside)


def _raises(function: Function) -> Iterator[ast.Raise]:
    """The refusals of a function itself, not of one that it holds."""
    waiting: list[ast.AST] = list(reversed(function.body))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Raise):
            yield node
        if not isinstance(node, Function | ast.ClassDef):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def clauses_said(node: ast.Raise, made: Mapping[str, Function]) -> tuple[str, ...]:
    """The clauses that a refusal names: as `clause=`, or in brackets in its sentence.

    made: the functions of the module, for a refusal that one of them makes: `raise _incomplete(...)`.
    """
    said: dict[str, None] = {}
    for part in _refused_with(node, made):
        for one in ast.walk(part):
            if isinstance(one, ast.keyword) and one.arg == "clause":
                said |= dict.fromkeys(word for text in _texts(one.value) for word in CLAUSE.findall(text))
        for text in _texts(part):
            said |= dict.fromkeys(word for group in IN_BRACKETS.findall(text) for word in CLAUSE.findall(group))
    return tuple(said)


def _refused_with(node: ast.Raise, made: Mapping[str, Function]) -> list[ast.expr]:
    if isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name) and node.exc.func.id in made:
        inside = ast.walk(made[node.exc.func.id])
        return [one.value for one in inside if isinstance(one, ast.Return) and one.value is not None]
    return [node.exc] if node.exc is not None else []


def _texts(node: ast.AST) -> list[str]:
    return [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def _sentence(node: ast.Raise, made: Mapping[str, Function]) -> str:
    return next((text for part in _refused_with(node, made) for text in _texts(part) if " " in text), "")


def _of_the_database() -> Iterator[Guard]:
    from domain.verification.guards import GUARDS  # the tables are read only where somebody asks

    for guard in GUARDS:
        clause, _colon, sentence = guard.sentence.partition(":")
        if CLAUSE.fullmatch(clause):
            yield Guard(clause, f"db:{guard.name}", sentence.strip())


# --- whether there is such a guard -----------------------------------------------------------------------------


def unknown(guard: Guard, root: Path = ROOT) -> str:
    """Why there is no such guard; "" when there is exactly one."""
    form, _colon, name = guard.name.partition(":")
    looks = {"py": _unknown_refusal, "db": _unknown_rule, "perm": _unknown_right, "term": _unknown_term}
    if form not in looks:
        return f"{guard.name}: no such form of a guard"
    return looks[form](name, root)


def _unknown_refusal(name: str, root: Path) -> str:
    path, _colons, rest = name.partition("::")
    if not (root / path).is_file():
        return f"there is no {path}"
    source = (root / path).read_text(encoding="utf-8")
    function = re.split("[#=]", rest, maxsplit=1)[0]
    if function not in dict(functions(ast.parse(source))):
        return f"{path} has no function {function}"
    if "#" in rest and f"py:{name}" not in {one.name for one in refusals(source, path)}:
        return f"{function} of {path} refuses nothing of {rest.partition('#')[2]}"
    return ""


def _unknown_rule(name: str, _root: Path) -> str:
    from domain.verification.guards import GUARDS
    from tasks import schema

    constraints = {str(one.name) for table in schema.metadata().tables.values() for one in table.constraints}
    known = constraints | {guard.name for guard in GUARDS}
    return "" if name in known else f"no table has a rule {name}"


def _unknown_right(name: str, _root: Path) -> str:
    from domain.parties.permissions import ACTIONS

    return "" if name in ACTIONS else f"the table of rights has no {name}"


def _unknown_term(name: str, _root: Path) -> str:
    from domain.policy_keys import policy_keys

    return "" if name in {key.name for key in policy_keys()} else f"no policy has a parameter {name}"
