"""Every mapped table in one place: importing this module completes `Base.metadata`."""

from __future__ import annotations

from importlib import import_module

from sqlalchemy import MetaData

from domain.base import Base

ROOMS = (
    "domain.agenda",
    "domain.assistance.determinations",
    "domain.assistance.notices",
    "domain.assistance.payments",
    "domain.assistance.recipients",
    "domain.assistance.reconciliation_rows",
    "domain.assistance.rescue_rows",
    "domain.cases",
    "domain.file_checks",
    "domain.files",
    "domain.finding",
    "domain.home",
    "domain.issued",
    "domain.journal",
    "domain.numbers",
    "domain.oversight.archive",
    "domain.oversight.breaches",
    "domain.oversight.campaigns",
    "domain.oversight.house_log",
    "domain.oversight.monitoring",
    "domain.oversight.register_rows",
    "domain.verification.renewal_rows",
    "domain.outbox",
    "domain.parties.accounts",
    "domain.parties.households",
    "domain.parties.kept_forms",
    "domain.parties.kin",
    "domain.parties.organisations",
    "domain.parties.reach",
    "domain.parties.rights",
    "domain.parties.substitutes",
    "domain.parties.topology",
    "domain.request_times",
    "domain.rules",
    "domain.upkeep",
    "domain.uploads",
    "domain.wire.rows",
    "domain.verification.assist_rows",
    "domain.verification.authorisations",
    "domain.verification.commissions",
    "domain.verification.declarations",
    "domain.verification.affected",
    "domain.verification.deliveries",
    "domain.verification.handovers",
    "domain.verification.intake",
    "domain.verification.mappings",
    "domain.verification.supply",
    "domain.verification.withdrawals",
    "domain.verification.disputes",
    "domain.verification.doubts",
    "domain.verification.guards",
    "domain.verification.name_hints",
    "domain.verification.noncooperation",
    "domain.verification.package_rows",
    "domain.verification.queries",
    "domain.verification.recipient_rows",
    "domain.verification.rechecks",
    "domain.verification.reports",
    "domain.verification.surveys",
    "domain.verification.whitelist",
    "tasks.rows.finding_models",
    "tasks.rows.leaving_models",
    "tasks.rows.mark_models",
    "tasks.rows.models",
    "tasks.finding.tallies",
    "tasks.rows.notice_rows",
    "tasks.rows.proof_models",
    "tasks.rows.repair_models",
    "tasks.supervision.step_times",
    "tasks.rows.term_models",
    "workflows.decision_rows",
    "workflows.definition_rows",
    "workflows.instances",
    "workflows.moments",
)

for room in ROOMS:
    import_module(room)


def metadata() -> MetaData:
    """The metadata with every table and, after creation, every guard."""
    return Base.metadata
