"""Parameters of work at the desk: the reasons that acts ask for."""

from __future__ import annotations

from domain.policy_kinds import REASON, PolicyKey, by, every_reason, listed

# acts that ask why: what may be chosen for each before anything is written
REASON_USES = (
    "return", "release", "delegate", "forward", "assign", "suspend", "skip", "fail", "withdraw", "cancel", "stop_clock",
    "extend", "repair", "confirm",
)  # fmt: skip
STANDARD_REASONS = PolicyKey(
    "standard_reasons", by(listed(REASON), *REASON_USES), "Reasons that are offered for choice, by act.",
    "各类操作的标准理由", combine="strictest", stricter=every_reason, floor=True,
)  # fmt: skip
