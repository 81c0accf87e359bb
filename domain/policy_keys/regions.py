"""Parameters of verification across regions."""

from __future__ import annotations

from domain.policy_keys.words import CASE_TYPES
from domain.policy_kinds import COUNT, FLAG, TERM, PolicyKey, by, choice, optional

ROUTE = PolicyKey("route", choice("chain", "city_review", "direct"), "Way of a cross-region request.", "协查推送路径")
CROSS_REGION_LIMIT = PolicyKey(
    "cross_region.limit", optional(TERM), "For one requested category, from receipt.", "跨地区协查时限"
)
CROSS_REGION_RECHECK_MAX = PolicyKey(
    "cross_region.recheck_max_per_category", optional(COUNT), "Re-checks of a cross-region result; none = unlimited.",
    "跨地区同类信息复核次数上限", "re-checks",
)  # fmt: skip
CROSS_REGION_RECHECK_TERM = PolicyKey(
    "cross_region.recheck_term", optional(TERM), "For the re-check of a cross-region result.", "跨地区复核时限"
)
CROSS_REGION_LOCK_ON_EXPIRY = PolicyKey(
    "cross_region.lock_on_expiry", by(FLAG, *CASE_TYPES), "No feedback after the limit, by case type.",
    "逾期不再反馈",
)  # fmt: skip
CROSS_PROVINCE_LIMIT = PolicyKey(
    "cross_province.limit", optional(TERM), "For a category asked of another province; the ministry's rules.",
    "跨省协查时限",
)  # fmt: skip
