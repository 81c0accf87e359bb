"""What the database itself refuses, tried in raw SQL on both databases (walls 21)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from cli import migrate
from domain.settings import Settings
from domain.verification import guards
from domain.verification.catalogue_guards import CATALOGUE
from domain.verification.guards import GUARDS
from domain.work import harden
from tests.domain.verification.assist_attempts import ASSIST
from tests.domain.verification.delivery_attempts import DELIVERIES
from tests.domain.verification.house_attempts import HOUSE
from tests.domain.verification.issued_attempts import ISSUED as PAPERS_OUT
from tests.domain.verification.recipient_attempts import RECIPIENTS
from tests.domain.verification.register_attempts import REGISTERS
from tests.domain.verification.rescue_attempts import RESCUES
from tests.domain.verification.topology_attempts import TOPOLOGY
from tests.domain.verification.wire_attempts import KEYS, WIRE
from tests.domain.verification.world import WORLD
from tests.infrastructure.databases import EMPTY, SQLITE, Place, Template

DRAFT = "(SELECT id FROM commission WHERE state = 'DRAFT')"
ISSUED = "(SELECT id FROM commission WHERE state = 'ISSUED')"
ACCEPTED = "(SELECT id FROM commission WHERE state = 'ACCEPTED')"
DRAFT_MEMBER = (
    "(SELECT p.id FROM person p JOIN commission c ON c.household_id = p.household_id WHERE c.state = 'DRAFT')"
)
# a draft with everything a letter needs but its subjects
WRITTEN = (
    "UPDATE commission SET commissioned_on = '2027-03-10', number = 'N1', letter_id = (SELECT MIN(id) FROM"
    " stored_file), signatory_id = (SELECT MIN(id) FROM account) WHERE state = 'DRAFT'"
)
NAMED = (
    "INSERT INTO commission_subject (commission_id, person_id, purpose, commissioned_on, authorisation_id, signed_on)"
    " SELECT c.id, p.id, 'VERIFY', c.commissioned_on, a.id, a.signed_on FROM commission c JOIN person p ON"
    " p.household_id = c.household_id JOIN authorisation a ON a.person_id = p.id WHERE c.state = 'DRAFT'"
)
BORN = (
    "INSERT INTO person (ref, household_id, kind, position, relation, name, idno, idno_blind, born_on, capacity)"
    " SELECT 'x', p.household_id, 'MEMBER', 5, 'x', p.name, p.idno, p.idno_blind, p.born_on, 'FULL' FROM person p"
    f" WHERE p.id = {DRAFT_MEMBER}"
)
ANYBODY = (
    "INSERT INTO commission_subject (commission_id, person_id, purpose, commissioned_on) SELECT c.id, p.id, 'SURVIVAL',"
    f" c.commissioned_on FROM commission c JOIN person p ON p.household_id = c.household_id WHERE c.id = {ISSUED}"
)
STRANGER = (
    "INSERT INTO commission_subject (commission_id, person_id, purpose, commissioned_on, authorisation_id, signed_on)"
    " SELECT c.id, a.person_id, 'VERIFY', c.commissioned_on, a.id, a.signed_on FROM commission c, authorisation a"
    f" WHERE c.state = 'DRAFT' AND a.person_id <> {DRAFT_MEMBER}"
)
OTHER_UNIT = "UPDATE organisation SET office_type = 'other' WHERE kind = 'department'"
NO_BASIS = "UPDATE commission SET basis = ' ' WHERE state = 'DRAFT'"
ISSUE = "UPDATE commission SET state = 'ISSUED' WHERE state = 'DRAFT'"
COPY = (
    "INSERT INTO commission (ref, case_id, attempt, household_id, department_id, department_kind, agency_id,"
    " agency_kind, programme, purpose, basis, state, letter_id, commissioned_on, signatory_id, number)"
    " SELECT 'x', case_id, 9, household_id, department_id, department_kind, agency_id, agency_kind, programme,"
    " purpose, basis, {state}, letter_id, commissioned_on, signatory_id, 'N9' FROM commission WHERE state = 'ACCEPTED'"
)
QUERY = (
    "INSERT INTO query (ref, case_id, commission_id, category, resource_id, round, state, reason)"
    " SELECT 'x', {case}, c.id, 'DEPOSIT', (SELECT MIN(id) FROM resource), 7, 'PLANNED', '' FROM commission c"
    " WHERE c.state = {state}"
)
CHECKED = (
    "INSERT INTO acceptance (ref, commission_id, outcome, reason_code, items, checker_id, preparer_id, decided_at)"
    " SELECT 'x', c.id, 'ACCEPTED', '', '{{}}', {checker}, {preparer}, '2027-03-10 00:00:00' FROM commission c"
    " WHERE c.state = '{state}'"
)

VERIFIED = (
    "INSERT INTO doubt (ref, case_id, round, person_id, category, code, result_id, rule, sentence, raised_at, finding)"
    " SELECT 'd', q.case_id, 3, r.person_id, r.category, 'D-X', r.id, '{{}}', r.value, r.obtained_at, {finding}"
    " FROM result_row r JOIN query q ON q.id = r.query_id WHERE r.id = (SELECT MIN(id) FROM result_row)"
)
LET_PASS = (
    "INSERT INTO whitelist_entry (ref, department_id, case_id, doubt_id, person_id, category, fingerprint, reason,"
    " evidence_id, valid_until, state, proposed_by, proposed_at)"
    " SELECT 'w', c.department_id, c.id, d.id, d.person_id, d.category, 'fp1:"
    + "0"
    * 64
    + "', d.sentence, (SELECT MIN(id) FROM stored_file), '2027-09-10', 'PROPOSED', (SELECT MIN(id) FROM account),"
    " d.raised_at FROM doubt d JOIN cases c ON c.id = d.case_id WHERE d.ref = 'd'"
)
ON_LIST = [VERIFIED.format(finding="'SOURCE_ERROR'"), LET_PASS]
PASSED = (
    "INSERT INTO whitelist_pass (entry_id, case_id, round, person_id, category, code, result_id, rule, passed_at)"
    " SELECT w.id, w.case_id, 4, w.person_id, w.category, 'D-X', d.result_id, '{}', w.proposed_at"
    " FROM whitelist_entry w JOIN doubt d ON d.id = w.doubt_id"
)
TABLE = (
    "INSERT INTO policy_table (digest, content, deployed_at) SELECT 'x', content, deployed_at FROM policy_file"
    " WHERE id = (SELECT MIN(id) FROM policy_file)"
)
SENT = "UPDATE query SET state = 'SENT'"
PACKAGE = (
    "INSERT INTO request_package (ref, number, resource_id, agency_id, layout, state, persons, made_by, made_at, due,"
    " due_at) SELECT 'k', 'K1', q.resource_id, c.agency_id, 'XLSX', 'OUT', 1, (SELECT MIN(id) FROM account),"
    " '2027-03-10 00:00:00', '{}', '2027-03-20 00:00:00' FROM query q JOIN commission c ON c.id = q.commission_id"
)
IN_PACKAGE = (
    "INSERT INTO request_package_person (package_id, position, query_id, person_id, token, state)"
    " SELECT k.id, 1, s.query_id, s.person_id, 'R1', 'ASKED' FROM request_package k, query_subject s"
)
RESULT = (
    "INSERT INTO result_row (ref, query_id, person_id, category, source_org_id, source_level, delivery_id, row_no,"
    " data_date, obtained_at, match_kind, name_differs, fingerprint, value) SELECT 'x', query_id, person_id, category,"
    " source_org_id, source_level, delivery_id, row_no, data_date, obtained_at, match_kind, name_differs, 'other',"
    " value FROM result_row"
)
ANSWERING = "UPDATE delivery SET package_id = (SELECT id FROM request_package)"
OUT = [SENT, PACKAGE, IN_PACKAGE]
PART = (
    "INSERT INTO delivery_part (delivery_id, position, rows, last_sheet, last_row, key_id, content, blob_name,"
    " blob_key, blob_digest, blob_size) SELECT d.id, 0, 2, 1, 3, 1, 'c', 'part', f.blob_key, 'x', 9 FROM delivery d"
    " JOIN stored_file f ON f.id = d.file_id WHERE d.state = 'READY' ORDER BY d.id LIMIT 1"
)
PURGE = (
    "INSERT INTO delivery_purge (ref, delivery_id, content, rows, bytes, files, key_ids, results_kept, reason,"
    " purged_at) SELECT 'z', MIN(id), 'c', 2, 9, 1, '[]', 0, 'r', '2027-03-20 00:00:00' FROM delivery"
)

RUN = (
    "INSERT INTO reconciliation_run (ref, month, unit_id) SELECT 'r', '2027-03', department_id FROM commission WHERE"
    " state = 'ACCEPTED'"
)
ITEM = (
    "INSERT INTO reconciliation_difference (ref, key, run_id, unit_id, month, rule, idno_blind, item, facts, state,"
    " found_at) SELECT 'd', 'd', r.id, r.unit_id, '2027-03', 'DUP-TK', p.idno_blind, '', '{}', 'OPEN',"
    " '2027-03-10 00:00:00' FROM reconciliation_run r, person p WHERE p.id = (SELECT MIN(q.person_id) FROM"
    " query_subject q)"
)
AGAIN = (
    "INSERT INTO determination (ref, case_id, ordinal, report_id, outcome, reason, basis, org_id, org_kind, decided_by,"
    " decided_at) SELECT 'x', case_id, 2, report_id, '{outcome}', reason, basis, org_id, org_kind, decided_by,"
    " decided_at FROM determination"
)

# guard, statements before it, the statement it refuses
ATTEMPTS: list[tuple[str, list[str], str]] = [
    ("guard_whitelist_entry_insert_record", [VERIFIED.format(finding="'TRUE'")], LET_PASS),
    ("guard_whitelist_entry_update_frozen", ON_LIST, "UPDATE whitelist_entry SET valid_until = '2099-01-01'"),
    (
        "guard_whitelist_entry_update_moves",
        ON_LIST,
        "UPDATE whitelist_entry SET state = 'ENDED', ended_at = proposed_at, decided_by = proposed_by + 1",
    ),
    ("guard_whitelist_entry_delete_kept", ON_LIST, "DELETE FROM whitelist_entry"),
    ("guard_policy_table_update_never", [TABLE], "UPDATE policy_table SET digest = 'y'"),
    ("guard_policy_table_delete_never", [TABLE], "DELETE FROM policy_table"),
    ("guard_whitelist_pass_update_never", [*ON_LIST, PASSED], "UPDATE whitelist_pass SET code = 'D-Y'"),
    ("guard_whitelist_pass_delete_never", [*ON_LIST, PASSED], "DELETE FROM whitelist_pass"),
    ("guard_commission_insert_draft", [], COPY.format(state="'ACCEPTED'")),
    ("guard_commission_insert_draft", [], COPY.format(state="'ISSUED'")),
    ("guard_commission_update_moves", [], "UPDATE commission SET state = 'DRAFT' WHERE state = 'ISSUED'"),
    ("guard_commission_update_moves", [], "UPDATE commission SET state = 'ISSUED' WHERE state = 'ACCEPTED'"),
    ("guard_commission_update_moves", [WRITTEN], "UPDATE commission SET state = 'ACCEPTED' WHERE state = 'DRAFT'"),
    (
        "guard_commission_update_letter",
        [WRITTEN, NAMED, "UPDATE commission SET letter_id = NULL WHERE state = 'DRAFT'"],
        ISSUE,
    ),
    ("guard_commission_update_members", [WRITTEN, NAMED, BORN], ISSUE),
    (
        "guard_commission_update_other",
        [
            WRITTEN,
            NAMED,
            OTHER_UNIT,
            NO_BASIS,
        ],
        ISSUE,
    ),
    (
        "guard_commission_update_authorisations",
        [WRITTEN, NAMED, f"UPDATE authorisation SET withdrawn_on = '2027-03-10' WHERE person_id = {DRAFT_MEMBER}"],
        ISSUE,
    ),
    (
        "guard_commission_update_whole",
        [WRITTEN, NAMED, f"DELETE FROM commission_category WHERE commission_id = {DRAFT}"],
        ISSUE,
    ),
    ("guard_commission_update_checked", [], "UPDATE commission SET state = 'ACCEPTED' WHERE state = 'ISSUED'"),
    ("guard_commission_update_checked", [], "UPDATE commission SET state = 'REFUSED' WHERE state = 'ISSUED'"),
    ("guard_commission_update_frozen", [], "UPDATE commission SET basis = 'other' WHERE state = 'ISSUED'"),
    (
        "guard_commission_update_frozen",
        [],
        "UPDATE commission SET letter_id = (SELECT MIN(id) FROM stored_file) WHERE state = 'ACCEPTED'",
    ),
    ("guard_commission_delete_kept", [], "DELETE FROM commission WHERE state = 'ISSUED'"),
    (
        "guard_commission_subject_insert_frozen",
        [],
        ANYBODY,
    ),
    (
        "guard_commission_subject_update_frozen",
        [],
        f"UPDATE commission_subject SET person_id = 1 WHERE commission_id = {ISSUED}",
    ),
    ("guard_commission_subject_delete_frozen", [], f"DELETE FROM commission_subject WHERE commission_id = {ACCEPTED}"),
    (
        "guard_commission_subject_insert_household",
        [WRITTEN],
        STRANGER,
    ),
    (
        "guard_commission_category_insert_frozen",
        [],
        f"INSERT INTO commission_category (commission_id, purpose, category) VALUES ({ISSUED}, 'VERIFY', 'HOUSE')",
    ),
    (
        "guard_commission_category_update_frozen",
        [],
        f"UPDATE commission_category SET category = 'HOUSE' WHERE commission_id = {ISSUED}",
    ),
    (
        "guard_commission_category_delete_frozen",
        [],
        f"DELETE FROM commission_category WHERE commission_id = {ACCEPTED}",
    ),
    (
        "guard_acceptance_insert_issued",
        [],
        CHECKED.format(state="DRAFT", checker="(SELECT MAX(id) FROM account)", preparer="c.prepared_by"),
    ),
    (
        "guard_acceptance_insert_eyes",
        [],
        CHECKED.format(state="ISSUED", checker="c.signatory_id", preparer="c.prepared_by"),
    ),
    ("guard_acceptance_update_never", [], "UPDATE acceptance SET outcome = 'REFUSED'"),
    ("guard_acceptance_delete_never", [], "DELETE FROM acceptance"),
    ("guard_query_insert_accepted", [], QUERY.format(case="c.case_id", state="'DRAFT'")),
    ("guard_query_insert_accepted", [], QUERY.format(case="c.case_id", state="'ISSUED'")),
    (
        "guard_query_insert_case",
        [],
        QUERY.format(case="(SELECT case_id FROM commission WHERE state = 'DRAFT')", state="'ACCEPTED'"),
    ),
    ("guard_query_update_frozen", [], "UPDATE query SET category = 'DEATH'"),
    ("guard_result_row_update_never", [], "UPDATE result_row SET row_no = '3'"),
    ("guard_result_row_delete_never", [], "DELETE FROM result_row"),
    ("guard_request_package_person_insert_out", [PACKAGE], IN_PACKAGE),
    (
        "guard_request_package_person_insert_out",
        [SENT, PACKAGE, "UPDATE request_package SET state = 'EXPIRED', closed_at = '2027-03-20 00:00:00'"],
        IN_PACKAGE,
    ),
    ("guard_request_package_person_update_frozen", OUT, "UPDATE request_package_person SET token = 'R2'"),
    ("guard_request_package_person_delete_kept", OUT, "DELETE FROM request_package_person"),
    (
        "guard_request_package_update_closed",
        [*OUT, "UPDATE request_package SET state = 'EXPIRED', closed_at = '2027-03-20 00:00:00'"],
        "UPDATE request_package SET state = 'OUT'",
    ),
    ("guard_delivery_part_update_rows", [PART], "UPDATE delivery_part SET rows = 1"),
    ("guard_delivery_part_update_rows", [PART], "UPDATE delivery_part SET content = 'd'"),
    ("guard_delivery_part_delete_seen", [PART], "DELETE FROM delivery_part"),
    ("guard_delivery_purge_update_never", [PURGE], "UPDATE delivery_purge SET rows = 1"),
    ("guard_delivery_purge_delete_never", [PURGE], "DELETE FROM delivery_purge"),
    ("guard_result_row_insert_asked", [SENT, PACKAGE, ANSWERING], RESULT),
    *RECIPIENTS,
    *DELIVERIES,
    *REGISTERS,
    *TOPOLOGY,
    *RESCUES,
    *PAPERS_OUT,
    *HOUSE,
    ("guard_determination_insert_alone", [RUN, ITEM], AGAIN.format(outcome="APPROVE")),
    ("guard_determination_insert_alone", [RUN, ITEM], AGAIN.format(outcome="CONTINUE")),
    (
        "guard_reconciliation_difference_update_handled",
        [RUN, ITEM, "UPDATE reconciliation_difference SET state = 'GONE'"],
        "UPDATE reconciliation_difference SET state = 'OPEN'",
    ),
    ("guard_reconciliation_difference_delete_kept", [RUN, ITEM], "DELETE FROM reconciliation_difference"),
    ("guard_report_update_signed", [], "UPDATE report SET digest = 'f'"),
    ("guard_report_update_signed", [], "UPDATE report SET number = 'R2'"),
    ("guard_report_update_moves", [], "UPDATE report SET state = 'DRAFT'"),
    ("guard_report_update_moves", ["UPDATE report SET state = 'DELIVERED'"], "UPDATE report SET state = 'SIGNED'"),
    ("guard_report_update_once", ["UPDATE report SET pdf_digest = 'a'"], "UPDATE report SET pdf_digest = 'b'"),
    ("guard_report_delete_signed", [], "DELETE FROM report"),
    ("guard_survey_update_never", [], "UPDATE survey SET method = 'OTHER'"),
    ("guard_survey_delete_never", [], "DELETE FROM survey"),
    ("guard_determination_update_never", [], "UPDATE determination SET outcome = 'REJECT'"),
    ("guard_determination_delete_never", [], "DELETE FROM determination"),
    ("guard_non_cooperation_update_never", [], "UPDATE non_cooperation SET choice = 'REFUSE'"),
    ("guard_non_cooperation_delete_never", [], "DELETE FROM non_cooperation"),
    ("guard_authorisation_update_signed", [], "UPDATE authorisation SET signed_on = '2027-01-01'"),
    ("guard_authorisation_update_signed", [], "UPDATE authorisation SET scope = 'COUNTY'"),
    (
        "guard_authorisation_update_once",
        ["UPDATE authorisation SET withdrawn_on = '2027-03-10'"],
        "UPDATE authorisation SET withdrawn_on = NULL",
    ),
    ("guard_authorisation_delete_kept", [], "DELETE FROM authorisation"),
    ("guard_archive_file_update_complete", [], "UPDATE archive_file SET completed_at = NULL"),
    ("guard_archive_file_delete_complete", [], "DELETE FROM archive_file"),
    ("guard_archive_item_update_complete", [], "UPDATE archive_item SET kind = 'NOTICE'"),
    ("guard_archive_item_delete_complete", [], "DELETE FROM archive_item"),
    ("guard_journal_entry_update_never", [], "UPDATE journal_entry SET event = 'x'"),
    ("guard_journal_entry_delete_never", [], "DELETE FROM journal_entry"),
    ("guard_journal_seal_update_never", [], "UPDATE journal_seal SET entries = 0"),
    ("guard_journal_seal_delete_never", [], "DELETE FROM journal_seal"),
]
SENTENCES = {guard.name: guard.sentence for guard in GUARDS}


@pytest.fixture
def database(fresh_place: Callable[[str, Template], Place], database_kind: str) -> Iterator[Engine]:
    engine = harden(create_engine(fresh_place(database_kind, WORLD).url))
    yield engine
    engine.dispose()


def _refusal(engine: Engine, before: list[str], statement: str) -> str:
    """What the database says to `statement`; everything is rolled back."""
    with engine.connect() as connection, connection.begin() as transaction:
        for line in before:
            connection.execute(text(line))
        with pytest.raises(IntegrityError) as caught:
            connection.execute(text(statement))
        transaction.rollback()
    return str(caught.value.orig)


@pytest.mark.clause("BX-11")
@pytest.mark.clause("BX-12")
@pytest.mark.clause("BX-17")
@pytest.mark.clause("LF-16")
@pytest.mark.clause("LF-19")
def test_raw_sql_meets_every_guard_and_reads_its_clause(database: Engine) -> None:
    wrong = {}
    for name, before, statement in ATTEMPTS:
        said = _refusal(database, before, statement)
        if SENTENCES[name] not in said:
            wrong[name] = said
    assert wrong == {}


@pytest.mark.clause("LN-31")
def test_raw_sql_meets_every_rule_of_the_exchange_and_reads_its_clause(database: Engine) -> None:
    for name, before, statement in WIRE:
        assert SENTENCES[name] in _refusal(database, before, statement), name


def test_raw_sql_meets_every_rule_of_other_regions_and_reads_its_clause(database: Engine) -> None:
    for name, before, statement in ASSIST:
        assert SENTENCES[name] in _refusal(database, before, statement), name


@pytest.mark.clause("LN-31")
def test_raw_sql_approves_no_device_of_its_own_and_takes_no_package_in_twice(database: Engine) -> None:
    for before, statement in KEYS:
        assert "constraint" in _refusal(database, before, statement).lower()


def test_every_guard_is_tried() -> None:
    # those of accounts and holders need open work: tests/tasks/test_leaving.py, tests/torture/test_closing.py
    # those of the catalogue: tests/domain/verification/test_catalogue_guards.py
    elsewhere = {guard.name for guard in CATALOGUE}
    here = {name for name in SENTENCES if not name.startswith(("guard_account_", "guard_human_task_"))} - elsewhere
    assert {name for name, _before, _statement in (*ATTEMPTS, *WIRE, *ASSIST)} == here


def test_what_the_law_allows_still_works_in_raw_sql(database: Engine) -> None:
    with database.begin() as connection:
        for line in (
            WRITTEN,
            NAMED,
            ISSUE,
            "UPDATE report SET pdf_digest = 'a', state = 'DELIVERED'",
            "UPDATE query SET state = 'ANSWERED'",
            "UPDATE authorisation SET withdrawn_on = '2027-03-10'",
        ):
            assert connection.execute(text(line)).rowcount > 0, line


@pytest.mark.clause("BX-11")
def test_a_subject_without_authorisation_or_with_a_later_one_cannot_be_inserted(database: Engine) -> None:
    later = NAMED.replace("c.commissioned_on, a.id", "'2027-03-01', a.id")
    early = WRITTEN.replace("2027-03-10", "2027-03-01")
    nobody = NAMED.replace("a.id, a.signed_on FROM", "NULL, NULL FROM")

    assert "authorised_first" in _refusal(database, [early], later)
    assert "authorised_first" in _refusal(database, [WRITTEN], nobody)


@pytest.mark.clause("BX-11")
def test_a_subject_cannot_borrow_another_persons_authorisation(database: Engine) -> None:
    others = NAMED.replace("a.person_id = p.id", "a.person_id <> p.id")
    borrowed = others.replace("WHERE c.state", "WHERE a.id = (SELECT MAX(id) FROM authorisation) AND c.state")

    assert "foreign key" in _refusal(database, [WRITTEN], borrowed).lower()


@pytest.mark.clause("BX-16")
def test_a_commission_free_of_authorisation_admits_identity_categories_only(database: Engine) -> None:
    freed = (
        COPY.format(state="'DRAFT'")
        .replace(" purpose, basis, 'DRAFT'", " 'SURVIVAL', basis, 'DRAFT'")
        .replace("letter_id, commissioned_on, signatory_id, 'N9' FROM", "NULL, NULL, NULL, NULL FROM")
    )
    add = "INSERT INTO commission_category (commission_id, purpose, category) SELECT id, 'SURVIVAL', {} FROM commission WHERE purpose = 'SURVIVAL'"  # noqa: E501

    assert "identity_only" in _refusal(database, [freed], add.format("'DEPOSIT'"))
    with database.begin() as connection:
        connection.execute(text(freed))
        assert connection.execute(text(add.format("'DEATH'"))).rowcount == 1


def test_guards_may_be_installed_again_and_taken_away_for_a_migration(database: Engine) -> None:
    with database.begin() as connection:
        guards.install(connection)
        guards.remove(connection, "journal_entry")
        assert connection.execute(text("UPDATE journal_entry SET event = 'x'")).rowcount > 0
        guards.install(connection)
    assert "BX-44" in _refusal(database, [], "DELETE FROM journal_entry")


def test_every_guarded_table_exists(database: Engine) -> None:
    assert {guard.table for guard in GUARDS} <= set(inspect(database).get_table_names())


def test_replacing_a_row_is_no_way_round_a_guard_on_sqlite(
    fresh_place: Callable[[str, Template], Place], request: pytest.FixtureRequest
) -> None:
    request.node.user_properties.append(("ran on", SQLITE))
    engine = harden(create_engine(fresh_place(SQLITE, WORLD).url))
    for table in ("result_row", "determination", "journal_entry"):
        clause = next(guard.sentence for guard in GUARDS if guard.table == table and guard.part == "never")
        assert clause in _refusal(engine, [], f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
    engine.dispose()


TRIGGERS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT t.tgname, pg_get_triggerdef(t.oid) || pg_get_functiondef(t.tgfoid) FROM pg_trigger t"
    " WHERE NOT t.tgisinternal",
}


def _triggers(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        rows = connection.execute(text(TRIGGERS[engine.dialect.name]))
        return {name: " ".join(said.split()) for name, said in rows}


def test_a_migrated_database_has_the_same_guards(
    database: Engine, fresh_place: Callable[[str, Template], Place], database_kind: str
) -> None:
    place = fresh_place(database_kind, EMPTY)
    engine = harden(create_engine(place.url))
    migrate.upgrade(Settings.from_env(place.environment), engine)
    migrated = _triggers(engine)
    engine.dispose()

    assert migrated == _triggers(database)
