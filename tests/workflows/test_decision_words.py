"""Everything the decision room can say about a table is known by its shape, and translated."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from decisions.errors import FeelSyntaxError
from decisions.feel.parser import parse
from domain.text import bound
from tests.workflows.studio import shipped, with_files
from webapp.translations.update import kept
from workflows import bundles
from workflows.decision_words import SAID, said

ROOM = Path(__file__).resolve().parents[2] / "decisions"
SPEAKERS = {"add", "refused", "FeelSyntaxError", "fail"}


def spoken() -> Iterator[tuple[str, str]]:
    """Every sentence and remedy in the source of the room, with a letter where a value goes."""
    for path in sorted(ROOM.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in SPEAKERS:
                for word in node.args:
                    text = _text(word)
                    if " " in text and text.rstrip().endswith(".") and text != "x here.":  # made of two known ones
                        yield f"{path.name}:{node.lineno}", text


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "x" for part in node.values)
    return ""


def test_every_sentence_of_the_room_is_known() -> None:
    found = list(spoken())
    assert len(found) > 60
    assert [(place, text) for place, text in found if said(text).source == "%(said)s"] == []


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
        assert said(refused.value.findings[0].sentence).source != "%(said)s"
    assert len(SAID) == len({one.source for one in SAID})
