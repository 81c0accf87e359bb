"""Parameters of authorisation, commission and who may verify and decide."""

from __future__ import annotations

from domain.policy_keys.words import CASE_TYPES, SCOPES
from domain.policy_kinds import (
    COUNT,
    FLAG,
    TERM,
    PolicyKey,
    all_of,
    any_of,
    by,
    choice,
    common,
    joined,
    latest_of,
    listed,
    names,
    optional,
)

AUTH_REQUIRED_SCOPE = PolicyKey(
    "auth_required_scope", choice(*SCOPES), "Least area an authorisation must cover.", "授权查询最低范围",
    combine="strictest", stricter=latest_of(*SCOPES),
)  # fmt: skip
AUTH_FREE_PURPOSES = PolicyKey(
    "auth_free_purposes", names("SURVIVAL", "IDENTITY"), "Purposes that may be commissioned without authorisation.",
    "无需授权的核查用途", combine="strictest", stricter=common,
)  # fmt: skip
GUARDIAN_REQUIRED_FOR = PolicyKey(
    "guardian_required_for", names("NONE", "LIMITED"), "Civil capacities for which the guardian signs.",
    "须由法定监护人授权的行为能力", combine="strictest", stricter=joined,
)  # fmt: skip
GUARDIAN_REQUIRED_UNDER_AGE = PolicyKey(
    "guardian_required_under_age", COUNT, "The guardian signs for persons younger than this; 0 = no age rule.",
    "须由监护人授权的年龄（未满）", "years", "strictest", max,
)  # fmt: skip
AUTH_UNTIL_RULE = PolicyKey(
    "auth_until_rule", choice("ON_DECISION_NEGATIVE", "WHILE_RECEIVING", "FIXED_TERM"),
    "When an authorisation ends.", "授权有效期规则",
)  # fmt: skip
AUTH_TERM = PolicyKey(
    "auth_term", optional(TERM), "Term of an authorisation under the rule FIXED_TERM.", "授权固定有效期"
)
AUTH_RENEWAL_REMINDER = PolicyKey(
    "auth_renewal_reminder_days", listed(COUNT), "Renewal tasks so many days before expiry.", "授权续签提醒", "days"
)
COMMISSION_LETTER_REQUIRED = PolicyKey(
    "commission_letter_required", FLAG, "No verification without a written commission letter.", "须有书面委托书",
    combine="strictest", stricter=any_of, floor=True,
)  # fmt: skip
COMMISSION_TARGET = PolicyKey(
    "commission_target", by(choice("same_level", "city", "province"), *CASE_TYPES),
    "Level of the agency that a department commissions, by case type.", "受托核对机构层级",
)  # fmt: skip
ACCEPTANCE_FOUR_EYES = PolicyKey(
    "acceptance_four_eyes", FLAG, "The acceptance check is made by somebody other than the preparer.",
    "受理审查与经办分离", combine="strictest", stricter=any_of,
)  # fmt: skip
SAME_ORG_ALLOWED = PolicyKey(
    "same_org_allowed", FLAG, "One bureau may both verify and decide, by different people.", "同一单位可既核对又认定"
)
SAME_PERSON_ALLOWED = PolicyKey(
    "same_person_allowed", FLAG, "One person may both verify and decide.", "同一人可既核对又认定",
    combine="strictest", stricter=all_of,
)  # fmt: skip
NONCOOPERATION_REQUESTS_MIN = PolicyKey(
    "noncooperation_requests_min", COUNT, "Recorded requests before non-cooperation may be decided.",
    "认定不配合前的最少告知次数", "requests", "strictest", max,
)  # fmt: skip
INDIVIDUAL_CHECK_BEFORE_STOP = PolicyKey(
    "individual_check_before_stop", FLAG, "Stopping needs a finished verification of that very household.",
    "停保前须逐户核实", combine="strictest", stricter=any_of, floor=True,
)  # fmt: skip
