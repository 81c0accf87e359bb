"""What a scenario answers in place of the house: stated results of operations; tables are really asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import decisions
from domain.clock import OFFICE_ZONE
from workflows import engine, registry
from workflows.decision_results import decision_of, kept, must_answer
from workflows.scenario_reading import Scenario
from workflows.steps import StepSpec
from workflows.world import World

BUDGET = 100_000


class Stated:
    """The services of a scenario: operations give their stated results, tables are really asked."""

    def __init__(
        self, scenario: Scenario, models: Mapping[str, decisions.Model], read_of: frozenset[str] = frozenset()
    ) -> None:
        self.scenario, self.models, self.read_of = scenario, models, read_of
        self.unstated = ""  # the first operation whose result is read and nowhere said
        self.left = {name: list(rows) for name, rows in scenario.results.items()}
        self.rules: dict[str, list[str]] = {}
        self.world: World | None = None

    def call(self, step: StepSpec, inputs: dict[str, Any], token: str) -> Mapping[str, Any] | engine.Pending:
        """A quick operation's result; a slow one stays open for a step of the scenario."""
        entry = registry.operations().get(step.topic)
        if entry is not None and entry.kind == "slow":
            return engine.PENDING
        return self.result(step, step.topic)

    def result(self, step: StepSpec, name: str) -> Mapping[str, Any]:
        """The next result of an operation, the last one again and again; nothing when none is stated."""
        rows = self.left.get(name) or [{}]
        if name not in self.left and step.id in self.read_of:
            self.unstated = self.unstated or name
        found = rows.pop(0) if len(rows) > 1 else rows[0]
        if set(found) == {"error"}:
            raise engine.BusinessError(str(found["error"]))
        return found

    def decide(self, step: StepSpec, data: dict[str, Any]) -> Any:
        """The answer of the bundle's table, or what the operation that records it is stated to say."""
        model, facts = self.models[step.decision], step.properties.get("facts")
        info = decision_of(model, step.properties.get("decision", ""))
        asked = self.scenario.facts.get(facts, ()) if facts else [data]
        now = (self.world.now if self.world is not None else self.scenario.clock).astimezone(OFFICE_ZONE)
        result = None
        for context in asked:
            # an operation's facts have every name; what a scenario leaves out is null
            wanted = {name: context.get(name) for name, _type in info.inputs if facts or name in context}
            result = model.evaluate(info.id, wanted, now=now, budget=BUDGET)
            must_answer(result, step.decision, step.id)
            self.rules.setdefault(step.id, []).extend(str(one.rule_id) for one in result.matched)
        if facts or result is None:
            return self.result(step, step.properties.get("record", ""))
        return kept(result, info, step.mapping, step.decision)

    def names(self, step: StepSpec) -> Mapping[str, Any]:
        """The case's own limit."""
        return {"case_due": self.scenario.due}
