"""`./run do COMMAND …`: the same verbs as the pages, for operators."""

from __future__ import annotations

import logging
import os
import sys

import click

from cli import commands, language
from domain.errors import Conflict, DefinitionRefused, HouseError, InvalidAnswers
from domain.text import bound


@click.group()
def main() -> None:
    """核对 Hedui: verification of households' economic situation."""


for command in commands.ALL:
    main.add_command(command)


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
        except DefinitionRefused as refusal:
            for finding in refusal.findings:
                click.echo(str(finding), err=True)
            return 1
        except InvalidAnswers as refusal:
            click.echo(str(refusal), err=True)
            for name, sentence in refusal.fields.items():
                click.echo(f"  {name}: {sentence}", err=True)
            return 1
        except Conflict as refusal:
            click.echo(f"{refusal} ({refusal.clause})" if refusal.clause else str(refusal), err=True)
            return 1
        except HouseError as refusal:
            click.echo(str(refusal), err=True)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(run())
