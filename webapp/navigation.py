"""The side navigation: every entry names the action it needs and shows only where its page exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import current_app, request, url_for
from flask_login import current_user

from domain.parties.permissions import may
from domain.text import Text
from domain.text import gettext as _


@dataclass(frozen=True, slots=True)
class Entry:
    """One link. endpoint: the page; action: what the person must be allowed; group: heading above it or ""."""

    endpoint: str
    title: Text
    action: str
    group: str = ""


WORK, RULES, HOUSE = "work", "rules", "house"
GROUPS: dict[str, Text] = {WORK: _("Verification"), RULES: _("Rules"), HOUSE: _("House")}

ENTRIES: tuple[Entry, ...] = (
    Entry("desk.inbox", _("My tasks"), "desk.read"),
    Entry("desk.queue", _("To be claimed"), "desk.read"),
    Entry("desk.done", _("Done"), "desk.read"),
    Entry("cases.listing", _("Cases"), "case.list"),
    Entry("reports.listing", _("Reports"), "report.read", WORK),
    Entry("campaigns.listing", _("Campaigns"), "campaign.read", WORK),
    Entry("deliveries.listing", _("Deliveries"), "delivery.read", WORK),
    Entry("households.listing", _("Households"), "household.import", WORK),
    Entry("processes.listing", _("Processes"), "process.read", RULES),
    Entry("policies.listing", _("Policies"), "policy.read", RULES),
    Entry("administration.accounts", _("Accounts"), "account.read", HOUSE),
    Entry("operations.page", _("Operations"), "operations.read", HOUSE),
    Entry("journal.page", _("Journal"), "journal.read", HOUSE),
)


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as a page shows it; `count` is None where nothing is counted."""

    title: Text
    address: str
    current: bool
    count: int | None
    heading: Text | None


def links(counts: Mapping[str, int]) -> list[Link]:
    """The links of the signed-in person; `counts` by endpoint come from the view that knows them."""
    shown: list[Link] = []
    group = ""
    for entry in ENTRIES:
        if entry.endpoint not in current_app.view_functions or not may(current_user.actor, entry.action):
            continue
        heading = GROUPS[entry.group] if entry.group and entry.group != group else None
        group = entry.group
        here = request.endpoint == entry.endpoint or (
            request.blueprint == entry.endpoint.partition(".")[0] and request.blueprint != "desk"
        )
        shown.append(Link(entry.title, url_for(entry.endpoint), here, counts.get(entry.endpoint), heading))
    return shown


def landing() -> str:
    """Where somebody starts: the first page of the navigation that holds work for their kind of office.

    Suppliers hand in files and bureaus keep rules: tasks of cases never wait for them.
    """
    no_desk = current_user.actor.org_kind in ("supplier", "bureau", "system")
    for entry in sorted(ENTRIES, key=lambda entry: no_desk and entry.endpoint.startswith("desk.")):
        if entry.endpoint in current_app.view_functions and may(current_user.actor, entry.action):
            return url_for(entry.endpoint)
    return url_for("account.page")
