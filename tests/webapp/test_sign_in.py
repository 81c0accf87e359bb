"""Signing in: the page, the portals, the session."""

from __future__ import annotations

from tests.support import PASSWORD, an_account
from tests.webapp.conftest import sign_in


def test_the_way_in_is_in_chinese_and_in_english_when_asked(client):
    assert 'lang="zh-Hans-CN"' in client.get("/sign-in").text
    english = client.get("/sign-in?lang=en").text
    assert "<h1>Sign in</h1>" in english and "not the default" not in english
    assert "<h1>Sign in</h1>" in client.get("/sign-in").text  # the cookie remembers


def test_a_handler_signs_in_and_sees_her_name(home, offices, client_of):
    account = an_account(home, offices.agency, "agency_handler", name="秦白露")

    page = client_of(account).get("/account/").text

    assert "秦白露" in page
    assert "ps-agency" in page


def test_a_wrong_password_says_the_same_as_an_unknown_login(home, offices, client):
    account = an_account(home, offices.agency, "agency_handler")
    wrong = sign_in(client, account.login, "not-the-password")
    unknown = sign_in(client, "nobody-here", "not-the-password")
    assert wrong.status_code == unknown.status_code == 422
    told = [page.text.replace(account.login, "X").replace("nobody-here", "X") for page in (wrong, unknown)]
    assert told[0].split("<h1>")[1].split("csrf_token")[0] == told[1].split("<h1>")[1].split("csrf_token")[0]
    assert PASSWORD not in wrong.text and "not-the-password" not in wrong.text
