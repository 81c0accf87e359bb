"""What the shipped bundles hold together: every name they use is there, and every form can be read and answered."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from domain.errors import InvalidAnswers
from domain.parties.roles import ROLES
from domain.policy_keys import policy_key
from domain.verification.acceptances import CHECKS, REASON_CODES
from tests.bundles.playing import NAMES, bundle, diagram
from workflows import bundles, forms, registry
from workflows.bpmn_xml import read_tree, tag
from workflows.forms import FieldSpec, FormSpec
from workflows.steps import StepSpec

PROPERTIES = {
    "name.en", "stage", "term", "term-internal", "case-limit", "prefill", "separate-from", "correlation",
    "facts", "record", "decision",
}  # fmt: skip
LANES = {
    "town_post": {"街道（乡镇）核对岗"},
    "department_clerk": {"救助管理部门"},
    "department_head": {"救助管理部门"},
    "agency_checker": {"授权审查员", "市核对机构"},
    "agency_handler": {"核对经办", "核对机构"},  # a review does not tell the agency's people apart
    "agency_reviewer": {"审核签发、归档"},
    "archivist": {"审核签发、归档"},
}
FORMS = [(name, key) for name in NAMES for key, _path, _bytes in bundle(name).forms()]


def form(name: str, key: str) -> FormSpec:
    path = f"forms/{key}.form"
    return forms.parse(bundle(name).files[path], key, path)


def people(name: str) -> list[StepSpec]:
    return [step for step in diagram(name).steps.values() if step.kind == "user"]


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_bundle_passes_the_check_without_a_word(name: str) -> None:
    assert [str(found) for found in bundles.check(bundle(name))] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_step_has_both_names_and_stands_in_the_lane_of_its_role(name: str) -> None:
    for step in diagram(name).steps.values():
        if step.kind in ("user", "service", "decision", "subprocess"):
            assert step.name and step.name_en, step.id
        assert not step.name or step.name_en, step.id
        assert set(step.properties) <= PROPERTIES, step.id
    for step in people(name):
        (role,) = step.roles
        assert role in ROLES and step.lane in LANES[role], step.id


@pytest.mark.parametrize("name", NAMES)
def test_every_task_belongs_to_a_stage_of_the_stepper(name: str) -> None:
    stages = [str(row["code"]) for row in bundle(name).sheet["stages"]]
    used = {step.properties["stage"] for step in diagram(name).steps.values() if "stage" in step.properties}
    assert used == set(stages)
    assert len(stages) == len(set(stages))
    assert all("stage" in step.properties for step in people(name))


@pytest.mark.parametrize("name", NAMES)
def test_every_term_is_a_parameter_of_the_rules(name: str) -> None:
    for step in people(name):
        for key in (step.properties.get("term"), step.properties.get("term-internal")):
            assert key is None or policy_key(key).name == key


@pytest.mark.parametrize("name", NAMES)
def test_every_value_an_expression_reads_is_given_by_a_form_or_an_operation(name: str) -> None:
    given = {"case": {"ref", "kind", "programme", "subject_state", "campaign", "month_end"}, "query": {"ref", "due"}}
    for step in diagram(name).steps.values():
        if step.kind == "user":
            given[step.id] = {one.key for one in form(name, step.form).inputs if one.route}
        elif step.kind == "service":
            given[step.id] = set(registry.operations()[step.topic].outputs)
        elif step.kind == "decision":
            assert registry.operations()[step.properties["facts"]].kind == "facts"
            given[step.id] = set(registry.operations()[step.properties["record"]].outputs)
    read = list(expressions(name))
    assert read
    for expression in read:
        for variable, value in re.findall(r"\b([a-z_]+)\.([a-z_]+)", expression):
            assert value in given.get(variable, ()), expression


def expressions(name: str) -> Iterator[str]:
    """Every FEEL text of the drawing: conditions, timers, collections, correlations."""
    root = read_tree(bundle(name).files[bundles.DRAWING])
    for kind in ("conditionExpression", "timeDate"):
        yield from (str(found.text) for found in root.iter(tag(kind)))
    for loop in root.iter(tag("multiInstanceLoopCharacteristics")):
        yield from (str(value) for key, value in loop.attrib.items() if str(key).endswith("collection"))
    yield from (s.properties["correlation"] for s in diagram(name).steps.values() if "correlation" in s.properties)


def test_whoever_prepared_does_not_sign_or_check() -> None:
    apart = {step.id: set(step.separate_from) for step in people("verification") if step.separate_from}
    assert apart == {
        "sign_commission": {"commission"},
        "acceptance": {"commission", "sign_commission"},
        "review_report": {"draft_report"},
        "decide": {"review_report"},
    }
    assert diagram("review_commission").steps["accept"].separate_from == ("sign",)
    standing = {step.id: set(step.separate_from) for step in people("standing_commission") if step.separate_from}
    assert standing == {"sign": {"draft"}, "acceptance": {"draft", "sign"}}


def test_no_step_of_the_agency_decides() -> None:
    """LF-17: what decides on assistance lies with the department."""
    for name in NAMES:
        for step in diagram(name).steps.values():
            if step.topic.startswith(("determination.", "non_cooperation.")):
                assert step.lane == "救助管理部门", step.id


def test_both_processes_ask_the_same_doubt_table() -> None:
    assert bundle("verification").files["doubts.dmn"] == bundle("dynamic_review").files["doubts.dmn"]


# --- forms -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "key"), FORMS)
def test_a_form_is_drawn_by_a_task_and_said_in_both_languages(name: str, key: str) -> None:
    assert key in {step.form for step in people(name)}
    for one in every_field(form(name, key)):
        assert one.label and one.label_en, one.key
        assert bool(one.hint) == bool(one.hint_en), one.key
        assert all(option.label and option.label_en and option.value for option in one.options), one.key
        assert len({option.value for option in one.options}) == len(one.options), one.key


@pytest.mark.parametrize(("name", "key"), FORMS)
def test_what_a_field_waits_for_is_a_choice_of_the_same_form_or_row(name: str, key: str) -> None:
    spec = form(name, key)
    for around in (spec.inputs, *(one.fields for one in spec.inputs)):
        known = {one.key: {option.value for option in one.options} for one in around}
        for one in around:
            if one.show is not None:
                assert set(one.show[1]) <= known[one.show[0]], one.key


def every_field(spec: FormSpec) -> Iterator[FieldSpec]:
    for one in spec.fields:
        yield one
        yield from one.fields


@pytest.mark.parametrize("name", ["verification", "review_commission", "standing_commission"])
def test_the_acceptance_check_asks_for_each_item_and_ticks_none_beforehand(name: str) -> None:
    spec = {one.key: one for one in form(name, "acceptance").inputs}
    assert [key for key in spec if key in CHECKS] == list(CHECKS)
    assert all(spec[key].required and spec[key].default is None for key in CHECKS)
    assert [option.value for option in spec["reason_code"].options] == list(REASON_CODES)
    with pytest.raises(InvalidAnswers) as refused:
        form(name, "acceptance").clean({"outcome": "ACCEPT"})
    assert set(refused.value.fields) == set(CHECKS)
    whole = {**dict.fromkeys(CHECKS, "PASS"), "outcome": "ACCEPT"}
    assert form(name, "acceptance").routing(form(name, "acceptance").clean(whole)) == {"outcome": "ACCEPT"}


def test_only_who_signed_gives_date_and_scan() -> None:
    spec = form("verification", "authorise")
    later = {"members": [{"person": "P1", "signed": "LATER"}, {"person": "P2", "signed": "REFUSES"}]}
    assert [row["signed"] for row in spec.clean(later)["members"]] == ["LATER", "REFUSES"]
    with pytest.raises(InvalidAnswers) as refused:
        spec.clean({"members": [{"person": "P1", "signed": "YES", "signer": "GUARDIAN", "until_rule": "FIXED_TERM"}]})
    assert {name.rpartition("-")[2] for name in refused.value.fields} == {
        "signed_on", "guardian", "scope", "valid_until", "scan",
    }  # fmt: skip


def test_without_an_objection_nothing_else_is_asked() -> None:
    spec = form("verification", "objection")
    assert spec.routing(spec.clean({"raised": "NO"})) == {"raised": "NO"}
    with pytest.raises(InvalidAnswers) as refused:
        spec.clean({"raised": "YES"})
    assert set(refused.value.fields) == {"statement", "disputed", "outcome", "reasons"}


@pytest.mark.parametrize(("name", "ending"), [("verification", "REFUSE"), ("dynamic_review", "SUSPEND")])
def test_an_applicant_is_offered_a_refusal_and_a_recipient_a_suspension(name: str, ending: str) -> None:
    """BX-14: who receives nothing has nothing to suspend, who receives has no application to refuse."""
    choice = next(one for one in form(name, "non_cooperation").inputs if one.key == "choice")
    assert [option.value for option in choice.options] == ["CONTINUE", ending]
    assert diagram(name).steps["non_cooperation"].roles == ("department_head",)


def test_the_buttons_of_a_task_are_its_outcomes_the_usual_one_first() -> None:
    buttons = {
        (name, key): [option.value for option in found.options]
        for name, key in FORMS
        if (found := form(name, key).action_field()) is not None
    }
    assert buttons == {
        ("verification", "acceptance"): ["ACCEPT", "REFUSE"],
        ("verification", "review_report"): ["SIGN", "RETURN"],
        ("verification", "sign_commission"): ["SIGN", "RETURN"],
        ("review_commission", "acceptance"): ["ACCEPT", "REFUSE"],
        ("standing_commission", "acceptance"): ["ACCEPT", "REFUSE"],
    }
