"""Help before the verification, from the clerk's request to its end, at the browsers of its roles (P-09, LF-14)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from domain import rules
from domain.assistance.rescue_rows import CLOSE, CONCLUDED, RECOVER, REFUSED, Rescue
from domain.cases import CANCELLED, DONE, NEW, Case
from domain.clock import OFFICE_ZONE
from domain.work import OPERATOR, unit_of_work
from tasks import starting
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import Story, first_applicant
from tests.support import policy_files
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of, press, send, task_address
from tests.webapp.test_printing import about, said

BENXI = "benxi/2017-12-06.toml"
GRANTED = b'\n[values.rescue_first_allowed]\nvalue = true\nsource = "LF-14"\n'
URGENT = "昨夜失火，住房烧毁，今晚无处居住"


@pytest.fixture
def granted(office: Office) -> Office:
    """An office whose rules allow help before the verification."""
    with unit_of_work(office.home, OPERATOR) as work:
        files = policy_files()
        rules.deploy(work, {**files, BENXI: files[BENXI] + GRANTED})
    return office


class Counters:
    """The browsers of the office's people."""

    def __init__(self, office: Office) -> None:
        self.office, self.app = office, app_of(office)
        self.of: dict[str, FlaskClient] = {}

    def at(self, login: str) -> FlaskClient:
        if login not in self.of:
            self.of[login] = browser_of(self.app, self.office, login)
        return self.of[login]

    def start(self, number: str, kind: str = "RESCUE") -> Story:
        clerk = self.at("clerk")
        form = {"csrf_token": token_in(clerk.get("/cases/new").text), "programme": "", "kind": kind, "number": number}
        answer = clerk.post("/cases/new", data=form)
        assert answer.status_code == 302, answer.text
        return Story(self.office, answer.location.rpartition("/")[2])

    def do(self, story: Story, login: str, step: str, **answers: str) -> int:
        """Claim the task of a step and send it; the status of the answer."""
        address = task_address(story, step)
        press(self.at(login), "/desk", f"{address}/claim")
        status: int = send(self.at(login), address, answers).status_code
        self.office.sweep()
        return status


def applicant(office: Office) -> str:
    with unit_of_work(office.home, office.actor("town"), write=False) as work:
        return first_applicant(work)


def rescue_of(story: Story) -> Rescue:
    with story.work() as work:
        [found] = story.rows(work, Rescue)
        return found


def paid(at: Counters, story: Story, amount: str = "3000") -> None:
    assert at.do(story, "clerk", "request", urgency=URGENT, amount="3000") == 302
    assert at.do(story, "head", "approve", outcome="APPROVE", reason="情况紧急，属实") == 302
    assert at.do(story, "clerk", "pay", paid_on=steps.today(story), amount=amount) == 302


def verification_of(story: Story) -> Story:
    key = rescue_of(story).verification_id
    assert key is not None
    with story.work() as work:
        return Story(story.office, work.session.get_one(Case, key).ref)


def decided(story: Story, outcome: str) -> None:
    """The verification as every other: authorised, commissioned, queried, reported, decided."""
    steps.to_queries(story)
    steps.report(story)
    steps.decide(story, outcome)


def test_where_the_rules_do_not_allow_it_nobody_is_offered_or_given_it(office: Office) -> None:
    at = Counters(office)
    page = at.at("clerk").get("/cases/new").text
    assert "先行救助" not in page.partition("<main")[2]
    form = {"csrf_token": token_in(page), "programme": "", "kind": "RESCUE", "number": applicant(office)}
    refused = at.at("clerk").post("/cases/new", data=form)
    assert refused.status_code == 409 and "LF-14" in refused.text
    with office.home.sessions() as session:
        assert session.scalars(select(Case)).all() == []


@pytest.mark.clause("LF-14")
@pytest.mark.parametrize(("decision", "end", "back"), [("APPROVE", CLOSE, ""), ("REJECT", RECOVER, "1500")])
def test_help_comes_first_then_the_verification_and_then_its_end(
    granted: Office, decision: str, end: str, back: str
) -> None:
    """Asked by the clerk, approved by the head, paid, verified with authorisation and letter, concluded by the head."""
    at, number = Counters(granted), applicant(granted)
    assert "先行救助" in at.at("clerk").get("/cases/new").text
    story = at.start(number)
    assert at.do(story, "clerk", "request", urgency="", amount="3000") == 422
    assert at.do(story, "clerk", "request", urgency=URGENT, amount="3000") == 302
    assert at.at("clerk").get(task_address(story, "approve")).status_code == 404
    assert at.do(story, "head", "approve", outcome="APPROVE", reason="情况紧急，属实") == 302
    assert at.do(story, "clerk", "pay", paid_on=steps.today(story), amount="3000.01") == 422
    assert at.do(story, "clerk", "pay", paid_on=steps.today(story), amount="2000") == 302
    made = rescue_of(story)
    assert made.paid_fen == 200_000 and made.due_at is not None
    verification = verification_of(story)
    with verification.work() as work:
        opened = verification.case(work)
        assert (opened.kind, opened.process) == (NEW, "verification") and opened.commissioned_at is None
    assert story.open_steps() == []
    decided(verification, decision)
    assert story.open_steps() == ["conclude"]
    wrong = RECOVER if end == CLOSE else CLOSE
    assert at.do(story, "head", "conclude", outcome=wrong, reason="核对完毕", back="100") == 409
    assert at.do(story, "head", "conclude", outcome=end, reason="核对完毕", back=back) == 302
    done = rescue_of(story)
    assert (done.state, done.outcome, done.back_fen) == (CONCLUDED, end, 150_000 if back else None)
    with story.work() as work:
        assert story.case(work).state == DONE
        events = [one.event for one in story.journal(work)]
    assert [one for one in events if one.startswith("rescue.")] == [
        "rescue.decided", "rescue.paid", "rescue.verification", "rescue.concluded",
    ]  # fmt: skip
    page = at.at("head").get(f"/cases/{story.case_ref}/papers")
    [ref] = about(page.text, "DOC-18")
    token = token_in(page.text)
    paper = at.at("head").post(
        f"/cases/{story.case_ref}/papers", data={"csrf_token": token, "doc": "DOC-18", "about": ref}
    )
    words = said(paper.data)
    for told in ("先行救助审批表", URGENT, "2,000.00元", "同意先行救助", verification_number(verification)):
        assert told in words, told


@pytest.mark.clause("LF-14")
def test_a_verification_that_does_not_begin_in_time_is_urged_and_stands_on_the_list(granted: Office) -> None:
    """Ten working days after the payment the head is called upon once, and the list says so until it has begun."""
    at = Counters(granted)
    story = at.start(applicant(granted))
    paid(at, story)
    due = rescue_of(story).due_at
    assert due is not None and "逾期未核对" not in at.at("clerk").get("/rescues").text
    granted.advance((due - timedelta(hours=1)).astimezone(OFFICE_ZONE).isoformat())
    assert story.open_steps() == [] and rescue_of(story).late_at is None
    granted.advance((due + timedelta(hours=1)).astimezone(OFFICE_ZONE).isoformat())
    granted.sweep()
    assert story.open_steps() == ["urge"] and rescue_of(story).late_at is not None
    page = at.at("clerk").get("/rescues").text
    assert "逾期未核对" in page
    assert at.do(story, "head", "urge", done="已联系街道补齐授权") == 302
    verification = verification_of(story)
    decided(verification, "APPROVE")
    assert "逾期未核对" not in at.at("clerk").get("/rescues").text
    assert at.do(story, "head", "conclude", outcome=CLOSE, reason="核对完毕") == 302


@pytest.mark.clause("LF-14")
def test_a_verification_that_is_ended_is_opened_again_the_next_morning(granted: Office) -> None:
    at = Counters(granted)
    story = at.start(applicant(granted))
    paid(at, story)
    first = verification_of(story)
    with first.work() as work:
        first.case(work).state = CANCELLED
        now = work.now
    granted.advance(_next_morning(now))
    second = verification_of(story)
    assert second.case_ref != first.case_ref
    assert second.open_steps() == ["intake"]


def test_an_application_that_runs_already_becomes_the_verification(granted: Office) -> None:
    at, number = Counters(granted), applicant(granted)
    with unit_of_work(granted.home, granted.actor("town")) as work:
        running = starting.start_new(work, starting.household_ref(work, number)).ref
    story = at.start(number)
    paid(at, story)
    assert verification_of(story).case_ref == running


def test_what_is_not_granted_ends_and_nobody_else_reads_it(granted: Office) -> None:
    at = Counters(granted)
    story = at.start(applicant(granted))
    at.do(story, "clerk", "request", urgency=URGENT, amount="3000")
    assert at.do(story, "head", "approve", outcome="REFUSE", reason="可按普通程序申请") == 302
    made = rescue_of(story)
    assert made.state == REFUSED and made.verification_id is None
    with story.work() as work:
        assert story.case(work).state == DONE
    record = re.search(r'href="(/rescues/\w+)"', at.at("clerk").get("/rescues").text)
    assert record is not None
    assert URGENT in at.at("head").get(record[1]).text
    for login in ("handler", "town"):
        assert at.at(login).get(record[1]).status_code == 403
        assert at.at(login).get("/rescues").status_code == 403


def verification_number(story: Story) -> str:
    with story.work() as work:
        return story.case(work).number


def _next_morning(now: datetime) -> str:
    day = now.astimezone(OFFICE_ZONE).date() + timedelta(days=3)
    return f"{day.isoformat()}T08:00:00+08:00"
