"""How items of the catalogue stand on a day: usable, blocked or only in a window, and which fields they may tell.

What blocks: no published version (LF-30), a suspended one, an agreement that does not hold (BX-30, by policy).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from domain import rules
from domain.errors import Conflict
from domain.policy_keys.sources import AGREEMENT_EXPIRED
from domain.text import Joined, Name, Text
from domain.text import gettext as _
from domain.verification import catalogue_windows
from domain.verification.catalogue_rows import (
    PUBLISHED,
    SUSPENDED,
    Agreement,
    Resource,
    ResourceVersion,
    ResourceWindow,
)
from domain.verification.catalogue_windows import Window
from domain.work import Work

BLOCK = "block"
# category and code of a field -> what it is called
FieldName = Callable[[str, str], object]


@dataclass(frozen=True, slots=True)
class Standing:
    """An item on a day. version: the published or suspended one. blocked: why it may not be asked, None when it may.

    warning: what is wrong where the policy only warns. clause: of the block. windows: when it takes requests.
    """

    resource: Resource
    version: ResourceVersion | None
    agreement: Agreement | None = None
    blocked: Text | None = None
    clause: str = ""
    warning: Text | None = None
    windows: tuple[Window, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether it may be asked."""
        return self.blocked is None

    def opens(self, on: date) -> date:
        """The first day on or after a day on which it takes requests (LN-13)."""
        return catalogue_windows.opening(self.windows, on)


def standings(work: Work, resources: Collection[Resource], on: date | None = None) -> dict[int, Standing]:
    """How items stand (by default today), by key. Three SELECTs whatever their number.

    Uses uq_resource_version_live, pk_agreement and uq_resource_window_version_id_first_day_months.
    """
    day = on or work.today
    keys = sorted(resource.id for resource in resources)
    wanted = select(ResourceVersion, Agreement).outerjoin(Agreement, Agreement.id == ResourceVersion.agreement_id)
    live = ResourceVersion.state.in_((PUBLISHED, SUSPENDED))
    found = {one.resource_id: (one, agreed) for one, agreed in work.session.execute(
        wanted.where(ResourceVersion.resource_id.in_(keys), live))}  # fmt: skip
    opened = windows_of(work, [version.id for version, _agreed in found.values()])
    made = {}
    for resource in resources:
        version, agreed = found.get(resource.id, (None, None))
        windows = opened.get(version.id, ()) if version is not None else ()
        made[resource.id] = _standing(work, resource, version, agreed, windows, day)
    return made


def windows_of(work: Work, versions: Collection[int]) -> dict[int, tuple[Window, ...]]:
    """The acceptance windows of versions, by key."""
    if not versions:
        return {}
    rows = work.session.scalars(
        select(ResourceWindow)
        .where(ResourceWindow.version_id.in_(sorted(versions)))
        .order_by(ResourceWindow.first_day, ResourceWindow.id)
    )
    found: dict[int, list[Window]] = {}
    for row in rows:
        months = tuple(int(month) for month in row.months.split())
        found.setdefault(row.version_id, []).append(Window(row.first_day, row.last_day, months))
    return {key: tuple(windows) for key, windows in found.items()}


def standing(work: Work, resource: Resource, on: date | None = None) -> Standing:
    """How one item stands."""
    return standings(work, [resource], on)[resource.id]


def must_be_usable(work: Work, resource: Resource) -> Standing:
    """The standing of an item that may be asked and delivered to today.

    Raises Conflict: BX-30 its agreement does not hold, LF-30 it is not published or suspended.
    """
    found = standing(work, resource)
    if found.blocked is not None:
        raise Conflict(found.blocked, clause=found.clause, resource=resource.code)
    return found


def _standing(
    work: Work,
    resource: Resource,
    version: ResourceVersion | None,
    agreed: Agreement | None,
    windows: tuple[Window, ...],
    day: date,
) -> Standing:
    if version is None:
        sentence = _("%(resource)s is not published in the catalogue.", resource=_called(work, resource))
        return Standing(resource, None, None, sentence, "LF-30")
    if version.state == SUSPENDED or not resource.active:
        sentence = _("This data source is not shared at present. Tell the agency's catalogue administrator.")
        return Standing(resource, version, agreed, sentence, "LF-30", windows=windows)
    if agreed is None or agreed.holds(day):
        return Standing(resource, version, agreed, windows=windows)
    sentence = _run_out(_called(work, resource), agreed, day)
    if rules.value(work, resource.supplier_id, AGREEMENT_EXPIRED.name, day) == BLOCK:
        return Standing(resource, version, agreed, sentence, "BX-30", windows=windows)
    return Standing(resource, version, agreed, warning=sentence, windows=windows)


def _called(work: Work, resource: Resource) -> Name:
    return category_name(work, resource.category)


def category_name(work: Work, code: str) -> Name:
    """What a category is called, for sentences: people do not know its code."""
    one = rules.current(work).categories[code]
    return Name(one.zh, one.en)


def _run_out(called: Name, agreed: Agreement, day: date) -> Text:
    if day < agreed.valid_from:
        return _(
            "The sharing agreement %(number)s of %(resource)s begins on %(day)s only.",
            number=agreed.number, resource=called, day=f"{agreed.valid_from:%Y-%m-%d}",
        )  # fmt: skip
    return _(
        "The sharing agreement %(number)s of %(resource)s ended on %(day)s. Renew it, then go on.",
        number=agreed.number, resource=called, day=f"{agreed.last_day:%Y-%m-%d}",
    )  # fmt: skip


def in_words(_category: str, code: str) -> object:
    """A field by its code in words."""
    return code.replace("_", " ")


def must_be_agreed(
    work: Work, wanted: Mapping[str, Sequence[str]], offered: Collection[Resource], called: FieldName = in_words
) -> None:
    """Refuse fields that no usable source of their category has agreed to tell (LF-30).

    wanted: category -> codes of fields asked for; a category without codes asks for what is agreed and no more.
    called: what a field is called; its code in words where the caller knows no better.

    Raises Conflict naming the fields.
    """
    asked = {category: codes for category, codes in wanted.items() if codes}
    if not asked:
        return
    known = standings(work, [one for one in offered if one.category in asked]).values()
    outside = []
    for category, codes in asked.items():
        versions = [one.version for one in known if one.resource.category == category and one.usable and one.version]
        if any(not version.fields for version in versions):
            continue  # taken over from before fields were written down: nothing is kept out
        agreed = {code for version in versions for code in version.field_codes}
        outside += [(category, code) for code in codes if code not in agreed]
    if outside:
        raise Conflict(
            _(
                "The commission asks for fields outside the sharing agreements: %(fields)s. Take them out, or agree on"
                " them first.",
                fields=Joined(
                    _(", "),
                    [
                        Joined(" · ", (category_name(work, category), called(category, code)))
                        for category, code in outside
                    ],
                ),
            ),
            clause="LF-30",
            fields=[f"{category}.{code}" for category, code in outside],
        )
