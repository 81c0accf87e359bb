"""The rules of signing in that hold in this home: the strictest of all its offices' jurisdictions."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from domain import rules
from domain.parties.organisations import Organisation
from domain.parties.security import SecurityRules
from domain.policy import Policies
from domain.policy_shipped import NATION
from domain.prepared import Prepared
from domain.work import Work

MOST_KNOWN = 64
# asked by every request, so past the session's own machinery
_PLACES = Prepared(select(Organisation.jurisdiction).distinct().order_by(Organisation.jurisdiction))
# policies never change under one set of digests, so what follows from them for these places and that day does not
_known: dict[tuple[tuple[str, ...], date], tuple[Policies, SecurityRules]] = {}


def security_rules(work: Work) -> SecurityRules:
    """What the policies in force say of passwords, sessions and failures. Two small SELECTs; what they mean on a day is
    worked out once a process.

    One account meets one rule wherever it works, so the chain holds every office's jurisdictions; each of
    these keys takes the strictest value. Raises PolicyRefused on a home without policies.
    """
    policies = rules.current(work).policies
    places = tuple(place for (place,) in _PLACES.all(work.connection, {}))
    of, known = _known.get((places, work.today), (None, None))
    if known is None or of is not policies:
        chain = dict.fromkeys(step for place in places for step in policies.chain(place))
        known = SecurityRules.of(policies, tuple(chain) or (NATION,), work.today)
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        _known[places, work.today] = policies, known
    return known
