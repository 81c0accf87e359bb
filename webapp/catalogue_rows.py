"""What pages of the catalogue show of an item: state in words and colour, limit, windows, what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.text import Text
from domain.text import gettext as _
from domain.verification import catalogue_scope, catalogue_use, catalogue_versions
from domain.verification.catalogue_rows import DRAFT, PUBLISHED, RETIRED, SUSPENDED, Resource, ResourceVersion
from domain.verification.catalogue_use import Standing
from domain.verification.catalogue_versions import Content, Difference
from domain.work import Work
from domain.workdays import Term
from sources import categories
from webapp.catalogue_forms import CHANNELS
from webapp.i18n import english

STATES: dict[str, tuple[str, Text]] = {
    DRAFT: ("soon", _("draft")),
    PUBLISHED: ("ok", _("published")),
    SUSPENDED: ("today", _("suspended")),
    RETIRED: ("line", _("retired")),
}
NEVER: tuple[str, Text] = ("line", _("not published yet"))
BLOCKED: tuple[str, Text] = ("overdue", _("agreement over"))
WHAT: dict[str, Text] = {
    "purpose": _("Purpose"),
    "channel": _("Way of the data"),
    "limit": _("Feedback limit"),
    "windows": _("Acceptance windows"),
    "agreement": _("Sharing agreement"),
    "fields": _("Agreed fields"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """An item in the list. state: tag and word; missing: what is still to be agreed on; next_open: None for always."""

    resource: Resource
    supplier: Organisation
    state: tuple[str, Text]
    standing: Standing
    missing: tuple[Text, ...] = ()
    drafted: bool = False
    next_open: date | None = None
    limit: Term | None = field(default=None)


def lines(work: Work, resource: Resource | None = None) -> list[Line]:
    """The items the actor may see (or one of them), by office and category. Five SELECTs whatever their number.

    Uses uq_resource_version_live and uq_resource_version_draft.
    """
    wanted = select(Resource, Organisation).join(Organisation, Organisation.id == Resource.supplier_id)
    wanted = wanted.where(catalogue_scope.seen(work)).order_by(Organisation.code, Resource.category)
    if resource is not None:
        wanted = wanted.where(Resource.id == resource.id)
    rows = work.session.execute(wanted).all()
    known = catalogue_use.standings(work, [item for item, _office in rows])
    open_drafts = work.session.scalars(select(ResourceVersion).where(ResourceVersion.state == DRAFT))
    drafts = {one.resource_id: one for one in open_drafts}
    return [_line(work, item, office, known[item.id], drafts.get(item.id)) for item, office in rows]


def _line(
    work: Work, resource: Resource, supplier: Organisation, found: Standing, draft: ResourceVersion | None
) -> Line:
    version = found.version
    looked = version or draft  # of an item that is not published yet its draft lacks it
    lacking = catalogue_versions.missing(looked, supplier) if looked is not None else []
    opens = found.opens(work.today) if found.windows else None
    sentences = tuple(sentence for _field, sentence in lacking)
    return Line(
        resource, supplier, state_of(found), found, sentences, draft is not None, opens,
        version.limit if version is not None else None,
    )  # fmt: skip


def state_of(found: Standing) -> tuple[str, Text]:
    """The tag and the word of an item's state."""
    if found.version is None:
        return NEVER
    if found.clause == "BX-30":
        return BLOCKED
    return STATES[found.version.state]


@dataclass(frozen=True, slots=True)
class Field:
    """A field that can be agreed on: its code and what it is called."""

    code: str
    title: str


def fields_of(category: str) -> list[Field]:
    """The fields of a category whose files can be read; empty for others."""
    known = categories.CATEGORIES.get(category)
    if known is None:
        return []
    return [Field(one.code, title_of(category, one.code)) for one in known.fields]


def title_of(category: str, code: str) -> str:
    """What a field is called, in the language of the page."""
    return categories.title_of(category, code, english=english())


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the difference between two versions, in words. typed: they are a person's, in whatever language."""

    what: Text
    before: str
    after: str
    typed: bool = False


def changes(category: str, before: Content, after: Content) -> list[Change]:
    """What two versions say differently, for reading."""
    return [_change(category, one) for one in catalogue_versions.differences(before, after)]


def _change(category: str, one: Difference) -> Change:
    if one.what == "fields":
        taken, added = (_titles(category, codes) for codes in (one.taken, one.added))
        return Change(WHAT["fields"], taken, added)
    return Change(WHAT[one.what], _said(one.what, one.before), _said(one.what, one.after), one.what == "purpose")


def _titles(category: str, codes: Sequence[str]) -> str:
    return str(_(", ")).join(title_of(category, code) for code in codes)


def _said(what: str, value: object) -> str:
    if what == "channel":
        return str(CHANNELS.get(str(value), ""))
    if isinstance(value, Term):
        return str(value.text())
    if isinstance(value, tuple):
        return str(_("; ")).join(str(window.text()) for window in value)
    return "" if value is None else str(value)


def people(work: Work, versions: Sequence[ResourceVersion]) -> dict[int, str]:
    """Names of who wrote and published versions."""
    keys = {key for one in versions for key in (one.written_by, one.published_by) if key is not None}
    if not keys:
        return {}
    rows = work.session.execute(select(Account.id, Account.name).where(Account.id.in_(sorted(keys))))
    return {key: name for key, name in rows}  # noqa: C416  dict() takes a Result for a mapping
