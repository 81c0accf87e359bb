"""`./run do dmn` and `./run do feel`: deciding and checking at the command line, without any home."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.shell import main, obey
from domain.errors import HouseError

ROOT = Path(__file__).resolve().parents[2]
MODEL = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="m" namespace="https://example.org/aid">
<itemDefinition name="tPerson">
  <itemComponent name="born"><typeRef>date</typeRef></itemComponent>
  <itemComponent name="income"><typeRef>number</typeRef></itemComponent></itemDefinition>
<itemDefinition name="tDays" isCollection="true"><typeRef>date</typeRef></itemDefinition>
<inputData id="p" name="person"><variable name="person" typeRef="tPerson"/></inputData>
<inputData id="d" name="days"><variable name="days" typeRef="tDays"/></inputData>
<inputData id="x" name="x"><variable name="x"/></inputData>
<businessKnowledgeModel id="k" name="first of"><variable name="first of"/><encapsulatedLogic>
  <formalParameter name="day" typeRef="date"/><literalExpression><text>date(day.year, day.month, 1)</text>
  </literalExpression></encapsulatedLogic></businessKnowledgeModel>
<decision id="echo" name="echo"><variable name="echo"/>
  <informationRequirement><requiredInput href="#x"/></informationRequirement>
  <literalExpression><text>x</text></literalExpression></decision>
<decision id="latest" name="latest day"><variable name="latest day"/>
  <informationRequirement><requiredInput href="#d"/></informationRequirement>
  <literalExpression><text>max(days)</text></literalExpression></decision>
<decision id="age" name="age"><variable name="age"/>
  <informationRequirement><requiredInput href="#p"/></informationRequirement>
  <literalExpression><text>years and months duration(person.born, today()).years</text></literalExpression></decision>
<decision id="aid" name="Aid"><variable name="Aid"/>
  <informationRequirement><requiredInput href="#p"/></informationRequirement>
  <informationRequirement><requiredDecision href="#age"/></informationRequirement>
  <decisionTable id="t" hitPolicy="UNIQUE">
  <input id="c1" label="Age"><inputExpression typeRef="number"><text>age</text></inputExpression></input>
  <input id="c2" label="Income"><inputExpression typeRef="number"><text>person.income</text></inputExpression></input>
  <output id="c3" name="aid" typeRef="string"/><annotation name="Basis"/>
  <rule id="r1"><inputEntry id="e1"><text>&lt; 18</text></inputEntry><inputEntry id="e2"><text>-</text></inputEntry>
    <outputEntry id="o1"><text>"child"</text></outputEntry>
    <annotationEntry><text>Article 1</text></annotationEntry></rule>
  <rule id="r2"><inputEntry id="e3"><text>&gt;= 18</text></inputEntry>
    <inputEntry id="e4"><text>&lt; 700</text></inputEntry>
    <outputEntry id="o2"><text>"full"</text></outputEntry>
    <annotationEntry><text>Article 2</text></annotationEntry></rule>
  <rule id="r3"><inputEntry id="e5"><text>&gt;= 18</text></inputEntry>
    <inputEntry id="e6"><text>{last}</text></inputEntry>
    <outputEntry id="o3"><text>"none"</text></outputEntry><annotationEntry/></rule>
  </decisionTable></decision>
<decisionService id="s" name="both"><outputDecision href="#aid"/><outputDecision href="#age"/><inputData href="#p"/>
</decisionService></definitions>"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "aid.dmn"
    path.write_text(MODEL.replace("{last}", "&gt;= 700"), encoding="utf-8")
    return path


def do(*words: str, given: str = "") -> Result:
    """One command in this process, in English, a refusal of the house on standard error as at the door."""
    runner = CliRunner()
    done = runner.invoke(main, list(words), input=given)
    if isinstance(done.exception, HouseError):
        done.exit_code = 1
        done.stderr_bytes = f"{done.exception}\n".encode()
    return done


PERSON = json.dumps({"person": {"born": "1980-05-05", "income": 650}})
AT = ("--now", "2026-06-01")


def test_a_decision_prints_its_value_as_json(file: Path) -> None:
    done = do("dmn", "eval", str(file), "--decision", "Aid", "--input", PERSON, *AT)
    assert (done.exit_code, done.stdout, done.stderr) == (0, '"full"\n', "")


def test_the_explanation_names_the_rule_that_matched_and_the_cells_that_did_not(file: Path) -> None:
    done = do("dmn", "eval", str(file), "--decision", "aid", "--input", PERSON, "--explain", *AT)
    lines = done.stdout.splitlines()
    assert lines[0] == '"full"'
    assert "“age” is 46." in lines
    at = lines.index("“Aid”: rule 2 matched.")
    assert lines[at + 1 : at + 5] == [
        "    Age = 46    [>= 18]",
        "    Income = 650    [< 700]",
        '    → aid = "full"',
        "    Basis: Article 2",
    ]
    assert "“Aid”: rule 1 did not match: Age = 46 is not [< 18]." in lines
    assert "“Aid”: rule 3 did not match: Income = 650 is not [>= 700]." in lines


def test_a_null_comes_with_its_reasons_on_standard_error(file: Path) -> None:
    done = do("dmn", "eval", str(file), "--decision", "Aid", "--input", "{}")
    assert (done.exit_code, done.stdout) == (0, "null\n")
    assert "Reason: The input 'person' was not given." in done.stderr


def test_a_service_prints_a_value_for_each_output(file: Path) -> None:
    done = do("dmn", "eval", str(file), "--service", "both", "--input", PERSON, *AT)
    assert json.loads(done.stdout) == {"Aid": "full", "age": 46}


def test_inputs_come_from_a_file_or_from_standard_input(file: Path, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text(PERSON, encoding="utf-8")
    asked = ("dmn", "eval", str(file), "--decision", "age", *AT)
    assert do(*asked, "--input", f"@{tmp_path / 'in.json'}").stdout == "46\n"
    assert do(*asked, "--input", "-", given=PERSON).stdout == "46\n"


def test_a_text_is_a_date_only_where_the_model_declares_one(file: Path) -> None:
    days = json.dumps({"days": ["2026-05-01", "2026-06-15"], "x": "2026-05-01", "day": "2026-05-17"})
    asked = ("dmn", "eval", str(file), "--input", days)
    assert do(*asked, "--decision", "latest day").stdout == '"2026-06-15"\n'
    assert do(*asked, "--decision", "first of").stdout == '"2026-05-01"\n'
    assert do(*asked, "--decision", "echo").stdout == '"2026-05-01"\n'
    assert do("feel", "x.year", "--context", days).stdout == "null\n"


@pytest.mark.parametrize(
    ("text", "json_text"),
    [
        ("1.50", "1.5"),
        ("0.1 + 0.2", "0.3"),
        ("12345678901234567890.123456789", "12345678901234567890.123456789"),
        ("10 ** 100", "1.000000000000000000000000000000000E+100"),
        ('"汉字\\n"', '"汉字\\n"'),
        ('[true, null, {a: "b"}]', '[true, null, {"a": "b"}]'),
        ('@"2026-06-01"', '"2026-06-01"'),
        ('@"2026-06-01T08:00:00+08:00"', '"2026-06-01T08:00:00+08:00"'),
        ('@"P1DT2H"', '"P1DT2H"'),
        ('@"P14M"', '"P1Y2M"'),
        ("[1..5)", '"[1..5)"'),
    ],
)
def test_values_are_written_as_json_without_loss(text: str, json_text: str) -> None:
    done = do("feel", text)
    assert done.stdout == json_text + "\n"
    json.loads(done.stdout)


def test_numbers_of_json_are_decimals() -> None:
    assert do("feel", "x + 0.1", "--context", '{"x": 0.2}').stdout == "0.3\n"
    digits = "9" * 30
    assert json.loads(do("feel", "x", "--context", f'{{"x": {digits}}}').stdout, parse_int=Decimal) == Decimal(digits)


@pytest.mark.parametrize(("value", "answer"), [("7", "true"), ("3", "false"), ("1", "true"), ('"text"', "null")])
def test_a_cell_is_tested_with_a_value(value: str, answer: str) -> None:
    assert do("feel", "> 5, 1", "--unary", value).stdout == answer + "\n"


def test_a_cell_is_tested_with_a_text_or_a_date() -> None:
    assert do("feel", '"a", "b"', "--unary", "b").stdout == "true\n"
    assert do("feel", '< @"2026-06-01"', "--unary", '@"2026-05-31"').stdout == "true\n"


def test_an_expression_that_is_none_is_refused_with_place_and_remedy() -> None:
    done = do("feel", "1 +\n *")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "line 2, column 2" in done.stderr and "Correct the expression." in done.stderr


def test_an_expression_may_begin_with_a_minus() -> None:
    assert do("feel", "-1 + x", "--context", '{"x": 3}').stdout == "2\n"
    assert do("feel", "1", "--contxt", "{}").exit_code == 2


def test_names_with_operators_are_known_from_the_context() -> None:
    assert do("feel", "net-income + 1", "--context", '{"net-income": 5}').stdout == "6\n"


def test_what_needs_no_home_loads_nothing_that_opens_one() -> None:
    code = (
        "import sys; sys.argv[1:] = ['feel', '1 + 1']; from cli.__main__ import run; "
        "print(run(), sorted({'sqlalchemy', 'alembic', 'typst', 'flask'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "2\n0 []\n", done.stderr


def test_what_runs_out_ends_with_a_reason_and_code_one() -> None:
    assert obey(["feel", "for i in 1..10**9 return i"]) == 1
    assert "more steps than it is allowed" in do("feel", "for i in 1..10**9 return i").stderr


BAD = [
    (["--input", "{"], "not JSON"),
    (["--input", "[1]"], "needs a JSON object"),
    (["--input", '{"x": NaN}'], "not JSON"),
    (["--input", '{"x": ' + "[" * 100_000 + "}"], "not JSON"),
    (["--input", "@nowhere.json"], "cannot be read"),
]


@pytest.mark.parametrize(("words", "sentence"), BAD)
def test_inputs_that_cannot_be_read_are_refused_in_a_sentence(file: Path, words: list[str], sentence: str) -> None:
    done = do("dmn", "eval", str(file), "--decision", "echo", *words)
    assert (done.exit_code, done.stdout) == (1, "")
    assert sentence in done.stderr


def test_a_name_that_is_not_there_is_answered_with_those_that_are(file: Path) -> None:
    asked = do("dmn", "eval", str(file), "--decision", "Food")
    assert asked.exit_code == 1 and "“Food”" in asked.stderr and "Aid" in asked.stderr
    assert do("dmn", "eval", str(file), "--service", "Aid").exit_code == 1
    assert do("dmn", "eval", str(file)).exit_code == 2
    assert do("dmn", "eval", str(file), "--service", "both", "--decision", "Aid").exit_code == 2


def test_a_fault_elsewhere_stops_nothing_and_is_mentioned(file: Path) -> None:
    file.write_text(file.read_text(encoding="utf-8").replace("max(days)", "max(days"), encoding="utf-8")
    done = do("dmn", "eval", str(file), "--decision", "Aid", "--input", PERSON, *AT)
    assert (done.exit_code, done.stdout) == (0, '"full"\n')
    assert "dmn check" in done.stderr


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    for command in (["dmn", "eval", "--decision", "x"], ["dmn", "check"]):
        assert "cannot be read" in do(*command, str(tmp_path / "nowhere.dmn")).stderr
        (tmp_path / "odd.dmn").write_text("<html/>")
        done = do(*command, str(tmp_path / "odd.dmn"))
        assert done.exit_code == 1 and "not a DMN 1.2 to 1.5 model" in done.output


def test_a_sound_model_passes_the_check(file: Path) -> None:
    done = do("dmn", "check", str(file))
    assert (done.exit_code, done.stdout) == (0, ""), done.output
    assert done.stderr == "aid.dmn: errors: 0, warnings: 0.\n"


def test_the_check_says_file_line_table_and_an_example_of_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "gap.dmn"
    path.write_text(MODEL.replace("{last}", "&gt; 750"), encoding="utf-8")
    done = do("dmn", "check", str(path))
    (gap,) = [line for line in done.stdout.splitlines() if line.endswith("[gap]")]
    assert gap.startswith(f"{path}:") and "table “Aid”" in gap
    assert "Example: Age = " in gap and "Income = 7" in gap
    assert done.exit_code == int("error" in gap.split(" ")[1])


def test_the_check_ends_with_code_one_when_there_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "odd.dmn"
    source = MODEL.replace("{last}", "&gt;= incme")
    path.write_text(source, encoding="utf-8")
    at = source[: source.index("incme")].count("\n") + 1
    done = do("dmn", "check", str(path))
    assert done.exit_code == 1
    (line,) = [line for line in done.stdout.splitlines() if "incme" in line and ": error: " in line]
    assert line.startswith(f"{path}:{at}: error: table “Aid”, rule 3, column “Income”: ")


MANUAL = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
SHOWN = [shlex.split(line)[2:] for line in MANUAL.splitlines() if line.startswith(("./run do dmn", "./run do feel"))]


@pytest.mark.parametrize("words", SHOWN, ids=" ".join)
def test_the_commands_of_the_manual_work(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    members = [{"name": "甲", "born": "2010-05-05", "income": 1}]
    (tmp_path / "inputs.json").write_text(json.dumps({"the members": members, "income together": 30}))
    monkeypatch.chdir(tmp_path)
    done = do(*(str(ROOT / word) if word.startswith("tests/") else word for word in words))
    assert done.exit_code == 0, done.output
    if words[1] == "eval":
        assert json.loads(done.stdout.splitlines()[0]) is not None
    if words[0] == "feel":
        assert done.stdout == "true\n"


def test_no_home_is_needed_and_both_languages_are_spoken(file: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HEDUI_")}
    environment |= {"HEDUI_HOME": str(tmp_path / "nowhere"), "PYTHONPATH": str(ROOT)}
    told = {}
    for language in ("en", "zh_Hans_CN"):
        command = [sys.executable, "-m", "cli", "dmn", "eval", str(file), "--decision", "Aid", "--explain"]
        done = subprocess.run(
            command, env={**environment, "HEDUI_LANG": language}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        told[language] = done.stdout
    assert not (tmp_path / "nowhere").exists()
    assert told["en"].startswith("null\n") and "steps were used" in told["en"]
    assert told["zh_Hans_CN"].startswith("null\n") and "steps were used" not in told["zh_Hans_CN"]
