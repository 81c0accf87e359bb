"""Reading what people answered at a step into what the verbs take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from sqlalchemy import select

from domain import files
from domain.cases import Case
from domain.errors import InvalidAnswers, NotFound
from domain.files import StoredFile
from domain.parties import households
from domain.parties.households import Person
from domain.text import gettext as _
from domain.work import Work

_YES = frozenset({"yes", "true", "1", "pass", "是"})


def rows(values: Mapping[str, Any], key: str = "members") -> list[Mapping[str, Any]]:
    """The rows of a list of the form, one a member."""
    found = values.get(key) or []
    return [row for row in found if isinstance(row, Mapping)]


def said_yes(value: object) -> bool:
    """A tick, or a choice that means yes."""
    return value is True or str(value).lower() in _YES


def day(values: Mapping[str, Any], name: str) -> date:
    """A required day. Raises InvalidAnswers on that field."""
    found = maybe_day(values, name)
    if found is None:
        raise InvalidAnswers({name: _("This must be a date, for example 2027-06-15.")})
    return found


def maybe_day(values: Mapping[str, Any], name: str) -> date | None:
    """A day, or None when it was left empty. Raises InvalidAnswers on that field."""
    said = values.get(name)
    if not said:
        return None
    try:
        return said if isinstance(said, date) else date.fromisoformat(str(said)[:10])
    except ValueError as problem:
        raise InvalidAnswers({name: _("This must be a date, for example 2027-06-15.")}) from problem


def handed_in(work: Work, case: Case, values: Mapping[str, Any], name: str) -> list[StoredFile]:
    """The files of a file field, each of this case. Raises NotFound."""
    said = values.get(name) or []
    found = [files.by_ref(work, str(ref)) for ref in (said if isinstance(said, list) else [said])]
    if any(file.case_id not in (None, case.id) for file in found):
        raise NotFound(_("There is no such file in this case."))
    return found


def person(work: Work, case: Case, row: Mapping[str, Any]) -> Person:
    """The member a row speaks of. Raises NotFound for one of another household."""
    found = households.person_by_ref(work, str(row.get("person", "")))
    if found.household_id != case.household_id:
        raise NotFound(_("There is no such person in this household."))
    return found


def people(work: Work, case: Case, rows: Sequence[Mapping[str, Any]]) -> list[Person]:
    """The members that rows speak of, each as `person` finds them; one SELECT. Raises NotFound."""
    refs = [str(row.get("person", "")) for row in rows]
    wanted = select(Person).where(Person.ref.in_(refs), Person.household_id == case.household_id)
    found = {one.ref: one for one in work.session.scalars(wanted)} if refs else {}
    if not found.keys() >= set(refs):
        raise NotFound(_("There is no such person in this household."))
    return [found[ref] for ref in refs]


@contextmanager
def in_row(key: str, place: int) -> Iterator[None]:
    """Refused fields of one row carry the row's path, as the page names them: members-0-scan."""
    try:
        yield
    except InvalidAnswers as problem:
        raise InvalidAnswers({f"{key}-{place}-{name}": text for name, text in problem.fields.items()}) from problem
