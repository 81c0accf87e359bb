"""Answers under a form's own expressions: what is hidden is neither asked nor kept, what fails a check is refused."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import OFFICE_ZONE
from domain.errors import InvalidAnswers
from tests.workflows.test_forms_rules import AMOUNT, CHOICE, a_field, checked, form_of, hidden_when
from workflows.forms import FormSpec, OwnersText

NOON = datetime(2027, 6, 15, 12, 0, tzinfo=OFFICE_ZONE)
REF = "a" * 26
FILES = {REF: {"name": "授权书.pdf", "size": 2048}}
MESSAGE = OwnersText("请核对。", "Look again.")


def cleaned(spec: FormSpec, **answers: Any) -> dict[str, Any]:
    return spec.clean(answers, now=NOON, files=FILES)


def faults(spec: FormSpec, **answers: Any) -> dict[str, str]:
    with pytest.raises(InvalidAnswers) as refusal:
        cleaned(spec, **answers)
    return {place: str(said) for place, said in refusal.value.fields.items()}


# --- visibility -----------------------------------------------------------------------------------------------------


def test_what_is_hidden_is_neither_asked_nor_kept() -> None:
    spec = form_of(CHOICE, hidden_when('=choice != "YES"', validate={"required": True}))

    assert cleaned(spec, choice="NO", word="left over") == {"choice": "NO", "word": None}
    assert faults(spec, choice="YES") == {"word": "This is needed."}
    assert cleaned(spec, choice="YES", word="字")["word"] == "字"


def test_a_hidden_field_may_hold_what_it_would_refuse() -> None:
    spec = form_of(CHOICE, hidden_when('=choice = "NO"', "amount", "number", validate={"max": 3}))

    assert cleaned(spec, choice="NO", amount="not a number")["amount"] is None


def test_a_group_hides_everything_in_it_groups_and_lists_too() -> None:
    inner = {"type": "group", "components": [a_field(key="deep", validate={"required": True})]}
    rows = a_field("dynamiclist", "rows", components=[a_field(key="col", validate={"required": True})])
    group = {"type": "group", "conditional": {"hide": '=choice = "NO"'}, "components": [inner, rows, AMOUNT]}
    spec = form_of(CHOICE, group)

    kept = cleaned(spec, choice="NO", deep="x", rows=[{"col": ""}], amount="1")
    assert kept == {"choice": "NO", "deep": None, "rows": None, "amount": None}
    assert set(faults(spec, choice="YES", rows=[{"col": ""}])) == {"deep", "rows-0-col"}


def test_what_waits_for_a_hidden_answer_finds_it_empty() -> None:
    spec = form_of(
        hidden_when('=b = "x"', "c"), hidden_when('=a = "x"', "b"), a_field(key="a"), hidden_when("=b = null", "d")
    )

    assert cleaned(spec, a="x", b="x", c="c", d="d") == {"a": "x", "b": None, "c": "c", "d": None}
    assert cleaned(spec, a="y", b="x", c="c", d="d") == {"a": "y", "b": "x", "c": None, "d": "d"}


@pytest.mark.parametrize("condition", ["=amount", "=amount < 1", "=1 / amount = 0", '=amount = "x"', "=date(word) > 1"])
def test_what_is_not_exactly_true_hides_nothing(condition: str) -> None:
    spec = form_of(AMOUNT, a_field(key="word"), hidden_when(condition, "shown", validate={"required": True}))

    assert faults(spec, word="no date") == {"shown": "This is needed."}


def test_a_column_knows_its_row_and_the_whole_form() -> None:
    columns = [
        a_field(key="amount"),
        hidden_when('=amount = "none"', "own"),
        hidden_when('=this.amount = "none"', "this_one"),
        hidden_when('=choice = "NO"', "outer"),
        hidden_when("=parent.amount = 7", "parents"),
    ]
    spec = form_of(CHOICE, AMOUNT, a_field("dynamiclist", "rows", components=columns))
    row = {"amount": "none", "own": "1", "this_one": "2", "outer": "3", "parents": "4"}
    other = {**row, "amount": "some"}

    kept = cleaned(spec, choice="NO", amount="7", rows=[row, other])["rows"]
    assert kept[0] == {"amount": "none", "own": None, "this_one": None, "outer": None, "parents": None}
    assert kept[1] == {"amount": "some", "own": "1", "this_one": "2", "outer": None, "parents": None}
    assert cleaned(spec, choice="YES", amount="8", rows=[other])["rows"] == [other]


def test_what_a_list_hides_the_form_does_not_see() -> None:
    columns = [a_field(key="kind"), hidden_when('=kind = "x"', "worth", "number")]
    rows = a_field("dynamiclist", "rows", components=columns)
    spec = form_of(rows, hidden_when("=every one in rows satisfies one.worth = null", "why"))

    assert cleaned(spec, rows=[{"kind": "x", "worth": "5"}], why="w")["why"] is None
    assert cleaned(spec, rows=[{"kind": "y", "worth": "5"}], why="w")["why"] == "w"


@pytest.mark.parametrize("key", ["in", "or", "if", "null", "not", "true", "date", "function"])
def test_a_field_named_like_a_word_of_feel_may_still_be_waited_for(key: str) -> None:
    asked = a_field("radio", key, values=[{"value": "A", "label": "甲"}, {"value": "B", "label": "乙"}])
    waits = a_field(key="waits")
    waits["properties"] = {**waits["properties"], "show": f"{key}=A"}
    spec = form_of(asked, waits, a_field("dynamiclist", "rows", components=[asked, waits]))

    kept = cleaned(spec, **{key: "B", "waits": "w", "rows": [{key: "A", "waits": "r"}, {key: "B", "waits": "r"}]})
    assert kept["waits"] is None
    assert [row["waits"] for row in kept["rows"]] == ["r", None]
    assert cleaned(spec, **{key: "A", "waits": "w"})["waits"] == "w"


def test_what_waits_for_a_button_stays_in_sight_and_is_not_judged_before() -> None:
    outcome = a_field("radio", "outcome", values=[{"value": "SIGN", "label": "签"}], properties={"actions": "true"})
    spec = form_of(outcome, hidden_when('=outcome != "SIGN"'), checked('outcome = "SIGN"', "amount"))

    page = spec.judge({"amount": "1"}, now=NOON, undecided=("outcome",))
    assert (page.hidden, page.faults()) == (frozenset(), {})
    sent = spec.judge({"amount": "1"}, now=NOON)
    assert (set(sent.hidden), sent.faults()) == ({"word"}, {"amount": MESSAGE})


# --- values ---------------------------------------------------------------------------------------------------------

SEEN = [
    ("number", "7.50", "it instance of number and it = 7.5"),
    ("datetime", "2027-06-15", 'it instance of date and it < date("2027-06-16")'),
    ("checkbox", True, "it = true"),
    ("checkbox", False, "it = false"),
    ("checkbox", None, "it = false"),
    ("textfield", " 字 ", 'it = "字"'),
    ("textarea", "a\nb", 'contains(it, "\\n")'),
    ("radio", "A", 'it = "A"'),
    ("select", "A", 'it = "A"'),
    ("checklist", ["A", "B"], 'it = ["A", "B"]'),
    ("filepicker", [REF], 'it[1].name = "授权书.pdf" and it[1].size = 2048'),
    ("filepicker", ["b" * 26], "count(it) = 1 and it[1].size = null"),
    ("dynamiclist", [{"col": "5"}, {"col": ""}], "it = [{col: 5}]"),
    *[(kind, "", "it = null") for kind in ("number", "datetime", "textfield", "radio", "checklist", "filepicker")],
    ("dynamiclist", [], "it = null"),
    ("number", "many", "it = null"),
    ("datetime", "2027-02-30", "it = null"),
]


@pytest.mark.parametrize(("kind", "answer", "check"), SEEN, ids=lambda one: str(one)[:40])
def test_expressions_see_each_kind_of_answer_as_what_it_is(kind: str, answer: Any, check: str) -> None:
    values = [{"value": "A", "label": "甲"}, {"value": "B", "label": "乙"}]
    more: dict[str, Any] = {"values": values} if kind in ("radio", "select", "checklist") else {}
    if kind == "dynamiclist":
        more = {"components": [a_field("number", "col")]}
    spec = form_of(a_field(kind, "it", **more), checked(check, "judge", "textfield"))

    assert spec.judge({"it": answer}, now=NOON, files=FILES).faults() == {}


def test_the_day_is_the_offices_and_must_be_given() -> None:
    spec = form_of(checked("on <= today()", "on", "datetime"))
    early = datetime(2027, 6, 15, 0, 30, tzinfo=OFFICE_ZONE)

    assert spec.clean({"on": "2027-06-15"}, now=early) == {"on": "2027-06-15"}
    with pytest.raises(InvalidAnswers):
        spec.clean({"on": "2027-06-16"}, now=early)
    with pytest.raises(ValueError, match="instant"):
        spec.clean({"on": "2027-06-15"})


# --- checks ---------------------------------------------------------------------------------------------------------


def test_a_check_that_does_not_hold_says_its_message_in_both_languages() -> None:
    spec = form_of(AMOUNT, checked("amount <= limit", "limit"))

    with pytest.raises(InvalidAnswers) as refusal:
        cleaned(spec, amount="5", limit="3")
    said = refusal.value.fields["limit"]
    assert isinstance(said, OwnersText)
    assert (said.text("zh"), said.text("en")) == ("请核对。", "Look again.")
    assert cleaned(spec, amount="3", limit="3") == {"amount": "3", "limit": "3"}


@pytest.mark.parametrize(
    "check", ["amount > other", "1 / 0 = 1", "amount", "unanswered > 1", "if amount = 1 then 2 else null"]
)
def test_what_is_not_exactly_true_lets_nothing_pass(check: str) -> None:
    spec = form_of(a_field(key="other"), a_field("number", "unanswered"), checked(check, "amount"))

    assert faults(spec, amount="1", other="a text") == {"amount": "请核对。"}


def test_a_check_waits_until_what_it_speaks_of_can_be_read() -> None:
    spec = form_of(AMOUNT, checked("amount <= limit", "limit", validate={"required": True}))

    assert faults(spec, amount="many", limit="3") == {"amount": "This must be a number."}
    assert faults(spec, amount="4") == {"limit": "This is needed."}


def test_a_hidden_field_is_not_checked_and_an_empty_row_neither() -> None:
    rows = a_field("dynamiclist", "rows", components=[checked("worth > 1", "worth"), a_field(key="kind")])
    spec = form_of(CHOICE, rows, {**checked("amount > 1", "amount"), "conditional": {"hide": '=choice = "NO"'}})

    state = spec.judge({"choice": "NO", "rows": [{"worth": ""}, {"worth": "1"}, {"kind": "x"}]}, now=NOON)
    assert set(state.faults()) == {"rows-1-worth", "rows-2-worth"}


def test_why_nothing_could_be_decided_is_logged_without_what_was_answered(caplog: pytest.LogCaptureFixture) -> None:
    spec = form_of(a_field(key="name"), checked("name > 5", "amount"), hidden_when("=number(name) > 1", "word"))

    with caplog.at_level(logging.INFO, "workflows.form_state"):
        faults(spec, name="江白露 990001", amount="77")
    assert "form.undecided" in caplog.text
    assert "field=amount" in caplog.text
    assert "江白露" not in caplog.text
    assert "77" not in caplog.text


def test_a_long_list_says_once_why_nothing_could_be_decided(caplog: pytest.LogCaptureFixture) -> None:
    columns = [a_field(key="name"), hidden_when("=number(name) > 1", "word"), checked("name > 5", "amount")]
    spec = form_of(a_field("dynamiclist", "rows", components=columns))

    with caplog.at_level(logging.INFO, "workflows.form_state"):
        state = spec.judge({"rows": [{"name": f"n{at}", "amount": "1"} for at in range(50)]}, now=NOON)
        assert len(state.faults()) == 50
    assert caplog.text.count("form.undecided") == 2  # one an expression, however many rows


def test_what_rests_on_a_refused_cell_is_not_judged_in_its_row_and_not_over_the_list() -> None:
    columns = [a_field("number", "low"), checked("low < 5", "high")]
    rows = a_field("dynamiclist", "rows", components=columns)
    spec = form_of(rows, checked("count(rows) > 9", "total"), checked("total2 = 1", "word"), a_field(key="total2"))
    state = spec.judge({"rows": [{"low": "x", "high": "1"}, {"low": "7", "high": "1"}], "total": "1"}, now=NOON)

    assert set(state.faults(["rows-0-low"])) == {"rows-1-high", "word"}
    assert set(state.faults()) == {"rows-0-high", "rows-1-high", "total", "word"}


def test_an_expression_without_end_hides_nothing_and_lets_nothing_pass() -> None:
    endless = "count(for a in 1..9999, b in 1..9999 return a) > 0"
    spec = form_of(
        hidden_when(f"={endless} and word2 = null", "word"), a_field(key="word2"), checked(endless, "amount")
    )

    state = spec.judge({"amount": "1"}, now=NOON)
    assert (state.hidden, set(state.faults())) == (frozenset(), {"amount"})


def test_many_rows_with_many_expressions_are_decided_within_the_budget() -> None:
    columns = [a_field(key="c0"), *[hidden_when(f'=c{at - 1} = "x"', f"c{at}") for at in range(1, 8)]]
    spec = form_of(a_field("dynamiclist", "rows", components=columns))
    rows = [{f"c{at}": "x" for at in range(8)} for _ in range(200)]

    assert cleaned(spec, rows=rows)["rows"] == [{f"c{at}": None if at % 2 else "x" for at in range(8)}] * 200


# --- properties -----------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(["", "A", "B", " A ", "7", "no"])


@st.composite
def forms_and_answers(draw: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Fields that may hide others named later, in any order, and any answers."""
    fields, answers = [], {}
    for at in range(draw(st.integers(2, 7))):
        kind = draw(st.sampled_from(["textfield", "number", "checkbox", "datetime"]))
        key = f"f{at}"
        made = a_field(kind, key)
        if at and draw(st.booleans()):
            other, third = (f"f{draw(st.integers(0, at - 1))}" for _ in range(2))
            texts = [f'={other} = "A"', f"={other} = null", f"={other} = true", f"={other} < {third}",
                     f"=not({other} = {third})", f"={other} != null and {third} = null", f"={other}"]  # fmt: skip
            made["conditional"] = {"hide": draw(st.sampled_from(texts))}
        elif at and draw(st.booleans()):
            made["properties"] = {**made["properties"], "show": f"f{draw(st.integers(0, at - 1))}=A|7|True"}
        fields.append(made)
        answers[key] = draw(st.booleans() if kind == "checkbox" else WORDS | st.just("2027-06-15"))
    return fields, answers


@given(forms_and_answers(), st.randoms(use_true_random=False))
def test_hidden_answers_are_never_kept_cleaning_twice_changes_nothing_and_order_does_not_matter(
    made: tuple[list[dict[str, Any]], dict[str, Any]], dice: Any
) -> None:
    fields, answers = made
    spec = form_of(*fields)
    state = spec.judge(answers, now=NOON)
    shuffled = list(fields)
    dice.shuffle(shuffled)
    turned = form_of(*shuffled)

    assert turned.judge(answers, now=NOON).hidden == state.hidden
    try:
        kept = spec.clean(answers, now=NOON)
    except InvalidAnswers as refusal:
        assert not state.hidden & refusal.fields.keys()
        return
    assert all(kept[place] is None for place in state.hidden)
    assert spec.judge(kept, now=NOON).hidden == state.hidden
    assert spec.clean(kept, now=NOON) == kept
    assert turned.clean(answers, now=NOON) == kept
