"""`./run do COMMAND …`: the same verbs as the pages, for operators."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator

import click

from cli import commands, language
from domain.errors import DefinitionRefused, HouseError, InvalidAnswers
from domain.text import bound


@click.group()
def main() -> None:
    """核对 Hedui: verification of households' economic situation."""


for command in commands.ALL:
    main.add_command(command)


def explained(refusal: HouseError) -> Iterator[str]:
    """A refusal as lines: its sentence and clause, every finding of a bundle, every field of a form."""
    if isinstance(refusal, DefinitionRefused):
        yield from map(str, refusal.findings)
        return
    clause = getattr(refusal, "clause", "")
    yield f"{refusal} ({clause})" if clause else str(refusal)
    if isinstance(refusal, InvalidAnswers):
        yield from (f"  {name}: {sentence}" for name, sentence in refusal.fields.items())


def run() -> int:
    """Run one command; a refusal is a sentence on standard error and exit code 1."""
    logging.basicConfig(level=os.environ.get("HEDUI_LOG_LEVEL", "WARNING"), format="%(levelname)s %(name)s %(message)s")
    with bound(language.translator(os.environ)):
        try:
            main(prog_name="./run do", standalone_mode=False)
        except click.ClickException as problem:
            problem.show()
            return problem.exit_code
        except click.Abort:
            return 130
        except HouseError as refusal:
            for line in explained(refusal):
                click.echo(line, err=True)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(run())
