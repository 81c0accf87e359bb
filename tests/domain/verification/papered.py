"""A verified case on its way to the papers: drafted, signed, delivered, decided."""

from __future__ import annotations

import hashlib

from sqlalchemy import select

from domain import cases
from domain.assistance import determinations, notices
from domain.assistance.determinations import Decision, Determination, Notice
from domain.base import new_ref
from domain.cases import Case
from domain.parties import organisations
from domain.parties.accounts import Account
from domain.parties.households import Household, Person
from domain.parties.organisations import Organisation
from domain.verification import comparison, doubts, reports
from domain.verification.doubt_facts import About
from domain.verification.doubts import Doubt, Raised
from domain.verification.reports import Notes, Report
from domain.work import SCHEDULER, Actor, Work
from tests.domain.office import TODAY, idno, paper
from tests.domain.verification.sourced import accepted_case, answered, declared, match, planned, ready, sources, yuan

CANONICAL = '{"document":"report/1","members":["甲某"]}'.encode()
DIGEST = hashlib.sha256(CANONICAL).hexdigest()
ROLES = {
    "handler": "agency_handler",
    "checker": "agency_checker",
    "reviewer": "agency_reviewer",
    "agency-archivist": "archivist",
    "archivist": "archivist",
    "clerk": "department_clerk",
    "head": "department_head",
    "stranger": "department_head",
    "town": "town_post",
}
HIRED = {"reviewer": "benxi-agency", "archivist": "pingshan", "agency-archivist": "benxi-agency"}


def hire(work: Work, login: str, office: str) -> Account:
    """One more member of staff."""
    org = organisations.by_code(work, office)
    ref, number = new_ref(), idno()
    made = Account(
        ref=ref,
        login=login,
        name=f"工作人员{login}",
        idno=work.home.vault.seal("account.idno", ref, number),
        idno_blind=work.home.vault.blind("account.idno", number),
        org_id=org.id,
        org_kind=org.kind,
        state="ACTIVE",
        filed_on=TODAY,
    )
    work.session.add(made)
    work.session.flush()
    return made


def actor(work: Work, login: str, *roles: str) -> Actor:
    """A person with the role of the login; hired on the way where the office does not have one yet."""
    found = work.session.scalars(select(Account).where(Account.login == login)).first()
    found = found or hire(work, login, HIRED[login])
    org = work.session.get_one(Organisation, found.org_id)
    return Actor(
        kind="person",
        user_id=found.id,
        ref=found.ref,
        display=found.name,
        roles=frozenset(roles or (ROLES[login],)),
        org_id=org.id,
        org_kind=org.kind,
        org_level=org.level,
    )


def being(work: Work, login: str, *roles: str) -> Work:
    """The same work, answered for by this person."""
    return work.acting(actor(work, login, *roles))


def verified(work: Work, kind: str = cases.NEW) -> tuple[Case, Household, list[Person]]:
    """Two people; a deposit found and undeclared, a pension found as declared, no car, nobody dead."""
    offered = sources(work)
    case, family, members = accepted_case(work, kind=kind)
    first = members[0]
    declared(work, family, {(first, "PENRCV"): yuan("1486"), (first, "INSUR"): yuan("5000")})
    asked = planned(being(work, "handler"), case)
    for category, query in asked.items():
        delivery = ready(work, offered[category])
        rows = {
            "DEPOSIT": [match(first, delivery, balance="30000", bank="银行", account="1")],
            "PENRCV": [match(first, delivery, amount="1486", scheme="城乡居民")],
        }.get(category, [])
        answered(work, query, delivery, *rows)
    comparison.build(work, case)
    return case, family, members


def drafted(work: Work, case: Case) -> Report:
    return reports.draft(being(work, "handler"), case, Notes("见附件。"))


def signed(work: Work, case: Case) -> Report:
    report = drafted(work, case)
    reviewer = being(work, "reviewer")
    reports.give_number(reviewer, case, report)
    reports.sign(reviewer, case, report, CANONICAL, DIGEST)
    return report


def delivered(work: Work, case: Case) -> Report:
    report = signed(work, case)
    reports.printed(work, case, report, work.home.blobs.put_bytes(b"%PDF-1.7 report"))
    reports.deliver(work.acting(SCHEDULER), case, report)
    return report


def listed(work: Work, case: Case) -> Report:
    """The doubt list of a review, issued."""
    system = work.acting(SCHEDULER)
    return reports.issue_doubt_list(system, case, reports.next_list_number(system, case), CANONICAL, DIGEST)


def doubted(work: Work, case: Case, person: Person, code: str = "DEP-01") -> Doubt:
    """A doubt about somebody's deposit, resting on its row."""
    line = next(
        line for line in comparison.lines(work, case) if line.person == person.ref and line.category == "DEPOSIT"
    )
    row = next(
        row.id
        for piece in comparison.gathered(work, case, 0)
        if piece.person.id == person.id and piece.category == "DEPOSIT"
        for row in piece.rows
    )
    about = About(person.id, "DEPOSIT", line.id, row, {})
    rule = {"decision": "doubts", "table": "疑点表", "rule": "r1", "number": 1, "version": 4, "inputs": []}
    return doubts.raise_doubt(work, case, about, Raised(code, "存款未申报。", rule))[0]


def decide(work: Work, case: Case, outcome: str) -> Determination:
    return determinations.decide(being(work, "head"), case, Decision(outcome, "人均收入高于标准", "本民发〔2017〕47号"))


def review(work: Work, case: Case, outcome: str) -> Determination:
    return determinations.review(being(work, "head"), case, Decision(outcome, "逐项核实", "本民发〔2017〕47号"))


def noticed(work: Work, case: Case, determination: Determination) -> Notice:
    head = being(work, "head")
    return notices.issue(head, case, determination, notices.next_number(head, case), CANONICAL, DIGEST)


def told(work: Work, case: Case, notice: Notice) -> None:
    """Handed over today against a receipt."""
    notices.deliver(being(work, "town"), case, notice, delivered_on=TODAY, way="IN_PERSON", receipt=paper(work, case))
