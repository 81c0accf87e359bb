"""The check of a model ends: so many words are read, so many findings told, and every construct is met once."""

from __future__ import annotations

from decisions.checks import MORE, MOST_TOLD, check
from decisions.checks.models import ModelCheck
from decisions.checks.report import MOST_FINDINGS, MOST_WORDS, Report
from decisions.errors import Finding
from decisions.graph import Reader
from tests.decisions.dmn_models import decision, given, model, table


def found_in(*bodies: str) -> list[Finding]:
    return check(model("".join(bodies)))


def test_a_model_with_more_text_than_is_checked_says_so() -> None:
    report = Report()
    report.words = MOST_WORDS - 20
    ModelCheck(
        Reader(None).read(model(decision("A", "nobody") + decision("B", "1 + 2 + 3 + " * 5 + "4"))), report
    ).run()
    assert [one.code for one in report.findings] == ["unknown-name", ""]
    assert report.findings[-1].severity == "warning" and "too large" in report.findings[-1].sentence


def test_of_unknown_names_without_end_the_first_thousand_are_told() -> None:
    found = found_in(*(decision(f"D{at}", f"a{at} + b{at} + c{at}") for at in range(600)))
    assert len(found) == MOST_TOLD + 1
    assert found[0].sentence == MORE


def test_comparisons_in_one_another_are_gone_through_once() -> None:
    words = [f"word{at}" for at in range(40)]
    found = found_in(decision("D", " = (".join(words) + " = 1" + ")" * 39))
    assert sorted(one.sentence for one in found) == sorted(f"The name '{word}' is not known here." for word in words)


def test_of_very_many_faults_the_first_hundreds_are_told() -> None:
    grid = table(["n: number"], ["r"], [[f'"x{row}"', "1"] for row in range(1500)], "FIRST")
    found = found_in(given("n", "number"), decision("D", grid, "input:#n"))
    assert MOST_FINDINGS <= len(found) <= MOST_FINDINGS + 100
