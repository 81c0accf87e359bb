"""Return for correction: the checker marks fields, each note stands beside its field, and changes are seen again."""

from __future__ import annotations

from sqlalchemy import select, text

from tasks.rows.mark_models import TaskMark
from tests.journeys import steps
from tests.journeys.played import AUTHORISED, story_of
from tests.webapp.desk_world import app_of, browser_of, press, send, task_address

NOTE = "委托时点应为受理之日"


def _marked(page: str) -> str:
    return page.split('id="marked"')[1].split("</div>")[0]


def test_marked_fields_come_back_with_their_notes_and_what_changed_is_shown(office_in) -> None:
    office = office_in(AUTHORISED)
    story, app = story_of(office), app_of(office)
    steps.commission(story)
    head, clerk = browser_of(app, office, "head"), browser_of(app, office, "clerk")
    address = task_address(story, "sign_commission")
    press(head, "/desk", f"{address}/claim")
    page = head.get(address).text
    path = page.split('name="mark:commission:')[1].split('"')[0]

    # a mark needs a reason, and an answer that sends the case back
    sent = {f"mark:commission:{path}": "y"}
    refused = send(head, address, {"outcome": "RETURN", "return_to": "COMMISSION", "reason": "见标注", **sent})
    assert refused.status_code == 422
    assert "请逐一说明所标字段有何问题。" in refused.text
    words = {**sent, f"mark_code:commission:{path}": "FIGURES", f"mark_note:commission:{path}": NOTE}
    refused = send(head, address, {"outcome": "RETURN", "return_to": "AUTHORISE", "reason": "补授权", **words})
    assert refused.status_code == 422 and "没有把案件退回该环节" in refused.text
    assert NOTE in refused.text, "what was marked is kept"

    back = send(head, address, {"outcome": "RETURN", "return_to": "COMMISSION", "reason": "见标注", **words})
    assert back.status_code in (200, 302), back.text
    with story.work() as work:
        (mark,) = work.session.scalars(select(TaskMark)).all()
        assert NOTE.encode() not in bytes(mark.note)
        raw = work.session.execute(text("SELECT path, note FROM task_mark")).one()
        assert NOTE not in str(raw.path)
        assert "task.marked" in [entry.event for entry in story.journal(work)]

    again = task_address(story, "commission")
    press(clerk, "/desk", f"{again}/claim")
    page = clerk.get(again).text
    assert f'href="#at-{path}"' in _marked(page)
    assert f"数额或计算有误：{NOTE}" in page.split(f'id="at-{path}"')[1][:1500]
    assert f"{path}-mark" in page, "and it describes the field"

    basis = {"basis": "辽民助函〔2022〕116号"}
    done = send(clerk, again, basis)
    assert done.status_code in (200, 302), done.text
    checking = task_address(story, "sign_commission")
    press(head, "/desk", f"{checking}/claim")
    page = head.get(checking).text
    changed = page.split('id="changed-commission"')[1].split("</section>")[0]
    assert "<ins>辽民助函〔2022〕116号</ins>" in changed and "<del>本民发〔2017〕107号</del>" in changed
    assert NOTE in changed
