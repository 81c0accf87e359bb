"""Who may do what: one table of (action, roles, relations, states) as data, and the filter for lists of cases.

A *relation* is what binds the actor to the thing: to a case through its offices, to a task through holding it,
to a draft through having written it. The page's door asks with relation "any" (would any relation do?); the verb
asks again with the true relation and state. Sources: model 2.1, invariants part 4, LF-17, LF-26.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false

from domain.cases import Case
from domain.errors import NotPermitted
from domain.parties.roles import ROLES, listed
from domain.text import gettext as _
from domain.work import Actor

ANY = "any"
# to a case
DEPARTMENT, AGENCY, TOWN, OVERSIGHT, NONE = "department", "agency", "town", "oversight", "none"
CASE_RELATIONS = (DEPARTMENT, AGENCY, TOWN, OVERSIGHT, NONE)
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


def _rule(action: str, roles: str, relations: str = "", states: str = "") -> Rule:
    return Rule(action, frozenset(roles.split()), frozenset(relations.split()), frozenset(states.split()))


_WORKERS = (
    "town_post department_clerk department_head agency_checker agency_handler agency_reviewer archivist"
    " statistician finance agency_head data_supplier supplier_leader catalogue_admin policy_admin process_owner"
)
_SUPERVISORS = "department_head agency_head supplier_leader"
_AGENCY = "agency_checker agency_handler agency_reviewer"
_BATCH = "department_clerk department_head agency_reviewer agency_head process_owner system_admin"
_CASEWORK = f"town_post department_clerk department_head {_AGENCY} agency_head archivist finance"
_OFFICES = f"{DEPARTMENT} {AGENCY} {TOWN}"

RULES: tuple[Rule, ...] = (
    # the desk: the step's own role and office stand on the task; relations here are to the task
    _rule("desk.read", _WORKERS),
    # which state leads to which, and who may, stands in `tasks.life`; here only whose work it can be at all
    _rule("task.read", _WORKERS, f"{HOLDER} {QUEUE} {OFFICE}"),
    *(
        _rule(f"task.{one}", _WORKERS, f"{HOLDER} {QUEUE}")
        for one in (
            "claim",
            "release",
            "draft",
            "complete",
            "return",
            "attach",
            "start",
            "stop",
            "delegate",
            "forward",
            "suspend",
            "skip",
            "fail",
        )
    ),
    _rule("task.comment", _WORKERS, f"{HOLDER} {QUEUE} {OFFICE}"),
    # bureaus see how the work of the offices below them stands, no case and no household
    _rule("task.oversee", "oversight statistician department_head agency_head supplier_leader"),
    _rule("task.supervise", _SUPERVISORS, f"{OFFICE} {TOWN}"),
    # more time for a term: who works on the step asks, the head decides; whether there is such a power the rules say
    _rule("term.ask", _WORKERS, f"{HOLDER} {QUEUE}"),
    _rule("term.decide", _SUPERVISORS, f"{OFFICE} {TOWN}"),
    _rule("term.read", _WORKERS),
    _rule("notification.own", ""),
    # who does whose work while they are away: each for themselves, the head for the office, that of a department also
    # for its towns, as with the rest of their work (model 2.1, NM-22)
    _rule("substitution.read", _WORKERS),
    _rule("substitution.make", _WORKERS, SELF),
    _rule("substitution.make", _SUPERVISORS, f"{OFFICE} {TOWN}"),
    _rule("substitution.end", _WORKERS, SELF),
    _rule("substitution.end", _SUPERVISORS, f"{OFFICE} {TOWN}"),
    # filters that are kept: one's own by everybody, for the office or a role in it by its head
    _rule("filter.keep", _WORKERS),
    _rule("filter.share", _SUPERVISORS),
    # what somebody holds when they leave: handed over by themselves or their head; who keeps accounts sees figures of
    # it and gives it back to the queue, never to a person
    _rule("leaving.see", f"{_WORKERS} system_admin operator"),
    _rule("leaving.plan", _WORKERS, SELF),
    _rule("leaving.plan", _SUPERVISORS, f"{OFFICE} {TOWN}"),
    _rule("leaving.free", "system_admin operator"),
    # near relations: each declares their own; that somebody did is seen by whoever watches over the offices, not whom
    _rule("kin.overview", "oversight auditor"),
    _rule("separation.read", "oversight auditor"),
    _rule("separation.prove", "oversight auditor operator"),
    # cases and households
    _rule("case.list", f"town_post department_clerk department_head {_AGENCY} agency_head archivist"),
    # by name, identity number or note, within the cases the person may read and the notes of the own office
    _rule("case.find", f"town_post department_clerk department_head {_AGENCY} agency_head archivist"),
    _rule("case.read", "department_clerk department_head", DEPARTMENT),
    _rule("case.read", f"{_AGENCY} agency_head", AGENCY),
    _rule("case.read", "archivist", f"{DEPARTMENT} {AGENCY}"),
    _rule("case.read", "town_post", TOWN),
    # a file that was held back is shown all the same; never by whoever handed it in
    _rule("file.release", "department_head", DEPARTMENT),
    _rule("file.release", "agency_head agency_reviewer", AGENCY),
    _rule("case.start", "town_post", TOWN),
    _rule("case.start", "department_clerk department_head", DEPARTMENT),
    _rule("case.cancel", "department_head", DEPARTMENT),
    # repairs: the heads of the offices that work on the case; which step is whose is judged beside this table
    _rule("case.suspend", "department_head", DEPARTMENT),
    _rule("case.repair", "department_head", DEPARTMENT),
    _rule("case.repair", "agency_head", AGENCY),
    _rule("task.complete_for", "department_head agency_head", OFFICE, "OPEN CLAIMED"),
    # a second pair of eyes above twenty cases: a colleague of the same office, or another owner of the house's kinds
    _rule("batch.read", f"{_BATCH} operator", OFFICE),
    # everybody sees what they themselves did to many of their tasks, and takes it back
    _rule("batch.read", _CASEWORK, OWN),
    _rule("batch.approve", _BATCH),
    _rule("household.import", "department_clerk", DEPARTMENT),
    _rule("household.import", "operator"),
    _rule("declaration.record", "town_post", TOWN),
    _rule("authorisation.record", "town_post", TOWN),
    _rule("authorisation.record", "department_clerk", DEPARTMENT),
    _rule("authorisation.withdraw", "town_post", TOWN),
    _rule("authorisation.withdraw", "department_clerk department_head", DEPARTMENT),
    _rule("noncooperation.decide", "department_head", DEPARTMENT),
    # the department orders, the agency accepts (LF-18, LF-19)
    _rule("commission.prepare", "department_clerk", DEPARTMENT),
    _rule("commission.prepare", "scheduler"),
    _rule("commission.sign", "department_head", DEPARTMENT),
    _rule("commission.read", "department_clerk department_head", DEPARTMENT),
    _rule("commission.read", f"{_AGENCY} agency_head", AGENCY),
    _rule("commission.read", "archivist", f"{DEPARTMENT} {AGENCY}"),
    _rule("acceptance.decide", "agency_checker", AGENCY),
    # query, match and raw results: people of a verification agency alone (LF-26)
    _rule("query.plan", "agency_handler", AGENCY),
    _rule("query.run", "agency_handler", AGENCY),
    _rule("query.run", "scheduler"),
    _rule("query.give_up", "agency_handler", AGENCY),
    _rule("query.give_up", "scheduler"),
    _rule("query.read", f"{_AGENCY}", AGENCY),
    _rule("result.read", f"{_AGENCY}", AGENCY),
    _rule("comparison.read", f"{_AGENCY}", AGENCY),
    _rule("search.idno", _AGENCY),
    _rule("reveal.idno", _AGENCY, AGENCY),
    _rule("reveal.idno", "department_clerk department_head", DEPARTMENT),
    _rule("survey.record", "town_post", TOWN),
    _rule("survey.record", "department_clerk", DEPARTMENT),
    _rule("doubt.read", f"{_AGENCY}", AGENCY),
    _rule("doubt.read", "department_clerk department_head", DEPARTMENT),
    _rule("doubt.read", "town_post", TOWN),
    _rule("doubt.settle", "town_post", TOWN),
    _rule("doubt.settle", "department_clerk department_head", DEPARTMENT),
    # records that are not told again: the department proposes, another of its people decides (NM-13)
    _rule("whitelist.propose", "department_clerk department_head", DEPARTMENT),
    _rule("whitelist.decide", "department_head", DEPARTMENT),
    _rule("whitelist.read", "department_clerk department_head", DEPARTMENT),
    # what a delivery says of a recipient: verified by the department and the town that keeps the household (NM-11)
    _rule("recipient_doubt.read", "department_clerk department_head", DEPARTMENT),
    _rule("recipient_doubt.read", "town_post", TOWN),
    _rule("recipient_doubt.verify", "department_clerk department_head", DEPARTMENT),
    _rule("recipient_doubt.verify", "town_post", TOWN),
    # a review is opened of the households whose doubts proved true; nobody's help is stopped by it (NM-12)
    _rule("recipient_doubt.review", "department_head", DEPARTMENT),
    _rule("monitoring.read", "department_clerk department_head", DEPARTMENT),
    _rule("monitoring.read", f"{_AGENCY} agency_head", AGENCY),
    _rule("monitoring.submit", "department_head", DEPARTMENT),
    _rule("monitoring.check", "agency_reviewer agency_head", AGENCY),
    # the report: made by the agency, delivered to the entrusting department alone (LN-09)
    _rule("report.draft", "agency_handler", AGENCY),
    _rule("report.sign", "agency_reviewer", AGENCY),
    _rule("report.deliver", "agency_reviewer", AGENCY),
    _rule("report.deliver", "scheduler"),
    _rule("doubt_list.issue", "agency_reviewer", AGENCY),
    _rule("doubt_list.issue", "scheduler"),
    _rule("report.read", "agency_handler agency_reviewer archivist", AGENCY),
    _rule("report.read", "department_clerk department_head archivist", DEPARTMENT, "DELIVERED"),
    _rule("report.download", "department_clerk department_head", DEPARTMENT, "DELIVERED"),
    # deciding is the department's, never the agency's (LF-17)
    _rule("determination.decide", "department_head", DEPARTMENT),
    _rule("determination.read", "department_clerk department_head finance archivist", DEPARTMENT),
    _rule("determination.read", "town_post", TOWN),
    _rule("notice.issue", "department_head", DEPARTMENT),
    _rule("notice.read", "department_clerk department_head archivist", DEPARTMENT),
    _rule("notice.read", "town_post", TOWN),
    _rule("notice.deliver", "town_post", TOWN),
    _rule("notice.deliver", "department_clerk", DEPARTMENT),
    _rule("dispute.receive", "department_clerk department_head", DEPARTMENT),
    _rule("dispute.forward", "department_clerk department_head", DEPARTMENT),
    _rule("name_hint.decide", "agency_handler", AGENCY),
    _rule("recheck.plan", "agency_handler", AGENCY),
    _rule("recheck.plan", "scheduler"),
    _rule("recheck.answer", "agency_handler", AGENCY),
    _rule("archive.complete", "archivist", f"{DEPARTMENT} {AGENCY}"),
    _rule("archive.complete", "scheduler"),
    _rule("archive.read", "archivist", f"{DEPARTMENT} {AGENCY}"),
    # campaigns, statistics and oversight see figures, never a household
    _rule("campaign.open", "scheduler operator"),
    _rule(
        "campaign.read",
        f"department_clerk department_head {_AGENCY} agency_head archivist statistician oversight operator",
    ),
    _rule("statistics.read", "statistician oversight department_head agency_head"),
    _rule("statistics.report", "statistician", OWN),
    # data suppliers: their own deliveries and nothing of any case
    _rule("delivery.upload", "data_supplier", OWN),
    _rule("delivery.upload", "operator"),
    _rule("delivery.confirm", "supplier_leader", OWN),
    _rule("delivery.withdraw", "supplier_leader", OWN),
    _rule("delivery.withdraw", "operator"),
    _rule("delivery.rejections", "data_supplier supplier_leader", OWN),
    _rule("supply.set", "catalogue_admin operator"),
    # which doubts rest on a delivery, and which reports are looked at again: within one's own cases
    _rule("delivery.trace", f"{_AGENCY} department_clerk department_head"),
    _rule("report.review_read", f"{_AGENCY}", AGENCY),
    _rule("report.review_read", "department_clerk department_head", DEPARTMENT),
    _rule("report.review", "department_clerk department_head", DEPARTMENT),
    _rule("delivery.read", "data_supplier supplier_leader", OWN),
    _rule("delivery.read", "catalogue_admin"),
    # packages of persons to be asked about: the agency hands them out, the department answers (CK-11, LF-26)
    _rule("package.prepare", "agency_handler", OWN),
    _rule("package.read", f"{_AGENCY} agency_head data_supplier supplier_leader", OWN),
    _rule("package.download", "agency_handler data_supplier", OWN),
    _rule("package.answer", "data_supplier", OWN),
    # payments of a month: the department's lists, its differences and duplicates (NM-20, NM-21)
    _rule("payments.upload", "finance department_clerk", OWN),
    _rule("reconciliation.read", "finance department_clerk department_head", OWN),
    _rule("reconciliation.handle", "department_clerk department_head", OWN),
    # the catalogue: kept by its administrators for the suppliers of their jurisdiction, a second one publishes; the
    # offices that work with it read it, a supplier its own items
    _rule("catalogue.edit", "catalogue_admin", OWN),
    _rule(
        "catalogue.read",
        f"catalogue_admin {_AGENCY} agency_head department_clerk department_head oversight data_supplier"
        " supplier_leader",
    ),
    _rule("catalogue.note", "catalogue_admin agency_head agency_handler", OWN),
    # rules of work: a second owner approves what the first one wrote
    _rule("process.read", "process_owner policy_admin oversight auditor operator"),
    _rule("process.edit", "process_owner"),
    _rule("process.propose", "process_owner"),
    _rule("process.propose", "operator"),
    _rule("process.approve", "process_owner", SECOND),
    _rule("process.migrate", "process_owner", SECOND),
    _rule("policy.read", "policy_admin process_owner oversight auditor operator"),
    _rule("policy.edit", "policy_admin"),
    _rule("policy.approve", "policy_admin", SECOND),
    # accounts: the system administrator keeps them, the security administrator gives rights (三员)
    _rule("account.own", ""),
    _rule("account.read", "system_admin security_admin auditor operator"),
    _rule("account.create", "system_admin operator"),
    _rule("account.file", "system_admin", SECOND),
    _rule("account.file", "operator"),
    _rule("account.disable", "system_admin security_admin", SECOND),
    _rule("account.disable", "operator"),
    # an emergency: signed out at once, nothing is handed over, and lifted by the one who gives rights
    _rule("account.lock", "system_admin security_admin", SECOND),
    _rule("account.lock", "operator"),
    _rule("account.lift", "security_admin", SECOND),
    _rule("account.lift", "operator"),
    _rule("account.transfer", "system_admin", SECOND),
    _rule("account.transfer", "operator"),
    _rule("account.grant", "security_admin", SECOND),
    _rule("account.grant", "operator"),
    _rule("account.revoke", "security_admin", SECOND),
    _rule("account.revoke", "operator"),
    # which tasks come to whom: the head of the office says it, or whoever gives rights
    _rule("competence.set", _SUPERVISORS, OFFICE),
    _rule("competence.set", "security_admin", SECOND),
    _rule("competence.set", "operator"),
    _rule("account.token", "system_admin", SECOND),
    _rule("account.token", "operator"),
    _rule("account.unlock", "security_admin", SECOND),
    _rule("account.unlock", "operator"),
    _rule("account.factor", "security_admin", SECOND),
    _rule("account.factor", "operator"),
    # running the house: no case content
    _rule("operations.read", "system_admin auditor operator"),
    _rule("operations.retry", "system_admin operator"),
    _rule("operations.repair", "system_admin operator"),
    # what was done for the system and who was trained on it (CK-17)
    _rule("house_log.read", "system_admin auditor operator"),
    _rule("house_log.write", "system_admin"),
    # the registers of an office: its heads keep them, those above open entries for the offices below; whoever works in
    # an office writes to its entries and reports a problem
    _rule("register.read", _WORKERS + " oversight"),
    _rule("register.oversee", f"{_SUPERVISORS} oversight catalogue_admin"),
    _rule("register.open", "department_head agency_head oversight catalogue_admin", "own below"),
    _rule("register.open", _WORKERS + " oversight", "above"),
    _rule("register.write", _WORKERS + " oversight", OWN),
    _rule("register.finish", _WORKERS + " oversight", OWN),
    # leaks: written down by whoever runs or audits the house, followed up by the auditor alone (CK-31)
    _rule("breach.read", "auditor system_admin"),
    _rule("breach.record", "auditor system_admin"),
    _rule("breach.report", "auditor"),
    _rule("journal.read", "auditor"),
    _rule("journal.security", "security_admin auditor"),
    _rule("journal.verify", "auditor operator"),
)

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
