"""Who may do what: one table of (action, roles, relations, states) as data, and the filter for lists of cases.

A *relation* is what binds the actor to the thing: to a case through its offices, to a task through holding it,
to a draft through having written it. The page's door asks with relation "any" (would any relation do?); the verb
asks again with the true relation and state. Sources: model 2.1, invariants part 4, LF-17, LF-26.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, false

from domain.cases import Case
from domain.errors import NotPermitted
from domain.parties.permission_rules import RULES
from domain.parties.permission_rules.words import (
    AGENCY,
    ANY,
    AUTHOR,
    DEPARTMENT,
    HOLDER,
    NONE,
    OFFICE,
    OVERSIGHT,
    OWN,
    QUEUE,
    SECOND,
    SELF,
    TOWN,
    Rule,
)
from domain.parties.roles import ROLES, listed
from domain.text import gettext as _
from domain.work import Actor

__all__ = [
    "AGENCY", "ANY", "AUTHOR", "CASE_RELATIONS", "DEPARTMENT", "HOLDER", "NONE", "OFFICE", "OVERSIGHT", "OWN", "QUEUE",
    "RULES", "SECOND", "SELF", "TOWN", "Rule", "case_scope", "may", "must", "relation_to_account", "relation_to_case",
    "roles_of",
]  # fmt: skip
CASE_RELATIONS = (DEPARTMENT, AGENCY, TOWN, OVERSIGHT, NONE)

ACTIONS = frozenset(rule.action for rule in RULES)
# What only people of a verification agency may ever do (LF-26); a test holds the table to it.
AGENCY_FUNCTIONS = frozenset(
    {
        "query.plan", "query.run", "query.give_up", "query.read", "result.read", "comparison.read", "search.idno",
        "acceptance.decide", "report.draft", "report.sign", "report.deliver", "doubt_list.issue", "recheck.plan",
        "recheck.answer", "name_hint.decide",
    }
)  # fmt: skip

_BY_ACTION: dict[str, tuple[Rule, ...]] = {
    action: tuple(rule for rule in RULES if rule.action == action) for action in ACTIONS
}


def roles_of(action: str) -> frozenset[str]:
    """Every role that a rule gives this action. Raises KeyError for an action that the table does not know."""
    return frozenset(role for rule in _BY_ACTION[action] for role in rule.roles)


def may(actor: Actor, action: str, relation: str = ANY, state: str = ANY) -> bool:
    """True when a rule gives the actor this action for this relation and state.

    "any" asks whether some relation (state) would do: the question of a page's door, never of a verb.
    Raises KeyError for an action that the table does not know.
    """
    return any(rule.covers(relation, state) and rule.held_by(actor) for rule in _BY_ACTION[action])


def must(actor: Actor, action: str, relation: str = ANY, state: str = ANY) -> None:
    """Raise NotPermitted, naming who may, unless `may`."""
    if may(actor, action, relation, state):
        return
    holders = {role for rule in _BY_ACTION[action] for role in rule.roles if role in ROLES}
    if actor.has(*holders):
        message = _("Your role may do this, but not here: another office or another person answers for it.")
    elif holders:
        message = _("This is the work of: %(roles)s. Ask a colleague who holds that role.", roles=listed(holders))
    else:
        message = _("Only the system itself does this.")
    raise NotPermitted(message, action=action, relation=relation, state=state)


def relation_to_case(actor: Actor, case: Case) -> str:
    """What binds the actor's office to a case: "department", "agency", "town", "oversight" or "none".

    Reading asks more of an agency: `case_scope` shows it a case from the issue of the letter on.
    """
    if actor.org_id is not None:
        if actor.org_id == case.department_id:
            return DEPARTMENT
        if actor.org_id == case.agency_id:
            return AGENCY
        if actor.org_id == case.town_id:
            return TOWN
    return OVERSIGHT if actor.org_kind == "bureau" else NONE


def relation_to_account(actor: Actor, account_id: int) -> str:
    """ "self" for one's own account, else "second"."""
    return SELF if actor.user_id == account_id else SECOND


def case_scope(actor: Actor) -> ColumnElement[bool]:
    """The filter every list, count, search and export of cases goes through.

    A department sees the cases it decides, an agency those it was commissioned with (from the issue of the letter on,
    not before: BX-42), a town post its own town's;
    bureaus, suppliers and the system's own people see none (T8). A role that reads no case sees none either.
    """
    columns = {DEPARTMENT: Case.department_id, AGENCY: Case.agency_id, TOWN: Case.town_id}
    by_kind = {"department": DEPARTMENT, "agency": AGENCY, "town_post": TOWN}
    relation = by_kind.get(actor.org_kind)
    if relation is None or actor.org_id is None or not may(actor, "case.read", relation):
        return false()
    own = columns[relation] == actor.org_id
    return and_(own, Case.commissioned_at.is_not(None)) if relation == AGENCY else own
