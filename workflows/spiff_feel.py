"""FEEL and services for a running case. It stands where SpiffWorkflow would construct its Python engine."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from decisions import feel
from domain.text import Text
from domain.text import gettext as _
from workflows.decision_words import said
from workflows.steps import StepSpec

_LINE = re.compile(r"([^\W\d]\w*)\s*=(?!=)\s*(.+)", re.DOTALL)
_WRAPPED = re.compile(r"\$\{(.*)\}", re.DOTALL)


# what the evaluation says of a value that is not there
_NOT_THERE = re.compile(r"The name '\S+' is not known here\.|There is no entry '.*'\.", re.DOTALL)
_NO_FUNCTION = "Something is invoked that is not a function."


class ExpressionFailed(Exception):  # noqa: N818 - said as the cause of a failed step
    """An expression has no usable value. `sentence` says why, without values of the case; step_id: where it stands;
    missing: it speaks of a value that the case does not have."""

    def __init__(self, sentence: Text, step_id: str = "", *, missing: bool = False) -> None:
        super().__init__(sentence)
        self.sentence, self.step_id, self.missing = sentence, step_id, missing


class Pending:
    """The type of `PENDING`."""

    def __repr__(self) -> str:
        return "PENDING"


PENDING = Pending()


class BusinessError(Exception):
    """A named business error of an operation; an error boundary event with the same code catches it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def is_expression(text: str) -> bool:
    """Whether a mapping's text is FEEL (`=...` or `${...}`) and not a literal."""
    return text.startswith("=") or _WRAPPED.fullmatch(text) is not None


def bare(text: str) -> str:
    """The FEEL text inside `=...` or `${...}`, or the text itself."""
    text = text.strip()
    wrapped = _WRAPPED.fullmatch(text)
    return (wrapped[1] if wrapped else text.removeprefix("=")).strip()


def shown(text: str) -> str:
    """An expression as a sentence names it: on one line, not endless."""
    return " ".join(bare(text).split())[:200]


def script_lines(script: str) -> list[tuple[str, str]]:
    """The `name = <FEEL>` lines of a script task; an indented line continues the one before.

    Raises:
        ExpressionFailed: a line has another shape.
    """
    lines: list[str] = []
    for line in script.strip().splitlines():
        if line.strip().startswith("//") or not line.strip():
            continue
        if line[0] in " \t" and lines and not _LINE.fullmatch(line.strip()):
            lines[-1] += "\n" + line.strip()
        else:
            lines.append(line.strip())
    found = []
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None:
            raise ExpressionFailed(_("“%(text)s” is no line of the form name = expression.", text=line[:60]))
        found.append((match[1], match[2]))
    return found


@lru_cache(maxsize=4096)
def compiled(text: str) -> feel.Expression:
    """The parsed expression; raises decisions.errors.FeelSyntaxError."""
    return feel.compile(bare(text))


def plain(value: Any) -> Any:
    """A FEEL value as JSON has it: whole numbers as int, others as float, dates and durations as ISO text."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _iso(value)
    if callable(value):
        raise ExpressionFailed(_("A function cannot be kept as a value."))
    return str(value)


def _iso(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}PT{seconds}S"


class Runner:
    """Evaluates FEEL over the variables a step sees, plus what the services lend by name."""

    def __init__(self, services: Any, budget: int) -> None:
        self.services = services
        self.budget = budget

    def raw(self, token: Any, text: str, more: Mapping[str, Any] | None = None) -> Any:
        """The value with its FEEL type.

        Raises:
            ExpressionFailed: the expression has no value because of a problem.
        """
        lent = self.services.names(_details(token)) if hasattr(self.services, "names") else {}
        context = {**lent, **token.data, **(more or {})}
        found = compiled(text).evaluate(context, now=token.workflow.top_workflow.now, budget=self.budget)
        if found.value is None and found.problems:
            sentence = _("“%(text)s” has no value: %(why)s", text=shown(text), why=said(found.problems[0]))
            raise ExpressionFailed(sentence, _place(token), missing=_is_missing(found.problems))
        return found.value

    def value_over(self, token: Any, text: str, variables: Mapping[str, Any], *, needed: bool = True) -> Any:
        """The value over other variables than those the step sees, as JSON has it; raises ExpressionFailed when it is
        `needed` and has none."""
        found = compiled(text).evaluate(variables, now=token.workflow.top_workflow.now, budget=self.budget)
        if needed and found.value is None and found.problems:
            why = said(found.problems[0])
            raise ExpressionFailed(_("“%(text)s” has no value: %(why)s", text=shown(text), why=why), _place(token))
        return plain(found.value)

    def value(self, token: Any, text: str, more: Mapping[str, Any] | None = None) -> Any:
        """The value as JSON has it; raises ExpressionFailed."""
        return plain(self.raw(token, text, more))

    def holds(self, token: Any, text: str, more: Mapping[str, Any] | None = None) -> bool:
        """A condition. Neither true nor false is a failure: taking the other way in silence would decide something."""
        value = self.raw(token, text, more)
        if not isinstance(value, bool):
            raise ExpressionFailed(_("“%(text)s” is neither true nor false.", text=shown(text)), _place(token))
        return value

    def has_come(self, token: Any, text: str) -> bool:
        """Whether what an event waits for is true by now; of values that are not there yet it is not. Raises
        ExpressionFailed."""
        try:
            return self.raw(token, text) is True
        except ExpressionFailed as failure:
            if failure.missing:
                return False
            raise

    def given(self, token: Any, text: str, more: Mapping[str, Any] | None = None) -> Any:
        """A mapping's value: FEEL when marked so, else the text itself."""
        return self.value(token, text, more) if is_expression(text) else text

    def inputs(self, token: Any) -> dict[str, Any]:
        """What a step hands on: its input parameters, and with what it throws the data that arrows bring it."""
        details = _details(token)
        brought = token.internal_data.get("given", {}) if details.kind in ("throw", "end", "send") else {}
        return {**brought, **{name: self.given(token, text) for name, text in details.inputs.items()}}

    def run_script(self, token: Any, script: str) -> None:
        for name, text in script_lines(script):
            token.put({name: self.value(token, text)})

    def keep_answers(self, token: Any, answers: Mapping[str, Any]) -> None:
        """A person's answers go under the step's id; output parameters may pick routing values from them."""
        details, given = _details(token), plain(answers)
        token.put({details.id: given})
        token.put({key: self.given(token, text, given) for key, text in details.outputs.items()})

    def run_service(self, token: Any) -> bool | None:
        inputs = self.inputs(token)
        try:
            result = self.services.call(_details(token), inputs, token.id.hex)
        except BusinessError as error:
            if not token.workflow.top_workflow.fail_at(token, error.code):
                raise
            return None
        if isinstance(result, Pending):
            token.internal_data["inputs"] = inputs
            return None
        self.keep(token, result)
        return True

    def run_decision(self, token: Any) -> bool | None:
        details = _details(token)
        data = {**token.data, **self.inputs(token)}
        result = self.services.decide(details, data)
        if isinstance(result, Pending):
            token.internal_data["inputs"] = {}
            return None
        self.keep_decision(token, result)
        return True

    def keep_decision(self, token: Any, result: Any) -> None:
        """A decision's result goes under the step's id or `camunda:resultVariable`, whatever it is."""
        details, result = _details(token), plain(result)
        name = details.result or details.id
        if details.result or not details.outputs:
            token.put({name: result})
        more = {**(result if isinstance(result, dict) else {}), name: result}
        token.put({key: self.given(token, text, more) for key, text in details.outputs.items()})

    def keep(self, token: Any, result: Mapping[str, Any]) -> None:
        """Keep a result: under the step's id, or as the drawing's output parameters say."""
        details, result = _details(token), plain(result)
        if not details.outputs:
            token.put({details.id: result})
        mapped = {key: self.given(token, text, result) for key, text in details.outputs.items()}
        token.put(mapped)


def _is_missing(problems: Sequence[str]) -> bool:
    """Whether it comes from a value that is not there, but from no function that is not there."""
    return _NOT_THERE.fullmatch(problems[0]) is not None and _NO_FUNCTION not in problems


def _place(token: Any) -> str:
    return str(getattr(token.task_spec, "bpmn_id", "") or "")


def _details(token: Any) -> StepSpec:
    found = token.task_spec.details
    return found if isinstance(found, StepSpec) else StepSpec(id=token.task_spec.name)
