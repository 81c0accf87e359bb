"""Rights to what the department decides, to notices, objections, the archive, campaigns and figures."""

from __future__ import annotations

from domain.parties.permission_rules.words import (
    AGENCY,
    AGENCY_STAFF,
    DEPARTMENT,
    OWN,
    TOWN,
    Rule,
    rule,
)

RULES: tuple[Rule, ...] = (
    # deciding is the department's, never the agency's (LF-17)
    rule("determination.decide", "department_head", DEPARTMENT),
    rule("determination.read", "department_clerk department_head finance archivist", DEPARTMENT),
    rule("determination.read", "town_post", TOWN),
    # help before the verification: asked by one, decided by the head (LF-14)
    rule("rescue.decide", "department_head", DEPARTMENT),
    rule("rescue.pay", "department_clerk", DEPARTMENT),
    rule("rescue.read", "department_clerk department_head finance", DEPARTMENT),
    rule("notice.issue", "department_head", DEPARTMENT),
    rule("notice.read", "department_clerk department_head archivist", DEPARTMENT),
    rule("notice.read", "town_post", TOWN),
    rule("notice.deliver", "town_post", TOWN),
    rule("notice.deliver", "department_clerk", DEPARTMENT),
    rule("dispute.receive", "department_clerk department_head", DEPARTMENT),
    rule("dispute.forward", "department_clerk department_head", DEPARTMENT),
    rule("name_hint.decide", "agency_handler", AGENCY),
    rule("recheck.plan", "agency_handler", AGENCY),
    rule("recheck.plan", "scheduler"),
    rule("recheck.answer", "agency_handler", AGENCY),
    rule("archive.complete", "archivist", f"{DEPARTMENT} {AGENCY}"),
    rule("archive.complete", "scheduler"),
    rule("archive.read", "archivist", f"{DEPARTMENT} {AGENCY}"),
    # campaigns, statistics and oversight see figures, never a household
    rule("campaign.open", "scheduler operator"),
    rule(
        "campaign.read",
        f"department_clerk department_head {AGENCY_STAFF} agency_head archivist statistician oversight operator",
    ),
    rule("statistics.read", "statistician oversight department_head agency_head"),
    rule("statistics.report", "statistician", OWN),
)
