"""Parameters of accounts: sign-in, searches, trainings, leaks."""

from __future__ import annotations

from domain.policy_kinds import COUNT, MINUTES, TERM, PolicyKey, joined, names

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
