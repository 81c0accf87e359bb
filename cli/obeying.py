"""Running one command of a click group, its complaints shown and its end made an exit code."""

from __future__ import annotations

from collections.abc import Sequence

import click


def obey(group: click.Group, words: Sequence[str]) -> int:
    """Run one command; the exit code. What the house refuses goes on to the caller."""
    try:
        code = group.main(list(words), prog_name="./run do", standalone_mode=False)
    except click.ClickException as problem:
        problem.show()
        return problem.exit_code
    except click.Abort:
        return 130
    return code if isinstance(code, int) else 0  # a command that ends itself by click's Exit says its code
