"""Accounts, passwords, second factor, sessions: one person, one account, filed, one live session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from threading import Barrier, Thread

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from domain import access, journal, sealing
from domain.clock import machine_now
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.home import REAL, Home
from domain.parties import second_factor, sessions, signin, staff, throttle
from domain.parties.accounts import Account, RoleGrant, RoleKind, Throttle, UserSession, roles_in_force
from domain.parties.passwords import About, Busy, Passwords, weakness
from domain.parties.sessions import Ended, SignedIn
from domain.work import OPERATOR, Actor, unit_of_work
from tests.infrastructure.databases import Place, Template
from tests.support import (
    BARE_HOME,
    CHEAP,
    PASSWORD,
    Offices,
    an_account,
    an_identity_number,
    make_home,
    open_place,
    some_offices,
    the_actor,
)

VISITOR = Actor(kind="visitor", ref="visitor")


@pytest.fixture
def home(database_kind: str, fresh_place: Callable[[str, Template], Place]) -> Iterator[Home]:
    """A demonstration home, once on each kind of database."""
    made = open_place(fresh_place(database_kind, BARE_HOME))
    yield made
    made.engine.dispose()


@pytest.fixture
def offices(home: Home) -> Offices:
    return some_offices(home)


def try_to_sign_in(home: Home, login: str, password: str = PASSWORD, portal: str = "agency", address: str = "10.0.0.1"):
    """The two transactions and the check between them, as the page does it."""
    with unit_of_work(home, VISITOR) as work:
        rules = access.security_rules(work)
        begun = signin.begin(work, login, portal, address, "browser", rules)
    if isinstance(begun, signin.Refused):
        return begun
    correct = CHEAP.verify(begun.stored, password)
    with unit_of_work(home, VISITOR) as work:
        return signin.conclude(work, begun, correct, rules)


def found(home: Home, token: str):
    with unit_of_work(home, VISITOR, write=False) as work:
        return sessions.find(work, token, access.security_rules(work))


def move_session(home: Home, **changes: object) -> None:
    """Make the sessions older, as if time had passed (machine time cannot be stopped)."""
    with home.sessions() as session, session.begin():
        session.execute(update(UserSession).values(**changes))


# --- accounts --------------------------------------------------------------------------------------------------


@pytest.mark.clause("LF-27")
def test_an_account_is_dead_until_it_is_filed(home, offices):
    account = an_account(home, offices.agency, "agency_handler", filed=False)
    assert isinstance(try_to_sign_in(home, account.login), signin.Refused)
    with unit_of_work(home, OPERATOR) as work:
        staff.file(work, staff.by_login(work, account.login), number="备〔2027〕1", on=work.today)
    assert isinstance(try_to_sign_in(home, account.login), signin.Opened)


def test_the_database_refuses_an_active_account_that_was_never_filed(home, offices):
    account = an_account(home, offices.agency, filed=False)
    with pytest.raises(IntegrityError), home.engine.begin() as connection:
        connection.execute(text("UPDATE account SET state = 'ACTIVE' WHERE id = :id"), {"id": account.id})


@pytest.mark.clause("LF-27")
def test_one_person_has_one_account_however_the_number_is_written(home, offices):
    number = an_identity_number()
    with unit_of_work(home, OPERATOR) as work:
        staff.create(work, offices.agency, login="first", name="甲", idno=number)
        with pytest.raises(InvalidAnswers) as refused:
            staff.create(work, offices.department, login="second", name="甲", idno=f" {number[:6]} {number[6:]}")
    assert "one person holds one account" in str(refused.value.fields["idno"])
    with home.sessions() as session:
        blind = session.scalars(select(Account.idno_blind)).one()
        org = offices.agency
        session.add(Account(login="third", name="乙", idno=b"x", idno_blind=blind, org_id=org.id, org_kind=org.kind))
        with pytest.raises(IntegrityError):
            session.flush()


def test_a_real_home_refuses_demonstration_numbers(tmp_path):
    home = make_home(tmp_path / "real", kind=REAL, stopped_at=None)
    offices = some_offices(home)
    with unit_of_work(home, OPERATOR) as work, pytest.raises(InvalidAnswers, match="another look") as refused:
        staff.create(work, offices.agency, login="x1", name="", idno=an_identity_number())
    assert set(refused.value.fields) == {"idno", "login", "name"} - (
        {"login"} if staff.LOGIN.fullmatch("x1") else set()
    )


def test_identity_and_telephone_are_sealed_in_the_file(tmp_path):
    home = make_home(tmp_path / "home")
    offices = some_offices(home)
    number = an_identity_number()
    with unit_of_work(home, OPERATOR) as work:
        staff.create(work, offices.agency, login="sealed", name="甲", idno=number, phone="13900001111")
    raw = (
        home.settings.home.joinpath("hedui.db").read_bytes() + home.settings.home.joinpath("hedui.db-wal").read_bytes()
    )
    assert number.encode() not in raw
    assert b"13900001111" not in raw


@pytest.mark.clause("LF-26")
def test_a_query_role_cannot_be_given_outside_an_agency_by_domain_or_database(home, offices):
    clerk = an_account(home, offices.department, "department_clerk")
    with unit_of_work(home, OPERATOR) as work, pytest.raises(Conflict) as refused:
        staff.grant(work, work.session.get_one(Account, clerk.id), "agency_handler")
    assert refused.value.clause == "LF-26"
    insert = (
        "INSERT INTO role_grant (account_id, org_kind, role, granted_on)"
        " VALUES (:id, :kind, 'agency_handler', '2027-01-01')"
    )
    for kind in ("department", "agency"):  # the true kind of office, and a false one
        with pytest.raises(IntegrityError), home.engine.begin() as connection:
            connection.execute(text(insert), {"id": clerk.id, "kind": kind})
    assert [g.role for g in home.sessions().scalars(select(RoleGrant)).all()] == ["department_clerk"]


def test_roles_seeded_twice_are_there_once(home):
    with unit_of_work(home, OPERATOR) as work:
        staff.seed_roles(work)
    with home.sessions() as session:
        pairs = [(row.role, row.org_kind) for row in session.scalars(select(RoleKind))]
    assert len(pairs) == len(set(pairs)) > 19
    assert {kind for role, kind in pairs if role == "agency_handler"} == {"agency"}


def test_the_three_offices_of_security_exclude_each_other(home, offices):
    account = an_account(home, offices.system, "system_admin")
    for role in ("security_admin", "auditor"):
        with unit_of_work(home, OPERATOR) as work, pytest.raises(Conflict, match="different people"):
            staff.grant(work, work.session.get_one(Account, account.id), role)


def test_a_role_ends_with_its_last_day_and_returns_when_granted_again(home, offices):
    account = an_account(home, offices.agency, "agency_handler", until=date(2027, 6, 15))
    with unit_of_work(home, OPERATOR) as work:
        assert roles_in_force(work, account.id) == {"agency_handler"}
        work.session.execute(update(RoleGrant).values(until=date(2027, 6, 14)))
        assert roles_in_force(work, account.id) == frozenset()
        staff.grant(work, work.session.get_one(Account, account.id), "agency_handler")
        assert roles_in_force(work, account.id) == {"agency_handler"}


def test_nobody_grants_rights_to_himself_nor_files_himself(home, offices):
    account = an_account(home, offices.system, "security_admin")
    actor = the_actor(account, offices.system, "security_admin")
    with unit_of_work(home, actor) as work, pytest.raises(NotPermitted):
        staff.grant(work, work.session.get_one(Account, account.id), "oversight")
    other = an_account(home, offices.agency)
    with unit_of_work(home, actor) as work:
        staff.grant(work, work.session.get_one(Account, other.id), "agency_checker")
    with unit_of_work(home, the_actor(account, offices.system, "system_admin")) as work, pytest.raises(NotPermitted):
        staff.file(work, work.session.get_one(Account, account.id), number="1", on=work.today)


def test_disabling_ends_the_session_and_the_sign_in(home, offices):
    account = an_account(home, offices.agency, "agency_handler")
    opened = try_to_sign_in(home, account.login)
    with unit_of_work(home, OPERATOR) as work:
        staff.disable(work, work.session.get_one(Account, account.id))
    assert found(home, opened.token).reason == sessions.DISABLED
    assert isinstance(try_to_sign_in(home, account.login), signin.Refused)


def test_the_journal_holds_every_act_on_an_account_and_stays_whole(home, offices):
    account = an_account(home, offices.agency, "agency_handler")
    try_to_sign_in(home, account.login)
    with home.sessions() as session:
        events = set(
            session.scalars(select(journal.JournalEntry.event).where(journal.JournalEntry.subject == account.ref))
        )
        broken = list(sealing.verify(session, home.vault))
    assert {"account.created", "account.filed", "account.role_granted", "signin.opened"} <= events
    assert broken == []


# --- signing in ------------------------------------------------------------------------------------------------


def test_five_failures_pause_the_login_and_then_even_the_right_password_waits(home, offices):
    account = an_account(home, offices.agency, "agency_handler")
    told = {str(try_to_sign_in(home, account.login, "wrong").message) for _n in range(5)}
    assert len(told) == 1
    paused = try_to_sign_in(home, account.login)
    assert paused.waits and "Try again after" in str(paused.message)
    with home.sessions() as session, session.begin():
        session.execute(update(Throttle).values(window_start=machine_now() - timedelta(minutes=16)))
    assert isinstance(try_to_sign_in(home, account.login), signin.Opened)


def test_an_unknown_login_pauses_like_a_known_one(home, offices):
    for _n in range(5):
        assert not try_to_sign_in(home, "nobody", "wrong").waits
    assert try_to_sign_in(home, "nobody", "wrong").waits


def test_fifty_failures_of_one_address_pause_it_whatever_the_login(home, offices):
    account = an_account(home, offices.agency, "agency_handler")
    for number in range(50):
        assert not try_to_sign_in(home, f"guess-{number}", "wrong").waits
    assert try_to_sign_in(home, account.login).waits
    assert isinstance(try_to_sign_in(home, account.login, address="10.0.0.2"), signin.Opened)


def test_successes_are_not_counted(home, offices):
    account = an_account(home, offices.agency, "agency_handler")
    for _n in range(7):
        assert isinstance(try_to_sign_in(home, account.login), signin.Opened)
    with home.sessions() as session:
        assert all(row.count == 0 for row in session.scalars(select(Throttle)))


def test_what_was_typed_as_login_is_not_stored(home, offices):
    try_to_sign_in(home, "my-secret-by-mistake", "x")
    with home.sessions() as session:
        assert not [row for row in session.scalars(select(Throttle)) if "secret" in row.bucket]


def test_parallel_guesses_are_counted_one_by_one(home):
    barrier, answers = Barrier(8), []

    def guess() -> None:
        barrier.wait()
        with unit_of_work(home, VISITOR) as work:
            answers.append(throttle.take(work.session, "b", 5, timedelta(minutes=15)))

    threads = [Thread(target=guess) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(answer is None for answer in answers) == 5


@pytest.mark.clause("LF-26")
def test_each_kind_of_office_signs_in_at_its_own_portal(home, offices):
    clerk = an_account(home, offices.department, "department_clerk")
    refused = try_to_sign_in(home, clerk.login, portal="agency")
    assert "belongs to the portal “Assistance department”" in str(refused.message)
    assert isinstance(try_to_sign_in(home, clerk.login, portal="department"), signin.Opened)


# --- sessions --------------------------------------------------------------------------------------------------


@pytest.mark.clause("LF-28")
def test_a_new_sign_in_ends_the_old_session_and_both_can_tell(home, offices):
    account = an_account(home, offices.agency, "agency_handler")
    first = try_to_sign_in(home, account.login)
    assert first.replaced is None
    second = try_to_sign_in(home, account.login, address="10.0.0.9")
    assert second.replaced[1] == "10.0.0.1"
    assert found(home, first.token).reason == sessions.NEW_SIGN_IN
    assert isinstance(found(home, second.token), SignedIn)


def test_the_token_itself_is_nowhere_in_the_database(home, offices):
    opened = try_to_sign_in(home, an_account(home, offices.agency).login)
    with home.sessions() as session:
        row = session.scalars(select(UserSession)).one()
    assert opened.token.encode() not in row.token_hash
    assert row.token_hash == sessions.token_hash(opened.token)
    assert found(home, "another token") is None


def test_a_session_ends_when_unused_and_when_too_old(home, offices):
    token = try_to_sign_in(home, an_account(home, offices.agency).login).token
    move_session(home, seen_at=machine_now() - timedelta(minutes=14))
    assert isinstance(found(home, token), SignedIn)
    move_session(home, seen_at=machine_now() - timedelta(minutes=15))
    assert found(home, token).reason == sessions.IDLE
    move_session(home, seen_at=machine_now(), expires_at=machine_now() - timedelta(seconds=1))
    assert found(home, token).reason == sessions.TOO_OLD


def test_a_stopped_clock_does_not_keep_a_session_alive(home, offices):
    # the home's clock stands in 2027; sessions run on the machine's
    token = try_to_sign_in(home, an_account(home, offices.agency).login).token
    assert abs((found(home, token).seen_at - machine_now()).total_seconds()) < 60


def test_use_is_noted_at_most_once_a_minute(home, offices):
    token = try_to_sign_in(home, an_account(home, offices.agency).login).token
    assert not sessions.due_to_be_seen(found(home, token))
    move_session(home, seen_at=machine_now() - timedelta(seconds=61))
    assert sessions.due_to_be_seen(found(home, token))


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(home, offices):
    account = an_account(home, offices.agency)
    token = try_to_sign_in(home, account.login).token
    here = found(home, token)
    with unit_of_work(home, OPERATOR) as work:
        staff.set_password(work, work.session.get_one(Account, account.id), "hash", keep_session=here.session_id)
    assert isinstance(found(home, token), SignedIn)
    with unit_of_work(home, OPERATOR) as work:
        staff.set_password(work, work.session.get_one(Account, account.id), "hash")
    assert found(home, token) == Ended(sessions.PASSWORD, found(home, token).at)


def test_a_role_taken_away_is_gone_at_the_next_request(home, offices):
    account = an_account(home, offices.agency, "agency_handler")
    token = try_to_sign_in(home, account.login).token
    assert found(home, token).actor.roles == {"agency_handler"}
    with unit_of_work(home, OPERATOR) as work:
        staff.revoke(work, work.session.get_one(Account, account.id), "agency_handler")
    assert found(home, token).actor.roles == frozenset()


# --- second factor ---------------------------------------------------------------------------------------------


def with_factor(home: Home, account: Account) -> str:
    secret = pyotp.random_base32()
    with unit_of_work(home, OPERATOR) as work:
        row = work.session.get_one(Account, account.id)
        second_factor.set_up(work, row, secret, pyotp.TOTP(secret).now())
        row.totp_last_step = None
    return secret


def pass_factor(home: Home, token: str, code: str):
    signed_in = found(home, token)
    with unit_of_work(home, signed_in.actor) as work:
        return signin.pass_factor(work, signed_in, code, access.security_rules(work))


def test_a_privileged_role_must_set_up_a_second_factor_before_it_can_do_anything(home, offices):
    account = an_account(home, offices.system, "system_admin")
    token = try_to_sign_in(home, account.login, portal="administration").token
    waiting = found(home, token)
    assert waiting.pending == sessions.SET_UP_FACTOR
    assert waiting.actor.roles == frozenset()


def test_a_code_counts_once(home, offices):
    account = an_account(home, offices.agency, "agency_head")
    secret = with_factor(home, account)
    code = pyotp.TOTP(secret).now()
    first = try_to_sign_in(home, account.login).token
    assert found(home, first).pending == sessions.SECOND_FACTOR
    assert pass_factor(home, first, code) is None
    assert found(home, first).actor.roles == {"agency_head"}
    second = try_to_sign_in(home, account.login).token
    assert "used already" in str(pass_factor(home, second, code).message)
    assert found(home, second).pending == sessions.SECOND_FACTOR


def test_wrong_codes_pause_the_second_factor(home, offices):
    account = an_account(home, offices.agency)
    with_factor(home, account)
    token = try_to_sign_in(home, account.login).token
    for _n in range(5):
        assert not pass_factor(home, token, "000 000").waits
    assert pass_factor(home, token, "000000").waits


def test_the_secret_is_sealed_and_a_wrong_code_does_not_set_it_up(home, offices):
    account = an_account(home, offices.agency)
    secret = pyotp.random_base32()
    with unit_of_work(home, OPERATOR) as work, pytest.raises(InvalidAnswers):
        second_factor.set_up(work, work.session.get_one(Account, account.id), secret, "123")
    secret = with_factor(home, account)
    with home.sessions() as session:
        assert secret.encode() not in session.get_one(Account, account.id).totp_secret


# --- one-time tokens -------------------------------------------------------------------------------------------


def test_a_one_time_token_sets_one_password_and_dies(home, offices):
    account = an_account(home, offices.agency)
    with unit_of_work(home, OPERATOR) as work:
        older = staff.issue_token(work, work.session.get_one(Account, account.id))
        token = staff.issue_token(work, work.session.get_one(Account, account.id))
    fresh = CHEAP.hash("another-fine-long-word")
    for login, wrong in ((account.login, older), ("nobody", token), (account.login, "aaaaa")):
        with unit_of_work(home, VISITOR) as work, pytest.raises(InvalidAnswers, match="another look"):
            staff.use_token(work, login, wrong, fresh)
    with unit_of_work(home, VISITOR) as work:
        staff.use_token(work, account.login, f" {token.upper()} ", fresh)
    assert isinstance(try_to_sign_in(home, account.login, "another-fine-long-word"), signin.Opened)
    with unit_of_work(home, VISITOR) as work, pytest.raises(InvalidAnswers):
        staff.use_token(work, account.login, token, fresh)


# --- passwords -------------------------------------------------------------------------------------------------

ABOUT = About("ps-hd-03", "990203198001020049", "13904145566", ("ps-agency", "Pingshan Verification Centre"))


@pytest.mark.clause("LF-28")
@pytest.mark.parametrize(
    "password",
    [
        "short1A!",
        "minzheng2024",
        "Minzheng@2027!",
        "hedui20270615",
        "P@ssw0rdP@ssw0rd",
        "qwertyuiop1234",
        "Abcd1234!@#$",
        "1qaz2wsx3edc4rfv",
        "aaaaaaaaaaaaaaaa",
        "19800102004919800102",
        "xy-13904145566-ab",
        "my ps-hd-03 login",
        "liaoning-benxi-pingshan",
        "pingshan2027zhongxin",
        "wang19800102!!",
        "password password",
    ],
)
def test_what_this_trade_would_choose_is_refused(password):
    assert weakness(password, ABOUT, 12) is not None


@pytest.mark.parametrize(
    "password", [PASSWORD, "Tq7#vLm9zR2w!", "渔火对愁眠江枫落月满船霜", "correcting horses by battery"]
)
def test_good_passwords_pass(password):
    assert weakness(password, ABOUT, 12) is None


def test_privileged_roles_need_longer_ones(home):
    with unit_of_work(home, OPERATOR) as work:
        rules = access.security_rules(work)
    assert rules.least_length(frozenset({"agency_handler"})) == 12
    assert rules.least_length(frozenset({"auditor"})) == 14


@given(st.text(max_size=200))
def test_any_text_is_judged_without_failing(password):
    fault = weakness(password, ABOUT, 12)
    assert fault is None or len(str(fault)) > 10


def test_hashes_verify_and_outdated_costs_are_seen():
    stored = CHEAP.hash("x")
    assert CHEAP.verify(stored, "x") and not CHEAP.verify(stored, "y")
    assert not CHEAP.verify("", "nobody has this password")
    assert not CHEAP.outdated(stored)
    assert Passwords(time_cost=2, memory_kib=64, parallelism=1).outdated(stored)


def test_only_so_many_passwords_are_checked_side_by_side(monkeypatch):
    monkeypatch.setattr("domain.parties.passwords._WAIT_SECONDS", 0.01)
    hasher = Passwords(time_cost=1, memory_kib=64, parallelism=1, at_once=1)
    with hasher._turn(), pytest.raises(Busy):
        hasher.verify("", "x")
