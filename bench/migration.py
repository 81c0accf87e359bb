"""What it costs to foretell a version for many running cases: `python -m bench.migration`.

In one run, on a home of its own: 2,000 cases of the verification, standing at the steps where its stories come by, and
a next version with three changes. Foretold for all at once (index rows first, one copy of each kind), and beside it by
reading and judging every case. Both must say the same. Figures of time are processor time, the median of five.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import event, insert, select

from cli import founding
from domain.assistance.recipients import Recipient
from domain.base import new_ref
from domain.cases import Case
from domain.home import Home, open_home
from domain.parties import staff
from domain.parties.households import Household
from domain.parties.passwords import Passwords
from domain.settings import Settings
from domain.work import OPERATOR, Work, unit_of_work
from tasks import starting
from tasks.repair import impact, version_moves
from workflows import definitions, engine, instances, transplant
from workflows.bundles import DRAWING, Bundle
from workflows.definitions import Definition
from workflows.instances import CaseState, CaseWait

CASES = 2_000
TIMES = 5
START = "2027-05-18T09:00:00+08:00"
ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "sign_commission": {"outcome": "SIGN"},
    "review_report": {"outcome": "SIGN"},
    "decide": {"outcome": "APPROVE"},
    "objection": {"raised": "NO"},
}
SLOW = frozenset({"query.run", "report.render", "notice.render"})


class _Answers:
    """Operations answer at once what lets a case go its usual way."""

    def __init__(self, work: Work) -> None:
        soon = (work.now + timedelta(days=20)).isoformat()
        self.says: dict[str, Mapping[str, Any]] = {
            "authorisation.record": {"missing": 0, "refused": 0},
            "acceptance.decide": {"outcome": "ACCEPT"},
            "query.plan": {"queries": [{"ref": f"Q{number}", "due": soon} for number in range(4)]},
            "survey.plan": {"surveys": [{"ref": f"S{number}"} for number in range(2)], "due": soon},
            "doubt.record": {"count": 0, "doubts": []},
            "determination.decide": {"outcome": "REJECT", "negative": True},
            "dispute.window": {"until": soon},
            "dispute.record": {"outcome": "NONE"},
        }

    def call(self, step: engine.StepSpec, inputs: dict[str, Any], token: str) -> Any:
        return engine.PENDING if step.topic in SLOW else self.says.get(step.topic, {})

    def decide(self, step: engine.StepSpec, data: dict[str, Any]) -> Any:
        return self.says.get(step.properties["record"], {})

    def names(self, step: engine.StepSpec) -> Mapping[str, Any]:
        return {}


def standings(work: Work, definition: Definition) -> list[engine.Run]:
    """A case before every step where somebody, a job or a day is waited for, on its way to the end."""
    services = _Answers(work)
    found: list[engine.Run] = []
    about = {"ref": "C", "kind": "NEW", "programme": "DIBAO"}
    run = engine.start(definition.diagram, {"case": about}, now=work.now, services=services)
    while True:
        run.advance()
        if run.completed:
            return found
        found.append(engine.restore(definition.diagram, run.snapshot(), now=work.now, services=services))
        if run.human_steps():
            person = run.human_steps()[0]
            run.complete(person.token, ANSWERS.get(person.step_id, {}))
        else:
            job = run.jobs()[0]
            run.finish_job(job.token, services.says.get(job.topic, {}))


def _first_case(work: Work) -> Case:
    """A case as the town starts one."""
    town = work.acting(staff.actor(work, staff.by_login(work, "town")))
    wanted = select(Household.ref).where(
        Household.town_id == town.actor.org_id,
        Household.incomplete.is_(False),
        ~select(Recipient.id).where(Recipient.household_id == Household.id).exists(),
    )
    return starting.start_new(town, town.session.scalars(wanted.order_by(Household.number)).first() or "")


def fill(work: Work, definition: Definition, cases: int) -> None:
    """So many running cases, spread over the places; copies of one row but for what says where they stand."""
    pattern = _first_case(work)
    columns = {one.key: getattr(pattern, one.key) for one in Case.__table__.columns if one.key != "id"}
    runs = standings(work, definition)
    rows = [
        {**columns, "ref": new_ref(), "number": f"B{number}", "household_id": None, "campaign_id": None, "kind": "NEW",
         "process": "verification", "process_version": 1, "state": "OPEN", "closed_at": None}
        for number in range(cases)
    ]  # fmt: skip
    work.session.execute(insert(Case), rows)
    ids = work.session.scalars(select(Case.id).where(Case.number.like("B%")).order_by(Case.id)).all()
    states, waits = [], []
    for number, case_id in enumerate(ids):
        run = runs[number % len(runs)]
        marks = {"done": list(run.done()), "active": run.active(), "flows": []}
        states.append({"case_id": case_id, "version": 3, "codec": engine.CODEC, "definition_id": definition.row_id,
                       "data": run.snapshot(), "marks": marks})  # fmt: skip
        waits += instances.wait_rows(Case(id=case_id), run, instances.standing(run).waits)
    work.session.execute(insert(CaseState), states)
    work.session.execute(insert(CaseWait), waits)


def next_version(old: Definition) -> Definition:
    """Another role, another form, and a step that many stand at is gone."""
    text = old.bundle.files[DRAWING].decode("utf-8")
    for before, after in (
        ('camunda:formKey="draft_report" camunda:candidateGroups="agency_handler"',
         'camunda:formKey="draft_report" camunda:candidateGroups="agency_reviewer"'),
        ('<bpmn:userTask id="deliver_notice"', '<bpmn:userTask id="hand_over_notice"'),
        ('Ref="deliver_notice"', 'Ref="hand_over_notice"'),
        ("<bpmn:flowNodeRef>deliver_notice<", "<bpmn:flowNodeRef>hand_over_notice<"),
    ):  # fmt: skip
        text = text.replace(before, after)
    return replace(old, row_id=0, number=2, bundle=Bundle(old.process, {**old.bundle.files, DRAWING: text.encode()}))


def each(work: Work, new: Definition) -> Counter[str]:
    """Every case read and judged by itself."""
    plan = version_moves.plan_of(definitions.in_force(work, "verification"), new, {})
    found: Counter[str] = Counter()
    rows = select(CaseState.data).join(Case).where(Case.process == "verification", Case.state == "OPEN")
    for (data,) in work.session.execute(rows):
        run = engine.restore(plan.old.diagram, bytes(data), now=work.now, services=impact.Lent(None))
        found[transplant.judge(plan, run).code] += 1
    return found


def seconds(act: Callable[[], object], times: int = TIMES) -> float:
    """Processor seconds, the median."""
    taken = []
    for _ in range(times):
        began = time.process_time()
        act()
        taken.append(time.process_time() - began)
    return median(taken)


def measure(home: Home, cases: int) -> list[str]:
    """The lines of the report."""
    with unit_of_work(home, OPERATOR) as work:
        old = definitions.in_force(work, "verification")
        fill(work, old, cases - 1)  # and the one they are copies of
    new = next_version(old)
    asked: list[str] = []
    with unit_of_work(home, OPERATOR, write=False) as work:
        found = impact.preview(work, new)
        bind = work.session.get_bind()
        event.listen(bind, "before_cursor_execute", lambda _c, _k, statement, *_rest: asked.append(statement))
        impact.preview(work, new)
        count = len(asked)
        quick = seconds(lambda: impact.preview(work, new))
        slow = seconds(lambda: each(work, new), 3)
        all_found = each(work, new)
    if found.counts != all_found:
        raise SystemExit(f"foretold {dict(found.counts)}, found {dict(all_found)}")
    return [
        f"{cases:,} running cases, {len(found.lines)} kinds of outcome: "
        + ", ".join(f"{code} {number:,}" for code, number in sorted(found.counts.items())),
        f"all at once: {quick * 1000:.0f} ms, {found.looked} snapshots read, {count} statements",
        f"each by itself: {slow * 1000:.0f} ms, {cases:,} snapshots read; {slow / quick:.0f} times as long",
    ]


def main() -> int:
    """Found a home in a temporary folder, measure, print."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.from_env({"HEDUI_HOME": str(Path(folder) / "home")})
        founding.found_demo(settings, lambda _line: None, stopped_at=datetime.fromisoformat(START),
                            hasher=Passwords(time_cost=1, memory_kib=8, parallelism=1))  # fmt: skip
        home = open_home(settings)
        for line in measure(home, CASES):
            print(line)
        home.engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
