"""Verification across regions: requests, the offices they pass, their people, items, results and messages.

Why: what a household has in another place is asked of the agency of that place, item by item, with its own clock
(LN-01 to LN-27, BX-18, BX-19, NM-01, NM-04).
Old rows: none. A report whose agency is not that of its case would be refused from here on; there never was one.
Size: seven new tables; a rule more on reports.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0044_assist"
down_revision = "0043_rescue"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
TABLES = ("assist_request", "assist_step", "assist_person", "assist_item", "assist_result", "assist_message")
GUARDS = (
    ('assist_request', 'INSERT', 'draft',
     "NEW.state <> 'DRAFT' OR NEW.special",
     'LN-09: a request across regions begins as a draft'),
    ('assist_request', 'INSERT', 'commissioned',
     "NEW.kind = 'NEW' AND NOT EXISTS (SELECT 1 FROM commission c JOIN cases k ON k.id = NEW.case_id WHERE c.id = NEW.commission_id AND c.state = 'ACCEPTED' AND k.agency_id = NEW.starter_id AND (c.case_id = k.id OR c.campaign_id = k.campaign_id))",
     'LN-01: no request across regions without an accepted commission of its agency'),
    ('assist_request', 'INSERT', 'level',
     "NEW.kind = 'DYNAMIC' AND (SELECT o.level FROM organisation o WHERE o.id = NEW.starter_id) NOT IN ('city','province')",
     'LN-20: only province and city agencies start batches of recipients across regions'),
    ('assist_request', 'UPDATE', 'moves',
     "NEW.state <> OLD.state AND NOT ((OLD.state = 'DRAFT' AND NEW.state IN ('ON_ITS_WAY','SENT','CONFIRMED','TERMINATED')) OR (OLD.state = 'ON_ITS_WAY' AND NEW.state IN ('SENT','CONFIRMED','REFUSED','TERMINATED')) OR (OLD.state = 'CONFIRMED' AND NEW.state IN ('SENT','TERMINATED','REFUSED')) OR (OLD.state = 'SENT' AND NEW.state IN ('DONE','TERMINATED')) OR (OLD.state = 'DONE' AND NEW.state = 'SENT' AND NEW.special))",
     'LN-09: a request goes forward, and what is over stays over'),
    ('assist_request', 'UPDATE', 'confirmed',
     "NEW.state IN ('SENT','CONFIRMED') AND OLD.state NOT IN ('SENT','CONFIRMED') AND NEW.reach = 'CROSS_PROV' AND NOT EXISTS (SELECT 1 FROM assist_step s WHERE s.request_id = NEW.id AND s.kind = 'CONFIRM' AND s.outcome = 'PASSED')",
     'LN-06: nothing leaves the province before the provincial agency confirmed it'),
    ('assist_request', 'UPDATE', 'reviewed',
     "NEW.state IN ('SENT','CONFIRMED') AND OLD.state NOT IN ('SENT','CONFIRMED') AND NEW.route = 'city_review' AND (SELECT o.level FROM organisation o WHERE o.id = NEW.starter_id) = 'county' AND (NOT EXISTS (SELECT 1 FROM assist_step s WHERE s.request_id = NEW.id) OR EXISTS (SELECT 1 FROM assist_step s WHERE s.request_id = NEW.id AND (s.outcome IS NULL OR s.outcome <> 'PASSED')))",
     "NM-01: a county's request is reviewed by the city before it is pushed"),
    ('assist_request', 'UPDATE', 'chain',
     "NEW.state IN ('SENT','CONFIRMED') AND OLD.state NOT IN ('SENT','CONFIRMED') AND NEW.route = 'chain' AND (NOT EXISTS (SELECT 1 FROM assist_step s WHERE s.request_id = NEW.id) OR EXISTS (SELECT 1 FROM assist_step s WHERE s.request_id = NEW.id AND (s.outcome IS NULL OR s.outcome <> 'PASSED')))",
     'BX-19: a request goes through every tier; none is skipped'),
    ('assist_request', 'UPDATE', 'frozen',
     "OLD.state <> 'DRAFT' AND (NEW.id IS DISTINCT FROM OLD.id OR NEW.ref IS DISTINCT FROM OLD.ref OR NEW.number IS DISTINCT FROM OLD.number OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.commission_id IS DISTINCT FROM OLD.commission_id OR NEW.starter_id IS DISTINCT FROM OLD.starter_id OR NEW.assist_id IS DISTINCT FROM OLD.assist_id OR NEW.place IS DISTINCT FROM OLD.place OR NEW.reach IS DISTINCT FROM OLD.reach OR NEW.route IS DISTINCT FROM OLD.route OR NEW.opened_by IS DISTINCT FROM OLD.opened_by OR NEW.opened_at IS DISTINCT FROM OLD.opened_at OR NEW.submitted_at IS DISTINCT FROM OLD.submitted_at)",
     'LN-09: a request that was submitted does not change'),
    ('assist_request', 'UPDATE', 'once',
     '(OLD.received_at IS NOT NULL AND NEW.received_at IS DISTINCT FROM OLD.received_at)',
     'LN-04: a request arrives once'),
    ('assist_request', 'UPDATE', 'agreed',
     'OLD.special AND NOT NEW.special',
     'LN-26: what was specially agreed stays agreed'),
    ('assist_request', 'DELETE', 'kept',
     "OLD.state <> 'DRAFT'",
     'LN-09: a request that was submitted is kept'),
    ('assist_step', 'INSERT', 'draft',
     "(SELECT r.state FROM assist_request r WHERE r.id = NEW.request_id FOR SHARE) <> 'DRAFT'",
     'BX-19: the way of a request is settled when it is submitted'),
    ('assist_step', 'UPDATE', 'order',
     "NEW.outcome IS NOT NULL AND OLD.outcome IS NULL AND EXISTS (SELECT 1 FROM assist_step s WHERE s.request_id = NEW.request_id AND s.position < NEW.position AND (s.outcome IS NULL OR s.outcome <> 'PASSED'))",
     'BX-19: a request goes through every tier; none is skipped'),
    ('assist_step', 'UPDATE', 'frozen',
     '(NEW.request_id IS DISTINCT FROM OLD.request_id OR NEW.position IS DISTINCT FROM OLD.position OR NEW.org_id IS DISTINCT FROM OLD.org_id OR NEW.kind IS DISTINCT FROM OLD.kind) OR (OLD.outcome IS NOT NULL AND NEW.outcome IS DISTINCT FROM OLD.outcome) OR (OLD.done_by IS NOT NULL AND NEW.done_by IS DISTINCT FROM OLD.done_by) OR (OLD.done_at IS NOT NULL AND NEW.done_at IS DISTINCT FROM OLD.done_at)',
     'LN-06: what an office said of a request does not change'),
    ('assist_step', 'DELETE', 'never',
     'TRUE',
     'LN-06: what an office said of a request is kept'),
    ('assist_person', 'INSERT', 'draft',
     "(SELECT r.state FROM assist_request r WHERE r.id = NEW.request_id FOR SHARE) <> 'DRAFT'",
     'LN-09: a request that was submitted does not change'),
    ('assist_person', 'INSERT', 'named',
     "NEW.person_id IS NOT NULL AND EXISTS (SELECT 1 FROM assist_request r WHERE r.id = NEW.request_id AND r.kind = 'NEW' AND NOT EXISTS (SELECT 1 FROM commission_subject s WHERE s.commission_id = r.commission_id AND s.person_id = NEW.person_id))",
     'LN-28: nobody is asked about whom the commission does not name'),
    ('assist_person', 'UPDATE', 'never',
     'TRUE',
     'LN-09: a request that was submitted does not change'),
    ('assist_person', 'DELETE', 'never',
     'TRUE',
     'LN-09: a request that was submitted does not change'),
    ('assist_item', 'INSERT', 'draft',
     "NEW.state <> 'DRAFT' OR (SELECT r.state FROM assist_request r WHERE r.id = NEW.request_id FOR SHARE) <> 'DRAFT'",
     'LN-03: the items of a request are settled before it is submitted'),
    ('assist_item', 'INSERT', 'catalogue',
     'NEW.resource_id IS NULL AND EXISTS (SELECT 1 FROM assist_request r WHERE r.id = NEW.request_id AND r.assist_id IS NOT NULL)',
     "LN-03: what is asked is an item of the other side's catalogue"),
    ('assist_item', 'INSERT', 'letter',
     "EXISTS (SELECT 1 FROM assist_request r WHERE r.id = NEW.request_id AND r.kind = 'NEW' AND NOT EXISTS (SELECT 1 FROM commission_category k WHERE k.commission_id = r.commission_id AND k.category = NEW.category))",
     'LN-28: nothing is asked that the commission does not name'),
    ('assist_item', 'UPDATE', 'frozen',
     '(NEW.id IS DISTINCT FROM OLD.id OR NEW.ref IS DISTINCT FROM OLD.ref OR NEW.request_id IS DISTINCT FROM OLD.request_id OR NEW.category IS DISTINCT FROM OLD.category OR NEW.resource_id IS DISTINCT FROM OLD.resource_id OR NEW.resource_code IS DISTINCT FROM OLD.resource_code)',
     'LN-03: what was asked does not change'),
    ('assist_item', 'UPDATE', 'moves',
     "NEW.state <> OLD.state AND (OLD.state IN ('ANSWERED','NOT_OBTAINED','CANCELLED') OR NEW.state = 'DRAFT' OR (OLD.state = 'EXPIRED' AND NOT (NEW.state IN ('OPEN','ANSWERED','CANCELLED') AND EXISTS (SELECT 1 FROM assist_request r WHERE r.id = NEW.request_id AND r.special))))",
     'LN-26: after the limit nothing is fed back, except where it was specially agreed'),
    ('assist_item', 'UPDATE', 'never_locks',
     "NEW.state = 'EXPIRED' AND OLD.state <> 'EXPIRED' AND NOT NEW.locks",
     'LN-23: an item of a batch of recipients never locks'),
    ('assist_item', 'UPDATE', 'once',
     '(OLD.reason IS NOT NULL AND NEW.reason IS DISTINCT FROM OLD.reason)',
     'LN-26: a reason that was given stays given'),
    ('assist_item', 'DELETE', 'never',
     'TRUE',
     'LN-03: what was asked is kept'),
    ('assist_result', 'INSERT', 'in_time',
     "EXISTS (SELECT 1 FROM assist_item i JOIN assist_request r ON r.id = i.request_id WHERE i.id = NEW.item_id AND NOT r.special AND i.locks AND (i.state = 'EXPIRED' OR i.due_at < NEW.answered_at))",
     'LN-26: after the limit nothing is fed back, except where it was specially agreed'),
    ('assist_result', 'INSERT', 'open',
     "NOT EXISTS (SELECT 1 FROM assist_item i JOIN assist_request r ON r.id = i.request_id JOIN assist_person p ON p.request_id = r.id WHERE i.id = NEW.item_id AND p.id = NEW.person_id AND r.state = 'SENT' AND i.state IN ('OPEN','EXPIRED'))",
     'LN-27: nothing is fed back to a request that is not open'),
    ('assist_result', 'UPDATE', 'never',
     'TRUE',
     'LN-14: what was fed back does not change'),
    ('assist_result', 'DELETE', 'never',
     'TRUE',
     'LN-14: what was fed back does not change'),
    ('assist_message', 'UPDATE', 'never',
     'TRUE',
     'LN-04: what one side told the other is only added to'),
    ('assist_message', 'DELETE', 'never',
     'TRUE',
     'LN-04: what one side told the other is only added to'),
    ('report', 'INSERT', 'own',
     'EXISTS (SELECT 1 FROM cases c WHERE c.id = NEW.case_id AND c.agency_id <> NEW.agency_id)',
     'LN-14: the agency that took the commission writes the report; who assists writes none'),
)  # fmt: skip


def upgrade() -> None:
    _table(
        "assist_request",
        _need("ref", sa.String(length=26)), _need("number", sa.String(length=48)), _need("kind", sa.String(length=8)), _may("case_id", BIG), _may("commission_id", BIG), _need("starter_id", BIG), _may("assist_id", BIG), _need("place", sa.String(length=64)), _need("reach", sa.String(length=12)), _need("route", sa.String(length=12)), _need("state", sa.String(length=12)), _need("special", sa.Boolean()), _may("special_asked_by", BIG), _may("special_by", BIG), _may("opened_by", BIG), _need("opened_at", INSTANT), _may("submitted_at", INSTANT), _may("received_at", INSTANT), _may("closed_at", INSTANT),
        keys=(('case_id', 'cases'), ('commission_id', 'commission'), ('starter_id', 'organisation'), ('assist_id', 'organisation'), ('special_asked_by', 'account'), ('special_by', 'account'), ('opened_by', 'account'),),
        checks=(('agreed', 'NOT special OR (special_asked_by IS NOT NULL AND special_by IS NOT NULL AND special_asked_by <> special_by)'), ('commissioned', "kind <> 'NEW' OR (case_id IS NOT NULL AND commission_id IS NOT NULL)"), ('kind', "kind IN ('NEW','DYNAMIC')"), ('reach', "reach IN ('NONE','INTRA_PROV','CROSS_PROV')"), ('received', "state <> 'SENT' OR received_at IS NOT NULL"), ('route', "route IN ('chain','city_review','direct')"), ('state', "state IN ('DRAFT','ON_ITS_WAY','CONFIRMED','SENT','DONE','TERMINATED','REFUSED')"), ('two_offices', 'assist_id IS NULL OR assist_id <> starter_id'),),
        unique=(('number',), ('ref',),),
    )  # fmt: skip
    op.create_index("ix_assist_request_assist", "assist_request", ["assist_id", "state", "id"])
    op.create_index("ix_assist_request_case_id", "assist_request", ["case_id"])
    op.create_index("ix_assist_request_starter", "assist_request", ["starter_id", "state", "id"])
    _table(
        "assist_step",
        _need("request_id", BIG), _need("position", sa.SmallInteger()), _need("org_id", BIG), _need("kind", sa.String(length=8)), _may("outcome", sa.String(length=8)), _may("done_by", BIG), _may("done_at", INSTANT),
        keys=(('request_id', 'assist_request'), ('org_id', 'organisation'), ('done_by', 'account'),),
        checks=(('by_somebody', '(outcome IS NULL) = (done_by IS NULL)'), ('done', '(outcome IS NULL) = (done_at IS NULL)'), ('kind', "kind IN ('REVIEW','FORWARD','CONFIRM')"), ('outcome', "outcome IS NULL OR outcome IN ('PASSED','REFUSED')"),),
        unique=(('request_id', 'position'),),
    )  # fmt: skip
    where = sa.text("outcome IS NULL")
    op.create_index(
        "ix_assist_step_waiting", "assist_step", ["org_id", "request_id"], sqlite_where=where, postgresql_where=where
    )
    _table(
        "assist_person",
        _need("ref", sa.String(length=26)), _need("request_id", BIG), _may("person_id", BIG), _need("name", sa.LargeBinary()), _need("idno", sa.LargeBinary()),
        keys=(('request_id', 'assist_request'), ('person_id', 'person'),),
        checks=(),
        unique=(('ref',), ('request_id', 'person_id'),),
    )  # fmt: skip
    _table(
        "assist_item",
        _need("ref", sa.String(length=26)), _need("request_id", BIG), _need("category", sa.String(length=64)), _may("resource_id", BIG), _need("resource_code", sa.String(length=64)), _need("state", sa.String(length=16)), _may("opens_at", INSTANT), _may("due", sa.JSON()), _may("due_at", INSTANT), _need("locks", sa.Boolean()), _may("answered_at", INSTANT), _may("reason", sa.LargeBinary()),
        keys=(('request_id', 'assist_request'), ('resource_id', 'resource'),),
        checks=(('answered', "state <> 'ANSWERED' OR answered_at IS NOT NULL"), ('expired', "state <> 'EXPIRED' OR due_at IS NOT NULL"), ('queued', "state <> 'QUEUED' OR opens_at IS NOT NULL"), ('state', "state IN ('DRAFT','QUEUED','OPEN','ANSWERED','NOT_OBTAINED','EXPIRED','CANCELLED')"),),
        unique=(('ref',), ('request_id', 'category', 'resource_code'),),
    )  # fmt: skip
    where = sa.text("state = 'OPEN'")
    op.create_index("ix_assist_item_due", "assist_item", ["due_at", "id"], sqlite_where=where, postgresql_where=where)
    _table(
        "assist_result",
        _need("ref", sa.String(length=26)), _need("item_id", BIG), _need("person_id", BIG), _need("state", sa.String(length=12)), _need("value", sa.LargeBinary()), _may("answered_by", BIG), _need("answered_at", INSTANT),
        keys=(('item_id', 'assist_item'), ('person_id', 'assist_person'), ('answered_by', 'account'),),
        checks=(('state', "state IN ('FOUND','NOT_FOUND')"),),
        unique=(('item_id', 'person_id'), ('ref',),),
    )  # fmt: skip
    _table(
        "assist_message",
        _need("ref", sa.String(length=26)), _need("request_id", BIG), _may("item_id", BIG), _need("kind", sa.String(length=16)), _may("from_id", BIG), _may("by_id", BIG), _need("at", INSTANT), _may("note", sa.LargeBinary()),
        keys=(('request_id', 'assist_request'), ('item_id', 'assist_item'), ('from_id', 'organisation'), ('by_id', 'account'),),
        checks=(('kind', "kind IN ('REQUEST','RECEIPT','PASSED','ANSWER','REASON','SUGGESTION','TERMINATION','REFUSAL','AGREEMENT_ASKED','AGREED')"),),
        unique=(('ref',),),
    )  # fmt: skip
    op.create_index("ix_assist_message_request_id", "assist_message", ["request_id", "id"])
    _guards()


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, event, part, _condition, _sentence in GUARDS:
        name = f"guard_{table}_{event.lower()}_{part}"
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {table}"))
        if not sqlite:
            op.execute(f"DROP FUNCTION IF EXISTS {name}()")
    for table in reversed(TABLES):
        op.drop_table(table)


def _need(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _may(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def _table(
    name: str,
    *columns: sa.Column[Any],
    keys: Sequence[tuple[str, str]],
    checks: Sequence[tuple[str, str]],
    unique: Sequence[tuple[str, ...]] = (),
) -> None:
    op.create_table(
        name,
        sa.Column("id", BIG, nullable=False),
        *columns,
        *(sa.CheckConstraint(said, name=op.f(f"ck_{name}_{part}")) for part, said in checks),
        *(sa.ForeignKeyConstraint([own], [f"{other}.id"], name=op.f(f"fk_{name}_{own}")) for own, other in keys),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        *(sa.UniqueConstraint(*one, name=op.f(f"uq_{name}_{'_'.join(one)}")) for one in unique),
    )


def _guards() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, event, part, condition, sentence in GUARDS:
        name = f"guard_{table}_{event.lower()}_{part}"
        head = f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW"
        if sqlite:
            said = condition.replace("IS DISTINCT FROM", "IS NOT").replace(" FOR SHARE", "")
            told = sentence.replace("'", "''")
            op.get_bind().exec_driver_sql(f"{head} WHEN {said} BEGIN SELECT RAISE(ABORT, '{told}'); END")
            continue
        _on_postgresql(name, head, condition, sentence.replace("'", "''"), "OLD" if event == "DELETE" else "NEW")


def _on_postgresql(name: str, head: str, condition: str, told: str, row: str) -> None:
    function = (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN"
        f" RAISE EXCEPTION USING MESSAGE = '{told}', ERRCODE = 'check_violation'; END IF; RETURN {row}; END $$"
    )
    for line in (function, f"{head} EXECUTE FUNCTION {name}()"):
        op.get_bind().exec_driver_sql(line)
