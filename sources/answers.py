"""Judging the answer to a request package: each row is of a person who was asked for, or nothing is taken (CK-11).

A row is joined by its token; where a department's system dropped the tokens, by the number alone. Never by a name.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from domain.text import gettext as _
from sources import names
from sources.categories import CATEGORIES, CERTIFICATE, IDENTITY, Category, Field
from sources.faults import FileRefused, RowFault
from sources.house_kinds import OUTCOME, OUTCOME_LABEL, OWN_FIELDS, PACKAGE, TOKEN
from sources.names import Likeness
from sources.reading import ReadReport
from sources.rows import SourceRow, Subject
from sources.values import NOTHING

FOUND, NOT_FOUND, ERROR = "FOUND", "NOT_FOUND", "ERROR"
# what departments write; compared without blanks, in upper case
WORDS: Mapping[str, str] = {
    **dict.fromkeys(("有", "是", "查到", "已查到", "有记录", "查得", "FOUND", "Y", "1"), FOUND),
    **dict.fromkeys(
        ("无", "否", "未查到", "查无", "查无此人", "无记录", "没有", "NOTFOUND", "NOT_FOUND", "N", "0"), NOT_FOUND
    ),
    **dict.fromkeys(("错误", "无法查询", "查询失败", "ERROR"), ERROR),
}
_OWN = frozenset(one.code for one in OWN_FIELDS)


@dataclass(frozen=True, slots=True)
class Asked:
    """A person of the package: the token of the row, number and name as we hold them (S3)."""

    token: str
    number: str = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A row with content about one person: the person as the file has them, and how near the name is."""

    token: str
    row: SourceRow = field(repr=False)
    subject: Subject = field(repr=False)
    likeness: Likeness | None

    @property
    def match_kind(self) -> str:
        """As the columnar store says it (model 2.3)."""
        return "ID+NAME" if self.likeness is Likeness.SAME else "ID"

    @property
    def name_differs(self) -> bool:
        """True when the file's name is another one, or only resembles the declared one: a person must look."""
        return self.likeness in (Likeness.DIFFERENT, Likeness.POSSIBLE)

    @property
    def value(self) -> dict[str, object]:
        """What a result row keeps of it (S3)."""
        one = self.subject
        return {
            "values": self.row.values, "number": one.number, "name": one.name, "role": one.role,
            "notes": list(one.notes),
        }  # fmt: skip

    def fingerprint(self, category: str) -> str:
        """SHA-256 of the content without its place, as the columnar store makes it (S3)."""
        canonical = json.dumps([category, self.value], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Answers:
    """What a file answers: token -> FOUND, NOT_FOUND or ERROR, and the rows with content. Others stay unanswered."""

    outcomes: dict[str, str]
    found: tuple[FoundRow, ...] = field(repr=False)


def judge(rows: Iterable[SourceRow], category: str, package: str, asked: Sequence[Asked]) -> Answers:
    """Who is answered for, and how.

    Args:
        rows: as `sources.reading` gives them for kind `<category>.ANSWER`.
        package: number of the package; a row that carries another one refuses the file.
        asked: everybody in the package.

    Raises FileRefused, naming the row: it speaks of somebody not asked for (CK-11), is of another package, contradicts
    itself or another row about the same person, or says found and leaves out what the category must have.
    """
    by_token = {one.token.upper(): one for one in asked}
    by_number: dict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        by_number[one.number].append(one)
    kind = CATEGORIES[category]
    outcomes: dict[str, str] = {}
    found: list[FoundRow] = []
    for row in rows:
        _must_be_of(row, package)
        people = _people(row, by_token, by_number)
        content = {code: said for code, said in row.values.items() if code not in _OWN}
        outcome = _outcome(row, kind, content)
        if not outcome:
            continue
        for person in people:
            if outcomes.setdefault(person.token, outcome) != outcome:
                raise _refused(row, _("contradicts an earlier row about the same person."))
            if outcome == FOUND:
                found.append(_found(row, person, content))
    return Answers(outcomes, tuple(found))


def must_be_whole(report: ReadReport) -> None:
    """An answer is taken whole or not at all. Raises FileRefused with place and reason of the first rejected row."""
    fault: RowFault | None = next(iter(report.rejections), None)
    if fault is not None:
        raise FileRefused(
            _(
                "Row %(row)s cannot be used: %(why)s Nothing of the file was taken in; correct the row, send it again.",
                row=_place(fault.sheet, fault.row),
                why=fault.sentence,
            )
        )


def _place(sheet: int, row: int) -> str:
    return f"{sheet}!{row}" if sheet > 1 else str(row)


def _refused(row: SourceRow, why: object) -> FileRefused:
    return FileRefused(
        _("Row %(row)s %(why)s Nothing of the file was taken in.", row=row.row_no, why=why), row=row.row_no
    )


def _must_be_of(row: SourceRow, package: str) -> None:
    said = "".join(row.values.get(PACKAGE, "").split())
    if said and said != package:
        raise _refused(row, _("belongs to another request package, not to %(number)s.", number=package))


def _people(row: SourceRow, by_token: Mapping[str, Asked], by_number: Mapping[str, list[Asked]]) -> list[Asked]:
    numbers = [subject.number for subject in row.subjects if subject.number]
    token = "".join(row.values.get(TOKEN, "").split()).upper()
    if not token:
        people = [one for number in dict.fromkeys(numbers) for one in by_number.get(number, ())]
    else:
        one = by_token.get(token)
        silent = all(not subject.number and subject.notes in ((), ("empty",)) for subject in row.subjects)
        people = [one] if one is not None and (silent or one.number in numbers) else []
    if not people:
        raise _refused(row, _("speaks of a person this package does not ask about."))
    return people


def _outcome(row: SourceRow, kind: Category, content: Mapping[str, str]) -> str:
    said = "".join(row.values.get(OUTCOME, "").split()).upper()
    # the names we wrote into the file ourselves say nothing of what was found
    ours = {one.name for one in kind.subjects}
    told = any(text.upper() not in NOTHING for code, text in content.items() if code not in ours)
    outcome = WORDS.get(said, "") if said else FOUND if told else ""
    if said and not outcome:
        sentence = _("says in %(column)s neither 有 nor 无 nor 错误.", column=OUTCOME_LABEL)
        raise _refused(row, sentence)
    if outcome == NOT_FOUND and told:
        raise _refused(row, _("says that nothing was found and fills in what was found."))
    lacking = next((one for one in kind.fields if outcome == FOUND and _lacks(one, content)), None)
    if lacking is not None:
        raise _refused(row, _("says that something was found and leaves %(column)s empty.", column=lacking.labels[0]))
    return outcome


def _lacks(one: Field, content: Mapping[str, str]) -> bool:
    return one.required and one.kind not in (IDENTITY, CERTIFICATE) and one.code not in content


def _found(row: SourceRow, person: Asked, content: Mapping[str, str]) -> FoundRow:
    mine = next((one for one in row.subjects if one.number == person.number), None)
    said = mine or next((one for one in row.subjects if one.name), Subject("", ""))
    subject = Subject(person.number, said.name, said.role, tuple(said.notes) if mine else ())
    likeness = names.compare(subject.name, person.name) if subject.name else None
    # the numbers of others in the row are not kept: a co-owner or a spouse is not who was asked about
    kept = SourceRow(row.sheet, row.row, (subject,), dict(content), row.dated)
    return FoundRow(person.token, kept, subject, likeness)
