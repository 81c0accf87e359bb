"""A drawing ready to run: read from its file, built once, shared by all cases of its version."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from domain.errors import DefinitionRefused, Finding
from domain.text import gettext as _
from workflows import spiff_parse
from workflows.bpmn_xml import XmlRefused, normalise, read_tree, tag
from workflows.steps import Flow, Lane, StepSpec, read_flows, read_lanes, read_steps


@dataclass(frozen=True, eq=False)
class Diagram:
    """A drawing ready to run. Immutable; threads may share it."""

    process_id: str
    name: str
    steps: Mapping[str, StepSpec]
    lanes: Sequence[Lane]
    flows: Sequence[Flow]
    digest: str
    _spec: Any = field(repr=False)
    _scopes: Mapping[str, Any] = field(repr=False)


def read_diagram(xml: bytes, *, called: Mapping[str, bytes] = MappingProxyType({})) -> Diagram:
    """Parse and build a drawing. It has passed `lint.check_diagram`; this refuses only what cannot be built.

    Raises:
        DefinitionRefused: not readable, no process or several, call activities, or an element the engine lacks.
    """
    try:
        root = read_tree(xml)
    except XmlRefused as refused:
        sentence = _("The file cannot be read: %(rule)s.", rule=refused.rule)
        raise DefinitionRefused([_finding("", refused.line, sentence, refused.rule)]) from refused
    processes = list(root.iter(tag("process")))
    if len(processes) != 1 or called:
        sentence = _("One file holds one process without called ones; found %(count)s.", count=len(processes))
        raise DefinitionRefused([_finding("", None, sentence, "one-process")])
    steps, lanes, flows = read_steps(root), read_lanes(root), read_flows(root)
    normalise(root)
    process_id = str(processes[0].get("id") or "")
    try:
        spec, scopes = spiff_parse.build(root, process_id, steps)
    except Exception as broken:  # the parser of SpiffWorkflow raises whatever it stumbles over
        sentence = _("The drawing cannot be built: %(why)s.", why=_why(broken))
        raise DefinitionRefused([_finding(*_place(broken), sentence, "cannot-be-built")]) from broken
    return Diagram(
        process_id,
        str(processes[0].get("name") or process_id),
        steps,
        lanes,
        flows,
        hashlib.sha256(xml).hexdigest(),
        spec,
        MappingProxyType(scopes),
    )


def _finding(element: str, line: int | None, sentence: object, code: str) -> Finding:
    return Finding("process.bpmn", element, line, sentence, _("Correct the drawing and check it again."), code=code)


def _why(broken: BaseException) -> str:
    return str(broken).splitlines()[0][:200] if str(broken) else type(broken).__name__


def _place(broken: BaseException) -> tuple[str, int | None]:
    line = getattr(broken, "line_number", None)
    return str(getattr(broken, "id", None) or ""), line if isinstance(line, int) else None
