"""Rights to the rules of work, to accounts, to running the house, to registers and leaks."""

from __future__ import annotations

from domain.parties.permission_rules.words import (
    OFFICE,
    OWN,
    SECOND,
    SUPERVISORS,
    WORKERS,
    Rule,
    rule,
)

RULES: tuple[Rule, ...] = (
    # rules of work: a second owner approves what the first one wrote
    rule("process.read", "process_owner policy_admin oversight auditor operator"),
    rule("process.edit", "process_owner"),
    rule("process.propose", "process_owner"),
    rule("process.propose", "operator"),
    rule("process.approve", "process_owner", SECOND),
    rule("process.migrate", "process_owner", SECOND),
    rule("policy.read", "policy_admin process_owner oversight auditor operator"),
    rule("policy.edit", "policy_admin"),
    rule("policy.approve", "policy_admin", SECOND),
    # accounts: the system administrator keeps them, the security administrator gives rights (三员)
    rule("account.own", ""),
    rule("account.read", "system_admin security_admin auditor operator"),
    rule("account.create", "system_admin operator"),
    rule("account.file", "system_admin", SECOND),
    rule("account.file", "operator"),
    rule("account.disable", "system_admin security_admin", SECOND),
    rule("account.disable", "operator"),
    # an emergency: signed out at once, nothing is handed over, and lifted by the one who gives rights
    rule("account.lock", "system_admin security_admin", SECOND),
    rule("account.lock", "operator"),
    rule("account.lift", "security_admin", SECOND),
    rule("account.lift", "operator"),
    rule("account.transfer", "system_admin", SECOND),
    rule("account.transfer", "operator"),
    rule("account.grant", "security_admin", SECOND),
    rule("account.grant", "operator"),
    rule("account.revoke", "security_admin", SECOND),
    rule("account.revoke", "operator"),
    # which tasks come to whom: the head of the office says it, or whoever gives rights
    rule("competence.set", SUPERVISORS, OFFICE),
    rule("competence.set", "security_admin", SECOND),
    rule("competence.set", "operator"),
    rule("account.token", "system_admin", SECOND),
    rule("account.token", "operator"),
    rule("account.unlock", "security_admin", SECOND),
    rule("account.unlock", "operator"),
    rule("account.factor", "security_admin", SECOND),
    rule("account.factor", "operator"),
    # running the house: no case content
    rule("operations.read", "system_admin auditor operator"),
    rule("operations.retry", "system_admin operator"),
    rule("operations.repair", "system_admin operator"),
    # what was done for the system and who was trained on it (CK-17)
    rule("house_log.read", "system_admin auditor operator"),
    rule("house_log.write", "system_admin"),
    # the registers of an office: its heads keep them, those above open entries for the offices below; whoever works in
    # an office writes to its entries and reports a problem
    rule("register.read", WORKERS + " oversight"),
    rule("register.oversee", f"{SUPERVISORS} oversight catalogue_admin"),
    rule("register.open", "department_head agency_head oversight catalogue_admin", "own below"),
    rule("register.open", WORKERS + " oversight", "above"),
    rule("register.write", WORKERS + " oversight", OWN),
    rule("register.finish", WORKERS + " oversight", OWN),
    # leaks: written down by whoever runs or audits the house, followed up by the auditor alone (CK-31)
    rule("breach.read", "auditor system_admin"),
    rule("breach.record", "auditor system_admin"),
    rule("breach.report", "auditor"),
    rule("journal.read", "auditor"),
    rule("journal.security", "security_admin auditor"),
    rule("journal.verify", "auditor operator"),
)
