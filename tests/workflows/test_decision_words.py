"""Everything the decision room can say about a table is known by its shape, and translated."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.errors import FeelSyntaxError
from decisions.feel.parser import parse
from domain.text import bound
from tests.workflows.studio import shipped, with_files
from webapp.translations.update import kept
from workflows import bundles
from workflows.check_words import CHECKED
from workflows.decision_words import SAID, TOLD, UNKNOWN, is_known, said
from workflows.reason_words import KINDS, REASONS

ROOM = Path(__file__).resolve().parents[2] / "decisions"
# made of other sentences, or of none of the reader's business: the fault of a program, a list of names
MADE = (
    "x here.",
    "'x': x",
    "The decision model cannot be used. x x",
    "The decision model cannot be used. xx",
    "x: x x",
    "x is not written in FEEL.",
    "A x and a x cannot be x.",
    "A x and a x cannot be x: the result does not exist or is too large.",
)


def spoken() -> Iterator[tuple[str, str]]:
    """Every sentence, reason and remedy in the source of the room, with a letter where a value goes."""
    for path in sorted(ROOM.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        inside |= {id(_documentation(node)) for node in ast.walk(tree)}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant | ast.JoinedStr) or id(node) in inside:
                continue
            text = _text(node)
            if " " in text and text.endswith(".") and text not in MADE and not text.endswith(("...", "\\.")):
                yield f"{path.name}:{node.lineno}", text


def _documentation(node: ast.AST) -> ast.expr | None:
    """The docstring of a module, class or function; also any first sentence that is only said."""
    body = getattr(node, "body", None)
    first = body[0] if isinstance(body, list) and body else None
    return first.value if isinstance(first, ast.Expr) else None


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "x" for part in node.values)
    return ""


def test_every_sentence_of_the_room_is_known() -> None:
    found = list(spoken())
    assert len(found) > 200
    assert [(place, text) for place, text in found if not is_known(text)] == []


def test_no_shape_is_kept_twice_and_each_is_translated() -> None:
    shapes = [one.source for one in (*SAID, *TOLD, *CHECKED, *REASONS, *KINDS)]
    assert sorted(shapes) == sorted(set(shapes))
    words = {str(one.id): str(one.string) for one in kept()}
    assert [shape for shape in shapes if not words.get(shape)] == []


@pytest.mark.parametrize(
    ("sentence", "chinese"),
    [
        ("'> 5 and < 3': 'and' is not expected here.", "“> 5 and < 3”：此处不应有“and”。"),
        ("A number and a string cannot be added.", "数字和文字不能相加。"),
        ("The function 'sum' does not take (string, date and time).", "函数“sum”不接受（文字、日期时间）。"),
        ("The function 'number': the text is not a number.", "函数“number”：文字不是数字。"),
        ("Rules 1 and 2 can match together, but only one may.", "规则 1 与规则 2 可能同时符合，但只允许一条。"),
        ("“a.b” has no value: The name 'a' is not known here.", "“a.b”没有值：此处没有名为“a”的内容。"),
        ("Did you mean amount, count?", "是否想写 amount, count？"),
    ],
)
def test_a_sentence_is_told_whole_with_every_part_of_it(sentence: str, chinese: str) -> None:
    assert str(said(sentence)) == sentence
    with bound(in_chinese()):
        assert str(said(sentence)) == chinese


SOME = [
    "'a' is not expected here.",
    "The name 'b' is not known here.",
    "Rule 3 never applies: rule 1 takes all its inputs.",
]


@given(st.lists(st.sampled_from(SOME), min_size=1, max_size=3), st.text(max_size=12))
def test_whatever_is_said_reads_in_english_as_it_was_said(parts: list[str], text: str) -> None:
    for sentence in (*parts, f"'{text}': {parts[0]}", text):
        assert str(said(sentence)) == sentence


@pytest.mark.parametrize("sentence", ["%(why)s (line 1)", "100 %", "", "(a) 'b': c %s %(x)s"])
def test_what_is_not_known_is_shown_as_it_was_said(sentence: str) -> None:
    assert str(said(sentence)) == sentence


def in_chinese() -> Callable[[str], str]:
    """The Chinese catalogue as a translator."""
    words = {str(one.id): str(one.string) for one in kept()}
    return lambda text: words.get(text) or text


def test_a_wrong_cell_is_explained_in_chinese_with_its_text_as_it_stands() -> None:
    source = shipped("verification").files["doubts.dmn"].decode()
    cell = source.split("<text>")[8].split("</text>")[0]
    changed = source.replace(f"<text>{cell}</text>", "<text>&gt; (1</text>", 1)
    findings = [one for one in bundles.check(with_files({"doubts.dmn": changed.encode()})) if one.file == "doubts.dmn"]

    with bound(in_chinese()):
        (found,) = findings
        assert found.element and found.line
        assert "> (1" in str(found.sentence)
        assert not any(word in str(found.sentence) for word in ("expected", "ends", "line"))
        assert all(ord(letter) > 127 or not letter.isalpha() for letter in str(found.remedy))


def test_a_wrong_condition_of_a_drawing_is_explained_in_chinese_though_a_child_read_it() -> None:
    source = shipped("verification").files["process.bpmn"].decode()
    condition = source.split('tFormalExpression">')[1].split("<")[0]
    bundle = with_files({"process.bpmn": source.replace(condition, "a = (1", 1).encode()}, "verification")
    (found,) = [one for one in bundles.check(bundle) if "cannot be read" in str(one.sentence)]
    with bound(in_chinese()):
        assert "表达式" in str(found.sentence) and "expected" not in str(found.sentence)
        assert "here" not in str(found.sentence)


def test_a_wrong_condition_says_in_the_readers_language_what_is_wrong() -> None:
    fault = FeelSyntaxError("A name is expected here.", 1, 5)
    with bound(in_chinese()):
        assert str(said(str(fault))) == "此处应为名称。（第 1 行第 5 列）"
    assert str(said(str(fault))) == str(fault)
    for text in ("1 +", ")", "'x' is not", "if a"):
        with pytest.raises(FeelSyntaxError) as refused:
            parse(text)
        assert said(refused.value.findings[0].sentence).source != UNKNOWN
    assert len(SAID) == len({one.source for one in SAID})
