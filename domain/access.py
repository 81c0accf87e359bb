"""The rules of signing in that hold in this home: the strictest of all its offices' jurisdictions."""

from __future__ import annotations

from sqlalchemy import select

from domain import rules
from domain.parties.organisations import Organisation
from domain.parties.security import SecurityRules
from domain.policy_shipped import NATION
from domain.work import Work


def security_rules(work: Work) -> SecurityRules:
    """What the policies in force say of passwords, sessions and failures. Two small SELECTs.

    One account meets one rule wherever it works, so the chain holds every office's jurisdictions; each of
    these keys takes the strictest value. Raises PolicyRefused on a home without policies.
    """
    policies = rules.current(work).policies
    places = work.session.scalars(select(Organisation.jurisdiction).distinct().order_by(Organisation.jurisdiction))
    chain = dict.fromkeys(step for place in places for step in policies.chain(place))
    return SecurityRules.of(policies, tuple(chain) or (NATION,), work.today)
