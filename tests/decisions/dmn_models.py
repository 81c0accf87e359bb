"""Small DMN models written by hand, for the tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

import decisions
from decisions import Result
from decisions.dmn import Model

NOW = datetime(2026, 6, 1, 8, 30, tzinfo=UTC)
DMN13 = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def model(body: str, namespace: str = "https://example.org/m", dmn: str = DMN13) -> bytes:
    return f'<definitions xmlns="{dmn}" id="d" name="m" namespace="{namespace}">{body}</definitions>'.encode()


def loaded(*bodies: str) -> Model:
    return decisions.load(model("".join(bodies)))


def decide(source: bytes | Model, decision: str, _explain: bool = False, /, **inputs: object) -> Result:
    made = decisions.load(source) if isinstance(source, bytes) else source
    given = {name.replace("_", " "): value for name, value in inputs.items()}
    return made.evaluate(decision, given, now=NOW, explain=_explain)


def text(expression: str) -> str:
    return f"<literalExpression><text>{escape(expression)}</text></literalExpression>"


def variable(name: str, type_: str | None = None) -> str:
    return f"<variable name={quoteattr(name)}" + (f' typeRef="{type_}"/>' if type_ else "/>")


def needs(*targets: str) -> str:
    """Requirements: "#id" or "namespace#id" of a decision, "input:#id", "knowledge:#id"."""
    made = []
    for target in targets:
        kind, _, href = target.partition(":") if target.startswith(("input:", "knowledge:")) else ("", "", target)
        if kind == "knowledge":
            made.append(f'<knowledgeRequirement><requiredKnowledge href="{href}"/></knowledgeRequirement>')
        else:
            word = "requiredInput" if kind == "input" else "requiredDecision"
            made.append(f'<informationRequirement><{word} href="{href}"/></informationRequirement>')
    return "".join(made)


def given(name: str, type_: str | None = None) -> str:
    return f'<inputData id="{name.replace(" ", "_")}" name="{name}">{variable(name, type_)}</inputData>'


def decision(name: str, logic: str, *requires: str, type_: str | None = None) -> str:
    """A decision whose id is its name without spaces; `logic` is FEEL or a boxed expression."""
    boxed = logic if logic.startswith("<") else text(logic)
    return (
        f'<decision id="{name.replace(" ", "_")}" name="{name}">{variable(name, type_)}{needs(*requires)}{boxed}'
        "</decision>"
    )


def knowledge(
    name: str, parameters: Sequence[str], logic: str, *requires: str, type_: str | None = None, result: str = ""
) -> str:
    """A business knowledge model; a parameter may be written "name: type"."""
    formal = "".join(
        f"<formalParameter name={quoteattr(one.partition(':')[0].strip())}"
        + (f' typeRef="{one.partition(":")[2].strip()}"/>' if ":" in one else "/>")
        for one in parameters
    )
    boxed = logic if logic.startswith("<") else text(logic)
    of = f' typeRef="{result}"' if result else ""
    return (
        f'<businessKnowledgeModel id="{name.replace(" ", "_")}" name="{name}">{variable(name, type_)}'
        f"<encapsulatedLogic{of}>{formal}{boxed}</encapsulatedLogic>{needs(*requires)}</businessKnowledgeModel>"
    )


def cell(tag: str, identity: str, content: str) -> str:
    return f'<{tag} id="{identity}"><text>{escape(content)}</text></{tag}>'


def table(
    inputs: Sequence[str],
    outputs: Sequence[str],
    rules: Sequence[Sequence[str]],
    policy: str = "UNIQUE",
    *,
    aggregation: str = "",
    extra_inputs: Sequence[str] = (),
    extra_outputs: Sequence[str] = (),
) -> str:
    """A decision table. An input or output may be written "text: type"; rules are input cells, then output cells."""
    extra_inputs = extra_inputs or [""] * len(inputs)
    extra_outputs = extra_outputs or [""] * len(outputs)
    columns = "".join(
        f'<input id="in{at}"><inputExpression{_type_of(one)}><text>{escape(one.partition(": ")[0])}</text>'
        f"</inputExpression>{extra}</input>"
        for at, (one, extra) in enumerate(zip(inputs, extra_inputs, strict=True), 1)
    )
    columns += "".join(
        f'<output id="out{at}" name="{one.partition(": ")[0]}"{_type_of(one)}>{extra}</output>'
        for at, (one, extra) in enumerate(zip(outputs, extra_outputs, strict=True), 1)
    )
    rows = "".join(
        f'<rule id="r{number}">'
        + "".join(
            cell("inputEntry" if at <= len(inputs) else "outputEntry", f"r{number}c{at}", content)
            for at, content in enumerate(rule, 1)
        )
        + "</rule>"
        for number, rule in enumerate(rules, 1)
    )
    how = f' aggregation="{aggregation}"' if aggregation else ""
    return f'<decisionTable id="t" hitPolicy="{policy}"{how}>{columns}{rows}</decisionTable>'


def _type_of(one: str) -> str:
    type_ = one.partition(": ")[2]
    return f' typeRef="{type_}"' if type_ else ""


def values(*listed: str) -> str:
    """The allowed values of an output column, in order."""
    return f"<outputValues><text>{escape(', '.join(listed))}</text></outputValues>"


def default(value: str) -> str:
    return f"<defaultOutputEntry><text>{escape(value)}</text></defaultOutputEntry>"
