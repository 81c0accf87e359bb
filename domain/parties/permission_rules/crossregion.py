"""Rights in verification across regions: whoever started a request, who assists, and the offices it passes."""

from __future__ import annotations

from domain.parties.permission_rules.words import AGENCY_STAFF, Rule, rule

STARTER, ASSISTING, PASSING = "starter", "assisting", "passing"
LEADS = "agency_reviewer agency_head"
WORKS = "agency_handler agency_reviewer agency_head"

RULES: tuple[Rule, ...] = (
    rule("assist.read", f"{AGENCY_STAFF} agency_head", f"{STARTER} {ASSISTING} {PASSING}"),
    rule("assist.start", WORKS, STARTER),
    rule("assist.terminate", WORKS, STARTER),
    rule("assist.confirm", LEADS, PASSING),
    rule("assist.answer", WORKS, ASSISTING),
    rule("assist.suggest", WORKS, ASSISTING),
    rule("assist.agree", LEADS, ASSISTING),
)
