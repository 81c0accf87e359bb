"""Keeping accounts by the pages: created, filed, given roles, switched off; never an identity number in full."""

from __future__ import annotations

import pyotp
import pytest

from domain.parties import second_factor
from domain.parties.accounts import Account
from domain.work import OPERATOR, unit_of_work
from tests.support import an_account, an_identity_number
from tests.webapp.conftest import token_in


@pytest.fixture
def desk_of(home, client_of):
    """desk_of(account): signed in with a second factor."""

    def signed_in(account: Account):
        secret = pyotp.random_base32()
        with unit_of_work(home, OPERATOR) as work:
            row = work.session.get_one(Account, account.id)
            second_factor.set_up(work, row, secret, pyotp.TOTP(secret).now())
            row.totp_last_step = None
        browser = client_of(account)
        page = browser.get("/second-factor").text
        browser.post("/second-factor", data={"csrf_token": token_in(page), "code": pyotp.TOTP(secret).now()})
        browser.get("/account/?lang=en")
        return browser

    return signed_in


def test_an_account_goes_from_creation_to_its_first_sign_in(home, offices, desk_of, client):
    admin = desk_of(an_account(home, offices.system, "system_admin"))
    guard = desk_of(an_account(home, offices.system, "security_admin"))
    number = an_identity_number()
    form = {"office": "ps-agency", "login": "ps-hd-07", "name": "唐芒种", "idno": number, "phone": ""}
    form["csrf_token"] = token_in(admin.get("/administration/accounts/new").text)

    bad = admin.post("/administration/accounts", data={**form, "idno": "990201198001011234", "login": "Ü"})
    assert bad.status_code == 422 and "check character" in bad.text and "唐芒种" in bad.text

    page = admin.post("/administration/accounts", data=form, follow_redirects=True)
    path = page.request.path
    assert "not filed yet" in page.text and number not in page.text and number[-4:] in page.text

    refused = admin.post(f"{path}/file", data={"csrf_token": form["csrf_token"], "number": "1", "on": "2027-06-16"})
    assert refused.status_code == 422 and "cannot lie after today" in refused.text
    filed = admin.post(f"{path}/file", data={"csrf_token": form["csrf_token"], "number": "1", "on": "2027-06-15"})
    assert filed.status_code == 302

    safe = token_in(guard.get(path).text)
    granted = guard.post(f"{path}/roles", data={"csrf_token": safe, "role": "agency_handler"}, follow_redirects=True)
    assert "Verification handler" in granted.text
    assert admin.post(f"{path}/roles", data={"csrf_token": form["csrf_token"], "role": "archivist"}).status_code == 403

    shown = admin.post(f"{path}/token", data={"csrf_token": form["csrf_token"]}).text
    token = shown.split("<code>")[1].split("</code>")[0]
    chosen = "violet-tractor-umbrella-42"
    first = {"login": "ps-hd-07", "token": token, "password": chosen, "again": chosen}
    first["csrf_token"] = token_in(client.get("/first-password").text)
    assert client.post("/first-password", data=first).status_code == 302


@pytest.mark.clause("LF-26")
def test_a_role_of_the_agency_is_refused_to_a_department_by_the_page(home, offices, desk_of):
    guard = desk_of(an_account(home, offices.system, "security_admin"))
    clerk = an_account(home, offices.department, "department_clerk")
    path = f"/administration/accounts/{clerk.ref}"
    page = guard.get(path).text
    assert 'value="department_head"' in page and 'value="agency_handler"' not in page
    forged = guard.post(f"{path}/roles", data={"csrf_token": token_in(page), "role": "agency_handler"})
    assert forged.status_code == 409
    assert "LF-26" in forged.text


def test_a_disabled_account_is_out_at_its_next_request(home, offices, desk_of, client_of):
    guard = desk_of(an_account(home, offices.system, "security_admin"))
    account = an_account(home, offices.agency, "agency_handler")
    browser = client_of(account)
    path = f"/administration/accounts/{account.ref}"
    data = {"csrf_token": token_in(guard.get(path).text)}
    assert guard.post(f"{path}/disable", data=data).status_code == 302
    assert "/sign-in" in browser.get("/account/").location
    assert guard.post(f"{path}/explode", data=data).status_code == 404


def test_staff_find_no_account_pages(home, offices, client_of):
    browser = client_of(an_account(home, offices.agency, "agency_handler"))
    assert browser.get("/administration/accounts").status_code == 403
    assert "/administration" not in browser.get("/account/").text
