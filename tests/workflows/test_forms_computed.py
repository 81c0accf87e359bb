"""What a form calculates, when it asks, and its rules as a whole: judged on the server alone, whatever was sent."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import DefinitionRefused, InvalidAnswers
from tests.workflows.test_forms_rules import AMOUNT, CHOICE, a_field, form_of, refused
from tests.workflows.test_forms_state import NOON, cleaned, faults
from workflows import forms
from workflows.forms import CONFIRMED, FormSpec


def computed(text: str, key: str = "total", **more: Any) -> dict[str, Any]:
    return a_field("expression", key, expression=text, **more)


def listed(*columns: dict[str, Any], key: str = "rows", **more: Any) -> dict[str, Any]:
    return a_field("dynamiclist", key, components=list(columns), **more)


def with_rules(*rules: dict[str, Any], components: list[Any]) -> FormSpec:
    source = json.dumps({"type": "default", "components": components, "rules": list(rules)}).encode()
    return forms.parse(source, "made", "forms/made.form")


def a_rule(condition: str, *fields: str, name: str = "r", **more: Any) -> dict[str, Any]:
    said = {"message": "起止相反。", "message.en": "It ends before it begins."}
    return {"id": name, "condition": condition, "fields": list(fields), **said, **more}


PRICED = listed(
    a_field("number", "amount"), a_field("number", "count"), computed("=amount * count", "line", decimalDigits=2)
)

# --- calculating ----------------------------------------------------------------------------------------------------


def test_a_sum_over_rows_is_exact_and_rounded_half_up() -> None:
    spec = form_of(PRICED, computed("=sum(rows[line != null].line)", decimalDigits=2))
    kept = cleaned(spec, rows=[{"amount": "0.1", "count": "3"}, {"amount": "1.005", "count": "1"}, {"amount": "9"}])

    assert [row["line"] for row in kept["rows"]] == ["0.30", "1.01", None]
    assert kept["total"] == "1.31"
    assert cleaned(spec)["total"] is None


def test_what_the_browser_says_of_a_calculated_field_is_refused() -> None:
    spec = form_of(PRICED, computed("=count(rows)"))

    assert set(faults(spec, total="99")) == {"total"}
    assert set(faults(spec, rows=[{"amount": "1", "line": "99"}])) == {"rows"}


def test_a_calculated_field_may_hide_and_be_hidden_and_rest_on_another() -> None:
    spec = form_of(
        CHOICE, AMOUNT, computed("=twice + 1", "more"), computed("=amount * 2", "twice"),
        a_field("textfield", "why", conditional={"hide": "=more <= 10"}, validate={"required": True}),
        computed("=more", "again", conditional={"hide": '=choice = "NO"'}),
    )  # fmt: skip

    assert spec.order == ("twice", "more", "again") or spec.order.index("twice") < spec.order.index("more")
    assert cleaned(spec, amount="2", choice="NO") == {
        "choice": "NO", "amount": "2", "more": "5", "twice": "4", "why": None, "again": None,
    }  # fmt: skip
    assert faults(spec, amount="5", choice="YES") == {"why": "This is needed."}
    assert cleaned(spec, amount="5", choice="YES", why="x")["again"] == "11"


def test_a_calculation_that_rests_on_itself_or_on_nothing_is_refused() -> None:
    said = refused(computed("=b + 1", "a"), computed("=a + 1", "b"))
    assert any("depends on itself: a → b → a" in one or "b → a → b" in one for one in said), said
    assert any("no field “nobody”" in one for one in refused(computed("=nobody + 1")))
    assert refused(computed("")) and refused(computed("1 + 1")), "an expression begins with ="
    assert any("no effect" in one for one in refused(a_field("number", "n", expression="=1")))
    rows = listed(a_field("number", "amount"), computed("=sum(rows.amount)", "share"))
    assert any("depends on itself" in one for one in refused(rows))


def test_a_calculated_field_steers_the_process_as_a_number() -> None:
    spec = form_of(AMOUNT, computed("=amount / 4", decimalDigits=2, properties={"route": "true"}))
    assert spec.routing(cleaned(spec, amount="5")) == {"total": 1.25}
    assert spec.routing(cleaned(spec, amount="8")) == {"total": 2}


# --- when a field is needed -----------------------------------------------------------------------------------------


def test_a_field_is_needed_under_a_condition_also_in_a_row() -> None:
    when = {"required.when": "=amount > 10"}
    spec = form_of(AMOUNT, a_field(key="why", properties=when))
    assert cleaned(spec, amount="10")["why"] is None
    assert faults(spec, amount="11") == {"why": "This is needed."}

    rows = form_of(listed(a_field("number", "amount"), a_field(key="why", properties=when)))
    assert faults(rows, rows=[{"amount": "3"}, {"amount": "30"}]) == {"rows-1-why": "This is needed."}


# --- rules of the form ----------------------------------------------------------------------------------------------

DAYS = [a_field("datetime", "begun"), a_field("datetime", "ended")]
ORDER = a_rule("=begun = null or ended = null or begun <= ended", "begun", "ended")


def test_a_broken_rule_stands_at_each_of_its_fields() -> None:
    spec = with_rules(ORDER, components=DAYS)
    assert cleaned(spec, begun="2027-01-01", ended="2027-01-01")["ended"] == "2027-01-01"
    assert set(faults(spec, begun="2027-01-02", ended="2027-01-01")) == {"begun", "ended"}
    assert set(faults(spec, begun="no day", ended="2027-01-01")) == {"begun"}, (
        "what rests on a wrong answer is not judged"
    )


def test_a_warning_is_passed_by_a_reason_which_is_kept() -> None:
    spec = with_rules({**ORDER, "severity": "warning"}, components=DAYS)
    wrong = {"begun": "2027-01-02", "ended": "2027-01-01"}

    assert set(faults(spec, **wrong)) == {"_confirmed.r"}
    assert set(faults(spec, **wrong, **{CONFIRMED: {"r": "  "}})) == {"_confirmed.r"}
    assert cleaned(spec, **wrong, **{CONFIRMED: {"r": " 已核实 ", "x": "y"}})[CONFIRMED] == {"r": "已核实"}
    assert CONFIRMED not in cleaned(spec, begun="2027-01-01", **{CONFIRMED: {"r": "left over"}})


def test_a_rule_of_hidden_fields_alone_is_no_rule() -> None:
    hidden = [CHOICE, *(a_field("number", key, conditional={"hide": '=choice = "NO"'}) for key in ("a", "b"))]
    spec = with_rules(a_rule("=a < b", "a", "b"), components=hidden)
    assert cleaned(spec, choice="NO")
    assert set(faults(spec, choice="YES", a="2", b="1")) == {"a", "b"}


@pytest.mark.parametrize(
    "rule",
    [
        a_rule("=begun <= ended", "nobody"),
        a_rule("=begun <= nobody", "begun"),
        a_rule("=begun <= ended"),
        a_rule("=begun <=", "begun"),
        a_rule("", "begun"),
        {**ORDER, "message.en": ""},
        {**ORDER, "severity": "loud"},
        {**ORDER, "source": "hearsay"},
        {**ORDER, "more": 1},
        {**ORDER, "id": "_confirmed"},
    ],
)
def test_a_rule_that_cannot_be_used_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(DefinitionRefused):
        with_rules(rule, components=DAYS)


def test_a_rule_that_an_empty_form_breaks_is_warned_of() -> None:
    spec = with_rules(a_rule("=begun <= ended", "begun", "ended"), components=DAYS)
    (found,) = forms.check_rules(spec, "made.form")
    assert (found.element, found.severity) == ("r", "warning")
    assert not forms.check_rules(with_rules(ORDER, components=DAYS), "made.form")


# --- limits of rows and files ---------------------------------------------------------------------------------------


def test_a_list_takes_so_many_rows() -> None:
    spec = form_of(
        listed(a_field(key="word"), properties={"rows.min": "2", "rows.max": "3"}, validate={"required": True})
    )
    for count in (1, 4):
        assert set(faults(spec, rows=[{"word": "x"}] * count)) == {"rows"}
    assert len(cleaned(spec, rows=[{"word": "x"}] * 3)["rows"]) == 3
    assert refused(listed(a_field(), properties={"rows.min": "5", "rows.max": "3"}))
    assert refused(listed(a_field(), properties={"rows": "members", "rows.max": "3"}))
    assert refused(a_field(properties={"rows.max": "3"}))


def test_a_file_field_takes_so_many_files_of_such_types_and_size() -> None:
    picker = a_field("filepicker", "papers", accept=".pdf", properties={"files.most": "2", "files.size": "1"})
    spec = form_of(listed(picker))
    known = {
        "a" * 26: {"name": "a.pdf", "size": 900_000, "media": "application/pdf"},
        "b" * 26: {"name": "b.pdf", "size": 1_100_000, "media": "application/pdf"},
        "c" * 26: {"name": "c.png", "size": 9, "media": "image/png"},
    }

    def said(*refs: str) -> list[str]:
        try:
            spec.clean({"rows": [{"papers": [one * 26 for one in refs]}]}, now=NOON, files=known)
        except InvalidAnswers as refusal:
            return [str(one) for one in refusal.fields.values()]
        return []

    assert said("a") == []
    assert said("b") == ["Files here have at most 1 MB."]
    assert said("c") == ["This field takes only: PDF."]
    assert said("a", "a", "a") == ["At most 2 files."]
    assert refused(a_field("filepicker", "f", accept=".exe")) and refused(a_field(accept=".pdf"))


# --- properties -----------------------------------------------------------------------------------------------------

AMOUNTS = st.decimals(-1_000_000, 1_000_000, places=2) | st.none()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(AMOUNTS, st.integers(0, 9) | st.none(), st.booleans()), max_size=25),
    st.sampled_from(["YES", "NO"]),
    st.integers(0, 3),
)
def test_the_servers_figures_are_those_of_an_independent_calculation(
    given_rows: list[tuple[Decimal | None, int | None, bool]], choice: str, places: int
) -> None:
    counted = a_field("checkbox", "counted")
    rows = listed(
        a_field("number", "amount"),
        a_field("number", "count", conditional={"hide": "=amount = null or amount < 0"}),
        counted,
        computed("=if counted and count != null then amount * count else null", "line", decimalDigits=places),
    )
    total = computed("=sum(rows[line != null].line)", conditional={"hide": '=choice = "NO"'})
    spec = form_of(CHOICE, rows, total, a_field("number", "n", conditional={"hide": "=total = null or total < 100"}))
    sent = [
        {"amount": "" if a is None else str(a), "count": "" if c is None else str(c), "counted": t}
        for a, c, t in given_rows
    ]
    kept = cleaned(spec, choice=choice, rows=sent, n="7")

    expected: list[Decimal | None] = []
    for amount, count, ticked in given_rows:
        worth = amount * count if amount is not None and amount >= 0 and count is not None and ticked else None
        expected.append(None if worth is None else worth.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))
    lines = [one for one in expected if one is not None]
    summed = sum(lines, Decimal(0)) if lines and choice == "YES" else None
    is_large = summed is not None and summed >= 100
    assert [row["line"] and Decimal(row["line"]) for row in kept["rows"] or ()] == expected
    assert (kept["total"] and Decimal(kept["total"])) == summed
    assert kept["n"] == ("7" if is_large else None)
    for (amount, _c, _t), row in zip(given_rows, kept["rows"] or (), strict=True):
        assert (amount is not None and amount >= 0) or row["count"] is None, "what is hidden is not kept"
    again = cleaned(
        spec,
        choice=choice,
        rows=[{k: row[k] for k in ("amount", "count", "counted")} for row in kept["rows"] or ()],
        n="7",
    )
    assert again == kept, "kept answers, filled in again, are kept as they were"


def test_a_hostile_form_costs_its_budget_and_no_more() -> None:
    heavy = "=sum(for a in rows, b in rows, c in rows return a.amount * b.amount * c.amount)"
    spec = form_of(listed(a_field("number", "amount")), *(computed(heavy, f"t{n}") for n in range(40)))
    kept = cleaned(spec, rows=[{"amount": "1"}] * 200)
    assert {kept[f"t{n}"] for n in range(40)} == {None}
    deep = "=" + "(" * 900 + "amount" + ")" * 900
    assert refused(AMOUNT, computed(deep))
