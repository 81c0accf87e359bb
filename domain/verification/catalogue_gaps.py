"""What a level of government does not share itself (LF-06), and that nobody may hide behind it (LF-07)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select

from domain import journal, rules
from domain.errors import Conflict, InvalidAnswers
from domain.parties import permissions
from domain.parties.organisations import Organisation
from domain.text import Text
from domain.text import gettext as _
from domain.verification import catalogue, catalogue_use
from domain.verification.catalogue_rows import GapNote, Resource
from domain.work import Work

HARDSHIP = "HARDSHIP"
REASONS: Mapping[str, Text] = {
    "SOURCE_DOWN": _("the own level’s source is out of order today"),
    "DATA_INCOMPLETE": _("the own level’s data lack what is asked for"),
    "CROSS_REGION": _("the matter lies outside the own level’s region"),
    HARDSHIP: _("it is hard to verify at the own level"),
}


class Gap(StrEnum):
    """OWN: shared at the own level. UPPER: above alone. NONE: nowhere."""

    OWN, UPPER, NONE = "OWN", "UPPER", "NONE"


@dataclass(frozen=True, slots=True)
class Line:
    """A category as an agency finds it. items: usable, own level first; blocked: entered, not usable, and why."""

    category: str
    group: str
    gap: Gap
    items: tuple[Resource, ...]
    blocked: tuple[tuple[Resource, Text], ...]
    note: GapNote | None


def gaps(work: Work, agency: Organisation) -> list[Line]:
    """Every category of the catalogue as this agency finds it: what it lacks first (LF-06). Four SELECTs."""
    found = catalogue.reachable(work, agency)
    known = catalogue_use.standings(work, found)
    notes = _notes(work, agency)
    lines = []
    for code, category in rules.current(work).categories.items():
        mine = [one for one in found if one.category == code]
        usable = tuple(one for one in mine if known[one.id].usable)
        own = any(catalogue.is_own_level(agency, one) for one in usable)
        gap = Gap.OWN if own else Gap.UPPER if usable else Gap.NONE
        blocked = tuple((one, said) for one in mine if (said := known[one.id].blocked) is not None)
        lines.append(Line(code, category.group, gap, usable, blocked, notes.get(code)))
    order = (Gap.NONE, Gap.UPPER, Gap.OWN)
    return sorted(lines, key=lambda line: order.index(line.gap))


def _notes(work: Work, agency: Organisation) -> dict[str, GapNote]:
    """The newest note a category. Uses ix_catalogue_gap_note_agency_id."""
    newest = (
        select(func.max(GapNote.id)).where(GapNote.agency_id == agency.id).group_by(GapNote.category).scalar_subquery()
    )
    return {one.category: one for one in work.session.scalars(select(GapNote).where(GapNote.id.in_(newest)))}


def note(work: Work, agency: Organisation, category: str, text: str) -> GapNote:
    """Write down how far an office has come with a gap (LF-06). Raises NotPermitted, InvalidAnswers."""
    relation = permissions.OWN if work.actor.org_id == agency.id else permissions.NONE
    permissions.must(work.actor, "catalogue.note", relation)
    if category not in rules.current(work).categories:
        raise InvalidAnswers({"category": _("There is no such category of information.")})
    if not text.strip():
        raise InvalidAnswers({"note": _("Write what was done.")})
    made = GapNote(
        agency_id=agency.id, category=category, note=text.strip()[:500], written_by=work.actor.user_id,
        written_at=work.now,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    journal.record(work, "catalogue.gap_noted", agency.ref, {"category": category})
    return made


def must_not_shirk(
    work: Work, agency: Organisation, chosen: Collection[Resource], left_out: Sequence[Resource], reason_code: str
) -> None:
    """Asking a higher level instead of one's own needs a reason, and hardship is none (LF-07).

    left_out: usable items that were not chosen.

    Raises Conflict: no reason code, or HARDSHIP, while the own level's item of the category is in use.
    """
    own = {one.category: one for one in left_out if catalogue.is_own_level(agency, one)}
    upward = [one for one in chosen if one.category in own and not catalogue.is_own_level(agency, one)]
    if not upward:
        return
    category = rules.current(work).categories[upward[0].category].zh
    if reason_code == HARDSHIP:
        raise Conflict(
            _(
                "%(category)s is shared at the own level: that it is hard to verify there is no reason to ask above."
                " Ask the own level’s source.",
                category=category,
            ),
            clause="LF-07",
            resource=own[upward[0].category].code,
            field="reason_code",
        )
    if reason_code not in REASONS:
        raise Conflict(
            _(
                "%(category)s is shared at the own level and asked above all the same: say by which reason.",
                category=category,
            ),
            clause="LF-07",
            resource=own[upward[0].category].code,
            field="reason_code",
        )
