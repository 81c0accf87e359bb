"""Signing in by the pages: portals, cookies, pauses, second factor, the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select, update

from domain.base import Base
from domain.clock import machine_now
from domain.home import Home
from domain.parties import second_factor, staff
from domain.parties.accounts import Account, UserSession
from domain.work import OPERATOR, unit_of_work
from tests.infrastructure.databases import SQLITE, Place, Template
from tests.support import BARE_HOME, CHEAP, PASSWORD, an_account, open_place, with_settings
from tests.webapp.conftest import sign_in, token_in
from webapp.app import create_app
from webapp.auth import safe_next
from webapp.database import db

HTTPS = "https://office.example"


@pytest.fixture
def home(database_kind: str, fresh_place: Callable[[str, Template], Place]) -> Iterator[Home]:
    """Signing in is tried on both kinds of database."""
    made = open_place(fresh_place(database_kind, BARE_HOME))
    yield made
    made.engine.dispose()


@pytest.fixture
def app(home: Home) -> Iterator[Flask]:
    """The application; its connections are let go, so that the database can be dropped."""
    made = create_app(home.settings, passwords=CHEAP)
    made.testing = True
    yield made
    with made.app_context():
        db.engine.dispose()


def cookie_lines(answer) -> list[str]:
    return answer.headers.getlist("Set-Cookie")


def test_the_way_in_is_chinese_and_english_when_asked(client):
    assert 'lang="zh-Hans-CN"' in client.get("/sign-in").text
    assert "<h1>Sign in</h1>" in client.get("/sign-in?lang=en").text
    assert "<h1>Sign in</h1>" in client.get("/sign-in").text  # the cookie remembers


def test_a_handler_signs_in_and_sees_her_name_and_office(home, offices, client_of):
    account = an_account(home, offices.agency, "agency_handler", name="秦白露")
    page = client_of(account).get("/account/").text
    assert "秦白露" in page
    assert offices.agency.name in page


def test_a_wrong_password_says_the_same_as_an_unknown_login(home, offices, client):
    account = an_account(home, offices.agency, "agency_handler")
    wrong = sign_in(client, account.login, "not-the-password")
    unknown = sign_in(client, "nobody-here", "not-the-password")
    assert wrong.status_code == unknown.status_code == 422
    told = [page.text.split('role="alert"')[1].split("</ul>")[0] for page in (wrong, unknown)]
    assert told[0] == told[1]
    assert "not-the-password" not in wrong.text


def test_the_sixth_failure_is_told_to_wait(home, offices, client):
    account = an_account(home, offices.agency)
    for _n in range(5):
        assert sign_in(client, account.login, "wrong").status_code == 422
    assert sign_in(client, account.login).status_code == 429


@pytest.mark.clause("LF-26")
def test_an_account_of_another_kind_of_office_is_refused_at_the_portal_with_a_sentence(home, offices, client):
    clerk = an_account(home, offices.department, "department_clerk")
    client.get("/sign-in?lang=en")
    answer = sign_in(client, clerk.login, portal="agency")
    assert answer.status_code == 422
    assert "belongs to the portal “Assistance department”" in answer.text


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(home, offices, client):
    account = an_account(home, offices.agency)
    line = next(line for line in cookie_lines(sign_in(client, account.login)) if line.startswith("hedui-session="))
    assert "HttpOnly" in line and "SameSite=Lax" in line and "Path=/" in line
    assert "Secure" not in line and "Domain" not in line


def test_over_https_the_cookies_are_bound_to_the_host(home, offices):
    account = an_account(home, offices.agency)
    settings = with_settings(home, trusted_proxies=1, hosts=("office.example",))
    client = create_app(settings, passwords=CHEAP).test_client()
    page = client.get("/sign-in", base_url=HTTPS)
    assert "max-age" in page.headers["Strict-Transport-Security"]
    form = {"csrf_token": token_in(page.text), "login": account.login, "password": PASSWORD, "portal": "agency"}
    answer = client.post("/sign-in", data=form, base_url=HTTPS, headers={"Referer": f"{HTTPS}/sign-in"})
    lines = [line for line in cookie_lines(answer) if "hedui-session" in line or "hedui-visit" in line]
    assert len(lines) == 2
    assert all(line.startswith("__Host-") and "Secure" in line and "HttpOnly" in line for line in lines)


def test_the_session_changes_with_the_sign_in_and_ends_with_the_sign_out(home, offices, app, client_of):
    account = an_account(home, offices.agency)
    browser = client_of(account)
    token = browser.get_cookie("hedui-session").value
    page = browser.get("/account/").text
    assert browser.post("/sign-out", data={"csrf_token": token_in(page)}).status_code == 302
    assert browser.get_cookie("hedui-session") is None
    thief = app.test_client()
    thief.set_cookie("hedui-session", token)
    assert "/sign-in" in thief.get("/account/").location


def test_both_browsers_are_told_when_an_account_signs_in_twice(home, offices, client_of):
    account = an_account(home, offices.agency)
    first = client_of(account)
    second = client_of(account)
    assert "127.0.0.1" in second.get("/account/").text
    answer = first.get("/account/?lang=en", follow_redirects=True)
    assert "signed in somewhere else" in answer.text


def test_after_the_sign_in_one_is_back_where_one_was(home, offices, client):
    account = an_account(home, offices.agency)
    sent = client.get("/account/password")
    assert sent.location == "/sign-in?next=/account/password"
    answer = sign_in(client, account.login, next="/account/password")
    assert answer.location == "/account/password"


@pytest.mark.parametrize(
    "target",
    [
        "//evil",
        "/\\evil",
        "/%09/evil",
        "http://evil/",
        "javascript:alert(1)",
        "/a\nb",
        "/a b",
        "evil",
        "",
        None,
        "/\t/x",
    ],
)
def test_the_way_back_never_leaves_this_site(target):
    assert safe_next(target) is None


def test_a_role_that_needs_it_sets_up_the_second_factor_first(home, offices, client_of):
    admin = an_account(home, offices.system, "system_admin", login="sys-01")
    browser = client_of(admin)
    assert browser.get("/administration/accounts").location.startswith("/account/second-factor")
    page = browser.get("/account/second-factor?lang=en").text
    assert browser.get("/account/second-factor").text.count("<path") == 1
    secret = page.split("Key: ")[1].split("<")[0].replace(" ", "")
    form = {"csrf_token": token_in(page), "code": "000000"}
    assert browser.post("/account/second-factor", data=form).status_code == 422
    form["code"] = pyotp.TOTP(secret).now()
    assert browser.post("/account/second-factor", data=form).status_code == 302
    assert browser.get("/administration/accounts").status_code == 200


def test_who_waits_for_a_code_reaches_no_other_page(home, offices, client_of):
    account = an_account(home, offices.agency, "agency_head")
    secret = pyotp.random_base32()
    with unit_of_work(home, OPERATOR) as work:
        row = work.session.get_one(Account, account.id)
        second_factor.set_up(work, row, secret, pyotp.TOTP(secret).now())
        row.totp_last_step = None
    browser = client_of(account)
    for path in ("/account/", "/account/password", "/account/second-factor", "/administration/accounts"):
        assert browser.get(path).location.startswith("/second-factor"), path
    page = browser.get("/second-factor?next=/account/password").text
    form = {"csrf_token": token_in(page), "code": pyotp.TOTP(secret).now(), "next": "/account/password"}
    assert browser.post("/second-factor", data=form).location == "/account/password"
    assert browser.get("/account/").status_code == 200


def test_a_password_given_by_somebody_is_changed_first(home, offices, client_of):
    account = an_account(home, offices.agency, must_change=True)
    browser = client_of(account)
    assert browser.get("/account/").location.startswith("/account/password")
    page = browser.get("/account/password?lang=en").text
    form = {"csrf_token": token_in(page), "current": PASSWORD, "password": "minzheng2027", "again": "minzheng2027"}
    weak = browser.post("/account/password", data=form)
    assert weak.status_code == 422 and "everybody tries first" in weak.text
    form |= {"password": "violet-tractor-umbrella-42", "again": "violet-tractor-umbrella-42"}
    assert browser.post("/account/password", data=form).status_code == 302
    assert browser.get("/account/").status_code == 200


def test_a_first_password_is_chosen_with_a_token(home, offices, client):
    account = an_account(home, offices.agency)
    with unit_of_work(home, OPERATOR) as work:
        token = staff.issue_token(work, work.session.get_one(Account, account.id))
    page = client.get("/first-password").text
    chosen = "violet-tractor-umbrella-42"
    form = {"csrf_token": token_in(page), "login": account.login, "token": "x", "password": chosen, "again": chosen}
    assert client.post("/first-password", data=form).status_code == 422
    form["token"] = token
    assert client.post("/first-password", data=form).location == "/sign-in"
    assert sign_in(client, account.login, chosen).status_code == 302


def seen(home):
    with home.sessions() as session:
        return session.scalars(select(UserSession.seen_at)).one()


def written(watching, database_kind):
    """What changes when any row of this database is written: SQLite's count of other connections' commits;
    PostgreSQL's newest row version and number of rows of every table (its transaction counter belongs to the whole
    cluster, where other tests and autovacuum count too)."""
    if database_kind == SQLITE:
        return watching.exec_driver_sql("PRAGMA data_version").scalar_one()
    return {
        table.name: watching.exec_driver_sql(f"SELECT count(*), max(xmin::text::bigint) FROM {table.name}").one()
        for table in Base.metadata.sorted_tables
    }


def test_reading_pages_writes_nothing(home, offices, client_of, database_kind):
    browser = client_of(an_account(home, offices.agency, "agency_handler"))
    with home.engine.connect() as watching:
        before = written(watching, database_kind)
        watching.rollback()
        for path in ("/", "/account/", "/account/password", "/account/second-factor", "/sign-in", "/healthz"):
            browser.get(path)
        after = written(watching, database_kind)
    assert after == before


def test_use_of_a_session_is_noted_once_a_minute(home, offices, client_of):
    browser = client_of(an_account(home, offices.agency))
    with home.sessions() as session, session.begin():
        session.execute(update(UserSession).values(seen_at=machine_now() - timedelta(minutes=2)))
    browser.get("/account/")
    first = seen(home)
    assert machine_now() - first < timedelta(seconds=30)
    browser.get("/account/")
    assert seen(home) == first


def test_an_idle_session_is_over_and_says_why(home, offices, client_of):
    browser = client_of(an_account(home, offices.agency))
    with home.sessions() as session, session.begin():
        session.execute(update(UserSession).values(seen_at=machine_now() - timedelta(minutes=16)))
    answer = browser.get("/account/?lang=en", follow_redirects=True)
    assert "nothing happened for a while" in answer.text
    assert answer.request.path == "/sign-in"
