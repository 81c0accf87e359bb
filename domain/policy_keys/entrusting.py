"""Parameters of who entrusts verification."""

from __future__ import annotations

from domain.policy_keys.words import ENTRUSTING
from domain.policy_kinds import PolicyKey, names

ENTRUSTING_TYPES = PolicyKey(
    "entrusting_types", names(*ENTRUSTING),
    "Types of departments that entrust verification; any other names its legal basis.", "可委托核对的部门类型",
)  # fmt: skip
