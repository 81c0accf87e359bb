"""Every page of a case shows the drawing it runs on and says the same in words; how many questions such a page asks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from domain.cases import Case
from domain.parties.accounts import Account
from domain.verification.reports import Report
from tasks import moves
from tasks.cases import drawings
from tasks.rows.models import HumanTask, TaskComment
from tests.homes import Office
from tests.infrastructure.databases import Template
from tests.journeys import steps
from tests.journeys.played import REPORTED, story_of
from tests.journeys.playing import PDF, Story, new_case
from tests.webapp.desk_world import app_of, browser_of, fields_of, marks_of, press, standing_of, task_address
from webapp.database import db
from workflows import definitions, ways
from workflows.instances import CaseState, Incident

# the shell of every page: who is signed in, the home's clock, the rules in force, the bell where no counts bring it
SHELL = (
    "SELECT count(*) AS count_1 \nFROM (SELECT notification.id", "FROM home", "FROM user_session",
    "role_grant", "FROM policy_file",
    "DISTINCT organisation.jurisdiction",
)  # fmt: skip


@pytest.fixture
def decided(office_in: Callable[[Template], Office]) -> Story:
    """A case whose report is delivered; the department is to decide."""
    story = story_of(office_in(REPORTED))
    assert story.open_steps() == ["decide"]
    return story


@contextmanager
def asked_of(browser: FlaskClient) -> Iterator[list[str]]:
    """The page's own SELECTs while it is shown."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.lstrip().upper().startswith("SELECT") and not any(one in statement for one in SHELL):
            found.append(statement)

    with browser.application.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def addresses(story: Story) -> dict[str, str]:
    """The pages that show this case: itself, an open task, a completed one, its report."""
    with story.work() as work:
        tasks = story.rows(work, HumanTask)
        report = story.rows(work, Report)[0].ref
        done = next(one.ref for one in tasks if one.step_id == "sign_commission")
    return {
        "case": f"/cases/{story.case_ref}",
        "open task": task_address(story, "decide"),
        "done task": f"/tasks/{done}",
        "report": f"/reports/{report}",
    }


def set_marks(story: Story, **changed: Any) -> None:
    """Write other marks of the case."""
    with story.work() as work:
        state = work.session.get_one(CaseState, story.case(work).id)
        state.marks = {**state.marks, **changed}


def test_every_page_of_a_case_shows_the_same_drawing_and_says_where_it_stands(decided: Story) -> None:
    head = browser_of(app_of(decided.office), decided.office, "head")
    pages = {name: head.get(address).text for name, address in addresses(decided).items()}

    shown = {name: marks_of(page) for name, page in pages.items()}
    assert all(one == shown["case"] for one in shown.values())
    assert shown["case"]["active"] == ["decide"]
    for name, page in pages.items():
        said = standing_of(page)
        assert "作出决定" in said, name
        assert "平山区民政局" in said, name
        assert re.search(r"第\s*1\s*版", said), name
        assert f'data-diagram-url="/cases/{decided.case_ref}/drawing.bpmn"' in page, name
    assert "起草核对报告" in standing_of(pages["case"])
    assert "起草核对报告 → 保存报告稿 → 审核报告" in pages["open task"]

    for path in ("/desk/done", "/cases"):
        assert "作出决定" in head.get(path).text, path


def test_the_ways_really_taken_are_marked_and_the_others_are_not(decided: Story) -> None:
    head = browser_of(app_of(decided.office), decided.office, "head")
    marks = marks_of(head.get(f"/cases/{decided.case_ref}").text)
    with decided.work() as work:
        state = work.session.get_one(CaseState, decided.case(work).id)
        drawing = definitions.by_id(work, state.definition_id).diagram
        recorded = list(state.marks["flows"])
    flows = {flow.id: flow for flow in drawing.flows}

    assert set(marks["flows"]) == set(recorded)
    assert {flows[one].target for one in marks["flows"]} >= {"acceptance", "draft_report", "decide"}
    reached = {*marks["done"], *marks["active"]}
    assert all({flows[one].source, flows[one].target} <= reached for one in marks["flows"])
    assert not {flows[one].target for one in marks["flows"]} & {"non_cooperation", "surveying", "archive"}

    # a case from before ways were kept claims nothing that the record would not
    old = {"done": state.marks["done"], "active": state.marks["active"]}
    assert set(ways.taken(drawing, old)) <= set(recorded)


def test_a_step_of_several_says_how_many_are_done(decided: Story) -> None:
    set_marks(decided, active=["ask_source", "querying", "source_limit"], counts={"querying": [3, 5]})
    page = browser_of(app_of(decided.office), decided.office, "head").get(f"/cases/{decided.case_ref}").text

    assert re.search(r"逐个来源查询 3/5 *、 *查询一个来源", standing_of(page))
    marks = marks_of(page)
    assert marks["active"] == ["querying", "ask_source"]  # the timer on its border only listens
    assert marks["counts"] == {"querying": [3, 5]}


def test_two_tokens_are_both_said_and_what_only_waits_is_said_so(decided: Story) -> None:
    set_marks(decided, active=["decide", "from_recheck", "objection"])
    said = standing_of(browser_of(app_of(decided.office), decided.office, "head").get(addresses(decided)["case"]).text)

    assert "作出决定 (平山区民政局)" in said
    assert "受理异议" in said
    assert re.search("等待[：:] *重新比对", said)


@pytest.mark.parametrize("named", ["decide", "report.render"])
def test_an_incident_stands_on_its_step_and_in_words(decided: Story, named: str) -> None:
    if named != "decide":  # a job names the operation that the step called
        set_marks(decided, active=["render_report"])
    with decided.work() as work:
        case = decided.case(work)
        work.session.add(
            Incident(case_id=case.id, step_id=named, cause="OSError", sentence="打印服务不可用。", opened_at=work.now)
        )
    page = browser_of(app_of(decided.office), decided.office, "head").get(addresses(decided)["case"]).text

    step = {"decide": "decide", "report.render": "render_report"}[named]
    assert marks_of(page)["troubled"] == [step]
    assert re.search("“(作出决定|印制报告)”", standing_of(page))
    assert "打印服务不可用。" in page


def test_a_case_that_was_ended_says_where_it_stood(decided: Story) -> None:
    with decided.work("head") as work:
        moves.cancel_case(work, decided.case_ref, "家庭撤回申请")
    page = browser_of(app_of(decided.office), decided.office, "head").get(f"/cases/{decided.case_ref}").text

    assert marks_of(page)["active"] == []
    assert marks_of(page)["ended"] == ["decide"]
    assert "提前终止于 作出决定" in standing_of(page)
    assert "下一步" not in standing_of(page)


def test_a_finished_case_says_at_which_end(decided: Story) -> None:
    with decided.work() as work:
        case = decided.case(work)
        state = work.session.get_one(CaseState, case.id)
        state.marks = {**state.marks, "active": [], "done": [*state.marks["done"], "querying_end", "end"]}
        case.state, case.closed_at = "DONE", work.now
    head = browser_of(app_of(decided.office), decided.office, "head")
    page = head.get(f"/cases/{decided.case_ref}").text

    assert marks_of(page)["ended"] == ["end"]
    assert "结束于 办结" in standing_of(page)


def test_the_drawing_is_of_the_cases_own_version_and_for_its_readers_alone(decided: Story) -> None:
    app = app_of(decided.office)
    answer = browser_of(app, decided.office, "head").get(f"/cases/{decided.case_ref}/drawing.bpmn")
    with decided.work() as work:
        state = work.session.get_one(CaseState, decided.case(work).id)
        own = definitions.by_id(work, state.definition_id).bundle.files["process.bpmn"]

    assert answer.data == own
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert browser_of(app, decided.office, "cityhandler").get(answer.request.path).status_code == 404


def _grow(story: Story) -> None:
    """Many more remarks, papers and tasks than before."""
    with story.work() as work:
        case = story.case(work)
        task = story.rows(work, HumanTask)[0]
        author = work.session.scalars(select(Account.id)).first()
        for number in range(30):
            row = TaskComment(case_id=case.id, task_id=task.id, body=b"", written_by=author, written_at=work.now)
            work.session.add(row)
            work.session.flush()
            row.body = work.home.vault.seal("task_comment.body", row.ref, f"第 {number} 条")
    for number in range(5):
        story.upload("head", "decide", f"paper-{number}.pdf")


# how many questions of its own each page asks late in a case, whatever the data; of an open task one says what would
# keep the reader from it and two what forbids a decision that pays (NM-21), a case asks once whether a place's own
# tables decide it
QUESTIONS = {"case": 11, "open task": 14, "done task": 11, "report": 5}


def test_pages_late_in_a_case_ask_a_fixed_number_of_questions(decided: Story) -> None:
    head = browser_of(app_of(decided.office), decided.office, "head")
    where = addresses(decided)

    def counted() -> dict[str, int]:
        found = {}
        for name, address in where.items():
            head.get(address)
            with asked_of(head) as asked:
                assert head.get(address).status_code == 200
            found[name] = len(asked)
        return found

    assert counted() == QUESTIONS
    _grow(decided)
    assert counted() == QUESTIONS


def test_lists_ask_once_for_where_their_cases_stand(decided: Story) -> None:
    with decided.work("head") as work:
        refs = list(work.session.scalars(select(Case.ref)))
        assert drawings.lines(work, refs, english=True)[decided.case_ref] == ["Decision"]
        assert drawings.lines(work, [], english=False) == {}


def _with_file(browser: FlaskClient, address: str, to: str, field: str, content: bytes = PDF) -> Any:
    data: Any = fields_of(browser.get(address).text)
    data.add(f"upload:{field}", (BytesIO(content), "选好的信.pdf", "application/pdf"))
    return browser.post(address + to, data=data, content_type="multipart/form-data")


def test_no_button_of_a_task_loses_a_file_that_was_chosen(office: Office) -> None:
    story = new_case(office)
    steps.take_in(story)
    steps.authorise(story)
    steps.commission(story)
    head = browser_of(app_of(office), office, "head")
    address = task_address(story, "sign_commission")
    press(head, "/desk", f"{address}/claim")

    assert _with_file(head, address, "/draft", "letter").status_code == 302
    page = head.get(address).text
    assert page.count('name="letter" value=') == 1
    first = re.findall(r'name="letter" value="([^"]+)"', page)[0]

    assert _with_file(head, address, f"/files/{first}/remove?field=letter", "letter").status_code == 302
    page = head.get(address).text
    kept = re.findall(r'name="letter" value="([^"]+)"', page)
    assert len(kept) == 1 and kept != [first]

    wrong = _with_file(head, address, "/draft", "letter", b"GIF89a")
    assert wrong.status_code == 422
    assert 'href="#' in wrong.text
    assert _with_file(head, address, "/release", "letter").status_code == 302
    press(head, "/desk", f"{address}/claim")
    assert head.get(address).text.count('name="letter" value=') == 2


def test_one_question_alone_has_no_number_and_several_have(decided: Story) -> None:
    app = app_of(decided.office)
    head, checker = browser_of(app, decided.office, "head"), browser_of(app, decided.office, "checker")
    with decided.work() as work:
        acceptance = next(one.ref for one in decided.rows(work, HumanTask) if one.step_id == "acceptance")

    assert 'class="n"' not in head.get(task_address(decided, "decide")).text
    assert '<span class="n">2</span>' in checker.get(f"/tasks/{acceptance}").text
