"""The pages that compare versions of a process, and the page where a second owner decides."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from domain.work import unit_of_work
from tests.homes import Office
from tests.journeys.playing import new_case
from tests.webapp.desk_world import app_of, browser_of
from tests.webapp.owner_world import begun, owner_of, post, read, send_file, shipped
from workflows import bundles, definitions
from workflows.bundles import Bundle, Checked
from workflows.definition_rows import DefinitionProposal
from workflows.instances import CaseState

ONE = ('name="审核报告"', 'name="审核核对报告"')


@pytest.fixture
def app(office: Office) -> Flask:
    return app_of(office)


@pytest.fixture
def first(app: Flask, office: Office) -> FlaskClient:
    return owner_of(app, office, "owner1")


@pytest.fixture
def second(app: Flask, office: Office) -> FlaskClient:
    return owner_of(app, office, "owner2")


def changed(*pairs: tuple[str, str], path: str = "process.bpmn", process: str = "verification") -> bytes:
    text = shipped(process, path).decode()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text.encode()


def drafted(browser: FlaskClient, *pairs: tuple[str, str], on: int = 1) -> str:
    """The address of a draft of the verification with these places of the drawing changed."""
    draft = begun(browser, "verification")
    answer = send_file(browser, draft, "process.bpmn", changed(*pairs), on=on)
    assert answer.status_code == 200, answer.text
    return draft


def proposed(browser: FlaskClient, *pairs: tuple[str, str], note: str = "为了清楚") -> str:
    draft = drafted(browser, *(pairs or (ONE,)))
    answer = post(browser, f"{draft}/propose", revision="2", note=note)
    assert answer.status_code == 302, read(answer.text)
    assert "/proposals/" in answer.location
    return str(answer.location)


def laid_before(office: Office, login: str, bundle: Bundle) -> str:
    """A proposal as a row, without the check that the pages make."""
    with unit_of_work(office.home, office.actor(login)) as work:
        return "/proposals/" + definitions.propose(work, Checked(bundle, ()), note="直接").ref


def approve(browser: FlaskClient, address: str, *, against: int = 1, **values: Any) -> Any:
    return post(browser, f"{address}/approve", against=str(against), **values)


def state_of(office: Office, address: str) -> DefinitionProposal:
    with office.home.sessions() as session:
        return session.scalars(
            select(DefinitionProposal).where(DefinitionProposal.ref == address.rpartition("/")[2])
        ).one()


def in_force(office: Office) -> int:
    with unit_of_work(office.home, office.actor("owner1"), write=False) as work:
        return definitions.in_force(work, "verification").number


# --- two versions ------------------------------------------------------------------------------------------------


def test_a_draft_is_compared_with_the_version_in_force_row_by_row(first: FlaskClient) -> None:
    draft = drafted(first, ONE, ("record_authorisations.missing = 0", "record_authorisations.missing &lt; 2"))
    page = first.get(f"{draft}/compare?lang=en")
    said = read(page.text)
    assert page.status_code == 200 and "Revision 2 against Version 1" in said
    assert "2 differences that mean something" in said
    assert "<del>审核报告</del> <ins>审核核对报告</ins>" in page.text
    assert "Condition changed" in said and "All authorised? → Draft commission (Yes)" in said
    assert 'data-shows="review_report"' in page.text and "style-src-attr" not in page.headers["Content-Security-Policy"]
    assert f'data-url="{draft}/files/process.bpmn?revision=2"' in page.text
    assert first.get("/processes/verification/versions/1/files/process.bpmn").status_code == 200


def test_any_revision_is_compared_with_any_other(first: FlaskClient) -> None:
    draft = drafted(first, ONE)
    same = read(first.get(f"{draft}/compare?lang=en&revision=1").text)
    assert "Both mean the same" in same and "Every file is the same to the byte." in same
    back = first.get(f"{draft}/compare?lang=en&revision=1&with=r2")
    assert "Revision 1 against Revision 2" in read(back.text) and "<ins>审核报告</ins>" in back.text
    moved = changed(ONE, ('x="946" y="472"', 'x="940" y="472"'))
    assert send_file(first, draft, "process.bpmn", moved, on=2).status_code == 200
    said = read(first.get(f"{draft}/compare?lang=en&revision=3&with=r2").text)
    assert "no difference that means something; 1 more is a place in the picture only" in said


@pytest.mark.parametrize(
    "query", ["with=9", "with=r9", "with=x", "with=r", "with=１", "revision=9", "with=" + "9" * 40]
)
def test_what_is_neither_version_nor_revision_is_not_found(first: FlaskClient, query: str) -> None:
    draft = begun(first, "verification")
    assert first.get(f"{draft}/compare?{query}").status_code == 404


def test_two_versions_are_compared_the_last_step_by_default(
    office: Office, first: FlaskClient, second: FlaskClient
) -> None:
    address = proposed(first)
    assert approve(second, address, read="yes").status_code == 302
    page = read(first.get("/processes/verification/compare?lang=en").text)
    assert "Version 2 against Version 1" in page and "审核报告 审核核对报告" in page
    other = read(first.get("/processes/verification/compare?from=2&to=1&lang=en").text)
    assert "Version 1 against Version 2" in other and "审核核对报告 审核报告" in other
    assert first.get("/processes/verification/compare?from=7&to=1").status_code == 404
    assert first.get("/processes/none/compare").status_code == 404


def test_names_from_a_draft_are_text_on_the_page(office: Office, second: FlaskClient) -> None:
    bundle = bundles.read_folder(shipped_folder())
    name = '"&gt;&lt;img src=x onerror=alert(1)&gt;'.replace('"', "&quot;")
    text = (
        bundle.files["process.bpmn"].decode().replace("审核报告", name).replace('"draft_report"', '"r&quot;&lt;b&gt;"')
    )
    address = laid_before(office, "owner1", Bundle("verification", {**bundle.files, "process.bpmn": text.encode()}))
    page = second.get(f"{address}?lang=en").text
    assert "<img" not in page and "<b>" not in page
    assert "&lt;img src=x" in page and "&lt;b&gt;" in page
    assert re.search(r'data-marks="[^"<>]*draft_report[^"<>]*"', page)


def shipped_folder() -> Any:
    from tests.webapp.owner_world import SHIPPED

    return SHIPPED / "verification"


def test_a_drawing_that_cannot_be_read_is_said_to_be_so(office: Office, second: FlaskClient) -> None:
    bundle = bundles.read_folder(shipped_folder())
    address = laid_before(office, "owner1", Bundle("verification", {**bundle.files, "process.bpmn": b"<a>" * 500}))
    page = second.get(f"{address}?lang=en")
    assert page.status_code == 200 and "cannot be read, so its differences cannot be named" in read(page.text)


# --- deciding ----------------------------------------------------------------------------------------------------


def test_the_second_owner_reads_differences_check_cases_and_story_and_approves(
    office: Office, first: FlaskClient, second: FlaskClient
) -> None:
    story = new_case(office)
    address = proposed(first, note="名称更清楚")
    page = read(second.get(f"{address}?lang=en").text)
    assert "Publish: Verification of a new application as version 2 waits for a second owner" in page
    assert "Difference to version 1 1 difference that means something" in page
    assert "0 errors" in page and "方冬至 proposed it. 名称更清楚" in page and "Second owner 方小寒 decides" in page
    assert re.search(r"1 running case .*Version 1 1 Version 1: 1 case", page), page
    assert "I have read 1 difference and know of 1 running case" in page
    answer = approve(second, address, read="yes")
    assert answer.status_code == 302 and answer.location == "/processes/verification"
    assert in_force(office) == 2
    with story.work() as work:
        state = work.session.get_one(CaseState, story.case(work).id)
        assert definitions.by_id(work, state.definition_id).number == 1
    after = read(second.get(f"{address}?lang=en").text)
    assert "approved" in after and "方小寒 approved it." in after and "<del>" not in after
    assert "Difference to version 1" in after and "Approve, in force" not in after
    late = approve(second, address, against=2, read="yes")
    assert late.status_code == 409 and "dealt with already" in read(
        late.text.replace("已经处理过", "dealt with already")
    )


def test_nothing_is_approved_without_the_tick(office: Office, first: FlaskClient, second: FlaskClient) -> None:
    address = proposed(first)
    answer = approve(second, address)
    assert answer.status_code == 422 and 'aria-invalid="true"' in answer.text
    assert in_force(office) == 1 and state_of(office, address).state == "OPEN"


def test_the_author_cannot_approve_is_told_why_and_may_withdraw(office: Office, first: FlaskClient) -> None:
    address = proposed(first)
    page = read(first.get(f"{address}?lang=en").text)
    assert "You proposed this version, so you cannot approve it" in page and "Approve, in force at once" not in page
    assert approve(first, address, read="yes").status_code == 403
    assert post(first, f"{address}/send-back", reason="x").status_code == 403
    assert in_force(office) == 1
    assert post(first, f"{address}/withdraw").location == address
    assert state_of(office, address).state == "WITHDRAWN"
    assert "withdrawn" in read(first.get(f"{address}?lang=en").text)


def test_a_proposal_goes_back_only_with_a_reason(office: Office, first: FlaskClient, second: FlaskClient) -> None:
    address = proposed(first)
    for reason in ("", "  ", "长" * 501):
        answer = post(second, f"{address}/send-back", reason=reason)
        assert answer.status_code == 422 and 'id="reason-error"' in answer.text and "data-shown" in answer.text
    assert state_of(office, address).state == "OPEN"
    assert post(second, f"{address}/send-back", reason="期限要写明依据").status_code == 302
    page = read(first.get(f"{address}?lang=en").text)
    assert "sent back" in page and "方小寒 sent it back. 期限要写明依据" in page
    assert approve(second, address, read="yes").status_code == 409


def test_only_its_author_withdraws_a_proposal(office: Office, first: FlaskClient, second: FlaskClient) -> None:
    address = proposed(first)
    assert post(second, f"{address}/withdraw").status_code == 403
    assert state_of(office, address).state == "OPEN"


def test_what_came_into_force_meanwhile_is_what_is_compared_and_must_be_read_again(
    office: Office, first: FlaskClient, second: FlaskClient
) -> None:
    address = proposed(first)
    other = Bundle("verification", {**bundles.read_folder(shipped_folder()).files,
                                    "process.bpmn": changed(('name="不配合处理"', 'name="不予配合"'))})  # fmt: skip
    with unit_of_work(office.home, office.actor("owner2")) as work:
        ref = definitions.propose(work, Checked(other, ()), note="另一处").ref
    with unit_of_work(office.home, office.actor("owner1")) as work:
        definitions.approve(work, ref, Checked(other, ()))
    page = read(second.get(f"{address}?lang=en").text)
    assert "The author started from version 1; version 2 came into force since." in page
    assert "Difference to version 2 2 differences" in page and "不予配合 不配合处理" in page
    stale = approve(second, address, against=1, read="yes")
    assert stale.status_code == 409 and in_force(office) == 2
    assert approve(second, address, against=2, read="yes").status_code == 302 and in_force(office) == 3


def test_what_does_not_pass_any_more_is_not_put_in_force(office: Office, second: FlaskClient) -> None:
    files = bundles.read_folder(shipped_folder()).files
    bad = Bundle("verification", {**files, "process.bpmn": changed(('topic="declaration.record"', 'topic="no.such"'))})
    address = laid_before(office, "owner1", bad)
    page = read(second.get(f"{address}?lang=en").text)
    assert "1 error" in page and "The operation no.such is unknown." in page
    answer = approve(second, address, read="yes")
    assert answer.status_code == 422 and in_force(office) == 1
    assert state_of(office, address).state == "OPEN"


def test_readers_read_and_others_do_not_even_that(office: Office, app: Flask, first: FlaskClient) -> None:
    address = proposed(first)
    reader = owner_of(app, office, "oversight")
    page = read(reader.get(f"{address}?lang=en").text)
    assert "Process owners decide on it." in page and "Approve" not in page.replace("Approval", "")
    assert reader.get("/processes/verification/compare").status_code == 200
    for act in ("approve", "send-back", "withdraw"):
        assert post(reader, f"{address}/{act}", read="yes", reason="x", against="1").status_code == 403
    clerk = browser_of(app, office, "clerk")
    for place in (address, f"{address}/drawing.bpmn", "/processes/verification/compare"):
        assert clerk.get(place).status_code == 403
    assert state_of(office, address).state == "OPEN"


def test_the_drawing_of_a_proposal_is_never_drawn_by_the_browser_itself(first: FlaskClient) -> None:
    answer = first.get(f"{proposed(first)}/drawing.bpmn")
    assert answer.content_type.startswith("text/plain") and answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment") and b"bpmn:definitions" in answer.data
    assert first.get("/proposals/nothere").status_code == 404


def test_the_first_version_of_a_new_process_is_compared_with_nothing(office: Office, second: FlaskClient) -> None:
    files = bundles.read_folder(shipped_folder()).files
    address = laid_before(office, "owner1", Bundle("another", dict(files)))
    page = read(second.get(f"{address}?lang=en").text)
    assert "A new process" in page and "There is no drawing." in page and "The whole file process.bpmn." in page
