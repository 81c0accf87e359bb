"""What a comparison of two bundles says: one sentence a difference, and nothing where nothing differs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.bundles.edits import Editing
from tests.workflows.test_compare_mutations import means_nothing, places_of_xml
from workflows import bundles
from workflows.bpmn_xml import BPMN, BPMNDI
from workflows.bundles import DRAWING, SHEET, Bundle
from workflows.compare import Change, Comparison, compare

ROOT = Path(__file__).resolve().parents[2]
WHOLE = bundles.read_folder(ROOT / "bpmn" / "verification")
SMALL = bundles.read_folder(ROOT / "bpmn" / "review_commission")
STAGE = '<camunda:property name="stage" value="authorise" />'


def edited(path: str, *pairs: tuple[str, str], bundle: Bundle = WHOLE) -> Bundle:
    """The bundle with the first place of each text replaced."""
    text = bundle.files[path].decode()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return with_file(bundle, path, text.encode())


def with_file(bundle: Bundle, path: str, content: bytes | None) -> Bundle:
    files = {**bundle.files, path: content}
    return Bundle(bundle.key, {name: inner for name, inner in files.items() if inner is not None})


def with_form(change: Callable[[dict[str, Any]], None], path: str = "forms/review_report.form") -> Bundle:
    form = json.loads(WHOLE.files[path])
    change(form)
    return with_file(WHOLE, path, json.dumps(form, ensure_ascii=False).encode())


def said(one: Change) -> tuple[str, ...]:
    return str(one.heading), str(one.title), str(one.before), str(one.after), str(one.sentence)


def lines(old: Bundle, new: Bundle, **how: Any) -> list[tuple[str, ...]]:
    return [said(one) for one in compare(old, new, **how).changes]


def only(old: Bundle, new: Bundle, **how: Any) -> tuple[str, ...]:
    found = lines(old, new, **how)
    assert len(found) == 1, found
    return found[0]


# --- drawing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "heading", "place", "before", "after", "sentence"),
    [
        ('name="不配合处理"', 'name="不予配合"', "Wording changed", "不予配合", "不配合处理", "不予配合", "Its name."),
        ('value="Non-cooperation"', 'value="No help"', "Wording changed", "不配合处理", "Non-cooperation", "No help",
         "Its English name."),
        ('camunda:formKey="non_cooperation" camunda:candidateGroups="department_head"',
         'camunda:formKey="decide" camunda:candidateGroups="department_head"', "Form changed", "不配合处理",
         "non_cooperation", "decide", "The form of the step."),
        ('camunda:candidateGroups="department_head"', 'camunda:candidateGroups="department_head,archivist"',
         "Role changed", "不配合处理", "Department head", "Department head, Archivist", "Who may do it."),
        ('record_authorisations.missing = 0', 'record_authorisations.missing &lt; 2', "Condition changed",
         "授权齐全？ → 拟委托书 (是)", "record_authorisations.missing = 0", "record_authorisations.missing < 2",
         "When this way is taken."),
        ('default="authorisation_missing"', 'default="all_authorised_to_commission"', "Condition changed", "授权齐全？",
         "授权齐全？ → 不配合处理 (否)", "授权齐全？ → 拟委托书 (是)",
         "The way that is taken when no condition holds."),
        ('<camunda:property name="term" value="report_draft_term" />', "", "Term removed", "起草核对报告",
         "起草核对报告时限", "", "The term set by policy."),
        ("=plan_surveys.due", "=case.due", "Term changed", "调查到期", "=plan_surveys.due", "=case.due",
         "The point in time."),
        ('value="commission,sign_commission"', 'value="commission"', "Role changed", "受理审查",
         "拟委托书, 签发委托书", "拟委托书", "Steps that somebody else must have done."),
        ('camunda:topic="declaration.record"', 'camunda:topic="survey.record"', "Program part changed", "登记申报",
         "Record the declaration", "Record an offline investigation", "The operation it carries out."),
        ('name="facts" value="doubt.facts"', 'name="facts" value="other"', "Program part changed", "生成疑点",
         "Comparison and result rows", "other", "What the decision table is asked about."),
        ('camunda:collection="plan_queries.queries"', 'camunda:collection="x"', "Step changed", "逐个来源查询",
         "plan_queries.queries", "x", "For each of what it is done."),
        (STAGE, STAGE.replace("authorise", "query"), "Details changed", "受理申报", "授权", "查询",
         "The stage it belongs to."),
        ('<bpmn:startEvent id="start" name="收到申请">',
         '<bpmn:startEvent id="start" name="收到申请"><bpmn:documentation>自窗口</bpmn:documentation>', "Wording added",
         "收到申请", "", "自窗口", "Its description."),
        ("<bpmn:flowNodeRef>query_plan</bpmn:flowNodeRef>", "", "Step changed", "制定查询计划", "核对机构 › 核对经办",
         "核对经办", "The lane it stands in."),
    ],
)  # fmt: skip
def test_a_difference_of_the_drawing_is_one_row_in_trade_words(
    old: str, new: str, heading: str, place: str, before: str, after: str, sentence: str
) -> None:
    changed = edited(DRAWING, (old, new))
    assert only(WHOLE, changed) == (heading, place, before, after, sentence)


def test_an_operation_s_parameters_are_named() -> None:
    given_ = (
        '<camunda:inputOutput><camunda:inputParameter name="days">=5</camunda:inputParameter></camunda:inputOutput>'
    )
    name = 'name="登记申报" camunda:type="external" camunda:topic="declaration.record"'
    place = f'<bpmn:serviceTask id="record_declaration" {name}>'
    one = edited(DRAWING, (place + "\n      <bpmn:extensionElements>", f"{place}<bpmn:extensionElements>{given_}"))
    assert only(WHOLE, one) == ("Program part added", "登记申报", "", "=5", "What the operation is given as days.")
    other = edited(DRAWING, (">=5<", ">=6<"), bundle=one)
    assert only(one, other)[2:4] == ("=5", "=6")


def test_a_redirected_flow_a_new_step_and_a_gone_one_are_named_and_marked() -> None:
    step = (
        '<bpmn:userTask id="bind" name="装订" camunda:formKey="archive" camunda:candidateGroups="archivist" />'
        '<bpmn:sequenceFlow id="bind_on" sourceRef="bind" targetRef="deliver_report" />'
    )
    new = edited(
        DRAWING,
        ('targetRef="deliver_report"', 'targetRef="bind"'),
        ("<bpmn:incoming>render_report_to_deliver_report<", "<bpmn:incoming>bind_on<"),
        ("</bpmn:process>", f"{step}</bpmn:process>"),
        (
            "<bpmn:flowNodeRef>render_report</",
            "<bpmn:flowNodeRef>bind</bpmn:flowNodeRef><bpmn:flowNodeRef>render_report</",
        ),
    )
    assert lines(WHOLE, new) == [
        ("Flow changed", "印制报告 → 装订", "印制报告 → 送达委托部门", "印制报告 → 装订", "The flow leads elsewhere."),
        ("Step added", "装订", "", "Archivist; form: archive", "Task of a person, in 核对机构."),
        ("Flow added", "装订 → 送达委托部门", "", "装订 → 送达委托部门", "Flow."),
    ]
    found, back = compare(WHOLE, new), compare(new, WHOLE)
    assert found.drawing["added"] == ("bind", "bind_on") == back.drawing["removed"]
    assert found.drawing["changed"] == ("render_report_to_deliver_report",)
    assert [one.kind for one in back.changes] == ["changed", "removed", "removed"]


def test_the_order_in_which_conditions_are_asked_is_a_difference() -> None:
    root = etree.fromstring(WHOLE.files[DRAWING])
    flow = root.find(".//*[@id='authorisation_missing']")
    assert flow is not None
    parent = flow.getparent()
    assert parent is not None
    parent.insert(0, flow)
    new = with_file(WHOLE, DRAWING, etree.tostring(root, encoding="utf-8"))
    row = only(WHOLE, new)
    assert row[0] == "Flow changed" and row[4] == "The order in which the ways out are asked."


def test_a_step_of_another_kind_and_an_event_of_another_kind_are_named() -> None:
    new = edited(DRAWING, ('<bpmn:exclusiveGateway id="all_authorised"', '<bpmn:parallelGateway id="all_authorised"'))
    text = new.files[DRAWING].decode().replace("</bpmn:exclusiveGateway>", "</bpmn:parallelGateway>", 2)
    one = text.replace("</bpmn:parallelGateway>", "</bpmn:exclusiveGateway>", 2).replace(
        "</bpmn:exclusiveGateway>", "</bpmn:parallelGateway>", 1
    )
    assert only(WHOLE, with_file(WHOLE, DRAWING, one.encode()))[2:] == (
        "One way is chosen", "All ways side by side", "It is another kind of step.",
    )  # fmt: skip
    when = '<bpmn:timeDate xsi:type="bpmn:tFormalExpression">=plan_surveys.due</bpmn:timeDate>'
    timer = f'<bpmn:timerEventDefinition id="survey_limit_timer">{when}</bpmn:timerEventDefinition>'
    told = lines(WHOLE, edited(DRAWING, (timer, '<bpmn:signalEventDefinition id="s" />')))
    assert ("Step changed", "调查到期", "a point in time", "a signal", "What the event stands for.") in told
    assert ("Term removed", "调查到期", "=plan_surveys.due", "", "The point in time.") in told and len(told) == 2


def test_what_has_no_sentence_of_its_own_is_told_all_the_same() -> None:
    row = only(WHOLE, edited(DRAWING, ('isExecutable="true"', 'isExecutable="false"')))
    assert row[2:] == ("true", "false", "The entry @isExecutable, which no page shows.")


def test_in_english_everything_is_called_by_its_english_name() -> None:
    new = edited(DRAWING, ("record_authorisations.missing = 0", "true"))
    assert only(WHOLE, new, english=True)[1] == "All authorised? → Draft commission (Yes)"


# --- forms -------------------------------------------------------------------------------------------------------


def test_fields_are_compared_one_by_one() -> None:
    def change(form: dict[str, Any]) -> None:
        opinion, outcome = form["components"]
        opinion["validate"] = {"required": True, "maxLength": 500}
        opinion["label"] = "意见"
        outcome["values"][1]["label"] = "退回"
        outcome["properties"].pop("route")
        form["components"].append(
            {
                "type": "number",
                "key": "pages",
                "label": "页数",
                "properties": {"label.en": "Pages"},
                "validate": {"min": 1},
            }
        )

    told = lines(WHOLE, with_form(change))
    assert [row[1] for row in told] == ["审核报告 (review_report)"] * 6
    assert {row[:1] + row[2:] for row in told} == {
        ("Wording changed", "审核意见", "意见", "Field “意见”: its label."),
        ("Form changed", "1000", "500", "Field “意见”: how many characters at most."),
        ("Form changed", "", "yes", "Field “意见”: whether it must be filled in."),
        ("Form changed", "退回修改", "退回", "Field “审核结论”, option RETURN."),
        ("Form changed", "true", "", "Field “审核结论”: whether conditions of the drawing may ask for it."),
        ("Form: added", "", "页数; English label: Pages; at least: 1", "Field pages (number)."),
    }


def test_a_form_s_change_is_shown_at_the_step_that_uses_it() -> None:
    new = with_form(lambda form: form["components"].pop(0))
    found = compare(WHOLE, new)
    assert [one.shows for one in found.changes] == ["review_report"]
    assert found.drawing["changed"] == ("review_report",)


def test_a_changed_condition_or_check_of_a_form_is_said_in_words() -> None:
    def rule(form: dict[str, Any]) -> None:
        one = next(one for one in form["components"] if one["label"] == "审核意见")
        one["conditional"] = {"hide": '=outcome = "SIGN"'}
        one["properties"] |= {"check": "=opinion != null", "check.message": "写明理由", "check.message.en": "Say why"}

    told = lines(WHOLE, with_form(rule))
    assert {row[:1] + row[2:] for row in told} == {
        ("Form changed", "", '=outcome = "SIGN"', "“审核意见”: when it is hidden."),
        ("Form changed", "", "=opinion != null", "Field “审核意见”: what must hold of the answer."),
        ("Wording added", "", "写明理由", "Field “审核意见”: what is said when the answer does not hold."),
        ("Wording added", "", "Say why", "Field “审核意见”: what is said when the answer does not hold, in English."),
    }

    def empty(form: dict[str, Any]) -> None:
        form["components"][0]["conditional"] = {}

    assert lines(WHOLE, with_form(empty)) == []


def test_moved_fields_are_the_fewest_and_options_have_an_order() -> None:
    def turn(form: dict[str, Any]) -> None:
        form["components"].reverse()
        next(one for one in form["components"] if one["key"] == "outcome")["values"].reverse()

    told = lines(WHOLE, with_form(turn))
    assert [row[4] for row in told] == [
        "Field “审核结论”: the order of its options.",
        "Field “审核结论” stands in another place.",
    ]
    assert told[1][2:4] == ("place 2", "place 1") and told[0][2] == "签发, 退回修改"


def test_what_only_the_editor_keeps_of_a_form_is_counted_not_listed() -> None:
    def keep(form: dict[str, Any]) -> None:
        for at, one in enumerate(form["components"]):
            one["id"], one["layout"] = f"Field_{at}", {"row": f"Row_{at}", "columns": None}

    found = compare(WHOLE, with_form(keep))
    assert not found.changes and found.moved == 2


# --- tables ------------------------------------------------------------------------------------------------------


def rule(text: str, ident: str) -> str:
    start = text.index(f'<rule id="{ident}">')
    return text[start : text.index("</rule>", start) + len("</rule>")]


def test_tables_are_compared_cell_by_cell() -> None:
    row = only(WHOLE, edited("doubts.dmn", ("&gt; limits.pension_tolerance", "&gt; 30000")))
    assert row == ("Table changed", "疑点规则", "> limits.pension_tolerance", "> 30000", "Rule 1, column 差额.")
    (change,) = compare(WHOLE, edited("doubts.dmn", ("&gt; limits.pension_tolerance", "&gt; 30000"))).changes
    assert change.element == "rule_pension" and change.shows == "raise_doubts"
    assert only(WHOLE, edited("doubts.dmn", ('hitPolicy="COLLECT"', 'hitPolicy="FIRST"')))[2:] == (
        "COLLECT", "FIRST", "What counts when several rules fit.",
    )  # fmt: skip


def test_rules_that_come_go_and_move_are_named_by_their_place() -> None:
    text = WHOLE.files["doubts.dmn"].decode()
    wage = rule(text, "rule_wage")
    assert only(WHOLE, edited("doubts.dmn", (wage, "")))[::4] == ("Table: removed", "Rule 3.")
    first = rule(text, "rule_pension")
    moved = with_file(WHOLE, "doubts.dmn", text.replace(wage, "").replace(first, wage + first).encode())
    assert only(WHOLE, moved)[2:] == ("place 3", "place 1", "Rule 1 stands in another place.")
    twice = with_file(WHOLE, "doubts.dmn", text.replace(first, first.replace('id="', 'id="x') + first).encode())
    heading, _place, _before, after, sentence = only(WHOLE, twice)
    assert (heading, sentence) == ("Table: added", "Rule 1.") and after.startswith('信息: "PENRCV"; 依据: "LINE"')


def test_rules_without_ids_are_known_by_what_they_say() -> None:
    bare = with_file(
        WHOLE, "doubts.dmn", b"<rule>".join(part.partition(b">")[2] if at else part for at, part in
                                            enumerate(WHOLE.files["doubts.dmn"].split(b"<rule")))
    )  # fmt: skip
    text = bare.files["doubts.dmn"].decode()
    changed = with_file(bare, "doubts.dmn", text.replace("&gt; limits.pension_tolerance", "&gt; 30000", 1).encode())
    assert only(bare, changed)[4] == "Rule 1, column 差额."
    assert not compare(bare, bare).changes


def test_a_new_column_brings_only_the_cells_that_say_something() -> None:
    text = WHOLE.files["doubts.dmn"].decode()
    asked = '<inputExpression typeRef="number"><text>age</text></inputExpression>'
    column = f'<input id="extra" label="年龄">{asked}</input><output'
    text = text.replace("<output", column, 1)
    parts = text.split("<outputEntry")
    made = "".join(
        part if at == 0 else f"<inputEntry><text>{'&gt; 60' if at == 2 else '-'}</text></inputEntry><outputEntry{part}"
        for at, part in enumerate(parts)
    )
    told = lines(WHOLE, with_file(WHOLE, "doubts.dmn", made.encode()))
    assert [row[4] for row in told] == ["Column asked “年龄”.", "Rule 2, column 年龄."]
    assert told[1][2:4] == ("", "> 60")


# --- details and files -------------------------------------------------------------------------------------------


def test_the_sheet_is_compared_entry_by_entry() -> None:
    new = edited(
        SHEET, ('"EDU", ', ""), ('label = "查询"', 'label = "取得信息"'), ('["process_owner"]', '["policy_admin"]'),
        ('title = "新申请', 'title = "初次申请'),
    )  # fmt: skip
    assert {row[:1] + row[2:] for row in lines(WHOLE, new, names={"EDU": "教育救助"})} == {
        ("Details changed", "教育救助", "", "For which programmes it is started."),
        ("Wording changed", "查询", "取得信息", "Stage query: its name."),
        ("Role changed", "Process owner", "Policy administrator", "Who owns the process."),
        ("Wording changed", "新申请家庭经济状况核对", "初次申请家庭经济状况核对", "The title of the process."),
    }


def test_files_that_come_and_go_are_named_with_what_is_in_them() -> None:
    new = with_file(WHOLE, "forms/review_report.form", None)
    assert only(WHOLE, new) == (
        "Form: removed", "审核报告 (review_report)", "审核意见, 审核结论", "",
        "The whole file forms/review_report.form.",
    )  # fmt: skip
    assert only(WHOLE, with_file(WHOLE, "scenarios/a.toml", b"x = 1"))[0] == "Scenario added"
    nothing = compare(Bundle("verification", {}), WHOLE)
    assert {one.kind for one in nothing.changes} == {"added"} and len(nothing.changes) == len(WHOLE.files)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (DRAWING, b"<!DOCTYPE x [<!ENTITY a 'b'>]><a/>"),
        (DRAWING, b"\x00\x01"),
        (DRAWING, b"<a>" * 300),
        (DRAWING, b""),
        ("doubts.dmn", b"<!DOCTYPE x [<!ENTITY a 'b'>]><a/>"),
        ("doubts.dmn", b"<definitions/>"),
        (SHEET, b"= ="),
        (SHEET, b"x" + b".x" * 3000 + b" = 1"),
        ("forms/decide.form", b"[" * 100_000),
        ("forms/decide.form", b'{"a":' * 500 + b"1" + b"}" * 500),
        ("forms/decide.form", b'{"label": "\\ud800"}'),
        ("forms/decide.form", b"[]"),
        ("forms/decide.form", b"\xff"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_change_that_says_so(path: str, content: bytes) -> None:
    for old, new in ((WHOLE, with_file(WHOLE, path, content)), (with_file(WHOLE, path, content), WHOLE)):
        row = only(old, new)
        assert f"The file {path} cannot be read" in row[4]
    assert not compare(with_file(WHOLE, path, content), with_file(WHOLE, path, content)).changes


def test_odd_shapes_are_compared_without_an_exception() -> None:
    odd = [
        b"{}",
        b'{"components": 5}',
        b'{"components": [1, null, {"type": "text"}, {"values": 3}, {"values": [1]}]}',
        b'{"components": [{"type": "dynamiclist", "key": "a", "components": "x"}, {"key": "a"}, {"key": "a"}]}',
    ]
    shapes = [with_file(WHOLE, "forms/decide.form", one) for one in (*odd, WHOLE.files["forms/decide.form"])]
    for old in shapes:
        for new in shapes:
            assert bool(compare(old, new).changes) == (old is not new)


# --- the invariant -----------------------------------------------------------------------------------------------


def canonical(element: etree._Element) -> Any:
    """The meaning of a drawing, written down independently: no picture, no blanks, no order, no repeated wires."""
    children = sorted(
        canonical(child)
        for child in element
        if child.tag not in (f"{{{BPMNDI}}}BPMNDiagram", f"{{{BPMN}}}incoming", f"{{{BPMN}}}outgoing")
    )
    return [str(element.tag), sorted(map(str, element.attrib.items())), (element.text or "").strip(), children]


def move(root: etree._Element, number: int) -> None:
    drawn = [one for one in root.iter() if one.get("x")]
    drawn[number % len(drawn)].set("x", str(number))


def indent(root: etree._Element, number: int) -> None:
    etree.indent(root, space=" " * (number % 7))


def turn_attributes(root: etree._Element, number: int) -> None:
    for element in list(root.iter())[:: number % 3 + 1]:
        pairs = [(str(name), str(value)) for name, value in element.attrib.items()]
        element.attrib.clear()
        for name, value in reversed(pairs):
            element.set(name, value)


def remark(root: etree._Element, number: int) -> None:
    place = next(iter(root.iter(f"{{{BPMN}}}process")))
    place.insert(number % len(place), etree.Comment("a remark"))


def forget_wires(root: etree._Element, number: int) -> None:
    ends = {flow.get("id"): flow.get("targetRef") for flow in root.iter(f"{{{BPMN}}}sequenceFlow")}
    wires = list(root.iter(f"{{{BPMN}}}incoming"))
    for wire in wires[: number % (len(wires) + 1)]:
        parent = wire.getparent()
        assert parent is not None
        if wire.text in ends and ends[wire.text] == parent.get("id"):  # one that contradicts its flow means something
            parent.remove(wire)


PICTURE = (move, indent, turn_attributes, remark, forget_wires)
MEANING = [
    change
    for what, change in places_of_xml(etree.fromstring(SMALL.files[DRAWING]))
    if not means_nothing(what) and "coming" not in what and "outgoing" not in what and not what.startswith("without")
]
steps = st.lists(st.tuples(st.sampled_from(PICTURE), st.integers(0, 1000)), max_size=4)
changes = st.lists(st.sampled_from(MEANING), max_size=2)


def played(picture: list[Any], meaning: list[Any]) -> tuple[Bundle, Any]:
    root = etree.fromstring(SMALL.files[DRAWING])
    for change in meaning:
        try:
            change(root)
        except KeyError:  # an earlier change took the attribute away
            continue
    meant = canonical(root)
    for act, number in picture:
        act(root, number)
    content = etree.tostring(root, encoding="utf-8").replace(b"bpmn:", b"b:").replace(b"xmlns:bpmn=", b"xmlns:b=")
    return with_file(SMALL, DRAWING, content), meant


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(picture=st.tuples(steps, steps), meaning=st.tuples(changes, changes))
def test_there_is_a_change_exactly_when_the_meaning_differs(picture: Any, meaning: Any) -> None:
    (old, meant_old), (new, meant_new) = (played(picture[at], meaning[at]) for at in (0, 1))
    found, back = compare(old, new), compare(new, old)
    assert bool(found.changes) == (meant_old != meant_new), [said(one) for one in found.changes]
    assert _kinds(found, "added") == _kinds(back, "removed") and len(found.changes) == len(back.changes)
    assert found.drawing["added"] == back.drawing["removed"] and found.moved == back.moved


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(8)), st.permutations(range(8)))
def test_as_few_fields_as_possible_are_said_to_have_moved(one: list[int], other: list[int]) -> None:
    def form(order: list[int]) -> bytes:
        return json.dumps({"components": [{"type": "number", "key": f"k{at}"} for at in order]}).encode()

    old, new = (Bundle("a", {"forms/f.form": form(order)}) for order in (one, other))
    count = len(compare(old, new).changes)
    assert count == len(compare(new, old).changes)
    assert (count == 0) == (one == other) and count <= 7


def _kinds(found: Comparison, kind: str) -> int:
    return sum(one.kind == kind for one in found.changes)


def test_a_giant_is_told_without_an_exception_and_its_lists_are_cut() -> None:
    process = '<b:definitions xmlns:b="%s"><b:process id="p"><b:task id="x"/>%s</b:process></b:definitions>'
    flows = [f'<b:sequenceFlow id="f{at}" sourceRef="x" targetRef="x"/>' for at in range(5000)]
    old, new = (Bundle("a", {DRAWING: (process % (BPMN, "".join(one))).encode()}) for one in (flows, flows[::-1]))
    row = only(old, new)
    assert row[4] == "The order in which the ways out are asked." and row[2].endswith("…") and row[2].count("x") == 60


def test_flows_that_lead_to_flows_in_circles_or_in_long_rows_are_compared_at_once() -> None:
    """Each may lead to two others; a name made of the names of its ends would never end, or double with each."""
    drawing = SMALL.files[DRAWING]
    rows = [f'<bpmn:sequenceFlow id="f{n}" sourceRef="f{n + 1}" targetRef="f{n + 1}"/>' for n in range(60)]
    circle = '<bpmn:sequenceFlow id="o" sourceRef="o" targetRef="o"><bpmn:ends/></bpmn:sequenceFlow>'
    odd = drawing.replace(b"</bpmn:process>", "".join([*rows, circle]).encode() + b"</bpmn:process>", 1)

    found = compare(SMALL, with_file(SMALL, DRAWING, odd))

    assert {change.element for change in found.changes} == {*(f"f{n}" for n in range(60)), "o"}
    assert all(len(str(change.title)) < 40 for change in found.changes)


@pytest.mark.parametrize("name", ["rule", "decisionTable"])
def test_a_part_of_a_table_that_lies_outside_of_it_is_told(name: str) -> None:
    root = etree.fromstring(WHOLE.files["doubts.dmn"])
    astray = next(root.iter(f"{{*}}{name}"))
    root.append(astray)
    odd = with_file(WHOLE, "doubts.dmn", etree.tostring(root, encoding="UTF-8", xml_declaration=True))

    for found in (compare(WHOLE, odd), compare(odd, WHOLE)):
        assert astray.get("id") in {change.element for change in found.changes}
        assert all(str(change.sentence) for change in found.changes)


def test_steps_that_are_called_alike_are_told_apart_by_their_ids():
    editing = Editing()
    editing.rename("authorise", "authorise_anew")
    found = [one for one in compare(editing.base, editing.done(), english=True).changes if one.area == "flow"]
    assert (found[0].before, found[0].after) == (
        "Record the declaration (record_declaration) → Collect authorisations (authorise)",
        "Record the declaration (record_declaration) → Collect authorisations (authorise_anew)",
    )
