"""What the database itself refuses of the catalogue, tried in raw SQL on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from domain.verification import catalogue_gaps, catalogue_quotas, catalogue_versions, queries
from domain.verification.catalogue_guards import CATALOGUE
from domain.verification.catalogue_rows import MONTH, REFUSE
from domain.verification.catalogue_windows import Window
from tests.domain.office import TODAY, Desk
from tests.domain.verification.catalogued import agency, agreed, content, item, keeper, published
from tests.domain.verification.sourced import accepted_case, sitting, supplier

PUBLISHED, DRAFT = "state = 'PUBLISHED'", "state = 'DRAFT'"
ATTEMPTS = [
    ("resource_version_insert_draft",
     ("INSERT INTO resource_version (ref, resource_id, number, state, taken_over, purpose, channel, fields,"
     " limit_length, limit_unit, written_at, state_reason) SELECT 'x', resource_id, 9, 'RETIRED', FALSE, 'x', 'FILE',"
     f" 'x', 1, 'working', written_at, 'x' FROM resource_version WHERE {PUBLISHED}")),
    ("resource_version_update_moves", f"UPDATE resource_version SET state = 'DRAFT' WHERE {PUBLISHED}"),
    ("resource_version_update_moves", f"UPDATE resource_version SET state_reason = '.', state='RETIRED' WHERE {DRAFT}"),
    *(("resource_version_update_frozen", f"UPDATE resource_version SET {change} WHERE {PUBLISHED}")
      for change in ("limit_length = 99", "limit_unit = 'month'", "fields = 'x'", "purpose = 'x'", "channel = 'API'",
                     "agreement_id = NULL", "number = 7", "published_by = NULL", "taken_over = TRUE")),
    ("resource_version_update_agreed",
     ("UPDATE resource_version SET agreement_id = (SELECT max(id) FROM agreement), state = 'PUBLISHED',"
     f" published_by = (SELECT min(id) FROM account) WHERE {DRAFT}")),
    ("resource_version_delete_kept", f"DELETE FROM resource_version WHERE {PUBLISHED}"),
    ("resource_window_insert_frozen",
     ("INSERT INTO resource_window (version_id, first_day, last_day, months) SELECT id, 9, 9, '' FROM resource_version"
     f" WHERE {PUBLISHED}")),
    ("resource_window_update_frozen", "UPDATE resource_window SET last_day = 31"),
    ("resource_window_delete_frozen", "DELETE FROM resource_window"),
    ("agreement_update_frozen", "UPDATE agreement SET valid_until = '2027-03-11'"),
    ("agreement_update_frozen", "UPDATE agreement SET number = 'x'"),
    ("agreement_delete_kept", "DELETE FROM agreement"),
    ("agreement_category_update_never", "UPDATE agreement_category SET category = 'WAGE'"),
    ("agreement_category_delete_never", "DELETE FROM agreement_category"),
    ("quota_update_never", "UPDATE quota SET most = 99"),
    ("quota_delete_never", "DELETE FROM quota"),
    ("quota_use_update_grows", "UPDATE quota_use SET used = 0"),
    ("quota_use_delete_kept", "DELETE FROM quota_use"),
    ("query_terms_update_never", "UPDATE query_terms SET opens_at = NULL"),
    ("query_terms_delete_never", "DELETE FROM query_terms"),
    ("catalogue_gap_note_update_never", "UPDATE catalogue_gap_note SET note = 'x'"),
    ("catalogue_gap_note_delete_never", "DELETE FROM catalogue_gap_note"),
]  # fmt: skip
# held by CHECK, UNIQUE and foreign keys
HELD = [
    ("ck_resource_version_has_limit", f"UPDATE resource_version SET {{whole}}, limit_length = NULL WHERE {DRAFT}"),
    ("ck_resource_version_has_limit", f"UPDATE resource_version SET {{whole}}, limit_length = 0 WHERE {DRAFT}"),
    ("ck_resource_version_has_limit", f"UPDATE resource_version SET {{whole}}, limit_unit = NULL WHERE {DRAFT}"),
    ("ck_resource_version_agreed", f"UPDATE resource_version SET {{whole}}, fields = '' WHERE {DRAFT}"),
    ("ck_resource_version_second_person",
     f"UPDATE resource_version SET {{whole}}, published_by = written_by WHERE {DRAFT}"),
    ("ck_resource_version_second_person", f"UPDATE resource_version SET {{whole}}, published_by = NULL WHERE {DRAFT}"),
    ("ck_quota_use_within", "UPDATE quota_use SET used = 99"),
    ("resource_version", f"UPDATE resource_version SET {{whole}} WHERE {DRAFT}"),  # a second one published
]  # fmt: skip
WHOLE = "state = 'PUBLISHED'"


@pytest.fixture
def catalogued(both: Desk) -> Desk:
    """A published item with a draft beside it, a window, a quota spent from, a query and a note."""
    with sitting(both, "clerk") as work:
        resource = item(work, both)
        published(work, both, resource, windows=(Window(1, 5),))
        catalogue_quotas.grant(
            keeper(work, both), resource, agency(work), period=MONTH, most=5, over=REFUSE, valid_from=TODAY
        )
        case, _family, _people = accepted_case(work, categories=("DEPOSIT",))
        queries.plan_batch(work, case)
        catalogue_gaps.note(keeper(work, both), agency(work), "WAGE", "已致函")
        held = agreed(keeper(work, both), work.session.get_one(type(agency(work)), resource.supplier_id),
                      until=TODAY.replace(year=2029))  # fmt: skip
        catalogue_versions.write(keeper(work, both), resource, content(held))
        agreed(keeper(work, both), supplier(work, "stranger"), "DEPOSIT")
    return both


def _refusal(connection: Connection, statement: str) -> str:
    nested = connection.begin_nested()
    try:
        with pytest.raises(IntegrityError) as caught:
            connection.execute(text(statement))
    finally:
        nested.rollback()
    return str(caught.value.orig)


@pytest.mark.clause("LN-23")
@pytest.mark.clause("LN-35")
def test_raw_sql_meets_every_rule_of_the_catalogue(catalogued: Desk) -> None:
    sentences = {guard.name: guard.sentence for guard in CATALOGUE}
    wrong = {}
    checker = "published_by = (SELECT id FROM account WHERE login = 'checker')"
    with catalogued.home.engine.connect() as connection, connection.begin() as transaction:
        for name, statement in ATTEMPTS:
            said = _refusal(connection, statement)
            if sentences[f"guard_{name}"] not in said:
                wrong[name, statement] = said
        for name, statement in HELD:
            whole = WHOLE if "published_by" in statement else f"{WHOLE}, {checker}"
            said = _refusal(connection, statement.format(whole=whole))
            if name not in said:
                wrong[name, statement] = said
        transaction.rollback()
    assert wrong == {}


def test_every_guard_of_the_catalogue_is_tried() -> None:
    assert {f"guard_{name}" for name, _statement in ATTEMPTS} == {guard.name for guard in CATALOGUE}
