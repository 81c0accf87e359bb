"""Playing a case: people claim and complete their tasks, the clock moves, rows are looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from domain.assistance.recipients import Recipient
from domain.cases import Case
from domain.journal import JournalEntry, JournalStream
from domain.parties import households
from domain.parties.households import Household, Person
from domain.work import OPERATOR, Work, unit_of_work
from tasks import moves, starting
from tasks.cases import file_checks
from tasks.desk import desk
from tasks.rows.models import OPEN, HumanTask
from tests.homes import Office

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@dataclass
class Story:
    """One case in the hands of a demonstration office's people."""

    office: Office
    case_ref: str

    @contextmanager
    def work(self, login: str = "") -> Iterator[Work]:
        """A writing work of a person, or of the operator."""
        actor = self.office.actor(login) if login else OPERATOR
        with unit_of_work(self.office.home, actor) as work:
            yield work

    def case(self, work: Work) -> Case:
        """The case's row."""
        return work.session.scalars(select(Case).where(Case.ref == self.case_ref)).one()

    def rows(self, work: Work, table: type[Any], *where: Any) -> list[Any]:
        """The rows of a table that belong to the case, oldest first."""
        own = select(table).where(table.case_id == self.case(work).id, *where).order_by(table.id)
        return list(work.session.scalars(own))

    def journal(self, work: Work) -> list[JournalEntry]:
        """What was journalled of the case, oldest first."""
        return list(
            work.session.scalars(
                select(JournalEntry)
                .join(JournalStream, JournalStream.id == JournalEntry.stream_id)
                .where(JournalStream.kind == "case", JournalStream.subject == self.case_ref)
                .order_by(JournalEntry.seq)
            )
        )

    def open_steps(self) -> list[str]:
        """Step ids of the open tasks, in order."""
        with self.work() as work:
            return list(
                work.session.scalars(
                    select(HumanTask.step_id)
                    .where(HumanTask.case_id == self.case(work).id, HumanTask.state.in_(OPEN))
                    .order_by(HumanTask.id)
                )
            )

    def task(self, work: Work, step: str, subject: str = "") -> HumanTask:
        """The open task at a step; `subject` tells several apart."""
        wanted = select(HumanTask).where(
            HumanTask.case_id == self.case(work).id, HumanTask.step_id == step, HumanTask.state.in_(OPEN)
        )
        if subject:
            wanted = wanted.where(HumanTask.subject == subject)
        found = work.session.scalars(wanted.order_by(HumanTask.id)).first()
        assert found is not None, f"no open task at {step}; open: {self.open_steps()}"
        return found

    def members(self, work: Work) -> list[Person]:
        """The household's members."""
        household = work.session.get_one(Household, self.case(work).household_id)
        return list(households.members(work, household))

    def upload(self, login: str, step: str, name: str = "paper.pdf") -> str:
        """Hand in a file with the open task of a step; returns its ref."""
        blob = self.office.home.blobs.put_bytes(PDF.replace(b"%%EOF", f"%{name}\n%%EOF".encode()))
        with self.work(login) as work:
            task = self.task(work, step)
            desk.claim(work, task.ref)
            ref = desk.attach(work, task.ref, blob, name=name, media="application/pdf", field="").ref
            file_checks.record(work, ref, file_checks.perform(work.home, file_checks.gather(work, ref)))
            return ref

    def do(self, login: str, step: str, answers: Mapping[str, Any], subject: str = "") -> moves.Moved:
        """Claim the open task of a step and complete it, then do what is due."""
        with self.work(login) as work:
            task = desk.claim(work, self.task(work, step, subject).ref)
            ref, version = task.ref, task.version
        with self.work(login) as work:
            moved = moves.complete_task(work, ref, version=version, answers=answers)
        self.office.sweep()
        return moved


def new_case(office: Office, login: str = "town", number: str = "") -> Story:
    """A new application's case of the first applicant of Pingshan (or of the household with this number)."""
    with unit_of_work(office.home, office.actor(login)) as work:
        ref = starting.household_ref(work, number or first_applicant(work))
        case = starting.start_new(work, ref)
        return Story(office, case.ref)


def first_applicant(work: Work) -> str:
    """Number of a household of the actor's town that is on no roll and is complete."""
    found = work.session.scalar(
        select(Household.number)
        .where(
            Household.town_id == work.actor.org_id,
            Household.incomplete.is_(False),
            ~select(Recipient.id).where(Recipient.household_id == Household.id).exists(),
        )
        .order_by(Household.number)
        .limit(1)
    )
    assert found is not None, "the demonstration has no applicant in this town"
    return found
