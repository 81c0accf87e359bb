"""Parameters of a case: its terms, its report, notice, re-check and file."""

from __future__ import annotations

from domain.policy_keys.words import CASE_TYPES
from domain.policy_kinds import COUNT, FLAG, TERM, PolicyKey, any_of, by, choice, joined, listed, names, optional

OUTPUTS = ("report", "doubt_list", "structured", "none")
DELIVERY_WAYS = ("in_person", "post", "left_at_home", "electronic", "public_notice")
CASE_LIMIT = PolicyKey(
    "case_limit", optional(TERM), "From acceptance to the report; none = no statutory limit.", "核对办结时限"
)
CASE_LIMIT_INTERNAL = PolicyKey(
    "case_limit_internal", optional(TERM), "The office's own target, never called a legal limit.", "内部办结目标"
)
CASE_REMINDER_DAYS = PolicyKey(
    "case_reminder_days", listed(COUNT), "Reminders so many days before a case is due.", "办结提醒", "days"
)
ESCALATION_DAYS = PolicyKey(
    "escalation_days", listed(COUNT), "Working days after the due day: told to the head, then to each office above.",
    "逾期逐级上报", "days",
)  # fmt: skip
ANNOUNCED_TERMS = PolicyKey(
    "announced_terms",
    names(),
    "Terms the family was told of: a new calendar never ends them earlier.",
    "已告知当事人的时限",
)
QUERY_LIMIT_DEFAULT = PolicyKey(
    "query_limit.default", TERM, "Feedback limit of a source whose agreement names none.", "查询反馈时限（默认）"
)
OFFLINE_SURVEY_TERM = PolicyKey(
    "offline_survey_term", TERM, "For the department's offline investigation.", "线下调查时限"
)
OFFLINE_SURVEY_SURVEYORS_MIN = PolicyKey(
    "offline_survey_surveyors_min", COUNT, "People who sign a survey.", "线下调查最少人数", "people", "strictest", max
)
REPORT_DRAFT_TERM = PolicyKey("report_draft_term", TERM, "For drafting the report.", "起草核对报告时限")
REPORT_REVIEW_TERM = PolicyKey("report_review_term", TERM, "For reviewing and signing the report.", "审核签发时限")
REPORT_DELIVERY_TERM = PolicyKey("report_delivery_term", TERM, "From signature to delivery.", "报告送达时限")
SUPPLEMENT_AFTER_REPORT = PolicyKey(
    "supplement_after_report", FLAG, "Late answers become a supplement to an issued report.", "迟到结果出具补充报告"
)
NOTICE_REQUIRED = PolicyKey(
    "notice_required", FLAG, "A negative decision needs a delivered written notice.", "不符合条件须书面告知",
    combine="strictest", stricter=any_of, floor=True,
)  # fmt: skip
NOTICE_TERM = PolicyKey("notice_term", TERM, "From a negative decision to its written notice.", "书面告知时限")
NOTICE_DELIVERY = PolicyKey(
    "notice_delivery", names(*DELIVERY_WAYS), "Ways in which a notice may be delivered.", "告知送达方式"
)
OBJECTION_TERM = PolicyKey(
    "objection_term", optional(TERM), "For an objection after the notice; none = no limit.", "异议提出时限"
)
RECHECK_MAX_PER_CATEGORY = PolicyKey(
    "recheck_max_per_category", optional(COUNT), "Re-checks of one person's category; none = unlimited.",
    "同类信息复核次数上限", "re-checks",
)  # fmt: skip
RECHECK_TERM = PolicyKey("recheck_term", optional(TERM), "For a re-check; none = no statutory limit.", "复核时限")
RECHECK_TERM_INTERNAL = PolicyKey("recheck_term_internal", optional(TERM), "Own target of a re-check.", "复核内部目标")
ARCHIVE_TERM = PolicyKey("archive_term", TERM, "From the report to the complete file.", "归档时限")
ARCHIVE_DOCUMENTS = PolicyKey(
    "archive_documents", names(), "Documents without which a file is not complete.", "归档必备材料",
    combine="strictest", stricter=joined,
)  # fmt: skip
RETENTION_YEARS = PolicyKey("retention_years", COUNT, "How long files are kept.", "档案保管年限", "years")
DELIVERED_DATA_MONTHS = PolicyKey(
    "delivered_data_months", optional(COUNT), "How long data that departments delivered stay stored; none = until"
    " somebody deletes them.", "部门交换数据保存月数", "months",
)  # fmt: skip
RETRIEVAL_TERM = PolicyKey("retrieval_term", TERM, "For providing a file to another agency.", "档案调阅时限")
RESCUE_FIRST_ALLOWED = PolicyKey("rescue_first_allowed", FLAG, "Help first, verify after.", "可先行救助再行核对")
RESCUE_VERIFY_WITHIN = PolicyKey(
    "rescue_verify_within", TERM, "Start of verification after paid first help.", "先行救助后核对时限"
)
OUTPUT_KIND = PolicyKey(
    "output_kind", by(names(*OUTPUTS), *CASE_TYPES), "Outputs allowed by case type; the first is usual.", "核对成果形式"
)
FIXED_DATE_INCLUSIVE = PolicyKey("fixed_date_inclusive", FLAG, "“Before the 10th” includes the 10th.", "“前”含当日")
FIXED_DATE_ROLL = PolicyKey("fixed_date_roll", choice("next", "none"), "Roll of fixed dates.", "固定日期遇假日顺延")
