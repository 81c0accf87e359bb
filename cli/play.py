"""`./run do process play …` and `./run do process test …`: drawings and scenarios tried without a home."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from cli.instant import Instant
from domain.clock import machine_now
from domain.errors import DefinitionRefused, Finding

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


def _told(found: Finding) -> dict[str, Any]:
    return {
        "element": found.element or None,
        "line": found.line,
        "rule": found.code or None,
        "message": str(found.sentence),
        "remedy": str(found.remedy),
        "file": found.file,
    }


def _say(line: Mapping[str, Any]) -> None:
    click.echo(json.dumps(line, ensure_ascii=False))


ALL: list[click.Command] = [process_play]
alone = click.Group(commands=[click.Group("process", commands=ALL)])
