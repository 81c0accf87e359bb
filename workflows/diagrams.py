"""A drawing ready to run: read from its file, built once, shared by all cases of its version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from lxml import etree

from domain.errors import DefinitionRefused, Finding
from domain.text import gettext as _
from workflows import spiff_shelf
from workflows.bpmn_xml import XmlRefused, line_of, nodes_of, normalise, read_tree, scopes_of, tag
from workflows.calls import called_by, calls_in, circle, spread_globals
from workflows.starts import StartSpec, read_starts
from workflows.steps import Flow, Lane, StepSpec, read_flows, read_lanes, read_steps

FILE = "process.bpmn"


@dataclass(frozen=True, eq=False)
class Diagram:
    """A process ready to run, with all that it calls. Immutable; threads may share it.

    steps, lanes, flows: of the process first, then of the processes it calls. starts: the ways it begins.
    digest: of the files it was read from.
    """

    process_id: str
    name: str
    steps: Mapping[str, StepSpec]
    lanes: Sequence[Lane]
    flows: Sequence[Flow]
    digest: str
    starts: Sequence[StartSpec]
    _spec: Any = field(repr=False)
    _scopes: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class _Part:
    """A process, or a global task as one, before it is built."""

    name: str
    steps: Mapping[str, StepSpec]
    lanes: Sequence[Lane]
    flows: Sequence[Flow]
    starts: Sequence[StartSpec]
    calls: Mapping[str, etree._Element]
    runs: bool


def read_diagram(xml: bytes) -> Diagram:
    """Parse and build the main process of a file. It has passed `lint.check_diagram`; this refuses only what
    cannot be built.

    Raises:
        DefinitionRefused: not readable, no main process or several, or an element the engine lacks.
    """
    root = _root(xml)
    main = main_process(root)
    if main is None:
        count = len(list(root.iter(tag("process"))))
        sentence = _("The file holds %(count)s processes, none or several of which nothing calls.", count=count)
        raise DefinitionRefused([_finding("", None, sentence, "one-process")])
    return _build([root], hashlib.sha256(xml).hexdigest(), (str(main.get("id") or ""),))[str(main.get("id") or "")]


def read_all(files: Sequence[bytes]) -> dict[str, Diagram]:
    """Every process of the files by its id, call activities bound among them.

    Raises:
        DefinitionRefused: not readable, two processes of one id, a call that leads nowhere or in a circle, or an
            element the engine lacks.
    """
    roots = [_root(xml) for xml in files]
    digest = hashlib.sha256(b"".join(hashlib.sha256(xml).digest() for xml in files)).hexdigest()
    if len(files) == 1:
        digest = hashlib.sha256(files[0]).hexdigest()
    return _build(roots, digest, None)


def main_process(root: etree._Element) -> etree._Element | None:
    """The process of a file that runs: the only one that no other calls; among several the only executable one."""
    processes = [p for p in root.iter(tag("process")) if nodes_of(p) or len(list(root.iter(tag("process")))) == 1]
    called = {called_by(node) for process in processes for node in calls_in(process)}
    free = [process for process in processes if process.get("id") not in called]
    marked = [process for process in free if process.get("isExecutable") == "true"]
    return free[0] if len(free) == 1 else marked[0] if len(marked) == 1 else None


def _root(xml: bytes) -> etree._Element:
    try:
        return read_tree(xml)
    except XmlRefused as refused:
        sentence = _("The file cannot be read: %(rule)s.", rule=refused.rule)
        raise DefinitionRefused([_finding("", refused.line, sentence, refused.rule)]) from refused


def _build(roots: Sequence[etree._Element], digest: str, wanted: tuple[str, ...] | None) -> dict[str, Diagram]:
    parts: dict[str, _Part] = {}
    shelf = []
    for root in roots:
        parts.update(_parts(root))
        shelf.append((root, read_steps(root)))
        normalise(root)
    problems = [*_doubles(roots), *_calls(parts)]
    if problems:
        raise DefinitionRefused(problems)
    try:
        built = spiff_shelf.Shelf(shelf)
        chosen = wanted if wanted is not None else tuple(name for name, part in parts.items() if part.runs)
        return {name: _diagram(name, parts, digest, *built.spec(name)) for name in chosen}
    except Exception as broken:  # the parser of SpiffWorkflow raises whatever it stumbles over
        sentence = _("The drawing cannot be built: %(why)s.", why=_why(broken))
        raise DefinitionRefused([_finding(*_place(broken), sentence, "cannot-be-built")]) from broken


def _parts(root: etree._Element) -> dict[str, _Part]:
    globals_ = spread_globals(root)
    found = {}
    for process in root.iter(tag("process")):
        name = str(process.get("id") or "")
        found[name] = _Part(
            str(process.get("name") or name),
            read_steps(process),
            read_lanes(process),
            read_flows(process),
            read_starts(process),
            {called_by(node): node for node in reversed(calls_in(process))},
            process not in globals_ and bool(nodes_of(process)),
        )
    return found


def _doubles(roots: Sequence[etree._Element]) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for number, root in enumerate(roots):
        for scope in scopes_of(root):
            name = str(scope.get("id") or "")
            if seen.setdefault(name, number) != number and (scope.tag == tag("process") or name in _names(roots)):
                sentence = _("The process id %(id)s is used in two files.", id=name)
                yield _finding(name, None, sentence, "process-twice")


def _names(roots: Sequence[etree._Element]) -> set[str]:
    return {str(process.get("id") or "") for root in roots for process in root.iter(tag("process"))}


def _calls(parts: Mapping[str, _Part]) -> Iterator[Finding]:
    for part in parts.values():
        for called, node in part.calls.items():
            if called not in parts:
                sentence = _("The process %(id)s is called and stands in none of the files.", id=called[:60])
                remedy = _("Draw it in the same file, or draw its steps as an embedded subprocess.")
                yield _at(node, sentence, remedy, "unknown-process")
            elif not any(start.kind == "none" for start in parts[called].starts):
                sentence = _("The called process %(id)s begins with an event only.", id=called)
                yield _at(node, sentence, _("Give it a plain start event too."), "called-begins-with-event")
    around = circle({name: set(part.calls) for name, part in parts.items()})
    if around:
        sentence = _("The processes call one another in a circle: %(names)s.", names=" → ".join(around))
        remedy = _("Draw the repetition as a loop, or end the circle.")
        yield _at(parts[around[0]].calls[around[1]], sentence, remedy, "call-circle")


def _at(node: etree._Element, sentence: object, remedy: object, code: str) -> Finding:
    return Finding(FILE, str(node.get("id") or ""), line_of(node), sentence, remedy, code=code)


def _diagram(name: str, parts: Mapping[str, _Part], digest: str, spec: Any, scopes: Mapping[str, Any]) -> Diagram:
    chain = [name]
    for one in chain:
        chain += sorted(parts[one].calls.keys() - set(chain))
    steps: dict[str, StepSpec] = {}
    for one in chain:  # where two files use one id, the step nearer to the main process has it
        steps = {**steps, **{key: step for key, step in parts[one].steps.items() if key not in steps}}
    return Diagram(
        name,
        parts[name].name,
        MappingProxyType(steps),
        tuple(lane for one in chain for lane in parts[one].lanes),
        tuple(flow for one in chain for flow in parts[one].flows),
        digest,
        tuple(parts[name].starts),
        spec,
        MappingProxyType(dict(scopes)),
    )


def _finding(element: str, line: int | None, sentence: object, code: str) -> Finding:
    return Finding(FILE, element, line, sentence, _("Correct the drawing and check it again."), code=code)


def _why(broken: BaseException) -> str:
    return str(broken).splitlines()[0][:200] if str(broken) else type(broken).__name__


def _place(broken: BaseException) -> tuple[str, int | None]:
    line = getattr(broken, "line_number", None)
    return str(getattr(broken, "id", None) or ""), line if isinstance(line, int) else None
