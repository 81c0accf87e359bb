"""Rights to print papers of a case; the state is the kind of paper.

Whoever collects signatures prints what is signed, the identity numbers on an authorisation in full with it: it binds
the person it names. The agency prints what it answers with, the department what it decides (LF-17, LF-21).
"""

from __future__ import annotations

from domain.parties.permission_rules.words import AGENCY, DEPARTMENT, TOWN, Rule, rule

RULES: tuple[Rule, ...] = (
    rule("paper.print", "town_post", TOWN, "DOC-01 DOC-08 DOC-09A DOC-09B DOC-09C"),
    rule("paper.print", "department_clerk department_head", DEPARTMENT,
         "DOC-01 DOC-02 DOC-04 DOC-08 DOC-09A DOC-09B DOC-09C DOC-10 DOC-11 DOC-16 DOC-18"),
    rule("paper.print", "agency_checker agency_handler agency_reviewer agency_head", AGENCY, "DOC-03 DOC-04"),
)  # fmt: skip
