"""What a cell of the permission table is, the relations, and the groups of roles that several rooms speak of."""

from __future__ import annotations

from dataclasses import dataclass

from domain.work import Actor

ANY = "any"
# to a case
DEPARTMENT, AGENCY, TOWN, OVERSIGHT, NONE = "department", "agency", "town", "oversight", "none"
# to a task
HOLDER, QUEUE, OFFICE = "holder", "queue", "office"
# to a thing of one office; to a draft; to an account
OWN, AUTHOR, SECOND, SELF = "own", "author", "second", "self"


@dataclass(frozen=True, slots=True)
class Rule:
    """One cell of the table. Empty `relations` or `states`: any will do; empty `roles`: whoever is signed in."""

    action: str
    roles: frozenset[str]
    relations: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()

    def held_by(self, actor: Actor) -> bool:
        """True when one of the actor's roles is named."""
        return actor.has(*self.roles) if self.roles else actor.user_id is not None

    def covers(self, relation: str, state: str) -> bool:
        """True when the rule speaks for this relation and state; "any" asks whether some would do."""
        return (relation == ANY or not self.relations or relation in self.relations) and (
            state == ANY or not self.states or state in self.states
        )


def rule(action: str, roles: str, relations: str = "", states: str = "") -> Rule:
    """A cell; roles, relations and states by name, apart by blanks."""
    return Rule(action, frozenset(roles.split()), frozenset(relations.split()), frozenset(states.split()))


WORKERS = (
    "town_post department_clerk department_head agency_checker agency_handler agency_reviewer archivist"
    " statistician finance agency_head data_supplier supplier_leader catalogue_admin policy_admin process_owner"
)
SUPERVISORS = "department_head agency_head supplier_leader"
AGENCY_STAFF = "agency_checker agency_handler agency_reviewer"
BATCH = "department_clerk department_head agency_reviewer agency_head process_owner system_admin"
CASEWORK = f"town_post department_clerk department_head {AGENCY_STAFF} agency_head archivist finance"
OFFICES = f"{DEPARTMENT} {AGENCY} {TOWN}"
