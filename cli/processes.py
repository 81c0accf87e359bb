"""`./run do process …`: check, deploy, approve, list; out and in as a zip; roll back; drafts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from cli import play
from cli.here import FILE, FOLDER, actor_of, home_here
from domain.clock import OFFICE_ZONE
from domain.errors import DefinitionRefused, Finding
from domain.home import Home
from domain.text import gettext as _
from domain.work import OPERATOR, unit_of_work
from workflows import bundle_zip, bundles, definitions, drafts, gate

TARGET = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.group()
def process() -> None:
    """Processes: check, deploy, roll back; drafts; out and in as a zip."""


@process.command("check")
@click.argument("folder", type=FOLDER)
def process_check(folder: Path) -> None:
    """Check FOLDER; exit code 1 when it may not be deployed."""
    findings = bundles.check(bundles.read_folder(folder))
    for finding in findings:
        click.echo(_line(finding), err=finding.severity == "error")
    if any(finding.severity == "error" for finding in findings):
        raise DefinitionRefused([])
    click.echo(_("%(folder)s may be deployed.", folder=folder.name))


@process.command("deploy")
@click.argument("folder", type=FOLDER)
@click.option("--as", "login", required=True, help="Login of the process owner who proposes it.")
@click.option("--approved-by", "second", default="", help="Login of the second owner who puts it in force.")
@click.option("--note", default="", help="What changed, for the list of versions.")
def process_deploy(folder: Path, login: str, second: str, note: str) -> None:
    """Check FOLDER and lay it before a second owner; with --approved-by it comes into force at once."""
    home = home_here()
    checked = gate.must_pass(bundles.read_folder(folder))
    with unit_of_work(home, OPERATOR) as work:
        ref = definitions.propose(work.acting(actor_of(work, login)), checked, note=note).ref
    _say_all(checked.warnings)
    if not second:
        _say_proposed(ref)
        return
    _approve(home, ref, second)


@process.command("approve")
@click.argument("ref")
@click.option("--as", "login", required=True, help="Login of the second process owner.")
def process_approve(ref: str, login: str) -> None:
    """Check the proposal REF again and put it in force."""
    _approve(home_here(), ref, login)


@process.command("list")
def process_list() -> None:
    """List deployed versions and open proposals."""
    with unit_of_work(home_here(), OPERATOR, write=False) as work:
        for row in definitions.versions(work):
            click.echo(
                f"{row.process} {row.number} {row.deployed_at.astimezone(OFFICE_ZONE):%Y-%m-%d} {row.digest[:12]}"
            )
        for proposal in definitions.open_proposals(work):
            click.echo(_("%(process)s: proposal %(ref)s waits", process=proposal.process, ref=proposal.ref))


@process.command("export")
@click.argument("key", metavar="PROCESS")
@click.argument("target", metavar="FILE.zip", type=TARGET)
@click.option("--number", type=int, default=0, help="Version; the one in force when absent.")
def process_export(key: str, target: Path, number: int) -> None:
    """Write a version of PROCESS to FILE.zip, byte for byte as it was deployed."""
    with unit_of_work(home_here(), OPERATOR, write=False) as work:
        wanted = number or definitions.in_force(work, key).number
        bundle = definitions.bundle_of(work, definitions.version(work, key, wanted))
    target.write_bytes(bundle_zip.pack(bundle))
    click.echo(_("%(process)s version %(number)s is in %(file)s.", process=key, number=wanted, file=target))


@process.command("import")
@click.argument("source", metavar="FILE.zip", type=FILE)
@click.argument("key", metavar="[PROCESS]", default="")
@click.option("--as", "login", required=True, help="Login of the process owner who imports it.")
@click.option("--note", default="", help="What it is, for the list of revisions.")
def process_import(source: Path, key: str, login: str, note: str) -> None:
    """Read FILE.zip into the draft of PROCESS (the name of the file when absent). Nothing comes into force."""
    bundle = bundle_zip.unpack(source.read_bytes(), key or source.stem)
    with unit_of_work(home_here(), OPERATOR) as work:
        acting = work.acting(actor_of(work, login))
        draft = drafts.begin_with(acting, bundle.key, bundle.files, note=note or source.name)
        ref, number = draft.ref, draft.head
    _say_all(bundles.check(bundle))
    click.echo(_("%(process)s: draft %(ref)s, revision %(number)s.", process=bundle.key, ref=ref, number=number))


@process.command("rollback")
@click.argument("key", metavar="PROCESS")
@click.argument("number", type=int)
@click.option("--as", "login", required=True, help="Login of the process owner who proposes it.")
@click.option("--note", required=True, help="Why, for the list of versions.")
def process_rollback(key: str, number: int, login: str, note: str) -> None:
    """Check version NUMBER of PROCESS as of today and lay it before a second owner again."""
    home = home_here()
    with unit_of_work(home, OPERATOR, write=False) as work:
        bundle = definitions.bundle_of(work, definitions.version(work, key, number))
    checked = gate.must_pass(bundle)
    with unit_of_work(home, OPERATOR) as work:
        acting = work.acting(actor_of(work, login))
        ref = definitions.propose_old(acting, key, number, checked, note=note).ref
    _say_proposed(ref)


@process.command("drafts")
def process_drafts() -> None:
    """List open drafts: process, ref, version they started from, newest revision and when it was saved."""
    with unit_of_work(home_here(), OPERATOR, write=False) as work:
        for draft in drafts.open_drafts(work):
            rows = drafts.revisions(work, draft)
            saved = next(row for row in rows if row.number == draft.head).saved_at.astimezone(OFFICE_ZONE)
            line = _(
                "%(process)s %(ref)s: from version %(base)s, revision %(head)s of %(time)s, %(aside)s beside",
                process=draft.process,
                ref=draft.ref,
                base=draft.base_number or "-",
                head=draft.head,
                time=f"{saved:%Y-%m-%d %H:%M}",
                aside=sum(row.aside for row in rows),
            )
            click.echo(line)


for one in play.ALL:
    process.add_command(one)


def _approve(home: Home, ref: str, login: str) -> None:
    """Check what was proposed outside the transaction that puts it in force."""
    with unit_of_work(home, OPERATOR, write=False) as work:
        bundle = definitions.bundle_of(work, definitions.proposal(work, ref))
    checked = gate.must_pass(bundle)
    with unit_of_work(home, OPERATOR) as work:
        deployed = definitions.approve(work.acting(actor_of(work, login)), ref, checked)
    click.echo(_("%(process)s version %(number)s is in force.", process=deployed.process, number=deployed.number))


def _say_proposed(ref: str) -> None:
    click.echo(_("Proposed. A second owner puts it in force: ./run do process approve %(ref)s --as LOGIN", ref=ref))


def _say_all(findings: Iterable[Finding]) -> None:
    for finding in findings:
        click.echo(_line(finding), err=True)


def _line(finding: Finding) -> str:
    """A finding as a line: severity, place, what is wrong, what to do, the rule that is broken."""
    rule = f" [{finding.code}]" if finding.code else ""
    return f"{finding.severity}: {finding}{rule}"
