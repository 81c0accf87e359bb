"""The attack corpus: what is tried, and how it must end. One TOML file a group.

An attack is an expression (`text`, with `unary = true` a cell), the body of a model (`model`) or a whole `file`.
Each of them is a text or a list of pieces: a text; `[text, times]`, in which {n} and {m} are the number of the
repetition and the one before; or a table that writes an element: `{decision, text, needs, times}`, with `text` a
text or pieces again. `given` are inputs; `hosts` name objects of Python's to hand in (hosts.py).

`ends` says how it must end: the limit that stops it ("steps", "size", "depth"); "refused" before anything is
evaluated; "null" with a reason; or "plain", a value worth nothing to an attacker, within the budget.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

FOLDER = Path(__file__).parent
LIMITS = ("steps", "size", "depth")
ENDS = (*LIMITS, "refused", "null", "plain")
DMN = "https://www.omg.org/spec/DMN/20191111/MODEL/"


@dataclass(frozen=True)
class Attack:
    """One attempt. `text` is FEEL, or the source of a model when `model` is true."""

    group: str
    name: str
    text: str
    ends: str
    unary: bool = False
    model: bool = False
    decide: str = "a"
    given: dict[str, Any] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)


def groups() -> list[str]:
    """The names of the groups."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def attacks(group: str) -> list[Attack]:
    """The attacks of one group, in the order of its file."""
    held = tomllib.loads((FOLDER / f"{group}.toml").read_text(encoding="utf-8"))
    return [_attack(group, held, one) for one in held["attacks"]]


def _attack(group: str, held: dict[str, Any], one: dict[str, Any]) -> Attack:
    entry = {name: value for name, value in one.items() if name not in ("model", "file", "text")}
    entry.setdefault("ends", held.get("ends"))
    entry["given"] = {**held.get("given", {}), **one.get("given", {})}
    entry["imports"] = {name: model_of(name, pieces) for name, pieces in one.get("imports", {}).items()}
    if "text" in one:
        return Attack(group, text="".join(written(one["text"])), **entry)
    source = "".join(written(one["file"])) if "file" in one else model_of("https://example.org/m", one["model"])
    return Attack(group, text=source, model=True, **entry)


def model_of(namespace: str, pieces: Any) -> str:
    """A whole model around its body."""
    return f'<definitions xmlns="{DMN}" name="m" namespace="{namespace}">{"".join(written(pieces))}</definitions>'


def written(pieces: Any) -> Iterator[str]:
    """The text of pieces."""
    for piece in [pieces] if isinstance(pieces, str) else pieces:
        if isinstance(piece, str):
            yield piece
        elif isinstance(piece, list):
            yield from _repeated(piece[0], piece[1])
        else:
            yield from _repeated(_element(piece), piece.get("times", 1))


def _repeated(text: str, times: int) -> Iterator[str]:
    if "{n}" not in text and "{m}" not in text:
        yield text * times
        return
    for number in range(1, times + 1):
        yield text.replace("{n}", str(number)).replace("{m}", str(number - 1))


def _element(piece: dict[str, Any]) -> str:
    name = escape(piece.get("decision") or piece["knowledge"])
    needs = "".join(_need(one) for one in piece.get("needs", []))
    logic = f"<literalExpression><text>{escape(''.join(written(piece['text'])))}</text></literalExpression>"
    if "decision" in piece:
        return f'<decision id="{name}" name="{name}"><variable name="{name}"/>{needs}{logic}</decision>'
    formal = "".join(f'<formalParameter name="{one}"/>' for one in piece.get("parameters", []))
    return (
        f'<businessKnowledgeModel id="{name}" name="{name}"><variable name="{name}"/>'
        f"<encapsulatedLogic>{formal}{logic}</encapsulatedLogic>{needs}</businessKnowledgeModel>"
    )


def _need(name: str) -> str:
    """`name` is a decision; with a colon before it an input, with a bracket a knowledge model."""
    if name.startswith(":"):
        return f'<informationRequirement><requiredInput href="#{name[1:]}"/></informationRequirement>'
    if name.startswith("("):
        return f'<knowledgeRequirement><requiredKnowledge href="#{name[1:]}"/></knowledgeRequirement>'
    return f'<informationRequirement><requiredDecision href="#{name}"/></informationRequirement>'
