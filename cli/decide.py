"""`./run do dmn …` and `./run do feel …`: decide and check files and expressions. No home is opened, none is needed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import click

import decisions
from cli import decide_json, decide_words
from cli.instant import Instant
from decisions import DecisionError, FeelSyntaxError, Finding, Model, feel, files
from decisions.declared import as_declared
from domain.clock import OFFICE_ZONE, machine_now
from domain.errors import Conflict
from domain.text import gettext as _
from workflows.decision_words import said

# the place is said by the refusal itself, in the office's words
MODEL = click.Path(path_type=Path)


@click.group()
def dmn() -> None:
    """Decision models: decide with one, check one."""


@dmn.command("eval")
@click.argument("file", type=MODEL)
@click.option("--decision", default="", help="Name or id of the decision, or of a knowledge model.")
@click.option("--service", default="", help="Name or id of the decision service.")
@click.option("--input", "given", default="{}", help="JSON object of inputs; @FILE reads a file, - standard input.")
@click.option("--explain", is_flag=True, help="Say which rules matched, which did not and why.")
@click.option("--now", "now", type=Instant(), help="Decide as if at this instant.")
def dmn_eval(file: Path, decision: str, service: str, given: str, explain: bool, now: datetime | None) -> None:
    """Decide with FILE and print the value as JSON; exit code 1 when it was refused or given up."""
    if bool(decision) == bool(service):
        raise click.UsageError(str(_("Name either --decision or --service.")))
    instant = now or _now()
    model, faults = opened(file)
    wanted = _wanted(model, decision, service)
    types = model.input_types(wanted)
    inputs = as_declared(decide_json.read_object("--input", given), types)
    result = model.evaluate(wanted, inputs, now=instant, explain=explain)
    click.echo(decide_json.written(result.value, instant))
    if faults:
        click.echo(_("The model has faults; what rests on them is null. ./run do dmn check names them."), err=True)
    if explain:
        _say(decide_words.explanation(result, instant))
    else:
        _say(decide_words.reasons(result.reasons), err=True)
    if result.limit:
        raise click.exceptions.Exit(1)


@dmn.command("check")
@click.argument("file", type=MODEL)
def dmn_check(file: Path) -> None:
    """Check FILE: every finding on a line; exit code 1 when one of them is an error."""
    findings = decisions.check(source_of(file), files.beside(file))
    _say(decide_words.finding(file, one) for one in findings)
    errors = sum(one.severity == "error" for one in findings)
    click.echo(
        _(
            "%(file)s: errors: %(errors)s, warnings: %(warnings)s.",
            file=file.name,
            errors=errors,
            warnings=len(findings) - errors,
        ),
        err=True,
    )
    if errors:
        raise click.exceptions.Exit(1)


@click.command("feel", context_settings={"ignore_unknown_options": True})  # an expression may begin with a minus
@click.argument("expression")
@click.option("--context", default="{}", help="JSON object of the names it uses; @FILE reads a file, - standard input.")
@click.option("--unary", default=None, help="Take EXPRESSION as the cell of a table and test this JSON value.")
@click.option("--now", "now", type=Instant(), help="Evaluate as if at this instant.")
def feel_command(expression: str, context: str, unary: str | None, now: datetime | None) -> None:
    """Evaluate the FEEL EXPRESSION and print its value as JSON, reasons for a null on standard error."""
    instant = now or _now()
    names = decide_json.read_object("--context", context)
    try:
        read = feel.compile(expression, unary=unary is not None, names=names)
    except FeelSyntaxError as fault:
        raise Conflict(_("%(why)s %(remedy)s", why=said(str(fault)), remedy=said(fault.findings[0].remedy))) from None
    if unary is None:
        outcome = read.evaluate(names, now=instant)
    else:
        outcome = read.test(decide_json.read_value("--unary", unary), names, now=instant)
    click.echo(decide_json.written(outcome.value, instant))
    _say(decide_words.reasons(outcome.problems), err=True)
    if outcome.limit:
        raise click.exceptions.Exit(1)


def source_of(file: Path) -> bytes:
    """The bytes of a model file. Raises Conflict with what to do."""
    try:
        return file.read_bytes()
    except OSError as fault:
        raise Conflict(_("%(file)s cannot be read (%(why)s). Check its path.", file=file, why=fault.strerror)) from None


def opened(file: Path) -> tuple[Model, tuple[Finding, ...]]:
    """The model in a file, with its faults: they stop only what rests on them."""
    try:
        model, faults = decisions.dmn.read(source_of(file), files.beside(file))
    except DecisionError as refusal:
        _say((decide_words.finding(file, one) for one in refusal.findings), err=True)
        raise Conflict(_("%(file)s is no decision model that can be used.", file=file.name)) from None
    return model, tuple(faults.findings)


def _wanted(model: Model, decision: str, service: str) -> str:
    """The id of what is to be decided. Raises Conflict with the names there are."""
    name = decision or service
    able = [info for info in model.decisions if (info.kind == "service") is bool(service)]
    for info in able:
        if name in (info.id, info.name):
            return info.id
    raise Conflict(
        _(
            "The model has nothing called “%(name)s” to decide. Choose one of: %(names)s.",
            name=name,
            names=", ".join(info.name for info in able) or "—",
        )
    )


def _now() -> datetime:
    return machine_now().astimezone(OFFICE_ZONE)


def _say(lines: Iterable[object], *, err: bool = False) -> None:
    for line in lines:
        click.echo(line, err=err)


ALL: list[click.Command] = [dmn, feel_command]
alone = click.Group(commands=ALL)
