"""The commands of `./run do`. Each opens the home, does one verb, and says what happened."""

from __future__ import annotations

import io
import os
import sys
from datetime import date, datetime
from pathlib import Path

import click

from cli import (
    backup,
    counting,
    decide,
    doctor,
    exchanging,
    founding,
    match,
    places,
    reading,
    restore,
    store,
    supervise,
)
from cli import deliveries as delivering
from cli.here import FILE, actor_of, home_here, settings_here
from cli.instant import Instant
from cli.processes import process
from domain import clock, durability, rules, sealing
from domain.errors import Conflict
from domain.oversight import appointing
from domain.parties import organisations, staff
from domain.text import gettext as _
from domain.verification import commissions
from domain.work import OPERATOR, unit_of_work
from scheduler import tick as ticking
from tasks import campaigns as reviews
from tasks import moves, starting


def say(sentence: object) -> None:
    """One line of progress, with the seconds since the start."""
    click.echo(f"[{clock.ticks() - _STARTED:5.1f}s] {sentence}", err=True)


_STARTED = clock.ticks()


@click.command()
@click.option("--demo/--no-demo", default=True, help="A demonstration office, or an empty real one.")
@click.option("--clock", "stopped_at", type=Instant(), help="Stop the clock of a demonstration at this instant.")
@click.option("--city", default="", help="Real office: write the offices of this place (a file of policies/topology).")
@click.option("--login", default="admin", help="Real office: login of the first administrator.")
@click.option("--name", default="", help="Real office: the administrator's real name.")
@click.option("--idno", default="", help="Real office: the administrator's identity number (asked for when absent).")
def init(demo: bool, stopped_at: datetime | None, city: str, login: str, name: str, idno: str) -> None:
    """Make a home at HEDUI_HOME."""
    settings = settings_here()
    if demo:
        made = founding.found_demo(settings, say, stopped_at=stopped_at)
        click.echo(_("A demonstration office is ready. Logins and passwords:"))
        click.echo(made.passwords.read_text(encoding="utf-8") if made.passwords else "")
        click.echo(_("They are kept in %(file)s, readable by you alone.", file=made.passwords))
        return
    if stopped_at is not None:
        raise Conflict(_("Only a demonstration can have a stopped clock."))
    if not os.environ.get("HEDUI_KEYS"):
        raise Conflict(_("A real office keeps its keys apart from its data: set HEDUI_KEYS to another folder first."))
    name = name or click.prompt(str(_("Real name of the first administrator")))
    idno = idno or click.prompt(str(_("Identity number of the first administrator")), hide_input=True)
    made = founding.found_real(settings, say, city=city, login=login, name=name, idno=idno)
    click.echo(_("The office is ready. First sign-in: login %(login)s, one-time token:", login=made.login))
    click.echo(made.token)


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def serve(arguments: tuple[str, ...]) -> None:
    """Serve: web and worker, supervised. An empty home becomes a demonstration office."""
    settings = settings_here()
    if not founding.exists(settings):
        made = founding.found_demo(settings, say)
        click.echo(_("A demonstration office was made. Logins and passwords:"))
        click.echo(made.passwords.read_text(encoding="utf-8") if made.passwords else "")
    else:
        home = founding.open_or_refuse(settings)
        durability.require(home)
        home.engine.dispose()
    sys.exit(supervise.serve(arguments))


@click.command("migrate")
def migrate_command() -> None:
    """Bring the tables up to this program's version (serving does it too)."""
    home_here()
    click.echo(_("The home is up to date."))


@click.command()
@click.option("--at", "at", type=Instant(), help="Stopped clock only: move time forward to this instant.")
def tick(at: datetime | None) -> None:
    """Do what is due now; on a stopped clock, everything due on the way to --at."""
    home = home_here()
    worker = ticking.worker_id()
    if at is None:
        swept = ticking.sweep(home, worker, most=10_000)
    else:
        moved = ticking.advance_to(home, at, worker)
        if moved is None:
            click.echo(_("The clock stands at that instant or later already; nothing was done."))
            return
        swept = moved
    click.echo(_("%(done)s done, %(postponed)s put off.", done=swept.done, postponed=swept.postponed))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="An array of objects.")
def campaigns(as_json: bool) -> None:
    """List the review campaigns."""
    with unit_of_work(home_here(), OPERATOR, write=False) as work:
        rows = reviews.listed(work)
        if as_json:
            click.echo(reviews.as_json(rows))
            return
        for row in rows:
            click.echo(f"{row.period} {row.programme:<8} {row.unit_name} {row.cases}/{row.households} {row.state}")


@click.group()
def households() -> None:
    """Households."""


@households.command("import")
@click.argument("sources", nargs=-1, required=True, type=FILE)
@click.option("--receiving", is_flag=True, help="These households are on the roll already.")
def households_import(sources: tuple[Path, ...], receiving: bool) -> None:
    """Read declaration files (CSV or XLSX with the Chinese headings); dirty rows are named, the rest is kept."""
    contents = {path.name: path.read_bytes() for path in sources}
    declaration, report = reading.import_households(
        home_here(), OPERATOR, contents, receiving=lambda _number: receiving
    )
    for one in declaration.faults:
        click.echo(_("%(file)s, %(place)s", file=one.file, place=one.fault), err=True)
    for sentence in report.sentences():
        click.echo(sentence, err=True)
    click.echo(
        _(
            "%(added)s households added, %(updated)s known ones updated, %(rejected)s rejected.",
            added=report.added,
            updated=report.updated,
            rejected=report.rejected + declaration.rejected,
        )
    )


@click.group()
def cases() -> None:
    """Cases."""


@cases.command("start")
@click.argument("household")
@click.option("--as", "login", required=True, help="Login of the person who starts it.")
@click.option("--programme", default="", help="Programme code; the household's own when absent.")
def cases_start(household: str, login: str, programme: str) -> None:
    """Start the verification of HOUSEHOLD (its number) for a new application."""
    with unit_of_work(home_here(), OPERATOR) as work:
        acting = work.acting(actor_of(work, login))
        case = starting.start_new(acting, starting.household_ref(acting, household), programme)
        click.echo(f"{case.number} {case.ref}")


@cases.command("cancel")
@click.argument("ref")
@click.option("--as", "login", required=True)
@click.option("--reason", required=True)
def cases_cancel(ref: str, login: str, reason: str) -> None:
    """End the case REF where it stands."""
    with unit_of_work(home_here(), OPERATOR) as work:
        moves.cancel_case(work.acting(actor_of(work, login)), ref, reason)
    click.echo(_("The case is ended."))


@click.group("commissions")
def commissions_group() -> None:
    """Commissions."""


@commissions_group.command("issue")
@click.argument("case_ref")
@click.option("--as", "login", required=True, help="Login of the signatory.")
@click.option("--signed-on", required=True, help="Day on the letter.")
@click.option("--letter", type=FILE, help="The signed letter (PDF, PNG or JPEG).")
def commissions_issue(case_ref: str, login: str, signed_on: str, letter: Path | None) -> None:
    """Try to issue the prepared commission of CASE_REF; says every reason why it may not be (BX-11, BX-12)."""
    home = home_here()
    blob = home.blobs.put(io.BytesIO(letter.read_bytes())) if letter else None
    with unit_of_work(home, OPERATOR) as work:
        acting = work.acting(actor_of(work, login))
        issued = starting.issue_by_hand(acting, case_ref, signed_on=date.fromisoformat(signed_on), blob=blob,
                                        name=letter.name if letter else "")  # fmt: skip
        click.echo(issued.number or commissions.DRAFT)


@click.group()
def accounts() -> None:
    """Accounts."""


@accounts.command("create")
@click.argument("login")
@click.option("--office", required=True, help="Code of the office.")
@click.option("--name", required=True)
@click.option("--idno", prompt=True, hide_input=True)
@click.option("--filing", required=True, help="Number of the filing (LF-27).")
@click.option("--role", "role_ids", multiple=True, required=True)
def accounts_create(login: str, office: str, name: str, idno: str, filing: str, role_ids: tuple[str, ...]) -> None:
    """Make a filed account and print its one-time token."""
    with unit_of_work(home_here(), OPERATOR) as work:
        account = staff.create(work, organisations.by_code(work, office), login=login, name=name, idno=idno)
        staff.file(work, account, number=filing, on=work.today)
        for role in role_ids:
            appointing.appoint(work, account, role)
        token = staff.issue_token(work, account)
    click.echo(token)


@accounts.command("token")
@click.argument("login")
def accounts_token(login: str) -> None:
    """Print a new one-time token for LOGIN."""
    with unit_of_work(home_here(), OPERATOR) as work:
        token = staff.issue_token(work, staff.by_login(work, login))
    click.echo(token)  # not before it is saved


@click.command("calendar")
@click.argument("source", type=FILE)
def calendar_command(source: Path) -> None:
    """Put a year's holidays in force, as the State Council published them; open terms are counted anew."""
    home = home_here()
    with unit_of_work(home, OPERATOR) as work:
        made = rules.put_calendar(work, source.read_bytes())
    click.echo(_("In force: %(version)s. The worker counts open terms anew.", version=made.calendar.version))


@click.command("table")
@click.argument("jurisdiction")
@click.argument("source", type=FILE)
def table_command(jurisdiction: str, source: Path) -> None:
    """Put a jurisdiction's own decision table (NAME.dmn) in force for the cases that begin from now on."""
    home = home_here()
    with unit_of_work(home, OPERATOR) as work:
        digest = rules.put_table(work, jurisdiction, source.name, source.read_bytes())
    click.echo(_("In force for new cases of %(place)s: %(digest)s.", place=jurisdiction, digest=digest))


@click.group("journal")
def journal_group() -> None:
    """The journal."""


@journal_group.command("verify")
def journal_verify() -> None:
    """Check every chain and seal; exit code 1 and the places when something does not add up."""
    home = home_here()
    with unit_of_work(home, OPERATOR, write=False, one_instant=True) as work:
        breaks = list(sealing.verify(work.session, home.vault))
    for place in breaks:
        click.echo(f"{place.stream} {place.seq}: {place.sentence}", err=True)
    if breaks:
        raise Conflict(_("The journal does not add up at %(count)s places.", count=len(breaks)))
    click.echo(_("The journal is whole."))


ALL: list[click.Command] = [
    init,
    serve,
    migrate_command,
    tick,
    campaigns,
    process,
    households,
    cases,
    commissions_group,
    accounts,
    calendar_command,
    table_command,
    journal_group,
    *delivering.ALL,
    *counting.ALL,
    *decide.ALL,
    *doctor.ALL,
    *match.ALL,
    *places.ALL,
    store.store,
    exchanging.exchange,
    backup.backup_command,
    backup.prove_command,
    restore.restore_command,
]
