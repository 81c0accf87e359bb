"""Rights to other services and devices: one person registers, another approves, one withdraws at once (LN-31)."""

from __future__ import annotations

from domain.parties.permission_rules.words import SECOND, Rule, rule

RULES: tuple[Rule, ...] = (
    rule("device.read", "system_admin security_admin auditor operator"),
    rule("peer.add", "system_admin"),
    rule("peer.close", "system_admin security_admin"),
    rule("device.propose", "system_admin"),
    rule("device.approve", "system_admin security_admin", SECOND),
    rule("device.withdraw", "system_admin security_admin"),
    # what waits and what could not be delivered: who it is from and of which kind, never what it says
    rule("exchange.read", "system_admin auditor operator"),
    rule("exchange.retry", "system_admin operator"),
)
