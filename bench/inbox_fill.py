"""Fills a home for `bench.inbox`: a province of 2,000 offices whose sizes follow Zipf, five tasks a case, one open.

One case is played by the program itself; all others are its rows with keys, references, office, holder and due day of
their own, written by the database (`INSERT … SELECT`). Journal entries and moments of the past are left out, names are
those of a few households. The indexes stand aside meanwhile, and what is open is counted once at the end.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice, pairwise
from random import Random
from typing import Any

from sqlalchemy import insert, select, text

from cli import migrate
from domain.cases import Case
from domain.home import Home
from domain.parties.accounts import Account, RoleGrant
from domain.parties.households import Household, Person
from domain.parties.organisations import Organisation
from domain.work import OPERATOR, Work, unit_of_work
from tasks import moves
from tasks.desk import desk
from tasks.finding import tallies, tally_triggers
from tasks.rows.finding_models import TaskValue
from tasks.rows.models import COMPLETED, OPEN, HumanTask
from tests.infrastructure.databases import SQLITE, Place
from tests.support import a_case, an_account, an_identity_number, an_office, make_home, open_place, the_actor
from tests.torture import drawn
from workflows import definitions
from workflows.bundles import Bundle, Checked

OFFICES, CITIES, EXPONENT = 2_000, 20, 0.6  # 1/k^0.6: the largest of 2,000 has a fiftieth
HANDLER, OVERSEER = "agency_handler", "oversight"
VALUES = ("wages", "pension", "rent", "farming", "support", "savings", "vehicle", "house", "firm", "other")
OWN = 30  # what one person holds at most
CHUNK = 50_000
DONE = 4  # completed tasks of each case
SLOT = (
    "CREATE TABLE bench_slot (n BIGINT PRIMARY KEY, org_id BIGINT, state VARCHAR(12), assignee BIGINT, done BIGINT,"
    " due_at {instant}, value VARCHAR(20))"
)


def drawing() -> Bundle:
    """Six steps of people, one after the other; their form has a note and a kind that is a column of the inbox."""
    plain = drawn.desk(6).bundle()
    options = [{"label": one, "value": one} for one in VALUES]
    form = json.loads(plain.files["forms/form.form"])
    form["components"] = [
        {"type": "textfield", "key": "note", "label": "note", "properties": {"label.en": "note"}},
        {"type": "select", "key": "kind", "label": "kind", "values": options,
         "properties": {"label.en": "kind", "inbox": "true"}},
    ]  # fmt: skip
    return Bundle(plain.key, {**plain.files, "forms/form.form": json.dumps(form).encode()})


def fill(place: Place, count: int) -> None:
    """A home with so many open tasks, and four times as many completed."""
    began = time.perf_counter()
    home = make_home(place.home, "" if place.kind == SQLITE else place.url)
    with unit_of_work(home, OPERATOR) as work:
        definitions.ship(work, Checked(drawing(), ()))
    first = _offices(home)
    case_id = _example(home, first)
    _people(home)
    known = _known(home)
    with home.engine.connect().execution_options(hedui_write=True) as connection:
        _say("offices and people", began)
        if place.kind == SQLITE:
            # the driver's own, before a transaction begins; a fill that is cut off is made anew
            for said in ("synchronous=OFF", "cache_size=-400000", "wal_autocheckpoint=20000"):
                _driver(connection).execute(f"PRAGMA {said}")
        with connection.begin():
            _write_slots(known, connection, count)
        _say("slots", began)
        aside: list[Any] = [one.__table__ for one in (Case, HumanTask, TaskValue)]
        with connection.begin():
            _lift(connection, aside)
            steps = _statements(connection, case_id)
        for step in steps:
            _in_chunks(connection, step, count)
            _say(step.split("(")[0].strip(), began)
        with connection.begin():
            _restore(connection, aside)
            connection.exec_driver_sql("DROP TABLE bench_slot")
        _say("indexes", began)
    with unit_of_work(home, OPERATOR) as work:
        tallies.recount(work)
    _settle(home)
    _say("counted", began)
    home.engine.dispose()
    (place.home / "filled").touch()


def _driver(connection: Any) -> Any:
    return connection.connection.driver_connection


def _say(what: str, began: float) -> None:
    print(f"  {time.perf_counter() - began:7.1f} s  {what}", flush=True)


# --- offices and people ----------------------------------------------------------------------------------------------


def _offices(home: Home) -> int:
    """A province with 20 cities, a department each, and 2,000 agencies; the key of the first agency."""
    with unit_of_work(home, OPERATOR) as work:
        province = an_office(work, "province", "bureau", level="province")
        cities = [an_office(work, f"city{one}", "bureau", level="city", parent=province) for one in range(CITIES)]
        for number, city in enumerate(cities):
            an_office(work, f"dept{number}", "department", parent=city)
        like = an_office(work, "agency0", "agency", parent=cities[0], mark="核")
        plain = {one.name: getattr(like, one.key) for one in Organisation.__table__.columns}
        rows = [plain | {"id": like.id + at, "ref": f"bench{at:021d}", "code": f"agency{at}", "mark": f"核{at}",
                         "name": f"第{at}核对中心", "name_en": f"Agency {at}", "parent_id": cities[at % CITIES].id}
                for at in range(1, OFFICES)]  # fmt: skip
        work.session.execute(insert(Organisation), rows)
        return like.id


def _people(home: Home) -> None:
    """Two people in every agency, first-<office> who signs in and second-<office> who holds the rest; an overseer."""
    with unit_of_work(home, OPERATOR) as work:
        like = work.session.scalars(select(Account).where(Account.login == "first-0")).one()
        plain = {one.name: getattr(like, one.key) for one in Account.__table__.columns}
        province = work.session.scalars(select(Organisation).where(Organisation.code == "province")).one()
        largest, org = like.id, like.org_id
    rows = []
    for number, (letter, at) in enumerate((letter, at) for at in range(OFFICES) for letter in ("first", "second")):
        if (letter, at) != ("first", 0):
            rows.append(plain | {"id": largest + number, "ref": f"bench{number:021d}", "login": f"{letter}-{at}",
                                 "org_id": org + at, "idno_blind": f"bench{number}".encode()})  # fmt: skip
    grants = [{"account_id": row["id"], "org_kind": "agency", "role": HANDLER, "granted_on": plain["filed_on"]}
              for row in rows]  # fmt: skip
    with unit_of_work(home, OPERATOR) as work:
        work.session.execute(insert(Account), rows)
        work.session.execute(insert(RoleGrant), grants)
        _keys_go_on(work, ("account", "organisation"))
    an_account(home, province, OVERSEER, login="overseer", name="省")


def _example(home: Home, agency: int) -> int:
    """A case that the program itself has brought to its fifth step; its key."""
    with unit_of_work(home, OPERATOR) as work:
        office = work.session.get_one(Organisation, agency)
    account = an_account(home, office, HANDLER, login="first-0", name="甲")
    actor = the_actor(account, office, HANDLER)
    with unit_of_work(home, OPERATOR) as work:
        offices = {one.code: one for one in work.session.scalars(select(Organisation))}
        department = offices["dept0"].id
        household = Household(number="B1", department_id=department, town_id=department, programme="DIBAO", address=b"")
        work.session.add(household)
        work.session.flush()
        person = Person(**_person(household.id))
        work.session.add(person)
        work.session.flush()
        _sealed(home, household, person)
        case = a_case(work, offices["dept0"], offices["agency0"], None)
        case.household_id = household.id
        definition = definitions.in_force(work, "desk")
        case.process, case.process_version = "desk", definition.number
        moves.start_case(work, case, definition, {})
        case_id = case.id
    for _step in range(DONE):
        with unit_of_work(home, actor) as work:
            ref = work.session.scalars(
                select(HumanTask.ref).where(HumanTask.case_id == case_id, HumanTask.state.in_(OPEN))
            ).one()
            version = desk.claim(work, ref).version
        with unit_of_work(home, actor) as work:
            moves.complete_task(work, ref, version=version, answers={"note": "as declared", "kind": "wages"})
    return case_id


def _sealed(home: Home, household: Household, person: Person) -> None:
    seal = home.vault.seal
    household.address = seal("household.address", household.ref, "某街道")
    person.name = seal("person.name", person.ref, "王小明")
    person.idno = seal("person.idno", person.ref, an_identity_number())


def _person(household: int) -> dict[str, Any]:
    return {"household_id": household, "kind": "MEMBER", "position": 0, "relation": "SELF", "name": b"", "idno": b"",
            "idno_blind": b"bench", "born_on": date(1960, 1, 1), "capacity": "FULL"}  # fmt: skip


# --- slots -----------------------------------------------------------------------------------------------------------


def sizes(count: int) -> list[int]:
    """Open tasks of each office, the largest first."""
    weights = [1 / (place**EXPONENT) for place in range(1, OFFICES + 1)]
    whole, edges = sum(weights), [0]
    passed = 0.0
    for weight in weights:
        passed += weight
        edges.append(round(count * passed / whole))
    return [after - before for before, after in pairwise(edges)]


Known = tuple[int, dict[str, int], datetime]


def _known(home: Home) -> Known:
    """The first agency, everybody by login, the last second of today."""
    with unit_of_work(home, OPERATOR) as work:
        org = work.session.scalars(select(Organisation.id).where(Organisation.code == "agency0")).one()
        people = dict(work.session.execute(select(Account.login, Account.id)).all())
        return org, people, work.now.replace(hour=15, minute=59, second=59, microsecond=0)


def _slots(known: Known, count: int) -> Iterator[tuple[Any, ...]]:
    """(n, office, state, holder, who did the steps before, due, value), the offices in no order."""
    org, people, midnight = known
    chance = Random(20270615)
    offices = [at for at, size in enumerate(sizes(count)) for _task in range(size)]
    chance.shuffle(offices)
    days = [midnight + timedelta(days=day) for day in range(-6, 54)]
    held = [0] * OFFICES
    for n, at in enumerate(offices, 1):
        state, holder = "READY", None
        if chance.random() < 0.25:
            held[at] += 1
            state, holder = (
                "RESERVED",
                people[f"first-{at}" if held[at] % 10 == 1 and held[at] < OWN * 10 else f"second-{at}"],
            )
        due = None if chance.random() < 0.02 else chance.choice(days)
        yield n, org + at, state, holder, people[f"first-{at}"], due, chance.choice(VALUES)


def _write_slots(known: Known, connection: Any, count: int) -> None:
    sqlite = connection.dialect.name == "sqlite"
    connection.exec_driver_sql(SLOT.format(instant="TIMESTAMP" if sqlite else "TIMESTAMPTZ"))
    raw = _driver(connection)
    slots = _slots(known, count)
    while rows := list(islice(slots, CHUNK)):
        if sqlite:
            texts = [(*row[:5], row[5] and f"{row[5]:%Y-%m-%d %H:%M:%S.%f}", row[6]) for row in rows]
            raw.executemany("INSERT INTO bench_slot VALUES (?, ?, ?, ?, ?, ?, ?)", texts)
        else:
            with raw.cursor() as cursor, cursor.copy("COPY bench_slot FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)


# --- rows ------------------------------------------------------------------------------------------------------------


def _statements(connection: Any, case_id: int) -> list[str]:
    """What copies the example, a table after the other; each ends with the slots' own condition."""
    ref = connection.exec_driver_sql(f"SELECT ref FROM cases WHERE id = {case_id}").scalar_one()
    tasks = connection.exec_driver_sql(f"SELECT id, state FROM human_task WHERE case_id = {case_id} ORDER BY id").all()
    base = {name: int(connection.exec_driver_sql(f"SELECT max(id) FROM {name}").scalar() or 0)
            for name in ("cases", "human_task", "journal_stream", "task_value")}  # fmt: skip
    named = _number("s.n")
    case = {"id": f"{base['cases']} + s.n", "ref": f"'bench0' || {named}", "number": f"'量' || {named}",
            "agency_id": "s.org_id"}  # fmt: skip
    found = [
        _copy(connection, "cases", f"id = {case_id}", case),
        _copy(connection, "case_state", f"case_id = {case_id}", {"case_id": case["id"]}),
        _copy(connection, "journal_stream", f"subject = '{ref}'",
              {"id": f"{base['journal_stream']} + s.n", "subject": case["ref"]}),
    ]  # fmt: skip
    for at, (key, state) in enumerate(tasks):
        own = {"id": f"{base['human_task']} + s.n * {DONE + 1} + {at}", "ref": f"'bench{at}' || {named}",
               "case_id": case["id"], "org_id": "s.org_id"}  # fmt: skip
        if state == COMPLETED:
            own |= {"completed_by": "s.done", "answers": "NULL", "completed_at": _before(connection)}
        else:
            own |= {"state": "s.state", "assignee_id": "s.assignee", "due_at": "s.due_at", "limit_kind": "'INTERNAL'",
                    "claimed_at": "CASE WHEN s.assignee IS NOT NULL THEN t.opened_at END"}  # fmt: skip
            value = {"id": f"{base['task_value']} + s.n", "ref": f"'bench9' || {named}", "task_id": own["id"],
                     "case_id": case["id"], "org_id": "s.org_id", "value": "s.value"}  # fmt: skip
            last = _copy(connection, "task_value", f"task_id = {key} AND key = 'kind'", value)
        found.append(_copy(connection, "human_task", f"id = {key}", own, f"_{at}"))
    return [*found, last]


def _before(connection: Any) -> str:
    """One second after the other, as people complete tasks."""
    if connection.dialect.name == "sqlite":
        return "strftime('%Y-%m-%d %H:%M:%S.000000', t.completed_at, '-' || s.n || ' seconds')"
    return "t.completed_at - s.n * interval '1 second'"


def _number(n: str) -> str:
    """Twenty digits, as text."""
    return f"right('{'0' * 20}' || {n}, 20)"


def _copy(connection: Any, table: str, where: str, own: Mapping[str, str], mark: str = "") -> str:
    like = f"bench_like_{table}{mark}"
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {like} AS SELECT * FROM {table} WHERE {where}")
    columns = list(connection.exec_driver_sql(f"SELECT * FROM {like}").keys())
    if not connection.exec_driver_sql(f"SELECT count(*) FROM {like}").scalar():
        raise RuntimeError(f"nothing to copy in {table}: {where}")
    named = ", ".join(f'"{one}"' for one in columns)
    wanted = ", ".join(own.get(one, f't."{one}"') for one in columns)
    made = f"INSERT INTO {table} ({named}) SELECT {wanted} FROM bench_slot s CROSS JOIN {like} t"
    if connection.dialect.name == "sqlite":
        made = made.replace("right('", "substr('").replace(", 20)", ", -20)")
    return made


def _in_chunks(connection: Any, statement: str, count: int) -> None:
    for first in range(0, count, CHUNK * 4):
        said = f"{statement} WHERE s.n > {first} AND s.n <= {first + CHUNK * 4}"
        with connection.begin():
            connection.exec_driver_sql(said if connection.dialect.name == "sqlite" else said.replace("%", "%%"))


def _lift(connection: Any, tables: list[Any]) -> None:
    """Indexes and triggers stand aside."""
    place = "" if connection.dialect.name == "sqlite" else " ON human_task"
    for name in tally_triggers.TRIGGERS:
        connection.exec_driver_sql(f"DROP TRIGGER {name}{place}")
    for table in tables:
        for index in table.indexes:
            index.drop(connection)


def _restore(connection: Any, tables: list[Any]) -> None:
    for table in tables:
        for index in table.indexes:
            index.create(connection)
    for line in tally_triggers.statements(connection.dialect.name):
        connection.exec_driver_sql(line)


def _settle(home: Home) -> None:
    """Keys go on behind the copies; the planner of PostgreSQL learns what it would learn within minutes."""
    with unit_of_work(home, OPERATOR) as work:
        _keys_go_on(work, ("cases", "human_task", "journal_stream", "task_value"))
    if home.engine.dialect.name == "postgresql":
        with home.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM (ANALYZE)")
            connection.exec_driver_sql("CHECKPOINT")


def _keys_go_on(work: Work, tables: tuple[str, ...]) -> None:
    if work.session.get_bind().dialect.name == "postgresql":
        for name in tables:
            wanted = f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"
            work.session.execute(text(wanted))


def bring_up(place: Place) -> None:
    """What an older program filled stands at this one's tables; `fill` makes no copy to go back to."""
    home = open_place(place)
    migrate.upgrade(home.settings, home.engine, keep_copy=False)
    home.engine.dispose()
