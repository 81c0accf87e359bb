"""The processes of several files built together, so that one may call another."""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lxml import etree

from workflows import spiff_calls, spiff_undo
from workflows import spiff_specs as kinds
from workflows.bpmn_xml import scopes_of, tag
from workflows.spiff_events import Condition
from workflows.spiff_parse import Parser, Scope
from workflows.spiff_triggers import events_in
from workflows.steps import StepSpec


class Shelf:
    """The processes of one or several files, built so that one may call another.

    files: normalised roots that have passed the lint, with the steps of each; anything else may raise
    SpiffWorkflow's ValidationException. No process id stands in two of them.
    """

    def __init__(self, files: Sequence[tuple[etree._Element, Mapping[str, StepSpec]]]) -> None:
        self._parsers: dict[str, Parser] = {}
        taken: set[str] = set()
        for root, steps in files:
            parser = Parser(steps, frozenset(taken))
            for process in root.iter(tag("process")):
                process.set("isExecutable", "true")
                self._parsers[str(process.get("id"))] = parser
            parser.add_bpmn_xml(root)
            taken |= {str(scope.get("id")) for scope in scopes_of(root)}

    def spec(self, process_id: str) -> tuple[Scope, dict[str, Scope]]:
        """The spec of a process, and by name those of its subprocesses and of all that it calls."""
        top = self._scope(self._parsers[process_id], process_id)
        scopes: dict[str, Scope] = {}
        todo = [(top, self._parsers[process_id])]
        while todo:
            scope, parser = todo.pop()
            for spec in scope.task_specs.values():
                if isinstance(spec, kinds.SubProcess) and spec.spec not in scopes:
                    home = self._parsers[spec.spec] if isinstance(spec, spiff_calls.CallStep) else parser
                    scopes[spec.spec] = self._scope(home, spec.spec)
                    todo.append((scopes[spec.spec], home))
        spiff_undo.prepare(top, scopes)
        return top, scopes

    def _scope(self, parser: Parser, name: str) -> Scope:
        scope: Scope = parser.get_spec(parser.drawn.get(name, name))
        found = scope.task_specs.values()
        scope.settles = any(getattr(spec, "settles", False) for spec in found)
        triggers = [getattr(spec, "trigger", None) for spec in found]
        events = [event for trigger in triggers if trigger is not None for event in events_in(trigger)]
        scope.conditional = any(isinstance(event, Condition) for event in events)
        return scope
