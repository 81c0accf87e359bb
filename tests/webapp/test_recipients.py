"""Pages of recipients: listed and filtered in scope, shown with the origin, verified; letters and lists."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import select

from domain.verification.recipient_rows import RecipientDoubt
from domain.work import OPERATOR, unit_of_work
from tests.homes import Office, one_roll
from tests.journeys import standing
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of


@pytest.fixture
def compared(office: Office) -> Office:
    """The demonstration's recipients on one roll, compared with everything delivered."""
    one_roll(office)
    standing.in_force(office)
    return office


def refs(page: str) -> list[str]:
    return re.findall(r'href="/recipients/(\w{26})"', page)


def test_the_list_is_narrowed_by_state_category_and_delivery(compared: Office) -> None:
    clerk = browser_of(app_of(compared), compared, "clerk")
    whole = refs(clerk.get("/recipients").text)
    assert len(whole) == 5
    deposits = refs(clerk.get("/recipients?category=DEPOSIT").text)
    assert len(deposits) == 2 and set(deposits) < set(whole)
    assert refs(clerk.get("/recipients?state=TRUE").text) == []
    assert refs(clerk.get("/recipients?state=all&programme=TEKUN").text) == []
    checks = clerk.get("/recipients/letters").text
    deliveries = re.findall(r"delivery=(\w{26})", checks)
    assert len(deliveries) == 6
    found = [refs(clerk.get(f"/recipients?state=all&delivery={one}").text) for one in deliveries]
    assert sorted(ref for some in found for ref in some) == sorted(whole), "from a delivery to what rests on it"


@pytest.mark.clause("CK-18", "NM-11")
def test_a_doubt_shows_delivery_row_rule_and_declaration_and_is_verified_with_evidence(compared: Office) -> None:
    clerk = browser_of(app_of(compared), compared, "clerk")
    ref = refs(clerk.get("/recipients?category=DEPOSIT").text)[0]
    page = clerk.get(f"/recipients/{ref}").text
    assert "5861.00" in page and "67861.00" in page
    assert re.search(r"delivery=\w{26}", page) and "doubts" in page
    assert not re.search(r"\d{12,}", page), "neither an identity number nor an account's in clear"
    form = {"csrf_token": token_in(page), "finding": "EXPLAINED", "method": "PAPERS", "measure": "NONE", "note": "赠与"}
    refused = clerk.post(f"/recipients/{ref}", data=form)
    assert refused.status_code == 422 and 'id="evidence-error"' in refused.text and "赠与" in refused.text
    paper = (io.BytesIO(b"%PDF-1.4 paper"), "proof.pdf")
    done = clerk.post(f"/recipients/{ref}", data={**form, "evidence": paper}, content_type="multipart/form-data")
    assert done.status_code == 302
    assert "赠与" in clerk.get(f"/recipients/{ref}").text
    assert clerk.get(f"/recipients/{ref}/evidence").data == b"%PDF-1.4 paper"
    assert clerk.post(f"/recipients/{ref}", data=form).status_code == 409


def test_other_offices_find_nothing(compared: Office) -> None:
    app = app_of(compared)
    with unit_of_work(compared.home, OPERATOR, write=False) as work:
        ref = work.session.scalars(select(RecipientDoubt.ref)).first()
    for login, status in (("handler", 403), ("bank", 403), ("oversight", 403)):
        browser = browser_of(app, compared, login)
        assert browser.get("/recipients").status_code == status
        assert browser.get(f"/recipients/{ref}").status_code == status
    town = browser_of(app, compared, "town2")
    mine = refs(town.get("/recipients?state=all").text)
    with unit_of_work(compared.home, OPERATOR, write=False) as work:
        foreign = work.session.scalars(select(RecipientDoubt.ref).where(RecipientDoubt.ref.not_in(mine))).first()
    assert town.get(f"/recipients/{foreign}").status_code == 404


def test_the_clerk_begins_a_letter_and_the_head_opens_the_review(compared: Office) -> None:
    app = app_of(compared)
    clerk, head = browser_of(app, compared, "clerk"), browser_of(app, compared, "head")
    page = clerk.get("/recipients/letters").text
    assert clerk.post("/recipients/letters", data={"csrf_token": token_in(page), "programme": "X"}).status_code == 422
    begun = clerk.post("/recipients/letters", data={"csrf_token": token_in(page), "programme": "TEKUN"})
    assert begun.status_code == 302 and "/cases/" in begun.headers["Location"]
    assert clerk.get(begun.headers["Location"]).status_code == 200
    ref = refs(clerk.get("/recipients").text)[0]
    form = {"csrf_token": token_in(page), "finding": "TRUE", "method": "VISIT", "measure": "REVIEW", "note": "属实"}
    assert clerk.post(f"/recipients/{ref}", data=form).status_code == 302
    waiting = head.get("/recipients").text
    opened = head.post("/recipients/review", data={"csrf_token": token_in(waiting), "programme": "DIBAO"})
    assert opened.status_code == 302 and "/campaigns/" in opened.headers["Location"]
    assert head.get(opened.headers["Location"]).status_code == 200


def test_lists_of_the_calendar_have_their_page(compared: Office) -> None:
    app = app_of(compared)
    for login in ("clerk", "cityreviewer"):
        assert 'class="empty"' in browser_of(app, compared, login).get("/monitoring").text
    assert browser_of(app, compared, "town").get("/monitoring").status_code == 403


@pytest.mark.clause("NM-13")
def test_from_the_page_of_a_doubt_its_record_goes_on_the_whitelist_with_the_paper_of_the_verification(
    compared: Office,
) -> None:
    app = app_of(compared)
    clerk, head, town = (browser_of(app, compared, login) for login in ("clerk", "head", "town"))
    ref = refs(clerk.get("/recipients?category=BIZ").text)[0]
    page, form = f"/recipients/{ref}", f"/recipients/{ref}/whitelist"
    assert form not in clerk.get(page).text, "a doubt that nobody verified is not proposed"
    token = token_in(clerk.get(page).text)
    seen = {
        "csrf_token": token,
        "finding": "SOURCE_ERROR",
        "method": "PAPERS",
        "measure": "WHITELIST",
        "note": "已注销",
    }
    paper = (io.BytesIO(b"%PDF-1.4 paper"), "proof.pdf")
    clerk.post(page, data={**seen, "evidence": paper}, content_type="multipart/form-data")
    assert form in clerk.get(page).text
    assert "proof.pdf" in clerk.get(form).text
    wrong = clerk.post(form, data={"csrf_token": token, "reason": " ", "valid_until": "2031-01-01"})
    assert wrong.status_code == 422
    assert 'id="reason-error"' in wrong.text and 'id="valid_until-error"' in wrong.text
    sent = {"csrf_token": token, "reason": "营业执照早已注销", "valid_until": "2027-06-01"}
    done = clerk.post(form, data=sent)
    assert done.status_code == 302
    entry = done.headers["Location"]
    assert clerk.post(form, data=sent).status_code == 409
    shown = clerk.get(entry).text
    assert page in shown and "proof.pdf" in shown and 'value="approve"' not in shown
    assert clerk.get(f"{entry}/evidence").data == b"%PDF-1.4 paper"
    assert entry in clerk.get(page).text and form not in clerk.get(page).text
    assert entry in head.get("/whitelist").text and page in head.get("/whitelist").text
    decided = head.post(entry, data={"csrf_token": token_in(head.get(entry).text), "act": "approve"})
    assert decided.status_code == 302 and 'value="end"' in head.get(entry).text
    assert [town.get(one).status_code for one in (form, entry, f"{entry}/evidence")] == [403, 403, 403]
    assert head.get("/recipients/0000/whitelist").status_code == 404
