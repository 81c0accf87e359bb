"""Papers printed from a case: prefilled, numbered, the same again for the same facts, by those who may print them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pypdfium2
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from domain import identity
from domain.issued import IssuedDocument
from domain.parties import households
from domain.verification import authorisations, commissions
from tests.homes import Office
from tests.infrastructure.databases import Template
from tests.journeys.played import ACCEPTED, AUTHORISED, story_of
from tests.journeys.playing import Story
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of

CLERK, TOWN, CHECKER = "clerk", "town", "checker"


def said(pdf: bytes) -> str:
    """Every word of a paper, blanks left out."""
    return "".join("".join(page.get_textpage().get_text_bounded().split()) for page in pypdfium2.PdfDocument(pdf))


def about(page: str, doc: str) -> list[str]:
    """What the papers of a kind on the page are about, in their order."""
    return re.findall(rf'name="doc" value="{doc}"><input type="hidden" name="about" value="([^"]+)"', page)


class Counter:
    """The case at one person's browser."""

    def __init__(self, office: Office, login: str) -> None:
        self.story: Story = story_of(office)
        self.browser: FlaskClient = browser_of(app_of(office), office, login)
        self.address = f"/cases/{self.story.case_ref}/papers"

    def page(self) -> str:
        answer = self.browser.get(self.address)
        assert answer.status_code == 200
        return answer.text

    def ask(self, doc: str, ref: str) -> TestResponse:
        sent = {"csrf_token": token_in(self.page()), "doc": doc, "about": ref}
        return self.browser.post(self.address, data=sent)

    def printed(self, doc: str, place: int = 0) -> bytes:
        answer = self.ask(doc, about(self.page(), doc)[place])
        assert answer.status_code == 200 and answer.mimetype == "application/pdf", answer.text
        return answer.data

    def given(self) -> list[IssuedDocument]:
        with self.story.work() as work:
            return self.story.rows(work, IssuedDocument)


OfficeIn = Callable[[Template], Office]


@pytest.mark.clause("LF-20")
def test_the_authorisation_is_printed_for_everybody_who_signs_and_again_byte_for_byte(office_in: OfficeIn) -> None:
    at = Counter(office_in(AUTHORISED), TOWN)
    assert at.given() == []
    first = at.printed("DOC-01")
    assert at.printed("DOC-01") == first
    [kept] = at.given()
    words = said(first)
    with at.story.work() as work:
        household = households.by_id(work, at.story.case(work).household_id)
        for person in households.members(work, household):
            assert households.name_of(work, person) in words
            assert households.number_of(work, person) in words
    for told in ("核对授权书", "全国", "捺印", "见证人", "培训演示", kept.code, kept.digest, kept.number):
        assert "".join(told.split()) in words, told
    assert at.browser.get(f"/verify/{kept.code}").status_code == 200
    assert kept.code in at.page() and kept.number in at.page()

    with at.story.work() as work:
        household = households.by_id(work, at.story.case(work).household_id)
        households.change_contact(work, household, address="平山区新地址 9 号")
    assert "平山区新地址9号" in said(at.printed("DOC-01"))
    numbers = [one.number for one in at.given()]
    assert len(set(numbers)) == 2 and numbers[0] == kept.number


def test_each_office_prints_its_own_papers_and_a_stranger_finds_no_case(office_in: OfficeIn) -> None:
    office = office_in(ACCEPTED)
    town, clerk, checker = (Counter(office, login) for login in (TOWN, CLERK, CHECKER))
    offers = {at: set(re.findall(r'name="doc" value="([^"]+)"', at.page())) for at in (town, clerk, checker)}
    assert offers[town] == {"DOC-01", "DOC-08", "DOC-09A", "DOC-09B", "DOC-09C"}
    assert offers[clerk] == {*offers[town], "DOC-02", "DOC-10", "DOC-16"}
    assert offers[checker] == {"DOC-03"}
    [acceptance] = about(checker.page(), "DOC-03")
    assert town.ask("DOC-03", acceptance).status_code == 404
    assert clerk.ask("DOC-03", acceptance).status_code == 404
    assert checker.ask("DOC-01", about(clerk.page(), "DOC-01")[0]).status_code == 404
    stranger = browser_of(app_of(office), office, "cityhandler")
    assert stranger.get(town.address).status_code == 404
    assert browser_of(app_of(office), office, "oversight").get(town.address).status_code == 403
    assert town.given() == []


def test_every_paper_of_the_department_is_printed_and_names_nobody_by_a_whole_number_without_need(
    office_in: OfficeIn,
) -> None:
    at = Counter(office_in(ACCEPTED), CLERK)
    with at.story.work() as work:
        household = households.by_id(work, at.story.case(work).household_id)
        numbers = [households.number_of(work, one) for one in households.members(work, household)]
    told = {
        "DOC-02": ("核对委托书", "核对人员"), "DOC-08": ("申报表", "近十二个月收入", "承诺"),
        "DOC-09A": ("实地查看记录", "调查人2", "被查看家庭"), "DOC-09B": ("邻里访问记录", "被访问人"),
        "DOC-09C": ("信函索证记录", "要求回复日期"), "DOC-10": ("异议申诉书", "申诉人"),
        "DOC-16": ("不予配合核对情况记录", "告知人", "见证人"),
    }  # fmt: skip
    for doc, expected in told.items():
        words = said(at.printed(doc))
        for one in expected:
            assert one in words, (doc, one)
        for number in numbers:
            assert (number in words) == (doc == "DOC-02"), doc
            if doc == "DOC-08":
                assert identity.mask(number) in words
    assert {one.doc for one in at.given()} == set(told)
    assert len({one.number for one in at.given()}) == len(told)


def test_the_agency_prints_what_its_checker_looked_at(office_in: OfficeIn) -> None:
    at = Counter(office_in(ACCEPTED), CHECKER)
    words = said(at.printed("DOC-03"))
    assert "核对委托受理单" in words and words.count("符合") >= 8 and "受理" in words
    [kept] = at.given()
    with at.story.work() as work:
        assert kept.org_id == at.story.case(work).agency_id


@pytest.mark.clause("BX-11")
def test_a_draft_of_the_letter_is_not_printed_before_everybody_has_authorised(office_in: OfficeIn) -> None:
    office = office_in(AUTHORISED)
    at = Counter(office, CLERK)
    assert about(at.page(), "DOC-02") == []
    with at.story.work(CLERK) as work:
        case = at.story.case(work)
        draft = commissions.prepare(work, case, categories=["DEPOSIT"])
        draft_ref = draft.ref
    words = said(at.printed("DOC-02"))
    assert "委稿" in words and "（待签）" in words and "草稿" not in words

    with at.story.work(CLERK) as work:
        case = at.story.case(work)
        household = households.by_id(work, case.household_id)
        person = households.members(work, household)[0]
        signed = authorisations.of_person(work, person)[0]
        authorisations.withdraw(work, signed, on=work.today, reason="本人申请撤回")
    answer = at.ask("DOC-02", draft_ref)
    assert answer.status_code == 409 and "先授权" in answer.text
    assert len(at.given()) == 1
