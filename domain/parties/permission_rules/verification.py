"""Rights to verification: order, query, whitelist, recipients, reviews, the report."""

from __future__ import annotations

from domain.parties.permission_rules.words import (
    AGENCY,
    AGENCY_STAFF,
    DEPARTMENT,
    TOWN,
    Rule,
    rule,
)

RULES: tuple[Rule, ...] = (
    # the department orders, the agency accepts (LF-18, LF-19)
    rule("commission.prepare", "department_clerk", DEPARTMENT),
    rule("commission.prepare", "scheduler"),
    rule("commission.sign", "department_head", DEPARTMENT),
    rule("commission.read", "department_clerk department_head", DEPARTMENT),
    rule("commission.read", f"{AGENCY_STAFF} agency_head", AGENCY),
    rule("commission.read", "archivist", f"{DEPARTMENT} {AGENCY}"),
    rule("acceptance.decide", "agency_checker", AGENCY),
    # query, match and raw results: people of a verification agency alone (LF-26)
    rule("query.plan", "agency_handler", AGENCY),
    rule("query.run", "agency_handler", AGENCY),
    rule("query.run", "scheduler"),
    rule("query.give_up", "agency_handler", AGENCY),
    rule("query.give_up", "scheduler"),
    rule("query.read", f"{AGENCY_STAFF}", AGENCY),
    rule("result.read", f"{AGENCY_STAFF}", AGENCY),
    rule("comparison.read", f"{AGENCY_STAFF}", AGENCY),
    rule("search.idno", AGENCY_STAFF),
    rule("reveal.idno", AGENCY_STAFF, AGENCY),
    rule("reveal.idno", "department_clerk department_head", DEPARTMENT),
    rule("survey.record", "town_post", TOWN),
    rule("survey.record", "department_clerk", DEPARTMENT),
    rule("doubt.read", f"{AGENCY_STAFF}", AGENCY),
    rule("doubt.read", "department_clerk department_head", DEPARTMENT),
    rule("doubt.read", "town_post", TOWN),
    rule("doubt.settle", "town_post", TOWN),
    rule("doubt.settle", "department_clerk department_head", DEPARTMENT),
    # records that are not told again: the department proposes, another of its people decides (NM-13)
    rule("whitelist.propose", "department_clerk department_head", DEPARTMENT),
    rule("whitelist.decide", "department_head", DEPARTMENT),
    rule("whitelist.read", "department_clerk department_head", DEPARTMENT),
    # what a delivery says of a recipient: verified by the department and the town that keeps the household (NM-11)
    rule("recipient_doubt.read", "department_clerk department_head", DEPARTMENT),
    rule("recipient_doubt.read", "town_post", TOWN),
    rule("recipient_doubt.verify", "department_clerk department_head", DEPARTMENT),
    rule("recipient_doubt.verify", "town_post", TOWN),
    # a review is opened of the households whose doubts proved true; nobody's help is stopped by it (NM-12)
    rule("recipient_doubt.review", "department_head", DEPARTMENT),
    rule("monitoring.read", "department_clerk department_head", DEPARTMENT),
    rule("monitoring.read", f"{AGENCY_STAFF} agency_head", AGENCY),
    rule("monitoring.submit", "department_head", DEPARTMENT),
    rule("monitoring.check", "agency_reviewer agency_head", AGENCY),
    # the report: made by the agency, delivered to the entrusting department alone (LN-09)
    rule("report.draft", "agency_handler", AGENCY),
    rule("report.sign", "agency_reviewer", AGENCY),
    rule("report.deliver", "agency_reviewer", AGENCY),
    rule("report.deliver", "scheduler"),
    rule("doubt_list.issue", "agency_reviewer", AGENCY),
    rule("doubt_list.issue", "scheduler"),
    rule("report.read", "agency_handler agency_reviewer archivist", AGENCY),
    rule("report.read", "department_clerk department_head archivist", DEPARTMENT, "DELIVERED"),
    rule("report.download", "department_clerk department_head", DEPARTMENT, "DELIVERED"),
    # the door of `report.download`: whoever is signed in may ask, so that a refused attempt is kept (LN-29)
    rule("copy.ask", ""),
)
