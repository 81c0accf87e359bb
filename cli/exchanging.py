"""`./run do exchange`: other services and devices, packages as files (LN-31, BX-02, LF-10)."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cli.here import FILE, actor_of, home_here
from domain.base import new_ref
from domain.errors import HouseError, NotFound
from domain.text import gettext as _
from domain.wire import devices, kinds, peers, posting
from domain.wire.peers import NewPeer
from domain.wire.refusals import Refused
from domain.work import OPERATOR, Work, unit_of_work
from exchange import file_drop, registering
from exchange.suites import AES, SUITES

LOGIN = click.option("--as", "login", required=True, help="The login of whoever answers for it.")
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def exchange() -> None:
    """Packages between services that do not share a database."""


@exchange.command("peers")
def peers_listed() -> None:
    """The other services, their devices, and who this service is to them."""
    with unit_of_work(home_here(), OPERATOR, write=False) as work:
        click.echo(_("This service is %(ref)s.", ref=work.home.row(work.session).home_ref))
        for peer in peers.listed(work):
            closed = "" if peer.closed_at is None else " CLOSED"
            click.echo(f"{peer.home_ref} {peer.channel} {peer.suite} {peer.address or '-'} {peer.name}{closed}")
        for device, of in devices.listed(work):
            state = "in force" if device.in_force(work.now) else "not in force"
            whose = "-" if of is None else of.home_ref
            click.echo(f"{device.fingerprint} {whose} {device.office} {device.valid_until:%Y-%m-%d} {state}")


@exchange.command("add")
@click.argument("name")
@click.option("--home", "home_ref", required=True, help="The reference of that service, as its own `peers` says it.")
@click.option("--address", default="", help="https://host:port; without it packages go as files.")
@click.option("--suite", default=AES.name, type=click.Choice(list(SUITES)), help="What is encrypted with for it.")
@LOGIN
def add(name: str, home_ref: str, address: str, suite: str, login: str) -> None:
    """Write another service down."""
    with unit_of_work(home_here(), OPERATOR) as work:
        made = peers.add(work.acting(actor_of(work, login)), NewPeer(home_ref, name, suite, address))
        click.echo(made.home_ref)


@exchange.group("device")
def device() -> None:
    """Devices: one person registers, another approves, one withdraws."""


@device.command("make")
@click.option("--office", required=True, help="The code of the office that answers for it.")
@LOGIN
def make(office: str, login: str) -> None:
    """Make a device of this service; its fingerprint is printed."""
    with unit_of_work(home_here(), OPERATOR) as work:
        click.echo(registering.make_ours(work.acting(actor_of(work, login)), office).fingerprint)


@device.command("register")
@click.argument("certificate", type=FILE)
@click.option("--peer", required=True, help="The name or the reference of its service.")
@LOGIN
def register(certificate: Path, peer: str, login: str) -> None:
    """Register a device of another service from its certificates; its fingerprint is printed, to be compared."""
    with unit_of_work(home_here(), OPERATOR) as work:
        acting = work.acting(actor_of(work, login))
        pem = certificate.read_text(encoding="utf-8", errors="replace")
        click.echo(registering.register(acting, pem, peers.named(work, peer)).fingerprint)


@device.command("approve")
@click.argument("fingerprint")
@LOGIN
def approve(fingerprint: str, login: str) -> None:
    """Approve a device that somebody else registered."""
    with unit_of_work(home_here(), OPERATOR) as work:
        devices.approve(work.acting(actor_of(work, login)), _ref_of(work, fingerprint))


@device.command("withdraw")
@click.argument("fingerprint")
@click.option("--reason", required=True, help="Why.")
@LOGIN
def withdraw(fingerprint: str, reason: str, login: str) -> None:
    """Withdraw a device: from now on nothing of it is taken and nothing is sent to it."""
    with unit_of_work(home_here(), OPERATOR) as work:
        devices.withdraw(work.acting(actor_of(work, login)), _ref_of(work, fingerprint), reason)


@device.command("show")
@click.argument("fingerprint", default="")
def show(fingerprint: str) -> None:
    """Print the certificates of a device, without a fingerprint those of ours: what another service registers."""
    with unit_of_work(home_here(), OPERATOR, write=False) as work:
        row = devices.known(work, fingerprint) if fingerprint else devices.current(work, None)
        if row is None:
            raise NotFound(_("There is no such device."))
        click.echo(row.certificate, nl=False)


@exchange.command("say")
@click.option("--peer", required=True, help="The name or the reference of the service.")
@click.option("--kind", default=kinds.PROBE, type=click.Choice([one for one in kinds.KINDS if one != kinds.RECEIPT]))
@click.option("--body", type=FILE, help="What it says, as JSON; a probe says nothing.")
def say(peer: str, kind: str, body: Path | None) -> None:
    """Put a message into the outbox; the worker sends it, or `pack` writes it as a file. Its reference is printed."""
    said = {"mark": new_ref()} if body is None else _read(body)
    with unit_of_work(home_here(), OPERATOR) as work:
        found, key = peers.named(work, peer), new_ref()
        posting.post(work, found, kind, key, said)
        click.echo(posting.posted(work, found, key).ref)


@exchange.command("pack")
@click.option("--peer", required=True, help="The name or the reference of the service.")
@click.option("--out", required=True, type=FOLDER, help="The folder for the files.")
@click.option("--again", is_flag=True, help="Also what was written before and has no receipt yet.")
def pack(peer: str, out: Path, again: bool) -> None:
    """Write what waits for a service as files."""
    with unit_of_work(home_here(), OPERATOR) as work:
        made = file_drop.pack(work, peers.named(work, peer), out, again=again)
    for path in made:
        click.echo(str(path))


@exchange.command("unpack")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--out", required=True, type=FOLDER, help="The folder for the receipts.")
def unpack(files: tuple[Path, ...], out: Path) -> None:
    """Take packages in and write their receipts; each file by itself, a refused one is named with its code."""
    home, refused = home_here(), 0
    for path in files:
        try:
            taken = file_drop.unpack(home, OPERATOR, path, out)
        except Refused as problem:
            refused += 1
            click.echo(f"{path.name}: {problem.code} {problem.message}", err=True)
            continue
        click.echo(f"{path.name}: {taken.kind} {taken.ref}{' REPEATED' if taken.repeated else ''}")
    if refused:
        raise HouseError(_("%(count)s packages were refused.", count=refused))


def _ref_of(work: Work, fingerprint: str) -> str:
    found = devices.known(work, fingerprint.strip().lower())
    if found is None:
        raise NotFound(_("There is no such device."))
    return found.ref


def _read(path: Path) -> dict[str, object]:
    try:
        said: object = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise HouseError(_("The file %(name)s cannot be read.", name=path.name)) from problem
    if not isinstance(said, dict):
        raise HouseError(_("The file %(name)s cannot be read.", name=path.name))
    return said
