"""The rules of signing in, as the policies in force give them. Times here are machine time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.policy import Policies
from domain.policy_keys.accounts import (
    LOGIN_FAILURES_ACCOUNT,
    LOGIN_FAILURES_ADDRESS,
    LOGIN_PAUSE,
    PASSWORD_MIN_LENGTH,
    PASSWORD_MIN_LENGTH_PRIVILEGED,
    SECOND_FACTOR_ROLES,
    SESSION_ABSOLUTE,
    SESSION_IDLE,
)


@dataclass(frozen=True, slots=True)
class SecurityRules:
    """What one sign-in has to keep: lengths in characters, counts of failures, spans of time."""

    second_factor_roles: frozenset[str]
    password_min_length: int
    password_min_length_privileged: int
    session_idle: timedelta
    session_absolute: timedelta
    failures_account: int
    failures_address: int
    pause: timedelta

    @classmethod
    def of(cls, policies: Policies, chain: Sequence[str], on: date) -> SecurityRules:
        """The rules in force on a day, for jurisdictions from the most specific upward. Raises Conflict."""

        def number(key: str) -> int:
            return int(policies.resolve(key, chain, on).value)

        return cls(
            frozenset(policies.resolve(SECOND_FACTOR_ROLES, chain, on).value),
            number(PASSWORD_MIN_LENGTH.name),
            number(PASSWORD_MIN_LENGTH_PRIVILEGED.name),
            policies.resolve(SESSION_IDLE, chain, on).value,
            policies.resolve(SESSION_ABSOLUTE, chain, on).value,
            number(LOGIN_FAILURES_ACCOUNT.name),
            number(LOGIN_FAILURES_ADDRESS.name),
            policies.resolve(LOGIN_PAUSE, chain, on).value,
        )

    def needs_second_factor(self, roles: frozenset[str]) -> bool:
        """True when one of the roles signs in with a second factor."""
        return not roles.isdisjoint(self.second_factor_roles)

    def least_length(self, roles: frozenset[str]) -> int:
        """Least length of a password, in characters, for somebody with these roles."""
        return self.password_min_length_privileged if self.needs_second_factor(roles) else self.password_min_length
