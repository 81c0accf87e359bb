"""The registry of policy parameters. The numbers themselves stand in `policies/`, never here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.errors import NotFound
from domain.policy_kinds import (
    AMOUNT,
    COUNT,
    DAY,
    FLAG,
    MINUTES,
    MONITORING,
    POWER,
    REASON,
    REVIEW,
    TERM,
    PolicyKey,
    Power,
    all_of,
    any_of,
    by,
    choice,
    common,
    every_reason,
    joined,
    latest_of,
    listed,
    names,
    optional,
)
from domain.text import gettext as _
from domain.workdays import Term

SCOPES = ("COUNTY", "CITY", "PROVINCE", "NATIONWIDE")
CASE_TYPES = ("NEW", "DYNAMIC", "RECHECK", "RESCUE", "IDENTITY", "SUPPORTER", "OTHER_UNIT")
# acts that ask why: what may be chosen for each before anything is written
REASON_USES = (
    "return", "release", "delegate", "forward", "assign", "suspend", "skip", "fail", "withdraw", "cancel", "stop_clock",
    "extend", "repair", "confirm",
)  # fmt: skip
OUTPUTS = ("report", "doubt_list", "structured", "none")
DELIVERY_WAYS = ("in_person", "post", "left_at_home", "electronic", "public_notice")

# Authorisation and commission
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

# Terms of a case
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

# Dynamic review, monitoring, statistics
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

# Across regions
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

# Work at the desk
STANDARD_REASONS = PolicyKey(
    "standard_reasons", by(listed(REASON), *REASON_USES), "Reasons that are offered for choice, by act.",
    "各类操作的标准理由", combine="strictest", stricter=every_reason, floor=True,
)  # fmt: skip

# Accounts
SECOND_FACTOR_ROLES = PolicyKey(
    "second_factor_roles", names(), "Roles that sign in with a second factor.", "须双因素认证的角色",
    combine="strictest", stricter=joined, floor=True,
)  # fmt: skip
PASSWORD_MIN_LENGTH = PolicyKey(
    "password_min_length", COUNT, "Least length of a password.", "口令最短长度", "characters", "strictest", max, True
)
PASSWORD_MIN_LENGTH_PRIVILEGED = PolicyKey(
    "password_min_length_privileged", COUNT, "Least length for roles with a second factor.", "特权口令最短长度",
    "characters", "strictest", max, True,
)  # fmt: skip
SESSION_IDLE = PolicyKey(
    "session_idle_minutes", MINUTES, "A session ends after so long unused.", "会话空闲时限", "minutes", "strictest", min
)
SESSION_ABSOLUTE = PolicyKey(
    "session_absolute_minutes", MINUTES, "A session ends after so long.", "会话最长时限", "minutes", "strictest", min
)
LOGIN_FAILURES_ACCOUNT = PolicyKey(
    "login_failures_account", COUNT, "Failures of one account before the pause.", "账号登录失败上限", "failures",
    "strictest", min,
)  # fmt: skip
LOGIN_FAILURES_ADDRESS = PolicyKey(
    "login_failures_address", COUNT, "Failures from one address before the pause.", "地址登录失败上限", "failures",
    "strictest", min,
)  # fmt: skip
LOGIN_PAUSE = PolicyKey(
    "login_pause_minutes", MINUTES, "Window and length of the pause.", "登录锁定时长", "minutes", "strictest", max
)
ID_SEARCH_PER_HOUR = PolicyKey(
    "id_search_per_hour", COUNT, "Searches by identity number one person may make in an hour.", "每小时证件号查询上限",
    "searches", "strictest", min,
)  # fmt: skip
ACCOUNT_RECERTIFY_TERM = PolicyKey(
    "account_recertify_term", TERM, "An account is confirmed anew after so long.", "账号复核周期"
)
TRAINING_BEFORE_ROLE = PolicyKey(
    "training_before_role", names("BUSINESS", "SECURITY", "CONFIDENTIALITY"),
    "Trainings completed before somebody is given a role of verification; none are asked for where it is empty.",
    "授予核对岗位前须完成的培训", combine="strictest", stricter=joined,
)  # fmt: skip
BREACH_REPORT_TERM = PolicyKey(
    "breach_report_term", TERM, "A leak is reported within so long of being found.", "泄密事件报告时限"
)
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

# Thresholds of the doubt rules: no seed gives a figure, each is a parameter of the office
STANDARD_MONTH = PolicyKey(
    "doubt.standard_month", by(AMOUNT), "Monthly standard a head, by programme.", "月保障标准", "yuan"
)


def _threshold(name: str, doc: str, zh: str, unit: str) -> PolicyKey[Any]:
    return PolicyKey(f"doubt.{name}", optional(AMOUNT), doc, zh, unit)


def _look_back(name: str, doc: str, zh: str) -> PolicyKey[Term | None]:
    return PolicyKey(f"doubt.{name}", optional(TERM), doc, zh)


DOUBTS: tuple[PolicyKey[Any], ...] = (
    STANDARD_MONTH,
    _threshold("amount_tolerance", "Declared and found amounts may differ by so much a month.", "金额允许差", "yuan"),
    _threshold("income_tolerance_ratio", "Income may exceed the standard by this share.", "收入允许超出比例", "ratio"),
    _threshold("pension_tolerance", "Pension may exceed the declared one by so much.", "养老金允许差", "yuan a month"),
    _threshold("deposit_months", "Household deposits in months of the standard a head.", "存款折合标准月数", "months"),
    _threshold("large_movement", "A single movement on an account worth a question.", "大额变动", "yuan"),
    _threshold("dwellings", "More dwellings than this are a doubt.", "住房套数", "dwellings"),
    _threshold("area_per_head", "More dwelling area a head than this is a doubt.", "人均住房面积", "square metres"),
    _threshold("contribution_base", "A higher contribution base is a doubt.", "缴费基数", "yuan a month"),
    _threshold("fund_balance", "A higher housing fund balance is a doubt.", "公积金余额", "yuan"),
    _threshold("fund_withdrawal", "A higher undeclared withdrawal is a doubt.", "公积金提取", "yuan"),
    _threshold("security_value", "A higher market value is a doubt.", "有价证券市值", "yuan"),
    _threshold("insurance_premium", "A higher yearly premium is a doubt.", "年保费", "yuan"),
    _threshold("insurance_surrender", "A higher surrender value is a doubt.", "退保金额", "yuan"),
    _threshold("business_capital", "A higher registered capital is a doubt.", "注册资本", "yuan"),
    _threshold("vessel_tons", "A larger vessel is a doubt.", "船舶吨位", "tons"),
    _threshold("supporter_capacity", "Supporter's income in multiples of the standard.", "赡养能力倍数", "multiples"),
    _threshold("expenditure_ratio", "Expenditure in multiples of income.", "支出收入比", "ratio"),
    PolicyKey("doubt.vehicle_exempt_kinds", names(), "Vehicle kinds that are no doubt.", "豁免车辆类型"),
    _look_back("contribution_look_back", "Contributions this recent count.", "缴存回溯期"),
    _look_back("transfer_look_back", "Property transferred this recently is a doubt.", "房产转移回溯期"),
    _look_back("split_look_back", "A household split this recently is a doubt.", "分户回溯期"),
    _look_back("divorce_look_back", "A divorce this recent is a doubt.", "离婚回溯期"),
    _look_back("separation_term", "Living elsewhere this long needs the marker.", "人户分离期"),
    _look_back("max_data_age", "Older data is called stale.", "数据最长时效"),
    _look_back("fiscal_look_back", "Pay from public funds this recent is a doubt.", "财政供养回溯期"),
    _look_back("expenditure_look_back", "Expenditure this recent is averaged a month.", "支出回溯期"),
    _threshold("school_fee", "A higher yearly fee of a private school is a doubt.", "民办学校学费", "yuan a year"),
    _threshold("adult_age", "From this age a declared student must be enrolled.", "成年年龄", "years"),
    _threshold("labour_age", "Up to this age an adult may be able to work.", "劳动年龄上限", "years"),
    PolicyKey("doubt.exclusive_benefits", names(), "Benefits that do not go together.", "不得同时享受的待遇"),
    PolicyKey("doubt.switched_off", names(), "Codes of doubts that are not raised here.", "停用的疑点规则"),
)

_KEYS: dict[str, PolicyKey[Any]] = {
    key.name: key for key in (*(k for k in list(globals().values()) if isinstance(k, PolicyKey)), *DOUBTS)
}
_QUERY_LIMIT = "query_limit."
_TERM_POWER = "term_power."


def query_limit(category: str) -> PolicyKey[Term]:
    """The feedback limit of one information category, e.g. "DEPOSIT"."""
    return PolicyKey(_QUERY_LIMIT + category, TERM, QUERY_LIMIT_DEFAULT.doc, f"查询反馈时限（{category}）")


def term_power(term: str) -> PolicyKey[Power]:
    """The power to stop or extend a term, e.g. "cross_region.limit"; "internal" for the office's own targets."""
    doc = "How often and how long this term may be stopped or extended, and whether a second person decides."
    return PolicyKey(_TERM_POWER + term, POWER, doc, f"中止、延长时限的权限（{term}）")


def policy_key(name: str) -> PolicyKey[Any]:
    """The key of that name; raises NotFound when there is none."""
    if name in _KEYS:
        return _KEYS[name]
    if name.startswith(_TERM_POWER) and _is_a_term(name.removeprefix(_TERM_POWER)):
        return term_power(name.removeprefix(_TERM_POWER))
    category = name.removeprefix(_QUERY_LIMIT)
    if category != name and category.isascii() and category.isupper():
        return query_limit(category)
    raise NotFound(_("There is no policy parameter called “%(name)s”.", name=name))


def _is_a_term(name: str) -> bool:
    known = _KEYS.get(name)
    return name == "internal" or name.startswith(_QUERY_LIMIT) or (known is not None and "term" in known.kind.name)


def policy_keys() -> Iterator[PolicyKey[Any]]:
    """Every key of the registry, by name; the query limits of single categories not included."""
    return iter(sorted(_KEYS.values(), key=lambda key: key.name))
