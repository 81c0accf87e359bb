"""What a version means for the cases that run on others: how many go on how, and which days would move.

Cases that stand at the same places fare alike, so one of each kind is looked at, on a copy; only where it hangs on
values of their own are the others looked at too. The number of statements does not grow with the number of cases.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from domain.cases import OPEN as OPEN_CASE
from domain.cases import PARKED, Case
from domain.clock import office_day
from domain.errors import Conflict, OperationFailed
from domain.parties import permissions
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks import line
from tasks.repair.version_moves import plan_of
from tasks.rows.models import OPEN, HumanTask
from workflows import definitions, engine, transplant
from workflows.bundles import Bundle
from workflows.definitions import Definition
from workflows.instances import ERROR, CaseState, CaseWait
from workflows.steps import StepSpec
from workflows.transplant import CODES, Plan, Verdict

RUNNING = (OPEN_CASE, PARKED)
AT_ONCE = 500  # snapshots read by one statement
MOST_DATES = 2_000  # tasks whose day is worked out
SAMPLES = 5
WORST = tuple(reversed(CODES))


@dataclass(frozen=True, slots=True)
class Sample:
    """A case that the reader may see."""

    ref: str
    number: str


@dataclass(frozen=True, slots=True)
class Line:
    """Cases of one version that fare alike. places: names of the steps where they stand; step: the id it hangs on."""

    number: int
    code: str
    sentence: Text
    step: str
    cases: int
    places: tuple[str, ...]
    passed: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()


@dataclass(frozen=True, slots=True)
class Shift:
    """Days that would move if somebody chose so: of a step, from, to (None: no limit), how many."""

    step: str
    was: date | None
    then: date | None
    cases: int


@dataclass(frozen=True, slots=True)
class ToMap:
    """A step (old id) of which the owner has to say what it is now. choices: id -> name, likeliest first; chosen: the
    one the mapping names, "" for none; stands: cases stand there, else they have it behind them and who did it is
    bound by it."""

    step: str
    name: str
    cases: int
    choices: Mapping[str, str]
    chosen: str = ""
    stands: bool = True


@dataclass(frozen=True, slots=True)
class Impact:
    """The whole of it. counts: code -> cases; looked: how many snapshots were read; by_code: keys of the cases."""

    total: int
    counts: Mapping[str, int]
    lines: Sequence[Line]
    shifts: Sequence[Shift]
    looked: int
    to_map: Sequence[ToMap] = ()
    by_code: Mapping[str, Sequence[int]] = field(default_factory=dict, repr=False)

    @property
    def movable(self) -> int:
        """How many cases could be moved as they are."""
        return sum(self.counts.get(code, 0) for code in transplant.MOVABLE)


@dataclass(frozen=True, slots=True)
class _Standing:
    """A running case as the index rows know it."""

    id: int
    due_at: datetime | None
    definition_id: int
    key: tuple[object, ...]


class Lent:
    """What an expression may ask of a case while it is looked at; nothing is carried out."""

    def __init__(self, due_at: datetime | None) -> None:
        self.due_at = due_at

    def names(self, _step: StepSpec) -> Mapping[str, Any]:
        return {"case_due": self.due_at}

    def call(self, step: StepSpec, inputs: dict[str, Any], token: str) -> Any:
        raise OperationFailed(_("The step %(step)s is not carried out on a copy.", step=step.id))

    def decide(self, step: StepSpec, data: dict[str, Any]) -> Any:
        raise OperationFailed(_("The step %(step)s is not carried out on a copy.", step=step.id))


def preview(
    work: Work, new: Definition, mapping: Mapping[str, str] | None = None, *, english: bool = False,
    only: int | None = None,
) -> Impact:  # fmt: skip
    """What would become of every running case of the process on another version. only: a version's number."""
    return _Looking(work, new, mapping or {}, english).run(only)


class _Looking:
    def __init__(self, work: Work, new: Definition, mapping: Mapping[str, str], english: bool) -> None:
        self.work, self.new, self.mapping, self.english = work, new, mapping, english
        self.plans: dict[int, Plan] = {}
        self.looked = 0

    def run(self, only: int | None) -> Impact:
        standing = self._standing(only)
        groups: dict[tuple[object, ...], list[_Standing]] = defaultdict(list)
        for one in standing:
            groups[one.key].append(one)
        verdicts = self._judged([rows[0] for rows in groups.values()])
        others = [one for rows in groups.values() if verdicts[rows[0].id].own for one in rows[1:]]
        verdicts |= self._judged(others)
        of_case = {
            one.id: verdicts.get(one.id) or verdicts[rows[0].id] for rows in groups.values() for one in rows
        }  # fmt: skip
        return Impact(
            total=len(standing),
            counts=Counter(verdict.code for verdict in of_case.values()),
            lines=self._lines(standing, of_case),
            shifts=[*self._timers(of_case), *self._terms()],
            looked=self.looked,
            to_map=self._to_map(standing, of_case),
            by_code=_by_code(of_case),
        )

    # --- reading

    def _standing(self, only: int | None) -> list[_Standing]:
        """Every running case on a version that is not the same: two statements, the versions aside."""
        rows = [row for row in definitions.versions(self.work) if row.process == self.new.process]
        wanted = [row for row in rows if row.digest != self.new.bundle.digest and (only in (None, row.number))]
        if not wanted:
            return []
        on = CaseState.definition_id.in_([row.id for row in wanted])
        busy: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for case_id, kind, step_id in self.work.session.execute(
            select(CaseWait.case_id, CaseWait.kind, CaseWait.step_id)
            .join(CaseState, CaseState.case_id == CaseWait.case_id)
            .where(on, CaseWait.kind.in_(("job", ERROR)))
        ):
            busy[case_id].append((kind, step_id))
        found = self.work.session.execute(
            select(Case.id, Case.due_at, CaseState.definition_id, CaseState.marks["active"])
            .join(CaseState, CaseState.case_id == Case.id)
            .where(on, Case.state.in_(RUNNING))
            .order_by(Case.id)
        )
        return [
            _Standing(case, due, version, (version, *(active or ()), "|", *sorted(busy.get(case, ()))))
            for case, due, version, active in found
        ]

    def _judged(self, cases: Sequence[_Standing]) -> dict[int, Verdict]:
        found: dict[int, Verdict] = {}
        by_id = {one.id: one for one in cases}
        ids = list(by_id)
        for start in range(0, len(ids), AT_ONCE):
            rows = self.work.session.execute(
                select(CaseState.case_id, CaseState.data).where(CaseState.case_id.in_(ids[start : start + AT_ONCE]))
            )
            for case_id, data in rows:
                found[case_id] = self._look(by_id[case_id], bytes(data))
        self.looked += len(found)
        return found

    def _look(self, case: _Standing, data: bytes) -> Verdict:
        try:
            plan = self.plan(case.definition_id)
        except Conflict as refused:
            return Verdict(transplant.CANNOT, refused.args[0])
        run = engine.restore(plan.old.diagram, data, now=self.work.now, services=Lent(case.due_at))
        return transplant.judge(plan, run)

    def plan(self, definition_id: int) -> Plan:
        if definition_id not in self.plans:
            old = definitions.by_id(self.work, definition_id)
            self.plans[definition_id] = plan_of(old, self.new, self.mapping, english=self.english)
        return self.plans[definition_id]

    # --- telling

    def _lines(self, standing: Sequence[_Standing], verdicts: Mapping[int, Verdict]) -> list[Line]:
        alike: dict[tuple[int, str, str], list[_Standing]] = defaultdict(list)
        for one in standing:
            verdict = verdicts[one.id]
            alike[one.definition_id, verdict.code, str(verdict.sentence)].append(one)
        samples = self._samples([one.id for rows in alike.values() for one in rows[:SAMPLES]])
        lines = []
        for (definition_id, code, _sentence), rows in alike.items():
            verdict, old = verdicts[rows[0].id], definitions.by_id(self.work, definition_id)
            shown = tuple(samples[one.id] for one in rows[:SAMPLES] if one.id in samples)
            lines.append(
                Line(old.number, code, verdict.sentence, verdict.step, len(rows), self._places(old, rows),
                     tuple(self._named(self.new, step) for step in verdict.passed), shown)
            )  # fmt: skip
        return sorted(lines, key=lambda one: (WORST.index(one.code), -one.number, -one.cases))

    def _places(self, old: Definition, rows: Sequence[_Standing]) -> tuple[str, ...]:
        counted = Counter(name for one in rows for name in dict.fromkeys(self._at(old, one)))
        return tuple(name for name, _count in counted.most_common(3))

    def _at(self, old: Definition, case: _Standing) -> Iterator[str]:
        for place in case.key[1:]:
            if place == "|":
                return
            step = old.diagram.steps.get(str(place))
            if step is not None and step.kind not in ("boundary", "gateway", "start") and step.name:
                yield self._named(old, step.id)

    def _named(self, definition: Definition, step_id: str) -> str:
        step = definition.diagram.steps.get(step_id)
        return step_id if step is None else (step.name_en if self.english else step.name) or step.name or step_id

    def _samples(self, ids: Sequence[int]) -> dict[int, Sample]:
        """Of these cases those that the reader may see."""
        if not ids:
            return {}
        seen = permissions.case_scope(self.work.actor)
        rows = self.work.session.execute(select(Case.id, Case.ref, Case.number).where(Case.id.in_(ids[:AT_ONCE]), seen))
        return {case: Sample(ref, number) for case, ref, number in rows}

    def _to_map(self, standing: Sequence[_Standing], verdicts: Mapping[int, Verdict]) -> list[ToMap]:
        """Steps that need one of the new version, and those that were given one."""
        counted: Counter[tuple[int, str]] = Counter()
        stood: set[str] = set()
        for one in standing:
            verdict, places = verdicts[one.id], {str(place) for place in one.key[1:]}
            if verdict.code == transplant.MAPPING and verdict.step:
                asked = {verdict.step}
            else:
                asked = {step for step in self.mapping if step in places or step in verdict.carried}
            counted.update((one.definition_id, step) for step in asked if one.definition_id in self.plans)
            stood |= asked & places
        found: dict[str, ToMap] = {}
        for (key, step), cases in counted.items():
            changes = self.plans[key].changes
            choices = {one: self._named(self.new, one) for one in changes.choices(step)}
            before = found.get(step)
            cases += before.cases if before is not None else 0
            chosen = self.mapping.get(step, "")
            found[step] = ToMap(step, changes.old_name(step), cases, choices, chosen, step in stood)
        return list(found.values())

    # --- days

    def _timers(self, verdicts: Mapping[int, Verdict]) -> list[Shift]:
        counted: Counter[tuple[str, date, date]] = Counter()
        for verdict in verdicts.values():
            for step, was, then in verdict.dates:
                counted[self._named(self.new, step), office_day(was), office_day(then)] += 1
        return [Shift(step, was, then, count) for (step, was, then), count in sorted(counted.items())]

    def _terms(self) -> list[Shift]:
        """Tasks whose step has another term: the day they have and the day the new version would give them."""
        changed = {
            (key, step): plan.changes.to(step)
            for key, plan in self.plans.items()
            for step in plan.old.diagram.steps
            if plan.changes.term(step)
        }
        if not changed:
            return []
        rows = self.work.session.execute(
            select(HumanTask.step_id, HumanTask.due_at, HumanTask.opened_at, CaseState.definition_id, Case)
            .join(Case, Case.id == HumanTask.case_id)
            .join(CaseState, CaseState.case_id == HumanTask.case_id)
            .where(
                CaseState.definition_id.in_({key for key, _step in changed}),
                HumanTask.step_id.in_({step for _key, step in changed}),
                HumanTask.state.in_(OPEN), Case.state.in_(RUNNING),
            )
            .limit(MOST_DATES)
        )  # fmt: skip
        known: dict[tuple[object, ...], datetime | None] = {}
        counted: Counter[tuple[str, date | None, date | None]] = Counter()
        for step_id, due_at, opened_at, key, case in rows.all():
            if (key, step_id) not in changed:
                continue
            step = self.new.diagram.steps[changed[key, step_id]]
            place = (step.id, case.policy_snapshot_id, office_day(opened_at), case.due_at)
            if place not in known:
                known[place] = line.due_of(self.work, case, step, opened_at).at
            was, then = _day(due_at), _day(known[place])
            if was != then:
                counted[self._named(self.new, step.id), was, then] += 1
        return [Shift(step, was, then, count) for (step, was, then), count in sorted(counted.items(), key=str)]


def _by_code(verdicts: Mapping[int, Verdict]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for case_id, verdict in verdicts.items():
        found[verdict.code].append(case_id)
    return found


def refs_of(work: Work, ids: Sequence[int]) -> list[str]:
    """The refs of cases by key, for a list that somebody chose by verdict."""
    found: list[str] = []
    for start in range(0, len(ids), AT_ONCE):
        wanted = select(Case.ref).where(Case.id.in_(ids[start : start + AT_ONCE])).order_by(Case.id)
        found += work.session.scalars(wanted)
    return found


def _day(at: datetime | None) -> date | None:
    return None if at is None else office_day(at)


def draft_definition(process: str, bundle: Bundle, number: int) -> Definition:
    """A bundle that is not deployed yet, as the version it would be. It must have passed the check."""
    sheet = bundle.sheet
    return Definition(0, process, number, str(sheet.get("title", process)), str(sheet.get("title_en", process)), bundle)


__all__ = ["Impact", "Line", "Sample", "Shift", "ToMap", "draft_definition", "preview", "refs_of"]
