"""`./run do process play …` and `./run do process test …`: drawings and scenarios tried without a home."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from cli import language
from cli.instant import Instant
from domain.clock import machine_now
from domain.errors import DefinitionRefused, Finding
from domain.text import gettext as _

REFUSED = 3
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("play")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--steps", "steps", required=True, type=click.File("rb"), help="JSON list of steps; - standard input.")
@click.option("--now", "now", type=Instant(), help="Where the clock stands at the beginning.")
def process_play(files: tuple[Path, ...], steps: Any, now: datetime | None) -> None:
    """Play the drawings in FILES (.bpmn; .dmn for their tables) on a stopped clock, without a database.

    Every step prints one JSON line. A refused drawing prints its findings; exit code 3.
    """
    from workflows import play

    try:
        wanted = play.read_steps(steps.read())
    except play.BadSteps as fault:
        raise click.UsageError(str(fault)) from None
    contents = {str(path): path.read_bytes() for path in files}
    try:
        world = play.world_of(contents, now=now or machine_now())
    except DefinitionRefused as refusal:
        _say({"state": "refused", "findings": [_told(one) for one in refusal.findings if one.severity == "error"]})
        raise click.exceptions.Exit(REFUSED) from None
    for line in play.play(world, wanted):
        _say(line)


@click.command("test")
@click.argument("source", metavar="BUNDLE", type=click.Path(exists=True, path_type=Path))
def process_test(source: Path) -> None:
    """Run the scenarios of BUNDLE (a folder or a zip); exit code 1 when one does not end as it says.

    A line a scenario, the first difference of each that fails, and the flows that none of them takes.
    """
    from workflows import bundle_zip, bundles, gate

    bundle = bundles.read_folder(source) if source.is_dir() else bundle_zip.unpack(source.read_bytes(), source.stem)
    checked = bundles.must_pass(bundle)
    found = gate.tested(bundle)
    for one in found.outcomes:
        title = one.title_en if language.translator(os.environ) is None else one.title
        word = _("as told:") if one.differs is None else _("OTHERWISE:")
        click.echo(f"{word} {one.path} {title} ({one.seconds:.2f} s)")
        if one.differs is not None:
            click.echo(f"  {one.differs}")
    for wrong in found.findings:
        click.echo(str(wrong))
    failed = len(found.failed)
    click.echo(_("%(all)s scenarios, %(failed)s failed.", all=len(found.outcomes), failed=failed))
    click.echo(_("%(taken)s of %(all)s flows taken.", taken=found.taken, all=len(found.flows)))
    for flow in found.untaken:
        click.echo(_("  not taken: %(flow)s", flow=flow))
    for advice in (*checked.warnings, *gate.advice(bundle, found)):
        click.echo(f"{advice.severity}: {advice}", err=True)
    if failed:
        raise click.exceptions.Exit(1)


def _told(found: Finding) -> dict[str, Any]:
    return {
        "element": found.element or "definitions",  # what is said of the file itself
        "line": found.line or 1,
        "rule": found.code,
        "message": str(found.sentence),
        "remedy": str(found.remedy),
        "file": found.file,
    }


def _say(line: Mapping[str, Any]) -> None:
    click.echo(json.dumps(line, ensure_ascii=False))


ALL: list[click.Command] = [process_play, process_test]
alone = click.Group(commands=[click.Group("process", commands=ALL)])
