"""Versions of catalogue items: drafted by one person, published by another, suspended, taken up again, retired (P-17).

A published version never changes: what is agreed anew is a new version, which takes the place of the one before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select

from domain import journal
from domain.base import new_ref
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.parties.organisations import Organisation
from domain.text import Text
from domain.text import gettext as _
from domain.verification import agreements, catalogue_scope, catalogue_use
from domain.verification.catalogue_rows import (
    CHANNELS,
    DRAFT,
    PUBLISHED,
    RETIRED,
    SUSPENDED,
    Agreement,
    Resource,
    ResourceVersion,
    ResourceWindow,
)
from domain.verification.catalogue_windows import Window
from domain.work import Work
from domain.workdays import Term

_FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Content:
    """What a draft says. fields: codes of the category; limit: None while it is not agreed; agreement: None without."""

    purpose: str = ""
    channel: str = ""
    fields: tuple[str, ...] = ()
    limit: Term | None = None
    windows: tuple[Window, ...] = ()
    agreement: Agreement | None = None


def by_ref(work: Work, ref: str) -> ResourceVersion:
    """The version with this reference; the caller checks who may see it. Raises NotFound."""
    found = work.session.scalars(select(ResourceVersion).where(ResourceVersion.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such version in the catalogue."))
    return found


def of_resource(work: Work, resource: Resource) -> list[ResourceVersion]:
    """Every version of an item, the newest first. Uses uq_resource_version_resource_id_number."""
    wanted = select(ResourceVersion).where(ResourceVersion.resource_id == resource.id)
    return list(work.session.scalars(wanted.order_by(ResourceVersion.number.desc())))


def draft_of(work: Work, resource: Resource) -> ResourceVersion | None:
    """The open draft of an item. Uses uq_resource_version_draft."""
    wanted = select(ResourceVersion).where(ResourceVersion.resource_id == resource.id, ResourceVersion.state == DRAFT)
    return work.session.scalars(wanted).first()


def live(work: Work, resource: Resource) -> ResourceVersion | None:
    """The published or suspended version of an item. Uses uq_resource_version_live."""
    states = ResourceVersion.state.in_((PUBLISHED, SUSPENDED))
    return work.session.scalars(
        select(ResourceVersion).where(ResourceVersion.resource_id == resource.id, states)
    ).first()


def write(work: Work, resource: Resource, content: Content) -> ResourceVersion:
    """Write the draft of an item, a new one or the open one anew; who wrote last is its writer.

    Raises:
        NotPermitted: not who keeps this office's items. InvalidAnswers: an unknown way, fields that are no codes, an
        agreement of another office or without this category.
    """
    supplier = catalogue_scope.must_keep(work, resource)
    _must_be_sound(work, supplier, resource, content)
    made = draft_of(work, resource) or _new(work, resource)
    made.purpose, made.channel = content.purpose.strip()[:500], content.channel
    made.fields = " ".join(dict.fromkeys(content.fields))
    made.limit_length = content.limit.length if content.limit is not None else None
    made.limit_unit = content.limit.unit if content.limit is not None else None
    made.agreement_id = content.agreement.id if content.agreement is not None else None
    made.written_by, made.written_at = work.actor.person(), work.now
    work.session.add(made)
    work.session.flush()
    put_windows(work, made, content.windows)
    journal.record(work, "resource.drafted", resource.ref, {"version": made.number})
    return made


def _new(work: Work, resource: Resource) -> ResourceVersion:
    newest = select(func.max(ResourceVersion.number)).where(ResourceVersion.resource_id == resource.id)
    return ResourceVersion(ref=new_ref(), resource_id=resource.id, number=(work.session.scalar(newest) or 0) + 1)


def put_windows(work: Work, version: ResourceVersion, windows: Sequence[Window]) -> None:
    """The windows of a draft, in place of those it had."""
    work.session.execute(delete(ResourceWindow).where(ResourceWindow.version_id == version.id))
    work.session.add_all(
        ResourceWindow(
            version_id=version.id,
            first_day=one.first_day,
            last_day=one.last_day,
            months=" ".join(str(month) for month in one.months),
        )
        for one in windows
    )
    work.session.flush()


def _must_be_sound(work: Work, supplier: Organisation, resource: Resource, content: Content) -> None:
    faults: dict[str, object] = {}
    if content.channel not in ("", *CHANNELS):
        faults["channel"] = _("Choose by which way the data come.")
    if not all(_FIELD.fullmatch(code) for code in content.fields):
        faults["fields"] = _("Choose fields of this category only.")
    agreed = content.agreement
    if agreed is not None:
        covered = agreements.categories_of(work, [agreed.id]).get(agreed.id, ())
        if agreed.supplier_id != supplier.id or resource.category not in covered:
            faults["agreement"] = _("This agreement is another office’s, or does not cover this category.")
    if faults:
        raise InvalidAnswers(faults)


def missing(version: ResourceVersion, supplier: Organisation) -> list[tuple[str, Text]]:
    """What a version still lacks: (field of the form, sentence). Of an item that was taken over, what to agree on."""
    internal = catalogue_scope.is_internal(supplier)
    wanted: list[tuple[bool, str, Text]] = [
        (bool(version.purpose), "purpose", _("Say what the data are for.")),
        (bool(version.channel), "channel", _("Choose by which way the data come.")),
        (bool(version.fields), "fields", _("Agree on the fields.")),
        (version.limit is not None, "limit_length", _("Agree on a feedback limit: nothing is published without one.")),
        (internal or version.agreement_id is not None, "agreement", _("Name the sharing agreement.")),
    ]
    return [(field, sentence) for there, field, sentence in wanted if not there]


def publish(work: Work, version: ResourceVersion) -> ResourceVersion:
    """Put a draft in force, in place of the version before (LF-30, LN-23). By somebody else than its writer.

    Raises:
        NotPermitted: not who keeps this office's items. Conflict: no draft; the writer; an agreement that is over.
        InvalidAnswers: what is missing, a limit first of all (LN-23).
    """
    resource = work.session.get_one(Resource, version.resource_id)
    supplier = catalogue_scope.must_keep(work, resource)
    _must_be(version, DRAFT)
    lacking = missing(version, supplier)
    if lacking:
        raise InvalidAnswers(dict(lacking))
    if version.written_by == work.actor.person():
        raise Conflict(_("Who wrote a version does not publish it. Ask a colleague who keeps the catalogue."))
    agreed = work.session.get(Agreement, version.agreement_id) if version.agreement_id is not None else None
    if agreed is not None and not agreed.holds(work.today):
        raise Conflict(_("The agreement of this version does not hold today."), clause="BX-30")
    before = live(work, resource)
    if before is not None:
        _move(work, before, RETIRED, f"-> {version.number}")
    version.published_by, version.published_at = work.actor.user_id, work.now
    version.state, version.state_at = PUBLISHED, work.now
    resource.active = True
    work.session.flush()
    journal.record(work, "resource.published", resource.ref, {"version": version.number})
    return version


def suspend(work: Work, version: ResourceVersion, reason: str) -> None:
    """Stop asking this source for a while; what is out stays out. Raises NotPermitted, Conflict, InvalidAnswers."""
    _leave(work, version, PUBLISHED, SUSPENDED, reason)


def retire(work: Work, version: ResourceVersion, reason: str) -> None:
    """End an item for good; a new version may begin it anew. Raises NotPermitted, Conflict, InvalidAnswers."""
    _leave(work, version, version.state if version.state in (PUBLISHED, SUSPENDED) else PUBLISHED, RETIRED, reason)


def resume(work: Work, version: ResourceVersion) -> None:
    """Take a suspended item up again. Raises NotPermitted, Conflict."""
    resource = work.session.get_one(Resource, version.resource_id)
    catalogue_scope.must_keep(work, resource)
    _must_be(version, SUSPENDED)
    _move(work, version, PUBLISHED, "")
    resource.active = True
    work.session.flush()
    journal.record(work, "resource.resumed", resource.ref, {"version": version.number})


def discard(work: Work, version: ResourceVersion) -> None:
    """Throw a draft away. Raises NotPermitted, Conflict."""
    resource = work.session.get_one(Resource, version.resource_id)
    catalogue_scope.must_keep(work, resource)
    _must_be(version, DRAFT)
    work.session.execute(delete(ResourceWindow).where(ResourceWindow.version_id == version.id))
    work.session.delete(version)
    work.session.flush()
    journal.record(work, "resource.discarded", resource.ref, {"version": version.number})


def _leave(work: Work, version: ResourceVersion, before: str, after: str, reason: str) -> None:
    resource = work.session.get_one(Resource, version.resource_id)
    catalogue_scope.must_keep(work, resource)
    _must_be(version, before)
    if not reason.strip():
        raise InvalidAnswers({"reason": _("Say why.")})
    _move(work, version, after, reason.strip()[:500])
    resource.active = False
    work.session.flush()
    journal.record(work, f"resource.{after.lower()}", resource.ref, {"version": version.number, "reason": reason[:500]})


def _move(work: Work, version: ResourceVersion, state: str, reason: str) -> None:
    version.state, version.state_reason, version.state_at = state, reason, work.now
    work.session.flush()


def _must_be(version: ResourceVersion, state: str) -> None:
    if version.state != state:
        raise Conflict(_("This version is not in that state any more. Load the page again."), version=version.ref)


def content_of(work: Work, version: ResourceVersion) -> Content:
    """What a version says, as a draft would."""
    windows = catalogue_use.windows_of(work, [version.id]).get(version.id, ())
    agreed = work.session.get(Agreement, version.agreement_id) if version.agreement_id is not None else None
    return Content(version.purpose, version.channel, version.field_codes, version.limit, windows, agreed)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two versions say differently; lists for fields, what was added and what was taken out."""

    what: str
    before: object
    after: object
    added: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()


def differences(before: Content, after: Content) -> list[Difference]:
    """What `after` says differently from `before`, in the order of the form. Pure."""
    found = [
        Difference(what, old, new)
        for what, old, new in (
            ("purpose", before.purpose, after.purpose),
            ("channel", before.channel, after.channel),
            ("limit", before.limit, after.limit),
            ("windows", before.windows, after.windows),
            ("agreement", _number(before.agreement), _number(after.agreement)),
        )
        if old != new
    ]
    old_fields, new_fields = set(before.fields), set(after.fields)
    if old_fields != new_fields:
        added = tuple(code for code in after.fields if code not in old_fields)
        taken = tuple(code for code in before.fields if code not in new_fields)
        found.append(Difference("fields", before.fields, after.fields, added, taken))
    return found


def _number(agreement: Agreement | None) -> str:
    return agreement.number if agreement is not None else ""
