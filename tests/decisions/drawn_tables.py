"""Decision tables drawn for tests: as the XML of a model, and what the survey says of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

from decisions import Finding, load
from decisions.checks.geometry import check_tables

Column = tuple[str, str] | tuple[str, str, str]  # label, type, allowed values


def document(body: str) -> bytes:
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="m" namespace="urn:m">'
        f"\n{body}\n</definitions>"
    ).encode()


def clause(column: Column, at: int) -> str:
    label, type_, *allowed = column
    values = f"<inputValues><text>{escape(allowed[0])}</text></inputValues>" if allowed else ""
    return (
        f'<input id="i{at}" label="{escape(label)}"><inputExpression typeRef="{type_}"><text>{escape(label)}</text>'
        f"</inputExpression>{values}</input>"
    )


def rows(rules: Sequence[Sequence[str]]) -> str:
    """One rule a line: the input cells and the output."""
    return "".join(
        f'\n<rule id="r{at}">'
        + "".join(
            f'<inputEntry id="r{at}c{n}"><text>{escape(cell)}</text></inputEntry>' for n, cell in enumerate(tests)
        )
        + f"<outputEntry><text>{escape(output)}</text></outputEntry></rule>"
        for at, (*tests, output) in enumerate(rules, 1)
    )


def table_in(
    columns: Sequence[Column],
    rules: Sequence[Sequence[str]],
    policy: str = "UNIQUE",
    *,
    default: str = "",
    order: str = "",
) -> str:
    inputs = "".join(clause(column, at) for at, column in enumerate(columns))
    inner = f"<outputValues><text>{escape(order)}</text></outputValues>" if order else ""
    inner += f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>" if default else ""
    inner = f'{inputs}<output id="o" name="o">{inner}</output>{rows(rules)}'
    return f'<decisionTable id="t" hitPolicy="{policy}">{inner}</decisionTable>'


def decision(logic: str, needs: str = "") -> str:
    return f'<decision id="dec" name="Doubt"><variable name="Doubt"/>{needs}{logic}</decision>'


def inputs(*names: tuple[str, str]) -> tuple[str, str]:
    data = "".join(
        f'<inputData id="{name}" name="{name}"><variable name="{name}" typeRef="{type_}"/></inputData>'
        for name, type_ in names
    )
    needs = "".join(
        f'<informationRequirement id="q{name}"><requiredInput href="#{name}"/></informationRequirement>'
        for name, _ in names
    )
    return data, needs


def findings(
    columns: Sequence[Column],
    rules: Sequence[Sequence[str]],
    policy: str = "UNIQUE",
    *,
    default: str = "",
    order: str = "",
) -> list[Finding]:
    types = {re.split(r"\W", column[0])[0]: "Any" for column in columns} | {"limit": "Any", "x": "Any"}
    types.pop("count", None)
    data, needs = inputs(*types.items())
    logic = table_in(columns, rules, policy, default=default, order=order)
    return list(check_tables(load(document(data + decision(logic, needs))).module))


def said(found: Sequence[Finding]) -> list[tuple[str, str]]:
    return [(finding.code, finding.sentence) for finding in found]


AMOUNT: Column = ("amount", "number")
