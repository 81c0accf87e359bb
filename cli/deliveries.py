"""`./run do deliveries …`: files of departments handed in at the machine, and the calendar of what is due."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click
from sqlalchemy import select

from cli.here import FILE, home_here
from domain import files
from domain.errors import Conflict, HouseError, NotFound
from domain.home import Home
from domain.text import Text
from domain.text import gettext as _
from domain.verification import deliveries, intake, supply
from domain.verification.deliveries import WAITING, Delivery, Resource
from domain.work import OPERATOR, Actor, Work, unit_of_work
from tasks.supply import ladder
from workflows.operations import intake as looking

SOME_REFUSED = 3
TYPES = {
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xls": "application/vnd.ms-excel",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".zip": "application/zip",
}


@click.group("deliveries")
def group() -> None:
    """Files of departments."""


@group.command("load")
@click.option("--source", required=True, help="Code of the data source in the catalogue, such as bank.DEPOSIT.")
@click.option("--period", default="", help="2026-05, 2026-Q2, 2026-H1 or 2026; the expected one when absent.")
@click.option("--date", "day", default="", help="Day of the data of a source without a calendar; today when absent.")
@click.option("--whole", is_flag=True, help="A file much smaller than the one before is whole all the same.")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=FILE)
def load(source: str, period: str, day: str, whole: bool, paths: tuple[Path, ...]) -> None:
    """Hand in every FILE for the SOURCE, each by itself: taken in whole, or refused whole with the place and remedy.

    A file that was delivered before is named and left alone. The worker reads what was accepted into the store.

    Exit codes: 0 all are taken in; 1 the source or an option is wrong; 3 some file was refused.
    """
    home = home_here()
    with unit_of_work(home, OPERATOR, write=False) as work:
        _source(work, source)
    data_date = date.fromisoformat(day) if day else None
    refused = sum(not _load(home, source, path, period, data_date, whole=whole) for path in paths)
    if refused:
        raise click.exceptions.Exit(SOME_REFUSED)


@group.command("rhythm")
@click.option("--source", required=True, help="Code of the data source in the catalogue.")
@click.option("--every", required=True, type=click.Choice(sorted(supply.MONTHS)), help="How often it is supplied.")
@click.option("--day", default=supply.USUAL_DAY, show_default=True, help="Day of the month after the period.")
def rhythm(source: str, every: str, day: int) -> None:
    """Say how often a source is supplied; its office is reminded from then on."""
    with unit_of_work(home_here(), OPERATOR) as work:
        resource = _source(work, source)
        row = supply.set_rhythm(work, resource, every, day)
        ladder.plan(work, resource, row)
        period = supply.expected_period(every, work.today)
    click.echo(_("%(source)s: expected today is %(period)s.", source=source, period=period.code))


def _load(home: Home, source: str, path: Path, period: str, day: date | None, *, whole: bool) -> bool:
    """One file; False when it was refused. Each step is a transaction of its own; none holds during the reading."""
    try:
        with path.open("rb") as file:
            blob = home.blobs.put(file)
        with unit_of_work(home, OPERATOR) as work:
            acting = _of_office(work, source)
            media = TYPES.get(path.suffix.lower(), "application/octet-stream")
            kept = files.keep(acting, blob, name=path.name[:200], media_type=media, purpose="delivery")
            ref = intake.hand_in(acting, _source(work, source), kept, period=period, data_date=day).ref
        with unit_of_work(home, OPERATOR, write=False) as work:
            plan = looking.gather(work, ref)
        looked = looking.perform(home, plan)
        with unit_of_work(home, OPERATOR) as work:
            looking.record(work, ref, looked)
            delivery = deliveries.by_ref(work, ref)
            if delivery.state == WAITING:
                intake.accept(_of_office(work, source), delivery, whole=whole)
            return _said(path, delivery)
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


def _source(work: Work, code: str) -> Resource:
    found = work.session.scalars(select(Resource).where(Resource.code == code)).first()
    if found is None:
        raise NotFound(_no_source(code))
    return found


def _no_source(code: str) -> Text:
    return _("There is no data source %(code)s in the catalogue.", code=code)


def _of_office(work: Work, source: str) -> Work:
    office = _source(work, source).supplier_id
    return work.acting(Actor(kind="operator", ref="operator", roles=OPERATOR.roles, org_id=office))


ALL: list[click.Command] = [group]
