"""What a moving case asks of the house: operations called, decisions evaluated, in the transaction of the move."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import SessionTransaction

from decisions import DecisionInfo, Model
from domain import agenda
from domain.cases import Case
from domain.clock import OFFICE_ZONE
from domain.errors import OperationFailed
from domain.text import gettext as _
from domain.work import SCHEDULER, Work
from tasks.rows.models import COMPLETED, HumanTask
from workflows import decision_results, decision_rows, engine, registry, versions
from workflows.decision_rows import Asked
from workflows.definitions import Definition
from workflows.instances import Instance
from workflows.registry import Call, Decided, Fact, TaskAnswers
from workflows.spiff_feel import Pending
from workflows.steps import StepSpec

DECISION_BUDGET = 100_000


class MoveServices:
    """The engine's `Services` for one move of one case. `run` is set once the run is there."""

    def __init__(self, work: Work, case: Case, definition: Definition | None = None) -> None:
        self.work = work
        self.case = case
        self.definition = definition
        self.run: engine.Run | None = None
        self.move = 1  # of a case that begins
        self.begun: Mapping[str, Any] = {}  # what a case that begins was begun with, and where
        self.begun_at = ""
        self.begun_with: Mapping[str, Any] | None = None
        self._decided = 0
        self._before: SessionTransaction | None = None

    def bind(self, instance: Instance) -> None:
        """The run that asks, the version it runs on, and which move of the case this is."""
        self.run, self.definition, self.move = instance.run, instance.definition, instance.state.version + 1

    def undo(self) -> None:
        """Take back what the steps of this move have written, but not what was written before them."""
        if self._before is not None:
            self._before.rollback()
        self._before, self._decided = None, 0

    def settle(self) -> None:
        """What the steps have written stays."""
        if self._before is not None:
            self._before.__exit__(None, None, None)  # a savepoint ends; only `unit_of_work` commits
        self._before = None

    def _writing(self) -> None:
        """Before the first step that may write: a move without one costs no statement."""
        if self._before is None:
            self._before = self.work.session.begin_nested()

    def call(self, step: StepSpec, inputs: dict[str, Any], token: str) -> Mapping[str, Any] | Pending:
        """Carry out a quick operation; note a job for a slow one."""
        self._writing()
        entry = registry.get(step.topic)
        if entry.kind == "slow":
            ask_for_job(self.work, self.case.ref, token, step.topic)
            return engine.PENDING
        outcome: Mapping[str, Any] = entry.run(self.call_of(step, inputs, token))
        return outcome

    def decide(self, step: StepSpec, data: dict[str, Any]) -> Any:
        """Ask the table of the case's own version and keep with the case what it said.

        With the property `facts` about every fact, `record` then says what the case goes on with; without it about
        the values in hand (`data`), and the case keeps the result as `camunda:mapDecisionResult` says.

        Raises DecisionFailed, NotFound.
        """
        definition, local = versions.for_case(self.work, self.case, self._definition(), step.decision)
        self._writing()
        model = definition.table(step.decision)
        info = decision_results.decision_of(model, step.properties.get("decision", ""))
        call = self.call_of(step, dict(data), "")
        by_facts = bool(step.properties.get("facts"))
        facts = registry.get(step.properties["facts"]).run(call) if by_facts else [Fact(None, data)]
        asked = [self._asked(step, model, info, fact) for fact in facts]
        self._decided += 1
        at = decision_rows.Place(self.move, self._decided, step.id, step.decision, info.id or info.name)
        decision_rows.keep(self.work, self.case, definition, at, asked)
        if not by_facts:
            return decision_results.kept(asked[0].result, info, step.mapping, step.decision)
        place = (local.jurisdiction, local.digest) if local is not None else ("", "")
        decided = [Decided(one.fact.about, one.result, step.decision, definition.number, *place) for one in asked]
        return registry.get(step.properties["record"]).run(call, decided)

    def _asked(self, step: StepSpec, model: Model, info: DecisionInfo, fact: Fact) -> Asked:
        now = self.work.now.astimezone(OFFICE_ZONE)  # FEEL's today() is the office's day
        wanted = {name: fact.context[name] for name, _type in info.inputs if name in fact.context}
        result = model.evaluate(info.id, wanted, now=now, budget=DECISION_BUDGET)
        decision_results.must_answer(result, step.decision, step.id)
        # a sentence of the table may name more of a fact than its columns ask; a case's own values are kept elsewhere
        return Asked(fact, wanted if fact.about is None else fact.context, result)

    def names(self, step: StepSpec) -> Mapping[str, Any]:
        """Values lent to every expression: the case's own due instants."""
        return {"case_due": self.case.due_at}

    def call_of(self, step: StepSpec, inputs: dict[str, Any], token: str) -> Call:
        """What an operation at `step` is given."""
        item = self.run.item(token) if self.run is not None and token else None
        data = self.run.data if self.run is not None else {}
        return Call(self.work, self.case, step.id, item, inputs, data, partial(self._answers, item))

    def _answers(self, item: Any, step_id: str) -> TaskAnswers:
        """The newest answers at a step; inside a loop those of the same element."""
        return newest_answers(self.work, self.case.id, step_id, item)

    def _definition(self) -> Definition:
        if self.definition is None:
            raise OperationFailed(_("The case has no process version in hand."), case=self.case.ref)
        return self.definition


def newest_answers(work: Work, case_id: int, step_id: str, item: Any) -> TaskAnswers:
    """The newest completed answers at a step of a case. Raises OperationFailed when there are none."""
    done = work.session.scalars(
        select(HumanTask)
        .where(HumanTask.case_id == case_id, HumanTask.step_id == step_id, HumanTask.state == COMPLETED)
        .order_by(HumanTask.id.desc())
    )
    subject = subject_of(item)
    for task in done:
        if task.subject in ("", subject) and task.answers is not None:
            values = work.home.vault.open_json("human_task.answers", task.ref, task.answers)
            if isinstance(values, dict) and task.completed_by is not None and task.completed_at is not None:
                return TaskAnswers(values, task.completed_by, task.completed_at, task.ref)
    raise OperationFailed(_("Nobody has answered the step %(step)s yet.", step=step_id), step=step_id)


def subject_of(item: Any) -> str:
    """The ref that a multi-instance element speaks of, "" for none."""
    if isinstance(item, Mapping):
        return str(item.get("ref", ""))
    return str(item) if item is not None else ""


def ask_for_job(work: Work, case_ref: str, token: str, topic: str, *, again: str = "") -> bool:
    """Plan the run of a slow operation. `again` names what made a repeat sensible (a delivery's ref)."""
    key = f"job:{case_ref}:{token}" + (f":{again}" if again else "")
    payload = {"token": token, "topic": topic}
    return agenda.put(work.acting(SCHEDULER), "job.run", key, work.now, subject=case_ref, payload=payload)
