"""The side navigation: every entry names the action it needs and shows only where its page exists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import current_app, request, url_for
from flask_login import current_user

from domain.parties.permissions import may
from domain.text import Text
from domain.text import gettext as _


@dataclass(frozen=True, slots=True)
class Entry:
    """One link. endpoint: the page; action: what the person must be allowed; group: heading above it or "".

    more: blueprints whose pages belong to it besides the endpoint's own. not_for: kinds of office it is left out for.
    """

    endpoint: str
    title: Text
    action: str
    group: str = ""
    more: tuple[str, ...] = ()
    not_for: frozenset[str] = frozenset()

    def holds(self, blueprint: str | None, endpoint: str | None) -> bool:
        """True when a page belongs to this entry; every page of the desk is its own."""
        own = self.endpoint.partition(".")[0]
        return endpoint == self.endpoint or (blueprint in (own, *self.more) and blueprint != "desk")


# suppliers hand in files and bureaus keep rules: tasks of cases never wait for them
NO_TASKS = frozenset({"supplier", "bureau", "system"})
WORK, RULES, HOUSE = "work", "rules", "house"
GROUPS: dict[str, Text] = {WORK: _("Verification"), RULES: _("Rules"), HOUSE: _("House")}

STUDIO = (
    "process_start", "studio", "studio_files", "studio_details", "studio_scenarios", "comparisons", "version_moves"
)  # fmt: skip

ENTRIES: tuple[Entry, ...] = (
    Entry("desk.inbox", _("My tasks"), "desk.read", not_for=NO_TASKS),
    Entry("desk.queue", _("To be claimed"), "desk.read", not_for=NO_TASKS),
    Entry("desk.done", _("Done"), "desk.read", not_for=NO_TASKS),
    Entry("many.office", _("Work of the office"), "task.supervise", not_for=NO_TASKS),
    Entry("cases.listing", _("Cases"), "case.list", more=("repairs", "on_behalf"), not_for=NO_TASKS),
    Entry("finding.page", _("Find"), "case.find", not_for=NO_TASKS),
    Entry("supervision.page", _("Queues"), "task.oversee", WORK, more=("overseeing",)),
    Entry("substitutes.page", _("Substitutes"), "substitution.read", WORK, more=("leaving",), not_for=NO_TASKS),
    Entry("batches.listing", _("Batches"), "batch.read", WORK),
    Entry("reports.listing", _("Reports"), "report.read", WORK, more=("traces",)),
    Entry("whitelist.listing", _("Whitelist"), "whitelist.read", WORK),
    Entry("campaigns.listing", _("Campaigns"), "campaign.read", WORK),
    Entry("recipients.listing", _("Recipients"), "recipient_doubt.read", WORK, not_for=NO_TASKS),
    Entry("authorisations.index", _("Authorisations"), "authorisation.read", WORK),
    Entry("rescues.index", _("First help"), "rescue.read", WORK),
    Entry("assist.listing", _("Other regions"), "assist.read", WORK),
    Entry("monitoring.listing", _("Monitoring"), "monitoring.read", WORK, not_for=NO_TASKS),
    Entry("deliveries.listing", _("Deliveries"), "delivery.read", WORK),
    Entry("packages.listing", _("Request packages"), "package.read", WORK),
    Entry(
        "catalogue.listing",
        _("Catalogue"),
        "catalogue.read",
        WORK,
        more=("catalogue_draft", "agreements", "catalogue_gaps"),
    ),
    Entry("reconciliation.listing", _("Reconciliation"), "reconciliation.read", WORK),
    Entry("households.listing", _("Households"), "household.import", WORK),
    Entry("competence.listing", _("People"), "competence.set", WORK, not_for=frozenset({"bureau", "system"})),
    Entry("processes.listing", _("Processes"), "process.read", RULES, more=STUDIO),
    Entry("policies.listing", _("Policies"), "policy.read", RULES),
    Entry("registers.index", _("Registers"), "register.read", WORK, not_for=frozenset({"supplier", "system"})),
    Entry("separation.page", _("Separation of duties"), "separation.read", HOUSE),
    Entry("administration.accounts", _("Accounts"), "account.read", HOUSE),
    Entry("operations.page", _("Operations"), "operations.read", HOUSE, more=("incidents",)),
    Entry("house_log.listing", _("System log"), "house_log.read", HOUSE),
    Entry("breaches.listing", _("Leaks"), "breach.read", HOUSE),
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
    for entry in _open_entries():
        heading = GROUPS[entry.group] if entry.group and entry.group != group else None
        group = entry.group
        here = entry.holds(request.blueprint, request.endpoint)
        shown.append(Link(entry.title, url_for(entry.endpoint), here, counts.get(entry.endpoint), heading))
    return shown


def _open_entries() -> Iterator[Entry]:
    """Entries whose page exists, which the signed-in person may open and whose kind of office has a use for them."""
    for entry in ENTRIES:
        known = entry.endpoint in current_app.view_functions
        if known and current_user.actor.org_kind not in entry.not_for and may(current_user.actor, entry.action):
            yield entry


def landing() -> str:
    """Where somebody starts: the first page of the navigation that holds work for their kind of office."""
    first = next(_open_entries(), None)
    return url_for(first.endpoint if first is not None else "account.page")
