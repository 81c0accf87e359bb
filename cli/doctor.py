"""`./run do doctor` and `./run do settings`: what an operator asks before and after everything else."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from unicodedata import east_asian_width

import click
from sqlalchemy.exc import DBAPIError

from cli import founding
from domain import revision
from domain.errors import Conflict, HouseError
from domain.home import Home, HomeMissing, open_home
from domain.settings import TABLE, Settings
from domain.text import Text
from domain.text import gettext as _
from domain.verification import delivery_parts
from domain.work import OPERATOR, Work, unit_of_work
from exchange import mail
from tasks.health import checks, machine_checks, operations, tally_checks
from tasks.health.machine_checks import OK, PROBLEM, WARNING, Check

TITLES: dict[str, Text] = {OK: _("ok"), WARNING: _("warning"), PROBLEM: _("PROBLEM")}
SOURCES: dict[bool, Text] = {True: _("environment"), False: _("default")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="An array of objects: check, state, found, remedy.")
@click.option(
    "--journal", "whole_journal", is_flag=True, help="Check every entry of the journal, not the newest alone."
)
def doctor(as_json: bool, whole_journal: bool) -> None:
    """Look at everything that can be wrong; exit code 1 when something is."""
    made, problems = Settings.read(os.environ)
    found = [*machine_checks.settings(made, problems)] if problems else examine(made, whole_journal=whole_journal)
    if as_json:
        click.echo(json.dumps([_as_object(one) for one in found], ensure_ascii=False, indent=1))
    else:
        for line in lines(found):
            click.echo(line)
    sys.exit(1 if any(one.state == PROBLEM for one in found) else 0)


def examine(made: Settings, *, whole_journal: bool = False) -> list[Check]:
    """Everything doctor finds, as far as it gets: where there is no office, what can be told without one."""
    try:
        home = _open(made)
    except HouseError as refusal:
        return [
            Check("home.open", PROBLEM, refusal.message),
            *machine_checks.settings(made, []),
            *machine_checks.home_folder(made, real=True),
            *machine_checks.keys(made, real=True),
            *machine_checks.certificate(made),
            *machine_checks.program(made),
        ]
    try:
        with unit_of_work(home, OPERATOR, write=False, one_instant=True) as work:
            found = checks.of_office(work, operations.overview(work))
            found.append(tally_checks.counted_right(work))
            return [*found, _store(work), checks.journal_adds_up(work, whole=whole_journal), _mail(made)]
    finally:
        home.engine.dispose()


def _store(work: Work) -> Check:
    """Whether what departments delivered is under the current key; an older key must not be destroyed before."""
    left = delivery_parts.left_to_reseal(work, work.home.vault)
    if not left:
        return Check("store.keys", OK, _("Everything departments delivered is under the current key."))
    return Check(
        "store.keys",
        WARNING,
        _("%(count)s stored files of departments are under an older key.", count=left),
        _("./run do store rotate; keep the older key until it has ended, without it they cannot be searched."),
    )


def _mail(made: Settings) -> Check:
    """Whether the mail server takes this program's mail; nothing is sent."""
    if not made.mail_host:
        return Check("mail.server", OK, _("Off: notices stand in the page alone."))
    trouble = mail.trouble(made)
    if not trouble:
        return Check("mail.server", OK, _("The mail server takes mail from this program."))
    return Check(
        "mail.server", PROBLEM, _("The mail server cannot be used (%(trouble)s).", trouble=trouble),
        _("Check HEDUI_MAIL_HOST, its port, HEDUI_MAIL_TLS and the password."),
    )  # fmt: skip


def _open(made: Settings) -> Home:
    """The home as it stands; never migrated here. Raises HomeMissing, KeysMissing, Conflict."""
    try:
        if not founding.exists(made):
            raise HomeMissing(_("There is no home in %(folder)s. Run ./run do init first.", folder=made.home))
    except DBAPIError as problem:
        raise Conflict(
            _("The database does not answer (%(why)s). See that it runs and that HEDUI_DATABASE_URL is right.",
              why=type(problem.orig or problem).__name__)
        ) from problem  # fmt: skip
    home = open_home(made)
    revision.require(home.engine)
    return home


def lines(found: Iterable[Check]) -> list[str]:
    """The findings for people: state, check, sentence; the remedy on a line of its own; a sum at the end."""
    all_of = list(found)
    rows: list[tuple[str, ...]] = []
    for one in all_of:
        rows.append((str(TITLES[one.state]), one.name, str(one.found)))
        if one.remedy is not None:
            rows.append(("", "", f"→ {one.remedy}"))
    count = {state: sum(one.state == state for one in all_of) for state in TITLES}
    sums = _("Problems: %(problems)s, warnings: %(warnings)s, in order: %(good)s.",
             problems=count[PROBLEM], warnings=count[WARNING], good=count[OK])  # fmt: skip
    return [*aligned(rows), str(sums)]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="An array of objects: variable, value, given, default, meaning.")
def settings(as_json: bool) -> None:
    """Print every setting of this process: its value, where it comes from, what it means."""
    made, problems = Settings.read(os.environ)
    described = [
        {
            "variable": one.variable,
            "value": made.shown(one),
            "given": one.variable in made.given,
            "default": one.default,
            "meaning": str(one.explanation),
        }
        for one in TABLE
    ]
    if as_json:
        click.echo(json.dumps(described, ensure_ascii=False, indent=1))
    else:
        table = [
            (str(one["variable"]), str(one["value"]), str(SOURCES[bool(one["given"])]), str(one["meaning"]))
            for one in described
        ]
        for line in aligned(table):
            click.echo(line)
    for check in machine_checks.settings(made, problems):
        if check.state != OK:
            click.echo(f"{TITLES[check.state]}: {check.found} {check.remedy}", err=True)
    sys.exit(1 if problems else 0)


def aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows with every column but the last as wide as its widest cell; a Chinese sign takes two places."""
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    return [
        "  ".join([*(_padded(cell, width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    ]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _as_object(one: Check) -> dict[str, str | None]:
    remedy = str(one.remedy) if one.remedy is not None else None
    return {"check": one.name, "state": one.state, "found": str(one.found), "remedy": remedy}


ALL: list[click.Command] = [doctor, settings]
