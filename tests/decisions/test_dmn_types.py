"""Item definitions by the standard (DMN 1.3 to 1.5, 7.3.2, 7.3.3 and 10.3.2.9.4)."""

from __future__ import annotations

from xml.sax.saxutils import escape

import pytest

import decisions
from decisions import DecisionError
from tests.decisions import dmn_models as dmn
from tests.decisions.dmn_models import decide, decision, given, knowledge, loaded


def item(
    name: str, base: str = "", *, allowed: str = "", constraint: str = "", many: bool = False, inner: str = ""
) -> str:
    """An item definition: of a base type, or with components inside."""
    made = f'<itemDefinition name="{name}"' + (' isCollection="true">' if many else ">")
    made += f"<typeRef>{base}</typeRef>" if base else ""
    made += f"<allowedValues><text>{escape(allowed)}</text></allowedValues>" if allowed else ""
    made += f"<typeConstraint><text>{escape(constraint)}</text></typeConstraint>" if constraint else ""
    return f"{made}{inner}</itemDefinition>"


def part(name: str, base: str = "", **more: object) -> str:
    return item(name, base, **more).replace("itemDefinition", "itemComponent")  # type: ignore[arg-type]


def fits(value: object, type_: str, *items: str) -> bool:
    """Whether an input of this type takes the value."""
    model = loaded(*items, given("x", type_), decision("d", "x != null", "input:#x"))
    return decide(model, "d", x=value).value is True


def taken(value: object, type_: str, *items: str) -> object:
    model = loaded(*items, given("x", type_), decision("d", "x", "input:#x"))
    return decide(model, "d", x=value).value


PERSON = item("tPerson", inner=part("name", "string") + part("the age", "number", allowed="[0..150]"))
PEOPLE = item("tPeople", "tPerson", many=True)


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        ("number", 1, "1"),
        ("string", "a", 1),
        ("boolean", False, "false"),
        ("date", dmn.NOW.date(), dmn.NOW),
        ("date and time", dmn.NOW, "2026-06-01"),
        ("dateTime", dmn.NOW, "2026-06-01"),
        ("time", dmn.NOW.time(), dmn.NOW),
        ("days and time duration", dmn.NOW - dmn.NOW, 0),
        ("dayTimeDuration", dmn.NOW - dmn.NOW, 0),
        ("yearMonthDuration", decisions.YearsMonths(1), 1),
        ("Any", [1, "a"], None),
        ("feel:number", 1, "1"),
        ("feel.string", "a", 1),
        ("xsd:boolean", True, 1),
        ("xsd:integer", 1, "1"),
    ],
)
def test_a_simple_type_takes_its_values_alone(type_: str, good: object, bad: object) -> None:
    assert fits(good, type_) and not fits(bad, type_)
    assert taken(None, type_) is None


def test_the_reason_for_a_wrong_input_names_it_without_its_value() -> None:
    result = decide(loaded(given("x", "number"), decision("d", "x", "input:#x")), "d", x="secret")
    assert result.reasons == ("The input 'x' is not of the declared type or not an allowed value.",)


def test_allowed_values_are_unary_tests_over_the_value() -> None:
    assert all(fits(one, "t", item("t", "string", allowed='"a", "b"')) for one in ("a", "b"))
    assert not fits("c", "t", item("t", "string", allowed='"a", "b"'))
    grade = item("t", "number", allowed="[1..5], 10, > 100")
    assert [fits(one, "t", grade) for one in (1, 5, 6, 10, 11, 101)] == [True, True, False, True, False, True]
    assert [fits(one, "t", item("t", "number", allowed="not(0)")) for one in (0, 1)] == [False, True]
    assert [fits(one, "t", item("t", "string", allowed="string length(?) = 2")) for one in ("ab", "abc")] == [
        True,
        False,
    ]


def test_the_allowed_values_of_a_collection_hold_for_each_item_and_its_constraint_for_the_whole() -> None:
    each = item("t", "number", allowed="[1..5]", many=True)
    assert fits([1, 5], "t", each) and not fits([1, 6], "t", each) and fits([], "t", each)
    whole = item("t", "number", constraint="count(?) < 3", many=True)
    assert fits([7, 8], "t", whole) and not fits([7, 8, 9], "t", whole)
    both = item("t", "number", allowed="[1..5]", constraint="count(?) < 3", many=True)
    assert fits([1, 2], "t", both) and not fits([1, 9], "t", both) and not fits([1, 2, 3], "t", both)
    over_list = item("l", "number", many=True) + item("t", "l", allowed="[1..5]")
    assert fits([1, 5], "t", over_list) and not fits([1, 6], "t", over_list)


def test_a_single_value_stands_for_a_list_of_it_and_the_other_way_round() -> None:
    many = item("t", "number", many=True)
    assert taken(5, "t", many) == [5] and taken([5], "number") == 5
    assert taken([5, 6], "number") is None and taken("a", "t", many) is None


def test_a_structure_has_its_components_and_may_have_more() -> None:
    assert fits({"name": "a", "the age": 4}, "tPerson", PERSON)
    assert fits({"name": "a", "the age": 4, "more": 1}, "tPerson", PERSON)
    assert fits({"name": None, "the age": None}, "tPerson", PERSON)
    for wrong in ({"name": "a"}, {"name": "a", "the age": "4"}, {"name": "a", "the age": 200}, "a", [1, 2]):
        assert not fits(wrong, "tPerson", PERSON)


def test_a_date_is_taken_for_its_midnight_where_a_date_and_time_is_declared() -> None:
    assert taken(dmn.NOW.date(), "date and time") == dmn.NOW.replace(hour=0, minute=0)


def test_structures_nest_and_collect() -> None:
    team = item("tTeam", inner=part("lead", "tPerson") + part("people", "tPerson", many=True))
    person = {"name": "a", "the age": 4}
    assert fits({"lead": person, "people": [person, person]}, "tTeam", team, PERSON)
    assert not fits({"lead": person, "people": [person, {"name": "b"}]}, "tTeam", team, PERSON)
    assert fits([person], "tPeople", PEOPLE, PERSON) and not fits([person, 1], "tPeople", PEOPLE, PERSON)
    inner = item("t", inner=part("place", inner=part("city", "string") + part("zip", "number")))
    assert fits({"place": {"city": "a", "zip": 1}}, "t", inner) and not fits({"place": {"city": "a"}}, "t", inner)


def test_definitions_refer_to_one_another_in_any_order() -> None:
    chain = item("a", "b", allowed="< 10") + item("b", "c", allowed="> 0") + item("c", "number")
    assert [fits(one, "a", chain) for one in (5, 0, 10)] == [True, False, False]


def test_a_definition_by_itself_is_refused_near_or_far() -> None:
    for body in (item("a", "a"), item("a", "b") + item("b", "a"), item("a", inner=part("x", "a", many=True))):
        with pytest.raises(DecisionError, match="defined by itself"):
            loaded(body)


def test_a_type_that_is_not_defined_is_refused_where_it_is_used() -> None:
    for body in (given("x", "tGone"), item("a", "tGone"), decision("d", "1", type_="lib.tGone")):
        with pytest.raises(DecisionError, match="is not defined"):
            loaded(body)


def test_instance_of_knows_the_definitions_of_the_model_without_their_constraints() -> None:
    model = loaded(PERSON, PEOPLE, given("x"), decision("d", "x instance of tPerson", "input:#x"))
    assert decide(model, "d", x={"name": "a", "the age": 4}).value is True
    assert decide(model, "d", x={"name": "a"}).value is False
    listed = loaded(PERSON, PEOPLE, given("x"), decision("d", "x instance of tPeople", "input:#x"))
    assert decide(listed, "d", x=[{"name": "a", "the age": 4}]).value is True


def test_a_function_type_takes_functions_of_its_form() -> None:
    form = (
        '<itemDefinition name="tF"><functionItem outputTypeRef="number"><parameters name="n" typeRef="number"/>'
        "</functionItem></itemDefinition>"
    )
    model = loaded(
        form,
        decision("f", "function(n: number) n + 1", type_="tF"),
        decision("two", "function(a: number, b: number) a", type_="tF"),
        decision("d", "[f(1), two]", "#f", "#two"),
    )
    assert decide(model, "d").value == [2, None]


def test_types_hold_for_variables_parameters_results_and_entries() -> None:
    over = "<context>" + "".join(
        f"<contextEntry>{dmn.variable(name, 'tPerson')}{dmn.text(logic)}</contextEntry>"
        for name, logic in (("good", '{name: "a", the age: 1}'), ("bad", '{name: "a", the age: 151}'))
    )
    assert decide(loaded(PERSON, decision("d", over + "</context>")), "d").value == {
        "good": {"name": "a", "the age": 1},
        "bad": None,
    }
    asked = loaded(
        PERSON,
        knowledge("age of", ["p: tPerson"], "p.the age", result="number"),
        decision("d", 'age of({name: "a", the age: 3})', "knowledge:#age_of"),
        decision("e", 'age of({name: "a"})', "knowledge:#age_of"),
    )
    assert decide(asked, "d").value == 3 and decide(asked, "e").value is None


def test_references_may_be_written_with_a_prefix_of_the_file() -> None:
    source = dmn.model(
        item("tAge", "feel:number", allowed="< 100")
        + given("x", "own:tAge")
        + given("y", "f:string")
        + decision("d", "[x, y]", "input:#x", "input:#y")
    ).replace(
        b"<definitions ",
        b'<definitions xmlns:own="https://example.org/m" xmlns:f="http://www.omg.org/spec/DMN/20180521/FEEL/" ',
    )
    assert decide(source, "d", x=1, y="a").value == [1, "a"]
    assert decide(source, "d", x=100, y=2).value == [None, None]


def test_what_a_tolerant_reading_cannot_type_is_any() -> None:
    borne = decisions.dmn.read(dmn.model(given("x", "tGone") + decision("d", "x + 1", "input:#x")))[0]
    assert borne.evaluate("d", {"x": 1}, now=dmn.NOW).value == 2


# --- types that nest without an end


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("nested", [False, True])
def test_types_of_types_are_refused_when_they_are_too_many(turned: bool, nested: bool) -> None:
    """Whether they are met from the outermost in, or the other way round."""
    names = [f"t{at}" for at in range(2000)]
    items = [
        item(name, inner=part("c", other)) if nested else item(name, other, allowed="1")
        for name, other in zip(names, [*names[1:], "number"], strict=True)
    ]
    parts = [*(reversed(items) if turned else items), given("x", "t0"), decision("d", "x", "input:#x", type_="t0")]
    with pytest.raises(DecisionError) as refusal:
        loaded(*parts)
    assert {one.sentence.split("' ")[1] for one in refusal.value.findings} == {"nests too deeply."}
    assert decisions.check(dmn.model("".join(parts))) != []


def test_types_that_hold_others_many_times_over_are_refused() -> None:
    pairs = [item(f"t{at}", inner=part("a", f"t{at + 1}") + part("b", f"t{at + 1}")) for at in range(30)]
    with pytest.raises(DecisionError, match="nests too deeply"):
        loaded(*pairs, item("t30", "number"), given("x", "t0"), decision("d", "x", "input:#x"))
    assert fits({"a": 1, "b": {"a": 2, "b": 3}}, "s0", pair("s0", "number", "s1"), pair("s1", "number", "number"))


def pair(name: str, first: str, second: str) -> str:
    return item(name, inner=part("a", first) + part("b", second))
