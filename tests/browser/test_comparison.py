"""A second owner reads the difference in words and on both drawings, by the keyboard alone, and decides."""

from __future__ import annotations

import re
from typing import Any

import pytest

from domain.work import unit_of_work
from tests.browser.serving import PHONE, Served
from tests.support import ROOT
from workflows import bundles, definitions, drafts
from workflows.bundles import DRAWING

pytestmark = pytest.mark.slow

STEP = """<bpmn:userTask id="bind" name="核对装订" camunda:formKey="archive" camunda:candidateGroups="archivist">
<bpmn:extensionElements><camunda:properties><camunda:property name="name.en" value="Check the bound file" />
</camunda:properties></bpmn:extensionElements><bpmn:incoming>render_report_to_deliver_report</bpmn:incoming>
<bpmn:outgoing>bind_on</bpmn:outgoing></bpmn:userTask>
<bpmn:sequenceFlow id="bind_on" sourceRef="bind" targetRef="deliver_report" />"""
DRAWN = """<bpmndi:BPMNShape id="bind_di" bpmnElement="bind"><dc:Bounds x="1700" y="1480" width="120" height="60" />
</bpmndi:BPMNShape><bpmndi:BPMNEdge id="bind_on_di" bpmnElement="bind_on"><di:waypoint x="1760" y="1480" />
<di:waypoint x="1760" y="1450" /></bpmndi:BPMNEdge>"""
EDITS = (
    ("record_authorisations.missing = 0", "record_authorisations.missing &lt;= 0"),
    ('targetRef="deliver_report"', 'targetRef="bind"'),
    ("<bpmn:incoming>render_report_to_deliver_report<", "<bpmn:incoming>bind_on<"),
    ("</bpmn:process>", f"{STEP}</bpmn:process>"),
    ("</bpmndi:BPMNPlane>", f"{DRAWN}</bpmndi:BPMNPlane>"),
    ("<bpmn:flowNodeRef>render_report</", "<bpmn:flowNodeRef>bind</bpmn:flowNodeRef><bpmn:flowNodeRef>render_report</"),
)
SHAPE = "[data-side={side}] g[data-element-id='{id}']"


def proposed(web: Served) -> tuple[str, str]:
    """Addresses of a proposal by the first owner, and of its draft."""
    office = web.office
    text = (ROOT / "bpmn" / "verification" / DRAWING).read_text(encoding="utf-8")
    for old, new in EDITS:
        assert old in text, old
        text = text.replace(old, new, 2 if "flowNodeRef" in old else 1)  # the outer lane and the inner one
    # a picture that only moved
    text = text.replace('<dc:Bounds x="946" y="472"', '<dc:Bounds x="950" y="476"', 1)
    with unit_of_work(office.home, office.actor("owner1")) as work:
        draft = drafts.begin(work, "verification").ref
        # the scenarios go the old way; the owners of this story do without them
        files = drafts.bundle_at(work, drafts.get(work, draft)).files
        gone = dict.fromkeys(path for path in files if path.startswith("scenarios/"))
        drafts.save(work, draft, {DRAWING: text.encode(), **gone}, based_on=1)
        bundle = drafts.bundle_at(work, drafts.get(work, draft))
    checked = bundles.must_pass(bundle)
    with unit_of_work(office.home, office.actor("owner1")) as work:
        return f"/proposals/{drafts.propose(work, draft, checked, number=2, note='补装订核对').ref}", f"/drafts/{draft}"


def ready(page: Any) -> Any:
    page.locator("[data-difference][data-ready=yes]").wait_for()
    return page


def views(page: Any) -> list[list[float]]:
    """What both drawings show: size and place, to a hundredth."""
    shown = [page.locator(f"[data-side={side}] .viewport").first.get_attribute("transform") for side in ("old", "new")]
    return [[round(float(number), 2) for number in re.findall(r"-?[0-9.]+(?:e-?[0-9]+)?", one or "")] for one in shown]


def marked(page: Any, side: str, element: str) -> str:
    return str(page.locator(SHAPE.format(side=side, id=element)).first.get_attribute("class"))


def test_a_second_owner_reads_and_approves_by_the_keyboard(web: Served) -> None:
    proposal, _draft = proposed(web)
    owner = web.desk("owner2")
    owner.go(proposal)
    page = ready(owner.page)
    owner.look("proposal")

    assert "cmp-added" in marked(page, "new", "bind") and not page.locator(SHAPE.format(side="old", id="bind")).count()
    for side in ("old", "new"):
        assert "cmp-changed" in marked(page, side, "all_authorised_to_commission")
        assert "cmp-moved" in marked(page, side, "commission_signed_to_issue_commission")
        assert page.locator(f"[data-side={side}] .mark.on.changed").count() == 2
    assert page.locator("[data-side=new] .mark.on.added").first.inner_text() == "+"

    page.locator("[data-shows=bind]").focus()
    page.keyboard.press("Enter")
    assert page.locator("[data-difference]").get_attribute("data-shown") == "bind"
    assert "cmp-here" in marked(page, "new", "bind")
    assert "核对装订" in page.locator("[data-difference-status]").inner_text()
    assert page.locator("[data-absent=old]").inner_text() and not page.locator("[data-absent=new]").inner_text()
    assert "here" in str(page.locator("tr[data-row=bind]").get_attribute("class"))
    old, new = views(page)
    assert old == new

    page.locator("[data-side=old]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    assert views(page)[0] == views(page)[1] != new
    page.keyboard.press("0")
    assert views(page)[0] == views(page)[1]

    page.locator("[data-difference-step='1']").press("Enter")
    assert page.locator("[data-difference]").get_attribute("data-shown") == "bind_on"

    page.locator("[name=read]").press("Space")
    with page.expect_navigation():
        page.locator(".actionbar button.primary").press("Enter")
    page.locator("h1").first.wait_for()
    with unit_of_work(web.office.home, web.office.actor("owner1"), write=False) as work:
        assert definitions.in_force(work, "verification").number == 2
    web.check_consoles()


def test_on_a_telephone_in_english_and_without_scripts_the_rows_are_complete(web: Served) -> None:
    proposal, draft = proposed(web)
    owner = web.desk("owner2")
    owner.page.set_viewport_size(PHONE)
    for kind, address in (("proposal", proposal), ("compare", f"{draft}/compare")):
        owner.go(f"{address}?lang=en")
        ready(owner.page)
        owner.look(kind)
    owner.says("Check the bound file", "All authorised? → Draft commission (Yes)", "1 more is a place in the picture")
    web.check_consoles()

    plain = web.new_context(java_script_enabled=False, storage_state=owner.page.context.storage_state()).new_page()
    plain.goto(f"{web.address}{draft}/compare?lang=en")
    scenarios = sum(1 for _file in (ROOT / "bpmn" / "verification" / "scenarios").iterdir())
    assert plain.locator(".differences tbody tr:not(.part)").count() == 4 + scenarios
    assert not plain.locator("[data-shows]:visible").count() and not plain.locator("[data-difference]:visible").count()


def test_the_author_sends_nothing_through_and_withdraws(web: Served) -> None:
    proposal, _draft = proposed(web)
    author = web.desk("owner1")
    author.go(proposal)
    ready(author.page)
    author.look("own proposal")
    assert not author.page.locator("[name=read]").count()
    other = web.desk("owner2")
    other.go(proposal)
    other.page.locator("[data-opens=send-back]").press("Enter")
    other.page.locator("#reason").fill("期限要写明依据")
    other.look("send back")
    with other.page.expect_navigation():
        other.page.locator("#send-back button.primary").press("Enter")
    other.says("期限要写明依据", "已退回")
    author.go(proposal)
    author.says("期限要写明依据")
    web.check_consoles()
