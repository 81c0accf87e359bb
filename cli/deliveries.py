"""`./run do deliveries …`: files of departments handed in at the machine, and the calendar of what is due."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from cli.here import FILE, home_here
from cli.taking import take
from domain.clock import OFFICE_ZONE
from domain.errors import Conflict, HouseError
from domain.home import Home
from domain.text import gettext as _
from domain.verification import deliveries, handovers, intake, source_codes, supply
from domain.verification.deliveries import Delivery
from domain.verification.handovers import Handed
from domain.work import OPERATOR, unit_of_work
from tasks.supply import ladder

SOME_REFUSED = 3


@click.group("deliveries")
def group() -> None:
    """Files of departments."""


@group.command("load")
@click.option("--source", required=True, help="Code of the data source in the catalogue, such as bank.DEPOSIT.")
@click.option("--period", default="", help="2026-05, 2026-Q2, 2026-H1 or 2026; the expected one when absent.")
@click.option("--date", "day", default="", help="Day of the data of a source without a calendar; today when absent.")
@click.option("--whole", is_flag=True, help="A file much smaller than the one before is whole all the same.")
@click.option("--medium", default="", type=click.Choice(["", *handovers.MEDIA]), help="What the files came on.")
@click.option("--serial", default="", help="Number of the medium.")
@click.option("--giver", default="", help="Who handed the medium over.")
@click.option("--receiver", default="", help="Who received it.")
@click.option("--handed-at", default="", help="When, office time, such as 2026-06-01T09:30; now when absent.")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=FILE)
def load(source: str, period: str, day: str, whole: bool, paths: tuple[Path, ...], **medium: str) -> None:
    """Hand in every FILE for the SOURCE, each by itself: taken in whole, or refused whole with the place and remedy.

    A source that comes on a medium by the catalogue needs --medium, --serial, --giver and --receiver.

    An office that was renamed since may be named by its old code for a period of then: state_tax.TAX for 2017-H2.

    A file that was delivered before is named and left alone. The worker reads what was accepted into the store.

    Exit codes: 0 all are taken in; 1 the source or an option is wrong; 3 some file was refused.
    """
    home = home_here()
    data_date = date.fromisoformat(day) if day else None
    with unit_of_work(home, OPERATOR, write=False) as work:
        since = supply.parse(period).start if period else data_date or work.today
        source = source_codes.resolve(work, source, since).code
    handed = _handed(home, **medium)
    refused = sum(not _load(home, source, path, period, data_date, whole=whole, handed=handed) for path in paths)
    if refused:
        raise click.exceptions.Exit(SOME_REFUSED)


@group.command("rhythm")
@click.option("--source", required=True, help="Code of the data source in the catalogue.")
@click.option(
    "--every",
    default="",
    type=click.Choice(["", *sorted(supply.MONTHS)]),
    help="How often; as the notice says if absent.",
)
@click.option("--day", default=supply.USUAL_DAY, show_default=True, help="Day of the month after the period.")
def rhythm(source: str, every: str, day: int) -> None:
    """Say how often a source is supplied; its office is reminded from then on."""
    with unit_of_work(home_here(), OPERATOR) as work:
        resource = source_codes.resolve(work, source, work.today)
        every = every or supply.usual_rhythm(work, resource)
        row = supply.set_rhythm(work, resource, every, day)
        ladder.plan(work, resource, row)
        period = supply.expected_period(every, work.today)
    click.echo(_("%(source)s: expected today is %(period)s.", source=source, period=period.code))


def _handed(home: Home, *, medium: str, serial: str, giver: str, receiver: str, handed_at: str) -> Handed | None:
    """What the options say of a medium; None without one. Raises Conflict: a moment that is none."""
    if not medium:
        return None
    with home.sessions() as session:
        now = home.legal_now(session)
    try:
        moment = datetime.fromisoformat(handed_at).replace(tzinfo=OFFICE_ZONE) if handed_at else now
    except ValueError:
        raise Conflict(_("--handed-at is a day and a time, such as 2026-06-01T09:30.")) from None
    return Handed(medium, serial, giver, receiver, moment)


def _load(
    home: Home, source: str, path: Path, period: str, day: date | None, *, whole: bool, handed: Handed | None
) -> bool:
    """One file; False when it was refused."""
    media = intake.MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")
    try:
        with path.open("rb") as file:
            ref = take(home, source, path.name[:200], file, media, period=period, day=day, whole=whole, handed=handed)
        with unit_of_work(home, OPERATOR, write=False) as work:
            return _said(path, deliveries.by_ref(work, ref))
    except HouseError as refusal:
        _tell(path, refusal)
        return isinstance(refusal, Conflict) and refusal.clause == "LF-10"


def _said(path: Path, delivery: Delivery) -> bool:
    refusal = delivery.refusal
    if refusal is not None:
        click.echo(f"{path.name}: {refusal}", err=True)
        return False
    click.echo(
        _("%(file)s: accepted as %(ref)s; %(accepted)s rows taken in, %(rejected)s rejected, %(skipped)s left out.",
          file=path.name, ref=delivery.ref, accepted=delivery.accepted, rejected=delivery.rejected,
          skipped=delivery.skipped)
    )  # fmt: skip
    for sheet, row, column, sentence in delivery.told:
        click.echo(f"  {path.name} {sheet}!{row} {column}: {sentence}", err=True)
    return True


def _tell(path: Path, refusal: HouseError) -> None:
    fields = getattr(refusal, "fields", None) or {}
    sentences: list[object] = list(fields.values()) or [refusal.message]
    for sentence in sentences:
        click.echo(f"{path.name}: {sentence}", err=True)


ALL: list[click.Command] = [group]
