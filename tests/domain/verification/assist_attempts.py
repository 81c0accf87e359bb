"""Raw SQL that the rules of verification across regions refuse."""

from __future__ import annotations

WHEN, LATE = "'2027-03-10 00:00:00'", "'2027-05-10 00:00:00'"
ONE, TWO = "(SELECT MIN(id) FROM account)", "(SELECT MAX(id) FROM account)"
OTHER = "(SELECT MIN(id) FROM organisation WHERE kind = 'bureau')"
REQUEST = f"""
INSERT INTO assist_request (ref, number, kind, case_id, commission_id, starter_id, assist_id, place, reach, route,
 state, special, opened_at)
SELECT 'r', 'n', {{kind}}, c.case_id, c.id, {{starter}}, {OTHER}, 'chaoyang', {{reach}}, {{route}}, {{state}}, FALSE,
 {WHEN} FROM commission c JOIN cases k ON k.id = c.case_id WHERE c.state = {{letter}}
"""
WHOLE = {
    "kind": "'NEW'", "starter": "k.agency_id", "reach": "'INTRA_PROV'", "route": "'direct'", "state": "'DRAFT'",
    "letter": "'ACCEPTED'",
}  # fmt: skip


def request(**other: str) -> str:
    return REQUEST.format(**{**WHOLE, **other})


ASKED = request()
STEP = (
    "INSERT INTO assist_step (request_id, position, org_id, kind)"
    f" SELECT id, {{at}}, {OTHER}, 'FORWARD' FROM assist_request"
)
PERSON = (
    "INSERT INTO assist_person (ref, request_id, person_id, name, idno) SELECT 'p', r.id, p.id, p.name, p.idno FROM"
    " assist_request r, person p WHERE p.id = {who}"
)
NAMED = (
    "(SELECT MIN(s.person_id) FROM commission_subject s JOIN commission c ON c.id = s.commission_id"
    " WHERE c.state = 'ACCEPTED')"
)
STRANGER = (
    "(SELECT MIN(p.id) FROM person p JOIN commission c ON c.household_id = p.household_id WHERE c.state = 'DRAFT')"
)
SOMEBODY = PERSON.format(who=NAMED)
ITEM = (
    "INSERT INTO assist_item (ref, request_id, category, resource_id, resource_code, state, due_at, locks)"
    f" SELECT 'i', r.id, {{category}}, {{resource}}, 'c', {{state}}, {WHEN}, {{locks}} FROM assist_request r"
)
ITEM_WHOLE = {
    "category": "'DEPOSIT'", "resource": "(SELECT MIN(id) FROM resource)", "state": "'DRAFT'", "locks": "TRUE"
}  # fmt: skip


def item(**other: str) -> str:
    return ITEM.format(**{**ITEM_WHOLE, **other})


PART = item()
SEND = f"UPDATE assist_request SET state = 'SENT', received_at = {WHEN}"
OPEN = "UPDATE assist_item SET state = 'OPEN'"
EXPIRE = "UPDATE assist_item SET state = 'EXPIRED'"
RESULT = (
    "INSERT INTO assist_result (ref, item_id, person_id, state, value, answered_at)"
    " SELECT 'x', i.id, p.id, 'NOT_FOUND', p.name, {at} FROM assist_item i, assist_person p"
)
SAY = "UPDATE assist_item SET reason = (SELECT {words} FROM person ORDER BY id LIMIT 1)"
SAID = f"INSERT INTO assist_message (ref, request_id, kind, at) SELECT 'm', id, 'REQUEST', {WHEN} FROM assist_request"
RUNNING = [ASKED, SOMEBODY, PART, SEND, OPEN]
SPECIAL = f"UPDATE assist_request SET special = TRUE, special_asked_by = {ONE}, special_by = {TWO}"
COUNTY = "UPDATE organisation SET level = 'county' WHERE kind = 'agency'"
PASS = f"UPDATE assist_step SET outcome = 'PASSED', done_by = {ONE}, done_at = {WHEN} WHERE position = {{at}}"
FIRST, SECOND = STEP.format(at="0"), STEP.format(at="1")
REPORT = (
    "INSERT INTO report (ref, case_id, commission_id, version, kind, agency_id, agency_kind, state, handler_id,"
    " drafted_at) SELECT 'z', k.id, c.id, 9, 'REPORT', {agency}, 'agency', 'DRAFT', {who}, {when} FROM commission c"
    " JOIN cases k ON k.id = c.case_id WHERE c.state = 'ACCEPTED'"
)

ASSIST: list[tuple[str, list[str], str]] = [
    ("guard_assist_request_insert_draft", [], request(state="'ON_ITS_WAY'")),
    ("guard_assist_request_insert_commissioned", [], request(letter="'ISSUED'")),
    ("guard_assist_request_insert_commissioned", [], request(starter="k.department_id")),
    ("guard_assist_request_insert_level", [COUNTY], request(kind="'DYNAMIC'")),
    ("guard_assist_request_update_moves", RUNNING, "UPDATE assist_request SET state = 'DRAFT'"),
    ("guard_assist_request_update_moves", [*RUNNING, "UPDATE assist_request SET state = 'TERMINATED'"],
     "UPDATE assist_request SET state = 'SENT'"),
    ("guard_assist_request_update_confirmed", [request(reach="'CROSS_PROV'")], SEND),
    ("guard_assist_request_update_reviewed", [COUNTY, request(route="'city_review'")], SEND),
    ("guard_assist_request_update_reviewed", [COUNTY, request(route="'city_review'"), FIRST], SEND),
    ("guard_assist_request_update_chain", [request(route="'chain'")], SEND),
    ("guard_assist_request_update_chain", [request(route="'chain'"), FIRST, SECOND, PASS.format(at="0")], SEND),
    ("guard_assist_request_update_frozen", RUNNING, "UPDATE assist_request SET place = 'shenfu'"),
    ("guard_assist_request_update_once", RUNNING, f"UPDATE assist_request SET received_at = {LATE}"),
    ("guard_assist_request_update_agreed", [*RUNNING, SPECIAL], "UPDATE assist_request SET special = FALSE"),
    ("guard_assist_request_delete_kept", [ASKED, SEND], "DELETE FROM assist_request"),
    ("guard_assist_step_insert_draft", [ASKED, SEND], FIRST),
    ("guard_assist_step_update_order", [request(route="'chain'"), FIRST, SECOND], PASS.format(at="1")),
    ("guard_assist_step_update_frozen", [ASKED, FIRST, PASS.format(at="0")],
     "UPDATE assist_step SET outcome = 'REFUSED'"),
    ("guard_assist_step_update_frozen", [ASKED, FIRST], "UPDATE assist_step SET kind = 'REVIEW'"),
    ("guard_assist_step_delete_never", [ASKED, FIRST], "DELETE FROM assist_step"),
    ("guard_assist_person_insert_draft", [ASKED, SEND], SOMEBODY),
    ("guard_assist_person_insert_named", [ASKED], PERSON.format(who=STRANGER)),
    ("guard_assist_person_update_never", [ASKED, SOMEBODY], "UPDATE assist_person SET ref = 'y'"),
    ("guard_assist_person_delete_never", [ASKED, SOMEBODY], "DELETE FROM assist_person"),
    ("guard_assist_item_insert_draft", [ASKED, SEND], PART),
    ("guard_assist_item_insert_draft", [ASKED], item(state="'OPEN'")),
    ("guard_assist_item_insert_catalogue", [ASKED], item(resource="NULL")),
    ("guard_assist_item_insert_letter", [ASKED], item(category="'VEHICLE'")),
    ("guard_assist_item_update_frozen", RUNNING, "UPDATE assist_item SET category = 'DEATH'"),
    ("guard_assist_item_update_moves", [*RUNNING, EXPIRE], OPEN),
    ("guard_assist_item_update_moves", [*RUNNING, "UPDATE assist_item SET state = 'CANCELLED'"], OPEN),
    ("guard_assist_item_update_never_locks", [ASKED, item(locks="FALSE"), SEND, OPEN], EXPIRE),
    ("guard_assist_item_update_once", [*RUNNING, SAY.format(words="name")],
     SAY.format(words="idno")),
    ("guard_assist_item_delete_never", [ASKED, PART], "DELETE FROM assist_item"),
    ("guard_assist_result_insert_in_time", [*RUNNING, EXPIRE], RESULT.format(at=WHEN)),
    ("guard_assist_result_insert_in_time", RUNNING, RESULT.format(at=LATE)),
    ("guard_assist_result_insert_open", [ASKED, SOMEBODY, PART, SEND], RESULT.format(at=WHEN)),
    ("guard_assist_result_insert_open", [*RUNNING, "UPDATE assist_request SET state = 'TERMINATED'"],
     RESULT.format(at=WHEN)),
    ("guard_assist_result_update_never", [*RUNNING, RESULT.format(at=WHEN)], "UPDATE assist_result SET ref = 'y'"),
    ("guard_assist_result_delete_never", [*RUNNING, RESULT.format(at=WHEN)], "DELETE FROM assist_result"),
    ("guard_assist_message_update_never", [ASKED, SAID], "UPDATE assist_message SET kind = 'RECEIPT'"),
    ("guard_assist_message_delete_never", [ASKED, SAID], "DELETE FROM assist_message"),
    ("guard_report_insert_own", [], REPORT.format(agency=OTHER, who=ONE, when=WHEN)),
]  # fmt: skip
