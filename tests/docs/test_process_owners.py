"""docs/process-owners.md: its lists are the program's, its expressions evaluate, what it says is refused is refused."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import cache

import pytest

import decisions
from tests.infrastructure.owners import PAGE, ROOT, steps_read, written
from tests.workflows.test_decision_steps import table
from workflows import bundles, registry
from workflows.bundles import Bundle
from workflows.decision_results import decision_of, kept
from workflows.lint_names import CASE
from workflows.spiff_feel import compiled, is_expression, plain
from workflows.table_check import check_table

NOW = datetime(2027, 6, 1, tzinfo=UTC)
FLOW = "negative_to_issue_notice"


def rows(heading: str) -> list[tuple[str, ...]]:
    """The cells of the table under this head row, without their backticks."""
    body = PAGE.read_text(encoding="utf-8").split(heading)[1].split("\n\n")[0]
    lines = [line for line in body.splitlines() if line.startswith("| ")]
    return [tuple(cell.strip().strip("`") for cell in line.strip("|").split(" | ")) for line in lines]


EXAMPLES = rows("| condition or time | with | gives |")
REFUSED = rows("| written | what the check says |")
PLANTED = rows("| rows | hit policy | what the check says | for example |")
KEPT = rows("| kept | in the file | a table with the output `level` gives | a condition reads |")


def test_the_lists_are_up_to_date() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == written(text), "run: python -m tests.infrastructure.owners"


def test_every_operation_is_listed_once_with_what_it_gives_back() -> None:
    listed = PAGE.read_text(encoding="utf-8").split("<!-- operations:")[1].split("<!-- end of operations")[0]
    for name, one in registry.operations().items():
        found = re.findall(rf"^\| `{re.escape(name)}` \|.*$", listed, re.M)
        assert len(found) == 1, name
        assert all(f"`{output}`" in found[0] for output in one.outputs), name
    assert {f"case.{name}" for name in CASE} <= set(re.findall(r"`(case\.\w+)`", PAGE.read_text(encoding="utf-8")))


def test_there_are_ten_examples() -> None:
    assert len(EXAMPLES) == 10
    assert len(REFUSED) >= 5


@pytest.mark.parametrize("row", EXAMPLES, ids=[row[0] for row in EXAMPLES])
def test_an_example_gives_what_the_page_says(row: tuple[str, ...]) -> None:
    text, given, expected = row
    found = compiled(text).evaluate(json.loads(given), now=NOW, budget=10_000)

    assert not found.problems
    assert plain(found.value) == json.loads(expected)
    assert not is_expression(text), "the page writes expressions as the editor's field takes them"


@cache
def shipped() -> Bundle:
    """The process that the page speaks of."""
    return bundles.read_folder(ROOT / "bpmn" / "verification")


def with_condition(text: str) -> Bundle:
    """The process with another condition at one flow."""
    drawing = shipped().files[bundles.DRAWING].decode()
    head, flow, rest = drawing.partition(f'id="{FLOW}"')
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    changed = re.sub(r"(<bpmn:conditionExpression[^>]*>)[^<]*", lambda found: found[1] + escaped, rest, count=1)
    assert flow and changed != rest
    return Bundle("verification", {**shipped().files, bundles.DRAWING: (head + flow + changed).encode()})


@pytest.mark.parametrize("row", REFUSED, ids=[row[0] for row in REFUSED])
def test_what_the_page_says_is_refused_is_refused_at_its_place_with_a_remedy(row: tuple[str, ...]) -> None:
    text, sentence = row
    errors = [one for one in bundles.check(with_condition(text)) if one.severity == "error"]

    assert [one.element for one in errors] == [FLOW], [str(one.sentence) for one in errors]
    assert sentence in str(errors[0].sentence)
    assert str(errors[0].remedy)


@pytest.mark.parametrize("row", PLANTED, ids=[row[0] for row in PLANTED])
def test_what_the_page_says_of_a_table_is_what_the_check_says(row: tuple[str, ...]) -> None:
    cells, policy, sentence, example = row
    rules = [f'{cell.strip().strip("`")} -> "{number}"' for number, cell in enumerate(cells.split("` and `"))]
    (found,) = check_table("urgency.dmn", table(*rules, policy=policy))

    assert str(found.sentence) == sentence
    assert ", ".join(f"{label} = {value}" for label, value in found.example) == example
    assert found.table == "紧急程度"


@pytest.mark.parametrize("row", KEPT, ids=[row[1] for row in KEPT])
def test_a_condition_reads_what_is_kept_as_the_page_says(row: tuple[str, ...]) -> None:
    _words, mapping, _gives, condition = row
    rules, policy = (
        (('> 0 -> "HIGH"', '> 1 -> "LOW"'), "COLLECT") if "collect" in mapping else (('> 0 -> "HIGH"',), "FIRST")
    )
    model = decisions.load(table(*rules, policy=policy))
    info = decision_of(model, "")
    result = model.evaluate(info.id, {"amount": 5}, now=NOW)
    judged = kept(result, info, mapping.split("`")[0], "urgency")

    assert compiled(condition).evaluate({"judge": plain(judged)}, now=NOW, budget=10_000).value is True


def test_the_ids_that_operations_read_answers_by_are_steps_of_a_shipped_process() -> None:
    known: set[str] = set()
    for folder in (ROOT / "bpmn").iterdir():
        known |= set(re.findall(r'userTask id="(\w+)"', (folder / "process.bpmn").read_text(encoding="utf-8")))
    named = {step for one in registry.operations().values() for step in steps_read(one)}
    assert {"decide", "objection", "verify_doubt"} <= named <= known


def test_the_page_can_be_found() -> None:
    for page in ("README.md", "docs/tour.md"):
        assert "process-owners.md" in (ROOT / page).read_text(encoding="utf-8"), page
