"""`./run do match …`: departments' files held against declared families. No home, no database, no web."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from domain.clock import ticks
from domain.identity import mask
from domain.text import Text
from domain.text import gettext as _
from sources.identify.explain import explained
from sources.matching.run import Interrupted, Listener, Matched, Order, Step, match
from sources.matching.why import why

SOME_REFUSED = 3
INTERRUPTED = 130
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_PLACE = re.compile(r"(?:([1-9][0-9]{0,3})!)?([1-9][0-9]{0,8})")
_EVERY_SECONDS = 1.0  # between two words of progress to a terminal
_QUIET_SECONDS = 10.0  # … and to a log


@click.command("match")
@click.option("--files", "files", required=True, type=FOLDER, help="Folder of the departments' files (CSV, XLSX).")
@click.option("--declared", required=True, type=FOLDER, help="Folder of declared households, members, supporters.")
@click.option("--rules", required=True, type=click.Path(path_type=Path), help="JSON file of the rules' parameters.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Verdicts, as CSV.")
@click.option("--doubts", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Doubts, as CSV.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day the files speak of; else they say it.")
@click.option("--demonstration", is_flag=True, help="Accept identity numbers of the reserved division 99xxxx.")
def match_command(
    files: Path, declared: Path, rules: Path, out: Path, doubts: Path, as_of: datetime | None, demonstration: bool
) -> None:
    """Match FILES with DECLARED people and hold the households against the RULES.

    OUT has a verdict for every identity cell (match, doubt, none, duplicate, skip), DOUBTS the households to look at.
    An interrupted run goes on when the same command is given again.

    Exit codes: 0 done; 1 nothing could be done, the sentence says why; 2 the command is wrong; 3 done, but files were
    refused; 130 interrupted.
    """
    order = Order(files, declared, rules, out, doubts, as_of.date() if as_of else None, demonstration)
    progress = _Progress()
    try:
        found = match(order, Listener(progress.say, progress.step, _asked_to_stop()))
    except Interrupted:
        progress.say(_("Interrupted. Give the same command again and it goes on."))
        raise click.exceptions.Exit(INTERRUPTED) from None
    progress.end()
    for sentence in _summary(found):
        progress.say(sentence)
    if found.refused:
        raise click.exceptions.Exit(SOME_REFUSED)


def _asked_to_stop() -> Callable[[], bool]:
    """Whether Ctrl-C or a polite kill arrived. The first is obeyed between two rows, a second at once."""
    asked: list[int] = []

    def hear(number: int, _frame: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, hear)
    return lambda: bool(asked)


def _summary(found: Matched) -> list[Text]:
    counts = {name: found.counts[name] for name in ("match", "doubt", "none", "duplicate", "skip")}
    told = [
        _(
            "Rows: %(rows)s. Verdicts: match %(match)s, doubt %(doubt)s, none %(none)s, duplicate %(duplicate)s,"
            " skip %(skip)s.",
            rows=found.counts["rows"],
            **counts,
        ),
        _(
            "Households: %(households)s, doubts: %(doubts)s, as of %(on)s.",
            households=found.households,
            doubts=found.doubts,
            on=found.on,
        ),
    ]
    if found.refused:
        names = "、".join(name for name, _why in found.refused)
        told.append(_("Files refused: %(count)s (%(names)s).", count=len(found.refused), names=names))
    return told


class _Progress:
    """Words on standard error: in one line on a terminal, now and then in a log."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._began = self._told = ticks()
        self._open = False

    def say(self, sentence: Text) -> None:
        """A sentence on its own line."""
        self.end()
        click.echo(sentence, err=True)

    def step(self, step: Step) -> None:
        """Where the work stands, unless that was just said."""
        now = ticks()
        if now - self._told < (_EVERY_SECONDS if self._terminal else _QUIET_SECONDS):
            return
        self._told = now
        where = {"done": step.done, "files": step.files, "seconds": round(now - self._began)}
        if step.file:
            told = _("%(done)s of %(files)s files, %(file)s: %(rows)s rows, %(seconds)s s",
                     file=step.file, rows=f"{step.rows:,}", **where)  # fmt: skip
        else:
            told = _("rules: %(done)s of %(files)s parts, %(seconds)s s", **where)
        click.echo(f"\r{told}\x1b[K" if self._terminal else told, err=True, nl=not self._terminal)
        self._open = self._terminal

    def end(self) -> None:
        """Leave the line of progress."""
        if self._open:
            click.echo("", err=True)
            self._open = False


@click.command("match-why")
@click.option("--declared", required=True, type=FOLDER, help="Folder of declared households, members, supporters.")
@click.option("--demonstration", is_flag=True, help="Accept identity numbers of the reserved division 99xxxx.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("row")
def why_command(declared: Path, demonstration: bool, file: Path, row: str) -> None:
    """Say why ROW of a department's FILE was judged as it was; ROW as in the verdicts: 17, or 2!17 on sheet 2.

    Exit codes: 0 done; 1 there is no such row, or a file cannot be used; 2 the command is wrong.
    """
    place = _PLACE.fullmatch(row)
    if place is None:
        raise click.BadParameter(str(_("Write the row as the verdicts do: 17, or 2!17 on the second sheet.")))
    found = why(
        declared,
        file,
        int(place[2]),
        lambda sentence: click.echo(sentence, err=True),
        sheet=int(place[1] or 1),
        demonstration=demonstration,
    )
    for one in found:
        whose = mask(one.judged.number) if one.judged.number else "—"
        column = "—" if one.column is None else one.column
        click.echo(f"{file.name}\t{row}\t{column}\t{one.judged.verdict}\t{whose}\t{explained(one.judged)}")


ALL: list[click.Command] = [match_command, why_command]
alone = click.Group(commands=ALL)
