"""What the law demands of the rows themselves: triggers for SQLite and PostgreSQL, one table of rules (walls 21).

Each rule refuses a change of a table while its condition holds and says which clause speaks. Tables never exist
without them: `create_all` installs them, and so does every migration (`install` may be repeated).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, MetaData, event, inspect

from domain.base import Base
from domain.verification.assist_guards import ASSIST
from domain.verification.catalogue_guards import CATALOGUE
from domain.verification.delivery_guards import DELIVERIES
from domain.verification.guarding import DELETE, INSERT, UPDATE, Guard, changed, once, unchangeable
from domain.verification.house_guards import HOUSE
from domain.verification.issued_guards import ISSUED
from domain.verification.money_guards import MONEY, PACKAGES
from domain.verification.recipient_guards import RECIPIENTS
from domain.verification.register_guards import REGISTERS
from domain.verification.rescue_guards import RESCUES
from domain.verification.stored_guards import STORED
from domain.verification.topology_guards import TOPOLOGY
from domain.verification.whitelist_guards import TABLES, WHITELIST
from domain.verification.wire_guards import WIRE


def _state_of(row: str) -> str:
    # locked on PostgreSQL, so that a letter cannot be issued while somebody adds to it
    return f"(SELECT c.state FROM commission c WHERE c.id = {row}.commission_id FOR SHARE)"  # noqa: S608  `row` is NEW or OLD


def _frozen_part(table: str, what: str) -> list[Guard]:
    """Rows of a letter may only move while it is a draft."""
    sentence = f"LF-16: the {what} of a commission are frozen at issue"
    new, old = f"{_state_of('NEW')} <> 'DRAFT'", f"{_state_of('OLD')} <> 'DRAFT'"
    return [
        Guard(table, INSERT, "frozen", new, sentence),
        Guard(table, UPDATE, "frozen", f"{old} OR {new}", sentence),
        Guard(table, DELETE, "frozen", old, sentence),
    ]


_ISSUING = "NEW.state = 'ISSUED' AND OLD.state = 'DRAFT'"
_SUBJECTS = "commission_subject s WHERE s.commission_id = NEW.id"
# a doubt list has its digest and no signature (BX-26); it is as final as a signed report
_SIGNED = "(OLD.state IN ('SIGNED','DELIVERED') OR OLD.digest IS NOT NULL)"

COMMISSION = [
    Guard("commission", INSERT, "draft", "NEW.state <> 'DRAFT'", "BX-17: a commission begins as a draft"),
    Guard(
        "commission",
        UPDATE,
        "moves",
        "NEW.state <> OLD.state AND NOT ((OLD.state = 'DRAFT' AND NEW.state = 'ISSUED')"
        " OR (OLD.state = 'ISSUED' AND NEW.state IN ('ACCEPTED','REFUSED')))",
        "BX-17: a commission goes from draft to issued, and from issued to accepted or refused, never back",
    ),
    Guard(
        "commission",
        UPDATE,
        "letter",
        "NEW.state <> 'DRAFT' AND (NEW.letter_id IS NULL OR NEW.commissioned_on IS NULL OR NEW.signatory_id IS NULL"
        " OR NEW.number IS NULL)",
        "BX-12: a commission needs its letter, number, date and signatory",
    ),
    Guard(
        "commission",
        UPDATE,
        "members",
        f"{_ISSUING} AND NEW.purpose = 'VERIFY' AND NEW.household_id IS NOT NULL AND EXISTS (SELECT 1 FROM person p"  # noqa: S608  fixed words
        " WHERE p.household_id = NEW.household_id AND p.kind = 'MEMBER'"
        " AND (p.left_on IS NULL OR p.left_on > NEW.commissioned_on)"
        f" AND NOT EXISTS (SELECT 1 FROM {_SUBJECTS} AND s.person_id = p.id))",
        "BX-11: a member of the household is missing among the authorised persons of this commission",
    ),
    Guard(
        "commission",
        UPDATE,
        "authorisations",
        f"{_ISSUING} AND EXISTS (SELECT 1 FROM commission_subject s JOIN authorisation a ON a.id = s.authorisation_id"  # noqa: S608  fixed words
        " WHERE s.commission_id = NEW.id AND (a.withdrawn_on IS NOT NULL OR a.valid_until < NEW.commissioned_on))",
        "BX-11: an authorisation of this commission was withdrawn or has run out",
    ),
    Guard(
        "commission",
        UPDATE,
        "whole",
        f"{_ISSUING} AND (NOT EXISTS (SELECT 1 FROM {_SUBJECTS})"  # noqa: S608  fixed words
        " OR NOT EXISTS (SELECT 1 FROM commission_category k WHERE k.commission_id = NEW.id))",
        "LF-16: a commission names persons and categories",
    ),
    Guard(
        "commission",
        UPDATE,
        "checked",
        "NEW.state IN ('ACCEPTED','REFUSED') AND OLD.state = 'ISSUED' AND NOT EXISTS (SELECT 1 FROM acceptance t"
        " WHERE t.commission_id = NEW.id AND t.outcome = NEW.state)",
        "LF-19: a commission is accepted or refused by a recorded check",
    ),
    Guard(
        "commission",
        UPDATE,
        "frozen",
        "OLD.state <> 'DRAFT' AND "
        + changed(
            *("id ref number case_id attempt household_id campaign_id department_id department_kind agency_id".split()),
            *("agency_kind programme purpose basis commissioned_on prepared_by signatory_id letter_id".split()),
            "valid_from",
            "valid_until",
            "issued_at",
        ),
        "BX-12: an issued commission letter does not change",
    ),
    Guard(
        "commission",
        UPDATE,
        "other",
        f"{_ISSUING} AND TRIM(NEW.basis) = '' AND EXISTS (SELECT 1 FROM organisation o"  # noqa: S608  fixed words
        " WHERE o.id = NEW.department_id AND o.office_type = 'other')",
        "LN-37: a unit that the norm does not name commissions with its legal basis alone",
    ),
    Guard(
        "commission",
        DELETE,
        "kept",
        "OLD.state <> 'DRAFT'",
        "BX-17: every attempt of a commission is kept",
    ),
    *_frozen_part("commission_subject", "persons"),
    Guard(
        "commission_subject",
        INSERT,
        "household",
        "EXISTS (SELECT 1 FROM commission c JOIN person p ON p.id = NEW.person_id WHERE c.id = NEW.commission_id"
        " AND c.household_id <> p.household_id)",
        "LF-16: this person belongs to another household than the commission",
    ),
    *_frozen_part("commission_category", "categories"),
    Guard(
        "acceptance",
        INSERT,
        "issued",
        f"{_state_of('NEW')} <> 'ISSUED'",
        "LF-19: only an issued commission is checked, and once",
    ),
    Guard(
        "acceptance",
        INSERT,
        "eyes",
        "EXISTS (SELECT 1 FROM commission c WHERE c.id = NEW.commission_id"
        " AND NEW.checker_id IN (c.prepared_by, c.signatory_id))",
        "LF-19: who prepared or signed a commission does not check it",
    ),
    *unchangeable("acceptance", "LF-19: a recorded check does not change"),
]

QUERIES = [
    Guard(
        "query",
        INSERT,
        "accepted",
        f"{_state_of('NEW')} <> 'ACCEPTED'",
        "LF-16: no query before the commission is accepted",
    ),
    Guard(
        "query",
        INSERT,
        "case",
        "NOT EXISTS (SELECT 1 FROM commission c JOIN cases k ON k.id = NEW.case_id WHERE c.id = NEW.commission_id"
        " AND (c.case_id = k.id OR c.campaign_id = k.campaign_id))",
        "LF-16: the commission is of another case",
    ),
    Guard(
        "query",
        UPDATE,
        "frozen",
        changed("case_id", "commission_id", "category", "resource_id", "round"),
        "LF-16: a query keeps its case, commission, category and source",
    ),
    *unchangeable("result_row", "LF-08: a result row does not change"),
]

PAPERS = [
    Guard(
        "report",
        UPDATE,
        "signed",
        f"{_SIGNED} AND "
        + changed(
            *("id ref case_id commission_id version kind number agency_id agency_kind remarks canonical".split()),
            *("digest handler_id reviewer_id drafted_at signed_at signed_on".split()),
        ),
        "LF-17: a signed report does not change",
    ),
    Guard(
        "report",
        UPDATE,
        "moves",
        "(OLD.state = 'SIGNED' AND NEW.state NOT IN ('SIGNED','DELIVERED'))"
        " OR (OLD.state = 'DELIVERED' AND NEW.state <> 'DELIVERED')",
        "LF-17: a signed report is only delivered, never taken back",
    ),
    Guard(
        "report",
        UPDATE,
        "once",
        once("pdf_id", "pdf_digest", "delivered_at", "received_by"),
        "LF-17: a report's document and delivery are recorded once",
    ),
    Guard("report", DELETE, "signed", _SIGNED, "LF-17: a signed report is kept"),
    *unchangeable("survey", "LF-08: a record of an investigation does not change"),
    *unchangeable("determination", "CK-13: a recorded decision does not change"),
    *unchangeable("non_cooperation", "BX-14: a recorded decision does not change"),
    Guard(
        "authorisation",
        UPDATE,
        "signed",
        changed(
            *("id ref number person_id case_id signed_on signer guardian_id scope until_rule valid_until".split()),
            *("scan_id collected_at collected_by".split()),
        ),
        "BX-11: a signed authorisation does not change",
    ),
    Guard(
        "authorisation",
        UPDATE,
        "once",
        once("withdrawn_on", "withdrawal_reason"),
        "BX-11: an authorisation is withdrawn once",
    ),
    Guard("authorisation", DELETE, "kept", "TRUE", "BX-11: an authorisation is kept"),
    Guard(
        "archive_file",
        UPDATE,
        "complete",
        "OLD.completed_at IS NOT NULL",
        "BX-27: a complete file does not change",
    ),
    Guard("archive_file", DELETE, "complete", "OLD.completed_at IS NOT NULL", "BX-27: a complete file is kept"),
    *(
        Guard(
            "archive_item",
            action,
            "complete",
            "EXISTS (SELECT 1 FROM archive_file f WHERE f.id = OLD.archive_id AND f.completed_at IS NOT NULL)",
            "BX-27: a document of a complete file is kept as it is",
        )
        for action in (UPDATE, DELETE)
    ),
]

JOURNAL = [
    *unchangeable("journal_entry", "BX-44: the journal is only added to"),
    *unchangeable("journal_seal", "BX-44: the journal is only added to"),
]

# held so by the database; the verbs (`tasks.leaving.closing`) say it first, and how to go on. An emergency lock is no
# closing
_OPEN_WORK = (
    "EXISTS (SELECT 1 FROM human_task t WHERE t.assignee_id = NEW.id"
    " AND t.state IN ('CREATED','READY','RESERVED','IN_PROGRESS','SUSPENDED','ERROR'))"
)
# locked on PostgreSQL, so that an account cannot be closed while somebody takes a task in its name
_NOT_IN_USE = (
    "NEW.assignee_id IS NOT NULL AND NEW.state IN ('CREATED','READY','RESERVED','IN_PROGRESS','SUSPENDED','ERROR')"
    " AND (SELECT a.state FROM account a WHERE a.id = NEW.assignee_id FOR SHARE) NOT IN ('ACTIVE','LOCKED')"
)
_IN_USE_FIRST = "NM-22: nobody takes a task whose account is closed"
STAFF = [
    Guard("human_task", INSERT, "in_use", _NOT_IN_USE, _IN_USE_FIRST),
    Guard("human_task", UPDATE, "in_use", f"{changed('assignee_id')} AND {_NOT_IN_USE}", _IN_USE_FIRST),
    Guard(
        "account",
        UPDATE,
        "closed",
        f"NEW.state NOT IN ('ACTIVE','LOCKED') AND OLD.state IN ('ACTIVE','LOCKED') AND {_OPEN_WORK}",
        "NM-22: an account with open work is not closed; the work is handed over first",
    ),
    Guard(
        "account",
        UPDATE,
        "moved",
        f"NEW.org_id <> OLD.org_id AND {_OPEN_WORK}",
        "NM-22: somebody with open work does not change the office; the work is handed over first",
    ),
]

GUARDS: tuple[Guard, ...] = (
    *COMMISSION,
    *QUERIES,
    *PACKAGES,
    *MONEY,
    *STORED,
    *DELIVERIES,
    *PAPERS,
    *WHITELIST,
    *TABLES,
    *RECIPIENTS,
    *JOURNAL,
    *STAFF,
    *CATALOGUE,
    *HOUSE,
    *REGISTERS,
    *TOPOLOGY,
    *RESCUES,
    *ISSUED,
    *WIRE,
    *ASSIST,
)


def statements(dialect: str, tables: Iterable[str] | None = None) -> list[str]:
    """The statements that put the guards of `tables` (None: of all) in place, in order; safe to repeat."""
    wanted = None if tables is None else set(tables)
    chosen = [guard for guard in GUARDS if wanted is None or guard.table in wanted]
    return [line for guard in chosen for line in (*_gone(guard, dialect), *_made(guard, dialect))]


def removals(dialect: str, tables: Iterable[str]) -> list[str]:
    """The statements that take the guards of `tables` away, for a migration that must rewrite rows."""
    wanted = set(tables)
    return [line for guard in GUARDS if guard.table in wanted for line in _gone(guard, dialect)]


def install(connection: Connection) -> None:
    """Put every guard in place whose table exists; the last step of a migration."""
    present = set(inspect(connection).get_table_names())
    _run(connection, statements(connection.dialect.name, present))


def remove(connection: Connection, *tables: str) -> None:
    """Take the guards of `tables` away; only a migration may, and `install` brings them back."""
    _run(connection, removals(connection.dialect.name, tables))


def _run(connection: Connection, lines: Sequence[str]) -> None:
    for line in lines:
        connection.exec_driver_sql(line)


def _condition(guard: Guard, dialect: str) -> str:
    if dialect != "sqlite":
        return guard.refused_when
    return guard.refused_when.replace("IS DISTINCT FROM", "IS NOT").replace(" FOR SHARE", "")


def _made(guard: Guard, dialect: str) -> list[str]:
    sentence = guard.sentence.replace("'", "''")
    head = f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} FOR EACH ROW"
    condition = _condition(guard, dialect)
    if dialect == "sqlite":
        return [f"{head} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{sentence}'); END"]
    row = "OLD" if guard.event == DELETE else "NEW"
    return [
        (
            f"CREATE OR REPLACE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF {condition} THEN RAISE EXCEPTION USING MESSAGE = '{sentence}', ERRCODE = 'check_violation';"
            f" END IF; RETURN {row}; END $$"
        ),
        f"{head} EXECUTE FUNCTION {guard.name}()",
    ]


def _gone(guard: Guard, dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {guard.name}"]
    return [f"DROP TRIGGER IF EXISTS {guard.name} ON {guard.table}"]


@event.listens_for(Base.metadata, "after_create")
def _with_the_tables(_target: MetaData, connection: Connection, **_options: Any) -> None:
    install(connection)
