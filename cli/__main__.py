"""`./run do COMMAND …`: the same verbs as the pages, for operators."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from cli import language, quick, supervise
from domain import logs
from domain.errors import DefinitionRefused, HouseError, InvalidAnswers
from domain.settings import Settings
from domain.text import bound

ALONE = (["dmn"], ["feel"])
PLAYING = (["process", "play"], ["process", "test"])


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
    logs.set_up(os.environ.get("HEDUI_LOG_LEVEL") or "WARNING")
    words = sys.argv[1:]
    with logs.about(command=" ".join(words[:1])), bound(language.translator(os.environ)):
        try:
            if words[:1] == ["serve"] and quick.ready(Settings.from_env(os.environ)):
                return supervise.serve(words[1:])
            if words[:1] in ALONE:
                from cli import decide, obeying  # needs no home, nor what opens one

                return obeying.obey(decide.alone, words)
            if words[:1] in (["match"], ["match-why"]):
                from cli import match, obeying  # the same

                return obeying.obey(match.alone, words)
            if words[:2] in PLAYING:
                from cli import obeying, play  # the same

                return obeying.obey(play.alone, words)
            from cli.shell import obey  # the whole command line takes longer to import than the web to start

            return obey(words)
        except HouseError as refusal:
            for line in explained(refusal):
                print(line, file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(run())
