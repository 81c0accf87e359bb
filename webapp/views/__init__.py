"""The pages: one blueprint a file. A new file adds its blueprint to `blueprints`."""

from __future__ import annotations

from importlib import import_module

from flask import Blueprint

# module: the blueprint inside it is called `blueprint`
MODULES = (
    "health", "signin", "account", "administration",
    "desk", "finding", "many", "papers", "task_acts", "task_rows", "files", "start", "cases", "repairs", "on_behalf",
    "batches", "overseeing", "supervision", "decided", "reports", "campaigns", "deliveries", "delivery_acts", "traces",
    "whitelist", "packages", "recipients", "authorisations", "rescues", "assist", "monitoring",
    "catalogue", "catalogue_draft", "agreements", "catalogue_gaps", "reconciliation", "operations", "incidents",
    "house_log", "registers", "breaches", "delivery_progress", "terms", "notices",
    "substitutes", "leaving", "relatives", "separation", "competence",
    "kept", "uploads", "verifying", "printing",
    "processes", "process_start", "studio", "studio_files", "studio_details", "studio_scenarios", "comparisons",
    "version_moves", "policies",
)  # fmt: skip


def blueprints() -> list[Blueprint]:
    """The blueprint of every view, in the order of MODULES."""
    return [import_module(f"webapp.views.{name}").blueprint for name in MODULES]
