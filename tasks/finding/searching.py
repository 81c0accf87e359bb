"""Finding by what must stand in no address: names, identity numbers, words of notes.

What was typed is sent by POST, kept sealed (of a number only its blind index) and goes on under an opaque reference
that is of use to its account alone and ends after some hours. Candidates come from term rows within the actor's scope
and are opened to see whether they fit; never more than MOST.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from domain import finding, identity, journal, rules, terms
from domain.cases import Case
from domain.clock import OFFICE_ZONE, machine_now
from domain.errors import InvalidAnswers, NotFound
from domain.parties import households, permissions, throttle
from domain.parties.households import Household, Person
from domain.parties.organisations import Organisation
from domain.parties.throttle import Throttled
from domain.policy_keys.accounts import ID_SEARCH_PER_HOUR
from domain.text import gettext as _
from domain.work import Work
from tasks.finding.paging import Page
from tasks.rows.finding_models import Search
from tasks.rows.models import OPEN, HumanTask, TaskComment
from tasks.rules import task_scope

BY_NUMBER, BY_TEXT, BY_VALUE = "NUMBER", "TEXT", "VALUE"
LASTS = timedelta(hours=8)
TEXTS, WINDOW = 600, timedelta(hours=1)
MOST = 300  # candidates that a search opens
PAGE = 20
ASIDE = 24  # letters shown on either side of a hit in a note
NUMBER_DIGITS = range(15, 19)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a search was for. blinds: of a number, or of an inbox column's text (`key`); text: names and notes."""

    ref: str
    kind: str
    text: str = field(default="", repr=False)
    blinds: tuple[bytes, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A case that fits. name: a person's name in parts (part, is it the hit), note: so much of a note; tasks: open ones
    the actor may open (ref, Chinese, English)."""

    ref: str
    number: str
    kind: str
    programme: str
    state: str
    name: Sequence[tuple[str, bool]] = field(default=(), repr=False)
    note: Sequence[tuple[str, bool]] = field(default=(), repr=False)
    tasks: Sequence[tuple[str, str, str]] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits. more: there were more candidates than a search opens."""

    page: Page[Hit]
    more: bool = False


def is_number(text: str) -> bool:
    """True for what looks like an identity number: 15 to 18 digits, the last of which may be an X."""
    bare = identity.normalise(text)
    return len(bare) in NUMBER_DIGITS and bare.isascii() and bare[:-1].isdigit() and bare[-1] in "0123456789X"


def ask(work: Work, text: str) -> str:
    """Keep what is looked for and return the reference under which the pages go on.

    Raises InvalidAnswers for nothing that can be looked for, Throttled after too many searches in an hour.
    """
    permissions.must(work.actor, "case.find")
    text = text.replace("\x00", "").strip()[: terms.LONGEST_QUERY]
    if is_number(text):
        _count(work, "idno", numbers_an_hour(work))  # with the searches of an agency for a person (`start`)
        blinds = households.blinds_of(work, text)
        return _kept(work, BY_NUMBER, {"blinds": [one.hex() for one in blinds]})
    if not terms.of_query(text):
        raise InvalidAnswers({"q": _("Write a name, a case number or a word of a note.")})
    _count(work, "find", TEXTS)
    return _kept(work, BY_TEXT, {"text": text})


def ask_value(work: Work, key: str, text: str) -> str:
    """The same for the text of an inbox column, which is compared as a whole. Raises InvalidAnswers, Throttled."""
    permissions.must(work.actor, "desk.read")
    text = text.replace("\x00", "").strip()[: terms.LONGEST_QUERY]
    if not text:
        raise InvalidAnswers({"q": _("Write what the column should say.")})
    _count(work, "find", TEXTS)
    blinds = work.home.vault.blind_all("task_value.sealed", text)
    return _kept(work, BY_VALUE, {"key": key[:64], "blinds": [one.hex() for one in blinds]})


def numbers_an_hour(work: Work) -> int:
    """Searches by identity number that the rules allow one person of the actor's office in an hour."""
    return int(rules.value(work, work.actor.org_id or 0, ID_SEARCH_PER_HOUR.name))


def asked(work: Work, ref: str) -> Asked | None:
    """What the actor looked for under this reference; None when it is not theirs or is over."""
    known: Asked | None
    place = ("search", ref)
    if place in work.memory:
        known = work.memory[place]
        return known
    row = work.session.scalars(
        select(Search).where(
            Search.ref == ref, Search.account_id == work.actor.user_id, Search.expires_at > machine_now()
        )
    ).first()
    known = None if row is None else _opened(work, row)
    work.memory[place] = known
    return known


def asked_or_gone(work: Work, ref: str) -> Asked:
    """The same. Raises NotFound, which says what to do."""
    found = asked(work, ref)
    if found is None:
        raise NotFound(_("This search is over. Search again."))
    return found


def departments(work: Work) -> list[int]:
    """The departments whose households somebody may find: the own one, the town's, those that entrust the agency."""
    actor = work.actor
    if actor.org_id is None:
        return []
    if actor.org_kind == "department":
        return [actor.org_id]
    if actor.org_kind == "agency":
        return list(work.session.scalars(select(Organisation.id).where(Organisation.agency_id == actor.org_id)))
    above = work.session.scalar(select(Organisation.parent_id).where(Organisation.id == actor.org_id))
    return [above] if above is not None else []


def cases_of(work: Work, search: Asked) -> list[int]:
    """Keys of the cases of the households that fit, as far as the actor may read them; asked once a work.

    Uses ix_person_idno_blind, uq_household_term_department_id_term_household_id, ix_cases_household_id.
    """
    place = ("cases", search.ref)
    known: list[int] | None = work.memory.get(place)
    if known is None:
        homes = list(_households(work, search)[0])
        wanted = select(Case.id).where(Case.household_id.in_(homes), permissions.case_scope(work.actor))
        known = work.memory[place] = list(work.session.scalars(wanted.order_by(Case.id.desc()).limit(4 * MOST)))
    return known


def results(work: Work, search: Asked, page: int = 1, size: int = PAGE) -> Found:
    """Cases that fit, newest first, each with what fits; four SELECTs and one for the page's tasks."""
    named, more = _households(work, search)
    noted, still = _notes(work, search) if search.kind == BY_TEXT else ({}, False)
    scope = permissions.case_scope(work.actor)
    rows: dict[int, Case] = {}
    for fits in (Case.household_id.in_(list(named)), Case.id.in_(list(noted))):
        found = work.session.scalars(select(Case).where(scope, fits).order_by(Case.id.desc()).limit(MOST + 1)).all()
        more = more or len(found) > MOST
        rows |= {case.id: case for case in found}
    keys = sorted(rows, reverse=True)[:MOST]
    last = max(1, -(-len(keys) // size))
    page = min(max(1, page), last)
    shown = [rows[key] for key in keys[(page - 1) * size : page * size]]
    tasks = _open_tasks(work, [case.id for case in shown])
    hits = [
        Hit(
            case.ref, case.number, case.kind, case.programme, case.state,
            named.get(case.household_id or 0, ()), noted.get(case.id, ()), tasks.get(case.id, ()),
        )
        for case in shown
    ]  # fmt: skip
    return Found(Page(hits, len(keys), page, size), more or still)


Parts = Sequence[tuple[str, bool]]


def _households(work: Work, search: Asked) -> tuple[dict[int, Parts], bool]:
    """Name in parts by household that fits; and whether there were more candidates than were opened."""
    of_mine = select(Case.id).where(Case.household_id == Household.id, permissions.case_scope(work.actor))
    mine = of_mine.correlate(Household).exists()
    wanted = select(Person).join(Household, Household.id == Person.household_id)
    if search.kind == BY_NUMBER:
        people = work.session.scalars(wanted.where(mine, Person.idno_blind.in_(search.blinds)).limit(MOST + 1)).all()
        return {one.household_id: [(households.name_of(work, one), False)] for one in people[:MOST]}, len(people) > MOST
    if search.kind != BY_TEXT:
        return {}, False
    own = departments(work)
    within = select(Household.id).where(Household.department_id.in_(own), mine)
    fits = finding.named(work, Household.id, own, search.text)
    homes = list(work.session.scalars(within.where(fits).order_by(Household.id.desc()).limit(MOST + 1)))
    found: dict[int, Parts] = {}
    for person in work.session.scalars(wanted.where(Person.household_id.in_(homes[:MOST])).order_by(Person.position)):
        name = households.name_of(work, person)
        if person.household_id not in found and terms.fits(name, search.text):
            found[person.household_id] = terms.parts(name, search.text)
    return found, len(homes) > MOST


def _notes(work: Work, search: Asked) -> tuple[dict[int, Parts], bool]:
    """Piece of a note by case that fits. A note is found by the office at whose task it was written."""
    office = work.actor.org_id
    if office is None:
        return {}, False
    fits = finding.noted(work, Case.id, [office], search.text)
    scope = permissions.case_scope(work.actor)
    keys = list(work.session.scalars(select(Case.id).where(scope, fits).order_by(Case.id.desc()).limit(MOST + 1)))
    notes = (
        select(TaskComment)
        .join(HumanTask, HumanTask.id == TaskComment.task_id)
        .where(TaskComment.case_id.in_(keys[:MOST]), TaskComment.withdrawn_at.is_(None), HumanTask.org_id == office)
        .order_by(TaskComment.id.desc())
        .limit(MOST * 4)
    )
    found: dict[int, Parts] = {}
    for note in work.session.scalars(notes):
        if note.case_id not in found:
            body = work.home.vault.open("task_comment.body", note.ref, note.body)
            if terms.fits(body, search.text):
                found[note.case_id] = _piece(body, search.text)
    return found, len(keys) > MOST


def _piece(body: str, query: str) -> Parts:
    """The place of a note that fits, with some letters around it."""
    parts = terms.parts(" ".join(body.split()), query)
    first = next((place for place, (_text, hit) in enumerate(parts) if hit), 0)
    before = parts[first - 1][0] if first else ""
    after = "".join(text for text, _hit in parts[first + 1 :])
    cut_before = ("…" if len(before) > ASIDE else "") + before[-ASIDE:]
    cut_after = after[:ASIDE] + ("…" if len(after) > ASIDE else "")
    return [(cut_before, False), (parts[first][0][: 2 * ASIDE], parts[first][1]), (cut_after, False)]


def _open_tasks(work: Work, cases: Iterable[int]) -> dict[int, list[tuple[str, str, str]]]:
    rows = work.session.execute(
        select(HumanTask.case_id, HumanTask.ref, HumanTask.name, HumanTask.name_en)
        .where(HumanTask.case_id.in_(list(cases)), HumanTask.state.in_(OPEN), task_scope(work.actor))
        .order_by(HumanTask.id)
    )
    found: dict[int, list[tuple[str, str, str]]] = {}
    for case, ref, name, name_en in rows:
        found.setdefault(case, []).append((ref, name, name_en))
    return found


def _count(work: Work, bucket: str, most: int) -> None:
    until = throttle.take(work.session, f"{bucket}:{work.actor.user_id}", most, WINDOW)
    if until is not None:
        at = until.astimezone(OFFICE_ZONE).strftime("%H:%M")
        raise Throttled(_("You searched %(count)s times within an hour. Go on after %(time)s.", count=most, time=at))


def _kept(work: Work, kind: str, words: dict[str, Any]) -> str:
    now = machine_now()
    account = work.actor.person()
    work.session.execute(delete(Search).where(Search.account_id == account, Search.expires_at <= now))
    row = Search(account_id=account, kind=kind, words=b"", expires_at=now + LASTS)
    work.session.add(row)
    work.session.flush()
    row.words = work.home.vault.seal_json("search.words", row.ref, words)
    journal.record(work, "case.searched", work.actor.ref, {"by": kind.lower(), "search": row.ref})
    return row.ref


def _opened(work: Work, row: Search) -> Asked:
    words = work.home.vault.open_json("search.words", row.ref, row.words)
    said: dict[str, Any] = words if isinstance(words, dict) else {}
    blinds = tuple(bytes.fromhex(one) for one in said.get("blinds", ()))
    return Asked(row.ref, row.kind, str(said.get("text", "")), blinds, str(said.get("key", "")))
