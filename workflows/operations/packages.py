"""Request packages: writing the file that goes out, reading the one that comes back (CK-11).

Both are slow and stand outside any transaction but for the first look and the last word (walls 13).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from documents.sheets import Cell, write_csv, write_xlsx
from domain import agenda, files
from domain.blobs import StoredBlob
from domain.cases import Case
from domain.errors import Conflict
from domain.files import StoredFile
from domain.home import DEMO, Home
from domain.text import gettext as _
from domain.verification import deliveries, delivery_parts, packages, queries, results
from domain.verification.deliveries import READING, READY, Delivery, ReadOutcome, Resource
from domain.verification.package_rows import CSV_GB18030, XLSX, RequestPackage
from domain.verification.queries import Query
from domain.verification.results import Match
from domain.work import SCHEDULER, Work, unit_of_work
from sources import answers, house_kinds
from sources.answers import Answers, Asked, FoundRow
from sources.categories import CATEGORIES
from sources.faults import FileRefused
from sources.reading import Pieces, ReadReport, reading
from sources.store import Store, StoredPart, day_of
from workflows.operations.deliveries import RETRY, new_part

MEDIA = {
    XLSX: (".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
PLAIN = (".csv", "text/csv")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a package's file says (S3): its number, form, category and one line a person."""

    number: str
    layout: str
    category: str
    lines: tuple[packages.Line, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class AnswerPlan:
    """What reading an answer needs: the delivery, its bytes and everybody who was asked for (S3)."""

    ref: str
    category: str
    package: str
    data_date: date
    demonstration: bool
    file: StoredBlob = field(repr=False)
    asked: tuple[Asked, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """What reading brought: the outcome for the delivery's row, and the answers; None when the file was refused."""

    outcome: ReadOutcome
    answers: Answers | None = field(default=None, repr=False)
    parts: tuple[StoredPart, ...] = ()


def prepare(work: Work, resource: Resource, layout: str = XLSX) -> RequestPackage:
    """As `domain.verification.packages.prepare`, for a category that a file can answer. Raises Conflict besides."""
    if resource.category not in CATEGORIES:
        raise Conflict(_("There is no template for this category yet; its answers come on paper."))
    return packages.prepare(work, resource, layout)


def write_out(home: Home, ref: str) -> None:
    """Write the file of a package once, sealed like every file. Raises NotFound."""
    with unit_of_work(home, SCHEDULER, write=False) as work:
        package = packages.by_ref(work, ref)
        resource = work.session.get_one(Resource, package.resource_id)
        done = package.file_id is not None
        sheet = Sheet(package.number, package.layout, resource.category, tuple(packages.lines(work, package)))
    if done:
        return
    blob = home.blobs.put_bytes(print_out(sheet))
    ending, media = MEDIA.get(sheet.layout, PLAIN)
    with unit_of_work(home, SCHEDULER) as work:
        package = packages.by_ref(work, ref)
        if package.file_id is None:
            name = f"{package.number}{ending}"
            file = files.keep(work, blob, name=name, media_type=media, purpose="request_package")
            packages.written(work, package, file)


def print_out(sheet: Sheet) -> bytes:
    """The file as bytes: our columns, the persons, and the category's columns to be filled in; text in every cell."""
    own = [house_kinds.PACKAGE_LABEL, house_kinds.TOKEN_LABEL]
    kind = CATEGORIES[sheet.category]
    persons = [code for one in kind.subjects for code in (one.name, one.number)]
    label = {one.code: one.labels[0] for one in kind.fields}
    filled = [one.labels[0] for one in house_kinds.columns_to_fill(sheet.category)]
    head = [*own, *(label[code] for code in persons), house_kinds.OUTCOME_LABEL, *filled, house_kinds.REMARK_LABEL]
    rows = [_cells(sheet, line, persons, len(filled) + 2) for line in sheet.lines]
    if sheet.layout == XLSX:
        return write_xlsx(sheet.number, head, rows)
    return write_csv(head, rows, encoding="gb18030" if sheet.layout == CSV_GB18030 else "utf-8-sig")


def read_answer(home: Home, ref: str, now: datetime | None = None) -> None:
    """Read the answer to a package and write its results, or say why it was refused. Safe to repeat."""
    with unit_of_work(home, SCHEDULER, now=now, write=False) as work:
        plan = gather(work, ref)
    if plan is None:
        return
    read = perform(home, plan)
    with unit_of_work(home, SCHEDULER, now=now) as work:
        record(work, ref, read)


def gather(work: Work, ref: str) -> AnswerPlan | None:
    """What is to be read and who was asked for; None when it was read before. Raises NotFound."""
    delivery = deliveries.by_ref(work, ref)
    if delivery.state != READING:
        return None
    package, resource = _of(work, delivery)
    asked = tuple(Asked(one.token, one.number, one.name) for one in packages.lines(work, package))
    file = work.session.get_one(StoredFile, delivery.file_id)
    demonstration = work.home.row(work.session).kind == DEMO
    return AnswerPlan(ref, resource.category, package.number, delivery.data_date, demonstration, file.blob, asked)


def perform(home: Home, plan: AnswerPlan) -> ReadAnswer:
    """Read the file in a limited child, judge it against the package, and store what was found."""
    try:
        pieces = Pieces(home.blobs.frames(plan.file))
        kind = f"{plan.category}{house_kinds.ANSWER}"
        with reading(pieces, kind, demonstration=plan.demonstration) as going:
            rows = list(going)
        answers.must_be_whole(going.report)
        judged = answers.judge(rows, plan.category, plan.package, plan.asked)
        kept = (one.row for one in judged.found)
        stored = Store(home.blobs, home.vault).put(plan.ref, plan.category, kept, dated=plan.data_date)
        return ReadAnswer(_outcome(stored.files[0], going.report), judged, stored.parts)
    except FileRefused as refusal:
        return ReadAnswer(ReadOutcome(None, refusal.sentence))


def record(work: Work, ref: str, read: ReadAnswer) -> None:
    """Commit the answer: immutable results of the queries, or the refusal; waiting cases go on."""
    delivery = deliveries.by_ref(work, ref)
    if delivery.state != READING:
        return
    package, _resource = _of(work, delivery)
    if read.answers is not None:
        try:
            packages.must_be_open(work, package)
            packages.must_be_unanswered(work, package, tuple(read.answers.outcomes))
        except Conflict as refusal:
            read = ReadAnswer(ReadOutcome(None, refusal.args[0]))
    for part in read.parts:
        delivery_parts.keep(work, delivery, new_part(part))
    if not deliveries.settle_reading(work, delivery, read.outcome) or delivery.state != READY or read.answers is None:
        return
    taken, cases = _answer_queries(work, package, delivery, read.answers)
    packages.settle(work, package, delivery, taken)
    for case in cases:
        key = f"{RETRY}:{case}:{delivery.ref}"
        agenda.put(work, RETRY, key, work.now, subject=case, payload={"delivery": delivery.ref})


def _answer_queries(
    work: Work, package: RequestPackage, delivery: Delivery, said: Answers
) -> tuple[dict[str, str], list[str]]:
    """Write the results query by query; what was taken by token, and refs of the cases with a query answered now.

    A query that was closed meanwhile takes nothing more, its time was over (LN-26): whoever it asks about stays
    without an answer.
    """
    by_query: dict[str, list[packages.Line]] = {}
    for line in packages.lines(work, package):
        if line.token in said.outcomes:
            by_query.setdefault(line.query, []).append(line)
    taken: dict[str, str] = {}
    done: dict[str, None] = {}
    for ref, lines in by_query.items():
        query = queries.by_ref(work, ref)
        if query.state != queries.SENT:
            continue
        taken |= {line.token: said.outcomes[line.token] for line in lines}
        people = {line.token: line.person for line in lines if said.outcomes[line.token] != answers.ERROR}
        found = [_match(one, people[one.token], query, delivery) for one in said.found if one.token in people]
        if people:
            results.answer(work.acting(SCHEDULER), query, found, [delivery.ref], frozenset(people.values()))
        if query.state == queries.ANSWERED:
            done[work.session.get_one(Case, query.case_id).ref] = None
    return taken, list(done)


def _match(one: FoundRow, person: str, query: Query, delivery: Delivery) -> Match:
    return Match(
        person,
        delivery.ref,
        one.row.row_no,
        day_of(one.row.dated),
        one.match_kind,
        one.name_differs,
        one.fingerprint(query.category),
        one.value,
    )


def _cells(sheet: Sheet, line: packages.Line, persons: list[str], empty: int) -> list[Cell]:
    kind = CATEGORIES[sheet.category]
    # a marriage has a column for the husband and one for the wife: each stands in their own
    place = 0 if len(kind.subjects) == 1 or int(line.number[16]) % 2 else 1
    who = kind.subjects[place]
    known = {who.name: line.name, who.number: line.number}
    return [sheet.number, line.token, *(known.get(code, "") for code in persons), *[""] * empty]


def _of(work: Work, delivery: Delivery) -> tuple[RequestPackage, Resource]:
    package = work.session.get_one(RequestPackage, delivery.package_id)
    return package, work.session.get_one(Resource, package.resource_id)


def _outcome(stored: StoredBlob, report: ReadReport) -> ReadOutcome:
    faults = tuple((fault.sheet, fault.row, fault.column, fault.sentence) for fault in report.faults)
    total = report.total + report.skipped
    return ReadOutcome(stored, None, total, report.accepted, report.rejected, report.skipped, faults)
