"""Requirements, knowledge, services and imports by the standard (DMN 1.3 to 1.5, 6, 10.4)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

import decisions
from decisions import DecisionError, Model
from decisions.dmn import read
from decisions.graph import MAX_IMPORTS
from tests.decisions import dmn_models as dmn
from tests.decisions.dmn_models import DMN13, NOW, decide, decision, given, knowledge, loaded

BASE, OTHER = "https://example.org/base", "https://example.org/other"


def service(name: str, outputs: str, decisions_in: str = "", data: str = "", type_: str | None = None) -> str:
    """A decision service; outputs, input decisions and input data are ids."""
    made = f'<decisionService id="{name}" name="{name}">{dmn.variable(name, type_)}'
    made += "".join(f'<outputDecision href="#{one}"/>' for one in outputs.split())
    made += "".join(f'<inputDecision href="#{one}"/>' for one in decisions_in.split())
    made += "".join(f'<inputData href="#{one}"/>' for one in data.split())
    return f"{made}</decisionService>"


def import_(name: str, namespace: str = BASE) -> str:
    return f'<import name="{name}" namespace="{namespace}" importType="{DMN13}"/>'


def bundle(main: str, models: Mapping[str, str]) -> Model:
    sources = {namespace: dmn.model(body, namespace) for namespace, body in models.items()}
    return decisions.load(dmn.model(main), sources.__getitem__)


# --- requirements


def test_a_shared_requirement_is_decided_once_and_before_whatever_rests_on_it() -> None:
    model = loaded(
        decision("top", "left + right", "#left", "#right"),
        decision("right", "base * 2", "#base"),
        decision("left", "base + 1", "#base"),
        decision("base", "x", "input:#x"),
        given("x", "number"),
    )
    result = decide(model, "top", x=4)
    assert result.value == 13
    assert [step.name for step in result.trace] == ["base", "left", "right", "top"]


def test_a_decision_sees_only_what_it_requires() -> None:
    source = dmn.model(given("x") + decision("a", "1") + decision("b", "a", "#a") + decision("c", "[b, a, x]", "#b"))
    with pytest.raises(DecisionError, match="unknown name 'a'"):
        decisions.load(source)
    borne = decide(read(source)[0], "c", x=1)
    assert borne.value == [1, None, None]
    assert "The name 'a' is not known here." in borne.reasons and "The name 'x' is not known here." in borne.reasons


def test_a_decision_without_logic_is_null_with_a_reason_and_so_is_what_was_not_given() -> None:
    bare = '<decision id="bare" name="bare"><variable name="bare"/></decision>'
    borne = decide(read(dmn.model(bare + decision("top", "[bare, 1]", "#bare")))[0], "top")
    assert (borne.value, borne.reasons) == ([None, 1], ("'bare' has no logic.",))
    missing = decide(loaded(given("x"), decision("d", "x = null", "input:#x")), "d")
    assert (missing.value, missing.reasons) == (True, ("The input 'x' was not given.",))


def test_a_result_of_another_type_is_null_with_a_reason_and_a_single_item_is_taken() -> None:
    model = loaded(
        decision("n", '"a"', type_="number"), decision("one", "[5]", type_="number"), decision("l", "5", type_="list")
    )
    wrong = decide(model, "n")
    assert wrong.value is None and "another type than declared" in wrong.reasons[0]
    assert decide(model, "one").value == 5 and decide(model, "l").value == [5]


def test_elements_are_found_by_their_id_or_their_name_with_single_spaces() -> None:
    model = loaded(
        '<inputData id="_1" name="the  amount\n"><variable name="the amount"/></inputData>'
        '<decision id="_2" name="the   double"><variable name="the double"/>'
        f"{dmn.needs('input:#_1')}{dmn.text('the amount * 2')}</decision>"
    )
    for name in ("_2", "the double"):
        assert decide(model, name, the_amount=2).value == 4


def test_an_expression_that_is_just_too_high_with_its_type_is_refused() -> None:
    for height in range(90, 104):
        text = "[" * height + "1" + "]" * height
        typed = decision("d", text, type_="list") + knowledge("k", [], text, type_="list")
        try:
            loaded(typed)
        except DecisionError as refusal:
            assert all("deep" in finding.sentence for finding in refusal.findings)
    with pytest.raises(DecisionError, match="deep"):
        loaded(typed)


# --- knowledge


def test_knowledge_models_rest_on_one_another() -> None:
    model = loaded(
        knowledge("square", ["n"], "n * n"),
        knowledge("cube", ["n"], "square(n) * n", "knowledge:#square"),
        decision("d", "cube(x) + count(y)", "input:#x", "input:#y", "knowledge:#cube"),
        given("x"),
        given("y"),
    )
    assert decide(model, "d", x=3, y=[1]).value == 28
    assert decide(model, "cube", n=2).value == 8


def test_a_knowledge_model_that_requires_itself_may_invoke_itself() -> None:
    model = loaded(
        knowledge("fact", ["n"], "if n < 2 then 1 else n * fact(n - 1)", "knowledge:#fact"),
        decision("d", "fact(5)", "knowledge:#fact"),
    )
    assert decide(model, "d").value == 120 and decide(model, "fact", n=4).value == 24
    endless = loaded(knowledge("f", ["n"], "f(n)", "knowledge:#f"), decision("d", "f(5)", "knowledge:#f"))
    assert decide(endless, "d").limit == "depth"
    with pytest.raises(DecisionError, match="requires itself"):
        loaded(knowledge("f", [], "g()", "knowledge:#g"), knowledge("g", [], "f()", "knowledge:#f"))


def test_a_function_that_takes_functions_ends_by_its_depth() -> None:
    model = loaded(knowledge("again", ["f"], "f(f)"), decision("d", "again(again)", "knowledge:#again"))
    result = decide(model, "d")
    assert (result.value, result.limit) == (None, "depth")


# --- services

PARTS = (
    given("x", "number")
    + decision("inner", "x + 1", "input:#x", type_="number")
    + decision("given one", "100", type_="number")
    + decision("total", "inner + given one", "#inner", "#given_one")
    + decision("double", "inner * 2", "#inner")
)


def test_a_service_takes_its_input_data_then_its_input_decisions() -> None:
    model = loaded(
        PARTS,
        service("s", "total", "given_one", "x"),
        decision("by place", "s(1, 10)", "knowledge:#s"),
        decision("by name", "s(given one: 10, x: 1)", "knowledge:#s"),
        decision("too few", "s(1)", "knowledge:#s"),
        decision("wrong", 's("1", 2)', "knowledge:#s"),
    )
    assert decide(model, "by place").value == 12
    assert decide(model, "by name").value == 12
    assert decide(model, "too few").value is None
    assert decide(model, "wrong").value is None
    assert decide(model, "s", x=1, given_one=10).value == 12
    assert decide(model, "total", x=1).value == 102
    assert decide(model, "s", x=1).reasons[0] == "The input 'given one' was not given."


def test_a_service_with_several_outputs_answers_a_context_of_them() -> None:
    model = loaded(
        PARTS, service("s", "total double", "given_one", "x"), decision("d", "s(1, 2).double", "knowledge:#s")
    )
    assert decide(model, "s", x=1, given_one=2).value == {"total": 4, "double": 4}
    assert decide(model, "d").value == 4


def test_a_service_without_inputs_is_invoked_without_any() -> None:
    model = loaded(decision("a", "7"), service("s", "a"), decision("d", "s() + 1", "knowledge:#s"))
    assert decide(model, "d").value == 8 and decide(model, "s").value == 7
    refused = loaded(decision("a", "7"), service("s", "a"), decision("d", "s(1)", "knowledge:#s"))
    assert decide(refused, "d").value is None


def test_a_service_invoked_from_a_model_sees_its_parameters_alone() -> None:
    model = loaded(PARTS, service("s", "inner"), decision("d", "[x, s()]", "input:#x", "knowledge:#s"))
    assert decide(model, "d", x=1).value == [1, None]


def test_the_result_of_a_service_has_the_type_of_its_variable() -> None:
    item = (
        '<itemDefinition name="tS"><functionItem outputTypeRef="string"/></itemDefinition>'
        '<itemDefinition name="tN"><functionItem outputTypeRef="number"/></itemDefinition>'
    )
    for type_, value in (("number", 7), ("string", None), ("tN", 7), ("tS", None)):
        assert decide(loaded(item, decision("a", "7"), service("s", "a", type_=type_)), "s").value == value


def test_services_may_be_invoked_boxed_and_from_other_services() -> None:
    boxed = (
        f"<invocation>{dmn.text('s')}"
        f'<binding><parameter name="x"/>{dmn.text("1")}</binding>'
        f'<binding><parameter name="given one"/>{dmn.text("5")}</binding></invocation>'
    )
    model = loaded(
        PARTS, service("s", "total", "given_one", "x"), decision("d", boxed, "knowledge:#s"), service("outer", "d")
    )
    assert decide(model, "outer").value == 7


def test_a_service_that_comes_to_need_itself_ends_by_its_depth() -> None:
    model = loaded(decision("a", "s()", "knowledge:#s"), service("s", "a"))
    result = decide(model, "a")
    assert (result.value, result.limit) == (None, "depth")


# --- imports

LIBRARY = (
    '<itemDefinition name="tAge"><typeRef>number</typeRef><allowedValues><text>[0..150]</text></allowedValues>'
    "</itemDefinition>"
    + given("x", "tAge")
    + decision("older", "x + 1", "input:#x")
    + knowledge("is age", ["v"], "v instance of tPlain", result="boolean")
    + '<itemDefinition name="tPlain"><typeRef>number</typeRef></itemDefinition>'
)


def test_what_is_imported_is_named_by_the_imports_name() -> None:
    model = bundle(
        import_("lib")
        + decision("d", "lib.older * 2", f"{BASE}#older", type_="lib.tAge")
        + decision("f", "lib.is age(5)", f"knowledge:{BASE}#is_age"),
        {BASE: LIBRARY},
    )
    assert decide(model, "d", x=1).value == 4
    assert decide(model, "f").value is True
    assert model.evaluate("d", {"lib.x": 2}, now=NOW).value == 6
    assert model.evaluate("d", {"lib": {"x": 3}}, now=NOW).value == 8
    assert decide(model, "d", x=100).value is None, "200 is no age"
    assert decide(model, "lib.older", x=1).value == 2


def test_what_is_imported_without_a_name_is_named_as_the_models_own() -> None:
    model = bundle(
        import_("") + decision("d", "older * 2", f"{BASE}#older", type_="tAge"),
        {BASE: LIBRARY},
    )
    assert decide(model, "d", x=1).value == 4 and decide(model, "d", x=200).value is None


def test_a_model_may_be_imported_by_two_names_and_two_models_without_any() -> None:
    twice = bundle(
        import_("a") + import_("b") + decision("d", "a.older + b.older", f"{BASE}#older"),
        {BASE: LIBRARY},
    )
    assert decide(twice, "d", x=1).value == 4
    both = bundle(
        import_("") + import_("", OTHER) + decision("d", "older + seven", f"{BASE}#older", f"{OTHER}#seven"),
        {BASE: LIBRARY, OTHER: decision("seven", "7")},
    )
    assert decide(both, "d", x=1).value == 9


def test_the_same_names_in_two_imports_and_the_model_are_kept_apart() -> None:
    main = (
        import_("a")
        + import_("b", OTHER)
        + given("x")
        + decision("older", "[x, a.older, b.older]", "input:#x", f"{BASE}#older", f"{OTHER}#older")
    )
    model = bundle(main, {BASE: LIBRARY, OTHER: given("x") + decision("older", "x * 100", "input:#x")})
    assert decide(model, "older", x=1).value == [1, 2, 100]
    result = model.evaluate("older", {"x": 1, "a.x": 2, "b.x": 3}, now=NOW)
    assert result.value == [1, 3, 300]


def test_imports_of_imports_are_followed_and_types_are_those_of_the_model_they_stand_in() -> None:
    middle = (
        import_("deep", OTHER)
        + '<itemDefinition name="tHere"><typeRef>deep.tAge</typeRef></itemDefinition>'
        + decision("middle", "deep.older + 10", f"{OTHER}#older", type_="tHere")
    )
    main = (
        import_("lib")
        + '<itemDefinition name="tPlain"><typeRef>string</typeRef></itemDefinition>'
        + '<itemDefinition name="tFar"><typeRef>lib.deep.tAge</typeRef></itemDefinition>'
        + decision("d", "lib.middle + 100", f"{BASE}#middle", type_="tFar")
    )
    model = bundle(main, {BASE: middle, OTHER: LIBRARY})
    assert decide(model, "d", x=1).value == 112
    assert decide(model, "d", x=120).value is None
    assert model.evaluate("d", {"lib.deep.x": 2}, now=NOW).value == 113
    far = bundle(
        import_("lib")
        + '<itemDefinition name="tPlain"><typeRef>string</typeRef></itemDefinition>'
        + decision("d", "[lib.is age(5), 5 instance of tPlain]", f"knowledge:{BASE}#is_age"),
        {BASE: LIBRARY},
    )
    assert decide(far, "d").value == [True, False]


def test_imports_in_a_circle_and_of_another_kind_are_refused() -> None:
    with pytest.raises(DecisionError, match="in a circle"):
        bundle(import_("a"), {BASE: import_("b", OTHER), OTHER: import_("c", BASE)})
    with pytest.raises(DecisionError, match="Only DMN models"):
        decisions.load(dmn.model('<import name="p" namespace="urn:p" importType="http://www.dmg.org/PMML-4_2"/>'))
    with pytest.raises(DecisionError, match="used twice"):
        bundle(import_("a") + import_("a", OTHER), {BASE: "", OTHER: ""})


def test_an_import_that_is_no_model_stops_only_what_rests_on_it() -> None:
    main = dmn.model(
        import_("a") + import_("b", OTHER) + decision("d", "b.older", f"{OTHER}#older") + decision("e", "1 + 1")
    )
    sources = {BASE: b"<no", OTHER: dmn.model(LIBRARY, OTHER)}
    with pytest.raises(DecisionError, match=r"not at hand.* more"):
        decisions.load(main, sources.__getitem__)
    borne = read(main, sources.__getitem__)[0]
    assert decide(borne, "e").value == 2 and decide(borne, "d", x=1).value == 2


def test_an_import_that_is_another_model_is_not_followed_and_a_broken_one_not_asked_for_twice() -> None:
    asked: list[str] = []

    def another(namespace: str) -> bytes:
        asked.append(namespace)
        return dmn.model(import_("a"), OTHER)

    with pytest.raises(DecisionError, match="not at hand"):
        decisions.load(dmn.model(import_("a")), another)
    assert asked == [BASE]
    many = decisions.check(dmn.model("".join(import_(f"a{at}") for at in range(100))), another)
    assert asked == [BASE, BASE] and {one.sentence for one in many} == {"The imported model is not at hand."}
    decisions.check(dmn.model("".join(import_(f"a{at}", f"urn:{at}") for at in range(100))), another)
    assert len(asked) == 2 + MAX_IMPORTS - 1


def test_a_requirement_into_a_model_that_is_not_imported_is_refused() -> None:
    with pytest.raises(DecisionError, match="not imported"):
        loaded(decision("d", "1", f"{BASE}#older"))
    assert decide(loaded(decision("a", "1"), decision("d", "a", "https://example.org/m#a")), "d").value == 1


# --- the file


@pytest.mark.parametrize(
    "namespace",
    [
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    ],
)
def test_models_of_every_version_from_1_2_are_read(namespace: str) -> None:
    model = decisions.load(dmn.model(given("x", "feel:number") + decision("d", "x + 1", "input:#x"), dmn=namespace))
    assert decide(model, "d", x=1).value == 2
