"""Parameters of data sources: agreements, whitelist, duplicate payments, reconciliation."""

from __future__ import annotations

from domain.policy_kinds import COUNT, TERM, PolicyKey, choice, latest_of, listed, names

AGREEMENT_REMINDER = PolicyKey(
    "agreement_reminder_days", listed(COUNT), "Before agreements end.", "协议到期提醒", "days"
)
AGREEMENT_EXPIRED = PolicyKey(
    "agreement_expired", choice("warn", "block"), "A source whose agreement ended.", "共享协议过期处理",
    combine="strictest", stricter=latest_of("warn", "block"),
)  # fmt: skip
WHITELIST_TERM = PolicyKey(
    "whitelist_term", TERM, "A record on the whitelist is let pass for so long at most.", "白名单最长有效期"
)
DUPLICATE_RULES = PolicyKey(
    "duplicate_rules", names("DUP-URBRUR", "DUP-TK", "DUP-DBTK", "DUP-PRICE"), "Rules of duplicate payments that hold.",
    "重复发放规则",
)  # fmt: skip
RECONCILED_PROGRAMMES = PolicyKey(
    "reconciled_programmes",
    names(),
    "Programmes whose register is compared with ledger and payments.",
    "三方对账的救助类别",
)
