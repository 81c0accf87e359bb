"""The Python interface for outsiders: a file, a name and plain values in; a plain value out."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

import decisions
from decisions import DecisionError, YearsMonths
from tests.house.rules import ROOMS, ROOT

NOW = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
DMN13 = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def model(*bodies: str, namespace: str = "https://example.org/m", imports: dict[str, str] | None = None) -> str:
    asked = "".join(
        f'<import name="{name}" namespace="{other}" importType="{DMN13}"/>' for name, other in (imports or {}).items()
    )
    return f'<definitions xmlns="{DMN13}" name="m" namespace="{namespace}">{asked}{"".join(bodies)}</definitions>'


def given(name: str, kind: str = "Any") -> str:
    return f'<inputData id="{name}" name="{name}"><variable name="{name}" typeRef="{kind}"/></inputData>'


def decision(name: str, text: str, *needs: str) -> str:
    asked = "".join(f"<informationRequirement>{need}</informationRequirement>" for need in needs)
    logic = f"<literalExpression><text>{escape(text)}</text></literalExpression>"
    return f'<decision id="{name}" name="{name}"><variable name="{name}"/>{asked}{logic}</decision>'


def takes(name: str) -> str:
    return f'<requiredInput href="#{name}"/>'


def rests_on(name: str, namespace: str = "") -> str:
    return f'<requiredDecision href="{namespace}#{name}"/>'


def service(name: str, outputs: list[str], inputs: list[str]) -> str:
    out = "".join(f'<outputDecision href="#{one}"/>' for one in outputs)
    asked = "".join(f'<inputData href="#{one}"/>' for one in inputs)
    return f'<decisionService id="{name}" name="{name}">{out}{asked}</decisionService>'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.dmn"
    path.write_text(
        model(
            given("x"),
            decision("echo", "x", takes("x")),
            decision("twice", "x * 2", takes("x")),
            decision("day", "today()"),
            decision("broken", "1 +"),
            decision("rests on broken", "broken + 1", rests_on("broken")),
            decision("a function", "function(a) a"),
            decision("a range", "[1..x]", takes("x")),
            service("one", ["twice"], ["x"]),
            service("both", ["twice", "echo"], ["x"]),
            '<businessKnowledgeModel id="k" name="add up"><encapsulatedLogic><formalParameter name="a"/>'
            '<formalParameter name="b"/><literalExpression><text>a + b</text></literalExpression>'
            "</encapsulatedLogic></businessKnowledgeModel>",
        ),
        encoding="utf-8",
    )
    return path


PLAIN = [
    None,
    True,
    Decimal("1.50"),
    "文字",
    date(2026, 6, 1),
    NOW,
    timedelta(hours=3),
    YearsMonths(14),
    [Decimal(1), None, ["a"]],
    {"a": {"b": Decimal(2)}},
]


@pytest.mark.parametrize("value", PLAIN, ids=lambda value: type(value).__name__)
def test_a_plain_value_comes_out_as_it_went_in(file: Path, value: object) -> None:
    out = decisions.evaluate(file, "echo", {"x": value}, now=NOW)

    assert (out, type(out)) == (value, type(value))


@pytest.mark.parametrize("text", ["-2017-12-31", "11:22:33.123456789", "PT0.000000001S", "12017-01-01T08:00:00Z"])
def test_what_the_standard_library_cannot_hold_has_its_text_and_goes_in_again(file: Path, text: str) -> None:
    made = decisions.feel.compile(f'@"{text}"').evaluate({}, now=NOW).value
    out = decisions.evaluate(file, "echo", {"x": made}, now=NOW)
    assert (str(out), type(out)) == (text, type(made))


def test_whole_and_binary_numbers_are_taken_for_decimals(file: Path) -> None:
    assert decisions.evaluate(str(file), "twice", {"x": 21}, now=NOW) == Decimal(42)
    assert decisions.evaluate(str(file), "twice", {"x": 0.1}, now=NOW) == Decimal("0.2")


def test_a_service_gives_one_value_or_one_for_each_of_its_outputs(file: Path) -> None:
    assert decisions.evaluate_service(file, "one", {"x": 2}, now=NOW) == 4
    assert decisions.evaluate_service(str(file), "both", {"x": 2}, now=NOW) == {"twice": 4, "echo": 2}


def test_a_knowledge_model_is_asked_with_its_parameters(file: Path) -> None:
    assert decisions.evaluate(file, "add up", {"a": 1, "b": 2}, now=NOW) == 3


def test_a_fault_stops_only_what_rests_on_it(file: Path) -> None:
    assert decisions.evaluate(file, "rests on broken", {}, now=NOW) is None
    assert decisions.evaluate(file, "twice", {"x": 1}, now=NOW) == 2
    with pytest.raises(DecisionError, match="ends too early"):
        decisions.load(file.read_bytes())


def test_a_function_never_comes_out_and_a_range_comes_out_as_one(file: Path) -> None:
    assert decisions.evaluate(file, "a function", {}, now=NOW) is None
    out = decisions.evaluate(file, "a range", {"x": 3}, now=NOW)
    assert isinstance(out, decisions.feel.Range) and (out.low, out.high) == (1, 3)


def test_without_an_instant_today_is_the_day_of_the_machine(file: Path) -> None:
    before = date.today()
    found = decisions.evaluate(file, "day", {})
    assert found in (before, date.today())
    assert decisions.evaluate(file, "day", {}, now=NOW) == NOW.date()


def test_a_budget_that_runs_out_gives_null(file: Path) -> None:
    assert decisions.evaluate(file, "twice", {"x": 1}, now=NOW, budget=0) is None


@pytest.mark.parametrize("name", ["model.dmn/none", "none.dmn", "", "text.dmn", "large.dmn"])
def test_a_file_that_is_no_model_is_refused_in_a_sentence(file: Path, name: str) -> None:
    (file.parent / "text.dmn").write_text("1 + 1")
    (file.parent / "large.dmn").write_bytes(b" " * (2 * 1024 * 1024 + 1))
    for ask in (decisions.evaluate, decisions.evaluate_service):
        with pytest.raises(DecisionError):
            ask(file.parent / name, "twice", {}, now=NOW)


def test_a_name_that_is_not_there_is_answered_with_those_that_are(file: Path) -> None:
    with pytest.raises(DecisionError, match=r"no decision 'thrice'.*echo, twice"):
        decisions.evaluate(file, "thrice", {}, now=NOW)
    with pytest.raises(DecisionError, match=r"no decision service 'twice'.*one, both"):
        decisions.evaluate_service(file, "twice", {}, now=NOW)


def test_imports_are_found_beside_the_file_and_theirs_too_and_changes_are_seen(tmp_path: Path) -> None:
    third, second = "https://example.org/3", "https://example.org/2"
    (tmp_path / "a.dmn").write_text(
        model(decision("top", "two.middle + 1", rests_on("middle", second)), imports={"two": second})
    )
    (tmp_path / "b.dmn").write_text(
        model(decision("middle", "three.base + 1", rests_on("base", third)), namespace=second, imports={"three": third})
    )
    (tmp_path / "broken.dmn").write_text("<definitions")
    assert decisions.evaluate(tmp_path / "a.dmn", "top", {}, now=NOW) is None
    (tmp_path / "c.dmn").write_text(model(decision("base", "1"), namespace=third))
    assert decisions.evaluate(tmp_path / "a.dmn", "top", {}, now=NOW) == 3
    stamp = (tmp_path / "c.dmn").stat()
    (tmp_path / "c.dmn").write_text(model(decision("base", "5"), namespace=third))
    os.utime(tmp_path / "c.dmn", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert decisions.evaluate(tmp_path / "a.dmn", "top", {}, now=NOW) == 7


ALONE = """
import sys
blocked = set(sys.argv[1].split())
class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ImportError(name + " is blocked")
sys.meta_path.insert(0, Wall())
sys.path.insert(0, sys.argv[2])
import decisions
assert decisions.evaluate(sys.argv[3], "twice", {"x": 2}) == 4
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
BLOCKED = {*ROOMS, "sqlalchemy", "sqlite3", "psycopg", "flask", "werkzeug", "SpiffWorkflow", "click", "babel"}


def test_decisions_can_be_imported_alone(file: Path) -> None:
    command = [sys.executable, "-I", "-c", ALONE, " ".join(BLOCKED - {"decisions"}), str(ROOT), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not set(done.stdout.split()) & (BLOCKED - {"decisions"})
    assert not {"http", "socketserver", "asyncio"} & set(done.stdout.split())
