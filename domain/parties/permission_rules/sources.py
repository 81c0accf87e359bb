"""Rights of data suppliers, and to packages, payments and the catalogue."""

from __future__ import annotations

from domain.parties.permission_rules.words import (
    AGENCY,
    AGENCY_STAFF,
    DEPARTMENT,
    OWN,
    Rule,
    rule,
)

RULES: tuple[Rule, ...] = (
    # data suppliers: their own deliveries and nothing of any case
    rule("delivery.upload", "data_supplier", OWN),
    rule("delivery.upload", "operator"),
    rule("delivery.confirm", "supplier_leader", OWN),
    rule("delivery.withdraw", "supplier_leader", OWN),
    rule("delivery.withdraw", "operator"),
    rule("delivery.rejections", "data_supplier supplier_leader", OWN),
    rule("supply.set", "catalogue_admin operator"),
    # which doubts rest on a delivery, and which reports are looked at again: within one's own cases
    rule("delivery.trace", f"{AGENCY_STAFF} department_clerk department_head"),
    rule("report.review_read", f"{AGENCY_STAFF}", AGENCY),
    rule("report.review_read", "department_clerk department_head", DEPARTMENT),
    rule("report.review", "department_clerk department_head", DEPARTMENT),
    rule("delivery.read", "data_supplier supplier_leader", OWN),
    rule("delivery.read", "catalogue_admin"),
    # packages of persons to be asked about: the agency hands them out, the department answers (CK-11, LF-26)
    rule("package.prepare", "agency_handler", OWN),
    rule("package.read", f"{AGENCY_STAFF} agency_head data_supplier supplier_leader", OWN),
    rule("package.download", "agency_handler data_supplier", OWN),
    rule("package.answer", "data_supplier", OWN),
    # payments of a month: the department's lists, its differences and duplicates (NM-20, NM-21)
    rule("payments.upload", "finance department_clerk", OWN),
    rule("reconciliation.read", "finance department_clerk department_head", OWN),
    rule("reconciliation.handle", "department_clerk department_head", OWN),
    # the catalogue: kept by its administrators for the suppliers of their jurisdiction, a second one publishes; the
    # offices that work with it read it, a supplier its own items
    rule("catalogue.edit", "catalogue_admin", OWN),
    rule(
        "catalogue.read",
        f"catalogue_admin {AGENCY_STAFF} agency_head department_clerk department_head oversight data_supplier"
        " supplier_leader",
    ),
    rule("catalogue.note", "catalogue_admin agency_head agency_handler", OWN),
)
