"""`./run do store`: the columnar store under another key, and data past their time."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from cli.here import home_here
from domain.text import gettext as _
from domain.verification import delivery_parts
from domain.work import OPERATOR, unit_of_work
from tasks import schema
from workflows.operations import stored


@click.group()
def store() -> None:
    """What departments delivered, as it is stored."""


@store.command("rotate")
def rotate() -> None:
    """Seal every stored file anew under the current key; begun again, it goes on where it was cut off."""
    home = home_here()
    with unit_of_work(home, OPERATOR, write=False) as work:
        left = delivery_parts.left_to_reseal(work, home.vault)
    if not left:
        click.echo(_("Every stored file is under the current key."))
        return
    click.echo(_("%(count)s stored files were sealed anew.", count=stored.rotate(home)))


@store.command("purge")
@click.option("--before", required=True, help="The first day whose data stay, as 2024-01-01.")
@click.option("--reason", required=True, help="Why they are deleted; it stands in the certificate.")
def purge(before: str, reason: str) -> None:
    """Delete the stored data of earlier days that no open case waits for."""
    made = stored.purge_before(home_here(), date.fromisoformat(before), reason)
    for one in made:
        click.echo(
            _(
                "Certificate %(ref)s: %(rows)s rows in %(files)s files, content %(content)s.",
                ref=one.ref,
                rows=one.rows,
                files=one.files,
                content=one.content,
            )
        )
    click.echo(_("%(count)s deliveries were deleted.", count=len(made)))


@store.command("certificate")
@click.argument("ref")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Where the PDF is written.")
def certificate(ref: str, out: Path) -> None:
    """Write the certificate REF of a deletion as a PDF; the same bytes each time."""
    schema.metadata()  # what is given out may point at a paper of any room
    out.write_bytes(stored.certificate(home_here(), ref))
    click.echo(str(out))
