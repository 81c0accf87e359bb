"""Parameters of dynamic reviews, monitoring lists, statistics and programmes."""

from __future__ import annotations

from domain.policy_kinds import COUNT, DAY, FLAG, MONITORING, REVIEW, TERM, PolicyKey, by, choice, listed, optional

REVIEW_CALENDAR = PolicyKey(
    "review_calendar", listed(REVIEW), "When dynamic reviews open, by local time.", "动态核对开始时间"
)
REVIEW_RUNNER_LEVEL = PolicyKey(
    "review_runner_level", choice("same_level", "city", "province"), "Agency level that runs dynamic reviews.",
    "动态核对实施层级",
)  # fmt: skip
REVIEW_MONTH_END_DUE = PolicyKey(
    "review_month_end_due", FLAG, "The agency's part of a review is due at the month's end.", "动态核对当月完成"
)
REVIEW_COUNTY_TERM = PolicyKey("review_county_term", TERM, "For the county's verification of doubts.", "疑点核实时限")
STANDING_LETTER_MONTHS = PolicyKey(
    "standing_letter_months", COUNT, "How long a letter may hold under which deliveries are compared with recipients.",
    "常态核对委托书最长有效期", "months", "strictest", min,
)  # fmt: skip
MONITORING_CALENDAR = PolicyKey(
    "monitoring_calendar", listed(MONITORING), "Which data types are verified monthly or quarterly.",
    "重点监测日历",
)  # fmt: skip
MONITORING_TERM = PolicyKey("monitoring_term", TERM, "For feedback on a monitoring list.", "重点监测反馈时限")
FORM2_TERM = PolicyKey("form2_term", optional(TERM), "附件2 after receipt of the review report.", "附件2上报时限")
STAT_PERIOD_JANUARY = PolicyKey(
    "stat_period_january", choice("PREV_YEAR", "H2"), "Period of the January form 附件1.", "1月报表统计期"
)
PROGRAMMES = PolicyKey("programmes", by(DAY), "Programmes verified, each from its day.", "已开展核对的救助项目")
