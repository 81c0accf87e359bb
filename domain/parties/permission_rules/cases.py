"""Rights to cases, households and papers of cases, to repairs and batches."""

from __future__ import annotations

from domain.parties.permission_rules.words import (
    AGENCY,
    AGENCY_STAFF,
    BATCH,
    CASEWORK,
    DEPARTMENT,
    OFFICE,
    OWN,
    TOWN,
    Rule,
    rule,
)

RULES: tuple[Rule, ...] = (
    # cases and households
    rule("case.list", f"town_post department_clerk department_head {AGENCY_STAFF} agency_head archivist"),
    # by name, identity number or note, within the cases the person may read and the notes of the own office
    rule("case.find", f"town_post department_clerk department_head {AGENCY_STAFF} agency_head archivist"),
    rule("case.read", "department_clerk department_head", DEPARTMENT),
    rule("case.read", f"{AGENCY_STAFF} agency_head", AGENCY),
    rule("case.read", "archivist", f"{DEPARTMENT} {AGENCY}"),
    rule("case.read", "town_post", TOWN),
    # a file that was held back is shown all the same; never by whoever handed it in
    rule("file.release", "department_head", DEPARTMENT),
    rule("file.release", "agency_head agency_reviewer", AGENCY),
    rule("case.start", "town_post", TOWN),
    rule("case.start", "department_clerk department_head", DEPARTMENT),
    rule("case.cancel", "department_head", DEPARTMENT),
    # repairs: the heads of the offices that work on the case; which step is whose is judged beside this table
    rule("case.suspend", "department_head", DEPARTMENT),
    rule("case.repair", "department_head", DEPARTMENT),
    rule("case.repair", "agency_head", AGENCY),
    rule("task.complete_for", "department_head agency_head", OFFICE, "OPEN CLAIMED"),
    # a second pair of eyes above twenty cases: a colleague of the same office, or another owner of the house's kinds
    rule("batch.read", f"{BATCH} operator", OFFICE),
    # everybody sees what they themselves did to many of their tasks, and takes it back
    rule("batch.read", CASEWORK, OWN),
    rule("batch.approve", BATCH),
    rule("household.import", "department_clerk", DEPARTMENT),
    rule("household.import", "operator"),
    rule("declaration.record", "town_post", TOWN),
    rule("authorisation.record", "town_post", TOWN),
    rule("authorisation.record", "department_clerk", DEPARTMENT),
    rule("authorisation.withdraw", "town_post", TOWN),
    rule("authorisation.withdraw", "department_clerk department_head", DEPARTMENT),
    rule("noncooperation.decide", "department_head", DEPARTMENT),
)
