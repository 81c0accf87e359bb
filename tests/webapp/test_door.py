"""The door before every view: declared actions, CSRF, origins, sizes, hosts, headers, error pages."""

from __future__ import annotations

import logging

import pytest
from flask import Blueprint, Flask
from sqlalchemy import event, text

from domain.errors import (
    Conflict,
    DefinitionRefused,
    HouseError,
    InvalidAnswers,
    NotFound,
    NotPermitted,
    OperationFailed,
    Stale,
)
from domain.text import gettext as _
from tests.support import CHEAP, an_account, with_settings
from tests.webapp.conftest import sign_in, token_in
from webapp.acting import acting, reading
from webapp.app import create_app
from webapp.database import db
from webapp.errors import status_of
from webapp.permits import Permit, UndeclaredRoute, permit_of, public, requires


def a_blueprint(*views) -> Blueprint:
    """Views for one test, at /try/<name of the function>."""
    made = Blueprint("trial", __name__, url_prefix="/try")
    for view in views:
        made.add_url_rule(f"/{view.__name__}", view_func=view, methods=["GET", "POST"])
    return made


def an_app(home, *views) -> Flask:
    app = create_app(home.settings, passwords=CHEAP, more=[a_blueprint(*views)])
    app.testing = True
    return app


# --- declared actions ------------------------------------------------------------------------------------------


def test_a_route_that_does_not_say_who_may_use_it_stops_the_start(home):
    def bare():
        return "open to the world"

    with pytest.raises(UndeclaredRoute, match=r"/try/bare \(trial\.bare\)"):
        an_app(home, bare)


def test_a_route_added_after_the_start_is_refused_when_asked(home, client_of, offices):
    app = create_app(home.settings, passwords=CHEAP)
    app.add_url_rule("/late", "late", lambda: "open to the world")
    answer = app.test_client().get("/late")
    assert answer.status_code == 403
    assert "open to the world" not in answer.text


def test_an_action_the_table_does_not_know_stops_the_import():
    with pytest.raises(UndeclaredRoute, match=r"case\.reed"):
        requires("case.reed")


def test_every_route_declares_an_action_and_few_are_public(app):
    public_ones = {e for e, view in app.view_functions.items() if permit_of(view) == Permit("")}
    assert public_ones == {
        "static", "health.browser", "health.healthz", "health.start", "signin.page", "signin.sign_in",
        "signin.first_password", "signin.choose_first_password", "signin.sign_out", "notices.feed",
        # whether a paper is genuine, for whoever holds it (LF-20); it says no more than stands on it
        "verifying.page", "verifying.typed", "verifying.document",
    }  # fmt: skip


def test_the_door_asks_the_table_before_the_view_runs(home, offices):
    ran = []

    @requires("determination.decide")
    def decide():
        ran.append(1)
        return "decided"

    app = an_app(home, decide)
    handler = an_account(home, offices.agency, "agency_handler")
    head = an_account(home, offices.department, "department_head")
    for account, portal, status in ((handler, "agency", 403), (head, "department", 200)):
        browser = app.test_client()
        sign_in(browser, account.login, portal=portal)
        assert browser.get("/try/decide").status_code == status
    assert ran == [1]
    assert app.test_client().get("/try/decide").location == "/sign-in?next=/try/decide"


# --- forms -----------------------------------------------------------------------------------------------------


def test_a_form_without_or_with_anothers_token_is_refused(home, offices, app, client_of):
    mine = client_of(an_account(home, offices.agency))
    other = client_of(an_account(home, offices.agency))
    stranger = app.test_client()
    tokens = (None, token_in(other.get("/account/").text), token_in(stranger.get("/sign-in").text), "x")
    for token in tokens:
        data = {"language": "en"} | ({"csrf_token": token} if token else {})
        assert mine.post("/account/settings", data=data).status_code == 400
    good = token_in(mine.get("/account/").text)
    assert mine.post("/account/settings", data={"language": "en", "csrf_token": good}).status_code == 302


def test_a_token_from_before_the_sign_in_is_worthless_afterwards(home, offices, client):
    early = token_in(client.get("/sign-in").text)
    sign_in(client, an_account(home, offices.agency).login)
    assert client.post("/account/settings", data={"language": "en", "csrf_token": early}).status_code == 400


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_post_from_another_site_is_refused(home, offices, client_of, headers):
    browser = client_of(an_account(home, offices.agency))
    data = {"language": "en", "csrf_token": token_in(browser.get("/account/").text)}
    assert browser.post("/account/settings", data=data, headers=headers).status_code == 403


def test_a_page_without_files_takes_no_more_than_half_a_megabyte(client):
    data = {"csrf_token": token_in(client.get("/sign-in").text), "login": "x" * 600_000}
    answer = client.post("/sign-in", data=data)
    assert answer.status_code == 413


def test_a_page_with_files_takes_what_the_settings_allow(home, offices):
    @requires("account.own", uploads=True)
    def upload():
        from flask import request

        return str(len(request.form["big"]) + (request.max_content_length or 0))

    app = an_app(home, upload)
    browser = app.test_client()
    sign_in(browser, an_account(home, offices.agency).login)
    token = token_in(browser.get("/account/").text)
    answer = browser.post("/try/upload", data={"csrf_token": token, "big": "x" * 400_000})
    assert answer.text == str(400_000 + home.settings.upload_limit)


def test_an_unknown_host_is_refused(client):
    assert client.get("/sign-in", headers={"Host": "evil.example"}).status_code == 400


# --- answers ---------------------------------------------------------------------------------------------------


def test_every_answer_carries_the_policy_and_pages_are_not_kept(client):
    page = client.get("/sign-in")
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "style=" not in page.text and "<style" not in page.text and " on" + "click" not in page.text
    sheet = client.get("/static/hedui.css")
    assert "max-age" in sheet.headers["Cache-Control"]


def test_a_page_of_the_editor_may_allow_style_attributes_and_nothing_else(home):
    from webapp.headers import allow_style_attributes

    @public
    def editor():
        allow_style_attributes()
        return "editor"

    policy = an_app(home, editor).test_client().get("/try/editor").headers["Content-Security-Policy"]
    assert "style-src-attr 'unsafe-inline'" in policy
    assert "style-src 'self';" in policy and policy.count("unsafe-inline") == 1


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound("There is no such case."), 404),
        (NotPermitted("no"), 403),
        (Stale("Somebody was faster at 10:42."), 409),
        (Conflict("not now", clause="BX-11"), 409),
        (InvalidAnswers({"a": "b"}), 422),
        (DefinitionRefused([]), 422),
        (OperationFailed("failed"), 500),
        (HouseError("odd"), 500),
    ],
)
def test_each_refusal_has_its_status_and_shows_its_sentence(home, error, status):
    @public
    def refuse():
        raise error

    answer = an_app(home, refuse).test_client().get("/try/refuse")
    assert answer.status_code == status == status_of(error)
    assert str(error) in answer.text or "有内容" in answer.text or "process" in answer.text
    if status == 409 and isinstance(error, Conflict):
        assert "BX-11" in answer.text


def test_an_unexpected_fault_shows_an_event_and_no_secret(home, caplog):
    @public
    def fail():
        raise RuntimeError("林谷雨 990203198001020049")

    app = create_app(home.settings, passwords=CHEAP, more=[a_blueprint(fail)])
    with caplog.at_level(logging.DEBUG):
        answer = app.test_client().get("/try/fail")
    assert answer.status_code == 500
    assert "990203198001020049" not in answer.text + caplog.text
    event_id = answer.text.split("<dd>")[1].split("</dd>")[0]
    assert event_id in caplog.text and "test_door.py" in caplog.text


def test_sentences_are_read_in_the_language_of_the_page(home):
    @public
    def refuse():
        raise NotFound(_("There is no such case."))

    client = an_app(home, refuse).test_client()
    assert "There is no such case." in client.get("/try/refuse?lang=en").text


def test_a_sentence_that_comes_from_a_person_is_escaped(home):
    @public
    def refuse():
        raise NotFound("<script>alert(1)</script>")

    assert "<script>alert" not in an_app(home, refuse).test_client().get("/try/refuse").text


def test_an_unknown_address_looks_like_any_other(client):
    answer = client.get("/no/such/place")
    assert answer.status_code == 404
    assert 'href="/"' in answer.text


# --- work and session ------------------------------------------------------------------------------------------


def test_a_views_session_is_the_one_of_flask_sqlalchemy(home, offices):
    seen = []

    @requires("account.own")
    def look():
        with acting() as work:
            seen.append(work.session is db.session())
            work.session.execute(text("UPDATE account SET name = 'changed'"))
        with reading() as work:
            seen.append(work.session is db.session())
            return str(work.session.scalar(text("SELECT name FROM account")))

    app = an_app(home, look)
    browser = app.test_client()
    sign_in(browser, an_account(home, offices.agency).login)
    assert browser.get("/try/look").text == "changed"
    assert seen == [True, True]
    with app.app_context():
        assert app.extensions["house"].home.engine is db.engine


def test_a_refused_act_leaves_nothing_behind(home, offices):
    @requires("account.own")
    def fail():
        with acting() as work:
            work.session.execute(text("UPDATE account SET name = 'half'"))
            raise Conflict("not now")

    browser = an_app(home, fail).test_client()
    sign_in(browser, an_account(home, offices.agency, name="whole").login)
    assert browser.get("/try/fail").status_code == 409
    with home.sessions() as session:
        assert session.scalar(text("SELECT name FROM account")) == "whole"


def test_a_page_of_a_signed_in_person_needs_few_queries(home, offices, client_of):
    browser = client_of(an_account(home, offices.agency, "agency_handler"))
    statements = []
    with browser.application.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    browser.get("/account/")
    asked = [s for s in statements if s.lstrip().upper().startswith("SELECT")]
    assert len(asked) <= 10, asked


# --- health ----------------------------------------------------------------------------------------------------


def test_health_tells_database_worker_and_version(client):
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.get_json()["status"] == "ok" and answer.get_json()["database"] == "ok"
    assert answer.get_json()["worker"] == {"state": "absent", "age_s": None}
    assert answer.get_json()["version"]


def test_health_fails_when_the_database_is_away(home):
    app = create_app(with_settings(home, database_url="sqlite:////nowhere/at/all.db"), passwords=CHEAP)
    answer = app.test_client().get("/healthz")
    assert answer.status_code == 503
    assert answer.get_json()["database"] == "away"


def test_pages_say_so_when_the_database_is_away(home):
    app = create_app(with_settings(home, database_url="sqlite:////nowhere/at/all.db"), passwords=CHEAP)
    client = app.test_client()
    client.set_cookie("hedui-session", "x")
    for path in ("/sign-in", "/", "/account/"):
        answer = client.get(path)
        assert answer.status_code in (302, 503)
        assert answer.status_code == 503 or path != "/account/"


def test_the_start_leads_to_the_sign_in(client):
    assert client.get("/").location == "/sign-in"


def test_the_version_is_the_one_of_the_project():
    import tomllib
    from pathlib import Path

    from domain.version import VERSION

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == VERSION
