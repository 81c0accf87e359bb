"""The nightly proof: no completed task violated separation of duties, derived from the rows alone.

Every office day once (and over everything on demand) the tasks completed since the last proof are judged again from
who completed them and for whom, the journal, the drawings' own files, the moves of the case and the declared
relatives. What came out stays as a row; a violation is told to whoever watches over the offices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import aliased

from domain import agenda, journal
from domain.agenda import AgendaItem
from domain.base import insert_once, new_ref
from domain.cases import Case
from domain.clock import office_instant
from domain.home import Home
from domain.journal import JournalEntry
from domain.parties.accounts import Account, RoleGrant, granted
from domain.parties.households import Guardian, Person
from domain.parties.kin import AccountKin
from domain.parties.permissions import must
from domain.work import SCHEDULER, Work, unit_of_work
from tasks.proof.proof_rules import Apart, Done, Found, LetPass, Nearness, Past, Renamed, apart_in, violations
from tasks.rows.models import HumanTask
from tasks.rows.proof_models import SeparationProof, SeparationViolation
from tasks.terms import notifications
from workflows.definition_rows import DefinitionPart, DefinitionRow
from workflows.instances import CaseState
from workflows.moments import CaseMoment

PROOF_OF_THE_DAY = "separation.proof"
CHUNK = 1000
OVERLAP = timedelta(hours=1)  # what was still being written when the last proof looked
NEW, ALL = "NEW", "ALL"
_PASSED = ("skip", "skipped", "move", "failed")
_COMPLETED = ("task.completed", "task.completed_for")


@dataclass(frozen=True, slots=True)
class Window:
    """What a proof looks at: what was completed from `since` (None: the beginning) until `until`."""

    key: str
    scope: str
    since: datetime | None
    until: datetime


@dataclass
class Outcome:
    """What it saw."""

    window: Window
    tasks: int = 0
    cases: set[int] = field(default_factory=set)
    found: list[Found] = field(default_factory=list)


def ask(work: Work) -> None:
    """Have everything looked at from the beginning, now. Raises NotPermitted."""
    must(work.actor, "separation.prove")
    key = f"{PROOF_OF_THE_DAY}:all:{new_ref()}"
    agenda.put(work, PROOF_OF_THE_DAY, key, work.now, payload={"scope": ALL})
    journal.record(work, "separation.asked", key[-26:], {})


def gather(work: Work, item: AgendaItem) -> Window:
    """Since when it has to look. Uses ix_separation_proof_until."""
    if item.payload.get("scope") == ALL:
        return Window(item.key[-64:], ALL, None, work.now)
    last = work.session.scalar(select(func.max(SeparationProof.until)))
    return Window(item.key[-64:], NEW, last - OVERLAP if last is not None else None, work.now)


def perform(home: Home, window: Window) -> Outcome:
    """Look, in chunks and in reading transactions of their own; nothing is held up meanwhile."""
    outcome, after = Outcome(window), (window.since, 0)
    drawings: dict[int, Apart] = {}
    while True:
        with unit_of_work(home, SCHEDULER, write=False) as work:
            rows = _completed(work, after, window.until)
            if not rows:
                return outcome
            _look(work, rows, drawings, outcome)
        after = (rows[-1][2], rows[-1][0])


def record(work: Work, _item: AgendaItem, outcome: Outcome) -> None:
    """Keep what came out, once, and tell of violations that nobody was told of yet."""
    window = outcome.window
    row = SeparationProof(
        ref=new_ref(), key=window.key, scope=window.scope, since=window.since, until=window.until,
        tasks=outcome.tasks, cases=len(outcome.cases), violations=0, made_at=work.now,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    row.violations = sum(_keep(work, row, one) for one in outcome.found)
    body = {"tasks": row.tasks, "violations": row.violations, "scope": row.scope}
    journal.record(work, "separation.proved", row.ref, body, stream=("separation", "proof"))
    if row.violations:
        watchers = _watchers(work)
        notifications.notify(
            work, watchers, "separation.violated", key=f"separation:{row.ref}", count=row.violations, proof=row.ref
        )


def _keep(work: Work, proof: SeparationProof, found: Found) -> bool:
    return insert_once(
        work.session, SeparationViolation, ["task_id", "rule", "account_id", "other_step"], ref=new_ref(),
        proof_id=proof.id, case_id=found.case_id, task_id=found.task_id, account_id=found.account_id,
        rule=found.rule, step=found.step, other_step=found.other_step, found_at=work.now,
    )  # fmt: skip


def _watchers(work: Work) -> list[int]:
    wanted = select(RoleGrant.account_id).where(RoleGrant.role.in_(("oversight", "auditor")), granted(work.today))
    return list(work.session.scalars(wanted.distinct()))


Row = tuple[int, int, datetime, str, str, int | None, int | None]


def _completed(work: Work, after: tuple[datetime | None, int], until: datetime) -> Sequence[Row]:
    """The next completed tasks in the order of their instants. Uses ix_human_task_completed_at."""
    at, key = after
    behind: list[ColumnElement[bool]] = []
    if at is not None:
        behind = [or_(HumanTask.completed_at > at, (HumanTask.completed_at == at) & (HumanTask.id > key))]
        behind.append(HumanTask.completed_at >= at)
    rows = work.session.execute(
        select(
            HumanTask.id, HumanTask.case_id, HumanTask.completed_at, HumanTask.ref, HumanTask.step_id,
            HumanTask.completed_by, HumanTask.done_for,
        )
        .where(HumanTask.completed_at.is_not(None), HumanTask.completed_at <= until, *behind)
        .order_by(HumanTask.completed_at, HumanTask.id)
        .limit(CHUNK)
    )  # fmt: skip
    return [tuple(row) for row in rows]  # type: ignore[misc]  # the column is not null where it is asked for


def _look(work: Work, rows: Sequence[Row], drawings: dict[int, Apart], outcome: Outcome) -> None:
    wanted = {row[0] for row in rows}
    pasts = _pasts(work, sorted({row[1] for row in rows}))
    _read_drawings(work, {one.definition for past in pasts.values() for one in past.done} - drawings.keys(), drawings)
    for case_id, past in pasts.items():
        outcome.cases.add(case_id)
        for task in past.done:
            if task.id in wanted:
                outcome.tasks += 1
                outcome.found += violations(task, past, drawings[task.definition])


def _pasts(work: Work, cases: Sequence[int]) -> dict[int, Past]:
    """All that the rows say of these cases: seven SELECTs. Uses uq_human_task_case_id_token,
    uq_case_moment_case_id_version, ix_journal_entry_subject, ix_person_household_id, ix_account_kin_person_blind."""
    pasts = {case_id: Past() for case_id in cases}
    under = _moves(work, cases, pasts)
    standing = dict(
        work.session.execute(
            select(CaseState.case_id, CaseState.definition_id).where(CaseState.case_id.in_(cases))
        ).all()
    )  # fmt: skip
    rows = work.session.execute(
        select(HumanTask.id, HumanTask.case_id, HumanTask.step_id, HumanTask.completed_at, HumanTask.completed_by,
               HumanTask.done_for, HumanTask.ref)
        .where(HumanTask.case_id.in_(cases), HumanTask.completed_at.is_not(None))
        .order_by(HumanTask.completed_at, HumanTask.id)
    ).all()  # fmt: skip
    told = _journalled(work, [row[6] for row in rows])
    for key, case_id, step, at, by, whom, ref in rows:
        people = frozenset(one for one in (by, whom) if one is not None)
        definition = under.get(ref, standing.get(case_id, 0))
        if at is not None:
            pasts[case_id].done.append(Done(key, case_id, step, at, people, definition, told.get(ref, frozenset())))
    _nearness(work, cases, pasts)
    return pasts


def _moves(work: Work, cases: Sequence[int], pasts: Mapping[int, Past]) -> dict[str, int]:
    """What was let pass, taken back and renamed; and the version under which each task was completed, by its ref."""
    under: dict[str, int] = {}
    rows = work.session.execute(
        select(CaseMoment.case_id, CaseMoment.version, CaseMoment.at, CaseMoment.account_id, CaseMoment.verb,
               CaseMoment.step_id, CaseMoment.task_ref, CaseMoment.definition_id)
        .where(CaseMoment.case_id.in_(cases), CaseMoment.verb.in_((*_PASSED, "moved back", "completed")))
        .order_by(CaseMoment.version)
    )  # fmt: skip
    for case_id, version, at, account, verb, step, task_ref, definition in rows:
        if verb == "completed":
            under[task_ref] = definition
        elif verb == "moved back":
            pasts[case_id].back.append((step, version, at))
        elif account is not None:
            pasts[case_id].passed.append(LetPass(step, at, account, version))
    renamed = work.session.execute(
        select(CaseMoment.case_id, CaseMoment.at, CaseMoment.changed).where(
            CaseMoment.case_id.in_(cases), CaseMoment.verb == "migrated"
        )
    )
    for case_id, at, changed in renamed:
        names = tuple((str(before), str(after)) for before, after in changed.get("renamed", ()))
        pasts[case_id].renamed.append(Renamed(at, names))
    return under


def _journalled(work: Work, refs: Sequence[str]) -> dict[str, frozenset[int]]:
    """Whom the journal names for each completed task; one that it does not know is not among them."""
    said: dict[str, tuple[str, str]] = {}
    for start in range(0, len(refs), 900):
        rows = work.session.execute(
            select(JournalEntry.subject, JournalEntry.actor, JournalEntry.body)
            .where(JournalEntry.subject.in_(refs[start : start + 900]), JournalEntry.event.in_(_COMPLETED))
            .order_by(JournalEntry.id)
        )
        said |= {subject: (actor, str(body.get("for", ""))) for subject, actor, body in rows}
    people = {ref for pair in said.values() for ref in pair if ref}
    keys: dict[str, int] = {}
    for ref, key in work.session.execute(select(Account.ref, Account.id).where(Account.ref.in_(sorted(people)))):
        keys[ref] = key
    return {
        subject: frozenset(keys[ref] for ref in pair if ref in keys) for subject, pair in said.items()
    }  # fmt: skip


def _nearness(work: Work, cases: Sequence[int], pasts: Mapping[int, Past]) -> None:
    """Who is near to whose household: two SELECTs, for its people and for their guardians."""
    ward = aliased(Person)
    columns = (Case.id, AccountKin.account_id, AccountKin.declared_at, AccountKin.withdrawn_at)
    own = (
        select(*columns, Person.joined_on)
        .join(Person, Person.household_id == Case.household_id)
        .join(AccountKin, AccountKin.person_blind == Person.idno_blind)
        .where(Case.id.in_(cases))
    )
    guardians = (
        select(*columns, ward.joined_on)
        .join(ward, ward.household_id == Case.household_id)
        .join(Guardian, Guardian.ward_id == ward.id)
        .join(AccountKin, AccountKin.guardian_blind == Guardian.idno_blind)
        .where(Case.id.in_(cases))
    )
    for wanted in (own, guardians):
        for case_id, account, declared, withdrawn, joined in work.session.execute(wanted):
            since = declared if joined is None else max(declared, office_instant(joined))
            pasts[case_id].near.append(Nearness(account, since, withdrawn))


def _read_drawings(work: Work, wanted: set[int], drawings: dict[int, Apart]) -> None:
    for key, manifest in work.session.execute(
        select(DefinitionRow.id, DefinitionRow.manifest).where(DefinitionRow.id.in_(sorted(wanted)))
    ):
        digests = [digest for path, digest in manifest.items() if path.endswith(".bpmn")]
        files = work.session.scalars(select(DefinitionPart.content).where(DefinitionPart.digest.in_(digests)))
        drawings[key] = apart_in(bytes(one) for one in files)
    for key in wanted - drawings.keys():
        drawings[key] = {}
