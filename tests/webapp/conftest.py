"""A small home with offices, its application, and clients that are signed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from domain.home import Home
from domain.parties.accounts import Account
from domain.parties.roles import portal_of
from tests.infrastructure.databases import SQLITE, Place, Template
from tests.support import BARE_HOME, CHEAP, PASSWORD, Offices, open_place, some_offices
from webapp.app import create_app

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def home(fresh_place: Callable[[str, Template], Place]) -> Iterator[Home]:
    """A demonstration home whose clock stands at 15 June 2027, 09:00."""
    made = open_place(fresh_place(SQLITE, BARE_HOME))
    yield made
    made.engine.dispose()


@pytest.fixture
def offices(home: Home) -> Offices:
    """One office of each kind."""
    return some_offices(home)


@pytest.fixture
def app(home: Home) -> Flask:
    """The application of that home; passwords cost little."""
    made = create_app(home.settings, passwords=CHEAP)
    made.testing = True
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser of nobody."""
    return app.test_client()


def token_in(page: str) -> str:
    """The CSRF token of the first form of a page."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, "the page has no form"
    return found.group(1)


def sign_in(client: FlaskClient, login: str, password: str = PASSWORD, portal: str = "agency", **more: str):
    """Send the sign-in form as a browser does; returns the answer, not followed."""
    page = client.get("/sign-in").text
    form = {"csrf_token": token_in(page), "login": login, "password": password, "portal": portal, **more}
    return client.post("/sign-in", data=form)


@pytest.fixture
def client_of(app: Flask) -> SignIn:
    """client_of(account): a browser in which that person is signed in."""

    def signed_in(account: Account, password: str = PASSWORD) -> FlaskClient:
        browser = app.test_client()
        answer = sign_in(browser, account.login, password, portal_of(account.org_kind))
        assert answer.status_code == 302, answer.text
        return browser

    return signed_in
